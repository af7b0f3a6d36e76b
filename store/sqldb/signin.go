package sqldb

import (
	"context"
	"database/sql"

	"wakakusa/roster"
	"wakakusa/store"
)

// SaveSignIn updates, and inserts if nothing matched.
func (w *accountsWriter) SaveSignIn(ctx context.Context, s store.SignIn) error {
	found, err := changedOne(ctx, w.tx, `UPDATE sign_ins SET account_id = ?, session_values = ?, seen_ms = ?, ends_ms = ? WHERE hash = ?`,
		s.Account, s.Values, s.SeenMs, s.EndsMs, s.Hash)
	if err != nil || found {
		return err
	}
	_, err = w.tx.ExecContext(ctx, `INSERT INTO sign_ins (hash, account_id, session_values, created_ms, seen_ms, ends_ms, address, agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		s.Hash, s.Account, s.Values, s.CreatedMs, s.SeenMs, s.EndsMs, s.Address, s.Agent)
	return err
}

// TouchSignIn is an update only: a sign-in that was ended meanwhile does not come back.
func (db *DB) TouchSignIn(ctx context.Context, hash string, seenMs int64) error {
	return db.exec(ctx, `UPDATE sign_ins SET seen_ms = ? WHERE hash = ?`, seenMs, hash)
}

const signInQuery = `SELECT hash, account_id, session_values, created_ms, seen_ms, ends_ms, address, agent FROM sign_ins WHERE `

func scanSignIn(row interface{ Scan(...any) error }, s *store.SignIn) error {
	return row.Scan(&s.Hash, &s.Account, &s.Values, &s.CreatedMs, &s.SeenMs, &s.EndsMs, &s.Address, &s.Agent)
}

// SignInBy finds by the hash of the session id.
func (db *DB) SignInBy(ctx context.Context, hash string) (s store.SignIn, err error) {
	err = db.reading(ctx, func() error { return scanSignIn(db.reads.queryRow(ctx, signInQuery+`hash = ?`, hash), &s) })
	return s, notFound(err, "error.signed_out")
}

// SignInsOf lists an account's sign-ins.
func (db *DB) SignInsOf(ctx context.Context, account roster.AccountID) ([]store.SignIn, error) {
	rows, err := db.read.QueryContext(ctx, signInQuery+`account_id = ? ORDER BY seen_ms DESC`, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []store.SignIn
	for rows.Next() {
		var s store.SignIn
		if err := scanSignIn(rows, &s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

func (w *accountsWriter) exec(ctx context.Context, statement string, args ...any) error {
	_, err := w.tx.ExecContext(ctx, statement, args...)
	return err
}

func (db *DB) exec(ctx context.Context, statement string, args ...any) error {
	return db.again(ctx, db.dialect.isRetryable, func() error {
		_, err := db.write.ExecContext(ctx, statement, args...)
		return err
	})
}

// EndSignIn ends one.
func (w *accountsWriter) EndSignIn(ctx context.Context, hash string) error {
	return w.exec(ctx, `DELETE FROM sign_ins WHERE hash = ?`, hash)
}

// EndSignIns ends all of an account but one.
func (w *accountsWriter) EndSignIns(ctx context.Context, account roster.AccountID, except string) error {
	return w.exec(ctx, `DELETE FROM sign_ins WHERE account_id = ? AND hash <> ?`, account, except)
}

// PruneSignIns forgets those that ended.
func (db *DB) PruneSignIns(ctx context.Context, beforeMs int64) error {
	return db.exec(ctx, `DELETE FROM sign_ins WHERE ends_ms < ?`, beforeMs)
}

// AddLink keeps a one-time link.
func (w *accountsWriter) AddLink(ctx context.Context, l store.Link) error {
	err := w.exec(ctx, `INSERT INTO links (hash, kind, org_id, member_id, account_id, ends_ms, used_ms) VALUES (?, ?, ?, ?, ?, ?, 0)`,
		l.Hash, l.Kind, l.Org, l.Member, l.Account, l.EndsMs)
	if err != nil && w.db.dialect.isDuplicate(err) {
		err = roster.Refuse(roster.Taken, "error.link_not_found")
	}
	return err
}

// LinkBy finds by the hash of the token.
func (db *DB) LinkBy(ctx context.Context, hash string) (l store.Link, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT hash, kind, org_id, member_id, account_id, ends_ms, used_ms FROM links WHERE hash = ?`, hash).
		Scan(&l.Hash, &l.Kind, &l.Org, &l.Member, &l.Account, &l.EndsMs, &l.UsedMs)
	return l, notFound(err, "error.link_not_found")
}

