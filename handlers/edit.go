package handlers

import (
	"strings"

	"wakakusa/roster"
)

// parseOps reads the operations a sheet sends: "set STAFF DAY CODE", "clear STAFF DAY", "move STAFF DAY STAFF DAY",
// "copy STAFF DAY STAFF DAY", "lock STAFF DAY", "unlock STAFF DAY", joined by semicolons. Invalid if any is none of these.
func parseOps(text string) ([]roster.Edit, error) {
	bad := roster.Refuse(roster.Invalid, "error.edit")
	var list []roster.Edit
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		e, ok := parseOp(strings.Fields(part))
		if !ok || len(list) == roster.MaxEdits {
			return nil, bad
		}
		list = append(list, e)
	}
	if len(list) == 0 {
		return nil, bad
	}
	return list, nil
}

func parseOp(w []string) (e roster.Edit, ok bool) {
	if len(w) < 3 {
		return e, false
	}
	e.Op = roster.Op(w[0])
	if e.Cell, ok = parseCell(w[1], w[2]); !ok {
		return e, false
	}
	switch e.Op {
	case roster.OpClear, roster.OpLock, roster.OpUnlock:
		return e, len(w) == 3
	case roster.OpSet:
		if len(w) != 4 || !isID(w[3]) {
			return e, false
		}
		e.Code = roster.CodeID(w[3])
		return e, true
	case roster.OpMove, roster.OpCopy:
		if len(w) != 5 {
			return e, false
		}
		e.To, ok = parseCell(w[3], w[4])
		return e, ok
	}
	return e, false
}

func parseCell(staff, day string) (roster.Cell, bool) {
	d, err := roster.ParseDay(day)
	return roster.Cell{Staff: roster.StaffID(staff), Day: d}, err == nil && isID(staff)
}

// isID reports the form of an id, so that nothing else is asked of the database.
func isID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		hex := (r >= '0' && r <= '9') || (r >= 'a' && r <= 'f')
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (r == '-') || (!dash && !hex) {
			return false
		}
	}
	return true
}

// formEdit reads the detail sheet's form: one operation with fields of its own.
func (c *request) formEdit(cell roster.Cell, codes []roster.Code) (e roster.Edit, err error) {
	e = roster.Edit{Op: roster.Op(c.field("action")), Cell: cell, Shift: roster.ShiftID(c.field("shift"))}
	switch e.Op {
	case roster.OpClear, roster.OpLock, roster.OpUnlock, roster.OpRemove:
		return e, nil
	case roster.OpMove, roster.OpCopy:
		var ok bool
		if e.To, ok = parseCell(c.field("to_staff"), c.field("to_day")); !ok {
			return e, roster.Refuse(roster.Invalid, "error.move_target").On("to_day")
		}
		return e, nil
	case roster.OpAdd, roster.OpChange:
		return e, c.shiftFields(&e, codes)
	}
	return e, roster.Refuse(roster.Invalid, "error.edit")
}

// shiftFields reads code, times, break and note. A code without times needs none; empty times of one with times mean the code's own.
func (c *request) shiftFields(e *roster.Edit, codes []roster.Code) error {
	var f roster.Faults
	e.Code, e.Note = roster.CodeID(c.field("code")), c.field("note")
	code := find(codes, e.Code)
	if code.ID == "" {
		return roster.Refuse(roster.Invalid, "error.required").On("code")
	}
	start, end := c.field("start"), c.field("end")
	if start == "" && end == "" {
		e.Span, e.Break = code.Span, code.Break
		return nil
	}
	var err error
	e.Span, err = roster.ParseSpan(start, end)
	addFaults(&f, err)
	if text := c.field("break"); text != "" {
		n := number(text)
		if n < 0 || n > 600 {
			f.Add("break", roster.Refuse(roster.Invalid, "error.break"))
		}
		e.Break = roster.Minutes(n)
	}
	if was := find(codes, roster.CodeID(c.field("shown"))); was.ID != code.ID && e.Span == was.Span && e.Break == was.Break {
		e.Span, e.Break = code.Span, code.Break // the times still were those of the code before, which nobody chose any more
	}
	return f.Err()
}

func find(codes []roster.Code, id roster.CodeID) roster.Code {
	for _, x := range codes {
		if x.ID == id {
			return x
		}
	}
	return roster.Code{}
}

func addFaults(f *roster.Faults, err error) {
	if list, ok := err.(roster.Faults); ok {
		*f = append(*f, list...)
		return
	}
	f.Add("", err)
}
