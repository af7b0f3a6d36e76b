package views

import "wakakusa/roster"

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
	CanPublish  bool
	Palette     []PaletteCode
	Days        []DayHead
	Groups      []Group
	Foot        []FootRow
	Breaches    int // soft and hard breaches of the whole sheet
	Short       int // people missing over the whole period
	OffWant     int // 公休数 required
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

// BreachLine is one line of the breach list.
type BreachLine struct {
	Staff, StaffID, Day, DayText, Text string
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
	Base     int64
}

// ShiftForm is one shift in the detail sheet.
type ShiftForm struct {
	Form           // fields: code, start, end, break, note
	ShiftID string // "" for a new one
	Away    string // name of the other site; then read-only
	Label   string
	Chip    Chip
}

// HistoryLine tells one change.
type HistoryLine struct{ When, Who, What string }
