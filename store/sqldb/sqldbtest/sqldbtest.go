// Package sqldbtest gives tests of other rooms a database of their own.
package sqldbtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"wakakusa/store/sqldb"
)

// image is a migrated empty database, made once a process.
var image = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "wakakusa-test")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "empty.db")
	db, err := sqldb.OpenSQLite(path, time.Now)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(db.Migrate(context.Background()), db.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// File copies a migrated empty database into the test's own folder and returns its path.
func File(t testing.TB) string {
	t.Helper()
	content, err := image()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "wakakusa.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
