package roster

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ids makes the ids of new shifts: new1, new2 …
func ids() func() ShiftID {
	n := 0
	return func() ShiftID { n++; return ShiftID(fmt.Sprintf("new%d", n)) }
}

// cell is a place in April.
func cell(who StaffID, dayOfMonth int) Cell { return Cell{who, april.First + Day(dayOfMonth-1)} }

// deep copies a sheet's changeable parts, to show that Apply left them alone.
func deep(s *Sheet) *Sheet {
	c := *s
	c.Shifts = map[StaffID][]Shift{}
	for id, row := range s.Shifts {
		c.Shifts[id] = slices.Clone(row)
	}
	c.Locked = maps.Clone(s.Locked)
	return &c
}

// change writes a Change as "佐藤/1 早→遅", "+佐藤/1 早", "-佐藤/1 早", "佐藤/1 早→後藤/2 早".
func change(c Change) string {
	at := func(x *Shift) string {
		_, _, d := x.Day.Date()
		return fmt.Sprintf("%s/%d %s", x.Staff, d, x.Code)
	}
	switch {
	case c.Before == nil:
		return "+" + at(c.After)
	case c.After == nil:
		return "-" + at(c.Before)
	case c.Before.Cell() == c.After.Cell():
		return at(c.Before) + "→" + string(c.After.Code)
	}
	return at(c.Before) + "→" + at(c.After)
}

type applyCase struct {
	name  string
	with  func(*Sheet)
	edits []Edit
	sato  string // 佐藤's row of 1–4 April afterwards; the row before is "早 夜 明 公"
	goto_ string // 後藤's; before "日 - - -"
	told  []string
}

