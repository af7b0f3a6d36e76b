package cached

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wakakusa/store/storetest"

	"wakakusa/app/demo"
	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb"
)

var today = roster.MakeDay(2026, time.November, 25)

// home is an organisation with two months of shifts, the older one published, seen by several programs.
type home struct {
	t    *testing.T
	db   *sqldb.DB
	demo demo.Demo
	org  roster.OrgID
	path string // of a file
}

func newHome(t *testing.T, engine string) *home {
	t.Helper()
	at := newPlace(t, engine)
	db := at.Open(t, time.Now)
	t.Cleanup(func() { db.Close() })
	must(t, db.Migrate(t.Context()))
	d, err := demo.Build(t.Context(), db, demo.Options{Seed: 1, Today: today, Staff: 20, Months: 2, NewID: demo.SeqIDs(1)})
	must(t, err)
	return &home{t, db, d, d.Org.ID, at.Path}
}

// counting is a store that counts the rows' readers, and may be away.
type counting struct {
	store.Store
	reads atomic.Int64
	gone  atomic.Bool
}

type countingReader struct {
	store.Reader
	n *atomic.Int64
}

func (c *counting) Read(ctx context.Context, org roster.OrgID, fn func(store.Reader) error) error {
	if c.gone.Load() {
		return errors.New("no route to host")
	}
	return c.Store.Read(ctx, org, func(r store.Reader) error { return fn(countingReader{r, &c.reads}) })
}

func (c *counting) SignInBy(ctx context.Context, hash string) (store.SignIn, error) {
	if c.gone.Load() {
		return store.SignIn{}, errors.New("no route to host")
	}
	return c.Store.SignInBy(ctx, hash)
}

func (c *counting) Account(ctx context.Context, id roster.AccountID) (store.Account, error) {
	if c.gone.Load() {
		return store.Account{}, errors.New("no route to host")
	}
	return c.Store.Account(ctx, id)
}

func (c *counting) Memberships(ctx context.Context, id roster.AccountID) ([]store.Membership, error) {
	if c.gone.Load() {
		return nil, errors.New("no route to host")
	}
	return c.Store.Memberships(ctx, id)
}

func (c *counting) Ping(ctx context.Context) error {
	if c.gone.Load() {
		return errors.New("no route to host")
	}
	return c.Store.Ping(ctx)
}

func (c *counting) Close() error { return nil }

func (r countingReader) SheetShifts(ctx context.Context, site roster.SiteID, p roster.Period) (map[roster.StaffID][]roster.Shift, error) {
	r.n.Add(1)
	return r.Reader.SheetShifts(ctx, site, p)
}

func (r countingReader) People(ctx context.Context) ([]roster.Staff, error) {
	r.n.Add(1)
	return r.Reader.People(ctx)
}

func (r countingReader) PublishedOf(ctx context.Context, id roster.StaffID, p roster.Period) ([]roster.Shift, error) {
	r.n.Add(1)
	return r.Reader.PublishedOf(ctx, id, p)
}

func (r countingReader) PublishedCopy(ctx context.Context, id roster.RosterID, version int) ([]roster.Shift, error) {
	r.n.Add(1)
	return r.Reader.PublishedCopy(ctx, id, version)
}

// view reads what pages read, as one text.
func (h *home) view(s store.Store) string {
	h.t.Helper()
	text, err := h.tryView(s)
	must(h.t, err)
	return text
}

