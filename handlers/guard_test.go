package handlers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/cached"
	"wakakusa/store/cached/cachedtest"
)

func network(t *testing.T, cidr string) *net.IPNet {
	t.Helper()
	_, n, err := net.ParseCIDR(cidr)
	must(t, err)
	return n
}

// TestSpoof: who asks is the peer, or what our own proxy says; a header of the browser's own making counts for nothing (H7, F-B5).
func TestSpoof(t *testing.T) {
	attempts := func(o *office, forwarded func(int) string, n int) (limited int) {
		b := o.browser()
		for i := range n {
			b.header.Set("X-Forwarded-For", forwarded(i))
			b.header.Set("X-Real-Ip", fmt.Sprint("198.51.100.", i))
			if b.post("/sign-in", values("login", "admin-alpha", "password", "wrong wrong")).StatusCode == 429 {
				limited++
			}
		}
		return limited
	}
	t.Run("no proxy", func(t *testing.T) {
		o := newSite(t).found("alpha")
		if n := attempts(o, func(i int) string { return fmt.Sprint("203.0.113.", i) }, 12); n != 7 {
			t.Errorf("%d of 12 tries were limited", n)
		}
	})
	t.Run("behind our proxy the last hop counts", func(t *testing.T) {
		o := newSite(t, func(c *Config) { c.Proxies = []*net.IPNet{network(t, "127.0.0.0/8"), network(t, "::1/128")} }).found("alpha")
		if n := attempts(o, func(i int) string { return fmt.Sprintf("203.0.113.%d, 192.0.2.7", i) }, 12); n != 7 {
			t.Errorf("one client: %d of 12 tries were limited", n)
		}
		if n := attempts(o, func(i int) string { return fmt.Sprintf("192.0.2.7, 203.0.113.%d", i) }, 12); n != 0 {
			t.Errorf("twelve clients: %d tries were limited", n)
		}
	})
	t.Run("no other forwarded header is believed", func(t *testing.T) {
		o := newSite(t).found("alpha")
		o.worker()
		b := *o.admin
		b.header = http.Header{
			"X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Proto": {"https"}, "Forwarded": {"host=evil.example;proto=https"},
			"X-Http-Method-Override": {"POST"}, "X-Original-Url": {"/sign-out"},
		}
		a := b.post(o.base+"/members/"+string(o.memberNamed(t, "佐藤 陽菜").ID)+"/link", nil).want(t, 200).lacks(t, "evil.example")
		if !strings.Contains(a.body, o.http.URL+"/links/") {
			t.Error("the link is not on our own address")
		}
		for _, path := range []string{"/", "/sign-in", o.path("")} {
			a := b.get(path)
			if strings.Contains(a.location()+a.body, "evil.example") || a.Header.Get("Access-Control-Allow-Origin") != "" || a.Header.Get("Server") != "" {
				t.Errorf("%s: %v", path, a.Header)
			}
		}
	})
}

