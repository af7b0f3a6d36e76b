package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"net/url"
	"runtime"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"wakakusa/migrations"
)

// OpenSQLite opens a file, making it if it is missing. now is the clock of acts.
func OpenSQLite(path string, now func() time.Time) (*DB, error) {
	return openFile(path, "", now)
}

// OpenReplicated is OpenSQLite for a file of which store/replica keeps a copy: it alone moves what the WAL holds into the file.
func OpenReplicated(path string, now func() time.Time) (*DB, error) {
	return openFile(path, "&_pragma=wal_autocheckpoint(0)", now)
}

func openFile(path, pragmas string, now func() time.Time) (*DB, error) {
	d := sqliteDialect()
	d.open = func(w *watch) (pools, error) { return openSQLite(path, pragmas, w) }
	return open(d, now)
}

func sqliteDialect() dialect {
	return dialect{
		name: "sqlite3",
		isDuplicate: func(err error) bool {
			return sqliteCode(err, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
		},
		isRetryable: func(err error) bool { return sqliteCode(err, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT) },
		isLost:      func(error) bool { return false },
		isMissing: func(err error) bool {
			return sqliteCode(err, sqlite3.SQLITE_ERROR) && strings.Contains(err.Error(), "no such table")
		},
		migrations: func() (fs.FS, error) { return migrations.For("sqlite") },
		loading:    `PRAGMA cache_size = -65536`, // KB: the pages of an organisation's indexes, which its rows come into anyhow
	}
}

// openSQLite makes one immediate writer and several query-only readers. Pragmas are per connection, hence in the DSN.
func openSQLite(path, pragmas string, w *watch) (p pools, err error) {
	base := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)&_pragma=secure_delete(1)&_dqs=0" + pragmas
	if p.write, err = openWatched(base+"&_txlock=immediate", w); err != nil {
		return p, err
	}
	p.write.SetMaxOpenConns(1)
	if err := p.write.Ping(); err != nil { // makes the file, so that readers find it
		return p, err
	}
	if p.read, err = openWatched(base+"&_pragma=query_only(1)", w); err != nil {
		return p, err
	}
	readers := max(4, runtime.GOMAXPROCS(0))
	p.read.SetMaxOpenConns(readers)
	p.read.SetMaxIdleConns(readers)
	p.prepared = maxStatements
	p.long, p.longRead = p.write, p.read // a second writer would only be told that the file is busy
	return p, nil
}

// openWatched is sql.Open with a watch between.
func openWatched(dsn string, w *watch) (*sql.DB, error) {
	plain, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(watchedConnector{fileConnector{plain.Driver(), dsn}, w}), plain.Close()
}

// fileConnector opens connections of a driver that makes them of a text.
type fileConnector struct {
	driver driver.Driver
	dsn    string
}

func (c fileConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c fileConnector) Driver() driver.Driver                        { return c.driver }

func sqliteCode(err error, codes ...int) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	for _, c := range codes {
		if e.Code() == c {
			return true
		}
	}
	return false
}
