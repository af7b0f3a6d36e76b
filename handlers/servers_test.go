package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/store/cached/cachedtest"
)

// second is another server on the same database, with a clock that differs by something.
func (s *site) second(off time.Duration) *site {
	s.t.Helper()
	clock := func() time.Time { return s.clock().Add(off) }
	o := &site{t: s.t, at: s.at, logs: s.logs, store: s.at.Open(s.t, clock)}
	o.kept = cachedtest.Around(s.t, o.store, clock)
	o.app = app.New(o.kept, clock, newID)
	var err error
	o.srv, err = New(o.app, Config{Limits: s.srv.Limits, Upkeep: s.srv.Upkeep, Log: slog.New(slog.DiscardHandler)})
	must(s.t, err)
	o.http = httptest.NewServer(o.srv)
	s.t.Cleanup(func() {
		o.srv.EndStreams()
		o.http.Close()
		o.store.Close()
	})
	return o
}

// at is the same browser at another server: cookies do not know ports.
func (b *browser) at(s *site) *browser {
	c := *b
	c.s = s
	return &c
}

// TestClockSkew: servers whose clocks differ by two minutes are one all the same: sign-ins, links, limits of failures, edits and their order.
func TestClockSkew(t *testing.T) {
	for name, off := range map[string]time.Duration{"ahead": 2 * time.Minute, "behind": -2 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			o := newSite(t).found("alpha")
			other := o.second(off)
			there := o.admin.at(other)
			there.get(o.path("")).want(t, 200)
			for n := range 6 { // by turns, each begins with what it knows
				b := []*browser{o.admin, there}[n%2]
				symbol := []string{"早", "日"}[n/2%2]
				o.edit(b, o.revision(), "set "+cellText(o.people[0], november(3+n))+" "+string(o.codes[symbol].ID)).want(t, 200)
				for _, look := range []*browser{o.admin, there} {
					look.get(o.path("/cells/"+string(o.people[0].ID)+"/"+november(3+n).String())).want(t, 200).holds(t, symbol)
				}
			}
			there.get(o.base+"/history").want(t, 200)
			m, err := o.app.SaveMember(context.Background(), o.adminBy, roster.Member{Name: "新人", Role: roster.RoleStaff, Staff: o.people[1].ID, Active: true}, "")
			must(t, err)
			token, err := o.app.Invite(context.Background(), o.adminBy, m.ID)
			must(t, err)
			fresh := other.browser()
			fresh.post("/links/"+token, values("login", "shinjin", "email", "", "password", staffPassword, "again", staffPassword)).want(t, 303)
			fresh.at(o.site).get(o.base+"/me").want(t, 200)
			forgetful := o.browser()
			for n := range 6 {
				b := []*browser{forgetful, forgetful.at(other)}[n%2]
				a := b.post("/sign-in", values("login", "shinjin", "password", "ちがうことば"))
				if want := map[bool]int{true: http.StatusUnprocessableEntity, false: http.StatusTooManyRequests}[n < 5]; a.StatusCode != want {
					t.Errorf("failure %d: %d, want %d", n+1, a.StatusCode, want)
				}
			}
		})
	}
}

// TestRoleImmediateOnTwoServers: what is taken from somebody at one server is gone at the next request to any other (C6).
func TestRoleImmediateOnTwoServers(t *testing.T) {
	o := newSite(t).found("alpha")
	other := o.second(0)
	chief := o.manager().at(other)
	chief.get(o.path("")).want(t, 200)
	m := o.memberNamed(t, "担当 一郎").Member
	m.Active = false
	_, err := o.app.SaveMember(context.Background(), o.adminBy, m, "")
	must(t, err)
	if a := chief.get(o.path("")); a.StatusCode == http.StatusOK {
		t.Errorf("a deactivated member sees the sheet at another server: %d", a.StatusCode)
	}
}
