package handlers

import (
	"context"
	"reflect"
	"testing"

	"wakakusa/roster"
)

func (o *office) code(t *testing.T, symbol string) roster.Code {
	t.Helper()
	list, err := o.app.Codes(context.Background(), o.adminBy)
	must(t, err)
	for _, x := range list {
		if x.Symbol == symbol {
			return x
		}
	}
	t.Fatalf("no code %s", symbol)
	return roster.Code{}
}

func TestCodes(t *testing.T) {
	o := newSite(t).found("alpha")
	path := o.base + "/codes/new"
	o.admin.get(o.base+"/codes").want(t, 200).holds(t, "早番", "16:30–翌9:30", "休憩", "夜勤明け")
	form := o.admin.get(path).want(t, 200).form(t, path)
	t.Run("a refused form keeps what was typed and says why beside the field", func(t *testing.T) {
		form.Set("symbol", "長い名")
		form.Set("name", "準夜勤")
		form.Set("start", "25時")
		form.Set("end", "翌朝")
		form.Set("valid_from", "2026-13-01")
		a := o.admin.post(path, form).refused(t, "symbol").refused(t, "end").refused(t, "valid_from")
		a.holds(t, "準夜勤", "長い名", "翌朝", "25時", `value="2026-13-01"`)
	})
	t.Run("F-C6 empty times of a working code are refused", func(t *testing.T) {
		x := o.admin.get(path).want(t, 200).form(t, path)
		x.Set("symbol", "準")
		x.Set("name", "準夜勤")
		o.admin.post(path, x).refused(t, "end")
	})
	t.Run("F-C5 a night is stored as crossing midnight", func(t *testing.T) {
		form.Set("symbol", "準")
		form.Set("start", "22:00")
		form.Set("end", "8:00")
		form.Set("break", "1:00")
		form.Set("valid_from", "")
		if got := o.admin.post(path, form).want(t, 303).location(); got != o.base+"/codes?done=added" {
			t.Error(got)
		}
		x := o.code(t, "準")
		if x.Span != (roster.Span{Start: 22 * 60, End: 32 * 60}) || x.Break != 60 {
			t.Errorf("%v break %v", x.Span, x.Break)
		}
	})
	t.Run("28:30 and 翌4:30 are the same", func(t *testing.T) {
		x := o.code(t, "準")
		p := o.base + "/codes/" + string(x.ID)
		for _, end := range []string{"28:30", "翌4:30", "２８：３０"} {
			f := o.admin.get(p).want(t, 200).form(t, p)
			f.Set("end", end)
			o.admin.post(p, f).want(t, 303)
			if got := o.code(t, "準").Span.End; got != 28*60+30 {
				t.Errorf("%s gave %v", end, got)
			}
		}
	})
	t.Run("a symbol in use is refused beside the field", func(t *testing.T) {
		f := o.admin.get(path).want(t, 200).form(t, path)
		f.Set("symbol", "早")
		f.Set("name", "早朝")
		f.Set("start", "5")
		f.Set("end", "9")
		a := o.admin.post(path, f).want(t, 409)
		if a.fault(t, "symbol") == "" {
			t.Error("no fault beside the symbol")
		}
	})
}

// The original's form began at 00:00 and destroyed the times when it was saved unchanged.
func TestFaultC1(t *testing.T) {
	o := newSite(t).found("alpha")
	for _, lang := range []string{"ja", "en"} {
		o.admin.post(o.base+"/account/preferences", values("language", lang, "theme", "")).want(t, 303)
		for symbol := range o.codes {
			before := o.code(t, symbol)
			path := o.base + "/codes/" + string(before.ID)
			o.admin.post(path, o.admin.get(path).want(t, 200).form(t, path)).want(t, 303)
			after := o.code(t, symbol)
			before.Version = after.Version
			if before != after {
				t.Errorf("%s in %s: %+v became %+v", symbol, lang, before, after)
			}
		}
	}
	for _, p := range o.people {
		path := o.base + "/staff/" + string(p.ID)
		o.admin.post(path, o.admin.get(path).want(t, 200).form(t, path)).want(t, 303)
		after, err := o.app.Person(context.Background(), o.adminBy, p.ID)
		must(t, err)
		after.Version = p.Version
		after.Skills = p.Skills
		if !reflect.DeepEqual(after.Staff, p) {
			t.Errorf("%+v became %+v", p, after.Staff)
		}
	}
}

