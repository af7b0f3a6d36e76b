package roster

import "testing"

func TestParseTime(t *testing.T) {
	tests := []struct {
		name, text string
		want       Minutes
	}{
		{"時だけ", "9", 540},
		{"半角", "9:00", 540},
		{"ゼロ付き", "09:05", 545},
		{"全角", "９：００", 540},
		{"全角の空白", "　９：３０　", 570},
		{"コロンなし4桁", "0930", 570},
		{"コロンなし3桁", "930", 570},
		{"9時", "9時", 540},
		{"9時半", "9時半", 570},
		{"全角の9時半", "９時半", 570},
		{"9時30分", "9時30分", 570},
		{"9時5分", "9時5分", 545},
		{"夜中", "0:00", 0},
		{"24時", "24:00", 1440},
		{"30時間制", "28:30", 1710},
		{"翌", "翌4:30", 1710},
		{"翌と空白", "翌 4:30", 1710},
		{"翌日4時", "翌日4時", 1680},
		{"翌23:59", "翌23:59", 2879},
		{"翌々日の0時", "48:00", 2880},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseTime(test.text)
			if err != nil || got != test.want {
				t.Errorf("ParseTime(%q) = %v, %v; want %v", test.text, got, err, test.want)
			}
		})
	}
}

func TestParseTimeRefuses(t *testing.T) {
	tests := []struct{ name, text string }{
		{"空", ""},
		{"空白だけ", "　"},
		{"言葉", "あさ"},
		{"翌28時", "翌28:00"},
		{"翌24時", "翌24:00"},
		{"翌だけ", "翌"},
		{"翌翌", "翌翌4:00"},
		{"48時を1分過ぎる", "48:01"},
		{"49時", "49:00"},
		{"60分", "9:60"},
		{"分が1桁", "9:0"},
		{"分が3桁", "9:000"},
		{"負", "-9:00"},
		{"小数", "9.5"},
		{"秒まで", "9:00:00"},
		{"5桁", "09300"},
		{"時の前がない", "時"},
		{"半分", "9時半分"},
		{"分が二度", "9時30分分"},
		{"漢数字", "九時"},
		{"ほかの文字の数字", "٩:00"},
		{"長すぎる", "00000000000000009"},
		{"壊れた文字", "9\xff"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseTime(test.text)
			if err == nil {
				t.Fatalf("ParseTime(%q) = %v", test.text, got)
			}
			refusal(t, err, Invalid, "error.time")
		})
	}
}

func TestParseSpan(t *testing.T) {
	tests := []struct {
		name, start, end string
		want             Span
		written          string
	}{
		{"日勤", "9:00", "18:00", Span{540, 1080}, "9:00–18:00"},
		{"夜勤", "22:00", "7:00", Span{1320, 1860}, "22:00–翌7:00"},
		{"夜勤を30時間制で", "22:00", "31:00", Span{1320, 1860}, "22:00–翌7:00"},
		{"夜勤を翌で", "22時", "翌7時", Span{1320, 1860}, "22:00–翌7:00"},
		{"準夜", "16:00", "0:30", Span{960, 1470}, "16:00–翌0:30"},
		{"0時まで", "16:00", "0:00", Span{960, 1440}, "16:00–翌0:00"},
		{"24時まで", "16:00", "24:00", Span{960, 1440}, "16:00–翌0:00"},
		{"深夜", "0:00", "8:30", Span{0, 510}, "0:00–8:30"},
		{"16時間夜勤", "16:30", "9:30", Span{990, 2010}, "16:30–翌9:30"},
		{"まる一日", "8:00", "翌8:00", Span{480, 1920}, "8:00–翌8:00"},
		{"36時間", "12:00", "48:00", Span{720, 2880}, "12:00–48:00"},
		{"1分", "23:59", "24:00", Span{1439, 1440}, "23:59–翌0:00"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseSpan(test.start, test.end)
			if err != nil || got != test.want {
				t.Fatalf("ParseSpan(%q, %q) = %v, %v; want %v", test.start, test.end, got, err, test.want)
			}
			if got.String() != test.written {
				t.Errorf("written as %q, want %q", got, test.written)
			}
		})
	}
}

func TestParseSpanRefuses(t *testing.T) {
	tests := []struct{ name, start, end, fields string }{
		{"両方空", "", "", "start end"},
		{"始めが空", "", "18:00", "start"},
		{"終わりが空", "9:00", "", "end"},
		{"同じ時刻", "9:00", "9:00", "end"},
		{"翌日に始まる", "24:00", "30:00", "start"},
		{"翌日に始まり夜が明ける", "翌1:00", "翌9:00", "start"},
		{"36時間を越える", "11:59", "48:00", "end"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseSpan(test.start, test.end)
			if e, ok := err.(*Error); ok {
				err = Faults{e}
			}
			if KindOf(err) != Invalid || fields(err) != test.fields {
				t.Errorf("got %v on %q, want a refusal on %q", err, fields(err), test.fields)
			}
		})
	}
}

