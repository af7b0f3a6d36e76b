package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"wakakusa/app"
	"wakakusa/logs"
	"wakakusa/seal"
)

func writeFile(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWhereFrom: each value says where it came from, and the stronger source wins.
func TestWhereFrom(t *testing.T) {
	dir := t.TempDir()
	credentials := t.TempDir()
	file := writeFile(t, filepath.Join(dir, "wakakusa.conf"), fmt.Sprintf("# one\nDB_ENGINE=mysql\nDB_NAME=shift\nDB_USER=inthefile\nDB_PASSWORD_FILE=%s\nSECRET_KEY=%s\nLOG_LEVEL=warn\nIMPORT_PASSWORD=inthefile\n",
		writeFile(t, filepath.Join(dir, "password"), "from-a-file-of-its-own\n", 0o600), seal.NewSecret()), 0o600)
	writeFile(t, filepath.Join(credentials, "secret_key"), fixedKey+"\n", 0o400)
	writeFile(t, filepath.Join(credentials, "import_password"), "credential", 0o400)
	writeFile(t, filepath.Join(credentials, "db_user"), "no secret", 0o400)
	vars := map[string]string{"CREDENTIALS_DIRECTORY": credentials, "LOG_LEVEL": "error", "IMPORT_PASSWORD_FILE": writeFile(t, filepath.Join(dir, "import"), "environment", 0o600)}
	cfg, err := loadConfig(file, vars)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.SecretKey != fixedKey || cfg.DBPassword != "from-a-file-of-its-own" || cfg.ImportPassword != "environment" || cfg.DBUser != "inthefile" || cfg.LogLevel != "error" {
		t.Error("the wrong source won")
	}
	out, err := runCommand(t, vars, "config", "--file", file)
	if err != nil {
		t.Fatal(err)
	}
	for setting, from := range map[string]string{
		"DB_USER=inthefile": file + ":4", "DB_PASSWORD=********": "file " + filepath.Join(dir, "password") + " (" + file + ":5)", "SECRET_KEY=********": "credential " + filepath.Join(credentials, "secret_key"),
		"LOG_LEVEL=error": "environment", "LISTEN=127.0.0.1:8080": "default", "IMPORT_PASSWORD=********": "file " + filepath.Join(dir, "import") + " (environment)",
	} {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(setting) + ` +# ` + regexp.QuoteMeta(from) + `$`).MatchString(out) {
			t.Errorf("%s # %s is not in\n%s", setting, from, out)
		}
	}
	for name, both := range map[string]string{"file": "DB_NAME=a\nDB_NAME_FILE=" + file + "\n", "twice": "DB_NAME=a\nDB_NAME=b\n"} {
		if _, err := loadConfig(writeFile(t, filepath.Join(dir, name), both, 0o600), nil); err == nil || !strings.Contains(err.Error(), "DB_NAME") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUnknownKeys: every unknown name is refused, all in one message with the other mistakes (K2).
func TestUnknownKeys(t *testing.T) {
	file := writeFile(t, filepath.Join(t.TempDir(), "x.conf"), "ALOWED_HOSTS=a.example\nSECRET_KEYS=x\nSomething=1\nnonsense\nRATE_LIMIT=0\nAPP_ENV=production\nDB_PASSWORD_FIEL=x\n", 0o600)
	_, err := loadConfig(file, nil)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		":1: unknown setting ALOWED_HOSTS; did you mean ALLOWED_HOSTS?", ":2: unknown setting SECRET_KEYS; did you mean SECRET_KEY?", ":3: unknown setting Something", ":4: KEY=VALUE", "RATE_LIMIT is",
		":7: unknown setting DB_PASSWORD_FIEL", "SECRET_KEY があ", "USE_HTTPS", "ALLOWED_HOSTS が空",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
}

// canaries is every setting that is secret, filled with a word that must not appear.
func canaries() map[string]string {
	vars := map[string]string{}
	for _, name := range secretNames() {
		vars[name] = "canary-" + strings.ToLower(name) + "-" + seal.NewSecret()
	}
	vars["REDIS_URL"] = "redis://shift:canary-redis@127.0.0.1:1/0"
	vars["BACKUP_OFFSITE"] = "sftp://shift:canary-offsite@backup.example/x"
	return vars
}

// TestSecretsHidden: no secret is in what config and check print, in logs, in panics or in errors (K2).
func TestSecretsHidden(t *testing.T) {
	vars := canaries()
	vars["DATA_DIR"], vars["DB_ENGINE"], vars["DB_NAME"], vars["DB_USER"], vars["DB_HOST"], vars["DB_PORT"] = t.TempDir(), "mysql", "shift", "shift", "127.0.0.1", "1"
	vars["OIDC_ISSUER"], vars["OIDC_CLIENT_ID"], vars["OIDC_NAME"], vars["PUBLIC_URL"] = "https://id.example.jp", "shift", "試験", "https://shift.example.jp"
	var said strings.Builder
	try := func(what string, wantErr bool, args ...string) {
		t.Helper()
		out, err := runCommand(t, vars, args...)
		if (err != nil) != wantErr {
			t.Errorf("%s: %v\n%s", what, err, out)
		}
		fmt.Fprintln(&said, out, err)
	}
	try("an address with a password is refused", true, "config")
	delete(vars, "BACKUP_OFFSITE")
	try("config", false, "config")
	try("check", true, "check", "--deploy", "--json")
	try("check", true, "check", "--deploy")
	try("a database that does not answer", true, "migrate")
	vars["APP_ENV"], vars["REDIS_URL"], vars["DB_PORT"] = "production", "redis://shift:canary-redis@redis.example:6379/0", "x"
	try("production", true, "serve")
	for _, broken := range []string{"redis://:canary-redis@%zz", "canary-redis", "http://:canary-redis@h"} {
		vars["REDIS_URL"] = broken
		try("a broken address", true, "config")
		try("a broken address", true, "check")
	}
	cfg, _ := readConfig("none", vars)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("settings", "config", cfg, "pointer", &cfg)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("settings", "config", cfg)
	fmt.Fprintln(&said, log.String(), cfg, &cfg, fmt.Sprintf("%v %+v %#v %s", cfg, cfg, cfg, cfg), panicking(func() { panic(cfg) }))
	if strings.Contains(said.String(), "canary") {
		i := strings.Index(said.String(), "canary")
		t.Errorf("a secret was told: …%s…", said.String()[max(0, i-200):min(said.Len(), i+60)])
	}
	if !strings.Contains(said.String(), "SECRET_KEY=********") || !strings.Contains(said.String(), "redis://shift:********@") {
		t.Errorf("the settings were not told at all:\n%s", said.String())
	}
}

func panicking(do func()) (said string) {
	defer func() { said = fmt.Sprint(recover()) }()
	do()
	return ""
}

// TestSecretFiles: a secret's file that others can read is refused in production; systemd's credentials are its own affair.
func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	vars := map[string]string{"APP_ENV": "production", "ALLOWED_HOSTS": "a.example", "USE_HTTPS": "true", "SECRET_KEY_FILE": key}
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o644: false} {
		writeFile(t, key, fixedKey, 0o600)
		if err := os.Chmod(key, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := loadConfig("none", vars); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "SECRET_KEY_FILE") {
			t.Errorf("%o: %v", mode, err)
		}
	}
	delete(vars, "SECRET_KEY_FILE")
	vars["CREDENTIALS_DIRECTORY"] = dir
	writeFile(t, filepath.Join(dir, "secret_key"), fixedKey, 0o444)
	if _, err := loadConfig("none", vars); err != nil {
		t.Error(err)
	}
}

