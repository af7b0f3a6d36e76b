package offsite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// dialWithin is how long a server may take to answer.
const dialWithin = 20 * time.Second

// sftpPlace is a directory of an SFTP server.
type sftpPlace struct {
	dir    string
	ssh    *ssh.Client
	client *sftp.Client
	free   func() bool // lets go of the context
}

func openSFTP(ctx context.Context, c Config, u *url.URL) (Place, error) {
	known, _, _, _, err := ssh.ParseAuthorizedKey([]byte(c.HostKey))
	if err != nil {
		return nil, fmt.Errorf("BACKUP_OFFSITE_HOST_KEY: %w", err)
	}
	cfg := &ssh.ClientConfig{User: u.User.Username(), HostKeyCallback: ssh.FixedHostKey(known), HostKeyAlgorithms: []string{known.Type()}, Timeout: dialWithin}
	if c.SSHKey != "" {
		text, err := os.ReadFile(c.SSHKey)
		if err != nil {
			return nil, err
		}
		key, err := ssh.ParsePrivateKey(text)
		if err != nil {
			return nil, fmt.Errorf("BACKUP_OFFSITE_SSH_KEY: %w", err)
		}
		cfg.Auth = append(cfg.Auth, ssh.PublicKeys(key))
	}
	if c.Secret != "" {
		cfg.Auth = append(cfg.Auth, ssh.Password(c.Secret))
	}
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), "22")
	}
	conn, err := (&net.Dialer{Timeout: dialWithin}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(dialWithin)); err != nil {
		return nil, err
	}
	link, channels, requests, err := ssh.NewClientConn(conn, address, cfg)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	p := &sftpPlace{dir: path.Clean(u.Path), ssh: ssh.NewClient(link, channels, requests)}
	if p.client, err = sftp.NewClient(p.ssh, sftp.UseConcurrentWrites(true)); err != nil {
		return nil, errors.Join(err, p.ssh.Close())
	}
	p.free = context.AfterFunc(ctx, func() { p.ssh.Close() }) // SFTP itself knows no context
	return p, nil
}

func (p *sftpPlace) Put(_ context.Context, name string, from io.Reader, size int64) error {
	part := path.Join(p.dir, name+".part")
	f, err := p.client.OpenFile(part, os.O_CREATE|os.O_WRONLY|os.O_TRUNC)
	if err != nil {
		return err
	}
	n, err := f.ReadFrom(from)
	if err == nil && n != size {
		err = fmt.Errorf("%d bytes were copied, not %d", n, size)
	}
	if err = errors.Join(err, f.Chmod(0o600), f.Close()); err == nil {
		err = p.client.PosixRename(part, path.Join(p.dir, name))
	}
	if err != nil {
		return errors.Join(err, p.client.Remove(part))
	}
	return nil
}

func (p *sftpPlace) Get(_ context.Context, name string) (io.ReadCloser, error) {
	return p.client.Open(path.Join(p.dir, name))
}

func (p *sftpPlace) List(context.Context) (list []File, err error) {
	all, err := p.client.ReadDir(p.dir)
	for _, info := range all {
		if info.Mode().IsRegular() {
			list = append(list, File{info.Name(), info.Size()})
		}
	}
	return list, err
}

func (p *sftpPlace) Remove(_ context.Context, name string) error {
	err := p.client.Remove(path.Join(p.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (p *sftpPlace) Close() error {
	p.free()
	return errors.Join(p.client.Close(), p.ssh.Close())
}
