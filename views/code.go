package views

// CodeLine is a シフト種別 as the list shows it.
type CodeLine struct {
	Href                                 string
	Symbol, Color, Pattern               string
	Name, Kind, Time, Break, Valid, Next string
	Ended                                bool // no longer valid today
}

// CodeList is every シフト種別.
type CodeList struct {
	Frame Frame
	Lines []CodeLine
}

// CodeForm is one シフト種別. Fields: symbol, name, kind, start, end, break, color, pattern, follower, valid_from, valid_to,
// external, position.
type CodeForm struct {
	Frame     Frame
	Form      Form
	New       bool
	Kinds     []Choice
	Colors    []Choice
	Patterns  []Choice
	Followers []Choice
}

// chipNow is the letter that the form's chips show while the code has none.
func (x CodeForm) chipNow() string {
	if s := x.Form.Value("symbol"); s != "" && len([]rune(s)) <= 2 {
		return s
	}
	return "早"
}

func (x CodeForm) colorNow() string {
	for _, c := range x.Colors {
		if x.Form.Value("color") == c.Value {
			return c.Value
		}
	}
	return "sky"
}
