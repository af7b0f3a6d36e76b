package sqldb

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

// recorded is a database with six acts of an organisation, four entries in its access log and one that belongs to nobody.
func recorded(t testing.TB, engine string) (*DB, roster.OrgID) {
	t.Helper()
	db := emptyOn(t, engine)
	must(t, db.Migrate(t.Context()))
	org := roster.OrgID(NewID())
	must(t, db.AddOrg(t.Context(), roster.Org{ID: org, Slug: "aoba", Name: "青葉会", Timezone: "Asia/Tokyo", Language: "ja"}))
	ctx := store.WithOrigin(t.Context(), roster.Origin{Request: NewID(), Address: "192.0.2.7", SignIn: "0123456789ab"})
	for i := range 6 {
		_, err := db.Write(ctx, roster.Act{Org: org, Actor: "a", Name: "佐藤", Kind: "site.saved"}, func(w store.Writer) error {
			saved, err := w.SaveSite(ctx, roster.Site{ID: roster.SiteID(NewID()), Name: fmt.Sprintf("第%d", i), StartDay: 1})
			w.Record(roster.Saved(roster.EventSiteSaved, string(saved.ID), saved.ID, nil, saved))
			return err
		})
		must(t, err)
	}
	for _, of := range []roster.OrgID{org, org, "", org, org} {
		_, err := db.WriteAccounts(ctx, func(w store.AccountsWriter) error {
			e := roster.Accessed(roster.ActionSignedIn, "", "前", "後")
			e.Org, e.Name = of, "佐藤"
			w.Record(e)
			return nil
		})
		must(t, err)
	}
	return db, org
}

// TestAuditVerify: whatever is altered, removed, put in or put elsewhere in the records is found, at its place (U3).
func TestAuditVerify(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			db, org := recorded(t, engine)
			a, err := db.VerifyAudit(t.Context())
			must(t, err)
			if len(a.Faults) != 0 || a.Acts != 6 || a.Accesses != 5 || a.Before != 0 || len(a.Heads) != 2 {
				t.Fatalf("sound records: %+v", a)
			}
			for _, x := range tampering {
				t.Run(x.name, func(t *testing.T) {
					tampered(t, db, strings.ReplaceAll(x.sql, "ORG", string(org)), func() {
						a, err := db.VerifyAudit(t.Context())
						must(t, err)
						var found []string
						for _, f := range a.Faults {
							found = append(found, fmt.Sprintf("%s %d", f.Log, f.At))
						}
						if got := strings.Join(found, ", "); got != x.want {
							t.Errorf("found %q, want %q", got, x.want)
						}
					})
				})
			}
		})
	}
}

