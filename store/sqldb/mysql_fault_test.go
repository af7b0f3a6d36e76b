package sqldb

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb/mariadbtest"
)

// TestWrongSettings: each fault of a first connection names the setting to look at and never the password.
func TestWrongSettings(t *testing.T) {
	s := mariadbtest.Shared(t)
	right := s.Config(s.Database(t))
	if right.Net != "unix" {
		t.Skip("the faults are made on the tests' own server")
	}
	s.Exec(t, `CREATE USER IF NOT EXISTS 'shift'@'localhost' IDENTIFIED BY 'himitsu-no-ji'`)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	port := closed.Addr().(*net.TCPAddr).Port
	must(t, closed.Close())
	silent, err := net.Listen("unix", filepath.Join(short(t), "x")) // answers, but not as a database server does
	must(t, err)
	defer silent.Close()
	go func() {
		for {
			c, err := silent.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			c.Close()
		}
	}()
	const password = "chigau-himitsu"
	for what, x := range map[string]struct {
		m    MySQL
		want []string
	}{
		"nobody listens":   {MySQL{Host: "127.0.0.1", Port: port, User: "u", Name: "d"}, []string{"no database server answers", "DB_HOST", "DB_PORT"}},
		"no such host":     {MySQL{Host: "db.invalid", Port: 3306, User: "u", Name: "d"}, []string{"DB_HOST", "db.invalid"}},
		"another server":   {MySQL{Host: silent.Addr().String(), User: "u", Name: "d"}, []string{"no MySQL server", "DB_HOST"}},
		"wrong password":   {MySQL{Host: right.Addr, User: "shift", Name: right.DBName}, []string{"refuses the user", "shift", "DB_USER", "DB_PASSWORD"}},
		"unknown database": {MySQL{Host: right.Addr, User: "root", Name: "nowhere"}, []string{"no database", "nowhere", "DB_NAME", "CREATE DATABASE"}},
		"no TLS":           {MySQL{Host: right.Addr, User: "root", Name: right.DBName, TLS: "verify"}, []string{"does not speak TLS", "DB_TLS"}},
		"no certificate":   {MySQL{Host: right.Addr, User: "root", Name: right.DBName, TLS: "verify", CA: os.DevNull}, []string{"holds no certificate"}},
	} {
		x.m.Password, x.m.MaxConnections = password, 3
		if x.m.User == "root" {
			x.m.Password = right.Passwd
		}
		db, err := OpenMySQL(t.Context(), x.m, time.Now)
		if err == nil {
			t.Errorf("%s: accepted", what)
			db.Close()
			continue
		}
		for _, w := range x.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q is missing in %v", what, w, err)
			}
		}
		if strings.Contains(err.Error(), password) {
			t.Errorf("%s: the password stands in %v", what, err)
		}
	}
	// No rights on the database.
	s.Exec(t, `CREATE USER IF NOT EXISTS 'stranger'@'localhost' IDENTIFIED BY ''`)
	_, err = OpenMySQL(t.Context(), MySQL{Host: right.Addr, User: "stranger", Name: right.DBName, MaxConnections: 3}, time.Now)
	if err == nil || !strings.Contains(err.Error(), "no rights on the database") {
		t.Error(err)
	}
}

// short is a directory whose path leaves room for the name of a socket.
func short(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "w")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestServersThatWillDo(t *testing.T) {
	for version, ok := range map[string]bool{
		"8.0.17": true, "8.4.3": true, "9.1.0-commercial": true, "8.0.16": false, "5.7.44-log": false, "8.0.11-TiDB-v7.5.0": true,
		"10.11.6-MariaDB-0+deb12u1": true, "11.4.2-MariaDB": true, "5.5.5-10.11.6-MariaDB": true, "10.6.18-MariaDB": false, "5.5.5-10.5.9-MariaDB": false, "what": false,
	} {
		if newEnough(version) != ok {
			t.Errorf("%s: %t", version, !ok)
		}
	}
}