// UseLink is one conditional update, so exactly one rival wins.
func (w *accountsWriter) UseLink(ctx context.Context, hash string, nowMs int64) (bool, error) {
	return useLink(ctx, w.tx, hash, nowMs)
}

func useLink(ctx context.Context, db execer, hash string, nowMs int64) (bool, error) {
	return changedOne(ctx, db, `UPDATE links SET used_ms = ? WHERE hash = ? AND used_ms = 0 AND ends_ms > ?`, nowMs, hash, nowMs)
}

// changedOne runs an update with a condition and reports whether its one row met it: of several rivals exactly one does.
func changedOne(ctx context.Context, db execer, statement string, args ...any) (bool, error) {
	res, err := db.ExecContext(ctx, statement, args...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// execer is a database or a transaction in it.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// DropLinks forgets the links of a kind.
func (db *DB) DropLinks(ctx context.Context, kind store.LinkKind) error {
	return db.exec(ctx, `DELETE FROM links WHERE kind = ?`, kind)
}

// PruneLinks forgets those that ended.
func (db *DB) PruneLinks(ctx context.Context, beforeMs int64) error {
	return db.exec(ctx, `DELETE FROM links WHERE ends_ms < ?`, beforeMs)
}

// DropMemberLinks forgets the open links of a member.
func (w *accountsWriter) DropMemberLinks(ctx context.Context, org roster.OrgID, member roster.MemberID) error {
	return w.exec(ctx, `DELETE FROM links WHERE org_id = ? AND member_id = ?`, org, member)
}

// TrySignIn counts and notes in one transaction.
func (db *DB) TrySignIn(ctx context.Context, t store.Attempt) (id string, ok bool, err error) {
	err = db.inTx(ctx, func(tx *sql.Tx) error {
		id, ok = "", false
		if err := passGate(ctx, tx, gateOf(t.Address)); err != nil {
			return err
		}
		var pair, all int
		err := tx.QueryRowContext(ctx, `SELECT COALESCE(SUM(CASE WHEN account_key = ? THEN 1 ELSE 0 END), 0), COUNT(*) FROM sign_in_failures
			WHERE address = ? AND at_ms > ?`, t.Account, t.Address, t.SinceMs).Scan(&pair, &all)
		if err != nil || pair >= t.PairMax || all >= t.AddressMax {
			return err
		}
		id, ok = NewID(), true
		_, err = tx.ExecContext(ctx, `INSERT INTO sign_in_failures (id, account_key, address, at_ms) VALUES (?, ?, ?, ?)`, id, t.Account, t.Address, t.NowMs)
		return err
	})
	return id, ok && err == nil, err
}

// ClearFailures forgets the failures of a pair.
func (w *accountsWriter) ClearFailures(ctx context.Context, account, address string) error {
	return w.exec(ctx, `DELETE FROM sign_in_failures WHERE account_key = ? AND address = ?`, account, address)
}

// PruneFailures forgets old ones.
func (db *DB) PruneFailures(ctx context.Context, beforeMs int64) error {
	return db.exec(ctx, `DELETE FROM sign_in_failures WHERE at_ms < ?`, beforeMs)
}
