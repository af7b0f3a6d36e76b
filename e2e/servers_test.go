package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"wakakusa/store/daemontest"
	"wakakusa/store/redis/redistest"
	"wakakusa/store/sqldb/mariadbtest"
)

// site is the host that the examples for operators name.
const site = "shift.example.jp"

// fleet is several servers of the program on one MariaDB and one Redis.
type fleet struct {
	t        *testing.T
	settings []string // that all share
	on       *mariadbtest.Server
	database string
	ports    []int
	servers  []*process
	ca       *x509.CertPool
	pem      string // certificate and key
}

func freePort(t testing.TB) int {
	t.Helper()
	port, err := daemontest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// newFleet makes a demo organisation and starts servers. The first of them knows one-time links, see signIn.
func newFleet(t *testing.T, servers int, settings ...string) *fleet {
	t.Helper()
	return fleetOn(t, mariadbtest.Shared(t), servers, settings...)
}

// fleetOn is newFleet on another database server.
func fleetOn(t *testing.T, on *mariadbtest.Server, servers int, settings ...string) *fleet {
	t.Helper()
	f := &fleet{t: t, on: on, database: on.Database(t), settings: []string{"LOG_LEVEL=info", "BACKUP_DIR=off", "DRAIN_SECONDS=2"}}
	for k, v := range on.Settings(f.database) {
		f.settings = append(f.settings, k+"="+v)
	}
	f.settings = append(f.settings, settings...)
	migrate := exec.Command(binary, "migrate")
	migrate.Env = append(append(os.Environ(), f.settings...), "DATA_DIR="+t.TempDir())
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("migrate: %v\n%s", err, out)
	}
	for i := range servers {
		f.ports, f.servers = append(f.ports, freePort(t)), append(f.servers, nil)
		args := []string{"serve"}
		if i == 0 {
			args = []string{"demo", "--staff=80", "--months=3"}
		}
		f.start(i, args...)
	}
	t.Cleanup(func() {
		for i, p := range f.servers {
			if p == nil {
				continue
			}
			if err := p.stop(); err != nil {
				t.Errorf("stop server %d: %v", i, err)
			}
			if t.Failed() {
				t.Logf("log of server %d:\n%s", i, p.log.Tail(3000))
			}
		}
	})
	return f
}

func (f *fleet) start(i int, args ...string) {
	f.t.Helper()
	settings := append(slices.Clone(f.settings), "DATA_DIR="+filepath.Join(f.t.TempDir(), "data"), fmt.Sprintf("LISTEN=127.0.0.1:%d", f.ports[i]))
	p, err := launchWith(settings, args...)
	if err != nil {
		f.t.Fatal(err)
	}
	f.servers[i] = p
}

// direct is a client of one server.
func (f *fleet) direct(i int) *visitor {
	jar, _ := cookiejar.New(nil)
	return &visitor{f.t, &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}, fmt.Sprintf("http://127.0.0.1:%d", f.ports[i])}
}

// signIn takes a one-time link of the first server, wherever it is opened.
func (f *fleet) signIn(v *visitor, role string) *visitor {
	f.t.Helper()
	link := strings.TrimPrefix(f.servers[0].link(f.t, role), f.servers[0].url)
	if a := v.ask(request{method: http.MethodPost, path: link}); a.err != nil || a.status >= 400 {
		f.t.Fatalf("sign in: %d %v", a.status, a.err)
	}
	return v
}

// keys are those of all acts in the database, which must have no gap in revisions.
func (f *fleet) keys() map[string]bool { return f.keysOn(f.on) }

