package handlers

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net"
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

// crossSiteCases are the ways a browser, or no browser, says where a request was made.
var crossSiteCases = []struct {
	name, method, site, origin string
	refused                    bool
}{
	{"no browser", http.MethodPost, "", "", false},
	{"our own page", http.MethodPost, "same-origin", "", false},
	{"typed by the person", http.MethodPost, "none", "", false},
	{"another site", http.MethodPost, "cross-site", "", true},
	{"another host below", http.MethodPost, "same-site", "", true},
	{"an old browser at another site", http.MethodPost, "", "https://evil.example", true},
	{"an old browser at a page without origin", http.MethodPost, "", "null", true},
	{"an old browser at our own page", http.MethodPost, "", "own", false},
	{"a link on another site", http.MethodGet, "cross-site", "https://evil.example", false},
}

// TestCrossSite: the nine cases on every unsafe route: what another site's page sends is refused, and nothing has changed (H6). Where it is
// not refused, a stranger asks, so that the origin alone decides.
func TestCrossSite(t *testing.T) {
	o := newSite(t).found("aoba")
	rows := func() string { return o.dump("sign_ins", "sign_in_failures", "gates", "accesses", "access_heads") } // a stranger's empty sign-in is one that failed; refusals are recorded
	before := rows()
	nobody := o.browser()
	for _, c := range crossSiteCases {
		for _, r := range routes() {
			if r.method == http.MethodGet {
				continue
			}
			b := nobody
			if c.refused {
				b = o.admin
			}
			got := b.from(c.method, o.filled(r), c.site, c.origin)
			if (got == http.StatusForbidden) != c.refused {
				t.Errorf("%s: %s %s gave %d", c.name, c.method, r.path, got)
			}
		}
	}
	if rows() != before {
		t.Error("something changed")
	}
}

// from sends an empty request that says where it was made, and returns the status.
func (b *browser) from(method, path, site, origin string) int {
	b.s.t.Helper()
	req, err := http.NewRequest(method, b.s.http.URL+path, nil)
	must(b.s.t, err)
	if site != "" {
		req.Header.Set("Sec-Fetch-Site", site)
	}
	if origin == "own" {
		origin = b.s.http.URL
	}
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	resp, err := b.client.Do(req)
	must(b.s.t, err)
	resp.Body.Close()
	return resp.StatusCode
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

// headersEverywhere are those of every answer where people use HTTPS.
var headersEverywhere = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
		"manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /csp-reports; report-to csp",
	"Reporting-Endpoints": `csp="/csp-reports"`, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
	"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "X-Xss-Protection": "0",
	"Permissions-Policy":        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
	"Strict-Transport-Security": "max-age=31536000; includeSubDomains", "Server": "", "X-Powered-By": "", "Access-Control-Allow-Origin": "",
}

func (a answer) hasHeaders(t *testing.T) {
	t.Helper()
	for name, want := range headersEverywhere {
		if got := strings.Join(a.Header.Values(name), "|"); got != want {
			t.Errorf("%s %s (%d): %s is %q", a.Request.Method, a.Request.URL.Path, a.StatusCode, name, got)
		}
	}
}

