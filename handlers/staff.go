package handlers

import (
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// getPeople lists the people of the actor's sites, searched by a plain form.
func (s *Server) getPeople(c *request) error {
	all, err := s.app.People(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	v := views.People{
		Frame: s.frame(c, "menu.staff"), Query: cut(strings.TrimSpace(c.QueryParam("q")), 200), All: c.QueryParam("all") != "",
		Nobody: len(all.Staff) == 0,
	}
	p := peopleLines{c: c, all: all, today: s.app.Today(c.org)}
	shown := 0
	for _, x := range all.Staff {
		if !p.wanted(x, v) {
			continue
		}
		shown++
		p.add(&v, x)
	}
	v.Count = c.text.T("staff.people", "Count", shown)
	return s.page(c, http.StatusOK, views.PeoplePage(v))
}

// peopleLines turns people into lines of the list.
type peopleLines struct {
	c     *request
	all   app.PeopleView
	today roster.Day
}

// wanted leaves out those who have left or were refused, unless asked for, and whom the search does not find.
func (p peopleLines) wanted(x roster.Staff, v views.People) bool {
	if !v.All && (x.ActiveTo != 0 && x.ActiveTo < p.today || x.Approval == roster.Rejected) {
		return false
	}
	text := fold(x.Name + " " + x.Kana + " " + p.c.text.T("class."+string(x.Class)))
	for _, j := range x.Jobs {
		text += " " + fold(p.job(j.Job))
	}
	for _, word := range strings.Fields(fold(v.Query)) {
		if !strings.Contains(text, word) && !strings.Contains(strings.ReplaceAll(text, " ", ""), word) {
			return false
		}
	}
	return true
}

// fold makes spellings equal: width, case, カタカナ and ひらがな.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'ァ' && r <= 'ヶ' {
			return r - 'ァ' + 'ぁ'
		}
		return r
	}, strings.ToLower(norm.NFKC.String(s)))
}

func (p peopleLines) job(id roster.JobID) string {
	for _, j := range p.all.Jobs {
		if j.ID == id {
			return j.Name
		}
	}
	return ""
}

func (p peopleLines) add(v *views.People, x roster.Staff) {
	line := p.line(x)
	if x.Approval == roster.Pending {
		v.Pending = append(v.Pending, line)
		return
	}
	name := p.job(x.MainJob())
	if name == "" {
		name = p.c.text.T("staff.jobless")
	}
	if n := len(v.Groups); n == 0 || v.Groups[n-1].Name != name {
		v.Groups = append(v.Groups, views.PeopleGroup{Name: name})
	}
	g := &v.Groups[len(v.Groups)-1]
	g.People = append(g.People, line)
}

func (p peopleLines) line(x roster.Staff) views.PersonLine {
	t := p.c.text
	line := views.PersonLine{
		Href: p.c.base() + "/staff/" + string(x.ID), Name: x.Name, Kana: x.Kana, Phone: x.Phone, Email: x.Email, Class: t.T("class." + string(x.Class)),
	}
	for _, site := range p.all.Sites {
		if site.ID == x.HomeSite {
			line.Site = site.Name
		}
	}
	if now, ok := roster.ContractOn(p.all.Contracts[x.ID], p.today); ok {
		line.Contract = p.c.shortTerms(now)
	}
	switch {
	case x.Approval == roster.Pending:
		line.State, line.StateKind = t.T("staff.pending"), "warn"
	case x.Approval == roster.Rejected:
		line.State, line.StateKind = t.T("staff.rejected"), "error"
	case x.ActiveTo != 0 && x.ActiveTo < p.today:
		line.State = t.T("staff.left", "Day", t.FullDay(x.ActiveTo))
	case x.ActiveTo != 0:
		line.State, line.StateKind = t.T("staff.leaves", "Day", t.FullDay(x.ActiveTo)), "warn"
	case x.ActiveFrom > p.today:
		line.State, line.StateKind = t.T("staff.comes", "Day", t.FullDay(x.ActiveFrom)), "info"
	}
	return line
}

