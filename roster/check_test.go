package roster

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type check struct {
	name string
	err  error
	want string // the fields at fault
}

func checkAll(t *testing.T, tests []check) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := fields(test.err); got != test.want {
				t.Errorf("faults on %q, want %q (%v)", got, test.want, test.err)
			}
		})
	}
}

// with changes a copy and checks it.
func with[T interface{ Check() error }](v T, change func(*T)) error {
	change(&v)
	return v.Check()
}

func TestCodeCheck(t *testing.T) {
	early, off := code("早", KindWork, 700, 1600, 60), code("公", KindOff, 0, 0, 0)
	edit := func(f func(*Code)) error { return with(early, f) }
	checkAll(t, []check{
		{"早番", early.Check(), ""},
		{"公休に時刻はいらない", off.Check(), ""},
		{"夜勤", edit(func(c *Code) { c.Span = Span{990, 2010} }), ""},
		{"二文字", edit(func(c *Code) { c.Symbol = "AM" }), ""},
		{"𠮷は一文字", edit(func(c *Code) { c.Symbol = "𠮷𠮷" }), ""},
		{"三文字", edit(func(c *Code) { c.Symbol = "早番早" }), "symbol"},
		{"文字なし", edit(func(c *Code) { c.Symbol, c.Name = "", "" }), "symbol name"},
		{"名前が31文字", edit(func(c *Code) { c.Name = strings.Repeat("長", 31) }), "name"},
		{"名前が30文字", edit(func(c *Code) { c.Name = strings.Repeat("長", 30) }), ""},
		{"外部コードが長い", edit(func(c *Code) { c.External = strings.Repeat("1", 21) }), "external"},
		{"知らない種類", edit(func(c *Code) { c.Kind = "残業" }), "kind"},
		{"知らない色と模様", edit(func(c *Code) { c.Color, c.Pattern = "red", "dots" }), "color pattern"},
		{"勤務に時刻がない", edit(func(c *Code) { c.Span, c.Break = Span{}, 0 }), "end"},
		{"終わりが前", edit(func(c *Code) { c.Span, c.Break = Span{540, 480}, 0 }), "end break"},
		{"翌日に始まる", edit(func(c *Code) { c.Span = Span{1440, 1500} }), "start"},
		{"37時間", edit(func(c *Code) { c.Span = Span{480, 480 + 37*60} }), "end"},
		{"休憩が勤務より長い", edit(func(c *Code) { c.Break = 541 }), "break"},
		{"負の休憩", edit(func(c *Code) { c.Break = -1 }), "break"},
		{"公休に休憩", with(off, func(c *Code) { c.Break = 1 }), "break"},
		{"有効期間が逆", edit(func(c *Code) { c.ValidFrom, c.ValidTo = 20000, 19999 }), "valid_to"},
		{"一日だけ有効", edit(func(c *Code) { c.ValidFrom, c.ValidTo = 20000, 20000 }), ""},
	})
}

func TestCodeValidOn(t *testing.T) {
	c := Code{ValidFrom: 100, ValidTo: 110}
	for d, want := range map[Day]bool{99: false, 100: true, 110: true, 111: false} {
		if c.ValidOn(d) != want {
			t.Errorf("day %d: %v", d, !want)
		}
	}
	if !(Code{}).ValidOn(1) || !(Code{ValidFrom: 5}).ValidOn(500) || (Code{ValidTo: 5}).ValidOn(6) {
		t.Error("open ends")
	}
}

func TestCodeKinds(t *testing.T) {
	type means struct{ dayOff, times, countsOff bool }
	want := map[CodeKind]means{
		KindWork: {false, true, false}, KindTraining: {false, true, false}, KindNightIn: {false, true, false},
		KindNightOut: {}, KindOff: {true, false, true}, KindLegalOff: {true, false, true}, KindPaid: {true, false, false},
		KindHalf: {false, true, false}, KindSpecial: {true, false, false}, KindAbsence: {true, false, false},
	}
	for _, k := range CodeKinds {
		if got := (means{k.DayOff(), k.NeedsTimes(), k.CountsOff()}); got != want[k] {
			t.Errorf("%s: %+v", k, got)
		}
	}
	if len(CodeKinds) != len(want) {
		t.Errorf("%d kinds listed", len(CodeKinds))
	}
}

