package app

import (
	"slices"
	"testing"

	"wakakusa/store"

	"wakakusa/roster"
)

// publishDay puts five people on today and publishes: early, on leave, part-time, 利用者, and somebody at the other site.
func (f *facility) publishDay() {
	f.t.Helper()
	ctx := f.t.Context()
	f.mustEdit(
		f.set(f.hanako, today, "早"), f.set(f.taro, today, "有"),
		roster.Edit{Op: roster.OpAdd, Cell: f.cell(f.part, today), Code: f.code["短"].ID, Span: roster.Span{Start: 570, End: 930}, Note: "内緒の覚え"},
		f.set(f.client, today, "通"),
	)
	must(f.t, second(f.PublishRoster(ctx, f.manager, f.place(), "")))
	there := Place{f.works.ID, today}
	must(f.t, second(f.EditRoster(ctx, f.outsider, Edits{Place: there, List: []roster.Edit{f.set(f.away, today, "日")}, Base: f.revision(), Key: newID()})))
	must(f.t, second(f.PublishRoster(ctx, f.outsider, there, "")))
}

func (v DayView) names() (list []string) {
	for _, c := range v.Others {
		list = append(list, c.Staff.Name)
	}
	slices.Sort(list)
	return list
}

func TestOwnDayShowsWhomOneMaySee(t *testing.T) {
	f := newFacility(t)
	f.publishDay()
	for name, x := range map[string]struct {
		who  roster.Staff
		role roster.Role
		want []string
	}{
		"regular":   {f.hanako, roster.RoleStaff, []string{f.taro.Name, f.part.Name}},
		"part-time": {f.part, roster.RoleStaff, nil},
		"member":    {f.client, roster.RoleMember, nil},
		"elsewhere": {f.away, roster.RoleStaff, nil},
	} {
		v, err := f.OwnDay(t.Context(), f.join("j-"+name, x.role, x.who.ID), today)
		must(t, err)
		slices.Sort(x.want)
		if !slices.Equal(v.names(), x.want) {
			t.Errorf("%s sees %v, want %v", name, v.names(), x.want)
		}
		if len(v.Own) != 1 || v.Own[0].Staff != x.who.ID {
			t.Errorf("%s: own %+v", name, v.Own)
		}
	}
	f.org.Settings.Sees = map[roster.Class][]roster.Class{roster.ClassPartTime: {roster.ClassRegular}, roster.ClassRegular: {}}
	o, err := f.Org(t.Context(), f.admin)
	must(t, err)
	o.Settings = f.org.Settings
	must(t, second(f.SaveOrg(t.Context(), f.admin, o, "")))
	v, err := f.OwnDay(t.Context(), f.join("again", roster.RoleStaff, f.part.ID), today)
	must(t, err)
	if want := []string{f.hanako.Name, f.taro.Name}; !slices.Equal(v.names(), want) {
		t.Errorf("by the organisation's own rule part-timers see %v, want %v", v.names(), want)
	}
}

// TestFaultA6A8: of colleagues one sees name and times; not telephone, address, notes, nor which kind of day off it is.
func TestFaultA6A8(t *testing.T) {
	f := newFacility(t)
	f.publishDay()
	by := f.join("staff", roster.RoleStaff, f.hanako.ID)
	v, err := f.OwnDay(t.Context(), by, today)
	must(t, err)
	for _, c := range v.Others {
		if c.Staff.Phone != "" || c.Staff.Email != "" || c.Staff.BirthDay != 0 || c.Shift.Note != "" {
			t.Errorf("a colleague is told as %+v", c)
		}
		if off := c.Staff.ID == f.taro.ID; c.Off != off || (off && (c.Shift.Code != "" || !c.Shift.Span.Empty())) {
			t.Errorf("%s is told as %+v", c.Staff.Name, c)
		}
	}
	for what, err := range map[string]error{
		"people": second(f.People(t.Context(), by)), "a person": second(f.Person(t.Context(), by, f.taro.ID)), "the sheet": second(f.Sheet(t.Context(), by, f.place())),
		"codes": second(f.Codes(t.Context(), by)), "history": second(f.History(t.Context(), by, store.ActQuery{Limit: 10}, 5)), "news": second(f.NewsAfter(t.Context(), by, f.home.ID, 0)),
		"members": second(f.Members(t.Context(), by)),
	} {
		wantKind(t, what, err, roster.Forbidden)
	}
}

