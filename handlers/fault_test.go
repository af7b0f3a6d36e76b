package handlers

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"wakakusa/roster"
)

// The tests of this file are named after the faults of the former system (docs/faults.md). Those of one noun stand with it.

// S opened shift types, templates and settings, and deleted a shift type.
func TestFaultA7(t *testing.T) {
	o := newSite(t).found("alpha")
	worker := o.worker()
	before := o.revision()
	for _, r := range inOrg() {
		if !slices.Contains([]roster.Action{roster.EditMasters, roster.EditNeeds, roster.EditMembers, roster.EditOrg, roster.ViewHistory, roster.ViewRoster, roster.KeepBackups}, r.gate.do) {
			continue
		}
		worker.do(r.method, o.filled(r), values("do", "remove", "version", "1", "name", "x")).want(t, 403)
	}
	if o.revision() != before {
		t.Error("something was written")
	}
	worker.get(o.base+"/me").want(t, 200).lacks(t, o.base+"/codes", o.base+"/settings", o.base+"/rosters")
}

// A login name that equals another person's display name acted as that person.
func TestFaultA11(t *testing.T) {
	o := newSite(t).found("alpha")
	namesake := o.hire("吉田健一", o.site1.ID, 5)
	b := o.member("吉田健一", roster.Member{Name: "吉田健一", Role: roster.RoleStaff, Staff: o.people[0].ID})
	o.set(namesake, november(24), "遅")
	o.set(o.people[0], november(24), "早")
	o.admin.post(o.path("/publication"), values("key", newID())).want(t, 303)
	b.get(o.base+"/me").want(t, 200).holds(t, "早番").lacks(t, "遅番")
}

// A person named in a hidden field was ignored, and rightly so.
func TestFaultA13(t *testing.T) {
	o := newSite(t).found("alpha")
	b := o.worker()
	o.set(o.people[0], november(24), "早")
	o.set(o.people[1], november(24), "遅")
	o.admin.post(o.path("/publication"), values("key", newID())).want(t, 303)
	other := "staff=" + string(o.people[1].ID)
	b.get(o.base+"/me?"+other).want(t, 200).holds(t, "早番").lacks(t, "遅番")
	b.get(o.base+"/me/calendar?"+other).want(t, 200).holds(t, "早番").lacks(t, "遅番")
}

// Approving and rejecting are for those who manage.
func TestFaultA14(t *testing.T) {
	o := newSite(t).found("alpha")
	p := o.hire("待機 花子", o.site1.ID, 7)
	p.Approval = roster.Pending
	p, err := o.app.SaveStaff(context.Background(), o.adminBy, p, "")
	must(t, err)
	worker := o.worker()
	for _, do := range []string{"approve", "reject"} {
		worker.post(o.base+"/staff/"+string(p.ID), values("do", do, "version", strconv.FormatInt(p.Version, 10))).want(t, 403)
	}
	if got := o.person(t, p.ID); got.Approval != roster.Pending || got.Version != p.Version {
		t.Errorf("%+v", got.Staff)
	}
}

// Strangers' pages lead to the sign-in; what a script asks for is refused without a page.
func TestFaultA15(t *testing.T) {
	o := newSite(t).found("alpha")
	nobody := o.browser()
	if got := nobody.get(o.path("")).want(t, 303).location(); !strings.HasPrefix(got, "/sign-in?next=") {
		t.Errorf("led to %s", got)
	}
	o.edit(nobody, 1, "clear "+cellText(o.people[0], november(3))).want(t, 401).lacks(t, "<html")
	listener := o.browser()
	listener.header = http.Header{"Accept": {"text/event-stream"}}
	listener.get(o.path("/events")).want(t, 401).lacks(t, "<html")
}