func (h *home) tryView(s store.Store) (text string, err error) {
	ctx := context.Background()
	err = s.Read(ctx, h.org, func(r store.Reader) error {
		var all []any
		fail := errors.Join(
			add(&all, func() (any, error) { return r.Sites(ctx) }),
			add(&all, func() (any, error) { return r.Jobs(ctx) }),
			add(&all, func() (any, error) { return r.People(ctx) }),
			add(&all, func() (any, error) { return r.Contracts(ctx) }),
			add(&all, func() (any, error) { return r.Codes(ctx) }),
			add(&all, func() (any, error) { return r.OwnHolidays(ctx) }),
			add(&all, func() (any, error) { return r.Org(ctx) }),
		)
		for _, site := range []roster.SiteID{h.demo.Home.ID} {
			for _, p := range []roster.Period{roster.PeriodOf(today, 1), roster.PeriodOf(today-31, 1)} {
				fail = errors.Join(fail,
					add(&all, func() (any, error) { return r.Needs(ctx, site) }),
					add(&all, func() (any, error) { return r.Site(ctx, site) }),
					add(&all, func() (any, error) { return r.RosterAt(ctx, site, p) }),
					add(&all, func() (any, error) { return r.Rosters(ctx, "", p) }),
					add(&all, func() (any, error) { return r.LockedCells(ctx, p) }),
					add(&all, func() (any, error) { return r.SheetShifts(ctx, site, p.Widen(7, 7)) }),
					add(&all, func() (any, error) { return r.PublishedAt(ctx, site, p) }),
				)
				people, err := r.People(ctx)
				fail = errors.Join(fail, err)
				for _, x := range people[:min(3, len(people))] {
					fail = errors.Join(fail,
						add(&all, func() (any, error) { return r.Staff(ctx, x.ID) }),
						add(&all, func() (any, error) { return r.ContractsOf(ctx, x.ID) }),
						add(&all, func() (any, error) { return r.PublishedOf(ctx, x.ID, p) }),
					)
				}
			}
		}
		text = fmt.Sprintf("%+v", all)
		return fail
	})
	return text, err
}

func add(to *[]any, read func() (any, error)) error {
	v, err := read()
	if reflect.ValueOf(v).Kind() == reflect.Slice && reflect.ValueOf(v).Len() == 0 {
		v = nil
	}
	*to = append(*to, v)
	return err
}

// warmed waits until what people will ask for has been read ahead.
func (s *Store) warmed(t *testing.T, org roster.OrgID) {
	t.Helper()
	must(t, s.ReadAhead(t.Context(), org))
}

// TestAnswersFromMemory: what one request read serves the next; what was read ahead serves everybody.
func TestAnswersFromMemory(t *testing.T) {
	h := newHome(t, "sqlite")
	c := &counting{Store: h.db}
	s := wrap(t, c, Options{MB: 64, Now: func() time.Time { return time.Date(2026, 11, 25, 9, 0, 0, 0, roster.Japan) }})
	want := h.view(h.db)
	if got := h.view(s); got != want {
		t.Error("the first read differs from the database")
	}
	s.warmed(t, h.org)
	c.reads.Store(0)
	for range 3 {
		if got := h.view(s); got != want {
			t.Error("what is kept differs from the database")
		}
	}
	if n := c.reads.Load(); n != 0 {
		t.Errorf("%d questions went to the database although nothing has changed", n)
	}
	if n := s.Stats(); n.Hits == 0 || n.Misses == 0 || n.Entries == 0 || n.Bytes < 100_000 || n.MaxBytes != 64<<20 {
		t.Errorf("%+v", n)
	}
}

// TestOneEditSparesTheRest: an edit makes its own month be read anew, and nothing else.
func TestOneEditSparesTheRest(t *testing.T) {
	h := newHome(t, "sqlite")
	c := &counting{Store: h.db}
	s := wrap(t, c, Options{MB: 64, Now: func() time.Time { return time.Date(2026, 11, 25, 9, 0, 0, 0, roster.Japan) }})
	h.view(s)
	s.warmed(t, h.org)
	h.view(s)
	for range 3 {
		_, err := s.Write(t.Context(), roster.Act{Org: h.org, Name: "試験", Kind: "x"}, func(w store.Writer) error {
			by, err := w.SheetShifts(t.Context(), h.demo.Home.ID, roster.Period{First: today - 5, Last: today})
			must(t, err)
			x := by[sortedKeys(by)[0]][0]
			w.Record(roster.ShiftEvent(roster.Change{Before: &x}))
			return w.RemoveShift(t.Context(), x.ID, x.Version)
		})
		must(t, err)
		c.reads.Store(0)
		if got := h.view(s); got != h.view(h.db) {
			t.Error("something else than the database holds is shown")
		}
		if n := c.reads.Load(); n != 2 { // the sheets of November and of October, which ends a week later
			t.Errorf("%d questions went to the database", n)
		}
	}
}

