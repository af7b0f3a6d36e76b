package django

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"wakakusa/roster"
	"wakakusa/store"
)

// Days off of the former system are rows with a reason; here each reason is a シフト種別. Half days need times: those of the seed.
var dayOffs = []struct {
	reason string
	code   roster.Code
}{
	{"public_holiday", roster.Code{Symbol: "公", Name: "公休", Kind: roster.KindOff, Color: "stone", Pattern: "plain"}},
	{"paid_leave", roster.Code{Symbol: "有", Name: "有給休暇", Kind: roster.KindPaid, Color: "violet", Pattern: "dashed"}},
	{"paid_leave_am", roster.Code{Symbol: "AM", Name: "半休(午前休)", Kind: roster.KindHalf, Color: "violet", Pattern: "solid", Span: roster.Span{Start: 13 * 60, End: 17*60 + 30}}},
	{"paid_leave_pm", roster.Code{Symbol: "PM", Name: "半休(午後休)", Kind: roster.KindHalf, Color: "violet", Pattern: "hatch", Span: roster.Span{Start: 8*60 + 30, End: 12*60 + 30}}},
	{"absenteeism", roster.Code{Symbol: "欠", Name: "欠勤", Kind: roster.KindAbsence, Color: "rose", Pattern: "hatch"}},
	{otherReason, roster.Code{Symbol: "他", Name: "その他の休み", Kind: roster.KindSpecial, Color: "rose", Pattern: "dashed"}},
	{unsetReason, roster.Code{Symbol: unsetSymbol, Name: unsetName, Kind: roster.KindWork, Color: "slate", Pattern: "plain"}},
}

const (
	otherReason = "other"
	unsetReason = ""     // no reason and no type
	tableMade   = "code" // in ImportRefs: codes made for the import
)

var typeColumns = []string{"id", "name", "color", "start_time", "end_time", "description"}

// codeThing keeps シフト種別.
func codeThing(table string) thing[roster.Code] {
	return thing[roster.Code]{
		table: table,
		now: func(ctx context.Context, r store.Reader, id string) (roster.Code, error) {
			list, err := r.Codes(ctx)
			return pick(list, err, func(c roster.Code) bool { return string(c.ID) == id })
		},
		save: func(ctx context.Context, w store.Writer, c roster.Code) (roster.Code, error) {
			return w.SaveCode(ctx, c)
		},
		stamp:   func(c *roster.Code, id string, version int64) { c.ID, c.Version = roster.CodeID(id), version },
		version: func(c roster.Code) int64 { return c.Version },
		events:  savedEvents(roster.EventCodeSaved, "", codeID),
		id:      codeID,
		title:   func(c roster.Code) string { return c.Name },
	}
}

func codeID(c roster.Code) string { return string(c.ID) }

// codes gives an organisation the codes of its days off and its own copy of the global shift types.
func (im *importer) codes(ctx context.Context, t *target) error {
	var here []roster.Code
	err := im.Store.Read(ctx, t.org.ID, func(r store.Reader) (err error) { here, err = r.Codes(ctx); return })
	if err != nil {
		return err
	}
	book := newCodeBook(here)
	var made, types []*item[roster.Code]
	for i, d := range dayOffs {
		c := d.code
		c.Position = 100 + i
		book.use(c)
		made = append(made, &item[roster.Code]{old: "reason." + d.reason, value: c})
	}
	known, err := im.known(ctx, t, tableType)
	if err != nil {
		return err
	}
	err = im.src.each(ctx, tableType, typeColumns, byID, func(r row) error {
		c := im.readType(t, r, book, known[r.text("id")], len(types))
		types = append(types, &item[roster.Code]{old: r.text("id"), hash: r.digest(typeColumns), value: c})
		return nil
	})
	if err != nil {
		return err
	}
	if err := keep(ctx, im, t, codeThing(tableMade), made, nil); err != nil {
		return err
	}
	var count *tally
	if t == im.targets[0] {
		count = im.Report.table(tableType)
	}
	if err := keep(ctx, im, t, codeThing(tableType), types, count); err != nil {
		return err
	}
	return im.openCodes(ctx, t, made, types)
}