func TestFaultC11(t *testing.T) {
	o := newSite(t).found("alpha")
	o.set(o.people[0], roster.MakeDay(2026, 11, 25), "日")
	x := o.code(t, "日")
	path := o.base + "/codes/" + string(x.ID)
	form := values("do", "remove", "version", "1", "key", "abc")
	o.admin.post(path, form).want(t, 422).holds(t, "使われているので削除できません", "有効期間の終わり", `value="日勤"`)
	if o.code(t, "日") != x {
		t.Error("the code changed")
	}
	t.Run("one that is never used goes", func(t *testing.T) {
		x := o.code(t, "研")
		o.admin.post(o.base+"/codes/"+string(x.ID), values("do", "remove", "version", "1")).want(t, 303)
		o.admin.get(o.base+"/codes").want(t, 200).lacks(t, ">研修</span>")
		o.admin.get(o.base+"/codes/"+string(x.ID)).want(t, 404)
	})
	t.Run("one that another names as its follower stays", func(t *testing.T) {
		x := o.code(t, "明")
		o.admin.post(o.base+"/codes/"+string(x.ID), values("do", "remove", "version", "1")).want(t, 422)
	})
}

func TestCodeConflict(t *testing.T) {
	o := newSite(t).found("alpha")
	x := o.code(t, "早")
	path := o.base + "/codes/" + string(x.ID)
	mine := o.admin.get(path).want(t, 200).form(t, path)
	theirs := o.admin.get(path).form(t, path)
	theirs.Set("name", "早出")
	o.admin.post(path, theirs).want(t, 303)
	mine.Set("name", "朝番")
	a := o.admin.post(path, mine).want(t, 409).holds(t, "朝番", "ほかの人が先に変更しました")
	if got := o.code(t, "早").Name; got != "早出" {
		t.Fatalf("the name is %s", got)
	}
	o.admin.post(path, a.form(t, path)).want(t, 303)
	if got := o.code(t, "早").Name; got != "朝番" {
		t.Errorf("saving knowingly left %s", got)
	}
}

func TestCodeDoors(t *testing.T) {
	s := newSite(t)
	o, other := s.found("alpha"), s.found("beta")
	x := o.code(t, "早")
	path := o.base + "/codes/" + string(x.ID)
	form := o.admin.get(path).want(t, 200).form(t, path)
	form.Set("name", "取られた")
	for name, b := range map[string]*browser{"manager": o.manager(), "F-A7 staff": o.worker()} {
		t.Run(name, func(t *testing.T) {
			b.get(o.base+"/codes").want(t, 403)
			b.get(path).want(t, 403)
			b.post(path, form).want(t, 403)
			b.post(path, values("do", "remove", "version", "1")).want(t, 403)
		})
	}
	t.Run("a stranger's code is not found", func(t *testing.T) {
		other.admin.get(path).want(t, 404)
		other.admin.post(path, form).want(t, 404)
		theirs := other.base + "/codes/" + string(x.ID)
		other.admin.get(theirs).want(t, 404)
		other.admin.post(theirs, form).want(t, 404)
		other.admin.post(theirs, values("do", "remove", "version", "1")).want(t, 404)
	})
	t.Run("fields that the form does not have change nothing", func(t *testing.T) {
		f := o.admin.get(path).form(t, path)
		f.Set("id", string(o.code(t, "日").ID))
		f.Set("org_id", string(other.org.ID))
		o.admin.post(path, f).want(t, 303)
		f.Set("version", "0")
		o.admin.post(path, f).want(t, 409)
		f.Set("version", "999")
		o.admin.post(path, f).want(t, 409)
	})
	t.Run("a follower of another organisation is refused", func(t *testing.T) {
		f := o.admin.get(path).form(t, path)
		f.Set("follower", string(other.code(t, "明").ID))
		o.admin.post(path, f).refused(t, "follower")
	})
	if got := o.code(t, "早"); got.Name != "早番" {
		t.Errorf("the code is now %+v", got)
	}
}

func TestFaultB2Code(t *testing.T) {
	o := newSite(t).found("alpha")
	path := o.base + "/codes/new"
	form := o.admin.get(path).want(t, 200).form(t, path)
	for _, name := range []string{"symbol", "name", "start", "end", "break", "external", "position", "valid_from", "kind", "color"} {
		form.Set(name, payload)
	}
	o.admin.post(path, form).want(t, 422).shownAsText(t)
	form = o.admin.get(path).form(t, path)
	form.Set("symbol", "<b")
	form.Set("name", payload)
	form.Set("start", "9")
	form.Set("end", "18")
	o.admin.post(path, form).want(t, 303)
	o.admin.get(o.base+"/codes").want(t, 200).shownAsText(t)
	o.admin.get(o.base+"/codes/"+string(o.code(t, "<b").ID)).want(t, 200).shownAsText(t)
}
