// Package oidctest is a small provider of identities for tests: it listens, keeps the rules of OpenID Connect, and breaks them when asked to.
package oidctest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Who the client is at the provider.
const (
	ClientID     = "wakakusa"
	ClientSecret = "十分に長い+秘密/の%文字"
)

// Claims are those of a token.
type Claims map[string]any

// Provider lets in whoever its browser says, at once. What is set between requests holds for those after.
type Provider struct {
	Issuer   string
	Callback string // the only one

	t    *testing.T
	now  func() time.Time
	http *httptest.Server
	rsa  *rsa.PrivateKey
	ec   *ecdsa.PrivateKey

	mu     sync.Mutex
	does   Does
	codes  map[string]issued
	asked  url.Values
	tokens int
	open   int
}

// Does is how the provider behaves.
type Does struct {
	Subject  string
	Email    string
	SignedIn time.Time        // there; zero: it does not say
	Alter    func(Claims)     // before signing
	Alg      string           // "" is RS256
	Sleep    time.Duration    // before each answer
	Status   int              // instead of each answer
	Error    string           // instead of a code
	Issuer   string           // in what is discovered, instead of the right one
	Location string           // where discovery sends whoever asks
	JWKS     string           // in what is discovered, instead of the right one
	Sign     func(Claims) any // instead of a token
}

type issued struct {
	query  url.Values
	claims Claims
}

// New starts one by the clock of the test, with TLS if it shall have it.
func New(t *testing.T, now func() time.Time, secure bool) *Provider {
	t.Helper()
	p := &Provider{t: t, now: now, codes: map[string]issued{}}
	var err error
	if p.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err == nil {
		p.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	routes.HandleFunc("GET /keys", p.keys)
	routes.HandleFunc("GET /authorize", p.authorize)
	routes.HandleFunc("POST /token", p.token)
	start := httptest.NewServer
	if secure {
		start = httptest.NewTLSServer
	}
	p.http = start(p.behaving(routes))
	p.Issuer = p.http.URL
	t.Cleanup(p.Close)
	return p
}

// Close makes it be away.
func (p *Provider) Close() {
	p.http.CloseClientConnections()
	p.http.Close()
}

// Client is a browser that trusts it.
func (p *Provider) Client() *http.Client { return p.http.Client() }

// Authority is its certificate, for those who shall trust it.
func (p *Provider) Authority() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.http.Certificate().Raw})
}

// Set makes it behave so from now on.
func (p *Provider) Set(d Does) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.does = d
}

// Asked is the last question of a browser, and how many tokens were given out.
func (p *Provider) Asked() (url.Values, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked, p.tokens
}

// Open counts those who wait for an answer.
func (p *Provider) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

func (p *Provider) count(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open += n
}

func (p *Provider) behaviour() Does {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.does
}

func (p *Provider) behaving(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm() //nolint:errcheck // a body that was read is what tells that whoever sent it has gone
		d := p.behaviour()
		p.count(+1)
		defer p.count(-1)
		select {
		case <-time.After(d.Sleep):
		case <-r.Context().Done():
			return
		}
		if d.Status != 0 && r.URL.Path != "/authorize" {
			http.Error(w, "no", d.Status)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, status int, x any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(x) //nolint:errcheck // whoever asked has gone
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) {
	d := p.behaviour()
	if d.Location != "" {
		http.Redirect(w, r, d.Location, http.StatusFound)
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"issuer": or(d.Issuer, p.Issuer), "authorization_endpoint": p.Issuer + "/authorize", "token_endpoint": p.Issuer + "/token",
		"jwks_uri": or(d.JWKS, p.Issuer+"/keys"), "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "PS256", "ES256", "HS256", "none"},
	})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: p.rsa.Public(), KeyID: "rsa", Use: "sig"}, {Key: p.ec.Public(), KeyID: "ec", Use: "sig"},
	}})
}

