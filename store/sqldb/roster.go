package sqldb

import (
	"context"
	"database/sql"
	"errors"

	"wakakusa/roster"
	"wakakusa/store"
)

const rosterQuery = `SELECT id, site_id, first_day, last_day, state, published, published_at, published_ms, off_days, version
	FROM rosters WHERE org_id = ?`

func scanRoster(rows *sql.Rows, r *roster.Roster) error {
	return rows.Scan(&r.ID, &r.Site, day{&r.Period.First}, day{&r.Period.Last}, &r.State, &r.Published, &r.PublishedAt, &r.PublishedMs, &r.OffDays, &r.Version)
}

func (r *reader) RosterAt(ctx context.Context, site roster.SiteID, p roster.Period) (roster.Roster, error) {
	found, err := queryOne(ctx, r, rosterQuery+` AND site_id = ? AND first_day = ?`, scanRoster, site, dayText(p.First))
	if roster.KindOf(err) == roster.NotFound {
		return roster.Roster{Site: site, Period: p, State: roster.StateDrafting}, nil
	}
	return found, err
}

func (r *reader) Rosters(ctx context.Context, site roster.SiteID, p roster.Period) ([]roster.Roster, error) {
	return query(ctx, r, rosterQuery+` AND (site_id = ? OR ? = '') AND first_day <= ? AND last_day >= ? ORDER BY site_id, first_day`,
		scanRoster, site, site, dayText(p.Last), dayText(p.First))
}

func (w *writer) SaveRoster(ctx context.Context, r roster.Roster) (_ roster.Roster, err error) {
	r.Version, err = w.save(ctx, "rosters", string(r.ID), r.Version, []column{
		{"site_id", r.Site},
		{"first_day", dayText(r.Period.First)},
		{"last_day", dayText(r.Period.Last)},
		{"state", r.State},
		{"published", r.Published},
		{"published_at", r.PublishedAt},
		{"published_ms", r.PublishedMs},
		{"off_days", r.OffDays},
	})
	return r, err
}

// CopyPublished writes thousands of rows in one statement; save would write them one by one.
func (w *writer) CopyPublished(ctx context.Context, r roster.Roster) error {
	w.writes("published_shifts")
	_, err := w.tx.ExecContext(ctx, `INSERT INTO published_shifts
		(org_id, roster_id, published, shift_id, site_id, staff_id, day, code_id, start_min, end_min, break_min, note)
		SELECT org_id, ?, ?, id, site_id, staff_id, day, code_id, start_min, end_min, break_min, note FROM shifts
		WHERE org_id = ? AND site_id = ? AND day BETWEEN ? AND ? AND approval = 'approved'`,
		r.ID, r.Published, w.org, r.Site, dayText(r.Period.First), dayText(r.Period.Last))
	return err
}

func (r *reader) LockedCells(ctx context.Context, p roster.Period) (map[roster.Cell]bool, error) {
	cells, err := query(ctx, r, `SELECT staff_id, day FROM cell_locks WHERE org_id = ? AND day BETWEEN ? AND ?`,
		func(rows *sql.Rows, c *roster.Cell) error { return rows.Scan(&c.Staff, day{&c.Day}) }, dayText(p.First), dayText(p.Last))
	locked := make(map[roster.Cell]bool, len(cells))
	for _, c := range cells {
		locked[c] = true
	}
	return locked, err
}

// A lock is a row without a version: it is there or not. Locking twice is Stale, as is unlocking what is not locked.

func (w *writer) LockCell(ctx context.Context, site roster.SiteID, c roster.Cell) error {
	w.writes("cell_locks")
	w.touch(store.ScopeMonth(c.Day))
	err := w.insert(ctx, "cell_locks", []column{{"staff_id", c.Staff}, {"day", dayText(c.Day)}, {"site_id", site}})
	var e *roster.Error
	if errors.As(err, &e) && e.Kind == roster.Taken {
		return roster.Refuse(roster.Stale, "error.stale")
	}
	return err
}

func (w *writer) UnlockCell(ctx context.Context, c roster.Cell) error {
	w.writes("cell_locks")
	w.touch(store.ScopeMonth(c.Day))
	res, err := w.tx.ExecContext(ctx, `DELETE FROM cell_locks WHERE org_id = ? AND staff_id = ? AND day = ?`, w.org, c.Staff, dayText(c.Day))
	return w.oneRow("cell_locks", res, err)
}
