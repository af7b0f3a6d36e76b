package sqldb

import (
	"context"

	"wakakusa/roster"
	"wakakusa/store"
)

const factorQuery = `SELECT account_id, id, kind, name, secret, handle, last_step, created_ms, used_ms, version FROM factors WHERE `

func (db *DB) factorsWhere(ctx context.Context, where string, args ...any) (list []store.Factor, err error) {
	err = db.reading(ctx, func() error { list, err = db.factors(ctx, factorQuery+where, args...); return err })
	return list, err
}

func (db *DB) factors(ctx context.Context, statement string, args ...any) ([]store.Factor, error) {
	rows, err := db.reads.query(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []store.Factor
	for rows.Next() {
		var f store.Factor
		err := rows.Scan(&f.Account, &f.ID, &f.Kind, &f.Name, &f.Secret, id[string]{&f.Handle}, &f.LastStep, &f.CreatedMs, &f.UsedMs, &f.Version)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, rows.Err()
}

// Factors lists those of an account.
func (db *DB) Factors(ctx context.Context, account roster.AccountID) ([]store.Factor, error) {
	return db.factorsWhere(ctx, `account_id = ? ORDER BY created_ms, id`, account)
}

// FactorBy finds a passkey.
func (db *DB) FactorBy(ctx context.Context, handle string) (f store.Factor, err error) {
	list, err := db.factorsWhere(ctx, `handle = ?`, handle)
	if err == nil && len(list) == 0 {
		err = roster.Refuse(roster.NotFound, "error.factor_not_found")
	}
	if err != nil {
		return f, err
	}
	return list[0], nil
}

// RecoveryCodesLeft counts those that can still be used.
func (db *DB) RecoveryCodesLeft(ctx context.Context, account roster.AccountID) (n int, err error) {
	err = db.reading(ctx, func() error {
		return db.reads.queryRow(ctx, `SELECT COUNT(*) FROM recovery_codes WHERE account_id = ? AND used_ms = 0`, account).Scan(&n)
	})
	return n, err
}

// SaveFactor writes the whole factor.
func (w *accountsWriter) SaveFactor(ctx context.Context, f store.Factor) (store.Factor, error) {
	var err error
	if f.Version == 0 {
		err = w.exec(ctx, `INSERT INTO factors (account_id, id, kind, name, secret, handle, last_step, created_ms, used_ms, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
			f.Account, f.ID, f.Kind, f.Name, f.Secret, orNull(f.Handle), f.LastStep, f.CreatedMs, f.UsedMs)
		if err != nil && w.db.dialect.isDuplicate(err) {
			err = roster.Refuse(roster.Taken, "error.taken_factor")
		}
	} else {
		var found bool
		found, err = changedOne(ctx, w.tx, `UPDATE factors SET name = ?, secret = ?, used_ms = ?, version = version + 1 WHERE account_id = ? AND id = ? AND version = ?`,
			f.Name, f.Secret, f.UsedMs, f.Account, f.ID, f.Version)
		if err == nil && !found {
			err = roster.Refuse(roster.Stale, "error.stale")
		}
	}
	f.Version, err = next(f.Version, err)
	return f, err
}

// RemoveFactor forgets one; one that is not there is no fault.
func (w *accountsWriter) RemoveFactor(ctx context.Context, account roster.AccountID, id string) error {
	return w.exec(ctx, `DELETE FROM factors WHERE account_id = ? AND id = ?`, account, id)
}

// UseStep is one conditional update, so of several rivals with one code exactly one wins.
func (w *accountsWriter) UseStep(ctx context.Context, account roster.AccountID, id string, step, nowMs int64) (bool, error) {
	return changedOne(ctx, w.tx, `UPDATE factors SET last_step = ?, used_ms = ? WHERE account_id = ? AND id = ? AND last_step < ?`, step, nowMs, account, id, step)
}

// SetRecoveryCodes replaces all.
func (w *accountsWriter) SetRecoveryCodes(ctx context.Context, account roster.AccountID, hashes []string) error {
	if err := w.exec(ctx, `DELETE FROM recovery_codes WHERE account_id = ?`, account); err != nil {
		return err
	}
	for _, h := range hashes {
		if err := w.exec(ctx, `INSERT INTO recovery_codes (account_id, hash, used_ms) VALUES (?, ?, 0)`, account, h); err != nil {
			return err
		}
	}
	return nil
}

// UseRecoveryCode uses one up.
func (w *accountsWriter) UseRecoveryCode(ctx context.Context, account roster.AccountID, hash string, nowMs int64) (bool, error) {
	return changedOne(ctx, w.tx, `UPDATE recovery_codes SET used_ms = ? WHERE account_id = ? AND hash = ? AND used_ms = 0`, nowMs, account, hash)
}
