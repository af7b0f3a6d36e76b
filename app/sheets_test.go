package app

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/cached"
	"wakakusa/store/cached/cachedtest"
)

func TestSheetsAreKeptApart(t *testing.T) {
	k := sheets{by: map[sheetKey]*keptSheet{}}
	draft := sheetKey{org: "o", place: Place{Site: "s", Day: 1}, draft: true}
	first := k.of(draft)
	if k.of(draft) != first {
		t.Error("a sheet is not kept")
	}
	published, stranger := draft, draft
	published.draft, stranger.org = false, "other"
	if k.of(published) == first || k.of(stranger) == first {
		t.Error("a sheet is given to others")
	}
}

func TestSheetsAreFew(t *testing.T) {
	k := sheets{by: map[sheetKey]*keptSheet{}}
	for d := range roster.Day(100) {
		k.of(sheetKey{place: Place{Day: d}})
	}
	last := sheetKey{place: Place{Day: 99}}
	if k.by[last] == nil || len(k.by) > maxSheets {
		t.Errorf("%d sheets are kept, the newest: %v", len(k.by), k.by[last])
	}
}

// seen is all that a sheet shows, in a form that can be compared.
type seen struct {
	revision int64
	roster   roster.Roster
	staff    []roster.Staff
	shifts   map[roster.StaffID][]roster.Shift
	breaches map[roster.StaffID][]roster.Breach
	totals   map[roster.StaffID]roster.Totals
	cover    map[roster.Day][]roster.Cover
	changed  []roster.Cell
	locked   []roster.Cell
}

func look(o OpenSheet) seen {
	v := seen{
		revision: o.Revision, roster: o.Roster, staff: o.Staff, shifts: map[roster.StaffID][]roster.Shift{},
		breaches: map[roster.StaffID][]roster.Breach{}, totals: map[roster.StaffID]roster.Totals{}, cover: map[roster.Day][]roster.Cover{},
		changed: sorted(o.Changed), locked: sorted(o.Locked),
	}
	for _, p := range o.Staff {
		v.shifts[p.ID] = slices.Concat(o.Shifts[p.ID])
		v.breaches[p.ID], v.totals[p.ID] = o.Breaches(p.ID), o.Totals(p.ID)
	}
	for d := o.Roster.Period.First; d <= o.Roster.Period.Last; d++ {
		v.cover[d] = o.Coverage(d)
	}
	return v
}

func sorted(cells map[roster.Cell]bool) []roster.Cell {
	list := slices.Collect(maps.Keys(cells))
	slices.SortFunc(list, func(a, b roster.Cell) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Staff, b.Staff)) })
	return list
}

// TestKeptSheetFollows: whatever happens at two sites, a sheet that is brought up to date is the sheet that is read.
func TestKeptSheetFollows(t *testing.T) {
	f := newFacility(t)
	ctx, rnd := t.Context(), rand.New(rand.NewPCG(1, 2))
	people, symbols := []roster.Staff{f.hanako, f.taro, f.part, f.client, f.away}, []string{"早", "夜", "公", "有", "遅"}
	for _, symbol := range symbols {
		must(t, f.SaveNeeds(ctx, f.manager, f.home.ID, []roster.Need{{Code: f.code[symbol].ID, Weekday: roster.EveryDay, Count: 2}}, "", ""))
	}
	places := []Place{f.place(), {f.works.ID, today}}
	looks := []struct {
		by roster.Actor
		p  Place
	}{{f.admin, places[0]}, {f.admin, places[1]}, {f.viewer, places[0]}}
	same := func(what string) {
		t.Helper()
		for _, x := range looks {
			kept, err := f.Sheet(ctx, x.by, x.p)
			must(t, err)
			var read OpenSheet
			must(t, f.db.Read(ctx, f.org.ID, func(r store.Reader) (err error) {
				read, err = openSheet(ctx, r, x.p, x.by.Role != roster.RoleViewer)
				return err
			}))
			if a, b := look(kept), look(read); !reflect.DeepEqual(a, b) {
				t.Fatalf("after %s the %s sees of %s\n%+v\nbut there is\n%+v", what, x.by.Role, x.p.Site, a, b)
			}
		}
	}
	refused := 0
	for range 120 {
		p, x := places[rnd.IntN(2)], people[rnd.IntN(len(people))]
		cell, to := f.cell(x, today+roster.Day(rnd.IntN(9)-3)), f.cell(people[rnd.IntN(len(people))], today+roster.Day(rnd.IntN(20)))
		what, err := "", error(nil)
		switch n := rnd.IntN(20); {
		case n < 9:
			what = "a shift"
			_, err = f.editAt(p, f.set(x, cell.Day, symbols[rnd.IntN(len(symbols))]))
		case n < 11:
			what = "clearing"
			_, err = f.editAt(p, roster.Edit{Op: roster.OpClear, Cell: cell})
		case n < 14:
			what = "a move"
			_, err = f.editAt(p, roster.Edit{Op: roster.OpMove, Cell: cell, To: to})
		case n < 16:
			what = "a lock"
			_, err = f.editAt(p, roster.Edit{Op: []roster.Op{roster.OpLock, roster.OpUnlock}[rnd.IntN(2)], Cell: cell})
		case n < 18:
			what = "undo"
			_, err = f.UndoEdit(ctx, f.admin, p, newID())
		case n == 18:
			what = "publication"
			_, err = f.PublishRoster(ctx, f.admin, p, newID())
		default:
			what = "another name"
			var one Person
			if one, err = f.Person(ctx, f.admin, x.ID); err == nil {
				one.Staff.Kana = newID()
				_, err = f.SaveStaff(ctx, f.admin, one.Staff, newID())
			}
		}
		if err != nil {
			refused++
		}
		same(what)
	}
	if refused > 70 {
		t.Errorf("%d of 120 were refused: too little was tried", refused)
	}
}

