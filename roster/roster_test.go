package roster

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The fixture is April 2026 (the 1st is a Wednesday) at 本館, with four people and the usual codes. A test writes a row of
// the sheet as a manager would: "早 日 夜 明 公" from a day on, "-" for an empty cell, "早+遅" for two entries in one.

const (
	here  SiteID  = "本館"
	there SiteID  = "別館"
	sato  StaffID = "佐藤"
	goto_ StaffID = "後藤"
	nguen StaffID = "グエン"
	user  StaffID = "利用者"
)

var april = Period{MakeDay(2026, time.April, 1), MakeDay(2026, time.April, 30)}

func dayOf(t testing.TB, s string) Day {
	t.Helper()
	d, err := ParseDay("2026-" + s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func code(symbol string, kind CodeKind, start, end, rest Minutes) Code {
	return Code{
		ID: CodeID(symbol), Symbol: symbol, Name: symbol, Kind: kind, Span: Span{start * 60 / 100, end * 60 / 100}, Break: rest,
		Color: Colors[0], Pattern: Patterns[0], Version: 1,
	}
}

// The times stand in hundredths of an hour: 1650 is 16:30.
func usualCodes() []Code {
	in := code("入", KindNightIn, 1650, 2400, 0)
	in.Follower = "明"
	return []Code{
		code("早", KindWork, 700, 1600, 60),
		code("日", KindWork, 900, 1800, 60),
		code("遅", KindWork, 1300, 2200, 60),
		code("短", KindWork, 900, 1300, 0),
		code("夕", KindWork, 1800, 2200, 0),
		code("夜", KindWork, 1650, 3350, 120),
		code("準", KindWork, 1600, 2450, 60),
		code("深", KindWork, 0, 850, 60),
		in,
		code("明", KindNightOut, 0, 0, 0),
		code("残", KindNightOut, 0, 950, 0),
		code("公", KindOff, 0, 0, 0),
		code("法", KindLegalOff, 0, 0, 0),
		code("有", KindPaid, 0, 0, 0),
		code("半", KindHalf, 900, 1300, 0),
		code("研", KindTraining, 900, 1700, 60),
		code("欠", KindAbsence, 0, 0, 0),
	}
}

func usualStaff() []Staff {
	return []Staff{
		{ID: sato, Name: "佐藤 太郎", Kana: "さとう", Class: ClassRegular, HomeSite: here, Approval: Approved},
		{ID: goto_, Name: "後藤 花子", Kana: "ごとう", Class: ClassRegular, HomeSite: here, Approval: Approved},
		{ID: nguen, Name: "グエン", Kana: "ぐえん", Class: ClassPartTime, HomeSite: here, Approval: Approved},
		{ID: user, Name: "利用者 一", Kana: "りよう", Class: ClassMember, HomeSite: here, Approval: Approved},
	}
}

func emptySheet() *Sheet {
	return &Sheet{
		Org:       Org{ID: "組織"},
		Site:      Site{ID: here, Name: "本館", StartDay: 1},
		Roster:    Roster{Site: here, Period: april, State: StateDrafting},
		Staff:     usualStaff(),
		Contracts: map[StaffID][]Contract{},
		Codes:     usualCodes(),
		Holidays:  map[Day]string{},
		Shifts:    map[StaffID][]Shift{},
		Locked:    map[Cell]bool{},
	}
}

// shift makes an approved entry with the code's times; its id tells where it stands.
func (s *Sheet) shift(t testing.TB, who StaffID, d Day, symbol string) Shift {
	t.Helper()
	c, ok := s.Code(CodeID(symbol))
	if !ok {
		t.Fatalf("no code %s", symbol)
	}
	return Shift{
		ID: ShiftID(fmt.Sprintf("%s %s %s", who, d, symbol)), Site: here, Staff: who, Day: d,
		Code: c.ID, Span: c.Span, Break: c.Break, Approval: Approved, Version: 1,
	}
}

// row puts a person's cells on the sheet from a day on.
func (s *Sheet) row(t testing.TB, who StaffID, from, cells string) *Sheet {
	t.Helper()
	d := dayOf(t, from)
	for _, cell := range strings.Fields(cells) {
		for symbol := range strings.SplitSeq(cell, "+") {
			if symbol != "-" {
				s.put(s.shift(t, who, d, symbol))
			}
		}
		d++
	}
	return s
}

func (s *Sheet) put(x Shift) {
	s.Shifts[x.Staff] = append(s.Shifts[x.Staff], x)
	SortShifts(s.Shifts[x.Staff])
}

// text writes a person's row back: the opposite of row, for a stretch of days.
func (s *Sheet) text(who StaffID, first, last Day) string {
	var cells []string
	for d := first; d <= last; d++ {
		var symbols []string
		for _, x := range s.ShiftsOn(Cell{who, d}) {
			c, _ := s.Code(x.Code)
			symbols = append(symbols, c.Symbol)
		}
		cell := strings.Join(symbols, "+")
		if cell == "" {
			cell = "-"
		}
		cells = append(cells, cell)
	}
	return strings.Join(cells, " ")
}

// refusal checks kind and, when given, text key of an error.
func refusal(t testing.TB, err error, kind Kind, key string) {
	t.Helper()
	if err == nil {
		t.Fatalf("accepted; want %s", key)
	}
	if KindOf(err) != kind || !strings.Contains(err.Error(), key) {
		t.Errorf("got %v (kind %d), want %s (kind %d)", err, KindOf(err), key, kind)
	}
}

// fields lists the form fields an error names.
func fields(err error) string {
	var names []string
	switch e := err.(type) {
	case nil:
	case Faults:
		for _, f := range e {
			names = append(names, f.Field)
		}
	default:
		names = append(names, "?"+err.Error())
	}
	return strings.Join(names, " ")
}

func TestRosterStates(t *testing.T) {
	draft := Roster{State: StateDrafting}
	published, err := draft.Publish(812, 1000)
	if err != nil || published != (Roster{State: StatePublished, Published: 1, PublishedAt: 812, PublishedMs: 1000}) {
		t.Fatalf("published: %+v, %v", published, err)
	}
	again, err := published.Publish(813, 2000)
	if err != nil || again.Published != 2 || again.PublishedAt != 813 {
		t.Fatalf("published again: %+v, %v", again, err)
	}
	withdrawn, err := again.Withdraw()
	if err != nil || withdrawn.State != StateDrafting || withdrawn.Published != 2 {
		t.Fatalf("withdrawn: %+v, %v", withdrawn, err)
	}
	closed, err := again.Close()
	if err != nil || closed.Open() || !again.Open() {
		t.Fatalf("closed: %+v, %v", closed, err)
	}
	reopened, err := closed.Reopen()
	if err != nil || reopened != again {
		t.Fatalf("reopened: %+v, %v", reopened, err)
	}
}

func TestRosterStatesRefuse(t *testing.T) {
	tests := []struct {
		name string
		do   func(Roster) (Roster, error)
		from []State
		key  string
	}{
		{"締め後の公開", func(r Roster) (Roster, error) { return r.Publish(1, 1) }, []State{StateClosed}, "error.roster_closed"},
		{"公開前の取り下げ", Roster.Withdraw, []State{StateCollecting, StateCollected, StateDrafting, StateClosed}, "error.roster_not_published"},
		{"公開前の締め", Roster.Close, []State{StateCollecting, StateCollected, StateDrafting, StateClosed}, "error.roster_not_published"},
		{"締め前の再開", Roster.Reopen, []State{StateCollecting, StateCollected, StateDrafting, StatePublished}, "error.roster_not_closed"},
	}
	for _, test := range tests {
		for _, state := range test.from {
			t.Run(test.name+"/"+string(state), func(t *testing.T) {
				was := Roster{State: state, Published: 3}
				got, err := test.do(was)
				refusal(t, err, RuleBroken, test.key)
				if got != was {
					t.Errorf("a refused step changed the roster to %+v", got)
				}
			})
		}
	}
}
