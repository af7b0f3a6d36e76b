package oidc

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wakakusa/oidc/oidctest"
)

const callback = "https://shift.example.jp/sign-in/oidc/callback"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair is a provider and who asks it.
func pair(t *testing.T, change ...func(*Config)) (*oidctest.Provider, *Provider) {
	t.Helper()
	at := oidctest.New(t, time.Now, false)
	at.Callback = callback
	at.Set(hanako())
	cfg := Config{Issuer: at.Issuer, ID: oidctest.ClientID, Secret: oidctest.ClientSecret, Callback: callback, Now: time.Now}
	for _, f := range change {
		f(&cfg)
	}
	p, err := New(cfg)
	must(t, err)
	return at, p
}

func hanako() oidctest.Does {
	return oidctest.Does{Subject: "108-花子", Email: "hanako@example.jp", SignedIn: time.Now().Add(-time.Hour)}
}

// visit goes to the provider as a browser would, and returns with what it is sent back with.
func visit(t *testing.T, client *http.Client, address string) url.Values {
	t.Helper()
	browser := &http.Client{Transport: client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := browser.Get(address)
	must(t, err)
	got.Body.Close()
	back, err := got.Location()
	must(t, err)
	if !strings.HasPrefix(back.String(), callback+"?") {
		t.Fatalf("sent back to %s", back)
	}
	return back.Query()
}

func (p *Provider) there(t *testing.T, again bool) (Trip, url.Values) {
	t.Helper()
	address, trip, err := p.Begin(t.Context(), again)
	must(t, err)
	return trip, visit(t, http.DefaultClient, address)
}

// TestOIDC: who comes back right is known by issuer and subject; whatever is not right is refused, each with its reason (A9).
func TestOIDC(t *testing.T) {
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	for name, x := range map[string]struct {
		does   func(*oidctest.Provider, *oidctest.Does)
		change func(*Config)
		back   func(url.Values)
		trip   func(*Trip)
		again  bool
		why    string
	}{
		"right":                 {},
		"signed by PS256":       {does: func(_ *oidctest.Provider, d *oidctest.Does) { d.Alg = "PS256" }},
		"signed by ES256":       {does: func(_ *oidctest.Provider, d *oidctest.Does) { d.Alg = "ES256" }},
		"signed by none":        {does: func(_ *oidctest.Provider, d *oidctest.Does) { d.Alg = "none" }, why: WhyToken},
		"HS256, the public key": {does: func(_ *oidctest.Provider, d *oidctest.Does) { d.Alg = "HS256" }, why: WhyToken},
		"RS384, not offered":    {does: func(_ *oidctest.Provider, d *oidctest.Does) { d.Alg = "RS384" }, why: WhyToken},
		"a stranger's key": {does: func(p *oidctest.Provider, d *oidctest.Does) {
			d.Sign = func(c oidctest.Claims) any {
				body, _ := json.Marshal(c)
				return p.SignedWith("RS256", body, stranger)
			}
		}, why: WhyToken},
		"no token":               {does: func(_ *oidctest.Provider, d *oidctest.Does) { d.Sign = func(oidctest.Claims) any { return nil } }, why: WhyToken},
		"a token that is a list": {does: func(_ *oidctest.Provider, d *oidctest.Does) { d.Sign = func(oidctest.Claims) any { return []int{1} } }, why: WhyToken},
		"wrong nonce":            {does: claim("nonce", "x"), why: WhyToken},
		"no nonce":               {does: claim("nonce", nil), why: WhyToken},
		"wrong issuer":           {does: claim("iss", "https://evil.example"), why: WhyToken},
		"wrong audience":         {does: claim("aud", "another"), why: WhyToken},
		"several, ours by azp":   {does: claim("aud", []string{"another", oidctest.ClientID}, "azp", oidctest.ClientID)},
		"several without azp":    {does: claim("aud", []string{"another", oidctest.ClientID}), why: WhyToken},
		"another party":          {does: claim("azp", "another"), why: WhyToken},
		"expired":                {does: claim("exp", time.Now().Add(-time.Second).Unix()), why: WhyToken},
		"never expires":          {does: claim("exp", nil), why: WhyToken},
		"not yet good":           {does: claim("nbf", time.Now().Add(time.Hour).Unix()), why: WhyToken},
		"no subject":             {does: claim("sub", ""), why: WhyToken},
		"endless subject":        {does: claim("sub", strings.Repeat("x", 256)), why: WhyToken},
		"another access token":   {does: claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), why: WhyToken},
		"wrong state":            {back: func(q url.Values) { q.Set("state", rand.Text()) }, why: WhyState},
		"no state":               {back: func(q url.Values) { q.Del("state") }, why: WhyState},
		"no trip":                {trip: func(x *Trip) { *x = Trip{} }, back: func(q url.Values) { q.Del("state") }, why: WhyState},
		"another issuer answers": {back: func(q url.Values) { q.Set("iss", "https://evil.example") }, why: WhyState},
		"a code of nobody":       {back: func(q url.Values) { q.Set("code", "x") }, why: WhyToken},
		"another verifier":       {trip: func(x *Trip) { x.Verifier = strings.Repeat("x", 43) }, why: WhyToken},
		"no verifier":            {trip: func(x *Trip) { x.Verifier = "" }, why: WhyToken},
		"wrong secret":           {change: func(c *Config) { c.Secret = "x" }, why: WhyToken},
		"cancelled":              {does: func(_ *oidctest.Provider, d *oidctest.Does) { d.Error = "access_denied" }, why: WhyCancelled},
		"domain by e-mail":       {change: domains("example.com", "Example.JP")},
		"domain by hd":           {change: domains("facility.jp"), does: claim("hd", "facility.jp")},
		"hd before the e-mail":   {change: domains("example.jp"), does: claim("hd", "facility.jp"), why: WhyDomain},
		"another domain":         {change: domains("facility.jp"), why: WhyDomain},
		"e-mail not verified":    {change: domains("example.jp"), does: claim("email_verified", false), why: WhyDomain},
		"shown again":            {again: true},
		"not shown again": {again: true, does: func(_ *oidctest.Provider, d *oidctest.Does) {
			d.Alter = func(c oidctest.Claims) { c["auth_time"] = time.Now().Add(-time.Hour).Unix() }
		}, why: WhyOld},
		"does not say":    {again: true, does: claim("auth_time", nil), why: WhyOld},
		"in days to come": {again: true, does: claim("auth_time", time.Now().Add(time.Hour).Unix()), why: WhyOld},
	} {
		t.Run(name, func(t *testing.T) {
			var change []func(*Config)
			if x.change != nil {
				change = append(change, x.change)
			}
			at, p := pair(t, change...)
			does := hanako()
			if x.does != nil {
				x.does(at, &does)
			}
			at.Set(does)
			trip, back := p.there(t, x.again)
			if x.trip != nil {
				x.trip(&trip)
			}
			if x.back != nil {
				x.back(back)
			}
			who, err := p.Finish(t.Context(), trip, back)
			var refused Refused
			errors.As(err, &refused)
			if refused.Why != x.why || x.why == "" && err != nil || errors.Is(err, ErrAway) {
				t.Fatalf("%v, want %q", err, x.why)
			}
			if x.why != "" {
				if who.Subject != "" && x.why != WhyOld {
					t.Errorf("refused, but %+v", who)
				}
				return
			}
			if who.Issuer != at.Issuer || who.Subject != "108-花子" || who.Email != "hanako@example.jp" || !who.Verified || who.Proved.IsZero() {
				t.Errorf("%+v", who)
			}
			if _, err := p.Finish(t.Context(), trip, back); !errors.As(err, &refused) || refused.Why != WhyToken {
				t.Errorf("a code is good twice: %v", err)
			}
		})
	}
}