var tampering = []struct{ name, sql, want string }{
	{"a kind", `UPDATE acts SET kind = 'job.saved' WHERE revision = 3`, "acts 3"},
	{"who", `UPDATE acts SET actor_id = 'b' WHERE revision = 3`, "acts 3"},
	{"a name", `UPDATE acts SET actor_name = '鈴木' WHERE revision = 6`, "acts 6"},
	{"an address", `UPDATE acts SET address = '192.0.2.8' WHERE revision = 1`, "acts 1"},
	{"a moment", `UPDATE acts SET at_ms = at_ms + 1 WHERE revision = 2`, "acts 2"},
	{"a request", `UPDATE acts SET request = 'x' WHERE revision = 2`, "acts 2"},
	{"what came after", `UPDATE events SET after_json = '{}' WHERE revision = 4`, "acts 4"},
	{"what was there before", `UPDATE events SET before_json = '{}' WHERE revision = 4`, "acts 4"},
	{"before for after", `UPDATE events SET before_json = after_json, after_json = NULL WHERE revision = 4`, "acts 4"},
	{"whom it is about", `UPDATE events SET subject_id = 'x' WHERE revision = 4`, "acts 4"},
	{"an event removed", `DELETE FROM events WHERE revision = 4`, "acts 4"},
	{"an event more", `INSERT INTO events (org_id, revision, n, name, site_id, staff_id, day, subject_id, salt) VALUES ('ORG', 4, 1, 'x', '', '', '', '', '')`, "acts 4"},
	{"an event put before the others", `INSERT INTO events (org_id, revision, n, name, site_id, staff_id, day, subject_id, salt) VALUES ('ORG', 4, -1, 'x', '', '', '', '', '')`, "acts 4"},
	{"an act removed", `DELETE FROM events WHERE revision = 3; DELETE FROM acts WHERE revision = 3`, "acts 4"},
	{"the first act removed", `DELETE FROM events WHERE revision = 1; DELETE FROM acts WHERE revision = 1`, "acts 2"},
	{"the last act removed", `DELETE FROM events WHERE revision = 6; DELETE FROM acts WHERE revision = 6`, "acts 5"},
	{"two acts exchanged", `UPDATE acts SET revision = 99 WHERE revision = 2; UPDATE events SET revision = 99 WHERE revision = 2;
		UPDATE acts SET revision = 2 WHERE revision = 3; UPDATE events SET revision = 2 WHERE revision = 3;
		UPDATE acts SET revision = 3 WHERE revision = 99; UPDATE events SET revision = 3 WHERE revision = 99`, "acts 2, acts 3, acts 4"},
	{"an act put behind", `INSERT INTO acts (org_id, revision, actor_id, actor_name, act_key, kind, place, undoes, at_ms, chain)
		VALUES ('ORG', 7, 'a', '', 'k', 'x', '', 0, 1, ''); UPDATE orgs SET revision = 7`, "acts 7"},
	{"a chain taken off", `UPDATE acts SET chain = '' WHERE revision = 6`, "acts 6"},
	{"an entry altered", `UPDATE accesses SET action = 'sign_in.ended' WHERE org_id = 'ORG' AND n = 2`, "accesses 2"},
	{"an entry's address", `UPDATE accesses SET address = '192.0.2.8' WHERE org_id = 'ORG' AND n = 2`, "accesses 2"},
	{"an entry removed", `DELETE FROM accesses WHERE org_id = 'ORG' AND n = 2`, "accesses 3"},
	{"the last entry removed", `DELETE FROM accesses WHERE org_id = 'ORG' AND n = 4`, "accesses 3"},
	{"all entries removed", `DELETE FROM accesses`, "accesses 0, accesses 0"},
	{"an entry of nobody altered", `UPDATE accesses SET subject = 'x' WHERE org_id = ''`, "accesses 1"},
	{"a head of nobody removed", `DELETE FROM access_heads WHERE org_id = ''`, "accesses 1"},
	{"a head put back", `UPDATE access_heads SET n = 3 WHERE org_id = 'ORG'`, "accesses 4"},
}

// tampered runs fn while the database is as somebody who may write everywhere has left it, and puts it back.
func tampered(t *testing.T, db *DB, statements string, fn func()) {
	t.Helper()
	tables := []string{"orgs", "acts", "events", "accesses", "access_heads"}
	run := func(list ...string) {
		t.Helper()
		conn, err := db.write.Conn(t.Context())
		must(t, err)
		defer conn.Close()
		off, on := `PRAGMA foreign_keys = OFF`, `PRAGMA foreign_keys = ON`
		if db.dialect.name == "mysql" {
			off, on = `SET FOREIGN_KEY_CHECKS = 0`, `SET FOREIGN_KEY_CHECKS = 1`
		}
		for _, s := range append(append([]string{off}, list...), on) {
			_, err := conn.ExecContext(t.Context(), s)
			must(t, err)
		}
	}
	for _, name := range tables {
		run(`CREATE TABLE kept_` + name + ` AS SELECT * FROM ` + name)
	}
	run(strings.Split(statements, ";")...)
	fn()
	for _, name := range tables {
		run(`DELETE FROM `+name, `INSERT INTO `+name+` SELECT * FROM kept_`+name, `DROP TABLE kept_`+name)
	}
}

