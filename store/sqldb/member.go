package sqldb

import (
	"context"
	"database/sql"

	"wakakusa/roster"
)

const memberQuery = `SELECT id, account_id, name, role, staff_id, sites, active, version FROM members WHERE org_id = ?`

func scanMember(rows *sql.Rows, m *roster.Member) error {
	return rows.Scan(&m.ID, id[roster.AccountID]{&m.Account}, &m.Name, &m.Role, id[roster.StaffID]{&m.Staff}, list[[]roster.SiteID]{&m.Sites}, &m.Active, &m.Version)
}

func (r *reader) Members(ctx context.Context) ([]roster.Member, error) {
	return query(ctx, r, memberQuery+` ORDER BY name, id`, scanMember)
}

func (r *reader) Member(ctx context.Context, id roster.MemberID) (roster.Member, error) {
	return queryOne(ctx, r, memberQuery+` AND id = ?`, scanMember, id)
}

func (w *writer) SaveMember(ctx context.Context, m roster.Member) (_ roster.Member, err error) {
	m.Version, err = w.save(ctx, "members", string(m.ID), m.Version, []column{
		{"account_id", orNull(m.Account)}, {"name", m.Name}, {"role", m.Role}, {"staff_id", orNull(m.Staff)}, {"sites", asJSON(m.Sites)}, {"active", m.Active},
	})
	return m, err
}
