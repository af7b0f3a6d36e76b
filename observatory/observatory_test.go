package observatory

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// good is a site without a fault; tests spoil it.
func good() Seen {
	return Seen{
		Secure: true, Host: "shift.example.jp", Body: []byte(`<script src="/s/app.js"></script>`),
		Header: http.Header{
			"Content-Type": {"text/html; charset=UTF-8"}, "Content-Security-Policy": {"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'"},
			"Strict-Transport-Security": {"max-age=31536000; includeSubDomains"}, "X-Content-Type-Options": {"nosniff"}, "X-Frame-Options": {"DENY"},
			"Referrer-Policy": {"same-origin"}, "Cross-Origin-Resource-Policy": {"same-origin"},
		},
		Cookies: cookies("__Host-id=1; Secure; HttpOnly; SameSite=Lax"),
		Route:   route("http://shift.example.jp/", "https://shift.example.jp/"),
	}
}

func cookies(lines ...string) []*http.Cookie {
	return (&http.Response{Header: http.Header{"Set-Cookie": lines}}).Cookies()
}

func route(addresses ...string) (list []*url.URL) {
	for _, a := range addresses {
		u, err := url.Parse(a)
		if err != nil {
			panic(err)
		}
		list = append(list, u)
	}
	return list
}

func policy(text string) func(*Seen) {
	return func(s *Seen) { s.Header.Set("Content-Security-Policy", text) }
}

func header(name, value string) func(*Seen) {
	return func(s *Seen) { s.Header.Set(name, value) }
}

func without(name string) func(*Seen) { return func(s *Seen) { s.Header.Del(name) } }

func both(a, b func(*Seen)) func(*Seen) { return func(s *Seen) { a(s); b(s) } }

func body(text string) func(*Seen) { return func(s *Seen) { s.Body = []byte(text) } }

func cookie(lines ...string) func(*Seen) { return func(s *Seen) { s.Cookies = cookies(lines...) } }

func way(addresses ...string) func(*Seen) { return func(s *Seen) { s.Route = route(addresses...) } }

var (
	noHSTS    = without("Strict-Transport-Security")
	notSecure = func(s *Seen) { s.Secure = false }
)

