package sqldb

import (
	"context"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wakakusa/migrations"
)

// TestTwins: migrations are born together, under the same numbers and names.
func TestTwins(t *testing.T) {
	lists := map[string][]string{}
	for _, engine := range []string{"sqlite", "mysql"} {
		files, err := migrations.For(engine)
		must(t, err)
		lists[engine], err = fs.Glob(files, "*.sql")
		must(t, err)
	}
	if d := cmp.Diff(lists["sqlite"], lists["mysql"]); d != "" || len(lists["mysql"]) < 2 {
		t.Error(d)
	}
}

// TestEqualSchemas: both engines have the same tables, columns, kinds of values, limits, keys, indexes and references.
func TestEqualSchemas(t *testing.T) {
	a, b := schemaOfSQLite(t, openEmpty(t)), schemaOfMySQL(t, openEmptyMySQL(t))
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("SQLite (-) and MySQL (+) differ:\n%s", d)
	}
	if len(a) < 200 {
		t.Errorf("only %d facts were compared", len(a))
	}
}

// rowsOf reads text columns of a query.
func rowsOf(t *testing.T, db *DB, text string, args ...any) (all [][]string) {
	t.Helper()
	rows, err := db.read.QueryContext(context.Background(), text, args...)
	must(t, err)
	defer rows.Close()
	names, err := rows.Columns()
	must(t, err)
	for rows.Next() {
		values, to := make([]string, len(names)), make([]any, len(names))
		for i := range to {
			to[i] = &values[i]
		}
		must(t, rows.Scan(to...))
		all = append(all, values)
	}
	must(t, rows.Err())
	return all
}

var limit = regexp.MustCompile("(?i)(?:char_)?length\\(`?(\\w+)`?\\) (= \\d+|<= \\d+|between \\d+ and \\d+)")

// limits are the lengths that a table's text asks for.
func limits(table, ddl string) (facts []string) {
	for _, m := range limit.FindAllStringSubmatch(ddl, -1) {
		facts = append(facts, fmt.Sprintf("%s.%s length %s", table, m[1], strings.ToLower(m[2])))
	}
	return facts
}

// foreign are tables of the migrations' own.
var foreign = []string{"goose_db_version", "goose_lock"}

func schemaOfSQLite(t *testing.T, db *DB) (facts []string) {
	for _, x := range rowsOf(t, db, `SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
		table := x[0]
		if slices.Contains(foreign, table) {
			continue
		}
		facts = append(facts, limits(table, x[1])...)
		for _, c := range rowsOf(t, db, `SELECT name, type, "notnull" FROM pragma_table_info(?)`, table) {
			facts = append(facts, fmt.Sprintf("%s.%s %s required %s", table, c[0], c[1], c[2]))
		}
		var key []string
		for _, c := range rowsOf(t, db, `SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk`, table) {
			key = append(key, c[0])
		}
		facts = append(facts, fmt.Sprintf("%s key %v", table, key))
		for _, i := range rowsOf(t, db, `SELECT name, "unique", origin FROM pragma_index_list(?) WHERE origin <> 'pk'`, table) {
			var columns []string
			for _, c := range rowsOf(t, db, `SELECT name FROM pragma_index_info(?) ORDER BY seqno`, i[0]) {
				columns = append(columns, c[0])
			}
			facts = append(facts, fmt.Sprintf("%s index unique %s %v", table, i[1], columns))
		}
		references := map[string][2][]string{}
		for _, f := range rowsOf(t, db, `SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq`, table) {
			r := references[f[0]+" "+f[1]]
			references[f[0]+" "+f[1]] = [2][]string{append(r[0], f[2]), append(r[1], f[3])}
		}
		for to, r := range references {
			facts = append(facts, fmt.Sprintf("%s %v refers to %s %v", table, r[0], strings.Fields(to)[1], r[1]))
		}
	}
	slices.Sort(facts)
	return facts
}

func schemaOfMySQL(t *testing.T, db *DB) (facts []string) {
	kind := map[string]string{"varchar": "TEXT", "mediumtext": "TEXT", "int": "INTEGER", "bigint": "INTEGER"}
	for _, x := range rowsOf(t, db, `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`) {
		table := x[0]
		if slices.Contains(foreign, table) {
			continue
		}
		facts = append(facts, limits(table, rowsOf(t, db, "SHOW CREATE TABLE "+table)[0][1])...)
		for _, c := range rowsOf(t, db, `SELECT column_name, data_type, is_nullable = 'NO' FROM information_schema.columns
			WHERE table_schema = DATABASE() AND table_name = ?`, table) {
			facts = append(facts, fmt.Sprintf("%s.%s %s required %s", table, c[0], kind[c[1]], c[2]))
		}
		for _, i := range rowsOf(t, db, `SELECT index_name, non_unique = 0, GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ' ')
			FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? GROUP BY index_name, non_unique`, table) {
			if i[0] == "PRIMARY" {
				facts = append(facts, fmt.Sprintf("%s key [%s]", table, i[2]))
				continue
			}
			facts = append(facts, fmt.Sprintf("%s index unique %s [%s]", table, i[1], i[2]))
		}
		for _, f := range rowsOf(t, db, `SELECT GROUP_CONCAT(column_name ORDER BY ordinal_position SEPARATOR ' '), referenced_table_name,
			GROUP_CONCAT(referenced_column_name ORDER BY ordinal_position SEPARATOR ' ') FROM information_schema.key_column_usage
			WHERE table_schema = DATABASE() AND table_name = ? AND referenced_table_name IS NOT NULL GROUP BY constraint_name, referenced_table_name`, table) {
			facts = append(facts, fmt.Sprintf("%s [%s] refers to %s [%s]", table, f[0], f[1], f[2]))
		}
	}
	slices.Sort(facts)
	return facts
}
