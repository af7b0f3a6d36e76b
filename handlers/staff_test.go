package handlers

import (
	"context"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/store"
)

func (o *office) person(t *testing.T, id roster.StaffID) app.Person {
	t.Helper()
	p, err := o.app.Person(context.Background(), o.adminBy, id)
	must(t, err)
	return p
}

// named finds a person by name.
func (o *office) named(t *testing.T, name string) app.Person {
	t.Helper()
	all, err := o.app.People(context.Background(), o.adminBy)
	must(t, err)
	for _, p := range all.Staff {
		if p.Name == name {
			return o.person(t, p.ID)
		}
	}
	t.Fatalf("nobody is called %s", name)
	return app.Person{}
}

func TestStaffAdd(t *testing.T) {
	o := newSite(t).found("alpha")
	path := o.base + "/staff/new"
	nurse, err := o.app.SaveJob(context.Background(), o.adminBy, roster.Job{Name: "看護職員", Position: 2}, "")
	must(t, err)
	form := o.admin.get(path).want(t, 200).form(t, path)
	form.Set("kana", "すずき いちろう")
	form.Set("email", "suzuki@@example")
	form.Set("birth_day", "1990-02-31")
	form.Set("active_from", "2026-12-01")
	form.Set("active_to", "2026-11-01")
	form["job"], form["share"] = []string{string(o.job.ID), string(nurse.ID), ""}, []string{"60", "30", ""}
	form.Set("skills", "介護福祉士、喀痰吸引\n普通免許")
	form.Set("position", "あ")
	a := o.admin.post(path, form)
	for _, field := range []string{"name", "email", "birth_day", "active_to", "home_site", "jobs", "position"} {
		a.refused(t, field)
	}
	a.holds(t, "すずき いちろう", "suzuki@@example", "1990-02-31", `value="60"`, `value="30"`, "喀痰吸引", `value="あ"`)
	again := a.form(t, path)
	again.Set("name", "鈴木 一郎")
	again.Set("email", "suzuki@example.jp")
	again.Set("birth_day", "1990-02-28")
	again.Set("active_to", "")
	again.Set("home_site", string(o.site1.ID))
	again.Set("position", "３")
	again["share"] = []string{"60", "４０%", ""}
	got := o.admin.post(path, again).want(t, 303).location()
	p := o.named(t, "鈴木 一郎")
	if got != o.base+"/staff/"+string(p.ID)+"?done=added" {
		t.Error(got)
	}
	want := roster.Staff{
		ID: p.ID, Name: "鈴木 一郎", Kana: "すずき いちろう", Class: roster.ClassRegular, BirthDay: roster.MakeDay(1990, 2, 28), Email: "suzuki@example.jp",
		HomeSite: o.site1.ID, Jobs: []roster.JobShare{{Job: o.job.ID, Share: 60}, {Job: nurse.ID, Share: 40}},
		Skills: []string{"介護福祉士", "喀痰吸引", "普通免許"}, ActiveFrom: roster.MakeDay(2026, 12, 1), Approval: roster.Approved, Position: 3, Version: 1,
	}
	if !reflect.DeepEqual(p.Staff, want) {
		t.Errorf("got  %+v\nwant %+v", p.Staff, want)
	}
	o.admin.get(got).want(t, 200).holds(t, "追加しました", "鈴木 一郎")
	t.Run("a single job has everything", func(t *testing.T) {
		x := o.admin.get(path).form(t, path)
		x.Set("name", "一つの職")
		x.Set("home_site", string(o.site1.ID))
		x["job"], x["share"] = []string{string(o.job.ID), "", ""}, []string{"", "", ""}
		o.admin.post(path, x).want(t, 303)
		if jobs := o.named(t, "一つの職").Jobs; len(jobs) != 1 || jobs[0].Share != 100 {
			t.Errorf("%+v", jobs)
		}
	})
}

