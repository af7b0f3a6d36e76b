// Package mariadbtest gives tests a real MariaDB server: one of their own, on a socket in a directory of its own, started with the first
// test that asks and ended with the process. With TEST_MYSQL_DSN they use that server instead, be it MySQL 8, TiDB or another MariaDB.
package mariadbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"wakakusa/store/daemontest"
)

// Server is a running server.
type Server struct {
	cfg                *mysql.Config // of its administrator, without a database
	root               *sql.DB
	dir                string   // "" of a server that is not ours
	args               []string // how it was started
	*daemontest.Daemon          // nil of a server that is not ours
}

var shared = sync.OnceValues(func() (*Server, error) {
	if dsn := os.Getenv("TEST_MYSQL_DSN"); dsn != "" {
		cfg, err := mysql.ParseDSN(dsn)
		if err != nil {
			return nil, err
		}
		s := &Server{cfg: cfg}
		return s, s.connect()
	}
	return start(daemontest.Base())
})

var started atomic.Pointer[Server]

// Main runs a package's tests and ends the server they started.
func Main(m *testing.M) {
	code := m.Run()
	End()
	os.Exit(code)
}

// End ends the server of this process, if there is one.
func End() {
	if s := started.Load(); s != nil {
		s.end()
	}
}

// Get returns the server of this process.
func Get() (*Server, error) {
	s, err := shared()
	if err != nil {
		return nil, fmt.Errorf("no MariaDB for the tests (\"make tools\" installs it): %w", err)
	}
	started.Store(s)
	return s, nil
}

// Shared is Get for a test.
func Shared(t testing.TB) *Server {
	t.Helper()
	s, err := Get()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Own starts a server for one test that will kill it, fill its disk or make it hang. dir is where its data lie; "" for memory.
func Own(t testing.TB, dir string, args ...string) *Server {
	t.Helper()
	if dir == "" {
		dir = daemontest.Base()
	}
	s, err := start(dir, args...)
	if err != nil {
		t.Fatalf("no MariaDB for the tests: %v", err)
	}
	t.Cleanup(s.end)
	return s
}

// innodb are the settings that a prepared data directory and its server must share.
var innodb = []string{"--innodb-log-file-size=8M", "--innodb-data-file-path=ibdata1:5M:autoextend", "--innodb-autoextend-increment=1"}

func start(dir string, args ...string) (*Server, error) {
	template, err := template()
	if err != nil {
		return nil, err
	}
	home, err := daemontest.Home(dir, "wakakusa-db-")
	if err != nil {
		return nil, err
	}
	if out, err := exec.Command("cp", "-a", filepath.Join(template, "data"), filepath.Join(home, "data")).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	s := &Server{cfg: mysql.NewConfig(), dir: home, args: args}
	s.cfg.User, s.cfg.Net, s.cfg.Addr, s.cfg.Logger = "root", "unix", filepath.Join(home, "s"), &mysql.NopLogger{}
	return s, s.launch()
}

// template is a data directory that every server begins with, made once a machine.
func template() (string, error) {
	version, err := exec.Command(daemontest.Program("mariadbd"), "--no-defaults", "--version").Output()
	if err != nil {
		return "", err
	}
	tag := "x"
	if words := strings.Fields(string(version)); len(words) > 2 {
		tag = words[2]
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("wakakusa-mariadb-%d-%s", os.Getuid(), tag))
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil { // packages are tested side by side
		return "", err
	}
	ready := filepath.Join(dir, "ready")
	if _, err := os.Stat(ready); err == nil {
		return dir, nil
	}
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return "", err
	}
	args := append([]string{"--no-defaults", "--datadir=" + filepath.Join(dir, "data"), "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"}, innodb...)
	if out, err := exec.Command(daemontest.Program("mariadb-install-db"), asRoot(args)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return dir, os.WriteFile(ready, nil, 0o600)
}

func asRoot(args []string) []string {
	if os.Getuid() == 0 {
		return append(args, "--user=root")
	}
	return args
}

func (s *Server) launch() error {
	args := append([]string{
		"--no-defaults", "--datadir=" + filepath.Join(s.dir, "data"), "--socket=" + s.cfg.Addr,
		"--pid-file=" + filepath.Join(s.dir, "pid"), "--log-error=" + filepath.Join(s.dir, "log.err"), "--tmpdir=" + s.dir,
		"--skip-networking", "--skip-name-resolve", "--skip-log-bin", "--performance-schema=OFF",
		"--innodb-buffer-pool-size=64M", "--aria-pagecache-buffer-size=8M", "--key-buffer-size=1M", "--max-connections=400",
		// What a careless installation has: the program must bring what it needs itself.
		"--character-set-server=latin1", "--collation-server=latin1_swedish_ci", "--sql-mode=",
		"--skip-innodb-doublewrite", "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-fast-shutdown=2",
	}, innodb...)
	var err error
	if s.Daemon, err = daemontest.Start("mariadbd", append(asRoot(args), s.args...)...); err != nil {
		return err
	}
	return s.connect()
}

func (s *Server) connect() (err error) {
	if s.root == nil {
		c, err := mysql.NewConnector(s.cfg)
		if err != nil {
			return err
		}
		s.root = sql.OpenDB(c)
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		err = s.root.PingContext(ctx)
		cancel()
		if err == nil {
			return nil
		}
		if s.Daemon != nil && s.Ended() {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log.err"))
			return fmt.Errorf("the server ended: %s", log)
		}
	}
	return err
}

// Restart starts it again on what it had written.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.launch(); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) end() {
	if s.root != nil {
		s.root.Close()
	}
	if s.Daemon != nil {
		s.Kill()
		os.RemoveAll(s.dir)
	}
}

var names atomic.Int64

// Database makes an empty database with the server's own character set and returns its name; it is dropped with the test.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.root.Exec("DROP DATABASE IF EXISTS " + name) }) //nolint:errcheck // the server may be gone
	return name
}

// Create makes an empty database that stays until the server ends.
func (s *Server) Create() (name string, err error) {
	name = fmt.Sprintf("wakakusa_test_%d_%d", os.Getpid(), names.Add(1))
	_, err = s.root.Exec("CREATE DATABASE " + name)
	return name, err
}

// Exec runs a statement as the server's administrator.
func (s *Server) Exec(t testing.TB, statement string) {
	t.Helper()
	if _, err := s.root.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// Settings are those of the program for a database of the server.
func (s *Server) Settings(name string) map[string]string {
	host, port, tcp := strings.Cut(s.cfg.Addr, ":")
	if !tcp {
		port = "3306" // a socket has none
	}
	return map[string]string{
		"DB_ENGINE": "mysql", "DB_HOST": host, "DB_PORT": port, "DB_USER": s.cfg.User, "DB_PASSWORD": s.cfg.Passwd, "DB_NAME": name,
	}
}

// Config is how to reach a database of the server.
func (s *Server) Config(name string) *mysql.Config {
	cfg := s.cfg.Clone()
	cfg.DBName = name
	return cfg
}
