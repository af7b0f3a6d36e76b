package handlers

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// pastDays is how many days of the previous period stand to the left: chains cross the edge.
const pastDays = 5

// presenter turns a sheet into what is seen.
type presenter struct {
	app.OpenSheet
	text  views.Text
	codes map[roster.CodeID]*roster.Code
	sites map[roster.SiteID]string
	days  []views.DayHead
	chips map[roster.CodeID]views.Chip // of a shift with the code's own times
	frame views.Frame
	may   roster.Actor
	path  string
}

func (s *Server) presenter(c *request, sheet app.OpenSheet) presenter {
	p := presenter{
		OpenSheet: sheet, text: c.text, codes: map[roster.CodeID]*roster.Code{}, sites: map[roster.SiteID]string{},
		chips: map[roster.CodeID]views.Chip{}, may: c.actor, path: c.rosterPath(sheet.Site.ID, sheet.Roster.Period.First),
	}
	p.frame = s.frame(c, "roster.title", "Site", sheet.Site.Name, "Period", c.text.Period(sheet.Roster.Period))
	p.frame.Fluid, p.frame.Scripts = true, []string{"board.js"}
	for i := range sheet.Codes {
		x := &sheet.Codes[i]
		p.codes[x.ID] = x
		p.chips[x.ID] = views.Chip{Symbol: x.Symbol, Color: x.Color, Pattern: x.Pattern, Label: strings.TrimSpace(x.Name + " " + c.text.Span(x.Span))}
	}
	for _, x := range sheet.Sites {
		p.sites[x.ID] = x.Name
	}
	today := s.app.Today(sheet.Org)
	for d := sheet.Roster.Period.First - pastDays; d <= sheet.Roster.Period.Last; d++ {
		p.days = append(p.days, p.head(d, today))
	}
	return p
}

func (p *presenter) head(d, today roster.Day) views.DayHead {
	h := views.DayHead{Day: d, Weekday: p.text.Weekday(d.Weekday()), Holiday: p.Holidays[d], Past: d < p.Roster.Period.First, Today: d == today}
	switch {
	case h.Holiday != "":
		h.Kind = "hol"
	case d.Weekday() == 0:
		h.Kind = "sun"
	case d.Weekday() == 6:
		h.Kind = "sat"
	}
	return h
}

func (s *Server) presentSheet(c *request, sheet app.OpenSheet) views.Sheet {
	p := s.presenter(c, sheet)
	v := p.bar()
	v.Said = c.said()
	v.Palette, v.Days = p.palette(), p.days
	breaches := map[roster.StaffID][]roster.Breach{}
	for _, x := range sheet.Staff {
		breaches[x.ID] = sheet.Breaches(x.ID)
		v.Breaches += len(breaches[x.ID])
	}
	v.Groups = p.groups(breaches)
	v.Foot, v.Short = p.foot()
	p.neighbours(c, s, &v)
	return v
}

// bar is the head of the sheet: what the region "bar" shows.
func (p *presenter) bar() views.Sheet {
	subject := roster.Subject{Site: p.Site.ID}
	draws := roster.Can(p.may, roster.EditRoster, subject) == nil
	shown := p.Roster.State == roster.StatePublished || p.Roster.State == roster.StateClosed
	return views.Sheet{
		Frame: p.frame, Path: p.path, Revision: p.Revision, Key: newKey(),
		Site: p.Site.Name, Period: p.text.Period(p.Roster.Period), State: p.Roster.State, Version: p.Roster.Published, Unpublished: len(p.Changed),
		CanEdit: draws && p.Roster.Open(), CanLook: draws, Hidden: !draws && !shown,
		CanPublish: roster.Can(p.may, roster.PublishRoster, subject) == nil,
		OffWant:    cmp.Or(p.Roster.OffDays, p.Site.OffDays),
	}
}

// clock writes a time as it would be typed.
func (p *presenter) clock(m roster.Minutes) string {
	if p.text.Lang == "en" {
		return m.String()
	}
	return m.Clock()
}

