package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

var errStop = errors.New("stop")

// transactions: all or nothing, one revision an act, one snapshot a read.
func transactions(t *testing.T, s store.Store) {
	t.Run("rollback leaves nothing", func(t *testing.T) { rollback(t, newWorld(t, s)) })
	t.Run("rows need an event and events need rows", func(t *testing.T) { halves(t, newWorld(t, s)) })
	t.Run("a repeated key changes nothing", func(t *testing.T) { repeated(t, newWorld(t, s)) })
	t.Run("a read is one snapshot", func(t *testing.T) { snapshot(t, newWorld(t, s)) })
	t.Run("a writer sees its own rows", func(t *testing.T) { ownRows(t, newWorld(t, s)) })
}

func rollback(t *testing.T, w *world) {
	before := w.revision()
	_, err := w.try(func(ctx context.Context, s store.Writer) error {
		if _, err := s.SaveShift(ctx, w.shift(w.staff.ID, w.site.ID, monday)); err != nil {
			return err
		}
		return errStop
	})
	if !errors.Is(err, errStop) {
		t.Errorf("error %v, want the one of fn", err)
	}
	if w.revision() != before {
		t.Errorf("revision %d after a rollback, was %d", w.revision(), before)
	}
	w.read(func(ctx context.Context, r store.Reader) error {
		by, err := r.ShiftsOf(ctx, []roster.StaffID{w.staff.ID}, roster.Period{First: monday, Last: monday})
		must(t, err)
		list, err := r.EventsAfter(ctx, before, 10)
		must(t, err)
		if len(by) != 0 || len(list) != 0 {
			t.Errorf("a rollback left %v and %v", by, list)
		}
		return nil
	})
	if c := w.write(func(ctx context.Context, s store.Writer) error {
		_, err := s.SaveShift(ctx, w.shift(w.staff.ID, w.site.ID, monday))
		return err
	}); c.Revision != before+1 {
		t.Errorf("the next act is revision %d, want %d: no gaps", c.Revision, before+1)
	}
}

func halves(t *testing.T, w *world) {
	ctx, before := t.Context(), w.revision()
	_, err := w.s.Write(ctx, w.act("x"), func(x store.Writer) error {
		_, err := x.SaveShift(ctx, w.shift(w.staff.ID, w.site.ID, monday))
		return err
	})
	wantKind(t, "rows without an event", err, roster.Internal)
	_, err = w.s.Write(ctx, w.act("x"), func(x store.Writer) error { x.Record(roster.Event{Name: "x"}); return nil })
	wantKind(t, "an event without rows", err, roster.Internal)
	c, err := w.s.Write(ctx, w.act("x"), func(x store.Writer) error { _, err := x.People(ctx); return err })
	must(t, err)
	if c.Revision != before || c.Repeated || len(c.Events) != 0 || w.revision() != before {
		t.Errorf("writing nothing: %+v, revision %d, was %d", c, w.revision(), before)
	}
}

func repeated(t *testing.T, w *world) {
	ctx, runs := t.Context(), 0
	act := w.act("x")
	act.Key = "key-1"
	do := func() (store.Change, error) {
		return w.s.Write(ctx, act, func(x store.Writer) error {
			runs++
			x.Record(roster.Event{Name: "x"})
			_, err := x.SaveShift(ctx, w.shift(w.staff.ID, w.site.ID, monday))
			return err
		})
	}
	first, err := do()
	must(t, err)
	w.saveShifts(w.shift(w.guest.ID, w.site.ID, monday))
	after := w.revision()
	again, err := do()
	must(t, err)
	if !again.Repeated || again.Revision != first.Revision || len(again.Events) != 0 || runs != 1 || w.revision() != after {
		t.Errorf("repeated: %+v after %d runs at %d, first was %d", again, runs, w.revision(), first.Revision)
	}
	neighbour := newWorld(t, w.s)
	act.Org = neighbour.org.ID
	c, err := w.s.Write(ctx, act, func(x store.Writer) error {
		x.Record(roster.Event{Name: "x"})
		_, err := x.SaveShift(ctx, neighbour.shift(neighbour.staff.ID, neighbour.site.ID, monday))
		return err
	})
	if err != nil || c.Repeated {
		t.Errorf("the key of one organisation stops another: %+v, %v", c, err)
	}
}

func snapshot(t *testing.T, w *world) {
	ctx := t.Context()
	must(t, w.s.Read(ctx, w.org.ID, func(r store.Reader) error {
		before, err := r.Org(ctx)
		must(t, err)
		done := make(chan error)
		go func() {
			_, err := w.s.Write(ctx, w.act("x"), func(x store.Writer) error {
				x.Record(roster.Event{Name: "x"})
				_, err := x.SaveShift(ctx, w.shift(w.staff.ID, w.site.ID, monday))
				return err
			})
			done <- err
		}()
		must(t, <-done) // a reader does not hold a writer up
		after, err := r.Org(ctx)
		must(t, err)
		by, err := r.ShiftsOf(ctx, []roster.StaffID{w.staff.ID}, roster.Period{First: monday, Last: monday})
		must(t, err)
		if after.Revision != before.Revision || len(by) != 0 {
			t.Errorf("a read saw a write that happened meanwhile: revision %d then %d, shifts %v", before.Revision, after.Revision, by)
		}
		return nil
	}))
}

// later asks for the instant once more, after the clock has surely moved.
func later(x store.Writer) int64 {
	time.Sleep(2 * time.Millisecond)
	return x.NowMs()
}

func ownRows(t *testing.T, w *world) {
	before := w.revision()
	w.write(func(ctx context.Context, x store.Writer) error {
		s, err := x.SaveShift(ctx, w.shift(w.staff.ID, w.site.ID, monday))
		must(t, err)
		by, err := x.ShiftsOf(ctx, []roster.StaffID{w.staff.ID}, roster.Period{First: monday, Last: monday})
		must(t, err)
		same(t, "shifts within the write", by[w.staff.ID], []roster.Shift{s})
		o, err := x.Org(ctx)
		must(t, err)
		if o.Revision != before+1 {
			t.Errorf("revision within the write is %d, want %d", o.Revision, before+1)
		}
		if now := x.NowMs(); now == 0 || now != later(x) {
			t.Error("the instant of a write does not stand still")
		}
		return nil
	})
}