// TestErrorPagesSayNothing: whatever breaks, the reader gets one sentence and a number, the log the cause, once (I7).
func TestErrorPagesSayNothing(t *testing.T) {
	o := newSite(t).found("alpha")
	const cause = "SELECT secret FROM accounts; /var/lib/wakakusa/x.db"
	broken := map[string]func(*Server, *request) error{
		"panic":  func(*Server, *request) error { panic(cause) },
		"fault":  func(*Server, *request) error { return errors.New(cause) },
		"nested": func(*Server, *request) error { return fmt.Errorf("draw: %w", errors.New(cause)) },
		"nil":    func(*Server, *request) error { var p *roster.Staff; _ = p.Name; return nil },
	}
	for name, handle := range broken {
		o.srv.echo.GET("/test/"+name, o.srv.guard(route{gate: anybody, handle: handle}))
	}
	silent := func(t *testing.T, a answer) {
		t.Helper()
		a.lacks(t, "SELECT", "secret", "/var/lib", "goroutine", ".go:", "panic", "runtime", "sql", "SQL", "nil pointer")
	}
	for name := range broken {
		for _, b := range []*browser{o.admin, o.browser(), o.admin.asHTMX()} {
			before := len(o.logs.String())
			a := b.get("/test/"+name).want(t, 500)
			silent(t, a)
			number := a.Header.Get("X-Request-Id")
			said := a.body
			if b.htmx {
				said = a.told(t).Toast.Msg
			}
			if len(number) < 8 || !strings.Contains(said, number[:8]) || !strings.Contains(said, "システムの問題") {
				t.Errorf("%s: the number %s is not told: %s", name, number, said)
			}
			log := o.logs.String()[before:]
			if n := strings.Count(log, "request="+number); n != 1 || strings.Count(log, "level=ERROR") != 1 || name != "nil" && !strings.Contains(log, "SELECT secret") {
				t.Errorf("%s: logged %d times:\n%s", name, n, log)
			}
		}
	}
	refused := []answer{
		o.admin.get("/nowhere"), o.admin.get(o.base + "/staff/'%20OR%201=1"), o.admin.get(o.base + "/rosters/x/y"), o.admin.get(o.base + "/history?before=9999999999999999999999"),
		o.admin.get(o.base + "/me/calendar?month=%00"), o.admin.get("/o/%ff%fe/staff"), o.admin.post(o.base+"/staff/new", values("version", "x", "birth_day", "'")),
		o.admin.post(o.path("/edits"), values("ops", "'; DROP TABLE staff")), o.admin.get("/links/" + strings.Repeat("a", 3000)), o.admin.get("/s/../../etc/passwd"),
		o.admin.do(http.MethodDelete, o.base+"/staff", nil),
	}
	for _, a := range refused {
		if a.StatusCode < 200 || a.StatusCode >= 500 {
			t.Errorf("%s gave %d", a.Request.URL, a.StatusCode)
		}
		silent(t, a)
	}
	must(t, o.store.Close())
	for _, path := range []string{"/sign-in", o.path(""), o.base + "/staff", "/links/x"} {
		if a := o.admin.get(path); a.StatusCode < 500 {
			t.Errorf("without a database %s gave %d", path, a.StatusCode)
		} else {
			silent(t, a)
		}
	}
}

// broken is a store whose reads and writes break in a way of their own while there is one.
type broken struct {
	store.Store
	way atomic.Pointer[func() error]
}

func (b *broken) breaks() error {
	if way := b.way.Load(); way != nil {
		return (*way)()
	}
	return nil
}

func (b *broken) Read(ctx context.Context, org roster.OrgID, fn func(store.Reader) error) error {
	if err := b.breaks(); err != nil {
		return err
	}
	return b.Store.Read(ctx, org, fn)
}

func (b *broken) Write(ctx context.Context, act roster.Act, fn func(store.Writer) error) (store.Change, error) {
	if err := b.breaks(); err != nil {
		return store.Change{}, err
	}
	return b.Store.Write(ctx, act, fn)
}

func (b *broken) TrySignIn(ctx context.Context, a store.Attempt) (string, bool, error) {
	if err := b.breaks(); err != nil {
		return "", false, err
	}
	return b.Store.TrySignIn(ctx, a)
}

// TestErrorPagesSayNothingOfTheStore asks every route while the store breaks: by an error with all that engines put into theirs, and by a
// panic. Each is one 500 with its number, told once (I7).
func TestErrorPagesSayNothingOfTheStore(t *testing.T) {
	const cause = "SELECT secret FROM accounts: /var/lib/wakakusa/x.db: Duplicate entry 'taro@example.jp'"
	for name, way := range map[string]func() error{
		"error": func() error { return fmt.Errorf("read: %w", errors.New(cause)) }, "panic": func() error { panic(cause) },
	} {
		t.Run(name, func(t *testing.T) {
			inner := &broken{}
			o := newSiteOn(t, func(s *site) *cached.Store { inner.Store = s.store; return cachedtest.Around(t, inner, s.clock) }).found("alpha")
			inner.way.Store(&way)
			faults := 0
			for _, r := range routes() {
				if strings.HasSuffix(r.path, "/events") || r.path == "/sign-out" {
					continue
				}
				for _, b := range []*browser{o.admin, o.admin.asHTMX()} {
					before := len(o.logs.String())
					a := b.do(r.method, o.filled(r), values("login", "x", "password", "x", "key", newID(), "ops", "clear "+cellText(o.people[0], november(3)), "base", "1"))
					if a.StatusCode < 400 {
						continue
					}
					says := a.body + fmt.Sprint(a.Header)
					for _, never := range []string{"SELECT", "secret", "/var/lib", "goroutine", ".go:", "panic", "Duplicate", "taro@"} {
						if strings.Contains(says, never) {
							t.Errorf("%s %s tells %s", r.method, r.path, never)
						}
					}
					if a.StatusCode < 500 {
						continue
					}
					faults++
					log, id := o.logs.String()[before:], a.Header.Get("X-Request-Id")
					if a.StatusCode != 500 || strings.Count(log, "request="+id) != 1 || strings.Count(log, "level=ERROR") != 1 || strings.Count(log, "SELECT secret") != 1 {
						t.Errorf("%s %s: %d, told as\n%s", r.method, r.path, a.StatusCode, log)
					}
				}
			}
			if faults < 60 {
				t.Errorf("only %d answers were faults", faults)
			}
		})
	}
}

