package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"wakakusa/app"
	"wakakusa/cert/certtest"
	"wakakusa/check"
	"wakakusa/roster"
	"wakakusa/store/sqldb/mariadbtest"
	"wakakusa/store/sqldb/sqldbtest"
)

// installation is one on a disk of its own, which a test may spoil.
type installation struct {
	t        *testing.T
	dir      string
	settings map[string]string // in the settings file
	vars     map[string]string // in the environment
	uid      int
	shift    time.Duration // of the clock
	facts    func(*check.Facts)
}

func (i *installation) path(parts ...string) string {
	return filepath.Join(append([]string{i.dir}, parts...)...)
}

func (i *installation) file() string { return i.path("wakakusa.conf") }

// sound makes an installation without a fault: settings, a database with two administrators, a backup that was verified.
func sound(t *testing.T) *installation {
	t.Helper()
	i := &installation{t: t, dir: t.TempDir(), vars: map[string]string{}, uid: 1000, facts: func(*check.Facts) {}}
	i.settings = map[string]string{
		"APP_ENV": "production", "DATA_DIR": i.path("data"), "BACKUP_DIR": i.path("backup"), "LISTEN": "127.0.0.1:0", "PUBLIC_URL": "https://shift.example.jp", "ALLOWED_HOSTS": "shift.example.jp",
		"USE_HTTPS": "true", "TRUSTED_PROXIES": "127.0.0.1/32", "SECRET_KEY": fixedKey, "LITESTREAM_CONFIG": i.path("litestream.yml"), "LITESTREAM_ACCESS_KEY_ID": "id", "LITESTREAM_SECRET_ACCESS_KEY": fixedKey,
		"BACKUP_RECIPIENTS": ageKey(t).Recipient().String(), "BACKUP_OFFSITE": "s3://bucket/x?region=ap-northeast-1", "BACKUP_OFFSITE_ID": "id", "BACKUP_OFFSITE_SECRET": fixedKey,
	}
	writeFile(t, i.path("litestream.yml"), `dbs: [{path: "${DATA_DIR}/wakakusa.db", replica: {type: s3, bucket: b, region: r}}]`, 0o600)
	for name, content := range furnished(t) {
		i.put(content, name)
	}
	return i
}

func ageKey(t *testing.T) *age.X25519Identity {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (i *installation) put(content []byte, name string) {
	i.t.Helper()
	if err := os.MkdirAll(filepath.Dir(i.path(name)), 0o700); err != nil {
		i.t.Fatal(err)
	}
	writeFile(i.t, i.path(name), string(content), 0o600)
}

// furnished are the files of an installation with an organisation, two administrators and a backup, made once.
var furnishOnce = sync.OnceValues(furnish)

func furnished(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := furnishOnce()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func furnish() (files map[string][]byte, err error) {
	dir, err := os.MkdirTemp("", "wakakusa-check")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cfg, err := loadConfig("none", map[string]string{"DATA_DIR": filepath.Join(dir, "data"), "BACKUP_DIR": filepath.Join(dir, "backup"), "LITESTREAM_CONFIG": "off"})
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	db, err := openStore(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := twoAdministrators(app.New(db, time.Now, newID), db); err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	if _, err := cfg.backups(nil).Make(ctx, nil); err != nil {
		return nil, err
	}
	files = map[string][]byte{}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".lock") {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			files[name], err = os.ReadFile(path)
		}
		return err
	})
	return files, err
}

func twoAdministrators(a *app.App, db *database) error {
	const password = "きょうの早番は七時からですよね"
	ctx := context.Background()
	token, err := a.FirstRunLink(ctx)
	if err != nil {
		return err
	}
	_, err = a.SetUp(ctx, token, app.FirstRun{
		Org: "青葉会", Slug: "aoba", Site: "青葉苑", StartDay: 1, OffDays: 9, Name: "青葉 春子", Login: "haruko", Password: password, Again: password,
	})
	if err != nil {
		return err
	}
	org, err := db.OrgBySlug(ctx, "aoba")
	if err != nil {
		return err
	}
	by := roster.Actor{Org: org.ID, Role: roster.RoleAdmin, Name: "test"}
	m, err := a.SaveMember(ctx, by, roster.Member{Name: "若草 夏子", Role: roster.RoleAdmin, Active: true}, "")
	if err != nil {
		return err
	}
	if token, err = a.Invite(ctx, by, m.ID); err != nil {
		return err
	}
	_, err = a.Join(ctx, token, app.Joining{Login: "natsuko", Password: password, Again: password})
	return err
}

