// Package offsite keeps files in another place: a directory (a disk of its own, a share), an SFTP server, or an S3 bucket. A file is there
// whole or not at all.
package offsite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Config says where the place is and how to get in.
type Config struct {
	URL     string // file:///mnt/usb/backup, sftp://user@host:22/backup, s3://bucket/path?region=ap-northeast-1&endpoint=https://…
	ID      string // s3: access key id
	Secret  string // s3: secret access key; sftp: password, if there is no key
	SSHKey  string // sftp: file with the private key
	HostKey string // sftp: the server's public key, as in known_hosts: "ssh-ed25519 AAAA…"
}

// File is a file that is there.
type File struct {
	Name  string
	Bytes int64
}

// Place keeps files by name. Names hold no slash.
type Place interface {
	// Put keeps a file of size bytes; one of the same name is replaced.
	Put(ctx context.Context, name string, from io.Reader, size int64) error
	// Get reads one. fs.ErrNotExist.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	List(ctx context.Context) ([]File, error)
	Remove(ctx context.Context, name string) error
	Close() error
}

// Check refuses what cannot work.
func (c Config) Check() error {
	u, err := url.Parse(c.URL)
	if err != nil {
		return errors.New("is no address") // the error would hold it, and with it perhaps a password
	}
	need := func(what string, ok bool) error {
		if ok {
			return nil
		}
		return errors.New(what)
	}
	switch u.Scheme {
	case "file":
		return need("file:// needs an absolute path", u.Host == "" && filepath.IsAbs(u.Path))
	case "sftp":
		_, inside := u.User.Password()
		return errors.Join(
			need("sftp:// needs a user and a host", u.User.Username() != "" && u.Host != ""),
			need("sftp:// needs a path", strings.Trim(u.Path, "/") != ""),
			need("a password does not belong into the address: BACKUP_OFFSITE_SECRET", !inside),
			need("sftp:// needs BACKUP_OFFSITE_HOST_KEY", c.HostKey != ""),
			need("sftp:// needs BACKUP_OFFSITE_SSH_KEY or BACKUP_OFFSITE_SECRET", c.SSHKey != "" || c.Secret != ""),
		)
	case "s3":
		return errors.Join(
			need("s3:// needs a bucket", u.Host != ""), need("s3:// needs ?region=", u.Query().Get("region") != ""),
			need("keys do not belong into the address", u.User == nil),
			need("s3:// needs BACKUP_OFFSITE_ID and BACKUP_OFFSITE_SECRET", c.ID != "" && c.Secret != ""),
		)
	}
	return errors.New("begins with file://, sftp:// or s3://")
}

// Name is the place for people; it holds no secret.
func (c Config) Name() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}

// Open reaches the place.
func Open(ctx context.Context, c Config) (Place, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, err
	}
	switch u.Scheme {
	case "sftp":
		return openSFTP(ctx, c, u)
	case "s3":
		return openS3(c, u), nil
	}
	return directory(u.Path), nil
}

// directory is a place on this machine.
type directory string

// Put goes by another name first. A directory that is missing is not made: an unmounted disk must not be taken for an empty one.
func (d directory) Put(_ context.Context, name string, from io.Reader, size int64) error {
	part := filepath.Join(string(d), name+".part")
	f, err := os.OpenFile(part, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = copyAll(f, from, size)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, filepath.Join(string(d), name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}

func copyAll(to io.Writer, from io.Reader, size int64) error {
	n, err := io.Copy(to, from)
	if err == nil && n != size {
		err = fmt.Errorf("%d bytes were copied, not %d", n, size)
	}
	return err
}

func (d directory) Get(_ context.Context, name string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(string(d), name))
}

func (d directory) List(context.Context) (list []File, err error) {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() {
			list = append(list, File{e.Name(), info.Size()})
		}
	}
	return list, nil
}

func (d directory) Remove(_ context.Context, name string) error {
	err := os.Remove(filepath.Join(string(d), name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (d directory) Close() error { return nil }
