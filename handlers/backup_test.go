package handlers

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wakakusa/store"
)

// backedUp asks for a backup and waits until the page says that it is there.
func (o *office) backedUp(t *testing.T) string {
	t.Helper()
	o.admin.do(http.MethodPost, o.base+"/backups", url.Values{}).want(t, http.StatusSeeOther)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		all, err := o.backups.Backups()
		must(t, err)
		page := o.admin.get(o.base+"/backups").want(t, http.StatusOK).body
		if len(all) == 1 && strings.Contains(page, "確かめ済み") && !strings.Contains(page, "実行中") {
			return page
		}
	}
	t.Fatal("no backup")
	return ""
}

// TestBackups: an administrator makes one, sees it and takes it home.
func TestBackups(t *testing.T) {
	o := newSite(t).found("aoba")
	page := o.admin.get(o.base+"/backups").want(t, http.StatusOK).body
	for _, want := range []string{"まだありません", "バックアップはまだありません", "使っていません", "いまバックアップを取る"} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is missing", want)
		}
	}
	page = o.backedUp(t)
	for _, want := range []string{"2026年11月24日 09:00", "すべての行が同じ", "/backups/wakakusa_shift_backup_20261124_090000.sql", "2026年11月25日 02:00"} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is missing", want)
		}
	}
	a := o.admin.get(o.base+"/backups/wakakusa_shift_backup_20261124_090000.sql").want(t, http.StatusOK)
	if !strings.HasPrefix(a.body, "-- wakakusa export 1") || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%.60s %v", a.body, a.Header)
	}
	for _, name := range []string{"wakakusa_shift_backup_20261124_090001.sql", "..%2f..%2fwakakusa.db", ".lock", "wakakusa_shift_backup_20261124_090000.sql.json"} {
		o.admin.get(o.base+"/backups/"+name).want(t, http.StatusNotFound)
	}
	o.admin.do(http.MethodPost, o.base+"/backups", url.Values{}).want(t, http.StatusSeeOther) // the same second: refused by the keeper
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if page = o.admin.get(o.base + "/backups").body; strings.Contains(page, "失敗しました") {
			return
		}
	}
	t.Error("that a backup failed is not told")
}

// TestBackupsOfAll: who administers only one of several organisations sees how backups stand, and gets nothing that holds the others.
func TestBackupsOfAll(t *testing.T) {
	s := newSite(t)
	o := s.found("aoba")
	o.backedUp(t)
	s.found("midori")
	page := o.admin.get(o.base+"/backups").want(t, http.StatusOK).body
	if strings.Contains(page, "いまバックアップを取る") || strings.Contains(page, ".sql") || !strings.Contains(page, "すべての組織の管理者だけ") {
		t.Error(page)
	}
	o.admin.get(o.base+"/backups/wakakusa_shift_backup_20261124_090000.sql").want(t, http.StatusUnprocessableEntity)
	if a := o.admin.do(http.MethodPost, o.base+"/backups", url.Values{}).want(t, http.StatusUnprocessableEntity); !strings.Contains(a.body, "すべての組織の管理者だけ") {
		t.Error(a.body)
	}
}

// TestBackupHealth: what is late or failed is a condition; the site stays open.
func TestBackupHealth(t *testing.T) {
	s := newSite(t)
	o := s.found("aoba")
	health := func(want ...string) {
		t.Helper()
		text := s.browser().get("/health/").want(t, http.StatusOK).body
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s is missing in %s", w, text)
			}
		}
	}
	s.copied = store.Copy{Place: "/copy", Lag: 3 * time.Second}
	health(`"status":"ok"`, `{"name":"replica","ok":true,"seconds":3}`, `{"name":"backup","ok":true,`)
	s.copied.Lag = 2 * time.Minute
	health(`"status":"degraded"`, `{"name":"replica","ok":false,"seconds":120}`)
	if page := o.admin.get(o.base + "/backups").body; !strings.Contains(page, "遅れています") || !strings.Contains(page, "2分前まで") {
		t.Error(page)
	}
	s.copied.Failing = true
	if page := o.admin.get(o.base + "/backups").body; !strings.Contains(page, "写せていません") {
		t.Error(page)
	}
	s.copied = store.Copy{Place: "/copy"}
	o.backedUp(t)
	s.advance(27 * time.Hour)
	health(`"status":"degraded"`, `{"name":"backup","ok":false,"seconds":97200}`)
}