// claim changes claims; nil takes one away.
func claim(pairs ...any) func(*oidctest.Provider, *oidctest.Does) {
	return func(_ *oidctest.Provider, d *oidctest.Does) {
		d.Alter = func(c oidctest.Claims) {
			for i := 0; i < len(pairs); i += 2 {
				if name := pairs[i].(string); pairs[i+1] == nil {
					delete(c, name)
				} else {
					c[name] = pairs[i+1]
				}
			}
		}
	}
}

func domains(list ...string) func(*Config) { return func(c *Config) { c.Domains = list } }

// TestTrusted: of what a provider offers, only signatures by a key that nobody else has are believed.
func TestTrusted(t *testing.T) {
	_, p := pair(t)
	d, err := p.discover(t.Context())
	must(t, err)
	if !slices.Equal(d.algs, []string{"RS256", "PS256", "ES256"}) {
		t.Error(d.algs)
	}
}

// TestGoogleDomain: a private account there may have any e-mail, so only what Google says itself counts.
func TestGoogleDomain(t *testing.T) {
	p := &Provider{Config: Config{Issuer: google, Domains: []string{"example.jp"}}}
	if p.admits(claims{Email: "x@example.jp", Verified: true}) || !p.admits(claims{Email: "x@example.jp", Verified: true, Domain: "example.jp"}) {
		t.Error("an e-mail of the domain is not enough, being of it is")
	}
}

