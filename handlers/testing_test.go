package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"wakakusa/app"
	"wakakusa/logs"
	"wakakusa/roster"
	"wakakusa/seal"
	"wakakusa/store"
	"wakakusa/store/backup"
	"wakakusa/store/cached"
	"wakakusa/store/cached/cachedtest"
	"wakakusa/store/daemontest"
	"wakakusa/store/sqldb"
	"wakakusa/store/sqldb/sqldbtest"
)

// site is a running server over a real SQLite file, with a clock that tests may move.
type site struct {
	t     *testing.T
	app   *app.App
	store *sqldb.DB
	kept  *cached.Store // around it
	at    sqldbtest.Place
	http  *httptest.Server
	srv   *Server
	mu    sync.Mutex
	now   time.Time
	logs  *daemontest.Log
	said  *logs.Logs // what goes there

	backups *backup.Keeper
	copied  store.Copy

	restored chan app.RestoreFrom // what somebody asked for
}

// upkeep keeps backups in a directory of the test.
func (s *site) upkeep(log *slog.Logger) *app.Upkeep {
	k := &backup.Keeper{Dir: filepath.Join(s.t.TempDir(), "backup"), Scratch: s.t.TempDir(), Days: 30, Months: 12, File: s.at.Path, Now: s.clock}
	if s.at.Path == "" {
		k.DB = s.store
	}
	s.backups = k
	tasks := app.NewTasks(s.store, s.clock, newID, log, app.Task{
		Name: app.TaskBackup, Next: app.Daily(2 * time.Hour), Fresh: 26 * time.Hour,
		Do: func(ctx context.Context, _ app.Tell) (any, error) { return k.Make(ctx, nil) },
	}, app.Task{
		Name: app.TaskDrill, Next: app.Monthly(4 * time.Hour), Fresh: 40 * 24 * time.Hour,
		Do: func(ctx context.Context, _ app.Tell) (any, error) {
			newest, ok, err := k.Newest()
			if err != nil || !ok {
				return nil, errors.Join(err, errors.New("there is no backup"))
			}
			return k.Drill(ctx, []backup.Source{newest}, nil)
		},
	})
	s.t.Cleanup(tasks.Close)
	return app.NewUpkeep(s.app, tasks, app.Keeping{
		Daily: k, Copy: func() (store.Copy, bool) { return s.copied, s.copied.Place != "" },
		Restore: func(_ context.Context, from app.RestoreFrom, _ app.Tell) error {
			s.restored <- from
			return nil
		},
	})
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func newSite(t *testing.T, change ...func(*Config)) *site {
	t.Helper()
	return newSiteOn(t, func(s *site) *cached.Store { return cachedtest.Around(t, s.store, s.clock) }, change...)
}

// newSiteOn is a site with a cache of its own making around its database.
func newSiteOn(t *testing.T, around func(*site) *cached.Store, change ...func(*Config)) *site {
	t.Helper()
	return newSiteSaying(t, logs.Config{}, 0, around, change...)
}

// newSiteSaying is a site whose log has another form, and in which statements that take longer than slow are told.
func newSiteSaying(t *testing.T, form logs.Config, slow time.Duration, around func(*site) *cached.Store, change ...func(*Config)) *site {
	t.Helper()
	s := &site{t: t, now: time.Date(2026, 11, 24, 9, 0, 0, 0, roster.Japan), logs: &daemontest.Log{}, restored: make(chan app.RestoreFrom, 1)}
	form.Out, form.Level = s.logs, slog.LevelDebug
	var err error
	s.said, err = logs.Open(form)
	must(t, err)
	log := s.said.App
	s.at = sqldbtest.New(t)
	s.store = s.at.Open(t, s.clock)
	s.store.LogSlow(log, slow)
	s.kept = around(s)
	s.app = app.New(s.kept, s.clock, newID)
	sealer, err := seal.New(seal.NewSecret())
	must(t, err)
	s.app.SealWith(sealer)
	s.app.LogTo(log)
	s.app.AuditTo(s.said.Audit)
	cfg := Config{Limits: Limits{Requests: 1e6, Sheet: 1e6}, Upkeep: s.upkeep(log), Log: log, SlowQueries: s.store.SlowQueries}
	for _, f := range change {
		f(&cfg)
	}
	s.srv, err = New(s.app, cfg)
	must(t, err)
	s.http = httptest.NewServer(s.srv)
	t.Cleanup(func() {
		s.srv.EndStreams()
		s.http.Close()
		s.store.Close()
	})
	return s
}

func (s *site) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *site) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// browser is one person's browser: cookies, no script, redirects not followed unless asked.
type browser struct {
	s      *site
	client *http.Client
	htmx   bool
	host   string // instead of the server's own
	header http.Header
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(s.t, err)
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 20 * time.Second}
	return &browser{s: s, client: client, header: http.Header{}}
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func (a answer) location() string { return a.Header.Get("Location") }

