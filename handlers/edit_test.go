package handlers

import (
	"strings"
	"testing"

	"wakakusa/roster"
)

// FuzzParseOps: whatever a page sends is either refused or a list of edits that could have been written as itself.
func FuzzParseOps(f *testing.F) {
	id := "01940000-0000-7000-8000-000000000001"
	for _, s := range []string{
		"", ";;;", "set " + id + " 2026-11-03 " + id, "clear " + id + " 2026-11-03; lock " + id + " 2026-11-03", "move " + id + " 2026-11-03 " + id + " 2026-11-04",
		"copy " + id + " 2026-11-03 " + id + " 2026-13-04", "set x y z", "unlock " + id + " 9999-12-31", "add " + id + " 2026-11-03", strings.Repeat("clear "+id+" 2026-11-03;", 3),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseOps(text)
		if err != nil {
			if roster.KindOf(err) != roster.Invalid || len(list) != 0 {
				t.Fatalf("%q: %v with %d edits", text, err, len(list))
			}
			return
		}
		if len(list) == 0 || len(list) > roster.MaxEdits {
			t.Fatalf("%q: %d edits", text, len(list))
		}
		again, err := parseOps(writeOps(list))
		if err != nil || len(again) != len(list) {
			t.Fatalf("%q: read again: %v", text, err)
		}
		for i := range list {
			if again[i] != list[i] {
				t.Fatalf("%q: %+v became %+v", text, list[i], again[i])
			}
		}
	})
}

func writeOps(list []roster.Edit) string {
	parts := make([]string, len(list))
	for i, e := range list {
		w := []string{string(e.Op), string(e.Cell.Staff), e.Cell.Day.String()}
		switch e.Op {
		case roster.OpSet:
			w = append(w, string(e.Code))
		case roster.OpMove, roster.OpCopy:
			w = append(w, string(e.To.Staff), e.To.Day.String())
		}
		parts[i] = strings.Join(w, " ")
	}
	return strings.Join(parts, ";")
}
