package handlers

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wakakusa/roster"
)

const (
	iPhone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
	windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)

// device signs somebody in from a browser that says what it is.
func (o *office) device(agent, login, password string) *browser {
	o.t.Helper()
	b := o.browser()
	b.header.Set("User-Agent", agent)
	b.post("/sign-in", values("login", login, "password", password)).want(o.t, 303)
	return b
}

// TestSignIns: a person sees where they are signed in, ends one or all others, and only their own (S5).
func TestSignIns(t *testing.T) {
	o := newSite(t).found("aoba")
	o.worker()
	path := o.base + "/account/sign-ins"
	phone := o.device(iPhone, "haruna", staffPassword)
	o.advance(time.Minute)
	desk := o.device(windows, "haruna", staffPassword)
	page := phone.get(path).want(t, 200).holds(t, "iPhone の Safari", "Windows の Edge", "この端末", "127.0.0.1", "ほかの端末をすべてログアウト")
	if strings.Count(page.body, "この端末<") != 1 || strings.Index(page.body, "iPhone") > strings.Index(page.body, "Windows") {
		t.Error("the device that asks is not marked, or not first")
	}
	form := page.form(t, path)
	o.admin.post(path, form).want(t, 303) // somebody else's name of a sign-in ends nothing
	desk.get(o.base+"/me").want(t, 200)
	phone.post(path, form).want(t, 303)
	if n := strings.Count(phone.get(path).body, "最後の利用"); n != 2 {
		t.Errorf("%d sign-ins after ending one of three", n)
	}
	phone.post(path, nil).want(t, 303)
	desk.get(o.base+"/me").want(t, 303)
	phone.get(path).want(t, 200).lacks(t, "ほかの端末をすべてログアウト", "Windows")
	if !slices.Contains(o.actions(), "sign_ins.revoked 佐藤 陽菜") {
		t.Error(o.actions())
	}
	o.advance(15 * 24 * time.Hour) // rested too long
	again := o.device(iPhone, "haruna", staffPassword)
	again.get(path).lacks(t, "ほかの端末をすべてログアウト")
}

// TestMemberSignIns: an administrator sees that a member is signed in, not from where, and can end it (S5).
func TestMemberSignIns(t *testing.T) {
	o := newSite(t).found("aoba")
	worker := o.worker()
	phone := o.device(iPhone, "haruna", staffPassword)
	page := o.base + "/members/" + string(o.memberNamed(t, "佐藤 陽菜").ID)
	o.admin.get(page).want(t, 200).holds(t, "iPhone の Safari", "すべての端末をログアウト").lacks(t, "127.0.0.1", "この端末")
	o.admin.post(page+"/sign-ins", nil).want(t, 303)
	worker.get(o.base+"/me").want(t, 303)
	phone.get(o.base+"/me").want(t, 303)
	o.admin.get(page+"?done=ended").holds(t, "いまログインしている端末はありません", "ログアウトさせました")
	o.admin.get(o.base+"/history/accesses").holds(t, "佐藤 陽菜さんの端末をログアウトさせました")
}

// TestSignInQR: staff without e-mail and password sign in by a code that an administrator shows; it is good once, for ten minutes, and for
// nobody who manages anything. It proves nothing more than that.
func TestSignInQR(t *testing.T) {
	o := newSite(t).found("aoba")
	fresh, err := o.app.SaveMember(t.Context(), o.adminBy, roster.Member{Name: "髙橋 さくら", Role: roster.RoleStaff, Staff: o.people[2].ID, Active: true}, "")
	must(t, err)
	page := o.base + "/members/" + string(fresh.ID)
	o.admin.get(page).want(t, 200).holds(t, "ログイン用QRコードを出す")
	shown := o.admin.post(page+"/qr", nil).want(t, 200).holds(t, "読み取って", `class="qr"`)
	if strings.Contains(shown.body, "/links/") {
		t.Error("the address stands in words beside the code, where it could be copied")
	}
	token := func(id roster.MemberID) string {
		t.Helper()
		token, err := o.app.SignInQR(t.Context(), o.adminBy, id)
		must(t, err)
		return "/links/" + token
	}
	link := token(fresh.ID)
	phone := o.browser()
	phone.get(link).want(t, 200).holds(t, "髙橋 さくらさんとして、この端末でログインします")
	phone.get(o.base+"/me").want(t, 303) // looking signs nobody in
	phone.post(link, nil).want(t, 303)
	phone.get(o.base+"/me").want(t, 200).holds(t, "髙橋 さくら")
	o.browser().post(link, nil).want(t, 404)
	phone.get(o.base+"/account/factors/new").want(t, 303)
	phone.get(o.base+"/proof").want(t, 200)
	phone.post(o.base+"/proof", values("proof_password", "")).want(t, 422).holds(t, "パスワードのないアカウントでは")
	if m := o.memberNamed(t, "髙橋 さくら"); !strings.HasPrefix(m.Login, "qr-") {
		t.Errorf("%+v", m)
	}
	second := o.browser() // the same account on another phone
	second.post(token(fresh.ID), nil).want(t, 303)
	if !strings.Contains(second.get(o.base+"/account/sign-ins").want(t, 200).body, "ほかの端末をすべてログアウト") {
		t.Error("not the same account")
	}
	link = token(fresh.ID)
	o.advance(10 * time.Minute)
	o.browser().get(link).want(t, 404)
	link = token(fresh.ID)
	m, err := o.app.Member(t.Context(), o.adminBy, fresh.ID)
	must(t, err)
	m.Role, m.Sites = roster.RoleManager, []roster.SiteID{o.site1.ID}
	_, err = o.app.SaveMember(t.Context(), o.adminBy, m, "")
	must(t, err)
	o.browser().post(link, nil).want(t, 404) // manages something since
	o.admin.post("/sign-in", values("login", "admin-aoba", "password", adminPassword)).want(t, 303)
	o.admin.post(page+"/qr", nil).want(t, 422)
	o.admin.get(page).lacks(t, "ログイン用QRコードを出す")
	o.admin.get(o.base+"/history/accesses").holds(t, "髙橋 さくらさんのログイン用QRコードを作りました")
}
