package handlers

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// accesses reads the access log of the organisation, oldest first.
func (o *office) accesses() []roster.Access {
	o.t.Helper()
	list, err := o.store.Accesses(context.Background(), o.org.ID, store.AccessQuery{Limit: 1000})
	must(o.t, err)
	slices.Reverse(list)
	return list
}

// actions names them, each with who it was.
func (o *office) actions() (list []string) {
	for _, e := range o.accesses() {
		list = append(list, e.Action+" "+e.Name)
	}
	return list
}

// TestAccessLog: whatever happens outside the pens is recorded once, with who, from where and under the number of its answer, and told (U1).
func TestAccessLog(t *testing.T) {
	o := newSite(t).found("aoba")
	worker := o.worker()
	known := len(o.actions())
	told := func(a answer, action, who string) {
		t.Helper()
		list := o.accesses()
		if len(list) != known+1 {
			t.Fatalf("%d entries after %d: %v", len(list), known, o.actions())
		}
		e := list[known]
		known++
		if e.Action != action || e.Name != who || e.Address != "127.0.0.1" || e.Request == "" || e.Request != a.Header.Get("X-Request-Id") || e.AtMs != o.clock().UnixMilli() {
			t.Errorf("want %s by %s: %+v", action, who, e)
		}
	}
	told(worker.get(o.base+"/members").want(t, 403), roster.ActionRefused, "佐藤 陽菜")
	told(worker.post(o.base+"/account/preferences", values("language", "ja", "theme", "dark")).want(t, 303), roster.ActionAccountSaved, "佐藤 陽菜")
	fresh := "すみれやれんげの花に"
	told(worker.post(o.base+"/account/password", values("old", staffPassword, "password", fresh, "again", fresh)).want(t, 200), roster.ActionPasswordChanged, "佐藤 陽菜")
	told(worker.post("/sign-out", nil).want(t, 303), roster.ActionSignedOut, "佐藤 陽菜")
	told(worker.post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 422), roster.ActionSignInRefused, "佐藤 陽菜")
	told(worker.post("/sign-in", values("login", "nobody", "password", staffPassword)).want(t, 422), roster.ActionSignInRefused, "")
	told(worker.post("/sign-in", values("login", "haruna", "password", fresh)).want(t, 303), roster.ActionSignedIn, "佐藤 陽菜")
	m := o.memberNamed(t, "佐藤 陽菜")
	told(o.admin.post(o.base+"/members/"+string(m.ID)+"/link", nil).want(t, 200), roster.ActionLinkMade, "管理 太郎")
	token, err := o.app.StartReset(context.Background(), o.adminBy, m.ID)
	must(t, err)
	known++
	b := o.browser()
	a := b.post("/links/"+token, values("password", staffPassword, "again", staffPassword)).want(t, 303)
	known++ // signing in comes second
	if e := o.accesses()[known-1]; e.Action != roster.ActionPasswordReset || e.Name != "佐藤 陽菜" {
		t.Errorf("%+v", e)
	}
	told(a, roster.ActionSignedIn, "佐藤 陽菜")
	o.backedUp(t)
	made, err := o.backups.Backups()
	must(t, err)
	told(o.admin.get(o.base+"/backups/"+made[0].Name).want(t, 200), roster.ActionBackupFetched, "管理 太郎")
	told(o.admin.post(o.base+"/history/export", nil).want(t, 200), roster.ActionAuditExported, "管理 太郎")
	for range 5 {
		b.post("/sign-in", values("login", "haruna", "password", "x"))
		known++
	}
	told(b.post("/sign-in", values("login", "haruna", "password", "x")).want(t, 429), roster.ActionSignInLimited, "")
	seen := o.admin.get(o.base+"/history/accesses").want(t, 200).lacks(t, "access.", staffPassword, fresh)
	seen.holds(t, "ログインしました", "ログアウトしました", "ログインできませんでした", "失敗が続いた", "パスワードを変更しました", "設定し直しました", "佐藤 陽菜さんのパスワード再設定のリンク",
		"アカウントを変更しました。(言語、明るさ)", "権限のない操作(GET /o/:org/members)を断りました", "バックアップ wakakusa_shift_backup_", "変更の記録を書き出しました", "接続元 127.0.0.1", "(だれか不明)",
		a.Header.Get("X-Request-Id")[:8])
	must(t, sound(o))
}

