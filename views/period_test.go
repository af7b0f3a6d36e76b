package views

import (
	"testing"

	"wakakusa/roster"
)

func TestTextPeriod(t *testing.T) {
	texts, err := LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		start  int
		day    roster.Day
		ja, en string
	}{
		{1, roster.MakeDay(2026, 12, 3), "2026年12月", "December 2026"},
		{21, roster.MakeDay(2026, 11, 25), "2026年11月21日〜12月20日", "21 Nov – 20 Dec 2026"},
		{21, roster.MakeDay(2026, 12, 25), "2026年12月21日〜2027年1月20日", "21 Dec 2026 – 20 Jan 2027"},
	} {
		p := roster.PeriodOf(x.day, x.start)
		if got := texts.For("ja").Period(p); got != x.ja {
			t.Errorf("got %s, want %s", got, x.ja)
		}
		if got := texts.For("en").Period(p); got != x.en {
			t.Errorf("got %s, want %s", got, x.en)
		}
	}
}
