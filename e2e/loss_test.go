package e2e

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"wakakusa/store/offsite/s3test"
)

// roundsOf is how often each kind of loss is tried; WAKAKUSA_ROUNDS divides it.
func roundsOf(t *testing.T, n int) int {
	text := os.Getenv("WAKAKUSA_ROUNDS")
	if text == "" {
		return n
	}
	by, err := strconv.Atoi(text)
	if err != nil || by < 1 {
		t.Fatalf("WAKAKUSA_ROUNDS: %q", text)
	}
	return max(1, n/by)
}

// written are writes that the program acknowledged, by their key, each with the moment of the answer.
type written struct {
	mu sync.Mutex
	at map[string]time.Time
}

// hammer writes with several clients until the context ends, and returns how long the slowest write took and how many failed before the
// program was ended.
func (w *written) hammer(ctx context.Context, v *visitor, s sheetPage, clients int, pause time.Duration) (worst time.Duration, failed int) {
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				q := s.edit(c, n)
				a := v.ask(q)
				w.mu.Lock()
				switch {
				case n == 0 && a.err == nil: // may change nothing, and is then no act; from the second on each does
				case a.err == nil && a.status == http.StatusOK:
					w.at[q.form.Get("key")] = time.Now()
					worst = max(worst, a.took)
				case ctx.Err() == nil:
					failed++
				}
				w.mu.Unlock()
				time.Sleep(pause)
			}
		})
	}
	all.Wait()
	return worst, failed
}

// keysIn reads the keys of all acts, and checks the file: it is whole, and revisions have no gap.
func keysIn(dir string) (map[string]bool, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "wakakusa.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var state string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&state); err != nil || state != "ok" {
		return nil, errors.Join(err, fmt.Errorf("integrity: %s", state))
	}
	return actKeys(db)
}

// recordsWhole verifies the chains: no act is there without its record, and none in part (U2).
func recordsWhole(dir string) error {
	verify := exec.Command(binary, "audit", "verify")
	verify.Env = append(os.Environ(), "DATA_DIR="+dir)
	if out, err := verify.CombinedOutput(); err != nil {
		return fmt.Errorf("audit: %w: %s", err, out)
	}
	return nil
}

// actKeys reads the keys of all acts; their revisions have no gap.
func actKeys(db *sql.DB) (map[string]bool, error) {
	var count, last int64
	if err := db.QueryRow(`SELECT COUNT(*), MAX(revision) FROM acts`).Scan(&count, &last); err != nil || count != last {
		return nil, errors.Join(err, fmt.Errorf("%d acts up to revision %d", count, last))
	}
	rows, err := db.Query(`SELECT act_key FROM acts`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	keys := map[string]bool{}
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys[key] = true
	}
	return keys, rows.Err()
}