func (f *fleet) keysOn(on *mariadbtest.Server) map[string]bool {
	f.t.Helper()
	c, err := mysql.NewConnector(on.Config(f.database))
	if err != nil {
		f.t.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
	keys, err := actKeys(db)
	if err != nil {
		f.t.Fatal(err)
	}
	return keys
}

// certificate makes one for the site.
func (f *fleet) certificate() {
	f.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	form := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: site}, DNSNames: []string{site},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &form, &form, &key.PublicKey, key)
	if err != nil {
		f.t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		f.t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	f.ca = x509.NewCertPool()
	f.ca.AppendCertsFromPEM(text)
	f.pem = filepath.Join(f.t.TempDir(), "site.pem")
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})...)
	if err := os.WriteFile(f.pem, text, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// balancer is a proxy program with the example of docs/operations, but for its addresses.
type balancer struct {
	*daemontest.Daemon
	f    *fleet
	port int
}

func (f *fleet) balancer(program string) *balancer {
	f.t.Helper()
	if f.pem == "" {
		f.certificate()
	}
	b := &balancer{f: f, port: freePort(f.t)}
	dir := f.t.TempDir()
	file := filepath.Join(dir, program)
	var text string
	var args []string
	switch program {
	case "haproxy":
		text = b.example("haproxy.cfg", "bind :443", fmt.Sprintf("bind 127.0.0.1:%d", b.port), "bind :80\n", fmt.Sprintf("bind 127.0.0.1:%d\n", freePort(f.t)), "maxconn 8000", "maxconn 400", "/etc/haproxy/shift.example.jp.pem", f.pem)
		args = []string{"-db", "-f", file}
	case "nginx":
		text = b.example("nginx.conf", "listen 443", fmt.Sprintf("listen 127.0.0.1:%d", b.port), "listen 80", fmt.Sprintf("listen 127.0.0.1:%d", freePort(f.t)),
			"/etc/nginx/shift.example.jp.crt", f.pem, "/etc/nginx/shift.example.jp.key", f.pem)
		text = "pid " + dir + "/pid;\nerror_log " + dir + "/log;\nevents {}\nhttp {\naccess_log off;\nclient_body_temp_path " + dir + "/body;\nproxy_temp_path " + dir + "/proxy;\n" +
			"fastcgi_temp_path " + dir + "/f;\nuwsgi_temp_path " + dir + "/u;\nscgi_temp_path " + dir + "/s;\n" + text + "\n}\n"
		args = []string{"-p", dir, "-c", file, "-g", "daemon off; master_process off;"}
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	var err error
	if b.Daemon, err = daemontest.Start(program, args...); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(b.Kill)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if a := b.client("").ask(request{method: http.MethodGet, path: "/live/"}); a.status == http.StatusOK {
			return b
		} else if b.Ended() || time.Now().After(end) {
			f.t.Fatalf("%s does not serve: %d %v", program, a.status, a.err)
		}
	}
}

// example is a file of docs/operations with what an operator changes changed.
func (b *balancer) example(name string, pairs ...string) string {
	b.f.t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "operations", name))
	if err != nil {
		b.f.t.Fatal(err)
	}
	for i := range 3 {
		port := b.f.ports[min(i, len(b.f.ports)-1)]
		pairs = append(pairs, fmt.Sprintf("192.168.10.1%d:8080", i+1), fmt.Sprintf("127.0.0.1:%d", port))
	}
	for i := 0; i < len(pairs); i += 2 {
		if !bytes.Contains(text, []byte(pairs[i])) {
			b.f.t.Fatalf("%s has no %q", name, pairs[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(string(text))
}

// client comes from an address of this machine, "" for the usual one, and trusts the site's certificate.
func (b *balancer) client(from string) *visitor {
	jar, _ := cookiejar.New(nil)
	dialer := net.Dialer{}
	if from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	transport := &http.Transport{
		MaxIdleConnsPerHost: 64, DisableCompression: true, TLSClientConfig: &tls.Config{RootCAs: b.f.ca},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", b.port))
		},
	}
	return &visitor{b.f.t, &http.Client{Jar: jar, Transport: transport}, "https://" + site}
}

// traffic is what people do all the time: they look, edit, and listen.
type traffic struct {
	written
	v       *visitor
	sheet   sheetPage
	all     sync.WaitGroup
	end     context.CancelFunc
	gets    atomic.Int64
	posts   atomic.Int64
	failed  [2]atomic.Int64 // GET, POST
	retried atomic.Int64    // POSTs that were sent again under the same key
	heard   [2]atomic.Int64 // the newest revision that a stream told
	opened  atomic.Int64    // streams
	said    atomic.Value    // of a failure
}

func newTraffic(v *visitor, retry bool) *traffic {
	ctx, end := context.WithCancel(v.t.Context())
	x := &traffic{v: v, sheet: v.sheet(), end: end, written: written{at: map[string]time.Time{}}}
	for range 4 {
		x.all.Go(func() {
			for ctx.Err() == nil {
				a := v.ask(request{method: http.MethodGet, path: x.sheet.path, encoding: "gzip"})
				x.gets.Add(1)
				x.count(0, a)
			}
		})
	}
	for c := range 4 {
		x.all.Go(func() { x.edits(ctx, c, retry) })
	}
	for i := range x.heard {
		x.all.Go(func() { x.listen(ctx, i) })
	}
	return x
}

func (x *traffic) count(kind int, a reply) bool {
	if a.err == nil && a.status == http.StatusOK {
		return true
	}
	x.failed[kind].Add(1)
	x.said.Store(fmt.Sprintf("%d %v %.300s", a.status, a.err, a.body))
	return false
}

// keepTrying is how long somebody goes on who wants their change to be kept.
const keepTrying = 20 * time.Second

// edits repaints one cell. With retry, what has no good answer is sent again under its key, as the script of the page does.
func (x *traffic) edits(ctx context.Context, client int, retry bool) {
	for n := 0; ctx.Err() == nil; n++ {
		q := x.sheet.edit(client, n)
		a := x.v.ask(q)
		for began := time.Now(); retry && (a.err != nil || a.status >= 500) && time.Since(began) < keepTrying; {
			x.retried.Add(1)
			time.Sleep(200 * time.Millisecond)
			a = x.v.ask(q)
		}
		x.posts.Add(1)
		if x.count(1, a) && n > 0 { // the first may change nothing, and is then no act
			x.mu.Lock()
			x.at[q.form.Get("key")] = time.Now()
			x.mu.Unlock()
		}
	}
}

// listen keeps a stream open as a browser does: it opens it again when it ends, and says what it knows.
func (x *traffic) listen(ctx context.Context, i int) {
	for ctx.Err() == nil {
		x.opened.Add(1)
		x.hear(ctx, i)
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (x *traffic) hear(ctx context.Context, i int) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s%s/events?rev=%d", x.v.url, x.sheet.path, x.heard[i].Load()), nil)
	if err != nil {
		return
	}
	r.Header.Set("Accept", "text/event-stream")
	resp, err := x.v.http.Do(r)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if rev, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			n, _ := strconv.ParseInt(rev, 10, 64)
			x.heard[i].Store(max(n, x.heard[i].Load()))
		}
	}
}

// stop ends the traffic once the streams have told everything, and fails where the listeners miss something or acknowledged writes are lost.
func (x *traffic) stop(f *fleet) {
	f.t.Helper()
	var last int64
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		last = max(x.heard[0].Load(), x.heard[1].Load())
		if last > 0 && min(x.heard[0].Load(), x.heard[1].Load()) > last-200 {
			break
		}
		if time.Now().After(end) {
			f.t.Errorf("the streams know revisions %d and %d", x.heard[0].Load(), x.heard[1].Load())
			break
		}
	}
	x.end()
	x.all.Wait()
	if lost := x.missing(f.keys()); len(lost) > 0 {
		f.t.Errorf("%d of %d acknowledged writes are lost", len(lost), len(x.at))
	}
	if x.gets.Load() < 50 || x.posts.Load() < 50 {
		f.t.Errorf("only %d pages and %d edits", x.gets.Load(), x.posts.Load())
	}
}

