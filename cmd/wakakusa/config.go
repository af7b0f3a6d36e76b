package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"wakakusa"
	"wakakusa/check"
	"wakakusa/static"
	"wakakusa/store/backup"
	"wakakusa/store/offsite"
	"wakakusa/store/redis"
	"wakakusa/store/replica"
	"wakakusa/store/sqldb"
)

// Config is every setting of the program. Environment wins over the settings file; every default is right for a small install.
type Config struct {
	AppEnv         string   `env:"APP_ENV" envDefault:"development"` // development, staging, production
	Data           string   `env:"DATA_DIR" envDefault:"data"`
	Listen         string   `env:"LISTEN" envDefault:"127.0.0.1:8080"`
	ListenHTTP     string   `env:"LISTEN_HTTP"`  // with our own certificate: where http is answered, by leading to https
	PublicURL      string   `env:"PUBLIC_URL"`   // how people reach it; links are made with it
	SupportName    string   `env:"SUPPORT_NAME"` // whom people may ask; shown on error pages
	SupportEmail   string   `env:"SUPPORT_EMAIL"`
	SupportPhone   string   `env:"SUPPORT_PHONE"`
	SupportHours   string   `env:"SUPPORT_HOURS"`                     // when they answer
	SecretKey      string   `env:"SECRET_KEY" secret:"yes"`           // what must be read back is sealed with it
	SecretFormer   []string `env:"SECRET_KEY_FALLBACKS" secret:"yes"` // those before, until nothing is sealed with them
	DBEngine       string   `env:"DB_ENGINE" envDefault:"sqlite"`
	DBName         string   `env:"DB_NAME"`                        // sqlite: file, by default wakakusa.db in the data directory
	DBHost         string   `env:"DB_HOST" envDefault:"127.0.0.1"` // mysql: several with commas between; a path is the server's socket
	DBPort         int      `env:"DB_PORT" envDefault:"3306"`
	DBUser         string   `env:"DB_USER"`
	DBPassword     string   `env:"DB_PASSWORD" secret:"yes"`
	DBTLS          string   `env:"DB_TLS" envDefault:"off"` // off, verify
	DBTLSCA        string   `env:"DB_TLS_CA"`               // file with the authority's certificate; by default the system's
	DBConnections  int      `env:"DB_MAX_CONNECTIONS" envDefault:"24"`
	ImportPassword string   `env:"IMPORT_PASSWORD" secret:"yes"` // of the database that import-django reads
	AllowedHosts   []string `env:"ALLOWED_HOSTS"`
	UseHTTPS       bool     `env:"USE_HTTPS"`
	TLSCert        string   `env:"TLS_CERT"`                          // file with our own certificate and those between, PEM
	TLSKey         string   `env:"TLS_KEY"`                           // file with its key
	ACME           string   `env:"ACME" envDefault:"off"`             // on: certificates come by themselves
	ACMEEmail      string   `env:"ACME_EMAIL"`                        // whom the authority may write to
	ACMEDirectory  string   `env:"ACME_DIRECTORY"`                    // address of the authority; by default Let's Encrypt
	TrustedProxies []string `env:"TRUSTED_PROXIES"`                   // CIDR ranges whose X-Forwarded-* count
	RedisURL       string   `env:"REDIS_URL" secret:"url"`            // of several servers: what they count and keep together
	DrainSeconds   int      `env:"DRAIN_SECONDS" envDefault:"0"`      // several servers: between saying "not ready" and stopping
	CacheMB        int      `env:"CACHE_MB" envDefault:"64"`          // of memory for what was read; 0: nothing is kept
	RateLimit      int      `env:"RATE_LIMIT" envDefault:"100"`       // requests a minute of one person, or of one address of strangers
	RateLimitSheet int      `env:"RATE_LIMIT_SHEET" envDefault:"600"` // of one person's open rosters
	Litestream     string   `env:"LITESTREAM_CONFIG"`                 // sqlite: where the continuous copy goes; "" is what is built in, off is none
	LitestreamID   string   `env:"LITESTREAM_ACCESS_KEY_ID"`          // of the S3 bucket it goes to
	LitestreamKey  string   `env:"LITESTREAM_SECRET_ACCESS_KEY" secret:"yes"`
	BackupDir      string   `env:"BACKUP_DIR"`                     // of the daily backups; by default beside DATA_DIR, off: none are made
	BackupTime     string   `env:"BACKUP_TIME" envDefault:"02:00"` // in Japan
	BackupDays     int      `env:"BACKUP_DAYS" envDefault:"30"`    // how long each is kept
	BackupCompress bool     `env:"BACKUP_COMPRESS"`                // by zstd
	BackupKeys     []string `env:"BACKUP_RECIPIENTS"`              // age public keys that they are encrypted to
	OffSite        string   `env:"BACKUP_OFFSITE" secret:"url"`    // where they are taken to as well: file://, sftp://, s3://
	OffSiteID      string   `env:"BACKUP_OFFSITE_ID"`              // s3: access key id
	OffSiteSecret  string   `env:"BACKUP_OFFSITE_SECRET" secret:"yes"`
	OffSiteSSHKey  string   `env:"BACKUP_OFFSITE_SSH_KEY"`       // sftp: file with the private key
	OffSiteHostKey string   `env:"BACKUP_OFFSITE_HOST_KEY"`      // sftp: the server's public key
	CheckAccept    string   `env:"CHECK_ACCEPT"`                 // findings of "check" to live with: ID:2027-03-31:reason; …
	LogFormat      string   `env:"LOG_FORMAT" envDefault:"text"` // text, json
	LogLevel       string   `env:"LOG_LEVEL" envDefault:"info"`
	LogDir         string   `env:"LOG_DIR"`                      // of app.log, error.log and audit.log; by default all goes to standard output
	LogMB          int      `env:"LOG_MAX_MB" envDefault:"50"`   // of one file
	LogAppDays     int      `env:"LOG_APP_DAYS" envDefault:"30"` // how long files are kept
	LogErrorDays   int      `env:"LOG_ERROR_DAYS" envDefault:"90"`
	LogAuditYears  int      `env:"LOG_AUDIT_YEARS" envDefault:"5"` // Labor Standards Act, article 109
	SlowQueryMs    int      `env:"SLOW_QUERY_MS" envDefault:"200"` // statements that take longer are logged; 0: none is

	given given  // what was given, and where
	file  string // the settings came from
}

