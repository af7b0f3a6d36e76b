package handlers

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"testing"

	"wakakusa/app"
	"wakakusa/roster"
)

func TestSites(t *testing.T) {
	o := newSite(t).found("alpha")
	path := o.base + "/sites/new"
	form := o.admin.get(path).want(t, 200).form(t, path)
	form.Set("name", "")
	form.Set("start_day", "29")
	form.Set("off_days", "")
	o.admin.post(path, form).refused(t, "name").refused(t, "start_day").refused(t, "off_days").holds(t, `value="29"`)
	form.Set("name", "わかくさ第三")
	form.Set("start_day", "１６")
	form.Set("off_days", "8")
	o.admin.post(path, form).want(t, 303)
	o.admin.get(o.base+"/sites").want(t, 200).holds(t, "わかくさ第三", "毎月16日〜翌月15日", "毎月1日〜末日", "3人")
	t.Run("archived ones cannot be chosen any more", func(t *testing.T) {
		p := o.base + "/sites/" + string(o.site2.ID)
		f := o.admin.get(p).form(t, p)
		f.Set("archived", "1")
		o.admin.post(p, f).want(t, 303)
		o.admin.get(o.base+"/sites").holds(t, "使っていない")
		o.admin.get(o.base+"/staff/new").want(t, 200).lacks(t, "第二事業所")
		o.admin.get(o.base+"/staff/"+string(o.away.ID)).want(t, 200).holds(t, "第二事業所")
	})
	t.Run("conflict", func(t *testing.T) {
		p := o.base + "/sites/" + string(o.site1.ID)
		mine, theirs := o.admin.get(p).form(t, p), o.admin.get(p).form(t, p)
		theirs.Set("off_days", "10")
		o.admin.post(p, theirs).want(t, 303)
		mine.Set("off_days", "11")
		a := o.admin.post(p, mine).want(t, 409).holds(t, `value="11"`)
		o.admin.post(p, a.form(t, p)).want(t, 303)
	})
}

func TestJobs(t *testing.T) {
	o := newSite(t).found("alpha")
	path := o.base + "/jobs/new"
	form := o.admin.get(path).want(t, 200).form(t, path)
	form.Set("name", "介護職員")
	if a := o.admin.post(path, form).want(t, 409); a.fault(t, "name") == "" {
		t.Error("no fault beside the name that is taken")
	}
	form.Set("name", "看護職員")
	o.admin.post(path, form).want(t, 303)
	o.admin.get(o.base+"/jobs").want(t, 200).holds(t, "看護職員", "介護職員", "4人")
	t.Run("F-C11 one in use stays", func(t *testing.T) {
		p := o.base + "/jobs/" + string(o.job.ID)
		o.admin.post(p, values("do", "remove", "version", "1")).want(t, 422).holds(t, "先に職種を変えてください", `value="介護職員"`)
	})
	t.Run("an unused one goes", func(t *testing.T) {
		jobs, err := o.app.Jobs(context.Background(), o.adminBy)
		must(t, err)
		i := slices.IndexFunc(jobs, func(j roster.Job) bool { return j.Name == "看護職員" })
		o.admin.post(o.base+"/jobs/"+string(jobs[i].ID), values("do", "remove", "version", "1")).want(t, 303)
		o.admin.get(o.base+"/jobs").lacks(t, "看護職員")
	})
}

func (o *office) holidays(t *testing.T) []roster.Holiday {
	t.Helper()
	list, err := o.app.OwnHolidays(context.Background(), o.adminBy)
	must(t, err)
	return list
}

