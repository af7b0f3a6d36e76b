package cached

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// warmer reads, in the background, what people will ask for next: masters, and whole copies of the rosters that are published around today.
// So each page of a member of staff is in memory before the first of them looks, and also when the database is away.
type warmer struct {
	s    *Store
	wake chan roster.OrgID
	stop context.CancelFunc
	all  sync.WaitGroup
	mu   sync.Mutex
	done map[roster.OrgID]state // as wanted last
}

// state is what a warm-up depends on.
type state struct {
	all, masters, rosters store.Stamp
	today                 roster.Day
}

const (
	warmBefore, warmAfter = 31, 62                 // days around today
	warmAtOnce            = 1000                   // organisations that wait; others are warmed when somebody asks again
	warmPause             = 500 * time.Millisecond // the page that somebody waits for comes first
)

func (w *warmer) begin(s *Store) {
	w.s, w.done, w.wake = s, map[roster.OrgID]state{}, make(chan roster.OrgID, warmAtOnce)
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	w.all.Go(func() { w.run(ctx) })
}

func (w *warmer) close() {
	w.stop()
	w.all.Wait()
}

// want asks for a warm-up of an organisation if its state is new here.
func (w *warmer) want(o roster.Org, stamps map[store.Scope]store.Stamp) {
	now := state{stamps[store.ScopeAll], stamps[store.ScopeMasters], stamps[store.ScopeRosters], w.today(o)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done[o.ID] == now {
		return
	}
	select {
	case w.wake <- o.ID:
		w.done[o.ID] = now
	default:
	}
}

func (w *warmer) today(o roster.Org) roster.Day { return roster.DayOf(w.s.Now().In(o.Zone())) }

func (w *warmer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case org := <-w.wake:
			select {
			case <-ctx.Done():
				return
			case <-time.After(warmPause):
			}
			if err := w.safely(ctx, org); err != nil && ctx.Err() == nil {
				w.s.Log.WarnContext(ctx, "reading ahead failed", "org", org, "error", err)
				w.forget(org)
			}
		}
	}
}

// safely is warm that survives a panic: a page that meets the same is one 500, and the program goes on.
func (w *warmer) safely(ctx context.Context, org roster.OrgID) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return w.warm(ctx, org)
}

// forget lets the next reader ask again.
func (w *warmer) forget(org roster.OrgID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.done, org)
}

// ReadAhead reads what people of an organisation will ask for next, and waits until it is there.
func (s *Store) ReadAhead(ctx context.Context, org roster.OrgID) error {
	return s.warmer.warm(ctx, org)
}

// warm reads one thing a snapshot, so that none is long.
func (w *warmer) warm(ctx context.Context, org roster.OrgID) error {
	var missing []roster.Roster
	err := w.read(ctx, org, func(r *reader) error {
		shown, err := w.masters(ctx, r)
		missing = slices.DeleteFunc(shown, func(x roster.Roster) bool { _, ok := r.keptCopy(x); return ok })
		return err
	})
	for _, x := range missing {
		if err != nil || ctx.Err() != nil {
			break
		}
		err = w.read(ctx, org, func(r *reader) error { _, err := r.copy(ctx, x); return err })
		time.Sleep(time.Millisecond) // others first
	}
	return err
}

func (w *warmer) read(ctx context.Context, org roster.OrgID, fn func(*reader) error) error {
	return w.s.Store.Read(ctx, org, func(inner store.Reader) error {
		r, err := w.s.reader(ctx, inner)
		if err != nil {
			return err
		}
		return fn(r)
	})
}

// masters reads what all pages need, and which rosters people see around today.
func (w *warmer) masters(ctx context.Context, r *reader) ([]roster.Roster, error) {
	for _, read := range []func() error{
		func() error { _, err := r.Sites(ctx); return err },
		func() error { _, err := r.Jobs(ctx); return err },
		func() error { _, err := r.Codes(ctx); return err },
		func() error { _, err := r.OwnHolidays(ctx); return err },
		func() error { _, err := r.people(ctx); return err },
		func() error { _, err := r.contracts(ctx); return err },
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	sites, err := r.Sites(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range sites {
		if _, err := r.Needs(ctx, x.ID); err != nil {
			return nil, err
		}
	}
	today := w.today(r.org)
	return r.shown(ctx, "", roster.Period{First: today - warmBefore, Last: today + warmAfter})
}
