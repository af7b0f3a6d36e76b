package cert

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wakakusa/cert/certtest"
	"wakakusa/store/daemontest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// listening serves "ok" with a source and returns where.
func listening(t *testing.T, s *Source) string {
	t.Helper()
	at, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server := &http.Server{
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }), //nolint:errcheck // the client would say so
		TLSConfig: s.TLS(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(at, "", "") }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-ended); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return at.Addr().String()
}

// shakes tries a handshake and returns what was agreed.
func shakes(a *certtest.Authority, addr, name string, change func(*tls.Config)) (tls.ConnectionState, error) {
	cfg := &tls.Config{RootCAs: a.Pool(), ServerName: name, NextProtos: []string{"h2", "http/1.1"}}
	change(cfg)
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", addr, cfg)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	return conn.ConnectionState(), nil
}

func fromFiles(t *testing.T, a *certtest.Authority, dir string, ends time.Time) *Source {
	t.Helper()
	c, k := a.Files(t, dir, ends, "shift.example.jp")
	s, err := New(Config{Cert: c, Key: k, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	return s
}

// TestTLS: 1.3 where both can, 1.2 with ciphers that prove what they carry, nothing older and nothing weaker (H5).
func TestTLS(t *testing.T) {
	a := certtest.New(t)
	addr := listening(t, fromFiles(t, a, t.TempDir(), time.Now().AddDate(0, 3, 0)))
	for name, c := range map[string]struct {
		change  func(*tls.Config)
		version uint16 // 0: refused
	}{
		"what it likes best": {func(*tls.Config) {}, tls.VersionTLS13},
		"1.2":                {func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, tls.VersionTLS12},
		"1.1":                {func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, 0},
		"1.0":                {func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }, 0},
		"CBC": {func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256}
		}, 0},
		"an exchange that is not kept apart": {func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}
		}, 0},
	} {
		state, err := shakes(a, addr, "shift.example.jp", c.change)
		if state.Version != c.version || (err != nil) != (c.version == 0) {
			t.Errorf("%s: version %x, %v", name, state.Version, err)
		}
		if err == nil && state.NegotiatedProtocol != "h2" {
			t.Errorf("%s: no HTTP/2 but %q", name, state.NegotiatedProtocol)
		}
	}
}

// TestReload: a new certificate is shown without a restart; half of one is not.
func TestReload(t *testing.T) {
	defer func(d time.Duration) { lookEvery = d }(lookEvery)
	lookEvery = 0
	a := certtest.New(t)
	dir := t.TempDir()
	first, second := time.Now().AddDate(0, 1, 0).Truncate(time.Second), time.Now().AddDate(0, 4, 0).Truncate(time.Second)
	s := fromFiles(t, a, dir, first)
	addr := listening(t, s)
	shows := func(want time.Time) {
		t.Helper()
		state, err := shakes(a, addr, "shift.example.jp", func(*tls.Config) {})
		must(t, err)
		if got := state.PeerCertificates[0].NotAfter; !got.Equal(want) {
			t.Errorf("shows the one until %v, want %v", got, want)
		}
		if got, ok := s.Ends(); !ok || !got.Equal(want) {
			t.Errorf("ends %v %v", got, ok)
		}
	}
	shows(first)
	must(t, os.WriteFile(s.cfg.Key, []byte("half"), 0o600))
	shows(first)
	must(t, os.Remove(s.cfg.Cert))
	shows(first)
	a.Files(t, dir, second, "shift.example.jp")
	shows(second)
	if _, err := New(Config{Cert: s.cfg.Cert, Key: s.cfg.Cert}); err == nil {
		t.Error("a pair that does not belong together was taken")
	}
}

// TestACME: a certificate is asked for when a browser first comes, for our hosts only, proven over http, and kept.
func TestACME(t *testing.T) {
	a := certtest.New(t)
	d := certtest.NewDirectory(t, a)
	cache := filepath.Join(t.TempDir(), "acme")
	cfg := Config{ACME: &ACME{Hosts: []string{"shift.example.jp"}, Email: "a@example.jp", Directory: d.URL, Cache: cache}, Log: slog.New(slog.DiscardHandler)}
	s, err := New(cfg)
	must(t, err)
	if _, ok := s.Ends(); ok {
		t.Error("it ends before there is one")
	}
	plain := httptest.NewServer(s.HTTP(http.NotFoundHandler()))
	defer plain.Close()
	d.Plain = plain.Listener.Addr().String()
	addr := listening(t, s)
	none := func(*tls.Config) {}
	state, err := shakes(a, addr, "shift.example.jp", none)
	if err != nil || state.NegotiatedProtocol != "h2" || d.Orders("shift.example.jp") != 1 {
		t.Fatal(err, d.Refused)
	}
	if _, err := shakes(a, addr, "evil.example", none); err == nil || len(d.Refused) > 0 || d.Orders("evil.example") != 0 {
		t.Error("a certificate for another host", err, d.Refused)
	}
	if ends, ok := s.Ends(); !ok || time.Until(ends) < 80*24*time.Hour {
		t.Error(ends, ok)
	}
	again, err := New(cfg)
	must(t, err)
	if _, err := shakes(a, listening(t, again), "shift.example.jp", none); err != nil || d.Orders("shift.example.jp") != 1 {
		t.Error("asked for once more after a restart:", err)
	}
	for path, want := range map[string]os.FileMode{cache: 0o700, filepath.Join(cache, "shift.example.jp"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
	answer, err := http.Get(plain.URL + "/sign-in")
	must(t, err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("what is no question of the authority was answered by %d", answer.StatusCode)
	}
}

// TestCertExpiryAlert: the log warns from three weeks on, once a day, and as an error in the last week; a renewed one is left alone (H5).
func TestCertExpiryAlert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &daemontest.Log{}
		ctx, stop := context.WithCancel(t.Context())
		var ends atomic.Pointer[time.Time]
		until := func(at time.Time) { ends.Store(&at) }
		until(time.Now().AddDate(0, 0, 30))
		go Watch(ctx, func() (time.Time, bool) { return *ends.Load(), true }, slog.New(slog.NewTextHandler(log, nil)))
		after := func(d time.Duration, warned, failed int) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			w, e := strings.Count(log.String(), "level=WARN"), strings.Count(log.String(), "level=ERROR")
			if w != warned || e != failed {
				t.Errorf("%v before the end: %d warnings and %d errors, want %d and %d\n%s", time.Until(*ends.Load()), w, e, warned, failed, log)
			}
		}
		const day = 24 * time.Hour
		after(9*day, 0, 0)
		after(2*time.Hour, 1, 0)
		if !strings.Contains(log.String(), "days=20") {
			t.Error(log)
		}
		after(day, 2, 0)
		after(13*day, 14, 1)
		after(2*day, 14, 3)
		until(ends.Load().AddDate(0, 3, 0))
		after(5*day, 14, 3)
		until(time.Now().Add(-day))
		after(2*time.Hour, 14, 4)
		stop()
	})
}

// TestKept: what is no certificate is none.
func TestKept(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "a.example"), []byte("x"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "b.example"), bytes.Repeat([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 2), 0o600))
	if kept := Kept(dir, []string{"a.example", "b.example", "../c.example"}); len(kept) != 0 {
		t.Error(kept)
	}
}
