package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"wakakusa/roster"
	"wakakusa/store"
)

// accountsWriter is one transaction outside any pen.
type accountsWriter struct {
	db      *DB
	tx      *sql.Tx
	nowMs   int64
	entries []roster.Access
}

// WriteAccounts is not run again where the connection was lost: no key tells whether it had happened.
func (db *DB) WriteAccounts(ctx context.Context, fn func(store.AccountsWriter) error) (kept []roster.Access, err error) {
	err = db.inTx(ctx, func(tx *sql.Tx) error {
		w := &accountsWriter{db: db, tx: tx, nowMs: db.now().UnixMilli()}
		if err := fn(w); err != nil {
			return err
		}
		kept, err = w.keep(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return kept, nil
}

// Record comes last in the transaction, in the order of organisations: so nobody who waits for a log holds what its holder waits for.
func (w *accountsWriter) Record(entries ...roster.Access) { w.entries = append(w.entries, entries...) }

func (w *accountsWriter) keep(ctx context.Context) ([]roster.Access, error) {
	slices.SortStableFunc(w.entries, func(a, b roster.Access) int { return cmp.Compare(a.Org, b.Org) })
	for i := range w.entries {
		e := &w.entries[i]
		e.AtMs, e.Origin = w.nowMs, store.OriginOf(ctx)
		if err := w.append(ctx, e); err != nil {
			return nil, fmt.Errorf("access log: %w", err)
		}
	}
	return w.entries, nil
}

// nextEntry locks a log's head and moves it on; the first entry of a log makes it, and of rivals for that only one does.
func (w *accountsWriter) nextEntry(ctx context.Context, org roster.OrgID) error {
	const move = `UPDATE access_heads SET n = n + 1 WHERE org_id = ?`
	found, err := changedOne(ctx, w.tx, move, string(org))
	if err != nil || found {
		return err
	}
	_, err = w.tx.ExecContext(ctx, `INSERT INTO access_heads (org_id, n, chain) VALUES (?, 1, '')`, string(org))
	if err != nil && w.db.dialect.isDuplicate(err) {
		_, err = w.tx.ExecContext(ctx, move, string(org))
	}
	return err
}

// append puts an entry behind the others of its log.
func (w *accountsWriter) append(ctx context.Context, e *roster.Access) error {
	if err := w.nextEntry(ctx, e.Org); err != nil {
		return err
	}
	var before string
	if err := w.tx.QueryRowContext(ctx, `SELECT n, chain FROM access_heads WHERE org_id = ?`, string(e.Org)).Scan(&e.N, &before); err != nil {
		return err
	}
	salt := newSalt()
	e.Chain = accessChain(before, salted[roster.Access]{of: *e, salt: salt})
	_, err := w.tx.ExecContext(ctx, `INSERT INTO accesses (org_id, n, at_ms, account_id, name, action, subject, before_json, after_json, request, address,
		sign_in, salt, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(e.Org), e.N, e.AtMs, e.Account, e.Name, e.Action, e.Subject,
		jsonText(e.Before), jsonText(e.After), e.Request, e.Address, e.SignIn, salt, e.Chain)
	if err != nil {
		return err
	}
	return w.exec(ctx, `UPDATE access_heads SET chain = ? WHERE org_id = ?`, e.Chain, string(e.Org))
}

const accessColumns = `org_id, n, at_ms, account_id, name, action, subject, before_json, after_json, request, address, sign_in, chain, erased`

func accessFields(e *roster.Access) []any {
	return []any{
		&e.Org, &e.N, &e.AtMs, &e.Account, &e.Name, &e.Action, &e.Subject, rawText{&e.Before}, rawText{&e.After}, &e.Request, &e.Address, &e.SignIn, &e.Chain, &e.Erased,
	}
}

// Accesses reads a log backwards.
func (db *DB) Accesses(ctx context.Context, org roster.OrgID, q store.AccessQuery) (list []roster.Access, err error) {
	where, args := condition{}.and(true, `org_id = ?`, string(org)).and(q.Before > 0, `n < ?`, q.Before).
		and(q.Account != "", `account_id = ?`, string(q.Account)).and(q.Noun != "", `action LIKE ?`, q.Noun+".%").
		and(q.FromMs > 0, `at_ms >= ?`, q.FromMs).and(q.ToMs > 0, `at_ms < ?`, q.ToMs).text()
	err = db.reading(ctx, func() error {
		list, err = db.accesses(ctx, `SELECT `+accessColumns+` FROM accesses WHERE `+where+` ORDER BY n DESC LIMIT ?`, append(args, q.Limit)...)
		return err
	})
	return list, err
}

func (db *DB) accesses(ctx context.Context, statement string, args ...any) ([]roster.Access, error) {
	rows, err := db.read.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []roster.Access
	for rows.Next() {
		var e roster.Access
		if err := rows.Scan(accessFields(&e)...); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// condition joins what a query asks for.
type condition struct {
	parts []string
	args  []any
}

// and adds a part if it was asked for.
func (c condition) and(asked bool, part string, args ...any) condition {
	if asked {
		c.parts, c.args = append(c.parts, part), append(c.args, args...)
	}
	return c
}

func (c condition) text() (string, []any) { return strings.Join(c.parts, ` AND `), c.args }
