package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wakakusa/app"
	"wakakusa/oidc"
	"wakakusa/oidc/oidctest"
	"wakakusa/roster"
	"wakakusa/store"
)

// newProvided is an office whose people may sign in with a provider of identities, and that provider.
func newProvided(t *testing.T, change ...func(*oidc.Config)) (*office, *oidctest.Provider) {
	t.Helper()
	var s *site
	clock := func() time.Time { return s.clock() }
	at := oidctest.New(t, clock, false)
	at.Callback = "https://shift.example.jp" + CallbackPath
	cfg := oidc.Config{Issuer: at.Issuer, ID: oidctest.ClientID, Secret: oidctest.ClientSecret, Callback: at.Callback, Now: clock}
	for _, f := range change {
		f(&cfg)
	}
	p, err := oidc.New(cfg)
	must(t, err)
	s = newSite(t, func(c *Config) { c.Provider, c.ProviderName = p, "Google" })
	o := s.found("aoba")
	at.Set(oidctest.Does{Subject: "haruna", Email: "haruna@example.jp", SignedIn: s.clock()})
	return o, at
}

// addressOf is where the page goes by itself, as its link does.
func (a answer) addressOf(t *testing.T) string {
	t.Helper()
	address, ok := strings.CutPrefix(a.want(t, 200).Header.Get("Refresh"), "0; url=")
	if !ok || !strings.Contains(a.body, `href="`+strings.ReplaceAll(address, "&", "&amp;")+`"`) {
		t.Fatalf("leads to %q\n%s", address, a.body)
	}
	if policy := a.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self';") || a.Header.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("the policy is %q", policy)
	}
	return address
}

// visit is at the provider, and returns where it sends people back to.
func visit(t *testing.T, address string) string {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Get(address)
	must(t, err)
	got.Body.Close()
	back, err := got.Location()
	must(t, err)
	if back.Path != CallbackPath {
		t.Fatalf("sent back to %s", back)
	}
	return back.RequestURI()
}

// elsewhere goes to the provider and comes back.
func (b *browser) elsewhere(path string, form url.Values) answer {
	b.s.t.Helper()
	return b.get(visit(b.s.t, b.post(path, form).addressOf(b.s.t)))
}

// linked links whoever sits at a browser with what the provider says now.
func (o *office) linked(b *browser) {
	o.t.Helper()
	if to := b.elsewhere(o.base+"/account/identities", nil).want(o.t, 303).location(); to != o.base+"/account/identities?done=linked" {
		o.t.Fatalf("led to %s", to)
	}
}

// why is what was recorded last, and why.
func (o *office) why() (action, why string) {
	list := o.accesses()
	e := list[len(list)-1]
	var told struct{ By, Why string }
	if json.Unmarshal(e.After, &told) != nil || told.By != "oidc" {
		return e.Action, ""
	}
	return e.Action, told.Why
}

