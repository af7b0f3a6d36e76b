package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wakakusa/app/django/djangotest"
	"wakakusa/roster"
)

// TestImport brings each generation of the former system in; its administrator signs in with the old password and the month opens.
func TestImport(t *testing.T) {
	today := roster.DayOf(time.Now().In(roster.Japan))
	for _, gen := range djangotest.Generations {
		t.Run(string(gen), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			old := filepath.Join(t.TempDir(), "former.sqlite3")
			if err := djangotest.Build(old, gen, today); err != nil {
				t.Fatal(err)
			}
			told := command(t, dir, "import-django", "--from", old)
			if !strings.Contains(told, "取り込") {
				t.Errorf("the report says %s", cutText(told, 600))
			}
			p := started(t, dir, "serve")
			x := newTab(t, p, desktop)
			x.open("/sign-in")
			x.fill("[name=login]", djangotest.Admin)
			x.fill("[name=password]", djangotest.Password)
			x.submit("main form")
			orgs := []string{eval[string](x, `location.href`)}
			if x.has("main .links a") { // generation C: several organisations
				orgs = eval[[]string](x, `[...document.querySelectorAll("main .links a")].map(a => a.href)`)
			}
			n := 0
			for _, org := range orgs {
				x.open(org)
				x.until("the month", `document.querySelector("#grid, .empty")`)
				n += eval[int](x, `document.querySelectorAll('#grid .r[id^="s-"] [class*="k-"]').length`)
			}
			if n == 0 {
				t.Error("no month opens with a shift")
			}
			x.shot("import-" + string(gen))
		})
	}
}
