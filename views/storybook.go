package views

import (
	"fmt"
	"strings"

	"github.com/a-h/templ"

	"wakakusa/roster"
)

// Story is one component in one state. The list of stories is also the list of pictures and of accessibility checks.
type Story struct {
	Slug  string
	Group string
	State string
	Page  templ.Component // the whole document
}

// Stories draws every component in its states: empty, one, many, too long, error, read-only.
func Stories(f Frame) []Story {
	b := book{frame: f}
	b.buttons()
	b.fields()
	b.surfaces()
	b.sheets()
	b.own()
	return b.stories
}

type book struct {
	frame   Frame
	stories []Story
}

func (b *book) frameOf(title string) Frame {
	f := b.frame
	f.Title, f.Org, f.Base, f.User = title, "社会福祉法人わかくさ会", "/o/wakakusa", "池田 隆"
	f.Menu = []MenuItem{{Key: "me", Href: "/"}, {Key: "roster", Href: "/", Current: true}, {Key: "staff", Href: "/"}}
	return f
}

func (b *book) page(group, state string, page templ.Component) {
	slug := fmt.Sprintf("%s-%d", group, len(b.stories))
	b.stories = append(b.stories, Story{slug, group, state, page})
}

func (b *book) part(group, state string, parts ...templ.Component) {
	b.page(group, state, Layout(b.frameOf(state), storyBody(group+": "+state, parts)))
}

func (b *book) buttons() {
	var chips []templ.Component
	for i, symbol := range strings.Split("早日遅夜明公有半研短特欠", "") {
		chips = append(chips, CodeChip(symbol, roster.Colors[i], ""), CodeChip(symbol, roster.Colors[i], roster.Patterns[i%len(roster.Patterns)]))
	}
	b.part("chip", "every colour and pattern", chips...)
	f := b.frame
	b.part("badge", "every kind", Badge("", "下書き"), Badge("ok", "公開 v2"), Badge("info", "締め"), Badge("warn", "承認待ち"), Badge("error", "停止"))
	b.part("copyable", "long", Copyable(f, "https://shift.example.jp/links/"+strings.Repeat("x1Yz", 11)))
	b.part("pager", "between", Pager(f, Pages{Previous: "/", Next: "/", Label: "21–40 / 134"}))
	b.part("tabs", "several", Tabs("事業所", []Link{{"/", "わかくさ苑", true}, {"/", "わかくさワークス", false}, {"/", "法人本部", false}}))
}

func (b *book) fields() {
	plain := Form{Action: "/", Values: map[string][]string{"name": {"佐藤 陽菜"}, "note": {"朝の申し送りに出る"}, "class": {"regular"}, "on": {"1"}, "days": {"1", "3"}}}
	wrong := plain
	wrong.Faults = map[string]string{"": "ほかの人が先に変更しました。", "name": "100文字以内で入力してください。", "note": "使えない文字が含まれています。", "class": "選び直してください。", "days": "選び直してください。"}
	wrong.Key = "w"
	for _, x := range []struct {
		state string
		form  Form
	}{{"filled", plain}, {"refused", wrong}} {
		form := x.form
		b.part("field", x.state, FormErrors(b.frame, form),
			TextField(Field{Form: form, Name: "name", Label: "氏名", Hint: "姓と名の間に空白を入れます。", Required: true}),
			TextArea(Field{Form: form, Name: "note", Label: "メモ", Rows: 3}),
			SelectField(Field{Form: form, Name: "class", Label: "区分", Choices: []Choice{{"regular", "職員"}, {"part_time", "アルバイト"}}}),
			CheckField(Field{Form: form, Name: "on", Label: "深夜に入らない"}),
			CheckGroup(Field{Form: form, Name: "days", Label: "曜日", Choices: []Choice{{"1", "月"}, {"2", "火"}, {"3", "水"}}}),
			CodePick(Field{Form: form, Name: "code", Label: "シフト種別"}, palette()))
	}
	b.part("field", "read-only", TextField(Field{Form: plain, Name: "name", Label: "氏名", Readonly: true}))
	b.page("sign-in", "empty", SignIn(b.frame, Form{Action: "/"}, Passkey{}))
	b.page("sign-in", "refused", SignIn(b.frame, Form{Action: "/", Values: map[string][]string{"login": {"yamada"}}, Faults: map[string]string{"": b.frame.T("error.sign_in")}}, Passkey{}))
}

