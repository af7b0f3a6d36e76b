package redis

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"wakakusa/store/daemontest"
	"wakakusa/store/redis/redistest"
)

func TestMain(m *testing.M) {
	goredis.SetLogger(quiet{})
	os.Exit(m.Run())
}

func open(t *testing.T, url string) (*Client, *daemontest.Log) {
	t.Helper()
	return patient(t, url, 10*time.Second)
}

func patient(t *testing.T, url string, patience time.Duration) (*Client, *daemontest.Log) {
	t.Helper()
	log := &daemontest.Log{}
	c, err := Open(t.Context(), Config{URL: url, Patience: patience, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, log
}

// back waits until the server is used again.
func back(t *testing.T, c *Client) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); c.Away(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the server is not used again")
		}
	}
}

// taken counts how many of n tries were allowed.
func taken(t *testing.T, c *Client, key string, n, limit int, per time.Duration) (allowed int) {
	t.Helper()
	for range n {
		wait, err := c.Take(t.Context(), key, limit, per)
		if err != nil {
			t.Fatal(err)
		}
		if wait < 0 || wait > per {
			t.Fatalf("wait %v", wait)
		}
		if wait == 0 {
			allowed++
		}
	}
	return allowed
}

// TestServersCountTogether: two programs that count under one key share one limit, whatever comes at once.
func TestServersCountTogether(t *testing.T) {
	s := redistest.New(t)
	a, _ := open(t, s.URL)
	b, _ := open(t, s.URL)
	var wg sync.WaitGroup
	var mu sync.Mutex
	allowed := 0
	for i := range 16 {
		wg.Go(func() {
			n := taken(t, []*Client{a, b}[i%2], "office", 40, 100, time.Minute)
			mu.Lock()
			defer mu.Unlock()
			allowed += n
		})
	}
	wg.Wait()
	if allowed != 100 {
		t.Errorf("%d of 640 were allowed, not 100", allowed)
	}
	if n := taken(t, a, "another", 3, 100, time.Minute); n != 3 {
		t.Errorf("another key: %d of 3", n)
	}
	if ttl := s.Do(t, "PTTL", prefix+"count:office").(int64); ttl <= 0 || ttl > 60_000 {
		t.Errorf("the count stays for %d ms", ttl)
	}
}

// TestWindowSlides: wherever a window begins, no more than the limit pass within it; what is refused does not count.
func TestWindowSlides(t *testing.T) {
	c, _ := open(t, redistest.New(t).URL)
	const per, limit = 400 * time.Millisecond, 20
	var passed []time.Time
	for end := time.Now().Add(5 * per); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		asked := time.Now()
		if taken(t, c, "steady", 1, limit, per) == 1 {
			passed = append(passed, asked, time.Now())
		}
	}
	for i := 0; i+2*limit < len(passed); i += 2 {
		if within := passed[i+2*limit+1].Sub(passed[i]); within < per-time.Millisecond {
			t.Errorf("%d passed within %v", limit+1, within)
		}
	}
	if n := len(passed) / 2; n < 3*limit {
		t.Errorf("only %d passed in five windows of %d: refused ones were counted", n, limit)
	}
}

// TestUnreachable: whatever is wrong with the server, one request finds out within a short time, the others get their answer at once,
// the log says it once, and it comes back by itself.
func TestUnreachable(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, *redistest.Server) (mend func()){
		"killed": func(t *testing.T, s *redistest.Server) func() { s.Kill(); return func() { s.Restart(t) } },
		"hung":   func(_ *testing.T, s *redistest.Server) func() { return s.Hang() },
		"full": func(t *testing.T, s *redistest.Server) func() {
			s.Do(t, "CONFIG", "SET", "maxmemory", "1")
			return func() { s.Do(t, "CONFIG", "SET", "maxmemory", "0") }
		},
		"read-only": func(t *testing.T, s *redistest.Server) func() {
			s.Do(t, "REPLICAOF", "127.0.0.1", "1")
			return func() { s.Do(t, "REPLICAOF", "NO", "ONE") }
		},
		"no scripts": func(t *testing.T, s *redistest.Server) func() {
			s.Do(t, "ACL", "SETUSER", "default", "-eval", "-evalsha")
			return func() { s.Do(t, "ACL", "SETUSER", "default", "+eval", "+evalsha") }
		},
		"another password": func(t *testing.T, s *redistest.Server) func() {
			s.Kill()
			s.Restart(t, "--requirepass", "changed")
			return func() { s.Kill(); s.Restart(t) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.New(t)
			c, log := patient(t, s.URL, time.Second)
			taken(t, c, "k", 1, 10, time.Minute)
			mend := spoil(t, s)
			began := time.Now()
			if _, err := c.Take(t.Context(), "k", 10, time.Minute); err == nil {
				t.Fatal("nothing was noticed")
			}
			first := time.Since(began)
			for range 1000 {
				if _, err := c.Take(t.Context(), "k", 10, time.Minute); !errors.Is(err, ErrAway) {
					t.Fatalf("%v", err)
				}
			}
			if first > 5*time.Second || c.Failed() != 1 || !c.Away() {
				t.Errorf("waited %v, %d failed, away %v", first, c.Failed(), c.Away())
			}
			mend()
			back(t, c)
			taken(t, c, "k", 1, 10, time.Minute)
			if text := log.String(); strings.Count(text, "redis is away") != 1 || strings.Count(text, "redis is back") != 1 {
				t.Errorf("log:\n%s", text)
			}
		})
	}
}

