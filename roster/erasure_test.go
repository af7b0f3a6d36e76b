package roster

import (
	"fmt"
	"slices"
	"testing"
)

func TestEraseFrom(t *testing.T) {
	left := MakeDay(2026, 3, 31)
	for _, c := range []struct {
		name     string
		years    int
		to, last Day
		want     Day
	}{
		{"何も決めなければ5年", 0, left, 0, MakeDay(2031, 4, 1)},
		{"3年", 3, left, 0, MakeDay(2029, 4, 1)},
		{"3年より短くはならない", 1, left, 0, MakeDay(2029, 4, 1)},
		{"最後の勤務のほうが遅い", 3, left, MakeDay(2026, 4, 2), MakeDay(2029, 4, 3)},
		{"最後の勤務のほうが早い", 3, left, MakeDay(2026, 3, 1), MakeDay(2029, 4, 1)},
		{"うるう日に辞めた", 3, MakeDay(2028, 2, 29), 0, MakeDay(2031, 3, 2)},
	} {
		got, ok := Settings{RetainYears: c.years}.EraseFrom(Staff{ActiveTo: c.to}, c.last)
		if !ok || got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if _, ok := (Settings{}).EraseFrom(Staff{}, left); ok {
		t.Error("在籍中の人")
	}
}

func TestFormerName(t *testing.T) {
	who := Staff{Name: "佐藤 花子", Kana: "さとう", Phone: "1", Skills: []string{"x"}, BirthDay: 1, Email: "e", Language: "ja", HomeSite: "s", ActiveTo: 9}
	was := who.Erase(FormerName(ClassRegular, 12))
	if was.Name != "退職者 12" || !was.Erased() || was.HomeSite != "s" || was.ActiveTo != 9 {
		t.Errorf("%+v", was)
	}
	if got := FormerName(ClassMember, 3); got != "元利用者 3" {
		t.Error(got)
	}
	again := was
	again.Phone = "090"
	if again.Erased() || who.Erased() {
		t.Error("somebody who can be called up is not erased")
	}
	if n := NextFormer([]Staff{who, was, {Name: "元利用者 3"}, {Name: "退職者 x"}}); n != 13 {
		t.Error(n)
	}
}

func TestRanges(t *testing.T) {
	for text, list := range map[string][]int64{"": nil, "3": {3}, "3-5 9": {3, 4, 5, 9}, "1-2": {1, 2}} {
		if got := SpellNumbers(list); got != text {
			t.Errorf("%v: %q", list, got)
		}
		if got, ok := ReadNumbers(text); !ok || !slices.Equal(got, list) {
			t.Errorf("%q: %v", text, got)
		}
	}
	if got := SpellNumbers([]int64{9, 4, 3, 4, 5}); got != "3-5 9" {
		t.Error(got)
	}
	events := []EventKey{{7, 1}, {4, 0}, {4, 2}, {4, 1}, {12, 0}}
	text := SpellEvents(events)
	if text != "4:0-2 7:1 12:0" {
		t.Error(text)
	}
	if got, ok := ReadEvents(text); !ok || fmt.Sprint(got) != "[{4 0} {4 1} {4 2} {7 1} {12 0}]" {
		t.Error(got)
	}
	for _, bad := range []string{"x", "5-3", "-1", "1-99999999999", "1,2"} {
		if _, ok := ReadNumbers(bad); ok {
			t.Errorf("%q was read", bad)
		}
		if _, ok := ReadEvents("1:" + bad); ok {
			t.Errorf("1:%q was read", bad)
		}
	}
	if _, ok := ReadEvents("4"); ok {
		t.Error("an act is no event")
	}
}