func TestApply(t *testing.T) {
	tests := []applyCase{
		{name: "set_fills_an_empty_cell", edits: []Edit{{Op: OpSet, Cell: cell(goto_, 2), Code: "遅"}}, goto_: "日 遅 - -", told: []string{"+後藤/2 遅"}},
		{name: "set_paints_over", edits: []Edit{{Op: OpSet, Cell: cell(sato, 1), Code: "日"}}, sato: "日 夜 明 公", told: []string{"佐藤/1 早→日"}},
		{name: "set_with_the_same_code_is_no_change", edits: []Edit{{Op: OpSet, Cell: cell(sato, 1), Code: "早"}}},
		{
			name:  "set_makes_one_of_two",
			with:  func(s *Sheet) { s.row(t, sato, "04-01", "夕") },
			edits: []Edit{{Op: OpSet, Cell: cell(sato, 1), Code: "短"}},
			sato:  "短 夜 明 公", told: []string{"-佐藤/1 夕", "佐藤/1 早→短"},
		},
		{
			name:  "set_takes_back_changed_times",
			with:  func(s *Sheet) { s.Shifts[sato][0].Span.End = 17 * 60 },
			edits: []Edit{{Op: OpSet, Cell: cell(sato, 1), Code: "早"}},
			sato:  "早 夜 明 公", told: []string{"佐藤/1 早→早"},
		},
		{
			name:  "set_approves_a_request",
			with:  func(s *Sheet) { s.Shifts[sato][0].Approval = Pending },
			edits: []Edit{{Op: OpSet, Cell: cell(sato, 1), Code: "早"}},
			told:  []string{"佐藤/1 早→早"},
		},
		{name: "clear_empties", edits: []Edit{{Op: OpClear, Cell: cell(sato, 1)}}, sato: "- 夜 明 公", told: []string{"-佐藤/1 早"}},
		{name: "clear_of_nothing_is_no_change", edits: []Edit{{Op: OpClear, Cell: cell(goto_, 2)}}},
		{name: "move_to_another_day", edits: []Edit{{Op: OpMove, Cell: cell(goto_, 1), To: cell(goto_, 3)}}, goto_: "- - 日 -", told: []string{"後藤/1 日→後藤/3 日"}},
		{name: "move_to_another_person", edits: []Edit{{Op: OpMove, Cell: cell(sato, 2), To: cell(goto_, 2)}}, sato: "早 - 明 公", goto_: "日 夜 - -", told: []string{"佐藤/2 夜→後藤/2 夜"}},
		{
			name: "move_swaps_two_people", edits: []Edit{{Op: OpMove, Cell: cell(sato, 1), To: cell(goto_, 1)}},
			sato: "日 夜 明 公", goto_: "早 - - -", told: []string{"佐藤/1 早→後藤/1 早", "後藤/1 日→佐藤/1 日"},
		},
		{
			name: "move_swaps_two_days", edits: []Edit{{Op: OpMove, Cell: cell(sato, 1), To: cell(sato, 4)}},
			sato: "公 夜 明 早", told: []string{"佐藤/1 早→佐藤/4 早", "佐藤/4 公→佐藤/1 公"},
		},
		{name: "move_of_nothing_is_no_change", edits: []Edit{{Op: OpMove, Cell: cell(goto_, 2), To: cell(sato, 1)}}},
		{name: "move_onto_itself_is_no_change", edits: []Edit{{Op: OpMove, Cell: cell(sato, 1), To: cell(sato, 1)}}},
		{name: "copy_to_an_empty_cell", edits: []Edit{{Op: OpCopy, Cell: cell(sato, 1), To: cell(goto_, 3)}}, goto_: "日 - 早 -", told: []string{"+後藤/3 早"}},
		{name: "copy_replaces", edits: []Edit{{Op: OpCopy, Cell: cell(sato, 4), To: cell(goto_, 1)}}, goto_: "公 - - -", told: []string{"-後藤/1 日", "+後藤/1 公"}},
		{name: "copy_onto_itself_is_no_change", edits: []Edit{{Op: OpCopy, Cell: cell(sato, 1), To: cell(sato, 1)}}},
		{name: "copy_from_last_month", with: func(s *Sheet) { s.row(t, goto_, "03-31", "短") }, edits: []Edit{{Op: OpCopy, Cell: cell(goto_, 0), To: cell(goto_, 2)}}, goto_: "日 短 - -", told: []string{"+後藤/2 短"}},
		{name: "add_a_second", edits: []Edit{{Op: OpAdd, Cell: cell(sato, 1), Code: "夕", Span: Span{1080, 1320}}}, sato: "早+夕 夜 明 公", told: []string{"+佐藤/1 夕"}},
		{
			name: "change_times", edits: []Edit{{Op: OpChange, Cell: cell(goto_, 1), Shift: "後藤 2026-04-01 日", Code: "日", Span: Span{600, 1140}, Break: 60, Note: "通院のあと"}},
			told: []string{"後藤/1 日→日"},
		},
		{
			name:  "change_to_the_same_is_no_change",
			edits: []Edit{{Op: OpChange, Cell: cell(goto_, 1), Shift: "後藤 2026-04-01 日", Code: "日", Span: Span{540, 1080}, Break: 60}},
		},
		{name: "remove_one", with: func(s *Sheet) { s.row(t, goto_, "04-01", "夕") }, edits: []Edit{{Op: OpRemove, Cell: cell(goto_, 1), Shift: "後藤 2026-04-01 日"}}, goto_: "夕 - - -", told: []string{"-後藤/1 日"}},
		{
			name: "there_and_back_is_no_change",
			edits: []Edit{
				{Op: OpMove, Cell: cell(sato, 1), To: cell(goto_, 3)},
				{Op: OpMove, Cell: cell(goto_, 3), To: cell(sato, 1)},
			},
		},
		{
			name:  "painting_there_and_back_is_no_change",
			edits: []Edit{{Op: OpSet, Cell: cell(sato, 1), Code: "遅"}, {Op: OpSet, Cell: cell(sato, 1), Code: "早"}},
		},
		{
			name:  "added_and_cleared_is_no_change",
			edits: []Edit{{Op: OpSet, Cell: cell(goto_, 2), Code: "早"}, {Op: OpClear, Cell: cell(goto_, 2)}},
		},
		{
			name: "order_matters_and_only_the_end_is_judged",
			edits: []Edit{
				{Op: OpAdd, Cell: cell(sato, 1), Code: "日", Span: Span{540, 1080}},
				{Op: OpRemove, Cell: cell(sato, 1), Shift: "佐藤 2026-04-01 早"},
			},
			sato: "日 夜 明 公", told: []string{"+佐藤/1 日", "-佐藤/1 早"},
		},
		{
			name: "three_people_in_a_ring",
			edits: []Edit{
				{Op: OpMove, Cell: cell(sato, 1), To: cell(nguen, 1)},
				{Op: OpMove, Cell: cell(goto_, 1), To: cell(sato, 1)},
				{Op: OpMove, Cell: cell(nguen, 1), To: cell(goto_, 1)},
			},
			sato: "日 夜 明 公", goto_: "早 - - -", told: []string{"佐藤/1 早→後藤/1 早", "後藤/1 日→佐藤/1 日"},
		},
		{name: "no_edits_no_change"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { applyOne(t, test) })
	}
}

