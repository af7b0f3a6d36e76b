package sqldb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/storetest"
)

// emptyFile is a migrated empty database, made once and copied for each test.
var emptyFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "wakakusa-sqldb")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "empty.db")
	db, err := OpenSQLite(path, time.Now)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(db.Migrate(context.Background()), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func openEmpty(t *testing.T) *DB {
	t.Helper()
	image, err := emptyFile()
	must(t, err)
	path := filepath.Join(t.TempDir(), "test.db")
	must(t, os.WriteFile(path, image, 0o600))
	db, err := OpenSQLite(path, time.Now)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSQLiteKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return openEmpty(t) })
}

func TestMigrateTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.db")
	for range 2 {
		db, err := OpenSQLite(path, time.Now)
		must(t, err)
		must(t, db.Migrate(t.Context()))
		must(t, db.Migrate(t.Context()))
		at, newest, err := db.Schema(t.Context())
		if err != nil || at != newest || at < 1 {
			t.Errorf("schema %d of %d, %v", at, newest, err)
		}
		must(t, db.Close())
	}
}

func TestSchemaOfAFileFromAnotherProgram(t *testing.T) {
	db, err := OpenSQLite(filepath.Join(t.TempDir(), "new.db"), time.Now)
	must(t, err)
	defer db.Close()
	if at, newest, err := db.Schema(t.Context()); err != nil || at != 0 || newest < 1 {
		t.Errorf("schema of an empty file: %d of %d, %v", at, newest, err)
	}
}

// texts reads one column.
func (db *DB) texts(t *testing.T, query string, args ...any) (list []string) {
	t.Helper()
	rows, err := db.read.QueryContext(t.Context(), query, args...)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var s string
		must(t, rows.Scan(&s))
		list = append(list, s)
	}
	must(t, rows.Err())
	return list
}

func TestTablesBeginWithTheOrganisation(t *testing.T) {
	db := openEmpty(t)
	outside := map[string]bool{
		"orgs": true, "accounts": true, "sign_ins": true, "links": true, "sign_in_failures": true, "accesses": true, "access_heads": true, "factors": true, "recovery_codes": true, "identities": true, "goose_db_version": true,
		"schema_marks": true, "gates": true, "leases": true, "imports": true, "task_runs": true,
	}
	for _, table := range db.texts(t, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
		if outside[table] {
			continue
		}
		key := db.texts(t, `SELECT name FROM pragma_table_info(?) WHERE pk = 1`, table)
		if len(key) != 1 || key[0] != "org_id" {
			t.Errorf("the key of %s begins with %v, want org_id", table, key)
		}
		for _, index := range db.texts(t, `SELECT name FROM pragma_index_list(?)`, table) {
			first := db.texts(t, `SELECT name FROM pragma_index_info(?) WHERE seqno = 0`, index)
			if first[0] != "org_id" && index != "members_account" {
				t.Errorf("index %s of %s begins with %s, want org_id", index, table, first[0])
			}
		}
		refs := db.texts(t, `SELECT "table" FROM pragma_foreign_key_list(?) WHERE "from" = 'org_id'`, table)
		if len(refs) == 0 {
			t.Errorf("%s does not point at its organisation", table)
		}
	}
}

func TestConnectionsAreSetUp(t *testing.T) {
	db := openEmpty(t)
	for pragma, want := range map[string]string{"foreign_keys": "1", "journal_mode": "wal", "busy_timeout": "5000", "synchronous": "1"} {
		var got string
		must(t, db.write.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("writer: %s is %s, want %s", pragma, got, want)
		}
		must(t, db.read.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("readers: %s is %s, want %s", pragma, got, want)
		}
	}
	if _, err := db.read.ExecContext(t.Context(), `DELETE FROM orgs`); err == nil {
		t.Error("a reader can write")
	}
}

// TestWriteRunsAgain: a lost race of the engine is tried again from the beginning.
func TestWriteRunsAgain(t *testing.T) {
	db, errLost := openEmpty(t), errors.New("lost")
	db.dialect.isRetryable = func(err error) bool { return errors.Is(err, errLost) }
	org := roster.Org{ID: roster.OrgID(NewID()), Slug: "again", Name: "再試行会", Timezone: "Asia/Tokyo", Language: "ja"}
	must(t, db.AddOrg(t.Context(), org))
	runs := 0
	c, err := db.Write(t.Context(), roster.Act{Org: org.ID, Kind: "x"}, func(w store.Writer) error {
		runs++
		w.Record(roster.Event{Name: "site.saved"})
		if _, err := w.SaveSite(t.Context(), roster.Site{ID: roster.SiteID(NewID()), Name: "館", StartDay: 1}); err != nil || runs == 3 {
			return err
		}
		return errLost
	})
	must(t, err)
	if runs != 3 || c.Revision != 1 || len(c.Events) != 1 {
		t.Errorf("%d runs, revision %d, events %v", runs, c.Revision, c.Events)
	}
	must(t, db.Read(t.Context(), org.ID, func(r store.Reader) error {
		sites, err := r.Sites(t.Context())
		if len(sites) != 1 {
			t.Errorf("%d sites, want the one of the last run", len(sites))
		}
		return err
	}))
}

func TestStoredDays(t *testing.T) {
	for d := roster.MakeDay(1899, 12, 31); d < roster.MakeDay(2101, 1, 1); d++ {
		if got, err := parseDay(d.String()); err != nil || got != d {
			t.Fatalf("%s came back as %s, %v", d, got, err)
		}
	}
	for _, bad := range []string{"2026-1-01", "2026/11/01", "2026-11-011"} {
		if _, err := parseDay(bad); err == nil {
			t.Errorf("%q was read as a day", bad)
		}
	}
}