func TestPeople(t *testing.T) {
	o := newSite(t).found("alpha")
	ctx := context.Background()
	left := o.hire("退職 済子", o.site1.ID, 5)
	left.Kana, left.ActiveTo = "たいしょく すみこ", roster.MakeDay(2026, 11, 23)
	_, err := o.app.SaveStaff(ctx, o.adminBy, left, "")
	must(t, err)
	_, err = o.app.SaveContract(ctx, o.adminBy, roster.Contract{Staff: o.people[0].ID, From: roster.MakeDay(2026, 4, 1), FullTime: true, Weekly: 2250}, "")
	must(t, err)
	list := o.base + "/staff"
	o.admin.get(list).want(t, 200).holds(t, "佐藤 陽菜", "𠮷田 健一", "山﨑 次郎", "介護職員", "常勤 37:30時間", "tel:09000000001", "mailto:staff0@example.jp", "4人").
		lacks(t, "退職 済子")
	o.admin.get(list+"?all=1").holds(t, "退職 済子", "2026年11月23日退職", "5人")
	for q, want := range map[string]string{"佐藤": "佐藤 陽菜", "さとう ": "", "佐藤陽菜": "佐藤 陽菜", "カイゴ職員 𠮷田": "", "介護職員 𠮷田": "𠮷田 健一", "職員": "𠮷田 健一"} {
		a := o.admin.get(list+"?q="+url.QueryEscape(q)).want(t, 200)
		if want == "" {
			a.holds(t, "見つかりませんでした")
		} else {
			a.holds(t, want)
		}
	}
	o.admin.get(list+"?all=1&q="+url.QueryEscape("タイショク")).holds(t, "退職 済子")
	o.admin.get(list+"?q="+url.QueryEscape(payload)).want(t, 200).shownAsText(t)
	t.Run("an organisation without anybody", func(t *testing.T) {
		b := newSite(t)
		admin := b.foundBy("gamma")
		admin.get("/o/gamma/staff").want(t, 200).holds(t, "スタッフがまだいません")
	})
}

// Another person's record can neither be seen nor changed by staff, whatever the form holds.
func TestFaultA1A2A3A6(t *testing.T) {
	o := newSite(t).found("alpha")
	path := o.base + "/staff/" + string(o.people[1].ID)
	form := o.admin.get(path).want(t, 200).form(t, path)
	form.Set("name", "取られた")
	form.Set("password", "new password of another")
	before := o.revision()
	worker := o.worker()
	before += 2 // the worker was added and joined
	worker.get(o.base+"/staff").want(t, 403).lacks(t, "090-0000-0001", "@example.jp")
	worker.get(path).want(t, 403).lacks(t, "090-0000-0001")
	worker.post(path, form).want(t, 403)
	own := o.base + "/staff/" + string(o.people[0].ID)
	worker.post(own, form).want(t, 403)
	worker.post(own+"/contracts/new", values("from", "2026-04-01")).want(t, 403)
	if o.revision() != before {
		t.Error("something was written")
	}
	if o.person(t, o.people[1].ID).Name != "𠮷田 健一" {
		t.Error("the name changed")
	}
}

func TestManagerStaysAtHome(t *testing.T) {
	o := newSite(t).found("alpha")
	b := o.manager()
	away := o.base + "/staff/" + string(o.away.ID)
	home := o.base + "/staff/" + string(o.people[0].ID)
	b.get(o.base+"/staff").want(t, 200).holds(t, "佐藤 陽菜").lacks(t, "山﨑 次郎")
	b.get(away).want(t, 404)
	form := b.get(home).want(t, 200).lacks(t, "第二事業所", "アカウントを招待").form(t, home)
	b.post(away, form).want(t, 404)
	b.post(away+"/contracts/new", values("from", "2026-04-01", "version", "0")).want(t, 404)
	moved := url.Values{}
	for k, v := range form {
		moved[k] = v
	}
	moved.Set("home_site", string(o.site2.ID))
	b.post(home, moved).want(t, 403)
	moved.Set("name", "新しい人")
	b.post(o.base+"/staff/new", moved).want(t, 403)
	form.Set("phone", "03-1234-5678")
	b.post(home, form).want(t, 303)
	if p := o.person(t, o.people[0].ID); p.Phone != "03-1234-5678" || p.HomeSite != o.site1.ID {
		t.Errorf("%+v", p.Staff)
	}
	if o.person(t, o.away.ID).Version != o.away.Version {
		t.Error("somebody of another site was changed")
	}
}

