package views

// MemberList is everybody with a role.
type MemberList struct {
	Frame Frame
	Lines []MemberLine
	Roles RoleTable
}

// MemberLine is one membership of the list.
type MemberLine struct {
	Href, Name, Role, Login, Seen string
	Detail                        string // linked person, sites
	State, StateKind              string
}

// RoleTable says which role may do what.
type RoleTable struct {
	Roles []string
	Rows  []RoleRow
}

// RoleRow is one thing that may be done.
type RoleRow struct {
	Action string
	May    []bool
}

// MemberForm is one membership. Fields: name, role, staff, sites, active.
type MemberForm struct {
	Frame      Frame
	Form       Form
	New        bool
	Roles      []Choice
	People     []Choice
	Sites      []Choice
	Login      string
	State      Badged
	LinkPath   string // where a one-time link is made, "" when none can be
	Joined     bool
	SignIns    SignIns
	QRPath     string // makes a code that signs in; "": not for this role
	EndPath    string // ends all of them
	Factors    int    // how many the account has
	FactorPath string // forgets them
}

// Badged is a short state with its kind.
type Badged struct{ Kind, Text string }

// MemberLink shows a one-time link, once.
type MemberLink struct {
	Frame           Frame
	Name, URL, Back string
	Reset           bool
	SignIn          bool // on the phone that scans it
	Lasts           string
	QR              QR
}

// QR is a two-dimensional code: what is dark at (x, y) of a square.
type QR struct {
	Size int
	Dark func(x, y int) bool
}