// TestTwoMigratorsAtOnce: they wait for each other, and what is done is done once.
func TestTwoMigratorsAtOnce(t *testing.T) {
	s := mariadbtest.Shared(t)
	name := s.Database(t)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			db, err := openServer(t.Context(), s.Config(name), 3, time.Now)
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if err := db.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
			if err := db.CheckSchema(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestHalfMigrated: a migration that was cut short is refused by whoever serves and done again by the next one.
func TestHalfMigrated(t *testing.T) {
	db := openEmptyMySQL(t)
	for _, text := range []string{`DELETE FROM goose_db_version WHERE version_id > 0`, `DROP TABLE links`, `DROP TABLE imports`, `DROP TABLE leases`} {
		_, err := db.long.ExecContext(t.Context(), text)
		must(t, err)
	}
	if err := db.CheckSchema(t.Context()); err == nil || !strings.Contains(err.Error(), "schema 0") {
		t.Errorf("served: %v", err)
	}
	must(t, db.Migrate(t.Context()))
	must(t, db.CheckSchema(t.Context()))
	if held, err := db.TakeLease(t.Context(), "pruning", "x", 1, 2); err != nil || !held {
		t.Error(held, err)
	}
}

// TestSchemaOlderAndNewer: both are named; a newer one is served up to its mark.
func TestSchemaOlderAndNewer(t *testing.T) {
	for name, db := range map[string]*DB{"sqlite": openEmpty(t), "mysql": openEmptyMySQL(t)} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			_, newest, err := db.Schema(ctx)
			must(t, err)
			exec := func(text string, args ...any) {
				t.Helper()
				_, err := db.write.ExecContext(ctx, text, args...)
				must(t, err)
			}
			refused := func(words ...string) {
				t.Helper()
				err := db.CheckSchema(ctx)
				for _, w := range words {
					if err == nil || !strings.Contains(err.Error(), w) {
						t.Errorf("%q is missing in %v", w, err)
					}
				}
			}
			exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, 1)`, newest+1)
			refused(fmt.Sprintf("schema %d", newest+1), fmt.Sprintf("knows %d", newest))
			exec(`INSERT INTO schema_marks (version, oldest) VALUES (?, ?)`, newest+1, newest+1)
			refused("use a newer program")
			exec(`UPDATE schema_marks SET oldest = ? WHERE version = ?`, newest, newest+1)
			must(t, db.CheckSchema(ctx))
			exec(`DELETE FROM goose_db_version WHERE version_id >= ?`, newest)
			refused(fmt.Sprintf("schema %d", newest-1), fmt.Sprintf("needs %d", newest), "wakakusa migrate")
		})
	}
}

// proxy stands between the program and the server's socket and cuts the line at a COMMIT.
type proxy struct {
	listener net.Listener
	server   string
	cuts     atomic.Int32 // commits still to be cut
	after    bool         // the server hears the commit, and its answer is lost; else it never hears it
}

func newProxy(t *testing.T, server string, cuts int32, after bool) *proxy {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(short(t), "p"))
	must(t, err)
	p := &proxy{listener: l, server: server, after: after}
	p.cuts.Store(cuts)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.carry(c)
		}
	}()
	return p
}

func (p *proxy) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	var lost atomic.Bool
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			if err != nil || lost.Load() {
				client.Close()
				return
			}
			client.Write(buffer[:n]) //nolint:errcheck // the other side notices
		}
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if bytes.HasSuffix(buffer[:n], []byte("\x03COMMIT")) && p.cuts.Add(-1) >= 0 {
			if !p.after {
				return
			}
			lost.Store(true)
		}
		server.Write(buffer[:n]) //nolint:errcheck // the other side notices
	}
}

// TestCommitWithoutAnswer: the connection breaks in the middle of a commit. Whether it had happened or not, the act is there once, and
// whoever asked is told so.
func TestCommitWithoutAnswer(t *testing.T) {
	for name, heard := range map[string]bool{"it had happened": true, "it had not": false} {
		t.Run(name, func(t *testing.T) {
			direct := openEmptyMySQL(t)
			org := newOrg(t, direct)
			cfg := serverConfig(t, direct)
			p := newProxy(t, cfg.Addr, 2, heard)
			cfg.Addr = p.listener.Addr().String()
			db, err := openServer(t.Context(), cfg, 6, time.Now)
			must(t, err)
			defer db.Close()
			runs := 0
			c, err := db.Write(t.Context(), roster.Act{Org: org, Kind: "x", Key: "once"}, func(w store.Writer) error {
				runs++
				return addSite(t.Context(), w, "館")
			})
			must(t, err)
			if c.Repeated || c.Revision != 1 || len(c.Events) != 1 {
				t.Errorf("told %+v", c)
			}
			if want := map[bool]int{true: 1, false: 3}[heard]; runs != want {
				t.Errorf("%d runs, want %d", runs, want)
			}
			if n := sites(t, direct, org); n != 1 {
				t.Errorf("%d sites, want 1", n)
			}
			again, err := db.Write(t.Context(), roster.Act{Org: org, Kind: "x", Key: "once"}, func(store.Writer) error { return nil })
			if err != nil || !again.Repeated || again.Revision != 1 {
				t.Errorf("the same key again: %+v, %v", again, err)
			}
		})
	}
}

func newOrg(t *testing.T, db *DB) roster.OrgID {
	t.Helper()
	id := NewID()
	must(t, db.AddOrg(t.Context(), roster.Org{ID: roster.OrgID(id), Slug: "o-" + id[24:], Name: "会", Timezone: "Asia/Tokyo", Language: "ja"}))
	return roster.OrgID(id)
}

func addSite(ctx context.Context, w store.Writer, name string) error {
	w.Record(roster.Event{Name: "site.saved"})
	_, err := w.SaveSite(ctx, roster.Site{ID: roster.SiteID(NewID()), Name: name, StartDay: 1})
	return err
}

func sites(t *testing.T, db *DB, org roster.OrgID) (n int) {
	t.Helper()
	must(t, db.Read(t.Context(), org, func(r store.Reader) error {
		list, err := r.Sites(t.Context())
		n = len(list)
		return err
	}))
	return n
}

// TestDeadlock: the engine ends one of two; ours is run again.
func TestDeadlock(t *testing.T) {
	db := openEmptyMySQL(t)
	ctx, org := t.Context(), newOrg(t, db)
	stranger, err := db.long.BeginTx(ctx, nil)
	must(t, err)
	defer stranger.Rollback() //nolint:errcheck // it may be the victim
	_, err = stranger.ExecContext(ctx, `UPDATE gates SET passes = passes + 1`)
	must(t, err)
	runs, met := 0, make(chan error, 1)
	_, err = db.Write(ctx, roster.Act{Org: org, Kind: "x"}, func(w store.Writer) error {
		runs++
		if runs == 1 {
			go func() { // now it waits for the pen, and we for its gate
				_, err := stranger.ExecContext(ctx, `UPDATE orgs SET version = version WHERE id = ?`, org)
				stranger.Rollback() //nolint:errcheck // it may be the victim
				met <- err
			}()
			time.Sleep(100 * time.Millisecond)
		}
		if err := passGate(ctx, w.(*writer).tx, gateAccounts); err != nil {
			return err
		}
		return addSite(ctx, w, "館")
	})
	theirs := <-met
	must(t, err)
	if (runs == 1) == (theirs == nil) {
		t.Errorf("%d runs, and theirs ended with %v: no deadlock was met", runs, theirs)
	}
	if n := sites(t, db, org); n != 1 {
		t.Errorf("%d sites", n)
	}
}

// TestPenHeldElsewhere: a row that somebody keeps is waited for until the deadline and no longer, and then nothing is half done.
func TestPenHeldElsewhere(t *testing.T) {
	for name, held := range map[string]time.Duration{"let go in time": 2500 * time.Millisecond, "never let go": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openEmptyMySQL(t)
			ctx, org := t.Context(), newOrg(t, db)
			stranger, err := db.long.BeginTx(ctx, nil)
			must(t, err)
			_, err = stranger.ExecContext(ctx, `UPDATE orgs SET version = version WHERE id = ?`, org)
			must(t, err)
			letGo := time.AfterFunc(held, func() { stranger.Rollback() }) //nolint:errcheck // the end of the test does it too
			defer letGo.Stop()
			began := time.Now()
			_, err = db.Write(ctx, roster.Act{Org: org, Kind: "x"}, func(w store.Writer) error { return addSite(ctx, w, "館") })
			want := 1
			if held > penDeadline {
				want = 0
				if err == nil || time.Since(began) > penDeadline+3*time.Second {
					t.Errorf("%v after %s", err, time.Since(began))
				}
			} else {
				must(t, err)
			}
			stranger.Rollback() //nolint:errcheck // it may have ended
			if n := sites(t, db, org); n != want {
				t.Errorf("%d sites, want %d", n, want)
			}
		})
	}
}

// TestPoolExhausted: whoever finds no connection is told within the deadline, and the next one is served.
func TestPoolExhausted(t *testing.T) {
	t.Parallel()
	db := openEmptyMySQL(t)
	ctx, org := t.Context(), newOrg(t, db)
	var held []*sql.Conn
	for range db.read.Stats().MaxOpenConnections {
		c, err := db.read.Conn(ctx)
		must(t, err)
		held = append(held, c)
	}
	began := time.Now()
	if err := db.Read(ctx, org, func(store.Reader) error { return nil }); err == nil || time.Since(began) > readDeadline+2*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	for _, c := range held {
		must(t, c.Close())
	}
	if n := sites(t, db, org); n != 0 {
		t.Error(n)
	}
}

// TestReadOnlyServer: a replica, or a server that an operator has closed for writing.
func TestReadOnlyServer(t *testing.T) {
	s := mariadbtest.Own(t, "")
	name := s.Database(t)
	s.Exec(t, `CREATE USER 'app'@'localhost'`)
	s.Exec(t, `GRANT ALL ON `+name+`.* TO 'app'@'localhost'`)
	cfg := s.Config(name)
	cfg.User = "app"
	db, err := openServer(t.Context(), cfg, 6, time.Now)
	must(t, err)
	defer db.Close()
	must(t, db.Migrate(t.Context()))
	org := newOrg(t, db)
	write := func() error {
		_, err := db.Write(t.Context(), roster.Act{Org: org, Kind: "x"}, func(w store.Writer) error { return addSite(t.Context(), w, "館") })
		return err
	}
	s.Exec(t, `SET GLOBAL read_only = 1`)
	if err := write(); err == nil || !mysqlCode(err, 1290, 1792) {
		t.Errorf("a write on a server that only reads: %v", err)
	}
	if n := sites(t, db, org); n != 0 {
		t.Errorf("%d sites", n)
	}
	s.Exec(t, `SET GLOBAL read_only = 0`)
	must(t, write())
}

// TestServerDies: the server's process is killed under load and starts again. What was acknowledged is there, once, and what was not may
// be there, once.
func TestServerDies(t *testing.T) {
	s := mariadbtest.Own(t, "", "--innodb-flush-log-at-trx-commit=2")
	db, err := openServer(t.Context(), s.Config(s.Database(t)), 12, time.Now)
	must(t, err)
	defer db.Close()
	must(t, db.Migrate(t.Context()))
	org := newOrg(t, db)
	var told sync.Map
	var stop atomic.Bool
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := 0; !stop.Load(); n++ {
				name := fmt.Sprintf("%d-%d", i, n)
				if _, err := db.Write(t.Context(), roster.Act{Org: org, Kind: "x", Key: name}, func(w store.Writer) error { return addSite(t.Context(), w, name) }); err == nil {
					told.Store(name, true)
				}
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	s.Kill()
	s.Restart(t)
	time.Sleep(500 * time.Millisecond)
	stop.Store(true)
	all.Wait()
	seen := map[string]int{}
	must(t, db.Read(t.Context(), org, func(r store.Reader) error {
		list, err := r.Sites(t.Context())
		for _, x := range list {
			seen[x.Name]++
		}
		return err
	}))
	acknowledged := 0
	told.Range(func(name, _ any) bool {
		acknowledged++
		if seen[name.(string)] != 1 {
			t.Errorf("%s was acknowledged and is there %d times", name, seen[name.(string)])
		}
		return true
	})
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", name, n)
		}
	}
	if acknowledged < 20 {
		t.Errorf("only %d writes were acknowledged", acknowledged)
	}
}

// TestServerHangs: connections stay and no answer comes. Whoever asks is told, at a commit after silentFor at the latest, and when the
// server goes on, so does the program. What was committed into the silence may have happened, once.
func TestServerHangs(t *testing.T) {
	t.Parallel()
	s := mariadbtest.Own(t, "")
	db, err := openServer(t.Context(), s.Config(s.Database(t)), 12, time.Now)
	must(t, err)
	defer db.Close()
	must(t, db.Migrate(t.Context()))
	org := newOrg(t, db)
	goOn := func() {}
	for name, x := range map[string]struct {
		before, within func()
		most           time.Duration
	}{
		"before the write":  {func() { goOn = s.Hang() }, func() {}, penDeadline},
		"before the commit": {func() {}, func() { goOn = s.Hang() }, penDeadline + silentFor},
	} {
		x.before()
		began := time.Now()
		_, err := db.Write(t.Context(), roster.Act{Org: org, Kind: "x"}, func(w store.Writer) error {
			err := addSite(t.Context(), w, name)
			x.within()
			return err
		})
		if took := time.Since(began); err == nil || took > x.most+3*time.Second {
			t.Errorf("%s: %v after %s", name, err, took)
		}
		goOn()
		if _, err := db.Write(t.Context(), roster.Act{Org: org, Kind: "x"}, func(w store.Writer) error { return addSite(t.Context(), w, "その後") }); err != nil {
			t.Errorf("%s: afterwards: %v", name, err)
		}
	}
	if n := sites(t, db, org); n < 2 || n > 3 {
		t.Errorf("%d sites", n)
	}
}
