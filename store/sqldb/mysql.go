package sqldb

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"wakakusa/migrations"
)

// MySQL says where a MySQL or MariaDB server is and how to speak to it.
type MySQL struct {
	Host           string // name or address, or several with commas between, the preferred one first; a path is the server's socket
	Port           int    // of those that name none
	User           string
	Password       string
	Name           string // of the database
	TLS            string // "": off, "verify": on, by the system's authorities or CA
	CA             string // file with the authority's certificate, PEM
	MaxConnections int    // at most this many for requests; what takes long has a few of its own
}

const (
	dialWithin = 3 * time.Second
	// silentFor is how long a server may take before it sends anything: the driver's Commit knows no context, so this is what ends a
	// commit to a server that hangs. It is longer than any deadline of a request.
	silentFor  = 10 * time.Second
	lockedFor  = 2 // seconds that one statement waits for a row before the whole write is tried again
	longAtOnce = 3 // migrations, exports and imports
	// Connections are renewed, so that a balancer or a restarted server gets its share, and ended before the server's wait_timeout.
	connLasts, connIdles = 5 * time.Minute, time.Minute
	strictMode           = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY"
)

// OpenMySQL connects to a server and checks that it will do. now is the clock of acts.
func OpenMySQL(ctx context.Context, m MySQL, now func() time.Time) (*DB, error) {
	cfg, err := m.config()
	if err != nil {
		return nil, err
	}
	return openServer(ctx, cfg, m.MaxConnections, now, m.addresses()...)
}

// openServer connects to the server of cfg, or where several addresses are given to the first of them that is well.
func openServer(ctx context.Context, cfg *mysql.Config, connections int, now func() time.Time, addrs ...string) (*DB, error) {
	complete(cfg)
	d := mysqlDialect()
	if len(addrs) == 0 {
		addrs = []string{cfg.Addr}
	}
	if len(addrs) > 1 {
		d.isLost = hostLost
	}
	d.open = func(w *watch) (pools, error) { return openMySQL(ctx, cfg, newHosts(addrs).connector, connections, w) }
	return open(d, now)
}

func mysqlDialect() dialect {
	return dialect{
		name:        "mysql",
		isDuplicate: func(err error) bool { return mysqlCode(err, 1062, 1586) },
		isRetryable: func(err error) bool {
			return mysqlCode(err,
				1213,             // deadlock, or a certification conflict of Galera
				1205,             // lock wait timeout
				1020,             // MariaDB: the row has changed since the snapshot
				9007, 8002, 8022) // TiDB's write conflicts
		},
		isLost:     mysqlLost,
		isMissing:  func(err error) bool { return mysqlCode(err, 1146) },
		clean:      withoutValues,
		migrations: func() (fs.FS, error) { return migrations.For("mysql") },
		guard:      guardMySQL,
	}
}

// mysqlLost: the connection is gone, or the server is going. What it was asked last may have happened.
func mysqlLost(err error) bool {
	var n net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return false // it was given up here
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || errors.As(err, &n) || mysqlCode(err,
		1047,       // Galera: this node is not ready
		1053, 1077, // shutting down
		1180,       // the commit failed: seen of Galera nodes that come back
		1317, 1927) // interrupted, killed
}

func mysqlCode(err error, codes ...uint16) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && slices.Contains(codes, e.Number)
}

// namesOnly are errors that quote databases, tables, columns and users, but nothing of a row.
var namesOnly = []uint16{1044, 1045, 1048, 1049, 1054, 1142, 1143, 1146, 1264, 1364, 1406, 1698}

// cleanError is an error of the server as it may be told. Others name values: the key of a row that is there, a text that is no number, the
// statement itself with all that it was given.
type cleanError struct{ of *mysql.MySQLError }

func (e cleanError) Error() string {
	text, quoted := e.of.Error(), strings.IndexAny(e.of.Error(), `'"`)
	if quoted < 0 || slices.Contains(namesOnly, e.of.Number) {
		return text
	}
	return text[:quoted] + "…"
}

// Unwrap is for whoever asks for its number.
func (e cleanError) Unwrap() error { return e.of }

func withoutValues(err error) error {
	if e, ok := err.(*mysql.MySQLError); ok {
		return cleanError{e}
	}
	return err
}