// TestKeptSheetIsReadOnce: those who ask at the same time share one sheet.
func TestKeptSheetIsReadOnce(t *testing.T) {
	f := newFacility(t)
	var all sync.WaitGroup
	got := make([]OpenSheet, 20)
	for i := range got {
		all.Go(func() {
			var err error
			if got[i], err = f.Sheet(t.Context(), f.manager, f.place()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, o := range got {
		if o.Sheet != got[0].Sheet {
			t.Fatal("the sheet was read more than once")
		}
	}
	f.mustEdit(f.set(f.hanako, today, "早"))
	next, err := f.Sheet(t.Context(), f.manager, f.place())
	must(t, err)
	if len(got[0].ShiftsOn(f.cell(f.hanako, today))) > 0 || len(next.ShiftsOn(f.cell(f.hanako, today))) != 1 || &next.Staff[0] != &got[0].Staff[0] {
		t.Error("the sheet was not brought up to date, or changed in other hands, or was read as a whole")
	}
}

// TestSheetsWhileAway: of a sheet that was kept and one that the store remembers the newer is shown, as old as it is; a draft that can no longer
// be compared with its copy is shown without the marks.
func TestSheetsWhileAway(t *testing.T) {
	f := newFacility(t)
	gone := &cachedtest.Outage{Store: f.db}
	server := func(o *cached.Options) { o.Server = true }
	kept := cachedtest.Around(t, gone, f.clock, server)
	f.App = New(kept, f.clock, newID)
	publish := func(symbol string) {
		t.Helper()
		f.mustEdit(f.set(f.hanako, today, symbol))
		_, err := f.PublishRoster(t.Context(), f.manager, f.place(), "")
		must(t, err)
	}
	shows := func(by roster.Actor) (symbol string, at time.Time) {
		t.Helper()
		ctx, age := WithAge(t.Context())
		s, err := f.Sheet(ctx, by, f.place())
		must(t, err)
		for _, x := range s.ShiftsOn(roster.Cell{Staff: f.hanako.ID, Day: today}) {
			c, _ := s.Code(x.Code)
			symbol += c.Symbol
		}
		at, _ = age.AsOf()
		return symbol, at
	}
	publish("早")
	if got, at := shows(f.viewer); got != "早" || !at.IsZero() {
		t.Fatalf("%s at %v", got, at)
	}
	shows(f.manager)
	f.advance(time.Hour)
	publish("日")
	later := f.clock()
	worker := roster.Actor{Org: f.org.ID, Role: roster.RoleStaff, Staff: f.hanako.ID}
	_, err := f.Own(t.Context(), worker, roster.PeriodOf(today, 1))
	must(t, err)
	must(t, kept.ReadAhead(t.Context(), f.org.ID))
	f.advance(time.Hour)
	gone.Now.Store(true)
	if got, at := shows(f.viewer); got != "日" || at.Before(later) {
		t.Errorf("a viewer sees %s as of %v; what is published since %v is in memory", got, at, later)
	}
	if got, _ := shows(f.manager); got != "日" && got != "早" {
		t.Errorf("the manager sees %q", got)
	}
}
