// Package oidc asks one provider of identities who somebody is, by OpenID Connect: the authorization code flow with state, nonce and PKCE, always.
// It knows nothing of what is done with the answer.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Config says which provider it is, and who we are to it.
type Config struct {
	Issuer   string // exactly as its tokens say it
	ID       string // ours, from the provider
	Secret   string
	Callback string   // where it sends people back to
	Domains  []string // of those who may come in; none: whoever the provider knows
	CA       string   // file with the certificate of a private authority, "" for none
	Now      func() time.Time
}

const google = "https://accounts.google.com"

// Check refuses what cannot work, without asking the provider.
func (c Config) Check() error {
	u, err := url.Parse(c.Issuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(c.Issuer) > 255:
		return errors.New("the issuer is an address, such as https://accounts.google.com")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return errors.New("the issuer must be reached by https")
	case slices.ContainsFunc(c.Domains, func(d string) bool { return strings.Trim(d, " ") == "" || strings.ContainsAny(d, "@/ *") }):
		return errors.New("a domain is such as example.jp")
	}
	_, err = c.authorities()
	return err
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Provider is one that may be asked. Making it asks nothing, so a provider that is away stops nobody's start.
type Provider struct {
	Config
	client *http.Client
	mu     sync.Mutex
	known  *discovered
	asked  time.Time // when it was last discovered
}

// New makes one of a checked configuration.
func New(cfg Config) (*Provider, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	client, err := cfg.client()
	if err != nil {
		return nil, err
	}
	return &Provider{Config: cfg, client: client}, nil
}

// ErrAway is why nobody can sign in by the provider at present: it does not answer, or not as it should.
var ErrAway = errors.New("the provider of identities does not answer")

// Refused is what the provider or its answer said, and why nobody comes in by it.
type Refused struct {
	Why string // one of those below
	Err error
}

// Reasons to refuse.
const (
	WhyState     = "state"     // not what this browser asked for
	WhyCancelled = "cancelled" // the provider let nobody in
	WhyToken     = "token"     // the token is not right
	WhyDomain    = "domain"    // of a domain that is not let in
	WhyOld       = "old"       // did not show again who they are
)

func (r Refused) Error() string { return r.Why + ": " + r.Err.Error() }

func (r Refused) Unwrap() error { return r.Err }

func refuse(why, text string, args ...any) error { return Refused{why, fmt.Errorf(text, args...)} }

// discovered is what a provider says of itself.
type discovered struct {
	*oidc.Provider
	keys  oidc.KeySet
	algs  []string
	oauth oauth2.Config
}

// discoveryLasts is for how long what was discovered is believed.
const discoveryLasts = time.Hour

// trusted are the ways of signing that are believed: those with a private key that only the provider has.
var trusted = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// discover asks the provider about itself, unless that was lately. Whoever waits for a slow one waits for their own question only.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	known, fresh := p.known, p.Now().Sub(p.asked) < discoveryLasts
	p.mu.Unlock()
	if known != nil && fresh {
		return known, nil
	}
	found, err := p.ask(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known, p.asked = found, p.Now()
	return found, nil
}

func (p *Provider) ask(ctx context.Context) (*discovered, error) {
	ctx = oidc.ClientContext(ctx, p.client)
	of, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	var says struct {
		JWKS string   `json:"jwks_uri"`
		Algs []string `json:"id_token_signing_alg_values_supported"`
		Auth []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := of.Claims(&says); err != nil {
		return nil, err
	}
	end := of.Endpoint()
	if err := errors.Join(p.mayAsk(end.AuthURL), p.mayAsk(end.TokenURL), p.mayAsk(says.JWKS)); err != nil {
		return nil, err
	}
	end.AuthStyle = oauth2.AuthStyleInHeader // never tried out, because a code is good once
	if len(says.Auth) > 0 && !slices.Contains(says.Auth, "client_secret_basic") {
		end.AuthStyle = oauth2.AuthStyleInParams
	}
	d := &discovered{Provider: of, keys: oidc.NewRemoteKeySet(ctx, says.JWKS), oauth: oauth2.Config{
		ClientID: p.ID, ClientSecret: p.Secret, Endpoint: end, RedirectURL: p.Callback, Scopes: []string{oidc.ScopeOpenID, oidc.ScopeEmail},
	}}
	d.algs = slices.DeleteFunc(says.Algs, func(alg string) bool { return !slices.Contains(trusted, alg) })
	if len(d.algs) == 0 {
		d.algs = []string{oidc.RS256}
	}
	return d, nil
}

// Trip is the way to the provider and back: what must be kept until somebody returns, where nobody else can read it.
type Trip struct {
	State, Nonce, Verifier string
	BegunMs                int64
	Again                  bool // they shall show anew who they are
}

// Begin returns where to send somebody, and what to keep meanwhile. ErrAway.
func (p *Provider) Begin(ctx context.Context, again bool) (address string, kept Trip, err error) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	d, err := p.discover(ctx)
	if err != nil {
		return "", kept, err
	}
	kept = Trip{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), BegunMs: p.Now().UnixMilli(), Again: again}
	options := []oauth2.AuthCodeOption{oidc.Nonce(kept.Nonce), oauth2.S256ChallengeOption(kept.Verifier)}
	if again {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return d.oauth.AuthCodeURL(kept.State, options...), kept, nil
}

// Person is who somebody is at the provider.
type Person struct {
	Issuer, Subject string // together the only key
	Email           string
	Verified        bool      // the provider says that the e-mail is theirs
	Proved          time.Time // when they last showed the provider who they are, zero where it does not say
}

// Finish finds out who has come back with what the provider put into the query. ErrAway, Refused.
func (p *Provider) Finish(ctx context.Context, kept Trip, query url.Values) (who Person, err error) {
	if kept.State == "" || !same(query.Get("state"), kept.State) {
		return who, refuse(WhyState, "the state is not the one that was sent")
	}
	if iss := query.Get("iss"); iss != "" && iss != p.Issuer {
		return who, refuse(WhyState, "another issuer answered")
	}
	if query.Get("error") != "" || query.Get("code") == "" {
		return who, refuse(WhyCancelled, "the provider answered %.40q", query.Get("error"))
	}
	ctx, cancel := context.WithTimeout(ctx, 2*answersWithin)
	defer cancel()
	d, err := p.discover(ctx)
	if err != nil {
		return who, err
	}
	token, err := d.oauth.Exchange(oidc.ClientContext(ctx, p.client), query.Get("code"), oauth2.VerifierOption(kept.Verifier))
	if err != nil {
		return who, orAway(err)
	}
	return p.read(ctx, d, kept, token)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// orAway is a refusal, unless the provider was away.
func orAway(err error) error {
	if asked := new(url.Error); errors.As(err, &asked) || errors.Is(err, context.DeadlineExceeded) { // nobody answered, or nobody could
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	if answered := new(oauth2.RetrieveError); errors.As(err, &answered) { // its text holds the whole answer
		err = fmt.Errorf("the provider answered %.40q", answered.ErrorCode)
	}
	return Refused{WhyToken, err}
}

// claims are those of a token that are asked for beyond what the library reads.
type claims struct {
	Email    string      `json:"email"`
	Verified any         `json:"email_verified"` // some write it as text
	Domain   string      `json:"hd"`
	Party    string      `json:"azp"`
	AuthTime json.Number `json:"auth_time"`
}

// read believes a token only if it is signed by the provider, for us, for this trip, and still good.
func (p *Provider) read(ctx context.Context, d *discovered, kept Trip, token *oauth2.Token) (who Person, err error) {
	raw, _ := token.Extra("id_token").(string)
	keys := &watchedKeys{KeySet: d.keys}
	id, err := oidc.NewVerifier(p.Issuer, keys, &oidc.Config{ClientID: p.ID, SupportedSigningAlgs: d.algs, Now: p.Now}).Verify(ctx, raw)
	if err != nil {
		return who, orAway(errors.Join(err, keys.err))
	}
	var c claims
	if err := id.Claims(&c); err != nil {
		return who, Refused{WhyToken, err}
	}
	switch {
	case !same(id.Nonce, kept.Nonce):
		return who, refuse(WhyToken, "the nonce is not the one that was sent")
	case id.Subject == "" || len(id.Subject) > 255:
		return who, refuse(WhyToken, "the subject has %d bytes", len(id.Subject))
	case c.Party != "" && c.Party != p.ID, c.Party == "" && len(id.Audience) > 1:
		return who, refuse(WhyToken, "the token is another party's")
	case id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil:
		return who, refuse(WhyToken, "the access token is another one's")
	case !p.admits(c):
		return who, refuse(WhyDomain, "the domain is not let in")
	}
	who = Person{Issuer: p.Issuer, Subject: id.Subject, Email: c.Email, Verified: c.verified()}
	if s, err := c.AuthTime.Float64(); err == nil && s > 0 {
		who.Proved = time.Unix(int64(s), 0)
	}
	if kept.Again && !p.shownAgain(who.Proved, kept) {
		return who, refuse(WhyOld, "they did not show again who they are")
	}
	return who, nil
}

// clockSkew is by how much the provider's clock may differ from ours.
const clockSkew = time.Minute

func (p *Provider) shownAgain(at time.Time, kept Trip) bool {
	return at.After(time.UnixMilli(kept.BegunMs).Add(-clockSkew)) && at.Before(p.Now().Add(clockSkew))
}

func (c claims) verified() bool { return c.Verified == true || c.Verified == "true" }

// admits: the provider itself says to which organisation somebody belongs, or at least that the e-mail is theirs. Google's private accounts
// may have an e-mail of any domain, so only the former counts there.
func (p *Provider) admits(c claims) bool {
	domain := c.Domain
	if domain == "" && c.verified() && p.Issuer != google {
		domain = c.Email[strings.LastIndex(c.Email, "@")+1:]
	}
	return len(p.Domains) == 0 || slices.ContainsFunc(p.Domains, func(d string) bool { return strings.EqualFold(d, domain) })
}

// watchedKeys notes why keys could not be read: the library keeps only the words.
type watchedKeys struct {
	oidc.KeySet
	err error
}

// VerifySignature is the library's.
func (k *watchedKeys) VerifySignature(ctx context.Context, jwt string) (payload []byte, err error) {
	payload, k.err = k.KeySet.VerifySignature(ctx, jwt)
	return payload, k.err
}
