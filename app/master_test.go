package app

import (
	"slices"
	"testing"

	"wakakusa/roster"
)

func TestMastersRefuseWhoMayNot(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	for name, by := range map[string]roster.Actor{"manager": f.manager, "viewer": f.viewer, "staff": f.join("staff", roster.RoleStaff, f.taro.ID)} {
		before := f.revision()
		for what, err := range map[string]error{
			"site":    second(f.SaveSite(ctx, by, roster.Site{Name: "x", StartDay: 1}, "")),
			"job":     second(f.SaveJob(ctx, by, roster.Job{Name: "x"}, "")),
			"code":    second(f.SaveCode(ctx, by, f.code["早"], "")),
			"uncode":  f.RemoveCode(ctx, by, f.code["早"].ID, 1, ""),
			"holiday": second(f.SaveHoliday(ctx, by, roster.Holiday{Day: today, Name: "x"}, "")),
			"org":     second(f.SaveOrg(ctx, by, f.org, "")),
		} {
			wantKind(t, name+": "+what, err, roster.Forbidden)
		}
		if f.revision() != before {
			t.Errorf("%s changed something", name)
		}
	}
	wantKind(t, "a person by a manager of another site", second(f.SaveStaff(ctx, f.outsider, f.hanako, "")), roster.Forbidden)
	taken := f.hanako
	taken.HomeSite = f.works.ID
	wantKind(t, "taking a person over", second(f.SaveStaff(ctx, f.outsider, taken, "")), roster.Forbidden)
	wantKind(t, "a person of another site", second(f.Person(ctx, f.outsider, f.hanako.ID)), roster.NotFound)
	wantKind(t, "their contract", second(f.SaveContract(ctx, f.outsider, roster.Contract{Staff: f.hanako.ID, From: today}, "")), roster.NotFound)
	v, err := f.People(ctx, f.outsider)
	must(t, err)
	if len(v.Staff) != 1 || v.Staff[0].ID != f.away.ID {
		t.Errorf("a manager of the other site lists %v", v.Staff)
	}
}

func TestSaveStaff(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	before := f.revision()
	fresh := roster.Staff{Name: "新人 一", Class: roster.ClassRegular, HomeSite: f.home.ID, Approval: roster.Approved}
	p, err := f.SaveStaff(ctx, f.manager, fresh, "k")
	must(t, err)
	again, err := f.SaveStaff(ctx, f.manager, fresh, "k")
	if err != nil || again.ID != p.ID || f.revision() != before+1 || !slices.Equal(f.events(before), []string{roster.EventStaffSaved}) {
		t.Errorf("the same request: %+v, %v at %d after %d, %v", again, err, f.revision(), before, f.events(before))
	}
	p.Name = ""
	wantKey(t, "no name", second(f.SaveStaff(ctx, f.manager, p, "")), "error.required")
	p.Name, p.Version = "改名", 7
	wantKind(t, "an old version", second(f.SaveStaff(ctx, f.manager, p, "")), roster.Stale)
	p.HomeSite = roster.SiteID(newID())
	wantKey(t, "a site that is not there", second(f.SaveStaff(ctx, f.admin, p, "")), "home_site")
	c, err := f.SaveContract(ctx, f.manager, roster.Contract{Staff: p.ID, From: today, FullTime: true, Weekly: 2400}, "")
	must(t, err)
	c.Weekly = 1200
	c, err = f.SaveContract(ctx, f.manager, c, "")
	must(t, err)
	read, err := f.Person(ctx, f.manager, p.ID)
	must(t, err)
	if len(read.Contracts) != 1 || read.Contracts[0] != c {
		t.Errorf("contracts %+v, want %+v", read.Contracts, c)
	}
	must(t, f.RemoveContract(ctx, f.manager, c, ""))
	wantKind(t, "removing it again", f.RemoveContract(ctx, f.manager, c, ""), roster.NotFound)
}

// TestFaultC11: a code in use is not removed; it can be ended.
func TestFaultC11(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	f.mustEdit(f.set(f.hanako, today, "早"))
	early := f.code["早"]
	wantKey(t, "a code in use", f.RemoveCode(ctx, f.admin, early.ID, early.Version, ""), "error.code_in_use")
	wantKey(t, "a code another names as its follower", f.RemoveCode(ctx, f.admin, f.code["明"].ID, 1, ""), "error.code_in_use")
	must(t, f.RemoveCode(ctx, f.admin, f.code["欠"].ID, 1, ""))
	early.ValidTo = today
	must(t, second(f.SaveCode(ctx, f.admin, early, "")))
	_, err := f.edit(f.manager, f.set(f.hanako, today+1, "早"))
	wantKey(t, "a code that has ended", err, "error.code_not_valid")
	f.wantRow(f.hanako, today, "早")
}