// TestRollingRestart: three servers are replaced one by one under load behind each example proxy: no request fails, nothing is lost, streams
// come back by themselves. Then one is killed: nothing is lost, and only what it was doing is asked for again (V8).
func TestRollingRestart(t *testing.T) {
	for _, program := range []string{"haproxy", "nginx"} {
		t.Run(program, func(t *testing.T) {
			say := reporter(t)
			f := newFleet(t, 3, "REDIS_URL="+redistest.New(t).URL, "RATE_LIMIT=1000000", "RATE_LIMIT_SHEET=1000000",
				"ALLOWED_HOSTS="+site, "USE_HTTPS=true", "TRUSTED_PROXIES=127.0.0.1/32")
			b := f.balancer(program)
			v := f.signIn(b.client(""), "manager")
			x := newTraffic(v, false)
			for i := range f.servers {
				if err := f.servers[i].stop(); err != nil {
					t.Errorf("server %d: %v", i, err)
				}
				f.start(i, "serve")
				time.Sleep(700 * time.Millisecond) // until the balancer uses it again
			}
			x.stop(f)
			if x.failed[0].Load()+x.failed[1].Load() > 0 {
				t.Errorf("rolling restart: %d of %d pages and %d of %d edits failed, such as %v", x.failed[0].Load(), x.gets.Load(), x.failed[1].Load(), x.posts.Load(), x.said.Load())
			}
			say("rolling restart behind %s: %d of %d pages and %d of %d edits failed, streams were opened %d times", program,
				x.failed[0].Load(), x.gets.Load(), x.failed[1].Load(), x.posts.Load(), x.opened.Load())

			x = newTraffic(v, true)
			time.Sleep(time.Second)
			f.servers[1].kill()
			time.Sleep(2 * time.Second)
			f.start(1, "serve")
			x.stop(f)
			if x.failed[0].Load() > 4 || x.failed[1].Load() > 0 { // each of four readers may have had half a page
				t.Errorf("a server killed: %d of %d pages and %d of %d edits failed, such as %v", x.failed[0].Load(), x.gets.Load(), x.failed[1].Load(), x.posts.Load(), x.said.Load())
			}
			say("a server killed behind %s: %d of %d pages and %d of %d edits failed, %d edits were sent again", program,
				x.failed[0].Load(), x.gets.Load(), x.failed[1].Load(), x.posts.Load(), x.retried.Load())
		})
	}
}

