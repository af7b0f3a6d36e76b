package app

import (
	"context"
	"fmt"
	"slices"

	"wakakusa/roster"
	"wakakusa/store"
)

// undoable is how many of a person's own edits of one sheet can be taken back.
const undoable = 20

const (
	actEdited = "roster.edited"
	actUndone = "roster.undone"
)

// Edits is a list of operations on one roster, and the world it was made in.
type Edits struct {
	Place Place
	List  []roster.Edit
	Base  int64  // revision the gesture began with
	Key   string // idempotency key of the request
}

// Edited says what an edit touched.
type Edited struct {
	Revision int64
	Cells    []roster.Cell
}

// Staff returns the people whose rows changed.
func (e Edited) Staff() []roster.StaffID {
	var list []roster.StaffID
	for _, c := range e.Cells {
		if !slices.Contains(list, c.Staff) {
			list = append(list, c.Staff)
		}
	}
	return list
}

// Days returns the days whose head counts changed.
func (e Edited) Days() []roster.Day {
	var list []roster.Day
	for _, c := range e.Cells {
		if !slices.Contains(list, c.Day) {
			list = append(list, c.Day)
		}
	}
	return list
}

// EditRoster carries out a list of edits, all or none. Stale if somebody else touched one of the cells after e.Base;
// RuleBroken, Invalid or NotFound from roster.Sheet.Apply. On a refusal Edited still names the cells that were meant.
func (a *App) EditRoster(ctx context.Context, by roster.Actor, e Edits) (Edited, error) {
	meant := Edited{Cells: cellsOf(e.List)}
	if err := roster.Can(by, roster.EditRoster, roster.Subject{Site: e.Place.Site}); err != nil {
		return meant, err
	}
	var done Edited
	change, err := a.writeSheet(ctx, by, e.Place, actEdited, e.Key, 0, func(w store.Writer) error {
		sheet, err := loadRows(ctx, w, by, e.Place, meant.Staff())
		if err != nil {
			return err
		}
		if err := refuseStale(ctx, w, by, meant.Cells, e.Base, sheet); err != nil {
			return err
		}
		applied, err := sheet.Apply(e.List, a.newShiftID)
		if err != nil {
			return err
		}
		done.Cells, err = saveApplied(ctx, w, applied)
		return err
	})
	if err != nil {
		return meant, err
	}
	if change.Repeated {
		done = meant
	}
	done.Revision = change.Revision
	return done, nil
}

// writeSheet is write with the place of a sheet in the act.
func (a *App) writeSheet(ctx context.Context, by roster.Actor, p Place, kind, key string, undoes int64, fn func(store.Writer) error) (store.Change, error) {
	act := by.By(kind, key)
	act.Undoes = undoes
	act.Place = string(p.Site)
	return a.write(ctx, act, fn)
}

func (a *App) newShiftID() roster.ShiftID { return roster.ShiftID(a.newID()) }

// cellsOf returns every cell that edits name.
func cellsOf(edits []roster.Edit) []roster.Cell {
	var cells []roster.Cell
	add := func(c roster.Cell) {
		if c != (roster.Cell{}) && !slices.Contains(cells, c) {
			cells = append(cells, c)
		}
	}
	for _, e := range edits {
		add(e.Cell)
		add(e.To)
	}
	return cells
}

// refuseStale refuses when somebody else's event after base touched one of the cells; this also sees cells that were empty or
// have been emptied, which row versions cannot.
func refuseStale(ctx context.Context, r store.Reader, by roster.Actor, cells []roster.Cell, base int64, s *roster.Sheet) error {
	if base >= s.Org.Revision || len(cells) == 0 {
		return nil
	}
	days := roster.Period{First: cells[0].Day, Last: cells[0].Day}
	for _, c := range cells {
		days.First, days.Last = min(days.First, c.Day), max(days.Last, c.Day)
	}
	touched, err := r.TouchedAfter(ctx, base, days)
	if err != nil {
		return err
	}
	for _, c := range cells {
		if act, ok := touched[c]; ok && act.Actor != by.Account {
			p, _ := s.Person(c.Staff)
			return roster.Refuse(roster.Stale, "error.cell_stale", roster.Args{"Who": act.Name, "Name": p.Name, "Day": c.Day})
		}
	}
	return nil
}

