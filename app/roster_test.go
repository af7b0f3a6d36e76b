package app

import (
	"slices"
	"sync"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

func (f *facility) cell(who roster.Staff, d roster.Day) roster.Cell {
	return roster.Cell{Staff: who.ID, Day: d}
}

func TestEditRoster(t *testing.T) {
	t.Run("places and tells", func(t *testing.T) {
		f := newFacility(t)
		before := f.revision()
		done := f.mustEdit(f.set(f.hanako, today, "早"), f.set(f.taro, today, "夜"))
		f.wantRow(f.hanako, today, "早–")
		f.wantRow(f.taro, today, "夜–")
		if done.Revision != before+1 || !slices.Equal(f.events(before), []string{roster.EventShiftPlaced, roster.EventShiftPlaced}) {
			t.Errorf("revision %d after %d, events %v", done.Revision, before, f.events(before))
		}
		if len(done.Staff()) != 2 || len(done.Days()) != 1 {
			t.Errorf("touched %v on %v", done.Staff(), done.Days())
		}
		if again := f.mustEdit(f.set(f.hanako, today, "早")); again.Revision != done.Revision || len(again.Cells) != 0 {
			t.Errorf("painting the same made revision %d of %d: %v", again.Revision, done.Revision, again.Cells)
		}
	})
	t.Run("moves and exchanges", func(t *testing.T) {
		f := newFacility(t)
		f.mustEdit(f.set(f.hanako, today, "早"), f.set(f.taro, today+1, "遅"))
		before := f.revision()
		f.mustEdit(roster.Edit{Op: roster.OpMove, Cell: f.cell(f.hanako, today), To: f.cell(f.taro, today+1)})
		f.wantRow(f.hanako, today, "遅–")
		f.wantRow(f.taro, today, "–早")
		want := []string{roster.EventShiftLeft, roster.EventShiftChanged, roster.EventShiftLeft, roster.EventShiftChanged}
		if got := f.events(before); !slices.Equal(got, want) {
			t.Errorf("events %v, want %v", got, want)
		}
	})
	t.Run("copies, clears and removes", func(t *testing.T) {
		f := newFacility(t)
		f.mustEdit(f.set(f.hanako, today, "日"))
		f.mustEdit(roster.Edit{Op: roster.OpCopy, Cell: f.cell(f.hanako, today), To: f.cell(f.taro, today)})
		f.wantRow(f.taro, today, "日")
		f.mustEdit(roster.Edit{Op: roster.OpClear, Cell: f.cell(f.hanako, today)})
		f.wantRow(f.hanako, today, "–")
		s, err := f.Sheet(t.Context(), f.manager, f.place())
		must(t, err)
		x := s.ShiftsOn(f.cell(f.taro, today))[0]
		f.mustEdit(roster.Edit{Op: roster.OpRemove, Cell: x.Cell(), Shift: x.ID})
		f.wantRow(f.taro, today, "–")
	})
	t.Run("help from another site", func(t *testing.T) {
		f := newFacility(t)
		must(t, second(f.edit(f.admin, f.set(f.away, today, "早"))))
		f.mustEdit(f.set(f.away, today+1, "早")) // once they stand on the sheet, its manager plans them
		f.wantRow(f.away, today, "早早")
		must(t, second(f.UndoEdit(t.Context(), f.manager, f.place(), "")))
		must(t, second(f.UndoEdit(t.Context(), f.admin, f.place(), "")))
		f.wantRow(f.away, today, "––")
	})
	t.Run("all or none", func(t *testing.T) {
		f := newFacility(t)
		before := f.revision()
		done, err := f.edit(f.manager, f.set(f.hanako, today, "早"), f.set(f.taro, today+300, "早"))
		wantKind(t, "a day outside the period", err, roster.RuleBroken)
		if len(done.Cells) != 2 {
			t.Errorf("the refusal names %v, want both cells", done.Cells)
		}
		f.wantRow(f.hanako, today, "–")
		if f.revision() != before {
			t.Error("a refusal made a revision")
		}
	})
	t.Run("locks", func(t *testing.T) {
		f := newFacility(t)
		lock := roster.Edit{Op: roster.OpLock, Cell: f.cell(f.hanako, today)}
		before := f.revision()
		f.mustEdit(f.set(f.hanako, today, "公"), lock)
		if got := f.events(before); !slices.Equal(got, []string{roster.EventShiftPlaced, roster.EventCellLocked}) {
			t.Errorf("events %v", got)
		}
		_, err := f.edit(f.second, f.set(f.hanako, today, "早"))
		wantKey(t, "painting a locked cell", err, "error.cell_locked")
		lock.Op = roster.OpUnlock
		f.mustEdit(lock)
		f.mustEdit(f.set(f.hanako, today, "早"))
	})
	t.Run("refuses who may not", func(t *testing.T) {
		f := newFacility(t)
		staff := f.join("staff", roster.RoleStaff, f.taro.ID)
		for name, by := range map[string]roster.Actor{"viewer": f.viewer, "manager of another site": f.outsider, "staff, own cell": staff} {
			_, err := f.edit(by, f.set(f.taro, today, "早"))
			wantKind(t, name, err, roster.Forbidden)
		}
		_, err := f.edit(f.stranger, f.set(f.taro, today, "早"))
		wantKind(t, "administrator of another organisation", err, roster.NotFound)
		_, err = f.edit(f.manager, f.set(f.away, today, "早"))
		wantKey(t, "a person whose home the manager does not plan", err, "error.staff_not_found")
	})
}

// TestFaultA4, A5: staff can neither move nor delete nor place shifts, their own or others'.
func TestFaultA4A5(t *testing.T) {
	f := newFacility(t)
	f.mustEdit(f.set(f.hanako, today, "早"))
	staff := f.join("staff", roster.RoleStaff, f.hanako.ID)
	for _, e := range []roster.Edit{
		{Op: roster.OpMove, Cell: f.cell(f.hanako, today), To: f.cell(f.hanako, today+1)},
		{Op: roster.OpClear, Cell: f.cell(f.hanako, today)},
		f.set(f.hanako, today+1, "公"),
	} {
		_, err := f.edit(staff, e)
		wantKind(t, string(e.Op), err, roster.Forbidden)
	}
	for name, err := range map[string]error{
		"publish": second(f.PublishRoster(t.Context(), staff, f.place(), "")), "close": second(f.CloseRoster(t.Context(), staff, f.place(), "")),
		"undo": second(f.UndoEdit(t.Context(), staff, f.place(), "")), "sheet": second(f.Sheet(t.Context(), staff, f.place())),
	} {
		wantKind(t, name, err, roster.Forbidden)
	}
	f.wantRow(f.hanako, today, "早–")
}

func second[T any](_ T, err error) error { return err }

// TestFaultC7: the same shift asked for ten times at once stands once.
func TestFaultC7(t *testing.T) {
	f := newFacility(t)
	add := roster.Edit{Op: roster.OpAdd, Cell: f.cell(f.hanako, today), Code: f.code["早"].ID, Span: f.code["早"].Span, Break: 60}
	base := f.revision()
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			by := f.manager
			if i%2 == 1 {
				by = f.second
			}
			_, err := f.EditRoster(t.Context(), by, Edits{Place: f.place(), List: []roster.Edit{add}, Base: base, Key: newID()})
			if k := roster.KindOf(err); err != nil && k != roster.RuleBroken && k != roster.Stale {
				t.Errorf("rival: %v", err)
			}
		})
	}
	all.Wait()
	f.wantRow(f.hanako, today, "早")
	e := Edits{Place: f.place(), List: []roster.Edit{f.set(f.taro, today, "遅")}, Base: f.revision(), Key: "twice"}
	first, err := f.EditRoster(t.Context(), f.manager, e)
	must(t, err)
	f.mustEdit(f.set(f.taro, today, "公"))
	again, err := f.EditRoster(t.Context(), f.manager, e)
	must(t, err)
	if again.Revision != first.Revision {
		t.Errorf("the same request made revision %d, then %d", first.Revision, again.Revision)
	}
	f.wantRow(f.taro, today, "公")
}