func TestStaffCheck(t *testing.T) {
	ok := usualStaff()[0]
	edit := func(f func(*Staff)) error { return with(ok, f) }
	share := func(list ...JobShare) error { return edit(func(s *Staff) { s.Jobs = list }) }
	checkAll(t, []check{
		{"佐藤", ok.Check(), ""},
		{"名前なし", edit(func(s *Staff) { s.Name = "" }), "name"},
		{"空白だけの名前", edit(func(s *Staff) { s.Name = "　" }), "name"},
		{"見えない文字だけの名前", edit(func(s *Staff) { s.Name = "\u200b" }), "name"},
		{"前後の空白", edit(func(s *Staff) { s.Name = "佐藤 " }), "name"},
		{"二行の名前", edit(func(s *Staff) { s.Name = "佐藤\n太郎" }), "name"},
		{"𠮷田", edit(func(s *Staff) { s.Name = "𠮷田 葛\U000E0100" }), ""},
		{"絵文字", edit(func(s *Staff) { s.Name = "👩‍⚕️ はな" }), ""},
		{"100文字", edit(func(s *Staff) { s.Name = strings.Repeat("寿", 100) }), ""},
		{"101文字", edit(func(s *Staff) { s.Name = strings.Repeat("寿", 101) }), "name"},
		{"制御文字", edit(func(s *Staff) { s.Name = "佐藤\x00" }), "name"},
		{"向きを変える文字", edit(func(s *Staff) { s.Name = "佐藤\u202e太郎" }), "name"},
		{"壊れた文字", edit(func(s *Staff) { s.Name = "佐\xff" }), "name"},
		{"かなが長い", edit(func(s *Staff) { s.Kana = strings.Repeat("あ", 101) }), "kana"},
		{"電話が長い", edit(func(s *Staff) { s.Phone = strings.Repeat("0", 31) }), "phone"},
		{"メール", edit(func(s *Staff) { s.Email = "sato@example.co.jp" }), ""},
		{"@がない", edit(func(s *Staff) { s.Email = "sato.example.jp" }), "email"},
		{"@が二つ", edit(func(s *Staff) { s.Email = "sato@a@example.jp" }), "email"},
		{"点がない", edit(func(s *Staff) { s.Email = "sato@example" }), "email"},
		{"名前がない", edit(func(s *Staff) { s.Email = "@example.jp" }), "email"},
		{"二通", edit(func(s *Staff) { s.Email = "a@example.jp,b@example.jp" }), "email"},
		{"長いメール", edit(func(s *Staff) { s.Email = strings.Repeat("a", 250) + "@b.jp" }), "email"},
		{"知らない区分", edit(func(s *Staff) { s.Class = "社長" }), "class"},
		{"所属なし", edit(func(s *Staff) { s.HomeSite = "" }), "home_site"},
		{"退職が先", edit(func(s *Staff) { s.ActiveFrom, s.ActiveTo = 20000, 19999 }), "active_to"},
		{"兼務", share(JobShare{"介護", 60}, JobShare{"看護", 40}), ""},
		{"兼務が99%", share(JobShare{"介護", 60}, JobShare{"看護", 39}), "jobs"},
		{"兼務が0%", share(JobShare{"介護", 100}, JobShare{"看護", 0}), "jobs"},
		{"同じ職種が二つ", share(JobShare{"介護", 50}, JobShare{"介護", 50}), "jobs"},
		{"空の資格", edit(func(s *Staff) { s.Skills = []string{"普通免許", ""} }), "skills"},
		{"資格31個", edit(func(s *Staff) { s.Skills = strings.Split(strings.Repeat("免,", 30)+"免", ",") }), "skills"},
	})
}

func TestActiveIn(t *testing.T) {
	s := Staff{ActiveFrom: 100, ActiveTo: 110}
	for p, want := range map[Period]bool{{90, 99}: false, {90, 100}: true, {110, 120}: true, {111, 120}: false, {102, 103}: true, {90, 120}: true} {
		if s.ActiveIn(p) != want {
			t.Errorf("%v: %v", p, !want)
		}
	}
	if !(Staff{}).ActiveOn(1) {
		t.Error("without dates a person is always active")
	}
}

