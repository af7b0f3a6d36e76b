package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/store"
)

// staffed is a site with an organisation, a manager who signed in and changed people, and two people.
type staffed struct {
	site
	org    roster.Org
	admin  roster.Actor
	staff  [2]roster.Staff
	signIn string
}

func newStaffed(t *testing.T) staffed {
	t.Helper()
	x := staffed{site: newSite(t)}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	x.with(t, func(p *program) {
		ctx := t.Context()
		addOrg(t, p, "aoba", "青葉会")
		var err error
		x.org, err = p.store.OrgBySlug(ctx, "aoba")
		ok(err)
		program := roster.Program(x.org.ID, "試験")
		home, err := p.app.SaveSite(ctx, program, roster.Site{Name: "本館", StartDay: 1}, "")
		ok(err)
		m := roster.Member{ID: roster.MemberID(newID()), Account: roster.AccountID(newID()), Name: "管理 太郎", Role: roster.RoleAdmin, Active: true}
		_, err = store.SaveAccount(ctx, p.store, store.Account{ID: m.Account, Name: "kanri", Display: "管理 太郎", Email: "kanri@example.jp"})
		ok(err)
		_, err = p.store.Write(ctx, roster.Act{Org: x.org.ID, Kind: "member.saved"}, func(w store.Writer) error {
			_, err := w.SaveMember(ctx, m)
			w.Record(roster.Saved(roster.EventMemberSaved, string(m.ID), "", nil, m))
			return err
		})
		ok(err)
		places, err := p.app.Memberships(ctx, m.Account)
		ok(err)
		x.admin = app.ActorOf(places[0])
		for i, name := range []string{"佐藤 花子", "鈴木 一郎"} {
			x.staff[i], err = p.app.SaveStaff(ctx, program, roster.Staff{Name: name, Class: roster.ClassRegular, HomeSite: home.ID, Approval: roster.Approved, Phone: "090-1234-5678"}, "")
			ok(err)
		}
		hash := app.HashSecret("session")
		x.signIn = hash[:12]
		ctx = store.WithOrigin(ctx, roster.Origin{Request: newID(), Address: "203.0.113.9", SignIn: x.signIn})
		ok(p.app.BeginSession(ctx, app.Session{Hash: hash, Account: m.Account, Values: "{}", EndsMs: 1 << 60}, ""))
		s := x.staff[0]
		s.Phone = "080-0000-0000"
		_, err = p.app.SaveStaff(ctx, x.admin, s, "")
		ok(err)
		_, err = p.app.ExportData(ctx, x.admin, app.Whose{Staff: s.ID}, app.FormJSON)
		ok(err)
	})
	return x
}