// TestFaultC8: overlapping shifts of one person are refused, across midnight and across sites too.
func TestFaultC8(t *testing.T) {
	f := newFacility(t)
	add := func(d roster.Day, symbol string, span roster.Span) roster.Edit {
		return roster.Edit{Op: roster.OpAdd, Cell: f.cell(f.hanako, d), Code: f.code[symbol].ID, Span: span}
	}
	f.mustEdit(f.set(f.hanako, today, "夜"))
	_, err := f.edit(f.manager, add(today, "遅", roster.Span{Start: 9 * 60, End: 16*60 + 31}))
	wantKey(t, "the same day", err, "error.double_booking")
	_, err = f.edit(f.manager, f.set(f.hanako, today+1, "早"))
	wantKey(t, "the morning after a night", err, "error.double_booking")
	_, err = f.edit(f.manager, add(today-1, "夜", roster.Span{Start: 16 * 60, End: 41 * 60}))
	wantKey(t, "a night that lasts into the next evening", err, "error.double_booking")
	f.mustEdit(add(today, "早", roster.Span{Start: 7 * 60, End: 16*60 + 30})) // ends when the night begins
	if got := f.row(f.hanako, today, 2); got != "早夜–" {
		t.Errorf("an early stretch before the night: %s", got)
	}

	there := Place{f.works.ID, today}
	elsewhere := func(e roster.Edit) error {
		return second(f.EditRoster(t.Context(), f.admin, Edits{Place: there, List: []roster.Edit{e}, Base: f.revision(), Key: newID()}))
	}
	wantKey(t, "the other site, the morning after", elsewhere(f.set(f.hanako, today+1, "早")), "error.double_booking_elsewhere")
	must(t, elsewhere(f.set(f.hanako, today+2, "早")))
	_, err = f.edit(f.manager, f.set(f.hanako, today+2, "遅"))
	wantKey(t, "at home while away", err, "error.double_booking_elsewhere")
}

