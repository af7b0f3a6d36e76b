package storetest

import (
	"context"
	"slices"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

// erasures: what tells of a person is found and emptied once, in one organisation, and the rest stays; what is held about them is read as a whole.
func erasures(t *testing.T, s store.Store) {
	one, two := newWorld(t, s), newWorld(t, s)
	acc, err := Singly(s).SaveAccount(t.Context(), store.Account{ID: roster.AccountID(newID()), Name: "hanako-" + newID(), Display: "花子", Password: "x"})
	must(t, err)
	m := roster.Member{ID: roster.MemberID(newID()), Account: acc.ID, Name: "佐藤 花子", Role: roster.RoleStaff, Staff: one.staff.ID}
	x := one.shift(one.staff.ID, one.site.ID, monday)
	x.Note = "通院"
	act := roster.Act{Org: one.org.ID, Actor: acc.ID, Name: "佐藤 花子", Kind: "x"}
	change, err := s.Write(store.WithOrigin(t.Context(), roster.Origin{Address: "192.0.2.7"}), act, func(w store.Writer) (err error) {
		if m, err = w.SaveMember(t.Context(), m); err != nil {
			return err
		}
		x, err = w.SaveShift(t.Context(), x)
		w.Record(roster.Saved(roster.EventMemberSaved, string(m.ID), "", nil, m), roster.ShiftEvent(roster.Change{After: &x}),
			roster.Saved(roster.EventSiteSaved, string(one.site.ID), one.site.ID, nil, one.site))
		return err
	})
	must(t, err)
	e := roster.Accessed(roster.ActionSignedIn, "", nil, nil)
	e.Org, e.Account, e.Name = one.org.ID, acc.ID, "花子"
	kept, err := s.WriteAccounts(t.Context(), func(w store.AccountsWriter) error { w.Record(e); return nil })
	must(t, err)

	who := store.Person{Staff: one.staff.ID, Members: []roster.MemberID{m.ID}, Accounts: []roster.AccountID{acc.ID}}
	traces := func(w *world, p store.Person, limit int) store.Traces {
		t.Helper()
		found, err := s.TracesOf(t.Context(), w.org.ID, p, limit)
		must(t, err)
		return found
	}
	want := store.Traces{Acts: []int64{change.Revision}, Events: []roster.EventKey{{Revision: change.Revision}, {Revision: change.Revision, N: 1}}, Accesses: []int64{kept[0].N}}
	same(t, "traces", traces(one, who, 9), want)
	same(t, "some of them", traces(one, who, 2).Len(), 2)
	same(t, "in another organisation", traces(two, who, 9).Len(), 0)
	same(t, "of nobody", traces(one, store.Person{}, 9).Len(), 0)
	old, err := s.OldAccesses(t.Context(), one.org.ID, kept[0].AtMs+1, 9)
	must(t, err)
	same(t, "old entries", old, store.Traces{Accesses: want.Accesses})
	young, err := s.OldAccesses(t.Context(), one.org.ID, kept[0].AtMs, 9)
	must(t, err)
	same(t, "none is older", young.Len(), 0)

	held, err := s.Disclose(t.Context(), one.org.ID, store.Disclosing{Person: who, Account: true})
	must(t, err)
	rows := map[string]int{}
	for _, d := range held {
		rows[d.Table] = len(d.Rows)
		if slices.ContainsFunc(d.Columns, func(c store.DisclosedColumn) bool { return c.Class == store.Secret }) {
			t.Errorf("%s discloses a secret", d.Table)
		}
	}
	if rows["staff"] != 1 || rows["members"] != 1 || rows["accounts"] != 1 || rows["acts"] != 1 || rows["events"] != 1 || rows["accesses"] != 1 || rows["shifts"] != 0 {
		t.Errorf("disclosed %v", rows)
	}

	erase := func(fn func(ctx context.Context, w store.Writer) (roster.Erased, error)) error {
		_, err := s.Write(t.Context(), roster.Act{Org: one.org.ID, Kind: roster.EventStaffErased}, func(w store.Writer) error {
			told, err := fn(t.Context(), w)
			w.Record(roster.Saved(roster.EventStaffErased, string(one.staff.ID), "", nil, told))
			return err
		})
		return err
	}
	must(t, erase(func(ctx context.Context, w store.Writer) (roster.Erased, error) {
		last, err := w.LastShift(ctx, one.staff.ID)
		must(t, err)
		same(t, "last shift", last, monday)
		told, err := w.EraseTraces(ctx, want)
		must(t, err)
		return told, w.ErasePerson(ctx, one.staff.Erase("退職者 1"), who)
	}))
	wantKind(t, "once more", erase(func(ctx context.Context, w store.Writer) (roster.Erased, error) { return w.EraseTraces(ctx, want) }), roster.Stale)
	same(t, "traces left", traces(one, who, 9).Len(), 0)
	_, err = s.Account(t.Context(), acc.ID)
	wantKind(t, "the account", err, roster.NotFound)
	must(t, s.Read(t.Context(), one.org.ID, func(r store.Reader) error {
		p, err := r.Staff(t.Context(), one.staff.ID)
		must(t, err)
		same(t, "person", p.Erased(), true)
		shift, err := r.Shift(t.Context(), x.ID)
		must(t, err)
		same(t, "shift", shift.Note+shift.Span.Start.Hours(), x.Span.Start.Hours())
		past, events, err := r.ActAt(t.Context(), change.Revision)
		must(t, err)
		if past.Name != "" || past.Address != "" || past.Erased == 0 || events[0].After != nil || events[1].After != nil || events[2].After == nil || events[2].Erased != 0 {
			t.Errorf("%+v %+v", past, events)
		}
		return nil
	}))
}
