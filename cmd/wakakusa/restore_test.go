package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/dump"
	"wakakusa/store/sqldb"
	"wakakusa/store/storetest"
)

// revised writes once more into an organisation.
func revised(t *testing.T, p *program, slug string) {
	t.Helper()
	o, err := p.store.OrgBySlug(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	o.Name = o.Name + "・新"
	if _, err := p.app.SaveOrg(t.Context(), roster.Program(o.ID, "試験"), o, ""); err != nil {
		t.Fatal(err)
	}
}

func (s site) name(t *testing.T, slug string) (name string) {
	t.Helper()
	s.with(t, func(p *program) {
		o, err := p.store.OrgBySlug(t.Context(), slug)
		if err != nil {
			t.Fatal(err)
		}
		name = o.Name
	})
	return name
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestRestoreGuards: whose name is not typed is not restored; the present file stays; everybody is signed out; it is recorded (B8).
func TestRestoreGuards(t *testing.T) {
	s := newSite(t)
	s.with(t, func(p *program) {
		addOrg(t, p, "aoba", "青葉会")
		if err := storetest.Singly(p.kept).SaveSignIn(t.Context(), store.SignIn{Hash: strings.Repeat("a", 64), Account: "x", Values: "{}", EndsMs: 1 << 60}); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := runCommand(t, s.vars, "backup", "now"); err != nil {
		t.Fatal(err)
	}
	made := files(t, s.cfg.Data+"-backup/*.sql")
	s.with(t, func(p *program) { revised(t, p, "aoba") })

	for _, args := range [][]string{{"--name", "みどり会"}, {"--name", ""}} {
		if _, err := runCommand(t, s.vars, append([]string{"restore", made[0]}, args...)...); err == nil || !strings.Contains(err.Error(), "nothing was restored") {
			t.Error(err)
		}
	}
	if got := s.name(t, "aoba"); got != "青葉会・新" {
		t.Error(got)
	}
	p := s.start(t)
	if _, err := runCommand(t, s.vars, "restore", made[0], "--name", "青葉会"); err == nil || !strings.Contains(err.Error(), "another wakakusa") {
		t.Error("restored under a running program:", err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := runCommand(t, s.vars, "restore", made[0], "--name", " 青葉会 ")
	if err != nil || !strings.Contains(out, "the last 1 changes of aoba") || !strings.Contains(out, "前のデータベース") {
		t.Fatal(out, err)
	}
	aside := files(t, s.cfg.Data+"/wakakusa.db.before-*")
	if len(aside) != 1 {
		t.Fatal(aside)
	}
	if left := files(t, s.cfg.Data+"/wakakusa.db.restore*"); len(left) > 0 {
		t.Error(left)
	}
	s.with(t, func(p *program) {
		o, err := p.store.OrgBySlug(t.Context(), "aoba")
		if err != nil || o.Name != "青葉会" {
			t.Error(o, err)
		}
		if _, err := p.app.Session(t.Context(), strings.Repeat("a", 64)); roster.KindOf(err) != roster.NotFound {
			t.Error("somebody is still signed in:", err)
		}
		told, err := p.app.History(t.Context(), roster.Program(o.ID, "試験"), store.ActQuery{Limit: 10}, 5)
		if err != nil || len(told.Acts) == 0 || told.Acts[0].Act.Kind != roster.EventOrgRestored || told.Acts[0].Act.Name != "運用者" {
			t.Errorf("%+v %v", told.Acts, err)
		}
		revised(t, p, "aoba") // and all goes on
	})
	old, err := sqldb.OpenSQLite(aside[0], time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if o, err := old.OrgBySlug(t.Context(), "aoba"); err != nil || o.Name != "青葉会・新" {
		t.Error("the file of before is not whole:", o, err)
	}
	// the copy follows
	if err := os.RemoveAll(s.cfg.Data); err != nil {
		t.Fatal(err)
	}
	if got := s.name(t, "aoba"); got != "青葉会・新" {
		t.Error(got)
	}
}

// TestRestoreMoment: what was so at a moment, in place and as a file; afterwards the copy goes on, and the later state is still in it.
func TestRestoreMoment(t *testing.T) {
	s := newSite(t)
	s.with(t, func(p *program) { addOrg(t, p, "aoba", "青葉会") })
	time.Sleep(1100 * time.Millisecond) // moments are told to the second
	moment := time.Now()
	time.Sleep(1100 * time.Millisecond)
	s.with(t, func(p *program) { revised(t, p, "aoba") })
	text := moment.In(roster.Japan).Format("2006-01-02 15:04:05")

	file := filepath.Join(t.TempDir(), "then.db")
	if out, err := runCommand(t, s.vars, "restore", "--at", text, "--to", file); err != nil || !strings.Contains(out, text) {
		t.Fatal(out, err)
	}
	if _, err := runCommand(t, s.vars, "restore", "--at", text, "--to", file); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Error(err)
	}
	then, err := sqldb.OpenSQLite(file, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if o, err := then.OrgBySlug(t.Context(), "aoba"); err != nil || o.Name != "青葉会" {
		t.Error(o, err)
	}
	if err := then.Close(); err != nil {
		t.Fatal(err)
	}
	if out, err := runCommand(t, s.vars, "restore", "--at", text, "--name", "青葉会"); err != nil {
		t.Fatal(out, err)
	}
	if got := s.name(t, "aoba"); got != "青葉会" {
		t.Error(got)
	}
	if err := os.RemoveAll(s.cfg.Data); err != nil {
		t.Fatal(err)
	}
	if got := s.name(t, "aoba"); got != "青葉会" {
		t.Error("the copy did not follow the restore:", got)
	}
}

func TestRestoreRefuses(t *testing.T) {
	s := newSite(t)
	s.with(t, func(p *program) { addOrg(t, p, "aoba", "青葉会") })
	off := map[string]string{"DATA_DIR": s.cfg.Data, "LITESTREAM_CONFIG": "off"}
	one := filepath.Join(t.TempDir(), "one.sql")
	if _, err := runCommand(t, s.vars, "export", "--org", "aoba", "--to", one); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(t.TempDir(), "newer.sql")
	f, err := os.Create(newer)
	if err != nil {
		t.Fatal(err)
	}
	w, err := dump.NewWriter(f, dump.Header{Schema: 999})
	if err := errors.Join(err, w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		vars map[string]string
		args []string
		want string
	}{
		{s.vars, []string{"--at", "yesterday"}, "is no moment"},
		{s.vars, []string{one, "--at", "2026-11-20 14:30"}, "one moment only"},
		{off, nil, "there is no continuous copy"},
		{off, []string{"--keep"}, "there is no continuous copy"},
		{s.vars, []string{one}, "one organisation only"},
		{s.vars, []string{newer}, "999"},
		{s.vars, []string{"--at", "2006-11-20 14:30"}, "restore from the continuous copy"},
	} {
		_, err := runCommand(t, c.vars, append(append([]string{"restore"}, c.args...), "--name", "青葉会")...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.args, err)
		}
	}
	if got := s.name(t, "aoba"); got != "青葉会" {
		t.Error(got)
	}
	if aside := files(t, s.cfg.Data+"/wakakusa.db.[br]*"); len(aside) > 0 {
		t.Error(aside)
	}
}

// TestRestoreKeep: the operator says that the file counts, and the program starts.
func TestRestoreKeep(t *testing.T) {
	s := behindSite(t)
	if _, err := runCommand(t, s.vars, "restore", "--keep"); err != nil {
		t.Fatal(err)
	}
	s.with(t, func(p *program) { wantOrgs(t, p, "aoba") })
	s.with(t, func(p *program) { wantOrgs(t, p, "aoba") })
}

// TestConfirmName: of one organisation it is its name, of several that of the installation.
func TestConfirmName(t *testing.T) {
	for _, c := range []struct {
		url   string
		names []string
		want  string
	}{
		{"https://shift.example.jp", []string{"青葉会"}, "青葉会"},
		{"https://shift.example.jp:8443/", []string{"青葉会", "みどり会"}, "shift.example.jp"},
		{"", []string{"青葉会", "みどり会"}, "wakakusa"},
		{"", nil, "wakakusa"},
	} {
		if got := confirmName(Config{PublicURL: c.url}, c.names); got != c.want {
			t.Errorf("%v: %s", c, got)
		}
	}
}
