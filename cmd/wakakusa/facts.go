package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"wakakusa/app/demo"
	"wakakusa/check"
	"wakakusa/store/backup"
	"wakakusa/store/sqldb"
)

// facts are the settings that the room check judges.
func (c Config) facts() check.Settings {
	s := check.Settings{
		Environment: c.AppEnv, Secret: c.SecretKey, Former: c.SecretFormer, Exposed: c.exposed(), SecretFiles: c.secretFiles(),
		Hosts: c.AllowedHosts, HTTPS: c.UseHTTPS, OwnTLS: c.ownTLS(), PublicURL: c.PublicURL, Listen: c.Listen, ListenHTTP: c.ListenHTTP,
		Proxies: c.TrustedProxies, LogLevel: c.LogLevel, Limit: c.RateLimit, LimitSheet: c.RateLimitSheet, Redis: c.RedisURL,
	}
	if c.onMySQL() {
		s.Server = &check.DBServer{Hosts: strings.Split(strings.ReplaceAll(c.DBHost, " ", ""), ","), TLS: c.DBTLS != "off", User: c.DBUser, Password: c.DBPassword}
	}
	s.Accepted, _ = check.ParseAccepted(c.CheckAccept) // its mistakes are among those of the settings
	return s
}

// observer gathers what the room check judges. Nothing is changed, but for a file that is written to measure the disk and removed.
type observer struct {
	cfg      Config
	problems []error
	now      func() time.Time
	uid      int
}

func (o observer) facts(ctx context.Context, deploy bool) *check.Facts {
	f := &check.Facts{Deploy: deploy, Now: o.now(), UID: o.uid, Settings: o.cfg.facts(), Database: o.database(ctx), Backups: o.backups()}
	for _, err := range o.problems {
		f.Settings.Problems = append(f.Settings.Problems, err.Error())
	}
	f.Files, f.Disks, f.Fsync = o.files(), o.disks(f.Backups), fsync(o.cfg.Data)
	f.NotBefore = later(built(), f.Backups.Newest)
	f.Certificate, f.Answer = o.certificate(), answerAt(ctx, o.cfg)
	return f
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// built is the time of the commit that this program was built from; zero where it is not known.
func built() (at time.Time) {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return at
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			at, _ = time.Parse(time.RFC3339, s.Value)
		}
	}
	return at
}

func (o observer) database(ctx context.Context) (d check.Database) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var x sqldb.Inspection
	var err error
	if o.cfg.onMySQL() {
		x, err = sqldb.InspectMySQL(ctx, o.cfg.mysql())
	} else if _, err = os.Stat(o.cfg.sqliteFile()); err == nil {
		x, err = sqldb.InspectSQLite(ctx, o.cfg.sqliteFile())
	}
	switch {
	case !o.cfg.onMySQL() && errors.Is(err, fs.ErrNotExist):
		return check.Database{Missing: true}
	case err != nil:
		return check.Database{Failure: err.Error()}
	}
	d = check.Database{At: x.At, Newest: x.Newest, Usable: x.Unusable == nil, Lacks: x.Lacks, Alone: x.Alone, Demo: slices.Contains(x.Orgs, demo.Slug)}
	if x.Server != nil {
		d.Server = &check.Server{Skew: o.now().Sub(x.Server.Clock), Mode: x.Server.Mode, Grants: x.Server.Grants}
	}
	return d
}

func (o observer) backups() (b check.Backups) {
	c := o.cfg
	to, on, err := c.replica()
	b = check.Backups{Fresh: freshBackup, OffSite: c.offSite().Name(), Plain: len(c.BackupKeys) == 0, Settings: c.secretsInFile(), Replica: c.onMySQL() || on}
	if err == nil && on && filepath.IsAbs(to.Place) {
		b.ReplicaAt = to.Place
	}
	k := c.backups(nil)
	if k == nil {
		b.Off = true
		return b
	}
	b.Dir = k.Dir
	b.Inside = inside(k.Dir, c.Data)
	list, err := backup.List(k.Dir)
	if err != nil {
		return b
	}
	b.Count = len(list)
	for _, x := range list {
		b.Newest = later(x.Made, b.Newest)
		if x.Report != nil {
			b.Verified = later(x.Made, b.Verified)
		}
	}
	b.Identity = append(identityFiles(k.Dir), identityFiles(c.Data)...)
	return b
}

