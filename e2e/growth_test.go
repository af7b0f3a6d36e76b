package e2e

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"wakakusa/store/dump"
)

// millionShifts are what TestGrowth moves; WAKAKUSA_GROWTH sets another number.
func millionShifts(t *testing.T) int64 {
	text := os.Getenv("WAKAKUSA_GROWTH")
	if text == "" {
		return 1_000_000
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestGrowth moves an installation with a million shifts from SQLite to a server and back, and opens a month there on both.
func TestGrowth(t *testing.T) {
	say := benchFile(t)
	t.Setenv("WAKAKUSA_TEST_ENGINE", "")
	dir := t.TempDir()
	year, large, again := filepath.Join(dir, "year.sql"), filepath.Join(dir, "large.sql"), filepath.Join(dir, "again.sql")
	g := growth{t: t, say: say}
	small := yearOfDemo(t)
	say("\n| export and import, the program as it ships | rows | seconds | MB | memory at most, MB |\n|---|---|---|---|---|")
	yearRows := rowsOf(t, g.run("export of one organisation's year from SQLite", sqliteIn(small), year, "export", "--to", year))
	rows := multiply(t, year, large, millionShifts(t))
	server, err := newDatabase()
	if err != nil {
		t.Fatal(err)
	}
	server = append(server, "DATA_DIR="+t.TempDir())
	g.run("import of it into MariaDB", server, large, "import", large)
	g.run("export from MariaDB", server, large, "export", "--to", again)
	sameFile(t, large, again)
	back := sqliteIn(filepath.Join(dir, "back"))
	g.run("import into SQLite", back, large, "import", again)
	remove(t, again)
	g.run("export from SQLite", back, large, "export", "--to", again)
	sameFile(t, large, again)
	say("\n%d rows, of them %d shifts, against %d rows of the year.", rows["all"], rows["shifts"], yearRows)

	say("\n| month sheet of 100 people, anew after an edit, and that edit, by turns | clients | per second | p50 ms | p95 ms | server CPU ms |\n|---|---|---|---|---|---|")
	g.months("SQLite, a year", small)
	g.months("SQLite, a million shifts", filepath.Join(dir, "back"))
	t.Setenv("WAKAKUSA_TEST_ENGINE", "mysql")
	onServer := filepath.Join(dir, "server")
	databases.Store(onServer, server)
	g.months("MariaDB, a million shifts", onServer)
}

type growth struct {
	t   *testing.T
	say func(string, ...any)
}

func sqliteIn(dir string) []string { return []string{"DATA_DIR=" + dir} }

// run runs the program to its end and says how long it took and what it held in memory at most.
func (g growth) run(name string, settings []string, file string, args ...string) (out string) {
	g.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), settings...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	ended, most := make(chan struct{}), make(chan int)
	go func() { most <- watchMemory(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	took := time.Since(began)
	close(ended)
	if err != nil {
		g.t.Fatalf("%v: %v\n%s", args, err, stderr.Bytes()[max(0, stderr.Len()-500):])
	}
	info, err := os.Stat(file)
	if err != nil {
		g.t.Fatal(err)
	}
	g.say("| %s | %d | %.1f | %d | %d |", name, rowsOf(g.t, stdout.String()), took.Seconds(), info.Size()/1e6, <-most)
	return stdout.String()
}

// watchMemory looks on while the process runs: what the system says when it has ended counts the process that started it too.
func watchMemory(pid int, ended <-chan struct{}) (most int) {
	for {
		select {
		case <-ended:
			return most
		case <-time.After(20 * time.Millisecond):
			_, peak := memoryOf(pid)
			most = max(most, peak)
		}
	}
}

// rowsOf adds up the tables that the program printed.
func rowsOf(t *testing.T, out string) (n int) {
	t.Helper()
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) == 5 && f[3] == "sha256" {
			rows, err := strconv.Atoi(f[1])
			if err != nil {
				t.Fatal(err)
			}
			n += rows
		}
	}
	return n
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func sameFile(t *testing.T, a, b string) {
	t.Helper()
	var sums [][]byte
	for _, path := range []string{a, b} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		_, err = io.Copy(h, f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		sums = append(sums, h.Sum(nil))
	}
	if !bytes.Equal(sums[0], sums[1]) {
		t.Errorf("%s and %s differ", a, b)
	}
}

// multiply writes an export with as many copies of the one organisation of another as give so many shifts, ids and names made different.
func multiply(t *testing.T, from, to string, shifts int64) (rows map[string]int64) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	found, err := dump.Read(in, dump.Visitor{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(found.Tables, func(x dump.Table) bool { return x.Name == "shifts" })
	copies := int((shifts + found.Tables[i].Rows - 1) / found.Tables[i].Rows)
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	buffered := bufio.NewWriterSize(out, 1<<20)
	w, err := dump.NewWriter(buffered, found.Header)
	if err != nil {
		t.Fatal(err)
	}
	m := multiplying{to: w, copies: copies, rows: map[string]int64{}}
	_, err = in.Seek(0, io.SeekStart)
	if err == nil {
		_, err = dump.Read(in, dump.Visitor{Row: m.keep, Table: m.table})
	}
	if err := errors.Join(err, w.Close(), buffered.Flush(), out.Close()); err != nil {
		t.Fatal(err)
	}
	return m.rows
}

type multiplying struct {
	to     *dump.Writer
	copies int
	prefix string // of all ids
	kept   []dump.Row
	rows   map[string]int64
}

func (m *multiplying) keep(r dump.Row) error {
	r.Values = slices.Clone(r.Values)
	m.kept = append(m.kept, r)
	if m.prefix == "" {
		m.prefix = r.Values[0].(string)[:4]
	}
	return nil
}

func (m *multiplying) table(x dump.Table) error {
	var columns []string
	if len(m.kept) > 0 {
		columns = m.kept[0].Columns
	}
	m.to.Table(x.Name, columns)
	for n := range m.copies {
		for _, r := range m.kept {
			if err := m.to.Row(m.copied(r, n)); err != nil {
				return err
			}
			m.rows[x.Name]++
			m.rows["all"]++
		}
	}
	m.kept = nil
	_, err := m.to.EndTable()
	return err
}

// copied gives a row's ids another beginning, in the order of the copies; what else must be unique gets a number.
func (m *multiplying) copied(r dump.Row, n int) []any {
	values := slices.Clone(r.Values)
	for i, v := range values {
		text, ok := v.(string)
		if !ok || n == 0 {
			continue
		}
		text = strings.ReplaceAll(text, m.prefix, fmt.Sprintf("%04x", 0x1000+n))
		if name := r.Columns[i]; name == "slug" || r.Table == "accounts" && (name == "name" || name == "name_key") {
			text += strconv.Itoa(n)
		}
		values[i] = text
	}
	return values
}

// months opens the month of the sheet and edits it by turns.
func (g growth) months(name, dir string) {
	g.t.Helper()
	p, err := launch(dir, "demo")
	if err != nil {
		g.t.Fatal(err)
	}
	v := newVisitor(g.t, p, "manager", 64)
	s := v.sheet()
	for _, clients := range []int{1, 10, 50} {
		f := v.best(p, clients, func(client, n int) request {
			if n%2 == 0 {
				return s.edit(client, n/2)
			}
			return request{method: http.MethodGet, path: s.path, encoding: "gzip"}
		})
		g.say("| %s | %d | %.0f | %s | %s | %.2f |", name, clients, f.perSecond, ms(f.p50), ms(f.p95), float64(f.cpu.Microseconds())/1000)
	}
	if err := p.stop(); err != nil {
		g.t.Error(err)
	}
}

// TestBackupMillion makes a backup of a million shifts on both engines, and restores it on trial.
func TestBackupMillion(t *testing.T) {
	say := benchFile(t)
	t.Setenv("WAKAKUSA_TEST_ENGINE", "")
	dir := t.TempDir()
	year, large := filepath.Join(dir, "year.sql"), filepath.Join(dir, "large.sql")
	g := growth{t: t, say: say}
	say("\n| the program as it ships | rows | seconds | MB | memory at most, MB |\n|---|---|---|---|---|")
	g.run("export of one organisation's year from SQLite", sqliteIn(yearOfDemo(t)), year, "export", "--to", year)
	multiply(t, year, large, millionShifts(t))
	server, err := newDatabase()
	if err != nil {
		t.Fatal(err)
	}
	server = append(server, "DATA_DIR="+filepath.Join(dir, "server"))
	for _, x := range []struct {
		name     string
		settings []string
		data     string
	}{{"SQLite", sqliteIn(filepath.Join(dir, "file")), "file"}, {"MariaDB", server, "server"}} {
		g.run("import into "+x.name, x.settings, large, "import", large)
		g.run("backup of "+x.name+", restored on trial", x.settings, filepath.Join(dir, x.data+"-backup"), "backup", "now")
		for _, path := range globbed(t, filepath.Join(dir, x.data+"-backup", "*.json")) {
			var r struct {
				WroteMs   float64 `json:"wrote_ms"`
				CheckedMs float64 `json:"checked_ms"`
				Bytes     float64
			}
			text, err := os.ReadFile(path)
			if err != nil || json.Unmarshal(text, &r) != nil {
				t.Fatal(err)
			}
			say("| of that: written, %.0f MB | | %.1f | | |\n| of that: restored and compared | | %.1f | | |", r.Bytes/1e6, r.WroteMs/1000, r.CheckedMs/1000)
		}
	}
}

func globbed(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	if err != nil || len(list) == 0 {
		t.Fatal(pattern, err)
	}
	return list
}