// TestAuditHeads: records whose chain was computed anew are found by a head that was kept elsewhere; a restore is no tampering.
func TestAuditHeads(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			db, org := recorded(t, engine)
			a, err := db.VerifyAudit(t.Context())
			must(t, err)
			at := db.now().UnixMilli() + 1
			holds := func() (found []string) {
				for _, h := range a.Heads {
					faults, err := db.HoldsHead(t.Context(), h, at)
					must(t, err)
					for _, f := range faults {
						found = append(found, fmt.Sprintf("%s %d", f.Log, f.At))
					}
				}
				return found
			}
			if found := holds(); len(found) > 0 {
				t.Errorf("sound records: %v", found)
			}
			tampered(t, db, `UPDATE acts SET kind = 'x' WHERE revision = 5`, func() {
				rechain(t, db, org, 5)
				now, err := db.VerifyAudit(t.Context())
				must(t, err)
				if len(now.Faults) > 0 {
					t.Fatalf("the forger made a mistake: %v", now.Faults)
				}
				if found := holds(); strings.Join(found, ", ") != "acts 6" {
					t.Errorf("a chain made anew: found %v", found)
				}
			})
			tampered(t, db, `DELETE FROM events WHERE revision = 6; DELETE FROM acts WHERE revision = 6; UPDATE orgs SET revision = 5`, func() {
				if found := holds(); strings.Join(found, ", ") != "acts 6" {
					t.Errorf("an end cut off: found %v", found)
				}
				for moment, want := range map[int64]int{at: 1, at - 1: 0} { // to a state that had the head, or had not
					restored(t, db, restoredAct(org, moment, at+1), func() {
						if found := holds(); len(found) != want {
							t.Errorf("after a restore to %d: found %v", moment-at, found)
						}
					})
				}
			})
		})
	}
}

// restored runs fn while an act stands at the end that tells of a restore.
func restored(t *testing.T, db *DB, statements string, fn func()) {
	t.Helper()
	for _, s := range strings.Split(statements, ";") {
		_, err := db.write.ExecContext(t.Context(), s)
		must(t, err)
	}
	fn()
	for _, table := range []string{"events", "acts"} {
		_, err := db.write.ExecContext(t.Context(), `DELETE FROM `+table+` WHERE revision = 7`)
		must(t, err)
	}
}

func restoredAct(org roster.OrgID, moment, atMs int64) string {
	text, _ := json.Marshal(roster.Restored{From: "x", Moment: moment})
	return fmt.Sprintf(`INSERT INTO acts (org_id, revision, actor_id, actor_name, act_key, kind, place, undoes, at_ms, chain) VALUES ('%s', 7, '', '', 'r', '%s', '', 0, %d, 'x');
		INSERT INTO events (org_id, revision, n, name, site_id, staff_id, day, subject_id, after_json) VALUES ('%s', 7, 0, '%s', '', '', '', '', '%s')`,
		org, roster.EventOrgRestored, atMs, org, roster.EventOrgRestored, text)
}

// rechain computes the chain anew from a revision on, as somebody would who knows how.
func rechain(t *testing.T, db *DB, org roster.OrgID, from int64) {
	t.Helper()
	for revision := from; ; revision++ {
		before, err := db.text(t.Context(), `SELECT chain FROM acts WHERE org_id = ? AND revision = ?`, string(org), revision-1)
		must(t, err)
		var a salted[roster.PastAct]
		var e salted[roster.Event]
		a.of.Org = org
		rows, err := db.longRead.QueryContext(t.Context(), strings.Replace(auditActs, "ORDER BY", "AND a.revision = ? ORDER BY", 1), string(org), revision)
		must(t, err)
		if !rows.Next() {
			must(t, rows.Close())
			return
		}
		_, err = scanSigned(rows, &a, &e)
		must(t, err)
		must(t, rows.Close())
		_, err = db.write.ExecContext(t.Context(), `UPDATE acts SET chain = ? WHERE org_id = ? AND revision = ?`,
			actChain(before, a, []salted[roster.Event]{e}), string(org), revision)
		must(t, err)
	}
}

