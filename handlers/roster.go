package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// place reads which roster the address names; anything malformed is simply not there.
func (c *request) place() (app.Place, error) {
	d, err := roster.ParseDay(c.Param("day"))
	if err != nil || !isID(c.Param("site")) {
		return app.Place{}, roster.Refuse(roster.NotFound, "error.text_404")
	}
	return app.Place{Site: roster.SiteID(c.Param("site")), Day: d}, nil
}

func (c *request) rosterPath(site roster.SiteID, d roster.Day) string {
	return c.base() + "/rosters/" + string(site) + "/" + d.String()
}

// getRosters opens the sheet of the person's first site at today's period.
func (s *Server) getRosters(c *request) error {
	sites, err := s.app.Sites(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	if len(sites) == 0 {
		return s.page(c, http.StatusOK, views.NoSites(s.frame(c, "menu.roster"), roster.Can(c.actor, roster.EditMasters, roster.Subject{}) == nil))
	}
	first := roster.PeriodOf(s.app.Today(c.org), sites[0].StartDay).First
	return c.Redirect(http.StatusSeeOther, c.rosterPath(sites[0].ID, first))
}

func (s *Server) getRoster(c *request) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	sheet, err := s.app.Sheet(c.ctx(), c.actor, p)
	if err != nil {
		return err
	}
	if first := sheet.Roster.Period.First; first != p.Day { // one address for one sheet
		return c.Redirect(http.StatusSeeOther, c.rosterPath(p.Site, first))
	}
	return s.page(c, http.StatusOK, views.RosterPage(s.presentSheet(c, sheet)))
}

func (s *Server) getBreaches(c *request) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	sheet, err := s.app.Sheet(c.ctx(), c.actor, p)
	if err != nil {
		return err
	}
	f, path := s.frame(c, "roster.breaches"), c.rosterPath(p.Site, sheet.Roster.Period.First)
	lines := presentBreaches(c.text, sheet, path)
	if c.htmx() {
		return s.page(c, http.StatusOK, views.BreachList(f, lines, path))
	}
	return s.page(c, http.StatusOK, views.BreachPage(f, lines, path))
}

// postEdits carries out the operations of one or more gestures, all or none.
func (s *Server) postEdits(c *request) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	list, err := parseOps(c.field("ops"))
	if err != nil {
		return err
	}
	done, err := s.app.EditRoster(c.ctx(), c.actor, app.Edits{Place: p, List: list, Base: c.baseRevision(), Key: c.key()})
	return s.answerEdit(c, p, done, err, "")
}

// postUndo takes the person's newest edit back.
func (s *Server) postUndo(c *request) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	done, err := s.app.UndoEdit(c.ctx(), c.actor, p, c.key())
	return s.answerEdit(c, p, done, err, "roster.undone")
}

// answerEdit answers with the touched parts as they really are, whether the edit was taken or refused.
func (s *Server) answerEdit(c *request, p app.Place, done app.Edited, cause error, said string) error {
	code, toast := http.StatusOK, (*saysToast)(nil)
	if cause != nil {
		code = status(cause)
		if code >= 500 || code == http.StatusForbidden || code == http.StatusNotFound && len(done.Cells) == 0 {
			return cause
		}
		kind := "error"
		if code == http.StatusConflict {
			kind = "warn"
		}
		toast = &saysToast{Kind: kind, Msg: s.sentence(c, cause)}
	} else if said != "" {
		toast = &saysToast{Kind: "ok", Msg: c.text.T(said)}
	}
	if !c.htmx() {
		if cause != nil {
			return cause
		}
		return c.Redirect(http.StatusSeeOther, c.rosterPath(p.Site, p.Day))
	}
	return s.answerFresh(c, p, code, regionsOf(done), says{Toast: toast})
}