func (p *presenter) neighbours(c *request, s *Server, v *views.Sheet) {
	period, start := p.Roster.Period, p.Site.StartDay
	v.Previous = c.rosterPath(p.Site.ID, period.Previous(start).First)
	v.Next = c.rosterPath(p.Site.ID, period.Next(start).First)
	today := s.app.Today(p.Org)
	v.Today = c.rosterPath(p.Site.ID, roster.PeriodOf(today, start).First)
	for _, x := range p.Sites {
		if x.Archived || roster.Can(c.actor, roster.ViewRoster, roster.Subject{Site: x.ID}) != nil {
			continue
		}
		v.Sites = append(v.Sites, views.Link{
			Href: c.rosterPath(x.ID, roster.PeriodOf(period.First+14, x.StartDay).First), Label: x.Name, Current: x.ID == p.Site.ID,
		})
	}
}

// palette holds the codes that are valid in the period.
func (p *presenter) palette() []views.PaletteCode {
	var list []views.PaletteCode
	for _, x := range p.Codes {
		if x.ValidOn(p.Roster.Period.First) || x.ValidOn(p.Roster.Period.Last) {
			v := views.PaletteCode{ID: string(x.ID), Symbol: x.Symbol, Name: x.Name, Time: p.text.Span(x.Span), Color: x.Color, Pattern: x.Pattern}
			if !x.Span.Empty() {
				v.Start, v.End, v.Break = p.clock(x.Span.Start), p.clock(x.Span.End), strconv.Itoa(int(x.Break))
			}
			list = append(list, v)
		}
	}
	views.Keys(list)
	return list
}

// groups puts people under their 職種; the sheet has ordered them.
func (p *presenter) groups(breaches map[roster.StaffID][]roster.Breach) []views.Group {
	names := map[roster.JobID]string{}
	for _, j := range p.Jobs {
		names[j.ID] = j.Name
	}
	var groups []views.Group
	last := roster.JobID("?")
	for _, x := range p.Staff {
		if job := x.MainJob(); job != last {
			groups = append(groups, views.Group{Name: cmp.Or(names[job], p.text.T("roster.no_job"))})
			last = job
		}
		g := &groups[len(groups)-1]
		g.Rows = append(g.Rows, p.row(x, breaches[x.ID]))
	}
	return groups
}

func (p *presenter) row(x roster.Staff, breaches []roster.Breach) views.Row {
	t := p.Totals(x.ID)
	r := views.Row{ID: string(x.ID), Name: x.Name, Sub: p.sub(x), Guest: x.HomeSite != p.Site.ID, Days: t.Days, Hours: t.Minutes.String(), Off: t.Off, Cells: make([]views.Cell, len(p.days))}
	list := p.seen(x.ID) // in the order of days: read along with them
	chips := p.rowChips(list)
	for i, d := range p.days {
		n := 0
		for n < len(list) && list[n].Day == d.Day {
			n++
		}
		r.Cells[i] = p.cell(roster.Cell{Staff: x.ID, Day: d.Day}, chips[:n:n], d.Past)
		list, chips = list[n:], chips[n:]
	}
	for _, b := range breaches {
		i := int(b.Cell.Day - p.days[0].Day)
		r.Cells[i].Breaches = append(r.Cells[i].Breaches, p.breach(b))
		r.Cells[i].Hard = r.Cells[i].Hard || b.Hard
	}
	return r
}

func (p *presenter) breach(b roster.Breach) string {
	return p.text.With("breach."+string(b.Rule), b.Args)
}

// sub says how a person belongs here: 応援, class, or 常勤 / 非常勤.
func (p *presenter) sub(x roster.Staff) string {
	if x.HomeSite != p.Site.ID {
		return p.text.T("roster.guest", "Site", p.sites[x.HomeSite])
	}
	if x.Class != roster.ClassRegular {
		return p.text.T("class." + string(x.Class))
	}
	if ct, ok := roster.ContractOn(p.Contracts[x.ID], p.Roster.Period.Last); ok && !ct.FullTime {
		return p.text.T("contract.part")
	}
	return p.text.T("contract.full")
}

// seen are a person's shifts on the days that are drawn.
func (p *presenter) seen(id roster.StaffID) []roster.Shift {
	list, first, last := p.Shifts[id], p.days[0].Day, p.days[len(p.days)-1].Day
	for len(list) > 0 && list[0].Day < first {
		list = list[1:]
	}
	for len(list) > 0 && list[len(list)-1].Day > last {
		list = list[:len(list)-1]
	}
	return list
}

func (p *presenter) rowChips(list []roster.Shift) []views.Chip {
	chips := make([]views.Chip, len(list)) // of all cells in one piece of memory
	for i := range list {
		chips[i] = p.chip(&list[i])
	}
	return chips
}

