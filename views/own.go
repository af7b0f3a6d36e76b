package views

// Me is the first page of staff.
type Me struct {
	Frame Frame
	Next  *OwnDay // nil: nothing published ahead
	Days  []OwnDay
	Month OwnTotals
}

// OwnDay is one's own day.
type OwnDay struct {
	Href, Day, Weekday, Holiday string
	Number                      int    // day of the month
	Kind                        string // "", "sat", "sun"
	Today, Tomorrow, Past       bool
	Known                       bool // a roster of this day is published
	Shifts                      []OwnShift
}

// OwnShift is one's own shift.
type OwnShift struct {
	Chip             Chip
	Name, Time, Site string
	Break, Note      string
	Off              bool
}

// OwnTotals are one's own sums of a month.
type OwnTotals struct {
	Title string
	Days  int
	Hours string
	Off   int
}

// MyCalendar is a month of one's own shifts.
type MyCalendar struct {
	Frame          Frame
	Title          string
	Previous, Next string
	Weekdays       []string // Monday first
	Lead           int      // empty cells before the first
	Days           []OwnDay
	Totals         OwnTotals
	Published      bool
}

// MyDay is a day with colleagues.
type MyDay struct {
	Frame          Frame
	Own            OwnDay
	Site           string
	Previous, Next string
	Working, Off   []Colleague
}

// Colleague is somebody else's day as one may see it.
type Colleague struct {
	Name string
	Chip Chip
	Time string
}

// Weeks cuts the month into rows of seven; nil days lie outside it.
func (v MyCalendar) Weeks() [][]*OwnDay {
	cells := make([]*OwnDay, v.Lead, v.Lead+len(v.Days)+6)
	for i := range v.Days {
		cells = append(cells, &v.Days[i])
	}
	for len(cells)%7 != 0 {
		cells = append(cells, nil)
	}
	var weeks [][]*OwnDay
	for len(cells) > 0 {
		weeks, cells = append(weeks, cells[:7]), cells[7:]
	}
	return weeks
}

// Spoken is the day as a screen reader says it.
func (d OwnDay) Spoken() string {
	s := d.Day
	if d.Holiday != "" {
		s += " " + d.Holiday
	}
	for _, x := range d.Shifts {
		s += " " + x.Name + " " + x.Time
	}
	return s
}