func TestSaveCode(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	twin := f.code["早"]
	twin.ID, twin.Version, twin.Name = "", 0, "早々番"
	wantKind(t, "a symbol in use", second(f.SaveCode(ctx, f.admin, twin, "")), roster.Taken)
	twin.Symbol, twin.Follower = "朝", roster.CodeID(newID())
	wantKey(t, "a follower that is not there", second(f.SaveCode(ctx, f.admin, twin, "")), "follower")
	twin.Follower, twin.Span = "", roster.Span{}
	wantKind(t, "work without times", second(f.SaveCode(ctx, f.admin, twin, "")), roster.Invalid)
	old := f.code["遅"]
	must(t, second(f.SaveCode(ctx, f.admin, old, "")))
	wantKind(t, "an old version", second(f.SaveCode(ctx, f.admin, old, "")), roster.Stale)
}

func TestSaveNeeds(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	want := func(code string, n int) roster.Need {
		return roster.Need{Code: f.code[code].ID, Weekday: roster.EveryDay, Count: n}
	}
	before := f.revision()
	must(t, f.SaveNeeds(ctx, f.manager, f.home.ID, []roster.Need{want("早", 2), want("夜", 1)}, "", ""))
	must(t, f.SaveNeeds(ctx, f.manager, f.home.ID, []roster.Need{want("早", 2), want("夜", -1), want("遅", -1)}, "", ""))
	list, err := f.Needs(ctx, f.manager, f.home.ID)
	must(t, err)
	if len(list) != 1 || list[0].Count != 2 {
		t.Errorf("needs %+v", list)
	}
	if got := f.events(before); !slices.Equal(got, []string{roster.EventNeedSaved, roster.EventNeedSaved, roster.EventNeedRemoved}) {
		t.Errorf("events %v", got)
	}
	wantKind(t, "another site", f.SaveNeeds(ctx, f.manager, f.works.ID, []roster.Need{want("早", 1)}, "", ""), roster.Forbidden)
	wantKind(t, "a site that is not there", f.SaveNeeds(ctx, f.admin, roster.SiteID(newID()), []roster.Need{want("早", 1)}, "", ""), roster.NotFound)
	wantKind(t, "a site of another organisation", f.SaveNeeds(ctx, f.stranger, f.home.ID, []roster.Need{want("早", 1)}, "", ""), roster.NotFound)
	wantKey(t, "a code that is not there", f.SaveNeeds(ctx, f.manager, f.home.ID, []roster.Need{{Code: "x", Weekday: 1, Count: 1}}, "", ""), "error.code_not_found")
	wantKind(t, "too many", f.SaveNeeds(ctx, f.manager, f.home.ID, []roster.Need{want("早", 201)}, "", ""), roster.Invalid)
}

func TestJobsAndHolidays(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	j, err := f.SaveJob(ctx, f.admin, roster.Job{Name: "介護職員"}, "")
	must(t, err)
	p := f.hanako
	p.Jobs = []roster.JobShare{{Job: j.ID, Share: 100}}
	p, err = f.SaveStaff(ctx, f.manager, p, "")
	must(t, err)
	wantKey(t, "a job somebody has", f.RemoveJob(ctx, f.admin, j.ID, j.Version, ""), "error.job_in_use")
	p.Jobs = nil
	must(t, second(f.SaveStaff(ctx, f.manager, p, "")))
	must(t, f.RemoveJob(ctx, f.admin, j.ID, j.Version, ""))
	h, err := f.SaveHoliday(ctx, f.admin, roster.Holiday{Day: today, Name: "創立記念日"}, "")
	must(t, err)
	wantKind(t, "two on one day", second(f.SaveHoliday(ctx, f.admin, roster.Holiday{Day: today, Name: "別"}, "")), roster.Taken)
	s, err := f.Sheet(ctx, f.manager, f.place())
	must(t, err)
	if s.Holidays[today] != "創立記念日" {
		t.Errorf("holidays %v", s.Holidays)
	}
	must(t, f.RemoveHoliday(ctx, f.admin, h.ID, h.Version, ""))
}
