package handlers

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"wakakusa/roster"
)

// whose names the owner of the ids in an address.
type whose string

const (
	own       whose = "own"
	colleague whose = "colleague" // of the same site
	elsewhere whose = "other site"
	foreign   whose = "other organisation"
)

// things are the ids that addresses can hold, of one owner each.
func (o *office) things(t *testing.T, p roster.Staff, site roster.Site, member roster.MemberID) map[string]string {
	t.Helper()
	ctx := context.Background()
	x, err := o.app.SaveContract(ctx, o.adminBy, roster.Contract{Staff: p.ID, From: roster.MakeDay(2026, 4, 1), FullTime: true, Weekly: 2400}, "")
	must(t, err)
	holidays, err := o.app.OwnHolidays(ctx, o.adminBy)
	must(t, err)
	if len(holidays) == 0 {
		h, err := o.app.SaveHoliday(ctx, o.adminBy, roster.Holiday{Day: roster.MakeDay(2026, 12, 29), Name: "年末"}, "")
		must(t, err)
		holidays = append(holidays, h)
	}
	return map[string]string{
		":site": string(site.ID), ":day": roster.PeriodOf(november(24), site.StartDay).First.String(), ":cell": november(24).String(),
		":staff": string(p.ID), ":contract": string(x.ID), ":code": string(o.codes["日"].ID), ":job": string(o.job.ID),
		":holiday": string(holidays[0].ID), ":member": string(member),
	}
}

// TestAccessMatrix asks each route that names something, as each role, about their own, a colleague's, another site's and another
// organisation's thing. What is refused changes nothing, and the status says no more than the policy: 403 for what a role may not
// do at all or not at that site, 404 for what is not theirs to know of (C2).
func TestAccessMatrix(t *testing.T) {
	s := newSite(t)
	o, other := s.found("aoba"), s.found("midori")
	people := map[roster.Role]*browser{
		roster.RoleAdmin:   o.admin,
		roster.RoleManager: o.member("manager1", roster.Member{Name: "担当", Role: roster.RoleManager, Sites: []roster.SiteID{o.site1.ID}, Staff: o.people[0].ID}),
		roster.RoleStaff:   o.member("staff1", roster.Member{Name: "職員", Role: roster.RoleStaff, Staff: o.people[0].ID}),
		roster.RoleMember:  o.member("member1", roster.Member{Name: "利用者", Role: roster.RoleMember, Staff: o.people[0].ID}),
		roster.RoleViewer:  o.member("viewer1", roster.Member{Name: "監査", Role: roster.RoleViewer, Sites: []roster.SiteID{o.site1.ID}}),
	}
	o.member("other1", roster.Member{Name: "別の人", Role: roster.RoleViewer, Sites: []roster.SiteID{o.site1.ID}}) // is signed out on the way
	ids := map[whose]map[string]string{
		own:       o.things(t, o.people[0], o.site1, o.memberNamed(t, "別の人").ID),
		colleague: o.things(t, o.people[1], o.site1, o.memberNamed(t, "別の人").ID),
		elsewhere: o.things(t, o.away, o.site2, o.memberNamed(t, "別の人").ID),
		foreign:   other.things(t, other.people[0], other.site1, other.adminBy.Member),
	}
	before := other.revision()
	cells := 0
	for role, b := range people {
		for _, r := range inOrg() {
			rest := strings.TrimPrefix(r.path, "/o/:org")
			if !strings.Contains(rest, ":") {
				continue
			}
			for owner, with := range ids {
				for _, htmx := range []bool{false, true} {
					asks := *b
					asks.htmx = htmx
					cells++
					before := o.revision()
					form := values("ops", "clear "+with[":staff"]+" "+with[":cell"], "action", "clear", "base", "999999", "key", newID())
					got := asks.do(r.method, o.base+fill(rest, with), form).StatusCode
					if got >= 400 && o.revision() != before {
						t.Errorf("%s, %s, %s %s: refused, but something was written", role, owner, r.method, r.path)
					}
					if want := expected(role, r, owner); !want(got) {
						t.Errorf("%s, %s, %s %s (htmx %v): %d", role, owner, r.method, r.path, htmx, got)
					}
				}
			}
		}
	}
	t.Logf("%d cells", cells)
	if cells < 1000 {
		t.Errorf("%d cells", cells)
	}
	if other.revision() != before {
		t.Error("the other organisation was written")
	}
}