// judged writes the settings and judges.
func (i *installation) judged() verdict {
	i.t.Helper()
	return checkCmd{Deploy: true}.verdict(i.gathered())
}

// gathered are the real facts, but for the speed and the fill of the machine that the tests run on, which a test may set.
func (i *installation) gathered() *check.Facts {
	i.t.Helper()
	i.write()
	cfg, problems := readConfig(i.file(), i.vars)
	o := observer{cfg: cfg, problems: problems, uid: i.uid, now: func() time.Time { return time.Now().Add(i.shift) }}
	f := o.facts(i.t.Context(), true)
	if !f.Database.Missing && f.Fsync == 0 {
		i.t.Error("the speed of the disk was not measured")
	}
	f.Fsync = time.Millisecond
	for n := range f.Disks {
		if f.Disks[n].Free == 0 || f.Disks[n].Used < 0 || f.Disks[n].Used > 1 {
			i.t.Errorf("%+v", f.Disks[n])
		}
		f.Disks[n].Used, f.Disks[n].Free = 0.5, 10<<30
	}
	i.facts(f)
	return f
}

func (i *installation) write() {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(i.settings)) {
		fmt.Fprintf(&text, "%s=%s\n", name, i.settings[name])
	}
	mode := os.FileMode(0o600)
	if info, err := os.Stat(i.file()); err == nil {
		mode = info.Mode().Perm()
	}
	writeFile(i.t, i.file(), text.String(), mode)
}

func (i *installation) sql(statements ...string) {
	i.t.Helper()
	db := sqldbtest.Place{Path: i.path("data", "wakakusa.db")}.SQL(i.t)
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			i.t.Fatalf("%s: %v", s, err)
		}
	}
}

func (i *installation) chmod(mode os.FileMode, parts ...string) {
	i.t.Helper()
	if err := os.Chmod(i.path(parts...), mode); err != nil {
		i.t.Fatal(err)
	}
}

// remove takes away what fits.
func (i *installation) remove(pattern ...string) {
	i.t.Helper()
	files, err := filepath.Glob(i.path(pattern...))
	if err != nil || len(files) == 0 {
		i.t.Fatal(pattern, files, err)
	}
	for _, f := range files {
		if err := os.RemoveAll(f); err != nil {
			i.t.Fatal(err)
		}
	}
}

// ownTLS gives the installation a certificate of its own.
func (i *installation) ownTLS(ends time.Duration, hosts ...string) {
	certFile, keyFile := certtest.New(i.t).Files(i.t, i.dir, time.Now().Add(ends), hosts...)
	delete(i.settings, "TRUSTED_PROXIES")
	i.settings["TLS_CERT"], i.settings["TLS_KEY"], i.settings["LISTEN_HTTP"] = certFile, keyFile, "127.0.0.1:0"
}

const serverPassword = "z7Qm4Wc9Ls2Xv8Tb"

// server moves the installation to a database on a server, with a user of its own.
func (i *installation) server() *mariadbtest.Server {
	i.t.Helper()
	s := mariadbtest.Shared(i.t)
	s.Exec(i.t, "SET GLOBAL sql_mode = 'STRICT_TRANS_TABLES'")
	name := s.Database(i.t)
	for _, host := range []string{"localhost", "%"} {
		who := fmt.Sprintf("'shift'@'%s'", host)
		s.Exec(i.t, "CREATE OR REPLACE USER "+who+" IDENTIFIED BY '"+serverPassword+"'")
		s.Exec(i.t, "GRANT ALL PRIVILEGES ON "+name+".* TO "+who)
	}
	maps.Copy(i.settings, s.Settings(name))
	i.settings["DB_USER"], i.settings["DB_PASSWORD"] = "shift", serverPassword
	delete(i.settings, "LITESTREAM_CONFIG")
	return s
}

// migrated is server with the schema of this program.
func (i *installation) migrated() *mariadbtest.Server {
	i.t.Helper()
	s := i.server()
	vars := maps.Clone(i.settings)
	vars["APP_ENV"] = "development"
	if out, err := runCommand(i.t, vars, "migrate"); err != nil {
		i.t.Fatal(out, err)
	}
	return s
}

func set(pairs ...string) func(*installation) {
	return func(i *installation) {
		for n := 0; n < len(pairs); n += 2 {
			i.settings[pairs[n]] = pairs[n+1]
		}
	}
}