func (b *book) surfaces() {
	f := b.frame
	b.part("notice", "every kind", NoticeBox(f, Notice{"ok", "保存しました。"}), NoticeBox(f, Notice{"info", "この月のシフト表はまだ公開されていません。"}),
		NoticeBox(f, Notice{"warn", "未公開の変更があります。"}), NoticeBox(f, Notice{"error", "ほかの人が先に変更しました。"}))
	b.part("empty", "with a way on", EmptyState(f, Empty{Icon: "staff", Title: "スタッフがまだいません", Text: "最初の一人を登録しましょう。", Href: "/", Action: "スタッフを追加"}))
	b.page("error", "not found", ErrorPage(f, f.T("error.text_404"), Support{}))
	b.page("error", "whom to ask", ErrorPage(f, f.T("error.text_503"), Support{Name: "総務部 シフト担当", Email: "shift@example.jp", Phone: "03-0000-0000", Hours: "平日 9:00〜17:00"}))
	b.part("confirm", "closed", Confirm(f, "sure", "削除する", "この種別を削除しますか", "削除すると元に戻せません。", Form{Action: "/"}))
}

func palette() []PaletteCode {
	list := []PaletteCode{
		{ID: "a", Symbol: "早", Name: "早番", Time: "7:00–16:00", Color: "amber"},
		{ID: "b", Symbol: "日", Name: "日勤", Time: "8:30–17:30", Color: "sky"},
		{ID: "c", Symbol: "夜", Name: "夜勤", Time: "16:30–翌9:30", Color: "navy"},
		{ID: "d", Symbol: "公", Name: "公休", Color: "stone"},
	}
	Keys(list)
	return list
}

func (b *book) sheets() {
	for _, state := range []string{"empty", "one", "many", "read-only", "closed"} {
		b.page("sheet", state, RosterPage(b.sheet(state)))
	}
	lines := []BreachLine{
		{Staff: "佐藤 陽菜", StaffID: "s1", Day: "2026-12-03", DayText: "12月3日(木)", Text: "前の勤務の終わりから8:30しか空いていません(目安 11時間以上)", Href: "/"},
		{Staff: "𠮷田 健一", StaffID: "s2", Day: "2026-12-04", DayText: "12月4日(金)", Text: "同じ時間に二つの勤務があります(7:00–16:00 と 8:30–17:30)", Hard: true, Href: "/"},
		{Day: "2026-12-05", DayText: "12月5日(土)", Text: "夜勤が足りません(1人 / 必要 2人)", Href: "/"},
	}
	b.page("breaches", "many", BreachPage(b.frameOf("確認が必要なところ"), lines, "/"))
	b.page("breaches", "none", BreachPage(b.frameOf("確認が必要なところ"), nil, "/"))
}

// sheet is a week of a small site.
func (b *book) sheet(state string) Sheet {
	first := roster.MakeDay(2026, 12, 1)
	s := Sheet{
		Frame: b.frameOf("シフト表"), Path: "/", Revision: 42, Site: "特別養護老人ホーム わかくさ苑", Period: "2026年12月", Previous: "/", Next: "/", Today: "/",
		State: roster.StatePublished, Version: 2, Unpublished: 3, CanEdit: true, CanLook: true, CanPublish: true, Palette: palette(), OffWant: 9,
	}
	s.Frame.Fluid = true
	for i := -2; i < 7; i++ {
		d := first + roster.Day(i)
		s.Days = append(s.Days, DayHead{Day: d, Weekday: b.frame.Text.Weekday(d.Weekday()), Past: i < 0, Today: i == 2})
	}
	people := map[string]int{"empty": 0, "one": 1}
	n, ok := people[state]
	if !ok {
		n = 12
	}
	switch state {
	case "read-only":
		s.CanEdit, s.CanPublish, s.Palette = false, false, nil
	case "closed":
		s.State, s.CanEdit = roster.StateClosed, false
	}
	if n > 0 {
		s.Groups = []Group{{Name: "介護職員", Rows: storyRows(n, s.Days)}}
		s.Foot = storyFoot(s.Days)
	}
	return s
}

