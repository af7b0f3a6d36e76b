package views

import "strconv"

// Field is one input of a form. Text, select, check box and group all take it.
type Field struct {
	Form         Form
	Name         string
	Label        string
	Hint         string
	Type         string // "text" when empty
	Required     bool
	Autocomplete string
	Inputmode    string
	Placeholder  string
	Max          int // characters, 0: no limit
	Rows         int // of a text area
	Readonly     bool
	Autofocus    bool
	Choices      []Choice // of a select or group
	Value        string   // of a check box; "1" when empty
}

// ID returns the element's id. The form's key keeps two forms of one page apart.
func (x Field) ID() string { return "i-" + x.Form.Key + x.Name }

func (x Field) fault() string { return x.Form.Faults[x.Name] }

func (x Field) kind() string {
	if x.Type == "" {
		return "text"
	}
	return x.Type
}

func (x Field) tick() string {
	if x.Value == "" {
		return "1"
	}
	return x.Value
}

// shown is the typed value; a password is never sent back.
func (x Field) shown() string {
	if x.Type == "password" {
		return ""
	}
	return x.Form.Value(x.Name)
}

func (x Field) invalid() string { return strconv.FormatBool(x.fault() != "") }

// describedBy names the hint and the fault for screen readers.
func (x Field) describedBy() string {
	switch {
	case x.Hint != "" && x.fault() != "":
		return x.ID() + "-f " + x.ID() + "-h"
	case x.fault() != "":
		return x.ID() + "-f"
	case x.Hint != "":
		return x.ID() + "-h"
	}
	return ""
}

func (x Field) labelClass() string {
	if x.Required {
		return "req"
	}
	return ""
}

// Empty is what a page shows in place of a list without entries.
type Empty struct {
	Icon, Title, Text string
	Href, Action      string // a button, when there is something to do
}

// Pages leads through a long list. An empty href ends it.
type Pages struct {
	Previous, Next string
	Label          string // 1–20 / 134
}

func noticeIcon(kind string) string {
	switch kind {
	case "warn", "error", "ok":
		return kind
	}
	return "info"
}

// noticeRole makes a refusal heard at once and everything else in turn.
func noticeRole(kind string) string {
	if kind == "error" {
		return "alert"
	}
	return "status"
}

func groupType(x Field) string {
	if x.Type == "radio" {
		return "radio"
	}
	return "checkbox"
}

// chipClass names colour and pattern of a code for the style sheet.
func chipClass(color, pattern string) string {
	if pattern == "" {
		pattern = "plain"
	}
	return "k-" + color + " p-" + pattern
}

func documentTitle(f Frame) string {
	brand := f.T("ui.brand")
	if f.Title == "" {
		return brand
	}
	return f.Title + " – " + brand
}

// orDash shows that a value is missing on purpose.
func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