// TestFollowsEveryWrite: whatever anybody writes through any program, the next read of any other shows it. Two programs share memory.
func TestFollowsEveryWrite(t *testing.T) {
	for _, engine := range []string{"sqlite", "mysql"} {
		t.Run(engine, func(t *testing.T) {
			h := newHome(t, engine)
			shared := &box{}
			programs := []*Store{wrap(t, &counting{Store: h.db}, Options{MB: 64, Shared: shared}), wrap(t, &counting{Store: h.db}, Options{MB: 64, Shared: shared})}
			dice := rand.New(rand.NewPCG(1, 2))
			for n := range 60 {
				what := h.change(programs[n%2], dice)
				want := h.view(h.db)
				for i, s := range programs {
					if got := h.view(s); got != want {
						t.Fatalf("after change %d (%s) program %d shows something else than the database", n, what, i)
					}
				}
			}
			if programs[0].Stats().SharedHits+programs[1].Stats().SharedHits == 0 {
				t.Error("nothing was taken from shared memory")
			}
		})
	}
}

// change does one thing that people do.
func (h *home) change(s store.Store, dice *rand.Rand) (what string) {
	h.t.Helper()
	ctx := h.t.Context()
	_, err := s.Write(ctx, roster.Act{Org: h.org, Name: "試験", Kind: "x"}, func(w store.Writer) error {
		people, err := w.People(ctx)
		must(h.t, err)
		who := people[dice.IntN(len(people))]
		d := roster.PeriodOf(today, 1).First + roster.Day(dice.IntN(60)) - 20
		by, err := w.ShiftsOf(ctx, []roster.StaffID{who.ID}, roster.Period{First: d - 3, Last: d + 3})
		must(h.t, err)
		list := by[who.ID]
		switch k := dice.IntN(9); {
		case k < 2 && len(list) > 0:
			what = "move"
			x := list[0]
			old := x.Cell()
			x.Day = d + roster.Day(dice.IntN(40)) - 20
			for _, e := range roster.ShiftEvents(roster.Change{Before: &roster.Shift{ID: x.ID, Staff: old.Staff, Day: old.Day}, After: &x}) {
				w.Record(e)
			}
			_, err = w.SaveShift(ctx, x)
		case k < 4 && len(list) > 0:
			what = "remove"
			w.Record(roster.ShiftEvent(roster.Change{Before: &list[0]}))
			err = w.RemoveShift(ctx, list[0].ID, list[0].Version)
		case k < 5:
			what = "person"
			who.Name += "子"
			w.Record(roster.Event{Name: "x"})
			_, err = w.SaveStaff(ctx, who)
		case k < 6:
			what = "lock"
			cell := roster.Cell{Staff: who.ID, Day: d}
			locked, lerr := w.LockedCells(ctx, roster.Period{First: d, Last: d})
			must(h.t, lerr)
			w.Record(roster.Event{Name: "x", Cell: cell})
			if locked[cell] {
				err = w.UnlockCell(ctx, cell)
			} else {
				err = w.LockCell(ctx, h.demo.Home.ID, cell)
			}
		case k < 7:
			what = "publish"
			w.Record(roster.Event{Name: "x"})
			err = h.publish(ctx, w, roster.PeriodOf(d, 1), dice)
		default:
			what = "holiday"
			w.Record(roster.Event{Name: "x"})
			_, err = w.SaveHoliday(ctx, roster.Holiday{ID: roster.HolidayID(sqldb.NewID()), Day: d + roster.Day(dice.IntN(10000)), Name: "創立記念日"})
			if roster.KindOf(err) == roster.Taken {
				return nil
			}
		}
		return err
	})
	must(h.t, err)
	return what
}

