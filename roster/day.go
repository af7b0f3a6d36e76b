package roster

import (
	"fmt"
	"time"
)

// Day is a civil date without clock or zone: days since 1970-01-01. It is stored and sent as 2026-04-01.
type Day int32

// MinDay and MaxDay bound what the program accepts, so that a slip of the keyboard cannot make the year 20265. Birth days
// reach back the furthest.
var (
	MinDay = MakeDay(1900, time.January, 1)
	MaxDay = MakeDay(2099, time.December, 31)
)

// MakeDay normalises like time.Date: the 0th of March is the last of February.
func MakeDay(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// DayOf returns the civil date of an instant in its own zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return MakeDay(y, m, d)
}

// ParseDay reads 2026-04-01.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, Refuse(Invalid, "error.day", Args{"Text": s})
	}
	d := DayOf(t)
	if d < MinDay || d > MaxDay {
		return 0, Refuse(Invalid, "error.day", Args{"Text": s})
	}
	return d, nil
}

func (d Day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Date returns year, month and day of the month.
func (d Day) Date() (int, time.Month, int) { return d.time().Date() }

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday { return time.Weekday(((int(d)+4)%7 + 7) % 7) }

func (d Day) String() string {
	y, m, day := d.Date()
	return fmt.Sprintf("%04d-%02d-%02d", y, m, day)
}

// MarshalText writes 2026-04-01.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 2026-04-01.
func (d *Day) UnmarshalText(b []byte) error {
	v, err := ParseDay(string(b))
	*d = v
	return err
}

// At returns the instant that lies the given minutes after the day's midnight in a zone.
func (d Day) At(m Minutes, zone *time.Location) time.Time {
	y, mo, day := d.Date()
	return time.Date(y, mo, day, 0, int(m), 0, 0, zone)
}

// Period is a run of days, both ends included.
type Period struct{ First, Last Day }

// Days returns the number of days.
func (p Period) Days() int { return int(p.Last-p.First) + 1 }

// Contains reports whether the day lies in the period.
func (p Period) Contains(d Day) bool { return d >= p.First && d <= p.Last }

// Widen adds days on both sides.
func (p Period) Widen(before, after int) Period {
	return Period{p.First - Day(before), p.Last + Day(after)}
}

// PeriodOf returns the roster period that contains a day when periods begin on the given day of the month (1–28).
func PeriodOf(d Day, startDay int) Period {
	startDay = min(max(startDay, 1), 28)
	y, m, dom := d.Date()
	if dom < startDay {
		m--
	}
	return Period{MakeDay(y, m, startDay), MakeDay(y, m+1, startDay) - 1}
}

// Next and Previous return the neighbouring periods of the same start day.
func (p Period) Next(startDay int) Period     { return PeriodOf(p.Last+1, startDay) }
func (p Period) Previous(startDay int) Period { return PeriodOf(p.First-1, startDay) }
