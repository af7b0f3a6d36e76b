package views

// Backups is how the backups stand.
type Backups struct {
	Frame   Frame
	Copy    *BackupCopy // nil: there is none
	CopyOff string      // why
	Daily   bool
	Running *BackupRun // of a backup or a drill; nil: none
	Failed  string     // a sentence, where the last one failed
	Last    *BackupLast
	Next    string
	OffSite *BackupLast // the last time they were taken elsewhere; nil: they are not
	Whole   bool        // may have what holds everybody's data
	Files   []BackupFile
	Drill   BackupDrill
	Form    Form // of "now"
	Trial   Form // of a drill now

	Restore       string // leads to the form; "": not from here
	RestoreFailed string
}

// Restore is the form that puts everything back. Fields: from, moment, name, password.
type Restore struct {
	Frame  Frame
	Form   Form
	Back   string
	From   []Choice
	Moment bool   // a moment may be chosen
	Name   string // to be typed
}

// BackupDrill is how the last restore on trial went.
type BackupDrill struct {
	When, Kind, State string // "" of When: never
	Next              string
	Lines             []BackupTrial
}

// BackupTrial is one source of it.
type BackupTrial struct{ Source, Kind, State, What string }

// BackupCopy is how far the continuous copy is.
type BackupCopy struct{ Kind, State, Until, Place string }

// BackupRun is how far one is that is being made.
type BackupRun struct {
	Step    string
	Percent int // below zero: nobody knows
}

// BackupLast is the last that went well.
type BackupLast struct{ When, Kind, State, What, Checked string }

// BackupFile is one that is kept.
type BackupFile struct {
	When, Size, Rows, Check, Kind string
	Encrypted                     bool
	Href                          string // "": not for this reader
}