// TestHungCostsAHandful: of many requests at once only those that were under way wait, each once.
func TestHungCostsAHandful(t *testing.T) {
	s := redistest.New(t)
	c, _ := patient(t, s.URL, 0)
	goOn := s.Hang()
	defer goOn()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				c.Take(t.Context(), "k", 10, time.Minute) //nolint:errcheck // it cannot work
			}
		})
	}
	wg.Wait()
	if n := c.Failed(); n < 1 || n > 8 {
		t.Errorf("%d of 800 requests waited", n)
	}
}

// TestFlushed: what is forgotten is counted anew, the script is sent again, nothing fails.
func TestFlushed(t *testing.T) {
	s := redistest.New(t)
	c, _ := open(t, s.URL)
	taken(t, c, "k", 5, 5, time.Minute)
	s.Do(t, "FLUSHALL")
	s.Do(t, "SCRIPT", "FLUSH")
	if n := taken(t, c, "k", 7, 5, time.Minute); n != 5 || c.Failed() != 0 {
		t.Errorf("%d allowed, %d failed", n, c.Failed())
	}
}

// TestBeforeItIsThere: the program starts without its Redis and uses it when it comes; with a wrong password it says so, without the password.
func TestBeforeItIsThere(t *testing.T) {
	s := redistest.New(t, "--requirepass", "right")
	wrong, log := open(t, strings.Replace(s.URL, "unix://", "unix://:wr0ng-secret@", 1))
	if !wrong.Away() || !strings.Contains(log.String(), "WRONGPASS") || strings.Contains(log.String(), "wr0ng") {
		t.Errorf("away %v, log:\n%s", wrong.Away(), log)
	}
	url := strings.Replace(s.URL, "unix://", "unix://:right@", 1)
	if c, _ := open(t, url); c.Away() {
		t.Error("the right password is refused")
	}
	late := redistest.New(t)
	late.Kill()
	c, _ := open(t, late.URL)
	if !c.Away() {
		t.Fatal("a server that is not there is not away")
	}
	late.Restart(t)
	back(t, c)
}

// TestAddress: an address that cannot be understood is refused in words that do not repeat it: it may hold a password.
func TestAddress(t *testing.T) {
	for _, url := range []string{"", "localhost:6379", "http://localhost", "redis://:s3cret@[::1", "redis://:s3cret@host:port"} {
		if err := Check(url); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", url, err)
		}
	}
	for _, url := range []string{"redis://127.0.0.1:6379", "rediss://:x@redis.example.jp:6380/2", "unix:///run/redis/redis.sock"} {
		if err := Check(url); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// TestNoRetries: the library's own patience, ten seconds for one command, is switched off.
func TestNoRetries(t *testing.T) {
	const patience = 250 * time.Millisecond
	o, err := options("redis://127.0.0.1:6379", patience)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout, o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled)
	if got != fmt.Sprint(patience, patience, patience, patience, -1, 1, true) {
		t.Error(got)
	}
}

// TestKeeps: a value comes back as it was until it has lasted; a missing one is no fault.
func TestKeeps(t *testing.T) {
	s := redistest.New(t)
	c, _ := open(t, s.URL)
	if _, ok, err := c.Load(t.Context(), "k"); ok || err != nil {
		t.Errorf("nothing was kept: %v, %v", ok, err)
	}
	want := []byte("\x00\xff 表")
	for lasts, stays := range map[time.Duration]bool{time.Minute: true, 20 * time.Millisecond: false} {
		if err := c.Keep(t.Context(), "k", want, lasts); err != nil {
			t.Fatal(err)
		}
		time.Sleep(60 * time.Millisecond)
		got, ok, err := c.Load(t.Context(), "k")
		if err != nil || ok != stays || ok && string(got) != string(want) {
			t.Errorf("after %v: %q, %v, %v", lasts, got, ok, err)
		}
	}
	if c.Failed() != 0 {
		t.Errorf("%d failed", c.Failed())
	}
}

func BenchmarkTake(b *testing.B) {
	s := redistest.New(b)
	c, err := Open(b.Context(), Config{URL: s.URL, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for b.Loop() {
		if _, err := c.Take(b.Context(), "k", 1<<30, time.Minute); err != nil {
			b.Fatal(err)
		}
	}
}
