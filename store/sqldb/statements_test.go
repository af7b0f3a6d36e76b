package sqldb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// TestStatementsAreKept: a statement is prepared for the pool once it has been run, also while all connections are in use, and no more
// of them are kept than is sensible.
func TestStatementsAreKept(t *testing.T) {
	db, err := OpenSQLite(filepath.Join(t.TempDir(), "x.db"), time.Now)
	must(t, err)
	defer db.Close()
	ctx := t.Context()
	must(t, db.Migrate(ctx))
	org := roster.Org{ID: roster.OrgID(NewID()), Slug: "o", Name: "会", Timezone: "Asia/Tokyo", Language: "ja"}
	must(t, db.AddOrg(ctx, org))
	_, err = db.Write(ctx, roster.Act{Org: org.ID, Kind: "x"}, func(w store.Writer) error { // holds the only writing connection
		_, err := w.Codes(ctx)
		return err
	})
	must(t, err)
	const text = `SELECT id FROM codes WHERE org_id = ?`
	deadline := time.Now().Add(5 * time.Second)
	for db.reads.prepared(text) == nil {
		if time.Now().After(deadline) {
			t.Fatal("the statement is never kept")
		}
		time.Sleep(time.Millisecond)
	}
	if first := db.reads.prepared(text); first != db.reads.prepared(text) {
		t.Error("the statement is prepared again and again")
	}
	if p := db.reads.prepared(`SELECT nothing`); p != nil {
		t.Error("a statement that cannot be prepared is kept")
	}
	for n := range 2 * maxStatements {
		db.reads.prepared(fmt.Sprintf(`SELECT %d`, n))
	}
	if n := len(db.reads.by); n > maxStatements {
		t.Errorf("%d statements are kept", n)
	}
	rows, err := db.reads.query(context.Background(), `SELECT 999999`)
	must(t, err)
	rows.Close()
}

// TestCloseLeavesOneFile: closing waits for what is being prepared, so that the last connection writes the log back into the file.
func TestCloseLeavesOneFile(t *testing.T) {
	for range 20 {
		path := filepath.Join(t.TempDir(), "x.db")
		db, err := OpenSQLite(path, time.Now)
		must(t, err)
		must(t, db.Migrate(t.Context()))
		org := roster.Org{ID: roster.OrgID(NewID()), Slug: "o", Name: "会", Timezone: "Asia/Tokyo", Language: "ja"}
		must(t, db.AddOrg(t.Context(), org))
		_, err = db.Write(t.Context(), roster.Act{Org: org.ID, Kind: "x"}, func(w store.Writer) error {
			_, err := w.SaveSite(t.Context(), roster.Site{ID: roster.SiteID(NewID()), Name: "本館", StartDay: 1})
			w.Record(roster.Event{Name: "x"})
			return err
		})
		must(t, err)
		must(t, db.Close())
		if s, err := os.Stat(path + "-wal"); err == nil && s.Size() > 0 {
			t.Fatalf("%d bytes are left in the log", s.Size())
		}
	}
}
