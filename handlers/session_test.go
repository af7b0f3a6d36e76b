package handlers

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// cookie is the value of the browser's session cookie, "" when it has none.
func (b *browser) cookie() string {
	u, err := url.Parse(b.s.http.URL)
	must(b.s.t, err)
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == "wakakusa" {
			return c.Value
		}
	}
	return ""
}

// holding is another browser with a copy of a cookie.
func (s *site) holding(value string) *browser {
	b := s.browser()
	u, err := url.Parse(s.http.URL)
	must(s.t, err)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "wakakusa", Value: value}})
	return b
}

// bind makes an account a member of one more organisation.
func (o *office) bind(account roster.AccountID, role roster.Role, sites ...roster.SiteID) roster.Member {
	o.t.Helper()
	ctx := context.Background()
	m := roster.Member{ID: roster.MemberID(newID()), Account: account, Name: "兼務 者", Role: role, Sites: sites, Active: true}
	_, err := o.store.Write(ctx, roster.Act{Org: o.org.ID, Name: "test", Kind: "member.saved"}, func(w store.Writer) (err error) {
		m, err = w.SaveMember(ctx, m)
		w.Record(roster.Saved(roster.EventMemberSaved, string(m.ID), "", nil, m))
		return err
	})
	must(o.t, err)
	return m
}

// TestSecureCookie: with HTTPS the cookie has every protection there is, and the browser is told to stay with HTTPS (S1, H2).
func TestSecureCookie(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Secure = true })
	token, err := s.app.FirstRunLink(context.Background())
	must(t, err)
	a := s.browser().post("/links/"+token, values("org", "甲", "slug", "kou", "site", "乙", "start_day", "1", "off_days", "9",
		"name", "管理 太郎", "login", "kanri", "password", adminPassword, "again", adminPassword)).want(t, 303)
	c := a.Cookies()[0]
	if c.Name != "__Host-wakakusa" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
	if len(c.Value) < 43 { // 256 bits
		t.Errorf("the id is %d characters long", len(c.Value))
	}
	for _, path := range []string{"/sign-in", "/nowhere", "/live/", "/s/app.css"} {
		if a := s.browser().get(path); !strings.HasPrefix(a.Header.Get("Strict-Transport-Security"), "max-age=31536000") {
			t.Errorf("%s: no HSTS", path)
		}
	}
}

// TestSessionAtRest: neither session ids nor link tokens nor passwords stand in the database, whole or in part (S1).
func TestSessionAtRest(t *testing.T) {
	o := newSite(t).found("alpha")
	m, err := o.app.SaveMember(context.Background(), o.adminBy, roster.Member{Name: "新人", Role: roster.RoleStaff, Staff: o.people[1].ID, Active: true}, "")
	must(t, err)
	token, err := o.app.Invite(context.Background(), o.adminBy, m.ID)
	must(t, err)
	kept := o.dump()
	if !strings.Contains(kept, "sign_ins") || !strings.Contains(kept, "links") {
		t.Fatal("the tables are not read")
	}
	for what, secret := range map[string]string{"session id": o.admin.cookie(), "link": token, "password": adminPassword} {
		if strings.Contains(kept, secret) || strings.Contains(kept, secret[:12]) {
			t.Errorf("the %s is kept", what)
		}
	}
}

// TestSessionFixation: sign-in gives a new id, whatever the browser brought, and the old one is dead (S2).
func TestSessionFixation(t *testing.T) {
	o := newSite(t).found("alpha")
	const planted = "planted-by-somebody-else-0123456789"
	b := o.holding(planted)
	b.post("/sign-in", values("login", "admin-alpha", "password", adminPassword)).want(t, 303)
	first := b.cookie()
	if first == planted {
		t.Fatal("the planted id became the session")
	}
	b.post("/sign-in", values("login", "admin-alpha", "password", adminPassword)).want(t, 303)
	if b.cookie() == first {
		t.Error("the id did not change at sign-in")
	}
	o.holding(first).get(o.base+"/account").want(t, 303)
	before := o.admin.cookie()
	fresh := "さらさら行くよ春の小川は岸の花へ"
	o.admin.post(o.base+"/account/password", values("old", adminPassword, "password", fresh, "again", fresh)).want(t, 200)
	if o.admin.cookie() == before {
		t.Error("the id did not change with the password")
	}
	o.holding(before).get(o.base+"/account").want(t, 303)
}

