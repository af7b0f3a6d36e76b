package handlers

import (
	"net/url"
	"strings"
	"testing"

	"wakakusa/app"
	"wakakusa/roster"
)

// told are private fields of a colleague, each with a text that stands nowhere else.
var told = map[string]string{
	"phone": "070-9999-0001", "e-mail": "canary.kenichi@example.jp", "birth day": "1961-07-17", "reason of an absence": "欠勤", "note of a shift": "通院の送りのため早退",
}

// mayKnow is the policy in words of its own: what each role may learn of a colleague at the first site, anywhere.
var mayKnow = map[string][]string{
	"admin":                     {"phone", "e-mail", "birth day", "reason of an absence", "note of a shift"},
	"manager of the site":       {"phone", "e-mail", "birth day", "reason of an absence", "note of a shift"},
	"manager of another site":   {},
	"staff":                     {},
	"member":                    {},
	"viewer of the site":        {"reason of an absence"}, // the published roster itself, whose marks say so
	"admin elsewhere":           {},
	"person who has been ended": {},
	"nobody":                    {},
}

// TestFieldLeak: every route, as page and as part, read and sent, answers each role with no more of a colleague than it may know; what it may
// know it does find somewhere, or this test would see nothing (C4).
func TestFieldLeak(t *testing.T) {
	s := newSite(t)
	o, other := s.found("aoba"), s.found("midori")
	o.confide(t)
	ended := o.member("ended", roster.Member{Name: "退職者", Role: roster.RoleManager, Sites: []roster.SiteID{o.site1.ID}})
	m := o.memberNamed(t, "退職者").Member
	m.Active = false
	_, err := o.app.SaveMember(t.Context(), o.adminBy, m, "")
	must(t, err)
	people := map[string]*browser{
		"admin":                     o.admin,
		"manager of the site":       o.member("manager1", roster.Member{Name: "担当", Role: roster.RoleManager, Sites: []roster.SiteID{o.site1.ID}}),
		"manager of another site":   o.member("manager2", roster.Member{Name: "別の担当", Role: roster.RoleManager, Sites: []roster.SiteID{o.site2.ID}}),
		"staff":                     o.member("staff1", roster.Member{Name: "職員", Role: roster.RoleStaff, Staff: o.people[0].ID}),
		"member":                    o.member("client1", roster.Member{Name: "利用者", Role: roster.RoleMember, Staff: o.people[2].ID}),
		"viewer of the site":        o.member("viewer1", roster.Member{Name: "監査", Role: roster.RoleViewer, Sites: []roster.SiteID{o.site1.ID}}),
		"admin elsewhere":           other.admin,
		"person who has been ended": ended,
		"nobody":                    s.browser(),
	}
	for who, b := range people {
		found := map[string]bool{}
		for _, r := range inOrg() {
			for _, path := range o.aboutColleague(r) {
				for _, htmx := range []bool{false, true} {
					asks := *b
					asks.htmx = htmx
					if r.method != "GET" && !strings.HasSuffix(r.path, "/export") && !strings.HasSuffix(r.path, "/data") {
						continue // what they change is the matter of the access matrix
					}
					answer := asks.do(r.method, path, url.Values{"form": {"html"}})
					for field, text := range told {
						if strings.Contains(answer.body, text) || strings.Contains(answer.location(), url.QueryEscape(text)) {
							found[field] = true
							if !allowed(who, field) {
								t.Errorf("%s learns the %s by %s %s", who, field, r.method, r.path)
							}
						}
					}
				}
			}
		}
		for _, field := range mayKnow[who] {
			if !found[field] {
				t.Errorf("%s may know the %s and finds it nowhere", who, field)
			}
		}
	}
	logs := o.logs.String()
	for field, text := range told {
		if field == "birth day" {
			text = "1961-07-17" // a year alone may stand in any number
		}
		if strings.Contains(logs, text) {
			t.Errorf("the %s stands in the log", field)
		}
	}
}

func allowed(who, field string) bool {
	for _, f := range mayKnow[who] {
		if f == field {
			return true
		}
	}
	return false
}

// confide gives a colleague private fields and publishes a month in which they stand.
func (o *office) confide(t *testing.T) {
	t.Helper()
	p := o.people[1]
	p.Phone, p.Email, p.BirthDay = told["phone"], told["e-mail"], roster.MakeDay(1961, 7, 17)
	saved, err := o.app.SaveStaff(t.Context(), o.adminBy, p, "")
	must(t, err)
	o.people[1] = saved
	day := november(3)
	o.set(o.people[0], day, "早")
	o.set(o.people[2], day, "早")
	o.set(saved, day, "早")
	shift := o.shifts(saved, day)[0]
	shift.Note = told["note of a shift"]
	_, err = o.app.EditRoster(t.Context(), o.adminBy, app.Edits{Place: o.place, Base: 1 << 60, List: []roster.Edit{
		{Op: roster.OpChange, Cell: shift.Cell(), Shift: shift.ID, Code: shift.Code, Span: shift.Span, Break: shift.Break, Note: shift.Note},
	}})
	must(t, err)
	o.set(saved, november(4), "欠")
	o.set(o.people[0], november(4), "早")
	o.admin.post(o.path("/publication"), values("key", newID())).want(t, 303)
}

// aboutColleague are the addresses of a route that are about the colleague, or about a day they are seen on.
func (o *office) aboutColleague(r route) []string {
	var list []string
	for _, day := range []roster.Day{november(3), november(4)} {
		list = append(list, strings.NewReplacer(
			":org", o.org.Slug, "/me/days/:day", "/me/days/"+day.String(), ":site", string(o.site1.ID), ":day", o.place.Day.String(), ":cell", day.String(),
			":staff", string(o.people[1].ID), ":contract", "new", ":code", string(o.codes["日"].ID), ":job", string(o.job.ID), ":holiday", "new",
			":member", string(o.adminBy.Member), ":backup", "x",
		).Replace(r.path))
		if !strings.Contains(r.path, ":cell") && !strings.Contains(r.path, "/me/days/") {
			break
		}
	}
	return list
}