// String is for whoever prints it by mistake: no value is shown.
func (c Config) String() string { return "the settings of " + c.file }

// GoString is String.
func (c Config) GoString() string { return c.String() }

// MarshalText is String, for logs and JSON.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// check refuses what cannot work. What would be careless is refused by the room check.
func (c Config) check() (problems []error) {
	add := func(bad bool, text string) {
		if bad {
			problems = append(problems, errors.New(text))
		}
	}
	add(!slices.Contains([]string{"development", "staging", "production"}, c.AppEnv), "APP_ENV is development, staging or production")
	add(!slices.Contains([]string{"sqlite", "mysql"}, c.DBEngine), "DB_ENGINE is sqlite or mysql")
	if c.onMySQL() {
		add(c.DBName == "", "DB_NAME must name the database")
		add(c.DBUser == "", "DB_USER must name the user of the database")
		add(!goodHosts(c.DBHost), "DB_HOST must name the database server, or several with commas between; a socket stands alone")
		add(c.DBPort < 1 || c.DBPort > 65535, "DB_PORT is a port")
		add(!slices.Contains([]string{"off", "verify"}, c.DBTLS), "DB_TLS is off or verify")
		add(c.DBConnections < 3 || c.DBConnections > 500, "DB_MAX_CONNECTIONS is between 3 and 500")
	}
	add(!slices.Contains([]string{"text", "json"}, c.LogFormat), "LOG_FORMAT is text or json")
	add(!slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel), "LOG_LEVEL is debug, info, warn or error")
	problems = append(problems, c.checkLogs())
	add(c.DrainSeconds < 0 || c.DrainSeconds > 60, "DRAIN_SECONDS is between 0 and 60")
	add(c.CacheMB < 0 || c.CacheMB > 16384, "CACHE_MB is between 0 and 16384")
	add(c.RateLimit < 1 || c.RateLimit > 1e6, "RATE_LIMIT is between 1 and 1000000")
	add(c.RateLimitSheet < 1 || c.RateLimitSheet > 1e6, "RATE_LIMIT_SHEET is between 1 and 1000000")
	if c.RedisURL != "" {
		if err := redis.Check(c.RedisURL); err != nil {
			problems = append(problems, fmt.Errorf("REDIS_URL: %w", err))
		}
	}
	if _, err := c.proxies(); err != nil {
		problems = append(problems, err)
	}
	if _, _, err := c.replica(); err != nil {
		problems = append(problems, err)
	}
	if _, err := time.Parse("15:04", c.BackupTime); err != nil {
		problems = append(problems, errors.New("BACKUP_TIME is a time of day, such as 02:00"))
	}
	add(c.BackupDays < 1 || c.BackupDays > 3650, "BACKUP_DAYS is between 1 and 3650")
	if err := (&backup.Keeper{Recipients: c.BackupKeys}).Check(); err != nil {
		problems = append(problems, fmt.Errorf("BACKUP_RECIPIENTS: %w", err))
	}
	if c.OffSite != "" {
		if err := c.offSite().Check(); err != nil {
			problems = append(problems, fmt.Errorf("BACKUP_OFFSITE: %w", err))
		}
		add(len(c.BackupKeys) == 0, "BACKUP_OFFSITE needs BACKUP_RECIPIENTS: what leaves the server is encrypted")
		add(c.BackupDir == "off", "BACKUP_OFFSITE needs backups: BACKUP_DIR is off")
	}
	problems = append(problems, c.checkTLS()...)
	_, wrong := check.ParseAccepted(c.CheckAccept)
	for _, err := range wrong {
		problems = append(problems, fmt.Errorf("CHECK_ACCEPT: %w", err))
	}
	return problems
}