func fill(path string, with map[string]string) string {
	for _, part := range strings.Split(path, "/") {
		if v, ok := with[part]; ok {
			path = strings.Replace(path, part, v, 1)
		}
	}
	return path
}

// expected is the policy in words of its own, not the product's: what each role may ask about whom.
func expected(role roster.Role, r route, owner whose) func(int) bool {
	is := func(list ...int) func(int) bool {
		return func(got int) bool {
			for _, x := range list {
				if x == got {
					return true
				}
			}
			return false
		}
	}
	day := strings.Contains(r.path, "/me/days/")
	sheet := strings.Contains(r.path, "/rosters/")
	needs := strings.HasPrefix(r.path, "/o/:org/needs/")
	person := strings.HasPrefix(r.path, "/o/:org/staff/")
	sees := r.gate.do == roster.ViewRoster
	may := is(200, 204, 303, 409, 422) // seen, led on, done, or the form refused
	switch role {
	case roster.RoleAdmin:
		switch {
		case day:
			return is(404) // is nobody's shift worker
		case sheet && strings.HasSuffix(r.path, "/cells"):
			return is(404) // names no cell
		case strings.HasSuffix(r.path, "/:backup"):
			return is(422) // holds the other organisation too, which this administrator does not administer
		case owner == foreign:
			return is(404)
		case strings.HasSuffix(r.path, "/undos"):
			return is(404, 200) // nothing to undo
		case strings.HasSuffix(r.path, "/link"):
			return is(200, 422)
		}
		return may
	case roster.RoleManager:
		switch {
		case day:
			return is(200)
		case strings.HasSuffix(r.path, "/data"):
			return is(403)
		case sheet && owner != own && owner != colleague, needs && owner != own && owner != colleague:
			return is(403, 404)
		case sheet && (strings.HasSuffix(r.path, "/cells") || strings.HasSuffix(r.path, "/undos")):
			return is(404)
		case person && owner != own && owner != colleague:
			return is(404)
		case sheet || needs || person:
			return may
		}
		return is(403)
	case roster.RoleViewer:
		switch {
		case sheet && sees && owner != own && owner != colleague:
			return is(403, 404)
		case sheet && sees:
			return may
		}
		return is(403)
	}
	if day { // the day names no person
		return is(200)
	}
	return is(403)
}