// shortTerms writes 常勤 40時間.
func (c *request) shortTerms(x roster.Contract) string {
	text := c.text.T("contract.part")
	if x.FullTime {
		text = c.text.T("contract.full")
	}
	if x.Weekly > 0 {
		text += " " + c.text.T("contract.hours", "Hours", x.Weekly.Hours())
	}
	return text
}

func (s *Server) getStaff(c *request) error { return s.staffPage(c, http.StatusOK, nil) }

// postStaff adds, changes, approves or rejects a person.
func (s *Server) postStaff(c *request) error {
	id, done, err := s.saveStaff(c)
	then := "/staff/" + id
	if id == "" {
		then = "/staff" // added already, by the same form sent twice
	}
	return s.answer(c, err, then, done, func(code int, refusal error) error { return s.staffPage(c, code, refusal) })
}

func (s *Server) saveStaff(c *request) (id, done string, err error) {
	d := c.draft()
	x := roster.Staff{Approval: roster.Approved}
	done = c.didWhat("staff")
	if c.Param("staff") != adding {
		now, err := s.app.Person(c.ctx(), c.actor, roster.StaffID(c.Param("staff")))
		if err != nil {
			return "", "", err
		}
		x = now.Staff
		x.Version = d.version()
	}
	switch c.field("do") {
	case "approve":
		x.Approval, done = roster.Approved, "approved"
	case "reject":
		x.Approval, done = roster.Rejected, "rejected"
	default:
		d.person(&x)
	}
	d.check(x.Check())
	if err := d.faults.Err(); err != nil {
		return "", "", err
	}
	saved, err := s.app.SaveStaff(c.ctx(), c.actor, x, c.onceKey())
	if x.ID != "" {
		return string(x.ID), done, err
	}
	return string(saved.ID), done, err
}

// person reads the fields of the form; what the form does not show stays as it is.
func (d *draft) person(x *roster.Staff) {
	x.Name, x.Kana, x.Class = d.text("name"), d.text("kana"), roster.Class(d.text("class"))
	x.BirthDay, x.Phone, x.Email, x.Language = d.day("birth_day"), d.text("phone"), d.text("email"), d.text("language")
	x.HomeSite, x.ActiveFrom, x.ActiveTo = roster.SiteID(d.text("home_site")), d.day("active_from"), d.day("active_to")
	x.Jobs, x.Skills, x.Position = d.jobs(), d.skills(), d.number("position")
}

// jobs reads the rows of 職種 and share; a single 職種 without a number has everything.
func (d *draft) jobs() []roster.JobShare {
	var list []roster.JobShare
	ids, shares := d.c.form["job"], d.c.form["share"]
	for i, id := range ids {
		text := ""
		if i < len(shares) {
			text = strings.TrimSuffix(strings.TrimSpace(norm.NFKC.String(shares[i])), "%")
		}
		if id == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil && text != "" {
			d.faults.Add("jobs", roster.Refuse(roster.Invalid, "error.number"))
		}
		list = append(list, roster.JobShare{Job: roster.JobID(id), Share: n})
	}
	if len(list) == 1 && list[0].Share == 0 {
		list[0].Share = 100
	}
	return list
}

// skills reads one a line, or several with commas between.
func (d *draft) skills() []string {
	var list []string
	for _, x := range strings.FieldsFunc(d.text("skills"), func(r rune) bool { return strings.ContainsRune("\n,、，", r) }) {
		if x = roster.Clean(x); x != "" {
			list = append(list, x)
		}
	}
	return list
}

