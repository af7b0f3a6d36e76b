package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"

	"wakakusa/roster"
	"wakakusa/store"
)

// scopeOf is the scope of a table's rows. "" stands for what nobody keeps, and for what belongs to a month: there the writer says which.
var scopeOf = map[string]store.Scope{
	"sites": store.ScopeMasters, "jobs": store.ScopeMasters, "staff": store.ScopeMasters, "contracts": store.ScopeMasters,
	"codes": store.ScopeMasters, "needs": store.ScopeMasters, "holidays": store.ScopeMasters,
	"rosters": store.ScopeRosters, "published_shifts": store.ScopeRosters,
	"shifts": "", "cell_locks": "", "orgs": "", "members": "", "accounts": "", "import_refs": "",
	"scopes": store.ScopeAll,
}

// writes counts a row that is being written, and notes its scope.
func (w *writer) writes(table string) {
	w.rows++
	scope, known := scopeOf[table]
	if !known {
		scope = store.ScopeAll // rather read too much anew than show what is old
	}
	w.touch(scope)
}

func (w *writer) touch(s store.Scope) {
	if s != "" {
		w.touched[s] = true
	}
}

// ClearScopes has a row to write at the end of the act like every other change.
func (w *writer) ClearScopes(context.Context) error {
	w.writes("scopes")
	return nil
}

// stamp draws the stamps of what was touched. From which months shifts were taken, only the events tell.
func (w *writer) stamp(ctx context.Context) error {
	cells := false
	for _, e := range w.events {
		if e.Cell != (roster.Cell{}) {
			cells = true
			w.touch(store.ScopeMonth(e.Cell.Day))
		}
	}
	if w.left && !cells {
		return errors.New("shifts were changed or removed, but no event tells of their cells")
	}
	for s := range w.touched {
		if err := w.stampOne(ctx, s, store.Stamp(rand.Int64N(1<<62)+1)); err != nil {
			return fmt.Errorf("stamp %s: %w", s, err)
		}
	}
	return nil
}

func (w *writer) stampOne(ctx context.Context, s store.Scope, stamp store.Stamp) error {
	res, err := w.exec(ctx, `UPDATE scopes SET stamp = ? WHERE org_id = ? AND scope = ?`, int64(stamp), w.org, string(s))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return w.insert(ctx, "scopes", []column{{"scope", string(s)}, {"stamp", int64(stamp)}})
}

// Stamps gives what was never stamped the organisation's revision, below zero; that of everything stays 0 until somebody clears it.
func (r *reader) Stamps(ctx context.Context, scopes ...store.Scope) (map[store.Scope]store.Stamp, error) {
	args := make([]any, len(scopes))
	for i, s := range scopes {
		args[i] = string(s)
	}
	type row struct {
		scope store.Scope
		stamp store.Stamp
	}
	found, err := query(ctx, r, `SELECT '', -revision - 1 FROM orgs WHERE id = ? UNION ALL
		SELECT scope, stamp FROM scopes WHERE org_id = ? AND scope IN (`+marks(len(scopes))+`)`,
		func(rows *sql.Rows, x *row) error { return rows.Scan(&x.scope, &x.stamp) }, append([]any{string(r.org)}, args...)...)
	if err != nil {
		return nil, err
	}
	stamps, none := map[store.Scope]store.Stamp{}, store.Stamp(0)
	for _, x := range found {
		if x.scope == "" {
			none = x.stamp
		} else {
			stamps[x.scope] = x.stamp
		}
	}
	for _, s := range scopes {
		if _, ok := stamps[s]; !ok && s != store.ScopeAll {
			stamps[s] = none
		} else if !ok {
			stamps[s] = 0
		}
	}
	return stamps, nil
}