// TestEveryModifier spoils a good site in every way that the table knows, and one that it forgot fails.
func TestEveryModifier(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range []struct {
		spoil    func(*Seen)
		result   string
		modifier int
	}{
		{func(*Seen) {}, "csp-implemented-with-no-unsafe-default-src-none", 10},
		{policy("default-src 'self'"), "csp-implemented-with-no-unsafe", 5},
		{policy("default-src 'none'; style-src 'self' 'unsafe-inline'"), "csp-implemented-with-unsafe-inline-in-style-src-only", 0},
		{policy("default-src 'none'; img-src http://pictures.example"), "csp-implemented-with-insecure-scheme-in-passive-content-only", -10},
		{policy("default-src 'none'; script-src 'self' 'unsafe-eval'"), "csp-implemented-with-unsafe-eval", -10},
		{policy("default-src 'none'; script-src 'self' 'unsafe-inline'"), "csp-implemented-with-unsafe-inline", -20},
		{policy("script-src 'self'"), "csp-implemented-with-unsafe-inline", -20}, // objects may come from anywhere
		{policy("default-src https:"), "csp-implemented-with-unsafe-inline", -20},
		{policy("default-src 'none'; script-src 'nonce-abc' 'unsafe-inline'"), "csp-implemented-with-no-unsafe-default-src-none", 10},
		{policy("default-src 'none'; script-src 'nonce-abc' 'strict-dynamic' https: 'unsafe-inline'"), "csp-implemented-with-no-unsafe-default-src-none", 10},
		{policy("default-src 'none'; script-src 'strict-dynamic'"), "csp-header-invalid", -25},
		{policy("default-src 'none'; connect-src http://api.example"), "csp-implemented-with-insecure-scheme", -20},
		{without("Content-Security-Policy"), "csp-not-implemented", -25},

		{func(*Seen) {}, "cookies-secure-with-httponly-sessions-and-samesite", 5},
		{cookie("id=1; Secure; HttpOnly"), "cookies-secure-with-httponly-sessions", 0},
		{cookie(), "cookies-not-found", 0},
		{cookie("id=1; SameSite=Lax"), "cookies-without-secure-flag-but-protected-by-hsts", -5},
		{cookie("session=1; HttpOnly; SameSite=Lax"), "cookies-session-without-secure-flag-but-protected-by-hsts", -10},
		{both(noHSTS, cookie("id=1; SameSite=Lax")), "cookies-without-secure-flag", -20},
		{cookie("id=1; Secure; SameSite=Sometimes"), "cookies-samesite-flag-invalid", -20},
		{cookie("csrftoken=1; Secure"), "cookies-anticsrf-without-samesite-flag", -20},
		{cookie("sessionid=1; Secure; SameSite=Lax"), "cookies-session-without-httponly-flag", -30},
		{both(noHSTS, cookie("sessionid=1; HttpOnly; SameSite=Lax")), "cookies-session-without-secure-flag", -40},

		{func(*Seen) {}, "cross-origin-resource-sharing-not-implemented", 0},
		{header("Access-Control-Allow-Origin", "*"), "cross-origin-resource-sharing-implemented-with-public-access", 0},
		{header("Access-Control-Allow-Origin", "https://friend.example"), "cross-origin-resource-sharing-implemented-with-restricted-access", 0},
		{both(header("Access-Control-Allow-Origin", foreignOrigin), header("Access-Control-Allow-Credentials", "true")), "cross-origin-resource-sharing-implemented-with-universal-access", -50},

		{func(*Seen) {}, "redirection-to-https", 0},
		{way(), "redirection-not-needed-no-http", 0},
		{way("http://shift.example.jp/", "https://www.example.jp/"), "redirection-off-host-from-http", -5},
		{way("http://shift.example.jp/", "http://shift.example.jp/x", "https://shift.example.jp/"), "redirection-not-to-https-on-initial-redirection", -10},
		{way("http://shift.example.jp/", "http://shift.example.jp/x"), "redirection-not-to-https", -20},
		{way("http://shift.example.jp/"), "redirection-missing", -20},
		{func(s *Seen) { s.Broken = true }, "redirection-invalid-cert", -20},

		{func(*Seen) {}, "referrer-policy-private", 5},
		{header("Referrer-Policy", "unsafe-url, no-referrer"), "referrer-policy-private", 5},
		{without("Referrer-Policy"), "referrer-policy-not-implemented", 0},
		{header("Referrer-Policy", "origin"), "referrer-policy-unsafe", -5},
		{header("Referrer-Policy", "nobody"), "referrer-policy-header-invalid", -5},

		{func(*Seen) {}, "hsts-implemented-max-age-at-least-six-months", 0},
		{header("Strict-Transport-Security", "max-age=15767999"), "hsts-implemented-max-age-less-than-six-months", -10},
		{noHSTS, "hsts-not-implemented", -20},
		{header("Strict-Transport-Security", "max-age=long"), "hsts-header-invalid", -20},
		{header("Strict-Transport-Security", "includeSubDomains"), "hsts-header-invalid", -20},
		{notSecure, "hsts-not-implemented-no-https", -20},
		{func(s *Seen) { s.Broken = true }, "hsts-invalid-cert", -20},

		{body(`<script src="/a.js" integrity="sha384-x"></script>`), "sri-implemented-and-all-scripts-loaded-securely", 5},
		{body(`<script src="https://cdn.example/a.js" integrity="sha384-x"></script>`), "sri-implemented-and-external-scripts-loaded-securely", 5},
		{header("Content-Type", "application/json"), "sri-not-implemented-response-not-html", 0},
		{body(`<p>no script</p>`), "sri-not-implemented-but-no-scripts-loaded", 0},
		{func(*Seen) {}, "sri-not-implemented-but-all-scripts-loaded-from-secure-origin", 0},
		{body(`<script src="https://static.example.jp/a.js"></script><script>1</script>`), "sri-not-implemented-but-all-scripts-loaded-from-secure-origin", 0},
		{body(`<script src="https://cdn.example/a.js"></script>`), "sri-not-implemented-but-external-scripts-loaded-securely", -5},
		{body(`<script src="http://cdn.example/a.js" integrity="sha384-x"></script>`), "sri-implemented-but-external-scripts-not-loaded-securely", -20},
		{body(`<script src="//cdn.example/a.js"></script>`), "sri-not-implemented-and-external-scripts-not-loaded-securely", -50},

		{func(*Seen) {}, "x-content-type-options-nosniff", 0},
		{without("X-Content-Type-Options"), "x-content-type-options-not-implemented", -5},
		{header("X-Content-Type-Options", "sniff"), "x-content-type-options-header-invalid", -5},

		{func(*Seen) {}, "x-frame-options-implemented-via-csp", 5},
		{policy("default-src 'none'"), "x-frame-options-sameorigin-or-deny", 0},
		{both(policy("default-src 'none'"), header("X-Frame-Options", "allow-from https://a.example")), "x-frame-options-allow-from-origin", 0},
		{both(policy("default-src 'none'"), without("X-Frame-Options")), "x-frame-options-not-implemented", -20},
		{both(policy("default-src 'none'; frame-ancestors *"), header("X-Frame-Options", "never")), "x-frame-options-header-invalid", -20},

		{func(*Seen) {}, "cross-origin-resource-policy-implemented-with-same-origin", 10},
		{header("Cross-Origin-Resource-Policy", "same-site"), "cross-origin-resource-policy-implemented-with-same-site", 10},
		{header("Cross-Origin-Resource-Policy", "cross-origin"), "cross-origin-resource-policy-implemented-with-cross-origin", 0},
		{without("Cross-Origin-Resource-Policy"), "cross-origin-resource-policy-not-implemented", 0},
		{header("Cross-Origin-Resource-Policy", "mine"), "cross-origin-resource-policy-header-invalid", -5},
	} {
		s := good()
		c.spoil(&s)
		found := false
		for _, r := range Judge(s).Results {
			if r.Result == c.result {
				found = r.Modifier == c.modifier
			}
		}
		if !found {
			t.Errorf("%s %+d is not among %v", c.result, c.modifier, Judge(s).Results)
		}
		seen[c.result] = true
	}
	for result := range modifiers {
		if !seen[result] {
			t.Errorf("%s is not tested", result)
		}
	}
}

