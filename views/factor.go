package views

import (
	"maps"
	"slices"
	"strings"
)

// Factors is what somebody proves themselves with beside the password.
type Factors struct {
	Frame    Frame
	Back     string
	Add      string
	AddKey   string // where a passkey is made; "" where there can be none
	Removal  string
	Renewal  string
	Lines    []FactorLine
	Left     int      // recovery codes that can still be used
	Recovery []string // new ones, shown once
	Needed   bool     // nothing goes on without one
}

// FactorLine is one of them.
type FactorLine struct{ ID, Name, Kind, Since, Used string }

// NewFactor shows the secret for an app that makes codes.
type NewFactor struct {
	Frame  Frame
	Back   string
	Form   Form // fields: sealed, name, code
	Secret string
	URL    string
	QR     QR
}

// grouped writes a secret in blocks of four, for typing.
func (v NewFactor) grouped() string {
	out := ""
	for i, r := range v.Secret {
		if i > 0 && i%4 == 0 {
			out += " "
		}
		out += string(r)
	}
	return out
}

// otpauth lets through only what an app for codes opens.
func otpauth(url string) string {
	if !strings.HasPrefix(url, "otpauth://totp/") {
		return "#"
	}
	return url
}

func sortedKeys(m map[string][]string) []string { return slices.Sorted(maps.Keys(m)) }
