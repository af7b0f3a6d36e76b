package sqldb

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb/mariadbtest"
)

// smallDisk mounts a disk of some megabytes with one of them taken by a file that can be removed to make room; false where this machine
// does not let us mount.
func smallDisk(t *testing.T, megabytes string) (dir, ballast string, ok bool) {
	t.Helper()
	dir = short(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+megabytes+"m"); err != nil {
		t.Logf("no disk of its own: %v", err)
		return dir, "", false
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) }) //nolint:errcheck // the machine forgets it anyway
	ballast = filepath.Join(dir, "ballast")
	must(t, os.WriteFile(ballast, make([]byte, 1<<20), 0o600))
	return dir, ballast, true
}

// fillUp writes notes until the engine has no room left and returns how many acts were acknowledged.
func fillUp(t *testing.T, db *DB, org roster.OrgID) (kept int) {
	t.Helper()
	long := strings.Repeat("満", 60)
	for ; kept < 20000; kept++ {
		_, err := db.Write(t.Context(), roster.Act{Org: org, Kind: "x"}, func(w store.Writer) error {
			for range 20 {
				if err := addSite(t.Context(), w, long); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			if roster.KindOf(err) != roster.Internal {
				t.Errorf("a full disk is no fault of the person's: %v", err)
			}
			return kept
		}
	}
	t.Fatal("the disk is never full")
	return 0
}

// afterwards: with room again all goes on, and no act is there by half. unsure are acts that were not acknowledged and may be there.
func afterwards(t *testing.T, db *DB, org roster.OrgID, kept, unsure int) {
	t.Helper()
	n := sites(t, db, org)
	if n%20 != 0 || n/20 < kept || n/20 > kept+unsure {
		t.Errorf("%d rows after %d acts of 20", n, kept)
	}
	_, err := db.Write(t.Context(), roster.Act{Org: org, Kind: "x"}, func(w store.Writer) error { return addSite(t.Context(), w, "館") })
	must(t, err)
	if after := sites(t, db, org); after != n+1 {
		t.Errorf("%d rows, want %d", after, n+1)
	}
}

func TestFullDiskSQLite(t *testing.T) {
	dir, ballast, mounted := smallDisk(t, "4")
	db, err := OpenSQLite(filepath.Join(dir, "x.db"), time.Now)
	must(t, err)
	defer db.Close()
	must(t, db.Migrate(t.Context()))
	makeRoom := func() { must(t, os.Remove(ballast)) }
	if !mounted { // the engine's own quota gives the same error
		_, err := db.write.ExecContext(t.Context(), `PRAGMA max_page_count = 200`)
		must(t, err)
		makeRoom = func() {
			_, err := db.write.ExecContext(t.Context(), `PRAGMA max_page_count = 100000`)
			must(t, err)
		}
	}
	org := newOrg(t, db)
	kept := fillUp(t, db, org)
	if n := sites(t, db, org); n != 20*kept { // pages can still be read
		t.Errorf("%d rows after %d acts of 20", n, kept)
	}
	makeRoom()
	afterwards(t, db, org, kept, 0)
}

// TestFullDiskMySQL: MariaDB ends itself where its log finds no room; with room again and started again it has what was acknowledged.
func TestFullDiskMySQL(t *testing.T) {
	dir, ballast, mounted := smallDisk(t, "64")
	if !mounted {
		t.Skip("this machine does not let us mount; the quota of SQLite is tested")
	}
	must(t, os.WriteFile(ballast, make([]byte, 12<<20), 0o600))
	s := mariadbtest.Own(t, dir, "--innodb-flush-log-at-trx-commit=2")
	db, err := openServer(t.Context(), s.Config(s.Database(t)), 6, time.Now)
	must(t, err)
	defer db.Close()
	must(t, db.Migrate(t.Context()))
	org := newOrg(t, db)
	kept := fillUp(t, db, org)
	must(t, os.Remove(ballast))
	if db.Ping(t.Context()) != nil {
		s.Kill()
		s.Restart(t)
	}
	afterwards(t, db, org, kept, 1)
}
