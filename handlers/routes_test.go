package handlers

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wakakusa/roster"
)

// filled puts real ids of an office into a route's path.
func (o *office) filled(r route) string {
	return strings.NewReplacer(
		":org", o.org.Slug, ":site", string(o.site1.ID), ":day", o.place.Day.String(), ":cell", o.place.Day.String(),
		":staff", string(o.people[0].ID), ":contract", "new", ":code", string(o.codes["日"].ID), ":job", string(o.job.ID),
		":holiday", "new", ":member", string(o.adminBy.Member), ":token", "unknown", ":asset", "app.css",
		":backup", "wakakusa_shift_backup_20261125_020000.sql",
	).Replace(r.path)
}

// inOrg are the routes that belong to an organisation; the live stream has tests of its own because it does not end.
func inOrg() []route {
	return slices.DeleteFunc(routes(), func(r route) bool {
		return !strings.HasPrefix(r.path, "/o/:org") || strings.HasSuffix(r.path, "/events")
	})
}

// TestEveryRouteHasPolicy: who may come in is said at each route; one that says nothing lets nobody in and fails here (C1).
func TestEveryRouteHasPolicy(t *testing.T) {
	for _, r := range routes() {
		if r.gate == (gate{}) {
			t.Errorf("%s %s has no policy", r.method, r.path)
		}
		if r.gate.public && strings.HasPrefix(r.path, "/o/") {
			t.Errorf("%s %s is open to anybody", r.method, r.path)
		}
		if r.handle == nil {
			t.Errorf("%s %s has no handler", r.method, r.path)
		}
	}
}

// TestStrangers: nobody signed in gets to the sign-in page, a member of another organisation finds nothing (F-A15, C2).
func TestStrangers(t *testing.T) {
	s := newSite(t)
	o, other := s.found("aoba"), s.found("midori")
	nobody := s.browser()
	for _, r := range inOrg() {
		path := o.filled(r)
		t.Run(r.method+" "+r.path, func(t *testing.T) {
			a := nobody.do(r.method, path, url.Values{}).want(t, http.StatusSeeOther)
			if !strings.HasPrefix(a.location(), "/sign-in") {
				t.Errorf("led to %s", a.location())
			}
			if a := nobody.asHTMX().do(r.method, path, url.Values{}).want(t, http.StatusUnauthorized); a.Header.Get("HX-Redirect") == "" {
				t.Error("htmx is not led to the sign-in page")
			}
			other.admin.do(r.method, path, url.Values{}).want(t, http.StatusNotFound)
			other.admin.asHTMX().do(r.method, path, url.Values{}).want(t, http.StatusNotFound)
		})
	}
	t.Run("own address, foreign ids", func(t *testing.T) {
		for _, r := range inOrg() {
			own := strings.Replace(o.filled(r), "/o/aoba", other.base, 1)
			rest := r.path[len("/o/:org"):]
			if !strings.Contains(rest, ":") || strings.Contains(rest, "me/days") || strings.Contains(rest, ":holiday") {
				continue // no id of the other organisation in it
			}
			if a := other.admin.do(r.method, own, url.Values{}); a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("%s %s: got %d", r.method, r.path, a.StatusCode)
			}
		}
	})
}

