// Package dump is the text form of a database: SQL that both engines understand, with a checksum for every table and one for the whole,
// written and read as a stream. It knows no table.
//
//	-- wakakusa export 1, schema 2, everything
//	/*!50503 SET NAMES utf8mb4, sql_mode = 'NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES', foreign_key_checks = 0 */;
//	INSERT INTO orgs (id, slug) VALUES
//	('0190…', 'aoba'),
//	('0191…', 'hikari');
//	-- orgs: 2 rows, sha256 …
//	-- end: 2 rows, sha256 …
//
// The same rows in the same order give the same bytes. The second line is a comment to SQLite.
package dump

import (
	"fmt"
	"regexp"
	"strconv"
)

// Header says what a dump holds.
type Header struct {
	Schema int64  // version of the schema that the rows are of
	Org    string // id of the one organisation; "" for everything
}

// Table is what a dump says of a table.
type Table struct {
	Name string
	Rows int64
	Sum  string // SHA-256 of its rows as written, in hexadecimal
}

const (
	settings = "/*!50503 SET NAMES utf8mb4, sql_mode = 'NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES', foreign_key_checks = 0 */;\n"
	// A statement ends after so many rows, or when it has grown to so many bytes: servers take 16 MB and more at once.
	rowsAtOnce, bytesAtOnce = 500, 1 << 20
)

func (h Header) line() string {
	scope := "everything"
	if h.Org != "" {
		scope = "org " + h.Org
	}
	return fmt.Sprintf("-- wakakusa export 1, schema %d, %s\n", h.Schema, scope)
}

var headerLine = regexp.MustCompile(`^-- wakakusa export 1, schema (\d{1,9}), (?:everything|org ([0-9a-f-]{36}))\n$`)

func parseHeader(line []byte) (h Header, ok bool) {
	m := headerLine.FindSubmatch(line)
	if m == nil {
		return h, false
	}
	h.Schema, _ = strconv.ParseInt(string(m[1]), 10, 64) //nolint:errcheck // nine digits
	h.Org = string(m[2])
	return h, true
}

func (t Table) line() string {
	return fmt.Sprintf("-- %s: %d rows, sha256 %s\n", t.Name, t.Rows, t.Sum)
}

var tableLine = regexp.MustCompile(`^-- ([a-z_]{1,64}): (\d{1,18}) rows, sha256 ([0-9a-f]{64})\n$`)

func parseTable(line []byte) (t Table, ok bool) {
	m := tableLine.FindSubmatch(line)
	if m == nil {
		return t, false
	}
	rows, _ := strconv.ParseInt(string(m[2]), 10, 64) //nolint:errcheck // eighteen digits
	return Table{string(m[1]), rows, string(m[3])}, true
}
