package roster

import (
	"cmp"
	"slices"
)

// Shift is one person's work or day off on one 帰属日. Several a day are possible; a shift over midnight is one Shift.
type Shift struct {
	ID       ShiftID  `json:"id"`
	Site     SiteID   `json:"site"`
	Staff    StaffID  `json:"staff"`
	Day      Day      `json:"day"`
	Code     CodeID   `json:"code"`
	Span     Span     `json:"span"`
	Break    Minutes  `json:"break,omitempty"`
	Note     string   `json:"note,omitempty"`
	Approval Approval `json:"approval"`
	Version  int64    `json:"version"`
}

// Cell returns where the shift stands on the sheet.
func (s Shift) Cell() Cell { return Cell{s.Staff, s.Day} }

// Net returns the minutes worked: the span without the break.
func (s Shift) Net() Minutes { return s.Span.Length() - s.Break }

// begin and end count from the epoch, so that shifts of different days compare.
func (s Shift) begin() int { return int(s.Day)*int(dayMinutes) + int(s.Span.Start) }
func (s Shift) end() int   { return int(s.Day)*int(dayMinutes) + int(s.Span.End) }

// Overlaps reports whether two shifts of one person cannot both be worked. Two entries without times clash when they
// stand on the same day; an entry without times and one with times do not.
func (s Shift) Overlaps(o Shift) bool {
	if s.Approval == Rejected || o.Approval == Rejected {
		return false
	}
	if s.Span.Empty() || o.Span.Empty() {
		return s.Span.Empty() && o.Span.Empty() && s.Day == o.Day
	}
	return s.begin() < o.end() && o.begin() < s.end()
}

// Same reports whether two shifts say the same to a reader, whatever their version.
func (s Shift) Same(o Shift) bool {
	s.Version, o.Version = 0, 0
	return s == o
}

// Check refuses what no roster may hold.
func (s Shift) Check(code Code) error {
	var f Faults
	if code.Kind.NeedsTimes() || !s.Span.Empty() {
		f.Add("end", s.Span.Check())
	}
	if s.Break < 0 || s.Break > s.Span.Length() {
		f.Add("break", Refuse(Invalid, "error.break"))
	}
	f.Add("note", checkLines(s.Note, 0, 500))
	if !code.ValidOn(s.Day) {
		f.Add("code", Refuse(RuleBroken, "error.code_not_valid", Args{"Symbol": code.Symbol, "Day": s.Day}))
	}
	return f.Err()
}

// SortShifts orders by day, start, id.
func SortShifts(list []Shift) {
	slices.SortFunc(list, func(a, b Shift) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.ID, b.ID))
	})
}

// ByStaff cuts a list in which the shifts of each person lie side by side into one slice a person, without copying.
func ByStaff(list []Shift) map[StaffID][]Shift {
	by := map[StaffID][]Shift{}
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && list[to].Staff == list[from].Staff {
			to++
		}
		by[list[from].Staff] = list[from:to:to]
		from = to
	}
	return by
}

// Cell is the place of one person on one day.
type Cell struct {
	Staff StaffID `json:"staff"`
	Day   Day     `json:"day"`
}
