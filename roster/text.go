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

// checkText is checkLines for names and the like, which have one line: a break in one would reach mail headers and files.
func checkText(s string, low, high int) error {
	if strings.ContainsAny(s, "\n\t") {
		return Refuse(Invalid, "error.characters")
	}
	return checkLines(s, low, high)
}

// checkLines refuses text that is shorter or longer (in characters) than allowed, is not UTF-8, or holds control,
// invisible or direction-changing characters, which would let one name look like another.
func checkLines(s string, low, high int) error {
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

// Plain returns the text without the characters that names and notes must not hold; bytes that are no text become �.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if forbiddenRune(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func forbiddenRune(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0x061C:
		return true // direction; joiners and variation selectors stay, letters and emoji need them
	case r == 0x200B, r == 0x2060, r == 0xFEFF, r == 0x2028, r == 0x2029:
		return true // no width, or breaks a line
	}
	return unicode.IsControl(r)
}
