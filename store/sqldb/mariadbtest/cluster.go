package mariadbtest

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"wakakusa/store/daemontest"
)

// galera is the replication library of Debian's package galera-4.
const galera = "/usr/lib/galera/libgalera_smm.so"

// Cluster is Galera nodes on loopback.
type Cluster struct {
	Nodes []*Node
	t     testing.TB
}

// Node is one of them.
type Node struct {
	*Server
	cluster *Cluster
	ports   [3]int // of clients, of the group, of state transfers
}

// NewCluster starts nodes that hold the same empty database.
func NewCluster(t testing.TB, nodes int) *Cluster {
	t.Helper()
	if _, err := os.Stat(galera); err != nil {
		t.Fatalf("no Galera for the tests (\"make cluster\" installs it): %v", err)
	}
	c := &Cluster{t: t}
	for range nodes {
		c.Nodes = append(c.Nodes, c.newNode())
	}
	t.Cleanup(func() {
		for _, n := range c.Nodes {
			n.end()
		}
	})
	// The others begin with what the first has written down of the group, and need no full copy.
	first := c.Nodes[0]
	first.start("--wsrep-new-cluster")
	first.stopCleanly()
	for _, n := range c.Nodes[1:] {
		n.copyFrom(first)
	}
	first.bootstrap()
	for _, n := range c.Nodes[1:] {
		n.start()
	}
	c.WaitWhole()
	return c
}

func (c *Cluster) newNode() *Node {
	c.t.Helper()
	template, err := template()
	if err != nil {
		c.t.Fatal(err)
	}
	home, err := daemontest.Home(daemontest.Base(), "wakakusa-db-")
	if err != nil {
		c.t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", filepath.Join(template, "data"), filepath.Join(home, "data")).CombinedOutput(); err != nil {
		c.t.Fatalf("%v: %s", err, out)
	}
	n := &Node{cluster: c, Server: &Server{cfg: mysql.NewConfig(), dir: home}}
	for i := range n.ports {
		if n.ports[i], err = daemontest.FreePort(); err != nil {
			c.t.Fatal(err)
		}
	}
	n.cfg.User, n.cfg.Net, n.cfg.Addr, n.cfg.Logger = "root", "tcp", n.Addr(), &mysql.NopLogger{}
	n.cfg.ReadTimeout, n.cfg.Timeout = 20*time.Second, time.Second
	return n
}

// Addr is where clients connect.
func (n *Node) Addr() string { return fmt.Sprintf("127.0.0.1:%d", n.ports[0]) }

func (n *Node) flags() []string {
	var members []string
	for _, x := range n.cluster.Nodes {
		members = append(members, fmt.Sprintf("127.0.0.1:%d", x.ports[1]))
	}
	return append([]string{
		"--no-defaults", "--datadir=" + filepath.Join(n.dir, "data"), "--socket=" + filepath.Join(n.dir, "s"),
		"--pid-file=" + filepath.Join(n.dir, "pid"), "--log-error=" + filepath.Join(n.dir, "log.err"), "--tmpdir=" + n.dir,
		"--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", n.ports[0]), "--skip-name-resolve", "--performance-schema=OFF", "--max-connections=400",
		"--innodb-buffer-pool-size=64M", "--aria-pagecache-buffer-size=8M", "--key-buffer-size=1M",
		"--binlog-format=ROW", "--innodb-autoinc-lock-mode=2", "--innodb-flush-log-at-trx-commit=1", "--skip-innodb-doublewrite",
		"--wsrep-on=ON", "--wsrep-provider=" + galera, "--wsrep-cluster-name=wakakusa", fmt.Sprintf("--wsrep-node-name=n%d", n.ports[0]),
		fmt.Sprintf("--wsrep-node-address=127.0.0.1:%d", n.ports[1]), "--wsrep-sst-method=rsync",
		"--wsrep-cluster-address=gcomm://" + strings.Join(members, ","),
		fmt.Sprintf("--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:%d;ist.recv_addr=127.0.0.1:%d;gcache.size=32M;gcache.recover=yes;", n.ports[1], n.ports[2]) +
			"evs.keepalive_period=PT0.3S;evs.suspect_timeout=PT1.5S;evs.inactive_timeout=PT3S;evs.inactive_check_period=PT0.2S;evs.install_timeout=PT3S;gmcast.peer_timeout=PT1S",
	}, innodb...)
}