// saveApplied keeps the changes and records their events. Removals go first.
func saveApplied(ctx context.Context, w store.Writer, applied roster.Applied) (cells []roster.Cell, err error) {
	for _, c := range applied.Changes {
		if c.After == nil {
			if err := w.RemoveShift(ctx, c.Before.ID, c.Before.Version); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range applied.Changes {
		if c.After != nil {
			if *c.After, err = w.SaveShift(ctx, *c.After); err != nil {
				return nil, err
			}
		}
		w.Record(roster.ShiftEvents(c)...)
		cells = append(cells, c.Cells()...)
	}
	locks, err := saveLocks(ctx, w, applied)
	return append(cells, locks...), err
}

func saveLocks(ctx context.Context, w store.Writer, applied roster.Applied) ([]roster.Cell, error) {
	site := applied.Sheet.Site.ID
	for _, c := range applied.Locked {
		if err := w.LockCell(ctx, site, c); err != nil {
			return nil, err
		}
		w.Record(roster.Event{Name: roster.EventCellLocked, Site: site, Cell: c})
	}
	for _, c := range applied.Unlocked {
		if err := w.UnlockCell(ctx, c); err != nil {
			return nil, err
		}
		w.Record(roster.Event{Name: roster.EventCellUnlocked, Site: site, Cell: c})
	}
	return slices.Concat(applied.Locked, applied.Unlocked), nil
}

// UndoEdit takes back the actor's newest edit of this site's sheets that still stands, among the last twenty. NotFound if there is
// none; Stale if somebody changed what it touched.
func (a *App) UndoEdit(ctx context.Context, by roster.Actor, p Place, key string) (Edited, error) {
	var done Edited
	if err := roster.Can(by, roster.EditRoster, roster.Subject{Site: p.Site}); err != nil {
		return done, err
	}
	act, changes, missing := a.lastEdit(ctx, by, p)
	if missing != nil && roster.KindOf(missing) != roster.NotFound {
		return done, missing
	}
	done.Cells = touchedCells(changes)
	change, err := a.writeSheet(ctx, by, p, actUndone, key, act.Revision, func(w store.Writer) error {
		if missing != nil { // not before the key was looked up: it may be of the undo that took back the last one
			return missing
		}
		sheet, err := loadRows(ctx, w, by, Place{p.Site, done.Cells[0].Day}, done.Staff())
		if err != nil {
			return err
		}
		applied, err := sheet.Undo(changes)
		if err != nil {
			return err
		}
		_, err = saveApplied(ctx, w, applied)
		return err
	})
	done.Revision = change.Revision
	if err == nil && change.Repeated {
		done.Cells, err = a.cellsAt(ctx, by, change.Revision)
	}
	return done, err
}

// cellsAt are the cells whose shifts an act changed.
func (a *App) cellsAt(ctx context.Context, by roster.Actor, revision int64) (cells []roster.Cell, err error) {
	err = a.read(ctx, by, func(r store.Reader) error {
		_, events, err := r.ActAt(ctx, revision)
		cells = touchedCells(shiftChanges(events))
		return err
	})
	return cells, err
}

func touchedCells(changes []roster.Change) (cells []roster.Cell) {
	for _, c := range changes {
		cells = append(cells, c.Cells()...)
	}
	return cells
}

// lastEdit finds the newest edit that stands and the changes of shifts it made.
func (a *App) lastEdit(ctx context.Context, by roster.Actor, p Place) (found roster.PastAct, changes []roster.Change, err error) {
	err = a.read(ctx, by, func(r store.Reader) error {
		acts, err := r.ActsOf(ctx, by.Account, string(p.Site), 4*undoable)
		if err != nil {
			return err
		}
		acts = slices.DeleteFunc(acts, func(x roster.PastAct) bool { return x.Kind != actEdited })
		for _, x := range acts[:min(len(acts), undoable)] {
			if x.UndoneBy > 0 {
				continue
			}
			var events []roster.Event
			if found, events, err = r.ActAt(ctx, x.Revision); err != nil {
				return err
			}
			if changes = shiftChanges(events); len(changes) > 0 {
				return nil
			}
		}
		return roster.Refuse(roster.NotFound, "error.nothing_to_undo")
	})
	return found, changes, err
}

func shiftChanges(events []roster.Event) []roster.Change {
	var list []roster.Change
	for _, e := range events {
		if c, ok := e.ShiftChange(); ok {
			list = append(list, c)
		}
	}
	return list
}

// PublishRoster copies the working shifts for staff to see, as the next version.
func (a *App) PublishRoster(ctx context.Context, by roster.Actor, p Place, key string) (roster.Roster, error) {
	return a.changeRoster(ctx, by, p, "roster.published", key, func(w store.Writer, r roster.Roster) (roster.Roster, error) {
		org, err := w.Org(ctx)
		if err != nil {
			return r, err
		}
		return r.Publish(org.Revision, w.NowMs())
	})
}

// WithdrawRoster hides a published roster from staff again.
func (a *App) WithdrawRoster(ctx context.Context, by roster.Actor, p Place, key string) (roster.Roster, error) {
	return a.changeRoster(ctx, by, p, "roster.withdrawn", key, func(_ store.Writer, r roster.Roster) (roster.Roster, error) { return r.Withdraw() })
}

// CloseRoster ends a period: nothing may change any more.
func (a *App) CloseRoster(ctx context.Context, by roster.Actor, p Place, key string) (roster.Roster, error) {
	return a.changeRoster(ctx, by, p, "roster.closed", key, func(_ store.Writer, r roster.Roster) (roster.Roster, error) { return r.Close() })
}

// ReopenRoster lets a closed period change again.
func (a *App) ReopenRoster(ctx context.Context, by roster.Actor, p Place, key string) (roster.Roster, error) {
	return a.changeRoster(ctx, by, p, "roster.reopened", key, func(_ store.Writer, r roster.Roster) (roster.Roster, error) { return r.Reopen() })
}

func (a *App) changeRoster(ctx context.Context, by roster.Actor, p Place, kind, key string,
	decide func(store.Writer, roster.Roster) (roster.Roster, error),
) (r roster.Roster, err error) {
	if err := roster.Can(by, roster.PublishRoster, roster.Subject{Site: p.Site}); err != nil {
		return r, err
	}
	c, err := a.writeSheet(ctx, by, p, kind, key, 0, func(w store.Writer) error {
		site, err := w.Site(ctx, p.Site)
		if err != nil {
			return err
		}
		before, err := w.RosterAt(ctx, p.Site, roster.PeriodOf(p.Day, site.StartDay))
		if err != nil {
			return err
		}
		if before.Version == 0 {
			before.ID, before.OffDays = roster.RosterID(a.newID()), site.OffDays
		}
		if r, err = decide(w, before); err != nil {
			return err
		}
		if r, err = w.SaveRoster(ctx, r); err != nil {
			return err
		}
		if r.Published > before.Published {
			if err := w.CopyPublished(ctx, r); err != nil {
				return fmt.Errorf("copy published: %w", err)
			}
		}
		w.Record(roster.Saved(roster.EventRosterSaved, string(r.ID), p.Site, before, r))
		return nil
	})
	if err == nil && c.Repeated {
		return recall[roster.Roster](ctx, a, by, c.Revision, roster.EventRosterSaved)
	}
	return r, err
}

// CellView is one cell with its past.
type CellView struct {
	OpenSheet
	Cell    roster.Cell
	History []Told
}

// Told is an act and what it did to one cell.
type Told struct {
	Act    roster.PastAct
	Events []roster.Event
}

// Cell reads one cell of a sheet with its history.
func (a *App) Cell(ctx context.Context, by roster.Actor, p Place, c roster.Cell) (CellView, error) {
	v := CellView{Cell: c}
	if err := roster.Can(by, roster.EditRoster, roster.Subject{Site: p.Site}); err != nil {
		return v, err
	}
	var err error
	if v.OpenSheet, err = a.Sheet(ctx, by, p); err != nil {
		return v, err
	}
	if _, ok := v.Person(c.Staff); !ok || !v.Roster.Period.Contains(c.Day) {
		return v, roster.Refuse(roster.NotFound, "error.staff_not_found")
	}
	err = a.read(ctx, by, func(r store.Reader) error {
		acts, events, err := r.CellHistory(ctx, c, 50)
		if roster.KindOf(err) == roster.Away {
			return nil // the form is worth more than its history
		}
		v.History = nil
		for i := range acts {
			v.History = append(v.History, Told{acts[i], events[i]})
		}
		return err
	})
	return v, err
}