func TestHolidays(t *testing.T) {
	o := newSite(t).found("alpha")
	list := o.base + "/holidays"
	o.admin.get(list).want(t, 200).holds(t, "2026年", "敬老の日", "国民の休日", "勤労感謝の日", "9月22日")
	o.admin.get(list+"?year=2025").holds(t, "2025年", "振替休日")
	o.admin.get(list+"?year=9999").want(t, 200).holds(t, "2026年")
	path := list + "/new"
	form := o.admin.get(path).want(t, 200).form(t, path)
	o.admin.post(path, form).refused(t, "day").refused(t, "name")
	form.Set("day", "2026-12-29")
	form.Set("name", "年末休業")
	if got := o.admin.post(path, form).want(t, 303).location(); got != list+"?year=2026&done=added" {
		t.Error(got)
	}
	o.admin.get(list).holds(t, "年末休業", "組織の休業日")
	t.Run("the same day twice is refused beside the day", func(t *testing.T) {
		form.Set("key", "")
		if a := o.admin.post(path, form).want(t, 409); a.fault(t, "day") == "" {
			t.Error("no fault beside the day")
		}
	})
	t.Run("a national holiday becomes a working day", func(t *testing.T) {
		f := o.admin.get(path+"?day=2026-11-23").want(t, 200).holds(t, "勤労感謝の日").form(t, path)
		o.admin.post(path, f).want(t, 303)
		day := roster.MakeDay(2026, 11, 23)
		if len(roster.Holidays(roster.Period{First: day, Last: day}, o.holidays(t))) != 0 {
			t.Error("it still is a holiday")
		}
		o.admin.get(list).holds(t, "営業日")
		f.Set("day", "2026-11-24")
		o.admin.post(path, f).refused(t, "working")
	})
	t.Run("saved unchanged nothing changes, then it goes", func(t *testing.T) {
		for _, h := range o.holidays(t) {
			p := list + "/" + string(h.ID)
			o.admin.post(p, o.admin.get(p).form(t, p)).want(t, 303)
			o.admin.post(p, values("do", "remove", "version", "2")).want(t, 303)
		}
		if n := len(o.holidays(t)); n != 0 {
			t.Errorf("%d left", n)
		}
	})
}

func (o *office) needs(t *testing.T) []roster.Need {
	t.Helper()
	list, err := o.app.Needs(context.Background(), o.adminBy, o.site1.ID)
	must(t, err)
	return list
}

func TestNeeds(t *testing.T) {
	o := newSite(t).found("alpha")
	if got := o.admin.get(o.base+"/needs").want(t, 303).location(); got != o.base+"/needs/"+string(o.site1.ID) {
		t.Error(got)
	}
	path := o.base + "/needs/" + string(o.site1.ID)
	early, night := o.codes["早"].ID, o.codes["夜"].ID
	form := o.admin.get(path).want(t, 200).holds(t, "早番", "毎日", "祝").lacks(t, "公休").form(t, path)
	form.Set(needField(early, roster.EveryDay), "2")
	form.Set(needField(early, 0), "３")
	form.Set(needField(early, roster.HolidayDay), "0")
	form.Set(needField(night, roster.EveryDay), "999")
	form["day"], form["code"], form["count"] = []string{"2026-12-24", "", ""}, []string{string(early), "", ""}, []string{"", "", ""}
	o.admin.post(path, form).want(t, 422).holds(t, `value="999"`, `value="2026-12-24"`, "人数は0から200まで", "すべて入れてください")
	if len(o.needs(t)) != 0 {
		t.Fatal("half of it was stored")
	}
	form.Set(needField(night, roster.EveryDay), "1")
	form["count"] = []string{"4", "", ""}
	before := o.revision()
	o.admin.post(path, form).want(t, 303)
	if o.revision() != before+1 {
		t.Error("more than one act")
	}
	have := o.needs(t)
	for d, want := range map[string]int{"2026-12-24": 4, "2026-12-23": 2, "2026-12-27": 3, "2026-11-23": 0} {
		day, err := roster.ParseDay(d)
		must(t, err)
		if n, ok := roster.NeedOn(have, early, day, d == "2026-11-23"); !ok || n != want {
			t.Errorf("%s: %d, want %d", d, n, want)
		}
	}
	t.Run("saved unchanged nothing is written", func(t *testing.T) {
		before := o.revision()
		o.admin.post(path, o.admin.get(path).form(t, path)).want(t, 303)
		if o.revision() != before || len(o.needs(t)) != 5 {
			t.Errorf("%d needs", len(o.needs(t)))
		}
	})
	t.Run("conflict", func(t *testing.T) {
		mine, theirs := o.admin.get(path).form(t, path), o.admin.get(path).form(t, path)
		theirs.Set(needField(night, 5), "2")
		o.admin.post(path, theirs).want(t, 303)
		mine.Set(needField(early, 1), "7")
		a := o.admin.post(path, mine).want(t, 409).holds(t, `value="7"`, "ほかの人が先に変更しました")
		o.admin.post(path, a.form(t, path)).want(t, 303)
	})
	t.Run("an emptied number goes", func(t *testing.T) {
		f := o.admin.get(path).form(t, path)
		f.Set("d."+string(early)+".2026-12-24", "")
		f.Set(needField(early, 0), "")
		o.admin.post(path, f).want(t, 303)
		day := roster.MakeDay(2026, 12, 27)
		if n, _ := roster.NeedOn(o.needs(t), early, day, false); n != 2 {
			t.Errorf("Sunday %d", n)
		}
		if n, _ := roster.NeedOn(o.needs(t), early, roster.MakeDay(2026, 12, 24), false); n != 2 {
			t.Errorf("24 December %d", n)
		}
	})
	t.Run("a manager of the site may, of another site not", func(t *testing.T) {
		b := o.manager()
		b.get(path).want(t, 200)
		other := o.base + "/needs/" + string(o.site2.ID)
		b.get(other).want(t, 404)
		b.post(other, o.admin.get(path).form(t, path)).want(t, 404)
	})
}

