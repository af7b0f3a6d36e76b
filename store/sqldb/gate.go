package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
)

// A gate is the pen of what belongs to no organisation: a row that whoever counts before it writes adds to first. It must be the first
// statement outside a pen, and comes after the pen within one.

const gateAccounts = "accounts"

// gateOf spreads addresses over a few gates, so that strangers do not wait for each other.
func gateOf(address string) string {
	h := fnv.New32a()
	h.Write([]byte(address))
	return fmt.Sprintf("sign_in_%d", h.Sum32()%8)
}

func passGate(ctx context.Context, tx *sql.Tx, name string) error {
	res, err := tx.ExecContext(ctx, `UPDATE gates SET passes = passes + 1 WHERE name = ?`, name)
	if err != nil {
		return fmt.Errorf("gate %s: %w", name, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fmt.Errorf("there is no gate %s", name)
}

// TakeLease is one conditional write, which is safe also where locks are not (Galera grants GET_LOCK and FOR UPDATE on two nodes at once).
func (db *DB) TakeLease(ctx context.Context, name, holder string, nowMs, endsMs int64) (held bool, err error) {
	err = db.inTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE leases SET holder = ?, ends_ms = ? WHERE name = ? AND (holder = ? OR ends_ms <= ?)`,
			holder, endsMs, name, holder, nowMs)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		held = n == 1
		return err
	})
	return held && err == nil, err
}