// TestLateFault: nobody can be told any more, so the log is, once.
func TestLateFault(t *testing.T) {
	o := newSite(t).found("alpha")
	o.srv.echo.GET("/test/late", o.srv.guard(route{gate: anybody, handle: func(_ *Server, c *request) error {
		must(t, c.String(http.StatusOK, "half an answer"))
		panic("too late")
	}}))
	a := o.admin.get("/test/late").want(t, 200).lacks(t, "too late")
	log := o.logs.String()
	if id := a.Header.Get("X-Request-Id"); strings.Count(log, "request="+id) != 1 || strings.Count(log, "level=ERROR") != 1 || strings.Count(log, "too late") != 1 {
		t.Error(log)
	}
}

// TestGone: who goes away before the answer leaves no fault behind, unless there was one.
func TestGone(t *testing.T) {
	s := newSite(t)
	s.srv.echo.GET("/test/panic", s.srv.guard(route{gate: anybody, handle: func(*Server, *request) error { panic("nobody is there") }}))
	for path, faults := range map[string]int{"/sign-in": 0, "/nowhere": 0, "/test/panic": 1} {
		ctx, leave := context.WithCancel(t.Context())
		leave()
		before, w := len(s.logs.String()), httptest.NewRecorder()
		s.srv.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil))
		log := s.logs.String()[before:]
		if w.Code == http.StatusOK || strings.Count(log, "level=ERROR") != faults || strings.Count(log, "msg=request") != 1 {
			t.Errorf("%s: %d\n%s", path, w.Code, log)
		}
	}
}

// TestBodyLimits: more than a form can be is refused, whatever it is called, and the program goes on (I2).
func TestBodyLimits(t *testing.T) {
	o := newSite(t).found("alpha")
	big := strings.Repeat("あ", maxBody/3)
	for _, r := range routes() {
		if r.method == http.MethodPost && r.path != "/sign-out" {
			o.admin.post(o.filled(r), url.Values{"name": {big}}).want(t, http.StatusRequestEntityTooLarge)
		}
	}
	o.browser().post("/sign-in", url.Values{"login": {"x"}, "password": {big}}).want(t, http.StatusRequestEntityTooLarge)
	o.admin.post(o.path("/edits"), values("ops", strings.Repeat("clear "+cellText(o.people[0], november(3))+";", roster.MaxEdits+1), "base", "1", "key", newID())).want(t, 422)
	many := url.Values{}
	for i := range 20000 {
		many.Add("sites", fmt.Sprint(i))
	}
	o.admin.post(o.base+"/members/new", many).want(t, 422)
	if h := o.srv.HTTP(""); h.MaxHeaderBytes > 32<<10 || h.ReadHeaderTimeout > 5e9 || h.ReadTimeout == 0 {
		t.Errorf("limits of the listener: %+v", h)
	}
}

