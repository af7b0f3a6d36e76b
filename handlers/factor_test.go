package handlers

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/seal"
)

// phoneApp is an app that makes codes, with the clock of the test.
type phoneApp struct {
	o      *office
	secret string
}

func (p phoneApp) code() string { return p.codeAt(0) }

func (p phoneApp) codeAt(step int) string {
	p.o.t.Helper()
	code, err := totp.GenerateCode(p.secret, p.o.clock().Add(time.Duration(step)*30*time.Second))
	must(p.o.t, err)
	return code
}

var shownSecret = regexp.MustCompile(`<code class="secret num">([A-Z2-7 ]+)</code>`)

// enrol registers an app for whoever sits at a browser, and returns it with the recovery codes.
func (o *office) enrol(b *browser) (phoneApp, []string) {
	o.t.Helper()
	path := o.base + "/account/factors/new"
	page := b.get(path).want(o.t, 200)
	form := page.form(o.t, path)
	p := phoneApp{o, strings.ReplaceAll(shownSecret.FindStringSubmatch(page.body)[1], " ", "")}
	form.Set("code", p.code())
	done := b.post(path, form).want(o.t, 200).holds(o.t, "二段階認証を登録しました", "いま控えてください")
	var codes []string
	for _, m := range regexp.MustCompile(`<li>((?:[A-Z2-7]{4}-){5}[A-Z2-7]{4})</li>`).FindAllStringSubmatch(done.body, -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != 10 {
		o.t.Fatalf("%d recovery codes", len(codes))
	}
	return p, codes
}

// TestTOTPReplay: a code signs in once, one step early or late too, and never again; its seed is not in the database (A6).
func TestTOTPReplay(t *testing.T) {
	o := newSite(t).found("aoba")
	b := o.worker()
	phone, _ := o.enrol(b)
	if dump := o.dump(); strings.Contains(dump, phone.secret) {
		t.Error("the seed stands in the database")
	}
	o.advance(10 * time.Minute)
	first := func() *browser {
		t.Helper()
		b := o.browser()
		if to := b.post("/sign-in", values("login", "haruna", "password", staffPassword, "next", o.base+"/me/calendar")).want(t, 303).location(); !strings.HasPrefix(to, "/sign-in/code?next=%2Fo%2F") {
			t.Errorf("led to %s", to)
		}
		b.get(o.base+"/me").want(t, 303) // not signed in yet
		b.get("/sign-in/code").want(t, 200)
		return b
	}
	second := func(b *browser, code string) int {
		t.Helper()
		return b.post("/sign-in/code", values("code", code, "next", o.base+"/me/calendar")).StatusCode
	}
	code := phone.code()
	b = first()
	if got := second(b, strings.Join(strings.Split(code, ""), " ")); got != 303 {
		t.Errorf("the code of now, with blanks: %d", got)
	}
	b.get(o.base+"/me").want(t, 200)
	if got := second(first(), code); got != 422 {
		t.Errorf("the same code again: %d", got)
	}
	if got := second(first(), phone.codeAt(-1)); got != 422 {
		t.Errorf("the code before one that was used: %d", got)
	}
	if got := second(first(), phone.codeAt(1)); got != 303 {
		t.Errorf("the code of the next step: %d", got)
	}
	o.advance(5 * time.Minute)
	for code, want := range map[string]int{phone.codeAt(2): 422, phone.codeAt(-2): 422, "": 422, "000000": 422} {
		if got := second(first(), code); got != want {
			t.Errorf("%q: %d, want %d", code, got, want)
		}
	}
	o.advance(20 * time.Minute)
	b = first()
	for range 5 {
		second(b, "000000")
	}
	if got := second(b, phone.code()); got != 429 {
		t.Errorf("the sixth try: %d", got)
	}
	o.advance(11 * time.Minute)
	if to := b.post("/sign-in/code", values("code", phone.code())).want(t, 303).location(); to != "/sign-in" {
		t.Errorf("a first step of eleven minutes ago leads to %s", to)
	}
	must(t, sound(o))
}

// TestRecoveryOnce: each recovery code is good once, 120 bits are kept as hashes, and new ones end the old (A6).
func TestRecoveryOnce(t *testing.T) {
	o := newSite(t).found("aoba")
	b := o.worker()
	_, codes := o.enrol(b)
	dump := o.dump()
	for _, c := range codes {
		if strings.Contains(dump, c) || strings.Contains(dump, strings.ReplaceAll(c, "-", "")) {
			t.Error("a recovery code stands in the database")
		}
	}
	use := func(code string) int {
		t.Helper()
		b := o.browser()
		b.post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
		return b.post("/sign-in/code", values("code", code)).StatusCode
	}
	if a, again, lower := use(codes[0]), use(codes[0]), use(strings.ToLower(strings.ReplaceAll(codes[1], "-", " "))); a != 303 || again != 422 || lower != 303 {
		t.Errorf("%d, again %d, in small letters %d", a, again, lower)
	}
	b.get(o.base+"/account/factors").want(t, 200).holds(t, "あと8個")
	b.post(o.base+"/account/factors/recovery", nil).want(t, 200).holds(t, "いま控えてください").lacks(t, codes[3])
	if use(codes[3]) != 422 {
		t.Error("an old code is good after new ones were made")
	}
	if list := o.actions(); !slices.Contains(list, "recovery.used 佐藤 陽菜") || !slices.Contains(list, "recovery.renewed 佐藤 陽菜") || !slices.Contains(list, "factor.added 佐藤 陽菜") {
		t.Errorf("%v", list)
	}
}

// TestResetKeepsMFA: a reset of the password leads to the second step, not past it; an administrator can forget what was lost (A6).
func TestResetKeepsMFA(t *testing.T) {
	o := newSite(t).found("aoba")
	o.enrol(o.worker())
	m := o.memberNamed(t, "佐藤 陽菜")
	token, err := o.app.StartReset(context.Background(), o.adminBy, m.ID)
	must(t, err)
	b := o.browser()
	if to := b.post("/links/"+token, values("password", "すみれやれんげの花に", "again", "すみれやれんげの花に")).want(t, 303).location(); !strings.HasPrefix(to, "/sign-in/code") {
		t.Errorf("a reset leads to %s", to)
	}
	b.get(o.base+"/me").want(t, 303)
	page := o.base + "/members/" + string(m.ID)
	o.admin.get(page).want(t, 200).holds(t, "1個の方法が登録されています")
	o.admin.post(page+"/factors", nil).want(t, 303)
	if to := o.browser().post("/sign-in", values("login", "haruna", "password", "すみれやれんげの花に")).want(t, 303).location(); to != "/" {
		t.Errorf("without factors the password leads to %s", to)
	}
	o.admin.get(o.base+"/history/accesses").holds(t, "佐藤 陽菜さんの二段階認証を外しました")
}

// TestNewFactor: a wrong code keeps the secret and what was typed; a sealed secret is nobody else's.
func TestNewFactor(t *testing.T) {
	o := newSite(t).found("aoba")
	b := o.worker()
	path := o.base + "/account/factors/new"
	page := b.get(path).want(t, 200).holds(t, "otpauth://totp/", "この端末のアプリで開く")
	form := page.form(t, path)
	secret := shownSecret.FindStringSubmatch(page.body)[1]
	form.Set("code", "12345")
	form.Set("name", "私の電話")
	b.post(path, form).want(t, 422).holds(t, "確認コードが違います", secret, `value="私の電話"`)
	o.admin.post(path, form).want(t, 404) // another account's
	form.Set("sealed", "s1.x.y")
	b.post(path, form).want(t, 404)
	o.enrol(b)
}

// TestFactorNeeded: where the organisation asks for it, administrators and managers come no further without; staff do. The last one stays (A7).
func TestFactorNeeded(t *testing.T) {
	o := newSite(t).found("aoba")
	worker, manager := o.worker(), o.manager()
	page := o.base + "/settings"
	form := o.admin.get(page).form(t, page)
	form.Set("second_factor", "1")
	o.admin.post(page, form).want(t, 303)
	worker.get(o.base+"/me").want(t, 200)
	for _, b := range []*browser{o.admin, manager} {
		for _, path := range []string{"/rosters", "/staff"} {
			if to := b.get(o.base+path).want(t, 303).location(); to != o.base+"/account/factors?needed=1" {
				t.Errorf("%s leads to %s", path, to)
			}
		}
		b.get(o.base+"/account").want(t, 200)
		b.get(o.base+"/account/factors?needed=1").want(t, 200).holds(t, "二段階認証が必要です")
	}
	o.enrol(manager)
	manager.get(o.base+"/staff").want(t, 200)
	list := manager.get(o.base+"/account/factors").want(t, 200)
	id := regexp.MustCompile(`name="factor" value="([^"]+)"`).FindStringSubmatch(list.body)[1]
	manager.post(o.base+"/account/factors/removal", values("factor", id)).want(t, 422).holds(t, "最後の一つは外せません")
	o.enrol(worker)
	list = worker.get(o.base + "/account/factors")
	id = regexp.MustCompile(`name="factor" value="([^"]+)"`).FindStringSubmatch(list.body)[1]
	worker.post(o.base+"/account/factors/removal", values("factor", id)).want(t, 303)
	worker.get(o.base+"/account/factors").holds(t, "まだ登録されていません")
	worker.post(o.base+"/account/factors/removal", values("factor", id)).want(t, 404)
}

// TestFactorEndsOthers: a change of factors signs out everywhere else, at the next request, and gives a new id here (S2, S4).
func TestFactorEndsOthers(t *testing.T) {
	o := newSite(t).found("aoba")
	here := o.worker()
	there := o.browser()
	there.post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
	there.get(o.base+"/me").want(t, 200)
	before := here.cookie()
	o.enrol(here)
	there.get(o.base+"/me").want(t, 303)
	if here.cookie() == before {
		t.Error("the session goes on under its old id")
	}
	old := o.browser()
	old.header.Set("Cookie", "wakakusa="+before)
	old.get(o.base+"/me").want(t, 303)
}

// stepUp are the routes that ask once more, in words of the policy (A7): roles and links of members, factors, whatever takes much data out or puts
// the database back.
var stepUp = []string{
	"POST /o/:org/members/:member", "POST /o/:org/members/:member/link", "POST /o/:org/members/:member/qr", "POST /o/:org/members/:member/factors",
	"GET /o/:org/account/factors/new", "POST /o/:org/account/factors/new", "GET /o/:org/account/factors/passkey", "POST /o/:org/account/factors/passkey", "POST /o/:org/account/factors/recovery", "POST /o/:org/account/factors/removal",
	"POST /o/:org/account/identities", "POST /o/:org/account/identities/removal",
	"POST /o/:org/account/data", "POST /o/:org/staff/:staff/data", "POST /o/:org/members/:member/data",
	"POST /o/:org/history/export", "POST /o/:org/history/accesses/export", "POST /o/:org/backups/restore", "GET /o/:org/backups/:backup",
}

// TestStepUp: ten minutes after somebody has shown who they are, these routes and no others ask again, and nothing is done before (A7).
func TestStepUp(t *testing.T) {
	o := newSite(t).found("aoba")
	o.worker()
	o.advance(10*time.Minute - time.Second)
	o.admin.post(o.base+"/history/export", nil).want(t, 200)
	o.advance(time.Second)
	before := o.digest()
	for _, r := range inOrg() {
		if strings.HasSuffix(r.path, "/events") || strings.HasSuffix(r.path, "/sign-ins") || r.path == "/o/:org/proof" || r.gate.do == "" && !r.gate.fresh {
			continue
		}
		a := o.admin.do(r.method, o.filled(r), nil)
		asked := strings.HasPrefix(a.location(), o.base+"/proof?next=") || a.StatusCode == 403 && strings.Contains(a.body, `name="proof_password"`)
		if want := slices.Contains(stepUp, r.method+" "+r.path); asked != want {
			t.Errorf("%s %s asks: %v (%d)", r.method, r.path, asked, a.StatusCode)
		} else if asked && o.digest() != before {
			t.Errorf("%s %s asked, and did something", r.method, r.path)
		}
		before = o.digest()
	}
}

// TestSettingsAskProof: settings that make the organisation less safe, or erase people earlier, ask who it is; others do not.
func TestSettingsAskProof(t *testing.T) {
	o := newSite(t).found("aoba")
	o.advance(11 * time.Minute)
	path := o.base + "/settings"
	send := func(field, value string, want int) {
		t.Helper()
		form := o.admin.get(path).form(t, path)
		form.Set(field, value)
		o.admin.post(path, form).want(t, want)
	}
	send("name", "青葉会", 303)
	send("retain_years", "7", 303)
	send("retain_years", "3", 403)
	send("second_factor", "1", 403)
}

// TestProof: what was being sent is sent again as it was once the password is right, under a new session; wrong ones are limited and recorded.
func TestProof(t *testing.T) {
	o := newSite(t).found("aoba")
	o.worker()
	m := o.memberNamed(t, "佐藤 陽菜")
	page := o.base + "/members/" + string(m.ID)
	form := o.admin.get(page).form(t, page)
	form.Set("name", `佐藤 "陽菜" <新>`)
	form.Set("role", "viewer")
	form.Add("sites", string(o.site1.ID))
	o.advance(11 * time.Minute)
	asked := o.admin.post(page, form).want(t, 403).holds(t, "本人の確認", "入力した内容は、このあとそのまま送られます")
	kept := asked.form(t, o.base+"/proof")
	old := o.admin.cookie()
	kept.Set("proof_password", "ちがうことば")
	asked = o.admin.post(o.base+"/proof", kept).want(t, 422).lacks(t, "ちがうことば")
	kept = asked.form(t, o.base+"/proof")
	kept.Set("proof_password", adminPassword)
	again := o.admin.post(o.base+"/proof", kept).want(t, 307)
	if again.location() != page {
		t.Errorf("led to %s", again.location())
	}
	if o.admin.cookie() == old {
		t.Error("the session goes on under its old id")
	}
	o.admin.post(page, kept).want(t, 303) // as a browser follows a 307
	if now, err := o.app.Member(t.Context(), o.adminBy, m.ID); err != nil || now.Name != `佐藤 "陽菜" <新>` || now.Role != roster.RoleViewer || len(now.Sites) != 1 {
		t.Errorf("%+v, %v", now, err)
	}
	if list := o.actions(); !slices.Contains(list, "proof.refused 管理 太郎") || !slices.Contains(list, "proof.given 管理 太郎") {
		t.Errorf("%v", list)
	}
	o.advance(11 * time.Minute)
	if to := o.admin.get(o.base+"/account/factors/new").want(t, 303).location(); to != o.base+"/proof?next="+strings.ReplaceAll(o.base, "/", "%2F")+"%2Faccount%2Ffactors%2Fnew" {
		t.Errorf("led to %s", to)
	}
	o.admin.get(o.base+"/proof?next=https://evil.example/").want(t, 200).lacks(t, "evil.example")
	for range 5 {
		o.admin.post(o.base+"/proof", values("proof_password", "x", "proof_next", o.base)).want(t, 422)
	}
	o.admin.post(o.base+"/proof", values("proof_password", adminPassword, "proof_next", o.base)).want(t, 429)
	for range 5 {
		o.admin.post(o.base+"/account/password", values("old", "x", "password", "x", "again", "x")).want(t, 422)
	}
	o.admin.post(o.base+"/account/password", values("old", adminPassword, "password", "x", "again", "x")).want(t, 429)
}

// TestPasswordIsNoProof: of whoever has a second factor the password alone shows too little, also where it was just changed; and who knows the
// password cannot clear the count of wrong codes with it.
func TestPasswordIsNoProof(t *testing.T) {
	o := newSite(t).found("aoba")
	o.enrol(o.admin)
	o.advance(11 * time.Minute)
	renew := func() int { return o.admin.post(o.base+"/account/factors/recovery", nil).StatusCode }
	fresh := "なのはなばたけにいりひうすれて"
	o.admin.post(o.base+"/account/password", values("old", adminPassword, "password", fresh, "again", fresh)).want(t, 200)
	if renew() != 403 {
		t.Error("a change of the password passes for a proof")
	}
	got := 0
	for range 4 {
		for range 3 {
			got = o.admin.post(o.base+"/proof", values("proof_password", fresh, "proof_code", "000000")).StatusCode
		}
		o.admin.post(o.base+"/account/password", values("old", fresh, "password", "x", "again", "x")).want(t, 422)
	}
	if got != 429 {
		t.Errorf("the twelfth wrong code: %d", got)
	}
}

// TestCodesOfAnAccount: wrong codes are counted for the account, too, wherever they come from; and a password that was shown is worth nothing once
// it has changed (A6).
func TestCodesOfAnAccount(t *testing.T) {
	o := newSite(t, func(c *Config) { c.Proxies = []*net.IPNet{{IP: net.IPv4(127, 0, 0, 0), Mask: net.CIDRMask(8, 32)}} }).found("aoba")
	phone, _ := o.enrol(o.worker())
	o.advance(time.Minute)
	b := o.browser()
	b.post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
	if list := o.actions(); list[len(list)-1] != "sign_in.awaited 佐藤 陽菜" {
		t.Errorf("that somebody knew the password is not recorded: %v", list)
	}
	last := 0
	for i := range 21 {
		b.header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i+1))
		last = b.post("/sign-in/code", values("code", "000000")).StatusCode
	}
	if last != 429 {
		t.Errorf("the 21st wrong code, each from another address: %d", last)
	}
	o.advance(61 * time.Minute)
	b = o.browser()
	b.post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
	must(t, o.app.ChangePassword(t.Context(), o.memberNamed(t, "佐藤 陽菜").Account, staffPassword, "すみれやれんげの花に", "すみれやれんげの花に", "", "192.0.2.99"))
	b.post("/sign-in/code", values("code", phone.code())).want(t, 422)
}