// TestSignInWhileSignedIn: the next person at the same machine is that person and nobody else; a wrong password changes nothing.
func TestSignInWhileSignedIn(t *testing.T) {
	o := newSite(t).found("alpha")
	o.worker()
	before := o.admin.cookie()
	o.admin.post("/sign-in", values("login", "haruna", "password", "wrong wrong")).want(t, 422)
	o.admin.get(o.base+"/members").want(t, 200)
	o.admin.post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
	o.admin.get(o.base+"/members").want(t, 403)
	o.admin.get(o.base+"/account").want(t, 200).holds(t, "haruna").lacks(t, "admin-alpha")
	o.holding(before).get(o.base+"/account").want(t, 303)
	o.admin.get("/sign-in").want(t, 303)
}

// TestSessionEnds: managers an hour without use and twelve in all; staff, who look from their own phone, two weeks and a month (S3).
func TestSessionEnds(t *testing.T) {
	o := newSite(t).found("alpha")
	worker := o.worker()
	signIn := func() {
		o.admin.post("/sign-in", values("login", "admin-alpha", "password", adminPassword)).want(t, 303)
	}
	t.Run("managers, in use all the time", func(t *testing.T) {
		signIn()
		for range 12 {
			o.advance(59 * time.Minute)
			o.admin.get(o.base+"/account").want(t, 200)
		}
		o.advance(13 * time.Minute) // 12:01
		o.admin.get(o.base+"/account").want(t, 303)
	})
	t.Run("managers, at rest", func(t *testing.T) {
		signIn()
		o.advance(61 * time.Minute)
		o.admin.get(o.base+"/account").want(t, 303)
	})
	t.Run("a page left open is at rest, although it fetches news", func(t *testing.T) {
		signIn()
		o.advance(40 * time.Minute)
		o.admin.asHTMX().get(o.path("/regions?names=bar")).want(t, 200)
		o.stream(o.admin).close()
		o.advance(21 * time.Minute)
		o.admin.asHTMX().get(o.path("/regions?names=bar")).want(t, 401)
	})
	t.Run("staff", func(t *testing.T) {
		worker.get(o.base+"/me").want(t, 200)
		for range 2 {
			o.advance(13 * 24 * time.Hour)
			worker.get(o.base+"/me").want(t, 200)
		}
		o.advance(5 * 24 * time.Hour) // 31 days in all
		worker.get(o.base+"/me").want(t, 303)
		worker.post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
		o.advance(14*24*time.Hour + time.Minute)
		worker.get(o.base+"/me").want(t, 303)
	})
}

// TestSessionOfSeveralOrganisations: one account has a place and a role in each; the shortest times hold in all.
func TestSessionOfSeveralOrganisations(t *testing.T) {
	s := newSite(t)
	o, other := s.found("alpha"), s.found("beta")
	b := o.worker()
	account := o.memberNamed(t, "佐藤 陽菜").Account
	b.get(o.base+"/me").want(t, 200)
	there := other.bind(account, roster.RoleManager, other.site1.ID)
	t.Run("a session for staff is none for a manager", func(t *testing.T) { b.get(o.base+"/me").want(t, 303) })
	b.post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
	t.Run("each organisation knows its own role", func(t *testing.T) {
		b.get("/").want(t, 200).holds(t, o.org.Name, other.org.Name)
		b.get(o.base+"/me").want(t, 200)
		b.get(o.base+"/staff").want(t, 403)
		b.get(other.base+"/staff").want(t, 200).lacks(t, "山﨑 次郎")
		b.get(other.base+"/rosters/"+string(o.site1.ID)+"/2026-11-01").want(t, 403) // not one of theirs
		b.get(other.base+"/staff/"+string(o.people[0].ID)).want(t, 404)
	})
	t.Run("ends like a manager's", func(t *testing.T) {
		o.advance(61 * time.Minute)
		b.get(o.base+"/me").want(t, 303)
		b.post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
	})
	t.Run("one administrator cannot take over the other's manager", func(t *testing.T) {
		page := o.base + "/members/" + string(o.memberNamed(t, "佐藤 陽菜").ID)
		o.admin.post("/sign-in", values("login", "admin-alpha", "password", adminPassword)).want(t, 303)
		o.admin.post(page+"/link", nil).want(t, 422).holds(t, "ほかの法人にも所属しています").lacks(t, "/links/")
	})
	t.Run("deactivated in one, at home in the other", func(t *testing.T) {
		there.Active = false
		other.admin.post("/sign-in", values("login", "admin-beta", "password", adminPassword)).want(t, 303)
		_, err := o.app.SaveMember(context.Background(), other.adminBy, there, "")
		must(t, err)
		b.get(o.base+"/me").want(t, 303)
		b.post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
		b.get(o.base+"/me").want(t, 200)
		b.get(other.base+"/staff").want(t, 404)
	})
}

