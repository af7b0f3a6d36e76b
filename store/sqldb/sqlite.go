package sqldb

import (
	"database/sql"
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
	d.open = func() (pools, error) { return openSQLite(path, pragmas) }
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
func openSQLite(path, pragmas string) (p pools, err error) {
	base := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)&_dqs=0" + pragmas
	if p.write, err = sql.Open("sqlite", base+"&_txlock=immediate"); err != nil {
		return p, err
	}
	p.write.SetMaxOpenConns(1)
	if err := p.write.Ping(); err != nil { // makes the file, so that readers find it
		return p, err
	}
	if p.read, err = sql.Open("sqlite", base+"&_pragma=query_only(1)"); err != nil {
		return p, err
	}
	readers := max(4, runtime.GOMAXPROCS(0))
	p.read.SetMaxOpenConns(readers)
	p.read.SetMaxIdleConns(readers)
	p.prepared = maxStatements
	p.long, p.longRead = p.write, p.read // a second writer would only be told that the file is busy
	return p, nil
}

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
