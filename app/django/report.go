package django

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"wakakusa/roster"
)

// Report tells what became of every row. Lines go to a CSV file as they are found, because there may be millions; only their
// numbers and a few examples are kept.
type Report struct {
	csv      *csv.Writer
	tables   []*tally
	findings []*found
	hints    []string
	Invite   []Invitee // who is to get an invitation, so that each organisation has an administrator
}

// Invitee is the member of an organisation that waits for its first administrator.
type Invitee struct {
	Org    roster.Org
	Member roster.MemberID
}

// tally counts the rows of one table of the former system.
type tally struct {
	table                               string
	rows, added, updated, same, refused int
}

type found struct {
	finding
	count    int
	examples []string
}

const examplesKept = 3

// NewReport writes the lines to a file that spreadsheets open.
func NewReport(file io.Writer) (*Report, error) {
	if _, err := io.WriteString(file, "\uFEFF"); err != nil {
		return nil, err
	}
	r := &Report{csv: csv.NewWriter(file)}
	return r, r.csv.Write([]string{"結果", "表", "旧ID", "内容", "詳細"})
}

// tell notes one line.
func (r *Report) tell(table, old string, f finding, values ...any) {
	text := fmt.Sprintf(f.text, values...)
	name := tableName(table)
	r.csv.Write([]string{string(f.class), name, defuse(old), f.title, defuse(text)}) //nolint:errcheck // the writer keeps it for Close
	x := r.found(f)
	x.count++
	if len(x.examples) < examplesKept {
		x.examples = append(x.examples, strings.TrimSpace(name+" "+old)+": "+oneLine(text))
	}
}

func oneLine(s string) string {
	s, was := cut(strings.Join(strings.Fields(s), " "), 160)
	if was {
		s += "…"
	}
	return s
}

func (r *Report) found(f finding) *found {
	for _, x := range r.findings {
		if x.finding == f {
			return x
		}
	}
	x := &found{finding: f}
	r.findings = append(r.findings, x)
	return x
}

func (r *Report) table(name string) *tally {
	for _, t := range r.tables {
		if t.table == name {
			return t
		}
	}
	t := &tally{table: name}
	r.tables = append(r.tables, t)
	return t
}

// Count returns how many rows of a table were added, updated, unchanged and refused.
func (r *Report) Count(table string) (added, updated, same, refused int) {
	t := r.table(table)
	return t.added, t.updated, t.same, t.refused
}

// Told returns how many lines have a title.
func (r *Report) Told(title string) int {
	for _, x := range r.findings {
		if x.title == title {
			return x.count
		}
	}
	return 0
}

// Close finishes the file.
func (r *Report) Close() error {
	r.csv.Flush()
	return r.csv.Error()
}

// defuse keeps a spreadsheet from reading a value as a formula.
func defuse(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}

// Summary writes what a manager reads: numbers first, then each kind of finding with its first rows.
func (r *Report) Summary(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", summaryTitle)
	slices.SortStableFunc(r.tables, func(x, y *tally) int { return tablePlace(x.table) - tablePlace(y.table) })
	for _, t := range r.tables {
		fmt.Fprintf(&b, "  %s: %s 件", tableName(t.table), thousands(t.rows))
		for _, n := range []struct {
			name  string
			count int
		}{{"新しく取り込み", t.added}, {"更新", t.updated}, {"変わりなし", t.same}, {"取り込まず", t.refused}} {
			if n.count > 0 {
				fmt.Fprintf(&b, "  %s %s", n.name, thousands(n.count))
			}
		}
		b.WriteString("\n")
	}
	for _, class := range []Class{Refused, Changed, Noted, Later, Left} {
		r.section(&b, class)
	}
	if len(r.hints) > 0 {
		b.WriteString("\n■ 次にすること\n")
	}
	for _, h := range r.hints {
		fmt.Fprintf(&b, "  ・%s\n", h)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (r *Report) section(b *strings.Builder, class Class) {
	head := false
	for _, x := range r.findings {
		if x.class != class {
			continue
		}
		if !head {
			fmt.Fprintf(b, "\n■ %s\n", class)
			head = true
		}
		fmt.Fprintf(b, "  %s: %s 件\n", x.title, thousands(x.count))
		for _, e := range x.examples {
			fmt.Fprintf(b, "      %s\n", e)
		}
		if x.count > len(x.examples) {
			fmt.Fprintf(b, "      ほか %s 件(CSV にすべてあります)\n", thousands(x.count-len(x.examples)))
		}
	}
}

func (r *Report) hint(text string) { r.hints = append(r.hints, text) }

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
