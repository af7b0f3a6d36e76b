package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"wakakusa/roster"
)

const orgColumns = `id, slug, name, timezone, language, settings, revision, version`

func scanOrg(rows interface{ Scan(...any) error }, o *roster.Org) error {
	return rows.Scan(&o.ID, &o.Slug, &o.Name, &o.Timezone, &o.Language, list[roster.Settings]{&o.Settings}, &o.Revision, &o.Version)
}

// AddOrg makes an organisation.
func (db *DB) AddOrg(ctx context.Context, o roster.Org) error {
	_, err := db.write.ExecContext(ctx, `INSERT INTO orgs (`+orgColumns+`) VALUES (?, ?, ?, ?, ?, ?, 0, 1)`,
		o.ID, o.Slug, o.Name, o.Timezone, o.Language, asJSON(o.Settings))
	if err != nil && db.dialect.isDuplicate(err) {
		return roster.Refuse(roster.Taken, "error.taken_orgs").On("slug")
	}
	return err
}

// Orgs lists all organisations.
func (db *DB) Orgs(ctx context.Context) ([]roster.Org, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+orgColumns+` FROM orgs ORDER BY name, id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []roster.Org
	for rows.Next() {
		var o roster.Org
		if err := scanOrg(rows, &o); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

// OrgBySlug finds an organisation by its address.
func (db *DB) OrgBySlug(ctx context.Context, slug string) (o roster.Org, err error) {
	err = scanOrg(db.reads.queryRow(ctx, `SELECT `+orgColumns+` FROM orgs WHERE slug = ?`, slug), &o)
	return o, notFound(err, "error.org_not_found")
}

func notFound(err error, key string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return roster.Refuse(roster.NotFound, key)
	}
	return err
}

// Revisions is one query for any number of organisations.
func (db *DB) Revisions(ctx context.Context, orgs []roster.OrgID) (map[roster.OrgID]int64, error) {
	found := map[roster.OrgID]int64{}
	if len(orgs) == 0 {
		return found, nil
	}
	args := make([]any, len(orgs))
	for i, o := range orgs {
		args[i] = o
	}
	rows, err := db.read.QueryContext(ctx, `SELECT id, revision FROM orgs WHERE id IN (`+marks(len(orgs))+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("revisions: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var o roster.OrgID
		var rev int64
		if err := rows.Scan(&o, &rev); err != nil {
			return nil, err
		}
		found[o] = rev
	}
	return found, rows.Err()
}

func (r *reader) Org(ctx context.Context) (roster.Org, error) {
	return queryOne(ctx, r, `SELECT `+orgColumns+` FROM orgs WHERE id = ?`, func(rows *sql.Rows, o *roster.Org) error { return scanOrg(rows, o) })
}

// SaveOrg cannot use save: orgs is the one table whose key is the organisation itself.
func (w *writer) SaveOrg(ctx context.Context, o roster.Org) (roster.Org, error) {
	w.writes("orgs")
	res, err := w.tx.ExecContext(ctx, `UPDATE orgs SET slug = ?, name = ?, timezone = ?, language = ?, settings = ?, version = version + 1
		WHERE id = ? AND version = ?`, o.Slug, o.Name, o.Timezone, o.Language, asJSON(o.Settings), w.org, o.Version)
	o.Version, err = next(o.Version, w.oneRow("orgs", res, err))
	return o, err
}
