package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// needDays are the columns of the table: every day, Monday to Sunday, holidays.
var needDays = [...]int{roster.EveryDay, 1, 2, 3, 4, 5, 6, 0, roster.HolidayDay}

// newNeeds is how many dates can be added at once.
const newNeeds = 3

// getNeedsHome leads to the first site.
func (s *Server) getNeedsHome(c *request) error {
	sites, err := s.app.Sites(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	if len(sites) == 0 {
		return s.page(c, http.StatusOK, views.NoNeeds(s.frame(c, "menu.needs")))
	}
	return s.goTo(c, c.base()+"/needs/"+string(sites[0].ID))
}

func (s *Server) getNeeds(c *request) error { return s.needsPage(c, http.StatusOK, nil) }

// postNeeds keeps every changed number in one act.
func (s *Server) postNeeds(c *request) error {
	return s.answer(c, s.saveNeeds(c), "/needs/"+c.Param("site"), "saved", func(code int, refusal error) error { return s.needsPage(c, code, refusal) })
}

func (s *Server) saveNeeds(c *request) error {
	d := c.draft()
	p, err := s.openNeeds(c)
	if err != nil {
		return err
	}
	var wanted []roster.Need
	for _, x := range p.codes {
		for _, weekday := range needDays {
			name := needField(x.ID, weekday)
			if _, sent := c.form[name]; sent {
				wanted = append(wanted, roster.Need{Code: x.ID, Weekday: weekday, Count: d.count(name, c.field(name))})
			}
		}
	}
	for _, n := range p.have {
		if name := dateField(n); n.Day != 0 && len(c.form[name]) > 0 {
			wanted = append(wanted, roster.Need{Code: n.Code, Weekday: n.Weekday, Day: n.Day, Count: d.count(name, c.field(name))})
		}
	}
	wanted = append(wanted, d.newNeeds(p)...)
	if err := d.faults.Err(); err != nil {
		return err
	}
	return s.app.SaveNeeds(c.ctx(), c.actor, p.site.ID, wanted, c.field("version"), c.onceKey())
}

// count reads a number of people; nothing is -1, which takes the number away.
func (d *draft) count(field, text string) int {
	text = strings.TrimSpace(norm.NFKC.String(text))
	if text == "" {
		return -1
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 200 {
		d.faults.Add(field, roster.Refuse(roster.Invalid, "error.need_count"))
	}
	return n
}

// newNeeds reads the rows of dates to add; empty rows are left out.
func (d *draft) newNeeds(p needs) []roster.Need {
	var list []roster.Need
	for _, row := range d.c.newNeedRows() {
		if row == (views.NewNeed{}) {
			continue
		}
		day, err := roster.ParseDay(row.Day)
		d.faults.Add("new", err)
		n := roster.Need{Code: roster.CodeID(row.Code), Weekday: roster.EveryDay, Day: day, Count: d.count("new", row.Count)}
		if n.Count < 0 || !slices.ContainsFunc(p.codes, func(x roster.Code) bool { return x.ID == n.Code }) {
			d.faults.Add("new", roster.Refuse(roster.Invalid, "error.need_row"))
		}
		for _, old := range p.have { // one number a date: a second one would be a rival
			if old.Code == n.Code && old.Day == n.Day {
				n.Weekday = old.Weekday
			}
		}
		list = append(list, n)
	}
	return list
}

func (c *request) newNeedRows() []views.NewNeed {
	var rows []views.NewNeed
	at := func(name string, i int) string {
		if i < len(c.form[name]) {
			return strings.TrimSpace(c.form[name][i])
		}
		return ""
	}
	for i := range min(max(len(c.form["day"]), newNeeds), 20) {
		rows = append(rows, views.NewNeed{Day: at("day", i), Code: at("code", i), Count: at("count", i)})
	}
	return rows
}

// needs is what the page about a site's numbers knows.
type needs struct {
	site  roster.Site
	sites []roster.Site
	codes []roster.Code // those that are counted
	all   []roster.Code
	have  []roster.Need
}

// openNeeds reads it; a site of others is not found.
func (s *Server) openNeeds(c *request) (p needs, err error) {
	if p.sites, err = s.app.Sites(c.ctx(), c.actor); err != nil {
		return p, err
	}
	i := slices.IndexFunc(p.sites, func(x roster.Site) bool { return string(x.ID) == c.Param("site") })
	if i < 0 {
		return p, roster.Refuse(roster.NotFound, "error.text_404")
	}
	p.site = p.sites[i]
	if p.have, err = s.app.Needs(c.ctx(), c.actor, p.site.ID); err != nil {
		return p, err
	}
	if p.all, err = s.app.Codes(c.ctx(), c.actor); err != nil {
		return p, err
	}
	today := s.app.Today(c.org)
	for _, x := range p.all {
		asked := slices.ContainsFunc(p.have, func(n roster.Need) bool { return n.Code == x.ID })
		over := x.ValidTo != 0 && x.ValidTo < today
		if asked || !over && x.Kind.NeedsTimes() && x.Kind != roster.KindHalf {
			p.codes = append(p.codes, x)
		}
	}
	return p, nil
}

func needField(code roster.CodeID, weekday int) string {
	return "n." + string(code) + "." + strconv.Itoa(weekday)
}

func dateField(n roster.Need) string { return "d." + string(n.Code) + "." + n.Day.String() }

func (s *Server) needsPage(c *request, code int, refusal error) error {
	p, err := s.openNeeds(c)
	if err != nil {
		return err
	}
	v := views.Needs{Frame: s.frame(c, "need.title", "Site", p.site.Name)}
	v.Form = s.formOf(c, "/needs/"+string(p.site.ID), needValues(p.have), refusal)
	v.NewNote = v.Form.Faults["new"]
	for _, x := range p.sites {
		v.Sites = append(v.Sites, views.Link{Href: c.base() + "/needs/" + string(x.ID), Label: x.Name, Current: x.ID == p.site.ID})
	}
	for _, day := range needDays {
		v.Heads = append(v.Heads, c.needHead(day))
	}
	for _, x := range p.codes {
		row := views.NeedRow{Symbol: x.Symbol, Name: x.Name, Color: x.Color, Pattern: x.Pattern}
		for i, day := range needDays {
			row.Cells = append(row.Cells, c.needCell(v.Form, needField(x.ID, day), x.Name, v.Heads[i]))
		}
		v.Rows = append(v.Rows, row)
		v.Codes = append(v.Codes, views.Choice{Value: string(x.ID), Label: x.Symbol + " " + x.Name})
	}
	v.Dates = c.needDates(v.Form, p, s.app.Today(c.org))
	v.New = c.newNeedRows()
	return s.page(c, code, views.NeedsPage(v))
}

func (c *request) needHead(day int) string {
	switch day {
	case roster.EveryDay:
		return c.text.T("need.every")
	case roster.HolidayDay:
		return c.text.T("need.holiday")
	}
	return c.text.Weekday((roster.MakeDay(2024, 1, 7) + roster.Day(day)).Weekday())
}

func (c *request) needCell(form views.Form, field, code, day string) views.NeedCell {
	return views.NeedCell{Name: field, Label: c.text.T("need.cell", "Code", code, "Day", day), Value: form.Value(field), Fault: form.Faults[field]}
}

// needDates lists the dates that are still of use: those of the last month and later.
func (c *request) needDates(form views.Form, p needs, today roster.Day) []views.NeedDate {
	var list []views.NeedDate
	have := slices.Clone(p.have)
	slices.SortStableFunc(have, func(a, b roster.Need) int { return int(a.Day - b.Day) })
	for _, n := range have {
		i := slices.IndexFunc(p.all, func(x roster.Code) bool { return x.ID == n.Code })
		if n.Day == 0 || n.Day < today-31 || i < 0 {
			continue
		}
		x, day := p.all[i], c.text.Day(n.Day)
		list = append(list, views.NeedDate{
			Day: day, Symbol: x.Symbol, Code: x.Name, Color: x.Color, Pattern: x.Pattern, Cell: c.needCell(form, dateField(n), x.Name, day),
		})
	}
	return list
}

func needValues(have []roster.Need) map[string][]string {
	v := map[string][]string{"version": one(app.NeedsMark(have))}
	for _, n := range have {
		field := needField(n.Code, n.Weekday)
		if n.Day != 0 {
			field = dateField(n)
		}
		v[field] = one(strconv.Itoa(n.Count))
	}
	return v
}