// TestDevelopmentKey: in development the key is made once, for its owner only.
func TestDevelopmentKey(t *testing.T) {
	s := newSite(t)
	s.with(t, func(p *program) {
		text := p.sealer.Seal("p", []byte("seed"))
		key := filepath.Join(s.cfg.Data, keyFile)
		if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info, err)
		}
		again, err := s.cfg.sealer()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := again.Open("p", text); err != nil || string(got) != "seed" {
			t.Errorf("after a restart: %q %v", got, err)
		}
		changed := s.cfg
		changed.SecretKey, changed.SecretFormer = fixedKey, []string{strings.TrimSpace(readText(t, key))}
		rotated, err := changed.sealer()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := rotated.Open("p", text); err != nil || string(got) != "seed" || rotated.Current(text) {
			t.Errorf("after a change of keys: %q %v", got, err)
		}
	})
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestInit: the file explains every setting, is for its owner only, is never written over another, and its settings are sound.
func TestInit(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"behind a proxy here":  {nil, []string{"\nTRUSTED_PROXIES=127.0.0.1/32\n", "\nLISTEN=127.0.0.1:8080\n", "\n#TLS_CERT=\n"}},
		"behind another proxy": {[]string{"--proxy", "192.0.2.7/32"}, []string{"\nTRUSTED_PROXIES=192.0.2.7/32\n", "\nLISTEN=:8080\n"}},
		"by ACME":              {[]string{"--acme-email", "a@example.jp"}, []string{"\nACME=on\n", "\nLISTEN=:443\n", "\nLISTEN_HTTP=:80\n", "\nACME_EMAIL=a@example.jp\n"}},
		"with a backup key":    {[]string{"--backup-key"}, []string{"\nBACKUP_RECIPIENTS=age1"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "wakakusa.conf")
			args := append([]string{"init", "--file", file, "--public-url", "https://Shift.example.jp/", "--data", filepath.Join(t.TempDir(), "data")}, c.args...)
			out, err := runCommand(t, nil, args...)
			if err != nil || !strings.Contains(out, "check --deploy --file "+file) {
				t.Fatal(out, err)
			}
			text := readText(t, file)
			for _, want := range append(c.want, "\nALLOWED_HOSTS=shift.example.jp\n", "\nAPP_ENV=production\n", "\n#BACKUP_TIME=02:00\n") {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing in\n%s", want, text)
				}
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Error(info.Mode(), err)
			}
			if _, secret, ok := strings.Cut(out, "AGE-SECRET-KEY-"); ok != (name == "with a backup key") || ok && strings.Contains(text, secret[:20]) {
				t.Error("the key that opens backups is kept, or was not told")
			}
			if out, err := runCommand(t, nil, "config", "--file", file); err != nil || !strings.Contains(out, "PUBLIC_URL=https://Shift.example.jp ") {
				t.Error(out, err)
			}
			out, err = runCommand(t, nil, "check", "--deploy", "--file", file)
			for line := range strings.Lines(out) {
				if strings.HasPrefix(line, "エラー  ") && !strings.Contains(line, "root") && !strings.Contains(line, "public-url-host") {
					t.Errorf("%s %v", line, err)
				}
			}
			if _, err := runCommand(t, nil, args...); err == nil || !strings.Contains(err.Error(), "is there already") || readText(t, file) != text {
				t.Error("written over:", err)
			}
			if key := regexp.MustCompile(`(?m)^SECRET_KEY=(.+)$`).FindStringSubmatch(text); key == nil || strings.Contains(out, key[1]) {
				t.Error("no key, or it was told")
			}
		})
	}
	for _, bad := range [][]string{
		{"--public-url", "http://shift.example.jp"},
		{"--public-url", "shift.example.jp"},
		{},
		{"--public-url", "https://a.example", "--proxy", "somewhere"},
		{"--public-url", "https://a.example", "--tls-cert", "x"},
		{"--public-url", "https://a.example", "--acme-email", "a@b", "--proxy", "192.0.2.0/24"},
	} {
		file := filepath.Join(t.TempDir(), "wakakusa.conf")
		if _, err := runCommand(t, nil, append([]string{"init", "--file", file}, bad...)...); err == nil {
			t.Errorf("%v was taken", bad)
		}
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%v wrote a file", bad)
		}
	}
}