func (p *presenter) cell(c roster.Cell, chips []views.Chip, past bool) views.Cell {
	return views.Cell{
		Past: past, Changed: p.Changed[c], Locked: p.Locked[c], Chips: chips,
		AfterNight: len(chips) == 0 && p.AfterNight(c),
	}
}

func (p *presenter) chip(x *roster.Shift) views.Chip {
	v := p.chips[x.Code]
	v.Note, v.Pending, v.Away = x.Note != "", x.Approval == roster.Pending, x.Site != p.Site.ID
	code := p.codes[x.Code]
	if code == nil {
		code = &roster.Code{} // told of in the history, removed since
	}
	if x.Span != code.Span || x.Break != code.Break {
		v.Own, v.Label = true, strings.TrimSpace(code.Name+" "+p.text.Span(x.Span))
	}
	if v.Away {
		v.Label += " " + p.sites[x.Site]
	}
	return v
}

func (p *presenter) foot() (rows []views.FootRow, short int) {
	codes := p.CoverCodes()
	rows = make([]views.FootRow, len(codes))
	for i, x := range codes {
		rows[i] = views.FootRow{ID: string(x.ID), Symbol: x.Symbol, Name: x.Name, Color: x.Color, Pattern: x.Pattern, Cells: make([]views.FootCell, len(p.days))}
	}
	for k, d := range p.days {
		if d.Past {
			for i := range rows {
				rows[i].Cells[k].Past = true
			}
			continue
		}
		for i, x := range p.Coverage(d.Day) {
			rows[i].Cells[k] = footCell(x)
			short += x.Short()
		}
	}
	return rows, short
}

func footCell(x roster.Cover) views.FootCell {
	return views.FootCell{Have: x.Have, Want: x.Want, Asked: x.Asked}
}

// drawRegions draws the named parts by the same components as the page.
func (s *Server) drawRegions(c *request, sheet app.OpenSheet, want wanted) templ.Component {
	p := s.presenter(c, sheet)
	bar := p.bar()
	var parts []templ.Component
	for _, id := range want.staff {
		if x, ok := sheet.Person(id); ok {
			parts = append(parts, views.RosterRowPartial(bar, p.row(x, sheet.Breaches(id))))
		} else { // a guest who does not help here any more
			parts = append(parts, views.RosterRowGone(string(id)))
		}
	}
	for _, d := range want.days {
		if sheet.Roster.Period.Contains(d) {
			parts = append(parts, views.RosterDayPartials(c.text, int(d-p.days[0].Day), p.dayFoot(sheet.Coverage(d))))
		}
	}
	if want.bar {
		parts = append(parts, views.RosterBarPartial(bar))
	}
	return templ.Join(parts...)
}

func (p *presenter) dayFoot(cover []roster.Cover) []views.FootRow {
	rows := make([]views.FootRow, len(cover))
	for i, x := range cover {
		rows[i] = views.FootRow{ID: string(x.Code), Cells: []views.FootCell{footCell(x)}}
	}
	return rows
}

func presentBreaches(t views.Text, sheet app.OpenSheet, path string) []views.BreachLine {
	var lines []views.BreachLine
	for _, b := range sheet.AllBreaches() {
		x, _ := sheet.Person(b.Cell.Staff)
		lines = append(lines, views.BreachLine{
			Staff: x.Name, StaffID: string(x.ID), Day: b.Cell.Day.String(), DayText: t.Day(b.Cell.Day),
			Text: t.With("breach."+string(b.Rule), b.Args), Hard: b.Hard, Href: path + "/cells/" + string(x.ID) + "/" + b.Cell.Day.String(),
		})
	}
	return append(lines, presentShort(t, sheet, path)...)
}

// presentShort lists the days on which people are missing.
func presentShort(t views.Text, sheet app.OpenSheet, path string) []views.BreachLine {
	var lines []views.BreachLine
	for d := sheet.Roster.Period.First; d <= sheet.Roster.Period.Last; d++ {
		for _, x := range sheet.Coverage(d) {
			if x.Short() == 0 {
				continue
			}
			code, _ := sheet.Code(x.Code)
			lines = append(lines, views.BreachLine{
				Day: d.String(), DayText: t.Day(d), Text: t.T("breach.short", "Code", code.Name, "Have", x.Have, "Want", x.Want), Href: path,
			})
		}
	}
	return lines
}
