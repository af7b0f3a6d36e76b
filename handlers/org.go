package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"wakakusa/roster"
	"wakakusa/views"
)

func (s *Server) getSettings(c *request) error { return s.orgPage(c, http.StatusOK, nil) }

// postSettings changes the organisation.
func (s *Server) postSettings(c *request) error {
	years := number(c.field("retain_years"))
	fewer := years >= roster.RetainLeast && years < c.org.Settings.WithDefaults().RetainYears // people would be erased earlier, for good
	if ((c.field("second_factor") != "") != c.org.Settings.SecondFactor || fewer) && !c.proved() {
		return s.askProof(c, http.StatusForbidden, nil)
	}
	return s.answer(c, s.saveOrg(c), "/settings", "saved", func(code int, refusal error) error { return s.orgPage(c, code, refusal) })
}

func (s *Server) saveOrg(c *request) error {
	d := c.draft()
	x, err := s.app.Org(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	x.Name, x.Language, x.Timezone, x.Version = d.text("name"), d.text("language"), d.text("timezone"), d.version()
	x.Settings.WeekStart = time.Weekday(d.within("week_start", 0, 6, "error.choice"))
	x.Settings.WeekHours = d.within("week_hours", 40, 44, "error.choice")
	x.Settings.RestHours = d.within("rest_hours", 1, 24, "error.whole_hours")
	x.Settings.RunDays = d.within("run_days", 1, 31, "error.run_days")
	x.Settings.RetainYears = d.within("retain_years", roster.RetainLeast, roster.RetainMost, "error.retain_years")
	x.Settings.SecondFactor = d.flag("second_factor")
	x.Settings.Sees = map[roster.Class][]roster.Class{}
	for _, viewer := range roster.Classes {
		x.Settings.Sees[viewer] = []roster.Class{}
		for _, other := range roster.Classes {
			if slices.Contains(c.form["sees"], seesValue(viewer, other)) {
				x.Settings.Sees[viewer] = append(x.Settings.Sees[viewer], other)
			}
		}
	}
	d.check(x.Check())
	if err := d.faults.Err(); err != nil {
		return err
	}
	_, err = s.app.SaveOrg(c.ctx(), c.actor, x, c.onceKey())
	return err
}

// postClearCache makes every server read everything of the organisation anew.
func (s *Server) postClearCache(c *request) error {
	err := s.app.ClearCache(c.ctx(), c.actor, c.key())
	return s.answer(c, err, "/settings", "cleared", func(code int, refusal error) error { return s.orgPage(c, code, refusal) })
}

// within reads a number that must lie between two others.
func (d *draft) within(name string, low, high int, key string) int {
	n, err := strconv.Atoi(d.plain(name))
	if err != nil || n < low || n > high {
		d.check(roster.Refuse(roster.Invalid, key).On(name))
		return low
	}
	return n
}

func seesValue(viewer, other roster.Class) string { return string(viewer) + "." + string(other) }

func (s *Server) orgPage(c *request, code int, refusal error) error {
	x, err := s.app.Org(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	v := views.OrgForm{
		Frame: s.frame(c, "org.title"), Address: c.base() + "/",
		Languages: []views.Choice{{Value: "ja", Label: "日本語"}, {Value: "en", Label: "English"}},
	}
	set := x.Settings.WithDefaults()
	now := map[string][]string{
		"version": one(strconv.FormatInt(x.Version, 10)), "name": one(x.Name), "language": one(x.Language), "timezone": one(x.Timezone),
		"week_start": one(strconv.Itoa(int(set.WeekStart))), "week_hours": one(strconv.Itoa(set.WeekHours)),
		"second_factor": one(tickValue(set.SecondFactor)), "rest_hours": one(strconv.Itoa(set.RestHours)), "run_days": one(strconv.Itoa(set.RunDays)),
		"retain_years": one(strconv.Itoa(set.RetainYears)),
	}
	for day := range 7 {
		v.Weekdays = append(v.Weekdays, views.Choice{Value: strconv.Itoa(day), Label: c.text.T("weekday." + strconv.Itoa(day))})
	}
	for _, h := range []int{40, 44} {
		v.WeekHours = append(v.WeekHours, views.Choice{Value: strconv.Itoa(h), Label: c.text.T("org.hours", "Hours", h)})
	}
	for _, viewer := range roster.Classes {
		name := c.text.T("class." + string(viewer))
		v.Heads = append(v.Heads, c.text.T("org.seen", "Class", name))
		row := views.SeesRow{Viewer: name}
		for _, other := range roster.Classes {
			value := seesValue(viewer, other)
			row.Cells = append(row.Cells, views.Choice{Value: value, Label: c.text.T("org.sees_cell", "Viewer", name, "Other", c.text.T("class."+string(other)))})
			if set.CanSee(viewer, other) {
				now["sees"] = append(now["sees"], value)
			}
		}
		v.Sees = append(v.Sees, row)
	}
	v.Form = s.formOf(c, "/settings", now, refusal)
	v.Cache = views.Form{Action: c.base() + "/settings/cache", Key: newKey()}
	return s.page(c, code, views.OrgPage(v))
}
