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

// getCellPick leads to the cell that a form names: the way without script.
func (s *Server) getCellPick(c *request) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	cell, ok := parseCell(c.QueryParam("staff"), c.QueryParam("day"))
	if !ok {
		return roster.Refuse(roster.NotFound, "error.text_404")
	}
	return c.Redirect(http.StatusSeeOther, c.rosterPath(p.Site, p.Day)+"/cells/"+string(cell.Staff)+"/"+cell.Day.String())
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
			Place: p, List: []roster.Edit{edit}, Base: c.baseRevision(), Key: c.key(),
		})
	}
	err = s.orAway(c, err)
	if faults, ok := s.faultsOf(c, err); ok {
		return s.cellPage(c, status(err), p, cell, faults)
	}
	if err != nil {
		return err
	}
	if !c.htmx() {
		return c.Redirect(http.StatusSeeOther, c.rosterPath(p.Site, p.Day)+"?said=saved")
	}
	toast := &saysToast{Kind: "ok", Msg: c.text.T("roster.saved"), Undo: edit.Op != roster.OpLock && edit.Op != roster.OpUnlock}
	return s.answerFresh(c, p, http.StatusOK, regionsOf(done), says{Toast: toast, Close: &struct{}{}})
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
	frame := s.frame(c, "cell.title", "Name", x.Name, "Day", v.Cell.Day)
	frame.Scripts = p.frame.Scripts
	out := views.CellSheet{
		Frame: frame, Path: c.rosterPath(v.Site.ID, v.Roster.Period.First),
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
		out.Shifts = append(out.Shifts, p.shiftForm(y))
	}
	out.Add = views.ShiftForm{Form: cellForm(nil)}
	out.Move = cellForm(map[string][]string{"to_staff": {string(x.ID)}, "to_day": {v.Cell.Day.String()}})
	out.Lock = cellForm(nil)
	c.putFaults(&out, faults)
	for _, y := range v.Staff {
		out.Others = append(out.Others, views.Choice{Value: string(y.ID), Label: y.Name})
	}
	for d := v.Roster.Period.First; d <= v.Roster.Period.Last; d++ {
		out.Days = append(out.Days, views.Choice{Value: d.String(), Label: c.text.Day(d)})
	}
	return out
}

// cellForm is a form of the detail sheet with a key of its own.
func cellForm(values map[string][]string) views.Form {
	return views.Form{Values: values, Key: newKey()}
}

// putFaults shows a refusal in the form that was refused, with what was typed; without such a form at the head of the sheet.
func (c *request) putFaults(out *views.CellSheet, faults map[string]string) {
	if faults == nil {
		return
	}
	form := &out.Top
	switch action := roster.Op(c.field("action")); action {
	case roster.OpAdd:
		form = &out.Add.Form
	case roster.OpMove, roster.OpCopy:
		form = &out.Move
	case roster.OpChange, roster.OpRemove:
		for i := range out.Shifts {
			if out.Shifts[i].ShiftID == c.field("shift") && out.Shifts[i].Away == "" {
				form = &out.Shifts[i].Form
			}
		}
	}
	form.Values, form.Faults = c.form, faults
}

// shiftForm shows a shift as it is.
func (p *presenter) shiftForm(x roster.Shift) views.ShiftForm {
	f := views.ShiftForm{ShiftID: string(x.ID), Chip: p.chip(&x), Label: p.chip(&x).Label}
	f.Form = cellForm(map[string][]string{"code": {string(x.Code)}, "shown": {string(x.Code)}, "note": {x.Note}})
	if !x.Span.Empty() {
		f.Values["start"], f.Values["end"] = []string{p.clock(x.Span.Start)}, []string{p.clock(x.Span.End)}
		f.Values["break"] = []string{strconv.Itoa(int(x.Break))}
	}
	if x.Site != p.Site.ID {
		f.Away = p.sites[x.Site]
	}
	return f
}

func (p *presenter) history(c *request, told []app.Told) []views.HistoryLine {
	var lines []views.HistoryLine
	for _, t := range told {
		for _, e := range t.Events {
			lines = append(lines, views.HistoryLine{When: c.when(t.Act.AtMs), Who: t.Act.Name, What: p.what(e)})
		}
	}
	return lines
}

// what tells an event of a cell as a sentence.
func (p *presenter) what(e roster.Event) string {
	change, _ := e.ShiftChange()
	args := roster.Args{"Before": p.told(change.Before), "After": p.told(change.After)}
	return p.text.With("event."+e.Name, args)
}

func (p *presenter) told(x *roster.Shift) string {
	if x == nil {
		return ""
	}
	return p.chip(x).Label
}