// TestAway: whatever a provider does that is no answer is an absence, soon, and never a refusal; the next question is asked anew (V5).
func TestAway(t *testing.T) {
	for name, does := range map[string]oidctest.Does{
		"slow":                  {Sleep: 30 * time.Second},
		"broken":                {Status: 503},
		"not found":             {Status: 404},
		"sends elsewhere":       {Location: "http://127.0.0.1:1/"},
		"is another":            {Issuer: "https://evil.example"},
		"keys on plain http":    {JWKS: "http://keys.example.jp/"},
		"keys by another way":   {JWKS: "file:///etc/passwd"},
		"keys on plain address": {JWKS: "http://169.254.169.254/latest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, p := pair(t)
			p.client.Timeout = 300 * time.Millisecond
			at.Set(does)
			begun := time.Now()
			_, _, err := p.Begin(t.Context(), false)
			if !errors.Is(err, ErrAway) || time.Since(begun) > 2*time.Second {
				t.Errorf("after %v: %v", time.Since(begun), err)
			}
			at.Set(hanako())
			trip, back := p.there(t, false)
			if _, err := p.Finish(t.Context(), trip, back); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("half-way", func(t *testing.T) {
		for _, does := range []oidctest.Does{{Status: 500}, {Status: 302}, {Sleep: 30 * time.Second}} {
			at, p := pair(t)
			p.client.Timeout = 300 * time.Millisecond
			trip, back := p.there(t, false)
			at.Set(does)
			if _, err := p.Finish(t.Context(), trip, back); !errors.Is(err, ErrAway) || errors.As(err, new(Refused)) {
				t.Errorf("%+v: %v", does, err)
			}
		}
	})
	t.Run("keys", func(t *testing.T) {
		at, p := pair(t)
		does := hanako()
		does.Sign = func(c oidctest.Claims) any {
			defer at.Set(oidctest.Does{Status: 503}) // the keys come after the token
			return at.Signed("RS256", c)
		}
		at.Set(does)
		trip, back := p.there(t, false)
		if _, err := p.Finish(t.Context(), trip, back); !errors.Is(err, ErrAway) || errors.As(err, new(Refused)) {
			t.Error(err)
		}
	})
	t.Run("gone", func(t *testing.T) {
		at, p := pair(t)
		at.Close()
		if _, _, err := p.Begin(t.Context(), false); !errors.Is(err, ErrAway) {
			t.Error(err)
		}
	})
	if answersWithin > 10*time.Second {
		t.Error("a person would wait for too long")
	}
}

// TestSSRF: names that the provider tells lead to no machine that only this one can reach, whatever they resolve to; no redirect is followed (I5).
func TestSSRF(t *testing.T) {
	for address, want := range map[string][2]bool{ // told by the provider, the issuer's own
		"203.0.113.7:443": {true, true}, "[2001:db8::1]:443": {true, true},
		"10.0.0.5:443": {false, true}, "192.168.1.9:443": {false, true}, "172.16.0.1:443": {false, true}, "100.64.0.1:443": {false, true},
		"127.0.0.1:443": {false, true}, "[::1]:443": {false, true}, "[fd00:ec2::254]:80": {false, true}, "[::ffff:10.0.0.5]:443": {false, true},
		"169.254.169.254:80": {false, false}, "[::ffff:169.254.169.254]:80": {false, false}, "[fe80::1]:443": {false, false}, "0.0.0.0:443": {false, false},
		"224.0.0.1:443": {false, false}, "255.255.255.255:443": {false, false}, "[::]:443": {false, false}, "x": {false, false},
	} {
		for i, issuer := range []bool{false, true} {
			if got := mayDial(address, issuer) == nil; got != want[i] {
				t.Errorf("%s, issuer %v: %v", address, issuer, got)
			}
		}
	}
	_, p := pair(t)
	port := p.Issuer[strings.LastIndex(p.Issuer, ":"):]
	if _, err := p.client.Get("http://localhost" + port + "/.well-known/openid-configuration"); err == nil || !strings.Contains(err.Error(), "not asked") {
		t.Errorf("another name for this machine: %v", err)
	}
	got, err := p.client.Get(p.Issuer + "/keys")
	must(t, err)
	got.Body.Close()
}

// TestPrivateAuthority: a provider with a certificate of its own authority is trusted with it, and not without.
func TestPrivateAuthority(t *testing.T) {
	at := oidctest.New(t, time.Now, true)
	at.Callback = callback
	at.Set(hanako())
	file := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(file, at.Authority(), 0o600))
	cfg := Config{Issuer: at.Issuer, ID: oidctest.ClientID, Secret: oidctest.ClientSecret, Callback: callback, Now: time.Now}
	without, err := New(cfg)
	must(t, err)
	if _, _, err := without.Begin(t.Context(), false); !errors.Is(err, ErrAway) {
		t.Errorf("an unknown authority: %v", err)
	}
	cfg.CA = file
	p, err := New(cfg)
	must(t, err)
	address, trip, err := p.Begin(t.Context(), false)
	must(t, err)
	if _, err := p.Finish(context.Background(), trip, visit(t, at.Client(), address)); err != nil {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	good := Config{Issuer: "https://id.example.jp/realms/main"}
	must(t, good.Check())
	for _, issuer := range []string{
		"", "id.example.jp", "http://id.example.jp", "https://", "https://a:b@id.example.jp", "https://id.example.jp?x", "https://id.example.jp#x", "ftp://127.0.0.1", "https://" + strings.Repeat("x", 250),
	} {
		if (Config{Issuer: issuer}).Check() == nil {
			t.Errorf("%q is taken", issuer)
		}
	}
	must(t, Config{Issuer: "http://127.0.0.1:8080"}.Check())
	for _, d := range []string{"", "@example.jp", "https://example.jp", "*.example.jp"} {
		if (Config{Issuer: good.Issuer, Domains: []string{d}}).Check() == nil {
			t.Errorf("domain %q is taken", d)
		}
	}
	if (Config{Issuer: good.Issuer, CA: "oidc.go"}).Check() == nil || (Config{Issuer: good.Issuer, CA: "nowhere"}).Check() == nil {
		t.Error("a file without a certificate is taken")
	}
}
