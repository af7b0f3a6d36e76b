package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"wakakusa/store/replica"
	"wakakusa/store/sqldb"
)

// database is the open store. On SQLite it has the lock by which one process has the file for itself, and perhaps a continuous copy.
type database struct {
	*sqldb.DB
	lock    *os.File
	replica *replica.Replica // nil: nothing copies
	found   replica.Opened
}

// openDatabase connects for a command; the schema is not touched. Nothing copies meanwhile: the next start of the program brings the copy
// up to date. A file that is missing although a copy of it exists is not made anew.
func openDatabase(ctx context.Context, cfg Config) (*database, error) {
	return connect(ctx, cfg, func(d *database) (err error) {
		if err := refuseBesideCopy(ctx, cfg); err != nil {
			return err
		}
		d.DB, err = sqldb.OpenSQLite(cfg.sqliteFile(), time.Now)
		return err
	})
}

// openCopied connects for serving: a missing file is restored from its continuous copy, and what is written is copied.
func openCopied(ctx context.Context, cfg Config, log *slog.Logger) (*database, error) {
	return connect(ctx, cfg, func(d *database) error {
		to, on, err := cfg.replica()
		if err != nil {
			return err
		}
		if !on {
			d.DB, err = sqldb.OpenSQLite(cfg.sqliteFile(), time.Now)
			return err
		}
		d.replica, d.found, err = replica.Open(ctx, to, replica.Options{Log: log, Compare: func(ctx context.Context, restored string) error {
			return sqldb.LacksOf(ctx, to.Path, restored)
		}})
		var behind *replica.Behind
		if errors.As(err, &behind) {
			return fmt.Errorf("%w; to go on with the copy: \"wakakusa restore\"; to go on with the file as it is: \"wakakusa restore --keep\"", err)
		}
		if err == nil {
			d.DB, err = sqldb.OpenReplicated(to.Path, time.Now)
		}
		return err
	})
}

// connect opens a server's database, or a file that is locked first.
func connect(ctx context.Context, cfg Config, openFile func(*database) error) (*database, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, err
	}
	d := &database{}
	var err error
	if cfg.onMySQL() {
		d.DB, err = sqldb.OpenMySQL(ctx, cfg.mysql(), time.Now)
	} else if d.lock, err = lockDatabase(cfg); err == nil {
		err = openFile(d)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// refuseBesideCopy: an empty database beside a full copy is never what was meant.
func refuseBesideCopy(ctx context.Context, cfg Config) error {
	to, on, err := cfg.replica()
	if err != nil || !on {
		return err
	}
	if _, err := os.Stat(to.Path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	has, err := to.HasCopy(ctx)
	if err != nil {
		return err
	}
	if has {
		return fmt.Errorf("the database file %s is missing, but there is a continuous copy at %s: \"wakakusa serve\" or \"wakakusa restore\" brings it back", to.Path, to.Place)
	}
	return nil
}

// openStore opens the database for a command that needs it as it is served.
func openStore(ctx context.Context, cfg Config) (*database, error) {
	db, err := openDatabase(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return db.ready(ctx, cfg)
}

// ready brings a SQLite file up to date; a server that several programs share is migrated by "wakakusa migrate", once, when its operator
// says so. With an error the database is closed.
func (d *database) ready(ctx context.Context, cfg Config) (*database, error) {
	org, unfinished, err := d.UnfinishedImport(ctx)
	if err == nil && unfinished && org == "" {
		err = errors.New("an import was cut short: begin it again with the same file, or \"wakakusa import --abandon\"")
	}
	at, newest, found := d.Schema(ctx)
	err = errors.Join(err, found)
	if err == nil && at < newest && !cfg.onMySQL() {
		err = d.Migrate(ctx)
	}
	if err == nil {
		err = d.CheckSchema(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// seal waits until the continuous copy has everything that was there at the start. After a restore it waits as long as it takes: until then
// this disk is the only one that has the database. After any other start a copy that does not answer does not close the site.
func (d *database) seal(ctx context.Context, log *slog.Logger) error {
	if d.replica == nil {
		return nil
	}
	for {
		within, cancel := context.WithTimeout(ctx, sealAtStart)
		err := d.replica.Seal(within)
		cancel()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !d.found.Restored:
			log.Error("the continuous copy is not up to date; the program serves all the same", "error", err)
			return nil
		}
		log.Error("waiting for the continuous copy, for the database has just been restored", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

const sealAtStart = 10 * time.Second

// Close ends the connections, lets the copy take what is left, and lets go of the file. It undoes half an opening, too.
func (d *database) Close() (err error) {
	if d.DB != nil {
		err = d.DB.Close()
	}
	if d.replica != nil {
		err = errors.Join(err, d.replica.Close())
	}
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	return err
}

// lockDatabase takes the SQLite file for this process until it ends. The lock lies beside the file, wherever DATA_DIR and the command are.
func lockDatabase(cfg Config) (*os.File, error) {
	path, err := filepath.Abs(cfg.sqliteFile())
	if err != nil {
		return nil, err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another wakakusa uses %s", path), f.Close())
	}
	return f, nil
}
