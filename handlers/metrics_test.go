package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wakakusa/store"
)

// TestMetrics: from this machine the numbers are there, from elsewhere there is no such page.
func TestMetrics(t *testing.T) {
	s := newSite(t)
	s.copied = store.Copy{Place: "/copy", Lag: 90 * time.Second}
	a := s.browser().get("/metrics").want(t, http.StatusOK)
	for _, want := range []string{
		`wakakusa_condition_ok{condition="replica"} 0`, `wakakusa_condition_age_seconds{condition="replica"} 90`,
		`wakakusa_condition_ok{condition="backup"} 1`, `wakakusa_condition_ok{condition="drill"} 1`, "go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"from elsewhere": func(r *http.Request) { r.RemoteAddr = "192.0.2.1:1234" },
		"by a proxy":     func(r *http.Request) { r.RemoteAddr = "127.0.0.1:1234"; r.Header.Set("X-Forwarded-For", "192.0.2.1") },
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		change(r)
		w := httptest.NewRecorder()
		s.srv.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "wakakusa_condition") {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}
