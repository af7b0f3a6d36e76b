package views

import (
	"encoding/json"
	"slices"
	"strings"

	"wakakusa/roster"
)

// Sheet is the month sheet of one site as it is seen.
type Sheet struct {
	Frame       Frame
	Path        string // /o/{org}/rosters/{site}/{first day}; everything the sheet asks for hangs below it
	Revision    int64  // revision of the organisation that this page shows
	Site        string
	Sites       []Link // other sites the person may open; the current one is marked
	Period      string // 2026年12月
	Previous    string // hrefs
	Next        string
	Today       string
	State       roster.State
	Version     int // published version, 0: never
	Unpublished int // cells that differ from the published copy
	CanEdit     bool
	CanLook     bool // a cell opens its detail sheet
	CanPublish  bool
	Palette     []PaletteCode
	Days        []DayHead
	Groups      []Group
	Foot        []FootRow
	Breaches    int    // soft and hard breaches of the whole sheet
	Short       int    // people missing over the whole period
	OffWant     int    // 公休数 required
	Key         string // idempotency key of this page's forms
	Said        string // a sentence about what was just done, once
	Hidden      bool   // nothing is published yet, and the reader sees only what is
}

// Alerts is how many lines the list of breaches holds: breaches, and shortages by code and day.
func (s Sheet) Alerts() int {
	n := s.Breaches
	for _, row := range s.Foot {
		for _, c := range row.Cells {
			if c.short() > 0 {
				n++
			}
		}
	}
	return n
}

// Link is a place with a name.
type Link struct {
	Href    string
	Label   string
	Current bool
}

// PaletteCode is a code one can paint with.
type PaletteCode struct {
	ID, Symbol, Name, Time, Color, Pattern string
	Key                                    string // the key that sets it on the keyboard, "" for none
	Start, End, Break                      string // default times as they are typed
}

// label is what a screen reader says of the code.
func (c PaletteCode) label() string { return strings.TrimSpace(c.Name + " " + c.Time) }

// Keys gives every code a key of its own: its symbol where that is a letter or digit, else the next free one.
func Keys(codes []PaletteCode) {
	const order = "1234567890qwertyuiopasdfghjklvbnm"
	taken := map[string]bool{}
	for i, c := range codes {
		if k := strings.ToLower(c.Symbol); len(k) == 1 && strings.Contains(order, k) && !taken[k] {
			codes[i].Key, taken[k] = k, true
		}
	}
	next := 0
	for i := range codes {
		for codes[i].Key == "" && next < len(order) {
			if k := order[next : next+1]; !taken[k] {
				codes[i].Key, taken[k] = k, true
			}
			next++
		}
	}
}

// DayHead is a column.
type DayHead struct {
	Day     roster.Day
	Weekday string // 月
	Kind    string // "", "sat", "sun", "hol"
	Holiday string // its name
	Past    bool   // belongs to the previous period, shown for the chains, never editable
	Today   bool
}

// Group is a 職種 and its people.
type Group struct {
	Name string
	Rows []Row
}

// Row is one person's line. Region "row.STAFF".
type Row struct {
	ID    string // staff id; the element's id is "s-" + ID
	Name  string
	Sub   string // 常勤, アルバイト, 応援 …
	Guest bool   // 応援, gone when no shift here is left
	Cells []Cell // one for each of Sheet.Days
	Days  int
	Hours string // 154:00
	Off   int
}

// Cell is one person on one day.
type Cell struct {
	Chips      []Chip
	AfterNight bool     // empty, but the night of the day before works into it: 明け
	Breaches   []string // sentences with their numbers
	Hard       bool     // one of them is hard
	Changed    bool     // differs from the published copy
	Locked     bool
	Past       bool
}

// Chip is a shift in a cell.
type Chip struct {
	Symbol, Color, Pattern string
	Label                  string // 早番 7:00–15:00, for screen readers
	Own                    bool   // its times are not those of the code
	Note                   bool
	Pending                bool // asked for, not yet approved
	Away                   bool // at another site: seen, not editable here
}

