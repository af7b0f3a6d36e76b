package main

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wakakusa/app"
	"wakakusa/app/django/djangotest"
	"wakakusa/roster"
)

// former makes a fixture and returns its path with the settings of an empty installation.
func former(t *testing.T, g djangotest.Generation) (path string, vars map[string]string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "former.sqlite3")
	if err := djangotest.Build(path, g, roster.DayOf(time.Now().In(roster.Japan))); err != nil {
		t.Fatal(err)
	}
	return path, map[string]string{"DATA_DIR": filepath.Join(dir, "install", "data")}
}

func importFormer(t *testing.T, vars map[string]string, args ...string) (string, error) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(vars["DATA_DIR"]), 0o700); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := run(context.Background(), append([]string{"import-django"}, args...), &out, vars)
	return out.String(), err
}

func TestImportDjango(t *testing.T) {
	for _, g := range djangotest.Generations {
		t.Run(string(g), func(t *testing.T) {
			path, vars := former(t, g)
			out, err := importFormer(t, vars, "--from", path)
			if err != nil {
				t.Fatal(err, out)
			}
			if !strings.Contains(out, "職員: 10 件  新しく取り込み 10") {
				t.Error(out)
			}
			reports := reportsOf(t, vars)
			if len(reports) != 2 {
				t.Fatal(reports)
			}
			for _, file := range reports {
				if !strings.Contains(out, file) {
					t.Errorf("%s is not named in\n%s", file, out)
				}
				if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
					t.Errorf("%v %v", info, err)
				}
			}
			out, err = importFormer(t, vars, "--from", path)
			if err != nil || !strings.Contains(out, "職員: 10 件  変わりなし 10") {
				t.Error(err, out)
			}
		})
	}
}

// reportsOf lists the report files next to the data directory.
func reportsOf(t *testing.T, vars map[string]string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(filepath.Dir(vars["DATA_DIR"]), "import-*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestImportDjangoDryRun: the same report, and nothing kept: neither where there is nothing yet nor beside what there is.
func TestImportDjangoDryRun(t *testing.T) {
	path, vars := former(t, djangotest.C)
	dry, err := importFormer(t, vars, "--from", path, "--dry-run")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(vars["DATA_DIR"]); !os.IsNotExist(err) {
		t.Errorf("a data directory was made: %v", err)
	}
	real, err := importFormer(t, vars, "--from", path)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := body(dry), body(real); a != b || !strings.Contains(dry, "何も保存していません") {
		t.Errorf("the reports differ:\n%s\n%s", a, b)
	}
	file := filepath.Join(vars["DATA_DIR"], "wakakusa.db")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := djangotest.Build(path+"2", djangotest.A, roster.DayOf(time.Now().In(roster.Japan))); err != nil {
		t.Fatal(err)
	}
	out, err := importFormer(t, vars, "--from", path+"2", "--dry-run")
	if err != nil || !strings.Contains(out, "ユーザー名に番号") {
		t.Errorf("the copy is not of our database: %v %s", err, out)
	}
	after, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the database has changed: %v", err)
	}
}

// body is the report without what differs between runs.
func body(out string) string {
	_, out, _ = strings.Cut(out, "旧システムからのインポートの報告")
	out, _, _ = strings.Cut(out, "報告のファイル")
	return out
}

// TestImportDjangoRefuses: nothing is made where there is nothing to import, and a running program is not disturbed.
func TestImportDjangoRefuses(t *testing.T) {
	path, vars := former(t, djangotest.A)
	if _, err := importFormer(t, vars, "--from", path+".missing"); err == nil || !strings.Contains(err.Error(), "見つからない") {
		t.Error(err)
	}
	if _, err := os.Stat(vars["DATA_DIR"]); !os.IsNotExist(err) || len(reportsOf(t, vars)) > 0 {
		t.Error("something was made")
	}
	s, err := openStore(t.Context(), Config{Data: vars["DATA_DIR"]})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, args := range [][]string{{"--from", path}} {
		if _, err := importFormer(t, vars, args...); err == nil || !strings.Contains(err.Error(), "another wakakusa") {
			t.Errorf("%v: %v", args, err)
		}
	}
	if orgs, err := s.Orgs(t.Context()); err != nil || len(orgs) > 0 {
		t.Error(orgs, err)
	}
}

// TestImportDjangoWithoutAdmin: where nobody could administer, a one-time link is printed, and written nowhere.
func TestImportDjangoWithoutAdmin(t *testing.T) {
	path, vars := former(t, djangotest.C)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE auth_user SET password = '!' WHERE is_superuser = 1`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if out, err := importFormer(t, vars, "--from", path, "--dry-run"); err != nil || strings.Contains(out, "/links/") {
		t.Error(err, out)
	}
	out, err := importFormer(t, vars, "--from", path)
	if err != nil || strings.Count(out, "/links/") != 3 {
		t.Fatal(err, out)
	}
	_, token, _ := strings.Cut(out, "/links/")
	token, _, _ = strings.Cut(token, "\n")
	for _, file := range reportsOf(t, vars) {
		if text, err := os.ReadFile(file); err != nil || bytes.Contains(text, []byte(token)) {
			t.Errorf("the link is in %s, %v", file, err)
		}
	}
	s, err := openStore(t.Context(), Config{Data: vars["DATA_DIR"]})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a := app.New(s, time.Now, newID)
	const password = "なくしたら困る合言葉です-2026"
	if _, err := a.Join(t.Context(), token, app.Joining{Login: "shinkanri", Password: password, Again: password}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SignIn(t.Context(), "shinkanri", password, "192.0.2.1"); err != nil {
		t.Error(err)
	}
}