// TestFaultC15: whoever comes second with an old picture is told, also where the cell was emptied or had been empty.
func TestFaultC15(t *testing.T) {
	f := newFacility(t)
	f.mustEdit(f.set(f.hanako, today, "早"))
	base := f.revision()
	f.mustEdit(roster.Edit{Op: roster.OpMove, Cell: f.cell(f.hanako, today), To: f.cell(f.hanako, today+1)})
	late := func(e roster.Edit) error {
		return second(f.EditRoster(t.Context(), f.second, Edits{Place: f.place(), List: []roster.Edit{e}, Base: base, Key: newID()}))
	}
	err := late(roster.Edit{Op: roster.OpMove, Cell: f.cell(f.hanako, today), To: f.cell(f.hanako, today+2)})
	wantKind(t, "moving what has moved", err, roster.Stale)
	wantKey(t, "the refusal names who", err, "shunin")
	wantKind(t, "painting the cell that was emptied", late(f.set(f.hanako, today, "遅")), roster.Stale)
	wantKind(t, "painting the cell that was filled", late(f.set(f.hanako, today+1, "遅")), roster.Stale)
	must(t, late(f.set(f.hanako, today+5, "遅")))
	if _, err := f.EditRoster(t.Context(), f.manager, Edits{Place: f.place(), List: []roster.Edit{f.set(f.hanako, today, "公")}, Base: base, Key: newID()}); err != nil {
		t.Errorf("one's own edits do not make one's picture old: %v", err)
	}
}

