package handlers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// device makes and uses passkeys as an authenticator does (WebAuthn level 3, sections 6.1 and 8.7).
type device struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	id     []byte
	owner  string
	origin string
	flags  byte // user present, user verified, and for a new one: a key follows
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func newDevice(t *testing.T, origin string) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	id := make([]byte, 32)
	rand.Read(id)
	return &device{t: t, key: key, id: id, origin: origin, flags: 0x05}
}

// options are the public key options of a page.
type options struct {
	PublicKey struct {
		Challenge string
		RPID      string `json:"rpId"`
		RP        struct{ ID string }
		User      struct{ ID string }
	}
}

// question reads the form with a question from a page, and the question.
func (a answer) question(t *testing.T) (form url.Values, o options) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	must(t, err)
	form = url.Values{}
	eachNode(doc, func(n *html.Node) {
		if n.Data != "form" || attr(n, "data-passkey") == "" {
			return
		}
		must(t, json.Unmarshal([]byte(attr(n, "data-passkey")), &o))
		eachNode(n, func(in *html.Node) {
			if in.Data == "input" {
				form.Set(attr(in, "name"), attr(in, "value"))
			}
		})
	})
	if form.Get("sealed") == "" {
		t.Fatalf("%s asks for no passkey", a.Request.URL.Path)
	}
	return form, o
}

func (d *device) said(kind, challenge string) []byte {
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	must(d.t, err)
	return text
}

// authData is what the device vouches for; a new key is put behind it.
func (d *device) authData(rp string, flags byte, key []byte) []byte {
	hash := sha256.Sum256([]byte(rp))
	out := append(hash[:], flags)
	out = binary.BigEndian.AppendUint32(out, 0)
	return append(out, key...)
}