// TestOIDC: linked by its owner, an identity signs in – under the same sessions, and after our second step; one of nobody does not, whatever its
// e-mail says (A9).
func TestOIDC(t *testing.T) {
	o, at := newProvided(t)
	worker := o.worker()
	acc := o.account(t, "佐藤 陽菜")
	acc.Email = "haruna@example.jp"
	_, err := store.SaveAccount(t.Context(), o.store, acc)
	must(t, err)
	stranger := o.browser()
	stranger.get("/sign-in").want(t, 200).holds(t, "Google でログイン", `action="/sign-in/oidc"`)
	stranger.get("/sign-in/oidc").want(t, 405)
	if _, tokens := at.Asked(); tokens != 0 {
		t.Error("asked before anybody wanted it")
	}
	stranger.elsewhere("/sign-in/oidc", nil).want(t, 404).holds(t, "このアカウントはまだ結び付けられていません", "招待リンク")
	stranger.get(o.base+"/me").want(t, 303)
	if action, why := o.why(); action != roster.ActionSignInRefused || why != "nobody" {
		t.Errorf("%s %s", action, why)
	}

	page := o.base + "/account/identities"
	worker.get(o.base+"/account").want(t, 200).holds(t, "Google との結び付け", page)
	worker.get(page).want(t, 200).holds(t, "Google と結び付ける")
	phone := o.device(iPhone, "haruna", staffPassword)
	before := worker.cookie()
	o.linked(worker)
	phone.get(o.base+"/me").want(t, 303) // signed out elsewhere, and here under a fresh id
	if worker.cookie() == before {
		t.Error("the session goes on under its old id")
	}
	worker.get(page+"?done=linked").want(t, 200).holds(t, "結び付けました", "結び付けた日時", "Google の別のアカウント")
	if !slices.Contains(o.actions(), "identity.linked 佐藤 陽菜") {
		t.Error(o.actions())
	}

	a := stranger.elsewhere("/sign-in/oidc", values("next", o.base+"/me/calendar")).want(t, 303)
	if a.location() != o.base+"/me/calendar" {
		t.Errorf("led to %s", a.location())
	}
	stranger.get(o.base+"/me").want(t, 200)
	if action, why := o.why(); action != roster.ActionSignedIn || why != "" || string(o.accesses()[len(o.accesses())-1].After) != `{"By":"oidc"}` {
		t.Errorf("%s %s", action, why)
	}
	o.admin.get(o.base+"/history/accesses").want(t, 200).holds(t, "外部のアカウントでログインしました", "外部のアカウントでのログインを断りました", "外部のアカウントと結び付けました")
	if to := stranger.post("/sign-in/oidc", nil).want(t, 303).location(); to != "/" {
		t.Errorf("whoever is signed in is led to %s", to)
	}
	away := o.browser()
	away.elsewhere("/sign-in/oidc", values("next", "https://evil.example/")).want(t, 303)

	t.Run("an identity of two", func(t *testing.T) {
		o.admin.elsewhere(o.base+"/account/identities", nil).want(t, 409).holds(t, "すでに結び付けられています")
		o.admin.get(o.base+"/account/identities").want(t, 200).lacks(t, "結び付けた日時")
	})
	t.Run("factors are asked", func(t *testing.T) {
		phone, _ := o.enrol(worker)
		b := o.browser()
		if to := b.elsewhere("/sign-in/oidc", values("next", o.base+"/me/calendar")).want(t, 303).location(); !strings.HasPrefix(to, "/sign-in/code?next=%2Fo%2F") {
			t.Errorf("led to %s", to)
		}
		b.get(o.base+"/me").want(t, 303)
		b.post("/sign-in/code", values("code", phone.codeAt(1))).want(t, 303)
		b.get(o.base+"/me").want(t, 200)
		if list := o.accesses(); string(list[len(list)-1].After) != `{"By":"oidc"}` {
			t.Errorf("%+v", list[len(list)-1])
		}
	})
	t.Run("who was stopped", func(t *testing.T) {
		acc := o.account(t, "佐藤 陽菜")
		acc.Disabled = true
		acc, err := store.SaveAccount(t.Context(), o.store, acc)
		must(t, err)
		refused := func() {
			t.Helper()
			b := o.browser()
			b.elsewhere("/sign-in/oidc", nil).want(t, 422).holds(t, "止められています")
			b.get(o.base+"/me").want(t, 303)
			if action, why := o.why(); action != roster.ActionSignInRefused || why != "disabled" {
				t.Errorf("%s %s", action, why)
			}
		}
		refused()
		acc.Disabled = false
		_, err = store.SaveAccount(t.Context(), o.store, acc)
		must(t, err)
		m := o.memberNamed(t, "佐藤 陽菜").Member
		m.Active = false
		_, err = o.app.SaveMember(t.Context(), o.adminBy, m, "")
		must(t, err)
		refused()
	})
	must(t, sound(o))
	if dump := o.dump("identities", "accesses", "accounts"); strings.Contains(dump, "haruna@example.jp") {
		t.Error("the e-mail is kept where it need not be")
	}
}

