package roster

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Minutes counts from the midnight that begins a day; it may pass 24:00 (1440).
type Minutes int

const (
	dayMinutes   Minutes = 24 * 60
	maxTime      Minutes = 48 * 60 // the latest end: midnight after the next day
	maxSpan      Minutes = 36 * 60 // the longest shift
	maxTimeRunes         = 16
)

// String writes 7:05 or 28:30.
func (m Minutes) String() string { return fmt.Sprintf("%d:%02d", m/60, m%60) }

// Clock writes the time of day as people say it: 翌 stands before times of the next day. The midnight that ends that day
// has no such name and stays 48:00.
func (m Minutes) Clock() string {
	if m >= dayMinutes && m < maxTime {
		return "翌" + (m % dayMinutes).String()
	}
	return m.String()
}

// Span is a stretch of time on a 帰属日, in minutes from that day's midnight. 22:00–31:00 is a night shift.
// The zero Span means all day without times (公休, 有休).
type Span struct{ Start, End Minutes }

// Empty reports a span without times.
func (s Span) Empty() bool { return s.Start == s.End }

// Length returns the minutes from start to end, break included.
func (s Span) Length() Minutes { return s.End - s.Start }

// Overnight reports whether the span works into the next day.
func (s Span) Overnight() bool { return s.End > dayMinutes }

// String writes 22:00–翌7:00, or nothing for an empty span.
func (s Span) String() string {
	if s.Empty() {
		return ""
	}
	return s.Start.Clock() + "–" + s.End.Clock()
}

// Check refuses spans outside what a shift can be: it begins on its day, ends after it begins and within 36 hours.
func (s Span) Check() error {
	switch {
	case s.Start < 0 || s.Start >= dayMinutes:
		return Refuse(Invalid, "error.span_start").On("start")
	case s.End <= s.Start:
		return Refuse(Invalid, "error.span_empty").On("end")
	case s.Length() > maxSpan || s.End > maxTime:
		return Refuse(Invalid, "error.span_long").On("end")
	}
	return nil
}

// ParseTime reads a time as people type it: 9, 9:00, ９：００, 0930, 9時, 9時半, 9時30分, 28:30, 翌4:30, 翌日4時.
func ParseTime(text string) (Minutes, error) {
	bad := Refuse(Invalid, "error.time", Args{"Text": text})
	if utf8.RuneCountInString(text) > maxTimeRunes {
		return 0, bad
	}
	s := strings.TrimSpace(strings.Map(halfWidth, text))
	next := false
	for _, mark := range []string{"翌日", "翌"} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			s, next = strings.TrimSpace(rest), true
			break
		}
	}
	hour, minute, ok := splitTime(s)
	if !ok || minute > 59 {
		return 0, bad
	}
	m := Minutes(hour*60 + minute)
	if next && m < dayMinutes {
		m += dayMinutes
	} else if next {
		return 0, bad
	}
	if m > maxTime {
		return 0, bad
	}
	return m, nil
}

// splitTime takes 9:30, 9時30分, 9時半, 0930 or 9 apart.
func splitTime(s string) (hour, minute int, ok bool) {
	h, rest, found := strings.Cut(s, "時")
	if found {
		switch rest {
		case "":
			rest = "0"
		case "半":
			rest = "30"
		default:
			rest = strings.TrimSuffix(rest, "分")
		}
	} else if h, rest, found = strings.Cut(s, ":"); !found {
		h, rest = s, "0"
		if len(s) == 3 || len(s) == 4 {
			h, rest = s[:len(s)-2], s[len(s)-2:]
		}
	} else if len(rest) != 2 {
		return 0, 0, false
	}
	hour, okH := digits(h)
	minute, okM := digits(rest)
	return hour, minute, okH && okM
}

func digits(s string) (int, bool) {
	if s == "" || len(s) > 2 {
		return 0, false
	}
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' {
			return 0, false
		}
		n = n*10 + int(r-'0')
	}
	return n, true
}

// ParseHours reads a number of hours as contracts state it: 40, 40:00, 37.5, 37時間30分.
func ParseHours(text string) (Minutes, error) {
	bad := Refuse(Invalid, "error.hours", Args{"Text": text})
	if utf8.RuneCountInString(text) > maxTimeRunes {
		return 0, bad
	}
	s := strings.TrimSpace(strings.Map(halfWidth, text))
	s = strings.Replace(strings.Replace(s, "時間", "時", 1), "．", ".", 1)
	whole, part, decimal := strings.Cut(s, ".")
	if decimal {
		hour, okH := digits(whole)
		tenth, okT := digits(part)
		if len(part) == 1 {
			tenth *= 10
		}
		if !okH || !okT {
			return 0, bad
		}
		return Minutes(hour*60 + (tenth*60+50)/100), nil
	}
	if len(s) > 2 && !strings.ContainsAny(s, ":時") {
		return 0, bad // 0930 is a time of day, no number of hours
	}
	hour, minute, ok := splitTime(s)
	if !ok || minute > 59 {
		return 0, bad
	}
	return Minutes(hour*60 + minute), nil
}

// Hours writes what ParseHours reads: 40 or 37:30.
func (m Minutes) Hours() string {
	if m%60 == 0 {
		return strconv.Itoa(int(m / 60))
	}
	return m.String()
}

// halfWidth folds the full-width digits and colons that a Japanese keyboard produces.
func halfWidth(r rune) rune {
	switch {
	case r >= '０' && r <= '９':
		return r - '０' + '0'
	case r == '：':
		return ':'
	case r == '　':
		return ' '
	}
	return r
}

// ParseSpan reads start and end. An end that is not after the start lies on the next day, so 22:00 and 8:00 make
// a night of ten hours; equal times are refused because they say nothing.
func ParseSpan(start, end string) (Span, error) {
	var f Faults
	a, err := ParseTime(start)
	f.Add("start", err)
	b, err := ParseTime(end)
	f.Add("end", err)
	if err := f.Err(); err != nil {
		return Span{}, err
	}
	if b < a && b < dayMinutes {
		b += dayMinutes
	}
	s := Span{a, b}
	return s, s.Check()
}