func unset(names ...string) func(*installation) {
	return func(i *installation) {
		for _, n := range names {
			delete(i.settings, n)
		}
	}
}

func spoil(all ...func(*installation)) func(*installation) {
	return func(i *installation) {
		for _, do := range all {
			do(i)
		}
	}
}

// misconfigurations are ways to spoil a sound installation, and what must be found.
var misconfigurations = []struct {
	name  string
	spoil func(*installation)
	id    string
}{
	{"a typo in a name", set("ALOWED_HOSTS", "x"), "settings"},
	{"a value that cannot be", set("LOG_FORMAT", "xml"), "settings"},
	{"development in use", set("APP_ENV", "development"), "environment"},
	{"no key", unset("SECRET_KEY"), "secret-key-missing"},
	{"the key of a book", set("SECRET_KEY", "django-insecure-"+fixedKey), "secret-key-weak"},
	{"a key that was not changed", set("SECRET_KEY", "change-me-change-me-change-me-change-me-change-me-change-me"), "secret-key-weak"},
	{"a short key", set("SECRET_KEY", fixedKey[:49]), "secret-key-weak"},
	{"a key of one letter", set("SECRET_KEY", strings.Repeat("a", 64)), "secret-key-weak"},
	{"a key that repeats itself", set("SECRET_KEY", strings.Repeat("kq3RZ0w8nV5y", 6)), "secret-key-weak"},
	{"a key that only seems replaced", set("SECRET_KEY_FALLBACKS", "another,"+fixedKey), "secret-key-former"},
	{"a key in the environment", spoil(unset("SECRET_KEY"), func(i *installation) { i.vars["SECRET_KEY"] = fixedKey }), "secret-in-environment"},
	{"a log of everything", set("LOG_LEVEL", "debug"), "log-debug"},
	{"a log of nothing", set("LOG_LEVEL", "error"), "log-quiet"},
	{"a limit that is none", set("RATE_LIMIT", "20000"), "rate-limit"},
	{"a limit of sheets that is none", set("RATE_LIMIT_SHEET", "1000000"), "rate-limit"},
	{"an acceptance that has ended", set("CHECK_ACCEPT", "offsite-missing:2026-01-31:later"), "acceptance-ended"},

	{"no hosts", unset("ALLOWED_HOSTS"), "hosts-missing"},
	{"every host", set("ALLOWED_HOSTS", "*"), "hosts-any"},
	{"hosts below a domain", set("ALLOWED_HOSTS", ".example.jp"), "hosts-any"},
	{"a host with its port", set("ALLOWED_HOSTS", "shift.example.jp:443"), "hosts-any"},
	{"an address for a host", set("ALLOWED_HOSTS", "https://shift.example.jp"), "hosts-any"},
	{"no HTTPS", set("USE_HTTPS", "false"), "https-off"},
	{"no public address", unset("PUBLIC_URL"), "public-url-missing"},
	{"a public address by http", set("PUBLIC_URL", "http://shift.example.jp"), "public-url-http"},
	{"a public address of another host", set("PUBLIC_URL", "https://other.example.jp"), "public-url-host"},
	{"no proxies behind a proxy", unset("TRUSTED_PROXIES"), "proxy-missing"},
	{"everybody a proxy", set("TRUSTED_PROXIES", "0.0.0.0/0"), "proxy-anybody"},
	{"everybody a proxy by IPv6", set("TRUSTED_PROXIES", "::/0"), "proxy-anybody"},
	{"open to everybody without TLS", spoil(unset("TRUSTED_PROXIES"), set("LISTEN", "0.0.0.0:0")), "listen-open"},
	{"open to everybody by the short form", spoil(unset("TRUSTED_PROXIES"), set("LISTEN", ":0")), "listen-open"},
	{"nobody leads from http", spoil(func(i *installation) { i.ownTLS(90*24*time.Hour, "shift.example.jp") }, unset("LISTEN_HTTP")), "listen-http-missing"},
	{"somebody else at our address", func(i *installation) {
		other := httptest.NewServer(http.NotFoundHandler())
		i.t.Cleanup(other.Close)
		i.settings["LISTEN"] = other.Listener.Addr().String()
	}, "headers"},
	{"Redis elsewhere without TLS", set("REDIS_URL", "redis://:"+serverPassword+"@redis.example:6379/0"), "redis-tls"},
	{"Redis elsewhere without a password", set("REDIS_URL", "rediss://redis.example:6379/0"), "redis-password"},

	{"a certificate that is not there", func(i *installation) {
		i.ownTLS(90*24*time.Hour, "shift.example.jp")
		i.remove("cert.pem")
	}, "certificate-missing"},
	{"a certificate with another key", func(i *installation) {
		i.ownTLS(90*24*time.Hour, "shift.example.jp")
		_, other := certtest.New(i.t).Files(i.t, i.t.TempDir(), time.Now(), "x")
		i.settings["TLS_KEY"] = other
	}, "certificate-missing"},
	{"a certificate that has ended", func(i *installation) { i.ownTLS(-time.Hour, "shift.example.jp") }, "certificate-expired"},
	{"a certificate that ends soon", func(i *installation) { i.ownTLS(20*24*time.Hour, "shift.example.jp") }, "certificate-expires"},
	{"a certificate of another host", func(i *installation) { i.ownTLS(90*24*time.Hour, "other.example.jp") }, "certificate-names"},

	{"settings that others read", func(i *installation) { i.write(); i.chmod(0o644, "wakakusa.conf") }, "settings-mode"},
	{"a secret that others read", func(i *installation) {
		delete(i.settings, "SECRET_KEY")
		i.settings["SECRET_KEY_FILE"] = writeFile(i.t, i.path("key"), fixedKey, 0o640)
	}, "secret-mode"},
	{"a certificate's key that others read", func(i *installation) {
		i.ownTLS(90*24*time.Hour, "shift.example.jp")
		i.chmod(0o644, "key.pem")
	}, "key-mode"},
	{"the copy's secret that others read", func(i *installation) {
		writeFile(i.t, i.path("litestream.yml"), `dbs: [{path: "${DATA_DIR}/wakakusa.db", replica: {type: s3, bucket: b, region: r, access-key-id: x, secret-access-key: y}}]`, 0o644)
	}, "key-mode"},
	{"data that others open", func(i *installation) { i.chmod(0o755, "data") }, "data-mode"},
	{"a database that others read", func(i *installation) { i.chmod(0o644, "data", "wakakusa.db") }, "database-mode"},
	{"backups that others open", func(i *installation) { i.chmod(0o750, "backup") }, "backup-mode"},

	{"root", func(i *installation) { i.uid = 0 }, "root"},
	{"a disk that is full", func(i *installation) {
		i.facts = func(f *check.Facts) { f.Disks[0].Used, f.Disks[0].Use = 0.99, "data" }
	}, "disk-full"},
	{"a disk that fills", func(i *installation) {
		i.facts = func(f *check.Facts) { f.Disks[0].Used, f.Disks[0].Use = 0.91, "data" }
	}, "disk-filling"},
	{"data in memory", func(i *installation) {
		dir, err := os.MkdirTemp("/dev/shm", "wakakusa-check-")
		if err != nil {
			i.t.Fatal(err)
		}
		i.t.Cleanup(func() { os.RemoveAll(dir) })
		i.settings["DATA_DIR"] = dir
		i.settings["LITESTREAM_CONFIG"] = writeFile(i.t, i.path("litestream.yml"), `dbs: [{path: "${DATA_DIR}/wakakusa.db", replica: {type: s3, bucket: b, region: r}}]`, 0o600)
	}, "disk-memory"},
	{"a disk that is slow", func(i *installation) { i.facts = func(f *check.Facts) { f.Fsync = 300 * time.Millisecond } }, "disk-slow"},
	{"a clock of the past", func(i *installation) { i.shift = -48 * time.Hour }, "clock-past"},
	{"a clock that differs from the server's", func(i *installation) { i.migrated(); i.shift = time.Minute }, "clock-skew"},

	{"a file that is no database", func(i *installation) { i.put(bytes.Repeat([]byte("no database "), 500), "data/wakakusa.db") }, "database-away"},
	{"a server that is not there", spoil(func(i *installation) { i.server() }, set("DB_HOST", "/nowhere/s")), "database-away"},
	{"a schema that nobody migrated", func(i *installation) { i.server() }, "schema-old"},
	{"a schema of the last program", func(i *installation) {
		i.sql("DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)")
	}, "schema-waiting"},
	{"a schema of a newer program", func(i *installation) { i.sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)") }, "schema-new"},
	{"no record of changes", func(i *installation) { i.sql("DROP TABLE events") }, "audit-log"},
	{"one administrator", func(i *installation) { i.sql("UPDATE accounts SET disabled = 1 WHERE name = 'natsuko'") }, "second-administrator"},
	{"the demo", func(i *installation) { i.sql("UPDATE orgs SET slug = 'wakakusa'") }, "demo-data"},

	{"a server elsewhere without TLS", spoil(func(i *installation) { i.server() }, set("DB_HOST", "db.invalid")), "mysql-tls"},
	{"the server's administrator", spoil(func(i *installation) { i.migrated() }, set("DB_USER", "root", "DB_PASSWORD", "")), "mysql-root"},
	{"a password that anybody guesses", func(i *installation) {
		s := i.migrated()
		s.Exec(i.t, "ALTER USER 'shift'@'localhost' IDENTIFIED BY 'shift2026'")
		s.Exec(i.t, "ALTER USER 'shift'@'%' IDENTIFIED BY 'shift2026'")
		i.settings["DB_PASSWORD"] = "shift2026"
	}, "mysql-password"},
	{"no password", spoil(func(i *installation) { i.server() }, set("DB_PASSWORD", "", "DB_HOST", "db.invalid")), "mysql-password"},
	{"rights on the whole server", func(i *installation) {
		s := i.migrated()
		s.Exec(i.t, "GRANT SELECT, FILE ON *.* TO 'shift'@'localhost'")
		s.Exec(i.t, "GRANT SELECT, FILE ON *.* TO 'shift'@'%'")
	}, "mysql-grants"},
	{"a server that cuts what does not fit", func(i *installation) { i.migrated().Exec(i.t, "SET GLOBAL sql_mode = ''") }, "mysql-mode"},

	{"no backups", spoil(set("BACKUP_DIR", "off"), unset("BACKUP_OFFSITE")), "backup-off"},
	{"no backup yet", func(i *installation) { i.remove("backup", "*") }, "backup-never"},
	{"a backup that nobody restored", func(i *installation) { i.remove("backup", "*.json") }, "backup-unverified"},
	{"an old backup", func(i *installation) { i.shift = 30 * time.Hour }, "backup-old"},
	{"backups among the data", func(i *installation) { i.settings["BACKUP_DIR"] = i.path("data", "backup") }, "backup-inside"},
	{"backups on the same disk", unset("BACKUP_OFFSITE"), "backup-same-disk"},
	{"a secret in backups that anybody reads", unset("BACKUP_OFFSITE", "BACKUP_RECIPIENTS"), "backup-secrets"},
	{"the key beside the backups", func(i *installation) { i.put([]byte("# key\n"+ageKey(i.t).String()+"\n"), "backup/key.txt") }, "backup-identity"},
	{"the key beside the data", func(i *installation) { i.put([]byte(ageKey(i.t).String()), "data/age") }, "backup-identity"},
	{"nothing off-site", unset("BACKUP_OFFSITE"), "offsite-missing"},
	{"off-site on the same disk", func(i *installation) { i.settings["BACKUP_OFFSITE"] = "file://" + i.path("elsewhere") }, "offsite-same-disk"},
	{"no continuous copy", set("LITESTREAM_CONFIG", "off"), "replica-off"},
	{"a continuous copy on the same disk", unset("LITESTREAM_CONFIG"), "replica-same-disk"},
}

// TestCheckDeploy: each misconfiguration of a sound installation is found by its name, with its cure (K1).
func TestCheckDeploy(t *testing.T) {
	found := map[string]bool{}
	for _, c := range misconfigurations {
		t.Run(c.name, func(t *testing.T) {
			i := sound(t)
			c.spoil(i)
			v := i.judged()
			var out bytes.Buffer
			v.print(&out)
			at := slices.IndexFunc(v.Findings, func(x check.Finding) bool { return x.ID == c.id })
			if at < 0 {
				t.Fatalf("%s was not found:\n%s", c.id, out.String())
			}
			x := v.Findings[at]
			if !strings.Contains(out.String(), "  "+c.id+"  "+x.What+"\n  直し方: "+x.Cure+"\n") || x.Cure == "" || v.OK != (v.Errors == 0) {
				t.Errorf("%+v is not told in\n%s", x, out.String())
			}
			found[c.id] = true
		})
	}
	for _, x := range check.Listed() {
		if !found[x.ID] {
			t.Errorf("nothing spoils %s", x.ID)
		}
	}
}

// TestCheckSound: where nothing is wrong nothing is found, behind a proxy, with a certificate of its own, on a server, and before the
// first start.
func TestCheckSound(t *testing.T) {
	for name, change := range map[string]func(*installation){
		"behind a proxy":         func(*installation) {},
		"its own certificate":    func(i *installation) { i.ownTLS(90*24*time.Hour, "shift.example.jp") },
		"on a server":            func(i *installation) { i.migrated() },
		"staging":                set("APP_ENV", "staging"),
		"before the first start": func(i *installation) { i.remove("data"); i.remove("backup") },
		"ACME":                   spoil(unset("TRUSTED_PROXIES"), set("ACME", "on", "LISTEN_HTTP", "127.0.0.1:0")),
		"secrets of systemd": func(i *installation) {
			dir := i.t.TempDir()
			writeFile(i.t, filepath.Join(dir, "secret_key"), fixedKey, 0o444)
			delete(i.settings, "SECRET_KEY")
			i.vars["CREDENTIALS_DIRECTORY"] = dir
		},
	} {
		t.Run(name, func(t *testing.T) {
			i := sound(t)
			change(i)
			v := i.judged()
			if len(v.Findings) > 0 || !v.OK {
				t.Errorf("%+v", v)
			}
			if name == "before the first start" && (len(v.Notes) != 1 || !strings.Contains(v.Notes[0], "データベースはまだ")) {
				t.Error(v.Notes)
			}
		})
	}
}

// TestCheckAll: several faults are all told, errors first; what was accepted is told as that, until its day.
func TestCheckAll(t *testing.T) {
	i := sound(t)
	spoil(set("USE_HTTPS", "false", "ALLOWED_HOSTS", "*", "RATE_LIMIT", "50000", "LOG_LEVEL", "debug"), unset("BACKUP_OFFSITE", "LITESTREAM_CONFIG"))(i)
	i.chmod(0o755, "data")
	i.sql("UPDATE accounts SET disabled = 1 WHERE name = 'natsuko'")
	v := i.judged()
	var ids []string
	for _, x := range v.Findings {
		ids = append(ids, x.ID)
	}
	for _, want := range []string{"https-off", "hosts-any", "rate-limit", "log-debug", "data-mode", "second-administrator", "offsite-missing", "backup-same-disk", "replica-same-disk"} {
		if !slices.Contains(ids, want) {
			t.Errorf("%s is not in %v", want, ids)
		}
	}
	if !slices.IsSortedFunc(v.Findings, func(a, b check.Finding) int { return strings.Compare(string(a.Level), string(b.Level)) }) || v.Errors < 4 || v.Warnings < 5 {
		t.Error(v)
	}

	i = sound(t)
	delete(i.settings, "BACKUP_OFFSITE")
	i.settings["CHECK_ACCEPT"] = "offsite-missing:2099-12-31:契約: 準備中; backup-same-disk:2099-12-31:一台だけ"
	v = i.judged()
	if v.Errors+v.Warnings != 0 || v.Accepted != 2 || !v.OK {
		t.Errorf("%+v", v)
	}
	var out bytes.Buffer
	v.print(&out)
	if !strings.Contains(out.String(), "理由: 契約: 準備中(2099-12-31 まで)") {
		t.Error(out.String())
	}
	i.shift = 100 * 365 * 24 * time.Hour
	if v = i.judged(); v.Accepted != 0 || !slices.ContainsFunc(v.Findings, func(x check.Finding) bool { return x.ID == "offsite-missing" && x.Accepted == nil }) {
		t.Errorf("after its day: %+v", v)
	}
	for _, bad := range []string{"offsite-missing", "offsite-missing:soon:x", "offsite-missing:2099-12-31:", "nothing:2099-12-31:x", "secret-key-weak:2099-12-31:x"} {
		i.settings["CHECK_ACCEPT"] = bad
		if v := i.judged(); !slices.ContainsFunc(v.Findings, func(x check.Finding) bool { return x.ID == "settings" && strings.Contains(x.What, "CHECK_ACCEPT") }) {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestCheckStart: a start is not kept from happening by what came with time, but by what was set up so; both are told.
func TestCheckStart(t *testing.T) {
	i := sound(t)
	i.put(bytes.Repeat([]byte("no database "), 500), "data/wakakusa.db")
	i.ownTLS(-time.Hour, "shift.example.jp")
	i.facts = func(f *check.Facts) { f.Disks[0].Used, f.Disks[0].Use = 0.99, "data" }
	f := i.gathered()
	if v := (checkCmd{Deploy: true, Start: true}).verdict(f); !v.OK || v.Errors != 3 {
		t.Errorf("%+v", v)
	}
	if v := (checkCmd{Deploy: true}).verdict(f); v.OK {
		t.Errorf("%+v", v)
	}
	i.settings["RATE_LIMIT"] = "20000"
	if v := (checkCmd{Deploy: true, Start: true}).verdict(i.gathered()); v.OK || v.Errors != 4 {
		t.Errorf("%+v", v)
	}
	var passing []string
	for _, x := range check.Listed() {
		if x.Passing && x.Level == check.Error {
			passing = append(passing, x.ID)
		}
	}
	listed := regexp.MustCompile("(?m)^- `--start` .*?\\(([^)]*)\\)").FindStringSubmatch(readDoc(t, "docs/operations/checks.md"))
	if len(listed) == 0 {
		t.Fatal("the handbook does not list them")
	}
	for _, id := range passing {
		if !strings.Contains(listed[1], "`"+id+"`") {
			t.Errorf("%s is not listed in the handbook: %s", id, listed[1])
		}
	}
	if strings.Count(listed[1], "`") != 2*len(passing) {
		t.Errorf("the handbook lists %s, passing are %v", listed[1], passing)
	}
}

// TestCheckCommand: the exit says what was found, JSON the same, and it runs beside the program that has the file.
func TestCheckCommand(t *testing.T) {
	i := sound(t)
	i.settings["CHECK_ACCEPT"] = "root:2099-12-31:the tests"
	run := func(wantErr bool, args ...string) string {
		t.Helper()
		i.write()
		out, err := runCommand(t, i.vars, append([]string{"check", "--file", i.file()}, args...)...)
		if (err != nil) != wantErr {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
		return out
	}
	run(false)
	run(false, "--deploy")
	i.settings["LOG_LEVEL"] = "debug"
	run(false, "--deploy")
	run(true, "--deploy", "--strict")
	i.settings["RATE_LIMIT"] = "20000"
	run(false)
	run(true, "--deploy")
	var v verdict
	if err := json.Unmarshal([]byte(run(true, "--deploy", "--json")), &v); err != nil || v.OK || v.Errors != 1 || !slices.ContainsFunc(v.Findings, func(x check.Finding) bool { return x.ID == "rate-limit" && x.Cure != "" }) {
		t.Errorf("%+v %v", v, err)
	}
	i.settings["FOO"] = "1"
	if out := run(true); !strings.Contains(out, "unknown setting FOO") {
		t.Error(out)
	}
	delete(i.settings, "FOO")

	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i.settings["LISTEN"], i.settings["RATE_LIMIT"], i.settings["LITESTREAM_CONFIG"] = free.Addr().String(), "100", "off"
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	i.write()
	cfg, err := loadConfig(i.file(), nil)
	if err != nil {
		t.Fatal(err)
	}
	p := startLogging(t, cfg, io.Discard)
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	if out := run(false, "--deploy"); strings.Contains(out, "database-away") || strings.Contains(out, "headers") {
		t.Error(out)
	}
	if _, err := p.app.FirstRunLink(t.Context()); err != nil {
		t.Error("the program cannot write after the check:", err)
	}
}

// TestCheckChangesNothing: no file is made or changed.
func TestCheckChangesNothing(t *testing.T) {
	i := sound(t)
	i.write()
	before := filesOf(t, i.dir)
	i.judged()
	if after := filesOf(t, i.dir); !maps.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
}

func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestChecksDocumented: the handbook has every finding with its level and its cure, and no other.
func TestChecksDocumented(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (エラー|警告) \\| ([^|]+) \\| ([^|]+) \\|$").FindAllStringSubmatch(readDoc(t, "docs/operations/checks.md"), -1)
	documented := map[string][]string{}
	for _, row := range rows {
		documented[row[1]] = row
	}
	for _, x := range check.Listed() {
		row, ok := documented[x.ID]
		if !ok || row[2] != levels[x.Level] || row[4] != x.Cure {
			t.Errorf("%s, %s, %q is not so in the handbook: %q", x.ID, levels[x.Level], x.Cure, row)
		}
		delete(documented, x.ID)
	}
	for id := range documented {
		t.Errorf("the handbook has %s, which cannot be found", id)
	}
}