func applyOne(t *testing.T, test applyCase) {
	s := emptySheet().row(t, sato, "04-01", "早 夜 明 公").row(t, goto_, "04-01", "日")
	if test.with != nil {
		test.with(s)
	}
	before := deep(s)
	done, err := s.Apply(test.edits, ids())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, s); diff != "" {
		t.Errorf("the sheet itself changed:\n%s", diff)
	}
	var told []string
	for _, c := range done.Changes {
		told = append(told, change(c))
	}
	if diff := cmp.Diff(test.told, told); diff != "" {
		t.Errorf("changes:\n%s", diff)
	}
	for who, want := range map[StaffID]string{sato: test.sato, goto_: test.goto_} {
		if want == "" {
			want = before.text(who, april.First, april.First+3)
		}
		if got := done.Sheet.text(who, april.First, april.First+3); got != want {
			t.Errorf("%s: %q, want %q", who, got, want)
		}
	}
	transforms(t, before, done)
}

// transforms checks that the changes turn the rows before into the rows after, and that those are in order.
func transforms(t testing.TB, before *Sheet, done Applied) {
	t.Helper()
	rows := deep(before).Shifts
	for _, c := range done.Changes {
		if c.Before != nil {
			was := len(rows[c.Before.Staff])
			rows[c.Before.Staff] = slices.DeleteFunc(rows[c.Before.Staff], func(x Shift) bool { return x == *c.Before })
			if len(rows[c.Before.Staff]) != was-1 {
				t.Fatalf("change %s begins with a shift that was not there", change(c))
			}
		}
	}
	for _, c := range done.Changes {
		if c.After != nil {
			rows[c.After.Staff] = append(rows[c.After.Staff], *c.After)
		}
	}
	for _, p := range before.Staff {
		SortShifts(rows[p.ID])
		if !slices.Equal(rows[p.ID], done.Sheet.Shifts[p.ID]) {
			t.Fatalf("%s: the changes lead to %v, the sheet says %v", p.ID, rows[p.ID], done.Sheet.Shifts[p.ID])
		}
	}
}