func TestOtherChecks(t *testing.T) {
	org := Org{Name: "若草会", Slug: "wakakusa-kai", Timezone: "Asia/Tokyo", Language: "ja"}
	site := Site{Name: "本館", StartDay: 21, OffDays: 9}
	terms := Contract{From: april.First, Weekly: 40 * 60, WeekDays: 5}
	wanted := Need{Site: here, Code: "早", Count: 2}
	member := Member{Name: "佐藤", Role: RoleStaff, Staff: sato}
	checkAll(t, []check{
		{"組織", org.Check(), ""},
		{"組織名なし", with(org, func(o *Org) { o.Name = "" }), "name"},
		{"短い宛先", with(org, func(o *Org) { o.Slug = "ab" }), "slug"},
		{"大文字の宛先", with(org, func(o *Org) { o.Slug = "Wakakusa" }), "slug"},
		{"ハイフンで終わる宛先", with(org, func(o *Org) { o.Slug = "wakakusa-" }), "slug"},
		{"改行で終わる宛先", with(org, func(o *Org) { o.Slug = "wakakusa\n" }), "slug"},
		{"時間帯なし", with(org, func(o *Org) { o.Timezone = "" }), "timezone"},
		{"サーバーの時間帯", with(org, func(o *Org) { o.Timezone = "Local" }), "timezone"},
		{"知らない言葉", with(org, func(o *Org) { o.Language = "tlh" }), "language"},
		{"設定", with(org, func(o *Org) { o.Settings = Settings{RestHours: 25, RunDays: 32, WeekHours: 41} }), "rest_hours run_days week_hours"},
		{"特例44時間", with(org, func(o *Org) { o.Settings.WeekHours = 44 }), ""},
		{"事業所", site.Check(), ""},
		{"29日始まり", with(site, func(s *Site) { s.StartDay = 29 }), "start_day"},
		{"0日始まり", with(site, func(s *Site) { s.StartDay = 0 }), "start_day"},
		{"公休32日", with(site, func(s *Site) { s.OffDays = 32 }), "off_days"},
		{"事業所名なし", with(site, func(s *Site) { s.Name = "" }), "name"},
		{"職種", Job{Name: "生活支援員"}.Check(), ""},
		{"職種名なし", Job{}.Check(), "name"},
		{"契約", terms.Check(), ""},
		{"始まりのない契約", with(terms, func(c *Contract) { c.From = 0 }), "from"},
		{"終わりが先の契約", with(terms, func(c *Contract) { c.To = c.From - 1 }), "to"},
		{"週61時間", with(terms, func(c *Contract) { c.Weekly, c.WeeklyMax = 61*60, -1 }), "weekly weekly_max"},
		{"週8日", with(terms, func(c *Contract) { c.WeekDays = 8 }), "week_days"},
		{"必要人数", wanted.Check(), ""},
		{"所在のない必要人数", with(wanted, func(n *Need) { n.Site, n.Code = "", "" }), "site code"},
		{"9番目の曜日", with(wanted, func(n *Need) { n.Weekday = 8 }), "weekday"},
		{"負の人数", with(wanted, func(n *Need) { n.Count = -1 }), "count"},
		{"休業日", Holiday{Day: april.First, Name: "創立記念日"}.Check(), ""},
		{"日のない休業日", Holiday{Name: "創立記念日"}.Check(), "day"},
		{"名のない休業日", Holiday{Day: april.First}.Check(), "name"},
		{"所属", member.Check(), ""},
		{"表にいない職員", with(member, func(m *Member) { m.Staff = "" }), "staff"},
		{"担当のない担当者", with(member, func(m *Member) { m.Role = RoleManager }), "sites"},
		{"管理者", with(member, func(m *Member) { m.Role, m.Staff = RoleAdmin, "" }), ""},
		{"知らない役割", with(member, func(m *Member) { m.Role = "root" }), "role"},
	})
}

func TestNotesMayHaveLines(t *testing.T) {
	s := emptySheet()
	off, _ := s.Code("公")
	x := Shift{Day: april.First, Code: off.ID, Note: "通院\n午後から"}
	if err := x.Check(off); err != nil {
		t.Error(err)
	}
	x.Note = "通院\u202e"
	refusal(t, x.Check(off), Invalid, "error.characters")
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{"　佐藤 ": "佐藤", "a\r\nb": "a\nb", "\u00a0x\t\n": "x", "ﾀ ロウ": "ﾀ ロウ", "": ""} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q", in, got)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"髙﨑 𠮷子": "髙﨑 𠮷子", "見え\u200bない\u202e名": "見えない名", "ベル\aの音\n\t二行目": "ベルの音\n\t二行目", "\xff壊れ": "\uFFFD壊れ",
		"葛\U000E0100城": "葛\U000E0100城",
	} {
		if got := Plain(in); got != want || checkLines(got, 0, 100) != nil {
			t.Errorf("Plain(%q) = %q", in, got)
		}
	}
}

func TestContractOn(t *testing.T) {
	list := []Contract{
		{ID: "新", From: 200},
		{ID: "旧", From: 100, To: 199},
		{ID: "臨時", From: 150, To: 160},
	}
	for d, want := range map[Day]ContractID{99: "", 100: "旧", 149: "旧", 150: "臨時", 160: "臨時", 161: "旧", 199: "旧", 200: "新", 9000: "新"} {
		c, ok := ContractOn(list, d)
		if c.ID != want || ok != (want != "") {
			t.Errorf("day %d: %q, %v", d, c.ID, ok)
		}
	}
}

func TestSortStaff(t *testing.T) {
	jobs := []Job{{ID: "管理"}, {ID: "支援"}}
	person := func(id StaffID, job JobID, position int, kana string) Staff {
		s := Staff{ID: id, Name: string(id), Kana: kana, Position: position}
		if job != "" {
			s.Jobs = []JobShare{{job, 100}}
		}
		return s
	}
	list := []Staff{
		person("職種なし", "", 0, "あ"),
		person("知らない職種", "謎", 0, "あ"),
		person("非常勤", "支援", 0, "あ"),
		person("い", "支援", 1, "い"),
		person("う", "支援", 1, "う"),
		person("先", "支援", 0, "ん"),
		person("同じかな2", "支援", 1, "い"),
		person("長", "管理", 5, "ん"),
	}
	full := map[StaffID]bool{"い": true, "う": true, "先": true, "同じかな2": true, "長": true, "職種なし": true}
	SortStaff(list, jobs, func(id StaffID) bool { return full[id] })
	var got []StaffID
	for _, s := range list {
		got = append(got, s.ID)
	}
	want := []StaffID{"長", "先", "い", "同じかな2", "う", "非常勤", "知らない職種", "職種なし"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