// TestServersAreOne: signed in at one server, known at every other; an edit on one reaches who listens at another within a second.
func TestServersAreOne(t *testing.T) {
	f := newFleet(t, 2, "RATE_LIMIT=1000000", "RATE_LIMIT_SHEET=1000000", "DRAIN_SECONDS=6")
	a := f.signIn(f.direct(0), "manager")
	b := &visitor{t, a.http, f.direct(1).url} // cookies do not know ports
	s := b.sheet()
	x := &traffic{v: b, sheet: s, written: written{at: map[string]time.Time{}}}
	ctx, end := context.WithCancel(t.Context())
	x.all.Go(func() { x.listen(ctx, 0) })
	defer func() { end(); x.all.Wait() }()
	time.Sleep(500 * time.Millisecond)
	var took []time.Duration
	a.ask(s.edit(0, 0)) // may change nothing, and is then not told; those after it do
	time.Sleep(time.Second)
	for n := 1; n <= 12; n++ {
		before := x.heard[0].Load()
		if r := a.ask(s.edit(0, n)); r.err != nil || r.status != http.StatusOK {
			t.Fatalf("edit: %d %v", r.status, r.err)
		}
		began := time.Now()
		for x.heard[0].Load() == before {
			if time.Since(began) > 5*time.Second {
				t.Fatal("the other server does not tell")
			}
			time.Sleep(2 * time.Millisecond)
		}
		took = append(took, time.Since(began))
		time.Sleep(time.Duration(mathrand.IntN(500)) * time.Millisecond)
	}
	slices.Sort(took)
	reporter(t)("from the answer on one server to the message on another: median %v, at most %v", took[len(took)/2], took[len(took)-1])
	if slow := took[len(took)/2]; slow > time.Second {
		t.Errorf("median %v", slow)
	}
	// A server that is about to stop still tells what happens at others.
	if err := f.servers[1].cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	before := x.heard[0].Load()
	for n := range 2 { // one of them changes something
		if r := a.ask(s.edit(1, n)); r.err != nil || r.status != http.StatusOK {
			t.Fatalf("edit: %d %v", r.status, r.err)
		}
	}
	if r := f.direct(1).ask(request{method: http.MethodGet, path: "/ready/"}); r.status != http.StatusServiceUnavailable {
		t.Errorf("ready while it drains: %d", r.status)
	}
	for began := time.Now(); x.heard[0].Load() == before; time.Sleep(2 * time.Millisecond) {
		if time.Since(began) > 4*time.Second {
			t.Fatal("a server that drains does not tell")
		}
	}
	f.servers[1].cmd.Wait() //nolint:errcheck // it ends by itself
	f.servers[1] = nil
}

// outage is how long the database is away in tests; WAKAKUSA_OUTAGE says otherwise.
func outage(t *testing.T) time.Duration {
	text := os.Getenv("WAKAKUSA_OUTAGE")
	if text == "" {
		return 8 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("WAKAKUSA_OUTAGE: %v", err)
	}
	return d
}

