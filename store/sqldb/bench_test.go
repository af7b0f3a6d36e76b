package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb/mariadbtest"
)

// BenchmarkWrites is one small act after another from twenty at once, in one organisation and over ten. Neither engine waits for the disk
// at a commit: SQLite as it ships, the server as the tests start it.
func BenchmarkWrites(b *testing.B) {
	for _, engine := range []string{"sqlite", "mysql"} {
		for _, orgs := range []int{1, 10} {
			b.Run(fmt.Sprintf("%s/%d-orgs", engine, orgs), func(b *testing.B) { benchWrites(b, engine, orgs) })
		}
	}
}

func benchWrites(b *testing.B, engine string, n int) {
	db, err := OpenSQLite(filepath.Join(b.TempDir(), "bench.db"), time.Now)
	if engine == "mysql" {
		s := mariadbtest.Shared(b)
		db, err = openServer(b.Context(), s.Config(s.Database(b)), 30, time.Now)
	}
	if err == nil {
		err = db.Migrate(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var orgs []roster.OrgID
	for i := range n {
		id := roster.OrgID(NewID())
		if err := db.AddOrg(b.Context(), roster.Org{ID: id, Slug: fmt.Sprint("o", i), Name: "会", Timezone: "Asia/Tokyo", Language: "ja"}); err != nil {
			b.Fatal(err)
		}
		orgs = append(orgs, id)
	}
	var turn atomic.Int64
	ctx := context.Background()
	b.SetParallelism(10) // on two processors
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			org := orgs[int(turn.Add(1))%n]
			if _, err := db.Write(ctx, roster.Act{Org: org, Kind: "x"}, func(w store.Writer) error { return addSite(ctx, w, "館") }); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkErase empties a thousand records of one who stands for five years in an organisation of a hundred: what the pen is held for, and
// what finding them takes before.
func BenchmarkErase(b *testing.B) {
	for _, engine := range engines {
		db, org, who := longHistory(b, engine)
		var found, act time.Duration
		b.Run(engine, func(b *testing.B) {
			for b.Loop() {
				began := time.Now()
				t, err := db.TracesOf(b.Context(), org, who, 1000)
				found += time.Since(began)
				if err != nil || t.Len() == 0 {
					b.Fatal(t.Len(), err)
				}
				began = time.Now()
				_, err = db.Write(b.Context(), roster.Act{Org: org, Kind: roster.EventStaffErased}, func(w store.Writer) error {
					e, err := w.EraseTraces(b.Context(), t)
					w.Record(roster.Saved(roster.EventStaffErased, string(who.Staff), "", nil, e))
					return err
				})
				act += time.Since(began)
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(found.Milliseconds())/float64(b.N), "ms/find")
			b.ReportMetric(float64(act.Milliseconds())/float64(b.N), "ms/act")
		})
	}
}

// longHistory has half a million events, one in a hundred about the one who leaves.
func longHistory(b *testing.B, engine string) (*DB, roster.OrgID, store.Person) {
	db := emptyOn(b, engine)
	must(b, db.Migrate(b.Context()))
	org := roster.OrgID(NewID())
	must(b, db.AddOrg(b.Context(), roster.Org{ID: org, Slug: "aoba", Name: "青葉会", Timezone: "Asia/Tokyo", Language: "ja"}))
	people := make([]string, 100)
	for i := range people {
		people[i] = NewID()
	}
	payload := `{"id":"` + NewID() + `","site":"` + NewID() + `","staff":"%s","day":"2026-11-24","code":"` + NewID() + `","span":{"start":510,"end":1050},"break":60,"note":"朝の申し送りに出る","approval":"approved","version":1}`
	const revisions, perAct = 100_000, 5
	err := db.inLongTx(b.Context(), func(tx *sql.Tx) error {
		for from := 1; from <= revisions; from += 100 {
			var acts, events []any
			for r := from; r < from+100; r++ {
				acts = append(acts, string(org), r, people[r%len(people)], "佐藤", NewID(), newSalt())
				for n := range perAct {
					who := people[(r*perAct+n)%len(people)]
					events = append(events, string(org), r, n, who, NewID(), fmt.Sprintf(payload, who), newSalt())
				}
			}
			_, err := tx.Exec(`INSERT INTO acts (org_id, revision, actor_id, actor_name, act_key, salt, kind, place, undoes, at_ms) VALUES `+
				strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, 'roster.edited', '', 0, 0), ", 100), ", "), acts...)
			if err == nil {
				_, err = tx.Exec(`INSERT INTO events (org_id, revision, n, staff_id, subject_id, after_json, salt, name, site_id, day) VALUES `+
					strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, ?, 'shift.changed', '', '2026-11-24'), ", 100*perAct), ", "), events...)
			}
			if err != nil {
				return err
			}
		}
		_, err := tx.Exec(`UPDATE orgs SET revision = ?`, revisions)
		return err
	})
	must(b, err)
	return db, org, store.Person{Staff: roster.StaffID(people[0]), Accounts: []roster.AccountID{roster.AccountID(people[0])}}
}
