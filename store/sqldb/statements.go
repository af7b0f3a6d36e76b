package sqldb

import (
	"context"
	"database/sql"
	"sync"
)

// statements keeps the prepared statements of one pool by their text: to prepare one costs more than to run it.
type statements struct {
	most      int // that are kept; 0: none, the driver sends text and values in one go
	pool      *sql.DB
	open      context.Context // until close
	end       context.CancelFunc
	preparing sync.WaitGroup
	mu        sync.Mutex
	by        map[string]*sql.Stmt // nil while it is being prepared
}

// maxStatements is more than the program has; those whose number of question marks varies are not kept beyond it.
const maxStatements = 300

func newStatements(pool *sql.DB, most int) *statements {
	s := &statements{most: most, pool: pool, by: map[string]*sql.Stmt{}}
	s.open, s.end = context.WithCancel(context.Background())
	return s
}

// close waits for what is being prepared: a pool does not close a connection that is in use, and who closes SQLite's last one writes the
// log back into the file.
func (s *statements) close() {
	s.mu.Lock()
	s.end()
	s.mu.Unlock()
	s.preparing.Wait()
}

// in returns a statement for a transaction of the pool; it ends with the transaction. One that is not kept yet is prepared for this
// transaction alone, because keeping it takes a connection of the pool, and whoever asks holds one already, perhaps the last.
func (s *statements) in(ctx context.Context, tx *sql.Tx, text string) (*sql.Stmt, error) {
	if p := s.prepared(text); p != nil {
		return tx.StmtContext(ctx, p), nil
	}
	return tx.PrepareContext(ctx, text)
}

// queryIn asks within a transaction of the pool.
func (s *statements) queryIn(ctx context.Context, tx *sql.Tx, text string, args ...any) (*sql.Rows, error) {
	if s.most == 0 {
		return tx.QueryContext(ctx, text, args...)
	}
	p, err := s.in(ctx, tx, text)
	if err != nil {
		return nil, err
	}
	return p.QueryContext(ctx, args...)
}

// query and queryRow ask outside a transaction.

func (s *statements) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if p := s.prepared(text); p != nil {
		return p.QueryContext(ctx, args...)
	}
	return s.pool.QueryContext(ctx, text, args...)
}

func (s *statements) queryRow(ctx context.Context, text string, args ...any) *sql.Row {
	if p := s.prepared(text); p != nil {
		return p.QueryRowContext(ctx, args...)
	}
	return s.pool.QueryRowContext(ctx, text, args...)
}

// prepared returns a statement that is kept, or nil and sees to it that it will be.
func (s *statements) prepared(text string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, known := s.by[text]
	if !known && len(s.by) < s.most && s.open.Err() == nil {
		s.by[text] = nil
		s.preparing.Go(func() { s.prepare(text) })
	}
	return p
}

func (s *statements) prepare(text string) {
	p, err := s.pool.PrepareContext(s.open, text)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil { // whoever runs it learns why
		delete(s.by, text)
		return
	}
	s.by[text] = p
}
