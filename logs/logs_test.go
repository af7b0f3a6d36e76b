package logs

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"wakakusa/roster"
	"wakakusa/store"
)

// desk is a directory of logs and a clock that a test moves.
type desk struct {
	*Logs
	dir      string
	now      time.Time
	complain bytes.Buffer
}

func open(t *testing.T, change ...func(*Config)) *desk {
	t.Helper()
	d := &desk{dir: filepath.Join(t.TempDir(), "log"), now: time.Now()}
	c := Config{Dir: d.dir, MaxMB: 1, AppDays: 30, ErrorDays: 90, AuditDays: 1830, Complain: &d.complain, Now: func() time.Time { return d.now }}
	for _, f := range change {
		f(&c)
	}
	var err error
	if d.Logs, err = Open(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Close()
		d.rest()
	})
	return d
}

// rest waits until the library has compressed what it will: it works on behind the test, in a directory that is about to be removed.
func (d *desk) rest() {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		plain, err := filepath.Glob(filepath.Join(d.dir, "*-*.log"))
		if err == nil && len(plain) == 0 {
			return
		}
	}
}

func (d *desk) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// kept are the files beside the current one of a stream, once the library has compressed them.
func (d *desk) kept(t *testing.T, stream string, want int) (names []string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		names = names[:0]
		plain := 0
		files, err := os.ReadDir(d.dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasPrefix(f.Name(), stream+"-") {
				names = append(names, f.Name())
				if !strings.HasSuffix(f.Name(), ".gz") {
					plain++
				}
			}
		}
		if len(names) == want && plain == 0 {
			return names
		}
		if time.Now().After(end) {
			t.Fatalf("%d files of %s wanted: %v", want, stream, names)
		}
	}
}

func TestStreams(t *testing.T) {
	ctx := store.WithOrigin(context.Background(), roster.Origin{Request: "r-1", Address: "192.0.2.1", SignIn: "0123456789ab"})
	say := func(l *Logs) {
		l.App.DebugContext(ctx, "detail")
		l.App.InfoContext(ctx, "request", "ms", 3)
		l.App.With("part", "replica").ErrorContext(ctx, "failed")
		l.Audit.InfoContext(ctx, "shift moved")
	}
	t.Run("to standard output, each line with its stream", func(t *testing.T) {
		var out bytes.Buffer
		l, err := Open(Config{Out: &out})
		if err != nil {
			t.Fatal(err)
		}
		say(l)
		for i, want := range []string{
			"level=INFO msg=request stream=app request=r-1 sign_in=0123456789ab ms=3",
			"level=ERROR msg=failed part=replica stream=error request=r-1", `level=INFO msg="shift moved" stream=audit request=r-1`,
		} {
			if lines := strings.Split(out.String(), "\n"); len(lines) != 4 || !strings.Contains(lines[i], want) {
				t.Errorf("%q is not line %d of\n%s", want, i+1, out.String())
			}
		}
	})
	t.Run("to files", func(t *testing.T) {
		d := open(t, func(c *Config) { c.Level = slog.LevelDebug })
		say(d.Logs)
		for name, want := range map[string][]string{"app.log": {"detail", "request", "failed"}, "error.log": {"failed"}, "audit.log": {"shift moved"}} {
			text := d.read(t, name)
			if strings.Count(text, "\n") != len(want) {
				t.Errorf("%s:\n%s", name, text)
			}
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s lacks %s", name, w)
				}
			}
			if info, err := os.Stat(filepath.Join(d.dir, name)); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v %v", name, info.Mode(), err)
			}
		}
		if info, err := os.Stat(d.dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%v %v", info.Mode(), err)
		}
	})
	t.Run("what no request caused names none", func(t *testing.T) {
		var out bytes.Buffer
		l, err := Open(Config{Out: &out})
		if err != nil {
			t.Fatal(err)
		}
		l.App.Info("started")
		if strings.Contains(out.String(), "request=") || strings.Contains(out.String(), "sign_in=") {
			t.Error(out.String())
		}
	})
	t.Run("the audit stream knows no level", func(t *testing.T) {
		d := open(t, func(c *Config) { c.Level = slog.LevelError })
		say(d.Logs)
		d.App.Warn("below it")
		if app := d.read(t, "app.log"); strings.Count(app, "\n") != 1 || app != d.read(t, "error.log") || !strings.Contains(d.read(t, "audit.log"), "shift moved") {
			t.Error(app)
		}
	})
}

