package app

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"wakakusa/store/storetest"

	"github.com/google/uuid"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/cached/cachedtest"
	"wakakusa/store/sqldb"
	"wakakusa/store/sqldb/sqldbtest"
)

const goodPassword = "やまのうえの ちいさないえ 42"

// facility is an organisation with two sites, a person of each class, a member of each role, and a stranger's organisation beside it.
type facility struct {
	*App
	t        *testing.T
	db       *sqldb.DB
	at       sqldbtest.Place
	mu       sync.Mutex
	now      time.Time
	org      roster.Org
	home     roster.Site
	works    roster.Site
	code     map[string]roster.Code
	hanako   roster.Staff // regular, home
	taro     roster.Staff // regular, home
	part     roster.Staff // part-time, home
	client   roster.Staff // 利用者, home
	away     roster.Staff // regular, works
	admin    roster.Actor
	manager  roster.Actor // of home
	second   roster.Actor // another manager of home
	outsider roster.Actor // manager of works
	viewer   roster.Actor // of home
	stranger roster.Actor // admin of another organisation
}

var noon = time.Date(2026, time.November, 24, 12, 0, 0, 0, roster.Japan)

// today is the day of noon.
var today = roster.MakeDay(2026, time.November, 24)

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func empty(t *testing.T) *facility {
	t.Helper()
	f := &facility{t: t, now: noon, at: sqldbtest.New(t), code: map[string]roster.Code{}}
	f.open()
	t.Cleanup(func() { f.db.Close() })
	return f
}

// open starts the program on the file, as after a restart.
func (f *facility) open() {
	f.t.Helper()
	if f.db != nil {
		must(f.t, f.db.Close())
	}
	f.db = f.at.Open(f.t, f.clock)
	f.App = New(cachedtest.Around(f.t, f.db, f.clock), f.clock, newID)
}

func (f *facility) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *facility) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, what string, err error, kind roster.Kind) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want kind %d", what, kind)
	} else if got := roster.KindOf(err); got != kind {
		t.Errorf("%s: %v (kind %d), want kind %d", what, err, got, kind)
	}
}

func wantKey(t testing.TB, what string, err error, key string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("%s: %v, want %s", what, err, key)
	}
}

func newFacility(t *testing.T) *facility {
	t.Helper()
	f := empty(t)
	f.org = f.found("aoba")
	by := roster.Program(f.org.ID, "試験")
	f.home, f.works = f.saveSite(by, "本館", 1), f.saveSite(by, "作業所", 21)
	for _, c := range roster.SeedCodes(func() roster.CodeID { return roster.CodeID(newID()) }) {
		c.ID = ""
		if c.Follower != "" {
			c.Follower = f.code["明"].ID
		}
		saved, err := f.SaveCode(t.Context(), by, c, "")
		must(t, err)
		f.code[c.Symbol] = saved
	}
	f.hanako, f.taro = f.hire("佐藤 花子", roster.ClassRegular, f.home), f.hire("髙橋 太郎", roster.ClassRegular, f.home)
	f.part, f.client = f.hire("𠮷田 梢", roster.ClassPartTime, f.home), f.hire("林 実", roster.ClassMember, f.home)
	f.away = f.hire("鈴木 一郎", roster.ClassRegular, f.works)
	f.admin = f.join("kanri", roster.RoleAdmin, "")
	f.manager, f.second = f.join("shunin", roster.RoleManager, f.hanako.ID, f.home.ID), f.join("fuku", roster.RoleManager, "", f.home.ID)
	f.outsider = f.join("works", roster.RoleManager, "", f.works.ID)
	f.viewer = f.join("kansa", roster.RoleViewer, "", f.home.ID)
	f.stranger = roster.Actor{Org: f.found("tonari").ID, Account: "x", Name: "隣人", Role: roster.RoleAdmin}
	return f
}

func (f *facility) found(slug string) roster.Org {
	f.t.Helper()
	o := roster.Org{ID: roster.OrgID(newID()), Slug: slug, Name: slug + "会", Timezone: "Asia/Tokyo", Language: "ja"}
	must(f.t, f.db.AddOrg(f.t.Context(), o))
	return o
}

func (f *facility) saveSite(by roster.Actor, name string, start int) roster.Site {
	f.t.Helper()
	s, err := f.SaveSite(f.t.Context(), by, roster.Site{Name: name, StartDay: start, OffDays: 9}, "")
	must(f.t, err)
	return s
}

