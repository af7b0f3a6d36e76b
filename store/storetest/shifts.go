package storetest

import (
	"context"
	"slices"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

// shifts: which working shifts each reader returns, and locks.
func shifts(t *testing.T, s store.Store) {
	t.Run("sheet", func(t *testing.T) { sheetShifts(t, newWorld(t, s)) })
	t.Run("by person and day", func(t *testing.T) { shiftsBy(t, newWorld(t, s)) })
	t.Run("locks", func(t *testing.T) { locks(t, newWorld(t, s)) })
	t.Run("rosters", func(t *testing.T) { rosters(t, newWorld(t, s)) })
}

func sheetShifts(t *testing.T, w *world) {
	p := roster.Period{First: monday, Last: monday + 6}
	early := w.shift(w.staff.ID, w.site.ID, monday+1)
	early.Span = roster.Span{Start: 300, End: 400}
	late := w.shift(w.staff.ID, w.site.ID, monday+1)
	away := w.shift(w.staff.ID, w.other.ID, monday+2) // home is the site, works elsewhere
	rejected := w.shift(w.staff.ID, w.site.ID, monday+3)
	rejected.Approval = roster.Rejected
	pending := w.shift(w.staff.ID, w.site.ID, monday+4)
	pending.Approval = roster.Pending
	first, last := w.shift(w.staff.ID, w.site.ID, p.First), w.shift(w.staff.ID, w.site.ID, p.Last)
	before, after := w.shift(w.staff.ID, w.site.ID, p.First-1), w.shift(w.staff.ID, w.site.ID, p.Last+1)
	helps := w.shift(w.guest.ID, w.site.ID, monday) // a guest, who works at home too
	home := w.shift(w.guest.ID, w.other.ID, monday+1)
	w.saveShifts(late, early, away, rejected, pending, last, first, before, after, helps, home)
	w.read(func(ctx context.Context, r store.Reader) error {
		got, err := r.SheetShifts(ctx, w.site.ID, p)
		must(t, err)
		wantIDs(t, "own people", got[w.staff.ID], first, early, late, away, pending, last)
		wantIDs(t, "guests", got[w.guest.ID], helps, home)
		got, err = r.SheetShifts(ctx, w.other.ID, roster.Period{First: monday, Last: monday})
		must(t, err)
		wantIDs(t, "people of the other site, on a day they are away", got[w.guest.ID], helps)
		wantIDs(t, "people who are not at the other site that day", got[w.staff.ID])
		got, err = r.SheetShifts(ctx, w.site.ID, roster.Period{First: monday + 50, Last: monday + 60})
		must(t, err)
		if len(got) != 0 {
			t.Errorf("an empty month has %v", got)
		}
		return nil
	})
}

func wantIDs(t testing.TB, what string, got []roster.Shift, want ...roster.Shift) {
	t.Helper()
	id := func(x roster.Shift) roster.ShiftID { return x.ID }
	same(t, what, idsOf(got, id), idsOf(want, id))
}

func shiftsBy(t *testing.T, w *world) {
	a, b := w.shift(w.staff.ID, w.site.ID, monday), w.shift(w.guest.ID, w.other.ID, monday)
	c := w.shift(w.guest.ID, w.site.ID, monday+1)
	rejected := w.shift(w.staff.ID, w.site.ID, monday)
	rejected.Approval = roster.Rejected
	w.saveShifts(a, b, c, rejected)
	p := roster.Period{First: monday, Last: monday + 1}
	w.read(func(ctx context.Context, r store.Reader) error {
		none, err := r.ShiftsOf(ctx, nil, p)
		must(t, err)
		if none == nil || len(none) != 0 {
			t.Errorf("shifts of nobody: %v, want an empty map that can be written", none)
		}
		got, err := r.ShiftsOf(ctx, []roster.StaffID{w.guest.ID}, p)
		must(t, err)
		wantIDs(t, "one person", got[w.guest.ID], b, c)
		if len(got) != 1 {
			t.Errorf("asked for one person, got %d", len(got))
		}
		many := []roster.StaffID{w.staff.ID, w.guest.ID}
		for range 1500 {
			many = append(many, roster.StaffID(newID()))
		}
		got, err = r.ShiftsOf(ctx, many, p)
		must(t, err)
		wantIDs(t, "one of many people", got[w.staff.ID], a)
		return nil
	})
}

func locks(t *testing.T, w *world) {
	c := roster.Cell{Staff: w.staff.ID, Day: monday}
	next := roster.Cell{Staff: w.guest.ID, Day: monday + 1}
	lock := func(c roster.Cell) error {
		_, err := w.try(func(ctx context.Context, s store.Writer) error { return s.LockCell(ctx, w.site.ID, c) })
		return err
	}
	unlock := func(c roster.Cell) error {
		_, err := w.try(func(ctx context.Context, s store.Writer) error { return s.UnlockCell(ctx, c) })
		return err
	}
	must(t, lock(c))
	must(t, lock(next))
	wantKind(t, "locking twice", lock(c), roster.Stale)
	w.read(func(ctx context.Context, r store.Reader) error {
		got, err := r.LockedCells(ctx, roster.Period{First: monday, Last: monday})
		must(t, err)
		same(t, "locked cells of a day", got, map[roster.Cell]bool{c: true})
		got, err = r.LockedCells(ctx, roster.Period{First: monday + 2, Last: monday + 9})
		must(t, err)
		same(t, "locked cells of days without any", got, map[roster.Cell]bool{})
		return nil
	})
	must(t, unlock(c))
	wantKind(t, "unlocking what is not locked", unlock(c), roster.Stale)
	must(t, lock(c))
}

func rosters(t *testing.T, w *world) {
	save := func(site roster.SiteID, p roster.Period) (r roster.Roster, err error) {
		_, err = w.try(func(ctx context.Context, s store.Writer) (err error) {
			r, err = s.SaveRoster(ctx, roster.Roster{ID: roster.RosterID(newID()), Site: site, Period: p, State: roster.StateDrafting})
			return err
		})
		return r, err
	}
	p := roster.PeriodOf(monday, 1)
	now, err := save(w.site.ID, p)
	must(t, err)
	later, err := save(w.site.ID, p.Next(1))
	must(t, err)
	aside, err := save(w.other.ID, roster.PeriodOf(monday, 21))
	must(t, err)
	_, err = save(w.site.ID, p)
	wantKind(t, "a second roster of one period", err, roster.Taken)
	id := func(r roster.Roster) roster.RosterID { return r.ID }
	w.read(func(ctx context.Context, r store.Reader) error {
		got, err := r.Rosters(ctx, w.site.ID, roster.Period{First: p.Last, Last: p.Last + 1})
		must(t, err)
		same(t, "rosters of a site that touch two days", got, []roster.Roster{now, later})
		got, err = r.Rosters(ctx, w.site.ID, p)
		must(t, err)
		same(t, "rosters of a site and month", got, []roster.Roster{now})
		got, err = r.Rosters(ctx, "", roster.Period{First: monday, Last: monday})
		must(t, err)
		want := []roster.Roster{now, aside}
		slices.SortFunc(want, func(a, b roster.Roster) int { return compare(string(a.Site), string(b.Site)) })
		same(t, "rosters of all sites", idsOf(got, id), idsOf(want, id))
		return nil
	})
}

// published: copies are of their moment, the newest counts, withdrawn ones are not seen.
func published(t *testing.T, s store.Store) {
	w := newWorld(t, s)
	neighbour := newWorld(t, s)
	p := roster.PeriodOf(monday, 1)
	open, drop := w.shift(w.staff.ID, w.site.ID, monday), w.shift(w.staff.ID, w.site.ID, monday+1)
	pending := w.shift(w.staff.ID, w.site.ID, monday+2)
	pending.Approval = roster.Pending
	away, after := w.shift(w.guest.ID, w.other.ID, monday), w.shift(w.staff.ID, w.site.ID, p.Last+1)
	open.Note = "覚え"
	kept := w.saveShifts(open, drop, pending, away, after)
	r := roster.Roster{ID: roster.RosterID(newID()), Site: w.site.ID, Period: p, State: roster.StatePublished, Published: 1, OffDays: 9}
	r = w.publish(r)
	w.wantPublished(t, "first version", p, open, drop)
	w.write(func(ctx context.Context, x store.Writer) error {
		moved := kept[0]
		moved.Day = monday + 5
		_, err := x.SaveShift(ctx, moved)
		must(t, err)
		return x.RemoveShift(ctx, kept[1].ID, kept[1].Version)
	})
	w.wantPublished(t, "the draft has changed, the copy has not", p, open, drop)
	w.read(func(ctx context.Context, x store.Reader) error {
		got, err := x.PublishedOf(ctx, w.staff.ID, p)
		must(t, err)
		want := []roster.Shift{open, drop}
		same(t, "copies keep everything but the version", got, want)
		cells := []roster.Cell{{Staff: w.staff.ID, Day: monday}, {Staff: w.staff.ID, Day: monday + 5}}
		got, err = x.PublishedCells(ctx, r.ID, 1, cells)
		must(t, err)
		wantIDs(t, "published cells", got, open)
		got, err = x.PublishedCells(ctx, r.ID, 2, cells)
		must(t, err)
		wantIDs(t, "cells of a version that is not there", got)
		got, err = x.PublishedCells(ctx, r.ID, 1, nil)
		must(t, err)
		wantIDs(t, "no cells", got)
		return nil
	})
	r.Published = 2
	r = w.publish(r)
	open.Day = monday + 5
	w.wantPublished(t, "second version", p, open)
	for state, want := range map[roster.State][]roster.Shift{roster.StateDrafting: nil, roster.StateClosed: {open}, roster.StatePublished: {open}} {
		r.State = state
		w.write(func(ctx context.Context, x store.Writer) (err error) { r, err = x.SaveRoster(ctx, r); return })
		w.wantPublished(t, "state "+string(state), p, want...)
	}
	w.wantPublished(t, "other days", roster.Period{First: monday, Last: monday + 1})
	neighbour.wantPublished(t, "the neighbour", p)
}

func (w *world) publish(r roster.Roster) roster.Roster {
	w.t.Helper()
	w.write(func(ctx context.Context, x store.Writer) (err error) {
		if r, err = x.SaveRoster(ctx, r); err != nil {
			return err
		}
		return x.CopyPublished(ctx, r)
	})
	return r
}

func (w *world) wantPublished(t *testing.T, what string, p roster.Period, want ...roster.Shift) {
	t.Helper()
	w.read(func(ctx context.Context, x store.Reader) error {
		got, err := x.PublishedOf(ctx, w.staff.ID, p)
		must(t, err)
		wantIDs(t, what+", own", got, want...)
		got, err = x.PublishedAt(ctx, w.site.ID, p)
		must(t, err)
		wantIDs(t, what+", site", got, want...)
		return nil
	})
}
