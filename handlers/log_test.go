package handlers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"wakakusa/logs"
	"wakakusa/roster"
	"wakakusa/store/cached"
	"wakakusa/store/cached/cachedtest"
)

// keeping puts the cache around the database and lets it speak in the site's log.
func keeping(t *testing.T) func(*site) *cached.Store {
	return func(s *site) *cached.Store {
		return cachedtest.Around(t, s.store, s.clock, func(o *cached.Options) { o.Log = s.said.App })
	}
}

// TestOneID: one request that waits for the database and then fails has one number, in the header, on the page and in each of its lines, and
// no other line has it (O4).
func TestOneID(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		t.Run(fmt.Sprint("JSON=", asJSON), func(t *testing.T) {
			dir := t.TempDir()
			files := logs.Config{Dir: dir, JSON: asJSON, MaxMB: 50, Complain: io.Discard, Now: time.Now}
			o := newSiteSaying(t, files, time.Nanosecond, keeping(t)).found("alpha")
			o.srv.echo.GET("/test/slow", o.srv.guard(route{gate: anybody, handle: func(s *Server, c *request) error {
				_, err := s.app.Members(c.ctx(), o.adminBy)
				return errors.Join(err, errors.New("a fault of the engine"))
			}}))
			a := o.admin.get("/test/slow").want(t, 500)
			o.admin.get("/test/slow").want(t, 500) // has another
			id := a.Header.Get("X-Request-Id")
			if len(id) != 36 || !strings.Contains(a.body, id[:8]) || strings.Contains(a.body, id[:9]) {
				t.Fatalf("number %s on\n%s", id, a.body)
			}
			for _, name := range []string{"app.log", "error.log"} {
				mine := linesWith(t, filepath.Join(dir, name), id)
				text := strings.Join(mine, "\n")
				for _, want := range []string{"slow query", "FROM members", "a fault of the engine", "/test/slow"} {
					if !strings.Contains(text, want) {
						t.Errorf("%s: %s is missing in\n%s", name, want, text)
					}
				}
				for _, line := range mine {
					named := strings.Contains(line, ` request=`+id+` `) || strings.Contains(line, `"request":"`+id+`"`)
					if !named || strings.Count(line, id) != 1 {
						t.Errorf("%s: the number has another name in %s", name, line)
					}
				}
			}
			o.said.Audit.InfoContext(context.Background(), "nothing")
			if lines := linesWith(t, filepath.Join(dir, "audit.log"), id); len(lines) > 0 {
				t.Errorf("audit holds %s", lines)
			}
		})
	}
}

func linesWith(t *testing.T, path, text string) (found []string) {
	t.Helper()
	all, err := os.ReadFile(path)
	must(t, err)
	for line := range strings.Lines(string(all)) {
		if strings.Contains(line, text) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// canaries are what people trust the program with. Each is told once on every way through it.
type canaries map[string]string

// in reports those that a text holds, in whatever form.
func (list canaries) in(t *testing.T, where, text string) {
	t.Helper()
	for what, secret := range list {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), fmt.Sprintf("%q", secret), fmt.Sprintf("%+q", secret)} {
			if i := strings.Index(text, strings.Trim(form, `"`)); i >= 0 {
				t.Errorf("%s is in %s: …%s", what, where, text[max(0, i-200):min(len(text), i+100)])
				break
			}
		}
	}
}

// form holds every canary, under names that forms have.
func (list canaries) form() url.Values {
	v := url.Values{}
	for what, secret := range list {
		v.Set(what, secret)
	}
	for _, name := range []string{"login", "password", "again", "old", "name", "org", "slug", "key", "ops", "base", "staff", "code", "start", "from", "moment", "do", "role", "q", "next", "version"} {
		v.Set(name, list["password"]+name)
	}
	return v
}

// Creating a person logged the repeated password in clear text. LogCanaries: nothing that people trust the program with reaches a line of the
// log or a number, on whatever way, with every statement and every detail told (U4).
func TestFaultB12LogCanaries(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		t.Run(fmt.Sprint("JSON=", asJSON), func(t *testing.T) {
			o := newSiteSaying(t, logs.Config{JSON: asJSON}, time.Nanosecond, keeping(t)).found("alpha")
			secret := canaries{
				"password": "かなりあパスワード０１", "email": "kanaria@birds.example.jp", "phone": "090-5555-0199", "note": "かなりあのメモ", "birth_day": "1987-06-05", "kana": "カナリアハナコ",
			}
			o.walk(t, secret)
			o.sweep(t, secret)
			o.breakDown(t, secret)
			log := o.logs.String()
			for _, way := range []string{"/links/:token", "a fault of the engine", "nil pointer", "slow query", "sql: database is closed", "INSERT INTO staff"} {
				if !strings.Contains(log, way) {
					t.Errorf("%s: this way was not taken", way)
				}
			}
			secret.in(t, "the log", log)
			secret.in(t, "the numbers", o.browser().get("/metrics").body)
		})
	}
}

