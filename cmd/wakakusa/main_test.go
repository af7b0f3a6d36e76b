package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"wakakusa/app"
	"wakakusa/app/django/djangotest"
	"wakakusa/seal"
	"wakakusa/store"
)

// fixedKey is a good key that tests know.
const fixedKey = "kq3RZ0w8nV5yTtBm1xLhP7uGcD4sJfAeYi9oNbQvXzWrKjHg2CpUlMS6EdFaOI_-"

func runCommand(t *testing.T, vars map[string]string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, &out, vars)
	return out.String(), err
}

func TestCommands(t *testing.T) {
	t.Run("help names every command", func(t *testing.T) {
		out, err := runCommand(t, nil, "--help")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"init", "check", "serve", "demo", "migrate", "export", "import", "import-django", "user", "storybook", "config", "version"} {
			if !strings.Contains(out, name) {
				t.Errorf("%s is missing in\n%s", name, out)
			}
		}
	})
	t.Run("cache clear stamps every organisation anew", func(t *testing.T) {
		path, _ := former(t, djangotest.C)
		vars := map[string]string{"DATA_DIR": filepath.Join(t.TempDir(), "data")}
		if out, err := importFormer(t, vars, "--from", path); err != nil {
			t.Fatal(err, out)
		}
		before := stampsOf(t, vars)
		out, err := runCommand(t, vars, "cache", "clear")
		if err != nil || !strings.Contains(out, fmt.Sprint(len(before))+" 件の組織") {
			t.Error(out, err)
		}
		for slug, stamp := range stampsOf(t, vars) {
			if stamp == before[slug] {
				t.Errorf("%s has the stamp it had", slug)
			}
		}
	})
	t.Run("an unknown command is an error", func(t *testing.T) {
		if _, err := runCommand(t, nil, "sevre"); err == nil {
			t.Error("accepted")
		}
	})
	t.Run("migrate makes the database, twice", func(t *testing.T) {
		vars := map[string]string{"DATA_DIR": t.TempDir()}
		for range 2 {
			out, err := runCommand(t, vars, "migrate")
			if err != nil || !strings.Contains(out, "schema ") {
				t.Fatal(out, err)
			}
		}
		if _, err := os.Stat(filepath.Join(vars["DATA_DIR"], "wakakusa.db")); err != nil {
			t.Error(err)
		}
	})
	t.Run("the demo refuses to listen beyond this machine", func(t *testing.T) {
		if _, err := runCommand(t, map[string]string{"DATA_DIR": t.TempDir(), "LISTEN": "0.0.0.0:0"}, "demo"); err == nil || !strings.Contains(err.Error(), "loopback") {
			t.Error(err)
		}
	})
}

// TestSecondProcess: one process per SQLite file (K5).
func TestSecondProcess(t *testing.T) {
	cfg := Config{Data: t.TempDir(), DBEngine: "sqlite"}
	s, err := openStore(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := openStore(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), "another wakakusa") {
		t.Errorf("a second start gave %v", err)
	}
}