// owner gives the node's files to the server's own user: run by root, the copying of a whole state between nodes would fail.
func (n *Node) owner() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("mysql")
	if err != nil {
		return nil, err
	}
	uid, uerr := strconv.Atoi(u.Uid)
	gid, gerr := strconv.Atoi(u.Gid)
	if err := errors.Join(uerr, gerr); err != nil {
		return nil, err
	}
	err = filepath.WalkDir(n.dir, func(path string, _ fs.DirEntry, err error) error { return errors.Join(err, os.Lchown(path, uid, gid)) })
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

func (n *Node) start(more ...string) {
	n.cluster.t.Helper()
	who, err := n.owner()
	if err != nil {
		n.cluster.t.Fatal(err)
	}
	if n.Daemon, err = daemontest.StartAs(who, "mariadbd", append(n.flags(), more...)...); err == nil {
		err = n.connect()
	}
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(n.dir, "log.err"))
		n.cluster.t.Fatalf("node %s: %v\n%s", n.Addr(), err, log)
	}
}

var recovered = regexp.MustCompile(`Recovered position:\s*([0-9a-f-]+:-?\d+)`)

// Restart lets the node come back after it was killed: it finds out what it had, and gets the rest from the others.
func (n *Node) Restart() {
	t := n.cluster.t
	t.Helper()
	log := filepath.Join(n.dir, "recover.err")
	os.Remove(log) //nolint:errcheck // there may be none
	who, err := n.owner()
	if err != nil {
		t.Fatal(err)
	}
	look := exec.Command(daemontest.Program("mariadbd"), append(n.flags(), "--wsrep-recover", "--log-error="+log)...)
	look.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	out, err := look.CombinedOutput()
	text, _ := os.ReadFile(log)
	m := recovered.FindSubmatch(append(text, out...))
	if m == nil {
		t.Fatalf("recover: %v\n%s\n%s", err, out, text)
	}
	n.start("--wsrep-start-position=" + string(m[1]))
}

// bootstrap begins the group anew with this node.
func (n *Node) bootstrap() {
	n.cluster.t.Helper()
	state := filepath.Join(n.dir, "data", "grastate.dat")
	text, err := os.ReadFile(state)
	if err == nil {
		err = os.WriteFile(state, []byte(strings.Replace(string(text), "safe_to_bootstrap: 0", "safe_to_bootstrap: 1", 1)), 0o600)
	}
	if err != nil {
		n.cluster.t.Fatal(err)
	}
	n.start("--wsrep-new-cluster")
}

func (n *Node) stopCleanly() {
	n.cluster.t.Helper()
	if _, err := n.root.Exec("SHUTDOWN"); err != nil {
		n.cluster.t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); !n.Ended(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			n.cluster.t.Fatal("the node does not stop")
		}
	}
}

func (n *Node) copyFrom(first *Node) {
	n.cluster.t.Helper()
	data := filepath.Join(n.dir, "data")
	err := errors.Join(os.RemoveAll(data))
	if out, cerr := exec.Command("cp", "-a", filepath.Join(first.dir, "data"), data).CombinedOutput(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("%w: %s", cerr, out))
	}
	if gone, gerr := filepath.Glob(filepath.Join(data, "*cache")); gerr == nil {
		for _, file := range gone {
			err = errors.Join(err, os.Remove(file))
		}
	}
	if err != nil {
		n.cluster.t.Fatal(err)
	}
}

// WaitWhole waits until all nodes that run are one group and have the same.
func (c *Cluster) WaitWhole() {
	c.t.Helper()
	want := 0
	for _, n := range c.Nodes {
		if !n.Ended() {
			want++
		}
	}
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		synced := 0
		for _, n := range c.Nodes {
			if !n.Ended() && n.status("wsrep_local_state_comment") == "Synced" && n.status("wsrep_cluster_size") == fmt.Sprint(want) {
				synced++
			}
		}
		if synced == want {
			return
		}
		if time.Now().After(end) {
			c.t.Fatalf("%d of %d nodes are in step", synced, want)
		}
	}
}

func (n *Node) status(name string) (value string) {
	var got string
	if err := n.root.QueryRow("SHOW STATUS LIKE '"+name+"'").Scan(&got, &value); err != nil {
		return ""
	}
	return value
}

// Open is a database of the node.
func (n *Node) Open(name string) (*sql.DB, error) {
	c, err := mysql.NewConnector(n.Config(name))
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// Hosts are the addresses of all nodes as DB_HOST takes them.
func (c *Cluster) Hosts() string {
	var list []string
	for _, n := range c.Nodes {
		list = append(list, n.Addr())
	}
	return strings.Join(list, ",")
}
