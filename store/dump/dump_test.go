package dump

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var orgs = []string{"id", "name", "revision"}

// sample has every kind of value.
var sample = [][]any{
	{"a", "社会福祉法人 𠮷野家 🍣", int64(0)},
	{"b", "it's ''quoted''; -- no comment\n('x'),\nINSERT INTO orgs", int64(-1)},
	{"c", `C:\n \' \\`, int64(math.MaxInt64)},
	{"d", nil, int64(math.MinInt64)},
	{"e", "", int64(1)},
	{"f", "'", int64(1)},
}

func write(t testing.TB, h Header, rows [][]any) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, h)
	must(t, err)
	w.Table("orgs", orgs)
	for _, row := range rows {
		must(t, w.Row(row))
	}
	_, err = w.EndTable()
	must(t, err)
	w.Table("sites", []string{"id"})
	_, err = w.EndTable()
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestReadsWhatWasWritten(t *testing.T) {
	for _, h := range []Header{{Schema: 2}, {Schema: 12, Org: "0190a000-0000-7000-8000-000000000001"}} {
		var rows [][]any
		var tables []Table
		found, err := Read(bytes.NewReader(write(t, h, sample)), Visitor{
			Row: func(r Row) error {
				rows = append(rows, append([]any{}, r.Values...))
				if r.Table != "orgs" || !cmp.Equal(r.Columns, orgs) {
					t.Error(r)
				}
				return nil
			},
			Table: func(x Table) error { tables = append(tables, x); return nil },
		})
		must(t, err)
		if d := cmp.Diff(sample, rows); d != "" {
			t.Error(d)
		}
		if found.Header != h || found.Rows != int64(len(sample)) || len(found.Tables) != 2 || !cmp.Equal(tables, found.Tables) {
			t.Error(found, tables)
		}
		if found.Tables[1].Name != "sites" || found.Tables[1].Rows != 0 {
			t.Error(found.Tables)
		}
	}
}

// TestStatementsStaySmall: no server is asked to take more at once than it likes.
func TestStatementsStaySmall(t *testing.T) {
	var many [][]any
	for i := range 2*rowsAtOnce + 1 {
		many = append(many, []any{fmt.Sprint(i), "館", int64(i)})
	}
	if n := strings.Count(string(write(t, Header{}, many)), "INSERT INTO"); n != 3 {
		t.Errorf("%d statements", n)
	}
	big := strings.Repeat("長", 200<<10)
	if n := strings.Count(string(write(t, Header{}, [][]any{{"1", big, int64(0)}, {"2", big, int64(0)}, {"3", big, int64(0)}})), "INSERT INTO"); n != 2 {
		t.Errorf("%d statements", n)
	}
}

func TestWriterRefuses(t *testing.T) {
	for _, v := range []any{"a\x00b", "\xff", 1.5, true} {
		w, err := NewWriter(io.Discard, Header{})
		must(t, err)
		w.Table("orgs", orgs)
		if err := w.Row([]any{"a", v, int64(0)}); err == nil || !strings.Contains(err.Error(), "orgs.name") {
			t.Errorf("%v: %v", v, err)
		}
	}
}

type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

var errFull = errors.New("no space left")

// TestWriterTells: what could not be written is an error at the latest when the dump is closed.
func TestWriterTells(t *testing.T) {
	w, err := NewWriter(&full{room: 100}, Header{})
	must(t, err)
	w.Table("orgs", orgs)
	for range 3 {
		must(t, w.Row(sample[0])) // still in memory
	}
	_, err = w.EndTable()
	must(t, err)
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

// TestDamage: whatever happens to a file, it is refused with the line.
func TestDamage(t *testing.T) {
	good := string(write(t, Header{Schema: 2}, sample))
	swap := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not there", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	lines := strings.SplitAfter(good, "\n")
	for name, x := range map[string]struct{ text, want string }{
		"empty":              {"", "line 1: the file ends in the middle"},
		"another file":       {"SQLite format 3\x00\n", "line 1: this is no export"},
		"another version":    {swap("export 1,", "export 2,"), "line 1: this is no export"},
		"settings":           {swap("NO_BACKSLASH_ESCAPES", "ANSI"), "line 2: the settings"},
		"cut in a row":       {good[:200], "line 4: the file ends in the middle"},
		"cut after a line":   {strings.Join(lines[:5], ""), "line 5: the file ends in the middle"},
		"cut before the end": {strings.Join(lines[:len(lines)-2], ""), "the file ends in the middle"},
		"a digit":            {swap("-1)", "-2)"), "line 12: the rows of orgs, from line 3, are not those that were written"},
		"a letter":           {swap("野家", "野屋"), "line 12: the rows of orgs"},
		"a lost row":         {swap("('e', '', 1),\n", ""), "line 11: orgs has 5 rows; 6 were written"},
		"a doubled row":      {swap("('e', '', 1),\n", "('e', '', 1),\n('e', '', 1),\n"), "line 13: orgs has 7 rows"},
		"a lost quote":       {swap("('a', '", "('a', "), "line 4: a row does not end"},
		"two lost quotes":    {swap("('e', ''", "('e', "), "line 10: orgs.name is neither"},
		"too few values":     {swap(", 0)", ")"), "line 4: a row of orgs has 2 values, not 3"},
		"too many values":    {swap(", 0)", ", 0, 0)"), "line 4: a row of orgs has more than 3 values"},
		"a hexadecimal":      {swap(", 0)", ", 0x0)"), "line 4: orgs.revision is neither"},
		"a command":          {swap("-- sites:", "DROP TABLE orgs;\n-- sites:"), "line 13: neither rows nor"},
		"a statement":        {swap("('a', ", "(DELETE, "), "line 4: orgs.id is neither"},
		"a plus":             {swap(", 0)", ", +0)"), "line 4: orgs.revision is neither"},
		"zeros":              {swap(", 0)", ", 000)"), "line 4: orgs.revision is neither"},
		"no minus nothing":   {swap(", 0)", ", -0)"), "line 4: orgs.revision is neither"},
		"bytes":              {swap("野家", "\xff\xfe"), "line 4: orgs.name is neither"},
		"another table":      {swap("-- orgs:", "-- sites:"), "line 12: sites ends where orgs should"},
		"an empty table":     {swap("-- sites: 0 rows, sha256 e", "-- sites: 0 rows, sha256 f"), "line 13: the checksum of sites"},
		"the end":            {swap("-- end: 6", "-- end: 7"), "line 14: the lines before the end"},
		"more":               {good + "-- x\n", "line 15: something follows the end"},
		"line ends":          {strings.ReplaceAll(good, "\n", "\r\n"), "line 1: this is no export"},
	} {
		_, err := Read(strings.NewReader(x.text), Visitor{})
		var d *Damage
		if !errors.As(err, &d) || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, not %q", name, err, x.want)
		}
	}
}

