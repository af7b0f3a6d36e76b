package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"wakakusa/roster"
	"wakakusa/store"
)

const shiftColumns = `id, site_id, staff_id, day, code_id, start_min, end_min, break_min, note, approval, version`

func scanShift(rows *sql.Rows, s *roster.Shift) error {
	return rows.Scan(&s.ID, &s.Site, &s.Staff, day{&s.Day}, &s.Code, &s.Span.Start, &s.Span.End, &s.Break, &s.Note, &s.Approval, &s.Version)
}

func (r *reader) Shift(ctx context.Context, id roster.ShiftID) (roster.Shift, error) {
	return queryOne(ctx, r, `SELECT `+shiftColumns+` FROM shifts WHERE org_id = ? AND id = ?`, scanShift, id)
}

// sheetShifts: everybody who calls the site home, wherever they work, and guests who have a shift there. The order is that of the table:
// any other would copy every row once more.
const sheetShifts = `SELECT ` + shiftColumns + ` FROM shifts WHERE org_id = ? AND day BETWEEN ? AND ? AND approval <> 'rejected'
	AND staff_id IN (SELECT p.id FROM staff p WHERE p.org_id = ? AND (p.home_site_id = ? OR EXISTS
		(SELECT 1 FROM shifts x WHERE x.org_id = p.org_id AND x.staff_id = p.id AND x.site_id = ? AND x.day BETWEEN ? AND ?)))
	ORDER BY staff_id, day, id`

func (r *reader) SheetShifts(ctx context.Context, site roster.SiteID, p roster.Period) (map[roster.StaffID][]roster.Shift, error) {
	from, to := dayText(p.First), dayText(p.Last)
	all, err := query(ctx, r, sheetShifts, newShiftScan().scan, from, to, r.org, site, site, from, to)
	return byStaff(all), err
}

// shiftScan is scanShift for thousands of rows: it takes the driver's values as they are, because converting each by its type costs as
// much as reading it, and keeps one copy of the ids that many rows share.
type shiftScan struct {
	got  [11]any
	to   []any
	kept map[string]string
	days map[string]roster.Day
	odd  error // a column held something else than its type
}

func newShiftScan() *shiftScan {
	c := &shiftScan{kept: map[string]string{}, days: map[string]roster.Day{}}
	for i := range c.got {
		c.to = append(c.to, &c.got[i])
	}
	return c
}

func (c *shiftScan) scan(rows *sql.Rows, s *roster.Shift) (err error) {
	if err := rows.Scan(c.to...); err != nil {
		return err
	}
	s.ID, s.Site, s.Staff, s.Code = roster.ShiftID(c.text(0)), roster.SiteID(c.one(c.text(1))), roster.StaffID(c.one(c.text(2))), roster.CodeID(c.one(c.text(4)))
	s.Span = roster.Span{Start: roster.Minutes(c.number(5)), End: roster.Minutes(c.number(6))}
	s.Break, s.Note, s.Approval, s.Version = roster.Minutes(c.number(7)), c.text(8), roster.Approval(c.one(c.text(9))), c.number(10)
	s.Day, err = c.day(c.text(3))
	return errors.Join(err, c.odd)
}

// text and number read a column as the engine gives it: text comes as string from one driver and as bytes from another.
func (c *shiftScan) text(i int) string {
	t, err := scanText(c.got[i])
	if err != nil {
		c.odd = err
	}
	return t
}

func (c *shiftScan) number(i int) int64 {
	n, ok := c.got[i].(int64)
	if !ok {
		c.odd = fmt.Errorf("number expected, got %T", c.got[i])
	}
	return n
}

// one returns the first of equal texts.
func (c *shiftScan) one(s string) string {
	if first, ok := c.kept[s]; ok {
		return first
	}
	c.kept[s] = s
	return s
}

func (c *shiftScan) day(s string) (d roster.Day, err error) {
	d, ok := c.days[s]
	if !ok {
		d, err = parseDay(s)
		c.days[s] = d
	}
	return d, err
}

// byStaff also orders what is on one day.
func byStaff(all []roster.Shift) map[roster.StaffID][]roster.Shift {
	by := roster.ByStaff(all)
	for _, list := range by {
		roster.SortShifts(list)
	}
	return by
}

func (r *reader) ShiftsOf(ctx context.Context, staff []roster.StaffID, p roster.Period) (map[roster.StaffID][]roster.Shift, error) {
	if len(staff) == 0 {
		return map[roster.StaffID][]roster.Shift{}, nil
	}
	args := []any{dayText(p.First), dayText(p.Last)}
	for _, id := range staff {
		args = append(args, id)
	}
	all, err := query(ctx, r, `SELECT `+shiftColumns+` FROM shifts WHERE org_id = ? AND day BETWEEN ? AND ? AND approval <> 'rejected'
		AND staff_id IN (`+marks(len(staff))+`) ORDER BY staff_id, day, id`, scanShift, args...)
	return byStaff(all), err
}