// TestPrivacyExport: one person's data by name or number, and that it was taken out is recorded (D1).
func TestPrivacyExport(t *testing.T) {
	x := newStaffed(t)
	file := filepath.Join(t.TempDir(), "x.json")
	out, err := runCommand(t, x.vars, "privacy", "export", "--org", "aoba", "--staff", "佐藤花子", "--to", file)
	if err != nil || !strings.Contains(out, "佐藤 花子 さん") {
		t.Fatal(out, err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	text, err := os.ReadFile(file)
	var told struct {
		Name   string
		Tables map[string][]map[string]any
	}
	if err != nil || json.Unmarshal(text, &told) != nil || told.Name != "佐藤 花子" || told.Tables["staff"][0]["phone"] != "080-0000-0000" || bytes.Contains(text, []byte("鈴木")) {
		t.Errorf("%s", text)
	}
	out, err = runCommand(t, x.vars, "privacy", "export", "--org", "aoba", "--staff", string(x.staff[1].ID), "--to", "-")
	if err != nil || !strings.Contains(out, "鈴木 一郎") {
		t.Error(out, err)
	}
	if _, err := runCommand(t, x.vars, "privacy", "export", "--org", "aoba", "--staff", "田中"); err == nil || !strings.Contains(err.Error(), "nobody called") {
		t.Error(err)
	}
	x.with(t, func(p *program) {
		list, err := p.store.Accesses(t.Context(), x.org.ID, store.AccessQuery{Noun: "data", Limit: 9})
		if err != nil || len(list) != 3 || list[0].Name != "wakakusa privacy export" || list[0].Subject != string(x.staff[1].ID) {
			t.Errorf("%+v %v", list, err)
		}
	})
}

// TestIncidentReport: who, from where, whose data, which fields, what was taken out, and by when to report; by sign-in and by account, while
// the program runs (D3).
func TestIncidentReport(t *testing.T) {
	x := newStaffed(t)
	p := x.start(t)
	defer p.Close()
	since := time.Now().Add(-time.Hour).In(roster.Japan).Format("2006-01-02T15:04")
	for _, who := range [][]string{{"--sign-in", x.signIn}, {"--account", "KANRI@example.jp"}} {
		out, err := runCommand(t, x.vars, append([]string{"incident", "report", "--since", since, "--known-at", "2026-11-02"}, who...)...)
		if err != nil {
			t.Fatal(out, err)
		}
		for _, want := range []string{
			"知った日: 2026-11-02", "| 速報 | 2026-11-04 〜 2026-11-06", "| 確報 | 2026-12-01(", "2027-01-04(60日以内)",
			"青葉会(/o/aoba)", "使われたアカウント: 管理 太郎", "ログインの符号: " + x.signIn, "接続元 203.0.113.9:",
			"`sign_in.begun`): 1 件", "持ち出されたもの: 1 件", "`data.exported` " + string(x.staff[0].ID), "スタッフの電話: 1 人",
			"データを変えられた人: 1 人", "見られたおそれがある人(権限からの上限): 2 人 / 名簿 2 人", "| 佐藤 花子 | 1 | スタッフの電話 |", "権限は 管理者",
			"## 1. 概要", "## 2. ", "## 3. ", "## 4. 原因", "## 5. 二次被害", "## 6. 本人への対応", "## 7. 公表", "## 8. 再発防止", "## 9. その他",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("%v: %q is missing in\n%s", who, want, out)
			}
		}
		if strings.Contains(out, "鈴木") || strings.Contains(out, "field.") {
			t.Errorf("%v: %s", who, out)
		}
	}
	for _, none := range [][]string{{"--sign-in", "ffffffffffff", "--since", since}, {"--sign-in", x.signIn, "--since", "2020-01-01", "--until", "2020-01-02"}} {
		out, err := runCommand(t, x.vars, append([]string{"incident", "report"}, none...)...)
		if err != nil || !strings.Contains(out, "記録はありません") {
			t.Error(out, err)
		}
	}
	for _, bad := range [][]string{
		{"--since", since}, {"--sign-in", "x"}, {"--sign-in", "x", "--account", "kanri", "--since", since}, {"--sign-in", "x", "--since", "きのう"}, {"--account", "nobody", "--since", since},
	} {
		if out, err := runCommand(t, x.vars, append([]string{"incident", "report"}, bad...)...); err == nil {
			t.Errorf("%v was taken: %s", bad, out)
		}
	}
}

// TestExportAnonymize: a real name does not reach the place it is imported into, and the program runs there (D4).
func TestExportAnonymize(t *testing.T) {
	x := newStaffed(t)
	file := filepath.Join(t.TempDir(), "x.sql")
	if out, err := runCommand(t, x.vars, "export", "--anonymize", "--to", file); err != nil || !strings.Contains(out, "作りもの") {
		t.Fatal(out, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, real := range []string{"佐藤 花子", "鈴木 一郎", "管理 太郎", "kanri", "090-1234-5678", "080-0000-0000", "203.0.113.9"} {
		if bytes.Contains(text, []byte(real)) {
			t.Errorf("%s is in the file", real)
		}
	}
	staging := newSite(t)
	if out, err := runCommand(t, staging.vars, "import", file); err != nil || !strings.Contains(out, "一致することを確かめました") {
		t.Fatal(out, err)
	}
	if out, err := runCommand(t, staging.vars, "audit", "verify"); err != nil {
		t.Error(out, err)
	}
	staging.with(t, func(p *program) {
		v, err := p.app.People(t.Context(), roster.Program(x.org.ID, "試験"))
		if err != nil || len(v.Staff) != 2 || v.Staff[0].Name == "" {
			t.Errorf("%+v %v", v.Staff, err)
		}
		revised(t, p, "aoba")
	})
}