func TestUndoEdit(t *testing.T) {
	t.Run("takes back the last twenty, newest first", func(t *testing.T) {
		f := newFacility(t)
		for i := range 22 {
			f.mustEdit(f.set(f.hanako, today-20+roster.Day(i), "早"))
		}
		for i := range 20 {
			done, err := f.UndoEdit(t.Context(), f.manager, f.place(), newID())
			must(t, err)
			if want := today + 1 - roster.Day(i); len(done.Cells) != 1 || done.Cells[0].Day != want {
				t.Fatalf("undo %d touched %v, want %s", i+1, done.Cells, want)
			}
		}
		_, err := f.UndoEdit(t.Context(), f.manager, f.place(), newID())
		wantKind(t, "the twenty-first", err, roster.NotFound)
		f.wantRow(f.hanako, today-20, "早早––")
	})
	t.Run("brings back what was removed, with its note", func(t *testing.T) {
		f := newFacility(t)
		f.mustEdit(roster.Edit{Op: roster.OpAdd, Cell: f.cell(f.hanako, today), Code: f.code["早"].ID, Span: roster.Span{Start: 420, End: 500}, Note: "覚え"})
		f.mustEdit(roster.Edit{Op: roster.OpClear, Cell: f.cell(f.hanako, today)})
		before := f.revision()
		must(t, second(f.UndoEdit(t.Context(), f.manager, f.place(), newID())))
		s, err := f.Sheet(t.Context(), f.manager, f.place())
		must(t, err)
		if list := s.ShiftsOn(f.cell(f.hanako, today)); len(list) != 1 || list[0].Note != "覚え" || list[0].Span.End != 500 {
			t.Errorf("came back as %+v", list)
		}
		if got := f.events(before); !slices.Equal(got, []string{roster.EventShiftPlaced}) {
			t.Errorf("events %v", got)
		}
	})
	t.Run("refuses when somebody changed it since", func(t *testing.T) {
		f := newFacility(t)
		f.mustEdit(f.set(f.hanako, today, "早"))
		must(t, second(f.edit(f.second, f.set(f.hanako, today, "遅"))))
		_, err := f.UndoEdit(t.Context(), f.manager, f.place(), newID())
		wantKind(t, "undo of what another changed", err, roster.Stale)
		f.wantRow(f.hanako, today, "遅")
	})
	t.Run("is one's own and of this site", func(t *testing.T) {
		f := newFacility(t)
		f.mustEdit(f.set(f.hanako, today, "早"))
		_, err := f.UndoEdit(t.Context(), f.second, f.place(), newID())
		wantKind(t, "another's edit", err, roster.NotFound)
		_, err = f.UndoEdit(t.Context(), f.outsider, f.place(), newID())
		wantKind(t, "manager of another site", err, roster.Forbidden)
		_, err = f.UndoEdit(t.Context(), f.admin, Place{f.works.ID, today}, newID())
		wantKind(t, "another site", err, roster.NotFound)
	})
	t.Run("once a key", func(t *testing.T) {
		f := newFacility(t)
		f.mustEdit(f.set(f.hanako, today, "早"))
		f.mustEdit(f.set(f.taro, today, "早"))
		for range 2 {
			done, err := f.UndoEdit(t.Context(), f.manager, f.place(), "key")
			must(t, err)
			if staff := done.Staff(); !slices.Equal(staff, []roster.StaffID{f.taro.ID}) || done.Revision != f.revision() {
				t.Errorf("answered %+v", done)
			}
		}
		f.wantRow(f.taro, today, "–")
		f.wantRow(f.hanako, today, "早")
		for range 2 { // the second time nothing else is left
			done, err := f.UndoEdit(t.Context(), f.manager, f.place(), "last key")
			must(t, err)
			if staff := done.Staff(); !slices.Equal(staff, []roster.StaffID{f.hanako.ID}) || done.Revision != f.revision() {
				t.Errorf("answered %+v", done)
			}
		}
		_, err := f.UndoEdit(t.Context(), f.manager, f.place(), "another key")
		wantKind(t, "a new key", err, roster.NotFound)
	})
}