func (h *home) publish(ctx context.Context, w store.Writer, p roster.Period, dice *rand.Rand) error {
	r, err := w.RosterAt(ctx, h.demo.Home.ID, p)
	must(h.t, err)
	if r.Version == 0 {
		r.ID = roster.RosterID(sqldb.NewID())
	}
	if r.Published > 0 && dice.IntN(3) == 0 {
		r.State = roster.StateDrafting
		_, err = w.SaveRoster(ctx, r)
		return err
	}
	r.State, r.Published, r.PublishedMs = roster.StatePublished, r.Published+1, w.NowMs()
	if r, err = w.SaveRoster(ctx, r); err != nil {
		return err
	}
	return w.CopyPublished(ctx, r)
}

// TestAnotherHistory: the database is put back and goes another way; at the same revision nothing kept from the first way is shown, neither
// from this program's memory nor from what it shared.
func TestAnotherHistory(t *testing.T) {
	h := newHome(t, "sqlite")
	file := t.TempDir() + "/before.db"
	must(t, sqldb.CopyFile(t.Context(), h.path, file))
	shared := &box{}
	program, first := h.oneShift(t, h.db, shared, "一")
	h.view(program) // and it shares what it read
	other, err := sqldb.OpenSQLite(file, time.Now)
	must(t, err)
	s, second := h.oneShift(t, other, shared, "二")
	if first == second {
		t.Fatal("the ways do not differ")
	}
	if got := h.view(s); got != second {
		t.Error("what the database held before it was put back is shown")
	}
}

// oneShift writes a note into a shift of this month and reads all.
func (h *home) oneShift(t *testing.T, db *sqldb.DB, shared Shared, note string) (*Store, string) {
	t.Helper()
	ctx, s := t.Context(), wrap(t, db, Options{MB: 64, Shared: shared})
	_, err := s.Write(ctx, roster.Act{Org: h.org, Name: "試験", Kind: "x"}, func(w store.Writer) error {
		by, err := w.SheetShifts(ctx, h.demo.Home.ID, roster.PeriodOf(today, 1))
		must(t, err)
		for _, id := range sortedKeys(by) {
			x := by[id][0]
			x.Note = note
			w.Record(roster.ShiftEvent(roster.Change{Before: &x, After: &x}))
			_, err = w.SaveShift(ctx, x)
			return err
		}
		return errors.New("no shifts")
	})
	must(t, err)
	return s, h.view(db)
}

func sortedKeys(by map[roster.StaffID][]roster.Shift) (ids []roster.StaffID) {
	for id := range by {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// TestSharedCannotBeTrusted: whatever the shared memory holds or answers, pages are right.
func TestSharedCannotBeTrusted(t *testing.T) {
	h := newHome(t, "sqlite")
	want := h.view(h.db)
	for name, spoil := range map[string]func(*box){
		"flushed":   func(b *box) { clear(b.by) },
		"emptied":   func(b *box) { each(b, func([]byte) []byte { return nil }) },
		"cut":       func(b *box) { each(b, func(v []byte) []byte { return v[:len(v)/2] }) },
		"scrambled": func(b *box) { each(b, func(v []byte) []byte { slices.Reverse(v); return v }) },
		"nonsense":  func(b *box) { each(b, func([]byte) []byte { return []byte("何か") }) },
		"packed nonsense": func(b *box) {
			each(b, func([]byte) []byte { return packer.EncodeAll([]byte("\x03\xff\xff\xff何か"), nil) })
		},
		"full":       func(b *box) { b.loud = errors.New("OOM command not allowed") },
		"other form": func(b *box) { each(b, func(v []byte) []byte { return v }) },
	} {
		t.Run(name, func(t *testing.T) {
			shared := &box{}
			first := wrap(t, &counting{Store: h.db}, Options{MB: 64, Shared: shared, Form: "a"})
			first.warmed(t, h.org)
			h.view(first)
			if len(shared.by) < 2 {
				t.Fatalf("%d answers are shared", len(shared.by))
			}
			spoil(shared)
			form := "a"
			if name == "other form" {
				form = "b"
			}
			s := wrap(t, &counting{Store: h.db}, Options{MB: 64, Shared: shared, Form: form})
			s.warmed(t, h.org)
			if got := h.view(s); got != want {
				t.Error("something else than the database holds is shown")
			}
			if n := s.Stats(); n.SharedHits != 0 {
				t.Errorf("%+v", n)
			}
		})
	}
}

func each(b *box, change func([]byte) []byte) {
	for k, v := range b.by {
		b.by[k] = change(v)
	}
}

// FuzzUnpack: shared memory may hold anything.
func FuzzUnpack(f *testing.F) {
	text, err := pack([]roster.Shift{{ID: "a", Note: "覚え"}})
	must(f, err)
	f.Add(text)
	f.Add(packer.EncodeAll([]byte{1, 2, 3}, nil))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := unpack(text)
		if err != nil && list != nil {
			t.Error(list, err)
		}
	})
}

