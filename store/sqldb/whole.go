package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"
)

// CopyFile writes a SQLite file as it is at one moment to a new file. Nobody has to stop writing, and another program may hold the file:
// nothing is written to it. Only while it is read the WAL grows.
func CopyFile(ctx context.Context, path, to string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	db, err := openReadOnly(path)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, to)
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return nil
}

// openReadOnly opens a file that is there.
func openReadOnly(path string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro&_pragma=busy_timeout(5000)")
}

// OpenForAudit opens a SQLite file that is there to be read only; another program may have it open.
func OpenForAudit(path string) (*DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	d := sqliteDialect()
	d.open = func(*watch) (pools, error) {
		db, err := openReadOnly(path)
		return pools{write: db, read: db, long: db, longRead: db}, err
	}
	return open(d, time.Now)
}

// Checkpoint moves all that the WAL of a SQLite file holds into the file. Nobody else may have it open.
func Checkpoint(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	var busy, pages, moved int
	err = db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved)
	if err = errors.Join(err, db.Close()); err == nil && busy != 0 {
		err = errors.New("somebody has the database open")
	}
	return err
}

// CheckWhole reads a whole SQLite file: its structure, and that every reference leads somewhere.
func (db *DB) CheckWhole(ctx context.Context) error {
	var state string
	if err := db.longRead.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&state); err != nil {
		return err
	}
	if state != "ok" {
		return fmt.Errorf("the database file is damaged: %s", state)
	}
	var table string
	err := db.longRead.QueryRowContext(ctx, `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`).Scan(&table)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return errors.Join(err, fmt.Errorf("a row of %s refers to nothing", table))
}

// AllRevisions are those of every organisation, by its address.
func (db *DB) AllRevisions(ctx context.Context) (map[string]int64, error) {
	return revisionsOf(ctx, db.longRead)
}

func revisionsOf(ctx context.Context, db *sql.DB) (map[string]int64, error) {
	rows, err := db.QueryContext(ctx, `SELECT slug, revision FROM orgs`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]int64{}
	for rows.Next() {
		var slug string
		var revision int64
		if err := rows.Scan(&slug, &revision); err != nil {
			return nil, err
		}
		all[slug] = revision
	}
	return all, rows.Err()
}

// EndAllSignIns signs everybody out and makes every open link worthless, as after a restore: what had been ended since must not come back.
func (db *DB) EndAllSignIns(ctx context.Context) error {
	return db.inTx(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"sign_ins", "links", "sign_in_failures"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table); err != nil {
				return err
			}
		}
		return nil
	})
}
