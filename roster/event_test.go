package roster

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShiftEventsComeBack(t *testing.T) {
	s := emptySheet().row(t, sato, "04-01", "夜 明")
	a := s.Shifts[sato][0]
	a.Note, a.Version = "通院 𠮷 👩‍⚕️\n\"引用\"", 3
	painted, moved := a, a
	painted.Code, painted.Span = "早", Span{420, 960}
	moved.Staff, moved.Day, moved.Approval = goto_, a.Day+1, Pending
	tests := []struct {
		name   string
		change Change
		told   []string // name and place of each event
	}{
		{"placed", Change{After: &a}, []string{"shift.placed 佐藤 2026-04-01"}},
		{"removed", Change{Before: &a}, []string{"shift.removed 佐藤 2026-04-01"}},
		{"painted", Change{&a, &painted}, []string{"shift.changed 佐藤 2026-04-01"}},
		{"moved", Change{&a, &moved}, []string{"shift.left 佐藤 2026-04-01", "shift.changed 後藤 2026-04-02"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var told []string
			for _, e := range ShiftEvents(test.change) {
				told = append(told, fmt.Sprint(e.Name, " ", e.Cell.Staff, " ", e.Cell.Day))
				if e.Subject != string(a.ID) || e.Site != here {
					t.Errorf("subject %q at %q", e.Subject, e.Site)
				}
			}
			if diff := cmp.Diff(test.told, told); diff != "" {
				t.Error(diff)
			}
			back, ok := ShiftEvent(test.change).ShiftChange()
			if diff := cmp.Diff(test.change, back); !ok || diff != "" {
				t.Errorf("read back (%v):\n%s", ok, diff)
			}
		})
	}
}

// What Apply says, told as events and read back, is what Apply said.
func TestAppliedChangesComeBackFromEvents(t *testing.T) {
	s := emptySheet().row(t, sato, "04-01", "早 夜").row(t, goto_, "04-01", "日")
	done, err := s.Apply([]Edit{
		{Op: OpMove, Cell: cell(sato, 1), To: cell(goto_, 1)},
		{Op: OpClear, Cell: cell(sato, 2)},
		{Op: OpSet, Cell: cell(nguen, 3), Code: "短"},
	}, ids())
	if err != nil {
		t.Fatal(err)
	}
	var back []Change
	touched := map[Cell]bool{}
	for _, c := range done.Changes {
		for _, e := range ShiftEvents(c) {
			touched[e.Cell] = true
			if c, ok := e.ShiftChange(); ok {
				back = append(back, c)
			}
		}
		for _, place := range c.Cells() {
			if !touched[place] {
				t.Errorf("no event in %v", place)
			}
		}
	}
	if diff := cmp.Diff(done.Changes, back); diff != "" {
		t.Error(diff)
	}
}

func TestShiftChangeRefusesOtherEvents(t *testing.T) {
	for name, e := range map[string]Event{
		"another_noun": Saved(EventStaffSaved, "1", here, nil, Staff{}),
		"left":         {Name: EventShiftLeft},
		"broken":       {Name: EventShiftPlaced, After: json.RawMessage(`{"day":"gestern"}`)},
		"empty":        {Name: EventShiftChanged},
	} {
		if c, ok := e.ShiftChange(); ok {
			t.Errorf("%s: read as %+v", name, c)
		}
	}
}

func TestSaved(t *testing.T) {
	var none *Staff
	e := Saved(EventStaffSaved, "s1", here, none, usualStaff()[0])
	if e.Before != nil || e.After == nil || e.Subject != "s1" || e.Site != here || e.Name != "staff.saved" {
		t.Errorf("%+v", e)
	}
	var again Staff
	if err := json.Unmarshal(e.After, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(usualStaff()[0], again); diff != "" {
		t.Error(diff)
	}
}

func TestActBy(t *testing.T) {
	a := Actor{Org: "o", Account: "a", Name: "佐藤"}
	if got := a.By("roster.edited", "k"); got != (Act{Org: "o", Actor: "a", Name: "佐藤", Kind: "roster.edited", Key: "k"}) {
		t.Errorf("%+v", got)
	}
}

func TestFaultsCollect(t *testing.T) {
	var f Faults
	if f.Add("x", nil); f.Err() != nil {
		t.Fatal("nothing noted is an error")
	}
	f.Add("name", Refuse(Invalid, "error.required"))
	f.Add("end", Refuse(RuleBroken, "error.span_empty").On("start"))
	f.Add("note", errors.New("disk"))
	if got := fields(f.Err()); got != "name start note" {
		t.Errorf("fields %q", got)
	}
	if KindOf(f.Err()) != Invalid || KindOf(fmt.Errorf("save: %w", f.Err())) != Invalid {
		t.Errorf("kind %d", KindOf(f.Err()))
	}
	if KindOf(errors.New("disk")) != Internal || KindOf(nil) != Internal {
		t.Error("a fault of the machine is a refusal")
	}
}

func TestErrorOnIsACopy(t *testing.T) {
	e := Refuse(Taken, "error.taken", Args{"Name": "早"})
	if on := e.On("name"); e.Field != "" || on.Field != "name" || on.Error() != "name: error.taken map[Name:早]" || e.Error() != "error.taken map[Name:早]" {
		t.Errorf("%v, %v", e, on)
	}
}
