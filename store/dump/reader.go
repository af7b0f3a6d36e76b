package dump

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Visitor is told what a dump holds, in its order. What it returns as an error ends the reading.
type Visitor struct {
	Header func(Header) error
	Row    func(Row) error
	Table  func(Table) error // a table has ended; it is what its checksum says
}

// Row is a row of a table. Its values are nil, int64 and string.
type Row struct {
	Table   string
	Columns []string
	Values  []any
}

// Summary is what stands around the rows.
type Summary struct {
	Header
	Tables []Table
	Rows   int64
	Sum    string // SHA-256 of everything but the last line, in hexadecimal
}

// Damage says where a dump is not what was written.
type Damage struct {
	Line int // from 1
	What string
}

func (d *Damage) Error() string { return fmt.Sprintf("line %d: %s", d.Line, d.What) }

// Read reads a dump to its end, telling v on the way. A dump that is not whole and unchanged gives a *Damage.
func Read(from io.Reader, v Visitor) (Summary, error) {
	r := &reader{from: bufio.NewReaderSize(from, 64<<10), visitor: v, whole: sha256.New(), sum: sha256.New()}
	err := r.read()
	return r.found, err
}

type reader struct {
	from    *bufio.Reader
	visitor Visitor
	found   Summary
	lines   int       // read so far
	line    int       // where text begins
	text    []byte    // a line, or the lines of one row
	whole   hash.Hash // of all lines before this one
	sum     hash.Hash // of the table's rows
	rows    int64     // of the table
	row     Row
	began   int  // line of the table's first statement
	open    bool // within a statement
}

func (r *reader) read() error {
	if err := r.next(); err != nil {
		return err
	}
	var ok bool
	if r.found.Header, ok = parseHeader(r.text); !ok {
		return r.damage("this is no export of wakakusa")
	}
	if err := r.next(); err != nil {
		return err
	}
	if string(r.text) != settings {
		return r.damage("the settings are not those of an export")
	}
	if r.visitor.Header != nil {
		if err := r.visitor.Header(r.found.Header); err != nil {
			return err
		}
	}
	for {
		if err := r.next(); err != nil {
			return err
		}
		done, err := r.part()
		if done || err != nil {
			return err
		}
	}
}

func (r *reader) damage(format string, args ...any) error {
	return &Damage{r.line, fmt.Sprintf(format, args...)}
}

// maxRow is more than any row can have: its longest columns hold 16 MB.
const maxRow = 64 << 20

// next reads a line, or a row with the line breaks within its texts: those are where the number of quotes is odd.
func (r *reader) next() error {
	r.whole.Write(r.text)
	r.text, r.line = r.text[:0], r.lines+1
	for quotes := 0; ; {
		at := len(r.text)
		if err := r.readLine(); err != nil {
			return err
		}
		if quotes += bytes.Count(r.text[at:], []byte{'\''}); quotes%2 == 0 {
			return nil
		}
	}
}

