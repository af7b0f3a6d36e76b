package main

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAudit: records that somebody altered in the file are found at their place, with exit code 1; and so is an end that was cut off with
// everything that counts, as long as a backup remembers it. The program may run meanwhile.
func TestAudit(t *testing.T) {
	s := newSite(t)
	p := s.start(t)
	addOrg(t, p, "aoba", "青葉会")
	for range 3 {
		revised(t, p, "aoba")
	}
	out, err := runCommand(t, s.vars, "audit", "verify")
	if err != nil || !strings.Contains(out, "変更の記録 3 件") || !strings.Contains(out, "書き換えられたところはありません") {
		t.Fatal(err, out)
	}
	if out, err := runCommand(t, s.vars, "backup", "now"); err != nil {
		t.Fatal(err, out)
	}
	revised(t, p, "aoba")
	out, err = runCommand(t, s.vars, "audit", "verify", "--json")
	var found audit
	if err != nil || json.Unmarshal([]byte(out), &found) != nil || found.Acts != 4 || found.Against != 1 || len(found.Heads) != 1 || found.Heads[0].Revision != 4 {
		t.Fatal(err, out)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ statement, want string }{
		{`UPDATE events SET after_json = replace(after_json, '青葉会', '若葉会') WHERE revision = 2`, "aoba: revision 2 is not as it was written"},
		{`DELETE FROM events WHERE revision > 1; DELETE FROM acts WHERE revision > 1; UPDATE orgs SET revision = 1`, "aoba: revision 3 is another one than it was in wakakusa_shift_backup_"},
	} {
		altered(t, s.cfg.sqliteFile(), x.statement)
		out, err = runCommand(t, s.vars, "audit", "verify")
		if err == nil || !strings.Contains(out, x.want) {
			t.Errorf("%v: %s", err, out)
		}
	}
	elsewhere := t.TempDir() // as off-site
	for _, path := range files(t, filepath.Join(s.cfg.backups(nil).Dir, "*")) {
		if err := os.Rename(path, filepath.Join(elsewhere, filepath.Base(path))); err != nil {
			t.Fatal(err)
		}
	}
	if out, err = runCommand(t, s.vars, "audit", "verify"); err != nil || !strings.Contains(out, "報告がありません") {
		t.Errorf("without any head: %v %s", err, out)
	}
	if out, err = runCommand(t, s.vars, "audit", "verify", "--heads", elsewhere); err == nil || !strings.Contains(out, "revision 3 is another one") {
		t.Errorf("with the heads from off-site: %v %s", err, out)
	}
	if out, err = runCommand(t, s.vars, "audit", "list", "--org", "aoba"); err != nil {
		t.Errorf("%v %s", err, out)
	}
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) // backups are named by the second
	altered(t, s.cfg.sqliteFile(), `UPDATE acts SET kind = 'x'`)
	// There is a backup of altered records too, but it says so.
	if out, err = runCommand(t, s.vars, "backup", "now"); err != nil || !strings.Contains(out, "the records were altered") {
		t.Errorf("%v %s", err, out)
	}
}

// altered runs statements on a database file, as somebody who may write there can.
func altered(t *testing.T, path, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}