func (f *facility) hire(name string, class roster.Class, home roster.Site) roster.Staff {
	f.t.Helper()
	s, err := f.SaveStaff(f.t.Context(), roster.Program(f.org.ID, "試験"), roster.Staff{
		Name: name, Class: class, HomeSite: home.ID, Approval: roster.Approved, Phone: "090-0000-0001", Email: "p@example.jp",
	}, "")
	must(f.t, err)
	return s
}

// join makes a membership with an account that has the good password.
func (f *facility) join(login string, role roster.Role, staff roster.StaffID, sites ...roster.SiteID) roster.Actor {
	f.t.Helper()
	m := roster.Member{ID: roster.MemberID(newID()), Account: roster.AccountID(newID()), Name: login, Role: role, Staff: staff, Sites: sites, Active: true}
	_, err := storetest.Singly(f.db).SaveAccount(f.t.Context(), store.Account{ID: m.Account, Name: login, Display: login, Password: goodHash()})
	must(f.t, err)
	_, err = f.db.Write(f.t.Context(), roster.Act{Org: f.org.ID, Kind: "member.saved"}, func(w store.Writer) error {
		_, err := w.SaveMember(f.t.Context(), m)
		w.Record(roster.Saved(roster.EventMemberSaved, string(m.ID), "", nil, m))
		return err
	})
	must(f.t, err)
	return f.actor(m.Account)
}

// goodHash is the hash of the good password, made once.
var goodHash = sync.OnceValue(func() string {
	h, _ := New(nil, time.Now, newID).hashPassword(context.Background(), goodPassword)
	return h
})

func (f *facility) actor(id roster.AccountID) roster.Actor {
	f.t.Helper()
	list, err := f.Memberships(f.t.Context(), id)
	must(f.t, err)
	if len(list) != 1 {
		f.t.Fatalf("%d memberships, want 1", len(list))
	}
	return ActorOf(list[0])
}

func (f *facility) place() Place { return Place{f.home.ID, today} }

func (f *facility) revision() int64 {
	f.t.Helper()
	all, err := f.db.Revisions(f.t.Context(), []roster.OrgID{f.org.ID})
	must(f.t, err)
	return all[f.org.ID]
}

// edit tries one list of edits on the home's present roster, made in the present world.
func (f *facility) edit(by roster.Actor, list ...roster.Edit) (Edited, error) {
	f.t.Helper()
	return f.EditRoster(f.t.Context(), by, Edits{Place: f.place(), List: list, Base: f.revision(), Key: newID()})
}

// editAt is an administrator's edit on any site's roster.
func (f *facility) editAt(p Place, list ...roster.Edit) (Edited, error) {
	f.t.Helper()
	return f.EditRoster(f.t.Context(), f.admin, Edits{Place: p, List: list, Base: f.revision(), Key: newID()})
}

func (f *facility) mustEdit(list ...roster.Edit) Edited {
	f.t.Helper()
	done, err := f.edit(f.manager, list...)
	must(f.t, err)
	return done
}

func (f *facility) set(who roster.Staff, d roster.Day, symbol string) roster.Edit {
	return roster.Edit{Op: roster.OpSet, Cell: roster.Cell{Staff: who.ID, Day: d}, Code: f.code[symbol].ID}
}

// row writes what a person has on some days from one on: symbols, "–" for nothing.
func (f *facility) row(who roster.Staff, from roster.Day, days int) string {
	f.t.Helper()
	s, err := f.Sheet(f.t.Context(), roster.Program(f.org.ID, "試験"), f.place())
	must(f.t, err)
	var text strings.Builder
	for d := from; d < from+roster.Day(days); d++ {
		list := s.ShiftsOn(roster.Cell{Staff: who.ID, Day: d})
		if len(list) == 0 {
			text.WriteString("–")
		}
		for _, x := range list {
			c, _ := s.Code(x.Code)
			text.WriteString(c.Symbol)
		}
	}
	return text.String()
}

func (f *facility) wantRow(who roster.Staff, from roster.Day, want string) {
	f.t.Helper()
	if got := f.row(who, from, len([]rune(want))); got != want {
		f.t.Errorf("%s from %s: %s, want %s", who.Name, from, got, want)
	}
}

// events returns the names of the events after a revision.
func (f *facility) events(after int64) (names []string) {
	f.t.Helper()
	must(f.t, f.db.Read(f.t.Context(), f.org.ID, func(r store.Reader) error {
		list, err := r.EventsAfter(f.t.Context(), after, 100)
		for _, e := range list {
			names = append(names, e.Name)
		}
		return err
	}))
	return names
}
