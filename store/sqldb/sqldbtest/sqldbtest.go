// Package sqldbtest gives tests of other rooms a database of their own: a SQLite file, or with WAKAKUSA_TEST_ENGINE=mysql a database on the
// tests' server, so that the same tests run on both.
package sqldbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"wakakusa/store/sqldb"
	"wakakusa/store/sqldb/mariadbtest"
)

// Main is mariadbtest's, for packages that need nothing else of it.
func Main(m *testing.M) { mariadbtest.Main(m) }

// OnMySQL says which engine the tests run on.
func OnMySQL() bool { return os.Getenv("WAKAKUSA_TEST_ENGINE") == "mysql" }

// Place is where the database of a test lies; it outlives the programs that open it.
type Place struct {
	Path  string      // of the SQLite file, "" on a server
	MySQL sqldb.MySQL // on a server
}

// New makes a migrated empty database.
func New(t testing.TB) Place {
	t.Helper()
	if !OnMySQL() {
		return Place{Path: File(t)}
	}
	p := Empty(t)
	db := p.Open(t, time.Now)
	if err := errors.Join(db.Migrate(t.Context()), db.Close()); err != nil {
		t.Fatal(err)
	}
	return p
}

// Empty makes a database on the tests' server, whichever engine the tests run on, without a schema.
func Empty(t testing.TB) Place {
	t.Helper()
	s := mariadbtest.Shared(t)
	set := s.Settings(s.Database(t))
	m := sqldb.MySQL{Host: set["DB_HOST"], User: set["DB_USER"], Password: set["DB_PASSWORD"], Name: set["DB_NAME"], MaxConnections: 12}
	var err error
	if m.Port, err = strconv.Atoi(set["DB_PORT"]); err != nil {
		t.Fatal(err)
	}
	return Place{MySQL: m}
}

// Open opens the database once more, as after a restart. The test closes it.
func (p Place) Open(t testing.TB, clock func() time.Time) *sqldb.DB {
	t.Helper()
	var db *sqldb.DB
	var err error
	if p.Path != "" {
		db, err = sqldb.OpenSQLite(p.Path, clock)
	} else {
		db, err = sqldb.OpenMySQL(context.Background(), p.MySQL, clock)
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// SQL opens the database without the store, for tests that look at rows.
func (p Place) SQL(t testing.TB) *sql.DB {
	t.Helper()
	if p.Path != "" {
		db, err := sql.Open("sqlite", p.Path)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	c, err := mysql.NewConnector(mariadbtest.Shared(t).Config(p.MySQL.Name))
	if err != nil {
		t.Fatal(err)
	}
	return sql.OpenDB(c)
}

// Tables lists the tables by name.
func (p Place) Tables(t testing.TB) (names []string) {
	t.Helper()
	db := p.SQL(t)
	defer db.Close()
	text := `SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`
	if p.Path == "" {
		text = `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name`
	}
	rows, err := db.Query(text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// Dump writes every row of every table but some, in an order that depends on nothing but the rows.
func (p Place) Dump(t testing.TB, but ...string) string {
	t.Helper()
	db := p.SQL(t)
	defer db.Close()
	var lines []string
	for _, table := range p.Tables(t) {
		if !slices.Contains(but, table) {
			lines = append(lines, dumpTable(t, db, table)...)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func dumpTable(t testing.TB, db *sql.DB, table string) (lines []string) {
	t.Helper()
	rows, err := db.Query(`SELECT * FROM ` + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, to := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range to {
		to[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %v", table, values))
	}
	return lines
}

// Settings are those of the program for this database; what it keeps beside it goes to a directory.
func (p Place) Settings(t testing.TB, data string) map[string]string {
	t.Helper()
	set := map[string]string{"DB_NAME": p.Path}
	if p.Path == "" {
		set = mariadbtest.Shared(t).Settings(p.MySQL.Name)
	}
	set["DATA_DIR"] = data
	return set
}

// image is a migrated empty file, made once a process.
var image = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "wakakusa-test")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "empty.db")
	db, err := sqldb.OpenSQLite(path, time.Now)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(db.Migrate(context.Background()), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// File copies a migrated empty SQLite file into the test's own folder and returns its path.
func File(t testing.TB) string {
	t.Helper()
	content, err := image()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "wakakusa.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