// TestRoles asks every route as every role: what a role may not do is forbidden, whoever's data it is (C2).
func TestRoles(t *testing.T) {
	o := newSite(t).found("aoba")
	people := map[roster.Role]*browser{
		roster.RoleAdmin:   o.admin,
		roster.RoleManager: o.member("manager1", roster.Member{Name: "担当 花子", Role: roster.RoleManager, Sites: []roster.SiteID{o.site1.ID}}),
		roster.RoleStaff:   o.member("staff1", roster.Member{Name: "佐藤 陽菜", Role: roster.RoleStaff, Staff: o.people[0].ID}),
		roster.RoleMember:  o.member("member1", roster.Member{Name: "吉田 健一", Role: roster.RoleMember, Staff: o.people[1].ID}),
		roster.RoleViewer:  o.member("viewer1", roster.Member{Name: "監査 一郎", Role: roster.RoleViewer, Sites: []roster.SiteID{o.site1.ID}}),
	}
	for role, b := range people {
		actor := roster.Actor{Role: role, Sites: []roster.SiteID{o.site1.ID}}
		for _, r := range inOrg() {
			if r.gate.do == "" {
				continue
			}
			got := b.do(r.method, o.filled(r), url.Values{}).StatusCode
			allowed := roster.Can(actor, r.gate.do, roster.Subject{}) == nil
			if allowed && (got == http.StatusForbidden || got >= 500) || !allowed && got != http.StatusForbidden {
				t.Errorf("%s: %s %s gave %d, allowed: %v", role, r.method, r.path, got, allowed)
			}
		}
	}
}

// TestCrossSite: what another site's page sends is refused on every unsafe route, and nothing has changed (H6).
func TestCrossSite(t *testing.T) {
	o := newSite(t).found("aoba")
	before := o.digest()
	for name, header := range map[string]http.Header{
		"another site":          {"Sec-Fetch-Site": {"cross-site"}},
		"another host below":    {"Sec-Fetch-Site": {"same-site"}},
		"an old browser":        {"Sec-Fetch-Site": {""}, "Origin": {"https://evil.example"}},
		"an origin that is no ": {"Sec-Fetch-Site": {""}, "Origin": {"null"}},
	} {
		b := *o.admin
		b.header = header
		for _, r := range routes() {
			if r.method == http.MethodGet {
				continue
			}
			req, err := http.NewRequest(r.method, o.http.URL+o.filled(r), nil)
			must(t, err)
			for k, v := range header {
				if v[0] != "" {
					req.Header[k] = v
				}
			}
			resp, err := o.admin.client.Do(req)
			must(t, err)
			resp.Body.Close()
			if resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s: %s %s gave %d", name, r.method, r.path, resp.StatusCode)
			}
		}
	}
	if o.digest() != before {
		t.Error("something changed")
	}
}

// TestGETIsSafe opens every page as the administrator and as staff: no row changes (H6). The last use of a session is no row
// anybody edits and is left out, and so is the record that something was refused or taken out.
func TestGETIsSafe(t *testing.T) {
	o := newSite(t).found("aoba")
	staff := o.member("staff1", roster.Member{Name: "佐藤 陽菜", Role: roster.RoleStaff, Staff: o.people[0].ID})
	before := o.digest()
	for _, r := range routes() {
		if r.method != http.MethodGet || strings.HasSuffix(r.path, "/events") {
			continue
		}
		o.admin.get(o.filled(r))
		staff.get(o.filled(r))
		if now := o.digest(); now != before {
			t.Errorf("%s changed something", r.path)
			before = now
		}
	}
}

// TestHeadersEverywhere: every answer, also refusals and assets, carries the policy and is kept nowhere unless it is an asset (H1, H2, S6).
func TestHeadersEverywhere(t *testing.T) {
	o := newSite(t, func(c *Config) { c.Secure = false }).found("aoba")
	paths := []string{"/nowhere", o.base + "/nowhere"}
	for _, r := range routes() {
		if r.method == http.MethodGet && !strings.HasSuffix(r.path, "/events") {
			paths = append(paths, o.filled(r))
		}
	}
	for _, path := range paths {
		a := o.admin.get(path)
		for header, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if !strings.Contains(a.Header.Get(header), want) {
				t.Errorf("%s: %s is %q", path, header, a.Header.Get(header))
			}
		}
		if strings.Contains(a.Header.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: the policy is %q", path, a.Header.Get("Content-Security-Policy"))
		}
		if strings.HasPrefix(path, "/o/") && !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s may be kept: %q", path, a.Header.Get("Cache-Control"))
		}
		if strings.Contains(a.body, " style=") || strings.Contains(a.body, "<style") || strings.Contains(a.body, " hx-on") || strings.Contains(a.body, " onclick=") {
			t.Errorf("%s has inline style or script", path)
		}
	}
}