// missing are the acknowledged writes that are not there, by the moment of their answer.
func (w *written) missing(keys map[string]bool) (list []time.Time) {
	for key, at := range w.at {
		if !keys[key] {
			list = append(list, at)
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return list
}

// forget drops what is known to be lost: it cannot come back.
func (w *written) forget(keys map[string]bool) {
	for key := range w.at {
		if !keys[key] {
			delete(w.at, key)
		}
	}
}

// kill ends the program as a power cut would end the process, and returns when.
func (p *process) kill() time.Time {
	at := time.Now()
	p.cmd.Process.Kill() //nolint:errcheck // it may have ended
	p.cmd.Wait()         //nolint:errcheck // it was killed
	return at
}

// rounds kills the program under load again and again.
type rounds struct {
	t        *testing.T
	dir      string
	diskLost bool
	written  written
	lost     int           // acknowledged writes
	longest  time.Duration // from the first lost write to the end
	most     int           // writes lost in one round
	restore  time.Duration // longest start with restore, until ready
	memory   int           // MB, after a restore
	bad      []string
}

// newRounds begins with a copy of the demo organisation.
func newRounds(t *testing.T) *rounds {
	t.Helper()
	return &rounds{t: t, dir: demoDir(t), written: written{at: map[string]time.Time{}}}
}

// onFile is for what only a SQLite file can suffer.
func onFile(t *testing.T) {
	t.Helper()
	if os.Getenv("WAKAKUSA_TEST_ENGINE") == "mysql" {
		t.Skip("a server keeps its own files")
	}
}

func (r *rounds) run(n int) {
	for i := range n {
		if err := r.round(400*time.Millisecond + time.Duration(i%7)*150*time.Millisecond); err != nil {
			r.bad = append(r.bad, fmt.Sprintf("round %d: %v", i+1, err))
			if len(r.bad) > 3 {
				return
			}
		}
	}
}

func (r *rounds) round(load time.Duration) error {
	began := time.Now()
	p, err := launch(r.dir, "demo")
	if err != nil {
		return err
	}
	if r.diskLost {
		r.restore = max(r.restore, time.Since(began))
		_, peak := p.memory()
		r.memory = max(r.memory, peak)
	}
	v := newVisitor(r.t, p, "manager", 8)
	s := v.sheet()
	ctx, end := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.written.hammer(ctx, v, s, 8, 5*time.Millisecond) }()
	time.Sleep(load)
	killed := p.kill()
	end()
	<-done
	v.http.CloseIdleConnections()
	if r.diskLost {
		if err := os.RemoveAll(r.dir); err != nil {
			return err
		}
	}
	return r.check(killed)
}

// check starts the program once more and looks for every write that was ever acknowledged.
func (r *rounds) check(killed time.Time) error {
	began := time.Now()
	p, err := launch(r.dir, "serve")
	if err != nil {
		return fmt.Errorf("does not start: %w", err)
	}
	if r.diskLost {
		r.restore = max(r.restore, time.Since(began))
		_, peak := p.memory()
		r.memory = max(r.memory, peak)
	}
	keys, err := keysIn(r.dir)
	if err = errors.Join(err, p.stop(), recordsWhole(r.dir)); err != nil {
		return err
	}
	lost := r.written.missing(keys)
	r.lost, r.most = r.lost+len(lost), max(r.most, len(lost))
	if len(lost) > 0 {
		r.longest = max(r.longest, killed.Sub(lost[0]))
	}
	if age := killed.Sub(began); len(lost) > 0 && killed.Sub(lost[0]) > 10*time.Second {
		return fmt.Errorf("a write acknowledged %v before the end is lost (%v)", killed.Sub(lost[0]), age)
	}
	r.written.forget(keys)
	return nil
}

// TestKilled is TestLoss in a few seconds: one kill that leaves the disk, two that do not.
func TestKilled(t *testing.T) {
	t.Setenv("RATE_LIMIT", "1000000")
	t.Setenv("RATE_LIMIT_SHEET", "1000000")
	r := newRounds(t)
	r.run(1)
	if r.lost > 0 || len(r.written.at) == 0 {
		t.Errorf("%d of %d writes are lost, though the disk is there", r.lost, len(r.written.at))
	}
	r.diskLost = true
	r.run(2)
	if len(r.bad) > 0 {
		t.Error(strings.Join(r.bad, "\n"))
	}
}

// TestLoss kills the program under write load, and takes its disk away, and looks for every acknowledged write (B4, B5).
func TestLoss(t *testing.T) {
	say := benchFile(t)
	onFile(t)
	say("\n| kill -9 under write load, 8 clients | rounds | acknowledged writes | lost | lost in one round | seconds lost at most | slowest start | memory, MB | not restorable, or with a gap |\n|---|---|---|---|---|---|---|---|---|")
	try := func(name string, n int, diskLost bool) {
		r := newRounds(t)
		r.diskLost = diskLost
		n = roundsOf(t, n)
		r.run(n)
		start, memory := "", ""
		if diskLost {
			start, memory = fmt.Sprintf("%.1f s", r.restore.Seconds()), strconv.Itoa(r.memory)
		}
		say("| %s | %d | %d | %d | %d | %.2f | %s | %s | %d |", name, n, len(r.written.at)+r.lost, r.lost, r.most, r.longest.Seconds(), start, memory, len(r.bad))
		if len(r.bad) > 0 || r.lost > 0 && !diskLost {
			t.Errorf("%s: %d lost, %s", name, r.lost, strings.Join(r.bad, "\n"))
		}
	}
	try("the disk stays", 100, false)
	try("the disk is lost, copy in a directory", 50, true)
	copyOnS3(t)
	try("the disk is lost, copy on S3 (versitygw)", 10, true)
}

// copyOnS3 gives the programs started from here on their continuous copy on an S3 server, and returns the path of the configuration.
func copyOnS3(t *testing.T) (config string) {
	t.Helper()
	server := s3test.New(t)
	config = filepath.Join(t.TempDir(), "litestream.yml")
	text := fmt.Sprintf(`snapshot: {interval: 24h, retention: 720h}
dbs:
  - path: ${DATA_DIR}/wakakusa.db
    monitor-interval: 250ms
    busy-timeout: 5s
    replica: {type: s3, bucket: %s, path: shift, region: %s, endpoint: "%s", sync-interval: 250ms}
`, s3test.Bucket, s3test.Region, server.Endpoint)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LITESTREAM_CONFIG", config)
	t.Setenv("LITESTREAM_ACCESS_KEY_ID", s3test.ID)
	t.Setenv("LITESTREAM_SECRET_ACCESS_KEY", s3test.Secret)
	return config
}

// TestStockCommand restores with the litestream command of the same version, from the configuration that the program prints and from S3.
func TestStockCommand(t *testing.T) {
	say := benchFile(t)
	onFile(t)
	stock, version := stockCommand(t)
	check := func(place, config string) {
		r := newRounds(t)
		if err := r.round(time.Second); err != nil {
			t.Fatal(err)
		}
		want, err := keysIn(r.dir)
		if err != nil || len(r.written.at) == 0 {
			t.Fatal(err, len(r.written.at))
		}
		if err := os.RemoveAll(r.dir); err != nil {
			t.Fatal(err)
		}
		to := t.TempDir()
		restore := exec.Command(stock, "restore", "-config", config, "-o", filepath.Join(to, "wakakusa.db"), filepath.Join(r.dir, "wakakusa.db"))
		restore.Env = append(os.Environ(), "DATA_DIR="+r.dir, "AWS_CA_BUNDLE=") // with a bundle Litestream opens no bucket
		if out, err := restore.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", place, err, out)
		}
		got, err := keysIn(to)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v, %d acts of %d", place, err, len(got), len(want))
		}
		say("\nThe stock litestream command %s restored %d acts of %d from %s.", version, len(got), len(want), place)
	}
	printed := filepath.Join(t.TempDir(), "litestream.yml")
	if err := os.WriteFile(printed, []byte(command(t, seeded, "config", "--litestream")), 0o600); err != nil {
		t.Fatal(err)
	}
	check("a directory", printed)
	check("S3 (versitygw)", copyOnS3(t))
}

