package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"wakakusa/oidc/oidctest"
)

// TestOIDC: by a provider on another site, a person links their account, signs in without script, and joins by an invitation. The browser keeps the
// policy of the pages, which lets forms go nowhere else, and sends the cookie along when the provider sends people back (A9).
func TestOIDC(t *testing.T) {
	at := oidctest.New(t, time.Now, false)
	at.Issuer = strings.Replace(at.Issuer, "127.0.0.1", "localhost", 1) // another site than ours
	dir, address := filepath.Join(t.TempDir(), "data"), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	at.Callback = "http://" + address + "/sign-in/oidc/callback"
	at.Set(oidctest.Does{Subject: "haruko", Email: "haruko@example.jp", SignedIn: time.Now()})
	settings, err := databaseOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := launchWith(append(settings, "DATA_DIR="+dir, "LISTEN="+address, "PUBLIC_URL=http://"+address, "OIDC_ISSUER="+at.Issuer,
		"OIDC_CLIENT_ID="+oidctest.ClientID, "OIDC_CLIENT_SECRET="+oidctest.ClientSecret, "OIDC_NAME=Google"), "serve")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	x := newTab(t, p, desktop)
	x.open(p.link(t, ""))
	for field, value := range map[string]string{
		"org": "青葉クリニック", "slug": "aoba", "site": "外来", "name": "青葉 春子", "login": "haruko",
		"password": "受付は毎朝八時半にひらきます。", "again": "受付は毎朝八時半にひらきます。",
	} {
		x.fill("[name="+field+"]", value)
	}
	x.submit("main form")
	x.until("the sheet", `location.pathname.startsWith("/o/aoba/")`)
	x.open("/o/aoba/account/identities")
	x.submit(`form[action$="/identities"]`)
	x.until("linked", `location.pathname === "/o/aoba/account/identities" && document.body.innerText.includes("結び付けた日時")`)
	x.accessible("identities")
	x.shot("identities-desktop")

	y := newTab(t, p, phone)
	y.call(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
	y.open("/sign-in?next=/o/aoba/staff")
	y.shot("sign-in-elsewhere-phone")
	y.do(chromedp.Click(chromedp.CSS(`form[action="/sign-in/oidc"] [type=submit]`)))
	y.until("the page that was asked for, back from the provider", `location.pathname === "/o/aoba/staff"`)

	at.Set(oidctest.Does{Subject: "nobody"})
	z := newTab(t, p, phone)
	z.open("/sign-in")
	z.submit(`form[action="/sign-in/oidc"]`)
	z.until("refused", `location.pathname === "/sign-in/oidc/callback" && document.body.innerText.includes("まだ結び付けられていません")`)
	z.accessible("not let in")
	z.shot("not-let-in-phone")

	x.open("/o/aoba/members/new")
	x.fill("[name=name]", "新人 めぐみ")
	x.click("label:has([name=role][value=viewer])")
	x.click("label:has([name=sites])")
	x.submit("main form")
	x.js(`[...document.querySelectorAll("main a")].find(a => a.innerText.includes("新人 めぐみ"))?.click()`)
	x.until("the member's page", `document.querySelector('form[action$="/link"]')`)
	x.submit(`form[action$="/link"]`)
	at.Set(oidctest.Does{Subject: "megumi", Email: "megumi@example.jp", SignedIn: time.Now()})
	z.open(x.text("main .copyable code"))
	z.accessible("join")
	z.shot("join-elsewhere-phone")
	z.submit(`form[action$="/oidc"]`)
	z.until("in", `location.pathname.startsWith("/o/aoba/")`)
	z.open("/o/aoba/account")
	z.untilText("main", "パスワードがありません")
}
