package roster

import "slices"

// Op is what one Edit does to a cell or a shift.
type Op string

const (
	OpSet    Op = "set"    // the cell holds exactly this code, with the code's times
	OpClear  Op = "clear"  // the cell is emptied
	OpMove   Op = "move"   // the cell's shifts go to another cell; what stood there comes back
	OpCopy   Op = "copy"   // the other cell gets the same shifts; what stood there is replaced
	OpAdd    Op = "add"    // one more shift in the cell
	OpChange Op = "change" // code, times, break and note of one shift
	OpRemove Op = "remove" // one shift goes
	OpLock   Op = "lock"   // the cell may not change until it is unlocked
	OpUnlock Op = "unlock"
)

// MaxEdits bounds one list: a pasted month of a hundred people fits.
const MaxEdits = 4000

// Edit is one small operation on a roster.
type Edit struct {
	Op    Op
	Cell  Cell
	To    Cell    // move, copy
	Code  CodeID  // set, add, change
	Shift ShiftID // change, remove
	Span  Span    // add, change
	Break Minutes // add, change
	Note  string  // add, change
}

// Change is one shift before and after; Before nil means added, After nil removed.
type Change struct{ Before, After *Shift }

// Cell returns where the change is seen; a shift that moved is seen in two cells.
func (c Change) Cells() []Cell {
	var cells []Cell
	for _, x := range []*Shift{c.Before, c.After} {
		if x != nil && !slices.Contains(cells, x.Cell()) {
			cells = append(cells, x.Cell())
		}
	}
	return cells
}

// Applied is what a list of edits makes of a sheet.
type Applied struct {
	Sheet    *Sheet
	Changes  []Change
	Locked   []Cell
	Unlocked []Cell
}

// Apply carries out edits in order, all or none. newID is called once for every shift that comes into being.
// It refuses (RuleBroken) a closed roster, days outside the period, locked cells, codes that are not valid, people who do not
// work here that day, and any change after which a person would be in two places at once.
func (s *Sheet) Apply(edits []Edit, newID func() ShiftID) (Applied, error) {
	switch {
	case !s.Roster.Open():
		return Applied{}, Refuse(RuleBroken, "error.roster_closed")
	case len(edits) > MaxEdits:
		return Applied{}, Refuse(Invalid, "error.too_many", Args{"Count": MaxEdits})
	}
	e := editor{Sheet: s.clone(), before: s, was: map[ShiftID]Shift{}, own: map[StaffID]bool{}, newID: newID}
	for _, edit := range edits {
		if err := e.apply(edit); err != nil {
			return Applied{}, err
		}
	}
	if err := e.checkOverlaps(); err != nil {
		return Applied{}, err
	}
	locked, unlocked := e.lockChanges()
	return Applied{e.Sheet, e.changes(), locked, unlocked}, nil
}

// editor is a sheet being worked on.
type editor struct {
	*Sheet
	before *Sheet
	newID  func() ShiftID
	was    map[ShiftID]Shift // first known state of every shift touched; Version 0 and no Site: it was not there
	order  []ShiftID
	own    map[StaffID]bool // rows already copied
	turned []Cell           // cells locked or unlocked, in order
}

func (e *editor) apply(x Edit) error {
	switch x.Op {
	case OpSet:
		return e.set(x)
	case OpClear:
		return e.empty(x.Cell)
	case OpMove:
		return e.move(x)
	case OpCopy:
		return e.copy(x)
	case OpAdd:
		return e.add(x)
	case OpChange:
		return e.change(x)
	case OpRemove:
		return e.remove(x)
	case OpLock, OpUnlock:
		return e.lock(x)
	}
	return Refuse(Invalid, "error.edit")
}

// mayTouch refuses cells that are not this roster's to change.
func (e *editor) mayTouch(c Cell) error {
	switch {
	case !e.Roster.Period.Contains(c.Day):
		return Refuse(RuleBroken, "error.outside_period", Args{"Day": c.Day})
	case e.Locked[c]:
		return Refuse(RuleBroken, "error.cell_locked", Args{"Name": e.name(c.Staff), "Day": c.Day})
	}
	if _, ok := e.Person(c.Staff); !ok {
		return Refuse(NotFound, "error.staff_not_found")
	}
	return nil
}