// A note ran as script when an administrator merely opened the calendar.
func TestFaultB1(t *testing.T) {
	o := newSite(t).found("alpha")
	worker := o.worker()
	day := november(25)
	cell := o.path("/cells/" + string(o.people[0].ID) + "/" + day.String())
	o.admin.post(cell, values("action", "add", "code", string(o.codes["早"].ID), "start", "", "end", "", "note", payload, "base", "1", "key", newID())).want(t, 303)
	o.admin.post(o.path("/publication"), values("key", newID())).want(t, 303)
	o.admin.get(cell).want(t, 200).shownAsText(t)
	worker.get(o.base+"/me").want(t, 200).shownAsText(t)
	for _, a := range []answer{o.admin.get(o.path("")), o.admin.get(o.base + "/history"), worker.get(o.base + "/me/calendar"), worker.get(o.base + "/me/days/" + day.String())} {
		a.want(t, 200).noScript(t)
		if p := a.Header.Get("Content-Security-Policy"); strings.Contains(p, "unsafe") || !strings.Contains(p, "script-src 'self'") {
			t.Errorf("the policy is %q", p)
		}
	}
}

// noScript fails when markup somebody typed became part of the page.
func (a answer) noScript(t *testing.T) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	must(t, err)
	if findNode(doc, func(n *html.Node) bool { return has(n, "onerror") }) != nil {
		t.Errorf("%s: typed markup runs", a.Request.URL.Path)
	}
}

// OpenRedirect: the sign-in leads only to paths of this site (I5).
func TestFaultB3(t *testing.T) {
	o := newSite(t).found("alpha")
	for next, want := range map[string]string{
		"https://evil.example/x": "/", "//evil.example": "/", `/\evil.example`: "/", `\\evil.example`: "/", "https:evil.example": "/", "javascript:alert(1)": "/",
		"%2f%2fevil.example": "/", "/\t/evil.example": "/", "/\n/evil.example": "/", "http:/evil.example": "/", " //evil.example": "/", "evil.example": "/", "": "/",
		o.base + "/staff?q=https://x.example": o.base + "/staff?q=https://x.example", o.base + "/me#top": o.base + "/me#top",
	} {
		got := o.browser().post("/sign-in", values("login", "admin-alpha", "password", adminPassword, "next", next)).want(t, 303).location()
		if got != want {
			t.Errorf("next=%q went to %q, want %q", next, got, want)
		}
		if a := o.browser().asHTMX().post("/sign-in", values("login", "admin-alpha", "password", adminPassword, "next", next)); a.Header.Get("HX-Redirect") != want {
			t.Errorf("htmx: next=%q went to %q", next, a.Header.Get("HX-Redirect"))
		}
	}
}

// An image on another site was enough to sign somebody out.
func TestFaultB4(t *testing.T) {
	o := newSite(t).found("alpha")
	o.admin.get("/sign-out").want(t, http.StatusMethodNotAllowed)
	other := *o.admin
	other.header = http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}
	other.post("/sign-out", nil).want(t, 403)
	o.admin.get(o.base+"/account").want(t, 200)
}

// Monitoring that asks often was answered by 429.
func TestFaultB11(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	for range 150 {
		for _, path := range []string{"/live/", "/ready", "/health/"} {
			b.get(path).want(t, 200)
		}
	}
}

// The record of changes had no entry for a moved or deleted shift; it tells who, when, before and after (B13).
func TestFaultB13(t *testing.T) {
	o := newSite(t).found("alpha")
	chief := o.manager()
	one := o.people[0]
	o.edit(chief, o.revision(), "set "+cellText(one, november(3))+" "+string(o.codes["早"].ID)).want(t, 200)
	o.edit(chief, o.revision(), "move "+cellText(one, november(3))+" "+cellText(o.people[2], november(4))).want(t, 200)
	told := o.admin.get(o.base+"/history").want(t, 200)
	told.holds(t, "担当 一郎", "09:00", "2026年11月24日", "佐藤 陽菜さん", "11月3日", "早 早番 7:00–16:00", "髙橋 さくらさん", "11月4日")
	o.edit(chief, o.revision(), "set "+cellText(o.people[2], november(4))+" "+string(o.codes["遅"].ID)).want(t, 200)
	o.edit(chief, o.revision(), "clear "+cellText(o.people[2], november(4))).want(t, 200)
	o.admin.get(o.base+"/history").want(t, 200).holds(t, "遅 遅番")
	o.admin.get(o.path("/cells/"+string(o.people[2].ID)+"/2026-11-04")).want(t, 200).holds(t, "担当 一郎", "早番", "遅番")
}

