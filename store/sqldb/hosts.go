package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

const (
	connectWithin = 2 * time.Second        // to one of several hosts, so that there is time left for another
	hangsAfter    = 900 * time.Millisecond // that a new connection is not answered: the open ones will not be either
	restsFirst    = time.Second
	restsLongest  = 10 * time.Second
)

// hosts are equal servers of one database, such as the nodes of a Galera cluster. All programs name them in the same order and use the
// first that is well: where all write to one, no two writes meet in the middle, and who reads sees what was just written.
type hosts struct {
	addrs []string
	mu    sync.Mutex
	ill   []illness
	lines []map[*line]bool // open, by host
}

// SyscallConn lets the driver look whether the server has closed the line while it lay idle.
func (l *line) SyscallConn() (syscall.RawConn, error) {
	c, ok := l.Conn.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return c.SyscallConn()
}

// line is a network connection to a host. When the host is found to hang it is cut, so that whoever waits for an answer goes elsewhere.
type line struct {
	net.Conn
	hosts *hosts
	host  int
}

func (l *line) Close() error {
	l.hosts.mu.Lock()
	delete(l.hosts.lines[l.host], l)
	l.hosts.mu.Unlock()
	return l.Conn.Close()
}

func (h *hosts) dial(ctx context.Context, i int, network, addr string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	l := &line{conn, h, i}
	h.mu.Lock()
	h.lines[i][l] = true
	h.mu.Unlock()
	return l, nil
}

// cut ends all connections to a host.
func (h *hosts) cut(i int) {
	h.mu.Lock()
	lines := slices.Collect(maps.Keys(h.lines[i]))
	h.mu.Unlock()
	for _, l := range lines {
		l.Conn.Close() //nolint:errcheck // it is of no use any more
	}
}

// illness is how long a host is left alone after it failed. Every failure in a row doubles it.
type illness struct {
	until time.Time
	next  time.Duration
	well  time.Time // when it was last found well
}

func newHosts(addrs []string) *hosts {
	h := &hosts{addrs: addrs, ill: make([]illness, len(addrs)), lines: make([]map[*line]bool, len(addrs))}
	for i := range h.lines {
		h.lines[i] = map[*line]bool{}
	}
	return h
}

func (h *hosts) rests(i int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Before(h.ill[i].until)
}

// failed leaves a host alone for a while, unless what failed began before the host was last found well.
func (h *hosts) failed(i int, began time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := &h.ill[i]
	if began.Before(x.well) {
		return
	}
	if now := time.Now(); !now.Before(x.until) {
		x.next = min(max(2*x.next, restsFirst), restsLongest)
		x.until = now.Add(x.next)
	}
}

func (h *hosts) well(i int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ill[i] = illness{well: time.Now()}
}

// hostsConnector connects to the first host that is well.
type hostsConnector struct {
	driver.Connector // of the first
	each             []driver.Connector
	hosts            *hosts
}

func (h *hosts) connector(cfg *mysql.Config) (driver.Connector, error) {
	c := hostsConnector{hosts: h}
	for i, addr := range h.addrs {
		own := cfg.Clone()
		own.Addr = addr
		own.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			return h.dial(ctx, i, network, addr)
		}
		if own.TLS != nil {
			own.TLS = own.TLS.Clone()
			own.TLS.ServerName = hostOf(addr)
		}
		one, err := mysql.NewConnector(own)
		if err != nil {
			return nil, err
		}
		c.each = append(c.each, one)
	}
	c.Connector = c.each[0]
	return c, nil
}

// Connect asks those that rest only when no other is well.
func (c hostsConnector) Connect(ctx context.Context) (driver.Conn, error) {
	var errs []error
	for _, resting := range []bool{false, true} {
		for i := range c.each {
			if c.hosts.rests(i) != resting {
				continue
			}
			conn, err := c.one(ctx, i)
			if err == nil {
				return conn, nil
			}
			if errs = append(errs, err); ctx.Err() != nil {
				return nil, errors.Join(errs...)
			}
		}
	}
	return nil, errors.Join(errs...)
}

func (c hostsConnector) one(ctx context.Context, i int) (driver.Conn, error) {
	began := time.Now()
	within, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	conn, err := c.each[i].Connect(within)
	if err == nil {
		if len(c.each) > 1 {
			err = joined(within, conn)
		}
		if err == nil {
			c.hosts.well(i)
			return &hostConn{Conn: conn, again: c.each[i], hosts: c.hosts, host: i, born: time.Now()}, nil
		}
		conn.Close() //nolint:errcheck // the other error counts
	}
	if ctx.Err() == nil || time.Since(began) > connectWithin/4 { // whoever asked did not just leave
		c.hosts.failed(i, began)
	}
	c.hosts.doubt(i, began, err)
	return nil, fmt.Errorf("%s: %w", c.hosts.addrs[i], err)
}

