package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// The measurements below are those of a phone of the middle class on a mobile network: 390×844, processor four times slower, 150 ms of
// round trip, 1.6 Mbit/s down and 0.75 up. The processor slows only the browser; the server is as quick as it is.

func (x *tab) slowPhone() {
	x.t.Helper()
	x.call(func(ctx context.Context) error {
		if _, err := chromedp.Call(ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 4}); err != nil {
			return err
		}
		slow := network.Conditions{Latency: 150, DownloadThroughput: 1.6e6 / 8, UploadThroughput: 750e3 / 8}
		_, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{&slow}})
		return err
	})
}

// lcp is what the browser says was painted last of the largest things, in ms after the navigation began.
const lcp = `new Promise(done => { let last = 0;
	new PerformanceObserver(list => { for (const e of list.getEntries()) last = e.startTime }).observe({type: "largest-contentful-paint", buffered: true});
	setTimeout(() => done(last), 700) })`

// watchEvents collects the durations of everything a person does, from the finger to the next picture. The browser may tell of an earlier
// thing late: what began before the interaction that is measured does not count.
const watchEvents = `(() => { window.slowest = window.since = 0; new PerformanceObserver(list => { for (const e of list.getEntries())
	if (e.startTime >= window.since && (e.interactionId || e.name === "touchend" || e.name === "pointerup")) window.slowest = Math.max(window.slowest, e.duration) }).observe({type: "event", durationThreshold: 16, buffered: false}); return true })()`

// interaction measures one thing a person does; 0 stands for less than the 16 ms that the browser reports.
func (x *tab) interaction(do func()) float64 {
	x.t.Helper()
	x.js(`window.slowest = 0; window.since = performance.now()`)
	do()
	time.Sleep(300 * time.Millisecond)
	return eval[float64](x, `window.slowest`)
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// TestSpeed measures the first view and what follows a finger.
func TestSpeed(t *testing.T) {
	say := benchFile(t)
	p := started(t, yearOfDemo(t), "demo")
	say("\n| phone 390×844, 4× slower processor, 150 ms, 1.6 Mbit/s | median | worst |\n|---|---|---|")
	x := newTab(t, p, phone)
	x.signIn(p, "manager")
	x.openSheet()
	path := eval[string](x, `location.pathname`)
	firstView(x, path, say)
	x.slowPhone()
	x.open(path)
	x.until("the grid", `document.querySelector("#grid") && document.documentElement.classList.contains("js")`)
	x.js(watchEvents)
	c := x.cells(different)
	var drops, taps, paints []float64
	for range 5 {
		drops = append(drops, x.interaction(func() { x.press(c[0], c[1], 500*time.Millisecond) }))
		x.settled()
	}
	for range 5 {
		taps = append(taps, x.interaction(func() { x.do(chromedp.TapXY(x.middle(c[0]).X, x.middle(c[0]).Y)) }))
		x.until("the detail sheet", `document.querySelector("#sheet[open]")`)
		x.js(`document.querySelector("#sheet").close()`)
		time.Sleep(200 * time.Millisecond)
	}
	for i := range 5 {
		tool := fmt.Sprintf(`#palette [data-symbol=%q]`, []string{"公", "有"}[i%2])
		x.js(fmt.Sprintf(`document.querySelector(%q).scrollIntoView()`, tool))
		time.Sleep(300 * time.Millisecond)
		x.do(chromedp.TapXY(x.middle(tool).X, x.middle(tool).Y))
		x.until("the tool in hand", fmt.Sprintf(`document.querySelector(%q).getAttribute("aria-pressed") === "true"`, tool))
		time.Sleep(300 * time.Millisecond)
		paints = append(paints, x.interaction(func() { x.do(chromedp.TapXY(x.middle(c[0]).X, x.middle(c[0]).Y)) }))
		x.settled()
	}
	for _, r := range []struct {
		name string
		list []float64
	}{{"drop of a long press to the next picture, ms", drops}, {"tap on a cell to the next picture, ms", taps}, {"painting a cell to the next picture, ms", paints}} {
		m := median(r.list)
		say("| %s | %s | %s |", r.name, under16(m), under16(slices.Max(r.list)))
	}
}

func under16(d float64) string {
	if d == 0 {
		return "< 16"
	}
	return fmt.Sprintf("%.0f", d)
}

// firstView loads the sheet several times with an empty cache.
func firstView(x *tab, path string, say func(string, ...any)) {
	x.slowPhone()
	var paints, sizes []float64
	for range 5 {
		x.call(func(ctx context.Context) error {
			_, err := chromedp.Call(ctx, network.ClearBrowserCache, chromedp.Void{})
			return err
		})
		x.received.Store(0)
		x.open(path)
		paints = append(paints, evalAsync[float64](x, lcp))
		sizes = append(sizes, float64(x.received.Load())/1024)
		x.open("/live/")
	}
	m := median(paints)
	say("| largest contentful paint of the month sheet, empty cache, ms | %.0f | %.0f |", m, slices.Max(paints))
	m = median(sizes)
	say("| transferred for it, KB | %.1f | %.1f |", m, slices.Max(sizes))
}

// TestOtherScreen measures how long after the drop another manager's screen shows the edit.
func TestOtherScreen(t *testing.T) {
	say := benchFile(t)
	p := started(t, yearOfDemo(t), "demo")
	x, y := openSheet(t, p, desktop, "manager"), openSheet(t, p, desktop, "admin")
	c := x.cells(different)
	var list []float64
	for range 9 {
		a := x.text(c[0])
		y.js(fmt.Sprintf(`(() => { const e = document.querySelector(%q); window.seen = new Promise(done => new MutationObserver(() => { if (e.innerText.trim() === %q) done(performance.timeOrigin + performance.now()) }).observe(e.parentElement, {childList: true, subtree: true, characterData: true, attributes: true})); return true })()`, c[1], a))
		x.js(`window.dropped = 0; document.addEventListener("pointerup", () => { window.dropped = performance.timeOrigin + performance.now() }, {capture: true, once: true})`)
		x.drag(c[0], c[1])
		list = append(list, evalAsync[float64](y, `window.seen`)-eval[float64](x, `window.dropped`))
		x.settled()
		time.Sleep(300 * time.Millisecond)
	}
	m := median(list)
	say("\n| two browsers on this machine | median | worst |\n|---|---|---|\n| a drop to the other screen, ms | %.0f | %.0f |", m, slices.Max(list))
}
