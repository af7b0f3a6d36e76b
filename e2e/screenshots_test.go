package e2e

import (
	"os"
	"testing"
)

// pages are what a person may open, with the role that opens them. What lies behind a page is reached by the address that next, a piece
// of script, finds on it.
var pages = []struct{ name, role, path, next string }{
	{"sheet", "manager", "/rosters", ""},
	{"guests", "admin", "/rosters", `location.pathname + "/guests"`},
	{"cell", "manager", "/rosters", `location.pathname + "/cells/" + document.querySelector("#grid .r[id^=s-]").id.slice(2) + "/" + document.querySelector("#grid .hd [data-d]:not(.x)").dataset.d`},
	{"breaches", "manager", "/rosters", `location.pathname + "/breaches"`},
	{"staff-list", "admin", "/staff", ""},
	{"staff-new", "admin", "/staff/new", ""},
	{"staff", "admin", "/staff", firstBelow},
	{"codes", "admin", "/codes", ""},
	{"code-new", "admin", "/codes/new", ""},
	{"code", "admin", "/codes", firstBelow},
	{"sites", "admin", "/sites", ""},
	{"site-new", "admin", "/sites/new", ""},
	{"site", "admin", "/sites", firstBelow},
	{"jobs", "admin", "/jobs", ""},
	{"job", "admin", "/jobs", firstBelow},
	{"holidays", "admin", "/holidays", ""},
	{"holiday-new", "admin", "/holidays/new", ""},
	{"needs", "admin", "/needs", ""},
	{"members", "admin", "/members", ""},
	{"member-new", "admin", "/members/new", ""},
	{"member", "admin", "/members", firstBelow},
	{"backups", "admin", "/backups", ""},
	{"restore", "admin", "/backups/restore", ""},
	{"settings", "admin", "/settings", ""},
	{"history", "admin", "/history", ""},
	{"accesses", "admin", "/history/accesses", ""},
	{"sign-ins", "admin", "/account/sign-ins", ""},
	{"factors", "admin", "/account/factors", ""},
	{"factor-new", "admin", "/account/factors/new", ""},
	{"proof", "admin", "/proof", ""},
	{"account", "admin", "/account", ""},
	{"data", "staff", "/account/data", ""},
	{"erasure", "admin", "/erasure", ""},
	{"me", "staff", "/me", ""},
	{"calendar", "staff", "/me/calendar", ""},
	{"day", "staff", "/me/calendar", `[...document.querySelectorAll("main a")].find(a => a.pathname.includes("/me/days/")).pathname`},
}

// firstBelow is the first thing that a list leads to.
const firstBelow = `[...document.querySelectorAll("main a")].find(a => a.pathname.startsWith(location.pathname + "/") && !a.pathname.endsWith("/new")).pathname`

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
					if page.next != "" {
						x.open(eval[string](x, page.next))
					}
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
