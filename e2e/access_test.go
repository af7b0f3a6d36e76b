package e2e

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// axeFinding is one broken accessibility rule on a page.
type axeFinding struct {
	ID    string
	Help  string
	Nodes []string
}

// axe checks the page as it stands against WCAG 2.2 A and AA and the tool's best practices.
func (x *tab) axe() []axeFinding {
	x.t.Helper()
	source, err := os.ReadFile("../static/vendor/axe/axe.min.js")
	if err != nil {
		x.t.Fatal(err)
	}
	x.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Evaluate[any](string(source)+";true", chromedp.EvalAsValue)(ctx, t)
		return chromedp.Void{}, err
	})
	return evalAsync[[]axeFinding](x, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => (
		{ID: v.id, Help: v.help, Nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160))})))`)
}

func (x *tab) accessible(what string) {
	x.t.Helper()
	for _, f := range x.axe() {
		if f.ID == "label-content-name-mismatch" && !slices.ContainsFunc(f.Nodes, notTwoShifts) {
			continue
		}
		x.t.Errorf("%s: %s (%s)\n\t%s", what, f.ID, f.Help, strings.Join(f.Nodes, "\n\t"))
	}
}

// notTwoShifts: a cell with two shifts shows two letters and says two names; no name can hold both letters in one piece.
func notTwoShifts(html string) bool {
	return !strings.HasPrefix(html, `<div role="gridcell" class="two`)
}

// TestAccessible checks each page of the program, light and dark, phone and desktop.
func TestAccessible(t *testing.T) { everyPage(t, small, (*tab).accessible) }

// TestStories checks every component in every state.
func TestStories(t *testing.T) {
	p := started(t, t.TempDir(), "storybook", "--listen=127.0.0.1:0")
	x := newTab(t, p, phone)
	x.open("/")
	for _, href := range eval[[]string](x, `[...document.querySelectorAll(".list a")].map(a => a.pathname)`) {
		for _, scheme := range []string{"light", "dark"} {
			x.scheme(scheme)
			x.open(href)
			x.accessible(href + " " + scheme)
		}
	}
}