// sound verifies the records.
func sound(o *office) error {
	a, err := o.store.VerifyAudit(context.Background())
	if err == nil && len(a.Faults) > 0 {
		err = a.Faults[0]
	}
	return err
}

// TestActOrigin: an act knows its request, its address and its sign-in; the same sign-in has one name in both records (O4).
func TestActOrigin(t *testing.T) {
	o := newSite(t).found("aoba")
	o.admin.post("/sign-in", values("login", "admin-aoba", "password", adminPassword)).want(t, 303)
	form := o.admin.get(o.base+"/settings").form(t, o.base+"/settings")
	form.Set("name", "青葉会")
	a := o.admin.post(o.base+"/settings", form).want(t, 303)
	var act roster.PastAct
	must(t, o.store.Read(t.Context(), o.org.ID, func(r store.Reader) (err error) {
		list, err := r.History(t.Context(), store.ActQuery{Limit: 1})
		act = list[0]
		return err
	}))
	begun := o.accesses()
	if act.Request != a.Header.Get("X-Request-Id") || act.Address != "127.0.0.1" || len(act.SignIn) != 12 || act.SignIn != begun[len(begun)-1].SignIn {
		t.Errorf("%+v after %+v", act, begun[len(begun)-1])
	}
	o.admin.get(o.base+"/history").holds(t, "受付番号 "+act.Request[:8])
}

// TestHistorySearch: who, about whom, what and when, alone and together, over the pages of the list.
func TestHistorySearch(t *testing.T) {
	o := newSite(t).found("aoba")
	planner := o.member("planner", roster.Member{Name: "田中 実", Role: roster.RoleManager, Sites: []roster.SiteID{o.site1.ID}})
	o.advance(48 * time.Hour)
	cell := func(p roster.Staff) string { return o.path("/cells/" + string(p.ID) + "/2026-11-03") }
	planner.post("/sign-in", values("login", "planner", "password", adminPassword)).want(t, 303)
	planner.post(cell(o.people[0]), values("action", "add", "code", string(o.codes["早"].ID), "base", "9999", "key", newID())).want(t, 303)
	planner.post(cell(o.people[1]), values("action", "add", "code", string(o.codes["夜"].ID), "base", "9999", "key", newID())).want(t, 303)
	o.admin.post("/sign-in", values("login", "admin-aoba", "password", adminPassword)).want(t, 303)
	page := o.base + "/history"
	early, night, founded := "佐藤 陽菜さんの11月3日(火)に「早", "𠮷田 健一さんの11月3日(火)に「夜", "事業所「第一事業所」を追加"
	who := string(o.memberNamed(t, "田中 実").Account)
	for name, x := range map[string]struct {
		q     string
		holds []string
		lacks []string
	}{
		"everything":         {"", []string{early, night, founded}, nil},
		"a person":           {"who=" + who, []string{early, night}, []string{founded}},
		"about a person":     {"about=" + string(o.people[0].ID), []string{early}, []string{night, founded}},
		"a thing":            {"what=site", []string{founded}, []string{early}},
		"since":              {"from=2026-11-26", []string{early}, []string{founded}},
		"until":              {"to=2026-11-25", []string{founded}, []string{early}},
		"one day":            {"from=2026-11-26&to=2026-11-26", []string{early, night}, []string{founded}},
		"all of them":        {"from=2026-11-26&to=2026-11-26&what=shift&about=" + string(o.people[1].ID) + "&who=" + who, []string{night}, []string{early, founded}},
		"nothing":            {"from=2026-12-24", []string{"条件に合う記録はありません"}, []string{early}},
		"what is on no list": {"what=password%25&who=x&about=y", []string{early, founded}, nil},
	} {
		t.Run(name, func(t *testing.T) { o.admin.get(page+"?"+x.q).want(t, 200).holds(t, x.holds...).lacks(t, x.lacks...) })
	}
	o.admin.get(page+"?from=2026-11-26&to=2026-11-25&who="+who).want(t, 422).holds(t, "終わりの日が始まりの日より前です", `value="2026-11-26"`, `selected>田中 実`)
	o.admin.get(page+"?from=明日").want(t, 422).holds(t, "日付として読めません")
	o.admin.get(o.base+"/history/accesses?who="+who+"&what=sign_in").want(t, 200).holds(t, "田中 実").lacks(t, "<strong>管理 太郎")
	o.admin.post(page+"/export", values("from", "明日")).want(t, 422)
}

