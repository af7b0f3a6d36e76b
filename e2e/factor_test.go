package e2e

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"
)

const harukoPassword = "受付は毎朝八時半にひらきます。"

// clinic is a new organisation whose administrator sits at a browser. Passkeys need a name, so it is reached as localhost.
func clinic(t *testing.T, s screen) (*process, *tab) {
	t.Helper()
	p := started(t, filepath.Join(t.TempDir(), "data"), "serve")
	p.url = strings.Replace(p.url, "127.0.0.1", "localhost", 1)
	x := newTab(t, p, s)
	x.open(p.link(t, ""))
	for field, value := range map[string]string{
		"org": "青葉クリニック", "slug": "aoba", "site": "外来", "name": "青葉 春子", "login": "haruko", "email": "haruko@example.jp",
		"password": harukoPassword, "again": harukoPassword,
	} {
		x.fill("[name="+field+"]", value)
	}
	x.submit("main form")
	x.until("the sheet", `location.pathname.startsWith("/o/aoba/")`)
	return p, x
}

// authenticator puts a device for passkeys into the browser, and returns what says whether its owner is recognised.
func (x *tab) authenticator() (recognised func(bool)) {
	x.t.Helper()
	var id webauthn.AuthenticatorID
	x.call(func(ctx context.Context) error {
		if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		made, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
			HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		id = made.AuthenticatorID
		return err
	})
	return func(yes bool) {
		x.t.Helper()
		x.call(func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: id, IsUserVerified: yes})
			return err
		})
	}
}

// signOut leaves by the menu.
func (x *tab) signOut() {
	x.t.Helper()
	x.open("/o/aoba/account")
	x.click(".user summary")
	x.submit(".user form")
	x.until("sign-in", `location.pathname === "/sign-in"`)
}

// TestPasskey: made by a device, enough to sign in and to confirm who it is; a device that does not recognise its owner opens nothing (A9).
func TestPasskey(t *testing.T) {
	_, x := clinic(t, phone)
	recognised := x.authenticator()
	x.open("/o/aoba/account/factors")
	x.shot("factors-none-phone")
	x.click(`a[href$="/factors/passkey"]`)
	x.untilText("main", "パスキーを作る")
	x.shot("passkey-new-phone")
	x.accessible("the page that makes a passkey")
	x.submit("[data-passkey]")
	x.untilText("main", "パスキーを登録しました")
	x.untilText("main", "いま控えてください")
	x.shot("recovery-codes-phone")
	x.accessible("recovery codes")
	x.signOut()
	x.shot("sign-in-passkey-phone")
	recognised(false)
	x.click("[data-passkey] [type=submit]")
	x.untilText("main", "パスキーを確かめられませんでした")
	recognised(true)
	x.submit("[data-passkey]")
	x.until("signed in", `location.pathname.startsWith("/o/aoba")`)
	x.signOut()
	x.fill("[name=login]", "haruko")
	x.fill("[name=password]", harukoPassword)
	x.submit("main form:not([data-passkey])")
	x.until("the second step", `location.pathname === "/sign-in/code"`)
	x.shot("second-step-phone")
	x.accessible("the second step")
	x.submit("[data-passkey]")
	x.until("signed in", `location.pathname.startsWith("/o/aoba")`)
	x.open("/o/aoba/account/factors")
	x.click("details.removal summary")
	x.submit("details.removal form")
	x.untilText("main", "まだ登録されていません")
	x.signOut()
	x.click("[data-passkey] [type=submit]")
	x.untilText("main", "パスキーを確かめられませんでした")
}

// TestTwoSteps: an app is registered by its secret, asks at the next sign-in, and its code is not good twice.
func TestTwoSteps(t *testing.T) {
	p, x := clinic(t, desktop)
	x.open("/o/aoba/account/factors/new")
	x.shot("factor-new-desktop")
	secret := strings.ReplaceAll(x.text("code.secret"), " ", "")
	if !regexp.MustCompile(`^[A-Z2-7]{32}$`).MatchString(secret) {
		t.Fatalf("secret %q", secret)
	}
	now := time.Now()
	code := func(at time.Time) string {
		text, err := totp.GenerateCode(secret, at)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	x.fill("[name=code]", code(now))
	x.submit("main form")
	x.untilText("main", "いま控えてください")
	x.shot("recovery-codes-desktop")
	recovery := x.text(".codes li")
	other := newTab(t, p, phone)
	other.open("/sign-in")
	other.fill("[name=login]", "haruko")
	other.fill("[name=password]", harukoPassword)
	other.submit("main form:not([data-passkey])")
	other.untilText("main", "6桁の数字")
	other.fill("[name=code]", code(now))
	other.submit("main form:not([data-passkey])")
	other.untilText("main", "確認コードが違います")
	other.shot("second-step-refused-phone")
	other.fill("[name=code]", recovery)
	other.submit("main form:not([data-passkey])")
	other.until("signed in", `location.pathname.startsWith("/o/aoba")`)
	other.open("/o/aoba/account/sign-ins")
	other.shot("sign-ins-phone")
	other.submit(`form[action$="/sign-ins"]`)
	x.open("/o/aoba/staff")
	x.until("signed out by the other", `location.pathname === "/sign-in"`)
}