// The former system kept 00:00–00:00 when nobody chose a time.
func TestFaultC4(t *testing.T) {
	for _, times := range [][2]string{{"00:00", "00:00"}, {"0:00", "0:00"}, {"", ""}} {
		if s, err := ParseSpan(times[0], times[1]); KindOf(err) != Invalid || err == nil {
			t.Errorf("%v became %v, %v", times, s, err)
		}
	}
	s := emptySheet()
	early, _ := s.Code("早")
	for _, x := range []Shift{{Day: april.First, Code: early.ID}, {Day: april.First, Code: early.ID, Span: Span{540, 540}}} {
		refusal(t, x.Check(early), Invalid, "error.span_empty")
	}
	early.Span = Span{}
	refusal(t, early.Check(), Invalid, "error.span_empty")
	_, err := s.Apply([]Edit{{Op: OpAdd, Cell: Cell{sato, april.First}, Code: early.ID}}, ids())
	refusal(t, err, Invalid, "error.span_empty")
}

// The former system's forms refused this night, and its interface gave it an end 14 hours before its start.
func TestFaultC5(t *testing.T) {
	night, err := ParseSpan("22:00", "08:00")
	if err != nil {
		t.Fatal(err)
	}
	if night != (Span{1320, 1920}) || night.Length() != 600 || !night.Overnight() {
		t.Errorf("got %v of %v, overnight %v", night, night.Length(), night.Overnight())
	}
	c := code("泊", KindWork, 0, 0, 60)
	c.Span = night
	if err := c.Check(); err != nil {
		t.Errorf("code refused: %v", err)
	}
	s := emptySheet()
	s.Codes = append(s.Codes, c)
	done, err := s.Apply([]Edit{{Op: OpSet, Cell: Cell{sato, april.First}, Code: c.ID}}, ids())
	if err != nil {
		t.Fatal(err)
	}
	if got := done.Sheet.Totals(sato); got != (Totals{Days: 1, Minutes: 540}) {
		t.Errorf("totals %+v", got)
	}
	if !done.Sheet.AfterNight(Cell{sato, april.First + 1}) {
		t.Error("the day after is not drawn as 明け")
	}
	if begin, end := night.Start, night.End; april.First.At(end, Japan).Sub(april.First.At(begin, Japan)).Hours() != 10 {
		t.Error("as instants it is not ten hours")
	}
}

func TestClock(t *testing.T) {
	for m, want := range map[Minutes]string{0: "0:00", 425: "7:05", 1439: "23:59", 1440: "翌0:00", 1710: "翌4:30", 2879: "翌23:59", 2880: "48:00"} {
		if got := m.Clock(); got != want {
			t.Errorf("%d is written %q, want %q", m, got, want)
		}
	}
	if s := (Span{}).String(); s != "" {
		t.Errorf("an empty span is written %q", s)
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"", "9", "9:00", "９：００", "0930", "9時", "9時半", "9時30分", "28:30", "翌4:30", "翌日4時", "翌28:00", "48:00", "48:01", "9\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseTime(text)
		if err != nil {
			refusal(t, err, Invalid, "error.time")
			return
		}
		if m < 0 || m > maxTime {
			t.Fatalf("%q is %d minutes", text, m)
		}
		for _, written := range []string{m.String(), m.Clock()} {
			if again, err := ParseTime(written); err != nil || again != m {
				t.Errorf("%q is %d, written %q, read as %d, %v", text, m, written, again, err)
			}
		}
	})
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range [][2]string{{"9:00", "18:00"}, {"22:00", "8:00"}, {"16:00", "0:00"}, {"12:00", "48:00"}, {"0:00", "0:00"}, {"24:00", "30:00"}, {"９時半", "翌9時半"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, start, end string) {
		s, err := ParseSpan(start, end)
		if err != nil {
			if KindOf(err) != Invalid {
				t.Errorf("%q %q: %v", start, end, err)
			}
			return
		}
		if s.Check() != nil || s.Length() <= 0 || s.Length() > maxSpan {
			t.Fatalf("%q %q became %d–%d", start, end, s.Start, s.End)
		}
		again, err := ParseSpan(s.Start.Clock(), s.End.Clock())
		if err != nil || again != s {
			t.Errorf("%v (%d–%d) reads back as %d–%d, %v", s, s.Start, s.End, again.Start, again.End, err)
		}
	})
}

func TestParseHours(t *testing.T) {
	for text, want := range map[string]Minutes{
		"40": 2400, "40:00": 2400, "37.5": 2250, "３７．５": 2250, "38:45": 2325, "37時間30分": 2250, "37時間": 2220, "20.25": 1215, "0": 0, " 28 ": 1680,
	} {
		if got, err := ParseHours(text); err != nil || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "abc", "-5", "40:60", "400", "0930", "37.555", "37,5", "40h", "."} {
		if got, err := ParseHours(text); err == nil {
			t.Errorf("%q gave %v", text, got)
		}
	}
	for _, m := range []Minutes{0, 60, 2250, 2400, 2325, 3600} {
		if got, err := ParseHours(m.Hours()); err != nil || got != m {
			t.Errorf("%v is written %q and read %v %v", int(m), m.Hours(), int(got), err)
		}
	}
}