// staffPage draws the form of the person in the address.
func (s *Server) staffPage(c *request, code int, refusal error) error {
	id := c.Param("staff")
	if id == adding {
		choices, err := s.app.ChoicesForNew(c.ctx(), c.actor)
		if err != nil {
			return err
		}
		x := roster.Staff{Class: roster.ClassRegular, Approval: roster.Approved}
		if len(choices.Sites) == 1 {
			x.HomeSite = choices.Sites[0].ID
		}
		v := views.StaffForm{Frame: s.frame(c, "staff.add"), New: true}
		s.fillStaff(c, &v, x, choices, refusal)
		return s.page(c, code, views.StaffPage(v))
	}
	p, err := s.app.Person(c.ctx(), c.actor, roster.StaffID(id))
	if err != nil {
		return err
	}
	v := views.StaffForm{
		Frame: s.frame(c, "staff.edit", "Name", p.Name), Pending: p.Approval == roster.Pending, Rejected: p.Approval == roster.Rejected,
	}
	contract := c.Param("contract")
	if contract == "" {
		s.fillStaff(c, &v, p.Staff, p.Choices, refusal)
		refusal = nil
	} else {
		s.fillStaff(c, &v, p.Staff, p.Choices, nil)
	}
	s.fillContracts(c, &v, p, contract, refusal)
	if err := s.fillAccount(c, &v, p.ID); err != nil {
		return err
	}
	return s.page(c, code, views.StaffPage(v))
}

func (s *Server) fillStaff(c *request, v *views.StaffForm, x roster.Staff, choices app.PersonChoices, refusal error) {
	path := "/staff/" + string(x.ID)
	if v.New {
		path += adding
	}
	v.Form = s.formOf(c, path, staffValues(x), refusal)
	for _, class := range roster.Classes {
		v.Classes = append(v.Classes, views.Choice{Value: string(class), Label: c.text.T("class." + string(class))})
	}
	v.Languages = []views.Choice{{Value: "", Label: c.text.T("account.language_org")}, {Value: "ja", Label: "日本語"}, {Value: "en", Label: "English"}}
	if x.Language != "" && x.Language != "ja" && x.Language != "en" {
		v.Languages = append(v.Languages, views.Choice{Value: x.Language, Label: x.Language})
	}
	if v.New && len(choices.Sites) != 1 {
		v.Sites = append(v.Sites, views.Choice{Value: "", Label: c.text.T("form.choose")})
	}
	for _, site := range choices.Sites {
		v.Sites = append(v.Sites, views.Choice{Value: string(site.ID), Label: site.Name})
	}
	for _, j := range choices.Jobs {
		v.Jobs = append(v.Jobs, views.Choice{Value: string(j.ID), Label: j.Name})
	}
	ids, shares := v.Form.Values["job"], v.Form.Values["share"]
	for i := range max(3, len(ids)+1) {
		row := views.JobRow{}
		if i < len(ids) {
			row.Job = ids[i]
		}
		if i < len(shares) {
			row.Share = shares[i]
		}
		if len(v.JobRows) < 3 || row.Job != "" || i == len(ids) {
			v.JobRows = append(v.JobRows, row)
		}
	}
}

func staffValues(x roster.Staff) map[string][]string {
	v := map[string][]string{
		"version": one(strconv.FormatInt(x.Version, 10)), "name": one(x.Name), "kana": one(x.Kana), "class": one(string(x.Class)),
		"birth_day": one(dayValue(x.BirthDay)), "phone": one(x.Phone), "email": one(x.Email), "language": one(x.Language),
		"home_site": one(string(x.HomeSite)), "active_from": one(dayValue(x.ActiveFrom)), "active_to": one(dayValue(x.ActiveTo)),
		"skills": one(strings.Join(x.Skills, "\n")), "position": one(strconv.Itoa(x.Position)),
	}
	for _, j := range x.Jobs {
		v["job"], v["share"] = append(v["job"], string(j.Job)), append(v["share"], strconv.Itoa(j.Share))
	}
	return v
}

// fillAccount leads administrators to the person's account, or to its invitation.
func (s *Server) fillAccount(c *request, v *views.StaffForm, id roster.StaffID) error {
	if roster.Can(c.actor, roster.EditMembers, roster.Subject{}) != nil {
		return nil
	}
	members, err := s.app.Members(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	v.Account = &views.Link{Href: c.base() + "/members/new?staff=" + string(id), Label: c.text.T("staff.invite")}
	for _, m := range members {
		if m.Staff == id {
			v.Account, v.Joined = &views.Link{Href: c.base() + "/members/" + string(m.ID), Label: c.text.T("staff.open_account")}, true
		}
	}
	return nil
}
