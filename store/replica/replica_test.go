package replica

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"modernc.org/sqlite"

	"wakakusa/store/offsite/s3test"
	"wakakusa/store/offsite/sftptest"
)

var quiet = slog.New(slog.DiscardHandler)

func TestMain(m *testing.M) {
	sqlite.OFDLocking(true)
	if path := os.Getenv(secondEnv); path != "" {
		if err := secondProgram(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	askWithin, sealEvery = 2*time.Second, 500*time.Millisecond
	os.Exit(m.Run())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// place is a database and its copy.
type place struct {
	Config
	dir string
}

func newPlace(t *testing.T) place {
	dir := t.TempDir()
	return place{configOf(t, dir, "file", "      path: "+filepath.Join(dir, "copy")), dir}
}

func configOf(t *testing.T, dir, kind, lines string) Config {
	t.Helper()
	c, err := Parse([]byte(fmt.Sprintf(`
snapshot: {interval: 24h, retention: 720h}
dbs:
  - path: %s
    monitor-interval: 250ms
    busy-timeout: 5s
    replica:
      type: %s
      sync-interval: 250ms
%s
`, filepath.Join(dir, "data", "x.db"), kind, lines)), os.Getenv, Keys{"key", "secret"})
	must(t, err)
	must(t, os.MkdirAll(filepath.Dir(c.Path), 0o700))
	return c
}

func (p place) copy() string { return filepath.Join(p.dir, "copy") }

// open starts copying and opens the database as the program does.
func (p place) open(t *testing.T) (*Replica, *sql.DB, Opened) {
	t.Helper()
	r, found, err := Open(t.Context(), p.Config, Options{Log: quiet, Compare: compareRows(p.Path)})
	must(t, err)
	return r, openSQL(t, p.Path), found
}

func openSQL(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=wal_autocheckpoint(0)")
	must(t, err)
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, text TEXT)`)
	must(t, err)
	return db
}

func add(t *testing.T, db *sql.DB, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		_, err := db.Exec(`INSERT INTO rows (n, text) VALUES (?, ?)`, n, fmt.Sprintf("row %d", n))
		must(t, err)
	}
}

// rowsOf lists the numbers in a file that nobody has open, and checks it.
func rowsOf(t *testing.T, path string) (all []int) {
	t.Helper()
	all, err := readRows(path)
	must(t, err)
	return all
}

func readRows(path string) (all []int, err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var state string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&state); err != nil || state != "ok" {
		return nil, errors.Join(err, errors.New(state))
	}
	rows, err := db.Query(`SELECT n FROM rows ORDER BY n`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, rows.Err()
}

func compareRows(path string) func(context.Context, string) error {
	return func(_ context.Context, restored string) error {
		here, err := readRows(path)
		if err != nil {
			return err
		}
		there, err := readRows(restored)
		if err == nil && len(there) > len(here) {
			err = fmt.Errorf("%d rows, %d on the copy", len(here), len(there))
		}
		return err
	}
}

func wantRows(t *testing.T, path string, count int) {
	t.Helper()
	all := rowsOf(t, path)
	if len(all) != count {
		t.Fatalf("%d rows in %s, not %d", len(all), filepath.Base(path), count)
	}
	for i, n := range all {
		if n != i+1 {
			t.Fatalf("row %d is missing", i+1)
		}
	}
}

// restored writes the state of the copy to a new file.
func (p place) restored(t *testing.T, at time.Time) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "restored.db")
	must(t, p.Restore(t.Context(), to, at, quiet))
	return to
}

// crash ends everything as a kill would: nothing is written any more. What the process holds is given up with it.
func (p place) crash(t *testing.T, r *Replica, db *sql.DB) {
	t.Helper()
	saved := filepath.Join(t.TempDir(), "saved")
	must(t, os.CopyFS(saved, os.DirFS(p.dir)))
	must(t, db.Close())
	must(t, r.Close())
	must(t, os.RemoveAll(p.dir))
	must(t, os.CopyFS(p.dir, os.DirFS(saved)))
}

func end(t *testing.T, r *Replica, db *sql.DB) {
	t.Helper()
	must(t, db.Close())
	must(t, r.Close())
}

func (p place) loseDisk(t *testing.T) {
	t.Helper()
	must(t, os.RemoveAll(filepath.Dir(p.Path)))
	must(t, os.MkdirAll(filepath.Dir(p.Path), 0o700))
}

// TestCopied: what is written is on the copy, after a stop all of it, and a missing file comes back from there.
func TestCopied(t *testing.T) {
	p := newPlace(t)
	r, db, found := p.open(t)
	if found.Restored {
		t.Error("an empty copy was restored")
	}
	add(t, db, 1, 50)
	must(t, r.Seal(t.Context()))
	wantRows(t, p.restored(t, time.Time{}), 50)
	if s := r.Status(); s.Failure != nil || s.Lag > time.Minute || s.Place != p.copy() {
		t.Errorf("%+v", s)
	}
	add(t, db, 51, 60)
	end(t, r, db)
	wantRows(t, p.restored(t, time.Time{}), 60)

	p.loseDisk(t)
	r, db, found = p.open(t)
	if !found.Restored {
		t.Error("not restored")
	}
	add(t, db, 61, 70)
	end(t, r, db)
	wantRows(t, p.Path, 70)
	wantRows(t, p.restored(t, time.Time{}), 70)
}

// forked brings the copy into the state from which Litestream 0.5.18 goes on with numbers it has given already: a full copy was made, the
// single transactions in it had not been sent, and all else is lost.
func forked(t *testing.T) place {
	p := newPlace(t)
	r, db, _ := p.open(t)
	add(t, db, 1, 10)
	must(t, r.Seal(t.Context()))
	must(t, r.db.Replica.Stop(true)) // from here on nothing is sent by itself
	add(t, db, 11, 20)
	must(t, r.db.Sync(t.Context())) // taken from the file, not sent
	if _, err := r.db.Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join(t.TempDir(), "saved")
	must(t, os.CopyFS(saved, os.DirFS(p.copy())))
	end(t, r, db)
	p.loseDisk(t)
	must(t, os.RemoveAll(p.copy()))
	must(t, os.CopyFS(p.copy(), os.DirFS(saved)))
	return p
}

// TestReusedNumbers: the program goes on behind a lost history without losing what it writes then.
func TestReusedNumbers(t *testing.T) {
	p := forked(t)
	r, db, found := p.open(t)
	if !found.Restored || found.Aside == 0 {
		t.Errorf("%+v", found)
	}
	add(t, db, 21, 21)
	must(t, r.Seal(t.Context()))
	wantRows(t, p.restored(t, time.Time{}), 21)
	end(t, r, db)
	wantRows(t, p.restored(t, time.Time{}), 21)
	if lost, err := filepath.Glob(p.copy() + ".lost-*/ltx/9/*"); err != nil || len(lost) == 0 {
		t.Error("nothing was set aside", err)
	}
}

// TestReusedNumbersUncured holds the defect itself: a write that is on the copy, says the library, is missing after the next restore. When
// this fails, Litestream has mended it.
func TestReusedNumbersUncured(t *testing.T) {
	p := forked(t)
	must(t, p.Restore(t.Context(), p.Path, time.Time{}, quiet))
	plain := p.connect(p.replica.client(""), quiet)
	must(t, plain.store.Open(t.Context()))
	db := openSQL(t, p.Path)
	add(t, db, 21, 21)
	must(t, plain.db.SyncAndWait(t.Context()))
	if s, err := plain.db.SyncStatus(t.Context()); err != nil || !s.InSync {
		t.Errorf("%+v, %v", s, err)
	}
	must(t, db.Close())
	must(t, plain.store.Close(t.Context()))
	all, err := readRows(p.restored(t, time.Time{}))
	if err == nil && len(all) == 21 {
		t.Error("Litestream no longer gives numbers twice: dropAhead may go, once the rounds of scripts/bench-replica.sh agree")
	}
}

// TestLeftovers: a -wal that was left behind is not played into the restored file.
func TestLeftovers(t *testing.T) {
	p := newPlace(t)
	r, db, _ := p.open(t)
	add(t, db, 1, 20)
	must(t, r.Seal(t.Context()))
	p.crash(t, r, db)
	must(t, os.Remove(p.Path))
	if st, err := os.Stat(p.Path + "-wal"); err != nil || st.Size() == 0 {
		t.Fatal("there is no -wal to be left behind")
	}
	r, db, found := p.open(t)
	add(t, db, 21, 30)
	end(t, r, db)
	wantRows(t, p.Path, 30)
	wantRows(t, p.restored(t, time.Time{}), 30)
	if left, _ := filepath.Glob(p.Path + "-wal.lost-*"); len(left) != 1 || !found.Restored {
		t.Error(left, found)
	}
}

// TestCutShort: a restore that was cut short begins again; the file has its name only when the copy is in order, too.
func TestCutShort(t *testing.T) {
	p := forked(t)
	must(t, os.WriteFile(p.Path+".restoring", []byte("half"), 0o600))
	must(t, os.WriteFile(p.Path+".restoring-wal", []byte("half"), 0o600))
	r, db, found := p.open(t)
	end(t, r, db)
	if !found.Restored || found.Aside == 0 {
		t.Errorf("%+v", found)
	}
	if left, _ := filepath.Glob(p.Path + ".restoring*"); len(left) > 0 {
		t.Error(left)
	}
}

// TestNotCompared: after a kill on a machine that ran on there is nothing to compare, so that the start is quick.
func TestNotCompared(t *testing.T) {
	p := newPlace(t)
	r, db, _ := p.open(t)
	add(t, db, 1, 20)
	must(t, r.Seal(t.Context()))
	add(t, db, 21, 30)
	must(t, r.db.Sync(t.Context())) // taken, perhaps not sent
	p.crash(t, r, db)
	r, found, err := Open(t.Context(), p.Config, Options{Log: quiet, Compare: func(context.Context, string) error {
		t.Error("compared")
		return nil
	}})
	if err != nil || found.Doubt != nil {
		t.Fatal(found, err)
	}
	must(t, r.Seal(t.Context()))
	wantRows(t, p.restored(t, time.Time{}), 30)
	must(t, r.Close())
}

// away takes the copy from its place, as a disk that is not mounted, or gives it back.
func (p place) away(t *testing.T, gone bool) {
	t.Helper()
	from, to := p.copy(), p.copy()+".away"
	if !gone {
		must(t, os.Remove(from))
		must(t, os.Rename(to, from))
		return
	}
	must(t, os.Rename(from, to))
	must(t, os.WriteFile(from, nil, 0o600)) // a file: to list it is an error
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal(what)
}

// TestPowerLossWithoutCopy: the copy does not answer at the start after a power loss. When it does, what only it has is not overwritten.
func TestPowerLossWithoutCopy(t *testing.T) {
	p := newPlace(t)
	p.powerLoss(t)
	p.away(t, true)
	r, db, found := p.open(t)
	if found.Doubt == nil {
		t.Fatal("not doubted")
	}
	if err := r.Seal(t.Context()); err == nil {
		t.Error("sealed")
	}
	p.away(t, false)
	var behind *Behind
	eventually(t, "nobody was told", func() bool { return errors.As(r.Status().Failure, &behind) })
	end(t, r, db)
	wantRows(t, p.restored(t, time.Time{}), 30)
	if _, _, err := Open(t.Context(), p.Config, Options{Log: quiet, Compare: compareRows(p.Path)}); !errors.As(err, &behind) {
		t.Error("the next start has forgotten it:", err)
	}
}

// TestCopyComesLate: a copy that does not answer at the start is brought up to date when it does, and until then the WAL is reused.
func TestCopyComesLate(t *testing.T) {
	p := newPlace(t)
	r, db, _ := p.open(t)
	add(t, db, 1, 20)
	end(t, r, db)
	p.away(t, true)
	r, db, found := p.open(t)
	if found.Doubt == nil {
		t.Fatal("not doubted")
	}
	add(t, db, 21, 30)
	must(t, relieve(t.Context(), p.Path))
	before, err := os.Stat(p.Path + "-wal")
	must(t, err)
	for n := 31; n <= 60; n++ {
		add(t, db, n, n)
		must(t, relieve(t.Context(), p.Path))
	}
	if after, err := os.Stat(p.Path + "-wal"); err != nil || after.Size() > 2*before.Size() {
		t.Errorf("the WAL grew from %d to %d, %v", before.Size(), after.Size(), err)
	}
	p.away(t, false)
	eventually(t, "the copy is not used", func() bool { return r.Seal(t.Context()) == nil })
	wantRows(t, p.restored(t, time.Time{}), 60)
	end(t, r, db)
}

// TestPlaceWasEmpty: the place of the copy was empty for a while, as a disk that was not mounted, and then the old copy is there again.
func TestPlaceWasEmpty(t *testing.T) {
	p := newPlace(t)
	r, db, _ := p.open(t)
	for n := 1; n <= 3; n++ {
		add(t, db, n, n)
		must(t, r.Seal(t.Context()))
	}
	end(t, r, db)
	must(t, os.Rename(p.copy(), p.copy()+".old"))
	r, db, _ = p.open(t)
	for n := 4; n <= 20; n++ {
		add(t, db, n, n)
		must(t, r.Seal(t.Context()))
	}
	p.crash(t, r, db)
	must(t, os.RemoveAll(p.copy()))
	must(t, os.Rename(p.copy()+".old", p.copy()))
	r, db, _ = p.open(t)
	add(t, db, 21, 25)
	must(t, r.Seal(t.Context()))
	wantRows(t, p.restored(t, time.Time{}), 25)
	end(t, r, db)
	wantRows(t, p.restored(t, time.Time{}), 25)
}

// TestKilledWhileRestoring: cut short after the file has its name and before its copy is in order, the next start goes on with that.
func TestKilledWhileRestoring(t *testing.T) {
	p := forked(t)
	must(t, p.Restore(t.Context(), p.Path, time.Time{}, quiet))
	must(t, setMark(p.Path, restoredMark, "now"))
	r, db, found := p.open(t)
	if found.Aside == 0 {
		t.Error("nothing was set aside")
	}
	add(t, db, 21, 21)
	end(t, r, db)
	wantRows(t, p.restored(t, time.Time{}), 21)
	if _, left := readMark(p.Path, restoredMark); left {
		t.Error("the mark is left")
	}
}

// TestKilledBeforeSealed: a start that ends after a restore, and before the copy is up to date, leaves the wait for it to the next one.
func TestKilledBeforeSealed(t *testing.T) {
	p := forked(t)
	r, db, found := p.open(t)
	if !found.Restored {
		t.Fatal("nothing was restored")
	}
	p.crash(t, r, db)
	for _, want := range []bool{true, false} {
		r, db, found = p.open(t)
		if found.Restored != want {
			t.Errorf("restored and not sealed: %v", found.Restored)
		}
		must(t, r.Seal(t.Context()))
		end(t, r, db)
	}
}

// TestAcceptedBeforeSealed: who says that the file counts, or puts another one in its place, need not wait for the copy.
func TestAcceptedBeforeSealed(t *testing.T) {
	p := forked(t)
	r, db, _ := p.open(t)
	p.crash(t, r, db)
	must(t, Accept(p.Path))
	r, db, found := p.open(t)
	if found.Restored {
		t.Error("the next start waits as after a restore")
	}
	end(t, r, db)
}

// TestSilent: a server that takes connections and says nothing keeps the program neither from starting nor from ending.
func TestSilent(t *testing.T) {
	list, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer list.Close()
	server := sftptest.New(t)
	dir := t.TempDir()
	p := place{configOf(t, dir, "sftp", fmt.Sprintf("      host: %s\n      user: u\n      path: /x\n      password: x\n      host-key: %s", list.Addr(), server.HostKey)), dir}
	must(t, openSQL(t, p.Path).Close())
	began := time.Now()
	r, db, found := p.open(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := r.Seal(ctx); err == nil || found.Doubt == nil {
		t.Error(found, err)
	}
	end(t, r, db)
	if took := time.Since(began); took > askWithin+closeWithin+5*time.Second {
		t.Error(took)
	}
}

// TestCrash: what a kill left behind in the file reaches the copy after the next start.
func TestCrash(t *testing.T) {
	p := newPlace(t)
	r, db, _ := p.open(t)
	add(t, db, 1, 20)
	p.crash(t, r, db)
	r, db, found := p.open(t)
	must(t, r.Seal(t.Context()))
	wantRows(t, p.restored(t, time.Time{}), 20)
	end(t, r, db)
	if found.Restored || found.Doubt != nil {
		t.Errorf("%+v", found)
	}
}

// older makes the file one that lacks what the copy has, as after a power loss or when somebody has put an old file in its place.
func (p place) older(t *testing.T) {
	t.Helper()
	r, db, _ := p.open(t)
	add(t, db, 1, 20)
	end(t, r, db)
	data := filepath.Dir(p.Path)
	saved := filepath.Join(t.TempDir(), "saved")
	must(t, os.CopyFS(saved, os.DirFS(data)))
	r, db, _ = p.open(t)
	add(t, db, 21, 30)
	end(t, r, db)
	must(t, os.RemoveAll(data))
	must(t, os.CopyFS(data, os.DirFS(saved)))
}

// powerLoss leaves a file of twenty rows where thirty had been acknowledged, and copied.
func (p place) powerLoss(t *testing.T) {
	t.Helper()
	r, db, _ := p.open(t)
	add(t, db, 1, 20)
	must(t, r.Seal(t.Context()))
	old, err := os.ReadFile(p.Path)
	must(t, err)
	wal, err := os.ReadFile(p.Path + "-wal")
	must(t, err)
	add(t, db, 21, 30)
	must(t, r.Seal(t.Context()))
	p.crash(t, r, db)
	must(t, os.WriteFile(p.Path, old, 0o600))
	must(t, os.WriteFile(p.Path+"-wal", wal, 0o600))
	must(t, setMark(p.Path, runningMark, "another start of the machine"))
}

// TestBehind: a file that lacks what the copy has is neither used nor overwritten; somebody says which counts.
func TestBehind(t *testing.T) {
	refused := func(p place) {
		t.Helper()
		_, _, err := Open(t.Context(), p.Config, Options{Log: quiet, Compare: compareRows(p.Path)})
		var behind *Behind
		if !errors.As(err, &behind) {
			t.Fatal(err)
		}
	}
	t.Run("the file counts", func(t *testing.T) {
		p := newPlace(t)
		p.older(t)
		refused(p)
		refused(p) // it stays so
		wantRows(t, p.Path, 20)
		wantRows(t, p.restored(t, time.Time{}), 30)
		before := time.Now()
		must(t, Accept(p.Path))
		r, db, _ := p.open(t)
		add(t, db, 21, 22)
		end(t, r, db)
		wantRows(t, p.restored(t, time.Time{}), 22)
		wantRows(t, p.restored(t, before), 30) // its history stays
		r, db, _ = p.open(t)
		end(t, r, db)
	})
	t.Run("the copy counts", func(t *testing.T) {
		p := newPlace(t)
		p.older(t)
		refused(p)
		must(t, os.Rename(p.Path, p.Path+".old"))
		r, db, found := p.open(t)
		end(t, r, db)
		if !found.Restored {
			t.Error("not restored")
		}
		wantRows(t, p.Path, 30)
	})
	t.Run("after a power loss", func(t *testing.T) { // the file is behind what had been taken from it
		p := newPlace(t)
		p.powerLoss(t)
		refused(p)
		wantRows(t, p.restored(t, time.Time{}), 30)
	})
	t.Run("after a power loss without loss", func(t *testing.T) {
		p := newPlace(t)
		r, db, _ := p.open(t)
		add(t, db, 1, 20)
		must(t, r.Seal(t.Context()))
		p.crash(t, r, db)
		must(t, setMark(p.Path, runningMark, "another start of the machine"))
		r, db, _ = p.open(t)
		add(t, db, 21, 30)
		end(t, r, db)
		wantRows(t, p.restored(t, time.Time{}), 30)
	})
}

// TestEarlier: after a restore of an earlier moment in place the copy goes on from it, and the later state stays in its history.
func TestEarlier(t *testing.T) {
	p := newPlace(t)
	r, db, _ := p.open(t)
	add(t, db, 1, 20)
	must(t, r.Seal(t.Context()))
	moment := time.Now()
	time.Sleep(20 * time.Millisecond)
	_, err := db.Exec(`WITH RECURSIVE c(n) AS (SELECT 21 UNION ALL SELECT n + 1 FROM c WHERE n < 5000) INSERT INTO rows SELECT n, 'a much larger file' FROM c`)
	must(t, err)
	end(t, r, db)
	wantRows(t, p.restored(t, moment), 20)

	time.Sleep(20 * time.Millisecond)
	late := time.Now()
	must(t, p.Restore(t.Context(), p.Path+".new", moment, quiet))
	must(t, SetAside(p.Path))
	must(t, os.Rename(p.Path, p.Path+".old"))
	must(t, os.Rename(p.Path+".new", p.Path))
	must(t, Accept(p.Path))
	r, db, _ = p.open(t)
	add(t, db, 21, 25)
	end(t, r, db)
	wantRows(t, p.restored(t, time.Time{}), 25)
	wantRows(t, p.restored(t, late), 5000)
	p.loseDisk(t)
	r, db, _ = p.open(t)
	add(t, db, 26, 30)
	end(t, r, db)
	wantRows(t, p.restored(t, time.Time{}), 30)
}

// TestAnotherPlace: where the configuration names a new place, the copy is made there from the beginning.
func TestAnotherPlace(t *testing.T) {
	p := newPlace(t)
	r, db, _ := p.open(t)
	add(t, db, 1, 20)
	end(t, r, db)
	p.Config = configOf(t, p.dir, "file", "      path: "+filepath.Join(p.dir, "elsewhere"))
	r, db, _ = p.open(t)
	add(t, db, 21, 30)
	must(t, r.Seal(t.Context()))
	wantRows(t, p.restored(t, time.Time{}), 30)
	end(t, r, db)
}

// TestWrittenWithout: what is written while nothing copies, as by a command of the operator, is on the copy after the next start.
func TestWrittenWithout(t *testing.T) {
	p := newPlace(t)
	r, db, _ := p.open(t)
	add(t, db, 1, 20)
	end(t, r, db)
	alone, err := sql.Open("sqlite", "file:"+p.Path+"?_pragma=journal_mode(WAL)")
	must(t, err)
	add(t, alone, 21, 3000)
	must(t, alone.Close())
	r, db, found := p.open(t)
	must(t, r.Seal(t.Context()))
	wantRows(t, p.restored(t, time.Time{}), 3000)
	end(t, r, db)
	if found.Restored || found.Doubt != nil {
		t.Errorf("%+v", found)
	}
}

// TestAway: without its copy the program starts and says so, but not where the copy is all there may be.
func TestAway(t *testing.T) {
	dir := t.TempDir()
	nobody := "      bucket: b\n      region: x\n      path: p\n      endpoint: http://127.0.0.1:1"
	p := place{configOf(t, dir, "s3", nobody), dir}
	if _, _, err := Open(t.Context(), p.Config, Options{Log: quiet}); err == nil {
		t.Fatal("an empty database would have been begun")
	}
	must(t, openSQL(t, p.Path).Close())
	began := time.Now()
	r, db, found := p.open(t)
	if found.Doubt == nil || time.Since(began) > 2*askWithin {
		t.Error(found, time.Since(began))
	}
	add(t, db, 1, 20)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := r.Seal(ctx); err == nil {
		t.Error("sealed without a copy")
	}
	must(t, db.Close())
	must(t, r.Close())
	wantRows(t, p.Path, 20)
}

// TestFull: a copy that cannot be written is a failure that is told; afterwards it catches up.
func TestFull(t *testing.T) {
	p := newPlace(t)
	r, db, _ := p.open(t)
	add(t, db, 1, 5)
	must(t, r.Seal(t.Context()))
	must(t, os.Rename(p.copy(), p.copy()+".away"))
	must(t, os.WriteFile(p.copy(), nil, 0o600)) // a file where the directory was
	add(t, db, 6, 10)
	if err := r.Seal(t.Context()); err == nil || r.Status().Failure == nil {
		t.Error("nothing was told", err)
	}
	must(t, os.Remove(p.copy()))
	must(t, os.Rename(p.copy()+".away", p.copy()))
	add(t, db, 11, 15)
	must(t, r.Seal(t.Context()))
	if s := r.Status(); s.Failure != nil {
		t.Error(s)
	}
	end(t, r, db)
	wantRows(t, p.restored(t, time.Time{}), 15)
}

func TestSpan(t *testing.T) {
	p := newPlace(t)
	if from, to, err := p.Span(t.Context()); err != nil || !from.IsZero() || !to.IsZero() {
		t.Error(from, to, err)
	}
	r, db, _ := p.open(t)
	add(t, db, 1, 5)
	end(t, r, db)
	if from, to, err := p.Span(t.Context()); err != nil || from.IsZero() || to.Before(from) || time.Since(to) > time.Minute {
		t.Error(from, to, err)
	}
}

// TestElsewhere: a bucket and an SFTP server do what a directory does.
func TestElsewhere(t *testing.T) {
	dir := t.TempDir()
	server := sftptest.New(t)
	bucket := s3test.New(t)
	for kind, lines := range map[string]string{
		"sftp": fmt.Sprintf("      host: %s\n      user: %s\n      path: %s\n      key-path: %s\n      host-key: %s", server.Address, sftptest.User, dir, server.Key, server.HostKey),
		"s3": fmt.Sprintf("      bucket: %s\n      region: %s\n      path: shift\n      endpoint: %s\n      access-key-id: %s\n      secret-access-key: %s",
			s3test.Bucket, s3test.Region, bucket.Endpoint, s3test.ID, s3test.Secret),
	} {
		t.Run(kind, func(t *testing.T) {
			at := t.TempDir()
			p := place{configOf(t, at, kind, lines), at}
			r, db, _ := p.open(t)
			add(t, db, 1, 20)
			must(t, r.Seal(t.Context()))
			time.Sleep(1100 * time.Millisecond) // SFTP knows seconds only
			moment := time.Now()
			time.Sleep(1100 * time.Millisecond)
			must(t, r.db.Replica.Stop(true))
			add(t, db, 21, 30)
			must(t, r.db.Sync(t.Context()))
			if _, err := r.db.Snapshot(t.Context()); err != nil { // ahead of what has been sent
				t.Fatal(err)
			}
			must(t, db.Close())
			r.stop() // as if it had been killed: nothing more is sent
			<-r.done
			p.loseDisk(t)
			r, db, found := p.open(t)
			if !found.Restored || found.Aside == 0 {
				t.Errorf("%+v", found)
			}
			add(t, db, 31, 40)
			end(t, r, db)
			wantRows(t, p.restored(t, time.Time{}), 40)
			if got := len(rowsOf(t, p.restored(t, moment))); got != 20 {
				t.Errorf("%d rows at the moment", got)
			}
			if has, err := p.HasCopy(t.Context()); err != nil || !has {
				t.Error(has, err)
			}
		})
	}
}
