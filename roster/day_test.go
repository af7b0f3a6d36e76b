package roster

import (
	"testing"
	"time"
)

func TestParseDay(t *testing.T) {
	for _, text := range []string{"2026-04-01", "2028-02-29", "2000-02-29", "2099-12-31", "1971-01-01"} {
		d, err := ParseDay(text)
		if err != nil || d.String() != text {
			t.Errorf("ParseDay(%q) = %v, %v", text, d, err)
		}
	}
	for _, text := range []string{"", "2026-4-1", "2026-02-29", "2100-02-29", "2026-13-01", "2026-04-31", "20265-04-01", "2026/04/01", "2100-01-01", "２０２６-04-01"} {
		d, err := ParseDay(text)
		if err == nil {
			t.Errorf("ParseDay(%q) = %v", text, d)
			continue
		}
		refusal(t, err, Invalid, "error.day")
	}
}

// Half of a care home's staff was born before 1970.
func TestParseDay_takes_birth_days_of_older_people(t *testing.T) {
	for _, text := range []string{"1969-12-31", "1961-03-05", "1938-02-28"} {
		d, err := ParseDay(text)
		if err != nil || d.String() != text {
			t.Errorf("ParseDay(%q) = %v, %v", text, d, err)
		}
		var again Day
		if b, _ := d.MarshalText(); again.UnmarshalText(b) != nil || again != d {
			t.Errorf("%v reads back as %v", d, again)
		}
	}
	if d, err := ParseDay("1899-12-31"); err == nil {
		t.Errorf("accepted %v", d)
	}
}

func TestDayIsTheCalendarOfTheZone(t *testing.T) {
	before := time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC)
	if got := DayOf(before.In(Japan)); got.String() != "2026-12-01" {
		t.Errorf("08:30 in Tokyo on 1 December is %v", got)
	}
	if got := DayOf(before); got.String() != "2026-11-30" {
		t.Errorf("in UTC it is %v", got)
	}
	for d := MakeDay(1968, 12, 20); d < MakeDay(2032, 1, 1); d++ {
		y, m, dom := d.Date()
		if MakeDay(y, m, dom) != d || time.Date(y, m, dom, 0, 0, 0, 0, time.UTC).Weekday() != d.Weekday() {
			t.Fatalf("%v does not come back, or is no %v", d, d.Weekday())
		}
	}
}

// The former system's page sent the date in UTC: a shift of 07:00 dragged from the 10th to the 11th went to the 10th.
func TestFaultD3(t *testing.T) {
	s := emptySheet().row(t, sato, "04-10", "早")
	done, err := s.Apply([]Edit{{Op: OpMove, Cell: Cell{sato, dayOf(t, "04-10")}, To: Cell{sato, dayOf(t, "04-11")}}}, ids())
	if err != nil {
		t.Fatal(err)
	}
	if len(done.Changes) != 1 || done.Changes[0].After.Day.String() != "2026-04-11" {
		t.Fatalf("changes %v", done.Changes)
	}
	at := done.Changes[0].After.Day.At(done.Changes[0].After.Span.Start, Japan)
	if at.Format(time.RFC3339) != "2026-04-11T07:00:00+09:00" || DayOf(at) != dayOf(t, "04-11") {
		t.Errorf("begins at %v", at)
	}
}

func TestDayAtCountsHoursOverAClockChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no zone data")
	}
	d := MakeDay(2026, time.March, 28)
	if got := d.At(31*60, berlin).Sub(d.At(22*60, berlin)).Hours(); got != 8 {
		t.Errorf("the night of the clock change lasts %v hours", got)
	}
}

func TestPeriodOf(t *testing.T) {
	tests := []struct {
		name, day string
		start     int
		first     string
		last      string
		days      int
	}{
		{"暦月", "2026-04-15", 1, "2026-04-01", "2026-04-30", 30},
		{"21日始まりの月の前半", "2026-04-20", 21, "2026-03-21", "2026-04-20", 31},
		{"21日始まりの初日", "2026-04-21", 21, "2026-04-21", "2026-05-20", 30},
		{"21日始まりの2月", "2026-02-28", 21, "2026-02-21", "2026-03-20", 28},
		{"うるう年の21日始まり", "2028-02-29", 21, "2028-02-21", "2028-03-20", 29},
		{"2月", "2026-02-01", 1, "2026-02-01", "2026-02-28", 28},
		{"うるう年の2月", "2028-02-29", 1, "2028-02-01", "2028-02-29", 29},
		{"100で割れる年の2月", "2000-02-29", 1, "2000-02-01", "2000-02-29", 29},
		{"年またぎ", "2026-12-25", 21, "2026-12-21", "2027-01-20", 31},
		{"1月の前半", "2027-01-03", 21, "2026-12-21", "2027-01-20", 31},
		{"28日始まりの2月", "2026-02-27", 28, "2026-01-28", "2026-02-27", 31},
		{"28日始まりの短い月", "2026-02-28", 28, "2026-02-28", "2026-03-27", 28},
		{"31日始まりは28日に", "2026-03-05", 31, "2026-02-28", "2026-03-27", 28},
		{"0日始まりは1日に", "2026-03-05", 0, "2026-03-01", "2026-03-31", 31},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := ParseDay(test.day)
			if err != nil {
				t.Fatal(err)
			}
			p := PeriodOf(d, test.start)
			if p.First.String() != test.first || p.Last.String() != test.last || p.Days() != test.days {
				t.Errorf("got %v–%v, %d days", p.First, p.Last, p.Days())
			}
		})
	}
}

func TestPeriodsTileTheCalendar(t *testing.T) {
	for start := 1; start <= 28; start++ {
		p := PeriodOf(MakeDay(2026, 1, 1), start)
		for range 40 {
			next := p.Next(start)
			if next.First != p.Last+1 || next.Previous(start) != p {
				t.Fatalf("start %d: after %v comes %v", start, p, next)
			}
			for d := p.First; d <= p.Last; d++ {
				if PeriodOf(d, start) != p || !p.Contains(d) {
					t.Fatalf("start %d: %v is not in %v", start, d, p)
				}
			}
			if p.Contains(p.First-1) || p.Contains(p.Last+1) {
				t.Fatalf("%v contains its neighbours", p)
			}
			p = next
		}
	}
	if got := april.Widen(7, 1); got.First.String() != "2026-03-25" || got.Last.String() != "2026-05-01" {
		t.Errorf("widened to %v", got)
	}
}