// authorize sends a browser back with a code. What a client must not ask is a fault of the test.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q, d := r.URL.Query(), p.behaviour()
	for name, want := range map[string]string{"client_id": ClientID, "response_type": "code", "code_challenge_method": "S256", "redirect_uri": p.Callback} {
		if q.Get(name) != want {
			p.t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if !slices.Contains(strings.Fields(q.Get("scope")), "openid") || len(q.Get("state")) < 22 || len(q.Get("nonce")) < 22 || len(q.Get("code_challenge")) != 43 {
		p.t.Errorf("asked %v", q)
	}
	back := url.Values{"state": {q.Get("state")}}
	if d.Error != "" {
		back.Set("error", d.Error)
	} else {
		back.Set("code", p.code(q, d))
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *Provider) code(q url.Values, d Does) string {
	at := d.SignedIn
	if q.Get("prompt") == "login" && q.Get("max_age") == "0" && !at.IsZero() {
		at = p.now()
	}
	c := Claims{"iss": p.Issuer, "aud": ClientID, "sub": d.Subject, "email": d.Email, "email_verified": true, "nonce": q.Get("nonce"), "iat": p.now().Unix(), "exp": p.now().Add(5 * time.Minute).Unix()}
	if !at.IsZero() {
		c["auth_time"] = at.Unix()
	}
	code := rand.Text()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[code], p.asked = issued{q, c}, q
	return code
}

// token takes a code once, from the client, with the verifier that belongs to it.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	secret, _ = url.QueryUnescape(secret)
	p.mu.Lock()
	of, known := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	p.mu.Unlock()
	hash := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case id != ClientID || secret != ClientSecret:
		answer(w, http.StatusUnauthorized, Claims{"error": "invalid_client"})
	case !known || r.PostFormValue("grant_type") != "authorization_code" || r.PostFormValue("redirect_uri") != of.query.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(hash[:]) != of.query.Get("code_challenge"):
		answer(w, http.StatusBadRequest, Claims{"error": "invalid_grant"})
	default:
		p.give(w, of.claims)
	}
}

func (p *Provider) give(w http.ResponseWriter, c Claims) {
	d, access := p.behaviour(), rand.Text()
	hash := sha256.Sum256([]byte(access))
	c = maps.Clone(c)
	c["at_hash"] = base64.RawURLEncoding.EncodeToString(hash[:16])
	if d.Alter != nil {
		d.Alter(c)
	}
	p.mu.Lock()
	p.tokens++
	p.mu.Unlock()
	var id any = p.Signed(or(d.Alg, "RS256"), c)
	if d.Sign != nil {
		id = d.Sign(c)
	}
	answer(w, http.StatusOK, Claims{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": id})
}

// Signed is a token signed in some way: also "none", and "HS256" with what everybody knows, the public key.
func (p *Provider) Signed(alg string, c Claims) string {
	body, err := json.Marshal(c)
	if err != nil {
		p.t.Error(err)
	}
	if alg == "none" {
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(body) + "."
	}
	return p.SignedWith(alg, body, map[string]any{"ES256": p.ec, "HS256": p.publicPEM()}[alg])
}

// SignedWith signs with a key, nil is that of the provider.
func (p *Provider) SignedWith(alg string, body []byte, key any) string {
	name := map[string]string{"ES256": "ec"}[alg]
	if key == nil {
		key = p.rsa
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: key}, (&jose.SignerOptions{}).WithHeader("kid", or(name, "rsa")))
	if err != nil {
		p.t.Error(err)
		return ""
	}
	signed, err := signer.Sign(body)
	if err != nil {
		p.t.Error(err)
		return ""
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		p.t.Error(err)
	}
	return text
}

func (p *Provider) publicPEM() []byte {
	der, err := x509.MarshalPKIXPublicKey(crypto.PublicKey(p.rsa.Public()))
	if err != nil {
		p.t.Error(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}