// TestAwayShowsWhatWasRead: what was read is shown and noted as old; what was not is Away, and so are writes.
func TestAwayShowsWhatWasRead(t *testing.T) {
	h := newHome(t, "sqlite")
	c := &counting{Store: h.db}
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, roster.Japan)
	s := wrap(t, c, Options{MB: 64, Server: true, Now: func() time.Time { return now }})
	want := h.view(s)
	s.warmed(t, h.org)
	if _, err := s.Account(t.Context(), h.demo.Members[0].Account); err != nil {
		t.Fatal(err)
	}
	c.gone.Store(true)
	ctx, age := store.WithAge(t.Context())
	must(t, s.Read(ctx, h.org, func(store.Reader) error { return nil }))
	if at, old := age.AsOf(); !old || !at.Equal(now) {
		t.Errorf("as of %v, %v", at, old)
	}
	if got := h.view(s); got != want {
		t.Error("something else is shown than was read last")
	}
	if _, err := s.Account(t.Context(), h.demo.Members[0].Account); err != nil {
		t.Errorf("an account that was asked for a moment ago: %v", err)
	}
	for what, err := range map[string]error{
		"another organisation": s.Read(t.Context(), "x", func(store.Reader) error { return nil }),
		"history":              s.Read(t.Context(), h.org, func(r store.Reader) error { _, err := r.History(t.Context(), store.ActQuery{Limit: 1}); return err }),
		"ping":                 s.Ping(t.Context()),
	} {
		if roster.KindOf(err) != roster.Away {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := s.Account(t.Context(), "x"); err == nil {
		t.Error("an unknown account")
	}
	c.gone.Store(false)
	for end := time.Now().Add(10 * time.Second); s.Ping(t.Context()) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the database is not used again")
		}
	}
	ctx, age = store.WithAge(t.Context())
	must(t, s.Read(ctx, h.org, func(store.Reader) error { return nil }))
	if _, old := age.AsOf(); old {
		t.Error("still old")
	}
}

// TestNobodyChangesWhatIsKept: the look-out that other tests rely on finds a change.
func TestNobodyChangesWhatIsKept(t *testing.T) {
	h := newHome(t, "sqlite")
	var changed atomic.Int64
	s := wrap(t, &counting{Store: h.db}, Options{MB: 64, Changed: func(string) { changed.Add(1) }})
	read := func(change func([]roster.Staff)) {
		must(t, s.Read(t.Context(), h.org, func(r store.Reader) error {
			list, err := r.People(t.Context())
			change(list)
			return err
		}))
	}
	read(func(list []roster.Staff) { slices.Reverse(list) }) // a list is the reader's own
	read(func([]roster.Staff) {})
	s.Stop() // nobody else reads
	if n := changed.Load(); n != 0 {
		t.Errorf("%d changes", n)
	}
	read(func(list []roster.Staff) { list[0].Jobs[0].Share = 1 })
	read(func([]roster.Staff) {})
	if changed.Load() == 0 {
		t.Error("a change within a kept list was not noticed")
	}
}

