package storetest

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

var everyScope = []store.Scope{store.ScopeMasters, store.ScopeAll, store.ScopeRosters, "2026-10", "2026-11", "2026-12"}

func (w *world) stamps() (found map[store.Scope]store.Stamp) {
	w.t.Helper()
	w.read(func(ctx context.Context, r store.Reader) (err error) {
		found, err = r.Stamps(ctx, everyScope...)
		return
	})
	return found
}

// stamps: each change draws new ones for its scopes and leaves the others alone.
func stamps(t *testing.T, s store.Store) {
	w := newWorld(t, s)
	neighbour := newWorld(t, s)
	x := w.shift(w.staff.ID, w.site.ID, roster.MakeDay(2026, 11, 30))
	r := roster.Roster{ID: roster.RosterID(newID()), Site: w.site.ID, Period: roster.PeriodOf(x.Day, 1), State: roster.StatePublished, Published: 1}
	locked := roster.Cell{Staff: w.guest.ID, Day: roster.MakeDay(2026, 10, 31)}
	for _, step := range []struct {
		name string
		want []store.Scope
		do   func(context.Context, store.Writer) error
	}{
		{"every month that is looked at", []store.Scope{"2026-10", "2026-11", "2026-12"}, func(ctx context.Context, y store.Writer) error {
			for _, m := range []time.Month{time.October, time.December} {
				y.Record(roster.Event{Name: "x", Cell: roster.Cell{Staff: w.staff.ID, Day: roster.MakeDay(2026, m, 1)}})
			}
			return y.LockCell(ctx, w.site.ID, roster.Cell{Staff: w.staff.ID, Day: monday})
		}},
		{"a shift that is new", []store.Scope{"2026-11"}, func(ctx context.Context, y store.Writer) (err error) { x, err = y.SaveShift(ctx, x); return }},
		{"a shift that moves to another month", []store.Scope{"2026-11", "2026-12"}, func(ctx context.Context, y store.Writer) (err error) {
			x.Day++
			y.Record(roster.Event{Name: "x", Cell: x.Cell()})
			x, err = y.SaveShift(ctx, x)
			return err
		}},
		{"a shift that goes", []store.Scope{"2026-11", "2026-12"}, func(ctx context.Context, y store.Writer) error {
			y.Record(roster.Event{Name: "x", Cell: x.Cell()})
			return y.RemoveShift(ctx, x.ID, x.Version)
		}},
		{"a lock", []store.Scope{"2026-10", "2026-11"}, func(ctx context.Context, y store.Writer) error { return y.LockCell(ctx, w.site.ID, locked) }},
		{"a lock that goes", []store.Scope{"2026-10", "2026-11"}, func(ctx context.Context, y store.Writer) error { return y.UnlockCell(ctx, locked) }},
		{"a person", []store.Scope{store.ScopeMasters, "2026-11"}, func(ctx context.Context, y store.Writer) error {
			_, err := y.SaveStaff(ctx, w.person("新人", w.site.ID))
			return err
		}},
		{"a roster and its copy", []store.Scope{store.ScopeRosters, "2026-11"}, func(ctx context.Context, y store.Writer) (err error) {
			if r, err = y.SaveRoster(ctx, r); err != nil {
				return err
			}
			return y.CopyPublished(ctx, r)
		}},
		{"the organisation itself", []store.Scope{"2026-11"}, func(ctx context.Context, y store.Writer) error {
			o := w.org
			o.Name = "改名会"
			_, err := y.SaveOrg(ctx, o)
			return err
		}},
		{"everything", []store.Scope{store.ScopeAll, "2026-11"}, func(ctx context.Context, y store.Writer) error { return y.ClearScopes(ctx) }},
	} {
		before, others := w.stamps(), neighbour.stamps()
		w.write(func(ctx context.Context, y store.Writer) error { return step.do(ctx, y) }) // its own event is in November
		after := w.stamps()
		for _, scope := range everyScope {
			want := slices.Contains(step.want, scope) || scope == "2026-11" || before[scope] < 0 // never stamped: every write changes it
			if (before[scope] != after[scope]) != want {
				t.Errorf("%s: the stamp of %s went from %d to %d", step.name, scope, before[scope], after[scope])
			}
		}
		if now := neighbour.stamps(); !maps.Equal(now, others) {
			t.Errorf("%s: the neighbour's stamps changed", step.name)
		}
	}
	stampsOfWhatFailed(t, w)
}

// stampsOfWhatFailed: nothing happened, so nothing is stamped; but shifts cannot change month in silence.
func stampsOfWhatFailed(t *testing.T, w *world) {
	kept := w.saveShifts(w.shift(w.staff.ID, w.site.ID, monday))[0]
	before := w.stamps()
	_, err := w.try(func(ctx context.Context, y store.Writer) error {
		must(t, y.RemoveShift(ctx, kept.ID, kept.Version))
		return roster.Refuse(roster.RuleBroken, "x")
	})
	wantKind(t, "refused in the middle", err, roster.RuleBroken)
	_, err = w.s.Write(t.Context(), w.act("x"), func(y store.Writer) error {
		y.Record(roster.Event{Name: "x"})
		return y.RemoveShift(t.Context(), kept.ID, kept.Version)
	})
	wantKind(t, "a shift removed without an event of its cell", err, roster.Internal)
	if now := w.stamps(); !maps.Equal(now, before) {
		t.Errorf("stamps of what did not happen: %v, were %v", now, before)
	}
}
