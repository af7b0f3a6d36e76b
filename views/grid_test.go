package views

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"wakakusa/roster"
)

func japanese(t testing.TB) Text {
	t.Helper()
	texts, err := LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	return texts.For("ja")
}

func drawn(t testing.TB, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// month is a sheet of so many people over December 2026 with five days before it.
func month(t testing.TB, people int) Sheet {
	t.Helper()
	s := Sheet{
		Frame: Frame{Text: japanese(t), Title: "シフト表"}, Path: "/o/a/rosters/s/2026-12-01", Revision: 42, CanEdit: true, CanLook: true, OffWant: 9,
		Foot: []FootRow{{ID: "c1", Symbol: "早", Name: "早番", Color: "amber"}},
	}
	first := roster.MakeDay(2026, 12, 1)
	for d := first - 5; d <= first+30; d++ {
		s.Days = append(s.Days, DayHead{Day: d, Weekday: s.Frame.Text.Weekday(d.Weekday()), Past: d < first})
		s.Foot[0].Cells = append(s.Foot[0].Cells, FootCell{Have: 2, Want: 2, Asked: true, Past: d < first})
	}
	g := Group{Name: "介護職員"}
	for i := range people {
		g.Rows = append(g.Rows, busyRow(i, s.Days))
	}
	s.Groups = []Group{g}
	return s
}

func busyRow(i int, days []DayHead) Row {
	chips := []Chip{
		{Symbol: "早", Color: "amber", Label: "早番 7:00–16:00"},
		{Symbol: "夜", Color: "navy", Label: "夜勤 16:30–翌9:30"},
		{Symbol: "有", Color: "violet", Pattern: "dashed", Label: "有給休暇"},
	}
	r := Row{ID: fmt.Sprintf("01a21042-53d1-725e-8fe6-%012d", i), Name: "佐藤 陽菜", Sub: "常勤", Days: 20, Hours: "160:00", Off: 9, Cells: make([]Cell, len(days))}
	for k := range days {
		r.Cells[k].Past = days[k].Past
		if (i+k)%4 != 0 {
			r.Cells[k].Chips = chips[(i*7+k)%3 : (i*7+k)%3+1]
		}
	}
	return r
}

func has(t *testing.T, html string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(html, p) {
			t.Errorf("missing: %s", p)
		}
	}
}

func TestGrid(t *testing.T) {
	s := month(t, 3)
	html := drawn(t, Grid(s))
	t.Run("one cell for every person and day, addressed by row and place", func(t *testing.T) {
		rows := strings.Split(html, `<div class="r" role="row" id="s-`)[1:]
		if len(rows) != 3 {
			t.Fatalf("%d rows", len(rows))
		}
		row, _, _ := strings.Cut(rows[0], `<div class="ft"`)
		if n := strings.Count(row, `role="gridcell"`); n != 36+3 {
			t.Errorf("%d cells in a row of 36 days and three totals", n)
		}
		if n := strings.Count(html, " hx-") + strings.Count(html, "style="); n > 0 {
			t.Errorf("%d attributes that do not belong in cells", n)
		}
	})
	has(t, html, `data-rev="42"`, `data-path="/o/a/rosters/s/2026-12-01"`, `data-edit="1"`, `class="g cv"`, `data-d="2026-12-01"`,
		`aria-label="早番 7:00–16:00">早</div>`, `id="f-sum"`, `id="f-c1"`, `>介護職員 <small>3</small>`, `>9/9</div>`)
}

