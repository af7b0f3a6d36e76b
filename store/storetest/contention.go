package storetest

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

const rivals = 20

// race runs fn for twenty rivals at once and counts those who won.
func race(fn func(i int) bool) int {
	var won atomic.Int32
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range rivals {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			if fn(i) {
				won.Add(1)
			}
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return int(won.Load())
}

// contention: what is checked under the pen holds against rivals.
func contention(t *testing.T, s store.Store) {
	t.Run("one cell is booked once", func(t *testing.T) { bookedOnce(t, newWorld(t, s)) })
	t.Run("one version is changed once", func(t *testing.T) { changedOnce(t, newWorld(t, s)) })
	t.Run("one key acts once", func(t *testing.T) { actsOnce(t, newWorld(t, s)) })
	t.Run("one link is used once", func(t *testing.T) { usedOnce(t, s) })
	t.Run("one lease has one holder", func(t *testing.T) { heldOnce(t, s) })
	t.Run("one user name has one account", func(t *testing.T) { namedOnce(t, s) })
	t.Run("one log has one order", func(t *testing.T) { oneOrder(t, s) })
	t.Run("the limit of sign-ins is exact", func(t *testing.T) { exactLimit(t, s) })
	t.Run("organisations do not wait for each other's rows", func(t *testing.T) { twoOrgs(t, newWorld(t, s), newWorld(t, s)) })
}

func bookedOnce(t *testing.T, w *world) {
	before := w.revision()
	won := race(func(int) bool {
		_, err := w.try(func(ctx context.Context, x store.Writer) error {
			by, err := x.ShiftsOf(ctx, []roster.StaffID{w.staff.ID}, roster.Period{First: monday - 1, Last: monday + 1})
			if err != nil {
				return err
			}
			if len(by[w.staff.ID]) > 0 {
				return roster.Refuse(roster.RuleBroken, "error.double_booking")
			}
			_, err = x.SaveShift(ctx, w.shift(w.staff.ID, w.site.ID, monday))
			return err
		})
		if err != nil && roster.KindOf(err) != roster.RuleBroken {
			t.Errorf("rival: %v", err)
		}
		return err == nil
	})
	if won != 1 || w.revision() != before+1 {
		t.Errorf("%d of %d rivals booked one cell, revision went up by %d", won, rivals, w.revision()-before)
	}
}

func changedOnce(t *testing.T, w *world) {
	x := w.saveShifts(w.shift(w.staff.ID, w.site.ID, monday))[0]
	won := race(func(i int) bool {
		mine := x
		mine.Note = numbered(i)
		_, err := w.try(func(ctx context.Context, s store.Writer) error { _, err := s.SaveShift(ctx, mine); return err })
		if err != nil && roster.KindOf(err) != roster.Stale {
			t.Errorf("rival: %v", err)
		}
		return err == nil
	})
	if won != 1 {
		t.Errorf("%d of %d rivals changed one version", won, rivals)
	}
}

func actsOnce(t *testing.T, w *world) {
	act := w.act("x")
	act.Key = "same"
	var seen sync.Map
	won := race(func(int) bool {
		c, err := w.s.Write(t.Context(), act, func(x store.Writer) error {
			x.Record(roster.Event{Name: "x"})
			_, err := x.SaveShift(t.Context(), w.shift(w.staff.ID, w.site.ID, monday))
			return err
		})
		if err != nil {
			t.Errorf("rival: %v", err)
		}
		seen.Store(c.Revision, true)
		return !c.Repeated
	})
	n := 0
	seen.Range(func(any, any) bool { n++; return true })
	if won != 1 || n != 1 {
		t.Errorf("%d of %d requests of one key acted, %d revisions were answered", won, rivals, n)
	}
}

func usedOnce(t *testing.T, s store.Store) {
	l := store.Link{Hash: strings.Repeat("7", 64), Kind: store.LinkInvite, EndsMs: 100}
	must(t, Singly(s).AddLink(t.Context(), l))
	won := race(func(int) bool {
		ok, err := Singly(s).UseLink(t.Context(), l.Hash, 50)
		if err != nil {
			t.Errorf("rival: %v", err)
		}
		return ok
	})
	if won != 1 {
		t.Errorf("%d of %d rivals used one link", won, rivals)
	}
}

// oneOrder: also the first entry of a log, and those who write into several logs, in any order.
func oneOrder(t *testing.T, s store.Store) {
	a, b := roster.OrgID(newID()), roster.OrgID(newID())
	won := race(func(i int) bool {
		orgs := []roster.OrgID{a, b}
		if i%2 == 1 {
			orgs = []roster.OrgID{b, a}
		}
		_, err := s.WriteAccounts(t.Context(), func(w store.AccountsWriter) error {
			for _, org := range orgs {
				w.Record(roster.Access{Org: org, Action: roster.ActionSignedIn})
			}
			return nil
		})
		if err != nil {
			t.Errorf("rival: %v", err)
		}
		return err == nil
	})
	for _, org := range []roster.OrgID{a, b} {
		list, err := s.Accesses(t.Context(), org, store.AccessQuery{Limit: 2 * rivals})
		must(t, err)
		if won != rivals || len(list) != rivals || list[0].N != rivals || list[rivals-1].N != 1 {
			t.Errorf("%d of %d entries were written, %d are there", won, rivals, len(list))
		}
	}
}

func heldOnce(t *testing.T, s store.Store) {
	ctx := t.Context()
	const minute = 60_000
	take := func(who string, now, ends float64) bool {
		ok, err := s.TakeLease(ctx, "pruning", who, int64(now*minute), int64(ends*minute))
		if err != nil {
			t.Errorf("rival: %v", err)
		}
		return ok
	}
	if won := race(func(i int) bool { return take(numbered(i), 10, 12) }); won != 1 {
		t.Errorf("%d of %d rivals hold one lease", won, rivals)
	}
	if won := race(func(i int) bool { return take(numbered(i), 13, 15) }); won != 1 {
		t.Errorf("%d of %d rivals took over a lease that had ended", won, rivals)
	}
	if !take("x", 16, 18) || !take("x", 17, 19) || take("y", 18, 20) || take("y", 19.9, 21) {
		t.Error("a holder cannot renew a lease, or another takes it meanwhile, or as soon as it ends by another clock")
	}
	if take("y", 18, 18) || !take("x", 18, 18) || !take("y", 1, 3) {
		t.Error("a lease that was given back is not free by a clock that is behind, or another gave it back")
	}
}

// namedOnce: what one of them types as user name is another's e-mail address; both are typed into one field.
func namedOnce(t *testing.T, s store.Store) {
	won := race(func(i int) bool {
		a := store.Account{ID: roster.AccountID(newID()), Name: "rival@example.jp", Display: "競う人", CreatedMs: 1}
		if i%2 == 1 {
			a.Name, a.Email = "rival-"+numbered(i), "Rival@example.jp"
		}
		_, err := Singly(s).SaveAccount(t.Context(), a)
		if err != nil && roster.KindOf(err) != roster.Taken {
			t.Errorf("rival: %v", err)
		}
		return err == nil
	})
	if won != 1 {
		t.Errorf("%d of %d rivals got one sign-in name", won, rivals)
	}
}

func exactLimit(t *testing.T, s store.Store) {
	won := race(func(int) bool {
		_, ok, err := s.TrySignIn(t.Context(), store.Attempt{
			Account: strings.Repeat("e", 64), Address: "198.51.100.7", NowMs: 5000, SinceMs: 4000, PairMax: 5, AddressMax: 60,
		})
		if err != nil {
			t.Errorf("rival: %v", err)
		}
		return ok
	})
	if won != 5 {
		t.Errorf("%d attempts passed a limit of 5", won)
	}
}

func twoOrgs(t *testing.T, a, b *world) {
	fromA, fromB := a.revision(), b.revision()
	won := race(func(i int) bool {
		w := a
		if i%2 == 1 {
			w = b
		}
		_, err := w.try(func(ctx context.Context, x store.Writer) error {
			_, err := x.SaveShift(ctx, w.shift(w.staff.ID, w.site.ID, monday+roster.Day(i)))
			return err
		})
		if err != nil {
			t.Errorf("rival: %v", err)
		}
		return err == nil
	})
	if won != rivals || a.revision() != fromA+rivals/2 || b.revision() != fromB+rivals/2 {
		t.Errorf("%d of %d wrote; revisions went up by %d and %d", won, rivals, a.revision()-fromA, b.revision()-fromB)
	}
}