// TestNames: names are kept as people write them, in one normal form, and cannot hold what hides or turns text (I6).
func TestNames(t *testing.T) {
	o := newSite(t).found("alpha")
	path := o.base + "/staff/new"
	add := func(name string) answer {
		form := o.admin.get(path).want(t, 200).form(t, path)
		form.Set("name", name)
		form.Set("home_site", string(o.site1.ID))
		return o.admin.post(path, form)
	}
	for typed, kept := range map[string]string{
		"𠮷野 髙志": "𠮷野 髙志", "葛\U000E0100城 花": "葛\U000E0100城 花", "辻\uFE00 一": "辻\uFE00 一", "か\u3099っこ う": "がっこ う", "Zoe\u0308 山田": "Zoë 山田",
		"  前後 空白 ": "前後 空白", "👩\u200d⚕️ 絵": "👩\u200d⚕️ 絵", "O'Brien & <Co>": "O'Brien & <Co>",
	} {
		add(typed).want(t, 303)
		p := o.named(t, kept)
		if p.Name != kept {
			t.Errorf("%+q is kept as %+q", typed, p.Name)
		}
	}
	before := o.revision()
	for _, bad := range []string{
		"山\u202e田", "山\u2066田", "山\u200f田", "山\u200b田", "山\ufeff田", "山\x00田", "山\x1b[31m田", "山\n田", "山\t田", "山\u2028田", "山\x7f田", "\xff\xfe", strings.Repeat("長", 300),
	} {
		if a := add(bad).want(t, 422); a.fault(t, "name") == "" {
			t.Errorf("%+q: no fault beside the name", bad)
		}
	}
	if o.revision() != before {
		t.Error("something was written")
	}
}

// TestXSSPayloads: markup in every text field there is, shown as text on every page that a role can open (I1).
func TestXSSPayloads(t *testing.T) {
	o := newSite(t).found("alpha")
	ctx := context.Background()
	short := `"><i onerror=x>` // where a field takes only a few characters
	org, err := o.app.Org(ctx, o.adminBy)
	must(t, err)
	org.Name = payload
	must(t, second(o.app.SaveOrg(ctx, o.adminBy, org, "")))
	o.site1.Name = payload
	o.site1, err = o.app.SaveSite(ctx, o.adminBy, o.site1, "")
	must(t, err)
	o.job.Name = payload
	o.job, err = o.app.SaveJob(ctx, o.adminBy, o.job, "")
	must(t, err)
	code := o.codes["早"]
	code.Name, code.Symbol = short, `<i`
	must(t, second(o.app.SaveCode(ctx, o.adminBy, code, "")))
	must(t, second(o.app.SaveHoliday(ctx, o.adminBy, roster.Holiday{Day: november(26), Name: payload}, "")))
	p := o.people[0]
	p.Name, p.Kana, p.Phone, p.Skills = payload, payload, payload, []string{payload}
	p, err = o.app.SaveStaff(ctx, o.adminBy, p, "")
	must(t, err)
	o.people[0] = p
	worker := o.member("haruna", roster.Member{Name: payload, Role: roster.RoleStaff, Staff: p.ID})
	mate := o.member("kenichi", roster.Member{Name: payload, Role: roster.RoleStaff, Staff: o.people[1].ID})
	for _, b := range []*browser{o.admin, worker} {
		path := o.base + "/account/factors/new"
		page := b.get(path)
		form := page.form(t, path)
		form.Set("name", payload)
		form.Set("code", phoneApp{o, strings.ReplaceAll(shownSecret.FindStringSubmatch(page.body)[1], " ", "")}.code())
		b.post(path, form).want(t, 200).noScript(t)
	}
	cell := o.path("/cells/" + string(p.ID) + "/2026-11-25")
	o.admin.post(cell, values("action", "add", "code", string(code.ID), "start", "", "end", "", "note", payload, "base", "1", "key", newID())).want(t, 303)
	o.set(o.people[1], november(25), "日")
	o.admin.post(o.path("/publication"), values("key", newID())).want(t, 303)
	seen := 0
	query := "?q=" + url.QueryEscape(payload) + "&month=" + url.QueryEscape(payload) + "&names=" + url.QueryEscape("row."+payload) + "&said=" + url.QueryEscape(payload) + "&done=" + url.QueryEscape(payload) + "&next=" + url.QueryEscape("/"+payload)
	for _, r := range routes() {
		if r.method != http.MethodGet || strings.HasSuffix(r.path, "/events") {
			continue
		}
		path := o.filled(r)
		for _, b := range []*browser{o.admin, worker, mate, o.browser()} {
			for _, x := range []string{path, path + query} {
				a := b.get(x)
				a.noScript(t)
				if strings.Contains(a.body, "&lt;img src=x") {
					seen++
				}
			}
		}
	}
	for _, b := range []*browser{worker, mate} {
		b.get(o.base+"/me/days/2026-11-25").want(t, 200).noScript(t)
	}
	o.admin.get(cell).want(t, 200).shownAsText(t)
	if seen < 40 {
		t.Errorf("markup was shown as text on %d pages only", seen)
	}
}

func second[T any](_ T, err error) error { return err }
