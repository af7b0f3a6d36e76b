package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long anything on a page may take on a busy machine before a test gives up.
const patience = 15 * time.Second

// browser is started once; every tab of a person has cookies of its own.
var browser = sync.OnceValues(func() (context.Context, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("short-reporting-delay", true), chromedp.Flag("ignore-certificate-errors", true), chromedp.Flag("lang", "ja"), chromedp.Flag("accept-lang", "ja"), chromedp.Flag("force-prefers-reduced-motion", true), chromedp.WindowSize(1280, 800),
		chromedp.UserDataDir(filepath.Join(workDir, "chromium")))
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...) //nolint:govet // lives as long as the process
	ctx, _ = chromedp.NewContext(ctx)                                     //nolint:govet // likewise
	return ctx, chromedp.Do(ctx)
})

type screen struct {
	width, height int64
	touch         bool
}

var (
	desktop = screen{1280, 800, false}
	phone   = screen{390, 844, true}
)

// tab is a page of one person.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string
	mu  sync.Mutex
	bad []string // what the console complained of

	received atomic.Int64 // bytes over the network, as they were sent
}

// tolerated are complaints that a journey provokes on purpose: refused requests are logged by the browser itself.
var tolerated = []string{
	"the server responded with a status of 4", "net::ERR_INTERNET_DISCONNECTED", "net::ERR_CONNECTION_REFUSED", "the server responded with a status of 503",
	"Blocked call to navigator.vibrate", // a finger of the test never really tapped
}

// newTab opens an empty page without cookies. Errors on its console fail the test.
func newTab(t *testing.T, p *process, s screen) *tab {
	t.Helper()
	parent, err := browser()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	x := &tab{t: t, url: p.url}
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext(), chromedp.WithListener(x.hear))
	x.ctx = ctx
	t.Cleanup(func() {
		if t.Failed() {
			x.shot("failed-" + strings.ReplaceAll(t.Name(), "/", "-"))
		}
		cancel()
		x.mu.Lock()
		defer x.mu.Unlock()
		for _, line := range x.bad {
			t.Errorf("console: %s", line)
		}
	})
	options := []chromedp.EmulateViewportOption{chromedp.EmulateScale(1)}
	if s.touch {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context of its first step
		t.Fatal(err)
	}
	x.do(chromedp.EmulateViewport(s.width, s.height, options...))
	return x
}

func (x *tab) hear(ev any) {
	line := ""
	switch e := ev.(type) {
	case *network.EventLoadingFinished:
		x.received.Add(int64(e.EncodedDataLength))
	case *log.EventEntryAdded:
		if e.Entry != nil && e.Entry.Level == "error" {
			line = e.Entry.Text + " " + e.Entry.URL
		}
	case *runtime.EventExceptionThrown:
		line = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			line += " " + e.ExceptionDetails.Exception.Description
		}
	}
	for _, ok := range tolerated {
		if strings.Contains(line, ok) {
			return
		}
	}
	if line != "" {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.bad = append(x.bad, line)
	}
}

// within gives an action the patience of a busy machine.
func (x *tab) within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(x.ctx, patience)
}

func (x *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	x.t.Helper()
	ctx, cancel := x.within()
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		x.t.Fatal(err)
	}
}

func (x *tab) call(fn func(context.Context) error) {
	x.t.Helper()
	ctx, cancel := x.within()
	defer cancel()
	if err := fn(ctx); err != nil {
		x.t.Fatal(err)
	}
}

func (x *tab) open(path string) {
	x.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = x.url + path
	}
	x.do(chromedp.Navigate(path))
}

// signIn uses a one-time link of the demo.
func (x *tab) signIn(p *process, role string) {
	x.t.Helper()
	x.open(p.link(x.t, role))
	x.submit("main form")
}

// submit presses the button of a form and waits for the page that answers.
func (x *tab) submit(form string) {
	x.t.Helper()
	ctx, cancel := x.within()
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(form+" [type=submit]"))); err != nil {
		x.t.Fatalf("submit %s: %v", form, err)
	}
}

func (x *tab) click(css string) {
	x.t.Helper()
	ctx, cancel := x.within()
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(css))); err != nil {
		x.t.Fatalf("click %s: %v", css, err)
	}
}

// follow clicks something that leads to another page.
func (x *tab) follow(css string) {
	x.t.Helper()
	ctx, cancel := x.within()
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(css))); err != nil {
		x.t.Fatalf("follow %s: %v", css, err)
	}
}

// fill replaces the content of a field as a person types it.
func (x *tab) fill(css, text string) {
	x.t.Helper()
	x.do(chromedp.Clear(chromedp.CSS(css)), chromedp.SendKeys(chromedp.CSS(css), text))
}

