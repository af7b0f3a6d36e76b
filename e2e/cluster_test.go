package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wakakusa/store/daemontest"
	"wakakusa/store/sqldb/mariadbtest"
)

// TestCluster: three servers of the program on three Galera nodes, and each node lost in turn under load: the preferred one and another are
// killed, the preferred one hangs. No acknowledged write is lost on any node, and writes go on within ten seconds.
//
// Two ways to find a node that is well are compared: the program's own list of hosts, and HAProxy in front of the nodes; and what it would
// cost if each server preferred a node of its own.
func TestCluster(t *testing.T) {
	say := clusterFile(t)
	for _, way := range []struct {
		name     string
		compared bool                                                    // not what we advise: it may take longer
		all      func(*testing.T, *mariadbtest.Cluster) (hosts []string) // of each server
	}{
		{"list of hosts", false, func(_ *testing.T, c *mariadbtest.Cluster) []string { return []string{c.Hosts(), c.Hosts(), c.Hosts()} }},
		{"HAProxy in front of the nodes", true, func(t *testing.T, c *mariadbtest.Cluster) []string {
			at := nodesBehindHAProxy(t, c)
			return []string{at, at, at}
		}},
		{"each server its own node", true, func(_ *testing.T, c *mariadbtest.Cluster) (list []string) {
			for i := range c.Nodes {
				var hosts []string
				for k := range c.Nodes {
					hosts = append(hosts, c.Nodes[(i+k)%len(c.Nodes)].Addr())
				}
				list = append(list, strings.Join(hosts, ","))
			}
			return list
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			c := mariadbtest.NewCluster(t, 3)
			hosts := way.all(t, c)
			f := fleetOn(t, c.Nodes[0].Server, 3, "RATE_LIMIT=1000000", "RATE_LIMIT_SHEET=1000000", "ALLOWED_HOSTS="+site, "USE_HTTPS=true",
				"TRUSTED_PROXIES=127.0.0.1/32", "DB_HOST="+hosts[0])
			for i := range f.servers[1:] {
				f.again(i+1, "DB_HOST="+hosts[i+1])
			}
			v := f.signIn(f.balancer("haproxy").client(""), "manager")
			say("\n| %s | acknowledged writes | lost | failed for good | sent again | pages | failed | seconds without a write |\n|---|---|---|---|---|---|---|---|", way.name)
			for _, loss := range []struct {
				name string
				lose func() (mend func())
			}{
				{"nothing lost", func() func() { return func() {} }},
				{"preferred node killed", func() func() { c.Nodes[0].Kill(); return c.Nodes[0].Restart }},
				{"another node killed", func() func() { c.Nodes[1].Kill(); return c.Nodes[1].Restart }},
				{"preferred node hangs", func() func() { return c.Nodes[0].Hang() }},
			} {
				x := newTraffic(v, true)
				time.Sleep(3 * time.Second)
				at := time.Now()
				mend := loss.lose()
				time.Sleep(12 * time.Second)
				mend()
				c.WaitWhole()
				time.Sleep(time.Second)
				x.end()
				x.all.Wait()
				lost := 0
				for _, n := range c.Nodes {
					lost += len(x.missing(f.keysOn(n.Server)))
				}
				gap := x.longest(at)
				say("| %s | %d | %d | %d | %d | %d | %d | %.1f |", loss.name, len(x.at), lost, x.failed[1].Load(), x.retried.Load(), x.gets.Load(), x.failed[0].Load(), gap.Seconds())
				if x.failed[0].Load() > 0 {
					t.Logf("a page failed: %v", x.said.Load())
				}
				if lost > 0 || x.failed[1].Load() > 0 {
					t.Errorf("%s: %d acknowledged writes lost, %d failed for good, such as %v", loss.name, lost, x.failed[1].Load(), x.said.Load())
				}
				if gap > 10*time.Second && !way.compared {
					t.Errorf("%s: %v without a write", loss.name, gap)
				}
			}
			first := f.keysOn(c.Nodes[0].Server)
			for i, n := range c.Nodes[1:] {
				if !maps.Equal(first, f.keysOn(n.Server)) {
					t.Errorf("node %d has other acts than the first", i+1)
				}
			}
			for i, p := range f.servers {
				now, peak := p.memory()
				say("server %d: %d MB, at most %d MB", i, now, peak)
			}
		})
	}
}

// clusterFile is benchFile for make cluster.
func clusterFile(t *testing.T) func(format string, args ...any) {
	t.Helper()
	if os.Getenv("WAKAKUSA_CLUSTER") == "" {
		t.Skip("a cluster is tested by: make cluster")
	}
	return reporter(t)
}

// reporter writes what a test measured to its log, and with make cluster to the tables.
func reporter(t *testing.T) func(format string, args ...any) {
	t.Helper()
	path := os.Getenv("WAKAKUSA_CLUSTER")
	if path == "" {
		return t.Logf
	}
	t.Setenv("WAKAKUSA_BENCH", path)
	return benchFile(t)
}

// again starts a server with other settings.
func (f *fleet) again(i int, settings ...string) {
	f.t.Helper()
	if err := f.servers[i].stop(); err != nil {
		f.t.Fatal(err)
	}
	was := f.settings
	f.settings = append(slices.Clone(was), settings...)
	f.start(i, "serve")
	f.settings = was
}

// longest is the longest time without an acknowledged write after a moment.
func (x *traffic) longest(after time.Time) (gap time.Duration) {
	last := after
	for _, at := range slices.SortedFunc(maps.Values(x.at), time.Time.Compare) {
		if at.After(last) {
			gap, last = max(gap, at.Sub(last)), at
		}
	}
	return gap
}

// nodesBehindHAProxy is where HAProxy passes connections on to the first node that accepts them.
func nodesBehindHAProxy(t *testing.T, c *mariadbtest.Cluster) (addr string) {
	t.Helper()
	port := freePort(t)
	var text strings.Builder
	fmt.Fprintf(&text, "global\n maxconn 400\ndefaults\n mode tcp\n timeout connect 1s\n timeout client 1h\n timeout server 1h\nlisten nodes\n bind 127.0.0.1:%d\n option tcp-check\n"+
		" default-server check inter 300ms fall 2 rise 2 on-marked-down shutdown-sessions\n", port)
	for i, n := range c.Nodes {
		backup := ""
		if i > 0 {
			backup = " backup"
		}
		fmt.Fprintf(&text, " server n%d %s%s\n", i, n.Addr(), backup)
	}
	file := filepath.Join(t.TempDir(), "nodes.cfg")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := daemontest.Start("haproxy", "-db", "-f", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Kill)
	time.Sleep(time.Second)
	return fmt.Sprintf("127.0.0.1:%d", port)
}
