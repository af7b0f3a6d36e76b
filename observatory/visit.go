package observatory

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	patience = 10 * time.Second
	maxPage  = 2 << 20
	maxHops  = 10
)

// Site is what to visit.
type Site struct {
	URL   string         // by HTTPS
	Plain string         // by http; "": the same at port 80
	Roots *x509.CertPool // whose certificates are trusted; nil: the system's
}

// Visit opens a site by HTTPS and by http.
func Visit(ctx context.Context, site Site) (s Seen, err error) {
	at, err := url.Parse(site.URL)
	if err != nil || at.Hostname() == "" {
		return s, fmt.Errorf("%q is no address of a site", site.URL)
	}
	s.Host = at.Hostname()
	v := visitor{roots: site.Roots}
	page, err := v.open(ctx, site.URL)
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &untrusted):
		s.Broken = true
	case err != nil:
		return s, err
	default:
		s.Secure, s.Header, s.Body, s.Cookies = page.secure, page.header, page.body, page.cookies
	}
	plain := site.Plain
	if plain == "" {
		plain = "http://" + at.Hostname() + "/"
	}
	if way, err := v.open(ctx, plain); err == nil || errors.As(err, &untrusted) {
		s.Route = way.route
		s.Broken = s.Broken || err != nil
	}
	return s, nil
}

type visitor struct{ roots *x509.CertPool }

type page struct {
	secure  bool
	header  http.Header
	body    []byte
	cookies []*http.Cookie
	route   []*url.URL
}

// open follows where the site leads, as a stranger from another site would.
func (v visitor) open(ctx context.Context, address string) (p page, err error) {
	at, err := url.Parse(address)
	if err != nil {
		return p, err
	}
	client := &http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: v.roots}, ForceAttemptHTTP2: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for range maxHops {
		p.route = append(p.route, at)
		next, err := p.step(ctx, client, at)
		if err != nil || next == nil {
			return p, err
		}
		at = next
	}
	return p, fmt.Errorf("%s leads on and on", address)
}

// step opens one address and returns where it leads, or nil.
func (p *page) step(ctx context.Context, client *http.Client, at *url.URL) (next *url.URL, err error) {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	ask.Header.Set("Origin", foreignOrigin)
	ask.Header.Set("Accept", "text/html")
	answer, err := client.Do(ask)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	p.cookies = append(p.cookies, answer.Cookies()...)
	if to, err := answer.Location(); err == nil {
		return to, nil
	}
	p.secure, p.header = answer.TLS != nil, answer.Header
	p.body, err = io.ReadAll(io.LimitReader(answer.Body, maxPage))
	return nil, err
}
