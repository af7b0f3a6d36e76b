// Package sftptest gives tests an SFTP server on loopback.
package sftptest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// User and Password open the server, and so does the key.
const (
	User     = "wakakusa"
	Password = "test-password"
)

// Server is a running server. What it serves is the file system of this machine.
type Server struct {
	Address string
	HostKey string // as in known_hosts
	Key     string // file with a private key that opens it
	list    net.Listener
}

// New starts a server for a test.
func New(t testing.TB) *Server {
	t.Helper()
	host, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{HostKey: strings.TrimSpace(string(ssh.MarshalAuthorizedKey(host.PublicKey()))), Key: filepath.Join(t.TempDir(), "id_ed25519")}
	mine, err := s.writeKey()
	if err != nil {
		t.Fatal(err)
	}
	cfg := &ssh.ServerConfig{
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if c.User() == User && string(password) == Password {
				return nil, nil
			}
			return nil, fmt.Errorf("wrong password of %q", c.User())
		},
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if c.User() == User && string(key.Marshal()) == string(mine.PublicKey().Marshal()) {
				return nil, nil
			}
			return nil, fmt.Errorf("unknown key of %q", c.User())
		},
	}
	cfg.AddHostKey(host)
	if s.list, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.Address = s.list.Addr().String()
	t.Cleanup(func() { s.list.Close() })
	go s.serve(cfg)
	return s
}

func newKey() (ssh.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return ssh.NewSignerFromKey(key)
}

func (s *Server) writeKey() (ssh.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(s.Key, pem.EncodeToMemory(block), 0o600); err != nil {
		return nil, err
	}
	return ssh.NewSignerFromKey(key)
}

func (s *Server) serve(cfg *ssh.ServerConfig) {
	for {
		conn, err := s.list.Accept()
		if err != nil {
			return
		}
		go serveOne(conn, cfg)
	}
}

func serveOne(conn net.Conn, cfg *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, cfg)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for x := range channels {
		if x.ChannelType() != "session" {
			x.Reject(ssh.UnknownChannelType, "") //nolint:errcheck // the other end sees
			continue
		}
		channel, asks, err := x.Accept()
		if err != nil {
			return
		}
		go func() {
			for ask := range asks {
				ask.Reply(ask.Type == "subsystem" && strings.HasSuffix(string(ask.Payload), "sftp"), nil) //nolint:errcheck // the other end sees
			}
		}()
		go func() {
			server, err := sftp.NewServer(channel)
			if err == nil {
				server.Serve() //nolint:errcheck // until the other end closes
			}
			channel.Close()
		}()
	}
}