// checkTLS: a certificate comes from files or by ACME, and then browsers are told to use it.
func (c Config) checkTLS() (problems []error) {
	add := func(bad bool, text string) {
		if bad {
			problems = append(problems, errors.New(text))
		}
	}
	add(!slices.Contains([]string{"on", "off"}, c.ACME), "ACME is on or off")
	add((c.TLSCert == "") != (c.TLSKey == ""), "TLS_CERT and TLS_KEY belong together")
	add(c.TLSCert != "" && c.ACME == "on", "the certificate comes from TLS_CERT or by ACME, not both")
	add(c.ACME == "on" && len(c.AllowedHosts) == 0, "ACME needs ALLOWED_HOSTS: for these a certificate is asked for")
	add(c.ACMEEmail != "" && !strings.Contains(c.ACMEEmail, "@"), "ACME_EMAIL is an e-mail address")
	add(c.ownTLS() && !c.UseHTTPS, "a certificate of our own needs USE_HTTPS=true")
	add(c.ListenHTTP != "" && !c.ownTLS(), "LISTEN_HTTP needs a certificate of our own (TLS_CERT or ACME)")
	return problems
}

// ownTLS reports whether this program itself speaks TLS.
func (c Config) ownTLS() bool { return c.TLSCert != "" || c.ACME == "on" }

// goodHosts: a trailing comma would be a host without a name.
func goodHosts(list string) bool {
	hosts := strings.Split(list, ",")
	return !slices.ContainsFunc(hosts, func(host string) bool {
		host = strings.TrimSpace(host)
		return host == "" || len(hosts) > 1 && strings.HasPrefix(host, "/")
	})
}

func (c Config) onMySQL() bool { return c.DBEngine == "mysql" }

// sqliteFile is where the database lies, if it is a file.
func (c Config) sqliteFile() string {
	if c.DBName != "" {
		return c.DBName
	}
	return filepath.Join(c.Data, "wakakusa.db")
}