// The names are a column of their own; it must have the rows' order and height by height the same entries.
func TestNamesStandBesideTheirRows(t *testing.T) {
	s := month(t, 2)
	long := busyRow(2, s.Days)
	long.ID, long.Name, long.Guest = "guest", "グエン・ティ・ホア", true
	s.Groups[0].Rows[1].Name = "佐々木 翼"
	s.Groups = append(s.Groups, Group{Name: "看護職員", Rows: []Row{long}})
	html := drawn(t, Grid(s))
	column, rows, _ := strings.Cut(html[strings.Index(html, `<div class="staffcol"`):], `<div class="r gr"`)
	beside := regexp.MustCompile(`<(?:p|div[^>]*)>(.+?</small>)`).FindAllStringSubmatch(column[strings.Index(column, "<p>"):], -1)
	headers := regexp.MustCompile(`role="rowheader">(.+?</small>)`).FindAllStringSubmatch(rows, -1)
	if len(beside) != 5 || len(headers) != 5 {
		t.Fatalf("%d names beside %d rows", len(beside), len(headers))
	}
	for i := range beside {
		if beside[i][1] != headers[i][1] {
			t.Errorf("beside row %q stands %q", headers[i][1], beside[i][1])
		}
	}
	has(t, column, `<div id="n-guest"><b class="long" title="グエン・ティ・ホア">グエン・ティ・ホア</b><small>常勤</small></div>`)
	if strings.Count(column, "long") != 1 || strings.Count(column, "id=") != 1 {
		t.Error("more than the guest's long name is marked: " + column)
	}
	if got := s.monthClass(); got != "d31" {
		t.Errorf("class %s of a month of 31 days", got)
	}
	has(t, drawn(t, RosterRowGone("guest")), `hx-target="#s-guest" hx-swap="delete"`, `hx-target="#n-guest" hx-swap="delete"`)
}

func TestGridReadOnly(t *testing.T) {
	s := month(t, 1)
	s.CanEdit, s.CanLook = false, false
	html := drawn(t, Grid(s))
	if strings.Contains(html, "data-edit") || strings.Contains(html, "data-look") {
		t.Error("a viewer's grid may be edited")
	}
	has(t, html, `aria-readonly="true"`)
}

func TestCell(t *testing.T) {
	early := Chip{Symbol: "早", Color: "amber", Label: "早番 7:00–16:00"}
	night := Chip{Symbol: "夜", Color: "navy", Label: "夜勤 16:30–翌9:30"}
	w := wordsOf(japanese(t))
	for name, x := range map[string]struct {
		cell Cell
		want []string
	}{
		"empty":       {Cell{}, []string{`<div role="gridcell"></div>`}},
		"one is chip": {Cell{Chips: []Chip{early}}, []string{`class="k-amber"`, `>早</div>`}},
		"two small":   {Cell{Chips: []Chip{early, night}}, []string{`class="two"`, `<i aria-hidden="true" class="k-amber">早</i><i aria-hidden="true" class="k-navy">夜</i>`, "早番 7:00–16:00, 夜勤"}},
		"three":       {Cell{Chips: []Chip{early, night, early}}, []string{`>+2</i>`}},
		"after night": {Cell{AfterNight: true}, []string{`class="ak"`, `aria-label="明"`}},
		"soft breach": {
			Cell{Chips: []Chip{early}, Breaches: []string{"前の勤務の終わりから8:00"}},
			[]string{"m mw", "注意あり", `title="前の勤務の終わりから8:00"`},
		},
		"hard breach": {Cell{Chips: []Chip{early}, Breaches: []string{"x"}, Hard: true}, []string{"m mh", "重複"}},
		"marks": {
			Cell{Chips: []Chip{{Symbol: "早", Color: "amber", Label: "早番 7:30–16:00", Own: true, Note: true}}, Changed: true, Locked: true},
			[]string{"m mc ml mn mo", "公開後に変更", "ロック中", "メモあり"},
		},
		"pending":        {Cell{Chips: []Chip{{Symbol: "有", Color: "violet", Pattern: "dashed", Label: "有給休暇", Pending: true}}}, []string{"k-violet p-dashed ask", "承認待ち"}},
		"away":           {Cell{Chips: []Chip{{Symbol: "日", Color: "sky", Label: "日勤 第二", Away: true}}}, []string{"k-sky away"}},
		"past":           {Cell{Past: true, Chips: []Chip{early}}, []string{`class="k-amber x"`}},
		"text is text":   {Cell{Chips: []Chip{{Symbol: "<", Color: "amber", Label: `"&`}}}, []string{"&lt;", "&#34;&amp;"}},
		"locked, empty":  {Cell{Locked: true}, []string{"m ml", `aria-label="ロック中"`}},
		"empty, changed": {Cell{Changed: true}, []string{"m mc"}},
	} {
		t.Run(name, func(t *testing.T) { has(t, string(appendCell(nil, &x.cell, w)), x.want...) })
	}
}