// TestAuditVerifyErasure: what was erased by an act that says so is sound; an erasure that no act tells of, one more row, text that goes or comes
// back, a hash put in the place of another are found (D2, U3).
func TestAuditVerifyErasure(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			db, org := recorded(t, engine)
			before, err := db.VerifyAudit(t.Context())
			must(t, err)
			_, err = db.Write(t.Context(), roster.Act{Org: org, Kind: roster.EventStaffErased}, func(w store.Writer) error {
				e, err := w.EraseTraces(t.Context(), store.Traces{
					Acts: []int64{2, 3}, Events: []roster.EventKey{{Revision: 2}, {Revision: 5}}, Accesses: []int64{1, 2}, Nobody: []int64{1},
				})
				w.Record(roster.Saved(roster.EventStaffErased, "x", "", nil, e))
				return err
			})
			must(t, err)
			a, err := db.VerifyAudit(t.Context())
			must(t, err)
			if len(a.Faults) > 0 || a.Erased != 7 || a.Acts != 7 {
				t.Fatalf("erased and sound: %+v", a)
			}
			for _, h := range before.Heads {
				if faults, err := db.HoldsHead(t.Context(), h, db.now().UnixMilli()+1); err != nil || len(faults) > 0 {
					t.Errorf("the head from before: %v, %v", faults, err)
				}
			}
			for _, x := range forgedErasures {
				t.Run(x.name, func(t *testing.T) {
					tampered(t, db, strings.ReplaceAll(x.sql, "ORG", string(org)), func() {
						a, err := db.VerifyAudit(t.Context())
						must(t, err)
						var found []string
						for _, f := range a.Faults {
							found = append(found, fmt.Sprintf("%s %d", f.Log, f.At))
						}
						if got := strings.Join(found, ", "); got != x.want {
							t.Errorf("found %q, want %q: %v", got, x.want, a.Faults)
						}
					})
				})
			}
			t.Run("a name taken out, with the right hash and no act", func(t *testing.T) {
				var a salted[roster.PastAct]
				must(t, db.longRead.QueryRowContext(t.Context(), `SELECT actor_name, address, salt FROM acts WHERE revision = 6`).Scan(&a.of.Name, &a.of.Address, &a.salt))
				for by, want := range map[int]string{7: "acts 6", 6: "acts 6", 99: "acts 6"} {
					tampered(t, db, fmt.Sprintf(`UPDATE acts SET actor_name = '', address = '', salt = '', digest = '%s', erased = %d WHERE revision = 6`, actPart(a), by), func() {
						found, err := db.VerifyAudit(t.Context())
						must(t, err)
						if len(found.Faults) != 1 || fmt.Sprintf("%s %d", found.Faults[0].Log, found.Faults[0].At) != want {
							t.Errorf("by %d: found %v", by, found.Faults)
						}
					})
				}
			})
		})
	}
}

var forgedErasures = []struct{ name, sql, want string }{
	{"text emptied without erasure", `UPDATE events SET after_json = NULL WHERE revision = 4`, "acts 4"},
	{"text and salt emptied without erasure", `UPDATE acts SET actor_name = '', address = '', salt = '' WHERE revision = 4`, "acts 4"},
	{"a hash swapped", `UPDATE acts SET digest = 'x' WHERE revision = 2`, "acts 2"},
	{"an event's hash swapped", `UPDATE events SET digest = 'x' WHERE revision = 5`, "acts 5"},
	{"an entry's hash swapped", `UPDATE accesses SET digest = 'x' WHERE org_id = 'ORG' AND n = 2`, "accesses 2"},
	{"one row more marked", `UPDATE accesses SET name = '', address = '', before_json = NULL, after_json = NULL, salt = '', digest = 'x', erased = 7 WHERE org_id = 'ORG' AND n = 3`, "accesses 3, accesses 3"},
	{"a mark taken off", `UPDATE acts SET erased = 0 WHERE revision = 3`, "acts 3, acts 3, acts 3"},
	{"a mark of another act", `UPDATE acts SET erased = 6 WHERE revision = 3`, "acts 3"},
	{"text put in", `UPDATE acts SET actor_name = '鈴木' WHERE revision = 3`, "acts 3"},
	{"text put into an event", `UPDATE events SET after_json = '{}' WHERE revision = 5`, "acts 5"},
	{"text put into an entry", `UPDATE accesses SET name = '鈴木' WHERE org_id = 'ORG' AND n = 1`, "accesses 1"},
	{"a hash beside text", `UPDATE acts SET digest = 'x' WHERE revision = 4`, "acts 4"},
	{"an entry of nobody", `UPDATE accesses SET erased = 6 WHERE org_id = ''`, "accesses 1"},
	{
		"the act that says so", `UPDATE events SET after_json = NULL, salt = '' WHERE revision = 7`,
		"acts 7, acts 7, accesses 1, accesses 1, accesses 2, acts 2, acts 2, acts 3, acts 5",
	},
}