func TestStaffDoors(t *testing.T) {
	s := newSite(t)
	o, other := s.found("alpha"), s.found("beta")
	path := o.base + "/staff/" + string(o.people[0].ID)
	form := o.admin.get(path).want(t, 200).form(t, path)
	other.admin.get(path).want(t, 404)
	other.admin.post(path, form).want(t, 404)
	crossed := other.base + "/staff/" + string(o.people[0].ID)
	other.admin.get(crossed).want(t, 404)
	other.admin.post(crossed, form).want(t, 404)
	t.Run("a site or job of another organisation is refused", func(t *testing.T) {
		f := o.admin.get(path).form(t, path)
		f.Set("home_site", string(other.site1.ID))
		o.admin.post(path, f).refused(t, "home_site")
		f = o.admin.get(path).form(t, path)
		f["job"] = []string{string(other.job.ID)}
		o.admin.post(path, f).refused(t, "jobs")
	})
	t.Run("fields that the form does not have change nothing", func(t *testing.T) {
		f := o.admin.get(path).form(t, path)
		f.Set("id", string(o.people[1].ID))
		f.Set("org_id", string(other.org.ID))
		f.Set("approval", "rejected")
		o.admin.post(path, f).want(t, 303)
		if p := o.person(t, o.people[0].ID); p.Approval != roster.Approved {
			t.Error("the approval was changed")
		}
		f.Set("version", "0")
		f.Set("name", "二人目")
		o.admin.post(path, f).want(t, 409)
	})
	if o.person(t, o.people[0].ID).Name != "佐藤 陽菜" || o.person(t, o.people[1].ID).Version != 1 {
		t.Error("somebody was changed")
	}
}

func TestStaffConflict(t *testing.T) {
	o := newSite(t).found("alpha")
	path := o.base + "/staff/" + string(o.people[0].ID)
	mine, theirs := o.admin.get(path).form(t, path), o.admin.get(path).form(t, path)
	theirs.Set("phone", "1")
	o.admin.post(path, theirs).want(t, 303)
	mine.Set("phone", "2")
	mine.Set("name", "")
	a := o.admin.post(path, mine).want(t, 422)
	mine = a.form(t, path)
	mine.Set("name", "佐藤 陽菜")
	a = o.admin.post(path, mine).want(t, 409).holds(t, "ほかの人が先に変更しました", `value="2"`)
	if o.person(t, o.people[0].ID).Phone != "1" {
		t.Error("the other's change was lost")
	}
	o.admin.post(path, a.form(t, path)).want(t, 303)
	if o.person(t, o.people[0].ID).Phone != "2" {
		t.Error("saving knowingly did nothing")
	}
}

