package replica

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/benbjohnson/litestream/file"
	"github.com/benbjohnson/litestream/s3"
	"github.com/benbjohnson/litestream/sftp"
	"github.com/goccy/go-yaml"
)

// Config says what is copied, where to, and how often.
type Config struct {
	Path  string // of the database, absolute
	Place string // where the copy is, for people; it holds no secret

	interval  time.Duration // between looks at the database
	sync      time.Duration // between uploads
	busy      time.Duration
	snapshots time.Duration // between full copies
	retention time.Duration // how long they are kept
	replica   replicaText
}

// text is the part of the stock format that we know. Its types stand in the stock command's main package and cannot be imported.
type text struct {
	Snapshot struct {
		Interval  time.Duration `yaml:"interval"`
		Retention time.Duration `yaml:"retention"`
	} `yaml:"snapshot"`
	DBs []struct {
		Path     string        `yaml:"path"`
		Interval time.Duration `yaml:"monitor-interval"`
		Busy     time.Duration `yaml:"busy-timeout"`
		Restore  *bool         `yaml:"restore-if-db-not-exists"`
		Replica  replicaText   `yaml:"replica"`
	} `yaml:"dbs"`
}

type replicaText struct {
	Type string        `yaml:"type"`
	Path string        `yaml:"path"`
	Sync time.Duration `yaml:"sync-interval"`

	Bucket         string `yaml:"bucket"`
	Region         string `yaml:"region"`
	Endpoint       string `yaml:"endpoint"`
	AccessKeyID    string `yaml:"access-key-id"`
	SecretKey      string `yaml:"secret-access-key"`
	ForcePathStyle *bool  `yaml:"force-path-style"`

	Host     string `yaml:"host"`
	User     string `yaml:"user"`
	Password string `yaml:"password"`
	KeyPath  string `yaml:"key-path"`
	HostKey  string `yaml:"host-key"`
}

// Keys open an S3 bucket where the file names none.
type Keys struct{ ID, Secret string }

// Parse reads a litestream.yml: a strict subset of the stock format, in which unknown keys are mistakes. ${NAME} stands for value(NAME); one
// that has none is a mistake too. The file must name exactly one database.
func Parse(content []byte, value func(name string) string, keys Keys) (Config, error) {
	expanded, err := expand(string(content), value)
	if err != nil {
		return Config{}, err
	}
	var t text
	if err := yaml.NewDecoder(bytes.NewReader([]byte(expanded)), yaml.Strict()).Decode(&t); err != nil {
		return Config{}, errors.New(yaml.FormatError(err, false, false)) // without the line itself: it may hold a secret
	}
	if len(t.DBs) != 1 {
		return Config{}, fmt.Errorf("dbs must name one database, not %d", len(t.DBs))
	}
	db := t.DBs[0]
	c := Config{
		interval: or(db.Interval, time.Second), sync: or(db.Replica.Sync, time.Second), busy: or(db.Busy, time.Second),
		snapshots: or(t.Snapshot.Interval, 24*time.Hour), retention: or(t.Snapshot.Retention, 24*time.Hour), replica: db.Replica,
	}
	if c.replica.AccessKeyID == "" && c.replica.SecretKey == "" {
		c.replica.AccessKeyID, c.replica.SecretKey = keys.ID, keys.Secret
	}
	c.Place = c.replica.place()
	if c.Path, err = filepath.Abs(db.Path); err != nil {
		return c, err
	}
	for _, d := range []time.Duration{c.interval, c.sync, c.busy, c.snapshots, c.retention} {
		if d < 0 {
			err = errors.New("no time may be below zero")
		}
	}
	switch {
	case db.Path == "":
		err = errors.New("path of the database is missing")
	case db.Restore != nil && !*db.Restore:
		err = errors.New("restore-if-db-not-exists must be true: an empty database beside a full copy is never what was meant")
	case c.retention < c.snapshots:
		err = errors.New("snapshot: retention must not be shorter than interval")
	}
	return c, errors.Join(err, c.replica.check())
}

func or(d, instead time.Duration) time.Duration {
	if d == 0 {
		return instead
	}
	return d
}

// expand leaves comments alone.
func expand(content string, value func(string) string) (string, error) {
	var missing []error
	var out strings.Builder
	for line := range strings.Lines(content) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			line = os.Expand(line, func(name string) string {
				v := value(name)
				if v == "" {
					missing = append(missing, fmt.Errorf("${%s} has no value", name))
				}
				return v
			})
		}
		out.WriteString(line)
	}
	return out.String(), errors.Join(missing...)
}

func (r replicaText) check() error {
	need := func(fields ...string) error {
		var problems []error
		for i := 0; i < len(fields); i += 2 {
			if fields[i+1] == "" {
				problems = append(problems, fmt.Errorf("replica of type %s: %s is missing", r.Type, fields[i]))
			}
		}
		return errors.Join(problems...)
	}
	switch r.Type {
	case "file":
		if r.Path != "" && !filepath.IsAbs(r.Path) {
			return errors.New("replica of type file: path must be absolute")
		}
		return need("path", r.Path)
	case "s3":
		return need("bucket", r.Bucket, "region", r.Region, "access-key-id (or LITESTREAM_ACCESS_KEY_ID)", r.AccessKeyID,
			"secret-access-key (or LITESTREAM_SECRET_ACCESS_KEY)", r.SecretKey)
	case "sftp":
		err := need("host", r.Host, "user", r.User, "path", r.Path, "host-key", r.HostKey)
		if r.Password == "" && r.KeyPath == "" {
			err = errors.Join(err, errors.New("replica of type sftp: key-path or password is missing"))
		}
		return err
	case "":
		return errors.New("replica: type is missing")
	}
	return fmt.Errorf("replica: type is file, s3 or sftp, not %s", r.Type)
}

func (r replicaText) place() string {
	switch r.Type {
	case "s3":
		return "s3://" + r.Bucket + "/" + strings.TrimPrefix(r.Path, "/")
	case "sftp":
		return "sftp://" + r.Host + "/" + strings.TrimPrefix(r.Path, "/")
	}
	return r.Path
}

// client makes the one that reaches the copy, or what lies beside it under the same name and an ending.
func (r replicaText) client(ending string) litestream.ReplicaClient {
	switch r.Type {
	case "s3":
		os.Unsetenv("AWS_CA_BUNDLE") //nolint:errcheck // with it Litestream 0.5.18 opens no bucket at all; SSL_CERT_FILE does the same
		c := s3.NewReplicaClient()
		c.AccessKeyID, c.SecretAccessKey = r.AccessKeyID, r.SecretKey
		c.Bucket, c.Path, c.Region, c.Endpoint = r.Bucket, r.Path+ending, r.Region, r.Endpoint
		c.ForcePathStyle = r.Endpoint != "" // as the stock command does
		if r.ForcePathStyle != nil {
			c.ForcePathStyle = *r.ForcePathStyle
		}
		return c
	case "sftp":
		c := sftp.NewReplicaClient()
		c.Host, c.User, c.Password, c.Path, c.KeyPath, c.HostKey = r.Host, r.User, r.Password, r.Path+ending, r.KeyPath, r.HostKey
		return c
	}
	return file.NewReplicaClient(r.Path + ending)
}
