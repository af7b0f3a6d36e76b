package roster

// Weekday values of a Need beside 0 (Sunday) to 6.
const (
	EveryDay   = -1
	HolidayDay = 7
)

// Need is a 必要人数: how many people of a code a site wants on a weekday, on holidays, or on one date.
type Need struct {
	ID      NeedID
	Site    SiteID
	Code    CodeID
	Weekday int // 0–6, HolidayDay, or EveryDay; ignored when Day is set
	Day     Day // 0: the weekday counts
	Count   int
	Version int64
}

// Check returns every fault of the need.
func (n Need) Check() error {
	var f Faults
	if n.Site == "" {
		f.Add("site", Refuse(Invalid, "error.required"))
	}
	if n.Code == "" {
		f.Add("code", Refuse(Invalid, "error.required"))
	}
	if n.Weekday < EveryDay || n.Weekday > HolidayDay {
		f.Add("weekday", Refuse(Invalid, "error.choice"))
	}
	if n.Count < 0 || n.Count > 200 {
		f.Add("count", Refuse(Invalid, "error.need_count"))
	}
	return f.Err()
}

// rank orders rival needs for a day: a date beats a holiday, a holiday a weekday, a weekday "every day".
func (n Need) rank(d Day, holiday bool) int {
	switch {
	case n.Day == d:
		return 4
	case n.Day != 0:
		return 0
	case n.Weekday == HolidayDay && holiday:
		return 3
	case n.Weekday == int(d.Weekday()):
		return 2
	case n.Weekday == EveryDay:
		return 1
	}
	return 0
}

// NeedOn returns the number wanted for a code on a day; ok is false when none is set.
func NeedOn(needs []Need, code CodeID, d Day, holiday bool) (count int, ok bool) {
	best := 0
	for _, n := range needs {
		if n.Code != code {
			continue
		}
		if r := n.rank(d, holiday); r > best {
			best, count, ok = r, n.Count, true
		}
	}
	return count, ok
}