// TestTurns: a file holds lines of one day in Japan, and no more than it may.
func TestTurns(t *testing.T) {
	t.Run("at midnight in Japan", func(t *testing.T) {
		d := open(t)
		d.now = time.Date(2026, 11, 24, 23, 59, 59, 0, roster.Japan)
		d.App.Info("the evening")
		kept := len(d.kept(t, "app", 0))
		d.now = d.now.Add(time.Second)
		d.App.Info("the night")
		d.App.Info("the night goes on")
		kept = len(d.kept(t, "app", kept+1))
		if now := d.read(t, "app.log"); strings.Contains(now, "evening") || strings.Count(now, "night") != 2 {
			t.Error(now)
		}
		d.now = d.now.Add(48 * time.Hour)
		d.Audit.Info("nothing was said before") // and an empty file is not kept
		d.kept(t, "audit", 0)
		if kept != 1 {
			t.Error(kept)
		}
	})
	t.Run("what yesterday's program wrote is set aside at the first line", func(t *testing.T) {
		d := open(t)
		d.App.Warn("yesterday's")
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-24 * time.Hour)
		if err := os.Chtimes(filepath.Join(d.dir, "app.log"), old, old); err != nil {
			t.Fatal(err)
		}
		again, err := Open(Config{Dir: d.dir, MaxMB: 1, Now: time.Now, Complain: &d.complain})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		again.App.Warn("today's")
		if text := d.read(t, "app.log"); strings.Contains(text, "yesterday") || !strings.Contains(text, "today") {
			t.Error(text)
		}
		if text := d.read(t, "error.log"); !strings.Contains(text, "yesterday") || !strings.Contains(text, "today") { // its file is of today
			t.Error(text)
		}
	})
	t.Run("when it is full, and compressed", func(t *testing.T) {
		d := open(t)
		long := strings.Repeat("x", 200<<10)
		for i := range 6 {
			d.App.Info("long", "n", i, "text", long)
		}
		names := d.kept(t, "app", 1)
		f, err := os.Open(filepath.Join(d.dir, names[0]))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		plain, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(plain)
		if err != nil || strings.Count(string(text), "msg=long")+strings.Count(d.read(t, "app.log"), "msg=long") != 6 {
			t.Errorf("lines are lost: %v", err)
		}
		if info, err := f.Stat(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info.Mode(), err)
		}
	})
}

