package views

// History is a page of the record of changes, newest first.
type History struct {
	Frame Frame
	Days  []HistoryDay
	Pages Pages
}

// HistoryDay is what happened on one day.
type HistoryDay struct {
	Day  string
	Acts []HistoryAct
}

// HistoryAct is one act as sentences.
type HistoryAct struct {
	Time, Who string
	Lines     []string
	Mark      string // undone, undoing
}