func TestApplyRefuses(t *testing.T) {
	long := make([]Edit, MaxEdits+1)
	tests := []struct {
		name  string
		with  func(*Sheet)
		edits []Edit
		kind  Kind
		key   string
	}{
		{"double_booking", nil, []Edit{{Op: OpAdd, Cell: cell(sato, 1), Code: "日", Span: Span{540, 1080}}}, RuleBroken, "error.double_booking"},
		{"double_booking_over_midnight", nil, []Edit{{Op: OpSet, Cell: cell(sato, 3), Code: "早"}}, RuleBroken, "error.double_booking"},
		{"double_booking_by_a_copied_night", nil, []Edit{{Op: OpSet, Cell: cell(goto_, 3), Code: "早"}, {Op: OpCopy, Cell: cell(sato, 2), To: cell(goto_, 2)}}, RuleBroken, "error.double_booking"},
		{
			"double_booking_at_another_site", func(s *Sheet) { s.Shifts[goto_][0].Site = there },
			[]Edit{{Op: OpSet, Cell: cell(goto_, 1), Code: "早"}},
			RuleBroken, "error.double_booking_elsewhere",
		},
		{
			"double_booking_with_a_request", func(s *Sheet) { s.Shifts[goto_][0].Approval = Pending },
			[]Edit{{Op: OpAdd, Cell: cell(goto_, 1), Code: "早", Span: Span{420, 960}}},
			RuleBroken, "error.double_booking",
		},
		{"two_days_off_in_one_cell", nil, []Edit{{Op: OpAdd, Cell: cell(sato, 4), Code: "有"}}, RuleBroken, "error.double_day_off"},
		{"closed_roster", func(s *Sheet) { s.Roster.State = StateClosed }, nil, RuleBroken, "error.roster_closed"},
		{"too_many_edits", nil, long, Invalid, "error.too_many"},
		{"unknown_op", nil, []Edit{{Op: "paint", Cell: cell(sato, 1)}}, Invalid, "error.edit"},
		{"day_before_the_period", nil, []Edit{{Op: OpSet, Cell: cell(sato, 0), Code: "早"}}, RuleBroken, "error.outside_period"},
		{"day_after_the_period", nil, []Edit{{Op: OpClear, Cell: cell(sato, 31)}}, RuleBroken, "error.outside_period"},
		{"move_out_of_the_period", nil, []Edit{{Op: OpMove, Cell: cell(sato, 1), To: cell(sato, 31)}}, RuleBroken, "error.outside_period"},
		{"move_from_outside_the_period", func(s *Sheet) { s.row(t, sato, "03-31", "短") }, []Edit{{Op: OpMove, Cell: cell(sato, 0), To: cell(goto_, 3)}}, RuleBroken, "error.outside_period"},
		{"locked_cell", lockFirst, []Edit{{Op: OpSet, Cell: cell(sato, 1), Code: "日"}}, RuleBroken, "error.cell_locked"},
		{"clear_of_a_locked_cell", lockFirst, []Edit{{Op: OpClear, Cell: cell(sato, 1)}}, RuleBroken, "error.cell_locked"},
		{"move_into_a_locked_cell", lockFirst, []Edit{{Op: OpMove, Cell: cell(goto_, 1), To: cell(sato, 1)}}, RuleBroken, "error.cell_locked"},
		{"move_out_of_a_locked_cell", lockFirst, []Edit{{Op: OpMove, Cell: cell(sato, 1), To: cell(goto_, 3)}}, RuleBroken, "error.cell_locked"},
		{"copy_into_a_locked_cell", lockFirst, []Edit{{Op: OpCopy, Cell: cell(goto_, 1), To: cell(sato, 1)}}, RuleBroken, "error.cell_locked"},
		{"change_in_a_locked_cell", lockFirst, []Edit{{Op: OpChange, Cell: cell(sato, 1), Shift: "佐藤 2026-04-01 早", Code: "日", Span: Span{540, 1080}}}, RuleBroken, "error.cell_locked"},
		{"remove_from_a_locked_cell", lockFirst, []Edit{{Op: OpRemove, Cell: cell(sato, 1), Shift: "佐藤 2026-04-01 早"}}, RuleBroken, "error.cell_locked"},
		{"add_to_a_locked_cell", lockFirst, []Edit{{Op: OpAdd, Cell: cell(sato, 1), Code: "夕", Span: Span{1080, 1320}}}, RuleBroken, "error.cell_locked"},
		{"a_stranger", nil, []Edit{{Op: OpSet, Cell: cell("だれか", 1), Code: "早"}}, NotFound, "error.staff_not_found"},
		{"lock_for_a_stranger", nil, []Edit{{Op: OpLock, Cell: cell("だれか", 1)}}, NotFound, "error.staff_not_found"},
		{"unknown_code", nil, []Edit{{Op: OpSet, Cell: cell(sato, 1), Code: "謎"}}, NotFound, "error.code_not_found"},
		{"unknown_code_added", nil, []Edit{{Op: OpAdd, Cell: cell(sato, 1), Code: "謎"}}, NotFound, "error.code_not_found"},
		{"unknown_shift", nil, []Edit{{Op: OpChange, Cell: cell(sato, 1), Shift: "謎", Code: "早"}}, NotFound, "error.shift_not_found"},
		{"removal_of_an_unknown_shift", nil, []Edit{{Op: OpRemove, Cell: cell(sato, 2), Shift: "佐藤 2026-04-01 早"}}, NotFound, "error.shift_not_found"},
		{
			"change_at_another_site", func(s *Sheet) { s.Shifts[goto_][0].Site = there },
			[]Edit{{Op: OpChange, Cell: cell(goto_, 1), Shift: "後藤 2026-04-01 日", Code: "早"}},
			NotFound, "error.shift_not_found",
		},
		{"a_person_who_has_left", func(s *Sheet) { s.Staff[0].ActiveTo = april.First + 1 }, []Edit{{Op: OpSet, Cell: cell(sato, 3), Code: "有"}}, RuleBroken, "error.staff_inactive"},
		{"a_person_not_yet_approved", func(s *Sheet) { s.Staff[0].Approval = Pending }, []Edit{{Op: OpSet, Cell: cell(sato, 1), Code: "日"}}, RuleBroken, "error.staff_inactive"},
		{"swap_back_to_one_who_has_left", func(s *Sheet) { s.Staff[0].ActiveTo = april.First }, []Edit{{Op: OpMove, Cell: cell(sato, 4), To: cell(goto_, 1)}}, RuleBroken, "error.staff_inactive"},
		{"a_code_no_longer_valid", func(s *Sheet) { s.Codes[1].ValidTo = april.First }, []Edit{{Op: OpSet, Cell: cell(goto_, 2), Code: "日"}}, RuleBroken, "error.code_not_valid"},
		{"a_break_longer_than_the_work", nil, []Edit{{Op: OpAdd, Cell: cell(goto_, 2), Code: "短", Span: Span{540, 600}, Break: 61}}, Invalid, "error.break"},
		{"a_note_too_long", nil, []Edit{{Op: OpAdd, Cell: cell(goto_, 2), Code: "公", Note: string(make([]rune, 501))}}, Invalid, "note"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := emptySheet().row(t, sato, "04-01", "早 夜 明 公").row(t, goto_, "04-01", "日")
			if test.with != nil {
				test.with(s)
			}
			before := deep(s)
			done, err := s.Apply(test.edits, ids())
			refusal(t, err, test.kind, test.key)
			if done.Sheet != nil || done.Changes != nil {
				t.Error("a refused list left something")
			}
			if diff := cmp.Diff(before, s); diff != "" {
				t.Errorf("the sheet itself changed:\n%s", diff)
			}
		})
	}
}

