package roster

import "time"

// Holiday is a day off that an organisation adds to, or takes from, the national ones.
type Holiday struct {
	ID      HolidayID
	Day     Day
	Name    string
	Working bool // true: the national holiday of this day does not count here
	Version int64
}

// Check returns every fault of the holiday.
func (h Holiday) Check() error {
	var f Faults
	f.Add("name", checkText(h.Name, 1, 60))
	if h.Day <= 0 || h.Day > MaxDay {
		f.Add("day", Refuse(Invalid, "error.required"))
	}
	return f.Err()
}

// Holidays returns the names of the holidays of a period: the national ones, corrected by the organisation's own.
func Holidays(p Period, own []Holiday) map[Day]string {
	all := map[Day]string{}
	y1, _, _ := p.First.Date()
	y2, _, _ := p.Last.Date()
	for y := y1; y <= y2; y++ {
		for d, name := range nationalHolidays(y) {
			if p.Contains(d) {
				all[d] = name
			}
		}
	}
	for _, h := range own {
		switch {
		case !p.Contains(h.Day):
		case h.Working:
			delete(all, h.Day)
		default:
			all[h.Day] = h.Name
		}
	}
	return all
}

// nationalHolidays computes a year after 国民の祝日に関する法律 and its changes: the fixed days, the Mondays of
// 2000 and 2003, both equinoxes, substitute days (since 1973-04-12, over several days since 2007) and the day
// between two holidays (since 1985-12-27). Special laws for single years stand in specialHolidays.
func nationalHolidays(year int) map[Day]string {
	days := map[Day]string{}
	fixed := func(from, to int, month time.Month, day int, name string) {
		if year >= from && year <= to {
			days[MakeDay(year, month, day)] = name
		}
	}
	monday := func(from int, month time.Month, n int, name string, except ...int) {
		for _, y := range except {
			if y == year {
				return
			}
		}
		if year >= from {
			first := MakeDay(year, month, 1)
			days[first+Day((8-int(first.Weekday()))%7)+Day(7*(n-1))] = name
		}
	}
	const always = 9999
	fixed(1949, always, time.January, 1, "元日")
	fixed(1949, 1999, time.January, 15, "成人の日")
	monday(2000, time.January, 2, "成人の日")
	fixed(1967, always, time.February, 11, "建国記念の日")
	fixed(2020, always, time.February, 23, "天皇誕生日")
	fixed(1949, always, time.March, equinox(year, 20.8431), "春分の日")
	fixed(1949, 1988, time.April, 29, "天皇誕生日")
	fixed(1989, 2006, time.April, 29, "みどりの日")
	fixed(2007, always, time.April, 29, "昭和の日")
	fixed(1949, always, time.May, 3, "憲法記念日")
	fixed(2007, always, time.May, 4, "みどりの日")
	fixed(1949, always, time.May, 5, "こどもの日")
	fixed(1996, 2002, time.July, 20, "海の日")
	monday(2003, time.July, 3, "海の日", 2020, 2021)
	if year != 2020 && year != 2021 {
		fixed(2016, always, time.August, 11, "山の日")
	}
	fixed(1966, 2002, time.September, 15, "敬老の日")
	monday(2003, time.September, 3, "敬老の日")
	fixed(1949, always, time.September, equinox(year, 23.2488), "秋分の日")
	fixed(1966, 1999, time.October, 10, "体育の日")
	sports := "スポーツの日"
	if year < 2020 {
		sports = "体育の日"
	}
	monday(2000, time.October, 2, sports, 2020, 2021)
	fixed(1948, always, time.November, 3, "文化の日")
	fixed(1948, always, time.November, 23, "勤労感謝の日")
	fixed(1989, 2018, time.December, 23, "天皇誕生日")
	for d, name := range specialHolidays {
		if y, _, _ := d.Date(); y == year {
			days[d] = name
		}
	}
	addSubstitutes(days, year)
	return days
}

// specialHolidays were made by a law for one year each.
var specialHolidays = map[Day]string{
	MakeDay(1989, time.February, 24): "昭和天皇の大喪の礼",
	MakeDay(1990, time.November, 12): "即位礼正殿の儀",
	MakeDay(1993, time.June, 9):      "皇太子徳仁親王の結婚の儀",
	MakeDay(2019, time.May, 1):       "天皇の即位の日",
	MakeDay(2019, time.October, 22):  "即位礼正殿の儀",
	MakeDay(2020, time.July, 23):     "海の日",
	MakeDay(2020, time.July, 24):     "スポーツの日",
	MakeDay(2020, time.August, 10):   "山の日",
	MakeDay(2021, time.July, 22):     "海の日",
	MakeDay(2021, time.July, 23):     "スポーツの日",
	MakeDay(2021, time.August, 8):    "山の日",
}

// equinox returns the day of the month after the approximation of 新こよみ便利帳: base is its constant for 1980–2099,
// 20.8431 in spring and 23.2488 in autumn; 1970–1979 has constants of its own.
func equinox(year int, base float64) int {
	leap := year - 1980
	if year < 1980 {
		base, leap = map[float64]float64{20.8431: 20.8357, 23.2488: 23.2588}[base], year-1983
	}
	return int(base + 0.242194*float64(year-1980) - float64(leap/4))
}

func addSubstitutes(days map[Day]string, year int) {
	since := MakeDay(1973, time.April, 12)
	between := MakeDay(1985, time.December, 27)
	national := func(d Day) bool { _, ok := days[d]; return ok }
	added := map[Day]string{}
	for d := range days {
		if d.Weekday() != time.Sunday || d < since {
			continue
		}
		s := d + 1
		if year >= 2007 {
			for national(s) {
				s++
			}
		}
		if !national(s) {
			added[s] = "振替休日"
		}
	}
	for d := range days {
		m := d + 1
		if m < between || !national(m+1) || national(m) || m.Weekday() == time.Sunday || added[m] != "" {
			continue
		}
		added[m] = "国民の休日"
	}
	for d, name := range added {
		days[d] = name
	}
}