// stockCommand builds the litestream command of the version that the program embeds.
func stockCommand(t *testing.T) (path, version string) {
	t.Helper()
	const module = "github.com/benbjohnson/litestream"
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	dir, version := t.TempDir(), strings.TrimSpace(string(out))
	install := exec.Command("go", "install", module+"/cmd/litestream@"+version)
	install.Env = append(os.Environ(), "GOBIN="+dir)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "litestream"), version
}

// TestBackInService measures the way back with a year of data, a backup under load, and what copying costs.
func TestBackInService(t *testing.T) {
	say := benchFile(t)
	onFile(t)
	dir := yearOfDemo(t)
	say("\n| a year of 137 people | |\n|---|---|")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	p, err := launch(dir, "demo")
	if err != nil {
		t.Fatal(err)
	}
	_, peak := p.memory()
	info, err := os.Stat(filepath.Join(dir, "wakakusa.db"))
	if err != nil {
		t.Fatal(err)
	}
	say("| from the lost disk to ready, copy in a directory, %d MB | %.1f s, %d MB of memory at most |", info.Size()/1e6, time.Since(began).Seconds(), peak)

	w := written{at: map[string]time.Time{}}
	v := newVisitor(t, p, "manager", 8)
	s := v.sheet()
	ctx, end := context.WithCancel(t.Context())
	done := make(chan struct{})
	var worst time.Duration
	var failed int
	go func() { defer close(done); worst, failed = w.hammer(ctx, v, s, 4, 20*time.Millisecond) }()
	began = time.Now()
	out := command(t, dir, "backup", "now")
	took := time.Since(began)
	end()
	<-done
	say("| backup and its check under load, by the command | %.1f s; %d writes meanwhile, %d failed, the slowest %s ms |", took.Seconds(), len(w.at), failed, ms(worst))
	if failed > 0 || !strings.Contains(out, "戻して確かめました") {
		t.Errorf("%d failed\n%s", failed, out)
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}

	say("\n| one-cell edits a second, by turns | clients | with the copy | without | with / without |\n|---|---|---|---|---|")
	for _, clients := range []int{1, 10, 50} {
		rate := map[string]float64{}
		for range 2 {
			for _, how := range []string{"", "off"} {
				t.Setenv("LITESTREAM_CONFIG", how)
				p, err := launch(dir, "demo")
				if err != nil {
					t.Fatal(err)
				}
				v := newVisitor(t, p, "manager", 64)
				f := v.best(p, clients, v.sheet().edit)
				rate[how] = max(rate[how], f.perSecond)
				if err := p.stop(); err != nil {
					t.Fatal(err)
				}
			}
		}
		say("| | %d | %.0f | %.0f | %.2f |", clients, rate[""], rate["off"], rate[""]/rate["off"])
	}
	t.Setenv("LITESTREAM_CONFIG", "")
}
