package app

import (
	"encoding/json"
	"strings"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

// told is a disclosure as the file has it.
type told struct {
	Name   string
	Tables map[string][]map[string]any
}

func asFile(t *testing.T, d Disclosure) (string, told) {
	t.Helper()
	text, err := json.Marshal(d)
	must(t, err)
	var x told
	must(t, json.Unmarshal(text, &x))
	return string(text), x
}

// TestInventoryDisclosed: every column that tells something of a person is in their file, filled, and no secret is (D1).
func TestInventoryDisclosed(t *testing.T) {
	f := newFacility(t)
	p, by := f.leaver()
	_, err := f.PublishRoster(t.Context(), f.manager, f.place(), "")
	must(t, err)
	must(t, f.fillRest(by))
	d, err := f.OwnData(t.Context(), by)
	must(t, err)
	text, file := asFile(t, d)
	if file.Name != p.Name || len(d.Tables) != 16 {
		t.Errorf("%s, %d tables", file.Name, len(d.Tables))
	}
	for _, table := range d.Tables {
		for _, c := range table.Columns {
			if c.Class == store.Secret {
				t.Errorf("%s.%s is a secret", table.Table, c.Name)
			}
			filled := false
			for _, row := range file.Tables[table.Table] {
				v := row[c.Name]
				filled = filled || v != nil && v != "" && v != 0.0
			}
			if c.Class.Tells() && !filled && c.Name != "disabled" { // who is disabled cannot ask
				t.Errorf("%s.%s is nowhere filled", table.Table, c.Name)
			}
		}
	}
	for line := range strings.Lines(f.at.Dump(t)) { // whatever stands in a row of theirs
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("{} []\"\n", r) }) {
			secret := strings.HasPrefix(word, "values-") || strings.HasPrefix(word, "secret-")
			if strings.Contains(word, canary) && !secret && !strings.Contains(text, word) {
				t.Errorf("%q of %.20s is not in the file", word, line)
			}
		}
	}
	acc, err := f.Account(t.Context(), by.Account)
	must(t, err)
	for _, secret := range []string{acc.Password, HashSecret("x"), HashSecret("y"), "values-" + canary, "secret-" + canary} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the file", secret)
		}
	}
}

// fillRest fills what leaver leaves empty.
func (f *facility) fillRest(by roster.Actor) error {
	acc, err := f.Account(f.t.Context(), by.Account)
	if err != nil {
		return err
	}
	if _, ok, err := f.store.TrySignIn(f.t.Context(), store.Attempt{Account: HashSecret(strings.ToLower(acc.Name)), Address: "192.0.2.9", NowMs: 1, PairMax: 9, AddressMax: 9}); err != nil || !ok {
		return err
	}
	db := f.at.SQL(f.t)
	defer db.Close()
	for _, statement := range []string{
		`UPDATE accounts SET language = 'ja', theme = 'dark', created_ms = 1 WHERE id = ?`,
		`UPDATE sign_ins SET session_values = 'values-` + canary + `' WHERE account_id = ?`,
		`UPDATE factors SET secret = 'secret-` + canary + `', created_ms = 1, used_ms = 1 WHERE account_id = ?`,
		`UPDATE recovery_codes SET used_ms = 1 WHERE account_id = ?`,
		`UPDATE identities SET created_ms = 1 WHERE account_id = ?`,
		`INSERT INTO links (hash, kind, org_id, member_id, account_id, ends_ms, used_ms) VALUES ('` + HashSecret("z") + `', 'reset', '', '', ?, 1, 1)`,
		`INSERT INTO cell_locks (org_id, staff_id, day, site_id) SELECT org_id, staff_id, '2026-11-21', '` + string(f.home.ID) + `' FROM members WHERE account_id = ?`,
		`UPDATE contracts SET week_days = 5, exclusive = 1, to_day = '2027-03-31' WHERE staff_id IN (SELECT staff_id FROM members WHERE account_id = ?)`,
		`UPDATE staff SET jobs = '[]', active_from = '2020-04-01' WHERE id IN (SELECT staff_id FROM members WHERE account_id = ?)`,
	} {
		if _, err := db.Exec(statement, string(by.Account)); err != nil {
			return err
		}
	}
	return nil
}

