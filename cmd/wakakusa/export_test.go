package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wakakusa/app/django/djangotest"
	"wakakusa/store/sqldb/sqldbtest"
)

// TestExportAndImport: the growth path with the program itself, from a file to a server and back.
func TestExportAndImport(t *testing.T) {
	path, small := former(t, djangotest.C)
	if out, err := importFormer(t, small, "--from", path); err != nil {
		t.Fatal(out, err)
	}
	large := sqldbtest.Empty(t).Settings(t, t.TempDir())
	back := map[string]string{"DATA_DIR": filepath.Join(t.TempDir(), "data")}
	files := t.TempDir()
	exported := func(vars map[string]string, name string, args ...string) []byte {
		t.Helper()
		file := filepath.Join(files, name)
		out, err := runCommand(t, vars, append([]string{"export", "--to", file}, args...)...)
		if err != nil || !strings.Contains(out, "staff ") || !strings.Contains(out, file) {
			t.Fatal(out, err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	imported := func(vars map[string]string, name, want string, args ...string) {
		t.Helper()
		out, err := runCommand(t, vars, append([]string{"import", filepath.Join(files, name)}, args...)...)
		if err != nil || !strings.Contains(out, want) {
			t.Fatal(out, err)
		}
	}
	first := exported(small, "first.sql")
	imported(large, "first.sql", "壊れていません", "--check")
	imported(large, "first.sql", "一致することを確かめました")
	imported(large, "first.sql", "取り込み済み")
	second := exported(large, "second.sql")
	imported(back, "second.sql", "一致することを確かめました")
	if third := exported(back, "third.sql"); !bytes.Equal(first, second) || !bytes.Equal(first, third) || len(first) < 10000 {
		t.Errorf("%d, %d and %d bytes", len(first), len(second), len(third))
	}
	if out, err := importFormer(t, large, "--from", path); err != nil || !strings.Contains(out, "職員: 10 件  変わりなし 10") {
		t.Errorf("the import of the former system does not go on there: %v %s", err, out)
	}
	one := exported(back, "one.sql", "--org", slugs(t, back)[1])
	if !bytes.Contains(one[:100], []byte("schema 5, org ")) || len(one) >= len(first) {
		t.Errorf("%.100s", one)
	}
	other := map[string]string{"DATA_DIR": filepath.Join(t.TempDir(), "data")}
	imported(other, "one.sql", "一致することを確かめました")
	if got := slugs(t, other); !slices.Equal(got, slugs(t, back)[1:2]) {
		t.Error(got)
	}
}

func slugs(t *testing.T, vars map[string]string) (list []string) {
	t.Helper()
	s, err := openStore(t.Context(), Config{Data: vars["DATA_DIR"]})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	orgs, err := s.Orgs(t.Context())
	for _, o := range orgs {
		list = append(list, o.Slug)
	}
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	return list
}

func TestExportRefuses(t *testing.T) {
	vars := map[string]string{"DATA_DIR": filepath.Join(t.TempDir(), "data")}
	file := filepath.Join(t.TempDir(), "x.sql")
	if _, err := runCommand(t, vars, "export", "--to", file, "--org", "nowhere"); err == nil || !strings.Contains(err.Error(), `no organisation "nowhere"`) {
		t.Error(err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Error("a file was made")
	}
	if _, err := runCommand(t, vars, "export", "--to", file); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runCommand(t, vars, "export", "--to", file); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Error(err)
	}
	if out, err := runCommand(t, vars, "export", "--to", "-"); err != nil || out != string(before) {
		t.Error(out, err)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Error("the file was touched", err)
	}
}

// TestWriteWhole: what could not be written to its end is not there.
func TestWriteWhole(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("no space left on device")
	_, err := writeWhole(filepath.Join(dir, "x.sql"), func(w io.Writer) (int, error) {
		if _, err := w.Write(make([]byte, 3<<20)); err != nil {
			t.Error(err)
		}
		return 0, broken
	})
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
	path := filepath.Join(dir, "y.sql")
	_, err = writeWhole(path, func(io.Writer) (int, error) { return 0, os.WriteFile(path, []byte("mine"), 0o600) })
	if text, _ := os.ReadFile(path); err == nil || string(text) != "mine" {
		t.Errorf("what was made meanwhile is now %q, %v", text, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Error(left, err)
	}
	if _, err := writeWhole(filepath.Join(path, "z.sql"), func(io.Writer) (int, error) { return 0, nil }); err == nil || strings.Contains(err.Error(), "already") {
		t.Error(err)
	}
}

// TestUnfinishedImport: what is half there is not served; it can be taken away.
func TestUnfinishedImport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.sql")
	if _, err := runCommand(t, map[string]string{"DATA_DIR": filepath.Join(t.TempDir(), "data")}, "export", "--to", file); err != nil {
		t.Fatal(err)
	}
	for _, p := range []sqldbtest.Place{{Path: sqldbtest.File(t)}, sqldbtest.Empty(t)} {
		vars := p.Settings(t, t.TempDir())
		vars["LISTEN"] = "127.0.0.1:0"
		if _, err := runCommand(t, vars, "migrate"); err != nil {
			t.Fatal(err)
		}
		db := p.SQL(t)
		_, err := db.Exec(`INSERT INTO imports (digest, org_id, kept, ended_ms) VALUES ('` + strings.Repeat("a", 64) + `', '', 0, 0)`)
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"serve"}, {"export", "--to", file + "2"}} {
			if _, err := runCommand(t, vars, args...); err == nil || !strings.Contains(err.Error(), "an import was cut short") {
				t.Errorf("%v: %v", args, err)
			}
		}
		if _, err := runCommand(t, vars, "import", file); err == nil || !strings.Contains(err.Error(), "import of another file") {
			t.Error(err)
		}
		for _, want := range []string{"消しました", "ありません"} {
			if out, err := runCommand(t, vars, "import", "--abandon"); err != nil || !strings.Contains(out, want) {
				t.Error(out, err)
			}
		}
		if out, err := runCommand(t, vars, "import", file); err != nil || !strings.Contains(out, "一致") {
			t.Error(out, err)
		}
	}
}

// TestImportRefuses: the file and its line are named, and nothing comes in.
func TestImportRefuses(t *testing.T) {
	from := map[string]string{"DATA_DIR": filepath.Join(t.TempDir(), "data")}
	to := map[string]string{"DATA_DIR": filepath.Join(t.TempDir(), "data")}
	file := filepath.Join(t.TempDir(), "x.sql")
	if _, err := runCommand(t, from, "export", "--to", file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte("-- staff"), []byte("-- stuff"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"import", file}, {"import", file, "--check"}} {
		_, err := runCommand(t, to, args...)
		if err == nil || !strings.Contains(err.Error(), file+": line 13: the table stuff does not belong here") {
			t.Errorf("%v: %v", args, err)
		}
	}
	if err := os.WriteFile(file, text[:len(text)-9], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := runCommand(t, to, "import", file); err == nil || !strings.Contains(err.Error(), "nothing was imported") {
		t.Error(err)
	}
	if _, err := runCommand(t, to, "import", file+".missing"); err == nil {
		t.Error("a file that is not there")
	}
}