// TestHistoryExport: what was asked for, as a file that a spreadsheet opens and takes no cell of for a formula (I4, F-B16).
func TestHistoryExport(t *testing.T) {
	o := newSite(t).found("aoba")
	p := o.people[0]
	p.Name = "=cmd|'/C calc'!A0"
	_, err := o.app.SaveStaff(t.Context(), o.adminBy, p, "")
	must(t, err)
	m := o.memberNamed(t, "管理 太郎").Member
	m.Name = "+1 太郎"
	_, err = o.app.SaveMember(t.Context(), o.adminBy, m, "")
	must(t, err)
	o.admin.post("/sign-in", values("login", "admin-aoba", "password", adminPassword)).want(t, 303)
	a := o.admin.post(o.base+"/history/export", values("what", "staff")).want(t, http.StatusOK)
	if !strings.HasPrefix(a.Header.Get("Content-Disposition"), `attachment; filename="wakakusa_changes_20261124_`) || !strings.HasPrefix(a.body, "\ufeff日時,番号,だれ") || !strings.Contains(a.body, "\r\n") {
		t.Errorf("%v %.40q", a.Header, a.body)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.body, "\ufeff"))).ReadAll()
	must(t, err)
	if len(rows) != 1+5 || !strings.Contains(rows[1][4], "スタッフ「=cmd") || rows[1][0] != "2026-11-24T09:00:00+09:00" || len(rows[1][9]) != 64 {
		t.Errorf("%d rows, %q", len(rows), rows[1])
	}
	a = o.admin.post(o.base+"/history/accesses/export", nil).want(t, http.StatusOK).holds(t, ",'+1 太郎,sign_in.begun,")
	if list := o.accesses(); list[len(list)-1].Action != roster.ActionAuditExported || string(list[len(list)-1].After) != fmt.Sprintf(`{"Rows":%d}`, strings.Count(a.body, "\r\n")-1) {
		t.Errorf("%s of %q", list[len(list)-1].After, a.body)
	}
	for cell, want := range map[string]string{"=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "＝1": "'＝1", "": "", "x=1": "x=1"} {
		if got := defused(cell); got != want {
			t.Errorf("%q became %q", cell, got)
		}
	}
}

// TestAuditStream: each act and each entry is one line of the audit stream, under the number of its request and with its chain, without names
// or what was there before and after.
func TestAuditStream(t *testing.T) {
	o := newSite(t).found("aoba")
	o.admin.post("/sign-in", values("login", "admin-aoba", "password", adminPassword)).want(t, 303)
	form := o.admin.get(o.base+"/settings").form(t, o.base+"/settings")
	form.Set("name", "社会福祉法人あさがお")
	a := o.admin.post(o.base+"/settings", form).want(t, 303)
	heads, err := o.store.VerifyAudit(t.Context())
	must(t, err)
	var lines []string
	for line := range strings.Lines(o.logs.String()) {
		if strings.Contains(line, "stream=audit") {
			lines = append(lines, line)
		}
	}
	last := lines[len(lines)-1]
	for _, want := range []string{"org.saved", "request=" + a.Header.Get("X-Request-Id"), "chain=" + heads.Heads[0].Chain} {
		if !strings.Contains(last, want) {
			t.Errorf("%q lacks %s", last, want)
		}
	}
	all := strings.Join(lines, "")
	if !strings.Contains(all, "sign_in.begun") || !strings.Contains(all, "chain="+heads.Heads[0].AccessChain) {
		t.Error(all)
	}
	for _, name := range []string{"あさがお", "管理 太郎", "佐藤", "admin-aoba"} {
		if strings.Contains(all, name) {
			t.Errorf("%s stands in\n%s", name, all)
		}
	}
}