// answerFresh also draws what anybody changed since the page's revision, so that the page is truly at the one it is told. After
// changes that parts cannot show it is not told any, and learns from its stream that it must load anew.
func (s *Server) answerFresh(c *request, p app.Place, code int, want wanted, say says) error {
	base := c.baseRevision()
	if base < 1 {
		base = 1 << 62
	}
	n, err := s.app.NewsAfter(c.ctx(), c.actor, p.Site, base)
	if err != nil {
		return err
	}
	sheet, err := s.app.Sheet(c.ctx(), c.actor, p)
	if err != nil {
		return err
	}
	since, reload := newsOf(sheet, n)
	want.add(since)
	if !reload {
		say.Rev = &saysRev{n.Revision} // of which all was named; the sheet may be newer
	}
	return s.regions(c, code, s.drawRegions(c, sheet, want), say)
}

// getRegions draws the parts that a page asks for after somebody else's edit.
func (s *Server) getRegions(c *request) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	sheet, err := s.app.Sheet(c.ctx(), c.actor, p)
	if err != nil {
		return err
	}
	return s.regions(c, http.StatusOK, s.drawRegions(c, sheet, parseRegions(c.QueryParam("names"))), says{})
}

// wanted names regions of a sheet.
type wanted struct {
	staff []roster.StaffID
	days  []roster.Day
	bar   bool
}

// add takes in what another one names, each once.
func (w *wanted) add(o wanted) {
	w.staff, w.days = union(w.staff, o.staff), union(w.days, o.days)
	w.bar = w.bar || o.bar
}

func union[T comparable](a, b []T) []T {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

// names writes what parseRegions reads.
func (w wanted) names() []string {
	var list []string
	for _, id := range w.staff {
		list = append(list, "row."+string(id))
	}
	for _, d := range w.days {
		list = append(list, "day."+d.String())
	}
	if w.bar {
		list = append(list, "bar")
	}
	return list
}

// maxRegions is more than a page ever asks for at once; beyond it the page loads anew.
const maxRegions = 500

// parseRegions reads row.STAFF, day.2026-12-01 and bar, joined by commas; unknown names are left out.
func parseRegions(text string) (w wanted) {
	for i, name := range strings.Split(text, ",") {
		if i > maxRegions {
			break
		}
		kind, key, _ := strings.Cut(name, ".")
		switch kind {
		case "row":
			if isID(key) {
				w.staff = append(w.staff, roster.StaffID(key))
			}
		case "day":
			if d, err := roster.ParseDay(key); err == nil {
				w.days = append(w.days, d)
			}
		case "bar":
			w.bar = true
		}
	}
	return w
}

func regionsOf(e app.Edited) wanted { return wanted{staff: e.Staff(), days: e.Days(), bar: true} }

func (s *Server) postPublication(c *request) error {
	return s.rosterVerb(c, "published", s.app.PublishRoster)
}

func (s *Server) postWithdrawal(c *request) error {
	return s.rosterVerb(c, "withdrawn", s.app.WithdrawRoster)
}

func (s *Server) postClosing(c *request) error { return s.rosterVerb(c, "closed", s.app.CloseRoster) }

func (s *Server) postReopening(c *request) error {
	return s.rosterVerb(c, "reopened", s.app.ReopenRoster)
}

// said is the sentence about what has just been done to the whole sheet, carried over the redirect by its name.
func (c *request) said() string {
	if name := c.QueryParam("said"); slices.Contains([]string{"published", "withdrawn", "closed", "reopened", "saved"}, name) {
		return c.text.T("roster." + name)
	}
	return ""
}

// rosterVerb changes the state of a whole sheet and shows it anew.
func (s *Server) rosterVerb(c *request, said string, do rosterDo) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	if _, err := do(c.ctx(), c.actor, p, c.key()); err != nil {
		return err
	}
	return s.goTo(c, c.rosterPath(p.Site, p.Day)+"?said="+said)
}

// when writes an instant in the organisation's zone.
func (c *request) when(ms int64) string {
	return time.UnixMilli(ms).In(c.org.Zone()).Format("2006-01-02 15:04")
}

type rosterDo = func(ctx context.Context, by roster.Actor, p app.Place, key string) (roster.Roster, error)