// TestPages: a page is a document for the browser, the part for htmx, and a document again when history is restored.
func TestPages(t *testing.T) {
	o := newSite(t).found("aoba")
	for _, r := range inOrg() {
		if r.method != http.MethodGet || strings.HasSuffix(r.path, "/regions") || strings.HasSuffix(r.path, "/news") || strings.HasSuffix(r.path, "/breaches") || strings.Contains(r.path, "/cells/") {
			continue
		}
		path := o.filled(r)
		whole := o.admin.get(path)
		if whole.StatusCode != http.StatusOK {
			continue // leads elsewhere, or is not the administrator's
		}
		t.Run(r.path, func(t *testing.T) {
			isDocument(t, whole, true)
			part := o.admin.asHTMX().get(path).want(t, http.StatusOK)
			isDocument(t, part, false)
			back := o.admin.asHTMX()
			back.header = http.Header{"Hx-History-Restore-Request": {"true"}}
			isDocument(t, back.get(path).want(t, http.StatusOK), true)
			if !strings.Contains(strings.Join(part.Header.Values("Vary"), ","), "HX-Request") {
				t.Error("Vary does not name HX-Request")
			}
		})
	}
}

func isDocument(t *testing.T, a answer, want bool) {
	t.Helper()
	if got := strings.HasPrefix(strings.ToLower(a.body), "<!doctype html>"); got != want {
		t.Errorf("document: %v, want %v: %.80s", got, want, a.body)
	}
}

// TestRefusals: unknown paths and methods are answered in the reader's words, and no cause is told (I7).
func TestRefusals(t *testing.T) {
	o := newSite(t).found("aoba")
	o.admin.get("/nowhere").want(t, http.StatusNotFound).holds(t, "見つかりません")
	o.admin.get(o.base+"/rosters/not-an-id/2026-11-01").want(t, http.StatusNotFound)
	o.admin.get(o.base+"/rosters/"+string(o.site1.ID)+"/2026-13-01").want(t, http.StatusNotFound)
	o.admin.do(http.MethodPut, o.base+"/staff", nil).want(t, http.StatusMethodNotAllowed)
	o.admin.do("TRACE", o.base+"/staff", nil).want(t, http.StatusMethodNotAllowed)
	big := url.Values{"ops": {strings.Repeat("x", maxBody+1)}}
	o.admin.post(o.path("/edits"), big).want(t, http.StatusRequestEntityTooLarge)
}

// TestHosts: a Host that is not ours is answered by 421; probes from this machine are not asked (H3).
func TestHosts(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Hosts = []string{"shift.example.jp"} })
	ask := func(host, path string) int {
		req, err := http.NewRequest(http.MethodGet, s.http.URL+path, nil)
		must(t, err)
		req.Host = host
		resp, err := s.browser().client.Do(req)
		must(t, err)
		resp.Body.Close()
		return resp.StatusCode
	}
	for _, c := range []struct {
		host, path string
		want       int
	}{
		{"shift.example.jp", "/sign-in", http.StatusOK},
		{"SHIFT.example.jp:443", "/sign-in", http.StatusOK},
		{"evil.example", "/sign-in", http.StatusMisdirectedRequest},
		{"evil.example", "/live/", http.StatusOK},
	} {
		if got := ask(c.host, c.path); got != c.want {
			t.Errorf("%s%s gave %d, want %d", c.host, c.path, got, c.want)
		}
	}
}

// digest is a hash over every row of every table but sessions and what is recorded of reading.
func (o *office) digest() string {
	o.t.Helper()
	return fmt.Sprintf("%x", sha256.Sum256([]byte(o.dump("sign_ins", "accesses", "access_heads"))))
}

// dump writes every row of every table, but some.
func (o *office) dump(but ...string) string {
	o.t.Helper()
	return o.at.Dump(o.t, but...)
}
