package handlers

import (
	"net/http"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// getGuests asks who is to help here (応援), on which day and as what.
func (s *Server) getGuests(c *request) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	return s.guestPage(c, http.StatusOK, p, views.Form{Values: map[string][]string{"day": {p.Day.String()}}})
}

// postGuest puts a first shift of somebody from another site on the sheet; from then on the person has a row here.
func (s *Server) postGuest(c *request) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	list, err := c.guestEdits()
	if err == nil {
		_, err = s.app.EditRoster(c.ctx(), c.actor, app.Edits{Place: p, List: list, Base: c.baseRevision(), Key: c.key()})
	}
	err = s.orAway(c, err)
	if faults, ok := s.faultsOf(c, err); ok {
		return s.guestPage(c, status(err), p, views.Form{Values: c.form, Faults: faults})
	}
	if err != nil {
		return err
	}
	return s.goTo(c, c.rosterPath(p.Site, p.Day))
}

func (c *request) guestEdits() ([]roster.Edit, error) {
	var f roster.Faults
	cell, ok := parseCell(c.field("staff"), c.field("day"))
	if !isID(c.field("staff")) {
		f.Add("staff", roster.Refuse(roster.Invalid, "error.required"))
	} else if !ok {
		f.Add("day", roster.Refuse(roster.Invalid, "error.day", roster.Args{"Text": c.field("day")}))
	}
	if !isID(c.field("code")) {
		f.Add("code", roster.Refuse(roster.Invalid, "error.required"))
	}
	return []roster.Edit{{Op: roster.OpSet, Cell: cell, Code: roster.CodeID(c.field("code"))}}, f.Err()
}

func (s *Server) guestPage(c *request, code int, p app.Place, form views.Form) error {
	sheet, err := s.app.Guests(c.ctx(), c.actor, p)
	if err != nil {
		return err
	}
	show := s.presenter(c, sheet.OpenSheet)
	path := c.rosterPath(p.Site, sheet.Roster.Period.First)
	form.Action, form.Key = path+"/guests", newKey()
	v := views.Guests{
		Frame: s.frame(c, "guest.title", "Site", sheet.Site.Name), Form: form, Back: path, Base: sheet.Revision, Open: sheet.Roster.Open(),
		Codes: show.palette(),
	}
	for _, x := range sheet.Free {
		v.People = append(v.People, views.Choice{Value: string(x.ID), Label: x.Name + "(" + show.sites[x.HomeSite] + ")"})
	}
	for d := sheet.Roster.Period.First; d <= sheet.Roster.Period.Last; d++ {
		v.Days = append(v.Days, views.Choice{Value: d.String(), Label: c.text.Day(d)})
	}
	return s.page(c, code, views.GuestPage(v))
}
