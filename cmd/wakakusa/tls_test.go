package main

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"wakakusa/cert/certtest"
	"wakakusa/store/daemontest"
)

// secured is the program with a certificate of its own.
type secured struct {
	*program
	site
	by    *certtest.Authority
	dir   string
	url   string // of localhost, by HTTPS
	plain string // by http
	log   *daemontest.Log
}

func newSecured(t *testing.T, ends time.Duration) *secured {
	t.Helper()
	s := &secured{site: newSite(t), by: certtest.New(t), dir: t.TempDir(), log: &daemontest.Log{}}
	certFile, keyFile := s.by.Files(t, s.dir, time.Now().Add(ends), "localhost")
	port, err := daemontest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	s.url = "https://localhost:" + strconv.Itoa(port)
	for name, text := range map[string]string{
		"APP_ENV": "production", "ALLOWED_HOSTS": "localhost", "USE_HTTPS": "true", "SECRET_KEY": fixedKey, "TLS_CERT": certFile, "TLS_KEY": keyFile,
		"LISTEN": "127.0.0.1:" + strconv.Itoa(port), "LISTEN_HTTP": "127.0.0.1:0", "PUBLIC_URL": s.url,
	} {
		s.vars[name] = text
	}
	if s.cfg, err = loadConfig("none", s.vars); err != nil {
		t.Fatal(err)
	}
	s.program = startLogging(t, s.cfg, s.log)
	s.plain = "http://localhost:" + s.program.plain.Addr[strings.LastIndex(s.program.plain.Addr, ":")+1:]
	t.Cleanup(func() {
		if err := s.program.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *secured) client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.by.Pool()}, ForceAttemptHTTP2: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (s *secured) ask(t *testing.T, method, url string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Body.Close() })
	return a
}

// TestOwnTLS: the program speaks HTTPS and HTTP/2 by itself, leads pages from http to the same host and path, and takes nothing else there (H4, H5).
func TestOwnTLS(t *testing.T) {
	s := newSecured(t, 90*24*time.Hour)
	page := s.ask(t, http.MethodGet, s.url+"/sign-in")
	if page.StatusCode != 200 || page.ProtoMajor != 2 || page.TLS.Version != tls.VersionTLS13 || !strings.HasPrefix(page.Header.Get("Strict-Transport-Security"), "max-age=31536000") {
		t.Errorf("%d %s %v", page.StatusCode, page.Proto, page.Header)
	}
	if conn, err := tls.Dial("tcp", s.bound, &tls.Config{RootCAs: s.by.Pool(), ServerName: "localhost", MaxVersion: tls.VersionTLS11}); err == nil {
		conn.Close()
		t.Error("TLS 1.1 was spoken")
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if a := s.ask(t, method, s.plain+"/sign-in?next=%2Fx"); a.StatusCode != 308 || a.Header.Get("Location") != s.url+"/sign-in?next=%2Fx" {
			t.Errorf("%s: %d %s", method, a.StatusCode, a.Header.Get("Location"))
		}
	}
	if a := s.ask(t, http.MethodPost, s.plain+"/sign-in"); a.StatusCode != 403 || a.Header.Get("Location") != "" {
		t.Errorf("a form by http: %d %s", a.StatusCode, a.Header.Get("Location"))
	}
	if a := s.ask(t, http.MethodGet, strings.Replace(s.plain, "localhost", "127.0.0.1", 1)+"/sign-in"); a.StatusCode != 421 {
		t.Errorf("another host by http: %d", a.StatusCode)
	}
	if a := s.ask(t, http.MethodGet, s.plain+"/live/"); a.StatusCode != 200 {
		t.Errorf("a probe by http: %d", a.StatusCode)
	}
	metrics, err := io.ReadAll(s.ask(t, http.MethodGet, s.url+"/metrics").Body)
	m := regexp.MustCompile(`(?m)^wakakusa_certificate_expiry_seconds (\S+)$`).FindStringSubmatch(string(metrics))
	if err != nil || m == nil {
		t.Fatal(err, m)
	}
	if left, err := strconv.ParseFloat(m[1], 64); err != nil || left < 89*86400 || left > 90*86400 {
		t.Error(left, err)
	}
	if lag := lagOf(t.Context(), s.cfg); lag == nil {
		t.Error("the program's own commands do not reach it")
	}
	if out, err := runCommand(t, s.vars, "check"); err != nil {
		t.Error(out, err)
	}
}

// TestCertificateEndsSoon: the running program says so.
func TestCertificateEndsSoon(t *testing.T) {
	s := newSecured(t, 5*24*time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { s.run(ctx); close(ended) }()
	for end := time.Now().Add(5 * time.Second); !strings.Contains(s.log.String(), "the certificate ends soon"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(s.log.String())
		}
	}
	stop()
	<-ended
	if !strings.Contains(s.log.String(), "level=ERROR msg=\"the certificate ends soon\" stream=error days=4") {
		t.Error(s.log.String())
	}
}

// TestHeaderScore: by Mozilla's table the real program has at least 115 points (H1).
func TestHeaderScore(t *testing.T) {
	s := newSecured(t, 90*24*time.Hour)
	ca := s.by.File(t)
	out, err := runCommand(t, nil, "check", "--headers", s.url, "--plain", s.plain, "--ca", ca, "--least", "115")
	t.Log(out)
	if err != nil || !strings.Contains(out, "A+") {
		t.Errorf("%v\n%s", err, out)
	}
	for _, want := range []string{"csp-implemented-with-no-unsafe-default-src-none", "redirection-to-https", "x-frame-options-implemented-via-csp", "cross-origin-resource-policy-implemented-with-same-origin"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if out, err := runCommand(t, nil, "check", "--headers", s.url, "--plain", s.plain, "--ca", ca, "--least", "140", "--json"); err == nil || !strings.Contains(out, `"score": 130`) {
		t.Error(out, err)
	}
	if _, err := runCommand(t, nil, "check", "--headers", s.url, "--plain", s.plain); err == nil {
		t.Error("a certificate of nobody's was good enough")
	}
}

// TestACMEAtStart: with ACME the program gets its certificate when it is first asked, over its own http listener.
func TestACMEAtStart(t *testing.T) {
	a := certtest.New(t)
	d := certtest.NewDirectory(t, a)
	s := newSite(t)
	for name, text := range map[string]string{
		"ALLOWED_HOSTS": "shift.example.jp", "USE_HTTPS": "true", "ACME": "on", "ACME_EMAIL": "a@example.jp", "ACME_DIRECTORY": d.URL, "LISTEN_HTTP": "127.0.0.1:0",
	} {
		s.vars[name] = text
	}
	var err error
	if s.cfg, err = loadConfig("none", s.vars); err != nil {
		t.Fatal(err)
	}
	s.with(t, func(p *program) {
		d.Plain = p.plain.Addr
		conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", p.bound, &tls.Config{RootCAs: a.Pool(), ServerName: "shift.example.jp"})
		if err != nil {
			t.Fatal(err, d.Refused)
		}
		conn.Close()
		if _, ok := p.certs.Ends(); !ok {
			t.Error("it is not kept")
		}
	})
}