// mayPlace also asks that the person works here on the day.
func (e *editor) mayPlace(c Cell) error {
	if err := e.mayTouch(c); err != nil {
		return err
	}
	if p, _ := e.Person(c.Staff); !p.ActiveOn(c.Day) || p.Approval != Approved {
		return Refuse(RuleBroken, "error.staff_inactive", Args{"Name": p.Name, "Day": c.Day})
	}
	return nil
}

func (e *editor) name(id StaffID) string {
	p, _ := e.Person(id)
	return p.Name
}

// here returns copies of the cell's shifts that belong to this site; shifts elsewhere are not ours to change.
func (e *editor) here(c Cell) []Shift {
	var list []Shift
	for _, x := range e.ShiftsOn(c) {
		if x.Site == e.Site.ID {
			list = append(list, x)
		}
	}
	return list
}

func (e *editor) set(x Edit) error {
	if err := e.mayPlace(x.Cell); err != nil {
		return err
	}
	code, ok := e.Code(x.Code)
	if !ok {
		return Refuse(NotFound, "error.code_not_found")
	}
	fresh := Shift{Site: e.Site.ID, Staff: x.Cell.Staff, Day: x.Cell.Day, Code: code.ID, Span: code.Span, Break: code.Break, Approval: Approved}
	old := e.here(x.Cell)
	if len(old) == 1 && old[0].Code == code.ID { // painting the same takes back changed times, not what was noted
		fresh.Note = old[0].Note
		if old[0].Span == fresh.Span && old[0].Break == fresh.Break && old[0].Approval == Approved {
			return nil
		}
	}
	if err := fresh.Check(code); err != nil {
		return err
	}
	if len(old) > 0 { // painting over keeps the identity of the first, so that its history goes on
		fresh.ID, fresh.Version = old[0].ID, old[0].Version
		for _, o := range old[1:] {
			e.drop(o)
		}
		e.drop(old[0])
	}
	e.put(fresh)
	return nil
}

func (e *editor) empty(c Cell) error {
	if err := e.mayTouch(c); err != nil {
		return err
	}
	for _, x := range e.here(c) {
		e.drop(x)
	}
	return nil
}

func (e *editor) move(x Edit) error {
	if err := e.mayPlace(x.To); err != nil {
		return err
	}
	if err := e.mayTouch(x.Cell); err != nil {
		return err
	}
	going, coming := e.here(x.Cell), e.here(x.To)
	if len(going) == 0 || x.Cell == x.To {
		return nil
	}
	if len(coming) > 0 {
		if err := e.mayPlace(x.Cell); err != nil {
			return err
		}
	}
	for _, o := range slices.Concat(going, coming) {
		e.drop(o)
	}
	return e.putAll(append(e.at(going, x.To), e.at(coming, x.Cell)...))
}

func (e *editor) copy(x Edit) error {
	if err := e.mayPlace(x.To); err != nil {
		return err
	}
	from := e.here(x.Cell)
	if len(from) == 0 || x.Cell == x.To {
		return nil
	}
	for _, o := range e.here(x.To) {
		e.drop(o)
	}
	fresh := e.at(from, x.To)
	for i := range fresh {
		fresh[i].ID, fresh[i].Version, fresh[i].Approval = "", 0, Approved
	}
	return e.putAll(fresh)
}

func (e *editor) add(x Edit) error {
	if err := e.mayPlace(x.Cell); err != nil {
		return err
	}
	return e.putAll([]Shift{{
		Site: e.Site.ID, Staff: x.Cell.Staff, Day: x.Cell.Day, Code: x.Code, Span: x.Span, Break: x.Break,
		Note: x.Note, Approval: Approved,
	}})
}

func (e *editor) change(x Edit) error {
	old, ok := e.find(x.Cell, x.Shift)
	if !ok {
		return Refuse(NotFound, "error.shift_not_found")
	}
	if err := e.mayPlace(old.Cell()); err != nil {
		return err
	}
	next := old
	next.Code, next.Span, next.Break, next.Note, next.Approval = x.Code, x.Span, x.Break, x.Note, Approved
	if next == old {
		return nil
	}
	e.drop(old)
	return e.putAll([]Shift{next})
}

func (e *editor) remove(x Edit) error {
	old, ok := e.find(x.Cell, x.Shift)
	if !ok {
		return Refuse(NotFound, "error.shift_not_found")
	}
	if err := e.mayTouch(old.Cell()); err != nil {
		return err
	}
	e.drop(old)
	return nil
}