// TestLogoutReplay: signing out ends the session on the server, and the browser forgets what it kept (S4).
func TestLogoutReplay(t *testing.T) {
	o := newSite(t).found("alpha")
	old := o.admin.cookie()
	a := o.admin.post("/sign-out", nil).want(t, 303)
	if !strings.Contains(a.Header.Get("Clear-Site-Data"), "storage") {
		t.Errorf("Clear-Site-Data is %q", a.Header.Get("Clear-Site-Data"))
	}
	if o.admin.cookie() != "" {
		t.Error("the cookie stays")
	}
	o.holding(old).get(o.base+"/account").want(t, 303)
}

// stream is a live connection of a sheet.
type stream struct {
	t      *testing.T
	resp   *http.Response
	lines  *bufio.Scanner
	cancel context.CancelFunc
}

// stream listens to the office's sheet; it has been greeted.
func (o *office) stream(b *browser) *stream {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s%s?rev=%d", o.http.URL, o.path("/events"), o.revision()), nil)
	must(o.t, err)
	resp, err := b.client.Do(req)
	must(o.t, err)
	x := &stream{o.t, resp, bufio.NewScanner(resp.Body), cancel}
	o.t.Cleanup(x.close)
	for x.lines.Scan() && x.lines.Text() != "" {
	}
	return x
}

func (x *stream) close() {
	x.cancel()
	x.resp.Body.Close()
}

// ends fails unless the server closes the stream within two seconds, with nothing told.
func (x *stream) ends() {
	x.t.Helper()
	done := make(chan string)
	go func() {
		text := ""
		for x.lines.Scan() {
			text += x.lines.Text()
		}
		done <- text
	}()
	select {
	case text := <-done:
		if strings.Contains(text, "data:") {
			x.t.Errorf("told %q", text)
		}
	case <-time.After(2 * time.Second):
		x.t.Error("the stream goes on")
	}
}

// TestStreams: a stream ends with the right to look, at the next thing that happens, and one person has only so many.
func TestStreams(t *testing.T) {
	o := newSite(t).found("alpha")
	ctx := context.Background()
	chief := o.manager()
	m := o.memberNamed(t, "担当 一郎")
	t.Run("no more than a person can look at", func(t *testing.T) {
		var all []*stream
		for range maxStreams {
			all = append(all, o.stream(chief))
		}
		if x := o.stream(chief); x.resp.StatusCode != http.StatusTooManyRequests {
			t.Errorf("one more gave %d", x.resp.StatusCode)
		}
		if x := o.stream(o.admin); x.resp.StatusCode != 200 {
			t.Errorf("another person got %d", x.resp.StatusCode)
		}
		for _, x := range all {
			x.close()
		}
		for range 100 { // the server notices soon
			if x := o.stream(chief); x.resp.StatusCode == 200 {
				x.close()
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Error("closed streams still count")
	})
	t.Run("the site is taken away", func(t *testing.T) {
		x := o.stream(chief)
		m.Sites = []roster.SiteID{o.site2.ID}
		var err error
		m.Member, err = o.app.SaveMember(ctx, o.adminBy, m.Member, "")
		must(t, err)
		x.ends()
	})
	t.Run("deactivated", func(t *testing.T) {
		m.Sites = []roster.SiteID{o.site1.ID}
		var err error
		m.Member, err = o.app.SaveMember(ctx, o.adminBy, m.Member, "")
		must(t, err)
		x := o.stream(chief)
		m.Active = false
		_, err = o.app.SaveMember(ctx, o.adminBy, m.Member, "")
		must(t, err)
		x.ends()
	})
	t.Run("signed out, at the next edit", func(t *testing.T) {
		again := o.browser()
		again.post("/sign-in", values("login", "admin-alpha", "password", adminPassword)).want(t, 303)
		x := o.stream(again)
		again.post("/sign-out", nil).want(t, 303)
		o.set(o.people[0], november(3), "早")
		x.ends()
	})
}
