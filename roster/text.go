package roster

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean trims white space of every width from both ends and makes inner line ends uniform.
func Clean(s string) string {
	return strings.TrimFunc(strings.ReplaceAll(s, "\r\n", "\n"), unicode.IsSpace)
}

// checkText refuses text that is shorter or longer (in characters) than allowed, is not UTF-8, or holds control or
// direction-changing characters, which would let one name look like another.
func checkText(s string, low, high int) error {
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, forbiddenRune):
		return Refuse(Invalid, "error.characters")
	case n < low && n == 0:
		return Refuse(Invalid, "error.required")
	case n < low:
		return Refuse(Invalid, "error.too_short", Args{"Count": low})
	case n > high:
		return Refuse(Invalid, "error.too_long", Args{"Count": high})
	case s != Clean(s):
		return Refuse(Invalid, "error.characters")
	}
	return nil
}

func forbiddenRune(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return unicode.IsControl(r)
}
