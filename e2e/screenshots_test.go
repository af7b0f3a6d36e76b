package e2e

import (
	"os"
	"testing"
)

// pages are what a person may open, with the role that opens them.
var pages = []struct{ name, role, path string }{
	{"sheet", "manager", "/rosters"},
	{"staff-list", "admin", "/staff"},
	{"staff-new", "admin", "/staff/new"},
	{"codes", "admin", "/codes"},
	{"code-new", "admin", "/codes/new"},
	{"sites", "admin", "/sites"},
	{"site-new", "admin", "/sites/new"},
	{"jobs", "admin", "/jobs"},
	{"holidays", "admin", "/holidays"},
	{"needs", "admin", "/needs"},
	{"members", "admin", "/members"},
	{"member-new", "admin", "/members/new"},
	{"settings", "admin", "/settings"},
	{"history", "admin", "/history"},
	{"account", "admin", "/account"},
	{"me", "staff", "/me"},
	{"calendar", "staff", "/me/calendar"},
}

// everyPage opens each page as somebody who may, in both sizes and schemes.
func everyPage(t *testing.T, start func(*testing.T) *process, look func(x *tab, name string)) {
	for _, s := range []struct {
		name string
		size screen
	}{{"phone", phone}, {"desktop", desktop}} {
		t.Run(s.name, func(t *testing.T) {
			p := start(t)
			tabs := map[string]*tab{}
			for _, page := range pages {
				x := tabs[page.role]
				if x == nil {
					x = newTab(t, p, s.size)
					x.signIn(p, page.role)
					tabs[page.role] = x
				}
				base := eval[string](x, `location.pathname.split("/").slice(0, 3).join("/")`)
				for _, scheme := range []string{"light", "dark"} {
					x.scheme(scheme)
					x.open(base + page.path)
					look(x, page.name+"-"+s.name+"-"+scheme)
				}
			}
		})
	}
}

// TestScreenshots takes a picture of every page. It runs when a folder is given.
func TestScreenshots(t *testing.T) {
	if os.Getenv("WAKAKUSA_SCREENSHOTS") == "" {
		t.Skip("WAKAKUSA_SCREENSHOTS names no folder")
	}
	everyPage(t, demo, (*tab).shot)
}
