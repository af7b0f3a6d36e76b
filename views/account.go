package views

// Joining is what the page behind an invitation or a reset shows.
type Joining struct {
	Form  Form // fields: login, email, password, again
	Org   string
	Name  string
	Login string // the account's user name when only the password is asked for
	Long  bool   // the role needs the longer password
}

// AccountForms are the forms of one's own account.
type AccountForms struct {
	Login, Email string
	Long         bool
	Password     Form // fields: old, password, again
	Preferences  Form // fields: language, theme
	SignIns      string
	Factors      string
	FactorState  Badged
}

func passwordHint(t Text, long bool) string {
	if long {
		return t.T("password.hint_manager")
	}
	return t.T("password.hint_staff")
}

// Support is whom people may ask when something does not work.
type Support struct{ Name, Email, Phone, Hours string }