func TestSettings(t *testing.T) {
	o := newSite(t).found("alpha")
	path := o.base + "/settings"
	form := o.admin.get(path).want(t, 200).form(t, path)
	t.Run("F-C1 saved unchanged the choices stay", func(t *testing.T) {
		o.admin.post(path, form).want(t, 303)
		org, err := o.app.Org(context.Background(), o.adminBy)
		must(t, err)
		got, _ := json.Marshal(org.Settings.WithDefaults())
		want, _ := json.Marshal(o.org.Settings.WithDefaults())
		if string(got) != string(want) || org.Name != o.org.Name || org.Timezone != o.org.Timezone || org.Slug != o.org.Slug {
			t.Errorf("%s\n%s", got, want)
		}
	})
	form = o.admin.get(path).form(t, path)
	form.Set("name", "")
	form.Set("timezone", "Mars/Olympus")
	form.Set("rest_hours", "あ")
	form.Set("run_days", "0")
	form.Set("week_hours", "60")
	o.admin.post(path, form).refused(t, "name").refused(t, "timezone").refused(t, "rest_hours").refused(t, "run_days").refused(t, "week_hours").
		holds(t, "Mars/Olympus", `value="あ"`)
	form = o.admin.get(path).form(t, path)
	form.Set("name", "社会福祉法人わかくさ会")
	form.Set("slug", "stolen")
	form.Set("week_start", "1")
	form.Set("week_hours", "44")
	form.Del("sees")
	o.admin.post(path, form).want(t, 303)
	org, err := o.app.Org(context.Background(), o.adminBy)
	must(t, err)
	if org.Slug != "alpha" || org.Settings.WeekStart != 1 || org.Settings.WeekHours != 44 || org.Settings.CanSee(roster.ClassRegular, roster.ClassRegular) {
		t.Errorf("%+v", org)
	}
	o.admin.post(path, form).want(t, 303) // the same form twice is one act
	form.Set("name", "古い版から")
	o.admin.post(path, form).want(t, 409).holds(t, "古い版から")
}

// Every page of masters and administration: who may come in, strangers, and markup in what was typed.
func TestMasterDoors(t *testing.T) {
	s := newSite(t)
	o, other := s.found("alpha"), s.found("beta")
	manager, worker := o.manager(), o.worker()
	paths := []string{
		"/sites", "/sites/new", "/sites/" + string(o.site1.ID), "/jobs", "/jobs/new", "/jobs/" + string(o.job.ID), "/holidays", "/holidays/new",
		"/settings", "/members", "/members/new", "/history", "/codes", "/codes/new",
	}
	for _, p := range paths {
		manager.get(o.base+p).want(t, 403)
		worker.get(o.base+p).want(t, 403)
		other.admin.get(o.base+p).want(t, 404)
		o.browser().get(o.base+p).want(t, 303)
		o.admin.get(o.base+p).want(t, 200)
	}
	for _, p := range []string{"/sites/", "/jobs/", "/holidays/", "/codes/", "/members/", "/staff/", "/needs/"} {
		o.admin.get(o.base+p+newID()).want(t, 404)
	}
	for _, p := range []string{"/sites/new", "/jobs/new", "/holidays/new", "/settings", "/members/new", "/codes/new", "/sites/" + string(o.site1.ID)} {
		form := values("name", "侵入", "version", "1", "start_day", "1", "off_days", "1")
		before := o.revision()
		manager.post(o.base+p, form).want(t, 403)
		worker.post(o.base+p, form).want(t, 403)
		other.admin.post(o.base+p, form).want(t, 404)
		if o.revision() != before {
			t.Errorf("%s wrote something", p)
		}
	}
	crossed := other.base + "/sites/" + string(o.site1.ID)
	other.admin.get(crossed).want(t, 404)
	if code := other.admin.post(crossed, values("name", "侵入", "version", "1", "start_day", "1", "off_days", "1")).StatusCode; code != 404 && code != 409 {
		t.Error(code)
	}
}