// openCodes notes which code of ours stands for a type or a reason; what was removed here is missing.
func (im *importer) openCodes(ctx context.Context, t *target, made, types []*item[roster.Code]) error {
	var here []roster.Code
	err := im.Store.Read(ctx, t.org.ID, func(r store.Reader) (err error) { here, err = r.Codes(ctx); return })
	if err != nil {
		return err
	}
	by := map[string]roster.Code{}
	for _, c := range here {
		by[string(c.ID)] = c
	}
	t.types, t.offs = map[string]roster.Code{}, map[string]roster.Code{}
	for _, it := range types {
		t.types[it.old] = by[it.id]
	}
	for i, it := range made {
		t.offs[dayOffs[i].reason] = by[it.id]
		if it.done == added {
			im.Report.tell(tableType, "", codeMade, it.value.Symbol, it.value.Name)
		}
	}
	return nil
}

// readType turns a row into a code. A type that was imported before keeps the symbol it got.
func (im *importer) readType(t *target, r row, book *codeBook, knownAs string, position int) roster.Code {
	old := r.text("id")
	tell := func(f finding, values ...any) {
		if t == im.targets[0] {
			im.Report.tell(tableType, old, f, values...)
		}
	}
	c := roster.Code{Position: position + 1, Name: im.name(tableType, old, r.text("name"), 30, t == im.targets[0])}
	c.Kind = kindOf(c.Name)
	readTypeTimes(&c, r, tell)
	if c.Kind.NeedsTimes() && c.Span.Empty() {
		tell(codeNoTime, c.Name)
	}
	if c.Kind != roster.KindWork {
		tell(codeKind, c.Name, kindNames[c.Kind])
	}
	var exact, isColor bool
	c.Color, exact, isColor = nearest(r.text("color"), position)
	switch {
	case !isColor:
		tell(codeNoColor, c.Name, r.text("color"), c.Color)
	case !exact:
		tell(codeColor, c.Name, r.text("color"), c.Color)
	}
	if before, ok := book.byID[knownAs]; ok {
		c.Symbol, c.Pattern = before.Symbol, before.Pattern
	} else {
		c.Symbol = book.symbol(c.Name)
		c.Pattern = book.pattern(c.Color)
	}
	book.use(c)
	tell(codeSymbol, c.Name, c.Symbol)
	if text := strings.TrimSpace(r.text("description")); text != "" {
		tell(codeText, c.Name, text)
	}
	return c
}

func readTypeTimes(c *roster.Code, r row, tell func(finding, ...any)) {
	from, to := r.text("start_time"), r.text("end_time")
	if from == "" && to == "" {
		return
	}
	span, _, ok := readSpan(from, to)
	switch {
	case !ok:
		tell(codeTimeBad, c.Name, from, to)
	case span.End > 24*60:
		tell(codeNight, c.Name, from, to, span.String())
	}
	c.Span = span
}

// readSpan reads a start and an end; an end before the start lies on the next day. Equal times say nothing: the span is empty.
func readSpan(from, to string) (s roster.Span, exact, ok bool) {
	a, exactA, okA := parseClock(from)
	b, exactB, okB := parseClock(to)
	if !okA || !okB {
		return s, true, false
	}
	if a == b {
		return s, true, true
	}
	if b < a {
		b += 24 * 60
	}
	return roster.Span{Start: a, End: b}, exactA && exactB, true
}

// kindOf guesses what a type means from the words of its name; most are work.
func kindOf(name string) roster.CodeKind {
	for _, k := range []struct {
		words []string
		kind  roster.CodeKind
	}{
		{[]string{"明け"}, roster.KindNightOut},
		{[]string{"法定休"}, roster.KindLegalOff},
		{[]string{"公休"}, roster.KindOff},
		{[]string{"有給", "有休", "年休"}, roster.KindPaid},
		{[]string{"特休", "特別休", "慶弔"}, roster.KindSpecial},
		{[]string{"欠勤"}, roster.KindAbsence},
		{[]string{"研修"}, roster.KindTraining},
	} {
		if slices.ContainsFunc(k.words, func(w string) bool { return strings.Contains(name, w) }) && !strings.Contains(name, "半") {
			return k.kind
		}
	}
	if name == "休み" || name == "休" || name == "休日" {
		return roster.KindOff
	}
	return roster.KindWork
}

var kindNames = map[roster.CodeKind]string{
	roster.KindNightOut: "明け", roster.KindLegalOff: "法定休日", roster.KindOff: "公休", roster.KindPaid: "有給休暇",
	roster.KindSpecial: "特別休暇", roster.KindAbsence: "欠勤", roster.KindTraining: "研修",
}