func TestPublishRoster(t *testing.T) {
	f := newFacility(t)
	ctx, p := t.Context(), f.place()
	staff := f.join("staff", roster.RoleStaff, f.hanako.ID)
	own := func() int {
		t.Helper()
		v, err := f.Own(ctx, staff, roster.Period{First: today, Last: today + 3})
		must(t, err)
		return len(v.Shifts)
	}
	changed := func() int {
		t.Helper()
		s, err := f.Sheet(ctx, f.manager, p)
		must(t, err)
		return len(s.Changed)
	}
	for _, do := range []func() error{
		func() error { return second(f.WithdrawRoster(ctx, f.manager, p, "")) }, func() error { return second(f.CloseRoster(ctx, f.manager, p, "")) },
		func() error { return second(f.ReopenRoster(ctx, f.manager, p, "")) },
	} {
		wantKind(t, "a state that is not there to leave", do(), roster.RuleBroken)
	}
	f.mustEdit(f.set(f.hanako, today, "早"))
	if own() != 0 {
		t.Error("staff see a draft")
	}
	before := f.revision()
	r, err := f.PublishRoster(ctx, f.manager, p, "k")
	must(t, err)
	if r.Published != 1 || r.State != roster.StatePublished || r.PublishedAt != f.revision() || r.PublishedMs != noon.UnixMilli() || r.OffDays != 9 {
		t.Errorf("published as %+v at %d", r, f.revision())
	}
	if got := f.events(before); !slices.Equal(got, []string{roster.EventRosterSaved}) {
		t.Errorf("events %v", got)
	}
	again, err := f.PublishRoster(ctx, f.manager, p, "k")
	if err != nil || again != r {
		t.Errorf("the same request answered %+v, %v", again, err)
	}
	f.mustEdit(f.set(f.hanako, today+1, "早"))
	if own() != 1 || changed() != 1 {
		t.Errorf("after an edit: staff see %d shifts, %d cells are marked; want 1 and 1", own(), changed())
	}
	f.mustEdit(roster.Edit{Op: roster.OpClear, Cell: f.cell(f.hanako, today+1)})
	if changed() != 0 {
		t.Error("a cell that went back is marked")
	}
	f.mustEdit(f.set(f.hanako, today+1, "遅"))
	must(t, second(f.PublishRoster(ctx, f.manager, p, "")))
	if own() != 2 || changed() != 0 {
		t.Errorf("after the second version: staff see %d, %d marked", own(), changed())
	}
	must(t, second(f.WithdrawRoster(ctx, f.manager, p, "")))
	if own() != 0 {
		t.Error("staff see a withdrawn roster")
	}
	must(t, second(f.PublishRoster(ctx, f.manager, p, "")))
	must(t, second(f.CloseRoster(ctx, f.manager, p, "")))
	if own() != 2 {
		t.Error("staff do not see a closed roster")
	}
	_, err = f.edit(f.manager, f.set(f.hanako, today, "公"))
	wantKey(t, "editing a closed roster", err, "error.roster_closed")
	_, err = f.UndoEdit(ctx, f.manager, p, "")
	wantKey(t, "undo on a closed roster", err, "error.roster_closed")
	must(t, second(f.ReopenRoster(ctx, f.manager, p, "")))
	f.mustEdit(f.set(f.hanako, today, "公"))
	_, err = f.PublishRoster(ctx, f.outsider, p, "")
	wantKind(t, "manager of another site", err, roster.Forbidden)
	_, err = f.PublishRoster(ctx, f.stranger, p, "")
	wantKind(t, "another organisation", err, roster.NotFound)
}

