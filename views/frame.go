// Package views draws: templ components and the small structs they draw. It knows roster and static, nothing else of ours.
package views

import "wakakusa/static"

// Frame is what every page knows: who looks, where, in which language and dress.
type Frame struct {
	Text    Text
	Title   string // already in the reader's language
	Org     string // name of the organisation, "" outside one
	Base    string // "/o/{slug}", "" outside one
	User    string // name of the person, "" when nobody is signed in
	Theme   string // "", "light" or "dark"; "" follows the device
	Menu    []MenuItem
	AsOf    func() string // when what is shown was read, once all is read, if the database is away; nil: it never is
	Notice  *Notice       // a sentence at the top of the page, once
	Part    bool          // htmx asks for the page's own part, not for a document
	Fluid   bool          // the page uses the whole width (the sheet)
	Request string        // request id, shown on error pages
	Assets  *static.Assets
	Staging bool     // nothing here is real
	Scripts []string // assets that this page needs besides those of every page
}

// Asset returns the path of a style, script or picture.
func (f Frame) Asset(name string) string { return f.Assets.URL(name) }

func (f Frame) asOf() string {
	if f.AsOf == nil {
		return ""
	}
	return f.AsOf()
}

// Home is where the brand leads.
func (f Frame) Home() string {
	if f.Base == "" {
		return "/"
	}
	return f.Base
}

// primaryPlaces is how many places stand in the bar; the others open from "more". Five fit under a thumb.
const primaryPlaces = 4

// Places splits the menu into what stands in the bar and what opens from "more". The account has its own corner.
func (f Frame) Places() (bar, more []MenuItem) {
	for _, m := range f.Menu {
		if m.Key != "account" {
			bar = append(bar, m)
		}
	}
	if len(bar) > primaryPlaces+1 {
		bar, more = bar[:primaryPlaces], bar[primaryPlaces:]
	}
	return bar, more
}

// Account returns the person's own page, if the menu has it.
func (f Frame) Account() []MenuItem {
	for _, m := range f.Menu {
		if m.Key == "account" {
			return []MenuItem{m}
		}
	}
	return nil
}

func anyCurrent(items []MenuItem) bool {
	for _, m := range items {
		if m.Current {
			return true
		}
	}
	return false
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
