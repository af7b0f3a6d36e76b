package views

// Passkey is a question to the browser about a passkey. Without Options nothing is asked.
type Passkey struct {
	Action  string
	Options string // JSON
	Sealed  string
	Next    string
	New     bool // one is to be made
}

// NewPasskey is the page on which a passkey is made.
type NewPasskey struct {
	Frame Frame
	Back  string
	Form  Form // fields: name
	Key   Passkey
}