// TestHeadersEverywhere: every answer of every route, also refusals, faults and assets, carries the same headers (H1, H2, H7); what belongs
// to an organisation is kept nowhere (S6).
func TestHeadersEverywhere(t *testing.T) {
	o := newSite(t, func(c *Config) { c.Hosts = []string{"127.0.0.1"} }).found("aoba")
	o.srv.Secure = true // after people signed in, whose cookies are those of http
	nobody := o.browser()
	for _, r := range routes() {
		if strings.HasSuffix(r.path, "/events") {
			continue
		}
		path := o.filled(r)
		for _, a := range []answer{o.admin.do(r.method, path, url.Values{}), nobody.do(r.method, path, url.Values{}), nobody.do(http.MethodDelete, path, nil)} {
			a.hasHeaders(t)
			if strings.HasPrefix(path, "/o/") && !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
				t.Errorf("%s may be kept: %q", path, a.Header.Get("Cache-Control"))
			}
			if strings.Contains(a.body, " style=") || strings.Contains(a.body, "<style") || strings.Contains(a.body, " hx-on") || strings.Contains(a.body, " onclick=") {
				t.Errorf("%s has inline style or script", path)
			}
		}
	}
	o.srv.echo.GET("/test/fault", o.srv.guard(route{gate: anybody, handle: func(*Server, *request) error { panic("fault") }}))
	asset := o.srv.assets.URL("app.css")
	nobody.get("/nowhere").want(t, http.StatusNotFound).hasHeaders(t)
	nobody.get(asset).want(t, http.StatusOK).hasHeaders(t)
	nobody.get("/test/fault").want(t, http.StatusInternalServerError).hasHeaders(t)
	nobody.do(http.MethodTrace, "/sign-in", nil).want(t, http.StatusMethodNotAllowed).hasHeaders(t)
	other := *nobody
	other.host = "evil.example"
	other.get("/sign-in").want(t, http.StatusMisdirectedRequest).hasHeaders(t)
	o.srv.Limits.Requests = 1
	nobody.get("/sign-in")
	nobody.get("/sign-in").want(t, http.StatusTooManyRequests).hasHeaders(t)
	nobody.post("/sign-in", url.Values{"login": {strings.Repeat("x", maxBody)}}).hasHeaders(t)
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

// TestHosts: a Host that is not ours is answered by 421, one that is missing, too, and no header speaks for it; probes from this machine are
// not asked (H3).
func TestHosts(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Hosts = []string{"shift.example.jp"} })
	for _, c := range []struct {
		host, path string
		want       int
	}{
		{"shift.example.jp", "/sign-in", http.StatusOK},
		{"SHIFT.example.jp:443", "/sign-in", http.StatusOK},
		{"evil.example", "/sign-in", http.StatusMisdirectedRequest},
		{"shift.example.jp.evil.example", "/sign-in", http.StatusMisdirectedRequest},
		{"evil.example", "/live/", http.StatusOK},
	} {
		b := s.browser()
		b.host = c.host
		b.header.Set("X-Forwarded-Host", "shift.example.jp")
		b.get(c.path).want(t, c.want)
	}
	for request, want := range map[string]string{
		"GET /sign-in HTTP/1.0\r\n\r\n":                                                                   "421",
		"GET /sign-in HTTP/1.0\r\nX-Forwarded-Host: shift.example.jp\r\n\r\n":                             "421",
		"GET /sign-in HTTP/1.1\r\n\r\n":                                                                   "400",
		"GET http://evil.example/sign-in HTTP/1.1\r\nHost: shift.example.jp\r\nConnection: close\r\n\r\n": "421",
	} {
		if got := s.raw(request); !strings.HasPrefix(got, "HTTP/1") || got[9:12] != want {
			t.Errorf("%q was answered by %.40q", request, got)
		}
	}
}

// raw sends a request as it is written.
func (s *site) raw(request string) string {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.http.Listener.Addr().String())
	must(s.t, err)
	defer conn.Close()
	_, err = conn.Write([]byte(request))
	must(s.t, err)
	answer, err := io.ReadAll(conn)
	must(s.t, err)
	return string(answer)
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

// TestStagingIsQuiet: a test site says so on every page, and no search engine is to list any (K3).
func TestStagingIsQuiet(t *testing.T) {
	o := newSite(t, func(c *Config) { c.Staging = true }).found("aoba")
	for _, path := range []string{"/sign-in", o.base + "/account", "/nowhere"} {
		a := o.admin.get(path)
		if path == "/sign-in" {
			a = o.browser().get(path)
		}
		if a.holds(t, "試験環境です"); a.Header.Get("X-Robots-Tag") != "noindex, nofollow" {
			t.Errorf("%s: %v", path, a.Header)
		}
	}
	newSite(t).browser().get("/sign-in").lacks(t, "試験環境")
}