func (m MySQL) config() (*mysql.Config, error) {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.DBName = m.User, m.Password, m.Name
	cfg.Net, cfg.Addr = "tcp", m.addresses()[0]
	if strings.HasPrefix(m.Host, "/") {
		cfg.Net = "unix"
	}
	return cfg, m.secure(cfg)
}

// addresses are those of the hosts, each with its port.
func (m MySQL) addresses() (list []string) {
	if strings.HasPrefix(m.Host, "/") {
		return []string{m.Host}
	}
	for host := range strings.SplitSeq(m.Host, ",") {
		host = strings.TrimSpace(host)
		if host == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(m.Port))
		}
		list = append(list, host)
	}
	return list
}

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}

// complete adds what the program needs of every connection.
func complete(cfg *mysql.Config) {
	cfg.Collation = "utf8mb4_bin"
	cfg.ClientFoundRows = true // an update that changes nothing still matched its row
	cfg.InterpolateParams = true
	cfg.Timeout = dialWithin
	cfg.Logger = &mysql.NopLogger{} // what it would print comes back as an error too
	cfg.Params = map[string]string{
		"sql_mode":                 "'" + strictMode + "'",
		"time_zone":                "'+00:00'",
		"innodb_lock_wait_timeout": strconv.Itoa(lockedFor),
	}
}

func (m MySQL) secure(cfg *mysql.Config) error {
	if m.TLS == "" {
		return nil
	}
	cfg.TLS = &tls.Config{ServerName: hostOf(cfg.Addr), MinVersion: tls.VersionTLS12}
	if m.CA == "" {
		return nil
	}
	pem, err := os.ReadFile(m.CA)
	if err != nil {
		return err
	}
	cfg.TLS.RootCAs = x509.NewCertPool()
	if !cfg.TLS.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate", m.CA)
	}
	return nil
}

// openMySQL makes a pool of writers, one of readers that see snapshots, and a small one for what may take minutes.
func openMySQL(ctx context.Context, cfg *mysql.Config, connect func(*mysql.Config) (driver.Connector, error), connections int, w *watch) (p pools, err error) {
	slow := cfg.Clone()
	slow.ParseTime = true // the lock of the migrations reads its lease; no table of ours has a time
	if p.long, err = mysqlPool(connect, slow, `SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ`, longAtOnce, w.unhurried()); err != nil {
		return p, err
	}
	p.longRead = p.long
	if err := checkServer(ctx, p.long, cfg); err != nil {
		return p, err
	}
	quick := cfg.Clone()
	quick.ReadTimeout, quick.WriteTimeout = silentFor, silentFor
	writers := max(1, connections/3)
	// Under the pen nobody else writes, so a writer wants the newest rows, and no locks on the gaps between them.
	if p.write, err = mysqlPool(connect, quick, `SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED`, writers, w); err != nil {
		return p, err
	}
	if p.probe, err = mysqlPool(connect, quick, `SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED`, 1, w); err != nil {
		return p, err
	}
	p.read, err = mysqlPool(connect, quick, `SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`, max(1, connections-writers), w)
	return p, err
}

func mysqlPool(connect func(*mysql.Config) (driver.Connector, error), cfg *mysql.Config, session string, size int, w *watch) (*sql.DB, error) {
	c, err := connect(cfg)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(watchedConnector{sessionConnector{c, session}, w})
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxLifetime(connLasts)
	pool.SetConnMaxIdleTime(connIdles)
	return pool, nil
}

// sessionConnector runs a statement on each new connection: the name of the variable for isolation differs between servers, the
// statement does not.
type sessionConnector struct {
	driver.Connector
	session string
}

