package sqldb

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb/mariadbtest"
)

// road leads to a database server; it can be broken and blocked.
type road struct {
	t       *testing.T
	path    string
	to      string
	mu      sync.Mutex
	listen  net.Listener
	open    []net.Conn
	came    int
	blocked chan struct{} // not nil: what comes is not passed on
}

func newRoad(t *testing.T, to string) *road {
	r := &road{t: t, to: to, path: filepath.Join(short(t), "r")}
	r.mend()
	t.Cleanup(r.breaks)
	return r
}

func (r *road) mend() {
	l, err := net.Listen("unix", r.path)
	must(r.t, err)
	r.mu.Lock()
	r.listen, r.blocked = l, nil
	r.mu.Unlock()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.pass(c)
		}
	}()
}

func (r *road) pass(c net.Conn) {
	s, err := net.Dial("unix", r.to)
	if err != nil {
		c.Close()
		return
	}
	r.mu.Lock()
	r.open, r.came = append(r.open, c, s), r.came+1
	r.mu.Unlock()
	go func() { io.Copy(c, r.held(s)); c.Close() }() //nolint:errcheck // it ends with the connection
	io.Copy(s, r.held(c))                            //nolint:errcheck // it ends with the connection
	s.Close()
}

// held passes on nothing while the road is blocked.
func (r *road) held(from io.Reader) io.Reader { return heldReader{r, from} }

type heldReader struct {
	r    *road
	from io.Reader
}

func (h heldReader) Read(p []byte) (int, error) {
	n, err := h.from.Read(p)
	h.r.mu.Lock()
	blocked := h.r.blocked
	h.r.mu.Unlock()
	if blocked != nil {
		<-blocked
	}
	return n, err
}

// blocks lets nothing through, and ends no connection either.
func (r *road) blocks() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.blocked = make(chan struct{})
}

// breaks ends all connections and takes no new ones.
func (r *road) breaks() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listen.Close()
	for _, c := range r.open {
		c.Close()
	}
	r.open = nil
	if r.blocked != nil {
		close(r.blocked)
		r.blocked = nil
	}
}

func (r *road) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.came
}

// TestHosts: the first of several hosts is used for as long as it is well. When it breaks, or hangs, what was under way is done once more
// through the next, without a loss; and the first is used again when it is back.
func TestHosts(t *testing.T) {
	s := mariadbtest.Shared(t)
	cfg := s.Config(s.Database(t))
	if cfg.Net != "unix" {
		t.Skip("the roads are made to the tests' own server")
	}
	a, b := newRoad(t, cfg.Addr), newRoad(t, cfg.Addr)
	db, err := openServer(t.Context(), cfg, 6, time.Now, a.path, b.path)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	must(t, db.Migrate(t.Context()))
	org := roster.Org{ID: roster.OrgID(NewID()), Slug: "hosts", Name: "試験会", Timezone: "Asia/Tokyo", Language: "ja"}
	must(t, db.AddOrg(t.Context(), org))
	done := 0
	write := func() {
		t.Helper()
		began := time.Now()
		_, err := db.Write(t.Context(), roster.Act{Org: org.ID, Kind: "x"}, func(w store.Writer) error { return addSite(t.Context(), w, fmt.Sprint("館", done)) })
		if err != nil {
			t.Fatalf("write %d: %v after %v", done, err, time.Since(began))
		}
		done++
		must(t, db.Read(t.Context(), org.ID, func(r store.Reader) error {
			list, err := r.Sites(t.Context())
			if err == nil && len(list) != done {
				t.Errorf("%d sites after %d writes", len(list), done)
			}
			return err
		}))
	}
	write()
	if a.count() == 0 || b.count() != 0 {
		t.Fatalf("%d connections to the first, %d to the second", a.count(), b.count())
	}
	a.breaks()
	for range 3 {
		write()
	}
	if b.count() == 0 {
		t.Error("the second was not used")
	}
	a.mend()
	was := a.count()
	b.breaks() // now only the first is there again
	for end := time.Now().Add(15 * time.Second); a.count() == was && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		write()
	}
	if a.count() == was {
		t.Error("the first is not used again")
	}
	b.mend()
	a.blocks()
	go func() { // as the program does
		for range 8 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			db.Ping(ctx) //nolint:errcheck // it hangs
			cancel()
			time.Sleep(time.Second / 2)
		}
	}()
	write()
	write()
}

// TestAddresses: a list of hosts, each with its port or the common one.
func TestAddresses(t *testing.T) {
	for host, want := range map[string]string{
		"db":                               "[db:3306]",
		"db1, db2:3307,[2001:db8::1]:3308": "[db1:3306 db2:3307 [2001:db8::1]:3308]",
		"2001:db8::1":                      "[[2001:db8::1]:3306]",
		"/run/mysqld/mysqld.sock":          "[/run/mysqld/mysqld.sock]",
	} {
		if got := fmt.Sprint(MySQL{Host: host, Port: 3306}.addresses()); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

// TestHostThatFollows: a host that is read-only is passed over, however it answers.
func TestHostThatFollows(t *testing.T) {
	leads, follows := mariadbtest.Shared(t), mariadbtest.Own(t, "", "--read-only")
	name := leads.Database(t)
	follows.Exec(t, "CREATE DATABASE "+name)
	cfg := leads.Config(name)
	if cfg.Net != "unix" {
		t.Skip("the hosts are the tests' own servers")
	}
	db, err := openServer(t.Context(), cfg, 6, time.Now, follows.Config(name).Addr, cfg.Addr)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	must(t, db.Migrate(t.Context()))
	must(t, db.Ping(t.Context()))
	alone, err := openServer(t.Context(), follows.Config(name), 3, time.Now)
	must(t, err)
	t.Cleanup(func() { alone.Close() })
	if at, _, err := alone.Schema(t.Context()); err != nil || at != 0 {
		t.Errorf("the one that follows has schema %d, %v", at, err)
	}
}