// TestScore: bonuses count from 90 points on, and the grades are the table's.
func TestScore(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*Seen)
		score int
		grade string
	}{
		{"without a fault", func(*Seen) {}, 135, "A+"},
		{"ninety and the bonuses", header("Strict-Transport-Security", "max-age=1"), 125, "A+"},
		{"below ninety without", header("Content-Security-Policy", "default-src *"), 80, "B+"},
		{"by http only", both(notSecure, way("http://shift.example.jp/")), 60, "C+"},
		{"nothing at all", func(s *Seen) {
			s.Header, s.Secure, s.Cookies, s.Route = http.Header{}, false, cookies("session=1"), route("http://shift.example.jp/")
		}, 0, "F"},
	} {
		s := good()
		c.spoil(&s)
		if r := Judge(s); r.Score != c.score || r.Grade != c.grade {
			t.Errorf("%s: %d %s, want %d %s: %v", c.name, r.Score, r.Grade, c.score, c.grade, r.Results)
		}
	}
}

// TestVisit follows a real site by http and HTTPS, as a stranger.
func TestVisit(t *testing.T) {
	var origin string
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
			return
		}
		origin = r.Header.Get("Origin")
		http.SetCookie(w, &http.Cookie{Name: "id", Value: "1"})
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		fmt.Fprint(w, "<p>page")
	}))
	defer secure.Close()
	plain := httptest.NewServer(http.RedirectHandler(secure.URL, http.StatusPermanentRedirect))
	defer plain.Close()
	roots := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	s, err := Visit(t.Context(), Site{URL: secure.URL, Plain: plain.URL, Roots: roots})
	if err != nil || !s.Secure || string(s.Body) != "<p>page" || len(s.Cookies) != 1 || len(s.Route) != 3 || origin != foreignOrigin {
		t.Errorf("%+v %v", s, err)
	}
	if s, err := Visit(t.Context(), Site{URL: secure.URL, Plain: plain.URL}); err != nil || !s.Broken || s.Secure {
		t.Errorf("a certificate of nobody's: %+v %v", s, err)
	}
	if _, err := Visit(t.Context(), Site{URL: "shift"}); err == nil || !strings.Contains(err.Error(), "no address") {
		t.Error(err)
	}
}
