package handlers

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"wakakusa/app"
	"wakakusa/seal"
	"wakakusa/store/sqldb/sqldbtest"
)

// FuzzRequest: whatever stands in a cookie, a path, a query and a form, the answer is none of 5xx and nobody is signed in by it (I3).
func FuzzRequest(f *testing.F) {
	f.Add("wakakusa=abc", "/o/aoba/history", "from=2026-11-01&to=x&who=y&before=-1", "next=//e&login=a&password=b")
	f.Add("__Host-wakakusa=\x00", "/links/%00", "?", "sealed=s1.a.b&credential={\"id\":1}")
	f.Add("", "/sign-in/code", "next=%2F%2Fe", "code=000000")
	f.Add("a=b; wakakusa=", "/csp-reports", "", "[]")
	db := sqldbtest.New(f).Open(f, time.Now)
	f.Cleanup(func() { db.Close() })
	sealer, err := seal.New(seal.NewSecret())
	if err != nil {
		f.Fatal(err)
	}
	a := app.New(db, time.Now, newID)
	a.SealWith(sealer)
	s, err := New(a, Config{Limits: Limits{Requests: 1e9, Sheet: 1e9}, Log: slog.New(slog.DiscardHandler), SlowQueries: db.SlowQueries})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, cookie, path, query, form string) {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			req := httptest.NewRequest(method, "/", strings.NewReader(form))
			req.URL = &url.URL{Path: "/" + strings.TrimLeft(path, "/"), RawQuery: query}
			req.RequestURI = req.URL.RequestURI()
			req.Header.Set("Cookie", cookie)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Sec-Fetch-Site", "same-origin")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, req)
			if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
				t.Errorf("%s %q ? %q, cookie %q, form %q: %d", method, path, query, cookie, form, w.Code)
			}
			if strings.HasPrefix(req.URL.Path, "/o/") && w.Code == http.StatusOK {
				t.Errorf("%s %q lets a stranger in", method, path)
			}
		}
	})
}
