package roster

import (
	_ "embed"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	minPasswordStaff   = 8
	minPasswordManager = 15
	maxPassword        = 256
)

// The list is sorted; every line is folded to lower case.
//
//go:embed blocklist.txt
var blocklist string

var commonPasswords = strings.Split(strings.TrimSpace(blocklist), "\n")

// CheckPassword refuses passwords that are too short for the role, too long, or easy to guess: common ones and those
// made of words of the person's surroundings (own name, organisation, e-mail). There are no composition rules and no
// expiry (NIST SP 800-63B-4, 3.1.1.2). Every code point counts one. The caller normalises to NFC first.
func CheckPassword(password string, role Role, words ...string) error {
	least := minPasswordStaff
	if role.Manages() {
		least = minPasswordManager
	}
	n := utf8.RuneCountInString(password)
	switch {
	case n < least:
		return Refuse(Invalid, "error.password_short", Args{"Count": least})
	case n > maxPassword:
		return Refuse(Invalid, "error.password_long", Args{"Count": maxPassword})
	case guessable(strings.ToLower(password), words):
		return Refuse(Invalid, "error.password_common")
	}
	return nil
}

func guessable(folded string, words []string) bool {
	if _, found := slices.BinarySearch(commonPasswords, folded); found {
		return true
	}
	if repeats(folded) {
		return true
	}
	for _, w := range slices.Concat(words, []string{"わかくさシフト", "wakakusa", "wakakusashift", "wakakusa-shift"}) {
		w = strings.ToLower(strings.TrimSpace(w))
		if w != "" && (folded == w || strings.ReplaceAll(folded, " ", "") == strings.ReplaceAll(w, " ", "")) {
			return true
		}
	}
	return false
}

// repeats reports one unit of up to four characters written over and over: aaaaaaaaaaaaaaa, 123123123123123.
func repeats(s string) bool {
	r := []rune(s)
	for unit := 1; unit <= 4 && unit*2 <= len(r); unit++ {
		same := true
		for i := unit; i < len(r) && same; i++ {
			same = r[i] == r[i%unit]
		}
		if same {
			return true
		}
	}
	return false
}
