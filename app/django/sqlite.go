package django

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Open opens a database of the former system, never to change it: a SQLite file by its path, or one on a server by its address (see openMySQL). password is
// the server's. The error is one sentence for the person at the screen.
func Open(ctx context.Context, from, password string) (*Source, error) {
	switch {
	case strings.HasPrefix(from, "mysql://"):
		return openMySQL(ctx, from, password)
	case strings.Contains(from, "://") || strings.Contains(from, "@tcp(") || strings.Contains(from, "@unix("):
		return nil, fault(faultAddress, "mysql://USER@HOST:3306/DATABASE")
	}
	return openSQLite(ctx, from)
}

func openSQLite(ctx context.Context, path string) (_ *Source, err error) {
	dsn, err := sqliteDSN(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	s := &Source{db: db}
	if s.tx, err = db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
		return nil, errors.Join(fault(faultBroken, path, err), db.Close())
	}
	if err := s.inspect(ctx, path); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// sqliteDSN refuses what is no database file before the engine sees it.
func sqliteDSN(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fault(faultMissing, path)
	}
	defer f.Close()
	head := make([]byte, 20)
	if n, err := io.ReadFull(f, head); err != nil || !strings.HasPrefix(string(head[:n]), "SQLite format 3\x00") {
		return "", fault(faultNoSQLite, path)
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	dsn := "file:" + (&url.URL{Path: whole}).EscapedPath() + "?mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(5000)"
	if _, err := os.Stat(path + "-wal"); head[18] == 2 && err != nil {
		dsn += "&immutable=1" // a WAL database at rest: opened otherwise, the engine would make files beside it
	}
	return dsn, nil
}

// inspect reads the whole file once, so that a broken one is refused before anything is written here.
func (s *Source) inspect(ctx context.Context, path string) error {
	var verdict string
	if err := s.tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fault(faultBroken, path, err)
	}
	if verdict != "ok" {
		return fault(faultBroken, path, errors.New(verdict))
	}
	tables, err := s.tables(ctx, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
	if err != nil {
		return fault(faultBroken, path, err)
	}
	if err := s.discover(ctx, tables); err != nil {
		return err
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	return s.identify(ctx, whole)
}
