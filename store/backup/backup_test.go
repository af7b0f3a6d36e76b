package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"wakakusa/app/demo"
	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb"
	"wakakusa/store/sqldb/sqldbtest"
)

func TestMain(m *testing.M) { sqldbtest.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// two is the night when backups are made.
var two = time.Date(2026, time.November, 25, 2, 0, 0, 0, roster.Japan)

// furnished is a keeper of a database with a demo organisation, of the engine that the tests run on or of MySQL.
func furnished(t *testing.T, on sqldbtest.Place) (*Keeper, *sqldb.DB) {
	t.Helper()
	db := on.Open(t, time.Now)
	t.Cleanup(func() { db.Close() })
	must(t, db.Migrate(t.Context()))
	_, err := demo.Build(t.Context(), db, demo.Options{Seed: 1, Today: roster.DayOf(two), Staff: 24, Months: 1, NewID: sqldb.NewID})
	must(t, err)
	k := &Keeper{Dir: filepath.Join(t.TempDir(), "backup"), Scratch: filepath.Join(t.TempDir(), "scratch"), Days: 30, Months: 12, File: on.Path, Now: func() time.Time { return two }}
	if on.Path == "" {
		k.DB = db
	}
	return k, db
}

func places(t *testing.T) map[string]sqldbtest.Place {
	return map[string]sqldbtest.Place{"sqlite": {Path: sqldbtest.File(t)}, "mysql": sqldbtest.Empty(t)}
}

// leftovers are what must not stay in a directory of backups.
func leftovers(t *testing.T, k *Keeper) (names []string) {
	t.Helper()
	for _, pattern := range []string{k.Dir + "/*.part", k.Scratch + "/" + scratchPrefix + "*"} {
		found, err := filepath.Glob(pattern)
		must(t, err)
		names = append(names, found...)
	}
	return names
}

// TestMake: a backup on either engine is whole, known by its report, and gives the same bytes when it is restored and written again (B2, B3).
func TestMake(t *testing.T) {
	for engine, place := range places(t) {
		t.Run(engine, func(t *testing.T) {
			k, db := furnished(t, place)
			steps := map[Step]bool{}
			r, err := k.Make(t.Context(), func(s Step, _, _ int64) { steps[s] = true })
			must(t, err)
			if r.Name != "wakakusa_shift_backup_20261125_020000.sql" || len(steps) < 2 || r.Rows < 1000 || len(r.Revisions) != 1 || r.Verified.IsZero() {
				t.Errorf("%+v %v", r, steps)
			}
			all, err := List(k.Dir)
			must(t, err)
			if len(all) != 1 || all[0].Report == nil || all[0].Sum != r.Sum || all[0].Bytes != r.Bytes || !all[0].Made.Equal(two) {
				t.Errorf("%+v", all)
			}
			path := filepath.Join(k.Dir, r.Name)
			content, err := os.ReadFile(path)
			must(t, err)
			if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != r.Sum {
				t.Error("the checksum is of something else")
			}
			if left := leftovers(t, k); len(left) > 0 {
				t.Error(left)
			}
			restored := filepath.Join(t.TempDir(), "restored.db")
			_, err = Load(t.Context(), path, nil, restored, nil)
			must(t, err)
			again, err := sqldb.OpenSQLite(restored, time.Now)
			must(t, err)
			defer again.Close()
			var text bytes.Buffer
			_, err = again.Export(t.Context(), "", &text, nil)
			must(t, err)
			if !bytes.Equal(text.Bytes(), content) {
				t.Error("restored and written again it is another")
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Error(info.Mode(), err)
			}
			_, err = db.Orgs(t.Context())
			must(t, err)
			if _, err := k.Make(t.Context(), nil); err == nil {
				t.Error("a backup of the same second was overwritten")
			}
		})
	}
}

// TestEncrypted: the key that opens it is not here, and still the bytes on the disk have been checked (B7).
func TestEncrypted(t *testing.T) {
	k, _ := furnished(t, sqldbtest.New(t))
	key, err := age.GenerateX25519Identity()
	must(t, err)
	k.Compress, k.Recipients = true, []string{key.Recipient().String()}
	must(t, k.Check())
	r, err := k.Make(t.Context(), nil)
	must(t, err)
	path := filepath.Join(k.Dir, r.Name)
	if !strings.HasSuffix(r.Name, ".sql.zst.age") || !r.Encrypted {
		t.Error(r.Name)
	}
	content, err := os.ReadFile(path)
	must(t, err)
	if bytes.Contains(content, []byte("INSERT")) || int64(len(content)) != r.Bytes {
		t.Error("it can be read")
	}
	if _, err := k.Verify(t.Context(), path, nil, nil); !errors.Is(err, ErrEncrypted) {
		t.Error(err)
	}
	other, err := age.GenerateX25519Identity()
	must(t, err)
	if _, err := k.Verify(t.Context(), path, []age.Identity{other}, nil); err == nil {
		t.Error("any key opens it")
	}
	f, err := k.Verify(t.Context(), path, []age.Identity{key}, nil)
	if err != nil || f.Rows != r.Rows {
		t.Error(f.Rows, err)
	}
	file := filepath.Join(t.TempDir(), "key.txt")
	must(t, os.WriteFile(file, []byte("# created by age-keygen\n"+key.String()+"\n"), 0o600))
	if keys, err := Identities(file); err != nil || len(keys) != 1 {
		t.Error(keys, err)
	}
	k.Recipients = []string{"ssh-rsa AAAA"}
	if err := k.Check(); err == nil {
		t.Error("any text is a key")
	}
}

// TestDamaged: what has changed on the disk is found, also by what reads it much later.
func TestDamaged(t *testing.T) {
	k, _ := furnished(t, sqldbtest.New(t))
	for _, pack := range []bool{false, true} {
		k.Compress = pack
		k.Now = func() time.Time { return two.Add(time.Hour) }
		r, err := k.Make(t.Context(), nil)
		must(t, err)
		path := filepath.Join(k.Dir, r.Name)
		content, err := os.ReadFile(path)
		must(t, err)
		for _, bad := range [][]byte{
			append(append(bytes.Clone(content[:len(content)/2]), content[len(content)/2]^0x01), content[len(content)/2+1:]...), content[:len(content)-40], nil,
		} {
			must(t, os.WriteFile(path, bad, 0o600))
			if _, err := k.Verify(t.Context(), path, nil, nil); err == nil {
				t.Errorf("packed %v: %d bytes of %d were taken for whole", pack, len(bad), len(content))
			}
		}
		if left := leftovers(t, k); len(left) > 0 {
			t.Error(left)
		}
	}
	// another backup under this one's name
	k.Compress = false
	k.Now = func() time.Time { return two.Add(2 * time.Hour) }
	r, err := k.Make(t.Context(), nil)
	must(t, err)
	report := readReport(filepath.Join(k.Dir, r.Name))
	report.Revisions["wakakusa"]++
	text, err := json.Marshal(report)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(k.Dir, r.Name+".json"), text, 0o600))
	if _, err := k.Verify(t.Context(), filepath.Join(k.Dir, r.Name), nil, nil); err == nil {
		t.Error("the report says something else")
	}
}

