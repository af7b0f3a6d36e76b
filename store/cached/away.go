package cached

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// errAway is the answer where the database is needed and does not answer.
var errAway = roster.Refuse(roster.Away, "error.away")

const (
	askEvery     = time.Second
	answerWithin = time.Second
	// waitFor is how long writes still go to a database that does not answer: another server may take its place in that time.
	waitFor = 5 * time.Second
)

// outage knows whether the database answers. Somebody who asked in vain finds out for all, and once a second somebody asks anyway, so that
// a database that hangs does not keep every request until it gives up.
type outage struct {
	s     *Store
	since atomic.Int64 // when it began, ms; 0: the database answers
	good  atomic.Pointer[times]
	stop  context.CancelFunc
	all   sync.WaitGroup
	mu    sync.Mutex // one asks at a time
	asked time.Time  // when the last answer, or none, came
}

// times are good until an outage begins: what waits for the database then need not wait any longer.
type times struct {
	context.Context
	end context.CancelFunc
}

func (o *outage) goodTimes() {
	ctx, end := context.WithCancel(context.Background())
	o.good.Store(&times{ctx, end})
}

// patient is a context for a read that has another answer when an outage begins.
func (o *outage) patient(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(o.good.Load(), cancel)
	return ctx, func() { stop(); cancel() }
}

func (o *outage) begin(s *Store) {
	o.s = s
	o.goodTimes()
	ctx, stop := context.WithCancel(context.Background())
	o.stop = stop
	if s.Server {
		o.all.Go(func() { o.watch(ctx) })
	}
}

func (o *outage) close() {
	o.stop()
	o.all.Wait()
}

func (o *outage) on() bool { return o.since.Load() != 0 }

// long reports an outage that another server's taking over does not explain.
func (o *outage) long() bool {
	since := o.since.Load()
	return since != 0 && time.Since(time.UnixMilli(since)) > waitFor
}

// means reports whether an error is that of a database that does not answer. That of somebody who left, or a refusal, is not.
func (o *outage) means(ctx context.Context, err error) bool {
	if err == nil || !o.s.Server || refused(err) || ctx.Err() != nil {
		return false
	}
	return o.on() || !o.answers(ctx)
}

// refused reports an error that is an answer.
func refused(err error) bool {
	var refusal *roster.Error
	return errors.As(err, &refusal)
}

func (o *outage) watch(ctx context.Context) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			o.answers(ctx)
		}
	}
}

// answers asks the database, and notes what came of it. Those who want to know at once share one answer.
func (o *outage) answers(ctx context.Context) bool {
	began := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.asked.After(began) {
		return !o.on()
	}
	err := o.ask(ctx)
	if err != nil && !o.on() {
		err = o.ask(ctx) // one connection may be lost, or a moment be busy; with several hosts another answers
	}
	o.note(ctx, err)
	o.asked = time.Now()
	return err == nil
}

func (o *outage) ask(ctx context.Context) error {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	return o.s.Store.Ping(within)
}

func (o *outage) note(ctx context.Context, err error) {
	since := o.since.Load()
	switch {
	case err == nil && since != 0:
		o.goodTimes()
		o.since.Store(0)
		o.s.Log.WarnContext(ctx, "the database is back", "after", time.Since(time.UnixMilli(since)).Round(time.Millisecond))
	case err != nil && since == 0:
		o.since.Store(time.Now().UnixMilli())
		o.good.Load().end()
		o.s.Log.ErrorContext(ctx, "the database is away: what was read last is shown, nothing can be changed", "error", err)
	}
}

// Ping fails at once while the database is away.
func (s *Store) Ping(ctx context.Context) error {
	if s.outage.on() {
		return errAway
	}
	return s.Store.Ping(ctx)
}

// Away reports a database server that does not answer. A file is never away.
func (s *Store) Away(ctx context.Context) bool {
	return s.Server && (s.outage.on() || !s.outage.answers(ctx))
}

// asking puts a question to the database unless it is away. ok is false when there is no answer and memory must do.
func (s *Store) asking(ctx context.Context, ask func(context.Context) error) (err error, ok bool) {
	for range 2 { // the second time after an outage that was over before it was noticed here
		if s.outage.on() {
			return errAway, false
		}
		patient, done := s.outage.patient(ctx)
		err = ask(patient)
		cut := patient.Err() != nil && ctx.Err() == nil
		done()
		if s.outage.means(ctx, err) {
			return errAway, false
		}
		if err == nil || !cut || refused(err) {
			break
		}
	}
	return err, true
}

