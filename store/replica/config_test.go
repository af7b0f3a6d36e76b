package replica

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func values(m map[string]string) func(string) string {
	return func(name string) string { return m[name] }
}

// TestShipped: the file that comes with the program is what the issue of backups asks for.
func TestShipped(t *testing.T) {
	content, err := os.ReadFile("../../litestream.yml")
	must(t, err)
	c, err := Parse(content, values(map[string]string{"DATA_DIR": "/srv/data"}), Keys{})
	must(t, err)
	want := Config{
		Path: "/srv/data/wakakusa.db", Place: "/srv/data-replica", interval: 250 * time.Millisecond, sync: 250 * time.Millisecond, busy: 5 * time.Second,
		snapshots: 24 * time.Hour, retention: 30 * 24 * time.Hour,
		replica: replicaText{Type: "file", Path: "/srv/data-replica", Sync: 250 * time.Millisecond},
	}
	if d := cmp.Diff(want, c, cmp.AllowUnexported(Config{}, replicaText{})); d != "" {
		t.Error(d)
	}
}

func TestParse(t *testing.T) {
	const s3 = `dbs: [{path: /x/x.db, replica: {type: s3, bucket: b, region: r, path: p}}]`
	for _, c := range []struct{ name, text, want string }{
		{"s3", s3, ""},
		{"sftp", `dbs: [{path: /x/x.db, replica: {type: sftp, host: h, user: u, path: /p, key-path: /k, host-key: "ssh-ed25519 A"}}]`, ""},
		{"variables", `dbs: [{path: "${DIR}/x.db", replica: {type: file, path: "${DIR}-copy"}}]`, ""},
		{"comment", "# ${NOTHING}\ndbs: [{path: /x/x.db, replica: {type: file, path: /copy}}]", ""},
		{"no variable", `dbs: [{path: "${NOTHING}/x.db", replica: {type: file, path: /copy}}]`, "${NOTHING} has no value"},
		{"unknown key", `dbs: [{path: /x/x.db, replica: {type: file, path: /copy, sync-intervall: 1s}}]`, "sync-intervall"},
		{"unknown at the top", "exec: rm\n" + s3, "exec"},
		{"a list of replicas", `dbs: [{path: /x/x.db, replicas: [{type: file, path: /copy}]}]`, "replicas"},
		{"no database", `snapshot: {interval: 1h}`, "one database"},
		{"two databases", `dbs: [{path: /x/x.db, replica: {type: file, path: /copy}}, {path: /x/y.db, replica: {type: file, path: /copy}}]`, "one database"},
		{"no type", `dbs: [{path: /x/x.db, replica: {path: /copy}}]`, "type is missing"},
		{"gs", `dbs: [{path: /x/x.db, replica: {type: gs, path: /copy}}]`, "file, s3 or sftp"},
		{"no path", `dbs: [{path: /x/x.db, replica: {type: file}}]`, "path is missing"},
		{"relative", `dbs: [{path: /x/x.db, replica: {type: file, path: copy}}]`, "absolute"},
		{"no bucket", `dbs: [{path: /x/x.db, replica: {type: s3, region: r}}]`, "bucket is missing"},
		{"no host key", `dbs: [{path: /x/x.db, replica: {type: sftp, host: h, user: u, path: /p, key-path: /k}}]`, "host-key is missing"},
		{"no way in", `dbs: [{path: /x/x.db, replica: {type: sftp, host: h, user: u, path: /p, host-key: "ssh-ed25519 A"}}]`, "key-path or password"},
		{"no restore", `dbs: [{path: /x/x.db, restore-if-db-not-exists: false, replica: {type: file, path: /copy}}]`, "must be true"},
		{"no time", `dbs: [{path: /x/x.db, monitor-interval: soon, replica: {type: file, path: /copy}}]`, "soon"},
		{"below zero", `dbs: [{path: /x/x.db, monitor-interval: -1s, replica: {type: file, path: /copy}}]`, "below zero"},
		{"kept too short", "snapshot: {interval: 24h, retention: 1h}\n" + s3, "shorter"},
		{"no yaml", "dbs: [", ""},
		{"empty", "", ""},
	} {
		_, err := Parse([]byte(c.text), values(map[string]string{"DIR": "/srv"}), Keys{"id", "secret"})
		bad := c.want != "" || c.name == "no yaml" || c.name == "empty"
		if bad != (err != nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestParseTellsNoSecret: a mistake in a line beside a secret does not put it into the log.
func TestParseTellsNoSecret(t *testing.T) {
	_, err := Parse([]byte(`dbs: [{path: /x/x.db, replica: {type: s3, secret-access-key: "canary", bukket: b}}]`), values(nil), Keys{})
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
}

// TestPinned: Litestream, SQLite and its C library are one set: what was proven was proven with these. A change here asks for the rounds of
// scripts/bench-replica.sh.
func TestPinned(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Path}} {{.Version}}", "github.com/benbjohnson/litestream", "github.com/superfly/ltx",
		"modernc.org/libc", "modernc.org/sqlite").Output()
	must(t, err)
	const want = `github.com/benbjohnson/litestream v0.5.18
github.com/superfly/ltx v0.5.2
modernc.org/libc v1.79.0
modernc.org/sqlite v1.61.1
`
	if d := cmp.Diff(want, string(out)); d != "" {
		t.Error(d)
	}
	out, err = exec.Command("go", "list", "-m", "-f", "{{.GoMod}}", "modernc.org/sqlite").Output()
	must(t, err)
	its, err := os.ReadFile(strings.TrimSpace(string(out)))
	must(t, err)
	if !strings.Contains(string(its), "modernc.org/libc v1.79.0\n") {
		t.Error("modernc.org/sqlite asks for another modernc.org/libc")
	}
}