// secretsInFile reports whether the settings file itself holds a secret.
func (c Config) secretsInFile() bool {
	return slices.ContainsFunc(secretNames(), func(name string) bool {
		v := c.given[name]
		return v.text != "" && strings.HasPrefix(v.from, c.file+":") && hidden(name, v.text) != v.text
	})
}

// inside reports whether a path is in a directory, or is it.
func inside(path, dir string) bool {
	rel, err := filepath.Rel(absolute(dir), absolute(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

const maxIdentity = 64 << 10

// identityFiles are those of a directory that hold a secret key of age.
func identityFiles(dir string) (found []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if info, err := e.Info(); err != nil || !info.Mode().IsRegular() || info.Size() > maxIdentity {
			continue
		}
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), "AGE-SECRET-KEY-") {
			found = append(found, path)
		}
	}
	return found
}

// files are those whose rights matter, as far as they exist.
func (o observer) files() (files []check.File) {
	c := o.cfg
	files = appendFile(files, check.File{Kind: check.SettingsFile, Path: c.file, Secrets: c.secretsInFile()})
	files = appendFile(files, check.File{Kind: check.DataDir, Path: c.Data})
	files = appendFile(files, check.File{Kind: check.SecretFile, Path: filepath.Join(c.Data, keyFile)})
	files = appendFile(files, check.File{Kind: check.KeyFile, Path: c.TLSKey})
	if text, err := os.ReadFile(c.Litestream); err == nil && secretInYAML.Match(text) {
		files = appendFile(files, check.File{Kind: check.SecretFile, Path: c.Litestream})
	}
	files = appendFile(files, check.File{Kind: check.KeyFile, Path: c.OffSiteSSHKey})
	files = appendFile(files, check.File{Kind: check.KeyFile, Path: filepath.Join(c.Data, acmeDir)})
	if !c.onMySQL() {
		files = appendFile(files, check.File{Kind: check.DatabaseFile, Path: c.sqliteFile()})
	}
	if k := c.backups(nil); k != nil {
		files = appendFile(files, check.File{Kind: check.BackupDir, Path: k.Dir})
	}
	return files
}

// secretInYAML is one that stands in litestream.yml itself; a variable does not.
var secretInYAML = regexp.MustCompile(`(secret-access-key|password): *["']?[^"'$\s]`)

func appendFile(files []check.File, f check.File) []check.File {
	if f.Path == "" {
		return files
	}
	info, err := os.Stat(f.Path)
	if err != nil {
		return files // whoever needs it says that it is missing
	}
	f.Mode = info.Mode()
	return append(files, f)
}

// disks are those of the places; one that does not exist yet is judged by the directory it will be in.
func (o observer) disks(b check.Backups) (disks []check.Disk) {
	for use, path := range map[string]string{"data": o.cfg.Data, "backup": b.Dir, "replica": b.ReplicaAt, "offsite": strings.TrimPrefix(b.OffSite, "file://")} {
		if path == "" || strings.Contains(path, "://") {
			continue
		}
		if d, ok := diskOf(absolute(path)); ok {
			d.Use, d.Path = use, path
			disks = append(disks, d)
		}
	}
	return disks
}

const tmpfs, ramfs = 0x01021994, 0x858458f6 // of statfs(2)

func diskOf(path string) (d check.Disk, ok bool) {
	var at syscall.Stat_t
	var fs syscall.Statfs_t
	for syscall.Stat(path, &at) != nil {
		if path == filepath.Dir(path) {
			return d, false
		}
		path = filepath.Dir(path)
	}
	if syscall.Statfs(path, &fs) != nil || fs.Blocks == 0 {
		return d, false
	}
	usable := fs.Blocks - fs.Bfree + fs.Bavail
	return check.Disk{
		Device: at.Dev, Memory: fs.Type == tmpfs || fs.Type == ramfs, Free: fs.Bavail * uint64(fs.Bsize),
		Used: 1 - float64(fs.Bavail)/float64(max(usable, 1)),
	}, true
}

// fsync is how long the slower half of a few small writes take to be on the disk; 0 where nothing can be written.
func fsync(dir string) time.Duration {
	f, err := os.CreateTemp(dir, ".check-*")
	if err != nil {
		return 0
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var took []time.Duration
	for range 5 {
		began := time.Now()
		if _, err := f.WriteString("x"); err != nil {
			return 0
		}
		if err := f.Sync(); err != nil {
			return 0
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2]
}