// account is that of a member.
func (o *office) account(t *testing.T, name string) store.Account {
	t.Helper()
	acc, err := o.app.Account(t.Context(), o.memberNamed(t, name).Account)
	must(t, err)
	return acc
}

// TestOIDCRefused: what does not come from this browser's own question, or is not right, lets nobody in and is recorded (A9).
func TestOIDCRefused(t *testing.T) {
	o, at := newProvided(t, func(c *oidc.Config) { c.Domains = []string{"example.jp"} })
	right := oidctest.Does{Subject: "haruna", Email: "haruna@example.jp", SignedIn: o.clock()}
	o.linked(o.worker())
	refused := func(t *testing.T, b *browser, a answer, why string) {
		t.Helper()
		a.want(t, 403).holds(t, "ログインできませんでした", "/sign-in")
		b.get(o.base+"/me").want(t, 303)
		if action, got := o.why(); action != roster.ActionSignInRefused || got != why {
			t.Errorf("recorded %s %s, want %s", action, got, why)
		}
	}
	for name, x := range map[string]struct {
		does func(*oidctest.Does)
		why  string
	}{
		"nonce":     {func(d *oidctest.Does) { d.Alter = func(c oidctest.Claims) { c["nonce"] = "x" } }, oidc.WhyToken},
		"none":      {func(d *oidctest.Does) { d.Alg = "none" }, oidc.WhyToken},
		"HS256":     {func(d *oidctest.Does) { d.Alg = "HS256" }, oidc.WhyToken},
		"issuer":    {func(d *oidctest.Does) { d.Alter = func(c oidctest.Claims) { c["iss"] = "https://evil.example" } }, oidc.WhyToken},
		"audience":  {func(d *oidctest.Does) { d.Alter = func(c oidctest.Claims) { c["aud"] = "x" } }, oidc.WhyToken},
		"expired":   {func(d *oidctest.Does) { d.Alter = func(c oidctest.Claims) { c["exp"] = 1 } }, oidc.WhyToken},
		"domain":    {func(d *oidctest.Does) { d.Email = "haruna@example.com" }, oidc.WhyDomain},
		"cancelled": {func(d *oidctest.Does) { d.Error = "access_denied" }, oidc.WhyCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			does := right
			x.does(&does)
			at.Set(does)
			b := o.browser()
			refused(t, b, b.elsewhere("/sign-in/oidc", nil), x.why)
			at.Set(right)
			b.elsewhere("/sign-in/oidc", nil).want(t, 303)
		})
	}
	t.Run("replay", func(t *testing.T) {
		b, copied := o.browser(), o.browser()
		left := b.post("/sign-in/oidc", nil)
		back := visit(t, left.addressOf(t))
		copied.header.Set("Cookie", left.Header.Get("Set-Cookie"))
		b.get(back).want(t, 303)
		b.post("/sign-out", nil)
		refused(t, b, b.get(back), oidc.WhyState)
		refused(t, copied, copied.get(back), oidc.WhyState) // the server has forgotten it, too
	})
	t.Run("another browser's", func(t *testing.T) {
		thief, victim := o.browser(), o.browser()
		back := visit(t, thief.post("/sign-in/oidc", nil).addressOf(t))
		before := o.digest()
		refused(t, victim, victim.get(back), oidc.WhyState)
		if o.digest() != before {
			t.Error("it changed something")
		}
		visit(t, victim.post("/sign-in/oidc", nil).addressOf(t)) // on a trip of their own
		refused(t, victim, victim.get(back), oidc.WhyState)
		o.admin.get(back).want(t, 403)
		o.admin.get(o.base+"/staff").want(t, 200) // still who they were
		thief.get(back).want(t, 303)              // and theirs was not used up by others
	})
	t.Run("a wrong return ends the trip", func(t *testing.T) {
		b := o.browser()
		back := visit(t, b.post("/sign-in/oidc", nil).addressOf(t))
		refused(t, b, b.get(CallbackPath+"?state=x&code=y"), oidc.WhyState)
		refused(t, b, b.get(back), oidc.WhyState)
	})
	t.Run("late", func(t *testing.T) {
		b := o.browser()
		back := visit(t, b.post("/sign-in/oidc", nil).addressOf(t))
		o.advance(10 * time.Minute)
		refused(t, b, b.get(back), oidc.WhyState)
	})
	t.Run("linking for somebody else", func(t *testing.T) {
		at.Set(oidctest.Does{Subject: "thief", Email: "thief@example.jp"})
		b := o.browser()
		b.post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
		back := visit(t, b.post(o.base+"/account/identities", nil).addressOf(t))
		b.post("/sign-in", values("login", "admin-aoba", "password", adminPassword)).want(t, 303)
		b.get(back).want(t, 403)
		b.get(o.base+"/account/identities").want(t, 200).lacks(t, "結び付けた日時")
	})
	must(t, sound(o))
}

