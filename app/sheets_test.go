package app

import (
	"testing"

	"wakakusa/roster"
)

func kept(revision int64) OpenSheet { return OpenSheet{Sheet: &roster.Sheet{}, Revision: revision} }

func TestSheetsAreThoseOfARevision(t *testing.T) {
	k := sheets{by: map[sheetKey]OpenSheet{}}
	draft := sheetKey{org: "o", place: Place{Site: "s", Day: 1}, draft: true}
	k.put(draft, kept(5))
	k.put(draft, kept(4)) // a slow reader
	if _, ok := k.get(draft, 5); !ok {
		t.Error("an older sheet replaced a newer one")
	}
	for _, revision := range []int64{4, 6} {
		if _, ok := k.get(draft, revision); ok {
			t.Errorf("the sheet of revision 5 is given for %d", revision)
		}
	}
	published := draft
	published.draft = false
	if _, ok := k.get(published, 5); ok {
		t.Error("a draft is given to those who see what is published")
	}
	stranger := draft
	stranger.org = "other"
	if _, ok := k.get(stranger, 5); ok {
		t.Error("a sheet is given to another organisation")
	}
}

func TestSheetsAreFew(t *testing.T) {
	k := sheets{by: map[sheetKey]OpenSheet{}}
	for d := range roster.Day(100) {
		k.put(sheetKey{place: Place{Day: d}}, kept(1))
	}
	if _, ok := k.get(sheetKey{place: Place{Day: 99}}, 1); !ok || len(k.by) > maxSheets {
		t.Errorf("%d sheets are kept, newest: %v", len(k.by), ok)
	}
}
