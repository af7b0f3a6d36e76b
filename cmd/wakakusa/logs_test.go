package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"wakakusa/logs"
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
	vars := map[string]string{"DATA_DIR": t.TempDir(), "LISTEN": "127.0.0.1:0", "LOG_DIR": dir, "LOG_FORMAT": "json", "LITESTREAM_CONFIG": "off", "SECRET_KEY": "x"}
	served(t, vars, func(out *daemontest.Log, address string) {
		answer := fetch(t, address+"/sign-in")
		id := answer.Header.Get("X-Request-Id")
		app, errs := readFile(t, dir, "app.log"), readFile(t, dir, "error.log")
		if !strings.Contains(app, `"msg":"request","stream":"app","request":"`+id+`"`) || strings.Contains(errs, id) || id == "" {
			t.Errorf("app:\n%s\nerror:\n%s", app, errs)
		}
		if !strings.Contains(app, "SECRET_KEY") || !strings.Contains(errs, `"stream":"error","name":"SECRET_KEY"`) {
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
