package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"wakakusa/app/demo"
	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb"
	"wakakusa/store/sqldb/sqldbtest"
)

// addSite is one act more.
func addSite(t *testing.T, db *sqldb.DB, name string) {
	t.Helper()
	org, err := db.OrgBySlug(t.Context(), demo.Slug)
	must(t, err)
	_, err = db.Write(t.Context(), roster.Act{Org: org.ID, Kind: "site.saved", Name: "試験"}, func(w store.Writer) error {
		s, err := w.SaveSite(t.Context(), roster.Site{ID: roster.SiteID(sqldb.NewID()), Name: name, StartDay: 1})
		w.Record(roster.Saved(roster.EventSiteSaved, string(s.ID), s.ID, nil, s))
		return err
	})
	must(t, err)
}

// TestDrill: the newest backup is restored and compared with the live database; what has been written since would have been lost.
func TestDrill(t *testing.T) {
	for engine, place := range places(t) {
		t.Run(engine, func(t *testing.T) {
			k, db := furnished(t, place)
			k.Now = time.Now
			if _, ok, err := k.Newest(); ok || err != nil {
				t.Error(ok, err)
			}
			if _, err := k.Drill(t.Context(), nil, nil); err == nil {
				t.Error("a drill from nothing went well")
			}
			_, err := k.Make(t.Context(), nil)
			must(t, err)
			drill := func() Drilled {
				t.Helper()
				newest, ok, err := k.Newest()
				if err != nil || !ok {
					t.Fatal(ok, err)
				}
				r, err := k.Drill(t.Context(), []Source{newest}, nil)
				must(t, err)
				if left := leftovers(t, k); len(left) > 0 {
					t.Error(left)
				}
				return r.Sources[0]
			}
			if d := drill(); d.Missing != 0 || d.RPO != 0 || d.RTO <= 0 || d.Bytes == 0 || d.Source != "backup" {
				t.Errorf("%+v", d)
			}
			addSite(t, db, "新館")
			addSite(t, db, "分館")
			time.Sleep(5 * time.Millisecond)
			if d := drill(); d.Missing != 2 || d.RPO <= 0 || d.RPO > 60 {
				t.Errorf("%+v", d)
			}
		})
	}
}

// TestDrillFinds: what is not the live database's past, or has other rows, is found, whatever the integrity check says.
func TestDrillFinds(t *testing.T) {
	k, db := furnished(t, sqldbtest.New(t))
	k.Now = time.Now
	addSite(t, db, "新館")
	copied := func(ctx context.Context, to string) error { return sqldb.CopyFile(ctx, k.File, to) }
	with := func(change string) Source {
		return Source{"copy", func(ctx context.Context, to string) error {
			if err := copied(ctx, to); err != nil {
				return err
			}
			db := (sqldbtest.Place{Path: to}).SQL(t)
			_, err := db.Exec(change)
			return errors.Join(err, db.Close())
		}}
	}
	for _, c := range []struct {
		name   string
		source Source
		want   string
	}{
		{"whole", Source{"copy", copied}, ""},
		{"a row less", with(`DELETE FROM holidays`), "holidays has other rows"},
		{"a row changed", with(`UPDATE sites SET name = name || '?' WHERE name = '新館'`), "sites has other rows"},
		{"another past", with(`UPDATE acts SET act_key = 'x' WHERE revision = (SELECT MAX(revision) FROM acts)`), "is another act"},
		{"ahead", with(`UPDATE orgs SET revision = revision + 1`), ""},
		{"an organisation more", with(`INSERT INTO orgs (id, slug, name, timezone, language, settings, revision, version)
			VALUES ('` + sqldb.NewID() + `', 'other', '他', 'Asia/Tokyo', 'ja', '{}', 0, 1)`), "is not in the live database"},
		{"a reference to nothing", with(`PRAGMA foreign_keys = 0; DELETE FROM codes`), "refers to nothing"},
		{"not there", Source{"copy", func(context.Context, string) error { return errors.New("away") }}, "away"},
	} {
		r, err := k.Drill(t.Context(), []Source{c.source}, nil)
		if c.name == "ahead" {
			if err == nil {
				t.Error("ahead of the live database")
			}
			continue
		}
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) || len(r.Sources) != 1 {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// one that fails does not hide the others
	r, err := k.Drill(t.Context(), []Source{{"away", func(context.Context, string) error { return errors.New("away") }}, {"copy", copied}}, nil)
	if err == nil || len(r.Sources) != 2 || r.Sources[0].Failure == "" || r.Sources[1].Failure != "" {
		t.Errorf("%+v %v", r, err)
	}
}

// TestDrillEncrypted: what can only be opened elsewhere is not tried, and said so.
func TestDrillEncrypted(t *testing.T) {
	k, _ := furnished(t, sqldbtest.New(t))
	key, err := age.GenerateX25519Identity()
	must(t, err)
	k.Recipients = []string{key.Recipient().String()}
	_, err = k.Make(t.Context(), nil)
	must(t, err)
	newest, _, err := k.Newest()
	must(t, err)
	r, err := k.Drill(t.Context(), []Source{newest}, nil)
	if err != nil || r.Sources[0].Skipped == "" || r.Sources[0].Failure != "" {
		t.Errorf("%+v %v", r, err)
	}
}

// TestCopyFile: a copy is of one moment, also while others write, and the file is not touched.
func TestCopyFile(t *testing.T) {
	k, db := furnished(t, sqldbtest.Place{Path: sqldbtest.File(t)})
	to := filepath.Join(t.TempDir(), "copy.db")
	must(t, sqldb.CopyFile(t.Context(), k.File, to))
	addSite(t, db, "新館")
	if err := sqldb.CopyFile(t.Context(), k.File, to); err == nil {
		t.Error("written over a file")
	}
	if err := sqldb.CopyFile(t.Context(), filepath.Join(t.TempDir(), "none.db"), to+"2"); err == nil {
		t.Error("copied nothing")
	}
	if _, err := os.Stat(to + "2"); err == nil {
		t.Error("made a file")
	}
	if err := sqldb.LacksOf(t.Context(), to, k.File); err == nil || !strings.Contains(err.Error(), "the last 1 changes of wakakusa") {
		t.Error(err)
	}
	if err := sqldb.LacksOf(t.Context(), k.File, to); err != nil {
		t.Error(err)
	}
}
