// Package sqldb is the one SQL implementation of store.Store; what differs between engines stands in its dialect.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"

	"wakakusa/roster"
	"wakakusa/store"
)

const (
	readDeadline = 5 * time.Second // a reader that stays open keeps the WAL from being reused
	penDeadline  = 5 * time.Second
)

// dialect is all that differs between engines (ADR 0026 says why each field is there). It holds no SQL that touches rows.
type dialect struct {
	name        string // as goose knows it
	open        func(*watch) (pools, error)
	isDuplicate func(error) bool  // a row with this key is there
	isRetryable func(error) bool  // a lost race: surely rolled back, to be tried again from the beginning
	isLost      func(error) bool  // the connection is gone: what was asked last may have happened
	isMissing   func(error) bool  // there is no such table
	clean       func(error) error // an error without values of rows; nil: none has any
	migrations  func() (fs.FS, error)
	loading     string                                                         // what makes long quicker for an import; "": nothing
	guard       func(context.Context, *sql.DB) ([]goose.ProviderOption, error) // before migrations; nil: nothing to do
}

// pools are connections by what they are for. long is for what may take minutes, and longRead for what only reads so long: no request waits
// for them, unless long is write. Two may be the same.
type pools struct {
	write, read, long, longRead *sql.DB
	probe                       *sql.DB // asks whether the server answers, also when all others are in use; nil: there is no server
	prepared                    int     // statements that each keeps prepared at most
}