func TestOwn(t *testing.T) {
	f := newFacility(t)
	f.publishDay()
	by := f.join("staff", roster.RoleStaff, f.hanako.ID)
	p := roster.Period{First: today - 3, Last: today + 3}
	v, err := f.Own(t.Context(), by, p)
	must(t, err)
	if len(v.Shifts) != 1 || v.Next == nil || v.Next.Day != today || len(v.Rosters) != 1 || v.Today != today || v.Staff.ID != f.hanako.ID {
		t.Errorf("at noon: %d shifts, next %+v, %d rosters", len(v.Shifts), v.Next, len(v.Rosters))
	}
	if v.Shifts[0].Code != f.code["早"].ID {
		t.Errorf("own shift %+v", v.Shifts[0])
	}
	f.mustEdit(f.set(f.hanako, today-1, "夜"), f.set(f.hanako, today, "明"), f.set(f.hanako, today+2, "遅"))
	must(t, second(f.PublishRoster(t.Context(), f.manager, f.place(), "")))
	if v, err = f.Own(t.Context(), by, p); err != nil || v.Next == nil || v.Next.Day != today+2 {
		t.Errorf("next after a night that ended this morning: %+v, %v", v.Next, err)
	}
	f.mu.Lock()
	f.now = today.At(3*60, roster.Japan)
	f.mu.Unlock()
	if v, err = f.Own(t.Context(), by, p); err != nil || v.Next == nil || v.Next.Day != today-1 {
		t.Errorf("next at three in the night: %+v, %v", v.Next, err)
	}
	_, err = f.Own(t.Context(), f.viewer, p)
	wantKind(t, "somebody who is nobody on the roster", err, roster.NotFound)
}

func TestNewsAndHistory(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	start := f.revision()
	f.mustEdit(f.set(f.hanako, today, "早"))
	there := Place{f.works.ID, today}
	must(t, second(f.EditRoster(ctx, f.outsider, Edits{Place: there, List: []roster.Edit{f.set(f.away, today, "日")}, Base: f.revision(), Key: newID()})))
	news, err := f.NewsAfter(ctx, f.manager, f.home.ID, start)
	must(t, err)
	if news.Revision != start+2 || news.More || len(news.Events) != 2 || news.Events[0].Site != f.home.ID || news.Events[1].Site != f.works.ID {
		t.Errorf("news of shifts: %+v", news)
	}
	wantKind(t, "news of another's site", second(f.NewsAfter(ctx, f.manager, f.works.ID, start)), roster.Forbidden)
	v, err := f.History(ctx, f.admin, store.ActQuery{Limit: 2}, 5)
	must(t, err)
	if len(v.Acts) != 2 || v.Acts[0].Act.Name != "works" || v.Acts[1].Act.Name != "shunin" || !v.More {
		t.Errorf("history %+v", v.Acts)
	}
	wantKind(t, "history for a manager", second(f.History(ctx, f.manager, store.ActQuery{Limit: 2}, 5)), roster.Forbidden)
	must(t, f.SaveNeeds(ctx, f.outsider, f.works.ID, []roster.Need{{Code: f.code["日"].ID, Weekday: roster.EveryDay, Count: 1}}, "", ""))
	if news, err = f.NewsAfter(ctx, f.manager, f.home.ID, start+2); err != nil || len(news.Events) > 0 {
		t.Errorf("news of another site's needs: %+v, %v", news, err)
	}
}