// TestRetention: app 30 days, error 90, audit five years (U5).
func TestRetention(t *testing.T) {
	for stream, days := range map[string]int{streamApp: 30, streamError: 90, streamAudit: 1830} {
		d := open(t)
		say := map[string]*slog.Logger{streamApp: d.App, streamError: d.App, streamAudit: d.Audit}[stream]
		for _, age := range []int{days - 1, days + 1} {
			name := stream + "-" + time.Now().UTC().AddDate(0, 0, -age).Format("2006-01-02T15-04-05.000") + ".log.gz"
			if err := os.WriteFile(filepath.Join(d.dir, name), []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		say.Warn("today")
		names := d.kept(t, stream, 1)
		if want := time.Now().UTC().AddDate(0, 0, 1-days).Format("2006-01-02"); !strings.Contains(names[0], want) {
			t.Errorf("%s kept %v, not that of %s", stream, names, want)
		}
	}
}

// TestUnusable: a directory in which nothing can be written is refused at the start.
func TestUnusable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "audit.log"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{file, filepath.Join(file, "below"), dir, "/proc/nowhere"} {
		l, err := Open(Config{Dir: bad, MaxMB: 1, Now: time.Now})
		if err == nil || !strings.Contains(err.Error(), "LOG_DIR") || !strings.Contains(err.Error(), bad) || l != nil {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestLost: the program goes on while its log cannot be written, says so once, and the log goes on when it can.
func TestLost(t *testing.T) {
	t.Run("the directory is gone", func(t *testing.T) {
		d := open(t)
		d.App.Info("before")
		aside := d.dir + "-aside"
		if err := errors.Join(os.Rename(d.dir, aside), os.WriteFile(d.dir, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		d.App.Info("into the file that is still open")
		d.now = d.now.AddDate(0, 0, 1)
		for range 3 {
			d.App.Info("lost")
		}
		if said := d.complain.String(); strings.Count(said, "app.log cannot be written") != 1 {
			t.Errorf("said %q", said)
		}
		if err := errors.Join(os.Remove(d.dir), os.Rename(aside, d.dir)); err != nil {
			t.Fatal(err)
		}
		d.App.Info("after")
		if text := d.read(t, "app.log"); !strings.Contains(text, "after") || strings.Contains(text, "lost") {
			t.Error(text)
		}
	})
	t.Run("the disk is full", func(t *testing.T) {
		dir := t.TempDir()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
			t.Logf("no disk of its own: %v", err)
			return
		}
		t.Cleanup(func() { syscall.Unmount(dir, 0) }) //nolint:errcheck // the test is over
		d := open(t, func(c *Config) { c.Dir, c.JSON = dir, true })
		defer d.Close()
		d.dir = dir
		ballast := filepath.Join(dir, "ballast")
		if err := os.WriteFile(ballast, make([]byte, 40<<10), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 40 {
			d.App.Info("filling", "text", strings.Repeat("y", 1000))
		}
		if said := d.complain.String(); strings.Count(said, "no space left") != 1 {
			t.Errorf("said %q", said)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		d.App.Info("there is room again")
		lines := strings.Split(strings.TrimSuffix(d.read(t, "app.log"), "\n"), "\n")
		var last map[string]any
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last["msg"] != "there is room again" {
			t.Errorf("the last line is %.100s: %v", lines[len(lines)-1], err)
		}
	})
}

// TestLogInjection: whatever people type stays in its line, in letters that can be seen, in both forms (U5).
func TestLogInjection(t *testing.T) {
	for name, typed := range map[string]string{
		"a second line": "x\nlevel=ERROR msg=forged", "CR": "x\rforged", "CRLF": "x\r\nforged", "ANSI": "\x1b[31mred\x1b[2J", "8-bit ANSI": "\u009b31m",
		"DEL": "a\x7fb", "bell": "\a", "NUL": "a\x00b", "bidi": "a\u202egnp.exe", "isolates": "\u2066a\u2069", "line separator": "a\u2028b", "paragraph": "a\u2029b",
		"NEL": "a\u0085b", "zero width": "pass\u200bword", "byte order mark": "\ufeffa", "tags": "a\U000E0041b", "no UTF-8": "a\xff\x9bb", "quotes": `" stream=audit "`,
	} {
		for _, asJSON := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " JSON=", asJSON), func(t *testing.T) {
				var out bytes.Buffer
				l, err := Open(Config{Out: &out, JSON: asJSON})
				if err != nil {
					t.Fatal(err)
				}
				l.App.Info(typed, "key", typed, "error", errors.New(typed), typed, "value", slog.Group("g", "inner", typed))
				l.Audit.With("with", typed).Info("done", "what", []string{typed}, "bytes", []byte(typed))
				checkLines(t, out.String(), asJSON)
			})
		}
	}
}

// checkLines wants two lines without anything hidden, each with its one stream.
func checkLines(t *testing.T, text string, asJSON bool) {
	t.Helper()
	if strings.Count(text, "\n") != 2 || !strings.HasSuffix(text, "\n") {
		t.Errorf("not two lines: %q", text)
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }); i >= 0 {
		t.Errorf("%q is raw in %q", text[i:min(len(text), i+4)], text)
	}
	scan := bufio.NewScanner(strings.NewReader(text))
	for n := 0; scan.Scan(); n++ {
		want := []string{streamApp, streamAudit}[n]
		var line map[string]any
		if asJSON && (json.Unmarshal(scan.Bytes(), &line) != nil || line["stream"] != want) {
			t.Errorf("line %d is %q", n+1, scan.Text())
		}
		if words := strings.Fields(scan.Text()); !asJSON && !slices.Contains(words, "stream="+want) {
			t.Errorf("line %d is %q", n+1, scan.Text())
		}
	}
}