// TestFactorRivals: of two who each remove one of the last two factors, one is refused where the organisation needs one.
func TestFactorRivals(t *testing.T) {
	o := newSite(t).found("aoba")
	o.enrol(o.admin)
	path := o.base + "/account/factors/new"
	page := o.admin.get(path)
	form := page.form(t, path)
	p := phoneApp{o, strings.ReplaceAll(shownSecret.FindStringSubmatch(page.body)[1], " ", "")}
	form.Set("code", p.code())
	o.admin.post(path, form).want(t, 200).lacks(t, "いま控えてください")
	page = o.admin.get(o.base + "/settings")
	form = page.form(t, o.base+"/settings")
	form.Set("second_factor", "1")
	o.admin.post(o.base+"/settings", form).want(t, 303)
	acc, err := o.app.Account(t.Context(), o.adminBy.Account)
	must(t, err)
	list, err := o.app.Factors(t.Context(), acc.ID)
	must(t, err)
	var all sync.WaitGroup
	for _, f := range list {
		all.Go(func() { o.app.RemoveFactor(t.Context(), acc, f.ID, "", "") }) //nolint:errcheck // one of them is refused
	}
	all.Wait()
	if left, err := o.app.Factors(t.Context(), acc.ID); err != nil || len(left) != 1 {
		t.Errorf("%d factors left, %v", len(left), err)
	}
}

