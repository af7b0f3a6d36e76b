// Package s3test gives tests a real S3-compatible server on loopback, with a bucket in a directory of its own.
package s3test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wakakusa/store/daemontest"
)

// The keys of the server, and its bucket.
const (
	ID     = "test-key"
	Secret = "test-secret"
	Region = "us-east-1"
	Bucket = "wakakusa"
)

// Server is a running server.
type Server struct {
	*daemontest.Daemon
	Endpoint string // http://127.0.0.1:…
	address  string
	dir      string
}

// New starts a server for a test.
func New(t testing.TB) *Server {
	t.Helper()
	s, err := Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Kill() })
	return s
}

// Start starts one over a directory.
func Start(dir string) (*Server, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{address: free.Addr().String(), dir: dir}
	s.Endpoint = "http://" + s.address
	if err := free.Close(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, Bucket), 0o700); err != nil { // a bucket is a directory
		return nil, err
	}
	return s, s.Restart()
}

// Restart starts it again with what is in it.
func (s *Server) Restart() (err error) {
	s.Daemon, err = daemontest.Start("versitygw", "--access", ID, "--secret", Secret, "--region", Region, "--port", s.address, "--quiet", "posix", s.dir)
	if err != nil {
		return fmt.Errorf("no S3 server for the tests (\"make tools\" installs it): %w", err)
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && !s.Ended(); time.Sleep(10 * time.Millisecond) {
		if answer, err := http.Get(s.Endpoint); err == nil {
			return answer.Body.Close()
		}
	}
	return fmt.Errorf("the S3 server does not start at %s", s.address)
}

// Object is the file of an object.
func (s *Server) Object(key string) string {
	return filepath.Join(s.dir, Bucket, filepath.FromSlash(key))
}
