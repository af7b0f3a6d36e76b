package sqldb

import (
	"context"
	"database/sql"

	"wakakusa/roster"
)

func (r *reader) Codes(ctx context.Context) ([]roster.Code, error) {
	return query(ctx, r, `SELECT id, symbol, name, kind, start_min, end_min, break_min, color, pattern, follower_id, valid_from, valid_to,
		position, external, version FROM codes WHERE org_id = ? ORDER BY position, symbol, id`,
		func(rows *sql.Rows, c *roster.Code) error {
			return rows.Scan(&c.ID, &c.Symbol, &c.Name, &c.Kind, &c.Span.Start, &c.Span.End, &c.Break, &c.Color, &c.Pattern,
				id[roster.CodeID]{&c.Follower}, day{&c.ValidFrom}, day{&c.ValidTo}, &c.Position, &c.External, &c.Version)
		})
}

// CodeInUse also looks at published copies and required numbers.
func (r *reader) CodeInUse(ctx context.Context, code roster.CodeID) (bool, error) {
	for _, table := range []string{"shifts", "published_shifts", "needs"} {
		found, err := query(ctx, r, `SELECT 1 FROM `+table+` WHERE org_id = ? AND code_id = ? LIMIT 1`, scanInt, code)
		if err != nil || len(found) > 0 {
			return len(found) > 0, err
		}
	}
	followed, err := query(ctx, r, `SELECT 1 FROM codes WHERE org_id = ? AND follower_id = ? LIMIT 1`, scanInt, code)
	return len(followed) > 0, err
}

func scanInt(rows *sql.Rows, n *int) error { return rows.Scan(n) }

func (w *writer) SaveCode(ctx context.Context, c roster.Code) (_ roster.Code, err error) {
	c.Version, err = w.save(ctx, "codes", string(c.ID), c.Version, []column{
		{"symbol", c.Symbol},
		{"name", c.Name},
		{"kind", c.Kind},
		{"start_min", c.Span.Start},
		{"end_min", c.Span.End},
		{"break_min", c.Break},
		{"color", c.Color},
		{"pattern", c.Pattern},
		{"follower_id", orNull(c.Follower)},
		{"valid_from", dayText(c.ValidFrom)},
		{"valid_to", dayText(c.ValidTo)},
		{"position", c.Position},
		{"external", c.External},
	})
	return c, err
}

func (w *writer) RemoveCode(ctx context.Context, id roster.CodeID, version int64) error {
	return w.remove(ctx, "codes", string(id), version)
}