// TestLostKey: with another key the apps are useless, the recovery codes are not.
func TestLostKey(t *testing.T) {
	o := newSite(t).found("aoba")
	_, codes := o.enrol(o.worker())
	other, err := seal.New(seal.NewSecret())
	must(t, err)
	o.app.SealWith(other)
	b := o.browser()
	b.post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
	b.post("/sign-in/code", values("code", "123456")).want(t, 422)
	b.post("/sign-in/code", values("code", codes[0])).want(t, 303)
}

// TestFactorsOfOthers: who may not reset a password elsewhere may not forget factors, sign out or show a code there either; nobody who is more
// than staff anywhere is signed in by a code.
func TestFactorsOfOthers(t *testing.T) {
	s := newSite(t)
	o, other := s.found("aoba"), s.found("midori")
	o.worker()
	shared := o.memberNamed(t, "佐藤 陽菜")
	other.bind(shared.Account, roster.RoleStaff)
	page := o.base + "/members/" + string(shared.ID)
	for _, path := range []string{"/factors", "/sign-ins", "/qr", "/link"} {
		if got := o.admin.post(page+path, nil).StatusCode; got != 422 {
			t.Errorf("%s: %d", path, got)
		}
	}
	other.bind(o.adminBy.Account, roster.RoleAdmin) // who administers both answers for everybody
	o.admin.post("/sign-in", values("login", "admin-aoba", "password", adminPassword)).want(t, 303)
	o.admin.post(page+"/factors", nil).want(t, 303)
	o.admin.post(page+"/qr", nil).want(t, 200)
	o.member("chief", roster.Member{Name: "主任", Role: roster.RoleStaff, Staff: o.people[1].ID})
	chief := o.memberNamed(t, "主任")
	other.bind(chief.Account, roster.RoleManager, other.site1.ID)
	o.admin.post(o.base+"/members/"+string(chief.ID)+"/qr", nil).want(t, 422)
}