// TestDatabaseAway: while the database is killed or hangs, every server shows the rosters that it read last, marked as old, to people it
// knows; changes are refused with 503 and Retry-After; afterwards everything works again without a restart (V4).
func TestDatabaseAway(t *testing.T) {
	for name, spoil := range map[string]func(*mariadbtest.Server) (mend func()){
		"killed": func(on *mariadbtest.Server) func() { on.Kill(); return func() { on.Restart(t) } },
		"hung":   func(on *mariadbtest.Server) func() { return on.Hang() },
	} {
		t.Run(name, func(t *testing.T) {
			say := reporter(t)
			on := mariadbtest.Own(t, "")
			f := fleetOn(t, on, 2, "ALLOWED_HOSTS="+site, "USE_HTTPS=true", "TRUSTED_PROXIES=127.0.0.1/32", "RATE_LIMIT=1000000", "RATE_LIMIT_SHEET=1000000")
			b := f.balancer("haproxy")
			staff, manager := f.signIn(b.client(""), "staff"), f.signIn(b.client(""), "manager")
			s := manager.sheet()
			look := []struct {
				who  *visitor
				path string
			}{{staff, "/o/wakakusa/me"}, {staff, "/o/wakakusa/me/calendar"}, {manager, s.path}}
			for _, x := range look {
				for range 6 { // each server has seen them
					if a := x.who.ask(request{method: http.MethodGet, path: x.path}); a.status != http.StatusOK || bytes.Contains(a.body, []byte("時点の内容")) {
						t.Fatalf("before: %s %d", x.path, a.status)
					}
				}
			}
			time.Sleep(2 * time.Second) // the rosters around today have been read ahead
			mend := spoil(on)
			began := time.Now()
			f.readable(b, look[0].who, "/o/wakakusa/me")
			say("database %s: readable again after %v", name, time.Since(began).Round(10*time.Millisecond))
			n, slowest := 0, time.Duration(0)
			for time.Since(began) < outage(t) {
				for _, x := range look {
					a := x.who.ask(request{method: http.MethodGet, path: x.path})
					if a.status != http.StatusOK || !bytes.Contains(a.body, []byte("時点の内容")) {
						t.Errorf("meanwhile: %s %d %v %.300s", x.path, a.status, a.err, a.body)
					}
					n, slowest = n+1, max(slowest, a.took)
				}
				f.refused(manager, s.edit(0, n))
				time.Sleep(100 * time.Millisecond)
			}
			say("database %s for %v: %d pages, the slowest took %v", name, outage(t), n, slowest.Round(100*time.Microsecond))
			mend()
			began = time.Now()
			for {
				if a := manager.ask(s.edit(0, int(time.Since(began)))); a.status == http.StatusOK {
					break
				} else if time.Since(began) > 20*time.Second {
					t.Fatalf("afterwards: %d %v", a.status, a.err)
				}
				time.Sleep(50 * time.Millisecond)
			}
			say("database back: changes again after %v", time.Since(began).Round(10*time.Millisecond))
			time.Sleep(1500 * time.Millisecond) // until the other server has noticed, too
			for range 4 {
				for _, x := range look {
					if a := x.who.ask(request{method: http.MethodGet, path: x.path}); a.status != http.StatusOK || bytes.Contains(a.body, []byte("時点の内容")) {
						t.Errorf("afterwards: %s %d", x.path, a.status)
					}
				}
			}
		})
	}
}

// readable waits until a page is shown from memory, however it is asked for.
func (f *fleet) readable(b *balancer, v *visitor, path string) {
	f.t.Helper()
	good := 0
	for end := time.Now().Add(30 * time.Second); good < 6; time.Sleep(20 * time.Millisecond) {
		a := v.ask(request{method: http.MethodGet, path: path})
		if a.status == http.StatusOK && bytes.Contains(a.body, []byte("時点の内容")) {
			good++
		} else {
			good = 0
		}
		if time.Now().After(end) {
			f.t.Fatalf("%s: %d %v %.300s", path, a.status, a.err, a.body)
		}
	}
}

