package handlers

import (
	"strconv"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// postContract adds, changes or removes a contract of a person.
func (s *Server) postContract(c *request) error {
	done := c.didWhat("contract")
	return s.answer(c, s.saveContract(c), "/staff/"+c.Param("staff"), done, func(code int, refusal error) error { return s.staffPage(c, code, refusal) })
}

func (s *Server) saveContract(c *request) error {
	d := c.draft()
	if _, err := s.app.Person(c.ctx(), c.actor, roster.StaffID(c.Param("staff"))); err != nil {
		return err
	}
	x := roster.Contract{
		Staff: roster.StaffID(c.Param("staff")), From: d.day("from"), To: d.day("to"), FullTime: d.text("full_time") == "1",
		Exclusive: d.text("exclusive") == "1", Weekly: d.hours("weekly"), WeeklyMax: d.hours("weekly_max"), WeekDays: d.number("week_days"),
		NoNight: d.flag("no_night"),
	}
	if id := c.Param("contract"); id != adding {
		x.ID, x.Version = roster.ContractID(id), d.version()
	}
	if c.removes() {
		return s.app.RemoveContract(c.ctx(), c.actor, x, c.onceKey())
	}
	d.check(x.Check())
	if err := d.faults.Err(); err != nil {
		return err
	}
	_, err := s.app.SaveContract(c.ctx(), c.actor, x, c.onceKey())
	return err
}

// fillContracts lists the contracts, the newest first, and an empty form for one more.
func (s *Server) fillContracts(c *request, v *views.StaffForm, p app.Person, posted string, refusal error) {
	now, covered := roster.ContractOn(p.Contracts, s.app.Today(c.org))
	add := func(id string, x roster.Contract) {
		f := views.ContractForm{New: id == adding, Title: c.days(x.From, x.To), Terms: c.terms(x), Present: covered && x.ID == now.ID}
		var mine error
		if id == posted {
			mine, f.Open = refusal, refusal != nil
		}
		f.Form = s.formOf(c, "/staff/"+string(p.ID)+"/contracts/"+id, contractValues(x), mine)
		v.Contracts = append(v.Contracts, f)
	}
	for i := len(p.Contracts) - 1; i >= 0; i-- {
		add(string(p.Contracts[i].ID), p.Contracts[i])
	}
	add(adding, roster.Contract{FullTime: p.Class == roster.ClassRegular, Exclusive: true})
}

// terms writes 常勤・専従 週40時間 週5日 深夜不可.
func (c *request) terms(x roster.Contract) string {
	t := c.text
	parts := []string{c.shortTerms(x), t.T("contract.shared")}
	if x.Exclusive {
		parts[1] = t.T("contract.only")
	}
	if x.WeekDays > 0 {
		parts = append(parts, t.T("contract.days", "Days", x.WeekDays))
	}
	if x.WeeklyMax > 0 {
		parts = append(parts, t.T("contract.at_most", "Hours", x.WeeklyMax.Hours()))
	}
	if x.NoNight {
		parts = append(parts, t.T("contract.no_night"))
	}
	return t.Join(parts)
}

func contractValues(x roster.Contract) map[string][]string {
	v := map[string][]string{
		"version": one(strconv.FormatInt(x.Version, 10)), "from": one(dayValue(x.From)), "to": one(dayValue(x.To)),
		"full_time": one("0"), "exclusive": one("0"), "week_days": one(blankZero(x.WeekDays)), "no_night": one(tickValue(x.NoNight)),
	}
	if x.FullTime {
		v["full_time"] = one("1")
	}
	if x.Exclusive {
		v["exclusive"] = one("1")
	}
	for name, m := range map[string]roster.Minutes{"weekly": x.Weekly, "weekly_max": x.WeeklyMax} {
		v[name] = one("")
		if m > 0 {
			v[name] = one(m.Hours())
		}
	}
	return v
}