// lastKnown asks the database, and while it is away answers what it said last, for some minutes. What has ended meanwhile elsewhere, a
// sign-in or a membership, is not known then: but there is nothing to be changed with it either.
func lastKnown[T any](ctx context.Context, s *Store, key string, ask func(context.Context) (T, error)) (answer T, err error) {
	err, ok := s.asking(ctx, func(ctx context.Context) (err error) { answer, err = ask(ctx); return err })
	switch {
	case ok && err == nil:
		s.known.Set(key, answer)
	case ok && refused(err):
		s.known.Invalidate(key)
	case !ok:
		if v, kept := s.known.GetIfPresent(key); kept {
			return v.(T), nil
		}
	}
	return answer, err
}

// forget drops what is known for outages of whatever something changed.
func (s *Store) forget(changed func(v any) bool) {
	for key, v := range s.known.All() {
		if changed(v) {
			s.known.Invalidate(key)
		}
	}
}

// SignInBy, Account and Memberships are asked for with every request.
func (s *Store) SignInBy(ctx context.Context, hash string) (store.SignIn, error) {
	return lastKnown(ctx, s, "sign-in "+hash, func(ctx context.Context) (store.SignIn, error) { return s.Store.SignInBy(ctx, hash) })
}

func (s *Store) Account(ctx context.Context, id roster.AccountID) (store.Account, error) {
	return lastKnown(ctx, s, "account "+string(id), func(ctx context.Context) (store.Account, error) { return s.Store.Account(ctx, id) })
}

func (s *Store) Memberships(ctx context.Context, id roster.AccountID) ([]store.Membership, error) {
	return lastKnown(ctx, s, "memberships "+string(id), func(ctx context.Context) ([]store.Membership, error) { return s.Store.Memberships(ctx, id) })
}

// TouchSignIn is Away at once while the database is: who only looks must not wait for it.
func (s *Store) TouchSignIn(ctx context.Context, hash string, seenMs int64) error {
	err, _ := s.asking(ctx, func(ctx context.Context) error { return s.Store.TouchSignIn(ctx, hash, seenMs) })
	return err
}

// What ends somebody's sign-in or changes an account ends what is known of it, after the database has done it.

func (s *Store) WriteAccounts(ctx context.Context, fn func(store.AccountsWriter) error) ([]roster.Access, error) {
	var w *noting
	kept, err := s.Store.WriteAccounts(ctx, func(in store.AccountsWriter) error {
		w = &noting{AccountsWriter: in, of: s}
		return fn(w)
	})
	if w != nil {
		for _, forget := range w.then {
			forget()
		}
	}
	return kept, err
}

// noting notes what must not be known any longer.
type noting struct {
	store.AccountsWriter
	of   *Store
	then []func()
}

func (w *noting) later(forget func()) { w.then = append(w.then, forget) }

func (w *noting) EndSignIn(ctx context.Context, hash string) (bool, error) {
	w.later(func() { w.of.known.Invalidate("sign-in " + hash) })
	return w.AccountsWriter.EndSignIn(ctx, hash)
}

func (w *noting) EndSignIns(ctx context.Context, id roster.AccountID, except string) error {
	w.later(func() { w.of.forgetSignIns(id, except) })
	return w.AccountsWriter.EndSignIns(ctx, id, except)
}

func (s *Store) forgetSignIns(id roster.AccountID, except string) {
	s.forget(func(v any) bool {
		in, ok := v.(store.SignIn)
		return ok && in.Account == id && in.Hash != except
	})
}

// penNoting does so for what an act ends.
type penNoting struct {
	store.Writer
	ended map[roster.AccountID]string // the one that stays
}

func (w penNoting) EndSignIns(ctx context.Context, id roster.AccountID, except string) error {
	w.ended[id] = except
	return w.Writer.EndSignIns(ctx, id, except)
}

func (w *noting) SaveAccount(ctx context.Context, a store.Account) (store.Account, error) {
	w.later(func() { w.of.known.Invalidate("account " + string(a.ID)) })
	return w.AccountsWriter.SaveAccount(ctx, a)
}

// forgetMembers: somebody's place in an organisation has changed.
func (s *Store) forgetMembers(org roster.OrgID, events []roster.Event) {
	if slices.ContainsFunc(events, func(e roster.Event) bool { return e.Name == roster.EventStaffErased }) {
		s.forget(func(any) bool { return true }) // an account may have gone with the person
	}
	if !slices.ContainsFunc(events, func(e roster.Event) bool { return e.Name == roster.EventMemberSaved }) {
		return
	}
	s.forget(func(v any) bool {
		places, ok := v.([]store.Membership)
		return ok && slices.ContainsFunc(places, func(p store.Membership) bool { return p.Org.ID == org })
	})
}

