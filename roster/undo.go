package roster

// Undo takes changes back, newest first, all or none. A change is taken back only if the shift still is what the change made
// of it (Stale otherwise); what comes of it must be free of double bookings like any edit.
func (s *Sheet) Undo(changes []Change) (Applied, error) {
	if !s.Roster.Open() {
		return Applied{}, Refuse(RuleBroken, "error.roster_closed")
	}
	e := editor{Sheet: s.clone(), was: map[ShiftID]Shift{}, own: map[StaffID]bool{}}
	for i := len(changes) - 1; i >= 0; i-- {
		if err := e.takeBack(changes[i]); err != nil {
			return Applied{}, err
		}
	}
	if err := e.checkOverlaps(); err != nil {
		return Applied{}, err
	}
	return Applied{Sheet: e.Sheet, Changes: e.changes()}, nil
}

func (e *editor) takeBack(c Change) error {
	for _, cell := range c.Cells() {
		if e.Locked[cell] {
			return Refuse(RuleBroken, "error.cell_locked", Args{"Name": e.name(cell.Staff), "Day": cell.Day})
		}
	}
	var version int64
	if c.After != nil {
		now, ok := e.find(c.After.Cell(), c.After.ID)
		if !ok || !now.Same(*c.After) {
			return Refuse(Stale, "error.undo_stale", Args{"Name": e.name(c.After.Staff), "Day": c.After.Day})
		}
		version = now.Version
		e.drop(now)
	}
	if c.Before != nil {
		back := *c.Before
		back.Version = version
		if version == 0 {
			e.touch(back.ID, Shift{}) // it had been removed, so to the store it is new
		}
		e.put(back)
	}
	return nil
}
