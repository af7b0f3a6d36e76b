package roster

import (
	"cmp"
	"slices"
	"time"
)

// Rule names a rule in events, texts ("breach.rest") and style sheets.
type Rule string

const (
	RuleDouble   Rule = "double"   // two shifts of one person at once (hard)
	RuleRest     Rule = "rest"     // too few hours between two shifts: 労働時間等設定改善法2条, 11 h by default
	RuleRun      Rule = "run"      // too many days in a row: 労基法35条 asks for one day off a week
	RuleWeek     Rule = "week"     // more hours in a week than 労基法32条 (40 h) or the contract allows
	RuleFollower Rule = "follower" // the day after a night, or after a code with a follower, holds something else
	RuleNight    Rule = "night"    // 22:00–5:00 for a person whose contract excludes it
	RuleInactive Rule = "inactive" // a shift on a day on which the person does not work here
)

// Breach is a rule that a cell does not keep. A hard one is refused when it would come into being; a soft one is shown.
type Breach struct {
	Cell Cell
	Rule Rule
	Hard bool
	Args Args // the numbers of the sentence
}

// Breaches returns what is wrong in a person's period, by day.
func (s *Sheet) Breaches(id StaffID) []Breach {
	person, ok := s.Person(id)
	if !ok {
		return nil
	}
	j := judge{sheet: s, person: person, set: s.Org.Settings.WithDefaults()}
	list := s.Shifts[id]
	j.double(list)
	j.inactive(list)
	if person.Class != ClassMember { // 利用者 are outside labour law
		work := j.worked(list)
		j.rest(work)
		j.run(work)
		j.week(work)
		j.follower(list)
		j.night(work)
	}
	slices.SortStableFunc(j.found, func(a, b Breach) int { return cmp.Compare(a.Cell.Day, b.Cell.Day) })
	return j.found
}

// AllBreaches returns the breaches of everybody, in the order of the rows.
func (s *Sheet) AllBreaches() []Breach {
	var all []Breach
	for _, p := range s.Staff {
		all = append(all, s.Breaches(p.ID)...)
	}
	return all
}

// judge collects the breaches of one person.
type judge struct {
	sheet  *Sheet
	person Staff
	set    Settings
	found  []Breach
}

// note keeps a breach if its day is on the sheet.
func (j *judge) note(d Day, rule Rule, args Args) {
	if j.sheet.Roster.Period.Contains(d) {
		j.found = append(j.found, Breach{Cell{j.person.ID, d}, rule, rule == RuleDouble, args})
	}
}

// worked keeps the shifts with times that are work.
func (j *judge) worked(list []Shift) []Shift {
	work := make([]Shift, 0, len(list))
	for _, x := range list {
		if code, _ := j.sheet.Code(x.Code); !x.Span.Empty() && !code.Kind.DayOff() {
			work = append(work, x)
		}
	}
	return work
}

func (j *judge) double(list []Shift) {
	for i, x := range list {
		for k := i - 1; k >= 0 && k >= i-4; k-- {
			if x.Overlaps(list[k]) {
				j.note(x.Day, RuleDouble, Args{"First": list[k].Span.String(), "Second": x.Span.String()})
				break
			}
		}
	}
}

func (j *judge) inactive(list []Shift) {
	for _, x := range list {
		if !j.person.ActiveOn(x.Day) {
			j.note(x.Day, RuleInactive, nil)
		}
	}
}

// rest compares the hours between the end of one day's work and the start of a later day's. A 明 with times that goes
// on where the 入 before it ended is the same work.
func (j *judge) rest(work []Shift) {
	want := j.set.RestHours * 60
	var began Day // of the work that ended last
	for i, x := range work {
		if i > 0 {
			gap := x.begin() - work[i-1].end()
			if code, _ := j.sheet.Code(x.Code); gap == 0 && code.Kind == KindNightOut {
				continue
			}
			if x.Day != began && gap >= 0 && gap < want {
				j.note(x.Day, RuleRest, Args{"Rest": Minutes(gap).String(), "Want": j.set.RestHours})
			}
		}
		began = x.Day
	}
}

