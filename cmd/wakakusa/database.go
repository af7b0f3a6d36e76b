package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"wakakusa/store/sqldb"
)

// database is the open store, and on SQLite the lock by which one process has the file for itself.
type database struct {
	*sqldb.DB
	lock *os.File
}

// openDatabase connects; the schema is not touched.
func openDatabase(ctx context.Context, cfg Config) (*database, error) {
	syscall.Umask(0o077) // what is made here is for nobody else on this machine
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, err
	}
	if cfg.onMySQL() {
		db, err := sqldb.OpenMySQL(ctx, cfg.mysql(), time.Now)
		if err != nil {
			return nil, err
		}
		return &database{DB: db}, nil
	}
	lock, err := lockFile(filepath.Join(cfg.Data, "wakakusa.lock"))
	if err != nil {
		return nil, err
	}
	db, err := sqldb.OpenSQLite(cfg.sqliteFile(), time.Now)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &database{db, lock}, nil
}

// openStore opens the database for use. A SQLite file is brought up to date on the way; a server that several programs share is migrated
// by "wakakusa migrate", once, when its operator says so.
func openStore(ctx context.Context, cfg Config) (*database, error) {
	db, err := openDatabase(ctx, cfg)
	if err != nil {
		return nil, err
	}
	org, unfinished, err := db.UnfinishedImport(ctx)
	if err == nil && unfinished && org == "" {
		err = errors.New("an import was cut short: begin it again with the same file, or \"wakakusa import --abandon\"")
	}
	at, newest, found := db.Schema(ctx)
	err = errors.Join(err, found)
	if err == nil && at < newest && !cfg.onMySQL() {
		err = db.Migrate(ctx)
	}
	if err == nil {
		err = db.CheckSchema(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close ends the connections and lets go of the file.
func (d *database) Close() error {
	err := d.DB.Close()
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	return err
}

// lockFile is held until the process ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("another wakakusa uses %s", filepath.Dir(path))
	}
	return f, nil
}