func (r *reader) LastShift(ctx context.Context, id roster.StaffID) (roster.Day, error) {
	return queryOne(ctx, r, `SELECT COALESCE(MAX(day), '') FROM (SELECT MAX(day) AS day FROM shifts WHERE org_id = ? AND staff_id = ?
		UNION ALL SELECT MAX(day) FROM published_shifts WHERE org_id = ? AND staff_id = ?) x`,
		func(rows *sql.Rows, d *roster.Day) error { return rows.Scan(day{d}) }, id, r.org, id)
}

func (w *writer) SaveShift(ctx context.Context, s roster.Shift) (_ roster.Shift, err error) {
	w.touch(store.ScopeMonth(s.Day))
	w.left = w.left || s.Version > 0
	s.Version, err = w.save(ctx, "shifts", string(s.ID), s.Version, []column{
		{"site_id", s.Site},
		{"staff_id", s.Staff},
		{"day", dayText(s.Day)},
		{"code_id", s.Code},
		{"start_min", s.Span.Start},
		{"end_min", s.Span.End},
		{"break_min", s.Break},
		{"note", s.Note},
		{"approval", s.Approval},
	})
	return s, err
}

func (w *writer) RemoveShift(ctx context.Context, id roster.ShiftID, version int64) error {
	w.left = true
	return w.remove(ctx, "shifts", string(id), version)
}

const publishedQuery = `SELECT p.shift_id, p.site_id, p.staff_id, p.day, p.code_id, p.start_min, p.end_min, p.break_min, p.note
	FROM published_shifts p JOIN rosters r ON r.org_id = p.org_id AND r.id = p.roster_id AND r.published = p.published
	WHERE p.org_id = ? AND r.state IN ('published', 'closed') AND p.day BETWEEN ? AND ?`

func scanPublished(rows *sql.Rows, s *roster.Shift) error {
	s.Approval = roster.Approved
	return rows.Scan(&s.ID, &s.Site, &s.Staff, day{&s.Day}, &s.Code, &s.Span.Start, &s.Span.End, &s.Break, &s.Note)
}

func (r *reader) PublishedOf(ctx context.Context, staff roster.StaffID, p roster.Period) ([]roster.Shift, error) {
	return query(ctx, r, publishedQuery+` AND p.staff_id = ? ORDER BY p.day, p.start_min, p.shift_id`, scanPublished,
		dayText(p.First), dayText(p.Last), staff)
}

func (r *reader) PublishedAt(ctx context.Context, site roster.SiteID, p roster.Period) ([]roster.Shift, error) {
	return query(ctx, r, publishedQuery+` AND p.site_id = ? ORDER BY p.day, p.start_min, p.shift_id`, scanPublished,
		dayText(p.First), dayText(p.Last), site)
}

func (r *reader) PublishedCells(ctx context.Context, id roster.RosterID, version int, cells []roster.Cell) ([]roster.Shift, error) {
	if len(cells) > fewCells {
		return r.publishedAmong(ctx, id, version, cells)
	}
	var found []roster.Shift
	for _, c := range cells {
		list, err := query(ctx, r, `SELECT shift_id, site_id, staff_id, day, code_id, start_min, end_min, break_min, note
			FROM published_shifts WHERE org_id = ? AND staff_id = ? AND day = ? AND roster_id = ? AND published = ?`,
			scanPublished, c.Staff, dayText(c.Day), id, version)
		if err != nil {
			return nil, err
		}
		found = append(found, list...)
	}
	return found, nil
}

// fewCells is up to how many cells are asked for one by one.
const fewCells = 12

// publishedAmong reads a whole version once and keeps some of its cells.
func (r *reader) publishedAmong(ctx context.Context, id roster.RosterID, version int, cells []roster.Cell) ([]roster.Shift, error) {
	wanted := make(map[roster.Cell]bool, len(cells))
	for _, c := range cells {
		wanted[c] = true
	}
	all, err := r.PublishedCopy(ctx, id, version)
	return slices.DeleteFunc(all, func(x roster.Shift) bool { return !wanted[x.Cell()] }), err
}

func (r *reader) PublishedCopy(ctx context.Context, id roster.RosterID, version int) ([]roster.Shift, error) {
	return query(ctx, r, `SELECT shift_id, site_id, staff_id, day, code_id, start_min, end_min, break_min, note
		FROM published_shifts WHERE org_id = ? AND roster_id = ? AND published = ? ORDER BY day, start_min, shift_id`, scanPublished, id, version)
}
