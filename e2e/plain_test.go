package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestWithoutScript plans, changes and publishes by plain forms alone: what a page does with script, it does without.
func TestWithoutScript(t *testing.T) {
	x := openSheet(t, demo(t), desktop, "manager")
	c := x.cells(`(row) => { for (let i = 1; i + 2 < row.length; i++) if (row.slice(i - 1, i + 3).every(v => v === "日" || v === "公") && row[i] === "日" && row[i + 1] === "公") return [i] }`)
	row := eval[string](x, fmt.Sprintf(`document.querySelector(%q).parentElement.id.slice(2)`, c[0]))
	day := eval[string](x, fmt.Sprintf(`(() => { const e = document.querySelector(%q); return document.querySelector("#grid .hd").children[[...e.parentElement.children].indexOf(e)].dataset.d })()`, c[0]))
	x.call(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
	x.do(chromedp.Reload())
	if x.has("html.js") {
		t.Fatal("script still runs")
	}
	x.do(chromedp.SetValue(chromedp.CSS(`form[action$="/cells"] [name=staff]`), row), chromedp.SetValue(chromedp.CSS(`form[action$="/cells"] [name=day]`), day))
	x.submit(`form[action$="/cells"]`)
	x.fill("[name=end]", "とても遅く")
	x.follow("[name=action][value=change]")
	x.untilText("main", "時刻として読めません")
	x.fill("[name=end]", "19:15")
	x.follow("[name=action][value=change]")
	x.until("the sheet with the new times", fmt.Sprintf(`document.querySelector(%q).getAttribute("aria-label").includes("19:15")`, c[0]))
	x.submit("form:has(#publish)")
	x.until("nothing unpublished", `!document.body.innerText.includes("未公開の変更")`)
}
