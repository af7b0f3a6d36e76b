package sqldb

import (
	"context"
	"database/sql"

	"wakakusa/roster"
)

func (r *reader) Needs(ctx context.Context, site roster.SiteID) ([]roster.Need, error) {
	return query(ctx, r, `SELECT id, site_id, code_id, weekday, day, wanted, version FROM needs WHERE org_id = ? AND site_id = ?
		ORDER BY code_id, day, weekday`,
		func(rows *sql.Rows, n *roster.Need) error {
			return rows.Scan(&n.ID, &n.Site, &n.Code, &n.Weekday, day{&n.Day}, &n.Count, &n.Version)
		}, site)
}

func (w *writer) SaveNeed(ctx context.Context, n roster.Need) (_ roster.Need, err error) {
	n.Version, err = w.save(ctx, "needs", string(n.ID), n.Version, []column{
		{"site_id", n.Site}, {"code_id", n.Code}, {"weekday", n.Weekday}, {"day", dayText(n.Day)}, {"wanted", n.Count},
	})
	return n, err
}

func (w *writer) RemoveNeed(ctx context.Context, id roster.NeedID, version int64) error {
	return w.remove(ctx, "needs", string(id), version)
}

func (r *reader) OwnHolidays(ctx context.Context) ([]roster.Holiday, error) {
	return query(ctx, r, `SELECT id, day, name, working, version FROM holidays WHERE org_id = ? ORDER BY day`,
		func(rows *sql.Rows, h *roster.Holiday) error {
			return rows.Scan(&h.ID, day{&h.Day}, &h.Name, &h.Working, &h.Version)
		})
}

func (w *writer) SaveHoliday(ctx context.Context, h roster.Holiday) (_ roster.Holiday, err error) {
	h.Version, err = w.save(ctx, "holidays", string(h.ID), h.Version, []column{{"day", dayText(h.Day)}, {"name", h.Name}, {"working", h.Working}})
	return h, err
}

func (w *writer) RemoveHoliday(ctx context.Context, id roster.HolidayID, version int64) error {
	return w.remove(ctx, "holidays", string(id), version)
}
