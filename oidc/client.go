package oidc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

const (
	answersWithin = 5 * time.Second
	maxAnswer     = 1 << 20
)

// authorities are the system's and, where there is one, the private one.
func (c Config) authorities() (*x509.CertPool, error) {
	if c.CA == "" {
		return nil, nil //nolint:nilnil // nil is the system's
	}
	text, err := os.ReadFile(c.CA)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", c.CA)
	}
	return pool, nil
}

// client is what asks the provider: briefly, without following anybody elsewhere, and never a machine that only we can reach – but for the
// issuer itself, whose address the operator has chosen.
func (c Config) client() (*http.Client, error) {
	roots, err := c.authorities()
	if err != nil {
		return nil, err
	}
	issuer, err := url.Parse(c.Issuer)
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		d := net.Dialer{Timeout: answersWithin, Control: func(_, to string, _ syscall.RawConn) error {
			return mayDial(to, strings.EqualFold(host, issuer.Hostname()))
		}}
		return d.DialContext(ctx, network, address)
	}
	through := &http.Transport{
		DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: answersWithin, IdleConnTimeout: time.Minute, MaxConnsPerHost: 20,
	}
	return &http.Client{
		Timeout: answersWithin, Transport: guarded{through, c.mayAsk},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// mayAsk refuses addresses that are not reached by https; a provider on this very machine may do without.
func (c Config) mayAsk(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !strings.HasPrefix(c.Issuer, "http:") || !isLoopback(u.Hostname())) {
		return errors.New("an address of the provider is not reached by https")
	}
	return nil
}

// mayDial is asked after the name has become an address, so that no name can hide one.
func mayDial(address string, issuer bool) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := to.Addr().Unmap()
	if !ip.IsGlobalUnicast() && !ip.IsLoopback() || !issuer && (ip.IsLoopback() || ip.IsPrivate() || shared.Contains(ip)) {
		return errors.New("the provider has an address that is not asked")
	}
	return nil
}

// shared is what providers of access use among themselves (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// guarded looks at each request once more, and lets no answer pass that is none.
type guarded struct {
	through http.RoundTripper
	may     func(address string) error
}

// RoundTrip asks. An error also where somebody answers that they cannot, or sends us elsewhere.
func (g guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.may(r.URL.String()); err != nil {
		return nil, err
	}
	answer, err := g.through.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode >= 500 || answer.StatusCode >= 300 && answer.StatusCode < 400 {
		answer.Body.Close()
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	answer.Body = limited{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	return answer, nil
}

// limited ends an answer that has no end.
type limited struct {
	io.Reader
	io.Closer
}
