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
	return open(dialect{
		name: "sqlite3",
		open: func() (pools, error) { return openSQLite(path) },
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
	}, now)
}

// openSQLite makes one immediate writer and several query-only readers. Pragmas are per connection, hence in the DSN.
func openSQLite(path string) (p pools, err error) {
	base := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)&_dqs=0"
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
