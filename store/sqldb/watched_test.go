package sqldb

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"wakakusa/logs"
	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/daemontest"
)

// readyOn opens an empty database with its schema on an engine.
func readyOn(t *testing.T, engine string) *DB {
	t.Helper()
	if engine == "mysql" {
		return openEmptyMySQL(t)
	}
	return openEmpty(t)
}

// watchedBy makes a database log what takes longer than after.
func watchedBy(t *testing.T, db *DB, after time.Duration) *daemontest.Log {
	t.Helper()
	out := &daemontest.Log{}
	to, err := logs.Open(logs.Config{Out: out})
	must(t, err)
	db.LogSlow(to.App, after)
	return out
}

// TestSlowQueries: reads, writes and what stands outside the pen are logged when they are slow, with the statement's text and the request, and
// without anything they were given.
func TestSlowQueries(t *testing.T) {
	const canary = "カナリア"
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			db := readyOn(t, engine)
			org := newOrg(t, db)
			out := watchedBy(t, db, time.Nanosecond)
			ctx := store.WithOrigin(t.Context(), roster.Origin{Request: "r-1"})
			_, err := db.Write(ctx, roster.Act{Org: org, Kind: "x", Name: canary}, func(w store.Writer) error { return addSite(ctx, w, canary) })
			must(t, err)
			must(t, db.Read(ctx, org, func(r store.Reader) error { _, err := r.Sites(ctx); return err }))
			_, err = store.SaveAccount(ctx, db, store.Account{ID: roster.AccountID(NewID()), Name: canary, Display: canary})
			must(t, err)
			_, err = db.AccountNamed(ctx, canary)
			must(t, err)
			must(t, db.Ping(ctx))
			text := out.String()
			for _, want := range []string{
				`statement="UPDATE orgs SET revision = revision + 1 WHERE id = ?"`, `statement="INSERT INTO sites (`, `statement="SELECT 1 FROM orgs WHERE id = ?"`,
				`statement="INSERT INTO accounts (`, "WHERE name_key = ?", "statement=BEGIN", "statement=COMMIT", " ms=",
			} {
				if !strings.Contains(text, want) {
					t.Errorf("%s is missing in\n%s", want, text)
				}
			}
			lines := strings.Count(text, "\n")
			if strings.Contains(text, canary) || strings.Count(text, "level=WARN msg=\"slow query\" stream=error request=r-1 ms=") != lines || db.SlowQueries() != int64(lines) {
				t.Errorf("%d counted in %d lines:\n%s", db.SlowQueries(), lines, text)
			}
		})
	}
}

// TestSlowFromWhen: what is as quick as it may be is not told, and the time until the last row counts.
func TestSlowFromWhen(t *testing.T) {
	const counting = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n WHERE i % ? = 0`
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			db := readyOn(t, engine)
			for after, want := range map[time.Duration]int64{0: 0, 150 * time.Millisecond: 1, time.Hour: 0} {
				out := watchedBy(t, db, after)
				before := db.SlowQueries()
				must(t, readThrough(t.Context(), db, counting, 3, 1))
				if db.SlowQueries() != before {
					t.Errorf("after %s: three rows are slow", after)
				}
				must(t, readThrough(t.Context(), db, `SELECT a.i FROM (`+counting+`) a, (`+counting+`) b, (`+counting+`) c WHERE a.i * b.i * c.i = 810000`, 900, 1, 900, 1, 8, 1))
				if db.SlowQueries()-before != want || strings.Count(out.String(), "slow query") != int(want) {
					t.Errorf("after %s: %d are slow:\n%s", after, db.SlowQueries()-before, out)
				}
			}
		})
	}
}

// readThrough reads all rows of a statement outside a transaction.
func readThrough(ctx context.Context, db *DB, statement string, args ...any) error {
	rows, err := db.read.QueryContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return err
		}
	}
	return rows.Err()
}

// TestErrorsHoldNoValues: what a driver says of a failure names neither what a statement was given nor what a row holds, and still tells which
// failure it is.
func TestErrorsHoldNoValues(t *testing.T) {
	const canary = "カナリア's"
	const insert = `INSERT INTO accounts (id, name, name_key, email, email_key, display, password, language, theme, disabled, created_ms, version)
		VALUES (?, 'x', ?, '', NULL, 'x', 'x', '', '', 0, 0, 1)`
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			db := readyOn(t, engine)
			_, err := db.write.ExecContext(t.Context(), insert, NewID(), canary)
			must(t, err)
			for what, fail := range map[string]func(in *sql.DB) error{
				"a key that is there": func(in *sql.DB) error {
					_, err := in.ExecContext(t.Context(), insert, NewID(), canary)
					if !db.dialect.isDuplicate(err) {
						t.Errorf("not known as a duplicate: %v", err)
					}
					return err
				},
				"a text for a number": func(in *sql.DB) error {
					_, err := in.ExecContext(t.Context(), `UPDATE accounts SET version = ?`, canary)
					return err
				},
				"no statement": func(in *sql.DB) error {
					_, err := in.ExecContext(t.Context(), `UPDATE accounts SET name = ? WEHRE id = ?`, canary, canary)
					return err
				},
				"a row that cannot be read": func(in *sql.DB) error {
					var d roster.Day
					return in.QueryRowContext(t.Context(), `SELECT name_key FROM accounts WHERE name_key = ?`, canary).Scan(day{&d})
				},
			} {
				for _, in := range []*sql.DB{db.write, db.long} {
					if err := fail(in); err == nil || strings.Contains(err.Error(), "カナリア") || len(err.Error()) < 10 {
						t.Errorf("%s: %v", what, err)
					}
				}
			}
		})
	}
}