// TestOIDCOff: where there is no provider there is no way by one.
func TestOIDCOff(t *testing.T) {
	o := newSite(t).found("aoba")
	o.browser().get("/sign-in").want(t, 200).lacks(t, "oidc")
	o.admin.get(o.base+"/account").want(t, 200).lacks(t, "identities")
	o.admin.get(CallbackPath+"?state=x&code=y").want(t, 404)
	for _, path := range []string{"/account/identities", "/account/identities/removal", "/proof/oidc"} {
		o.admin.post(o.base+path, nil).want(t, 404)
	}
	o.browser().post("/sign-in/oidc", nil).want(t, 404)
}

// invited is the address of an invitation for somebody new.
func (o *office) invited(m roster.Member) string {
	o.t.Helper()
	m.Active = true
	saved, err := o.app.SaveMember(context.Background(), o.adminBy, m, "")
	must(o.t, err)
	token, err := o.app.Invite(context.Background(), o.adminBy, saved.ID)
	must(o.t, err)
	return "/links/" + token
}

// TestOIDCJoin: an invited person joins without a password, linked in the act that makes the account; what is somebody else's stays theirs (A9).
func TestOIDCJoin(t *testing.T) {
	o, at := newProvided(t)
	o.linked(o.worker())
	link := o.invited(roster.Member{Name: "新人 花子", Role: roster.RoleStaff, Staff: o.people[1].ID})
	b := o.browser()
	b.get(link).want(t, 200).holds(t, "Google で参加する", link+"/oidc")
	b.elsewhere(link+"/oidc", nil).want(t, 409).holds(t, "すでに結び付けられています") // the identity is 佐藤 陽菜's
	if _, err := o.app.OpenInvitation(t.Context(), strings.TrimPrefix(link, "/links/")); err != nil {
		t.Errorf("the invitation is used up: %v", err)
	}
	b.post(link+"/oidc", values("login", "a b")).want(t, 422)
	at.Set(oidctest.Does{Subject: "hanako", Email: "hanako@example.jp", SignedIn: o.clock()})
	b.elsewhere(link+"/oidc", values("login", "haruna")).want(t, 409) // a user name of somebody else, typed
	back := visit(t, b.post(link+"/oidc", nil).addressOf(t))
	if dump := o.dump(); strings.Contains(dump, strings.TrimPrefix(link, "/links/")) {
		t.Error("the token of the invitation stands in the database")
	}
	if to := b.get(back).want(t, 303).location(); to != "/" {
		t.Errorf("led to %s", to)
	}
	b.get(o.base+"/me").want(t, 200)
	acc := o.account(t, "新人 花子")
	if acc.Password != "" || acc.Name != "hanako" || acc.Email != "hanako@example.jp" {
		t.Errorf("%+v", acc)
	}
	if list := o.actions(); !slices.Contains(list, "identity.linked 新人 花子") {
		t.Error(list)
	}
	b.get(o.base+"/account").want(t, 200).holds(t, "このアカウントにはパスワードがありません").lacks(t, `name="old"`)
	b.get(o.base+"/account/factors/new").want(t, 200) // an invitation and the provider are proof enough for now
	for _, password := range []string{"", "x"} {
		o.browser().post("/sign-in", values("login", "hanako", "password", password)).want(t, 422)
	}
	o.browser().elsewhere("/sign-in/oidc", nil).want(t, 303)
	b.post(link+"/oidc", nil).want(t, 404) // used

	t.Run("a name that is taken", func(t *testing.T) {
		at.Set(oidctest.Does{Subject: "hanako2", Email: "HANAKO@example.jp"})
		o.browser().elsewhere(o.invited(roster.Member{Name: "別の 花子", Role: roster.RoleViewer, Sites: []roster.SiteID{o.site1.ID}})+"/oidc", nil).want(t, 303)
		if acc := o.account(t, "別の 花子"); !strings.HasPrefix(acc.Name, "HANAKO-") || acc.Email != "" {
			t.Errorf("%+v", acc)
		}
	})
	t.Run("an e-mail that is not shown to be theirs", func(t *testing.T) {
		at.Set(oidctest.Does{Subject: "jiro", Email: "j@example.jp", Alter: func(c oidctest.Claims) { c["email_verified"] = false }})
		o.browser().elsewhere(o.invited(roster.Member{Name: "次郎", Role: roster.RoleViewer, Sites: []roster.SiteID{o.site1.ID}})+"/oidc", values("login", "jirosan")).want(t, 303)
		if acc := o.account(t, "次郎"); acc.Name != "jirosan" || acc.Email != "" {
			t.Errorf("%+v", acc)
		}
		at.Set(oidctest.Does{Subject: "saburo"})
		o.browser().elsewhere(o.invited(roster.Member{Name: "三郎", Role: roster.RoleViewer, Sites: []roster.SiteID{o.site1.ID}})+"/oidc", nil).want(t, 303)
		if acc := o.account(t, "三郎"); !strings.HasPrefix(acc.Name, "member-") {
			t.Errorf("%+v", acc)
		}
	})
	t.Run("a reset is no invitation", func(t *testing.T) {
		token, err := o.app.StartReset(t.Context(), o.adminBy, o.memberNamed(t, "新人 花子").ID)
		must(t, err)
		o.browser().get("/links/"+token).want(t, 200).lacks(t, "oidc")
		o.browser().post("/links/"+token+"/oidc", nil).want(t, 404)
	})
	must(t, sound(o))
}

