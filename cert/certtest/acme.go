package certtest

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Directory is a small authority that speaks ACME (RFC 8555): it asks the site over http for its answer, as Let's Encrypt does, and then signs.
// It does not check the signatures of requests.
type Directory struct {
	URL     string
	Plain   string // host:port where the site answers http, instead of port 80 of the host
	mu      sync.Mutex
	t       testing.TB
	by      *Authority
	orders  []*order
	Refused []string // why a host was not proven
}

type order struct {
	host, token, status string
	chain               []byte
}

// NewDirectory starts one.
func NewDirectory(t testing.TB, by *Authority) *Directory {
	t.Helper()
	d := &Directory{t: t, by: by}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.URL = server.URL
	return d
}

// Orders counts those for a host that ended with a certificate.
func (d *Directory) Orders(host string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.orders {
		if o.host == host && o.chain != nil {
			n++
		}
	}
	return n
}

// ServeHTTP is one step of the protocol.
func (d *Directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.Header().Set("Replay-Nonce", rand.Text())
	payload := payloadOf(r)
	var n int
	what, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if _, err := fmt.Sscanf(r.URL.Path, "/"+what+"/%d", &n); err == nil && n >= len(d.orders) {
		http.NotFound(w, r)
		return
	}
	switch what {
	case "":
		d.write(w, 200, map[string]any{"newNonce": d.URL + "/nonce", "newAccount": d.URL + "/account", "newOrder": d.URL + "/order", "revokeCert": d.URL + "/revoke"})
	case "nonce":
	case "account":
		w.Header().Set("Location", d.URL+"/account/1")
		d.write(w, 201, map[string]any{"status": "valid"})
	case "order":
		if r.URL.Path == "/order" {
			n = d.begin(payload)
			w.Header().Set("Location", fmt.Sprint(d.URL, "/order/", n))
			d.write(w, 201, d.orderText(n))
			return
		}
		d.write(w, 200, d.orderText(n))
	case "proof":
		d.write(w, 200, d.proofText(n))
	case "answer":
		d.prove(d.orders[n], r)
		d.write(w, 200, d.challenge(n))
	case "finish":
		d.finish(d.orders[n], payload)
		w.Header().Set("Location", fmt.Sprint(d.URL, "/order/", n))
		d.write(w, 200, d.orderText(n))
	case "chain":
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		w.Write(d.orders[n].chain) //nolint:errcheck // the client would say so
	default:
		http.NotFound(w, r)
	}
}

func (d *Directory) write(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(what); err != nil {
		d.t.Error(err)
	}
}

// payloadOf is what a signed request says.
func payloadOf(r *http.Request) []byte {
	var jws struct{ Payload string }
	if json.NewDecoder(r.Body).Decode(&jws) != nil {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(jws.Payload)
	if err != nil {
		return nil
	}
	return text
}

func (d *Directory) begin(payload []byte) int {
	var asked struct{ Identifiers []struct{ Value string } }
	if err := json.Unmarshal(payload, &asked); err != nil || len(asked.Identifiers) != 1 {
		d.t.Errorf("an order for %s: %v", payload, err)
		asked.Identifiers = append(asked.Identifiers, struct{ Value string }{})
	}
	d.orders = append(d.orders, &order{host: asked.Identifiers[0].Value, token: rand.Text(), status: "pending"})
	return len(d.orders) - 1
}

func (d *Directory) identifier(n int) map[string]string {
	return map[string]string{"type": "dns", "value": d.orders[n].host}
}

func (d *Directory) orderText(n int) map[string]any {
	o := d.orders[n]
	text := map[string]any{
		"status": o.status, "identifiers": []any{d.identifier(n)}, "authorizations": []string{fmt.Sprint(d.URL, "/proof/", n)}, "finalize": fmt.Sprint(d.URL, "/finish/", n),
	}
	if o.chain != nil {
		text["status"], text["certificate"] = "valid", fmt.Sprint(d.URL, "/chain/", n)
	}
	return text
}

// proven is the state of a proof: ready orders have one.
func (o *order) proven() string {
	if o.status == "ready" {
		return "valid"
	}
	return o.status
}

func (d *Directory) challenge(n int) map[string]any {
	return map[string]any{"type": "http-01", "url": fmt.Sprint(d.URL, "/answer/", n), "token": d.orders[n].token, "status": d.orders[n].proven()}
}

func (d *Directory) proofText(n int) map[string]any {
	return map[string]any{"status": d.orders[n].proven(), "identifier": d.identifier(n), "challenges": []any{d.challenge(n)}}
}

// prove asks the site, which must answer with the token and the account's thumbprint.
func (d *Directory) prove(o *order, r *http.Request) {
	ask, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "http://"+d.Plain+"/.well-known/acme-challenge/"+o.token, nil)
	if err != nil {
		d.t.Error(err)
		return
	}
	ask.Host = o.host
	answer, err := http.DefaultClient.Do(ask)
	o.status = "invalid"
	if err != nil {
		d.Refused = append(d.Refused, err.Error())
		return
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || !strings.HasPrefix(string(body), o.token+".") {
		d.Refused = append(d.Refused, fmt.Sprintf("%d %s", answer.StatusCode, body))
		return
	}
	o.status = "ready"
}

func (d *Directory) finish(o *order, payload []byte) {
	var asked struct{ CSR string }
	if err := json.Unmarshal(payload, &asked); err != nil {
		d.t.Error(err)
		return
	}
	der, err := base64.RawURLEncoding.DecodeString(asked.CSR)
	if err != nil {
		d.t.Error(err)
		return
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil || o.status != "ready" || !slices.Equal(csr.DNSNames, []string{o.host}) {
		d.t.Errorf("a request for %v while %s is %s: %v", csr.DNSNames, o.host, o.status, err)
		return
	}
	leaf := d.by.Sign(d.t, csr.PublicKey, time.Now().AddDate(0, 0, 90), o.host)
	o.chain = append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d.by.Certificate.Raw})...)
}