// TestDisclosure: staff get what was published and nothing that is planned, nobody gets what is somebody else's, and taking it out is recorded.
func TestDisclosure(t *testing.T) {
	f := newFacility(t)
	worker := f.join("worker", roster.RoleStaff, f.taro.ID)
	f.mustEdit(f.set(f.taro, today, "早"), f.set(f.hanako, today, "日"))
	_, err := f.PublishRoster(t.Context(), f.manager, f.place(), "")
	must(t, err)
	f.mustEdit(f.set(f.taro, today+1, "夜"))
	d, err := f.ExportData(t.Context(), worker, Whose{}, FormJSON)
	must(t, err)
	text, file := asFile(t, d)
	if len(file.Tables["published_shifts"]) != 1 || file.Tables["shifts"] != nil || strings.Contains(text, (today+1).String()) {
		t.Errorf("planned shifts are in it: %s", text)
	}
	for _, other := range []string{f.hanako.Name, string(f.hanako.ID), "shunin", string(f.manager.Account)} {
		if strings.Contains(text, other) {
			t.Errorf("%s is in it", other)
		}
	}
	log, err := f.store.Accesses(t.Context(), f.org.ID, AccessQuery{Limit: 1})
	must(t, err)
	if len(log) != 1 || log[0].Action != roster.ActionDataExported || log[0].Account != worker.Account || log[0].Subject != "" {
		t.Errorf("%+v", log)
	}
	t.Run("an administrator for somebody", func(t *testing.T) {
		d, err := f.ExportData(t.Context(), f.admin, Whose{Staff: f.taro.ID}, FormPage)
		must(t, err)
		_, same := asFile(t, d)
		if len(same.Tables["published_shifts"]) != 1 || same.Tables["shifts"] != nil || len(same.Tables["accounts"]) != 1 || same.Name != f.taro.Name {
			t.Errorf("%+v", same)
		}
		log, err := f.store.Accesses(t.Context(), f.org.ID, AccessQuery{Limit: 1})
		must(t, err)
		if log[0].Subject != string(f.taro.ID) || log[0].Account != f.admin.Account {
			t.Errorf("%+v", log[0])
		}
		if d, err = f.ExportData(t.Context(), f.admin, Whose{Member: f.viewer.Member}, FormJSON); err != nil || d.Name != "kansa" {
			t.Errorf("%s, %v", d.Name, err)
		}
	})
	t.Run("who stands on no roster gets nobody's", func(t *testing.T) {
		for _, by := range []roster.Actor{f.viewer, f.second, f.outsider} {
			d, err := f.OwnData(t.Context(), by)
			must(t, err)
			text, file := asFile(t, d)
			if len(file.Tables["staff"])+len(file.Tables["events"]) != 1 { // the membership
				t.Errorf("%s: %s", by.Name, text)
			}
			for _, other := range []string{f.taro.Name, f.hanako.Name, "090-0000-0001"} {
				if strings.Contains(text, other) {
					t.Errorf("%s gets %s", by.Name, other)
				}
			}
		}
	})
	for _, by := range []roster.Actor{f.manager, worker, f.viewer} {
		_, err := f.ExportData(t.Context(), by, Whose{Staff: f.hanako.ID}, FormJSON)
		wantKind(t, by.Name, err, roster.Forbidden)
	}
	_, err = f.ExportData(t.Context(), f.stranger, Whose{Staff: f.taro.ID}, FormJSON)
	wantKind(t, "another organisation", err, roster.NotFound)
	_, err = f.ExportData(t.Context(), worker, Whose{}, "exe")
	wantKind(t, "another form", err, roster.Invalid)
}

// TestDisclosureElsewhere: what belongs to an account of two organisations is not one administrator's to give.
func TestDisclosureElsewhere(t *testing.T) {
	f := newFacility(t)
	worker := f.join("worker", roster.RoleStaff, f.taro.ID)
	m := roster.Member{ID: roster.MemberID(newID()), Account: worker.Account, Name: "よそでの名", Role: roster.RoleAdmin, Active: true}
	_, err := f.db.Write(t.Context(), roster.Act{Org: f.stranger.Org, Kind: "member.saved"}, func(w store.Writer) error {
		_, err := w.SaveMember(t.Context(), m)
		w.Record(roster.Saved(roster.EventMemberSaved, string(m.ID), "", nil, m))
		return err
	})
	must(t, err)
	d, err := f.ExportData(t.Context(), f.admin, Whose{Staff: f.taro.ID}, FormJSON)
	must(t, err)
	if text, file := asFile(t, d); file.Tables["accounts"] != nil || strings.Contains(text, "よそでの名") {
		t.Error(text)
	}
}
