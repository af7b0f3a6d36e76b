package views

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// The grid is written by hand: three thousand cells as components of their own cost four times as much. A cell has no id, no data
// and no handler; its address is the id of its row and its place among the row's children. A cell that holds one shift is itself
// the chip.

// gridWords are the words of cells, looked up once.
type gridWords struct {
	afterNight, warn, hard, changed, locked, note, pending string
	short, over                                            string
}

func wordsOf(t Text) gridWords {
	return gridWords{
		afterNight: t.T("roster.after_night"), warn: t.T("roster.mark_warn"), hard: t.T("roster.mark_hard"),
		changed: t.T("roster.mark_changed"), locked: t.T("roster.mark_locked"), note: t.T("roster.mark_note"),
		pending: t.T("roster.mark_pending"), short: t.T("roster.mark_short"), over: t.T("roster.mark_over"),
	}
}

// Grid is the whole sheet: head, people by 職種, head counts.
func Grid(s Sheet) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, out io.Writer) error { return writeGrid(out, s) })
}

// writeGrid hands on what it has drawn row by row, so that the buffer stays small.
func writeGrid(out io.Writer, s Sheet) error {
	w := wordsOf(s.Frame.Text)
	b := appendGridStart(make([]byte, 0, 16<<10), s)
	b = appendBands(b, s.Days)
	b = appendHead(b, s)
	b = appendNames(b, s.Groups)
	for _, g := range s.Groups {
		b = append(b, `<div class="r gr" role="row"><div class="n" role="rowheader">`...)
		b = appendGroupName(b, &g)
		b = append(b, `</div></div>`...)
		for i := range g.Rows {
			b = appendRow(b, &g.Rows[i], w, s.OffWant)
			if _, err := out.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	_, err := out.Write(append(appendFoot(b, s, w), `</div>`...))
	return err
}

func appendGridStart(b []byte, s Sheet) []byte {
	b = append(b, `<div class="g cv" id="grid" role="grid"`...)
	b = appendAttr(b, "aria-label", s.Frame.Title)
	b = appendAttr(b, "aria-readonly", strconv.FormatBool(!s.CanEdit))
	b = appendAttr(b, "data-rev", strconv.FormatInt(s.Revision, 10))
	b = appendAttr(b, "data-path", s.Path)
	if s.CanEdit {
		b = append(b, ` data-edit="1"`...)
	}
	if s.CanLook {
		b = append(b, ` data-look="1"`...)
	}
	return append(b, '>')
}

// monthClass says how many columns the period has.
func (s Sheet) monthClass() string {
	n := 0
	for _, d := range s.Days {
		if !d.Past {
			n++
		}
	}
	return "d" + strconv.Itoa(n)
}

// appendBands draws the columns' tints once, behind the rows, so that no cell needs a class for its weekday.
func appendBands(b []byte, days []DayHead) []byte {
	b = append(b, `<div class="bands" aria-hidden="true"><i></i>`...)
	for _, d := range days {
		if c := d.class(); c != "" {
			b = append(b, `<i class="`...)
			b = append(b, c...)
			b = append(b, `"></i>`...)
		} else {
			b = append(b, `<i></i>`...)
		}
	}
	return append(b, `</div>`...)
}

// appendNames draws the column of names that stays at the left: one layer for the browser instead of one for each row. Only the eye needs
// it, and it covers each row's own header.
func appendNames(b []byte, groups []Group) []byte {
	b = append(b, `<div class="staffcol" aria-hidden="true">`...)
	for i := range groups {
		b = append(b, `<p>`...)
		b = appendGroupName(b, &groups[i])
		b = append(b, `</p>`...)
		for k := range groups[i].Rows {
			r := &groups[i].Rows[k]
			b = append(b, `<div`...)
			if r.Guest { // may go while the page is open
				b = appendAttr(b, "id", "n-"+r.ID)
			}
			b = appendName(append(b, '>'), r)
			b = append(b, `</div>`...)
		}
	}
	return append(b, `</div>`...)
}

func appendGroupName(b []byte, g *Group) []byte {
	b = appendText(b, g.Name)
	b = append(b, ` <small>`...)
	b = strconv.AppendInt(b, int64(len(g.Rows)), 10)
	return append(b, `</small>`...)
}

func appendName(b []byte, r *Row) []byte {
	return appendLine(appendLine(b, "b", r.Name), "small", r.Sub)
}

// appendLine draws a text that may be too long for the column of names.
func appendLine(b []byte, tag, text string) []byte {
	b = append(append(b, '<'), tag...)
	if halfWidths(text) > 2*nameFits {
		b = appendAttr(append(b, ` class="long"`...), "title", text)
	}
	b = appendText(append(b, '>'), text)
	return append(append(append(b, `</`...), tag...), '>')
}

// nameFits is how many full-width letters of a name or of what is said beside it always fit.
const nameFits = 5

func halfWidths(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 { // the first of the East Asian wide letters, UAX #11
			n++
		}
	}
	return n
}

func appendHead(b []byte, s Sheet) []byte {
	f := s.Frame
	b = append(b, `<div class="r hd" role="row"><div class="n" role="columnheader">`...)
	b = appendText(b, f.T("roster.staff"))
	b = append(b, `</div>`...)
	for i, d := range s.Days {
		b = appendDayHead(b, f, d, i == 0 || s.Days[i-1].Past)
	}
	for _, key := range []string{"roster.days", "roster.hours", "roster.off"} {
		b = append(b, `<div class="z" role="columnheader">`...)
		b = appendText(b, f.T(key))
		b = append(b, `</div>`...)
	}
	return append(b, `</div>`...)
}

func appendDayHead(b []byte, f Frame, d DayHead, first bool) []byte {
	b = append(b, `<div role="columnheader"`...)
	if c := d.class(); c != "" {
		b = appendAttr(b, "class", c)
	}
	label := f.Text.Day(d.Day)
	if d.Holiday != "" {
		label += " " + d.Holiday
		b = appendAttr(b, "title", d.Holiday)
	}
	if d.Today {
		b = append(b, ` aria-current="date"`...)
	}
	b = appendAttr(b, "aria-label", label)
	b = appendAttr(b, "data-d", d.Day.String())
	_, month, dom := d.Day.Date()
	if dom == 1 && !first { // a period over the end of a month
		b = append(b, `><b class="mon">`...)
		b = append(strconv.AppendInt(b, int64(month), 10), '/')
	} else {
		b = append(b, `><b>`...)
	}
	b = strconv.AppendInt(b, int64(dom), 10)
	b = append(b, `</b><small>`...)
	b = appendText(b, d.Weekday)
	return append(b, `</small></div>`...)
}

// class names what the column is: weekend, holiday, past, today.
func (d DayHead) class() string {
	c := d.Kind
	if d.Past {
		c += " x"
	}
	if d.Today {
		c += " now"
	}
	return strings.TrimSpace(c)
}

func appendRow(b []byte, r *Row, w gridWords, offWant int) []byte {
	b = append(b, `<div class="r" role="row" id="s-`...)
	b = append(b, r.ID...)
	b = append(b, '"')
	if n := r.breaches(); n > 0 {
		b = appendAttr(b, "data-b", strconv.Itoa(n))
	}
	b = append(b, `><div class="n" role="rowheader">`...)
	b = appendName(b, r)
	b = append(b, `</div>`...)
	for i := range r.Cells {
		b = appendCell(b, &r.Cells[i], w)
	}
	b = append(b, `<div class="z" role="gridcell">`...)
	b = strconv.AppendInt(b, int64(r.Days), 10)
	b = append(b, `</div><div class="z" role="gridcell">`...)
	b = append(b, r.Hours...)
	b = append(b, `</div><div class="z`...)
	if r.Off < offWant {
		b = append(b, " low"...)
	}
	b = append(b, `" role="gridcell">`...)
	b = strconv.AppendInt(b, int64(r.Off), 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(offWant), 10)
	return append(b, `</div></div>`...)
}

func (r *Row) breaches() int {
	n := 0
	for i := range r.Cells {
		n += len(r.Cells[i].Breaches)
	}
	return n
}

func appendCell(b []byte, c *Cell, w gridWords) []byte {
	b = append(b, `<div role="gridcell"`...)
	if c.plain() {
		return append(b, `></div>`...)
	}
	b = append(b, ` class="`...)
	b = appendClasses(b, c)
	b = append(b, '"')
	if len(c.Chips) > 0 || c.AfterNight || c.marked() {
		b = append(b, ` aria-label="`...)
		b = appendLabel(b, c, w)
		b = append(b, '"')
	}
	if len(c.Breaches) > 0 {
		b = append(b, ` title="`...)
		for i, x := range c.Breaches {
			if i > 0 {
				b = append(b, '\n')
			}
			b = appendText(b, x)
		}
		b = append(b, '"')
	}
	b = append(b, '>')
	switch {
	case len(c.Chips) == 1:
		b = appendText(b, c.Chips[0].Symbol)
	case len(c.Chips) > 1:
		b = appendSmallChips(b, c.Chips)
	case c.AfterNight:
		b = appendText(b, w.afterNight)
	}
	return append(b, `</div>`...)
}

// plain reports a cell of which there is nothing to say.
func (c *Cell) plain() bool {
	return len(c.Chips) == 0 && !c.AfterNight && !c.marked() && !c.Past
}

// marked reports whether something is drawn over the cell.
func (c *Cell) marked() bool {
	if len(c.Breaches) > 0 || c.Changed || c.Locked {
		return true
	}
	for i := range c.Chips {
		if c.Chips[i].Note || c.Chips[i].Own {
			return true
		}
	}
	return false
}

func appendClasses(b []byte, c *Cell) []byte {
	start := len(b)
	add := func(on bool, name string) {
		if !on {
			return
		}
		if len(b) > start {
			b = append(b, ' ')
		}
		b = append(b, name...)
	}
	switch {
	case len(c.Chips) == 1:
		b = appendChipClass(b, &c.Chips[0])
	case len(c.Chips) > 1:
		add(true, "two")
	}
	add(c.AfterNight, "ak")
	add(c.Past, "x")
	if !c.marked() {
		return b
	}
	hard, note, own := len(c.Breaches) > 0 && c.Hard, false, false
	for i := range c.Chips {
		note, own = note || c.Chips[i].Note, own || c.Chips[i].Own
	}
	add(true, "m")
	add(len(c.Breaches) > 0 && !hard, "mw")
	add(hard, "mh")
	add(c.Changed, "mc")
	add(c.Locked, "ml")
	add(note, "mn")
	add(own, "mo")
	return b
}

func appendChipClass(b []byte, x *Chip) []byte {
	b = append(append(b, "k-"...), x.Color...)
	if x.Pattern != "" && x.Pattern != "plain" {
		b = append(append(b, " p-"...), x.Pattern...)
	}
	if x.Pending {
		b = append(b, " ask"...)
	}
	if x.Away {
		b = append(b, " away"...)
	}
	return b
}

// appendSmallChips draws the first two shifts of a day and says how many more there are.
func appendSmallChips(b []byte, chips []Chip) []byte {
	for i := range chips {
		if i == 1 && len(chips) > 2 {
			b = append(b, `<i aria-hidden="true">+`...)
			b = strconv.AppendInt(b, int64(len(chips)-1), 10)
			return append(b, `</i>`...)
		}
		b = append(b, `<i aria-hidden="true" class="`...)
		b = appendChipClass(b, &chips[i])
		b = append(b, `">`...)
		b = appendText(b, chips[i].Symbol)
		b = append(b, `</i>`...)
	}
	return b
}

// appendLabel says what the cell shows: name and time of each shift, 明け, and what is marked.
func appendLabel(b []byte, c *Cell, w gridWords) []byte {
	start := len(b)
	add := func(on bool, text string) {
		if !on {
			return
		}
		if len(b) > start {
			b = append(b, ", "...)
		}
		b = appendText(b, text)
	}
	for i := range c.Chips {
		x := &c.Chips[i]
		add(true, x.Label)
		add(x.Pending, w.pending)
		add(x.Note, w.note)
	}
	add(c.AfterNight, w.afterNight)
	add(c.Hard, w.hard)
	add(len(c.Breaches) > 0 && !c.Hard, w.warn)
	add(c.Changed, w.changed)
	add(c.Locked, w.locked)
	return b
}

// footSum is the id of the row that says whether a day has enough people over all codes.
const footSum = "sum"

// appendFoot draws the head counts: a row that sums up and one for each code.
func appendFoot(b []byte, s Sheet, w gridWords) []byte {
	if len(s.Foot) == 0 {
		return b
	}
	b = append(b, `<div class="ft" role="rowgroup">`...)
	b = append(b, `<div class="r fs" role="row" id="f-`+footSum+`"><div class="n" role="rowheader"><button type="button" id="foot" aria-expanded="true" data-foot>`...)
	b = appendText(b, s.Frame.T("roster.balance"))
	b = append(b, `</button></div>`...)
	for k := range s.Days {
		b = appendSum(b, s.Foot, k, w)
	}
	b = append(b, `</div>`...)
	for _, row := range s.Foot {
		b = append(b, `<div class="r" role="row" id="f-`...)
		b = append(b, row.ID...)
		b = append(b, `"><div class="n" role="rowheader"><i class="`...)
		b = append(b, chipClass(row.Color, row.Pattern)...)
		b = append(b, `">`...)
		b = appendText(b, row.Symbol)
		b = append(b, `</i><span>`...)
		b = appendText(b, row.Name)
		b = append(b, `</span></div>`...)
		for _, c := range row.Cells {
			b = appendCount(b, c, w)
		}
		b = append(b, `</div>`...)
	}
	return append(b, `</div>`...)
}

// appendCount draws 2/3; a shortage is red and an excess blue, and both are said.
func appendCount(b []byte, c FootCell, w gridWords) []byte {
	text, class, told := strconv.Itoa(c.Have), "", ""
	if c.Asked {
		text += "/" + strconv.Itoa(c.Want)
	}
	switch {
	case c.Past:
		return append(b, `<div role="gridcell" class="x"></div>`...)
	case c.Have == 0 && c.Want == 0:
		return append(b, `<div role="gridcell"></div>`...)
	case c.short() > 0:
		class, told = "lo", w.short+strconv.Itoa(c.short())
	case c.over() > 0:
		class, told = "hi", w.over+strconv.Itoa(c.over())
	}
	if len(text) > 4 {
		class += " s"
	}
	b = append(b, `<div role="gridcell"`...)
	if class != "" {
		b = appendAttr(b, "class", strings.TrimSpace(class))
	}
	if told != "" {
		b = appendAttr(b, "aria-label", text+" "+told)
	}
	b = append(append(b, '>'), text...)
	return append(b, `</div>`...)
}

// appendSum draws −1 when anybody is missing on the day, else ＋1 when there are too many, else ○.
func appendSum(b []byte, rows []FootRow, k int, w gridWords) []byte {
	short, over, asked := 0, 0, false
	for _, r := range rows {
		c := r.Cells[k]
		if c.Past {
			return append(b, `<div role="gridcell" class="x"></div>`...)
		}
		short, over, asked = short+c.short(), over+c.over(), asked || c.Asked
	}
	switch {
	case short > 0:
		n := strconv.Itoa(short)
		return append(b, `<div role="gridcell" class="lo" aria-label="`+w.short+n+`">−`+n+`</div>`...)
	case over > 0:
		n := strconv.Itoa(over)
		return append(b, `<div role="gridcell" class="hi" aria-label="`+w.over+n+`">＋`+n+`</div>`...)
	case asked:
		return append(b, `<div role="gridcell" class="eq">○</div>`...)
	}
	return append(b, `<div role="gridcell"></div>`...)
}

// RosterRowPartial replaces one person's line by itself. Morphing keeps the nodes, and with them focus and a running drag.
func RosterRowPartial(bar Sheet, r Row) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, out io.Writer) error {
		b := append(make([]byte, 0, 4<<10), `<hx-partial hx-target="#s-`+r.ID+`" hx-swap="outerMorph">`...)
		b = appendRow(b, &r, wordsOf(bar.Frame.Text), bar.OffWant)
		_, err := out.Write(append(b, `</hx-partial>`...))
		return err
	})
}

