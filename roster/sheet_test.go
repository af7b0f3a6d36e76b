package roster

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func need(code CodeID, weekday int, count int) Need {
	return Need{Site: here, Code: code, Weekday: weekday, Count: count}
}

func TestNeedOn(t *testing.T) {
	sunday, holiday := MakeDay(2026, time.May, 3), MakeDay(2026, time.May, 3) // 憲法記念日 on a Sunday
	monday := sunday + 1
	all := []Need{
		{Code: "早", Day: sunday + 14, Count: 9},
		need("早", EveryDay, 1),
		need("早", int(time.Sunday), 2),
		need("早", HolidayDay, 3),
		need("日", EveryDay, 7),
		need("遅", int(time.Monday), 0),
	}
	tests := []struct {
		name    string
		code    CodeID
		day     Day
		holiday bool
		count   int
		ok      bool
	}{
		{"毎日", "早", monday, false, 1, true},
		{"日曜は毎日に勝つ", "早", sunday + 7, false, 2, true},
		{"祝日は曜日に勝つ", "早", holiday, true, 3, true},
		{"日付は祝日に勝つ", "早", sunday + 14, true, 9, true},
		{"平日の祝日", "早", monday, true, 3, true},
		{"ほかのコード", "日", sunday, true, 7, true},
		{"0人は設定", "遅", monday, false, 0, true},
		{"設定なし", "遅", sunday, false, 0, false},
		{"知らないコード", "夜", sunday, false, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for range 2 { // the order of the list does not matter
				count, ok := NeedOn(all, test.code, test.day, test.holiday)
				if count != test.count || ok != test.ok {
					t.Errorf("got %d, %v", count, ok)
				}
				for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
					all[i], all[j] = all[j], all[i]
				}
			}
		})
	}
}

func TestCoverage(t *testing.T) {
	s := emptySheet().row(t, sato, "04-01", "早 早 短+夕").row(t, goto_, "04-01", "早 早").row(t, nguen, "04-01", "早 日").row(t, user, "04-01", "早")
	s.Needs = []Need{need("早", EveryDay, 2), need("日", int(time.Thursday), 3), need("夕", EveryDay, 0)}
	s.Shifts[goto_][1].Site = there
	s.Shifts[nguen][1].Approval = Pending
	want := map[int][]Cover{
		1: {{"早", 3, 2, true}, {"日", 0, 0, false}, {"夕", 0, 0, true}},
		2: {{"早", 1, 2, true}, {"日", 0, 3, true}, {"夕", 0, 0, true}},
		3: {{"早", 0, 2, true}, {"日", 0, 0, false}, {"夕", 1, 0, true}},
	}
	for d, cover := range want {
		if diff := cmp.Diff(cover, s.Coverage(april.First+Day(d-1))); diff != "" {
			t.Errorf("%d April:\n%s", d, diff)
		}
	}
}

func TestCoverageCountsHeads(t *testing.T) {
	s := emptySheet().row(t, sato, "04-01", "短+夕")
	s.Shifts[sato][1].Code = "短" // 送迎 in the morning and in the evening
	s.Needs = []Need{need("短", EveryDay, 2)}
	if got := s.Coverage(april.First); got[0].Have != 1 || got[0].Short() != 1 {
		t.Errorf("one person with two entries counts as %d", got[0].Have)
	}
}

func TestCoverageKnowsHolidays(t *testing.T) {
	s := emptySheet()
	s.Needs = []Need{need("日", EveryDay, 3), need("日", HolidayDay, 1)}
	showa := dayOf(t, "04-29")
	s.Holidays[showa] = "昭和の日"
	if got := s.Coverage(showa)[0].Want; got != 1 {
		t.Errorf("昭和の日 wants %d", got)
	}
	if got := s.Coverage(showa + 1)[0].Want; got != 3 {
		t.Errorf("the day after wants %d", got)
	}
}