// TestEveryByteCounts: no byte can be changed, and none left out, without being noticed.
func TestEveryByteCounts(t *testing.T) {
	good := write(t, Header{Schema: 2}, sample)
	for i := range good {
		for _, bad := range [][]byte{
			append(append(append([]byte{}, good[:i]...), good[i]^1), good[i+1:]...),
			append(append([]byte{}, good[:i]...), good[i+1:]...),
		} {
			if _, err := Read(bytes.NewReader(bad), Visitor{}); err == nil {
				t.Errorf("byte %d", i)
			}
		}
	}
}

func TestVisitorEndsTheReading(t *testing.T) {
	stop := errors.New("stop")
	text := write(t, Header{Schema: 2}, sample)
	if _, err := Read(bytes.NewReader(text), Visitor{Row: func(Row) error { return stop }}); !errors.Is(err, stop) || !strings.HasPrefix(err.Error(), "line 4: ") {
		t.Error(err)
	}
	if _, err := Read(bytes.NewReader(text), Visitor{Table: func(Table) error { return stop }}); !errors.Is(err, stop) || !strings.HasPrefix(err.Error(), "line 12: ") {
		t.Error(err)
	}
}

// TestLostQuote: one lost quote in a large file does not make the reader hold all of it.
func TestLostQuote(t *testing.T) {
	head, _, _ := bytes.Cut(write(t, Header{}, sample), []byte("('a'"))
	rows := &io.LimitedReader{R: &endless{line: []byte("('a', 1),\n")}, N: 4 * maxRow}
	r := io.MultiReader(bytes.NewReader(head), strings.NewReader("('a', 'b, 1),\n"), rows)
	var d *Damage
	if _, err := Read(r, Visitor{}); !errors.As(err, &d) || !strings.HasPrefix(err.Error(), "line 4: ") {
		t.Error(err)
	}
	if rows.N < maxRow {
		t.Errorf("all but %d bytes were read", rows.N)
	}
}

// endless repeats a line that has an even number of quotes.
type endless struct {
	line []byte
	at   int
}

func (e *endless) Read(b []byte) (n int, err error) {
	for n < len(b) {
		m := copy(b[n:], e.line[e.at:])
		n, e.at = n+m, (e.at+m)%len(e.line)
	}
	return n, nil
}

// FuzzRow: under right checksums too, Read neither panics nor takes a row that Writer would not have written.
func FuzzRow(f *testing.F) {
	for _, row := range []string{"('a', 'b', 0)", "('a', NULL, -1)", "('', '''', 9223372036854775807)", "('a\n', '),\n(', 1)", "(1, 2, 3)"} {
		f.Add(row)
	}
	f.Fuzz(func(t *testing.T, row string) {
		h := Header{Schema: 2}
		text := h.line() + settings + "INSERT INTO orgs (id, name, revision) VALUES\n" + row + ";\n"
		text += Table{"orgs", 1, fmt.Sprintf("%x", sha256.Sum256([]byte(row)))}.line()
		text += Table{"end", 1, fmt.Sprintf("%x", sha256.Sum256([]byte(text)))}.line()
		var again bytes.Buffer
		w, err := NewWriter(&again, h)
		must(t, err)
		w.Table("orgs", orgs)
		_, err = Read(strings.NewReader(text), Visitor{Row: func(r Row) error { return w.Row(r.Values) }})
		if err != nil {
			return
		}
		_, err = w.EndTable()
		must(t, errors.Join(err, w.Close()))
		if again.String() != text {
			t.Errorf("%q became %q", text, again.String())
		}
	})
}
