package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rsc.io/qr"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// getMembers lists who has a role in the organisation.
func (s *Server) getMembers(c *request) error {
	members, err := s.app.Members(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	people, err := s.app.People(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	v := views.MemberList{Frame: s.frame(c, "menu.members"), Roles: c.roleTable()}
	for _, m := range members {
		line := views.MemberLine{
			Href: c.base() + "/members/" + string(m.ID), Name: m.Name, Role: c.text.T("role." + string(m.Role)), Login: m.Login,
			Detail: c.memberDetail(m.Member, people),
		}
		if m.LastSeen > 0 {
			line.Seen = c.when(m.LastSeen)
		}
		state := c.memberState(m.Member)
		line.State, line.StateKind = state.Text, state.Kind
		v.Lines = append(v.Lines, line)
	}
	return s.page(c, http.StatusOK, views.MembersPage(v))
}

func (c *request) memberState(m roster.Member) views.Badged {
	switch {
	case !m.Active:
		return views.Badged{Kind: "error", Text: c.text.T("member.stopped")}
	case m.Account == "":
		return views.Badged{Kind: "warn", Text: c.text.T("member.invited")}
	}
	return views.Badged{Kind: "ok", Text: c.text.T("member.joined")}
}

// memberDetail names the sites of a manager and the person on the roster.
func (c *request) memberDetail(m roster.Member, people app.PeopleView) string {
	var parts []string
	if m.Role == roster.RoleManager || m.Role == roster.RoleViewer {
		for _, x := range people.Sites {
			if slices.Contains(m.Sites, x.ID) {
				parts = append(parts, x.Name)
			}
		}
	}
	for _, p := range people.Staff {
		if p.ID == m.Staff && p.Name != m.Name {
			parts = append(parts, p.Name)
		}
	}
	return c.text.Join(parts)
}

// actions are the lines of the table of roles.
var actions = [...]roster.Action{
	roster.ViewOwn, roster.ViewRoster, roster.EditRoster, roster.PublishRoster, roster.ViewStaff, roster.EditStaff, roster.EditNeeds,
	roster.EditMasters, roster.EditMembers, roster.EditOrg, roster.ViewHistory, roster.KeepBackups,
}

// roleTable asks the rules themselves which role may do what.
func (c *request) roleTable() views.RoleTable {
	var v views.RoleTable
	for _, r := range roster.Roles {
		v.Roles = append(v.Roles, c.text.T("role."+string(r)))
	}
	for _, do := range actions {
		row := views.RoleRow{Action: c.text.T("action." + string(do))}
		for _, r := range roster.Roles {
			row.May = append(row.May, roster.Can(roster.Actor{Role: r}, do, roster.Subject{}) == nil)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

func (s *Server) getMember(c *request) error { return s.memberPage(c, http.StatusOK, nil) }

// postMember adds or changes a membership; then its page offers the invitation.
func (s *Server) postMember(c *request) error {
	id, err := s.saveMember(c)
	then := "/members"
	if c.Param("member") == adding && id != "" {
		then += "/" + id
	}
	return s.answer(c, err, then, c.didWhat("member"), func(code int, refusal error) error { return s.memberPage(c, code, refusal) })
}

func (s *Server) saveMember(c *request) (string, error) {
	d := c.draft()
	x := roster.Member{Active: true}
	if id := c.Param("member"); id != adding {
		var err error
		if x, err = s.app.Member(c.ctx(), c.actor, roster.MemberID(id)); err != nil {
			return "", err
		}
		x.Version, x.Active = d.version(), d.flag("active")
	}
	x.Name, x.Role, x.Staff, x.Sites = d.text("name"), roster.Role(d.text("role")), roster.StaffID(d.text("staff")), nil
	for _, id := range c.form["sites"] {
		x.Sites = append(x.Sites, roster.SiteID(id))
	}
	d.check(x.Check())
	if err := d.faults.Err(); err != nil {
		return "", err
	}
	saved, err := s.app.SaveMember(c.ctx(), c.actor, x, c.onceKey())
	return string(saved.ID), err
}

func (s *Server) memberPage(c *request, code int, refusal error) error {
	people, err := s.app.People(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	id := c.Param("member")
	v, title := views.MemberForm{New: id == adding}, "member.add"
	x := c.newMember(people)
	if !v.New {
		if x, err = s.app.Member(c.ctx(), c.actor, roster.MemberID(id)); err != nil {
			return err
		}
		title = "member.edit"
		if err := s.fillAccess(c, &v, x); err != nil {
			return err
		}
	}
	v.Frame = s.frame(c, title, "Name", x.Name)
	now := map[string][]string{
		"version": one(strconv.FormatInt(x.Version, 10)), "name": one(x.Name), "role": one(string(x.Role)), "staff": one(string(x.Staff)),
		"active": one(tickValue(x.Active)),
	}
	for _, site := range x.Sites {
		now["sites"] = append(now["sites"], string(site))
	}
	v.Form = s.formOf(c, "/members/"+id, now, refusal)
	c.memberChoices(&v, people, x)
	return s.page(c, code, views.MemberPage(v))
}

// newMember is what the empty form begins with; ?staff=ID invites somebody from the list of staff.
func (c *request) newMember(people app.PeopleView) roster.Member {
	x := roster.Member{Role: roster.RoleStaff, Active: true}
	for _, p := range people.Staff {
		if string(p.ID) != c.QueryParam("staff") {
			continue
		}
		x.Name, x.Staff = p.Name, p.ID
		if p.Class == roster.ClassMember {
			x.Role = roster.RoleMember
		}
	}
	return x
}

func (s *Server) fillAccess(c *request, v *views.MemberForm, x roster.Member) error {
	v.State, v.Joined = c.memberState(x), x.Account != ""
	if x.Active {
		v.LinkPath = c.base() + "/members/" + string(x.ID) + "/link"
	}
	if x.Active && x.Role.ByQR() {
		v.QRPath = c.base() + "/members/" + string(x.ID) + "/qr"
	}
	if !v.Joined {
		return nil
	}
	acc, err := s.app.Account(c.ctx(), x.Account)
	if err != nil {
		return err
	}
	v.Login = acc.Name
	path := c.base() + "/members/" + string(x.ID)
	v.EndPath, v.FactorPath = path+"/sign-ins", path+"/factors"
	list, err := s.app.MemberSignIns(c.ctx(), c.actor, x.ID)
	if err != nil {
		return err
	}
	v.SignIns = views.SignIns{Lines: c.signInLines(list)}
	factors, err := s.app.Factors(c.ctx(), x.Account)
	v.Factors = len(factors)
	return err
}

func (c *request) memberChoices(v *views.MemberForm, people app.PeopleView, x roster.Member) {
	for _, r := range roster.Roles {
		v.Roles = append(v.Roles, views.Choice{Value: string(r), Label: c.text.T("role." + string(r))})
	}
	v.People = []views.Choice{{Value: "", Label: c.text.T("member.no_staff")}}
	for _, p := range people.Staff {
		label := p.Name
		if p.Kana != "" {
			label += " (" + p.Kana + ")"
		}
		v.People = append(v.People, views.Choice{Value: string(p.ID), Label: label})
	}
	for _, site := range people.Sites {
		if !site.Archived || slices.Contains(x.Sites, site.ID) {
			v.Sites = append(v.Sites, views.Choice{Value: string(site.ID), Label: site.Name})
		}
	}
}

// postMemberLink makes a one-time link and shows it in the answer itself: it stands nowhere else.
func (s *Server) postMemberLink(c *request) error {
	m, err := s.app.Member(c.ctx(), c.actor, roster.MemberID(c.Param("member")))
	if err != nil {
		return err
	}
	issue, lasts, title := s.app.Invite, app.InviteLasts, "member.invite_title"
	if m.Account != "" {
		issue, lasts, title = s.app.StartReset, app.ResetLasts, "member.reset_title"
	}
	token, err := issue(c.ctx(), c.actor, m.ID)
	if err != nil {
		return err
	}
	return s.memberLinkPage(c, m, token, views.MemberLink{Frame: s.frame(c, title, "Name", m.Name), Reset: m.Account != "", Lasts: c.lasting(lasts)})
}

// postMemberQR shows a code that signs a member in on the phone that scans it.
func (s *Server) postMemberQR(c *request) error {
	m, err := s.app.Member(c.ctx(), c.actor, roster.MemberID(c.Param("member")))
	if err != nil {
		return err
	}
	token, err := s.app.SignInQR(c.ctx(), c.actor, m.ID)
	if err != nil {
		return err
	}
	return s.memberLinkPage(c, m, token, views.MemberLink{Frame: s.frame(c, "member.qr_title", "Name", m.Name), SignIn: true, Lasts: c.lasting(app.QRLasts)})
}

func (s *Server) memberLinkPage(c *request, m roster.Member, token string, v views.MemberLink) error {
	url := s.publicAddress(c) + "/links/" + token
	code, err := qr.Encode(url, qr.M)
	if err != nil {
		return err
	}
	v.Name, v.URL, v.Back, v.QR = m.Name, url, c.base()+"/members/"+string(m.ID), views.QR{Size: code.Size, Dark: code.Black}
	return s.page(c, http.StatusOK, views.MemberLinkPage(v))
}

// lasting writes 3日間 or 30分間.
func (c *request) lasting(d time.Duration) string {
	if d >= 24*time.Hour {
		return c.text.T("member.lasts_days", "Days", int(d.Hours()/24))
	}
	return c.text.T("member.lasts_minutes", "Minutes", int(d.Minutes()))
}

// publicAddress is how people reach this program: as configured, or as the browser that asks does.
func (s *Server) publicAddress(c *request) string {
	if s.Public != "" {
		return strings.TrimSuffix(s.Public, "/")
	}
	scheme := "http"
	if s.Secure || c.Request().TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.Request().Host
}
