package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"wakakusa/cert"
	"wakakusa/check"
)

// acmeDir is where certificates that were got by ACME are kept, in the data directory.
const acmeDir = "acme"

// certificates is where our own come from; nil where a proxy speaks TLS.
func (c Config) certificates(log *slog.Logger) (*cert.Source, error) {
	if !c.ownTLS() {
		return nil, nil
	}
	cfg := cert.Config{Cert: c.TLSCert, Key: c.TLSKey, Log: log}
	if c.ACME == "on" {
		cfg.ACME = &cert.ACME{Hosts: c.AllowedHosts, Email: c.ACMEEmail, Directory: c.ACMEDirectory, Cache: filepath.Join(c.Data, acmeDir)}
	}
	return cert.New(cfg)
}

// certificate is what browsers would be shown.
func (o observer) certificate() *check.Certificate {
	switch {
	case o.cfg.TLSCert != "":
		return o.ownCertificate()
	case o.cfg.ACME == "on":
		return o.keptCertificates()
	}
	return nil
}

func (o observer) ownCertificate() *check.Certificate {
	leaf, err := cert.Read(o.cfg.TLSCert, o.cfg.TLSKey)
	if err != nil {
		return &check.Certificate{Failure: err.Error()}
	}
	missing := slices.DeleteFunc(slices.Clone(o.cfg.AllowedHosts), func(host string) bool { return leaf.VerifyHostname(host) == nil })
	return &check.Certificate{Ends: leaf.NotAfter, Early: cert.Early, Missing: missing}
}

func (o observer) keptCertificates() *check.Certificate {
	kept := cert.Kept(filepath.Join(o.cfg.Data, acmeDir), o.cfg.AllowedHosts)
	c := &check.Certificate{Early: cert.Early, Waiting: len(kept) < len(o.cfg.AllowedHosts)}
	for _, leaf := range kept {
		if c.Ends.IsZero() || leaf.NotAfter.Before(c.Ends) {
			c.Ends = leaf.NotAfter
		}
	}
	return c
}

// ownAddress is where this machine reaches the program, and a client for it: its certificate names no loopback address.
func (c Config) ownAddress() (address string, client *http.Client, ok bool) {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil || port == "0" {
		return "", nil, false
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http://"
	client = &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	if c.ownTLS() {
		scheme = "https://"
		client.Transport = &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	}
	return scheme + net.JoinHostPort(host, port), client, true
}

// askSelf asks the program that listens at our address already; nil where none answers. address is where it was asked.
func askSelf(ctx context.Context, cfg Config, path string) (answer *http.Response, address string) {
	address, client, ok := cfg.ownAddress()
	if !ok {
		return nil, ""
	}
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
	if err != nil {
		return nil, address
	}
	if answer, err = client.Do(ask); err != nil {
		return nil, address
	}
	return answer, address
}

// answerAt is what a program answers that listens at our address already.
func answerAt(ctx context.Context, cfg Config) *check.Answer {
	answer, address := askSelf(ctx, cfg, "/live/")
	if answer == nil {
		return nil
	}
	defer answer.Body.Close()
	return &check.Answer{Address: address, Header: answer.Header}
}