func (e *editor) find(c Cell, id ShiftID) (Shift, bool) {
	for _, x := range e.here(c) {
		if x.ID == id {
			return x, true
		}
	}
	return Shift{}, false
}

func (e *editor) lock(x Edit) error {
	if _, ok := e.Person(x.Cell.Staff); !ok || !e.Roster.Period.Contains(x.Cell.Day) {
		return Refuse(NotFound, "error.staff_not_found")
	}
	if x.Op == OpLock {
		e.Locked[x.Cell] = true
	} else {
		delete(e.Locked, x.Cell)
	}
	if !slices.Contains(e.turned, x.Cell) {
		e.turned = append(e.turned, x.Cell)
	}
	return nil
}

// lockChanges compares locks with what they were: a cell unlocked, painted and locked again is neither.
func (e *editor) lockChanges() (locked, unlocked []Cell) {
	for _, c := range e.turned {
		switch was, is := e.before.Locked[c], e.Locked[c]; {
		case is && !was:
			locked = append(locked, c)
		case was && !is:
			unlocked = append(unlocked, c)
		}
	}
	return locked, unlocked
}

// at returns copies of shifts placed in a cell.
func (e *editor) at(list []Shift, c Cell) []Shift {
	moved := slices.Clone(list)
	for i := range moved {
		moved[i].Staff, moved[i].Day = c.Staff, c.Day
	}
	return moved
}

func (e *editor) putAll(list []Shift) error {
	for _, x := range list {
		code, ok := e.Code(x.Code)
		if !ok {
			return Refuse(NotFound, "error.code_not_found").On("code")
		}
		if err := x.Check(code); err != nil {
			return err
		}
		e.put(x)
	}
	return nil
}

// put adds a shift to its row; one without id is new.
func (e *editor) put(x Shift) {
	if x.ID == "" {
		x.ID = e.newID()
		e.touch(x.ID, Shift{})
	}
	row := append(e.row(x.Staff), x)
	SortShifts(row)
	e.Shifts[x.Staff] = row
}

// drop takes a shift out of its row.
func (e *editor) drop(x Shift) {
	e.touch(x.ID, x)
	e.Shifts[x.Staff] = slices.DeleteFunc(e.row(x.Staff), func(o Shift) bool { return o.ID == x.ID })
}

func (e *editor) row(id StaffID) []Shift {
	if !e.own[id] {
		e.own[id] = true
		e.Shifts[id] = slices.Clone(e.Shifts[id])
	}
	return e.Shifts[id]
}

func (e *editor) touch(id ShiftID, was Shift) {
	if _, ok := e.was[id]; !ok {
		e.was[id] = was
		e.order = append(e.order, id)
	}
}

// checkOverlaps refuses the first double booking that these edits would cause; ones that were there before are left to be shown.
func (e *editor) checkOverlaps() error {
	for _, id := range e.order {
		x, ok := e.current(id)
		if !ok {
			continue
		}
		for _, o := range e.Shifts[x.Staff] {
			if o.ID != x.ID && x.Overlaps(o) {
				return e.doubleBooking(x, o)
			}
		}
	}
	return nil
}

func (e *editor) doubleBooking(x, o Shift) error {
	args := Args{"Name": e.name(x.Staff), "Day": x.Day, "First": x.Span.String(), "OtherDay": o.Day, "Second": o.Span.String()}
	key := "error.double_booking"
	switch {
	case x.Span.Empty():
		key = "error.double_day_off"
	case o.Site != e.Site.ID:
		key = "error.double_booking_elsewhere"
	}
	return Refuse(RuleBroken, key, args)
}

func (e *editor) current(id ShiftID) (Shift, bool) {
	for staff := range e.own {
		for _, x := range e.Shifts[staff] {
			if x.ID == id {
				return x, true
			}
		}
	}
	return Shift{}, false
}

// changes compares every touched shift with what it was; what came back to itself is no change.
func (e *editor) changes() []Change {
	var list []Change
	for _, id := range e.order {
		was := e.was[id]
		now, here := e.current(id)
		switch {
		case was.ID == "" && here:
			list = append(list, Change{After: &now})
		case was.ID != "" && !here:
			list = append(list, Change{Before: &was})
		case here && !was.Same(now):
			list = append(list, Change{&was, &now})
		}
	}
	return list
}
