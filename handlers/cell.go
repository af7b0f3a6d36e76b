package handlers

import (
	"net/http"
	"strconv"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// cellAddress reads which cell of which sheet the address names.
func (c *request) cellAddress() (app.Place, roster.Cell, error) {
	p, err := c.place()
	if err != nil {
		return p, roster.Cell{}, err
	}
	cell, ok := parseCell(c.Param("staff"), c.Param("cell"))
	if !ok {
		err = roster.Refuse(roster.NotFound, "error.text_404")
	}
	return p, cell, err
}

func (s *Server) getCell(c *request) error {
	p, cell, err := c.cellAddress()
	if err != nil {
		return err
	}
	return s.cellPage(c, http.StatusOK, p, cell, nil)
}

// postCell carries out one operation of the detail sheet. It is also the way without dragging and without script.
func (s *Server) postCell(c *request) error {
	p, cell, err := c.cellAddress()
	if err != nil {
		return err
	}
	view, err := s.app.Cell(c.ctx(), c.actor, p, cell)
	if err != nil {
		return err
	}
	done := app.Edited{}
	edit, err := c.formEdit(cell, view.Codes)
	if err == nil {
		done, err = s.app.EditRoster(c.ctx(), c.actor, app.Edits{
			Place: p, List: []roster.Edit{edit}, Base: int64(number(c.field("base"))), Key: c.key(),
		})
	}
	if faults, ok := s.faultsOf(c, err); ok {
		return s.cellPage(c, status(err), p, cell, faults)
	}
	if err != nil {
		return err
	}
	if !c.htmx() {
		return c.Redirect(http.StatusSeeOther, c.rosterPath(p.Site, p.Day))
	}
	toast := &saysToast{Kind: "ok", Msg: c.text.T("roster.saved"), Undo: edit.Op != roster.OpLock && edit.Op != roster.OpUnlock}
	return s.answerRegions(c, p, http.StatusOK, regionsOf(done), toast)
}

func (s *Server) cellPage(c *request, code int, p app.Place, cell roster.Cell, faults map[string]string) error {
	view, err := s.app.Cell(c.ctx(), c.actor, p, cell)
	if err != nil {
		return err
	}
	return s.page(c, code, views.CellSheetView(s.presentCell(c, view, faults), !c.htmx()))
}

func (s *Server) presentCell(c *request, v app.CellView, faults map[string]string) views.CellSheet {
	p := s.presenter(c, v.OpenSheet)
	x, _ := v.Person(v.Cell.Staff)
	out := views.CellSheet{
		Frame: s.frame(c, "cell.title", "Name", x.Name, "Day", v.Cell.Day), Path: c.rosterPath(v.Site.ID, v.Roster.Period.First),
		Name: x.Name, StaffID: string(x.ID), Day: v.Cell.Day, Locked: v.Locked[v.Cell], CanEdit: v.Roster.Open(), Codes: p.palette(),
		Base: v.Revision, History: p.history(c, v.History),
	}
	out.Cell = out.Path + "/cells/" + string(x.ID) + "/" + v.Cell.Day.String()
	for _, b := range v.Breaches(x.ID) {
		if b.Cell == v.Cell {
			out.Breaches = append(out.Breaches, p.breach(b))
		}
	}
	for _, y := range v.ShiftsOn(v.Cell) {
		out.Shifts = append(out.Shifts, p.shiftForm(c, y, faults))
	}
	out.Add = views.ShiftForm{Form: views.Form{Action: out.Cell, Values: map[string][]string{}}}
	if faults != nil && c.field("action") != "change" {
		out.Add.Values, out.Add.Faults = c.form, faults
	}
	for _, y := range v.Staff {
		out.Others = append(out.Others, views.Choice{Value: string(y.ID), Label: y.Name})
	}
	for d := v.Roster.Period.First; d <= v.Roster.Period.Last; d++ {
		out.Days = append(out.Days, views.Choice{Value: d.String(), Label: c.text.Day(d)})
	}
	return out
}

// shiftForm shows a shift as it is, or as it was typed when the form was refused.
func (p presenter) shiftForm(c *request, x roster.Shift, faults map[string]string) views.ShiftForm {
	f := views.ShiftForm{ShiftID: string(x.ID), Chip: p.chip(x), Label: p.chip(x).Label}
	f.Values = map[string][]string{"code": {string(x.Code)}, "break": {strconv.Itoa(int(x.Break))}, "note": {x.Note}}
	if !x.Span.Empty() {
		f.Values["start"], f.Values["end"] = []string{x.Span.Start.String()}, []string{x.Span.End.Clock()}
	}
	if x.Site != p.Site.ID {
		f.Away = p.sites[x.Site]
	}
	if faults != nil && c.field("action") == "change" && c.field("shift") == f.ShiftID {
		f.Values, f.Faults = c.form, faults
	}
	return f
}

func (p presenter) history(c *request, told []app.Told) []views.HistoryLine {
	var lines []views.HistoryLine
	for _, t := range told {
		for _, e := range t.Events {
			lines = append(lines, views.HistoryLine{When: c.when(t.Act.AtMs), Who: t.Act.Name, What: p.what(e)})
		}
	}
	return lines
}

// what tells an event of a cell as a sentence.
func (p presenter) what(e roster.Event) string {
	change, _ := e.ShiftChange()
	args := roster.Args{"Before": p.told(change.Before), "After": p.told(change.After)}
	return p.text.With("event."+e.Name, args)
}

func (p presenter) told(x *roster.Shift) string {
	if x == nil {
		return ""
	}
	return p.chip(*x).Label
}
