package views

// History is a page of one of the records, newest first: of changes, or of sign-ins and other accesses.
type History struct {
	Frame  Frame
	Lead   string
	Kinds  []Link // the records there are
	Search HistorySearch
	Days   []HistoryDay
	Pages  Pages
}

// HistorySearch is the form that asks for a part of a record.
type HistorySearch struct {
	Form   Form
	Who    []Choice
	About  []Choice // nil: not asked for
	What   []Choice
	Asked  bool   // something is asked for
	All    string // address of the whole record
	Export string // where the same part is fetched as a file
}

// HistoryDay is what happened on one day.
type HistoryDay struct {
	Day  string
	Acts []HistoryAct
}

// HistoryAct is one act or access as sentences.
type HistoryAct struct {
	Time, Who string
	Lines     []string
	Mark      string // undone, undoing, refused
	Kind      string // of the mark
	Origin    string // where it came from
}
