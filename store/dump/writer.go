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
	"strconv"
	"strings"
	"unicode/utf8"
)

// Writer writes a dump.
type Writer struct {
	to      *bufio.Writer
	whole   hash.Hash // of everything
	name    string    // of the table
	columns []string
	sum     hash.Hash // of the table's rows
	rows    int64
	all     int64
	since   int // rows in the statement
	size    int // its bytes
	row     []byte
}

// NewWriter begins a dump.
func NewWriter(to io.Writer, h Header) (*Writer, error) {
	w := &Writer{whole: sha256.New(), sum: sha256.New()}
	w.to = bufio.NewWriterSize(io.MultiWriter(to, w.whole), 64<<10)
	_, err := w.to.WriteString(h.line() + settings)
	return w, err
}

// Table begins a table; EndTable must follow its rows.
func (w *Writer) Table(name string, columns []string) {
	w.name, w.columns = name, columns
	w.rows, w.since, w.size = 0, 0, 0
	w.sum.Reset()
}

// Row writes nil, int64, string and []byte values in the order of the columns; bytes are text too.
func (w *Writer) Row(values []any) error {
	w.row = append(w.row[:0], '(')
	for i, v := range values {
		if i > 0 {
			w.row = append(w.row, ", "...)
		}
		var err error
		if w.row, err = appendValue(w.row, v); err != nil {
			return fmt.Errorf("row %d (%.100s…): %s.%s %w", w.rows+1, w.row, w.name, w.columns[i], err)
		}
	}
	w.row = append(w.row, ')')
	w.sum.Write(w.row)
	w.to.WriteString(w.between()) //nolint:errcheck // the next says it again
	_, err := w.to.Write(w.row)
	w.rows, w.all, w.since, w.size = w.rows+1, w.all+1, w.since+1, w.size+len(w.row)
	return err
}

// between is what stands before a row.
func (w *Writer) between() (text string) {
	switch {
	case w.since == rowsAtOnce || w.size >= bytesAtOnce:
		text = ";\n"
		w.since, w.size = 0, 0
	case w.since > 0:
		return ",\n"
	}
	return text + "INSERT INTO " + w.name + " (" + strings.Join(w.columns, ", ") + ") VALUES\n"
}

func appendValue(to []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(to, "NULL"...), nil
	case int64:
		return strconv.AppendInt(to, v, 10), nil
	case string:
		return appendText(to, []byte(v))
	case []byte:
		return appendText(to, v)
	}
	return to, fmt.Errorf("is a %T", v)
}

func appendText(to, text []byte) ([]byte, error) {
	switch {
	case bytes.IndexByte(text, 0) >= 0:
		return to, errors.New("holds a NUL, which no text of SQL can")
	case !utf8.Valid(text):
		return to, errors.New("holds bytes that are no text")
	}
	to = append(to, '\'')
	for {
		before, after, quoted := bytes.Cut(text, []byte{'\''})
		to = append(to, before...)
		if !quoted {
			return append(to, '\''), nil
		}
		to, text = append(to, "''"...), after
	}
}

// EndTable writes the table's checksum and returns it.
func (w *Writer) EndTable() (Table, error) {
	if w.rows > 0 {
		w.to.WriteString(";\n") //nolint:errcheck // the next says it again
	}
	t := Table{w.name, w.rows, hex.EncodeToString(w.sum.Sum(nil))}
	_, err := w.to.WriteString(t.line())
	return t, err
}

// Close writes the checksum of everything before it. It does not close what it writes to.
func (w *Writer) Close() error {
	if err := w.to.Flush(); err != nil {
		return err
	}
	w.to.WriteString(Table{"end", w.all, hex.EncodeToString(w.whole.Sum(nil))}.line()) //nolint:errcheck // the next says it again
	return w.to.Flush()
}
