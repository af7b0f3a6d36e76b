package handlers

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"wakakusa/roster"
	"wakakusa/views"
)

// getHolidays lists a year: what the law says, corrected by what the organisation says.
func (s *Server) getHolidays(c *request) error {
	own, err := s.app.OwnHolidays(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	year, _, _ := s.app.Today(c.org).Date()
	if n := number(c.QueryParam("year")); n >= 1970 && n <= 2050 {
		year = n
	}
	v := views.Holidays{Frame: s.frame(c, "menu.holidays"), Year: c.text.T("holiday.year_n", "Year", strconv.Itoa(year))}
	list := func(y int) string { return c.base() + "/holidays?year=" + strconv.Itoa(y) }
	v.Previous, v.Next = list(max(year-1, 1970)), list(min(year+1, 2050))
	p := roster.Period{First: roster.MakeDay(year, time.January, 1), Last: roster.MakeDay(year, time.December, 31)}
	v.Lines = c.holidayLines(p, own)
	return s.page(c, http.StatusOK, views.HolidaysPage(v))
}

func (c *request) holidayLines(p roster.Period, own []roster.Holiday) []views.HolidayLine {
	national := roster.Holidays(p, nil)
	days := map[roster.Day]views.HolidayLine{}
	for d, name := range national {
		days[d] = views.HolidayLine{Href: c.base() + "/holidays/new?day=" + d.String(), Name: name, Action: c.text.T("holiday.change")}
	}
	for _, h := range own {
		if p.Contains(h.Day) {
			days[h.Day] = views.HolidayLine{
				Href: c.base() + "/holidays/" + string(h.ID), Name: h.Name, Own: true, Working: h.Working, National: cmp.Or(national[h.Day], h.Name),
				Action: c.text.T("holiday.edit_short"),
			}
		}
	}
	var lines []views.HolidayLine
	for d := p.First; d <= p.Last; d++ {
		if x, ok := days[d]; ok {
			x.Day, x.Weekend = c.text.Day(d), weekend(d)
			lines = append(lines, x)
		}
	}
	return lines
}

func weekend(d roster.Day) string {
	switch d.Weekday() {
	case time.Saturday:
		return "sat"
	case time.Sunday:
		return "sun"
	}
	return ""
}

func (s *Server) getHoliday(c *request) error { return s.holidayPage(c, http.StatusOK, nil) }

// postHoliday adds, changes or removes an own day.
func (s *Server) postHoliday(c *request) error {
	err := s.saveHoliday(c)
	if err != nil || c.removes() {
		return s.answer(c, err, "/holidays", c.didWhat("holiday"), func(code int, refusal error) error { return s.holidayPage(c, code, refusal) })
	}
	year, _, _ := (&draft{c: c}).day("day").Date()
	return s.goTo(c, c.base()+"/holidays?year="+strconv.Itoa(year)+"&done="+c.didWhat("holiday"))
}

func (s *Server) saveHoliday(c *request) error {
	d := c.draft()
	x := roster.Holiday{Day: d.day("day"), Name: d.text("name"), Working: d.text("working") == "1"}
	if id := c.Param("holiday"); id != adding {
		x.ID, x.Version = roster.HolidayID(id), d.version()
	}
	if c.removes() {
		return s.app.RemoveHoliday(c.ctx(), c.actor, x.ID, x.Version, c.onceKey())
	}
	d.check(x.Check())
	if x.Working && len(roster.Holidays(roster.Period{First: x.Day, Last: x.Day}, nil)) == 0 {
		d.check(roster.Refuse(roster.Invalid, "error.no_national_holiday").On("working"))
	}
	if err := d.faults.Err(); err != nil {
		return err
	}
	_, err := s.app.SaveHoliday(c.ctx(), c.actor, x, c.onceKey())
	return err
}

func (s *Server) holidayPage(c *request, code int, refusal error) error {
	own, err := s.app.OwnHolidays(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	id := c.Param("holiday")
	x, title := roster.Holiday{}, "holiday.edit"
	v := views.HolidayForm{New: id == adding, Back: c.base() + "/holidays"}
	if v.New {
		title = "holiday.add"
		if d, err := roster.ParseDay(c.QueryParam("day")); err == nil {
			x.Day, x.Name = d, roster.Holidays(roster.Period{First: d, Last: d}, nil)[d]
			x.Working = x.Name != ""
		}
	} else {
		i := slices.IndexFunc(own, func(h roster.Holiday) bool { return string(h.ID) == id })
		if i < 0 {
			return roster.Refuse(roster.NotFound, "error.text_404")
		}
		x = own[i]
	}
	if x.Day != 0 {
		year, _, _ := x.Day.Date()
		v.Back += "?year=" + strconv.Itoa(year)
	}
	v.Frame = s.frame(c, title, "Name", x.Name)
	working := "0"
	if x.Working {
		working = "1"
	}
	v.Form = s.formOf(c, "/holidays/"+id, map[string][]string{
		"version": one(strconv.FormatInt(x.Version, 10)), "day": one(dayValue(x.Day)), "name": one(x.Name), "working": one(working),
	}, refusal)
	return s.page(c, code, views.HolidayPage(v))
}
