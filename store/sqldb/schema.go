package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// querier is a database or a transaction in it.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Migration is one step of the schema.
type Migration struct {
	Version int64
	Name    string // of its file
	Applied bool
}

// Migrate brings the schema to the newest version this program knows. Where several programs share the database they wait for each other.
func (db *DB) Migrate(ctx context.Context) error { return db.migrateTo(ctx, math.MaxInt64) }

// migrateTo brings the schema to a version.
func (db *DB) migrateTo(ctx context.Context, version int64) error {
	p, err := db.migrator(ctx)
	if err == nil {
		_, err = p.UpTo(ctx, version)
	}
	return err
}

func (db *DB) migrator(ctx context.Context) (*goose.Provider, error) {
	files, err := db.dialect.migrations()
	if err != nil {
		return nil, err
	}
	var options []goose.ProviderOption
	if db.dialect.guard != nil {
		if options, err = db.dialect.guard(ctx, db.long); err != nil {
			return nil, err
		}
	}
	return goose.NewProvider(goose.Dialect(db.dialect.name), db.long, files, options...)
}

// Migrations lists those that this program knows, by version.
func (db *DB) Migrations(ctx context.Context) ([]Migration, error) {
	list, err := db.known()
	if err != nil {
		return nil, err
	}
	at, err := db.version(ctx)
	for i := range list {
		list[i].Applied = list[i].Version <= at
	}
	return list, err
}

// known are the migrations that are built into this program.
func (db *DB) known() ([]Migration, error) {
	files, err := db.dialect.migrations()
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "*.sql") // in order
	if err != nil {
		return nil, err
	}
	list := make([]Migration, len(names))
	for i, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		v, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		list[i] = Migration{Version: v, Name: name}
	}
	return list, nil
}

// version is that of the database; 0 where nothing has been migrated.
func (db *DB) version(ctx context.Context) (int64, error) { return db.versionIn(ctx, db.read) }

func (db *DB) versionIn(ctx context.Context, in querier) (at int64, err error) {
	err = in.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied = 1`).Scan(&at)
	if err != nil && db.dialect.isMissing(err) {
		return 0, nil
	}
	return at, err
}

// Schema returns the version the database is at and the newest this program knows.
func (db *DB) Schema(ctx context.Context) (at, newest int64, err error) {
	list, err := db.known()
	if err != nil {
		return 0, 0, err
	}
	at, err = db.version(ctx)
	return at, list[len(list)-1].Version, err
}

// CheckSchema refuses a database that this program cannot serve: one that is older than the program, and a newer one unless it is marked
// as one on which programs of this schema still run.
func (db *DB) CheckSchema(ctx context.Context) error {
	at, newest, err := db.Schema(ctx)
	if err != nil || at == newest {
		return err
	}
	if at < newest {
		return fmt.Errorf("the database has schema %d; this program needs %d: run \"wakakusa migrate\" first", at, newest)
	}
	var oldest int64
	if err := db.read.QueryRowContext(ctx, `SELECT COALESCE(MAX(oldest), 0) FROM schema_marks WHERE version > ?`, newest).Scan(&oldest); err != nil {
		return err
	}
	if oldest == 0 || oldest > newest {
		return fmt.Errorf("the database has schema %d, on which programs of schema %d and later run; this program knows %d: use a newer program", at, oldest, newest)
	}
	return nil
}
