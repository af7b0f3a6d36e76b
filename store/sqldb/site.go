package sqldb

import (
	"context"
	"database/sql"

	"wakakusa/roster"
)

const siteQuery = `SELECT id, name, start_day, off_days, position, archived, version FROM sites WHERE org_id = ?`

func scanSite(rows *sql.Rows, s *roster.Site) error {
	return rows.Scan(&s.ID, &s.Name, &s.StartDay, &s.OffDays, &s.Position, &s.Archived, &s.Version)
}

func (r *reader) Sites(ctx context.Context) ([]roster.Site, error) {
	return query(ctx, r, siteQuery+` ORDER BY position, name, id`, scanSite)
}

func (r *reader) Site(ctx context.Context, id roster.SiteID) (roster.Site, error) {
	return queryOne(ctx, r, siteQuery+` AND id = ?`, scanSite, id)
}

func (w *writer) SaveSite(ctx context.Context, s roster.Site) (_ roster.Site, err error) {
	s.Version, err = w.save(ctx, "sites", string(s.ID), s.Version, []column{
		{"name", s.Name}, {"start_day", s.StartDay}, {"off_days", s.OffDays}, {"position", s.Position}, {"archived", s.Archived},
	})
	return s, err
}

func (r *reader) Jobs(ctx context.Context) ([]roster.Job, error) {
	return query(ctx, r, `SELECT id, name, position, version FROM jobs WHERE org_id = ? ORDER BY position, name, id`,
		func(rows *sql.Rows, j *roster.Job) error { return rows.Scan(&j.ID, &j.Name, &j.Position, &j.Version) })
}

func (w *writer) SaveJob(ctx context.Context, j roster.Job) (_ roster.Job, err error) {
	j.Version, err = w.save(ctx, "jobs", string(j.ID), j.Version, []column{{"name", j.Name}, {"position", j.Position}})
	return j, err
}

func (w *writer) RemoveJob(ctx context.Context, id roster.JobID, version int64) error {
	return w.remove(ctx, "jobs", string(id), version)
}
