package roster

import (
	"os"
	"strings"
	"testing"
	"time"
)

// The table is the day list of holiday_jp 2.5.1 (MIT), made from the Cabinet Office's announcements; it is a second
// opinion on the rule, not its source.
func TestHolidaysAgreeWithPublishedTable(t *testing.T) {
	table, err := os.ReadFile("testdata/holidays.tsv")
	if err != nil {
		t.Fatal(err)
	}
	want := map[Day]string{}
	for line := range strings.Lines(string(table)) {
		day, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		d, err := ParseDay(day)
		if err != nil {
			t.Fatal(err)
		}
		want[d] = name
	}
	got := Holidays(Period{MakeDay(1970, time.January, 1), MakeDay(2050, time.December, 31)}, nil)
	for d := range want {
		if got[d] == "" {
			t.Errorf("%s %s is missing", d, want[d])
		}
	}
	for d, name := range got {
		if want[d] == "" {
			t.Errorf("%s %s is no holiday", d, name)
		}
	}
	if len(want) < 1200 {
		t.Fatalf("the table holds only %d days", len(want))
	}
}

func TestHolidaysOfAnOrganisation(t *testing.T) {
	p := Period{MakeDay(2026, time.December, 1), MakeDay(2027, time.January, 31)}
	own := []Holiday{
		{Day: MakeDay(2026, time.December, 30), Name: "年末休業"},
		{Day: MakeDay(2027, time.January, 11), Name: "成人の日", Working: true},
		{Day: MakeDay(2028, time.January, 4), Name: "外"},
	}
	got := Holidays(p, own)
	if len(got) != 2 || got[own[0].Day] != "年末休業" || got[MakeDay(2027, time.January, 1)] != "元日" {
		t.Errorf("got %v", got)
	}
}
