package handlers

import (
	"encoding/csv"
	"net/http"
	"strings"
	"time"
)

// csvFile answers with a table for spreadsheets: UTF-8 with the mark that they look for, and no cell that one could take for a formula.
type csvFile struct {
	*csv.Writer
	rows int
}

func newCSV(c *request, name string) (*csvFile, error) {
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Time{}); err != nil { // it may take longer than a page
		return nil, err
	}
	c.Response().WriteHeader(http.StatusOK)
	if _, err := c.Response().Write([]byte("\ufeff")); err != nil {
		return nil, err
	}
	f := &csvFile{Writer: csv.NewWriter(c.Response())}
	f.UseCRLF = true
	return f, nil
}

// row writes one line.
func (f *csvFile) row(cells ...string) error {
	f.rows++
	for i, cell := range cells {
		cells[i] = defused(cell)
	}
	return f.Write(cells)
}

// defused keeps a cell from being taken for a formula, as OWASP advises on CSV injection: a quote before what begins like one.
func defused(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}