// FootRow is the head count for one code.
type FootRow struct {
	ID, Symbol, Name, Color, Pattern string // the element's id is "f-" + ID
	Cells                            []FootCell
}

// FootCell is a day's head count. Region "day.DAY" is the column of these.
type FootCell struct {
	Have, Want int
	Asked      bool // a number is required
	Past       bool
}

func (c FootCell) short() int {
	if !c.Asked {
		return 0
	}
	return max(0, c.Want-c.Have)
}

func (c FootCell) over() int {
	if !c.Asked {
		return 0
	}
	return max(0, c.Have-c.Want)
}

// BreachLine is one line of the breach list.
type BreachLine struct {
	Staff, StaffID, Day, DayText, Text string
	Href                               string // of the cell, or of the sheet for a day's shortage
	Hard                               bool
}

// CellSheet is the detail sheet of one cell.
type CellSheet struct {
	Frame    Frame
	Path     string // of the sheet
	Cell     string // path of this cell
	Name     string
	StaffID  string
	Day      roster.Day
	Locked   bool
	CanEdit  bool
	Shifts   []ShiftForm // what is there
	Add      ShiftForm   // an empty form for one more
	Breaches []string
	Codes    []PaletteCode
	History  []HistoryLine // newest first
	Others   []Choice      // people, for "move to…"
	Days     []Choice      // days, for "move to…"
	Top      Form          // a refusal that belongs to none of the forms
	Move     Form          // fields: to_staff, to_day
	Lock     Form
	Base     int64
}

// ShiftForm is one shift in the detail sheet.
type ShiftForm struct {
	Form           // fields: code, shown (the code that the times belong to), start, end, break, note
	ShiftID string // "" for a new one
	Away    string // name of the other site; then read-only
	Label   string
	Chip    Chip
}

// HistoryLine tells one change.
type HistoryLine struct{ When, Who, What string }

// open reports whether the cell may be changed now.
func (c CellSheet) open() bool { return c.CanEdit && !c.Locked }

// own reports whether something stands here that belongs to this site.
func (c CellSheet) own() bool {
	return slices.ContainsFunc(c.Shifts, func(x ShiftForm) bool { return x.Away == "" })
}

// boardWords are the sentences that the sheet's script says, with {a}, {b} … in place of what it fills in.
func boardWords(t Text) string {
	words := map[string]string{}
	for _, key := range []string{"moved", "swapped", "copied", "set", "cleared", "picked", "cancelled", "locked", "past", "nothing", "lost", "stale", "brush", "reload"} {
		words[key] = t.T("roster.said_"+key, "A", "{a}", "B", "{b}", "C", "{c}")
	}
	b, err := json.Marshal(words)
	if err != nil {
		return "{}"
	}
	return string(b)
}

func noStaff(s Sheet) Empty {
	e := Empty{Icon: "staff", Title: s.Frame.T("roster.no_staff"), Text: s.Frame.T("roster.no_staff_text")}
	if s.CanEdit {
		e.Href, e.Action = s.Frame.Base+"/staff", s.Frame.T("menu.staff")
	}
	return e
}

// stateText is the state as people say it, with the version that staff see.
func stateText(s Sheet) string {
	if s.State == roster.StatePublished {
		return s.Frame.T("roster.state_published", "Version", s.Version)
	}
	return s.Frame.T("roster.state_" + string(s.State))
}

// stateBadge names the colour of a roster's state.
func stateBadge(s roster.State) string {
	switch s {
	case roster.StatePublished:
		return "ok"
	case roster.StateClosed:
		return "info"
	}
	return "warn"
}

func breachIcon(l BreachLine) string {
	switch {
	case l.Hard:
		return "error"
	case l.StaffID == "":
		return "needs"
	}
	return "warn"
}

// cellChipClass is the class of a cell that holds one shift of the code.
func cellChipClass(c PaletteCode) string {
	return string(appendChipClass(nil, &Chip{Color: c.Color, Pattern: c.Pattern}))
}
