package handlers

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"wakakusa/app"
	"wakakusa/roster"
)

var linkForm = regexp.MustCompile(`https?://[^<"]*/links/([A-Za-z0-9_-]+)`)

func (o *office) memberNamed(t *testing.T, name string) app.MemberView {
	t.Helper()
	list, err := o.app.Members(context.Background(), o.adminBy)
	must(t, err)
	for _, m := range list {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no member %s", name)
	return app.MemberView{}
}

func TestMembers(t *testing.T) {
	o := newSite(t).found("alpha")
	path := o.base + "/members/new"
	o.admin.get(o.base+"/members").want(t, 200).holds(t, "管理 太郎", "admin-alpha", "管理者", "参加済み", "2026-11-24 09:00", "役割と権限")
	form := o.admin.get(path).want(t, 200).form(t, path)
	o.admin.post(path, form).refused(t, "name").refused(t, "staff")
	form = o.admin.get(path+"?staff="+string(o.people[1].ID)).want(t, 200).form(t, path)
	if form.Get("name") != "𠮷田 健一" || form.Get("staff") != string(o.people[1].ID) || form.Get("role") != "staff" {
		t.Fatalf("%v", form)
	}
	form.Set("role", "manager")
	form.Set("name", "よしだ")
	o.admin.post(path, form).refused(t, "sites").holds(t, `value="よしだ"`)
	form.Set("sites", string(o.site1.ID))
	got := o.admin.post(path, form).want(t, 303).location()
	m := o.memberNamed(t, "よしだ")
	page := o.base + "/members/" + string(m.ID)
	if got != page+"?done=added" || m.Role != roster.RoleManager || m.Staff != o.people[1].ID || !m.Active || len(m.Sites) != 1 {
		t.Errorf("%s %+v", got, m)
	}
	o.admin.get(o.base+"/members").holds(t, "招待中", "𠮷田 健一")
	t.Run("the person's page leads to the account", func(t *testing.T) {
		o.admin.get(o.base+"/staff/"+string(o.people[1].ID)).want(t, 200).holds(t, page)
		o.admin.get(o.base+"/staff/"+string(o.people[0].ID)).holds(t, "/members/new?staff="+string(o.people[0].ID))
	})
	t.Run("conflict", func(t *testing.T) {
		mine, theirs := o.admin.get(page).form(t, page), o.admin.get(page).form(t, page)
		theirs.Set("name", "吉田")
		o.admin.post(page, theirs).want(t, 303)
		mine.Set("name", "ヨシダ")
		o.admin.post(page, mine).want(t, 409).holds(t, "ヨシダ")
	})
	t.Run("things of another organisation are refused", func(t *testing.T) {
		other := o.site.found("beta")
		f := o.admin.get(page).form(t, page)
		f.Set("staff", string(other.people[0].ID))
		o.admin.post(page, f).refused(t, "staff")
		f = o.admin.get(page).form(t, page)
		f.Set("sites", string(other.site1.ID))
		o.admin.post(page, f).refused(t, "sites")
		f = o.admin.get(page).form(t, page)
		f.Set("account", string(other.adminBy.Account))
		f.Set("org_id", string(other.org.ID))
		o.admin.post(page, f).want(t, 303)
		if o.memberNamed(t, "吉田").Account != "" {
			t.Error("an account was planted")
		}
		crossed := other.base + "/members/" + string(m.ID)
		other.admin.get(crossed).want(t, 404)
		other.admin.post(crossed, f).want(t, 404)
		other.admin.post(crossed+"/link", nil).want(t, 404)
	})
}

func TestMemberLink(t *testing.T) {
	o := newSite(t, func(c *Config) { c.Public = "https://shift.example.jp/" }).found("alpha")
	m, err := o.app.SaveMember(context.Background(), o.adminBy, roster.Member{Name: "𠮷田 健一", Role: roster.RoleStaff, Staff: o.people[1].ID, Active: true}, "")
	must(t, err)
	page := o.base + "/members/" + string(m.ID)
	link := func(t *testing.T, b *browser) string {
		t.Helper()
		a := b.post(page+"/link", nil).want(t, 200).holds(t, "いまだけ表示されます", "<svg class=\"qr\"", "data-copy", "一度だけ使えます")
		if strings.Contains(a.body, "style=") {
			t.Error("inline style")
		}
		found := linkForm.FindStringSubmatch(a.body)
		if found == nil || !strings.HasPrefix(found[0], "https://shift.example.jp/links/") {
			t.Fatalf("no absolute link: %v", found)
		}
		return "/links/" + found[1]
	}
	first := link(t, o.admin)
	second := link(t, o.admin)
	o.admin.get(page).want(t, 200).lacks(t, first, second)
	o.browser().get(first).want(t, 404) // the older one has ended
	worker := o.browser()
	worker.post(second, values("login", "yoshida", "email", "", "password", staffPassword, "again", staffPassword)).want(t, 303)
	worker.get(o.base+"/me").want(t, 200)
	t.Run("then the link is for a new password", func(t *testing.T) {
		o.admin.get(page).want(t, 200).holds(t, "パスワード再設定リンク", "yoshida", "参加済み")
		reset := link(t, o.admin)
		o.browser().get(reset).want(t, 200).holds(t, "パスワードの再設定")
	})
	t.Run("F-A2 nobody else makes links", func(t *testing.T) {
		worker.post(page+"/link", nil).want(t, 403)
		o.manager().post(page+"/link", nil).want(t, 403)
		self := o.base + "/members/" + string(o.adminBy.Member)
		worker.post(self+"/link", nil).want(t, 403)
		worker.post(self, values("name", "x", "role", "staff", "version", "1")).want(t, 403)
	})
	t.Run("F-A9 deactivating ends the sign-in at once", func(t *testing.T) {
		f := o.admin.get(page).form(t, page)
		f.Del("active")
		o.admin.post(page, f).want(t, 303)
		worker.get(o.base+"/me").want(t, 303)
		o.admin.get(o.base+"/members").holds(t, "停止")
		o.admin.post(page+"/link", nil).want(t, 422)
	})
}

func TestOwnRole(t *testing.T) {
	o := newSite(t).found("alpha")
	page := o.base + "/members/" + string(o.adminBy.Member)
	f := o.admin.get(page).want(t, 200).form(t, page)
	f.Set("role", "viewer")
	f.Set("sites", string(o.site1.ID))
	o.admin.post(page, f).refused(t, "role")
	f = o.admin.get(page).form(t, page)
	f.Del("active")
	o.admin.post(page, f).refused(t, "role")
	o.admin.get(o.base+"/members").want(t, 200)
}

// Two administrators who take the role from one another at the same moment cannot leave nobody in charge.
func TestLastAdmin(t *testing.T) {
	o := newSite(t).found("alpha")
	o.member("second", roster.Member{Name: "副 管理", Role: roster.RoleAdmin})
	second := o.memberNamed(t, "副 管理")
	first := o.memberNamed(t, "管理 太郎")
	secondBy := roster.Actor{Org: o.org.ID, Account: second.Account, Member: second.ID, Role: roster.RoleAdmin}
	second.Active = false
	_, err := o.app.SaveMember(context.Background(), o.adminBy, second.Member, "")
	must(t, err)
	first.Active = false
	if _, err := o.app.SaveMember(context.Background(), secondBy, first.Member, ""); roster.KindOf(err) != roster.RuleBroken {
		t.Errorf("got %v", err)
	}
}
