package replica

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"modernc.org/sqlite"
)

// TestMain's process plays the second program when it is told a file.
const secondEnv = "WAKAKUSA_TEST_SECOND_PROGRAM"

// secondProgram does what the sqlite3 command does with "select": it opens the file, reads and closes it, in a process of its own.
func secondProgram(path string) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	var n int
	if err := db.QueryRow(`SELECT COUNT(*) FROM rows`).Scan(&n); err != nil {
		return err
	}
	return db.Close()
}

// TestSecondProgram: somebody looks into the file with another program while ours has opened and closed it once more, as Litestream and
// copying do. With the locks of POSIX our lock would be gone by then, the other program would take itself for the last one and remove the
// WAL under us, and what is written next would be acknowledged and lost.
func TestSecondProgram(t *testing.T) {
	if !sqlite.OFDLockingEnabled() {
		t.Fatal("open file description locks are off")
	}
	path := filepath.Join(t.TempDir(), "x.db")
	db := openSQL(t, path)
	defer db.Close()
	add(t, db, 1, 10)
	f, err := os.Open(path)
	must(t, err)
	must(t, f.Close())
	look := exec.Command(os.Args[0])
	look.Env = append(os.Environ(), secondEnv+"="+path)
	if out, err := look.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := os.Stat(path + "-wal"); err != nil {
		t.Fatal("the WAL is gone:", err)
	}
	add(t, db, 11, 20)
	other, err := sql.Open("sqlite", path)
	must(t, err)
	defer other.Close()
	var n int
	must(t, other.QueryRow(`SELECT COUNT(*) FROM rows`).Scan(&n))
	if n != 20 {
		t.Errorf("%d rows are there for others", n)
	}
}
