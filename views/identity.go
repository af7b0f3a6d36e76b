package views

// Leaving is the way to the provider of identities.
type Leaving struct {
	Frame   Frame
	Address string
}

// Identities are those that somebody is linked with.
type Identities struct {
	Frame   Frame
	Back    string
	Action  string
	Removal string
	Lines   []IdentityLine
}

// IdentityLine is one of them.
type IdentityLine struct{ Subject, Since string }

// NotLetIn is what somebody reads who came back from the provider in vain.
type NotLetIn struct {
	Frame Frame
	Text  string
	Hint  string
	Back  Link
}

// Resume sends on what was kept while somebody showed the provider who they are.
type Resume struct {
	Frame Frame
	Form  Form
	Kept  map[string][]string
}
