package sqldb

import (
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"runtime"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"wakakusa/migrations"
)

// OpenSQLite opens a file, making it if it is missing. now is the clock of acts.
func OpenSQLite(path string, now func() time.Time) (*DB, error) {
	return open(dialect{
		name: "sqlite3",
		open: openSQLite,
		isDuplicate: func(err error) bool {
			return sqliteCode(err, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
		},
		isRetryable: func(err error) bool { return sqliteCode(err, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT) },
		migrations:  func() (fs.FS, error) { return migrations.For("sqlite") },
	}, path, now)
}

// openSQLite makes one immediate writer and several query-only readers. Pragmas are per connection, hence in the DSN.
func openSQLite(path string) (write, read *sql.DB, err error) {
	base := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)&_dqs=0"
	write, err = sql.Open("sqlite", base+"&_txlock=immediate")
	if err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if err := write.Ping(); err != nil { // makes the file, so that readers find it
		return nil, nil, errors.Join(err, write.Close())
	}
	read, err = sql.Open("sqlite", base+"&_pragma=query_only(1)")
	if err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	readers := max(4, runtime.GOMAXPROCS(0))
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return write, read, nil
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