// The sign-in page printed an account and its password.
func TestFaultB15(t *testing.T) {
	o := newSite(t).found("alpha")
	a := o.browser().get("/sign-in").want(t, 200).lacks(t, "admin-alpha", o.org.Name, "admin123", "password123")
	form := a.form(t, "/sign-in")
	if form.Get("login") != "" || form.Get("password") != "" {
		t.Errorf("the form begins with %v", form)
	}
	a.holds(t, `autocomplete="current-password"`)
}

// A time that cannot be read was stored as empty, and from then on the month could not be opened by anybody.
func TestFaultC2(t *testing.T) {
	o := newSite(t).found("alpha")
	one := o.people[0]
	o.set(one, november(3), "早")
	was := o.shifts(one, november(3))[0]
	cell := o.path("/cells/" + string(one.ID) + "/2026-11-03")
	before := o.revision()
	for _, start := range []string{"九時ごろ", "25", "-1:00", "9:60", "9:00:00:00", "<9>", strings.Repeat("9", 400)} {
		o.admin.post(cell, values("action", "change", "shift", string(was.ID), "code", string(was.Code), "start", start, "end", "17:00",
			"base", strconv.FormatInt(before, 10), "key", newID())).refused(t, "start")
	}
	if o.revision() != before || o.shifts(one, november(3))[0] != was {
		t.Errorf("became %+v", o.shifts(one, november(3)))
	}
	o.admin.get(o.path("")).want(t, 200).holds(t, "早番 7:00–16:00")
	t.Run("9時 is a time", func(t *testing.T) {
		o.admin.post(cell, values("action", "change", "shift", string(was.ID), "code", string(was.Code), "start", "9時", "end", "17時半",
			"base", strconv.FormatInt(before, 10), "key", newID())).want(t, 303)
		if got := o.shifts(one, november(3))[0].Span; got != (roster.Span{Start: 9 * 60, End: 17*60 + 30}) {
			t.Errorf("got %v", got)
		}
	})
}

// Empty times gave a 500.
func TestFaultC6(t *testing.T) {
	o := newSite(t).found("alpha")
	one := o.people[0]
	cell := o.path("/cells/" + string(one.ID) + "/2026-11-03")
	add := func(start, end string) answer {
		return o.admin.post(cell, values("action", "add", "code", string(o.codes["早"].ID), "start", start, "end", end, "base", "1", "key", newID()))
	}
	add("9:00", "").refused(t, "end")
	add("", "17:00").refused(t, "start")
	if len(o.shifts(one, november(3))) != 0 {
		t.Error("something was stored")
	}
	add("", "").want(t, 303)
	if x := o.shifts(one, november(3)); len(x) != 1 || x[0].Span != o.codes["早"].Span {
		t.Errorf("no times are the code's own, got %+v", x)
	}
	path := o.base + "/codes/" + string(o.codes["早"].ID)
	f := o.admin.get(path).form(t, path)
	f.Set("start", "")
	f.Set("end", "")
	f.Set("break", "")
	o.admin.post(path, f).want(t, 422)
}

