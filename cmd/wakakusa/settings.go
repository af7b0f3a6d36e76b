package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	envlib "github.com/caarlos0/env/v11"

	"wakakusa/check"
)

// value is what a setting was given, and where.
type value struct {
	text string
	from string
	file string // that holds nothing but it; "": none
}

// given are values by name.
type given map[string]value

const (
	fromDefault     = "default"
	fromEnvironment = "environment"
	fromCredential  = "credential"
)

// formerNames are those of the former system that have no value here; each is answered by a notice.
var formerNames = map[string]string{
	"DJANGO_SETTINGS_MODULE": "use APP_ENV",
	"DJANGO_SECRET_KEY":      "use SECRET_KEY, with a new key",
	"DEBUG":                  "use APP_ENV",
	"SECURE_SSL_REDIRECT":    "USE_HTTPS does it",
	"SECURE_HSTS_SECONDS":    "USE_HTTPS does it",
	"SESSION_COOKIE_SECURE":  "USE_HTTPS does it",
	"CSRF_COOKIE_SECURE":     "USE_HTTPS does it",
	"CSRF_TRUSTED_ORIGINS":   "not needed: requests of other sites are refused by their origin",
	"EMAIL_BACKEND":          noEmail,
	"EMAIL_HOST":             noEmail,
	"EMAIL_PORT":             noEmail,
	"EMAIL_HOST_USER":        noEmail,
	"EMAIL_HOST_PASSWORD":    noEmail,
	"EMAIL_USE_TLS":          noEmail,
	"EMAIL_USE_SSL":          noEmail,
	"DEFAULT_FROM_EMAIL":     noEmail,
	"SERVER_EMAIL":           noEmail,
}

const noEmail = "this program sends no e-mail yet"

// formerEngines are the former system's names for ours.
var formerEngines = map[string]string{"django.db.backends.sqlite3": "sqlite", "django.db.backends.mysql": "mysql"}

// environment reads the process's variables.
func environment() map[string]string { return envlib.ToMap(os.Environ()) }

// loadConfig joins all sources and checks everything; all mistakes are told at once. Findings of the room check that do not matter may be named.
func loadConfig(file string, vars map[string]string, but ...string) (Config, error) {
	cfg, problems := readConfig(file, vars)
	for _, f := range check.Refusals(cfg.facts()) {
		if !slices.Contains(but, f.ID) {
			problems = append(problems, fmt.Errorf("%s %s", f.What, f.Cure))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return cfg, fmt.Errorf("settings:\n%w", err)
	}
	return cfg, nil
}

// readConfig joins the sources, the stronger over the weaker: settings file, credentials, environment. Problems are what cannot work.
func readConfig(file string, vars map[string]string) (cfg Config, problems []error) {
	cfg.given, cfg.file = given{}, file
	inFile, wrong := readSettings(file)
	problems = append(problems, wrong...)
	inEnvironment := given{}
	for name, text := range vars {
		inEnvironment[name] = value{text: text, from: fromEnvironment}
	}
	for _, source := range []given{inFile, credentials(vars["CREDENTIALS_DIRECTORY"]), inEnvironment} {
		problems = append(problems, source.readFiles()...)
		maps.Copy(cfg.given, source)
	}
	texts := map[string]string{}
	for name, v := range cfg.given {
		texts[name] = v.text
	}
	problems = append(problems, envlib.ParseWithOptions(&cfg, envlib.Options{Environment: texts}))
	cfg.tidy()
	return cfg, slices.DeleteFunc(append(problems, cfg.check()...), func(err error) bool { return err == nil })
}

// tidy takes values as people and the former system write them.
func (c *Config) tidy() {
	c.DBEngine = cmp.Or(formerEngines[c.DBEngine], c.DBEngine)
	for _, list := range [][]string{c.AllowedHosts, c.TrustedProxies, c.BackupKeys, c.SecretFormer} {
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
	}
}

// readSettings reads KEY=VALUE lines; a file that is not there is no settings. Unknown names are refused: a typo must not
// become a silent default.
func readSettings(file string) (values given, problems []error) {
	values = given{}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return values, nil
	}
	if err != nil {
		return values, []error{err}
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, text, ok := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		at := fmt.Sprintf("%s:%d", file, n)
		switch before, twice := values[name]; {
		case !ok:
			problems = append(problems, fmt.Errorf("%s: KEY=VALUE expected", at))
		case !known(name):
			problems = append(problems, fmt.Errorf("%s: unknown setting %s%s", at, name, suggestion(name)))
		case twice:
			problems = append(problems, fmt.Errorf("%s: %s stands there already (%s)", at, name, before.from))
		default:
			values[name] = value{text: strings.Trim(strings.TrimSpace(text), `"`), from: at}
		}
	}
	return values, append(problems, lines.Err())
}

// credentials are secrets that systemd hands over: files named like the setting in lower case.
func credentials(dir string) given {
	values := given{}
	if dir == "" {
		return values
	}
	for _, name := range secretNames() {
		path := filepath.Join(dir, strings.ToLower(name))
		if text, err := os.ReadFile(path); err == nil {
			values[name] = value{text: strings.TrimSpace(string(text)), from: fromCredential + " " + path}
		}
	}
	return values
}

// readFiles puts in the place of NAME_FILE what the file holds.
func (g given) readFiles() (problems []error) {
	for _, name := range settingNames() {
		path := g[name+"_FILE"]
		if path.text == "" {
			continue
		}
		if g[name].text != "" {
			problems = append(problems, fmt.Errorf("%s and %s_FILE are both given (%s)", name, name, path.from))
		}
		text, err := os.ReadFile(path.text)
		problems = append(problems, err)
		g[name] = value{text: strings.TrimSpace(string(text)), from: "file " + path.text + " (" + path.from + ")", file: path.text}
	}
	return problems
}

// secretFiles are those that NAME_FILE names.
func (c Config) secretFiles() (files []check.File) {
	for _, name := range secretNames() {
		if v := c.given[name]; v.file != "" {
			files = appendFile(files, check.File{Kind: check.SecretFile, Path: v.file, Setting: name, Secrets: true})
		}
	}
	return files
}

// exposed are the secrets that stand in the environment.
func (c Config) exposed() (names []string) {
	for _, name := range secretNames() {
		if v := c.given[name]; v.from == fromEnvironment && v.text != "" && hidden(name, v.text) != v.text {
			names = append(names, name)
		}
	}
	return names
}

func eachSetting(do func(name, secret string)) {
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("env"); name != "" {
			do(name, t.Field(i).Tag.Get("secret"))
		}
	}
}

func settingNames() (names []string) {
	eachSetting(func(name, _ string) { names = append(names, name) })
	return names
}

// secretNames are those of which the whole or a part is secret.
func secretNames() (names []string) {
	eachSetting(func(name, secret string) {
		if secret != "" {
			names = append(names, name)
		}
	})
	return names
}

func known(name string) bool {
	_, old := formerNames[name]
	return old || slices.Contains(settingNames(), strings.TrimSuffix(name, "_FILE"))
}

// suggestion names the setting that was probably meant.
func suggestion(name string) string {
	best, least := "", 4
	for _, k := range settingNames() {
		if d := distance(strings.ToUpper(name), k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := before
			if a[i-1] != b[j-1] {
				cost++
			}
			before, row[j] = row[j], min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// notices are about names of the former system that were given.
func (c Config) notices() (said []string) {
	for _, name := range slices.Sorted(maps.Keys(formerNames)) {
		if c.given[name].text != "" {
			said = append(said, fmt.Sprintf("%s is ignored: %s", name, formerNames[name]))
		}
	}
	return said
}
