package handlers

import (
	"cmp"
	"net/http"
	"slices"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// ownPeriod is the month of ?month=2026-12-01, or the present one.
func (s *Server) ownPeriod(c *request) roster.Period {
	d, err := roster.ParseDay(c.QueryParam("month"))
	if err != nil {
		d = s.app.Today(c.org)
	}
	return roster.PeriodOf(d, 1)
}

// getMe is the first thing staff see: the next shift, then the days ahead.
func (s *Server) getMe(c *request) error {
	today := s.app.Today(c.org)
	own, err := s.app.Own(c.ctx(), c.actor, roster.Period{First: today, Last: today + 13})
	if err != nil {
		return err
	}
	month, err := s.app.Own(c.ctx(), c.actor, roster.PeriodOf(today, 1))
	if err != nil {
		return err
	}
	v := views.Me{Frame: s.frame(c, "menu.me"), Days: presentDays(c, own), Month: presentTotals(c, month)}
	if own.Next != nil {
		day := presentDay(c, own, own.Next.Day, []roster.Shift{*own.Next})
		v.Next = &day
	}
	return s.page(c, http.StatusOK, views.MePage(v))
}

// getMyCalendar shows a month as calendar and list.
func (s *Server) getMyCalendar(c *request) error {
	p := s.ownPeriod(c)
	own, err := s.app.Own(c.ctx(), c.actor, p)
	if err != nil {
		return err
	}
	v := views.MyCalendar{
		Frame: s.frame(c, "menu.calendar"), Title: c.text.Month(p.First), Days: presentDays(c, own), Totals: presentTotals(c, own),
		Lead:     (int(p.First.Weekday()) + 6) % 7,
		Previous: c.base() + "/me/calendar?month=" + p.Previous(1).First.String(), Next: c.base() + "/me/calendar?month=" + p.Next(1).First.String(),
		Published: len(own.Rosters) > 0,
	}
	for i := range 7 {
		v.Weekdays = append(v.Weekdays, c.text.Weekday((roster.MakeDay(2024, 1, 1) + roster.Day(i)).Weekday()))
	}
	return s.page(c, http.StatusOK, views.MyCalendarPage(v))
}

// getMyDay shows who works with the person on a day, as far as they may see.
func (s *Server) getMyDay(c *request) error {
	d, err := roster.ParseDay(c.Param("day"))
	if err != nil {
		return roster.Refuse(roster.NotFound, "error.text_404")
	}
	day, err := s.app.OwnDay(c.ctx(), c.actor, d)
	if err != nil {
		return err
	}
	own := app.OwnView{Org: day.Org, Today: day.Today, Codes: day.Codes, Sites: day.Sites}
	v := views.MyDay{
		Frame: s.frame(c, "me.day_title", "Day", d), Own: presentDay(c, own, d, day.Own), Site: day.Site.Name,
		Previous: c.base() + "/me/days/" + (d - 1).String(), Next: c.base() + "/me/days/" + (d + 1).String(),
	}
	v.Working, v.Off = presentColleagues(c, day)
	return s.page(c, http.StatusOK, views.MyDayPage(v))
}

func presentDays(c *request, own app.OwnView) []views.OwnDay {
	by := map[roster.Day][]roster.Shift{}
	for _, x := range own.Shifts {
		by[x.Day] = append(by[x.Day], x)
	}
	var days []views.OwnDay
	for d := own.Period.First; d <= own.Period.Last; d++ {
		days = append(days, presentDay(c, own, d, by[d]))
	}
	return days
}

func presentDay(c *request, own app.OwnView, d roster.Day, list []roster.Shift) views.OwnDay {
	_, _, dom := d.Date()
	v := views.OwnDay{
		Href: c.base() + "/me/days/" + d.String(), Day: c.text.Day(d), Number: dom, Weekday: c.text.Weekday(d.Weekday()),
		Holiday: own.Holidays[d], Today: d == own.Today, Past: d < own.Today, Tomorrow: d == own.Today+1,
		Known: slices.ContainsFunc(own.Rosters, func(r roster.Roster) bool { return r.Period.Contains(d) }),
	}
	switch {
	case v.Holiday != "" || d.Weekday() == 0:
		v.Kind = "sun"
	case d.Weekday() == 6:
		v.Kind = "sat"
	}
	for _, x := range list {
		v.Shifts = append(v.Shifts, presentOwn(c, own, x))
	}
	return v
}

func presentOwn(c *request, own app.OwnView, x roster.Shift) views.OwnShift {
	code := own.Codes[x.Code]
	v := views.OwnShift{
		Chip: views.Chip{Symbol: code.Symbol, Color: code.Color, Pattern: code.Pattern, Label: code.Name}, Name: code.Name,
		Time: c.text.Span(x.Span), Site: own.Sites[x.Site].Name, Note: x.Note, Off: code.Kind.DayOff(),
	}
	if x.Break > 0 {
		v.Break = c.text.T("me.break", "Minutes", int(x.Break))
	}
	return v
}

// presentTotals counts a month as it is published.
func presentTotals(c *request, own app.OwnView) views.OwnTotals {
	sheet := roster.Sheet{Roster: roster.Roster{Period: own.Period}, Shifts: map[roster.StaffID][]roster.Shift{own.Staff.ID: own.Shifts}}
	for _, x := range own.Codes {
		sheet.Codes = append(sheet.Codes, x)
	}
	t := sheet.Totals(own.Staff.ID)
	return views.OwnTotals{Title: c.text.T("me.totals", "Month", c.text.Month(own.Period.First)), Days: t.Days, Hours: t.Minutes.String(), Off: t.Off}
}

func presentColleagues(c *request, day app.DayView) (working, off []views.Colleague) {
	slices.SortStableFunc(day.Others, byStart)
	for _, x := range day.Others {
		v := views.Colleague{Name: x.Staff.Name}
		if x.Off {
			off = append(off, v)
			continue
		}
		code := day.Codes[x.Shift.Code]
		v.Chip = views.Chip{Symbol: code.Symbol, Color: code.Color, Pattern: code.Pattern, Label: code.Name}
		v.Time = c.text.Span(x.Shift.Span)
		working = append(working, v)
	}
	return working, off
}

// byStart puts who begins first first; days without times, like the one after a night, come last.
func byStart(a, b app.Colleague) int {
	start := func(c app.Colleague) roster.Minutes {
		if c.Shift.Span.Empty() {
			return 48 * 60
		}
		return c.Shift.Span.Start
	}
	return cmp.Compare(start(a), start(b))
}
