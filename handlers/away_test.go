package handlers

import (
	"strings"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store/cached"
	"wakakusa/store/cached/cachedtest"
)

// awaySite is a site whose database is a server.
func awaySite(t *testing.T) (*office, *cachedtest.Outage) {
	t.Helper()
	g := &cachedtest.Outage{}
	s := newSiteOn(t, func(s *site) *cached.Store {
		g.Store = s.store
		return cachedtest.Around(t, g, s.clock, func(o *cached.Options) { o.Server = true })
	})
	return s.found("alpha"), g
}

// TestAway: while the database is away pages that were seen are shown with their moment, others and every change are 503 with Retry-After, and
// what somebody typed stays in the form.
func TestAway(t *testing.T) {
	o, g := awaySite(t)
	worker := o.member("haruna", roster.Member{Name: "佐藤 陽菜", Role: roster.RoleStaff, Staff: o.people[0].ID})
	o.set(o.people[0], november(25), "日")
	o.admin.post(o.path("/publication"), values("key", newID())).want(t, 303)
	seen := []string{o.path(""), o.base + "/staff", o.base + "/settings", o.base + "/sites"}
	for _, path := range seen {
		o.admin.get(path).want(t, 200).lacks(t, "時点の内容")
	}
	worker.get(o.base+"/me").want(t, 200)
	must(t, o.kept.ReadAhead(t.Context(), o.org.ID))
	form := o.admin.get(o.base+"/jobs/new").want(t, 200).form(t, o.base+"/jobs/new")
	g.Now.Store(true)
	for _, path := range seen {
		o.admin.get(path).want(t, 200).holds(t, "09:00時点の内容です")
	}
	worker.get(o.base+"/me").want(t, 200).holds(t, "時点の内容")
	old := o.admin.get(o.base+"/history").want(t, 503).holds(t, "一時的に利用できません", "このページを開けません")
	if old.Header.Get("Retry-After") == "" {
		t.Error("a page does not say when to try again")
	}
	form.Set("name", "栄養士さん")
	kept := o.admin.post(o.base+"/jobs/new", form).want(t, 503).holds(t, "栄養士さん", "システムの問題で、この操作はできません")
	if kept.Header.Get("Retry-After") == "" {
		t.Error("a form does not say when to try again")
	}
	edit := o.edit(o.admin, 1<<40, "set "+cellText(o.people[0], november(3))+" "+string(o.codes["早"].ID)).want(t, 503)
	if edit.Header.Get("Retry-After") == "" || !strings.Contains(edit.Header.Get("HX-Trigger"), "toast") {
		t.Errorf("an edit: %v", edit.Header)
	}
	stranger := o.browser()
	stranger.get("/live/").want(t, 200)
	stranger.get("/ready/").want(t, 503)
	stranger.get("/health/").want(t, 503).holds(t, `{"name":"database","ok":false}`)
	g.Now.Store(false)
	o.soonBack(t)
	o.admin.get(o.path("")).want(t, 200).lacks(t, "時点の内容")
	o.admin.post(o.base+"/jobs/new", form).want(t, 303)
}

func (o *office) soonBack(t *testing.T) {
	t.Helper()
	for range 300 {
		if o.kept.Ping(t.Context()) == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the database is not used again")
}

// TestClearCache: the button is an act of its own, tells so in the history, and everything is right afterwards.
func TestClearCache(t *testing.T) {
	o := newSite(t).found("alpha")
	before := o.revision()
	page := o.admin.get(o.base+"/settings").want(t, 200).holds(t, "表示用の一時データ", "一時データを消して読み直す")
	o.admin.post(o.base+"/settings/cache", page.form(t, o.base+"/settings/cache")).want(t, 303)
	if o.revision() != before+1 {
		t.Errorf("revision %d after %d", o.revision(), before)
	}
	o.admin.get(o.base+"/settings?done=cleared").want(t, 200).holds(t, "表示用の一時データを消しました")
	o.admin.get(o.base+"/history").want(t, 200).holds(t, "表示用の一時データを消しました")
	o.admin.get(o.path("")).want(t, 200)
	manager := o.manager()
	manager.post(o.base+"/settings/cache", values("key", newID())).want(t, 403)
}