// TestBackupDownload: a large one comes whole, and in parts to who asks for a part.
func TestBackupDownload(t *testing.T) {
	o := newSite(t).found("aoba")
	o.backedUp(t)
	name := "wakakusa_shift_backup_20261124_090000.sql"
	content := bytes.Repeat([]byte("0123456789"), 1<<19)
	must(t, os.WriteFile(filepath.Join(o.backups.Dir, name), content, 0o600))
	a := o.admin.get(o.base+"/backups/"+name).want(t, http.StatusOK)
	if a.body != string(content) {
		t.Errorf("%d bytes", len(a.body))
	}
	f, err := o.backups.OpenBackup(name)
	must(t, err)
	defer f.Close()
	if n, err := io.Copy(io.Discard, f); err != nil || n != int64(len(content)) {
		t.Error(n, err)
	}
}

// TestRestoreForm: what is not confirmed is not restored, and what was typed stays.
func TestRestoreForm(t *testing.T) {
	s := newSite(t)
	o := s.found("aoba")
	name := o.org.Name
	path := o.base + "/backups/restore"
	if page := o.admin.get(path).want(t, http.StatusOK).body; !strings.Contains(page, "戻せるバックアップがありません") {
		t.Error(page)
	}
	o.backedUp(t)
	file := "wakakusa_shift_backup_20261124_090000.sql"
	s.copied = store.Copy{Place: "/copy"}
	for _, c := range []struct{ from, moment, name, want string }{
		{file, "", "みどり会", "同じではありません"},
		{file, "", "", "同じではありません"},
		{"moment", "2026-11-24T09:30", name, "過去の日時"},
		{"moment", "昨日", name, "過去の日時"},
		{"", "", name, "過去の日時"},
	} {
		a := o.admin.post(path, url.Values{"from": {c.from}, "moment": {c.moment}, "name": {c.name}, "key": {newID()}})
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, c.want) {
			t.Errorf("%+v: %d", c, a.StatusCode)
		}
	}
	for _, from := range []string{"wakakusa_shift_backup_20261124_090001.sql", "../../etc/passwd"} {
		o.admin.post(path, url.Values{"from": {from}, "name": {name}, "key": {newID()}}).want(t, http.StatusNotFound)
	}
	select {
	case x := <-s.restored:
		t.Fatalf("%+v was restored", x)
	default:
	}
	o.admin.post(path, url.Values{"from": {"moment"}, "moment": {"2026-11-24T08:15"}, "name": {name}, "key": {newID()}}).want(t, http.StatusSeeOther)
	if x := <-s.restored; x.Backup != "" || x.Moment.Format(time.RFC3339) != "2026-11-24T08:15:00+09:00" || x.Who == "" {
		t.Errorf("%+v", x)
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if a := o.admin.post(path, url.Values{"from": {file}, "name": {name}, "key": {newID()}}); a.StatusCode == http.StatusSeeOther {
			break
		}
	}
	if x := <-s.restored; x.Backup != file {
		t.Errorf("%+v", x)
	}
	s.found("midori")
	o.admin.get(path).want(t, http.StatusUnprocessableEntity)
	o.admin.post(path, url.Values{"from": {file}, "name": {name}, "key": {newID()}}).want(t, http.StatusUnprocessableEntity)
}

// TestDrillButton: the result stands on the page.
func TestDrillButton(t *testing.T) {
	o := newSite(t).found("aoba")
	o.admin.post(o.base+"/backups/drill", url.Values{"key": {newID()}}).want(t, http.StatusSeeOther)
	until := func(want string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			if strings.Contains(o.admin.get(o.base+"/backups").body, want) {
				return
			}
		}
		t.Errorf("%s is missing", want)
	}
	until("戻せないものがあります")
	o.backedUp(t)
	o.admin.post(o.base+"/backups/drill", url.Values{"key": {newID()}}).want(t, http.StatusSeeOther)
	until("すべて戻せました")
}
