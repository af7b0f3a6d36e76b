package app

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// sheets keeps whole sheets as they were at a revision of their organisation. Whoever asks names, by its own snapshot of the database,
// the revision that it must see, so nothing ever has to be forgotten in time. What is kept is shared and never changed.
type sheets struct {
	mu   sync.Mutex
	by   map[sheetKey]*keptSheet
	none bool // every sheet is read anew
}

// sheetKey holds all that a sheet depends on beside the revision; drafts are for those who may edit.
type sheetKey struct {
	org   roster.OrgID
	place Place
	draft bool
}

// keptSheet is one sheet. Its lock makes those who ask at once wait for one reading instead of each doing their own.
type keptSheet struct {
	key sheetKey
	mu  sync.Mutex
	OpenSheet
	read    time.Time   // when it was last brought up to date
	cleared store.Stamp // of everything, when it was
}

// maxSheets bounds the memory: a sheet of a hundred people takes about two megabytes.
const maxSheets = 16

// of returns the place of a sheet, which may be empty still.
func (k *sheets) of(key sheetKey) *keptSheet {
	if k.none {
		return &keptSheet{key: key}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if s, ok := k.by[key]; ok {
		return s
	}
	for other := range k.by {
		if len(k.by) < maxSheets {
			break
		}
		delete(k.by, other) // any: a sheet that is looked at comes back at once
	}
	s := &keptSheet{key: key}
	k.by[key] = s
	return s
}

// newest is the sheet at the reader's revision or a later one: as it is kept, brought up to date, or read as a whole. While the database is
// away it is read from what the store remembers, or, where that is not enough, as it was kept.
func (k *keptSheet) newest(ctx context.Context, r store.Reader, now time.Time) (OpenSheet, error) {
	org, err := r.Org(ctx)
	if err != nil {
		return OpenSheet{}, err
	}
	stamps, err := r.Stamps(ctx, store.ScopeAll)
	if err != nil {
		return OpenSheet{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cleared != stamps[store.ScopeAll] {
		k.Sheet = nil
	}
	if k.Sheet != nil && k.Revision >= org.Revision {
		return k.OpenSheet, nil
	}
	next, ok, err := k.followed(ctx, r, org)
	if err == nil && !ok || roster.KindOf(err) == roster.Away {
		next, err = openSheet(ctx, r, k.key.place, k.key.draft)
	}
	if roster.KindOf(err) == roster.Away && k.Sheet != nil {
		store.NoteAge(ctx, k.read)
		return k.OpenSheet, nil
	}
	if err == nil {
		k.OpenSheet, k.read, k.cleared = next, now, stamps[store.ScopeAll]
	}
	return next, err
}

// maxFollowed is up to how many events a sheet is brought up to date; beyond them it is read as a whole.
const maxFollowed = 200

// followed is the kept sheet with what events tell of since. ok is false when they tell of more than cells, or when somebody comes to
// the sheet or leaves it: then all must be read. Every act has an event, so what none tells of has not changed.
func (k *keptSheet) followed(ctx context.Context, r store.Reader, org roster.Org) (next OpenSheet, ok bool, err error) {
	if k.Sheet == nil {
		return next, false, nil
	}
	events, err := r.EventsAfter(ctx, k.Revision, maxFollowed+1)
	cells, ok := onlyCells(events)
	if err != nil || !ok || len(events) > maxFollowed {
		return next, false, err
	}
	sheet := *k.Sheet
	sheet.Org = org
	next = k.OpenSheet
	next.Sheet, next.Revision = &sheet, org.Revision
	if !k.key.draft { // what is published changes by more than cells
		return next, true, nil
	}
	ok, err = next.reread(ctx, r, cells)
	return next, ok, err
}

// onlyCells returns the cells that events touched; ok is false when one of them tells of something else.
func onlyCells(events []roster.Event) (cells []roster.Cell, ok bool) {
	for _, e := range events {
		if e.Cell == (roster.Cell{}) {
			return nil, false
		}
		if !slices.Contains(cells, e.Cell) {
			cells = append(cells, e.Cell)
		}
	}
	return cells, true
}

// reread reads some cells anew and judges what hangs on them; maps are copied, for the old sheet is in other hands. False when the
// people of the sheet are no longer the same.
func (o *OpenSheet) reread(ctx context.Context, r store.Reader, cells []roster.Cell) (same bool, err error) {
	staff := Edited{Cells: cells}.Staff()
	rows, err := r.ShiftsOf(ctx, staff, around(o.Sheet))
	if err != nil {
		return false, err
	}
	if o.Locked, err = r.LockedCells(ctx, o.Roster.Period); err != nil {
		return false, err
	}
	o.Shifts, o.judged, o.cover = maps.Clone(o.Shifts), maps.Clone(o.judged), maps.Clone(o.cover)
	for _, id := range staff {
		o.Shifts[id] = rows[id]
		p, was := o.Person(id)
		if !was {
			p.ID = id
		}
		if onSheet(o.Sheet, p) != was {
			return false, nil
		}
		if was {
			o.judgeRow(id)
		}
	}
	for _, d := range (Edited{Cells: cells}).Days() {
		if o.Roster.Period.Contains(d) {
			o.cover[d] = o.Sheet.Coverage(d)
		}
	}
	return true, o.compare(ctx, r, cells)
}

// compare finds out which of some cells differ from what is published.
func (o *OpenSheet) compare(ctx context.Context, r store.Reader, cells []roster.Cell) error {
	if !wasPublished(o.Sheet) {
		return nil
	}
	cells = slices.DeleteFunc(cells, func(c roster.Cell) bool { return !o.Roster.Period.Contains(c.Day) })
	changed, err := differing(ctx, r, o.Sheet, cells)
	if err != nil {
		return err
	}
	all := maps.Clone(o.Changed)
	if all == nil {
		all = map[roster.Cell]bool{}
	}
	for _, c := range cells {
		delete(all, c)
	}
	maps.Copy(all, changed)
	o.Changed = all
	return nil
}