// joined is the browser of somebody who joined without a password.
func (o *office) joined(name string, role roster.Role) *browser {
	o.t.Helper()
	b := o.browser()
	b.elsewhere(o.invited(roster.Member{Name: name, Role: role, Sites: []roster.SiteID{o.site1.ID}})+"/oidc", nil).want(o.t, 303)
	return b
}

// TestOIDCProof: who has no password shows the provider anew who they are; what was being sent is kept meanwhile. An old showing, another's, or
// one of whom has a password is no proof (A7, A9).
func TestOIDCProof(t *testing.T) {
	o, at := newProvided(t)
	o.worker()
	right := oidctest.Does{Subject: "second", Email: "second@example.jp", SignedIn: o.clock()}
	at.Set(right)
	b := o.joined("副 管理", roster.RoleAdmin)
	page := o.base + "/members/" + string(o.memberNamed(t, "佐藤 陽菜").ID)
	form := b.get(page).form(t, page)
	form.Set("name", `佐藤 "陽菜" <新>`)
	o.advance(11 * time.Minute)
	asked := b.post(page, form).want(t, 403).holds(t, "Google で確かめて続ける").lacks(t, "proof_password", "proof_code")
	kept := asked.form(t, o.base+"/proof/oidc")
	old := b.cookie()
	address := b.post(o.base+"/proof/oidc", kept).addressOf(t)
	if q, err := url.Parse(address); err != nil || q.Query().Get("prompt") != "login" || q.Query().Get("max_age") != "0" {
		t.Errorf("asked %s", address)
	}
	if b.cookie() != old {
		t.Error("beginning a proof changes the session")
	}
	done := b.get(visit(t, address)).want(t, 200).holds(t, "確かめられました")
	if b.cookie() == old {
		t.Error("the session goes on under its old id")
	}
	b.post(page, done.form(t, page)).want(t, 303)
	if now := o.memberNamed(t, `佐藤 "陽菜" <新>`); now.Role != roster.RoleStaff {
		t.Errorf("%+v", now)
	}
	if !slices.Contains(o.actions(), "proof.given 副 管理") {
		t.Error(o.actions())
	}
	o.advance(11 * time.Minute)
	secret := o.base + "/account/factors/new"
	b.get(secret).want(t, 303)
	no := func(name string, does oidctest.Does, code int, why string) {
		t.Helper()
		at.Set(does)
		b.elsewhere(o.base+"/proof/oidc", values("proof_next", secret)).want(t, code).holds(t, "アカウントの画面へ")
		b.get(secret).want(t, 303)
		if action, got := o.why(); action != roster.ActionProofRefused || got != why {
			t.Errorf("%s: recorded %s %s", name, action, got)
		}
	}
	no("says nothing of when", oidctest.Does{Subject: "second"}, 403, oidc.WhyOld)
	no("somebody else", oidctest.Does{Subject: "other", SignedIn: o.clock()}, 422, "nobody")
	lies := right
	lies.Alter = func(c oidctest.Claims) { c["auth_time"] = o.clock().Add(-2 * time.Minute).Unix() }
	no("an older showing", lies, 403, oidc.WhyOld)
	at.Set(right)
	if to := b.elsewhere(o.base+"/proof/oidc", values("proof_next", secret)).want(t, 303).location(); to != secret {
		t.Errorf("led to %s", to)
	}
	b.get(secret).want(t, 200)
	if to := b.elsewhere(o.base+"/proof/oidc", values("proof_next", "https://evil.example/", "proof_post", "1")).want(t, 303).location(); to != o.base {
		t.Errorf("led to %s", to)
	}
	b.post(o.base+"/proof/oidc", values("proof_next", page, "proof_post", "1", "name", strings.Repeat("x", maxKept))).want(t, 413)
	o.admin.post(o.base+"/proof/oidc", nil).want(t, 404) // has a password
	back := visit(t, b.post(o.base+"/proof/oidc", nil).addressOf(t))
	o.enrol(b)
	b.get(back).want(t, 422) // has a factor now
	b.post(o.base+"/proof/oidc", nil).want(t, 404)
	must(t, sound(o))
}