// Dragging and deleting posted to paths that did not exist; here both are edits that can be undone.
func TestFaultE1E2(t *testing.T) {
	o := newSite(t).found("alpha")
	one := o.people[0]
	o.set(one, november(3), "早")
	undo := func() {
		o.admin.asHTMX().post(o.path("/undos"), values("key", newID(), "base", "1")).want(t, 200)
		if o.symbol(one, november(3)) != "早" || o.symbol(one, november(4)) != "" {
			t.Error("not undone")
		}
	}
	o.edit(o.admin, o.revision(), "move "+cellText(one, november(3))+" "+cellText(one, november(4))).want(t, 200)
	if o.symbol(one, november(3))+o.symbol(one, november(4)) != "早" || o.symbol(one, november(4)) != "早" {
		t.Error("not moved")
	}
	undo()
	o.edit(o.admin, o.revision(), "clear "+cellText(one, november(3))).want(t, 200)
	if o.symbol(one, november(3)) != "" {
		t.Error("not deleted")
	}
	undo()
	cell := o.path("/cells/" + string(one.ID) + "/2026-11-03")
	form := values("action", "remove", "shift", string(o.shifts(one, november(3))[0].ID), "base", strconv.FormatInt(o.revision(), 10), "key", newID())
	if toast := o.admin.asHTMX().post(cell, form).want(t, 200).told(t).Toast; toast == nil || !toast.Undo {
		t.Errorf("the dialog offers no undo: %+v", toast)
	}
	undo()
}

// Staff could drag their own shift about; nothing was sent and it came back. Own pages have nothing to drag.
func TestFaultE3(t *testing.T) {
	o := newSite(t).found("alpha")
	worker := o.worker()
	o.set(o.people[0], november(25), "早")
	o.admin.post(o.path("/publication"), values("key", newID())).want(t, 303)
	for _, path := range []string{"/me", "/me/calendar", "/me/days/2026-11-25"} {
		worker.get(o.base+path).want(t, 200).lacks(t, "draggable", "data-edit", "board.js", "cells/")
	}
	o.edit(worker, o.revision(), "move "+cellText(o.people[0], november(25))+" "+cellText(o.people[0], november(26))).want(t, 403)
}

// Another month was asked for, and the calendar still showed this one.
func TestFaultE4(t *testing.T) {
	o := newSite(t).found("alpha")
	worker := o.worker()
	to := o.admin.get(o.base+"/rosters/"+string(o.site1.ID)+"/2027-05-17").want(t, 303).location()
	o.admin.get(to).want(t, 200).holds(t, "2027年5月", `2027-05-31`).lacks(t, "2026年11月1日")
	worker.get(o.base+"/me/calendar?month=2027-05-01").want(t, 200).holds(t, "2027年5月")
}

// Counts were fixed, or counted something else.
func TestFaultE10(t *testing.T) {
	o := newSite(t).found("alpha")
	worker := o.worker()
	o.admin.get(o.base+"/staff").want(t, 200).holds(t, "4人")
	left := o.people[2]
	left.ActiveTo = november(23)
	_, err := o.app.SaveStaff(context.Background(), o.adminBy, left, "")
	must(t, err)
	o.admin.get(o.base+"/staff").want(t, 200).holds(t, "3人")
	o.set(o.people[0], november(3), "早")
	o.set(o.people[0], november(4), "早")
	o.set(o.people[0], november(5), "公")
	o.admin.post(o.path("/publication"), values("key", newID())).want(t, 303)
	worker.get(o.base+"/me").want(t, 200).holds(t, "<dd><b>2</b> ", "<dd><b>16:00</b> ", "<dd><b>1</b> ")
}

// The administrator's own view was empty because of an error that nobody saw.
func TestFaultE11(t *testing.T) {
	o := newSite(t).found("alpha")
	if to := o.admin.get(o.base).want(t, 303).location(); to != o.base+"/rosters" {
		t.Errorf("home is %s", to)
	}
	o.admin.get(o.path("")).want(t, 200).lacks(t, o.base+"/me\"")
	o.admin.get(o.base+"/me").want(t, 404).holds(t, "スタッフに結び付いていません")
	chief := o.member("shunin", roster.Member{Name: "主任", Role: roster.RoleAdmin, Staff: o.people[0].ID})
	o.set(o.people[0], november(25), "早")
	o.admin.post(o.path("/publication"), values("key", newID())).want(t, 303)
	chief.get(o.base+"/me").want(t, 200).holds(t, "早番")
	chief.get(o.base+"/me/calendar").want(t, 200).holds(t, "早番")
}