// refused: a change is not made, and the answer says when to try again.
func (f *fleet) refused(v *visitor, q request) {
	f.t.Helper()
	r, err := http.NewRequest(q.method, v.url+q.path, strings.NewReader(q.form.Encode()))
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("HX-Request", "true")
	resp, err := v.http.Do(r)
	if err != nil {
		f.t.Errorf("edit: %v", err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		f.t.Errorf("edit: %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
}

// TestRedisLost: Redis is killed and hangs while people work: no page and no edit fails, and it is used again by itself (F-F4).
func TestRedisLost(t *testing.T) {
	say := reporter(t)
	r := redistest.New(t)
	f := newFleet(t, 2, "REDIS_URL="+r.URL, "RATE_LIMIT=1000000", "RATE_LIMIT_SHEET=1000000", "ALLOWED_HOSTS="+site, "USE_HTTPS=true", "TRUSTED_PROXIES=127.0.0.1/32")
	v := f.signIn(f.balancer("haproxy").client(""), "manager")
	before, round := 0, 0
	for name, lose := range map[string]func() (mend func()){
		"killed": func() func() { r.Kill(); return func() { r.Restart(t) } },
		"hung":   func() func() { return r.Hang() },
	} {
		round++
		x := newTraffic(v, false)
		time.Sleep(time.Second)
		mend := lose()
		time.Sleep(3 * time.Second)
		mend()
		time.Sleep(2 * time.Second)
		x.stop(f)
		if x.failed[0].Load()+x.failed[1].Load() > 0 {
			t.Errorf("%s: %v", name, x.said.Load())
		}
		waited := 0
		for i, p := range f.servers {
			n := metrics(t, f.direct(i))
			waited += int(n["wakakusa_redis_failures_total"])
			if away, ok := n["wakakusa_redis_away"]; !ok || away != 0 {
				t.Errorf("server %d does not use it again", i)
			}
			if text := p.log.String(); strings.Count(text, "redis is away") < round || strings.Count(text, "redis is back") < round {
				t.Errorf("server %d does not say so", i)
			}
		}
		say("Redis %s for 3 s: %d of %d pages and %d of %d edits failed, %d requests waited in vain", name,
			x.failed[0].Load(), x.gets.Load(), x.failed[1].Load(), x.posts.Load(), waited-before)
		if waited-before < 1 || waited-before > 40 {
			t.Errorf("%s: %d requests waited in vain", name, waited-before)
		}
		before = waited
	}
}

// metrics are the numbers of a server, by name with labels.
func metrics(t *testing.T, v *visitor) map[string]float64 {
	t.Helper()
	a := v.ask(request{method: http.MethodGet, path: "/metrics"})
	if a.err != nil || a.status != http.StatusOK {
		t.Fatalf("metrics: %d %v", a.status, a.err)
	}
	n := map[string]float64{}
	for line := range strings.Lines(string(a.body)) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		if x, err := strconv.ParseFloat(text, 64); err == nil {
			n[name] = x
		}
	}
	return n
}

// TestFaultB5ThroughProxies: whoever writes X-Forwarded-For themselves, once or twice, is counted by where they really come from, through each
// example proxy and over all servers together (H7).
func TestFaultB5ThroughProxies(t *testing.T) {
	f := newFleet(t, 3, "REDIS_URL="+redistest.New(t).URL, "ALLOWED_HOSTS="+site, "USE_HTTPS=true", "TRUSTED_PROXIES=127.0.0.1/32")
	for i, program := range []string{"haproxy", "nginx"} {
		b := f.balancer(program)
		forger, neighbour := b.client(fmt.Sprintf("127.0.1.%d", i+1)), b.client(fmt.Sprintf("127.0.2.%d", i+1))
		forger.http.Jar = nil
		refused := 0
		for n := range 130 {
			if status := forged(t, forger, n); status == http.StatusTooManyRequests {
				refused++
			} else if status != http.StatusOK {
				t.Fatalf("%s: %d", program, status)
			}
		}
		if refused != 30 {
			t.Errorf("%s: %d of 130 requests with forged addresses were refused, not 30", program, refused)
		}
		if a := neighbour.ask(request{method: http.MethodGet, path: "/sign-in"}); a.status != http.StatusOK {
			t.Errorf("%s: another address got %d", program, a.status)
		}
	}
}

func forged(t *testing.T, v *visitor, n int) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.url+"/sign-in", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Add("X-Forwarded-For", fmt.Sprintf("203.0.113.%d", n))
	if n%2 == 0 {
		r.Header.Add("X-Forwarded-For", fmt.Sprintf("198.51.100.%d, 127.0.0.1", n))
	}
	r.Header.Set("Forwarded", fmt.Sprintf("for=203.0.113.%d", n))
	r.Header.Set("X-Real-Ip", fmt.Sprintf("203.0.113.%d", n))
	resp, err := v.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body) //nolint:errcheck // only the status counts
	return resp.StatusCode
}