func TestCoverShortAndOver(t *testing.T) {
	for c, want := range map[Cover][2]int{
		{Have: 1, Want: 3, Asked: true}: {2, 0},
		{Have: 3, Want: 1, Asked: true}: {0, 2},
		{Have: 2, Want: 2, Asked: true}: {0, 0},
		{Have: 2}:                       {0, 0},
		{Have: 2, Asked: true}:          {0, 2},
	} {
		if c.Short() != want[0] || c.Over() != want[1] {
			t.Errorf("%+v: short %d, over %d", c, c.Short(), c.Over())
		}
	}
}

func TestTotals(t *testing.T) {
	tests := []struct {
		name, from, row string
		want            Totals
	}{
		{"空", "04-01", "", Totals{}},
		{"日勤五日と公休二日", "04-01", "日 日 日 日 日 公 法", Totals{5, 40 * 60, 2}},
		{"夜勤と明け", "04-01", "夜 明 公", Totals{1, 15 * 60, 1}},
		{"二文字で書く夜勤", "04-01", "入 残 公", Totals{2, 450 + 570, 1}},
		{"一日に二つ", "04-01", "短+夕", Totals{1, 8 * 60, 0}},
		{"有休と欠勤", "04-01", "有 欠", Totals{}},
		{"半休は働いた分", "04-01", "半", Totals{1, 4 * 60, 0}},
		{"前月と翌月は入れない", "03-31", "公 公", Totals{0, 0, 1}},
		{"月末の夜勤は今月", "04-30", "夜 明", Totals{1, 15 * 60, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := emptySheet().row(t, sato, test.from, test.row)
			if got := s.Totals(sato); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestAfterNight(t *testing.T) {
	s := emptySheet().row(t, sato, "03-31", "夜 - - 準 - 遅 - 夜 公")
	want := map[int]bool{1: true, 2: false, 3: false, 4: true, 5: false, 6: false, 7: false, 8: false}
	for d, after := range want {
		if got := s.AfterNight(cell(sato, d)); got != after {
			t.Errorf("%d April: %v", d, got)
		}
	}
}

func TestShiftsOn(t *testing.T) {
	s := emptySheet().row(t, sato, "04-01", "早 短+夕 - 公")
	for d, want := range map[int]int{0: 0, 1: 1, 2: 2, 3: 0, 4: 1, 5: 0} {
		list := s.ShiftsOn(cell(sato, d))
		if len(list) != want {
			t.Errorf("%d April: %d entries", d, len(list))
		}
		if want > 0 && cap(list) != want {
			t.Errorf("%d April: an append would write into the sheet", d)
		}
	}
}

func TestShiftOverlaps(t *testing.T) {
	at := func(d Day, start, end Minutes, a Approval) Shift {
		return Shift{Day: d, Span: Span{start, end}, Approval: a}
	}
	d := april.First
	tests := []struct {
		name string
		a, b Shift
		want bool
	}{
		{"端が触れるだけ", at(d, 540, 720, Approved), at(d, 720, 900, Approved), false},
		{"1分重なる", at(d, 540, 721, Approved), at(d, 720, 900, Approved), true},
		{"中に入る", at(d, 540, 1080, Approved), at(d, 600, 660, Approved), true},
		{"夜勤の朝", at(d, 1320, 1860, Approved), at(d+1, 360, 900, Approved), true},
		{"夜勤のすぐ後", at(d, 1320, 1860, Approved), at(d+1, 420, 900, Approved), false},
		{"36時間の泊まり", at(d, 720, 2880, Approved), at(d+1, 1439, 1500, Approved), true},
		{"翌々日", at(d, 720, 2880, Approved), at(d+2, 0, 60, Approved), false},
		{"公休と公休", at(d, 0, 0, Approved), at(d, 0, 0, Approved), true},
		{"翌日の公休", at(d, 0, 0, Approved), at(d+1, 0, 0, Approved), false},
		{"公休と勤務", at(d, 0, 0, Approved), at(d, 540, 1080, Approved), false},
		{"却下された申請", at(d, 540, 1080, Rejected), at(d, 540, 1080, Approved), false},
		{"申請中", at(d, 540, 1080, Pending), at(d, 540, 1080, Approved), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.a.Overlaps(test.b) != test.want || test.b.Overlaps(test.a) != test.want {
				t.Errorf("got %v and %v", test.a.Overlaps(test.b), test.b.Overlaps(test.a))
			}
		})
	}
}