// run counts days with work in a row; the day into which a night works counts, for a day off is a whole calendar day.
func (j *judge) run(work []Shift) {
	length, last := 0, Day(-9999)
	visit := func(d Day) {
		switch {
		case d == last:
			return
		case d == last+1:
			length++
		default:
			length = 1
		}
		last = d
		if length > j.set.RunDays {
			j.note(d, RuleRun, Args{"Count": length, "Limit": j.set.RunDays})
		}
	}
	for i, x := range work {
		if x.Day >= last {
			visit(x.Day)
		}
		after := x.Day + 1
		if x.Span.Overnight() && (i+1 == len(work) || work[i+1].Day != x.Day) && after > last {
			visit(after)
		}
	}
}

// week sums the hours of each week; an overnight shift counts on its 帰属日. The day that passes the limit is marked.
func (j *judge) week(work []Shift) {
	var sum Minutes
	start, passed := Day(-9999), false
	for _, x := range work {
		if w := weekOf(x.Day, j.set.WeekStart); w != start {
			start, sum, passed = w, 0, false
		}
		limit := j.weekLimit(x.Day)
		before := sum
		sum += x.Net()
		if sum > limit && (before <= limit || !passed) {
			passed = true
			j.note(x.Day, RuleWeek, Args{"Hours": j.weekSum(work, start).String(), "Limit": limit.String()})
		}
	}
}

func (j *judge) weekSum(work []Shift, start Day) (sum Minutes) {
	for _, x := range work {
		if x.Day >= start && x.Day < start+7 {
			sum += x.Net()
		}
	}
	return sum
}

// weekLimit is the lower of the law's hours and those of the contract in force.
func (j *judge) weekLimit(d Day) Minutes {
	limit := Minutes(j.set.WeekHours * 60)
	if c, ok := ContractOn(j.sheet.Contracts[j.person.ID], d); ok && c.WeeklyMax > 0 {
		limit = min(limit, c.WeeklyMax)
	}
	return limit
}

// weekOf returns the first day of the week of a day.
func weekOf(d Day, start time.Weekday) Day { return d - Day((int(d.Weekday())-int(start)+7)%7) }

// follower asks what stands on the day after. A shift that works past midnight makes the next day 明け: empty or 明.
// A code with a follower that ends before midnight (入) needs that code.
func (j *judge) follower(list []Shift) {
	for _, x := range list {
		code, _ := j.sheet.Code(x.Code)
		night := x.Span.Overnight() && code.Kind.NeedsTimes()
		if x.Approval != Approved || (!night && code.Follower == "") {
			continue
		}
		next := j.sheet.ShiftsOn(Cell{x.Staff, x.Day + 1})
		if (night && len(next) == 0) || slices.ContainsFunc(next, func(n Shift) bool { return j.follows(code, night, n) }) {
			continue
		}
		want, _ := j.sheet.Code(code.Follower)
		j.note(x.Day+1, RuleFollower, Args{"Code": code.Symbol, "Want": cmp.Or(want.Symbol, "明")})
	}
}

func (j *judge) follows(code Code, night bool, next Shift) bool {
	if next.Code == code.Follower {
		return true
	}
	c, _ := j.sheet.Code(next.Code)
	return c.Kind == KindNightOut || (night && code.Follower == "" && c.ID == code.ID) || (night && c.ID == code.ID)
}

// night marks work between 22:00 and 5:00 for people whose contract excludes it.
func (j *judge) night(work []Shift) {
	for _, x := range work {
		c, ok := ContractOn(j.sheet.Contracts[j.person.ID], x.Day)
		if ok && c.NoNight && (x.Span.Start < 5*60 || x.Span.End > 22*60) {
			j.note(x.Day, RuleNight, Args{"Span": x.Span.String()})
		}
	}
}