// TestUnproven: a file that is damaged between writing and restoring never has the name of a backup.
func TestUnproven(t *testing.T) {
	k, db := furnished(t, sqldbtest.New(t))
	_, err := demo.Build(t.Context(), db, demo.Options{Seed: 2, Today: roster.DayOf(two), Staff: 60, Months: 1, NewID: sqldb.NewID, Slug: "second"})
	must(t, err)
	damaged := false
	_, err = k.Make(t.Context(), func(s Step, _, _ int64) {
		if s != StepCheck || damaged {
			return
		}
		damaged = true // while it is read, the first megabyte of several
		part := filepath.Join(k.Dir, "wakakusa_shift_backup_20261125_020000.sql.part")
		f, err := os.OpenFile(part, os.O_RDWR, 0)
		must(t, err)
		info, err := f.Stat()
		must(t, err)
		_, err = f.WriteAt([]byte("x"), info.Size()*3/4)
		must(t, errors.Join(err, f.Close()))
	})
	if err == nil || !damaged {
		t.Error(damaged, err)
	}
	if all, err := List(k.Dir); err != nil || len(all) > 0 {
		t.Error(all, err)
	}
	if left := leftovers(t, k); len(left) > 0 {
		t.Error(left)
	}
}

// TestCutShort: stopped or killed in the middle, nothing has the name of a backup, and the next one clears away what is left (B6).
func TestCutShort(t *testing.T) {
	k, _ := furnished(t, sqldbtest.New(t))
	for _, at := range []Step{StepCopy, StepWrite, StepCheck} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := k.Make(ctx, func(s Step, _, _ int64) {
			if s == at {
				cancel()
			}
		})
		if err == nil {
			t.Errorf("%s: not stopped", at)
		}
		if all, _ := List(k.Dir); len(all) > 0 {
			t.Errorf("%s: %v", at, all)
		}
		if left := leftovers(t, k); len(left) > 0 {
			t.Errorf("%s: %v", at, left)
		}
	}
	must(t, os.Mkdir(filepath.Join(k.Scratch, scratchPrefix+"123"), 0o700)) // as a kill would leave it
	must(t, os.WriteFile(filepath.Join(k.Scratch, scratchPrefix+"123", "copy.db"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(k.Dir, "wakakusa_shift_backup_20261124_020000.sql.part"), nil, 0o600))
	_, err := k.Make(t.Context(), nil)
	must(t, err)
	if left := leftovers(t, k); len(left) > 0 {
		t.Error(left)
	}
}