// made answers a question for a new passkey.
func (d *device) made(o options) string {
	d.owner = o.PublicKey.User.ID
	x, y := make([]byte, 32), make([]byte, 32)
	d.key.X.FillBytes(x)
	d.key.Y.FillBytes(y)
	cose := slices.Concat([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, x, []byte{0x22, 0x58, 0x20}, y)
	key := slices.Concat(make([]byte, 16), []byte{0, byte(len(d.id))}, d.id, cose)
	data := d.authData(o.PublicKey.RP.ID, d.flags|0x40, key)
	object := slices.Concat([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), []byte{byte(len(data))}, data)
	return d.answer(map[string]any{"clientDataJSON": b64(d.said("webauthn.create", o.PublicKey.Challenge)), "attestationObject": b64(object)})
}

// used answers a question for one that there is.
func (d *device) used(o options) string {
	data, said := d.authData(o.PublicKey.RPID, d.flags, nil), d.said("webauthn.get", o.PublicKey.Challenge)
	hash := sha256.Sum256(said)
	digest := sha256.Sum256(append(slices.Clone(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
	must(d.t, err)
	return d.answer(map[string]any{"clientDataJSON": b64(said), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": d.owner})
}

func (d *device) answer(response map[string]any) string {
	text, err := json.Marshal(map[string]any{"id": b64(d.id), "rawId": b64(d.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	must(d.t, err)
	return string(text)
}

const named = "https://shift.example.jp"

// passkeySite is an installation that is reached by a name.
func passkeySite(t *testing.T) *office {
	return newSite(t, func(c *Config) { c.Public = named }).found("aoba")
}

// adopt registers a passkey for whoever sits at a browser.
func (o *office) adopt(b *browser) *device {
	o.t.Helper()
	d := newDevice(o.t, named)
	path := o.base + "/account/factors/passkey"
	form, asked := b.get(path).want(o.t, 200).question(o.t)
	form.Set("credential", d.made(asked))
	b.post(path, form).want(o.t, 200).holds(o.t, "パスキーを登録しました")
	return d
}

// signInWith answers the question of the sign-in page, after changing what is sent.
func (o *office) signInWith(d *device, change func(url.Values)) int {
	o.t.Helper()
	b := o.browser()
	form, asked := b.get("/sign-in").want(o.t, 200).question(o.t)
	form.Set("credential", d.used(asked))
	if change != nil {
		change(form)
	}
	return b.post("/sign-in/passkey", form).StatusCode
}

// TestPasskeys: one is enough to sign in; not where the person was not verified, for another site, to another question, twice, too late, with
// another's handle, for an account that was ended, or once it was removed (A9).
func TestPasskeys(t *testing.T) {
	o := passkeySite(t)
	b := o.worker()
	d := o.adopt(b)
	if got := o.signInWith(d, nil); got != http.StatusSeeOther {
		t.Fatalf("a passkey: %d", got)
	}
	o.admin.post(o.base+"/account/factors/passkey", url.Values{"name": {"x"}, "sealed": {"s1.x.y"}, "credential": {"{}"}}).want(t, 422)
	for name, x := range map[string]func(*device){
		"nobody was verified": func(d *device) { d.flags = 0x01 },
		"another site":        func(d *device) { d.origin = "https://shift.example.com" },
		"another's handle":    func(d *device) { d.owner = b64([]byte(o.adminBy.Account)) },
		"an unknown key":      func(d *device) { d.id = []byte("another") },
		"another key":         func(d *device) { d.key = newDevice(t, named).key },
	} {
		forged := *d
		x(&forged)
		if got := o.signInWith(&forged, nil); got != 422 {
			t.Errorf("%s: %d", name, got)
		}
	}
	form, asked := o.browser().get("/sign-in").question(t)
	form.Set("credential", d.used(asked))
	if first, again := o.browser().post("/sign-in/passkey", form).StatusCode, o.browser().post("/sign-in/passkey", form).StatusCode; first != 303 || again != 422 {
		t.Errorf("an answer: %d, the same again: %d", first, again)
	}
	if got := o.signInWith(d, func(v url.Values) {
		other, _ := o.browser().get("/sign-in").question(t)
		v.Set("sealed", other.Get("sealed"))
	}); got != 422 {
		t.Errorf("an answer to another question: %d", got)
	}
	if got := o.signInWith(d, func(url.Values) { o.advance(10 * time.Minute) }); got != 422 {
		t.Errorf("an answer after ten minutes: %d", got)
	}
	m := o.memberNamed(t, "佐藤 陽菜").Member
	m.Active = false
	saved, err := o.app.SaveMember(t.Context(), o.adminBy, m, "")
	must(t, err)
	if got := o.signInWith(d, nil); got != 422 {
		t.Errorf("an account that belongs nowhere: %d", got)
	}
	saved.Active = true
	_, err = o.app.SaveMember(t.Context(), o.adminBy, saved, "")
	must(t, err)
	must(t, o.app.ResetFactors(t.Context(), o.adminBy, m.ID))
	if got := o.signInWith(d, nil); got != 422 {
		t.Errorf("a passkey that was removed: %d", got)
	}
	must(t, sound(o))
}

// TestPasskeyNotVerified: a device that did not verify the person makes none, and none belongs to two accounts.
func TestPasskeyNotVerified(t *testing.T) {
	o := passkeySite(t)
	path := o.base + "/account/factors/passkey"
	d := newDevice(t, named)
	d.flags = 0x01
	form, asked := o.admin.get(path).question(t)
	form.Set("credential", d.made(asked))
	o.admin.post(path, form).want(t, 422)
	d.flags = 0x05
	form, asked = o.admin.get(path).question(t)
	form.Set("credential", d.made(asked))
	form.Set("name", "")
	again := o.admin.post(path, form).want(t, 422)
	form, asked = again.question(t)
	form.Set("credential", d.made(asked))
	form.Set("name", "鍵")
	o.admin.post(path, form).want(t, 200)
	worker := o.worker()
	form, asked = worker.get(path).question(t)
	form.Set("credential", d.made(asked))
	worker.post(path, form).want(t, 409)
}

// TestPasskeyProves: one's own passkey confirms who it is, another's does not (A7).
func TestPasskeyProves(t *testing.T) {
	o := passkeySite(t)
	worker := o.worker()
	theirs, mine := o.adopt(worker), o.adopt(o.admin)
	o.advance(11 * time.Minute)
	page := o.base + "/proof?next=" + url.QueryEscape(o.base+"/history")
	prove := func(d *device) answer {
		form, asked := o.admin.get(page).want(t, 200).question(t)
		form.Set("credential", d.used(asked))
		return o.admin.post(o.base+"/proof", form)
	}
	prove(theirs).want(t, 422)
	o.admin.post(o.base+"/history/export", nil).want(t, 403)
	prove(mine).want(t, 303)
	o.admin.post(o.base+"/history/export", nil).want(t, 200)
	if list := o.actions(); !slices.Contains(list, "proof.refused 管理 太郎") {
		t.Errorf("%v", list)
	}
}

// TestNoPasskeys: none are offered where people come by a bare address; a house is not locked out by one person's failures.
func TestNoPasskeys(t *testing.T) {
	o := newSite(t).found("bare")
	o.browser().get("/sign-in").want(t, 200).lacks(t, "data-passkey")
	o.admin.get(o.base+"/account/factors").want(t, 200).lacks(t, "/factors/passkey")
	o.admin.get(o.base+"/account/factors/passkey").want(t, 422)
	p := passkeySite(t)
	for range 10 {
		p.browser().post("/sign-in/passkey", values("sealed", "x", "credential", "{}")).want(t, 422)
	}
}
