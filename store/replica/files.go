package replica

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/superfly/ltx"
)

// Marks are small files beside the database.
const (
	runningMark  = "-running"  // a program copies, or was ended before it had copied everything; it holds the number of the machine's start
	acceptedMark = "-accepted" // the file counts, whatever the copy has
	restoredMark = "-restored" // the file was restored, and its copy has not been put in order yet
	unsealedMark = "-unsealed" // the file was restored, and its copy has not been up to date since
)

func readMark(path, mark string) (text string, set bool) {
	content, err := os.ReadFile(path + mark)
	return strings.TrimSpace(string(content)), err == nil
}

func setMark(path, mark, text string) error { return os.WriteFile(path+mark, []byte(text+"\n"), 0o600) }

func removeMark(path, mark string) { os.Remove(path + mark) } //nolint:errcheck // there need be none

// Accept says that the file counts, whatever the copy has: the next start neither compares them nor waits for the copy. What only the copy
// has stays in its history.
func Accept(path string) error {
	removeMark(path, unsealedMark)
	return setMark(path, acceptedMark, time.Now().UTC().Format(time.RFC3339))
}

// bootID names this start of the machine.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(id))
}

// metaPath is where Litestream keeps what it has not copied yet.
func metaPath(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"-litestream")
}

// localNewest is the last transaction that Litestream has taken from the file; 0 where there is none.
func localNewest(path string) (newest ltx.TXID) {
	entries, err := os.ReadDir(filepath.Join(metaPath(path), "ltx", "0"))
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if _, last, err := ltx.ParseFilename(e.Name()); err == nil {
			newest = max(newest, last)
		}
	}
	return newest
}

// SetAside renames what a lost database file has left behind: a leftover -wal would be played into whatever comes in its place.
func SetAside(path string) error {
	return errors.Join(setAside(path+"-wal"), setAside(path+"-shm"), setAside(metaPath(path)))
}

func setAside(path string) error {
	err := os.Rename(path, path+".lost-"+time.Now().UTC().Format("20060102-150405.000"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// relieve moves what the WAL holds into the file, as far as nobody reads it.
func relieve(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(1000)&_pragma=wal_autocheckpoint(0)")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
	return errors.Join(err, db.Close())
}

func removeDatabase(path string) error {
	for _, ending := range []string{"", "-wal", "-shm", ".tmp"} {
		if err := os.Remove(path + ending); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