// Buttons were blank because their icons came from a host that the policy forbids.
func TestFaultE12(t *testing.T) {
	o := newSite(t).found("alpha")
	o.set(o.people[0], november(3), "早")
	for _, r := range inOrg() {
		if r.method != http.MethodGet {
			continue
		}
		a := o.admin.get(o.filled(r))
		doc, err := html.Parse(strings.NewReader(a.body))
		must(t, err)
		eachNode(doc, func(n *html.Node) {
			for _, name := range []string{"src", "href", "xlink:href"} {
				if v := attr(n, name); strings.Contains(v, "//") && !strings.HasPrefix(v, "otpauth://") { // that opens an app
					t.Errorf("%s: <%s> asks for %s", r.path, n.Data, v)
				}
			}
			if (n.Data == "button" || n.Data == "a") && strings.TrimSpace(textOf(n)) == "" && attr(n, "aria-label") == "" && attr(n, "aria-labelledby") == "" {
				t.Errorf("%s: a %s without words, %v", r.path, n.Data, n.Attr)
			}
		})
	}
}

func eachNode(n *html.Node, do func(*html.Node)) {
	if n.Type == html.ElementNode {
		do(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		eachNode(c, do)
	}
}

// A hundred people gave two names a day and "97 more": everybody has a row, every day a column and its totals.
func TestFaultE13(t *testing.T) {
	o := newSite(t).found("alpha")
	for i := range 100 {
		o.hire("職員 "+strconv.Itoa(i), o.site1.ID, 10+i)
	}
	o.set(o.people[0], november(3), "早")
	a := o.admin.get(o.path("")).want(t, 200)
	if n := strings.Count(a.body, `id="s-`); n != 103 {
		t.Errorf("%d rows", n)
	}
	for i := range 100 {
		a.holds(t, "職員 "+strconv.Itoa(i))
	}
	for d := 1; d <= 30; d++ {
		a.holds(t, november(d).String())
	}
}

// A Japanese page had English labels, and a name with nothing in its brackets.
func TestFaultE16(t *testing.T) {
	o := newSite(t).found("alpha")
	worker := o.worker()
	for _, r := range inOrg() {
		if r.method != http.MethodGet {
			continue
		}
		for _, b := range []*browser{o.admin, worker} {
			a := b.get(o.filled(r))
			if a.StatusCode != 200 || !strings.Contains(a.body, "<") {
				continue
			}
			a.lacks(t, "()", "()", "{{", "%!", "<no value>")
			doc, err := html.Parse(strings.NewReader(a.body))
			must(t, err)
			eachNode(doc, func(n *html.Node) {
				text := textOf(n)
				if (n.Data == "label" || n.Data == "legend") && strings.IndexFunc(text, unicode.IsLetter) >= 0 && strings.IndexFunc(text, func(c rune) bool { return c > 0x2FFF }) < 0 {
					t.Errorf("%s: label %q", r.path, text)
				}
			})
		}
	}
}

// The health page showed disk use and the raw text of errors.
func TestFaultF5(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.get("/health/").want(t, 200).holds(t, `{"status":"ok","checks":[{"name":"database","ok":true}`)
	must(t, s.store.Close())
	b.get("/health/").want(t, 503).holds(t, `"status":"unhealthy"`).lacks(t, "sql", "closed", "wakakusa.db", "error")
	b.get("/ready/").want(t, 503)
	b.get("/live/").want(t, 200)
}
