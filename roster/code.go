package roster

// CodeKind is what a シフト種別 means for hours and days off.
type CodeKind string

const (
	KindWork     CodeKind = "work"      // 勤務
	KindOff      CodeKind = "off"       // 公休
	KindLegalOff CodeKind = "legal_off" // 法定休
	KindPaid     CodeKind = "paid"      // 有休
	KindHalf     CodeKind = "half"      // 半休: works the times given, rests for the other half
	KindSpecial  CodeKind = "special"   // 特休
	KindAbsence  CodeKind = "absence"   // 欠勤
	KindTraining CodeKind = "training"  // 研修
	KindNightIn  CodeKind = "night_in"  // 入: first half of a night written as two codes
	KindNightOut CodeKind = "night_out" // 明: the day after a night
)

// CodeKinds lists every kind in the order forms show them.
var CodeKinds = []CodeKind{
	KindWork, KindTraining, KindNightIn, KindNightOut, KindOff, KindLegalOff, KindPaid, KindHalf, KindSpecial, KindAbsence,
}

// DayOff reports whether a day with only this kind is a day without work. Colleagues see all of these as 休.
func (k CodeKind) DayOff() bool {
	switch k {
	case KindOff, KindLegalOff, KindPaid, KindSpecial, KindAbsence:
		return true
	}
	return false
}

// NeedsTimes reports whether a shift of this kind must have a start and an end.
func (k CodeKind) NeedsTimes() bool {
	switch k {
	case KindWork, KindTraining, KindNightIn, KindHalf:
		return true
	}
	return false
}

// CountsOff reports whether the kind fills the 公休数 of the period.
func (k CodeKind) CountsOff() bool { return k == KindOff || k == KindLegalOff }

// Colors is the palette codes choose from; text colours and contrast are fixed in the style sheet.
var Colors = []string{
	"amber", "sky", "coral", "navy", "mint", "violet", "stone", "rose", "lime", "cyan", "sand", "slate",
}

// Patterns is the third cue beside letter and colour.
var Patterns = []string{"plain", "solid", "dashed", "hatch"}

// Code is a シフト種別: what one cell of the sheet says.
type Code struct {
	ID        CodeID
	Symbol    string // one or two characters
	Name      string
	Kind      CodeKind
	Span      Span
	Break     Minutes
	Color     string
	Pattern   string
	Follower  CodeID // the code that belongs on the next day, "" for none
	ValidFrom Day    // 0: always
	ValidTo   Day    // 0: open end
	Position  int
	External  string // code of the attendance or payroll system
	Version   int64
}

// ValidOn reports whether the code may be used on a day.
func (c Code) ValidOn(d Day) bool {
	return (c.ValidFrom == 0 || d >= c.ValidFrom) && (c.ValidTo == 0 || d <= c.ValidTo)
}

// Check returns every fault of the code as a form would show them.
func (c Code) Check() error {
	var f Faults
	f.Add("symbol", checkText(c.Symbol, 1, 2))
	f.Add("name", checkText(c.Name, 1, 30))
	f.Add("external", checkText(c.External, 0, 20))
	f.Add("kind", oneOf(c.Kind, CodeKinds))
	f.Add("color", oneOf(c.Color, Colors))
	f.Add("pattern", oneOf(c.Pattern, Patterns))
	if c.Kind.NeedsTimes() || !c.Span.Empty() {
		f.Add("end", c.Span.Check())
	}
	if c.Break < 0 || c.Break > c.Span.Length() {
		f.Add("break", Refuse(Invalid, "error.break"))
	}
	if c.ValidFrom != 0 && c.ValidTo != 0 && c.ValidTo < c.ValidFrom {
		f.Add("valid_to", Refuse(Invalid, "error.days_reversed"))
	}
	return f.Err()
}

func oneOf[T comparable](v T, list []T) error {
	for _, x := range list {
		if x == v {
			return nil
		}
	}
	return Refuse(Invalid, "error.choice")
}