func TestFoot(t *testing.T) {
	w := wordsOf(japanese(t))
	for name, x := range map[string]struct {
		cell FootCell
		want string
	}{
		"short":     {FootCell{Have: 2, Want: 3, Asked: true}, `<div role="gridcell" class="lo" aria-label="2/3 不足1">2/3</div>`},
		"over":      {FootCell{Have: 4, Want: 3, Asked: true}, `<div role="gridcell" class="hi" aria-label="4/3 超過1">4/3</div>`},
		"right":     {FootCell{Have: 3, Want: 3, Asked: true}, `<div role="gridcell">3/3</div>`},
		"not asked": {FootCell{Have: 3}, `<div role="gridcell">3</div>`},
		"past":      {FootCell{Have: 3, Want: 4, Asked: true, Past: true}, `<div role="gridcell" class="x"></div>`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(appendCount(nil, x.cell, w)); got != x.want {
				t.Errorf("got %s, want %s", got, x.want)
			}
		})
	}
	t.Run("the sum says a shortage before an excess", func(t *testing.T) {
		rows := []FootRow{{Cells: []FootCell{{Have: 1, Want: 2, Asked: true}}}, {Cells: []FootCell{{Have: 5, Want: 2, Asked: true}}}}
		has(t, string(appendSum(nil, rows, 0, w)), ">−1</div>")
		has(t, string(appendSum(nil, rows[1:], 0, w)), ">＋3</div>")
	})
}

// The same functions draw the page and the parts that replace it, so that they cannot differ.
func TestPartialsEqualPage(t *testing.T) {
	s := month(t, 2)
	page := drawn(t, Grid(s))
	row := drawn(t, RosterRowPartial(s, s.Groups[0].Rows[1]))
	inner, ok := strings.CutPrefix(row, `<hx-partial hx-target="#s-`+s.Groups[0].Rows[1].ID+`" hx-swap="outerMorph">`)
	inner, closed := strings.CutSuffix(inner, `</hx-partial>`)
	if !ok || !closed || !strings.Contains(page, inner) {
		t.Error("a row's part is not what the page shows")
	}
	day := drawn(t, RosterDayPartials(s.Frame.Text, 5, []FootRow{{ID: "c1", Cells: []FootCell{{Have: 1, Want: 2, Asked: true}}}}))
	has(t, day, `hx-target="#f-sum>:nth-child(7)"`, `hx-target="#f-c1>:nth-child(7)"`, ">1/2</div>")
}

func TestKeys(t *testing.T) {
	codes := []PaletteCode{{Symbol: "早"}, {Symbol: "A"}, {Symbol: "日"}, {Symbol: "2"}}
	Keys(codes)
	got := codes[0].Key + codes[1].Key + codes[2].Key + codes[3].Key
	if got != "1a32" {
		t.Errorf("keys are %q", got)
	}
}

func TestAlerts(t *testing.T) {
	s := month(t, 1)
	s.Breaches = 2
	s.Foot[0].Cells[10] = FootCell{Have: 1, Want: 2, Asked: true}
	if n := s.Alerts(); n != 3 {
		t.Errorf("%d alerts", n)
	}
}

func BenchmarkGrid(b *testing.B) {
	s := month(b, 100)
	g := Grid(s)
	b.ReportAllocs()
	for b.Loop() {
		if err := g.Render(context.Background(), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