// TestOIDCProofOfSignIn: signing in is proof only since the provider last saw who it is.
func TestOIDCProofOfSignIn(t *testing.T) {
	o, at := newProvided(t)
	o.linked(o.worker())
	for name, x := range map[string]struct {
		at   time.Time
		want int
	}{
		"just now": {o.clock(), 200}, "nine minutes ago": {o.clock().Add(-9 * time.Minute), 200}, "ten minutes ago": {o.clock().Add(-10 * time.Minute), 303},
		"unsaid": {time.Time{}, 303},
	} {
		at.Set(oidctest.Does{Subject: "haruna", SignedIn: x.at})
		b := o.browser()
		b.elsewhere("/sign-in/oidc", nil).want(t, 303)
		if got := b.get(o.base + "/account/factors/new").StatusCode; got != x.want {
			t.Errorf("%s: %d", name, got)
		}
	}
	at.Set(oidctest.Does{Subject: "haruna", SignedIn: o.clock().Add(time.Hour)}) // by a clock that is wrong
	b := o.browser()
	b.elsewhere("/sign-in/oidc", nil).want(t, 303)
	o.advance(11 * time.Minute)
	b.get(o.base+"/account/factors/new").want(t, 303)
}

// TestOIDCUnlink: one's own identity can be removed, also by rivals only as long as there is another way to sign in (A9).
func TestOIDCUnlink(t *testing.T) {
	o, at := newProvided(t)
	worker := o.worker()
	o.linked(worker)
	removal := o.base + "/account/identities/removal"
	o.admin.post(removal, values("identity", "haruna")).want(t, 404)
	other := o.browser()
	other.elsewhere("/sign-in/oidc", nil).want(t, 303)
	form := worker.get(o.base+"/account/identities").want(t, 200).form(t, removal)
	if to := worker.post(removal, form).want(t, 303).location(); to != o.base+"/account/identities?done=unlinked" {
		t.Errorf("led to %s", to)
	}
	other.get(o.base+"/me").want(t, 303)
	worker.post(removal, form).want(t, 404)
	o.browser().elsewhere("/sign-in/oidc", nil).want(t, 404)
	if !slices.Contains(o.actions(), "identity.removed 佐藤 陽菜") {
		t.Error(o.actions())
	}

	at.Set(oidctest.Does{Subject: "first"})
	b := o.joined("二つの人", roster.RoleViewer)
	b.post(removal, values("identity", "first")).want(t, 422).holds(t, "ログインする方法がなくなります")
	t.Run("rivals", func(t *testing.T) { o.rivalRemovals(t, o.account(t, "二つの人"), at.Issuer) })
	t.Run("a passkey is a way, too", func(t *testing.T) { o.passkeyAsWay(t, o.account(t, "二つの人")) })
	must(t, sound(o))
}