// nothing is the snapshot of a database that is away.
type nothing struct{}

var _ store.Reader = nothing{}

func (nothing) Org(context.Context) (roster.Org, error)      { return roster.Org{}, errAway }
func (nothing) Sites(context.Context) ([]roster.Site, error) { return nil, errAway }
func (nothing) Site(context.Context, roster.SiteID) (roster.Site, error) {
	return roster.Site{}, errAway
}
func (nothing) Jobs(context.Context) ([]roster.Job, error)     { return nil, errAway }
func (nothing) People(context.Context) ([]roster.Staff, error) { return nil, errAway }
func (nothing) Staff(context.Context, roster.StaffID) (roster.Staff, error) {
	return roster.Staff{}, errAway
}

func (nothing) Contracts(context.Context) (map[roster.StaffID][]roster.Contract, error) {
	return nil, errAway
}

func (nothing) ContractsOf(context.Context, roster.StaffID) ([]roster.Contract, error) {
	return nil, errAway
}
func (nothing) Codes(context.Context) ([]roster.Code, error)                { return nil, errAway }
func (nothing) CodeInUse(context.Context, roster.CodeID) (bool, error)      { return false, errAway }
func (nothing) Needs(context.Context, roster.SiteID) ([]roster.Need, error) { return nil, errAway }
func (nothing) OwnHolidays(context.Context) ([]roster.Holiday, error)       { return nil, errAway }
func (nothing) RosterAt(context.Context, roster.SiteID, roster.Period) (roster.Roster, error) {
	return roster.Roster{}, errAway
}

func (nothing) Rosters(context.Context, roster.SiteID, roster.Period) ([]roster.Roster, error) {
	return nil, errAway
}

func (nothing) LockedCells(context.Context, roster.Period) (map[roster.Cell]bool, error) {
	return nil, errAway
}

func (nothing) Shift(context.Context, roster.ShiftID) (roster.Shift, error) {
	return roster.Shift{}, errAway
}

func (nothing) SheetShifts(context.Context, roster.SiteID, roster.Period) (map[roster.StaffID][]roster.Shift, error) {
	return nil, errAway
}

func (nothing) ShiftsOf(context.Context, []roster.StaffID, roster.Period) (map[roster.StaffID][]roster.Shift, error) {
	return nil, errAway
}

func (nothing) LastShift(context.Context, roster.StaffID) (roster.Day, error) { return 0, errAway }

func (nothing) PublishedOf(context.Context, roster.StaffID, roster.Period) ([]roster.Shift, error) {
	return nil, errAway
}

func (nothing) PublishedAt(context.Context, roster.SiteID, roster.Period) ([]roster.Shift, error) {
	return nil, errAway
}

func (nothing) PublishedCopy(context.Context, roster.RosterID, int) ([]roster.Shift, error) {
	return nil, errAway
}

func (nothing) PublishedCells(context.Context, roster.RosterID, int, []roster.Cell) ([]roster.Shift, error) {
	return nil, errAway
}
func (nothing) Members(context.Context) ([]roster.Member, error) { return nil, errAway }
func (nothing) Member(context.Context, roster.MemberID) (roster.Member, error) {
	return roster.Member{}, errAway
}

func (nothing) EventsOf(context.Context, int64, int) ([]roster.Event, error) { return nil, errAway }

func (nothing) EventsAfter(context.Context, int64, int) ([]roster.Event, error) { return nil, errAway }

func (nothing) ActAt(context.Context, int64) (roster.PastAct, []roster.Event, error) {
	return roster.PastAct{}, nil, errAway
}

func (nothing) ActsOf(context.Context, roster.AccountID, string, int) ([]roster.PastAct, error) {
	return nil, errAway
}

func (nothing) TouchedAfter(context.Context, int64, roster.Period) (map[roster.Cell]roster.PastAct, error) {
	return nil, errAway
}

func (nothing) CellHistory(context.Context, roster.Cell, int) ([]roster.PastAct, [][]roster.Event, error) {
	return nil, nil, errAway
}

func (nothing) History(context.Context, store.ActQuery) ([]roster.PastAct, error) {
	return nil, errAway
}

func (nothing) ImportRefs(context.Context, string, string, []string) (map[string]store.ImportRef, error) {
	return nil, errAway
}

func (nothing) Stamps(context.Context, ...store.Scope) (map[store.Scope]store.Stamp, error) {
	return nil, errAway
}
