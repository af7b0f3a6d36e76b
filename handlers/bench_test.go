package handlers

import (
	"context"
	"fmt"
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

func newBenchSite(b testing.TB) *benchSite {
	b.Helper()
	ctx, clock := context.Background(), time.Now
	db, err := sqldb.OpenSQLite(filepath.Join(b.TempDir(), "bench.db"), clock)
	check(b, err)
	b.Cleanup(func() { db.Close() })
	check(b, db.Migrate(ctx))
	today := roster.DayOf(time.Now().In(roster.Japan))
	d, err := demo.Build(ctx, db, demo.Options{Seed: 1, Today: today, Staff: 137, Months: 12, NewID: demo.SeqIDs(1)})
	check(b, err)
	a := app.New(db, clock, newID)
	server, err := New(a, Config{Log: slog.New(slog.DiscardHandler)})
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

var benchIDs = regexp.MustCompile(`role="row" id="s-([0-9a-f-]{36})"|data-code="([0-9a-f-]{36})" data-symbol="[公有]"|data-d="([0-9-]{10})"`)

func BenchmarkServer(b *testing.B) {
	s := newBenchSite(b)
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
