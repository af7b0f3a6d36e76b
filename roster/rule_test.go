package roster

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// told writes the breaches of a person as "day rule", in order.
func told(list []Breach) string {
	words := make([]string, len(list))
	for i, b := range list {
		_, m, d := b.Cell.Day.Date()
		words[i] = fmt.Sprintf("%d/%d:%s", m, d, b.Rule)
	}
	return strings.Join(words, " ")
}

type ruleCase struct {
	name string
	from string
	row  string
	with func(*Sheet)
	want string // every breach of 佐藤
}

func judgeAll(t *testing.T, tests []ruleCase) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := emptySheet().row(t, sato, test.from, test.row)
			if test.with != nil {
				test.with(s)
			}
			if got := told(s.Breaches(sato)); got != test.want {
				t.Errorf("%s from %s: got %q, want %q", test.row, test.from, got, test.want)
			}
		})
	}
}

func contract(c Contract) func(*Sheet) {
	return func(s *Sheet) { c.From, c.Staff = MakeDay(2026, 1, 1), sato; s.Contracts[sato] = []Contract{c} }
}

func TestRuleRest(t *testing.T) {
	judgeAll(t, []ruleCase{
		{name: "遅番の次の早番", from: "04-06", row: "遅 早", want: "4/7:rest"},
		{name: "遅番の次の日勤はちょうど11時間", from: "04-06", row: "遅 日", want: ""},
		{name: "夜勤明けの早番", from: "04-06", row: "夜 - 早", want: ""},
		{name: "夜勤明け当日の遅番", from: "04-06", row: "夜 遅", want: "4/7:rest 4/7:follower"},
		{name: "夜勤の連続", from: "04-06", row: "夜 夜", want: "4/7:rest"},
		{name: "準夜の次の準夜", from: "04-06", row: "準 準", want: ""},
		{name: "同じ日の二つの勤務は休息を問わない", from: "04-06", row: "短+夕 日", want: ""},
		{name: "夕方の勤務の次の早番", from: "04-06", row: "短+夕 早", want: "4/7:rest"},
		{name: "休みをはさむ", from: "04-06", row: "遅 公 早", want: ""},
		{name: "月またぎ", from: "03-31", row: "遅 早", want: "4/1:rest"},
		{name: "翌月の初日は翌月の表で見る", from: "04-30", row: "遅 早", want: ""},
		{name: "二文字で書く夜勤", from: "04-06", row: "入 残 公", want: ""},
		{name: "二文字の夜勤明けの夕方", from: "04-06", row: "入 残+夕", want: "4/7:rest"},
		{name: "24時までの勤務に続く深夜", from: "04-06", row: "夕 深", with: func(s *Sheet) { s.Shifts[sato][0].Span.End = 1440 }, want: "4/7:rest"},
		{name: "12時間の就業規則", from: "04-06", row: "遅 日", with: func(s *Sheet) { s.Org.Settings.RestHours = 12 }, want: "4/7:rest"},
		{name: "有休は仕事でない", from: "04-06", row: "遅 有", want: ""},
		{name: "研修も仕事", from: "04-06", row: "準 研", want: "4/7:rest 4/7:follower"},
	})
}

func TestRuleRestTellsTheHours(t *testing.T) {
	s := emptySheet().row(t, sato, "04-06", "遅 早")
	b := s.Breaches(sato)
	if len(b) != 1 || b[0].Hard || b[0].Args["Rest"] != "9:00" || b[0].Args["Want"] != 11 {
		t.Errorf("got %+v", b)
	}
}

func TestRuleRun(t *testing.T) {
	judgeAll(t, []ruleCase{
		{name: "6連勤", from: "04-05", row: "短 短 短 短 短 短", want: ""},
		{name: "7連勤", from: "04-05", row: "短 短 短 短 短 短 短", want: "4/11:run"},
		{name: "8連勤は二日とも", from: "04-05", row: "短 短 短 短 短 短 短 短", want: "4/11:run 4/12:run"},
		{name: "公休で切れる", from: "04-05", row: "短 短 短 公 短 短 短 短", want: ""},
		{name: "空きで切れる", from: "04-05", row: "短 短 短 - 短 短 短 短", want: ""},
		{name: "有休で切れる", from: "04-05", row: "短 短 短 有 短 短 短 短", want: ""},
		{name: "半休は勤務日", from: "04-05", row: "短 短 短 半 短 短 短", want: "4/11:run"},
		{name: "一日に二つでも一日", from: "04-05", row: "短+夕 短 短 公", want: ""},
		{name: "明けの日も数える", from: "04-05", row: "短 短 短 短 短 夜 - 公", want: "4/11:run"},
		{name: "明けの後の勤務", from: "04-05", row: "短 短 夜 - 短 短 短 公", want: "4/11:run"},
		{name: "切れ目の月またぎ", from: "03-27", row: "短 短 短 短 短 短 短 短", want: "4/2:run 4/3:run"},
		{name: "前月だけの連勤", from: "03-24", row: "短 短 短 短 短 短 短 公", want: ""},
		{name: "5日までの就業規則", from: "04-05", row: "短 短 短 短 短 短", with: func(s *Sheet) { s.Org.Settings.RunDays = 5 }, want: "4/10:run"},
	})
}

