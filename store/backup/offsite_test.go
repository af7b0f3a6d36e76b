package backup

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"wakakusa/store/offsite"
	"wakakusa/store/offsite/s3test"
	"wakakusa/store/sqldb/sqldbtest"
)

// encrypted is a keeper whose backups only a key of the test opens.
func encrypted(t *testing.T) (*Keeper, *age.X25519Identity) {
	t.Helper()
	k, _ := furnished(t, sqldbtest.New(t))
	key, err := age.GenerateX25519Identity()
	must(t, err)
	k.Compress, k.Recipients = true, []string{key.Recipient().String()}
	return k, key
}

// TestCopyOut: what is kept here is there too, what need not be kept is gone, and what comes back is what was verified (B7).
func TestCopyOut(t *testing.T) {
	server := s3test.New(t)
	for name, c := range map[string]offsite.Config{
		"file": {URL: "file://" + t.TempDir()},
		"s3":   {URL: "s3://" + s3test.Bucket + "/shift?region=" + s3test.Region + "&endpoint=" + server.Endpoint, ID: s3test.ID, Secret: s3test.Secret},
	} {
		t.Run(name, func(t *testing.T) {
			place, err := offsite.Open(t.Context(), c)
			must(t, err)
			defer place.Close()
			k, key := encrypted(t)
			if c, err := k.CopyOut(t.Context(), place, nil); err != nil || c.Files != 0 {
				t.Error(c, err)
			}
			r, err := k.Make(t.Context(), nil)
			must(t, err)
			c, err := k.CopyOut(t.Context(), place, nil)
			if err != nil || c.Files != 3 || c.Kept != 1 || c.Bytes < r.Bytes {
				t.Errorf("%+v %v", c, err)
			}
			if c, err = k.CopyOut(t.Context(), place, nil); err != nil || c.Files != 0 || c.Kept != 1 {
				t.Errorf("again: %+v %v", c, err)
			}
			there, err := sizes(t.Context(), place)
			must(t, err)
			if there[r.Name] != r.Bytes || there[r.Files] == 0 || there[r.Name+".json"] == 0 {
				t.Error(there)
			}
			back := filepath.Join(t.TempDir(), r.Name)
			must(t, fetch(t.Context(), place, r.Name, back))
			if f, err := k.Verify(t.Context(), back, []age.Identity{key}, nil); err != nil || f.Rows != r.Rows {
				t.Error(f.Rows, err)
			}
			// a drill without the key compares the bytes, and says what it could not do
			report, err := k.Drill(t.Context(), []Source{NewestAt(place, k.Dir)}, nil)
			if err != nil || report.Sources[0].Skipped == "" || report.Sources[0].Failure != "" {
				t.Errorf("%+v %v", report, err)
			}
			must(t, place.Put(t.Context(), r.Name, strings.NewReader(strings.Repeat("x", int(r.Bytes))), r.Bytes))
			report, err = k.Drill(t.Context(), []Source{NewestAt(place, k.Dir)}, nil)
			if err == nil || !strings.Contains(report.Sources[0].Failure, "its report says") {
				t.Errorf("%+v %v", report, err)
			}
			// two months later only the newest is left of those days, and the archive has gone with its backup
			k.Months = 0
			k.Now = func() time.Time { return two.AddDate(0, 2, 0) }
			later, err := k.Make(t.Context(), nil)
			must(t, err)
			if _, err := k.CopyOut(t.Context(), place, nil); err != nil {
				t.Error(err)
			}
			if there, err = sizes(t.Context(), place); err != nil || len(there) != 3 || there[later.Name] == 0 {
				t.Error(there, err)
			}
			if left, _ := filepath.Glob(filepath.Join(k.Dir, "wakakusa_*")); len(left) != 3 {
				t.Error(left)
			}
		})
	}
}

// TestCopyOutCutShort: one that stopped in the middle goes on, and before its report is there a backup does not count.
func TestCopyOutCutShort(t *testing.T) {
	dir := t.TempDir()
	place, err := offsite.Open(t.Context(), offsite.Config{URL: "file://" + dir})
	must(t, err)
	k, _ := encrypted(t)
	r, err := k.Make(t.Context(), nil)
	must(t, err)
	content, err := os.ReadFile(filepath.Join(k.Dir, r.Name))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, r.Name), content[:100], 0o600)) // half of it, under its name
	if err := NewestAt(place, k.Dir).Fetch(t.Context(), filepath.Join(t.TempDir(), "x.db")); err == nil || !strings.Contains(err.Error(), "there is no backup") {
		t.Error(err)
	}
	if c, err := k.CopyOut(t.Context(), place, nil); err != nil || c.Files != 3 {
		t.Errorf("%+v %v", c, err)
	}
	must(t, os.RemoveAll(dir))
	if _, err := k.CopyOut(t.Context(), place, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Error("copied to a disk that is not there:", err)
	}
}

// TestArchive: settings and the like come with each backup, with their checksums; links are not followed.
func TestArchive(t *testing.T) {
	k, key := encrypted(t)
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "uploads", "a"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "wakakusa.conf"), []byte("LISTEN=127.0.0.1:8080\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "uploads", "a", "証明書.pdf"), bytes.Repeat([]byte("x"), 1<<20), 0o600))
	must(t, os.Symlink("/etc/passwd", filepath.Join(dir, "uploads", "link")))
	k.Beside = Beside{
		Paths:   []string{filepath.Join(dir, "wakakusa.conf"), filepath.Join(dir, "uploads"), filepath.Join(dir, "none")},
		Content: map[string][]byte{"static-manifest.txt": []byte("/s/app.css\n")},
	}
	r, err := k.Make(t.Context(), nil)
	must(t, err)
	if r.Files != "wakakusa_shift_files_20261125_020000.tar.zst.age" {
		t.Error(r.Files)
	}
	from, err := open(filepath.Join(k.Dir, r.Files), r.Files, []age.Identity{key})
	must(t, err)
	defer from.Close()
	found, err := readTar(from)
	must(t, err)
	var names []string
	for name := range found {
		names = append(names, name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"static-manifest.txt", "uploads/a/証明書.pdf", "wakakusa.conf"}) {
		t.Error(names)
	}
	var other bytes.Buffer
	_, err = writeTar(t.Context(), &other, k.Beside, two)
	must(t, err)
	bad := bytes.Replace(other.Bytes(), []byte("LISTEN"), []byte("LISTEM"), 1)
	if _, err := readTar(bytes.NewReader(bad)); err == nil {
		t.Error("a changed file was taken for whole")
	}
}
