package e2e

import (
	"path/filepath"
	"testing"
)

// TestFirstRun: an empty directory becomes an organisation by one link, once, without any default account.
func TestFirstRun(t *testing.T) {
	p := started(t, filepath.Join(t.TempDir(), "data"), "serve")
	x := newTab(t, p, desktop)
	link := p.link(t, "")
	x.open(link)
	x.fill("[name=org]", "社会福祉法人あおば会")
	x.fill("[name=slug]", "aoba")
	x.fill("[name=site]", "あおば苑")
	x.fill("[name=name]", "青葉 春子")
	x.fill("[name=login]", "aoba.haruko")
	x.fill("[name=password]", "みじかい")
	x.fill("[name=again]", "みじかい")
	x.submit("main form")
	x.untilText("main", "15文字以上")
	if got := eval[string](x, `document.querySelector("[name=site]").value`); got != "あおば苑" {
		t.Errorf("what was typed is lost: %q", got)
	}
	x.fill("[name=password]", "春の朝は早番からはじまりますね")
	x.fill("[name=again]", "春の朝は早番からはじまりますね")
	x.submit("main form")
	x.until("the sheet", `location.pathname.startsWith("/o/aoba/")`)
	x.shot("first-run-sheet")

	again := newTab(t, p, desktop)
	again.open(link)
	again.untilText("main", "このリンクは使えません")
}

// TestSignIn: wrong, then right, then out; Back shows nothing afterwards.
func TestSignIn(t *testing.T) {
	p := started(t, filepath.Join(t.TempDir(), "data"), "serve")
	x := newTab(t, p, phone)
	x.open(p.link(t, ""))
	for field, value := range map[string]string{
		"org": "青葉クリニック", "slug": "aoba", "site": "外来", "name": "青葉 春子", "login": "haruko", "email": "haruko@example.jp",
		"password": "受付は毎朝八時半にひらきます。", "again": "受付は毎朝八時半にひらきます。",
	} {
		x.fill("[name="+field+"]", value)
	}
	x.submit("main form")
	x.until("the sheet", `location.pathname.startsWith("/o/aoba/")`)

	other := newTab(t, p, phone)
	other.open("/o/aoba/staff")
	other.until("sign-in", `location.pathname === "/sign-in"`)
	other.shot("sign-in-phone")
	other.fill("[name=login]", "haruko@example.jp")
	other.fill("[name=password]", "ちがうパスワードです")
	other.submit("main form")
	other.untilText("main", "ユーザー名かパスワードが違います")
	other.fill("[name=password]", "受付は毎朝八時半にひらきます。")
	other.submit("main form")
	other.until("the page that was asked for", `location.pathname === "/o/aoba/staff"`)
	other.click(".user summary")
	other.submit(".user form")
	other.until("sign-in", `location.pathname === "/sign-in"`)
	other.js(`history.back()`)
	other.until("nothing of the page before", `location.pathname === "/sign-in" && !document.body.innerText.includes("青葉 春子")`)
}

// TestInvite: an administrator makes a link, the person joins on a phone with it, and is out at once when deactivated (F-A9).
func TestInvite(t *testing.T) {
	p := demo(t)
	x := newTab(t, p, desktop)
	x.signIn(p, "admin")
	x.open("/o/wakakusa/members/new")
	x.fill("[name=name]", "新人 めぐみ")
	x.click("label:has([name=role][value=viewer])")
	x.click("label:has([name=sites])")
	x.submit("main form")
	if !x.has("main .copyable") {
		x.untilText("main", "新人 めぐみ")
		x.js(`[...document.querySelectorAll("main a")].find(a => a.innerText.includes("新人 めぐみ"))?.click()`)
		x.until("the member's page", `document.querySelector('form[action$="/link"]')`)
		x.submit(`form[action$="/link"]`)
	}
	x.until("the code for a phone", `document.querySelector("main svg path, main svg rect")`)
	link := x.text("main .copyable code")
	x.shot("invitation-desktop")

	y := newTab(t, p, phone)
	y.open(link)
	y.untilText("main", "新人 めぐみ")
	y.shot("join-phone")
	y.fill("[name=login]", "shinjin.megumi")
	y.fill("[name=password]", "あさがおの種を三つまく")
	y.fill("[name=again]", "あさがおの種を三つまく")
	y.submit("main form")
	y.until("the sheet", `document.querySelector("#grid")`)

	x.open("/o/wakakusa/members")
	x.js(`[...document.querySelectorAll("main a")].find(a => a.innerText.includes("新人 めぐみ")).click()`)
	x.until("the member's page", `document.querySelector("[name=active]")`)
	x.js(`document.querySelector("[name=active]").click()`)
	x.submit(`main form:has([name=active])`)
	y.open("/o/wakakusa/rosters")
	y.until("sign-in", `location.pathname === "/sign-in"`)
}