// replica says where the continuous copy of the SQLite file goes, and whether there is one.
func (c Config) replica() (to replica.Config, on bool, err error) {
	if c.onMySQL() || c.Litestream == "off" {
		return to, false, nil
	}
	path, err := filepath.Abs(c.sqliteFile())
	if err != nil {
		return to, false, err
	}
	name, content := "litestream.yml", wakakusa.Litestream
	if c.Litestream != "" {
		name = c.Litestream
		if content, err = os.ReadFile(name); err != nil {
			return to, false, fmt.Errorf("LITESTREAM_CONFIG: %w", err)
		}
	}
	to, err = replica.Parse(content, c.valueInLitestream, replica.Keys{ID: c.LitestreamID, Secret: c.LitestreamKey})
	switch {
	case err != nil:
		return to, false, fmt.Errorf("%s: %w", name, err)
	case c.Litestream == "":
		to.Path = path
	case to.Path != path:
		return to, false, fmt.Errorf("%s is about %s, but the database is %s", name, to.Path, path)
	}
	return to, true, nil
}

// backups is what makes the daily backups; nil where none are made. On a database server it needs an open database.
func (c Config) backups(db *sqldb.DB) *backup.Keeper {
	if c.BackupDir == "off" {
		return nil
	}
	k := &backup.Keeper{
		Dir: c.BackupDir, Scratch: c.Data, Days: c.BackupDays, Months: backupMonths, Compress: c.BackupCompress, Recipients: c.BackupKeys, Now: time.Now,
		Beside: c.beside(),
	}
	if k.Dir == "" {
		k.Dir = filepath.Clean(c.Data) + "-backup"
	}
	if c.onMySQL() {
		k.DB = db
	} else {
		k.File = c.sqliteFile()
	}
	return k
}

// beside is what a new machine needs besides the rows: settings, and which assets the program had, which are in it.
func (c Config) beside() backup.Beside {
	b := backup.Beside{Content: map[string][]byte{"version.txt": []byte(version + "\n")}}
	if c.file != "" {
		b.Paths = append(b.Paths, c.file)
	}
	if c.Litestream != "" && c.Litestream != "off" {
		b.Paths = append(b.Paths, c.Litestream)
	}
	if assets, err := static.New(); err == nil {
		b.Content["static-manifest.txt"] = []byte(strings.Join(assets.Names(), "\n") + "\n")
	}
	return b
}

func (c Config) offSite() offsite.Config {
	return offsite.Config{URL: c.OffSite, ID: c.OffSiteID, Secret: c.OffSiteSecret, SSHKey: c.OffSiteSSHKey, HostKey: c.OffSiteHostKey}
}

// backupMonths is for how many months the first backup of each is kept.
const backupMonths = 12

// backupAt is the time of day at which they are made.
func (c Config) backupAt() time.Duration {
	at, err := time.Parse("15:04", c.BackupTime)
	if err != nil {
		return 2 * time.Hour
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
}

// valueInLitestream is what a variable in litestream.yml stands for.
func (c Config) valueInLitestream(name string) string {
	if name != "DATA_DIR" {
		return c.given[name].text
	}
	path, err := filepath.Abs(c.Data)
	if err != nil {
		return c.Data
	}
	return path
}

func (c Config) mysql() sqldb.MySQL {
	m := sqldb.MySQL{Host: c.DBHost, Port: c.DBPort, User: c.DBUser, Password: c.DBPassword, Name: c.DBName, CA: c.DBTLSCA, MaxConnections: c.DBConnections}
	if c.DBTLS != "off" {
		m.TLS = c.DBTLS
	}
	return m
}

func (c Config) proxies() ([]*net.IPNet, error) {
	var list []*net.IPNet
	for _, text := range c.TrustedProxies {
		_, ipnet, err := net.ParseCIDR(text)
		if err != nil {
			return nil, fmt.Errorf("TRUSTED_PROXIES: %q is no address range", text)
		}
		list = append(list, ipnet)
	}
	return list, nil
}