func TestFaultB2Masters(t *testing.T) {
	o := newSite(t).found("alpha")
	for path, more := range map[string]url.Values{
		"/sites/new": values("start_day", "1", "off_days", "9"), "/jobs/new": {}, "/holidays/new": values("day", "2026-12-29"),
		"/members/new": values("role", "admin"), "/settings": {},
	} {
		page := o.base + path
		form := o.admin.get(page).want(t, 200).form(t, page)
		for name := range form {
			if name != "key" && name != "version" {
				form[name] = []string{payload}
			}
		}
		o.admin.post(page, form).want(t, 422).shownAsText(t)
		form = o.admin.get(page).form(t, page)
		form.Set("name", payload)
		for name, v := range more {
			form[name] = v
		}
		o.admin.post(page, form).want(t, 303)
	}
	for _, path := range []string{"/sites", "/jobs", "/holidays", "/members", "/settings", "/history", "/staff/new"} {
		o.admin.get(o.base+path).want(t, 200).shownAsText(t)
	}
}

func TestHistory(t *testing.T) {
	o := newSite(t).found("alpha")
	ctx := context.Background()
	day := roster.MakeDay(2026, 12, 3)
	o.set(o.people[0], day, "日")
	o.set(o.people[0], day, "夜")
	_, err := o.app.EditRoster(ctx, o.adminBy, app.Edits{Place: app.Place{Site: o.site1.ID, Day: day}, Base: 1 << 60, List: []roster.Edit{
		{Op: roster.OpRemove, Cell: roster.Cell{Staff: o.people[0].ID, Day: day}, Shift: o.shifts(o.people[0], day)[0].ID},
	}})
	must(t, err)
	x := o.code(t, "早")
	x.Span.Start, x.Name = 6*60+30, "早出"
	_, err = o.app.SaveCode(ctx, o.adminBy, x, "")
	must(t, err)
	p := o.people[1]
	p.Phone = "090-9999-9999"
	_, err = o.app.SaveStaff(ctx, o.adminBy, p, "")
	must(t, err)
	path := o.base + "/history"
	t.Run("F-B13 who, when, before and after", func(t *testing.T) {
		o.admin.get(path).want(t, 200).holds(t, "管理 太郎", "2026年11月24日 (火)", "09:00",
			"佐藤 陽菜さんの12月3日(木)に「日 日勤 8:30–17:30」を入れました", "「日 日勤 8:30–17:30」から「夜 夜勤 16:30–翌9:30」に変えました",
			"「夜 夜勤 16:30–翌9:30」を外しました", "シフト種別「早 早出」を変更しました。(名前: 早番 → 早出、始まり: 7:00 → 6:30)",
			"スタッフ「𠮷田 健一」を変更しました。(電話)", "職種「介護職員」を追加しました").lacks(t, "090-9999-9999", "field.", "history.")
	})
	t.Run("in English too", func(t *testing.T) {
		o.admin.post(o.base+"/account/preferences", values("language", "en", "theme", "")).want(t, 303)
		o.admin.get(path).want(t, 200).holds(t, "Changed", "start: 7:00 → 6:30").lacks(t, "field.", "history.")
	})
	t.Run("older ones are a page further", func(t *testing.T) {
		for range historyPage {
			p.Phone += "0"
			if len(p.Phone) > 29 {
				p.Phone = "1"
			}
			now := o.person(t, p.ID)
			p.Version = now.Version
			_, err := o.app.SaveStaff(ctx, o.adminBy, p, "")
			must(t, err)
		}
		o.admin.get(path).lacks(t, "介護職員").holds(t, "?before=")
		o.admin.get(path+"?before=12").want(t, 200).lacks(t, "?before=")
		o.admin.get(path+"?before=abc").want(t, 200)
	})
}
