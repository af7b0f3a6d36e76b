package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
			if testing.Verbose() {
				t.Log(out)
			}
			if !strings.Contains(out, "職員: 10 件") {
				t.Error(out)
			}
		})
	}
}