func (p pools) close() error {
	var errs []error
	for _, db := range []*sql.DB{p.probe, p.read, p.longRead, p.long, p.write} { // the writer last: on SQLite its last act is a checkpoint; twice does nothing
		if db == nil {
			continue
		}
		if err := db.Close(); p.probe == nil { // a server that has gone already closed them its way
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// DB is a store.Store over one database.
type DB struct {
	pools
	dialect dialect
	reads   *statements // of read
	writes  *statements // of write
	watch   *watch
	turns   turns
	leases  leases
	now     func() time.Time
}

var _ store.Store = (*DB)(nil)

// open connects; the schema is not touched.
func open(d dialect, now func() time.Time) (*DB, error) {
	w := &watch{clean: d.clean}
	p, err := d.open(w)
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return &DB{dialect: d, pools: p, watch: w, reads: newStatements(p.read, p.prepared), writes: newStatements(p.write, p.prepared), now: now}, nil
}

// Ping asks the server, or both pools of a file.
func (db *DB) Ping(ctx context.Context) error {
	if db.probe != nil {
		if err := db.probe.PingContext(ctx); err != nil {
			return err
		}
		_, err := db.probe.ExecContext(ctx, `DO 1`) // a Galera node that is alone answers a ping and nothing else
		return err
	}
	return errors.Join(db.read.PingContext(ctx), db.write.PingContext(ctx))
}

// Close ends all connections.
func (db *DB) Close() error {
	db.reads.close()
	db.writes.close()
	return db.pools.close()
}

// Read runs fn in a read-only transaction.
func (db *DB) Read(ctx context.Context, org roster.OrgID, fn func(store.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	return db.reading(ctx, func() error { return db.readOnce(ctx, org, fn) })
}

// reading runs a read again where its connection was lost: the one that it gets next may lead to another server.
func (db *DB) reading(ctx context.Context, read func() error) error {
	err := read()
	for again := 0; again < 2 && err != nil && db.mayRunAgain(err) && ctx.Err() == nil; again++ {
		err = read()
	}
	return err
}

func (db *DB) readOnce(ctx context.Context, org roster.OrgID, fn func(store.Reader) error) error {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin read: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // a read has nothing to keep
	r := &reader{tx: tx, statements: db.reads, org: org}
	found, err := query(ctx, r, `SELECT 1 FROM orgs WHERE id = ?`, scanInt)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return roster.Refuse(roster.NotFound, "error.org_not_found")
	}
	return fn(r)
}

// Write takes the pen: see store.Store. A race that the engine lost is run again until the deadline, and so is a write whose connection
// was lost: whether it had happened, its key tells.
func (db *DB) Write(ctx context.Context, act roster.Act, fn func(store.Writer) error) (c store.Change, err error) {
	ctx, cancel := context.WithTimeout(ctx, penDeadline)
	defer cancel()
	if act.Key == "" {
		act.Key = NewID()
	}
	leave, err := db.turns.take(ctx, act.Org)
	if err != nil {
		return store.Change{}, fmt.Errorf("wait for the pen: %w", err)
	}
	defer leave()
	var unsure store.Change // what a commit without an answer would have done
	err = db.again(ctx, db.mayRunAgain, func() error {
		now, sent, err := db.writeOnce(ctx, act, fn)
		c = now
		switch {
		case err != nil && sent:
			unsure = now
		case now.Repeated && now.Revision == unsure.Revision:
			c = unsure // it was this very write
		}
		return err
	})
	if err != nil {
		return store.Change{}, err
	}
	return c, nil
}

// again runs fn until it succeeds, fails for good, or the context ends. It waits longer from time to time, and never as long as a rival
// that began with it.
func (db *DB) again(ctx context.Context, may func(error) bool, fn func() error) error {
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		err := fn()
		if err == nil || !may(err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait/2 + rand.N(wait)):
		}
	}
}

func (db *DB) mayRunAgain(err error) bool {
	return db.dialect.isRetryable(err) || db.dialect.isLost(err)
}

// writeOnce says with an error whether the commit had been sent: then the change it returns may have happened.
func (db *DB) writeOnce(ctx context.Context, act roster.Act, fn func(store.Writer) error) (c store.Change, sent bool, err error) {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return c, false, fmt.Errorf("begin write: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	w := &writer{reader: reader{tx: tx, statements: db.writes, org: act.Org}, db: db, nowMs: db.now().UnixMilli(), prepared: map[string]*sql.Stmt{}, touched: map[store.Scope]bool{}}
	if known, err := w.takePen(ctx, act.Key); err != nil || known > 0 {
		return store.Change{Revision: known, Repeated: true}, false, err
	}
	if err := fn(w); err != nil {
		return c, false, err
	}
	switch {
	case w.rows == 0 && len(w.events) == 0:
		return store.Change{Revision: w.revision - 1}, false, nil
	case w.rows == 0 || len(w.events) == 0:
		return c, false, fmt.Errorf("act %s wrote %d rows and recorded %d events", act.Kind, w.rows, len(w.events))
	}
	chain, err := w.sign(ctx, act)
	if err != nil {
		return c, false, err
	}
	if err := w.stamp(ctx); err != nil {
		return c, false, err
	}
	c = store.Change{Revision: w.revision, Chain: chain, Events: w.events}
	if err := tx.Commit(); err != nil {
		return c, true, fmt.Errorf("commit: %w", err)
	}
	return c, false, nil
}

// writer is a reader that holds the pen.
type writer struct {
	reader
	db       *DB
	nowMs    int64
	revision int64
	last     string // chain of the act before
	rows     int64
	events   []roster.Event
	touched  map[store.Scope]bool
	left     bool                 // shifts may have left a month
	prepared map[string]*sql.Stmt // by text
}

func (w *writer) NowMs() int64                  { return w.nowMs }
func (w *writer) Record(events ...roster.Event) { w.events = append(w.events, events...) }

// penQuery asks for all that an act must know of those before it at once: a server is far away.
const penQuery = `SELECT o.revision, COALESCE(k.revision, 0), COALESCE((SELECT a.chain FROM acts a WHERE a.org_id = o.id ORDER BY a.revision DESC LIMIT 1), '')
	FROM (SELECT id, revision FROM orgs WHERE id = ?) o LEFT JOIN acts k ON k.org_id = o.id AND k.act_key = ?`

// takePen is the lock in the one form that every engine understands; it must be the first statement. known is the revision of an act with the
// same key, 0 for none.
func (w *writer) takePen(ctx context.Context, key string) (known int64, err error) {
	found, err := w.changesOne(ctx, `UPDATE orgs SET revision = revision + 1 WHERE id = ?`, w.org)
	if err != nil {
		return 0, fmt.Errorf("take pen: %w", err)
	}
	if !found {
		return 0, roster.Refuse(roster.NotFound, "error.org_not_found")
	}
	list, err := query(ctx, &w.reader, penQuery, func(rows *sql.Rows, known *int64) error { return rows.Scan(&w.revision, known, &w.last) }, key)
	if err != nil {
		return 0, err
	}
	return list[0], nil
}

// changesOne runs an update of one row and reports whether it was there.
func (w *writer) changesOne(ctx context.Context, statement string, args ...any) (bool, error) {
	res, err := w.exec(ctx, statement, args...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

const insertAct = `INSERT INTO acts (org_id, revision, actor_id, actor_name, act_key, kind, place, undoes, at_ms, request, address, sign_in, salt, chain)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const insertEvent = `INSERT INTO events (org_id, revision, n, name, site_id, staff_id, day, subject_id, before_json, after_json, salt)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// sign keeps the act and its events under the new revision, chained to the act before, and returns the chain.
func (w *writer) sign(ctx context.Context, act roster.Act) (chain string, err error) {
	a := salted[roster.PastAct]{of: roster.PastAct{Act: act, Revision: w.revision, AtMs: w.nowMs, Origin: store.OriginOf(ctx)}, salt: newSalt()}
	events := make([]salted[roster.Event], len(w.events))
	for i := range w.events {
		w.events[i].Revision, w.events[i].N = w.revision, i
		events[i] = salted[roster.Event]{of: w.events[i], salt: newSalt()}
	}
	chain = actChain(w.last, a, events)
	from := a.of.Origin
	_, err = w.exec(ctx, insertAct, w.org, w.revision, act.Actor, act.Name, act.Key, act.Kind, act.Place, act.Undoes, w.nowMs,
		from.Request, from.Address, from.SignIn, a.salt, chain)
	if err != nil {
		return "", fmt.Errorf("sign act: %w", err)
	}
	for _, x := range events {
		e := x.of
		_, err := w.exec(ctx, insertEvent, w.org, e.Revision, e.N, e.Name, e.Site, e.Cell.Staff, dayText(e.Cell.Day), e.Subject, jsonText(e.Before), jsonText(e.After), x.salt)
		if err != nil {
			return "", fmt.Errorf("sign event: %w", err)
		}
	}
	return chain, nil
}

// NewID makes a time-sortable id (UUIDv7).
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// inTx runs fn in one write transaction outside any pen: for accounts and what hangs on them. A lost race is run again; a lost connection
// is not, because no key tells whether it had happened.
func (db *DB) inTx(ctx context.Context, fn func(*sql.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, penDeadline)
	defer cancel()
	return db.txOf(ctx, db.write, fn)
}

// inLongTx is inTx for what may take minutes.
func (db *DB) inLongTx(ctx context.Context, fn func(*sql.Tx) error) error {
	return db.txOf(ctx, db.long, fn)
}

func (db *DB) txOf(ctx context.Context, pool *sql.DB, fn func(*sql.Tx) error) error {
	return db.again(ctx, db.dialect.isRetryable, func() error {
		tx, err := pool.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
		if err := fn(tx); err != nil {
			return err
		}
		return tx.Commit()
	})
}