func (x *tab) text(css string) string {
	x.t.Helper()
	return eval[string](x, fmt.Sprintf(`(document.querySelector(%q)?.innerText ?? "").trim()`, css))
}

func (x *tab) has(css string) bool {
	x.t.Helper()
	return eval[bool](x, fmt.Sprintf(`!!document.querySelector(%q)`, css))
}

func (x *tab) js(code string) { x.t.Helper(); eval[any](x, code) }

func eval[T any](x *tab, code string) T {
	x.t.Helper()
	ctx, cancel := x.within()
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](code))
	if err != nil && err != chromedp.ErrJSNull && err != chromedp.ErrJSUndefined {
		x.t.Fatalf("%s: %v", code, err)
	}
	return v
}

// evalAsync waits for what a promise gives.
func evalAsync[T any](x *tab, code string) T {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.ctx, 60*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](code, chromedp.EvalAwaitPromise))
	if err != nil {
		x.t.Fatalf("%s: %v", cutText(code, 200), err)
	}
	return v
}

// until waits for a condition on the page.
func (x *tab) until(what, condition string) {
	x.t.Helper()
	deadline := time.Now().Add(patience)
	for !x.holds(condition) {
		if time.Now().After(deadline) {
			x.t.Fatalf("waited in vain for %s: %s\n%s", what, condition, cutText(x.text("body"), 1500))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// holds asks the page; while it is being replaced by another the answer is no.
func (x *tab) holds(condition string) bool {
	ctx, cancel := x.within()
	defer cancel()
	yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
	return err == nil && yes
}

func (x *tab) untilText(css, part string) {
	x.t.Helper()
	x.until(fmt.Sprintf("%q in %s", part, css), fmt.Sprintf(`(document.querySelector(%q)?.innerText ?? "").includes(%q)`, css, part))
}

// dark switches the scheme that the page is told the person prefers.
func (x *tab) scheme(name string) {
	x.t.Helper()
	x.call(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	})
}

// point is the middle of something on the page.
type point struct{ X, Y float64 }

func (x *tab) middle(css string) point {
	x.t.Helper()
	return eval[point](x, fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect();
		return {X: r.x + r.width / 2, Y: r.y + r.height / 2} })()`, css))
}

// drag pulls with the mouse from one place to another.
func (x *tab) drag(from, to string, modifiers ...chromedp.Modifier) {
	x.t.Helper()
	a, b := x.middle(from), x.middle(to)
	options := []chromedp.MouseOption{chromedp.ButtonLeft, chromedp.ClickCount(1), chromedp.ButtonModifiers(modifiers...)}
	x.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, a.X, a.Y), chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, a.X, a.Y, options...))
	for i := 1; i <= 8; i++ {
		f := float64(i) / 8
		x.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, a.X+(b.X-a.X)*f, a.Y+(b.Y-a.Y)*f, options...))
	}
	x.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, b.X, b.Y, options...))
}

// press holds a finger down, moves it and lifts it. hold is how long it rests before moving.
func (x *tab) press(from, to string, hold time.Duration) {
	x.t.Helper()
	a, b := x.middle(from), x.middle(to)
	x.touch(input.DispatchTouchEventTypeTouchStart, a)
	time.Sleep(hold)
	for i := 1; i <= 8; i++ {
		f := float64(i) / 8
		x.touch(input.DispatchTouchEventTypeTouchMove, point{a.X + (b.X-a.X)*f, a.Y + (b.Y-a.Y)*f})
		time.Sleep(16 * time.Millisecond)
	}
	x.touch(input.DispatchTouchEventTypeTouchEnd)
}

func (x *tab) touch(kind input.DispatchTouchEventType, at ...point) {
	x.t.Helper()
	points := make([]*input.TouchPoint, len(at))
	for i, p := range at {
		points[i] = &input.TouchPoint{X: p.X, Y: p.Y}
	}
	x.call(func(ctx context.Context) error {
		_, err := chromedp.Call(ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
		return err
	})
}

func (x *tab) keys(text string) { x.t.Helper(); x.do(chromedp.KeyEvent(text)) }

// shot keeps a picture when a folder for pictures is given.
func (x *tab) shot(name string) {
	if os.Getenv("WAKAKUSA_SCREENSHOTS") == "" {
		return
	}
	ctx, cancel := x.within()
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		x.t.Logf("picture %s: %v", name, err)
		return
	}
	x.keep(name+".png", png)
}

// keep writes a file into the folder for pictures, if there is one.
func (x *tab) keep(name string, content []byte) {
	dir := os.Getenv("WAKAKUSA_SCREENSHOTS")
	if dir == "" {
		return
	}
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, name), content, 0o644)); err != nil {
		x.t.Logf("%s: %v", name, err)
	}
}

func cutText(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}
