package handlers

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

// TestOwnData: people see what is held about them and take it out in two forms; that is in the record, and nobody takes out another's.
func TestOwnData(t *testing.T) {
	o := newSite(t).found("aoba")
	worker := o.worker()
	o.set(o.people[0], november(3), "早")
	_, err := o.app.PublishRoster(context.Background(), o.adminBy, o.place, "")
	must(t, err)
	o.set(o.people[0], november(4), "夜")
	path := o.base + "/account/data"
	worker.get(o.base+"/account").want(t, 200).holds(t, path)
	page := worker.get(path).want(t, 200).holds(t, "佐藤 陽菜", "090-0000-0001", "staff0@example.jp", "公開されたシフト", "2026-11-03", "早", "haruna", "ログインしました")
	page.lacks(t, "2026-11-04", "管理 太郎", "argon2", "disclosure.")
	file := worker.post(path, values("form", "html")).want(t, 200).holds(t, "<!doctype html>", "佐藤 陽菜", "2026-11-03", "早番", "090-0000-0001")
	file.lacks(t, "<script", "<link", "src=", "2026-11-04", "disclosure.")
	if d := file.Header.Get("Content-Disposition"); d != `attachment; filename="wakakusa_data_20261124_090000.html"` {
		t.Error(d)
	}
	var told struct {
		Name   string
		Tables map[string][]map[string]any
	}
	a := worker.post(path, values("form", "json")).want(t, 200)
	if err := json.Unmarshal([]byte(a.body), &told); err != nil || told.Name != "佐藤 陽菜" || told.Tables["staff"][0]["phone"] != "090-0000-0001" || len(told.Tables["published_shifts"]) != 1 {
		t.Errorf("%v %+v", err, told)
	}
	worker.post(path, values("form", "exe")).want(t, 422)
	worker.post(o.base+"/staff/"+string(o.people[1].ID)+"/data", values("form", "json")).want(t, 403)
	o.admin.get(o.base+"/history/accesses").want(t, 200).holds(t, "自分についてのデータを取り出しました")
	t.Run("an administrator for them", func(t *testing.T) {
		staff := o.base + "/staff/" + string(o.people[0].ID)
		o.admin.get(staff).want(t, 200).holds(t, "本人への開示", staff+"/data")
		o.admin.post(staff+"/data", values("form", "html")).want(t, 200).holds(t, "佐藤 陽菜", "2026-11-03").lacks(t, "2026-11-04")
		member := o.base + "/members/" + string(o.adminBy.Member)
		o.admin.get(member).want(t, 200).holds(t, member+"/data")
		o.admin.post(member+"/data", values("form", "html")).want(t, 200).holds(t, "管理 太郎")
		o.admin.get(o.base+"/history/accesses").holds(t, "佐藤 陽菜さんについてのデータを取り出しました")
	})
}

// TestErasedShown: after the retention time nothing in pages, files and records tells who it was; who is due stands on a page (D2).
func TestErasedShown(t *testing.T) {
	o := newSite(t).found("aoba")
	o.worker()
	p := o.people[0]
	o.set(p, november(3), "早")
	_, err := o.app.PublishRoster(context.Background(), o.adminBy, o.place, "")
	must(t, err)
	staff := o.base + "/staff/" + string(p.ID)
	form := o.admin.get(staff).form(t, staff)
	form.Set("active_to", "2026-11-23")
	form.Set("phone", "090-1111-2222")
	o.admin.post(staff, form).want(t, 303)
	settings := o.base + "/settings"
	form = o.admin.get(settings).want(t, 200).holds(t, o.base+"/erasure").form(t, settings)
	for _, bad := range []string{"2", "31", ""} {
		form.Set("retain_years", bad)
		o.admin.post(settings, form).refused(t, "retain_years")
	}
	form.Set("retain_years", "3")
	o.admin.post(settings, form).want(t, 303)
	page := o.base + "/erasure"
	o.admin.get(page).want(t, 200).holds(t, "佐藤 陽菜", "2026年11月23日", "2029年11月24日", "ログインできるまま")
	m := o.memberNamed(t, "佐藤 陽菜").Member
	m.Active = false
	_, err = o.app.SaveMember(context.Background(), o.adminBy, m, "")
	must(t, err)
	o.admin.post(page, values("staff", string(p.ID), "do", "hold", "key", newID())).want(t, 303)
	o.admin.get(page+"?done=held").want(t, 200).holds(t, "管理者が保留しています", "消去を保留しました")
	o.advance(3 * 366 * 24 * 3600e9)
	o.signInAgain(t)
	erase := func(want int) {
		t.Helper()
		done, err := o.app.EraseDue(context.Background(), func(string, int64, int64) {})
		if err != nil || done.People != want {
			t.Errorf("%+v %v", done, err)
		}
	}
	erase(0)
	o.admin.post(page, values("staff", string(p.ID), "do", "release", "key", newID())).want(t, 303)
	o.admin.get(page).holds(t, "次の夜に消します")
	erase(1)
	o.admin.get(page).want(t, 200).holds(t, "消去を待っている人はいません", "1人のデータを消しました")
	gone := []string{"佐藤 陽菜", "090-1111-2222", "staff0@example.jp", "haruna"}
	for _, path := range []string{
		"/staff?all=1", "/staff?q=" + "佐藤" + "&all=1", "/members", "/history", "/history/accesses", "/rosters/" + string(o.site1.ID) + "/2026-11-01", "/staff/" + string(p.ID),
		"/rosters/" + string(o.site1.ID) + "/2026-11-01/cells/" + string(p.ID) + "/2026-11-03",
	} {
		o.admin.get(o.base+path).want(t, 200).lacks(t, gone...)
	}
	o.admin.get(o.base+"/history").holds(t, "退職者 1のデータを消しました", "内容は消去済みです")
	o.admin.get(o.base+"/history/accesses").holds(t, "(消去済み)")
	o.admin.get(o.base+"/rosters/"+string(o.site1.ID)+"/2026-11-01").holds(t, "退職者 1")
	for _, export := range []string{"/history/export", "/history/accesses/export"} {
		if a := o.admin.post(o.base+export, values()).want(t, 200); !strings.Contains(a.body, "消去済み") {
			t.Errorf("%s: %.300s", export, a.body)
		} else {
			a.lacks(t, gone...)
		}
	}
	o.admin.post(o.base+"/staff/"+string(p.ID)+"/data", values("form", "json")).want(t, 200).lacks(t, gone...)
	form = o.admin.get(staff).form(t, staff)
	form.Set("name", "佐藤 陽菜")
	o.admin.post(staff, form).want(t, 422).holds(t, "消去済み")
}

// signInAgain is for after years: the session has ended.
func (o *office) signInAgain(t *testing.T) {
	t.Helper()
	o.admin.post("/sign-in", values("login", "admin-"+o.org.Slug, "password", adminPassword)).want(t, 303)
}
