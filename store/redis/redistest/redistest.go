// Package redistest gives tests a real Redis server, in memory, on a socket in a directory of its own.
package redistest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"wakakusa/store/daemontest"
)

// Server is a running server. URL is what REDIS_URL would be.
type Server struct {
	*daemontest.Daemon
	URL string
	dir string
}

// New starts a server for a test.
func New(t testing.TB, args ...string) *Server {
	t.Helper()
	dir, err := daemontest.Home(daemontest.Base(), "wakakusa-redis-")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{dir: dir, URL: "unix://" + filepath.Join(dir, "s")}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s.Restart(t, args...)
	t.Cleanup(func() { s.Kill() })
	return s
}

// Restart starts it again with nothing in it.
func (s *Server) Restart(t testing.TB, args ...string) {
	t.Helper()
	path := filepath.Join(s.dir, "s")
	args = append([]string{
		"--port", "0", "--unixsocket", path, "--unixsocketperm", "700", "--save", "", "--appendonly", "no", "--daemonize", "no",
		"--dir", s.dir, "--pidfile", filepath.Join(s.dir, "pid"), "--logfile", filepath.Join(s.dir, "log"),
	}, args...)
	os.Remove(path)
	var err error
	if s.Daemon, err = daemontest.Start("redis-server", args...); err != nil {
		t.Fatalf("no Redis for the tests (\"make tools\" installs it): %v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); !s.answers(); time.Sleep(5 * time.Millisecond) {
		if s.Ended() || time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			t.Fatalf("Redis does not start: %s", log)
		}
	}
}

// answers reports whether commands are taken, be it only to ask for a password.
func (s *Server) answers() bool {
	c := s.client(s.URL)
	defer c.Close()
	err := c.Ping(context.Background()).Err()
	return err == nil || goredis.IsAuthError(err)
}

func (s *Server) client(url string) *goredis.Client {
	o, err := goredis.ParseURL(url)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", url, err))
	}
	o.MaxRetries, o.DialerRetries, o.ReadTimeout = -1, 1, time.Second
	return goredis.NewClient(o)
}

// Do carries out a command on the server.
func (s *Server) Do(t testing.TB, words ...any) any {
	t.Helper()
	return s.do(t, s.client(s.URL), words)
}

// Authorized is Do with a password.
func (s *Server) Authorized(t testing.TB, password string, words ...any) any {
	t.Helper()
	return s.do(t, s.client("unix://:"+password+"@"+filepath.Join(s.dir, "s")), words)
}

func (s *Server) do(t testing.TB, c *goredis.Client, words []any) any {
	t.Helper()
	defer c.Close()
	v, err := c.Do(t.Context(), words...).Result()
	if err != nil {
		t.Fatalf("%v: %v", words, err)
	}
	return v
}