// TestDataIsPrivate: whatever mask the program was started with, all that it makes is for its owner only (K5).
func TestDataIsPrivate(t *testing.T) {
	before := syscall.Umask(0)
	defer syscall.Umask(before)
	root := filepath.Join(t.TempDir(), "all")
	vars := map[string]string{"DATA_DIR": filepath.Join(root, "data"), "LISTEN": "127.0.0.1:0"}
	for _, args := range [][]string{{"migrate"}, {"backup", "now"}, {"init", "--public-url", "https://a.example", "--file", filepath.Join(root, "wakakusa.conf")}} {
		if out, err := runCommand(t, vars, args...); err != nil {
			t.Fatal(out, err)
		}
	}
	cfg, err := loadConfig("none", vars)
	if err != nil {
		t.Fatal(err)
	}
	p := startLogging(t, cfg, io.Discard)
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	seen := 0
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		seen++
		if info, err := d.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil || seen < 10 {
		t.Error(seen, err)
	}
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]struct {
		vars map[string]string
		want []string // all of these stand in the one message; none: accepted
	}{
		"defaults are right for a small install": {nil, nil},
		"all mistakes are told at once": {
			map[string]string{"APP_ENV": "prod", "DB_ENGINE": "oracle", "LOG_LEVEL": "loud"}, []string{"APP_ENV", "DB_ENGINE", "LOG_LEVEL"},
		},
		"audit is kept as long as the law wants": {map[string]string{"LOG_AUDIT_YEARS": "2", "LOG_MAX_MB": "0", "LOG_APP_DAYS": "-1", "LOG_ERROR_DAYS": "9999", "SLOW_QUERY_MS": "-1"}, []string{"SLOW_QUERY_MS", "LOG_AUDIT_YEARS", "LOG_MAX_MB", "LOG_APP_DAYS", "LOG_ERROR_DAYS"}},
		"production names its hosts":             {map[string]string{"APP_ENV": "production"}, []string{"ALLOWED_HOSTS", "USE_HTTPS", "SECRET_KEY"}},
		"staging is no less strict":              {map[string]string{"APP_ENV": "staging"}, []string{"ALLOWED_HOSTS", "USE_HTTPS", "SECRET_KEY"}},
		"production refuses every host":          {map[string]string{"APP_ENV": "production", "ALLOWED_HOSTS": "*", "USE_HTTPS": "true", "SECRET_KEY": seal.NewSecret()}, []string{"ALLOWED_HOSTS"}},
		"production with all it needs":           {map[string]string{"APP_ENV": "production", "ALLOWED_HOSTS": "a.example, b.example", "USE_HTTPS": "True", "SECRET_KEY": seal.NewSecret()}, nil},
		"a known key":                            {map[string]string{"APP_ENV": "production", "ALLOWED_HOSTS": "a.example", "USE_HTTPS": "1", "SECRET_KEY": "django-insecure-" + seal.NewSecret()}, []string{"SECRET_KEY"}},
		"a key that was not changed":             {map[string]string{"APP_ENV": "production", "ALLOWED_HOSTS": "a.example", "USE_HTTPS": "1", "SECRET_KEY": fixedKey, "SECRET_KEY_FALLBACKS": fixedKey}, []string{"SECRET_KEY_FALLBACKS"}},
		"a certificate without its key":          {map[string]string{"TLS_CERT": "x.pem"}, []string{"TLS_KEY", "USE_HTTPS"}},
		"http beside a proxy's HTTPS":            {map[string]string{"LISTEN_HTTP": ":80"}, []string{"LISTEN_HTTP"}},
		"ACME for nobody":                        {map[string]string{"ACME": "on", "USE_HTTPS": "true"}, []string{"ALLOWED_HOSTS"}},
		"a finding that cannot be found":         {map[string]string{"CHECK_ACCEPT": "nothing:2027-03-31:because"}, []string{"CHECK_ACCEPT"}},
		"the old system's engine":                {map[string]string{"DB_ENGINE": "django.db.backends.sqlite3"}, nil},
		"a proxy range must be a range":          {map[string]string{"TRUSTED_PROXIES": "somewhere"}, []string{"TRUSTED_PROXIES"}},
		"limits have limits":                     {map[string]string{"RATE_LIMIT": "0", "RATE_LIMIT_SHEET": "-1"}, []string{"RATE_LIMIT is", "RATE_LIMIT_SHEET"}},
		"an address that is not Redis's":         {map[string]string{"REDIS_URL": "localhost:6379"}, []string{"REDIS_URL"}},
		"a value that is no switch":              {map[string]string{"USE_HTTPS": "perhaps"}, []string{"UseHTTPS"}},
		"names of the old system are ok":         {map[string]string{"DJANGO_SETTINGS_MODULE": "x", "EMAIL_HOST": "mail.example"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadConfig("no such file", c.vars)
			if (err != nil) != (len(c.want) > 0) {
				t.Fatal(err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is missing in %v", w, err)
				}
			}
		})
	}
}

func TestSettingsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wakakusa.conf")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("environment wins over the file", func(t *testing.T) {
		write("# comment\nLISTEN=127.0.0.1:1\nLOG_LEVEL = \"warn\"\n")
		cfg, err := loadConfig(path, map[string]string{"LISTEN": "127.0.0.1:2"})
		if err != nil || cfg.Listen != "127.0.0.1:2" || cfg.LogLevel != "warn" {
			t.Error(cfg, err)
		}
	})
	t.Run("an unknown name is refused with the one that was meant", func(t *testing.T) {
		write("ALOWED_HOSTS=a.example\nnonsense\n")
		_, err := loadConfig(path, nil)
		if err == nil || !strings.Contains(err.Error(), "did you mean ALLOWED_HOSTS") || !strings.Contains(err.Error(), ":2: KEY=VALUE") {
			t.Error(err)
		}
	})
	t.Run("a value may come from a file of its own", func(t *testing.T) {
		secret := filepath.Join(t.TempDir(), "name")
		if err := os.WriteFile(secret, []byte("other.db\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := loadConfig("none", map[string]string{"DB_NAME_FILE": secret})
		if err != nil || cfg.DBName != "other.db" {
			t.Error(cfg, err)
		}
	})
}

// TestShippedBinary builds the program as it ships, except that paths stay in it, which would compile everything anew, and reads from it
// that it needs no C library.
func TestShippedBinary(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wakakusa")
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	out, err := exec.Command("go", "version", "-m", path).Output()
	if err != nil || !strings.Contains(string(out), "CGO_ENABLED=0") {
		t.Errorf("%s %v", out, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 54<<20 {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
}

// TestUserSignIns: who runs the server sees where people are signed in and signs them out, one or all; that is recorded (S5).
func TestUserSignIns(t *testing.T) {
	s := newSite(t)
	s.with(t, func(p *program) {
		token, err := p.app.FirstRunLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		first := app.FirstRun{Org: "青葉会", Slug: "aoba", Site: "本館", StartDay: 1, OffDays: 9, Name: "青葉 春子", Login: "haruko", Password: "春の朝は早番からはじまりますね", Again: "春の朝は早番からはじまりますね"}
		acc, err := p.app.SetUp(t.Context(), token, first)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			in := app.Session{Hash: fmt.Sprintf("%064d", i), Account: acc.ID, Values: `{"idle":"1h"}`, SeenMs: time.Now().UnixMilli(), EndsMs: 1 << 60, Address: "192.0.2.7", Agent: "Safari"}
			if err := p.app.BeginSession(t.Context(), in, ""); err != nil {
				t.Fatal(err)
			}
		}
	})
	for _, x := range []struct {
		args []string
		want string
	}{
		{[]string{"haruko"}, "192.0.2.7"},
		{nil, "haruko"},
		{[]string{"--revoke-all"}, "2 台"},
		{[]string{"haruko", "--revoke-all"}, "0 台"},
	} {
		out, err := runCommand(t, s.vars, append([]string{"user", "sign-ins"}, x.args...)...)
		if err != nil || !strings.Contains(out, x.want) {
			t.Errorf("%v: %v %s", x.args, err, out)
		}
	}
	if _, err := runCommand(t, s.vars, "user", "sign-ins", "nobody"); err == nil || !strings.Contains(err.Error(), "nobody signs in") {
		t.Error(err)
	}
	if out, err := runCommand(t, s.vars, "audit", "verify"); err != nil || !strings.Contains(out, "アクセスの記録 4 件") {
		t.Errorf("%v %s", err, out)
	}
}

// TestUserReset: who runs the server can open the way for the only administrator; the old password stays until the link is used.
func TestUserReset(t *testing.T) {
	vars := map[string]string{"DATA_DIR": t.TempDir(), "PUBLIC_URL": "https://shift.example.jp"}
	cfg := Config{Data: vars["DATA_DIR"], DBEngine: "sqlite"}
	s, err := openStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	a := app.New(s, time.Now, newID)
	token, err := a.FirstRunLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const password = "きょうの早番は七時からです"
	_, err = a.SetUp(t.Context(), token, app.FirstRun{
		Org: "青葉会", Slug: "aoba", Site: "青葉苑", StartDay: 1, OffDays: 9, Name: "青葉 春子", Login: "haruko", Password: password + "よね", Again: password + "よね",
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := runCommand(t, vars, "user", "reset", "nobody"); err == nil || !strings.Contains(err.Error(), "nobody signs in as") {
		t.Error(err)
	}
	out, err := runCommand(t, vars, "user", "reset", "HARUKO")
	_, fresh, ok := strings.Cut(strings.TrimSpace(out), "https://shift.example.jp/links/")
	if err != nil || !ok {
		t.Fatal(out, err)
	}
	s, err = openStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a = app.New(s, time.Now, newID)
	if _, err := a.SignIn(t.Context(), "haruko", password+"よね", "127.0.0.1"); err != nil {
		t.Error("the old password is gone before the link was used:", err)
	}
	if _, err := a.Join(t.Context(), fresh, app.Joining{Password: password + "わ、たぶん", Again: password + "わ、たぶん"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SignIn(t.Context(), "haruko", password+"わ、たぶん", "127.0.0.1"); err != nil {
		t.Error(err)
	}
}

// stampsOf are those that are part of every key, by organisation.
func stampsOf(t *testing.T, vars map[string]string) map[string]store.Stamp {
	t.Helper()
	s, err := openStore(t.Context(), Config{Data: vars["DATA_DIR"]})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	orgs, err := s.Orgs(t.Context())
	if err != nil || len(orgs) == 0 {
		t.Fatal(orgs, err)
	}
	all := map[string]store.Stamp{}
	for _, o := range orgs {
		err := s.Read(t.Context(), o.ID, func(r store.Reader) error {
			found, err := r.Stamps(t.Context(), store.ScopeAll)
			all[o.Slug] = found[store.ScopeAll]
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}