// walk does what people do with their secrets, and is refused as people are.
func (o *office) walk(t *testing.T, secret canaries) {
	t.Helper()
	worker := o.worker()
	secret["first password"], secret["staff's password"] = adminPassword, staffPassword
	secret["session"], secret["staff's session"] = o.admin.cookie(), worker.cookie()
	m := o.memberNamed(t, "佐藤 陽菜").Member
	reset, err := o.app.StartReset(t.Context(), o.adminBy, m.ID)
	must(t, err)
	secret["link"] = reset
	typed := secret["password"]
	fresh := typed + "新しいもの"
	stranger := o.browser()
	stranger.post("/sign-in", values("login", "haruna", "password", typed)).want(t, 422)
	stranger.post("/sign-in", values("login", typed, "password", typed)).want(t, 422) // typed into the wrong field
	stranger.get("/sign-in?next="+url.QueryEscape("https://evil.example/"+typed)).want(t, 200)
	stranger.get("/links/"+reset).want(t, 200)
	stranger.post("/links/"+reset, values("password", typed, "again", "x")).want(t, 422)
	stranger.post("/links/"+reset, values("password", fresh, "again", fresh)).want(t, 303)
	stranger.get("/links/"+reset).want(t, 404)
	stranger.post(o.base+"/account/password", values("old", fresh, "password", typed+"さらに", "again", typed+"ちがう")).want(t, 422)
	stranger.get(o.base+"/me?token="+reset).want(t, 200)
	stranger.do(http.MethodPut, "/links/"+reset, nil).want(t, 405)
	stranger.get("/nowhere/"+reset).want(t, 404)
	o.holding(reset+"canary").get(o.path("")).want(t, 303) // a cookie that is none

	path := o.base + "/staff/new"
	form := o.admin.get(path).want(t, 200).form(t, path)
	for name, value := range secret {
		if form.Has(name) {
			form.Set(name, value)
		}
	}
	form.Set("name", secret["kana"])
	form.Set("home_site", string(o.site1.ID))
	form.Set("birth_day", secret["birth_day"]+secret["password"])
	o.admin.post(path, form).want(t, 422)
	form.Set("birth_day", secret["birth_day"])
	o.admin.post(path, form).want(t, 303)
	cell := o.path("/cells/" + string(o.people[0].ID) + "/" + november(25).String())
	o.admin.post(cell, values("action", "add", "code", string(o.codes["早"].ID), "start", "", "end", "", "note", secret["note"], "base", "1", "key", newID())).want(t, 303)
	o.admin.get(o.base+"/staff?q="+url.QueryEscape(secret["kana"])).want(t, 200)
	o.admin.post("/sign-in", url.Values{"login": {"x"}, "password": {typed + strings.Repeat("x", maxBody)}}).want(t, 413)
}

// sweep tells every canary at every route, in its path, its query and its form. None of them is a fault.
func (o *office) sweep(t *testing.T, secret canaries) {
	t.Helper()
	for _, r := range routes() {
		if strings.HasSuffix(r.path, "/events") || r.path == "/sign-out" {
			continue
		}
		odd := []string{}
		for part := range strings.SplitSeq(strings.Replace(r.path, ":org", o.org.Slug, 1), "/") {
			if strings.HasPrefix(part, ":") {
				part = url.PathEscape(secret["password"])
			}
			odd = append(odd, part)
		}
		for _, path := range []string{o.filled(r), strings.Join(odd, "/")} {
			if a := o.admin.do(r.method, path+"?"+secret.form().Encode(), secret.form()); a.StatusCode >= 500 {
				t.Errorf("%s %s gave %d", r.method, r.path, a.StatusCode)
			}
		}
	}
	broken, err := http.NewRequest(http.MethodPost, o.http.URL+"/sign-in", strings.NewReader("password=%zz"+secret["password"]))
	must(t, err)
	broken.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	broken.Header.Set("User-Agent", secret["password"])
	broken.Header.Set("Referer", o.http.URL+"/links/"+secret["link"])
	answer, err := http.DefaultClient.Do(broken)
	must(t, err)
	must(t, answer.Body.Close())
	if answer.StatusCode != 422 {
		t.Errorf("half a form gave %d", answer.StatusCode)
	}
}

