package django

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"wakakusa/roster"
)

// cleanLine makes one line of a name: white space of every width becomes one blank, half-width kana becomes full-width, invisible
// characters go. Kanji stay as they are: folding them would turn rare ones of names into others.
func cleanLine(s string) string {
	return strings.Join(strings.FieldsFunc(wideKana(plain(s)), unicode.IsSpace), " ")
}

// cleanNote keeps line ends.
func cleanNote(s string) string { return roster.Clean(plain(s)) }

func plain(s string) string {
	return roster.Plain(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

// hidden reports whether plain takes characters away.
func hidden(s string) bool {
	return utf8.RuneCountInString(plain(s)) != utf8.RuneCountInString(strings.ReplaceAll(s, "\r\n", "\n")) || !utf8.ValidString(s)
}

// wideKana folds runs of half-width kana, with their voice marks, and nothing else.
func wideKana(s string) string {
	var b strings.Builder
	half := func(r rune) bool { return r >= 0xFF61 && r <= 0xFF9F }
	for s != "" {
		n := strings.IndexFunc(s, half)
		if n < 0 {
			n = len(s)
		}
		b.WriteString(s[:n])
		s = s[n:]
		n = strings.IndexFunc(s, func(r rune) bool { return !half(r) })
		if n < 0 {
			n = len(s)
		}
		b.WriteString(norm.NFKC.String(s[:n]))
		s = s[n:]
	}
	return b.String()
}

// cleanPhone folds width and the many dashes; the rest of the notation is the owner's.
func cleanPhone(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '‐', '‑', '‒', '–', '—', '―', '−', 'ー', '－', 'ｰ':
			return '-'
		}
		return r
	}, plain(s))
	return strings.Join(strings.Fields(norm.NFKC.String(s)), " ")
}

// cut shortens to a number of characters.
func cut(s string, high int) (short string, was bool) {
	if utf8.RuneCountInString(s) <= high {
		return s, false
	}
	return strings.TrimFunc(string([]rune(s)[:high]), unicode.IsSpace), true
}

// parseDay reads a day, or the day of an instant written in front of a time.
func parseDay(s string) (roster.Day, error) {
	if len(s) > 10 && (s[10] == ' ' || s[10] == 'T') {
		s = s[:10]
	}
	return roster.ParseDay(s)
}

// parseClock reads HH:MM, HH:MM:SS and HH:MM:SS.ffffff; exact is false if seconds were dropped.
func parseClock(s string) (m roster.Minutes, exact, ok bool) {
	parts := strings.Split(s, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return 0, false, false
	}
	hour, err1 := strconv.Atoi(parts[0])
	minute, err2 := strconv.Atoi(parts[1])
	if err1 != nil || err2 != nil || hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return 0, false, false
	}
	exact = true
	if len(parts) == 3 {
		seconds, err := strconv.ParseFloat(parts[2], 64)
		if err != nil || seconds < 0 || seconds >= 60 {
			return 0, false, false
		}
		exact = seconds == 0
	}
	return roster.Minutes(hour*60 + minute), exact, true
}

// canSignIn reports whether a stored password can be verified here. Unusable ones start with an exclamation mark.
func canSignIn(hash string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 4 || parts[0] != "pbkdf2_sha256" || len(hash) > 255 {
		return false
	}
	rounds, err1 := strconv.Atoi(parts[1])
	sum, err2 := base64.StdEncoding.DecodeString(parts[3])
	return err1 == nil && err2 == nil && rounds >= 1 && rounds <= 5_000_000 && len(sum) == 32
}