func lockFirst(s *Sheet) { s.Locked[cell(sato, 1)] = true }

func TestApplyIsAllOrNone(t *testing.T) {
	s := emptySheet().row(t, sato, "04-01", "早")
	done, err := s.Apply([]Edit{
		{Op: OpSet, Cell: cell(goto_, 1), Code: "日"},
		{Op: OpClear, Cell: cell(sato, 1)},
		{Op: OpLock, Cell: cell(goto_, 1)},
		{Op: OpSet, Cell: cell(goto_, 2), Code: "謎"},
	}, ids())
	refusal(t, err, NotFound, "error.code_not_found")
	if done.Sheet != nil || s.text(sato, april.First, april.First) != "早" || len(s.Shifts[goto_]) != 0 || len(s.Locked) != 0 {
		t.Errorf("half of the list was done: %+v", s.Shifts)
	}
}

func TestApplyKeepsIdentity(t *testing.T) {
	s := emptySheet().row(t, sato, "04-01", "早")
	was := s.Shifts[sato][0]
	was.Version, was.Note = 7, "送迎"
	s.Shifts[sato][0] = was
	for name, edit := range map[string]Edit{
		"painting": {Op: OpSet, Cell: cell(sato, 1), Code: "遅"},
		"moving":   {Op: OpMove, Cell: cell(sato, 1), To: cell(goto_, 2)},
		"changing": {Op: OpChange, Cell: cell(sato, 1), Shift: was.ID, Code: "遅", Span: Span{780, 1320}},
	} {
		t.Run(name, func(t *testing.T) {
			done, err := s.Apply([]Edit{edit}, ids())
			if err != nil || len(done.Changes) != 1 {
				t.Fatalf("%v, %v", done.Changes, err)
			}
			c := done.Changes[0]
			if *c.Before != was || c.After.ID != was.ID || c.After.Version != 7 {
				t.Errorf("before %+v, after %+v", c.Before, c.After)
			}
		})
	}
	done, err := s.Apply([]Edit{{Op: OpCopy, Cell: cell(sato, 1), To: cell(goto_, 2)}}, ids())
	if err != nil {
		t.Fatal(err)
	}
	if got := done.Changes[0].After; got.ID != "new1" || got.Version != 0 || got.Note != "送迎" {
		t.Errorf("the copy is %+v", got)
	}
}

