package offsite

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wakakusa/store/offsite/s3test"
	"wakakusa/store/offsite/sftptest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func places(t *testing.T) map[string]Config {
	dir, there := t.TempDir(), t.TempDir()
	server, bucket := sftptest.New(t), s3test.New(t)
	at := "sftp://" + sftptest.User + "@" + server.Address + there
	return map[string]Config{
		"file":             {URL: "file://" + dir},
		"sftp by key":      {URL: at, SSHKey: server.Key, HostKey: server.HostKey},
		"sftp by password": {URL: at, Secret: sftptest.Password, HostKey: server.HostKey},
		"s3":               {URL: "s3://" + s3test.Bucket + "/backup?region=" + s3test.Region + "&endpoint=" + bucket.Endpoint, ID: s3test.ID, Secret: s3test.Secret},
		"s3 at the top":    {URL: "s3://" + s3test.Bucket + "?region=" + s3test.Region + "&endpoint=" + bucket.Endpoint, ID: s3test.ID, Secret: s3test.Secret},
	}
}

func TestPlaces(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // more than one part of an S3 upload
	for name, c := range places(t) {
		t.Run(name, func(t *testing.T) {
			p, err := Open(t.Context(), c)
			must(t, err)
			defer p.Close()
			put := func(name string, content []byte) {
				t.Helper()
				must(t, p.Put(t.Context(), name, bytes.NewReader(content), int64(len(content))))
			}
			get := func(name string) []byte {
				t.Helper()
				r, err := p.Get(t.Context(), name)
				must(t, err)
				content, err := io.ReadAll(r)
				must(t, errors.Join(err, r.Close()))
				return content
			}
			names := func() (all []string) {
				t.Helper()
				list, err := p.List(t.Context())
				must(t, err)
				for _, f := range list {
					all = append(all, f.Name)
					if f.Name == "large" && f.Bytes != int64(len(large)) {
						t.Errorf("%d bytes", f.Bytes)
					}
				}
				slices.Sort(all)
				return slices.DeleteFunc(all, func(x string) bool { return x == "backup" })
			}
			put("small", []byte("a"))
			put("small", []byte("b"))
			put("large", large)
			if got := names(); !slices.Equal(got, []string{"large", "small"}) {
				t.Error(got)
			}
			if string(get("small")) != "b" || !bytes.Equal(get("large"), large) {
				t.Error("what was kept is another")
			}
			if _, err := p.Get(t.Context(), "none"); !errors.Is(err, fs.ErrNotExist) {
				t.Error(err)
			}
			for range 2 {
				must(t, p.Remove(t.Context(), "small"))
			}
			if err := p.Put(t.Context(), "short", io.LimitReader(neverEnds{}, 10), 20); err == nil && !strings.HasPrefix(name, "s3") {
				t.Error("half a file was kept")
			}
			if got := names(); !strings.HasPrefix(name, "s3") && !slices.Equal(got, []string{"large"}) {
				t.Error(got)
			}
		})
	}
}

type neverEnds struct{}

func (neverEnds) Read(p []byte) (int, error) { return len(p), nil }

// TestRefused: who has no right gets nowhere, and a server that is not the one that was known neither.
func TestRefused(t *testing.T) {
	all := places(t)
	for name, change := range map[string]func(*Config){
		"sftp by key":      func(c *Config) { c.HostKey = sftptest.New(t).HostKey },
		"sftp by password": func(c *Config) { c.Secret = "wrong" },
		"s3":               func(c *Config) { c.Secret = "wrong" },
		"file":             func(c *Config) { c.URL += "/not-mounted" },
	} {
		c := all[name]
		change(&c)
		p, err := Open(t.Context(), c)
		if err == nil {
			err = p.Put(t.Context(), "x", strings.NewReader("x"), 1)
			p.Close()
		}
		if err == nil {
			t.Errorf("%s: let in", name)
		}
	}
}

// TestStopped: a context that ends closes the connection.
func TestStopped(t *testing.T) {
	c := places(t)["sftp by key"]
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Open(ctx, c)
	must(t, err)
	cancel()
	for range 100 {
		if _, err = p.List(t.Context()); err != nil {
			break
		}
	}
	if err == nil {
		t.Error("still connected")
	}
	p.Close() //nolint:errcheck // it is closed
}

func TestCheck(t *testing.T) {
	for _, c := range []Config{
		{},
		{URL: "ftp://x/y"},
		{URL: "file://host/x"},
		{URL: "file:relative"},
		{URL: "s3://b"},
		{URL: "s3://b?region=r"},
		{URL: "s3://b?region=r", ID: "x"},
		{URL: "s3://k:s@b?region=r", ID: "x", Secret: "y"},
		{URL: "sftp://h/x", HostKey: "k", Secret: "s"},
		{URL: "sftp://u@h/x", Secret: "s"},
		{URL: "sftp://u@h/x", HostKey: "k"},
		{URL: "sftp://u:canary@h/x", HostKey: "k", Secret: "s"},
		{URL: "sftp://u@h/", HostKey: "k", Secret: "s"},
		{URL: "sftp://u:canary@h:port/x"},
	} {
		if err := c.Check(); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%+v: %v", c, err)
		}
		if strings.Contains(c.Name(), "canary") {
			t.Error(c.Name())
		}
	}
	if c := (Config{URL: "s3://b/p?region=r", ID: "x", Secret: "y"}); c.Check() != nil || c.Name() != "s3://b/p" {
		t.Error(c.Check(), c.Name())
	}
}

// TestUnmounted: a directory that is not there is not made.
func TestUnmounted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "usb")
	p, err := Open(t.Context(), Config{URL: "file://" + dir})
	must(t, err)
	if err := p.Put(t.Context(), "x", strings.NewReader("x"), 1); err == nil {
		t.Error("kept where nothing is")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the directory was made")
	}
}