// TestRenewal: a session that was ended while its person was being asked does not come back, and none lives longer for being renewed.
func TestRenewal(t *testing.T) {
	o := newSite(t).found("aoba")
	b := o.worker()
	acc := o.memberNamed(t, "佐藤 陽菜").Account
	hash := app.HashSecret(b.cookie())
	was, err := o.app.Session(t.Context(), hash)
	must(t, err)
	o.advance(time.Hour)
	b.post(o.base+"/proof", values("proof_password", staffPassword)).want(t, 303)
	now, err := o.app.Session(t.Context(), app.HashSecret(b.cookie()))
	must(t, err)
	if now.EndsMs != was.EndsMs || now.CreatedMs != was.CreatedMs {
		t.Errorf("renewed from %d to %d", was.EndsMs, now.EndsMs)
	}
	acct, err := o.app.Account(t.Context(), acc)
	must(t, err)
	must(t, o.app.EndOtherSignIns(t.Context(), acct, ""))
	again := now
	again.Hash = app.HashSecret("another")
	if err := o.app.RenewSession(t.Context(), again, now.Hash); roster.KindOf(err) != roster.SignedOut && roster.KindOf(err) != roster.NotFound {
		t.Errorf("an ended session is renewed: %v", err)
	}
}

// TestProofWithFactor: whoever has one shows it too, and a code is not good twice here either.
func TestProofWithFactor(t *testing.T) {
	o := newSite(t).found("aoba")
	phone, _ := o.enrol(o.admin)
	o.advance(11 * time.Minute)
	path := o.base + "/proof"
	o.admin.get(path).want(t, 200).holds(t, "proof_code")
	prove := func(password, code string) int {
		return o.admin.post(path, values("proof_password", password, "proof_code", code, "proof_next", o.base+"/history")).StatusCode
	}
	code := phone.code()
	if none, wrong, right := prove(adminPassword, ""), prove("x", code), prove(adminPassword, code); none != 422 || wrong != 422 || right != 303 {
		t.Errorf("no code %d, wrong password %d, both right %d", none, wrong, right)
	}
	if prove(adminPassword, code) != 422 {
		t.Error("a code is good twice")
	}
}
