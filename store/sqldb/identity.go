package sqldb

import (
	"context"
	"database/sql"

	"wakakusa/roster"
	"wakakusa/store"
)

func (db *DB) identitiesWhere(ctx context.Context, where string, args ...any) (list []store.Identity, err error) {
	err = db.reading(ctx, func() error { list, err = db.identities(ctx, where, args...); return err })
	return list, err
}

func (db *DB) identities(ctx context.Context, where string, args ...any) ([]store.Identity, error) {
	rows, err := db.reads.query(ctx, `SELECT issuer, subject, account_id, created_ms FROM identities WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []store.Identity
	for rows.Next() {
		var x store.Identity
		if err := rows.Scan(&x.Issuer, &x.Subject, &x.Account, &x.CreatedMs); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, rows.Err()
}

// IdentityBy finds whose it is.
func (db *DB) IdentityBy(ctx context.Context, issuer, subject string) (x store.Identity, err error) {
	list, err := db.identitiesWhere(ctx, `issuer = ? AND subject = ?`, issuer, subject)
	if err == nil && len(list) == 0 {
		err = roster.Refuse(roster.NotFound, "error.identity_not_found")
	}
	if err != nil {
		return x, err
	}
	return list[0], nil
}

// Identities lists those of an account.
func (db *DB) Identities(ctx context.Context, account roster.AccountID) ([]store.Identity, error) {
	return db.identitiesWhere(ctx, `account_id = ? ORDER BY created_ms, issuer, subject`, account)
}

// AddIdentity links one.
func (w *accountsWriter) AddIdentity(ctx context.Context, x store.Identity) error {
	return w.db.addIdentity(ctx, w.tx, x)
}

// AddIdentity links one within an act.
func (w *writer) AddIdentity(ctx context.Context, x store.Identity) error {
	w.writes("accounts")
	return w.db.addIdentity(ctx, w.tx, x)
}

func (db *DB) addIdentity(ctx context.Context, tx *sql.Tx, x store.Identity) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO identities (issuer, subject, account_id, created_ms) VALUES (?, ?, ?, ?)`, x.Issuer, x.Subject, x.Account, x.CreatedMs)
	if err != nil && db.dialect.isDuplicate(err) {
		return roster.Refuse(roster.Taken, "error.taken_identity")
	}
	return err
}

// RemoveIdentity unlinks one.
func (w *accountsWriter) RemoveIdentity(ctx context.Context, x store.Identity) error {
	return w.exec(ctx, `DELETE FROM identities WHERE issuer = ? AND subject = ? AND account_id = ?`, x.Issuer, x.Subject, x.Account)
}