func TestRuleWeek(t *testing.T) {
	student := contract(Contract{WeeklyMax: 28 * 60})
	judgeAll(t, []ruleCase{
		{name: "週40時間", from: "04-05", row: "日 日 日 日 日 公 公", want: ""},
		{name: "週44時間", from: "04-05", row: "日 日 日 日 日 短 公", want: "4/10:week"},
		{name: "越えた後の日には重ねない", from: "04-05", row: "日 日 日 日 日 短 短", want: "4/10:week 4/11:run"},
		{name: "日曜で改まる", from: "04-08", row: "日 日 日 日 日 日", want: ""},
		{name: "月曜始まりの就業規則", from: "04-07", row: "日 日 日 日 日 日", with: func(s *Sheet) { s.Org.Settings.WeekStart = time.Monday }, want: "4/12:week"},
		{name: "特例44時間", from: "04-05", row: "日 日 日 日 日 短 公", with: func(s *Sheet) { s.Org.Settings.WeekHours = 44 }, want: ""},
		{name: "28時間の留学生はちょうどまで", from: "04-05", row: "短 短 短 日 日 公 公", with: student, want: ""},
		{name: "28時間の留学生", from: "04-05", row: "短 短 短 日 日 短 公", with: student, want: "4/10:week"},
		{name: "切れ目の月またぎ", from: "03-29", row: "日 日 日 日 日 日 公", want: "4/3:week"},
		{name: "前月の内に越えた週", from: "03-29", row: "夜 公 夜 公 夜", want: "4/1:follower 4/2:week"},
		{name: "夜勤は始まりの日に入れる", from: "04-09", row: "夜 - 夜 - 夜", want: ""},
		{name: "休憩は数えない", from: "04-05", row: "日 日 日 日 日", with: func(s *Sheet) { s.Shifts[sato][0].Break = 0 }, want: "4/9:week"},
		{name: "法律より長い契約", from: "04-05", row: "日 日 日 日 日 短", with: contract(Contract{WeeklyMax: 50 * 60}), want: "4/10:week"},
	})
}

func TestRuleWeekTellsTheWholeWeek(t *testing.T) {
	s := emptySheet().row(t, sato, "04-05", "日 日 日 日 日 短 夕")
	b := s.Breaches(sato)
	if len(b) != 2 || b[0].Args["Hours"] != "48:00" || b[0].Args["Limit"] != "40:00" {
		t.Errorf("got %+v", b)
	}
}

func TestRuleWeekAddsOtherSites(t *testing.T) {
	s := emptySheet().row(t, sato, "04-05", "日 日 日 日 日 短")
	s.Shifts[sato][2].Site = there
	if got := told(s.Breaches(sato)); got != "4/10:week" {
		t.Errorf("got %q", got)
	}
}

func TestRuleFollower(t *testing.T) {
	judgeAll(t, []ruleCase{
		{name: "入→明", from: "04-06", row: "入 明", want: ""},
		{name: "入→空き", from: "04-06", row: "入 -", want: "4/7:follower"},
		{name: "入→公", from: "04-06", row: "入 公", want: "4/7:follower"},
		{name: "入→残も明け", from: "04-06", row: "入 残", want: ""},
		{name: "夜→空きは明け", from: "04-06", row: "夜 -", want: ""},
		{name: "夜→明", from: "04-06", row: "夜 明 公", want: ""},
		{name: "夜→公は休みにならない", from: "04-06", row: "夜 公", want: "4/7:follower"},
		{name: "夜→有", from: "04-06", row: "夜 有", want: "4/7:follower"},
		{name: "夜→夜→明", from: "04-06", row: "夜 夜 明", want: "4/7:rest"},
		{name: "前月末の入", from: "03-31", row: "入 公", want: "4/1:follower"},
		{name: "月末の入は翌月の表で見る", from: "04-30", row: "入 公", want: ""},
		{name: "明と夕を同じ日に", from: "04-06", row: "夜 明+夕", want: "4/7:rest"},
		{name: "公休は何も求めない", from: "04-06", row: "公 公", want: ""},
	})
}

func TestRuleFollowerNamesTheCode(t *testing.T) {
	s := emptySheet().row(t, sato, "04-06", "入 公")
	b := s.Breaches(sato)
	if len(b) != 1 || b[0].Args["Code"] != "入" || b[0].Args["Want"] != "明" || b[0].Cell != (Cell{sato, dayOf(t, "04-07")}) {
		t.Errorf("got %+v", b)
	}
}

