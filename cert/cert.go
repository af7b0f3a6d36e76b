// Package cert holds the certificate that the program itself shows to browsers: from files, read anew when they change, or from an authority
// by ACME. It knows nothing of ours.
package cert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// Config says where the certificate comes from: files, or an authority.
type Config struct {
	Cert, Key string // files, PEM; the certificate with those between it and the authority's
	ACME      *ACME
	Log       *slog.Logger
}

// ACME says what to ask an authority for.
type ACME struct {
	Hosts     []string // for no others one is asked for
	Email     string
	Directory string // of the authority; "": Let's Encrypt
	Cache     string // directory for what was got, for the owner only
}

// lookEvery is how often, at most, a handshake looks whether the files have changed.
var lookEvery = 10 * time.Second

// Source gives certificates.
type Source struct {
	cfg     Config
	manager *autocert.Manager // nil: from files

	mu     sync.Mutex
	shown  *tls.Certificate
	state  [2]fileState // of what is shown
	looked time.Time
}

type fileState struct {
	changed time.Time
	size    int64
}

// New prepares a source. Files must be there and belong together.
func New(cfg Config) (*Source, error) {
	s := &Source{cfg: cfg}
	if cfg.ACME == nil {
		return s, s.load()
	}
	if err := os.MkdirAll(cfg.ACME.Cache, 0o700); err != nil {
		return nil, err
	}
	s.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(cfg.ACME.Hosts...), Cache: autocert.DirCache(cfg.ACME.Cache), Email: cfg.ACME.Email,
	}
	if cfg.ACME.Directory != "" {
		s.manager.Client = &acme.Client{DirectoryURL: cfg.ACME.Directory}
	}
	return s, nil
}

// TLS is how browsers are spoken to: 1.3, or 1.2 with ciphers that also prove that nothing was changed.
func (s *Source) TLS() *tls.Config {
	c := &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: s.get,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}
	if s.manager != nil {
		c.NextProtos = append(c.NextProtos, acme.ALPNProto)
		c.GetCertificate = s.manager.GetCertificate
	}
	return c
}

// HTTP answers the authority's questions, and leaves all others to next.
func (s *Source) HTTP(next http.Handler) http.Handler {
	if s.manager == nil {
		return next
	}
	return s.manager.HTTPHandler(next)
}

// Ends is when the certificate ends, of several the first; false where there is none yet.
func (s *Source) Ends() (ends time.Time, ok bool) {
	if s.manager == nil {
		c, err := s.get(nil)
		if err != nil {
			return ends, false
		}
		return c.Leaf.NotAfter, true
	}
	for _, leaf := range Kept(s.cfg.ACME.Cache, s.cfg.ACME.Hosts) {
		if !ok || leaf.NotAfter.Before(ends) {
			ends, ok = leaf.NotAfter, true
		}
	}
	return ends, ok
}

// get returns the certificate of the files. While they are being replaced, and do not belong together, it is the one before.
func (s *Source) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.looked) >= lookEvery {
		s.looked = now
		if s.states() != s.state {
			if err := s.load(); err != nil {
				s.cfg.Log.Error("the new certificate cannot be used; the one before still is", "error", err)
			}
		}
	}
	return s.shown, nil
}

func (s *Source) load() error {
	state := s.states()
	c, err := tls.LoadX509KeyPair(s.cfg.Cert, s.cfg.Key)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	s.shown, s.state = &c, state
	return nil
}

func (s *Source) states() (is [2]fileState) {
	for i, path := range []string{s.cfg.Cert, s.cfg.Key} {
		if info, err := os.Stat(path); err == nil {
			is[i] = fileState{info.ModTime(), info.Size()}
		}
	}
	return is
}

// Read returns the certificate of a pair of files that belong together.
func Read(certFile, keyFile string) (*x509.Certificate, error) {
	c, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	return c.Leaf, nil
}

// Kept are the certificates for hosts that were got by ACME, by host.
func Kept(cache string, hosts []string) map[string]*x509.Certificate {
	kept := map[string]*x509.Certificate{}
	for _, host := range hosts {
		text, err := os.ReadFile(filepath.Join(cache, filepath.Base(host)))
		if err != nil {
			continue
		}
		if leaf := firstCertificate(text); leaf != nil {
			kept[host] = leaf
		}
	}
	return kept
}

func firstCertificate(text []byte) *x509.Certificate {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return nil
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil
		}
		return leaf
	}
}

// The last days of a certificate: then the log says so once a day, first as a warning, then as an error.
const (
	Early = 21 * 24 * time.Hour
	Late  = 7 * 24 * time.Hour
)

// Watch keeps an eye on when a certificate ends, until the context does.
func Watch(ctx context.Context, ends func() (time.Time, bool), log *slog.Logger) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	var said time.Time
	var saidAt slog.Level
	for {
		if level, left, near := urgency(ends); near && (level > saidAt || time.Since(said) >= 24*time.Hour) {
			log.Log(ctx, level, "the certificate ends soon", "days", int(left.Hours()/24))
			said, saidAt = time.Now(), level
		} else if !near {
			saidAt = 0
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// urgency of a certificate that ends soon.
func urgency(ends func() (time.Time, bool)) (level slog.Level, left time.Duration, near bool) {
	at, ok := ends()
	left = time.Until(at)
	if left < Late {
		return slog.LevelError, left, ok
	}
	return slog.LevelWarn, left, ok && left < Early
}