// doubt cuts all connections to a host that did not answer a new one for so long that it must hang. An answer that is no, and a name that
// cannot be found, say nothing about them.
func (h *hosts) doubt(i int, began time.Time, err error) {
	var name *net.DNSError
	var n net.Error
	silent := errors.As(err, &n) && n.Timeout() && !errors.As(err, &name)
	if silent && time.Since(began) > hangsAfter {
		h.failed(i, began)
		h.cut(i)
	}
}

// joined refuses what must not be written to or read from: a Galera node that is not part of the cluster's majority, a server that only
// follows another. A node waits, before it reads, for what others have written.
func joined(ctx context.Context, conn driver.Conn) error {
	follows, err := variable(ctx, conn, `SHOW GLOBAL VARIABLES LIKE 'read_only'`)
	if err != nil {
		return err
	}
	if follows != "OFF" && follows != "0" && follows != "" {
		return errors.New("the server is read-only")
	}
	on, err := variable(ctx, conn, `SHOW VARIABLES LIKE 'wsrep_on'`)
	if err != nil || on != "ON" {
		return err
	}
	ready, err := variable(ctx, conn, `SHOW STATUS LIKE 'wsrep_ready'`)
	if err != nil {
		return err
	}
	if ready != "ON" {
		return errors.New("the node is not part of the cluster")
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, `SET SESSION wsrep_sync_wait = 1`, nil)
	return err
}

// variable is the value in the second column of the one row, "" where there is none.
func variable(ctx context.Context, conn driver.Conn, statement string) (value string, err error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, statement, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	row := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(row); err != nil {
		if errors.Is(err, io.EOF) {
			return "", nil
		}
		return "", err
	}
	return scanText(row[1])
}

// hostConn leaves the pool when its host is no longer well, so that the next one comes from another.
type hostConn struct {
	driver.Conn
	again driver.Connector // to the same host
	hosts *hosts
	host  int
	born  time.Time
	gone  bool
}

// hostLost: a host of several that has become read-only has lost its place to another.
func hostLost(err error) bool { return mysqlLost(err) || mysqlCode(err, 1290) }

// see notes what an error says of the host. A statement that was given up, or killed, says nothing.
func (c *hostConn) see(err error) error {
	if err != nil && hostLost(err) && !mysqlCode(err, 1317, 1927) {
		c.gone = true
		c.hosts.failed(c.host, c.born)
	}
	return err
}

func (c *hostConn) IsValid() bool { return !c.gone && c.Conn.(driver.Validator).IsValid() }

// ResetSession finds connections that the server closed while they lay idle: that says nothing about the server as it is now.
func (c *hostConn) ResetSession(ctx context.Context) error {
	if c.gone {
		return driver.ErrBadConn
	}
	return c.Conn.(driver.SessionResetter).ResetSession(ctx)
}

// Ping is asked every second. A host that does not answer it, nor a new connection, hangs.
func (c *hostConn) Ping(ctx context.Context) error {
	err := c.see(c.Conn.(driver.Pinger).Ping(ctx))
	if err != nil && ctx.Err() != nil {
		go c.greet()
	}
	return err
}

// greet asks the host for a new connection.
func (c *hostConn) greet() {
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), hangsAfter+100*time.Millisecond)
	defer cancel()
	conn, err := c.again.Connect(ctx)
	if err != nil {
		c.hosts.doubt(c.host, began, err)
		return
	}
	conn.Close() //nolint:errcheck // it only had to open
}

func (c *hostConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
	if c.see(err) != nil {
		return nil, err
	}
	return hostTx{tx, c}, nil
}

func (c *hostConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	return s, c.see(err)
}

func (c *hostConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	return r, c.see(err)
}

func (c *hostConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	return r, c.see(err)
}

func (c *hostConn) CheckNamedValue(v *driver.NamedValue) error {
	return c.Conn.(driver.NamedValueChecker).CheckNamedValue(v)
}

type hostTx struct {
	driver.Tx
	conn *hostConn
}

func (t hostTx) Commit() error   { return t.conn.see(t.Tx.Commit()) }
func (t hostTx) Rollback() error { return t.conn.see(t.Tx.Rollback()) }