// passkeyAsWay: with a passkey the identity may go, and then the passkey may not.
func (o *office) passkeyAsWay(t *testing.T, acc store.Account) {
	ctx := t.Context()
	key := app.Factor{Account: acc.ID, ID: newID(), Kind: store.FactorPasskey, Name: "鍵", Secret: "{}", Handle: newID()}
	_, err := o.store.WriteAccounts(ctx, func(w store.AccountsWriter) error { _, err := w.SaveFactor(ctx, key); return err })
	must(t, err)
	list, err := o.app.Identities(ctx, acc.ID)
	must(t, err)
	must(t, o.app.RemoveIdentity(ctx, acc, list[0], ""))
	now := o.account(t, "二つの人")
	if err := o.app.RemoveFactor(ctx, now, key.ID, list[0].Issuer, ""); roster.KindOf(err) != roster.RuleBroken {
		t.Errorf("the last way to sign in: %v", err)
	}
	must(t, o.app.LinkIdentity(ctx, now, list[0], ""))
	if err := o.app.RemoveFactor(ctx, acc, key.ID, list[0].Issuer, ""); roster.KindOf(err) != roster.Stale {
		t.Errorf("by whoever does not know that another way is gone: %v", err)
	}
	if err := o.app.RemoveFactor(ctx, now, key.ID, "https://another.example", ""); roster.KindOf(err) != roster.RuleBroken {
		t.Errorf("beside an identity of a former provider: %v", err)
	}
	must(t, o.app.RemoveFactor(ctx, now, key.ID, list[0].Issuer, ""))
}

// rivalRemovals: of two who at the same moment each remove one of two ways to sign in, one is refused.
func (o *office) rivalRemovals(t *testing.T, acc store.Account, issuer string) {
	one, two := app.Identity{Issuer: issuer, Subject: "first"}, app.Identity{Issuer: issuer, Subject: "second"}
	for range 50 {
		for _, x := range []app.Identity{one, two} {
			if err := o.app.LinkIdentity(t.Context(), acc, x, ""); err != nil && roster.KindOf(err) != roster.Taken {
				t.Fatal(err)
			}
		}
		var both sync.WaitGroup
		for _, x := range []app.Identity{one, two} {
			both.Go(func() {
				if err := o.app.RemoveIdentity(t.Context(), acc, x, ""); err != nil && roster.KindOf(err) != roster.Stale && roster.KindOf(err) != roster.RuleBroken {
					t.Error(err)
				}
			})
		}
		both.Wait()
		list, err := o.app.Identities(t.Context(), acc.ID)
		must(t, err)
		if len(list) != 1 {
			t.Fatalf("%d identities are left of two", len(list))
		}
	}
}