func TestApplyLeavesOtherSitesAlone(t *testing.T) {
	s := emptySheet().row(t, sato, "04-01", "短+夕 - -")
	s.Shifts[sato][0].Site = there
	done, err := s.Apply([]Edit{{Op: OpClear, Cell: cell(sato, 1)}}, ids())
	if err != nil || done.Sheet.text(sato, april.First, april.First) != "短" {
		t.Fatalf("clear: %v, %v", done.Sheet, err)
	}
	done, err = s.Apply([]Edit{{Op: OpMove, Cell: cell(sato, 1), To: cell(sato, 2)}}, ids())
	if err != nil || done.Sheet.text(sato, april.First, april.First+1) != "短 夕" {
		t.Fatalf("move: %v, %v", done.Sheet, err)
	}
}

func TestApplyLocks(t *testing.T) {
	here, other := cell(sato, 1), cell(sato, 2)
	lock := func(c Cell) Edit { return Edit{Op: OpLock, Cell: c} }
	unlock := func(c Cell) Edit { return Edit{Op: OpUnlock, Cell: c} }
	paint := Edit{Op: OpSet, Cell: here, Code: "日"}
	tests := []struct {
		name             string
		was              bool
		edits            []Edit
		locked, unlocked []Cell
		after            bool
	}{
		{"lock", false, []Edit{lock(here)}, []Cell{here}, nil, true},
		{"lock_two", false, []Edit{lock(other), lock(here)}, []Cell{other, here}, nil, true},
		{"locked_already", true, []Edit{lock(here)}, nil, nil, true},
		{"unlock", true, []Edit{unlock(here)}, nil, []Cell{here}, false},
		{"unlocked_already", false, []Edit{unlock(here)}, nil, nil, false},
		{"paint_then_lock", false, []Edit{paint, lock(here)}, []Cell{here}, nil, true},
		{"unlock_then_paint", true, []Edit{unlock(here), paint}, nil, []Cell{here}, false},
		{"unlock_paint_and_lock_again", true, []Edit{unlock(here), paint, lock(here)}, nil, nil, true},
		{"lock_and_think_better", false, []Edit{lock(here), unlock(here)}, nil, nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := emptySheet().row(t, sato, "04-01", "早")
			if test.was {
				s.Locked[here] = true
			}
			done, err := s.Apply(test.edits, ids())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(done.Locked, test.locked) || !slices.Equal(done.Unlocked, test.unlocked) {
				t.Errorf("locked %v, unlocked %v", done.Locked, done.Unlocked)
			}
			if done.Sheet.Locked[here] != test.after || s.Locked[here] != test.was {
				t.Errorf("after: %v, the sheet itself: %v", done.Sheet.Locked[here], s.Locked[here])
			}
		})
	}
}

func TestApplyLocksOnASheetWithoutLocks(t *testing.T) {
	s := emptySheet()
	s.Locked = nil
	done, err := s.Apply([]Edit{{Op: OpLock, Cell: cell(sato, 1)}}, ids())
	if err != nil || !done.Sheet.Locked[cell(sato, 1)] || s.Locked != nil {
		t.Errorf("%v, %v", done.Sheet, err)
	}
}

// The former system kept the same shift twice when a form was sent twice.
func TestFaultC7(t *testing.T) {
	s := emptySheet()
	twice := []Edit{{Op: OpSet, Cell: cell(sato, 1), Code: "早"}, {Op: OpSet, Cell: cell(sato, 1), Code: "早"}}
	newID := ids()
	done, err := s.Apply(twice, newID)
	if err != nil || len(done.Changes) != 1 {
		t.Fatalf("%d changes, %v", len(done.Changes), err)
	}
	again, err := done.Sheet.Apply(twice, newID)
	if err != nil || len(again.Changes) != 0 {
		t.Fatalf("a second time: %d changes, %v", len(again.Changes), err)
	}
	_, err = done.Sheet.Apply([]Edit{{Op: OpAdd, Cell: cell(sato, 1), Code: "早", Span: Span{420, 960}, Break: 60}}, newID)
	refusal(t, err, RuleBroken, "error.double_booking")
}

