package handlers

import (
	"slices"
	"strings"
	"testing"
	"time"
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
	o.admin.get(o.base+"/accesses").holds(t, "佐藤 陽菜さんの端末をログアウトさせました")
}