// TestOIDCTenancy: an account of two organisations is one identity's; each organisation's record tells of it, and neither tells of the other (C2).
func TestOIDCTenancy(t *testing.T) {
	o, at := newProvided(t)
	other := o.found("midori")
	worker := o.worker()
	acc := o.account(t, "佐藤 陽菜")
	both := roster.Member{ID: roster.MemberID(newID()), Account: acc.ID, Name: "緑の 陽菜", Role: roster.RoleViewer, Sites: []roster.SiteID{other.site1.ID}, Active: true}
	_, err := o.store.Write(t.Context(), roster.Act{Org: other.org.ID, Name: "test", Kind: "member.saved"}, func(w store.Writer) error {
		m, err := w.SaveMember(t.Context(), both)
		w.Record(roster.Saved(roster.EventMemberSaved, string(m.ID), "", nil, m))
		return err
	})
	must(t, err)
	o.linked(worker)
	b := o.browser()
	b.elsewhere("/sign-in/oidc", nil).want(t, 303)
	b.get("/").want(t, 200).holds(t, o.org.Name, other.org.Name)
	b.get(o.base+"/me").want(t, 200)
	b.get(other.base+"/account").want(t, 200)
	for _, at := range []struct {
		o    *office
		name string
	}{{o, "佐藤 陽菜"}, {other, "緑の 陽菜"}} {
		list := at.o.actions()
		if !slices.Contains(list, "identity.linked "+at.name) || !slices.Contains(list, "sign_in.begun "+at.name) {
			t.Errorf("%s: %v", at.o.org.Slug, list)
		}
	}
	other.admin.get(o.base+"/account/identities").want(t, 404)
	at.Set(oidctest.Does{Subject: "midori-admin"})
	other.linked(other.admin)
	if slices.Contains(o.actions(), "identity.linked 管理 太郎") {
		t.Error("one organisation's record tells of the other's people")
	}
	stranger := o.browser()
	stranger.elsewhere("/sign-in/oidc", nil).want(t, 303)
	stranger.get(o.base+"/staff").want(t, 404)
	stranger.get(other.base+"/staff").want(t, 200)
	must(t, sound(o))
}

// TestOIDCAway: a provider that is away is said to be, soon; the password works, and the pages of others are as fast as before (V5).
func TestOIDCAway(t *testing.T) {
	o, at := newProvided(t)
	worker := o.worker()
	o.linked(worker)
	pages := func() (list []time.Duration) {
		b := o.browser()
		for range 60 {
			begun := time.Now()
			b.get("/sign-in").want(t, 200)
			worker.get(o.base+"/me").want(t, 200)
			list = append(list, time.Since(begun))
		}
		slices.Sort(list)
		return list
	}
	before := pages()
	o.advance(2 * time.Hour) // what was discovered is believed no more
	worker = o.device(iPhone, "haruna", staffPassword)
	at.Set(oidctest.Does{Sleep: 30 * time.Second})
	var waiting sync.WaitGroup
	for range 10 {
		b := o.browser()
		waiting.Go(func() {
			begun := time.Now()
			a := b.post("/sign-in/oidc", nil)
			if took := time.Since(begun); a.StatusCode != 503 || took > 8*time.Second || a.Header.Get("Retry-After") == "" || !strings.Contains(a.body, "いまは Google でログインできません") {
				t.Errorf("%d after %v", a.StatusCode, took)
			}
		})
	}
	for at.Open() < 10 {
		time.Sleep(time.Millisecond)
	}
	during := pages()
	o.browser().post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
	waiting.Wait()
	p95 := func(list []time.Duration) time.Duration { return list[len(list)*95/100] }
	t.Logf("two pages, p95: %v before, %v while ten wait for a slow provider", p95(before), p95(during))
	if p95(during) > 3*p95(before)+100*time.Millisecond {
		t.Error("others wait, too")
	}
	at.Close()
	b := o.browser()
	b.post("/sign-in/oidc", nil).want(t, 503).holds(t, "Google から返事がありません", "/sign-in")
	if action, _ := o.why(); action == roster.ActionSignInRefused {
		t.Error("an absence is recorded as a refusal of somebody")
	}
}