// breakDown tells every canary while things break.
func (o *office) breakDown(t *testing.T, secret canaries) {
	t.Helper()
	handle := func(name string, fn func(*request) error) {
		o.srv.echo.POST("/test/"+name, o.srv.guard(route{gate: anybody, handle: func(_ *Server, c *request) error { return fn(c) }}))
	}
	handle("failing", func(*request) error { return errors.New("a fault of the engine") })
	handle("panicking", func(c *request) error { var p *roster.Staff; return errors.New(p.Name + c.raw("password")) })
	handle("late", func(c *request) error {
		must(t, c.String(http.StatusOK, c.raw("password")))
		var p *roster.Staff
		return errors.New(p.Name)
	})
	query := "?" + secret.form().Encode()
	o.admin.post("/test/failing"+query, secret.form()).want(t, 500)
	o.admin.post("/test/panicking"+query, secret.form()).want(t, 500)
	o.admin.post("/test/late"+query, secret.form()).want(t, 200)
	must(t, o.store.Close())
	stranger := o.browser()
	stranger.post("/sign-in", values("login", "haruna", "password", secret["password"])).want(t, 500)
	for _, path := range []string{"/links/" + secret["link"], o.path(""), o.base + "/staff"} {
		o.admin.get(path+query).want(t, 500)
		o.admin.post(path+query, secret.form())
	}
	o.admin.get("/health/").want(t, 503)
}

// TestLogInjection: whatever comes with a request, its lines stay one line each, in letters that can be seen, in both forms (U5).
func TestLogInjection(t *testing.T) {
	const typed = "x\r\ntime=2026-11-24T00:00:00Z level=INFO msg=forged stream=audit\n{\"stream\":\"audit\"}\x1b[31m\u009b2J\u202egnp\u2066\u2028\x00\x7f\"' stream=audit"
	for _, asJSON := range []bool{false, true} {
		t.Run(fmt.Sprint("JSON=", asJSON), func(t *testing.T) {
			proxies := func(c *Config) { c.Proxies = []*net.IPNet{network(t, "192.0.2.0/24")} }
			o := newSiteSaying(t, logs.Config{JSON: asJSON}, time.Nanosecond, keeping(t), proxies).found("alpha")
			o.srv.echo.POST("/test/failing", o.srv.guard(route{gate: anybody, handle: func(_ *Server, c *request) error {
				return fmt.Errorf("a fault that quotes %s", c.raw("login"))
			}}))
			before := len(o.logs.String())
			for _, path := range []string{"/sign-in", "/test/failing", o.path("/edits"), "/nowhere/"} {
				r := httptest.NewRequest(http.MethodPost, path+"?next="+url.QueryEscape(typed), strings.NewReader(values("login", typed, "password", typed, "ops", typed).Encode()))
				r.URL.Path += typed[:8]
				if path == "/test/failing" {
					r.URL.Path = path
				}
				r.Host, r.RemoteAddr = o.http.Listener.Addr().String(), "192.0.2.1:1"
				for _, name := range []string{"User-Agent", "Referer", "X-Forwarded-For", "Cookie", "Accept-Language", "X-Request-Id", "HX-Current-URL"} {
					r.Header.Set(name, typed)
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				o.srv.ServeHTTP(httptest.NewRecorder(), r)
			}
			text := o.logs.String()[before:]
			if !strings.Contains(text, "a fault that quotes x") || strings.Count(text, "/test/failing") != 1 {
				t.Fatalf("the fault is not in\n%s", text)
			}
			eachOneLine(t, text, asJSON)
		})
	}
}

// eachOneLine wants whole lines of the streams app and error, and nothing that hides or commands.
func eachOneLine(t *testing.T, text string, asJSON bool) {
	t.Helper()
	if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }); i >= 0 {
		t.Errorf("raw in %q", text[max(0, i-50):min(len(text), i+10)])
	}
	scan := bufio.NewScanner(strings.NewReader(text))
	for scan.Scan() {
		var line struct{ Time, Level, Stream string }
		if !asJSON {
			words := strings.SplitN(scan.Text(), " ", 3)
			if len(words) < 3 || !strings.HasPrefix(words[0], "time=") || !strings.HasPrefix(words[1], "level=") || strings.HasPrefix(words[2], "msg=forged") {
				t.Errorf("no line: %q", scan.Text())
			}
		} else if err := json.Unmarshal(scan.Bytes(), &line); err != nil || line.Stream == "audit" || line.Time == "" {
			t.Errorf("no line: %q %v", scan.Text(), err)
		}
	}
}