// TestManyAtOnce: readers and writers together, under the race detector.
func TestManyAtOnce(t *testing.T) {
	h := newHome(t, "sqlite")
	s := wrap(t, &counting{Store: h.db}, Options{MB: 1, Shared: &box{}})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 10 {
				if _, err := h.tryView(s); err != nil {
					t.Error(err)
				}
			}
		})
	}
	dice := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		h.change(s, dice)
	}
	all.Wait()
	if got := h.view(s); got != h.view(h.db) {
		t.Error("something else than the database holds is shown")
	}
}

// TestClearReadsAnew: nothing that was kept before is asked for again.
func TestClearReadsAnew(t *testing.T) {
	h := newHome(t, "sqlite")
	c := &counting{Store: h.db}
	s := wrap(t, c, Options{MB: 64})
	h.view(s)
	s.warmed(t, h.org)
	h.view(s)
	_, err := s.Write(t.Context(), roster.Act{Org: h.org, Name: "試験", Kind: "x"}, func(w store.Writer) error {
		w.Record(roster.Event{Name: roster.EventCacheCleared})
		return w.ClearScopes(t.Context())
	})
	must(t, err)
	c.reads.Store(0)
	want := h.view(h.db)
	if got := h.view(s); got != want || c.reads.Load() < 4 {
		t.Errorf("right: %v, and %d questions went to the database", got == want, c.reads.Load())
	}
}

// TestEndedIsNotKnown: what was ended or changed through this program does not come back while the database is away.
func TestEndedIsNotKnown(t *testing.T) {
	h := newHome(t, "sqlite")
	c := &counting{Store: h.db}
	s := wrap(t, c, Options{MB: 64, Server: true})
	ctx := t.Context()
	who := h.demo.Members[0].Account
	now := time.Now().UnixMilli()
	for _, hash := range []string{"ended", "all", "kept", "elsewhere"} {
		must(t, storetest.Singly(h.db).SaveSignIn(ctx, store.SignIn{Hash: fmt.Sprintf("%064s", hash), Account: who, Values: "{}", CreatedMs: now, SeenMs: now, EndsMs: now + 1e6}))
	}
	known := func(hash string) bool {
		in, err := s.SignInBy(ctx, fmt.Sprintf("%064s", hash))
		if err != nil && roster.KindOf(err) != roster.Away && roster.KindOf(err) != roster.NotFound {
			t.Errorf("%s: %v", hash, err)
		}
		return err == nil && in.Account == who
	}
	for _, hash := range []string{"ended", "all", "kept", "elsewhere"} {
		if !known(hash) {
			t.Fatalf("%s is not there", hash)
		}
	}
	must(t, storetest.Singly(s).EndSignIn(ctx, fmt.Sprintf("%064s", "ended")))
	must(t, storetest.Singly(h.db).EndSignIn(ctx, fmt.Sprintf("%064s", "elsewhere"))) // at another server; then its browser asks here once
	if known("elsewhere") {
		t.Error("ended elsewhere, and found")
	}
	must(t, storetest.Singly(s).EndSignIns(ctx, who, fmt.Sprintf("%064s", "kept")))
	acc, err := s.Account(ctx, who)
	must(t, err)
	_, err = storetest.Singly(s).SaveAccount(ctx, acc)
	must(t, err)
	_, err = s.Memberships(ctx, who)
	must(t, err)
	_, err = s.Write(ctx, roster.Act{Org: h.org, Name: "試験", Kind: "x"}, func(w store.Writer) error {
		list, err := w.Members(ctx)
		must(t, err)
		w.Record(roster.Saved(roster.EventMemberSaved, string(list[0].ID), "", list[0], list[0]))
		_, err = w.SaveMember(ctx, list[0])
		return err
	})
	must(t, err)
	c.gone.Store(true)
	for hash, want := range map[string]bool{"ended": false, "all": false, "kept": true, "elsewhere": false} {
		if known(hash) != want {
			t.Errorf("%s is known: %v", hash, !want)
		}
	}
	if _, err := s.Account(ctx, who); roster.KindOf(err) != roster.Away {
		t.Errorf("an account that was changed: %v", err)
	}
	if _, err := s.Memberships(ctx, who); roster.KindOf(err) != roster.Away {
		t.Errorf("memberships of an organisation in which somebody's place changed: %v", err)
	}
}

