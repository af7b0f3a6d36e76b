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

// dialect is all that differs between engines. It holds no SQL; a sixth field needs an ADR.
type dialect struct {
	name        string
	open        func(dsn string) (write, read *sql.DB, err error)
	isDuplicate func(error) bool
	isRetryable func(error) bool
	migrations  func() (fs.FS, error)
}

// DB is a store.Store over one database.
type DB struct {
	dialect dialect
	write   *sql.DB
	read    *sql.DB
	reads   *statements // of read
	writes  *statements // of write
	now     func() time.Time
	goose   *goose.Provider
}

var _ store.Store = (*DB)(nil)

// open connects; the schema is not touched.
func open(d dialect, dsn string, now func() time.Time) (*DB, error) {
	w, r, err := d.open(dsn)
	if err != nil {
		return nil, err
	}
	files, err := d.migrations()
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(goose.Dialect(d.name), w, files)
	if err != nil {
		return nil, errors.Join(err, w.Close(), r.Close())
	}
	return &DB{dialect: d, write: w, read: r, reads: newStatements(r), writes: newStatements(w), now: now, goose: p}, nil
}

// Migrate brings the schema to the newest version this program knows.
func (db *DB) Migrate(ctx context.Context) error {
	_, err := db.goose.Up(ctx)
	return err
}

// Schema returns the version the database is at and the newest this program knows.
func (db *DB) Schema(ctx context.Context) (at, newest int64, err error) {
	at, err = db.goose.GetDBVersion(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, s := range db.goose.ListSources() {
		newest = max(newest, s.Version)
	}
	return at, newest, nil
}

// Ping asks both pools.
func (db *DB) Ping(ctx context.Context) error {
	return errors.Join(db.read.PingContext(ctx), db.write.PingContext(ctx))
}

// Close closes readers before the writer, whose last act is a checkpoint.
func (db *DB) Close() error {
	db.reads.close()
	db.writes.close()
	return errors.Join(db.read.Close(), db.write.Close())
}

// Read runs fn in a read-only transaction.
func (db *DB) Read(ctx context.Context, org roster.OrgID, fn func(store.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
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

// Write takes the pen: see store.Store. Lost races of the engine are tried again until the deadline.
func (db *DB) Write(ctx context.Context, act roster.Act, fn func(store.Writer) error) (store.Change, error) {
	ctx, cancel := context.WithTimeout(ctx, penDeadline)
	defer cancel()
	if act.Key == "" {
		act.Key = NewID()
	}
	for {
		c, err := db.writeOnce(ctx, act, fn)
		if err == nil || !db.dialect.isRetryable(err) || ctx.Err() != nil {
			return c, err
		}
		select {
		case <-ctx.Done():
			return c, err
		case <-time.After(time.Millisecond * time.Duration(5+rand.IntN(20))):
		}
	}
}

func (db *DB) writeOnce(ctx context.Context, act roster.Act, fn func(store.Writer) error) (c store.Change, err error) {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return c, fmt.Errorf("begin write: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	w := &writer{reader: reader{tx: tx, statements: db.writes, org: act.Org}, db: db, nowMs: db.now().UnixMilli(), prepared: map[string]*sql.Stmt{}}
	if err := w.takePen(ctx); err != nil {
		return c, err
	}
	if known, err := w.actWithKey(ctx, act.Key); err != nil || known > 0 {
		return store.Change{Revision: known, Repeated: true}, err
	}
	if err := fn(w); err != nil {
		return c, err
	}
	switch {
	case w.rows == 0 && len(w.events) == 0:
		return store.Change{Revision: w.revision - 1}, nil
	case w.rows == 0 || len(w.events) == 0:
		return c, fmt.Errorf("act %s wrote %d rows and recorded %d events", act.Kind, w.rows, len(w.events))
	}
	if err := w.sign(ctx, act); err != nil {
		return c, err
	}
	if err := tx.Commit(); err != nil {
		return c, fmt.Errorf("commit: %w", err)
	}
	return store.Change{Revision: w.revision, Events: w.events}, nil
}

// writer is a reader that holds the pen.
type writer struct {
	reader
	db       *DB
	nowMs    int64
	revision int64
	rows     int64
	events   []roster.Event
	prepared map[string]*sql.Stmt // by text
}

func (w *writer) NowMs() int64                  { return w.nowMs }
func (w *writer) Record(events ...roster.Event) { w.events = append(w.events, events...) }

// takePen is the lock in the one form that every engine understands; it must be the first statement.
func (w *writer) takePen(ctx context.Context) error {
	res, err := w.exec(ctx, `UPDATE orgs SET revision = revision + 1 WHERE id = ?`, w.org)
	if err != nil {
		return fmt.Errorf("take pen: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n == 0 {
		return roster.Refuse(roster.NotFound, "error.org_not_found")
	}
	w.revision, err = w.number(ctx, `SELECT revision FROM orgs WHERE id = ?`)
	return err
}

func (w *writer) actWithKey(ctx context.Context, key string) (revision int64, err error) {
	return w.number(ctx, `SELECT revision FROM acts WHERE org_id = ? AND act_key = ?`, key)
}

// number reads one number; 0 where there is none.
func (w *writer) number(ctx context.Context, statement string, args ...any) (int64, error) {
	list, err := query(ctx, &w.reader, statement, func(rows *sql.Rows, n *int64) error { return rows.Scan(n) }, args...)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0], nil
}

const insertEvent = `INSERT INTO events (org_id, revision, n, name, site_id, staff_id, day, subject_id, before_json, after_json)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// sign keeps the act and its events under the new revision.
func (w *writer) sign(ctx context.Context, act roster.Act) error {
	_, err := w.exec(ctx,
		`INSERT INTO acts (org_id, revision, actor_id, actor_name, act_key, kind, place, undoes, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		w.org, w.revision, act.Actor, act.Name, act.Key, act.Kind, act.Place, act.Undoes, w.nowMs)
	if err != nil {
		return fmt.Errorf("sign act: %w", err)
	}
	for i := range w.events {
		e := &w.events[i]
		e.Revision, e.N = w.revision, i
		_, err := w.exec(ctx, insertEvent, w.org, e.Revision, e.N, e.Name, e.Site, e.Cell.Staff, dayText(e.Cell.Day), e.Subject, jsonText(e.Before), jsonText(e.After))
		if err != nil {
			return fmt.Errorf("sign event: %w", err)
		}
	}
	return nil
}

// NewID makes a time-sortable id (UUIDv7).
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// inTx runs fn in one write transaction outside any pen: for accounts and what hangs on them.
func (db *DB) inTx(ctx context.Context, fn func(*sql.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, penDeadline)
	defer cancel()
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}