func (c sessionConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, c.session, nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// checkServer refuses what would not keep the contract, in a sentence that says what to do.
func checkServer(ctx context.Context, db *sql.DB, cfg *mysql.Config) error {
	ctx, cancel := context.WithTimeout(ctx, 2*dialWithin)
	defer cancel()
	var version, mode string
	if err := db.QueryRowContext(ctx, `SELECT VERSION(), @@SESSION.sql_mode`).Scan(&version, &mode); err != nil {
		return explain(cfg, err)
	}
	if !newEnough(version) {
		return fmt.Errorf("the database server is version %s; MySQL 8.0.17 or MariaDB 10.11 is needed", version)
	}
	if !strings.Contains(mode, "STRICT_TRANS_TABLES") {
		return fmt.Errorf("the database server does not keep to strict mode (sql_mode is %q): it would cut what does not fit", mode)
	}
	return nil
}

func isMariaDB(version string) bool { return strings.Contains(version, "MariaDB") }

func newEnough(version string) bool {
	version = strings.TrimPrefix(version, "5.5.5-") // which MariaDB puts before its own for old clients
	var a, b, c int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &a, &b, &c); err != nil {
		return false
	}
	is, needed := [...]int{a, b, c}, [...]int{8, 0, 17}
	if isMariaDB(version) {
		needed = [...]int{10, 11, 0}
	} else if strings.Contains(version, "TiDB") {
		return true // it calls itself 8.0.11 and counts its own versions behind that
	}
	return slices.Compare(is[:], needed[:]) >= 0
}

// explain turns the faults of a first connection into sentences that name the setting to look at. None holds the password.
func explain(cfg *mysql.Config, err error) error {
	at := cfg.Addr
	var dns *net.DNSError
	var op *net.OpError
	var unknown x509.UnknownAuthorityError
	var wrongHost x509.HostnameError
	var e *mysql.MySQLError
	switch {
	case errors.As(err, &dns):
		return fmt.Errorf("no host is called %s (DB_HOST): %w", dns.Name, err)
	case errors.As(err, &unknown), errors.As(err, &wrongHost):
		return fmt.Errorf("the certificate of the database server at %s is not to be trusted (DB_TLS, DB_TLS_CA): %w", at, err)
	case errors.Is(err, mysql.ErrNoTLS):
		return fmt.Errorf("the database server at %s does not speak TLS (DB_TLS): %w", at, err)
	case errors.As(err, &op), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no database server answers at %s (DB_HOST, DB_PORT): %w", at, err)
	case errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, driver.ErrBadConn):
		return fmt.Errorf("what answers at %s is no MySQL server (DB_HOST, DB_PORT): %w", at, err)
	case !errors.As(err, &e):
		return fmt.Errorf("database server at %s: %w", at, err)
	}
	switch e.Number {
	case 1045, 1698:
		return fmt.Errorf("the database server at %s refuses the user %q with this password (DB_USER, DB_PASSWORD): %w", at, cfg.User, err)
	case 1044, 1142:
		return fmt.Errorf("the user %q has no rights on the database %q (DB_USER, DB_NAME): %w", cfg.User, cfg.DBName, err)
	case 1049:
		return fmt.Errorf("there is no database %q at %s (DB_NAME); make it with: CREATE DATABASE %s: %w", cfg.DBName, at, quoted(cfg.DBName), err)
	case 1040, 1203, 1226:
		return fmt.Errorf("the database server at %s has no connection left (max_connections): %w", at, err)
	}
	return fmt.Errorf("database server at %s: %w", at, err)
}

func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// guardMySQL readies the database and lets one migration run at a time. The collation is the exact one of this server: each compares
// code points and counts trailing blanks, but no name for it is known to all of them.
func guardMySQL(ctx context.Context, db *sql.DB) ([]goose.ProviderOption, error) {
	var version, name, charset, collation string
	err := db.QueryRowContext(ctx, `SELECT VERSION(), DATABASE(), @@character_set_database, @@collation_database`).Scan(&version, &name, &charset, &collation)
	if err != nil {
		return nil, err
	}
	exact := "utf8mb4_0900_bin"
	if isMariaDB(version) {
		exact = "utf8mb4_nopad_bin"
	}
	if charset != "utf8mb4" || collation != exact {
		if _, err := db.ExecContext(ctx, `ALTER DATABASE `+quoted(name)+` CHARACTER SET utf8mb4 COLLATE `+exact); err != nil {
			return nil, fmt.Errorf("set the character set of %s: %w", name, err)
		}
	}
	locker, err := lock.NewMySQLTableLocker(lock.WithTableLockTimeout(time.Second, 600))
	if err != nil {
		return nil, err
	}
	return []goose.ProviderOption{goose.WithLocker(locker)}, nil
}