// TestAgeIsOfWhatIsShown: each part of an organisation is as old as its own last reading.
func TestAgeIsOfWhatIsShown(t *testing.T) {
	h := newHome(t, "sqlite")
	c := &counting{Store: h.db}
	var clock atomic.Int64
	at := func(hour int) time.Time { return time.Date(2026, 11, 25, hour, 0, 0, 0, roster.Japan) }
	clock.Store(at(9).UnixMilli())
	s := wrap(t, c, Options{MB: 64, Server: true, Now: func() time.Time { return time.UnixMilli(clock.Load()) }})
	ctx := t.Context()
	sheet := func(r store.Reader) error {
		_, err := r.SheetShifts(ctx, h.demo.Home.ID, roster.PeriodOf(today, 1))
		return err
	}
	sites := func(r store.Reader) error { _, err := r.Sites(ctx); return err }
	must(t, s.Read(ctx, h.org, sheet))
	clock.Store(at(11).UnixMilli())
	must(t, s.Read(ctx, h.org, sites))
	clock.Store(at(12).UnixMilli())
	c.gone.Store(true)
	for name, x := range map[string]struct {
		read func(store.Reader) error
		hour int
	}{"the month, read at nine": {sheet, 9}, "the sites, read at eleven": {sites, 11}} {
		aged, age := store.WithAge(ctx)
		ctx = aged
		must(t, s.Read(aged, h.org, x.read))
		if got, old := age.AsOf(); !old || !got.Equal(at(x.hour)) {
			t.Errorf("%s: as of %v", name, got)
		}
	}
}

// TestNotAway: who leaves, a refusal, a slow answer and a short blip are no outage.
func TestNotAway(t *testing.T) {
	h := newHome(t, "sqlite")
	c := &counting{Store: h.db}
	s := wrap(t, c, Options{MB: 64, Server: true})
	left, leave := context.WithCancel(t.Context())
	leave()
	if err := s.Read(left, h.org, func(store.Reader) error { return nil }); err == nil || roster.KindOf(err) == roster.Away || s.outage.on() {
		t.Errorf("somebody left: %v, away %v", err, s.outage.on())
	}
	fault := errors.New("a fault of the engine")
	if err := s.Read(t.Context(), h.org, func(store.Reader) error { return fault }); !errors.Is(err, fault) || s.outage.on() {
		t.Errorf("a fault: %v, away %v", err, s.outage.on())
	}
	refusal := roster.Refuse(roster.NotFound, "x")
	if err := s.Read(t.Context(), h.org, func(store.Reader) error { return refusal }); !errors.Is(err, refusal) || s.outage.on() {
		t.Errorf("a refusal: %v, away %v", err, s.outage.on())
	}
	runs := 0
	err := s.Read(t.Context(), h.org, func(r store.Reader) error {
		if runs++; runs > 1 {
			return nil
		}
		s.outage.note(t.Context(), fault) // an outage begins while this one reads, and is over before it returns
		s.outage.note(t.Context(), nil)
		time.Sleep(50 * time.Millisecond) // the read's context has ended by then
		_, err := r.History(t.Context(), store.ActQuery{Limit: 1})
		return errors.Join(err, context.Canceled)
	})
	if err != nil || runs != 2 || s.outage.on() {
		t.Errorf("a blip: %v after %d runs, away %v", err, runs, s.outage.on())
	}
}
