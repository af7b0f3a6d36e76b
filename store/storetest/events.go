package storetest

import (
	"context"
	"encoding/json"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

// events: what happened is told in order, by revision, place, actor and cell.
func events(t *testing.T, s store.Store) {
	w := newWorld(t, s)
	neighbour := newWorld(t, s)
	neighbour.saveShifts(neighbour.shift(neighbour.staff.ID, neighbour.site.ID, monday))
	start := w.revision()
	a, b := roster.AccountID(newID()), roster.AccountID(newID())
	cell, next := roster.Cell{Staff: w.staff.ID, Day: monday}, roster.Cell{Staff: w.guest.ID, Day: monday + 1}
	one := w.signed(a, "鈴木", "P", "k1", 0, tell(cell, "x", "1"), tell(next, "y", "2"))
	two := w.signed(b, "田中", "P", "k2", 0, tell(cell, "x", "3"))
	three := w.signed(a, "鈴木", "Q", "k3", 0, tell(cell, "x", "4"))
	four := w.signed(a, "鈴木", "P", "k4", one, roster.Event{Name: "site.saved", Site: w.site.ID, Subject: string(w.site.ID)})
	if one != start+1 || two != one+1 || three != two+1 || four != three+1 {
		t.Errorf("revisions %d, %d, %d, %d after %d have gaps", one, two, three, four, start)
	}
	w.read(func(ctx context.Context, r store.Reader) error {
		list, err := r.EventsAfter(ctx, start, 100)
		must(t, err)
		same(t, "events", told(list), []told1{{one, 0, "x"}, {one, 1, "y"}, {two, 0, "x"}, {three, 0, "x"}, {four, 0, string(w.site.ID)}})
		if string(list[1].After) != `"2"` || list[1].Before != nil || list[1].Cell != next {
			t.Errorf("event kept as %+v", list[1])
		}
		list, err = r.EventsAfter(ctx, one, 2)
		must(t, err)
		same(t, "two events after", told(list), []told1{{two, 0, "x"}, {three, 0, "x"}})
		list, err = r.EventsAfter(ctx, four, 10)
		must(t, err)
		same(t, "nothing after the newest", told(list), []told1(nil))
		return nil
	})
	w.read(func(ctx context.Context, r store.Reader) error {
		act, list, err := r.ActAt(ctx, one)
		must(t, err)
		if act.Actor != a || act.Name != "鈴木" || act.Kind != "roster.edited" || act.Place != "P" || act.Key != "k1" || act.Org != w.org.ID || act.AtMs == 0 || act.UndoneBy != four {
			t.Errorf("act kept as %+v", act)
		}
		same(t, "events of an act", told(list), []told1{{one, 0, "x"}, {one, 1, "y"}})
		_, _, err = r.ActAt(ctx, four+1)
		wantKind(t, "an act to come", err, roster.NotFound)
		acts, err := r.ActsOf(ctx, a, "P", 10)
		must(t, err)
		same(t, "acts of a person at a place", revisions(acts), []int64{four, one})
		acts, err = r.ActsOf(ctx, a, "P", 1)
		must(t, err)
		same(t, "the newest of them", revisions(acts), []int64{four})
		acts, err = r.History(ctx, store.ActQuery{Limit: 3})
		must(t, err)
		same(t, "history", revisions(acts), []int64{four, three, two})
		acts, err = r.History(ctx, store.ActQuery{Before: two, Limit: 1})
		must(t, err)
		same(t, "history before", revisions(acts), []int64{one})
		for name, x := range map[string]struct {
			q    store.ActQuery
			want []int64
		}{
			"of a person":      {store.ActQuery{Actor: a, Limit: 9}, []int64{four, three, one}},
			"about a person":   {store.ActQuery{Staff: w.staff.ID, Limit: 9}, []int64{three, two, one}},
			"of a noun":        {store.ActQuery{Noun: "site", Limit: 9}, []int64{four}},
			"since":            {store.ActQuery{FromMs: act.AtMs + 1e9, Limit: 9}, nil},
			"until":            {store.ActQuery{ToMs: 1, Limit: 9}, nil},
			"under conditions": {store.ActQuery{Before: four, Actor: a, Staff: w.staff.ID, FromMs: 1, ToMs: 1 << 60, Limit: 9}, []int64{three, one}},
		} {
			acts, err := r.History(ctx, x.q)
			must(t, err)
			same(t, "history "+name, revisions(acts), x.want)
		}
		return nil
	})
	w.read(func(ctx context.Context, r store.Reader) error {
		acts, lists, err := r.CellHistory(ctx, cell, 10)
		must(t, err)
		same(t, "history of a cell", revisions(acts), []int64{three, two, one})
		if len(lists) != 3 || len(lists[2]) != 1 {
			t.Errorf("events of a cell: %v", lists)
		}
		acts, _, err = r.CellHistory(ctx, cell, 2)
		must(t, err)
		same(t, "its newest", revisions(acts), []int64{three, two})
		touched, err := r.TouchedAfter(ctx, one, roster.Period{First: monday, Last: monday + 1})
		must(t, err)
		if len(touched) != 1 || touched[cell].Revision != three || touched[cell].Actor != a || touched[cell].Name != "鈴木" {
			t.Errorf("touched after: %+v", touched)
		}
		touched, err = r.TouchedAfter(ctx, start, roster.Period{First: monday + 1, Last: monday + 1})
		must(t, err)
		if len(touched) != 1 || touched[next].Revision != one {
			t.Errorf("touched on the next day: %+v", touched)
		}
		return nil
	})
}

func tell(c roster.Cell, subject, after string) roster.Event {
	text, _ := json.Marshal(after)
	return roster.Event{Name: roster.EventShiftChanged, Cell: c, Subject: subject, After: text}
}

// signed writes an act with events and one row, and returns its revision.
func (w *world) signed(actor roster.AccountID, name, place, key string, undoes int64, list ...roster.Event) int64 {
	w.t.Helper()
	act := roster.Act{Org: w.org.ID, Actor: actor, Name: name, Kind: "roster.edited", Place: place, Key: key, Undoes: undoes}
	c, err := w.s.Write(w.t.Context(), act, func(x store.Writer) error {
		x.Record(list...)
		_, err := x.SaveShift(w.t.Context(), w.shift(w.staff.ID, w.site.ID, monday))
		return err
	})
	must(w.t, err)
	return c.Revision
}

// told1 is what tests compare of an event.
type told1 struct {
	Revision int64
	N        int
	Subject  string
}

func told(list []roster.Event) (out []told1) {
	for _, e := range list {
		out = append(out, told1{e.Revision, e.N, e.Subject})
	}
	return out
}

func revisions(list []roster.PastAct) (out []int64) {
	for _, a := range list {
		out = append(out, a.Revision)
	}
	return out
}
