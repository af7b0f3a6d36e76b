package roster

import "testing"

func TestReportBy(t *testing.T) {
	for _, c := range []struct {
		name                          string
		known, first, full, fullMeant Day
	}{
		{"平日", MakeDay(2026, 11, 2), MakeDay(2026, 11, 6), MakeDay(2026, 12, 1), MakeDay(2027, 1, 4)},
		{"30日目が土曜", MakeDay(2026, 11, 6), MakeDay(2026, 11, 10), MakeDay(2026, 12, 7), MakeDay(2027, 1, 4)},
		{"30日目が祝日", MakeDay(2026, 10, 5), MakeDay(2026, 10, 9), MakeDay(2026, 11, 4), MakeDay(2026, 12, 3)},
		{"30日目が年末の閉庁日", MakeDay(2026, 12, 2), MakeDay(2026, 12, 6), MakeDay(2027, 1, 4), MakeDay(2027, 2, 1)},
	} {
		got := ReportBy(c.known)
		if got.FirstFrom != c.known+2 || got.First != c.first || got.Full != c.full || got.FullMeant != c.fullMeant {
			t.Errorf("%s: %s–%s, %s, %s", c.name, got.FirstFrom, got.First, got.Full, got.FullMeant)
		}
	}
}