// TestMassAssignment: fields that no form has change nothing, whatever they are called (C5).
func TestMassAssignment(t *testing.T) {
	s := newSite(t)
	o, other := s.found("aoba"), s.found("midori")
	ctx := context.Background()
	worker := o.worker()
	extra := func(v url.Values) url.Values {
		for _, name := range []string{"id", "ID", "org", "org_id", "Org", "account", "account_id", "member", "Version", "password_hash", "disabled", "approved", "state", "revision"} {
			if !v.Has(name) {
				v.Set(name, string(other.adminBy.Account))
			}
		}
		for name, x := range map[string]string{"role": "admin", "Role": "admin", "staff": string(other.people[0].ID), "approval": "rejected", "active": "", "is_staff": "1", "is_superuser": "1"} {
			if !v.Has(name) {
				v.Set(name, x)
			}
		}
		return v
	}
	t.Run("own account", func(t *testing.T) {
		m := o.memberNamed(t, "佐藤 陽菜")
		worker.post(o.base+"/account/preferences", extra(values("language", "en", "theme", ""))).want(t, 303)
		fresh := "すみれやれんげの花に"
		worker.post(o.base+"/account/password", extra(values("old", staffPassword, "password", fresh, "again", fresh, "login", "admin-aoba", "name", "x"))).want(t, 200)
		if now := o.memberNamed(t, "佐藤 陽菜"); now.Role != m.Role || now.Staff != m.Staff || now.Version != m.Version || now.Login != "haruna" {
			t.Errorf("%+v became %+v", m, now)
		}
		worker.get(o.base+"/members").want(t, 403)
	})
	t.Run("invitation", func(t *testing.T) {
		m, err := o.app.SaveMember(ctx, o.adminBy, roster.Member{Name: "新人", Role: roster.RoleStaff, Staff: o.people[1].ID, Active: true}, "")
		must(t, err)
		token, err := o.app.Invite(ctx, o.adminBy, m.ID)
		must(t, err)
		b := o.browser()
		b.post("/links/"+token, extra(values("login", "shinjin", "email", "", "password", staffPassword, "again", staffPassword))).want(t, 303)
		if now := o.memberNamed(t, "新人"); now.Role != roster.RoleStaff || now.Staff != o.people[1].ID || now.Account == other.adminBy.Account {
			t.Errorf("joined as %+v", now)
		}
	})
	t.Run("masters", func(t *testing.T) {
		ours := []string{"orgs", "sites", "staff", "jobs", "codes", "acts", "events", "scopes", "sign_ins"} // what these forms are for
		rest, foreigners := o.dump(ours...), other.revision()
		for _, path := range []string{
			"/staff/" + string(o.people[0].ID), "/codes/" + string(o.codes["日"].ID), "/sites/" + string(o.site1.ID), "/jobs/" + string(o.job.ID),
			"/settings", "/needs/" + string(o.site1.ID),
		} {
			form := o.admin.get(o.base+path).want(t, 200).form(t, o.base+path)
			o.admin.post(o.base+path, extra(form)).want(t, 303)
		}
		if p := o.person(t, o.people[0].ID); p.Approval != roster.Approved || p.Name != o.people[0].Name || p.HomeSite != o.site1.ID {
			t.Errorf("%+v", p.Staff)
		}
		if o.dump(ours...) != rest || other.revision() != foreigners {
			t.Error("something that no form is for has changed")
		}
	})
	t.Run("shift", func(t *testing.T) {
		cell := o.path("/cells/" + string(o.people[0].ID) + "/2026-11-03")
		o.admin.post(cell, extra(values("action", "add", "code", string(o.codes["早"].ID), "start", "", "end", "", "base", "1", "key", newID(),
			"site", string(o.site2.ID), "day", "2026-11-09"))).want(t, 303)
		list := o.shifts(o.people[0], november(3))
		if len(list) != 1 || list[0].Site != o.site1.ID || list[0].Staff != o.people[0].ID || string(list[0].ID) == string(other.adminBy.Account) {
			t.Errorf("%+v", list)
		}
	})
	if members, err := other.app.Members(ctx, other.adminBy); err != nil || len(members) != 1 {
		t.Errorf("%d members of the other organisation, %v", len(members), err)
	}
}

// TestAdminCannotSetPassword: an administrator makes links; no form of theirs takes a password or shows one that works for more than
// the person who opens the link (A8).
func TestAdminCannotSetPassword(t *testing.T) {
	o := newSite(t).found("aoba")
	o.worker()
	m := o.memberNamed(t, "佐藤 陽菜")
	page := o.base + "/members/" + string(m.ID)
	a := o.admin.get(page).want(t, 200).lacks(t, `type="password"`)
	form := a.form(t, page)
	chosen := "管理者がえらんだ合言葉"
	for _, name := range []string{"password", "again", "new_password", "password1", "old"} {
		form.Set(name, chosen)
	}
	o.admin.post(page, form).want(t, 303)
	o.admin.post(page+"/link", form).want(t, 200)
	o.browser().post("/sign-in", values("login", "haruna", "password", chosen)).want(t, 422)
	o.browser().post("/sign-in", values("login", "haruna", "password", staffPassword)).want(t, 303)
}