func (r *reader) readLine() error {
	for {
		part, err := r.from.ReadSlice('\n')
		r.text = append(r.text, part...)
		switch {
		case len(r.text) > maxRow:
			return r.damage("this row has no end")
		case err == nil:
			r.lines++
			return nil
		case errors.Is(err, io.EOF):
			return r.damage("the file ends in the middle")
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

// part reads a row, the head of a statement, the end of a table or that of the dump.
func (r *reader) part() (done bool, err error) {
	if r.open {
		return false, r.readRow()
	}
	if t, ok := parseTable(r.text); ok {
		if t.Name == "end" {
			return true, r.end(t)
		}
		return false, r.endTable(t)
	}
	return false, r.head()
}

var headLine = regexp.MustCompile(`^INSERT INTO ([a-z_]{1,64}) \(([a-z_]{1,64}(?:, [a-z_]{1,64})*)\) VALUES\n$`)

func (r *reader) head() error {
	m := headLine.FindSubmatch(r.text)
	if m == nil {
		return r.damage("neither rows nor the end of a table")
	}
	table, columns := string(m[1]), strings.Split(string(m[2]), ", ")
	switch {
	case r.rows == 0:
		r.row, r.began = Row{table, columns, make([]any, len(columns))}, r.line
	case table != r.row.Table || !slices.Equal(columns, r.row.Columns):
		return r.damage("another table begins before %s has ended", r.row.Table)
	}
	r.open = true
	return nil
}

func (r *reader) readRow() error {
	text, more := bytes.CutSuffix(r.text, []byte("),\n"))
	if !more {
		var last bool
		if text, last = bytes.CutSuffix(r.text, []byte(");\n")); !last {
			return r.damage("a row does not end")
		}
	}
	rest, ok := bytes.CutPrefix(text, []byte("("))
	if !ok {
		return r.damage("a row does not begin")
	}
	r.sum.Write(r.text[:len(r.text)-2])
	for i := range r.row.Values {
		if i > 0 {
			if rest, ok = bytes.CutPrefix(rest, []byte(", ")); !ok {
				return r.damage("a row of %s has %d values, not %d", r.row.Table, i, len(r.row.Values))
			}
		}
		if r.row.Values[i], rest, ok = value(rest); !ok {
			return r.damage("%s.%s is neither a number nor a text", r.row.Table, r.row.Columns[i])
		}
	}
	if len(rest) > 0 {
		return r.damage("a row of %s has more than %d values", r.row.Table, len(r.row.Values))
	}
	r.rows++
	r.found.Rows++
	r.open = more
	if err := r.visitor.row(r.row); err != nil {
		return fmt.Errorf("line %d: %w", r.line, err)
	}
	return nil
}

// value cuts the first value off a text.
func value(text []byte) (v any, rest []byte, ok bool) {
	if rest, ok := bytes.CutPrefix(text, []byte("NULL")); ok {
		return nil, rest, true
	}
	if len(text) > 0 && text[0] == '\'' {
		return quoted(text[1:])
	}
	end := bytes.IndexByte(text, ',')
	if end < 0 {
		end = len(text)
	}
	n, err := strconv.ParseInt(string(text[:end]), 10, 64)
	return n, text[end:], err == nil && strconv.FormatInt(n, 10) == string(text[:end])
}

// quoted reads a text up to its closing quote; two quotes are one.
func quoted(text []byte) (v any, rest []byte, ok bool) {
	var kept []byte // what is before the last doubled quote
	for {
		i := bytes.IndexByte(text, '\'')
		if i < 0 {
			return nil, text, false
		}
		if i+1 == len(text) || text[i+1] != '\'' {
			s := string(kept) + string(text[:i])
			return s, text[i+1:], utf8.ValidString(s)
		}
		kept = append(kept, text[:i+1]...)
		text = text[i+2:]
	}
}

func (r *reader) endTable(t Table) error {
	is := Table{t.Name, r.rows, hex.EncodeToString(r.sum.Sum(nil))}
	switch {
	case r.rows > 0 && t.Name != r.row.Table:
		return r.damage("%s ends where %s should", t.Name, r.row.Table)
	case t.Rows != is.Rows:
		return r.damage("%s has %d rows; %d were written", t.Name, is.Rows, t.Rows)
	case t != is && r.rows > 0:
		return r.damage("the rows of %s, from line %d, are not those that were written", t.Name, r.began)
	case t != is:
		return r.damage("the checksum of %s is not the one that was written", t.Name)
	}
	r.found.Tables = append(r.found.Tables, t)
	r.rows = 0
	r.sum.Reset()
	if err := r.visitor.table(t); err != nil {
		return fmt.Errorf("line %d: %w", r.line, err)
	}
	return nil
}

func (r *reader) end(t Table) error {
	r.found.Sum = hex.EncodeToString(r.whole.Sum(nil))
	if r.rows > 0 || t != (Table{"end", r.found.Rows, r.found.Sum}) {
		return r.damage("the lines before the end are not those that were written")
	}
	_, err := r.from.ReadByte()
	if err == io.EOF {
		return nil
	}
	r.line++
	return errors.Join(r.damage("something follows the end"), err)
}

func (v Visitor) row(r Row) error {
	if v.Row == nil {
		return nil
	}
	return v.Row(r)
}

func (v Visitor) table(t Table) error {
	if v.Table == nil {
		return nil
	}
	return v.Table(t)
}