func (b *browser) do(method, path string, form url.Values) answer {
	b.s.t.Helper()
	req, err := http.NewRequest(method, b.s.http.URL+path, strings.NewReader(form.Encode()))
	must(b.s.t, err)
	req.Host = cmp.Or(b.host, req.Host)
	for k, v := range b.header {
		req.Header[k] = v
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if req.Header.Get("Sec-Fetch-Site") == "" {
			req.Header.Set("Sec-Fetch-Site", "same-origin")
		}
	}
	if b.htmx {
		req.Header.Set("HX-Request", "true")
	}
	resp, err := b.client.Do(req)
	must(b.s.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(b.s.t, err)
	return answer{resp, string(body)}
}

func (b *browser) get(path string) answer { return b.do(http.MethodGet, path, nil) }

func (b *browser) post(path string, form url.Values) answer { return b.do(http.MethodPost, path, form) }

func (b *browser) asHTMX() *browser {
	c := *b
	c.htmx = true
	return &c
}

// want fails unless the answer has the status.
func (a answer) want(t *testing.T, status int) answer {
	t.Helper()
	if a.StatusCode != status {
		body := a.body
		if len(body) > 600 {
			body = body[:600]
		}
		t.Fatalf("%s %s: got %d, want %d\n%s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, body)
	}
	return a
}

func (a answer) holds(t *testing.T, texts ...string) answer {
	t.Helper()
	for _, x := range texts {
		if !strings.Contains(a.body, x) {
			t.Errorf("%s %s: %q is missing", a.Request.Method, a.Request.URL.Path, x)
		}
	}
	return a
}

func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

const (
	adminPassword = "春の小川はさらさら行くよ岸のすみれ"
	staffPassword = "れんげの花が咲いた"
)

// office is an organisation with everything that tests need.
type office struct {
	*site
	org     roster.Org
	base    string
	site1   roster.Site
	site2   roster.Site
	codes   map[string]roster.Code // by symbol
	job     roster.Job
	people  []roster.Staff // of site1
	away    roster.Staff   // of site2
	admin   *browser
	adminBy roster.Actor
	place   app.Place // this month's roster of site1
}

// found makes an organisation the way people do: by the first-run link.
func (s *site) found(slug string) *office {
	s.t.Helper()
	ctx := context.Background()
	o := &office{site: s, base: "/o/" + slug, codes: map[string]roster.Code{}}
	o.admin = s.foundBy(slug)
	var err error
	o.org, err = s.store.OrgBySlug(ctx, slug)
	must(s.t, err)
	members := []roster.Member{}
	must(s.t, s.store.Read(ctx, o.org.ID, func(r store.Reader) (err error) { members, err = r.Members(ctx); return }))
	o.adminBy = roster.Actor{Org: o.org.ID, Account: members[0].Account, Member: members[0].ID, Name: members[0].Name, Role: roster.RoleAdmin}
	sites, err := s.app.AllSites(ctx, o.adminBy)
	must(s.t, err)
	o.site1 = sites[0]
	o.site2, err = s.app.SaveSite(ctx, o.adminBy, roster.Site{Name: "第二事業所", StartDay: 21, OffDays: 9, Position: 2}, "")
	must(s.t, err)
	o.fillOffice(ctx)
	return o
}

func (o *office) fillOffice(ctx context.Context) {
	codes, err := o.app.Codes(ctx, o.adminBy)
	must(o.t, err)
	for _, c := range codes {
		o.codes[c.Symbol] = c
	}
	o.job, err = o.app.SaveJob(ctx, o.adminBy, roster.Job{Name: "介護職員", Position: 1}, "")
	must(o.t, err)
	for i, name := range []string{"佐藤 陽菜", "𠮷田 健一", "髙橋 さくら"} {
		o.people = append(o.people, o.hire(name, o.site1.ID, i))
	}
	o.away = o.hire("山﨑 次郎", o.site2.ID, 9)
	o.place = app.Place{Site: o.site1.ID, Day: roster.MakeDay(2026, 11, 1)}
}

func (o *office) hire(name string, site roster.SiteID, position int) roster.Staff {
	p, err := o.app.SaveStaff(context.Background(), o.adminBy, roster.Staff{
		Name: name, Class: roster.ClassRegular, HomeSite: site, Approval: roster.Approved, Position: position,
		Jobs: []roster.JobShare{{Job: o.job.ID, Share: 100}}, Phone: "090-0000-0001", Email: fmt.Sprintf("staff%d@example.jp", position),
	}, "")
	must(o.t, err)
	return p
}

// foundBy signs the first administrator in. A second organisation on the same installation is added beside it.
func (s *site) foundBy(slug string) *browser {
	ctx := context.Background()
	token, err := s.app.FirstRunLink(ctx)
	must(s.t, err)
	if token == "" {
		return s.foundSecond(slug)
	}
	b := s.browser()
	b.post("/links/"+token, values("org", "社会福祉法人 "+slug, "slug", slug, "site", "第一事業所", "start_day", "1", "off_days", "9",
		"name", "管理 太郎", "login", "admin-"+slug, "email", "", "password", adminPassword, "again", adminPassword)).want(s.t, http.StatusSeeOther)
	return b
}

// foundSecond writes a second tenant straight into the store: the screen for it comes with hosting.
func (s *site) foundSecond(slug string) *browser {
	ctx := context.Background()
	org := roster.Org{ID: roster.OrgID(newID()), Slug: slug, Name: "社会福祉法人 " + slug, Timezone: "Asia/Tokyo", Language: "ja"}
	must(s.t, s.store.AddOrg(ctx, org))
	m := roster.Member{ID: roster.MemberID(newID()), Name: "管理 太郎", Role: roster.RoleAdmin, Active: true}
	_, err := s.store.Write(ctx, roster.Act{Org: org.ID, Name: "test", Kind: "org.founded"}, func(w store.Writer) error {
		st, err := w.SaveSite(ctx, roster.Site{ID: roster.SiteID(newID()), Name: "第一事業所", StartDay: 1, OffDays: 9, Position: 1})
		if err != nil {
			return err
		}
		w.Record(roster.Saved(roster.EventSiteSaved, string(st.ID), "", nil, st))
		for _, c := range roster.SeedCodes(func() roster.CodeID { return roster.CodeID(newID()) }) {
			if _, err := w.SaveCode(ctx, c); err != nil {
				return err
			}
			w.Record(roster.Saved(roster.EventCodeSaved, string(c.ID), "", nil, c))
		}
		m, err = w.SaveMember(ctx, m)
		w.Record(roster.Saved(roster.EventMemberSaved, string(m.ID), "", nil, m))
		return err
	})
	must(s.t, err)
	return s.join(roster.Actor{Org: org.ID, Role: roster.RoleAdmin, Name: "test"}, m, "admin-"+slug, adminPassword)
}

// join invites a member and lets the person accept.
func (s *site) join(by roster.Actor, m roster.Member, login, password string) *browser {
	s.t.Helper()
	token, err := s.app.Invite(context.Background(), by, m.ID)
	must(s.t, err)
	b := s.browser()
	b.post("/links/"+token, values("login", login, "email", "", "password", password, "again", password)).want(s.t, http.StatusSeeOther)
	return b
}

// member adds somebody with a role and signs them in.
func (o *office) member(login string, m roster.Member) *browser {
	o.t.Helper()
	m.Active = true
	saved, err := o.app.SaveMember(context.Background(), o.adminBy, m, "")
	must(o.t, err)
	password := staffPassword
	if m.Role.Manages() {
		password = adminPassword
	}
	return o.join(o.adminBy, saved, login, password)
}

func (o *office) path(rest string) string {
	return fmt.Sprintf("%s/rosters/%s/%s%s", o.base, o.place.Site, o.place.Day, rest)
}

// place puts a shift on the sheet.
func (o *office) set(p roster.Staff, day roster.Day, symbol string) {
	o.t.Helper()
	_, err := o.app.EditRoster(context.Background(), o.adminBy, app.Edits{Place: app.Place{Site: p.HomeSite, Day: day}, Base: 1 << 60, List: []roster.Edit{
		{Op: roster.OpSet, Cell: roster.Cell{Staff: p.ID, Day: day}, Code: o.codes[symbol].ID},
	}})
	must(o.t, err)
}

// shifts reads what stands in a cell.
func (o *office) shifts(p roster.Staff, day roster.Day) []roster.Shift {
	o.t.Helper()
	var list []roster.Shift
	ctx := context.Background()
	must(o.t, o.store.Read(ctx, o.org.ID, func(r store.Reader) error {
		by, err := r.ShiftsOf(ctx, []roster.StaffID{p.ID}, roster.Period{First: day, Last: day})
		list = by[p.ID]
		return err
	}))
	return list
}