// codeBook knows which symbols and looks are in use.
type codeBook struct {
	byID    map[string]roster.Code
	symbols map[string]bool
	looks   map[[2]string]bool
}

func newCodeBook(here []roster.Code) *codeBook {
	b := &codeBook{map[string]roster.Code{}, map[string]bool{}, map[[2]string]bool{}}
	for _, c := range here {
		b.byID[string(c.ID)] = c
		b.use(c)
	}
	return b
}

func (b *codeBook) use(c roster.Code) {
	b.symbols[c.Symbol] = true
	b.looks[[2]string{c.Color, c.Pattern}] = true
}

// symbol takes the first character of the name, then two of them, then a number.
func (b *codeBook) symbol(name string) string {
	letters := []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, norm.NFKC.String(name)))
	if len(letters) == 0 {
		letters = []rune("種")
	}
	try := []string{string(letters[0])}
	for _, r := range letters[1:] {
		try = append(try, string(letters[0])+string(r))
	}
	for i := 2; i < 10; i++ {
		try = append(try, string(letters[0])+strconv.Itoa(i))
	}
	for i := range 100 {
		try = append(try, fmt.Sprintf("%02d", i))
	}
	for _, s := range try {
		if !b.symbols[s] {
			return s
		}
	}
	return try[0]
}

// pattern makes two codes of one colour look different as long as it can.
func (b *codeBook) pattern(color string) string {
	for _, p := range roster.Patterns {
		if !b.looks[[2]string{color, p}] {
			return p
		}
	}
	return roster.Patterns[0]
}

// palette are the colours of roster.Colors as the style sheet has them.
var palette = map[string][3]float64{
	"amber": {0xff, 0xd9, 0x5e}, "sky": {0xc2, 0xe0, 0xff}, "coral": {0xf7, 0x9b, 0x6e}, "navy": {0x2c, 0x39, 0x68},
	"mint": {0x7f, 0xcf, 0xae}, "violet": {0xc3, 0xa3, 0xf0}, "stone": {0xf1, 0xf1, 0xee}, "rose": {0xff, 0x9f, 0xc0},
	"lime": {0xa3, 0xc1, 0x1c}, "cyan": {0x50, 0xd9, 0xe1}, "sand": {0xd2, 0xb2, 0x84}, "slate": {0x43, 0x53, 0x5f},
}

// nearest finds the palette colour that looks most like #rrggbb; what is no colour gets one by its place in the list.
func nearest(text string, place int) (name string, exact, isColor bool) {
	s := strings.TrimPrefix(strings.TrimSpace(text), "#")
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil || len(s) != 6 || !strings.HasPrefix(strings.TrimSpace(text), "#") {
		return roster.Colors[place%len(roster.Colors)], false, false
	}
	want := [3]float64{float64(n >> 16), float64(n >> 8 & 0xff), float64(n & 0xff)}
	best := math.Inf(1)
	for _, c := range roster.Colors {
		if d := distance(lab(palette[c]), lab(want)); d < best {
			name, best = c, d
		}
	}
	return name, palette[name] == want, true
}

// distance lets lightness count for little: a dark blue is to become a blue, not another dark colour.
func distance(a, b [3]float64) (sum float64) {
	for i, weight := range [3]float64{0.1, 1, 1} {
		sum += weight * (a[i] - b[i]) * (a[i] - b[i])
	}
	return sum
}

// lab is Ottosson's OKLab, in which distance is close to what eyes see.
func lab(c [3]float64) [3]float64 {
	var l [3]float64
	for i, v := range c {
		if v /= 255; v <= 0.04045 {
			l[i] = v / 12.92
		} else {
			l[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	x := math.Cbrt(0.4122214708*l[0] + 0.5363325363*l[1] + 0.0514459929*l[2])
	y := math.Cbrt(0.2119034982*l[0] + 0.6806995451*l[1] + 0.1073969566*l[2])
	z := math.Cbrt(0.0883024619*l[0] + 0.2817188376*l[1] + 0.6299787005*l[2])
	return [3]float64{
		0.2104542553*x + 0.7936177850*y - 0.0040720468*z,
		1.9779984951*x - 2.4285922050*y + 0.4505937099*z,
		0.0259040371*x + 0.7827717662*y - 0.8086757660*z,
	}
}