// RosterRowGone takes a line away, and its name.
func RosterRowGone(id string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, out io.Writer) error {
		id := templ.EscapeString(id)
		_, err := io.WriteString(out, `<hx-partial hx-target="#s-`+id+`" hx-swap="delete"></hx-partial><hx-partial hx-target="#n-`+id+`" hx-swap="delete"></hx-partial>`)
		return err
	})
}

// RosterDayPartials replaces the head counts of one day; col counts the sheet's days from 0, each row holds that day alone.
func RosterDayPartials(t Text, col int, rows []FootRow) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, out io.Writer) error {
		if len(rows) == 0 {
			return nil
		}
		w := wordsOf(t)
		place := `>:nth-child(` + strconv.Itoa(col+2) + `)" hx-swap="outerMorph">`
		b := append([]byte(nil), `<hx-partial hx-target="#f-`+footSum+place...)
		b = append(appendSum(b, rows, 0, w), `</hx-partial>`...)
		for _, r := range rows {
			b = append(b, `<hx-partial hx-target="#f-`+r.ID+place...)
			b = append(appendCount(b, r.Cells[0], w), `</hx-partial>`...)
		}
		_, err := out.Write(b)
		return err
	})
}

// appendText writes text escaped for HTML; most of it needs no escaping.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c <= '>' && (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'') {
			return append(b, templ.EscapeString(s)...)
		}
	}
	return append(b, s...)
}

func appendAttr(b []byte, name, value string) []byte {
	b = append(append(append(b, ' '), name...), `="`...)
	return append(appendText(b, value), '"')
}