// TestExplained: every setting is explained once, and nothing else is.
func TestExplained(t *testing.T) {
	var names []string
	for _, s := range sections {
		for _, x := range s.settings {
			names = append(names, x.name)
			if !regexp.MustCompile(`[。、]`).MatchString(x.about) && len(x.about) < 10 {
				t.Errorf("%s is hardly explained: %s", x.name, x.about)
			}
		}
	}
	want := settingNames()
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("explained are %v, settings %v", names, want)
	}
}

// startLogging starts the program, and writes its log.
func startLogging(t *testing.T, cfg Config, log io.Writer) *program {
	t.Helper()
	to, err := logs.Open(logs.Config{Out: log})
	if err != nil {
		t.Fatal(err)
	}
	p, err := start(t.Context(), cfg, to)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestStartsWithKey: production serves with a key, and says nothing of it.
func TestStartsWithKey(t *testing.T) {
	s := newSite(t)
	s.vars["APP_ENV"], s.vars["ALLOWED_HOSTS"], s.vars["USE_HTTPS"], s.vars["SECRET_KEY"] = "production", "a.example", "true", fixedKey
	cfg, err := loadConfig("none", s.vars)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	p := startLogging(t, cfg, &log)
	if err := p.Close(); err != nil || strings.Contains(log.String(), fixedKey) {
		t.Error(err, log.String())
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, keyFile)); err == nil {
		t.Error("a key was made beside the one that was given")
	}
	delete(s.vars, "SECRET_KEY")
	if _, err := runCommand(t, s.vars, "serve"); err == nil || !strings.Contains(err.Error(), "SECRET_KEY がありません") {
		t.Errorf("served without a key: %v", err)
	}
	if out, err := runCommand(t, s.vars, "migrate", "--status"); err != nil {
		t.Errorf("a command that needs no key wants one: %s %v", out, err)
	}
}

