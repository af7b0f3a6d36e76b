package roster

import (
	"maps"
	"slices"
	"sort"
)

// Margin is how many days around a period a sheet knows, so that rest, runs and weeks that cross its edge are judged rightly.
const Margin = 14

// Sheet is everything one decision about a roster needs: the people of a site and their shifts, also those at other
// sites, in a period and Margin days around it. Methods never change it; Apply returns a new one.
type Sheet struct {
	Org       Org
	Site      Site
	Roster    Roster // Roster.Period is the period of the sheet
	Staff     []Staff
	Jobs      []Job
	Contracts map[StaffID][]Contract
	Codes     []Code
	Needs     []Need
	Holidays  map[Day]string
	Shifts    map[StaffID][]Shift // by day, start, id; never a rejected one
	Locked    map[Cell]bool
}

// Code returns a code by id.
func (s *Sheet) Code(id CodeID) (Code, bool) {
	for i := range s.Codes {
		if s.Codes[i].ID == id {
			return s.Codes[i], true
		}
	}
	return Code{}, false
}

// Person returns somebody of the sheet by id.
func (s *Sheet) Person(id StaffID) (Staff, bool) {
	for i := range s.Staff {
		if s.Staff[i].ID == id {
			return s.Staff[i], true
		}
	}
	return Staff{}, false
}

// ShiftsOn returns the shifts of a cell, also those at other sites.
func (s *Sheet) ShiftsOn(c Cell) []Shift {
	list := s.Shifts[c.Staff]
	from := sort.Search(len(list), func(i int) bool { return list[i].Day >= c.Day })
	to := from
	for to < len(list) && list[to].Day == c.Day {
		to++
	}
	return list[from:to:to]
}

// AfterNight reports whether a cell is 明け by itself: it is empty and the shift of the day before works into it.
func (s *Sheet) AfterNight(c Cell) bool {
	if len(s.ShiftsOn(c)) > 0 {
		return false
	}
	for _, x := range s.ShiftsOn(Cell{c.Staff, c.Day - 1}) {
		if x.Span.Overnight() {
			return true
		}
	}
	return false
}

// Totals are a person's sums over the period, all sites together.
type Totals struct {
	Days    int     // days with work
	Minutes Minutes // without breaks
	Off     int     // 公休 so far
}

// Totals counts a person's period.
func (s *Sheet) Totals(id StaffID) Totals {
	var t Totals
	last := Day(-1)
	for _, x := range s.Shifts[id] {
		if !s.Roster.Period.Contains(x.Day) {
			continue
		}
		code, _ := s.Code(x.Code)
		if code.Kind.CountsOff() {
			t.Off++
		}
		if x.Span.Empty() || code.Kind.DayOff() {
			continue
		}
		t.Minutes += x.Net()
		if x.Day != last {
			t.Days++
			last = x.Day
		}
	}
	return t
}

// Cover is how a day stands for one code: how many people there are and how many are wanted.
type Cover struct {
	Code  CodeID
	Have  int
	Want  int
	Asked bool // false: no number was set
}

// Short and Over return how many people are missing or too many.
func (c Cover) Short() int { return max(0, c.Want-c.Have) }

func (c Cover) Over() int {
	if !c.Asked {
		return 0
	}
	return max(0, c.Have-c.Want)
}

// CoverCodes returns the codes that stand in the foot of the sheet: those with a required number at this site.
func (s *Sheet) CoverCodes() []Code {
	var list []Code
	for _, c := range s.Codes {
		if slices.ContainsFunc(s.Needs, func(n Need) bool { return n.Code == c.ID }) {
			list = append(list, c)
		}
	}
	return list
}

// Coverage counts the people of one day for each of CoverCodes. Members are not counted: they are cared for, they do not staff.
func (s *Sheet) Coverage(d Day) []Cover {
	codes := s.CoverCodes()
	list := make([]Cover, len(codes))
	_, holiday := s.Holidays[d]
	for i, c := range codes {
		list[i].Code = c.ID
		list[i].Want, list[i].Asked = NeedOn(s.Needs, c.ID, d, holiday)
	}
	for _, p := range s.Staff {
		if p.Class == ClassMember {
			continue
		}
		day := s.ShiftsOn(Cell{p.ID, d})
		for i := range list {
			if slices.ContainsFunc(day, func(x Shift) bool { return s.staffs(x, list[i].Code) }) {
				list[i].Have++ // a person counts once, also with two entries
			}
		}
	}
	return list
}

// staffs reports whether an entry puts a person to a code at this site.
func (s *Sheet) staffs(x Shift, code CodeID) bool {
	return x.Code == code && x.Site == s.Site.ID && x.Approval == Approved
}

// clone copies what Apply changes; rows are copied when first written.
func (s *Sheet) clone() *Sheet {
	c := *s
	c.Shifts = maps.Clone(s.Shifts)
	c.Locked = maps.Clone(s.Locked)
	if c.Locked == nil {
		c.Locked = map[Cell]bool{}
	}
	return &c
}
