package handlers

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"wakakusa/app"
	"wakakusa/app/demo"
	"wakakusa/roster"
	"wakakusa/store/sqldb"
)

// benchSite is a whole server, without network, over a year of a home with a hundred people on its sheet.
type benchSite struct {
	*Server
	b       testing.TB
	cookies map[roster.Role]*http.Cookie
	path    string // of the sheet
}

func newBenchSite(b testing.TB, months int) *benchSite {
	b.Helper()
	ctx, clock := context.Background(), time.Now
	db, err := sqldb.OpenSQLite(filepath.Join(b.TempDir(), "bench.db"), clock)
	check(b, err)
	b.Cleanup(func() { db.Close() })
	check(b, db.Migrate(ctx))
	today := roster.DayOf(time.Now().In(roster.Japan))
	d, err := demo.Build(ctx, db, demo.Options{Seed: 1, Today: today, Staff: 137, Months: months, NewID: demo.SeqIDs(1)})
	check(b, err)
	a := app.New(db, clock, newID)
	server, err := New(a, Config{Limits: Limits{Requests: 1e6, Sheet: 1e6}, Log: slog.New(slog.DiscardHandler)})
	check(b, err)
	s := &benchSite{server, b, map[roster.Role]*http.Cookie{}, ""}
	for _, m := range d.Members {
		token, err := a.DemoLink(ctx, d.Org.ID, m)
		check(b, err)
		w := s.ask(http.MethodPost, "/links/"+token, "", nil)
		if list := w.Result().Cookies(); len(list) == 1 {
			s.cookies[m.Role] = list[0]
		}
	}
	s.path = fmt.Sprintf("/o/%s/rosters/%s/%s", d.Org.Slug, d.Home.ID, roster.PeriodOf(today, d.Home.StartDay).First)
	return s
}

func check(b testing.TB, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (s *benchSite) ask(method, path string, as roster.Role, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Accept-Encoding", "gzip")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("HX-Request", "true")
	}
	if c := s.cookies[as]; c != nil {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code >= 400 {
		s.b.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w
}

var linked = regexp.MustCompile(`(?:src|href)="(/[^"#]*)[^"]*"`)

// TestSheetIsSmall: the first view of a sheet of a hundred people, with all that it loads, is at most 60 KB gzip.
func TestSheetIsSmall(t *testing.T) {
	const budget = 60 * 1024
	s := newBenchSite(t, 3)
	page := s.ask(http.MethodGet, s.path, roster.RoleManager, nil)
	total := page.Body.Len()
	t.Logf("%6d page", total)
	r, err := gzip.NewReader(page.Body)
	check(t, err)
	html, err := io.ReadAll(r)
	check(t, err)
	if n := strings.Count(string(html), `role="row" id="s-`); n < 100 {
		t.Fatalf("%d people on the sheet", n)
	}
	seen := map[string]bool{}
	for _, m := range linked.FindAllStringSubmatch(string(html), -1) {
		if path := m[1]; strings.HasPrefix(path, "/s/") && !seen[path] && !strings.HasSuffix(path, ".png") {
			seen[path] = true
			n := s.ask(http.MethodGet, path, "", nil).Body.Len()
			t.Logf("%6d %s", n, path)
			total += n
		}
	}
	if len(seen) < 4 {
		t.Errorf("only %d files belong to the page", len(seen))
	}
	if total > budget {
		t.Errorf("%d bytes, at most %d", total, budget)
	}
}

var benchIDs = regexp.MustCompile(`role="row" id="s-([0-9a-f-]{36})"|data-code="([0-9a-f-]{36})" data-symbol="[公有]"|data-d="([0-9-]{10})"`)

func BenchmarkServer(b *testing.B) {
	s := newBenchSite(b, 12)
	b.Run("Sheet", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.ask(http.MethodGet, s.path, roster.RoleManager, nil)
		}
	})
	b.Run("Own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.ask(http.MethodGet, "/o/wakakusa/me", roster.RoleStaff, nil)
		}
	})
	b.Run("Edit", func(b *testing.B) {
		r := httptest.NewRequest(http.MethodGet, s.path, nil)
		r.AddCookie(s.cookies[roster.RoleManager])
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		staff, day, codes := "", "", []string(nil)
		for _, m := range benchIDs.FindAllStringSubmatch(w.Body.String(), -1) {
			switch {
			case m[1] != "":
				staff = m[1]
			case m[2] != "":
				codes = append(codes, m[2])
			default:
				day = m[3]
			}
		}
		b.ReportAllocs()
		for n := 0; b.Loop(); n++ {
			s.ask(http.MethodPost, s.path+"/edits", roster.RoleManager, url.Values{
				"ops": {"set " + staff + " " + day + " " + codes[n%len(codes)]}, "base": {fmt.Sprint(1 << 40)}, "key": {newID()},
			})
		}
	})
}
