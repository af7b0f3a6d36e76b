package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wakakusa/roster"
)

// site is an installation in a directory of its own, with the settings a small one has.
type site struct {
	vars map[string]string
	cfg  Config
}

func newSite(t *testing.T) site {
	t.Helper()
	vars := map[string]string{"DATA_DIR": filepath.Join(t.TempDir(), "data"), "LISTEN": "127.0.0.1:0"}
	cfg, err := loadConfig("none", vars)
	if err != nil {
		t.Fatal(err)
	}
	return site{vars, cfg}
}

func (s site) start(t *testing.T) *program {
	t.Helper()
	p, err := start(t.Context(), s.cfg, logsTo(t, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// with starts the program, lets fn work with it and stops it.
func (s site) with(t *testing.T, fn func(*program)) {
	t.Helper()
	p := s.start(t)
	fn(p)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func addOrg(t *testing.T, p *program, slug, name string) {
	t.Helper()
	if err := p.store.AddOrg(t.Context(), roster.Org{ID: roster.OrgID(newID()), Slug: slug, Name: name, Timezone: "Asia/Tokyo", Language: "ja"}); err != nil {
		t.Fatal(err)
	}
}

func wantOrgs(t *testing.T, p *program, slugs ...string) {
	t.Helper()
	orgs, err := p.store.Orgs(t.Context())
	if err != nil || len(orgs) != len(slugs) {
		t.Fatalf("%d organisations, %v; want %v", len(orgs), err, slugs)
	}
}

// TestRestoredAtStart: the directory with the data is gone; the next start brings it back, and no command makes an empty one meanwhile.
func TestRestoredAtStart(t *testing.T) {
	s := newSite(t)
	s.with(t, func(p *program) { addOrg(t, p, "aoba", "青葉会") })
	if err := os.RemoveAll(s.cfg.Data); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"migrate"}, {"export"}, {"user", "reset", "x"}} {
		if _, err := runCommand(t, s.vars, args...); err == nil || !strings.Contains(err.Error(), "there is a continuous copy") {
			t.Errorf("%v: %v", args, err)
		}
	}
	s.with(t, func(p *program) {
		wantOrgs(t, p, "aoba")
		addOrg(t, p, "midori", "みどり会")
	})
	s.with(t, func(p *program) { wantOrgs(t, p, "aoba", "midori") })
}

// behindSite has an old file, with one organisation, in the place of a newer one with two; the copy has both.
func behindSite(t *testing.T) site {
	t.Helper()
	s := newSite(t)
	s.with(t, func(p *program) { addOrg(t, p, "aoba", "青葉会") })
	saved := filepath.Join(t.TempDir(), "saved")
	if err := os.CopyFS(saved, os.DirFS(s.cfg.Data)); err != nil {
		t.Fatal(err)
	}
	s.with(t, func(p *program) { addOrg(t, p, "midori", "みどり会") })
	if err := errors.Join(os.RemoveAll(s.cfg.Data), os.CopyFS(s.cfg.Data, os.DirFS(saved))); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFileBehindCopy: an old file in the place of the newer one is refused, and nothing is overwritten.
func TestFileBehindCopy(t *testing.T) {
	s := behindSite(t)
	for range 2 {
		_, err := start(t.Context(), s.cfg, logsTo(t, io.Discard))
		if err == nil || !strings.Contains(err.Error(), "the organisation midori") || !strings.Contains(err.Error(), "wakakusa restore --keep") {
			t.Fatal(err)
		}
	}
}

func TestLitestreamSettings(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "litestream.yml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	vars := map[string]string{"DATA_DIR": dir, "LITESTREAM_CONFIG": file}
	write("dbs: [{path: \"${DATA_DIR}/wakakusa.db\", replica: {type: s3, bucket: b, region: r}}]")
	if _, err := loadConfig("none", vars); err == nil || !strings.Contains(err.Error(), "LITESTREAM_ACCESS_KEY_ID") {
		t.Error(err)
	}
	vars["LITESTREAM_ACCESS_KEY_ID"], vars["LITESTREAM_SECRET_ACCESS_KEY"] = "id", "canary"
	if _, err := loadConfig("none", vars); err != nil {
		t.Error(err)
	}
	if out, err := runCommand(t, vars, "config"); err != nil || strings.Contains(out, "canary") {
		t.Error(out, err)
	}
	write("dbs: [{path: /elsewhere/x.db, replica: {type: file, path: /copy}}]")
	if _, err := loadConfig("none", vars); err == nil || !strings.Contains(err.Error(), "is about /elsewhere/x.db") {
		t.Error(err)
	}
	vars["LITESTREAM_CONFIG"] = "off"
	if _, err := loadConfig("none", vars); err != nil {
		t.Error(err)
	}
	vars["LITESTREAM_CONFIG"] = filepath.Join(dir, "none.yml")
	if _, err := loadConfig("none", vars); err == nil {
		t.Error("a file that is not there was taken")
	}
	if out, err := runCommand(t, nil, "config", "--litestream"); err != nil || !strings.Contains(out, "monitor-interval: 250ms") {
		t.Error(out, err)
	}
}
