package views

// Holidays is a year of 祝日 and the organisation's own days off.
type Holidays struct {
	Frame          Frame
	Year           string
	Previous, Next string
	Lines          []HolidayLine
}

// HolidayLine is one day. An own one leads to its form, a national one to the form that takes it back.
type HolidayLine struct {
	Href, Day, Name   string
	Weekend           string // "", "sat" or "sun"
	Own, Working      bool
	Action            string
	National, AddHref string // what the law says of a day that the organisation changed
}

// HolidayForm is one own day. Fields: day, name, working ("1": a national holiday on which we work).
type HolidayForm struct {
	Frame Frame
	Form  Form
	New   bool
	Back  string
}
