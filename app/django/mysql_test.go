package django_test

import (
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wakakusa/app/django"
	"wakakusa/app/django/djangotest"
	"wakakusa/store/sqldb/mariadbtest"
)

// onServer copies a fixture into a database on the tests' server, with the types that the former system had there, and returns its
// address and password.
func onServer(t *testing.T, path string) (address, password string) {
	t.Helper()
	s := mariadbtest.Shared(t)
	name := s.Database(t)
	s.Exec(t, "ALTER DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	cfg := s.Config(name)
	cfg.Params = map[string]string{"sql_mode": "''"} // the oddities of a SQLite file must get in
	to, err := sql.Open("mysql", cfg.FormatDSN())
	must(t, err)
	defer to.Close()
	from, err := sql.Open("sqlite", path)
	must(t, err)
	defer from.Close()
	rows, err := from.Query(`SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name`)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var table, ddl string
		must(t, rows.Scan(&table, &ddl))
		_, err := to.Exec(mysqlTypes(ddl))
		must(t, err)
		copyRows(t, from, to, table)
	}
	must(t, rows.Err())
	if cfg.Net == "tcp" {
		return fmt.Sprintf("mysql://%s@%s/%s", cfg.User, cfg.Addr, name), cfg.Passwd
	}
	return fmt.Sprintf("mysql://%s@localhost/%s?socket=%s", cfg.User, name, cfg.Addr), cfg.Passwd
}

// mysqlTypes writes a fixture's table as Django does on MySQL.
func mysqlTypes(ddl string) string {
	for _, r := range [][2]string{
		{`(?i)\bdatetime\b`, "datetime(6)"},
		{`(?i)([(,]\s*\w*time) time\b`, "$1 time(6)"},
		{`(?i) text\b`, " longtext"},
		{`(?i) integer\b`, " bigint"},
	} {
		ddl = regexp.MustCompile(r[0]).ReplaceAllString(ddl, r[1])
	}
	return ddl
}

func copyRows(t *testing.T, from, to *sql.DB, table string) {
	t.Helper()
	rows, err := from.Query("SELECT * FROM " + table)
	must(t, err)
	defer rows.Close()
	names, err := rows.Columns()
	must(t, err)
	text := make([]string, len(names))
	for i, n := range names {
		text[i] = "CAST(" + n + " AS TEXT)"
	}
	rows, err = from.Query("SELECT " + strings.Join(text, ", ") + " FROM " + table)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		values, at := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range at {
			at[i] = &values[i]
		}
		must(t, rows.Scan(at...))
		args := make([]any, len(names))
		for i := range args {
			args[i] = values[i]
		}
		_, err := to.Exec("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES (?"+strings.Repeat(", ?", len(names)-1)+")", args...)
		must(t, err)
	}
	must(t, rows.Err())
}

// TestFromMySQL: the same database on a server gives the same report, row by row, and importing again changes nothing.
func TestFromMySQL(t *testing.T) {
	for _, g := range djangotest.Generations {
		t.Run(string(g), func(t *testing.T) {
			file := fixture(t, g).imported()
			server := fixture(t, g)
			server.theirs, server.password = onServer(t, server.theirs)
			server.imported()
			if d := cmp.Diff(lines(file.csv.String()), lines(server.csv.String())); d != "" {
				t.Errorf("file (-) and server (+) differ:\n%s", d)
			}
			before := server.digest()
			server.imported()
			if server.digest() != before {
				t.Error("importing again changed something")
			}
		})
	}
}

// lines sorts a report. Shifts 23 and 24 have a day and a time that are none, which a server cannot hold.
func lines(report string) []string {
	all := slices.DeleteFunc(strings.Split(report, "\n"), func(s string) bool {
		return strings.Contains(s, ",シフト,23,") || strings.Contains(s, ",シフト,24,")
	})
	slices.Sort(all)
	return all
}

// TestServerRefused: what cannot be read is told in one sentence, without the password.
func TestServerRefused(t *testing.T) {
	s := mariadbtest.Shared(t)
	cfg := s.Config(s.Database(t))
	if cfg.Net != "unix" {
		t.Skip("the faults are made on the tests' own server")
	}
	for from, want := range map[string]string{
		"mysql://root:geheim@localhost/x":                              "IMPORT_PASSWORD",
		"mysql://localhost/x":                                          "mysql://USER@HOST",
		"mysql://root@localhost":                                       "mysql://USER@HOST",
		"postgres://root@localhost/x":                                  "mysql://USER@HOST",
		"root@tcp(localhost:3306)/x":                                   "mysql://USER@HOST",
		"mysql://root@127.0.0.1:1/x":                                   "読めません",
		"mysql://root@localhost/nowhere?socket=" + cfg.Addr:            "読めません",
		"mysql://root@localhost/" + cfg.DBName + "?socket=" + cfg.Addr: "旧システムのデータベースではありません",
	} {
		src, err := django.Open(t.Context(), from, "")
		if err == nil {
			t.Errorf("%s: opened", from)
			src.Close()
			continue
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", from, err)
		}
	}
}