// A whole month of a hundred people fits into one list.
func TestApplyTakesAMonth(t *testing.T) {
	s := emptySheet()
	var edits []Edit
	s.Staff = nil
	for p := range 100 {
		id := StaffID(fmt.Sprint("人", p))
		s.Staff = append(s.Staff, Staff{ID: id, Name: "人", Approval: Approved})
		for d := 1; d <= 30; d++ {
			edits = append(edits, Edit{Op: OpSet, Cell: cell(id, d), Code: []CodeID{"早", "日", "公"}[(p+d)%3]})
		}
	}
	done, err := s.Apply(edits, ids())
	if err != nil || len(done.Changes) != 3000 {
		t.Fatalf("%d changes, %v", len(done.Changes), err)
	}
}

// FuzzApply reads a list of edits from bytes, five a piece.
func FuzzApply(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 0, 2, 0, 1, 1, 2, 1, 1, 0, 0, 0})
	f.Add([]byte{2, 0, 0, 9, 0, 2, 9, 0, 0, 0, 2, 1, 1, 8, 0})
	f.Add([]byte{6, 0, 0, 0, 0, 0, 0, 0, 1, 3, 7, 0, 0, 0, 0, 0, 0, 0, 1, 3})
	f.Add([]byte{4, 1, 0, 4, 5, 4, 1, 0, 5, 5, 5, 1, 0, 0, 3, 3, 1, 4, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 100 { // twenty edits find what two hundred would
			return
		}
		s := emptySheet().row(t, sato, "04-01", "早 夜 明 公 - 短+夕").row(t, goto_, "04-01", "日 - 準 準 公")
		s.Shifts[goto_][0].Site = there
		s.Shifts[sato][0].Approval = Pending
		s.Locked[cell(nguen, 2)] = true
		before := deep(s)
		done, err := s.Apply(editsFrom(s, data), ids())
		if diff := cmp.Diff(before, s); diff != "" {
			t.Fatalf("the sheet itself changed:\n%s", diff)
		}
		if err != nil {
			if KindOf(err) == Internal {
				t.Fatalf("a fault: %v", err)
			}
			return
		}
		transforms(t, before, done)
		sound(t, before, done)
	})
}

func editsFrom(s *Sheet, data []byte) []Edit {
	ops := []Op{OpSet, OpClear, OpMove, OpCopy, OpAdd, OpRemove, OpLock, OpUnlock, OpChange}
	people := []StaffID{sato, goto_, nguen}
	at := func(b byte) Cell { return cell(people[int(b)%3], 1+int(b)/3%6) }
	var all []ShiftID
	for _, who := range people {
		for _, x := range s.Shifts[who] {
			all = append(all, x.ID)
		}
	}
	var edits []Edit
	for len(data) >= 5 {
		c := s.Codes[int(data[3])%len(s.Codes)]
		edits = append(edits, Edit{
			Op: ops[int(data[0])%len(ops)], Cell: at(data[1]), To: at(data[2]), Code: c.ID, Shift: all[int(data[4])%len(all)],
			Span: Span{c.Span.Start, c.Span.End + Minutes(data[4])}, Break: Minutes(data[4] % 64),
		})
		data = data[5:]
	}
	return edits
}

// sound checks what must hold of every sheet Apply returns.
func sound(t *testing.T, before *Sheet, done Applied) {
	for _, row := range done.Sheet.Shifts {
		for i, x := range row {
			for _, o := range row[:i] {
				if x.Overlaps(o) {
					t.Fatalf("double booking: %+v and %+v", x, o)
				}
			}
		}
	}
	for _, c := range done.Changes {
		if c.Before != nil && c.After != nil && c.Before.Same(*c.After) {
			t.Fatalf("%s is no change", change(c))
		}
		if c.After != nil && c.After.Site != here {
			t.Fatalf("%s at another site", change(c))
		}
	}
	locked := maps.Clone(before.Locked)
	for _, c := range done.Locked {
		if locked[c] {
			t.Fatalf("%v was locked already", c)
		}
		locked[c] = true
	}
	for _, c := range done.Unlocked {
		if !before.Locked[c] {
			t.Fatalf("%v was not locked", c)
		}
		delete(locked, c)
	}
	if !maps.Equal(locked, done.Sheet.Locked) {
		t.Fatalf("locks lead to %v, the sheet says %v", locked, done.Sheet.Locked)
	}
}