func TestContracts(t *testing.T) {
	o := newSite(t).found("alpha")
	page := o.base + "/staff/" + string(o.people[0].ID)
	path := page + "/contracts/new"
	form := o.admin.get(page).want(t, 200).form(t, path)
	form.Set("weekly", "沢山")
	form.Set("to", "2026-03-31")
	form.Set("week_days", "8")
	a := o.admin.post(path, form).refused(t, "from").refused(t, "weekly").refused(t, "week_days").holds(t, "沢山", "佐藤 陽菜")
	form = a.form(t, path)
	form.Set("from", "2026-04-01")
	form.Set("to", "")
	form.Set("week_days", "5")
	form.Set("no_night", "1")
	for i, text := range []string{"40", "40:00", "37.5"} {
		form.Set("weekly", text)
		form.Set("from", "2026-0"+string(rune('4'+i))+"-01")
		form.Set("key", "") // three different acts
		o.admin.post(path, form).want(t, 303)
	}
	list := o.person(t, o.people[0].ID).Contracts
	if len(list) != 3 || list[0].Weekly != 2400 || list[1].Weekly != 2400 || list[2].Weekly != 2250 || !list[0].FullTime || !list[0].NoNight || list[0].WeekDays != 5 {
		t.Fatalf("%+v", list)
	}
	o.admin.get(page).want(t, 200).holds(t, "37:30時間", "週5日", "深夜不可", "現在")
	t.Run("F-C1 saving unchanged changes nothing", func(t *testing.T) {
		for _, x := range list {
			p := page + "/contracts/" + string(x.ID)
			o.admin.post(p, o.admin.get(page).form(t, p)).want(t, 303)
		}
		for i, x := range o.person(t, o.people[0].ID).Contracts {
			x.Version = list[i].Version
			if x != list[i] {
				t.Errorf("%+v became %+v", list[i], x)
			}
		}
	})
	t.Run("remove", func(t *testing.T) {
		p := page + "/contracts/" + string(list[0].ID)
		o.admin.post(p, values("do", "remove", "version", "1")).want(t, 409)
		o.admin.post(p, values("do", "remove", "version", "2")).want(t, 303)
		if n := len(o.person(t, o.people[0].ID).Contracts); n != 2 {
			t.Errorf("%d left", n)
		}
	})
	t.Run("another person's contract is not found there", func(t *testing.T) {
		p := o.base + "/staff/" + string(o.people[1].ID) + "/contracts/" + string(list[1].ID)
		o.admin.post(p, values("from", "2026-04-01", "version", "2")).want(t, 404)
	})
}

func TestStaffApproval(t *testing.T) {
	o := newSite(t).found("alpha")
	ctx := context.Background()
	p := o.hire("待機 花子", o.site1.ID, 7)
	p.Approval = roster.Pending
	p, err := o.app.SaveStaff(ctx, o.adminBy, p, "")
	must(t, err)
	page := o.base + "/staff/" + string(p.ID)
	o.admin.get(o.base+"/staff").want(t, 200).holds(t, "承認待ちの登録", "待機 花子")
	form := o.admin.get(page).want(t, 200).holds(t, "承認する", "却下する").form(t, page)
	form.Set("do", "reject")
	o.admin.post(page, form).want(t, 303)
	if got := o.person(t, p.ID); got.Approval != roster.Rejected || got.Name != "待機 花子" || len(got.Jobs) != 1 {
		t.Fatalf("%+v", got.Staff)
	}
	o.admin.get(o.base+"/staff").lacks(t, "待機 花子")
	o.worker().post(page, values("do", "approve", "version", "3")).want(t, 403) // F-A14
	form = o.admin.get(page).want(t, 200).lacks(t, "却下する<").form(t, page)
	form.Set("do", "approve")
	o.admin.post(page, form).want(t, 303)
	if got := o.person(t, p.ID); got.Approval != roster.Approved {
		t.Error(got.Approval)
	}
}

func TestFaultB2Staff(t *testing.T) {
	o := newSite(t).found("alpha")
	path := o.base + "/staff/new"
	form := o.admin.get(path).form(t, path)
	for name := range form {
		if name != "key" {
			form[name] = []string{payload, payload, payload}
		}
	}
	o.admin.post(path, form).want(t, 422).shownAsText(t)
	form = o.admin.get(path).form(t, path)
	form.Set("name", payload)
	form.Set("kana", payload)
	form.Set("phone", payload)
	form.Set("skills", payload)
	form.Set("home_site", string(o.site1.ID))
	o.admin.post(path, form).want(t, 303)
	o.admin.get(o.base+"/staff").want(t, 200).shownAsText(t)
	p := o.named(t, payload)
	o.admin.get(o.base+"/staff/"+string(p.ID)).want(t, 200).shownAsText(t)
	must(t, o.store.Read(context.Background(), o.org.ID, func(r store.Reader) error {
		got, err := r.Staff(context.Background(), p.ID)
		if !strings.Contains(got.Name, "onerror") {
			t.Error("what was typed was changed")
		}
		return err
	}))
}
