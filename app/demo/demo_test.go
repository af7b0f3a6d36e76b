package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb"
)

var frozen = time.Date(2026, time.November, 24, 9, 0, 0, 0, roster.Japan)

func clock() time.Time { return frozen }

func open(t testing.TB) *sqldb.DB {
	t.Helper()
	db, err := sqldb.OpenSQLite(filepath.Join(t.TempDir(), "demo.db"), clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

type image struct {
	file []byte
	demo Demo
}

// standard is the demo as everybody gets it, built once and copied for each test.
var standard = sync.OnceValues(func() (m image, err error) {
	dir, err := os.MkdirTemp("", "wakakusa-demo")
	if err != nil {
		return m, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "demo.db")
	db, err := sqldb.OpenSQLite(path, clock)
	if err != nil {
		return m, err
	}
	if err = db.Migrate(context.Background()); err == nil {
		m.demo, err = Build(context.Background(), db, Options{Seed: 1, Today: roster.DayOf(frozen), NewID: SeqIDs(1)})
	}
	if err = errors.Join(err, db.Close()); err == nil {
		m.file, err = os.ReadFile(path)
	}
	return m, err
})

func openStandard(t *testing.T) (*sqldb.DB, Demo) {
	t.Helper()
	m, err := standard()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "demo.db")
	if err := os.WriteFile(path, m.file, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.OpenSQLite(path, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, m.demo
}

func build(t testing.TB, o Options) (*sqldb.DB, Demo) {
	t.Helper()
	db := open(t)
	if o.NewID == nil {
		o.NewID = SeqIDs(o.Seed)
	}
	d, err := Build(context.Background(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	return db, d
}

func sheets(t *testing.T, db *sqldb.DB, d Demo) []*roster.Sheet {
	t.Helper()
	a := app.New(db, clock, SeqIDs(99))
	by := roster.Program(d.Org.ID, "試験")
	var all []*roster.Sheet
	for _, site := range []roster.Site{d.Home, d.Works, d.Office} {
		for p := roster.PeriodOf(d.Period.First, site.StartDay); p.First <= d.Period.Last; p = p.Next(site.StartDay) {
			s, err := a.Sheet(t.Context(), by, app.Place{Site: site.ID, Day: p.First})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, s.Sheet)
		}
	}
	return all
}

func TestMonthsAreFull(t *testing.T) {
	for _, february := range []bool{false, true} {
		db, d := openStandard(t)
		if february {
			db, d = build(t, Options{Seed: 1, Today: roster.MakeDay(2027, time.January, 31)})
		}
		err := db.Read(t.Context(), d.Org.ID, func(r store.Reader) error {
			for m := d.Period.First; m <= d.Period.Last; m = roster.PeriodOf(m, 1).Last + 1 {
				people, err := r.People(t.Context())
				if err != nil {
					return err
				}
				rows, err := r.ShiftsOf(t.Context(), ids(people), roster.PeriodOf(m, 1))
				if err != nil {
					return err
				}
				n := 0
				for _, list := range rows {
					n += len(list)
				}
				if n < 3000 {
					t.Errorf("month %s has %d shifts, want at least 3000", m, n)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func days(p roster.Period) (list []roster.Day) {
	for d := p.First; d <= p.Last; d++ {
		list = append(list, d)
	}
	return list
}

func ids(people []roster.Staff) (list []roster.StaffID) {
	for _, p := range people {
		list = append(list, p.ID)
	}
	return list
}

func TestRostersLookReal(t *testing.T) {
	db, d := openStandard(t)
	found := map[roster.Rule]int{}
	people, short, asked, offs, changed := 0, 0, 0, 0, 0
	for _, s := range sheets(t, db, d) {
		for _, b := range s.AllBreaches() {
			if b.Hard {
				t.Errorf("hard breach: %s %s %s %v", s.Site.Name, b.Cell.Day, b.Rule, b.Args)
			}
			found[b.Rule]++
		}
		for _, day := range days(s.Roster.Period) {
			for _, c := range s.Coverage(day) {
				if c.Asked && c.Want > 0 {
					asked++
				}
				if c.Short() > 0 {
					short++
				}
			}
		}
		for _, p := range s.Staff {
			if p.HomeSite != s.Site.ID || p.Class != roster.ClassRegular {
				continue
			}
			people++
			if s.Totals(p.ID).Off < s.Roster.OffDays {
				offs++
			}
		}
	}
	t.Log("breaches", found, "short", short, "of", asked, "too few days off", offs, "of", people)
	for _, rule := range []roster.Rule{roster.RuleRest, roster.RuleRun, roster.RuleFollower} {
		if n := found[rule]; n == 0 || n > 30 {
			t.Errorf("%d breaches of %s, want some and few", n, rule)
		}
	}
	if found[roster.RuleNight]+found[roster.RuleInactive] > 0 || found[roster.RuleWeek] > 30 {
		t.Errorf("breaches nobody meant: %v", found)
	}
	if short == 0 || short*20 > asked {
		t.Errorf("%d of %d numbers are short, want some but fewer than one in twenty", short, asked)
	}
	if offs*20 > people {
		t.Errorf("%d of %d people have too few days off", offs, people)
	}
	a := app.New(db, clock, SeqIDs(98))
	s, err := a.Sheet(t.Context(), roster.Program(d.Org.ID, "試験"), app.Place{Site: d.Home.ID, Day: roster.DayOf(frozen)})
	if err != nil {
		t.Fatal(err)
	}
	if changed = len(s.Changed); changed < 4 || changed > 10 {
		t.Errorf("%d cells differ from what is published, want a few", changed)
	}
	if s.Roster.State != roster.StatePublished || s.Roster.OffDays != 9 {
		t.Errorf("present roster: %+v", s.Roster)
	}
}

func TestRostersHoldWhatPagesNeedToShow(t *testing.T) {
	db, d := openStandard(t)
	var guests, split, notes, locks, outs, nights int
	states := map[roster.State]int{}
	symbols := map[string]bool{}
	for _, s := range sheets(t, db, d) {
		states[s.Roster.State]++
		if s.Site.ID == d.Home.ID {
			locks += len(s.Locked)
		}
		for _, p := range s.Staff {
			if p.HomeSite != s.Site.ID {
				guests++
			}
			for i, x := range s.Shifts[p.ID] {
				c, ok := s.Code(x.Code)
				if !ok {
					t.Fatalf("shift %s has an unknown code", x.ID)
				}
				symbols[c.Symbol] = true
				if i > 0 && s.Shifts[p.ID][i-1].Day == x.Day {
					split++
				}
				if x.Note != "" {
					notes++
				}
				if x.Span.Overnight() {
					nights++
				}
				if c.Kind == roster.KindNightOut {
					outs++
				}
			}
		}
	}
	if guests == 0 || split == 0 || notes < 5 || locks != 3 || outs < 300 || nights < 300 {
		t.Errorf("guests %d, split days %d, notes %d, locks %d, nights %d, 明 %d", guests, split, notes, locks, nights, outs)
	}
	if states[roster.StateClosed] == 0 || states[roster.StatePublished] != 3 || states[roster.StateDrafting] == 0 {
		t.Errorf("states %v", states)
	}
	for _, want := range []string{"早", "日", "遅", "夜", "明", "公", "有", "半", "研", "短", "通", "欠"} {
		if !symbols[want] {
			t.Errorf("nobody has %s", want)
		}
	}
}

func TestSameSeedSameRows(t *testing.T) {
	dump := func(o Options) string {
		db, d := build(t, o)
		var text strings.Builder
		err := db.Read(t.Context(), d.Org.ID, func(r store.Reader) error {
			people, err := r.People(t.Context())
			if err != nil {
				return err
			}
			events, err := r.EventsAfter(t.Context(), 0, 100_000)
			fmt.Fprint(&text, people, d, len(events))
			for _, e := range events {
				fmt.Fprint(&text, e.Revision, e.N, e.Name, e.Cell, e.Subject, string(e.After))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	o := Options{Seed: 7, Today: roster.DayOf(frozen), Staff: 30}
	first := dump(o)
	if first != dump(o) {
		t.Error("the same seed made other rows")
	}
	if o.Seed = 8; first == dump(o) {
		t.Error("another seed made the same rows")
	}
}

func TestAnySizeAndLength(t *testing.T) {
	for _, o := range []Options{{Staff: 1}, {Staff: 7, Months: 1}, {Staff: 33, Months: 2}, {Staff: 150, Months: 1}, {Staff: 12, Months: 12}} {
		t.Run(fmt.Sprint(o.Staff, "x", o.Months), func(t *testing.T) {
			o.Seed, o.Today = 3, roster.DayOf(frozen)
			db, d := build(t, o)
			var people []roster.Staff
			err := db.Read(t.Context(), d.Org.ID, func(r store.Reader) (err error) { people, err = r.People(t.Context()); return })
			if err != nil {
				t.Fatal(err)
			}
			people = slices.DeleteFunc(people, func(s roster.Staff) bool { return s.Class == roster.ClassMember })
			if len(people) != o.Staff {
				t.Errorf("%d people, want %d", len(people), o.Staff)
			}
			for _, s := range sheets(t, db, d) {
				for _, b := range s.AllBreaches() {
					if b.Hard {
						t.Errorf("hard breach on %s", b.Cell.Day)
					}
				}
			}
		})
	}
}

func TestSignIns(t *testing.T) {
	db, d := build(t, Options{Seed: 1, Today: roster.DayOf(frozen), Staff: 30, Months: 1})
	list, err := SignIns(t.Context(), db, d.Org.ID)
	if err != nil {
		t.Fatal(err)
	}
	var roles []roster.Role
	a := app.New(db, clock, SeqIDs(97))
	for _, m := range list {
		roles = append(roles, m.Role)
		token, err := a.DemoLink(t.Context(), d.Org.ID, m)
		if err != nil {
			t.Fatal(err)
		}
		if acc, err := a.SignInByLink(t.Context(), token); err != nil || acc.ID != m.Account {
			t.Errorf("%s: signed in as %q, %v", m.Role, acc.Name, err)
		}
		for _, guess := range []string{"", "password", string(m.Role)} {
			if _, err := a.SignIn(t.Context(), Slug+"-"+string(m.Role), guess, "192.0.2.1"); err == nil {
				t.Errorf("%s signed in with the password %q", m.Role, guess)
			}
		}
	}
	if !slices.Equal(roles, roster.Roles) {
		t.Errorf("roles %v, want one of each", roles)
	}
	if _, err := Build(t.Context(), db, Options{Seed: 1, Today: roster.DayOf(frozen), Staff: 5, NewID: SeqIDs(2)}); roster.KindOf(err) != roster.Taken {
		t.Errorf("second build: %v, want Taken", err)
	}
}

func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		db := open(b)
		b.StartTimer()
		if _, err := Build(context.Background(), db, Options{Seed: 1, Today: roster.DayOf(frozen), NewID: SeqIDs(1)}); err != nil {
			b.Fatal(err)
		}
	}
}
