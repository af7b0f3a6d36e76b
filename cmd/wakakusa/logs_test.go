package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"wakakusa/logs"
	"wakakusa/store/backup"
	"wakakusa/store/daemontest"
)

// logsTo are streams that all go to one place.
func logsTo(t *testing.T, out io.Writer) *logs.Logs {
	t.Helper()
	to, err := logs.Open(logs.Config{Out: out})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// TestLogDirectory: with LOG_DIR the program prints its address and its link, and says everything else in files that are for nobody else; in
// a directory that cannot be used it does not start.
func TestLogDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	vars := map[string]string{"DATA_DIR": t.TempDir(), "LISTEN": "127.0.0.1:0", "LOG_DIR": dir, "LOG_FORMAT": "json", "LITESTREAM_CONFIG": "off", "EMAIL_HOST": "mail.example"}
	served(t, vars, func(out *daemontest.Log, address string) {
		answer := fetch(t, address+"/sign-in")
		id := answer.Header.Get("X-Request-Id")
		app, errs := readFile(t, dir, "app.log"), readFile(t, dir, "error.log")
		if !strings.Contains(app, `"msg":"request","stream":"app","request":"`+id+`"`) || strings.Contains(errs, id) || id == "" {
			t.Errorf("app:\n%s\nerror:\n%s", app, errs)
		}
		if !strings.Contains(app, "EMAIL_HOST") || !strings.Contains(errs, "EMAIL_HOST") {
			t.Errorf("the warning stands not in both:\n%s\n%s", app, errs)
		}
		if said := out.String(); strings.Contains(said, "stream") || !strings.Contains(said, "/links/") || strings.Contains(app, "/links/") {
			t.Errorf("printed %s", said)
		}
	})
	vars["LOG_DIR"] = filepath.Join(dir, "app.log")
	if out, err := runCommand(t, vars, "serve"); err == nil || !strings.Contains(err.Error(), "LOG_DIR: no log can be written in "+vars["LOG_DIR"]) {
		t.Error(out, err)
	}
}

// TestLogToStandardOutput: by default the lines of all streams are printed beside the address.
func TestLogToStandardOutput(t *testing.T) {
	vars := map[string]string{"DATA_DIR": t.TempDir(), "LISTEN": "127.0.0.1:0", "LITESTREAM_CONFIG": "off"}
	served(t, vars, func(out *daemontest.Log, address string) {
		id := fetch(t, address+"/sign-in").Header.Get("X-Request-Id")
		if !strings.Contains(out.String(), "msg=request stream=app request="+id) {
			t.Errorf("printed %s", out)
		}
	})
}

// TestSlowQueryOfARequest: a statement that waits is told under its request, and counted.
func TestSlowQueryOfARequest(t *testing.T) {
	vars := map[string]string{"DATA_DIR": t.TempDir(), "LISTEN": "127.0.0.1:0", "LITESTREAM_CONFIG": "off", "SLOW_QUERY_MS": "20"}
	served(t, vars, func(out *daemontest.Log, address string) {
		other, err := sql.Open("sqlite", filepath.Join(vars["DATA_DIR"], "wakakusa.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { other.Close() })
		other.SetMaxOpenConns(1)
		if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
			t.Fatal(err)
		}
		defer time.AfterFunc(100*time.Millisecond, func() { other.Exec("ROLLBACK") }).Stop() //nolint:errcheck // the request would wait in vain
		answer, err := http.PostForm(address+"/sign-in", url.Values{"login": {"x"}, "password": {"y"}})
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		id := answer.Header.Get("X-Request-Id")
		if told := regexp.MustCompile(`level=WARN msg="slow query" stream=error request=` + id + ` ms=\d+ statement=BEGIN\n`); id == "" || !told.MatchString(out.String()) {
			t.Errorf("not told: %s", out)
		}
		numbers, err := io.ReadAll(fetch(t, address+"/metrics").Body)
		if err != nil || !regexp.MustCompile(`(?m)^wakakusa_slow_queries_total [1-9]`).Match(numbers) {
			t.Errorf("not counted, or %v", err)
		}
	})
}

// served runs the program with settings until fn returns.
func served(t *testing.T, vars map[string]string, fn func(out *daemontest.Log, address string)) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out := &daemontest.Log{}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"serve"}, out, vars) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	printed := regexp.MustCompile(`わかくさシフト  (http://\S+)`)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if m := printed.FindStringSubmatch(out.String()); m != nil {
			if answer, err := http.Get(m[1] + "/live/"); err == nil {
				answer.Body.Close()
				fn(out, m[1])
				return
			}
		}
	}
	t.Errorf("not served: %s", out)
}

