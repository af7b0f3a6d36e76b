package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"sync"
	"time"
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

// clocksDiffer is by how much the clocks of servers may differ before two of them hold one lease for a moment.
const clocksDiffer = time.Minute

// leases are those of others as they were first seen here.
type leases struct {
	mu   sync.Mutex
	seen map[string]seenLease
}

type seenLease struct {
	holder string
	endsMs int64
	at     time.Time
}

// unchanged says for how long a lease has been seen as it is. The holder renews it well before it ends, so one that stays the same for
// as long as it lasts has lost its holder, whatever the clocks say.
func (l *leases) unchanged(name string, now seenLease) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen = map[string]seenLease{}
	}
	was, ok := l.seen[name]
	if !ok || was.holder != now.holder || was.endsMs != now.endsMs {
		l.seen[name], was = now, now
	}
	return now.at.Sub(was.at)
}

// TakeLease is one conditional write, which is safe also where locks are not (Galera grants GET_LOCK and FOR UPDATE on two nodes at once).
func (db *DB) TakeLease(ctx context.Context, name, holder string, nowMs, endsMs int64) (held bool, err error) {
	lasts := time.Duration(endsMs-nowMs) * time.Millisecond
	if lasts <= 0 { // given back: free by every clock
		err = db.inTx(ctx, func(tx *sql.Tx) error {
			held, err = changedOne(ctx, tx, `UPDATE leases SET ends_ms = 0 WHERE name = ? AND holder = ?`, name, holder)
			return err
		})
		return held && err == nil, err
	}
	err = db.inTx(ctx, func(tx *sql.Tx) error {
		held, err = changedOne(ctx, tx, `UPDATE leases SET holder = ?, ends_ms = ? WHERE name = ? AND (holder = ? OR ends_ms <= ?)`,
			holder, endsMs, name, holder, max(0, nowMs-clocksDiffer.Milliseconds()))
		if err != nil || held {
			return err
		}
		other := seenLease{at: db.now()}
		err := tx.QueryRowContext(ctx, `SELECT holder, ends_ms FROM leases WHERE name = ?`, name).Scan(&other.holder, &other.endsMs)
		if err != nil || db.leases.unchanged(name, other) < lasts {
			return err
		}
		held, err = changedOne(ctx, tx, `UPDATE leases SET holder = ?, ends_ms = ? WHERE name = ? AND holder = ? AND ends_ms = ?`,
			holder, endsMs, name, other.holder, other.endsMs)
		return err
	})
	return held && err == nil, err
}