func TestSheetOfViewers(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	f.mustEdit(f.set(f.hanako, today, "早"))
	must(t, second(f.PublishRoster(ctx, f.manager, f.place(), "")))
	must(t, second(f.edit(f.admin, f.set(f.hanako, today, "欠"), f.set(f.away, today, "早"))))
	s, err := f.Sheet(ctx, f.viewer, f.place())
	must(t, err)
	if list := s.ShiftsOn(f.cell(f.hanako, today)); len(list) != 1 || list[0].Code != f.code["早"].ID {
		t.Errorf("a viewer sees %+v, want what is published", list)
	}
	for _, p := range s.Staff {
		if p.Phone != "" || p.Email != "" || p.ID == f.away.ID {
			t.Errorf("a viewer sees %+v", p)
		}
	}
	must(t, f.SaveNeeds(ctx, f.manager, f.home.ID, []roster.Need{{Code: f.code["早"].ID, Weekday: roster.EveryDay, Count: 2}}, "", ""))
	for _, by := range []roster.Actor{f.viewer, f.manager} {
		s, err := f.Sheet(ctx, by, f.place())
		must(t, err)
		if c := s.Coverage(today); len(c) != 1 || c[0].Have != 1 || c[0].Want != 2 {
			t.Errorf("coverage for the %s: %+v, want 1 of 2", by.Role, c)
		}
	}
	f.mustEdit(f.set(f.away, today, "遅"))
	s, err = f.Sheet(ctx, f.viewer, f.place())
	must(t, err)
	if c := s.Coverage(today); c[0].Have != 1 {
		t.Errorf("a viewer's coverage counts the draft: %+v", c)
	}
	_, err = f.Sheet(ctx, f.viewer, Place{f.works.ID, today})
	wantKind(t, "a site that is not theirs", err, roster.Forbidden)
	_, err = f.Sheet(ctx, f.admin, Place{roster.SiteID(newID()), today})
	wantKind(t, "a site that is not there", err, roster.NotFound)
}

func TestCellTellsItsPast(t *testing.T) {
	f := newFacility(t)
	f.mustEdit(f.set(f.hanako, today, "早"))
	must(t, second(f.edit(f.second, f.set(f.hanako, today, "遅"))))
	v, err := f.Cell(t.Context(), f.manager, f.place(), f.cell(f.hanako, today))
	must(t, err)
	if len(v.History) != 2 || v.History[0].Act.Name != "fuku" || v.History[1].Act.Name != "shunin" || v.History[0].Act.AtMs != noon.UnixMilli() {
		t.Errorf("history %+v", v.History)
	}
	c, ok := v.History[0].Events[0].ShiftChange()
	if !ok || c.Before.Code != f.code["早"].ID || c.After.Code != f.code["遅"].ID {
		t.Errorf("the change is told as %+v", c)
	}
	_, err = f.Cell(t.Context(), f.manager, f.place(), f.cell(f.away, today))
	wantKind(t, "somebody who is not on the sheet", err, roster.NotFound)
	_, err = f.Cell(t.Context(), f.viewer, f.place(), f.cell(f.hanako, today))
	wantKind(t, "viewer", err, roster.Forbidden)
}

// TestFaultD1: shortly after midnight in Japan it is that day, whatever the server's zone says.
func TestFaultD1(t *testing.T) {
	f := newFacility(t)
	f.mu.Lock()
	f.now = roster.MakeDay(2026, 12, 1).At(8*60+30, roster.Japan).UTC()
	f.mu.Unlock()
	if d := f.Today(f.org); d != roster.MakeDay(2026, 12, 1) {
		t.Errorf("today is %s", d)
	}
	s, err := f.Sheet(t.Context(), f.manager, Place{f.home.ID, f.Today(f.org)})
	must(t, err)
	if s.Roster.Period.First != roster.MakeDay(2026, 12, 1) || s.Roster.OffDays != 9 {
		t.Errorf("the sheet of today is %+v", s.Roster)
	}
	us := f.org
	us.Timezone = "America/New_York"
	if d := f.Today(us); d != roster.MakeDay(2026, 11, 30) {
		t.Errorf("today in New York is %s", d)
	}
}

func TestWatchIsWokenByCommitsOnly(t *testing.T) {
	f := newFacility(t)
	ear, stop := f.Watch().Listen(f.org.ID)
	defer stop()
	woken := func() bool {
		select {
		case <-ear:
			return true
		default:
			return false
		}
	}
	f.mustEdit(f.set(f.hanako, today, "早"))
	if !woken() {
		t.Error("an edit wakes nobody")
	}
	f.mustEdit(f.set(f.hanako, today, "早"))
	_, err := f.edit(f.manager, f.set(f.hanako, today+300, "早"))
	if err == nil || woken() {
		t.Errorf("nothing happened (%v), but somebody was woken", err)
	}
	must(t, f.db.Read(t.Context(), f.org.ID, func(r store.Reader) error { return nil }))
}
