// Package views draws: templ components and the small structs they draw. It knows roster and static, nothing else of ours.
package views

// Frame is what every page knows: who looks, where, in which language and dress.
type Frame struct {
	Text    Text
	Title   string // already in the reader's language
	Org     string // name of the organisation, "" outside one
	Base    string // "/o/{slug}", "" outside one
	User    string // name of the person, "" when nobody is signed in
	Theme   string // "", "light" or "dark"; "" follows the device
	Menu    []MenuItem
	Notice  *Notice // a sentence at the top of the page, once
	Fluid   bool    // the page uses the whole width (the sheet)
	Request string  // request id, shown on error pages
}

// MenuItem is a place a person may go.
type MenuItem struct {
	Key     string // text key and icon name: "roster", "me", "staff", …
	Href    string
	Current bool
}

// Notice is one sentence to the reader.
type Notice struct {
	Kind string // "ok", "warn", "error"
	Text string
}

// T is short for Text.T.
func (f Frame) T(key string, pairs ...any) string { return f.Text.T(key, pairs...) }

// Form carries what a form shows: the typed values and what is wrong with them. GET and a refused POST draw the same.
type Form struct {
	Action string
	Values map[string][]string
	Faults map[string]string // field → sentence; "" is the whole form
	Key    string            // idempotency key of this form
}

// Value returns the first value of a field.
func (f Form) Value(name string) string {
	if v := f.Values[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Has reports whether a field holds a value (check boxes, multiple choice).
func (f Form) Has(name, value string) bool {
	for _, v := range f.Values[name] {
		if v == value {
			return true
		}
	}
	return false
}

// Choice is one option of a select or a group of check boxes.
type Choice struct{ Value, Label string }
