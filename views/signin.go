package views

// Proof asks who it is once more.
type Proof struct {
	Form     Form
	Next     string // where it goes on
	Post     bool   // a form is sent again
	Kept     map[string][]string
	Login    string
	Password bool // asked for
	Code     bool // asked for
	Key      Passkey
}

// SignIns is where somebody is signed in.
type SignIns struct {
	Frame  Frame
	Back   string
	Action string
	Lines  []SignInLine
}

// SignInLine is one sign-in.
type SignInLine struct {
	Name        string
	Device      string
	From        string // address, "" where it is not told
	Seen, Begun string
	Here        bool
}

// others reports sign-ins beside the one that asks.
func (v SignIns) others() bool {
	for _, x := range v.Lines {
		if !x.Here {
			return true
		}
	}
	return false
}
