package handlers

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// plainCases are requests by http where people use HTTPS.
var plainCases = []struct {
	name, method, path string
	header             http.Header
	want               int
}{
	{"a page", http.MethodGet, "/sign-in?next=%2Fo%2Faoba", nil, 308},
	{"a page, as browsers open it", http.MethodGet, "/sign-in", http.Header{"Sec-Fetch-Mode": {"navigate"}, "Accept": {"text/html,application/xhtml+xml,*/*;q=0.8"}}, 308},
	{"a look at a page", http.MethodHead, "/", nil, 308},
	{"a page that is not there", http.MethodGet, "/nowhere", nil, 308},
	{"a form", http.MethodPost, "/sign-in", nil, 403},
	{"a part of a page", http.MethodGet, "/sign-in", http.Header{"Hx-Request": {"true"}}, 403},
	{"a script", http.MethodGet, "/sign-in", http.Header{"Sec-Fetch-Mode": {"cors"}}, 403},
	{"a program", http.MethodGet, "/sign-in", http.Header{"Accept": {"application/json"}}, 403},
	{"a stream", http.MethodGet, "/o/aoba/rosters/x/2026-11-01/events", http.Header{"Accept": {"text/event-stream"}}, 403},
	{"another method", http.MethodDelete, "/sign-in", nil, 403},
	{"a probe", http.MethodGet, "/live/", nil, 200},
}

// TestPlain: pages by http lead to https at the same host and path, all else is refused, whether it came here or to our proxy (H4).
func TestPlain(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"our own TLS": func(c *Config) { c.OwnTLS = true },
		"a proxy":     func(c *Config) { c.Proxies = []*net.IPNet{network(t, "192.0.2.0/24")} },
	} {
		s := newSite(t, change, func(c *Config) { c.Secure, c.Hosts = true, []string{"shift.example.jp"} })
		for _, c := range plainCases {
			r := httptest.NewRequest(c.method, "http://shift.example.jp"+c.path, nil)
			r.RemoteAddr = "192.0.2.7:1234"
			r.Header = c.header.Clone()
			if r.Header == nil {
				r.Header = http.Header{}
			}
			r.Header.Set("X-Forwarded-Proto", "http")
			w := httptest.NewRecorder()
			s.srv.ServeHTTP(w, r)
			if w.Code != c.want || w.Header().Get("Strict-Transport-Security") != "" {
				t.Errorf("%s, %s: got %d %v", name, c.name, w.Code, w.Header())
			}
			if to := w.Header().Get("Location"); c.want == 308 && to != "https://shift.example.jp"+c.path {
				t.Errorf("%s, %s: led to %s", name, c.name, to)
			}
		}
	}
}

// TestPlainIsBelieved: only what our own proxy says makes a request one by http, and no host that is not ours is led anywhere.
func TestPlainIsBelieved(t *testing.T) {
	behind := newSite(t, func(c *Config) { c.Secure, c.Proxies = true, []*net.IPNet{network(t, "192.0.2.0/24")} })
	own := newSite(t, func(c *Config) {
		c.Secure, c.OwnTLS, c.Hosts, c.Public = true, true, []string{"shift.example.jp"}, "https://shift.example.jp:8443"
	})
	ask := func(s *site, peer, proto, host string, tlsState *tls.ConnectionState) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "http://"+host+"/sign-in", nil)
		r.RemoteAddr, r.TLS = peer, tlsState
		r.Header.Set("X-Forwarded-Proto", proto)
		w := httptest.NewRecorder()
		s.srv.ServeHTTP(w, r)
		return w
	}
	for name, c := range map[string]struct {
		got  *httptest.ResponseRecorder
		want int
	}{
		"a stranger says http":       {ask(behind, "203.0.113.9:1", "http", "shift.example.jp", nil), 200},
		"the proxy says https":       {ask(behind, "192.0.2.7:1", "https", "shift.example.jp", nil), 200},
		"the proxy says http":        {ask(behind, "192.0.2.7:1", "http", "shift.example.jp", nil), 308},
		"TLS came here":              {ask(own, "203.0.113.9:1", "http", "shift.example.jp", &tls.ConnectionState{}), 200},
		"a stranger says https":      {ask(own, "203.0.113.9:1", "https", "shift.example.jp", nil), 308},
		"a host that is not of ours": {ask(own, "203.0.113.9:1", "", "evil.example", nil), 421},
	} {
		if c.got.Code != c.want || c.want == 421 && c.got.Header().Get("Location") != "" {
			t.Errorf("%s: got %d %s", name, c.got.Code, c.got.Header().Get("Location"))
		}
	}
	if to := ask(own, "203.0.113.9:1", "", "shift.example.jp:8080", nil).Header().Get("Location"); to != "https://shift.example.jp:8443/sign-in" {
		t.Errorf("led to %s, not to the public address's port", to)
	}
}

// TestCertificateMetric: how long the certificate is good is told where there is one.
func TestCertificateMetric(t *testing.T) {
	newSite(t).browser().get("/metrics").want(t, 200).lacks(t, "wakakusa_certificate_expiry_seconds")
	s := newSite(t, func(c *Config) {
		c.Certificate = func() (time.Time, bool) { return time.Now().Add(90*time.Minute + time.Second), true }
	})
	s.browser().get("/metrics").want(t, 200).holds(t, "wakakusa_certificate_expiry_seconds 5400")
}