// TestBackupDiskFull: without room nothing has the name of a backup, what was there stays, and with room it works again (B6).
func TestBackupDiskFull(t *testing.T) {
	k, _ := furnished(t, sqldbtest.New(t))
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("no disk of its own: %v", err) // as the other tests of full disks
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) }) //nolint:errcheck // the machine forgets it anyway
	k.Dir, k.Scratch = filepath.Join(dir, "backup"), filepath.Join(dir, "scratch")
	_, err := k.Make(t.Context(), nil)
	if err == nil {
		t.Fatal("there was room")
	}
	if all, _ := List(k.Dir); len(all) > 0 {
		t.Error(all)
	}
	if left := leftovers(t, k); len(left) > 0 {
		t.Error(left)
	}
	must(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"))
	if _, err := k.Make(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// TestAtOnce: two programs do not make a backup in one directory at the same time.
func TestAtOnce(t *testing.T) {
	k, _ := furnished(t, sqldbtest.New(t))
	tried := false
	_, err := k.Make(t.Context(), func(Step, int64, int64) {
		if tried {
			return
		}
		tried = true
		if _, err := k.Make(t.Context(), nil); !errors.Is(err, ErrBusy) {
			t.Error(err)
		}
	})
	if err != nil || !tried {
		t.Error(tried, err)
	}
}

// TestWhileWriting: what is written meanwhile neither fails nor gets into the backup by half.
func TestWhileWriting(t *testing.T) {
	for engine, place := range places(t) {
		t.Run(engine, func(t *testing.T) {
			k, db := furnished(t, place)
			org, err := db.OrgBySlug(t.Context(), demo.Slug)
			must(t, err)
			stop, done := make(chan struct{}), make(chan error)
			wrote := 0
			go func() {
				defer close(done)
				for {
					select {
					case <-stop:
						return
					default:
					}
					_, err := db.Write(t.Context(), roster.Act{Org: org.ID, Kind: "site.saved", Name: "試験"}, func(w store.Writer) error {
						s, err := w.SaveSite(t.Context(), roster.Site{ID: roster.SiteID(sqldb.NewID()), Name: fmt.Sprintf("部署%d", wrote), StartDay: 1})
						w.Record(roster.Saved(roster.EventSiteSaved, string(s.ID), s.ID, nil, s))
						return err
					})
					if err != nil {
						done <- err
						return
					}
					wrote++
				}
			}()
			r, err := k.Make(t.Context(), nil)
			close(stop)
			for err := range done {
				t.Error("a write failed:", err)
			}
			must(t, err)
			if now, err := db.AllRevisions(t.Context()); err != nil || r.Revisions[demo.Slug] >= now[demo.Slug] || wrote == 0 {
				t.Errorf("%v, %v while %d writes came in: %v", r.Revisions, now, wrote, err)
			}
		})
	}
}

// TestBackupCalendar: one backup a night for 400 days (B1).
func TestBackupCalendar(t *testing.T) {
	k := &Keeper{Dir: t.TempDir(), Scratch: t.TempDir(), Days: 30, Months: 12}
	for day := range 400 {
		now := two.AddDate(0, 0, day)
		k.Now = func() time.Time { return now }
		name := prefix + now.Format(moment) + ".sql"
		must(t, os.WriteFile(filepath.Join(k.Dir, name), []byte("x"), 0o600))
		if day == 3 || day < 380 { // for the last weeks no check goes well
			text, err := json.Marshal(Report{Name: name, Verified: now})
			must(t, err)
			must(t, os.WriteFile(filepath.Join(k.Dir, name+".json"), text, 0o600))
		}
		must(t, k.prune())
		all, err := List(k.Dir)
		must(t, err)
		recent, months := 0, map[string]bool{}
		for _, b := range all {
			if now.Sub(b.Made) < 30*24*time.Hour {
				recent++
			}
			months[b.Made.In(roster.Japan).Format("2006-01")] = true
		}
		if want := min(day+1, 30); recent != want || len(all) > 30+13 {
			t.Fatalf("day %d: %d recent of %d", day, recent, len(all))
		}
		if day == 399 && len(months) != 13 {
			t.Errorf("%d months are left", len(months))
		}
		if reports, _ := filepath.Glob(filepath.Join(k.Dir, "*.json")); len(reports) > len(all) {
			t.Fatal("reports without a backup")
		}
	}
	old := two.AddDate(4, 0, 0)
	k.Now = func() time.Time { return old }
	must(t, k.prune())
	all, err := List(k.Dir)
	if err != nil || len(all) != 1 || all[0].Report == nil {
		t.Errorf("the last that was verified is not kept: %v %v", all, err)
	}
}

func TestNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"wakakusa_shift_backup_20261125_020000.sql", "wakakusa_shift_backup_20261125_020000.sql.zst.age", "wakakusa_shift_backup_20261124_020000.sql.zst",
		"wakakusa_shift_backup_20261325_020000.sql", "wakakusa_shift_backup_20261125_020000.sql.part", "wakakusa_shift_backup_20261125_020000.sql.json",
		"other.sql", "xwakakusa_shift_backup_20261125_020000.sql",
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	must(t, os.Mkdir(filepath.Join(dir, "wakakusa_shift_backup_20261101_020000.sql"), 0o700))
	all, err := List(dir)
	if err != nil || len(all) != 3 || all[2].Name != "wakakusa_shift_backup_20261124_020000.sql.zst" {
		t.Error(all, err)
	}
	if all, err := List(filepath.Join(dir, "none")); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
}

// TestSeek: a packed file is read from its beginning as often as one likes.
func TestSeek(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.sql.zst")
	s, err := create(path, nil)
	must(t, err)
	_, err = io.WriteString(s, strings.Repeat("行\n", 1000))
	must(t, err)
	_, err = s.close()
	must(t, err)
	must(t, rename(path))
	o, err := open(path, path, nil)
	must(t, err)
	defer o.Close()
	for range 3 {
		text, err := io.ReadAll(o)
		if err != nil || len(text) != 4000 {
			t.Fatal(len(text), err)
		}
		_, err = o.Seek(0, io.SeekStart)
		must(t, err)
	}
	if _, err := o.Seek(5, io.SeekStart); err == nil {
		t.Error("it went into the middle")
	}
}
