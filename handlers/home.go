package handlers

import (
	"net/http"

	"wakakusa/roster"
)

// getHome sends people where they work.
func (s *Server) getHome(c *request) error {
	switch {
	case !c.signedIn():
		return c.Redirect(http.StatusSeeOther, "/sign-in")
	case len(c.places) == 1:
		return c.Redirect(http.StatusSeeOther, "/o/"+c.places[0].Org.Slug)
	}
	return s.page(c, http.StatusOK, orgChoice(s, c))
}

// getOrgHome is the sheet for those who make it and the own shifts for everybody else.
func (s *Server) getOrgHome(c *request) error {
	switch {
	case roster.Can(c.actor, roster.ViewRoster, roster.Subject{}) == nil:
		return c.Redirect(http.StatusSeeOther, c.base()+"/rosters")
	case c.actor.Staff != "":
		return c.Redirect(http.StatusSeeOther, c.base()+"/me")
	}
	return c.Redirect(http.StatusSeeOther, c.base()+"/account")
}
