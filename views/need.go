package views

// Needs are the 必要人数 of one site. Fields: n.CODE.WEEKDAY for the table, d.CODE.DAY for dates that are there, and day, code and
// count (several) for dates to add.
type Needs struct {
	Frame   Frame
	Form    Form
	Sites   []Link
	Heads   []string // every day, Monday … Sunday, holidays
	Rows    []NeedRow
	Dates   []NeedDate
	New     []NewNeed
	Codes   []Choice
	NewNote string // what is wrong with the dates to add
}

// NeedRow is one code of the table.
type NeedRow struct {
	Symbol, Name, Color, Pattern string
	Cells                        []NeedCell
}

// NeedCell is one number.
type NeedCell struct{ Name, Label, Value, Fault string }

// NeedDate is a number for one date.
type NeedDate struct {
	Day, Symbol, Code, Color, Pattern string
	Cell                              NeedCell
}

// NewNeed is a date to add, as typed.
type NewNeed struct{ Day, Code, Count string }

// needHead colours the columns of Saturday, Sunday and holidays.
func needHead(i int) string {
	switch i {
	case 6:
		return "sat"
	case 7, 8:
		return "sun"
	}
	return ""
}
