package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"wakakusa/views"
)

const (
	oldReport = `{"csp-report":{"document-uri":"https://shift.example.jp/links/geheim0123","violated-directive":"img-src 'self'","blocked-uri":"https://evil.example/pixel?token=geheim","original-policy":"x"}}`
	newReport = `[{"type":"csp-violation","age":1,"url":"https://shift.example.jp/links/geheim0123","body":{"documentURL":"https://shift.example.jp/links/geheim0123","effectiveDirective":"script-src-elem","blockedURL":"inline"}},
		{"type":"deprecation","body":{"id":"x"}}]`
)

// report sends one as a browser does.
func (b *browser) report(kind, body string, header http.Header) int {
	b.s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.s.http.URL+reportPath, strings.NewReader(body))
	must(b.s.t, err)
	for k, v := range header {
		req.Header[k] = v
	}
	req.Header.Set("Content-Type", kind)
	resp, err := b.client.Do(req)
	must(b.s.t, err)
	resp.Body.Close()
	return resp.StatusCode
}

// TestReports: both forms are taken as browsers send them, counted and logged in a line that names no page's address and no secret.
func TestReports(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	for _, c := range []struct {
		name, kind, body string
		header           http.Header
		want             int
	}{
		{"the old form", "application/csp-report", oldReport, http.Header{"Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"no-cors"}, "Sec-Fetch-Dest": {"report"}, "Origin": {s.http.URL}}, 204},
		{"the new form, sent by the browser itself", "application/reports+json", newReport, http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {s.http.URL}}, 204},
		{"without both headers", "application/reports+json", newReport, nil, 204},
		{"of another site", "application/csp-report", oldReport, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"no report", "application/csp-report", `{"csp":1}`, nil, 422},
		{"nonsense", "application/reports+json", `[`, nil, 422},
		{"too large", "application/csp-report", `{"csp-report":{"document-uri":"` + strings.Repeat("x", maxReport) + `"}}`, nil, 413},
		{"too many at once", "application/reports+json", "[" + strings.Repeat(`{},`, maxReportList) + "{}]", nil, 422},
	} {
		if got := b.report(c.kind, c.body, c.header); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
	b.get("/metrics").holds(t, "wakakusa_csp_reports_total 3")
	log := s.logs.String()
	for _, want := range []string{"directive=img-src blocked=https://evil.example route=/links/:token", "directive=script-src-elem blocked=inline route=/links/:token"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is not in the log", want)
		}
	}
	if strings.Contains(log, "geheim") || strings.Contains(log, "pixel") {
		t.Error("an address is in the log")
	}
	b.report("application/csp-report", `{"csp-report":{"document-uri":"::","effective-directive":"x\nlevel=ERROR","blocked-uri":"::"}}`, nil)
	if strings.Contains(s.logs.String()[len(log):], "\nlevel=ERROR") {
		t.Error("a report writes lines of its own")
	}
}

// TestReportsAreLimited: a page gone wild does not fill the log.
func TestReportsAreLimited(t *testing.T) {
	s := newSite(t)
	got := map[int]int{}
	for range reportsAMinute + 40 {
		got[s.browser().report("application/csp-report", oldReport, nil)]++
	}
	if got[204] != reportsAMinute || got[429] != 40 {
		t.Error(got)
	}
	s.browser().get("/metrics").holds(t, fmt.Sprint("wakakusa_csp_reports_total ", reportsAMinute))
}

// TestSupport: pages of errors say whom to ask, and nothing where nobody was named.
func TestSupport(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Support = views.Support{Name: "総務部 <担当>", Email: "shift@example.jp", Phone: "03-1234-5678", Hours: "平日 9:00〜17:00"}
	})
	s.srv.echo.GET("/test/fault", s.srv.guard(route{gate: anybody, handle: func(*Server, *request) error { panic("fault") }}))
	b := s.browser()
	for path, status := range map[string]int{"/nowhere": 404, "/test/fault": 500} {
		b.get(path).want(t, status).holds(t, "お問い合わせ", "総務部 &lt;担当&gt;", `href="mailto:shift@example.jp"`, `href="tel:0312345678"`, "受付時間: 平日 9:00〜17:00")
	}
	b.header.Set("Accept-Language", "en")
	b.get("/nowhere").want(t, 404).holds(t, "Need help?", "Phone:", "Hours:")
	newSite(t).browser().get("/nowhere").want(t, 404).lacks(t, "お問い合わせ", "mailto:", `class="support"`)
}

// FuzzReport: whatever is sent, a line of the log stays one line and names no more than a word, an origin and a route.
func FuzzReport(f *testing.F) {
	f.Add([]byte(oldReport))
	f.Add([]byte(newReport))
	f.Add([]byte(`[{"type":"csp-violation","body":null}]`))
	f.Add([]byte(`{"csp-report":{"blocked-uri":"https://user:geheim@evil.example:1/x"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, ok := violations(body)
		if len(list) > maxReportList || !ok && len(list) > 0 {
			t.Fatal(list, ok)
		}
		for _, v := range list {
			if from := originOf(v.Blocked); len(v.Directive) > 40 || strings.ContainsAny(v.Directive, "\n =") || len(from) > 300 || from != "?" && strings.ContainsAny(strings.Replace(from, "://", "", 1), "/@?#\n") {
				t.Errorf("%q %q", v.Directive, from)
			}
		}
	})
}