func readFile(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestProgramLogCanaries: no secret of the settings reaches a line of the log, a number or an error that ends the program, while everything
// that it is for cannot be reached (U4).
func TestProgramLogCanaries(t *testing.T) {
	const canary = "s3kret-kanaria"
	dir := t.TempDir()
	copies := filepath.Join(dir, "litestream.yml")
	text := "dbs: [{path: \"${DATA_DIR}/wakakusa.db\", replica: {type: s3, bucket: b, region: r, path: p, endpoint: \"http://127.0.0.1:1\"}}]"
	if err := os.WriteFile(copies, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{
		"DATA_DIR": filepath.Join(dir, "data"), "LISTEN": "127.0.0.1:0", "LOG_DIR": filepath.Join(dir, "log"), "LOG_LEVEL": "debug", "SLOW_QUERY_MS": "1",
		"LITESTREAM_CONFIG": copies, "LITESTREAM_ACCESS_KEY_ID": "id", "LITESTREAM_SECRET_ACCESS_KEY": canary, "REDIS_URL": "redis://:" + canary + "@127.0.0.1:1/0",
		"BACKUP_OFFSITE": "s3://b/p?region=r&endpoint=http://127.0.0.1:1", "BACKUP_OFFSITE_ID": "id", "BACKUP_OFFSITE_SECRET": canary, "IMPORT_PASSWORD": canary, "DB_PASSWORD": canary,
		"BACKUP_RECIPIENTS": "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj", "SECRET_KEY": canary,
	}
	if out, err := runCommand(t, map[string]string{"DATA_DIR": vars["DATA_DIR"], "LITESTREAM_CONFIG": "off"}, "migrate"); err != nil {
		t.Fatal(out, err)
	}
	served(t, vars, func(out *daemontest.Log, address string) {
		fetch(t, address+"/sign-in")
		numbers, err := io.ReadAll(fetch(t, address+"/metrics").Body)
		if err != nil || !strings.Contains(string(numbers), "wakakusa_redis_away 1") || !strings.Contains(string(numbers), "wakakusa_slow_queries_total") {
			t.Errorf("Redis is not away, or %v", err)
		}
		cfg, err := loadConfig("none", vars)
		if err != nil {
			t.Fatal(err)
		}
		_, outside := copyOut(t.Context(), cfg, cfg.backups(nil), func(backup.Step, int64, int64) {})
		said := out.String() + string(numbers) + fmt.Sprint(outside)
		for _, name := range []string{"app.log", "error.log", "audit.log"} {
			said += readFile(t, vars["LOG_DIR"], name)
		}
		if !strings.Contains(said, "redis is away") || !strings.Contains(said, "continuous copy") || outside == nil {
			t.Errorf("not all was tried:\n%s", said)
		}
		if i := strings.Index(said, canary); i >= 0 {
			t.Errorf("a secret is in …%s", said[max(0, i-300):i+20])
		}
	})
	for _, wrong := range []map[string]string{
		{"DB_ENGINE": "mysql", "DB_NAME": "d", "DB_USER": "u", "DB_HOST": "127.0.0.1", "DB_PORT": "1"},
		{"REDIS_URL": "http://" + canary},
		{"BACKUP_OFFSITE": "sftp://u:" + canary + "@h/p"},
		{"BACKUP_OFFSITE": "://" + canary},
	} {
		all := maps.Clone(vars)
		maps.Copy(all, wrong)
		out, err := runCommand(t, all, "serve")
		if err == nil || strings.Contains(out+err.Error(), canary) {
			t.Errorf("%v: %v\n%s", wrong, err, out)
		}
	}
}