// FuzzSettings: whatever a settings file holds, it is read or refused with words; a line that no setting has is never taken (I3).
func FuzzSettings(f *testing.F) {
	f.Add("APP_ENV=production\nALLOWED_HOSTS=*\n")
	f.Add("DB_HOST=a,,/b\nDB_PORT=-1\nTRUSTED_PROXIES=::/0,x\nREDIS_URL=redis://:p@[::1\n")
	f.Add("CHECK_ACCEPT=a:b:c;;\nBACKUP_OFFSITE=s3://\x00\nLITESTREAM_CONFIG=/dev/null\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(dir, "wakakusa.conf")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := loadConfig(file, map[string]string{"DATA_DIR": dir})
		if err == nil && cfg.AppEnv != "development" && cfg.SecretKey == "" {
			t.Errorf("%q passes without a key", text)
		}
	})
}

// TestKeyRotation: what a former key had sealed is sealed anew, opens without the former one, and is wrong for nobody (K4).
func TestKeyRotation(t *testing.T) {
	s := newSite(t)
	old, fresh := seal.NewSecret(), seal.NewSecret()
	s.vars["SECRET_KEY"] = old
	var secret string
	var who app.Account
	s.withKeys(t, func(p *program) {
		token, err := p.app.FirstRunLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		who, err = p.app.SetUp(t.Context(), token, app.FirstRun{Org: "青葉会", Slug: "aoba", Site: "本館", StartDay: 1, OffDays: 9, Name: "青葉 春子", Login: "haruko", Password: "春の朝は早番からはじまりますね", Again: "春の朝は早番からはじまりますね"})
		if err != nil {
			t.Fatal(err)
		}
		e, err := p.app.NewTOTP(who)
		if err != nil {
			t.Fatal(err)
		}
		secret = e.Secret
		if _, err := p.app.AddTOTP(t.Context(), who, e.Sealed, "電話", codeAt(t, secret, -1), ""); err != nil {
			t.Fatal(err)
		}
	})
	s.vars["SECRET_KEY"], s.vars["SECRET_KEY_FALLBACKS"] = fresh, old
	for _, want := range []string{"1 件", "0 件"} {
		if out, err := runCommand(t, s.vars, "keys", "rotate"); err != nil || !strings.Contains(out, want) {
			t.Errorf("%v %s", err, out)
		}
	}
	delete(s.vars, "SECRET_KEY_FALLBACKS")
	s.withKeys(t, func(p *program) {
		if _, err := p.app.SecondStep(t.Context(), who.ID, who.Version, codeAt(t, secret, 0), "192.0.2.1"); err != nil {
			t.Error(err)
		}
	})
	s.vars["SECRET_KEY"] = seal.NewSecret()
	if out, err := runCommand(t, s.vars, "keys", "rotate"); err == nil {
		t.Errorf("a key that opens nothing: %s", out)
	}
	delete(s.vars, "SECRET_KEY")
	s.vars["APP_ENV"], s.vars["ALLOWED_HOSTS"], s.vars["USE_HTTPS"] = "production", "a.example", "true"
	s.vars["SECRET_KEY_FALLBACKS"] = fresh
	if out, err := runCommand(t, s.vars, "keys", "rotate"); err == nil || !strings.Contains(err.Error(), "SECRET_KEY") {
		t.Errorf("without the key of the service: %v %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(s.vars["DATA_DIR"], keyFile)); err == nil {
		t.Error("a key was made of its own accord")
	}
	if out, err := runCommand(t, s.vars, "keys", "generate"); err != nil || len(strings.TrimSpace(out)) < 50 {
		t.Errorf("%v %s", err, out)
	}
}

// withKeys is with after the settings have changed.
func (s site) withKeys(t *testing.T, fn func(*program)) {
	t.Helper()
	cfg, err := loadConfig("none", s.vars)
	if err != nil {
		t.Fatal(err)
	}
	site{s.vars, cfg}.with(t, fn)
}

func codeAt(t *testing.T, secret string, step int) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(step)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return code
}
