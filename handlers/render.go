package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"wakakusa/roster"
	"wakakusa/views"
)

// page answers with a document: a URL that a person may bookmark. Its body alone goes to htmx.
func (s *Server) page(c *request, status int, body templ.Component) error {
	c.Response().Header().Add("Vary", "HX-Request")
	return s.write(c, status, body)
}

// regions answers with parts that each replace themselves, and at most one toast.
func (s *Server) regions(c *request, status int, body templ.Component, say says) error {
	header, err := asciiJSON(say)
	if err != nil {
		return err
	}
	c.Response().Header().Set("HX-Trigger", header)
	return s.write(c, status, body)
}

// says is what the page's script is told beside the parts.
type says struct {
	Rev   *saysRev   `json:"rev,omitempty"`
	Toast *saysToast `json:"toast,omitempty"`
	Close *struct{}  `json:"sheetclose,omitempty"` // the detail sheet has done its work
}

type saysRev struct {
	Rev int64 `json:"rev"`
}

type saysToast struct {
	Kind string `json:"kind"` // ok, warn, error
	Msg  string `json:"msg"`
	Undo bool   `json:"undo,omitempty"`
}

// asciiJSON escapes everything beyond ASCII: headers carry nothing else.
func asciiJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, r := range string(b) {
		switch {
		case r < 0x80:
			out.WriteRune(r)
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xD800+(r>>10), 0xDC00+(r&0x3FF))
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String(), nil
}

// write draws into a buffer first, so that a fault while drawing is still a clean 500.
func (s *Server) write(c *request, status int, body templ.Component) error {
	buf := templ.GetBuffer()
	defer templ.ReleaseBuffer(buf)
	if err := body.Render(c.ctx(), buf); err != nil {
		return fmt.Errorf("draw: %w", err)
	}
	return c.HTMLBlob(status, buf.Bytes())
}

// frame is what every page knows.
func (s *Server) frame(c *request, title string, pairs ...any) views.Frame {
	f := views.Frame{
		Text: c.text, Title: c.text.T(title, pairs...), Assets: s.assets, Theme: c.account.Theme, User: c.account.Display,
		Notice: c.notice, Part: c.htmx(), AsOf: c.asOf, Staging: s.Staging,
	}
	if f.Notice == nil {
		f.Notice = c.doneNotice()
	}
	f.Request = requestID(c)
	if c.org.ID != "" {
		f.Org, f.Base, f.Menu = c.org.Name, c.base(), menu(c)
	}
	return f
}

// asOf tells how old the page is while the database is away.
func (c *request) asOf() string {
	at, old := c.age.AsOf()
	if !old {
		return ""
	}
	at = at.In(c.org.Zone())
	if roster.DayOf(at) == roster.DayOf(c.now.In(c.org.Zone())) {
		return at.Format("15:04")
	}
	return c.text.Day(roster.DayOf(at)) + " " + at.Format("15:04")
}

// menu lists where the actor may go.
func menu(c *request) []views.MenuItem {
	var items []views.MenuItem
	add := func(key, path string, may bool) {
		if may {
			href := c.base() + path
			items = append(items, views.MenuItem{Key: key, Href: href, Current: current(c.Request().URL.Path, href)})
		}
	}
	can := func(do roster.Action) bool { return roster.Can(c.actor, do, roster.Subject{}) == nil }
	add("me", "/me", c.actor.Staff != "")
	add("calendar", "/me/calendar", c.actor.Staff != "")
	add("roster", "/rosters", can(roster.ViewRoster))
	add("staff", "/staff", can(roster.ViewStaff))
	add("needs", "/needs", can(roster.EditNeeds))
	add("codes", "/codes", can(roster.EditMasters))
	add("sites", "/sites", can(roster.EditMasters))
	add("jobs", "/jobs", can(roster.EditMasters))
	add("holidays", "/holidays", can(roster.EditMasters))
	add("members", "/members", can(roster.EditMembers))
	add("history", "/history", can(roster.ViewHistory))
	add("backups", "/backups", can(roster.KeepBackups))
	add("org", "/settings", can(roster.EditOrg))
	add("account", "/account", true)
	return items
}

func current(path, href string) bool {
	return path == href || (strings.HasPrefix(path, href+"/") && !strings.HasSuffix(href, "/me"))
}

// goTo sends the browser on after a change; htmx is told by its own header.
func (s *Server) goTo(c *request, path string) error {
	if c.htmx() {
		c.Response().Header().Set("HX-Redirect", path)
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, path)
}
