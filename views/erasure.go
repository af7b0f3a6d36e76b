package views

// Erasure is whose data goes, and when.
type Erasure struct {
	Frame  Frame
	Back   string
	Form   Form // fields: staff, do (hold, release)
	Lead   string
	Last   string // the last run, "" where none is known
	Failed string // "": it went well
	Erased string // how many were
	Lines  []LeaverLine
}

// LeaverLine is somebody who has left.
type LeaverLine struct {
	Href, ID, Name, Left, From string
	State, Kind                string
	Held                       bool
	Key                        string
}
