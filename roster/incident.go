package roster

import "time"

// ReportDeadlines are by when a leak must be reported: first what is known (速報), within three to five days, then all of it (確報), within thirty
// days, or sixty where somebody meant it. The day on which it became known is the first (個人情報保護法施行規則8条, 通則ガイドライン3-5-3).
type ReportDeadlines struct {
	FirstFrom, First Day
	Full, FullMeant  Day
}

// ReportBy counts from the day on which it became known.
func ReportBy(known Day) ReportDeadlines {
	return ReportDeadlines{known + 2, known + 4, openDay(known + 29), openDay(known + 59)}
}

// openDay is the day itself, or the next on which offices are open.
func openDay(d Day) Day {
	for {
		_, month, day := d.Date()
		newYear := month == time.December && day >= 29 || month == time.January && day <= 3
		_, holiday := Holidays(Period{d, d}, nil)[d]
		if w := d.Weekday(); !newYear && !holiday && w != time.Saturday && w != time.Sunday {
			return d
		}
		d++
	}
}
