package sqldb

import (
	"context"
	"database/sql/driver"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
)

// watch stands between database/sql and a driver. It tells of statements that took long, and takes values out of the driver's errors: neither
// what a statement was given nor what a row holds is ever told.
type watch struct {
	log   *slog.Logger
	after time.Duration // 0: nothing takes long
	slow  atomic.Int64
	clean func(error) error // nil: this driver's errors hold no values
}

// LogSlow makes statements that take longer than after be logged, under the request that asked for them. What may take minutes, such as an
// export, is not among them where it has connections of its own. It must be called before anything else.
func (db *DB) LogSlow(log *slog.Logger, after time.Duration) {
	db.watch.log, db.watch.after = log, after
}

// SlowQueries counts them since the start.
func (db *DB) SlowQueries() int64 { return db.watch.slow.Load() }

// begin is when a statement begins; zero where nobody will ask.
func (w *watch) begin() (at time.Time) {
	if w.after > 0 {
		at = time.Now()
	}
	return at
}

// end is told when it has ended and what came of it, and returns that without values.
func (w *watch) end(ctx context.Context, statement string, began time.Time, err error) error {
	if took := time.Since(began); !began.IsZero() && took > w.after {
		w.slow.Add(1)
		w.log.WarnContext(ctx, "slow query", "ms", took.Milliseconds(), "statement", strings.Join(strings.Fields(statement), " "))
	}
	return w.cleaned(err)
}

func (w *watch) cleaned(err error) error {
	if err == nil || w.clean == nil {
		return err
	}
	return w.clean(err)
}

// unhurried is the watch of connections on which anything may take long.
func (w *watch) unhurried() *watch { return &watch{clean: w.clean} }

// watchedConnector opens watched connections.
type watchedConnector struct {
	driver.Connector
	watch *watch
}

func (c watchedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, c.watch.cleaned(err)
	}
	return &watchedConn{conn.(engineConn), c.watch}, nil
}

// engineConn is what the connections of both drivers can do.
type engineConn interface {
	driver.Conn
	driver.Pinger
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

type watchedConn struct {
	engineConn
	watch *watch
}

// CheckNamedValue is the driver's own conversion of an argument, if it has one.
func (c *watchedConn) CheckNamedValue(v *driver.NamedValue) error {
	if own, ok := c.engineConn.(driver.NamedValueChecker); ok {
		return own.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *watchedConn) Ping(ctx context.Context) error { return c.watch.cleaned(c.engineConn.Ping(ctx)) }

func (c *watchedConn) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	began := c.watch.begin()
	res, err := c.engineConn.ExecContext(ctx, statement, args)
	return res, c.watch.end(ctx, statement, began, err)
}

func (c *watchedConn) QueryContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	began := c.watch.begin()
	rows, err := c.engineConn.QueryContext(ctx, statement, args)
	return c.watch.rows(ctx, statement, began, rows, err)
}

func (c *watchedConn) PrepareContext(ctx context.Context, statement string) (driver.Stmt, error) {
	s, err := c.engineConn.PrepareContext(ctx, statement)
	if err != nil {
		return nil, c.watch.cleaned(err)
	}
	return &watchedStmt{s.(engineStmt), c.watch, statement}, nil
}

func (c *watchedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	began := c.watch.begin()
	tx, err := c.engineConn.BeginTx(ctx, o)
	if err = c.watch.end(ctx, "BEGIN", began, err); err != nil {
		return nil, err
	}
	return watchedTx{ctx, tx, c.watch}, nil
}

// watchedTx remembers who began it: the driver's Commit knows no context.
type watchedTx struct {
	ctx   context.Context
	tx    driver.Tx
	watch *watch
}

func (t watchedTx) Commit() error {
	began := t.watch.begin()
	return t.watch.end(t.ctx, "COMMIT", began, t.tx.Commit())
}

func (t watchedTx) Rollback() error { return t.watch.cleaned(t.tx.Rollback()) }

// engineStmt is what the prepared statements of both drivers can do.
type engineStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type watchedStmt struct {
	engineStmt
	watch     *watch
	statement string
}

func (s *watchedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	began := s.watch.begin()
	res, err := s.engineStmt.ExecContext(ctx, args)
	return res, s.watch.end(ctx, s.statement, began, err)
}

func (s *watchedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	began := s.watch.begin()
	rows, err := s.engineStmt.QueryContext(ctx, args)
	return s.watch.rows(ctx, s.statement, began, rows, err)
}

// rows goes on watching until the last row has been read: SQLite finds them one by one.
func (w *watch) rows(ctx context.Context, statement string, began time.Time, rows driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		return nil, w.end(ctx, statement, began, err)
	}
	return &watchedRows{rows, ctx, w, statement, began}, nil
}

type watchedRows struct {
	driver.Rows
	ctx       context.Context
	watch     *watch
	statement string
	began     time.Time
}

func (r *watchedRows) Next(dest []driver.Value) error { return r.watch.cleaned(r.Rows.Next(dest)) }

func (r *watchedRows) Close() error {
	return r.watch.end(r.ctx, r.statement, r.began, r.Rows.Close())
}
