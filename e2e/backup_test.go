package e2e

import (
	"strings"
	"testing"
)

// TestBackupAndRestore: an administrator makes a backup, something goes wrong afterwards, and everything is put back from the screen: the
// program starts again by itself, and everybody signs in anew.
func TestBackupAndRestore(t *testing.T) {
	p := small(t)
	x := newTab(t, p, desktop)
	x.signIn(p, "admin")
	x.open("/o/wakakusa/backups")
	x.untilText("main", "バックアップはまだありません")
	x.submit(`main form[action$="/backups"]`)
	x.until("the backup in the list", `document.querySelector("main table a[download]")`)
	x.until("that it has ended", `!document.querySelector("main progress")`)
	x.shot("backups-desktop")
	x.submit(`main form[action$="/drill"]`)
	x.untilText("main", "すべて戻せました")
	x.shot("backups-drilled-desktop")

	name := x.text(".brand")
	x.open("/o/wakakusa/settings")
	x.fill("[name=name]", "まちがえて消した会")
	x.submit("main form")
	x.untilText(".brand", "まちがえて消した会")

	x.open("/o/wakakusa/backups/restore")
	x.shot("restore-desktop")
	x.js(`[...document.querySelectorAll("[name=from]")].find(r => r.value.endsWith(".sql")).click()`)
	x.fill("[name=name]", "べつの会")
	x.submit("main form")
	x.untilText("main", "同じではありません")
	if !eval[bool](x, `document.querySelector("[name=from]:checked").value.endsWith(".sql")`) {
		t.Error("what was chosen is lost")
	}
	x.fill("[name=name]", "まちがえて消した会")
	x.submit("main form")
	x.until("the sign-in page", `location.pathname === "/sign-in"`)

	z := newTab(t, p, desktop)
	z.signIn(p, "admin")
	z.open("/o/wakakusa/history")
	z.untilText("main", "の状態に戻しました")
	if got := z.text(".brand"); !strings.Contains(got, name) {
		t.Errorf("the organisation is %q, not %q", got, name)
	}
	z.shot("restored-history-desktop")
	z.open("/o/wakakusa/backups")
	z.untilText("main", "確かめ済み")
}
