package main

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"wakakusa/app/django/djangotest"
	"wakakusa/store/daemontest"
	"wakakusa/store/sqldb/sqldbtest"
)

// TestProgramOnMySQL: the program itself on a server, from the empty database to a page.
func TestProgramOnMySQL(t *testing.T) {
	vars := sqldbtest.Empty(t).Settings(t, t.TempDir())
	vars["LISTEN"] = "127.0.0.1:0"
	says := func(want string, args ...string) {
		t.Helper()
		out, err := runCommand(t, vars, args...)
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("%v: %q is missing in %q, %v", args, want, out, err)
		}
	}
	if _, err := runCommand(t, vars, "serve"); err == nil || !strings.Contains(err.Error(), `run "wakakusa migrate" first`) {
		t.Fatalf("an empty database is served: %v", err)
	}
	says("pending  00001_first.sql", "migrate", "--dry-run")
	says("schema 0 of 5", "migrate", "--dry-run")
	says("pending  00002_several_programs.sql", "migrate", "--status")
	says("schema 5 of 5", "migrate")
	says("applied  00002_several_programs.sql", "migrate", "--status")
	says("schema 5 of 5", "migrate")

	path, _ := former(t, djangotest.C)
	if out, err := runCommand(t, vars, "import-django", "--from", path); err != nil || !strings.Contains(out, "新しく取り込み") {
		t.Error(out, err)
	}
	if out, err := runCommand(t, vars, "import-django", "--from", path); err != nil || !strings.Contains(out, "変わりなし") {
		t.Error(out, err)
	}
	if out, err := runCommand(t, vars, "import-django", "--from", path, "--dry-run"); err != nil || !strings.Contains(out, "何も保存していません") || !strings.Contains(out, "変わりなし") {
		t.Error(out, err)
	}
	twoPrograms(t, vars)
}

// twoPrograms start the demo on one database: on a server nobody has it for itself.
func twoPrograms(t *testing.T, vars map[string]string) {
	for range 2 {
		ctx, stop := context.WithCancel(t.Context())
		out := &daemontest.Log{}
		ended := make(chan error, 1)
		go func() { ended <- run(ctx, []string{"demo", "--staff", "20", "--months", "2"}, out, vars) }()
		link := regexp.MustCompile(`http://\S+/links/\S+`)
		deadline := time.Now().Add(60 * time.Second)
		for len(link.FindAllString(out.String(), -1)) < 5 && time.Now().Before(deadline) {
			time.Sleep(20 * time.Millisecond)
		}
		found := link.FindAllString(out.String(), -1)
		if len(found) < 5 {
			t.Fatalf("no links in %q", out.String())
		}
		answer, err := http.Get(found[0])
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("the link leads to %d", answer.StatusCode)
		}
		defer func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}()
	}
}

func TestMySQLSettings(t *testing.T) {
	_, err := loadConfig("no such file", map[string]string{"DB_ENGINE": "mysql", "DB_PORT": "0", "DB_TLS": "maybe", "DB_MAX_CONNECTIONS": "1"})
	for _, name := range []string{"DB_NAME", "DB_USER", "DB_PORT", "DB_TLS", "DB_MAX_CONNECTIONS"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing in %v", name, err)
		}
	}
	out, err := runCommand(t, map[string]string{"DB_ENGINE": "mysql", "DB_NAME": "shift", "DB_USER": "shift", "DB_PASSWORD": "himitsu-da-yo"}, "config")
	if err != nil || strings.Contains(out, "himitsu") || !strings.Contains(out, "DB_PASSWORD=********") {
		t.Error(out, err)
	}
}
