// Package e2e drives the real program with a real browser.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wakakusa/store/daemontest"
	"wakakusa/store/sqldb/mariadbtest"
)

var (
	binary  string // the program as it ships, built once
	seeded  string // data directory with the demo organisation, made once and copied for each journey
	workDir string
)

func TestMain(m *testing.M) {
	code, err := setUp(m)
	mariadbtest.End()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.RemoveAll(workDir)
	os.Exit(code)
}

func setUp(m *testing.M) (code int, err error) {
	if workDir, err = os.MkdirTemp("", "wakakusa-e2e"); err != nil {
		return 1, err
	}
	binary, seeded = filepath.Join(workDir, "wakakusa"), filepath.Join(workDir, "seeded")
	build := exec.Command("go", "build", "-o", binary, "../cmd/wakakusa")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build: %w\n%s", err, out)
	}
	p, err := launch(seeded, "demo")
	if err != nil {
		return 1, err
	}
	if err := p.stop(); err != nil {
		return 1, fmt.Errorf("stop: %w\n%s", err, p.log)
	}
	return m.Run(), nil
}

// process is one running program.
type process struct {
	cmd   *exec.Cmd
	url   string
	mu    sync.Mutex
	links []signInLink // one-time links as they were printed
	log   *daemontest.Log

	provoked float64 // reports of the content policy that the test wanted
}

type signInLink struct{ role, path string }

var (
	addressLine = regexp.MustCompile(`^(?:わかくさシフト.*|storybook) +(https?://[0-9.:]+)`) // among lines of the log
	linkLine    = regexp.MustCompile(`^\s+(?:(\w+)\s.*)?(http://\S+)(/links/\S+)`)
)

// launch starts the program on a free port and waits until it says where it listens and that it is ready.
func launch(dir string, args ...string) (*process, error) {
	settings, err := databaseOf(dir)
	if err != nil {
		return nil, err
	}
	return launchWith(append([]string{"DATA_DIR=" + dir, "LISTEN=127.0.0.1:0", "LOG_LEVEL=debug"}, settings...), args...)
}

// launchWith is launch with all settings given.
func launchWith(settings []string, args ...string) (*process, error) {
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), settings...)
	p := &process{cmd: cmd, log: &daemontest.Log{}}
	cmd.Stderr = p.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := make(chan string)
	go readLines(out, lines)
	deadline := time.After(60 * time.Second)
	for !p.complete(args[0]) {
		select {
		case line, ok := <-lines:
			if !ok {
				return nil, fmt.Errorf("%v ended early: %w\n%s", args, cmd.Wait(), p.log)
			}
			p.note(line)
		case <-deadline:
			p.kill()
			return nil, fmt.Errorf("%v did not start\n%s", args, p.log)
		}
	}
	go func() {
		for line := range lines {
			p.note(line)
		}
	}()
	return p, nil
}

// databases are those of data directories, where the program runs on a server.
var databases sync.Map

// databaseOf returns the settings for the database that belongs to a data directory: none on SQLite, where it lies in it. On a server
// (WAKAKUSA_TEST_ENGINE=mysql) it is made and migrated when it is first asked for.
func databaseOf(dir string) ([]string, error) {
	if os.Getenv("WAKAKUSA_TEST_ENGINE") != "mysql" {
		return nil, nil
	}
	if known, ok := databases.Load(dir); ok {
		return known.([]string), nil
	}
	settings, err := newDatabase()
	if err != nil {
		return nil, err
	}
	migrate := exec.Command(binary, "migrate")
	migrate.Env = append(append(os.Environ(), "DATA_DIR="+dir), settings...)
	if out, err := migrate.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("migrate: %w\n%s", err, out)
	}
	databases.Store(dir, settings)
	return settings, nil
}

// newDatabase makes one without schema on the tests' server.
func newDatabase() (settings []string, err error) {
	s, err := mariadbtest.Get()
	if err != nil {
		return nil, err
	}
	name, err := s.Create()
	if err != nil {
		return nil, err
	}
	for k, v := range s.Settings(name) {
		settings = append(settings, k+"="+v)
	}
	return settings, nil
}

// anyCertificate asks a program about itself, whoever signed its certificate.
var anyCertificate = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

// complete reports that everything a start prints has been read.
func (p *process) complete(command string) bool {
	if p.url == "" {
		return false
	}
	switch command {
	case "demo":
		return len(p.links) >= 5
	case "storybook":
		return true
	}
	resp, err := anyCertificate.Get(p.url + "/ready/")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (p *process) note(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.log, line)
	if m := addressLine.FindStringSubmatch(line); m != nil && p.url == "" {
		p.url = m[1]
	}
	if m := linkLine.FindStringSubmatch(line); m != nil {
		p.links = append(p.links, signInLink{m[1], m[3]})
	}
}

func readLines(r io.Reader, to chan<- string) {
	defer close(to)
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20) // a panic with its stack is one line
	for s.Scan() {
		to <- s.Text()
	}
}

// stop asks the program to end, as a service manager does, and waits for it.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(20 * time.Second):
		return fmt.Errorf("did not stop: %w", p.cmd.Process.Kill())
	}
}

// demo starts the program over a copy of the demo organisation.
func demo(t *testing.T) *process {
	t.Helper()
	return started(t, demoDir(t), "demo")
}

// demoDir is a copy of the demo organisation's directory.
func demoDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(seeded)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// small starts a demo of few people: what walks over every cell of a page need not walk over three thousand.
func small(t *testing.T) *process {
	t.Helper()
	return started(t, filepath.Join(t.TempDir(), "data"), "demo", "--staff=24", "--months=3")
}

func started(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p, err := launch(dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	stopping(t, p)
	return p
}

// stopping ends the program with the test.
func stopping(t *testing.T, p *process) {
	t.Cleanup(func() {
		if n, ok := p.reports(t); ok && n != p.provoked {
			t.Errorf("browsers reported %v times that the content policy was broken, want %v", n, p.provoked)
		}
		if err := p.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if t.Failed() {
			t.Logf("log of the program:\n%s", p.log.Tail(4000))
		}
	})
}

// reports counts what browsers said of the content policy; false where the program does not tell, or is gone.
func (p *process) reports(t *testing.T) (n float64, ok bool) {
	t.Helper()
	answer, err := anyCertificate.Get(p.url + "/metrics")
	if err != nil || answer.StatusCode != http.StatusOK {
		return 0, false
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, false
	}
	_, text, ok = bytes.Cut(text, []byte("\nwakakusa_csp_reports_total "))
	if _, err := fmt.Sscan(string(text), &n); ok && err != nil {
		t.Error(err)
	}
	return n, ok
}

// link takes the next unused sign-in link of a role.
func (p *process) link(t *testing.T, role string) string {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if path := p.takeLink(role); path != "" {
			return p.url + path
		}
	}
	t.Fatalf("no sign-in link for %q left", role)
	return ""
}

func (p *process) takeLink(role string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, l := range p.links {
		if l.role == role {
			p.links = append(p.links[:i:i], p.links[i+1:]...)
			return l.path
		}
	}
	return ""
}

// command runs the program to its end.
func command(t *testing.T, dir string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	settings, err := databaseOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(append(os.Environ(), "DATA_DIR="+dir), settings...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