func storyRows(n int, days []DayHead) []Row {
	names := []string{"佐藤 陽菜", "𠮷田 健一", "髙橋 さくら", "勅使河原 権左衛門之助", "山﨑 千尋", "Nguyễn Thị Hồng Nhung"}
	rows := make([]Row, n)
	for i := range rows {
		rows[i] = Row{ID: fmt.Sprintf("s%d", i), Name: names[i%len(names)], Sub: "常勤", Days: 20, Hours: "160:00", Off: 9, Cells: make([]Cell, len(days))}
		for k := range days {
			rows[i].Cells[k] = storyCell(i, k, days[k].Past)
		}
	}
	return rows
}

func storyCell(person, day int, past bool) Cell {
	c := palette()[(person+day)%4]
	chip := Chip{Symbol: c.Symbol, Color: c.Color, Pattern: c.Pattern, Label: c.label()}
	v := Cell{Past: past, Chips: []Chip{chip}}
	switch (person*7 + day) % 11 {
	case 1:
		v.Breaches = []string{"7日続けての勤務です(目安 6日まで)"}
	case 2:
		v.Changed, v.Chips[0].Note = true, true
	case 3:
		v.Locked, v.Chips[0].Own = true, true
	case 4:
		v.Chips = append(v.Chips, Chip{Symbol: "遅", Color: "coral", Label: "遅番"})
	case 5:
		v.Chips = nil
		v.AfterNight = true
	case 6:
		v.Chips[0].Pending = true
	case 7:
		v.Chips[0].Away = true
	}
	return v
}

func storyFoot(days []DayHead) []FootRow {
	rows := make([]FootRow, 3)
	for i, c := range palette()[:3] {
		rows[i] = FootRow{ID: c.ID, Symbol: c.Symbol, Name: c.Name, Color: c.Color, Cells: make([]FootCell, len(days))}
		for k, d := range days {
			rows[i].Cells[k] = FootCell{Have: 1 + k%4, Want: 2, Asked: i < 2, Past: d.Past}
		}
	}
	return rows
}

func (b *book) own() {
	night := OwnShift{Chip: Chip{Symbol: "夜", Color: "navy"}, Name: "夜勤", Time: "16:30–翌9:30", Site: "わかくさ苑", Break: "休憩120分", Note: "申し送りは16時20分から"}
	off := OwnShift{Chip: Chip{Symbol: "公", Color: "stone"}, Name: "公休", Off: true}
	days := []OwnDay{
		{Href: "/", Day: "12月3日(木)", Weekday: "木", Number: 3, Today: true, Known: true, Shifts: []OwnShift{night}},
		{Href: "/", Day: "12月4日(金)", Weekday: "金", Number: 4, Tomorrow: true, Known: true},
		{Href: "/", Day: "12月5日(土)", Weekday: "土", Number: 5, Kind: "sat", Known: true, Shifts: []OwnShift{off}},
		{Href: "/", Day: "12月6日(日)", Weekday: "日", Number: 6, Kind: "sun"},
	}
	totals := OwnTotals{Title: "2026年12月の合計", Days: 20, Hours: "160:00", Off: 9}
	b.page("me", "next shift", MePage(Me{Frame: b.frameOf("ホーム"), Next: &days[0], Days: days, Month: totals}))
	b.page("me", "nothing published", MePage(Me{Frame: b.frameOf("ホーム"), Month: totals}))
	b.page("calendar", "a month", MyCalendarPage(MyCalendar{
		Frame: b.frameOf("カレンダー"), Title: "2026年12月", Previous: "/", Next: "/", Lead: 1, Days: days, Totals: totals, Published: true,
		Weekdays: []string{"月", "火", "水", "木", "金", "土", "日"},
	}))
}