func TestRuleFollowerLeavesRequestsAlone(t *testing.T) {
	s := emptySheet().row(t, sato, "04-06", "入 公")
	s.Shifts[sato][0].Approval = Pending
	if got := told(s.Breaches(sato)); got != "" {
		t.Errorf("a request asks for a follower: %q", got)
	}
}

func TestRuleNight(t *testing.T) {
	day := contract(Contract{NoNight: true})
	judgeAll(t, []ruleCase{
		{name: "夜勤", from: "04-06", row: "夜", with: day, want: "4/6:night"},
		{name: "準夜", from: "04-06", row: "準", with: day, want: "4/6:night"},
		{name: "深夜", from: "04-06", row: "深", with: day, want: "4/6:night"},
		{name: "22時ちょうどまで", from: "04-06", row: "遅", with: day, want: ""},
		{name: "早番", from: "04-06", row: "早", with: day, want: ""},
		{name: "5時始まり", from: "04-06", row: "短", with: func(s *Sheet) { day(s); s.Shifts[sato][0].Span = Span{300, 540} }, want: ""},
		{name: "4時59分始まり", from: "04-06", row: "短", with: func(s *Sheet) { day(s); s.Shifts[sato][0].Span = Span{299, 540} }, want: "4/6:night"},
		{name: "深夜不可でない契約", from: "04-06", row: "夜", with: contract(Contract{}), want: ""},
		{name: "契約の前", from: "04-06", row: "夜", with: func(s *Sheet) {
			s.Contracts[sato] = []Contract{{From: dayOf(t, "04-07"), NoNight: true}}
		}, want: ""},
	})
}

func TestRuleInactive(t *testing.T) {
	left := func(s *Sheet) { s.Staff[0].ActiveFrom, s.Staff[0].ActiveTo = dayOf(t, "04-02"), dayOf(t, "04-10") }
	judgeAll(t, []ruleCase{
		{name: "入職前日", from: "04-01", row: "短 短", with: left, want: "4/1:inactive"},
		{name: "退職翌日", from: "04-10", row: "短 短", with: left, want: "4/11:inactive"},
		{name: "退職後の公休も", from: "04-11", row: "公", with: left, want: "4/11:inactive"},
	})
}

func TestRuleDouble(t *testing.T) {
	judgeAll(t, []ruleCase{
		{name: "同じ日に重なる", from: "04-06", row: "早+日", want: "4/6:double"},
		{name: "一日に三つ", from: "04-06", row: "早+日+遅", want: "4/6:double 4/6:double"},
		{name: "続きの勤務は重ならない", from: "04-06", row: "短+遅", want: ""},
		{name: "夜勤の朝に早番", from: "04-06", row: "夜 早", want: "4/7:double 4/7:follower"},
		{name: "月またぎの夜勤と早番", from: "03-31", row: "夜 早", want: "4/1:double 4/1:follower"},
		{name: "公休が二つ", from: "04-06", row: "公+有", want: "4/6:double"},
		{name: "公休と勤務は印だけ", from: "04-06", row: "公+早", want: ""},
	})
	s := emptySheet().row(t, sato, "04-06", "早+日")
	if b := s.Breaches(sato); !b[0].Hard {
		t.Error("a double booking is not hard")
	}
}

func TestMembersAreOutsideLabourLaw(t *testing.T) {
	s := emptySheet().row(t, user, "04-05", "日 日 日 日 日 日 日 日")
	if got := told(s.Breaches(user)); got != "" {
		t.Errorf("利用者: %q", got)
	}
	s.row(t, user, "04-20", "早+日")
	if got := told(s.AllBreaches()); got != "4/20:double" {
		t.Errorf("利用者 in two places: %q", got)
	}
	if s.Breaches("だれか") != nil {
		t.Error("a stranger has breaches")
	}
}

// The former system kept overlapping shifts of one person without a word.
func TestFaultC8(t *testing.T) {
	s := emptySheet().row(t, sato, "04-06", "夜").row(t, goto_, "03-31", "夜")
	for name, edit := range map[string]Edit{
		"同じ日":  {Op: OpAdd, Cell: Cell{sato, dayOf(t, "04-06")}, Code: "日", Span: Span{540, 1080}},
		"夜勤の朝": {Op: OpSet, Cell: Cell{sato, dayOf(t, "04-07")}, Code: "早"},
		"前月から": {Op: OpSet, Cell: Cell{goto_, dayOf(t, "04-01")}, Code: "日"},
		"前の晩":  {Op: OpAdd, Cell: Cell{sato, dayOf(t, "04-05")}, Code: "夜", Span: Span{1380, 1440 + 1000}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Apply([]Edit{edit}, ids())
			refusal(t, err, RuleBroken, "error.double_booking")
		})
	}
}
