package sqldb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"wakakusa/roster"
)

// reader reads one organisation in one transaction.
type reader struct {
	tx         *sql.Tx
	statements *statements // of the transaction's pool
	org        roster.OrgID
}

// query reads rows of the reader's organisation: the organisation is always bound to the first question mark, so a statement
// that forgot it fails on the number of arguments.
func query[T any](ctx context.Context, r *reader, statement string, scan func(*sql.Rows, *T) error, args ...any) ([]T, error) {
	rows, err := r.statements.queryIn(ctx, r.tx, statement, append([]any{string(r.org)}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", firstWords(statement), err)
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		var v T
		if err := scan(rows, &v); err != nil {
			return nil, fmt.Errorf("%s: %w", firstWords(statement), err)
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// queryOne is query for exactly one row; none is NotFound.
func queryOne[T any](ctx context.Context, r *reader, statement string, scan func(*sql.Rows, *T) error, args ...any) (T, error) {
	list, err := query(ctx, r, statement, scan, args...)
	if err == nil && len(list) == 0 {
		err = roster.Refuse(roster.NotFound, "error.not_found")
	}
	if err != nil {
		var none T
		return none, err
	}
	return list[0], nil
}

func firstWords(statement string) string {
	words := strings.Fields(statement)
	return strings.Join(words[:min(len(words), 6)], " ")
}

// column is one column of a row being saved.
type column struct {
	name  string
	value any
}

// exec asks for each statement once per write: an act of hundreds of rows would spend a third of its time on parsing.
func (w *writer) exec(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	if w.statements.most == 0 {
		return w.tx.ExecContext(ctx, statement, args...)
	}
	p, ok := w.prepared[statement]
	if !ok {
		var err error
		if p, err = w.statements.in(ctx, w.tx, statement); err != nil {
			return nil, err
		}
		w.prepared[statement] = p
	}
	return p.ExecContext(ctx, args...)
}

// save writes one whole row: version 0 inserts, any other updates where it matches. It returns the new version, with an error the
// one given. This and remove are the only places that write a row of an organisation.
func (w *writer) save(ctx context.Context, table, id string, version int64, cols []column) (int64, error) {
	w.writes(table)
	if version == 0 {
		return next(version, w.insert(ctx, table, append([]column{{"id", id}, {"version", 1}}, cols...)))
	}
	set := make([]string, len(cols))
	args := make([]any, 0, len(cols)+3)
	for i, c := range cols {
		set[i] = c.name + " = ?"
		args = append(args, c.value)
	}
	res, err := w.exec(ctx, `UPDATE `+table+` SET `+strings.Join(set, ", ")+
		`, version = version + 1 WHERE org_id = ? AND id = ? AND version = ?`, append(args, w.org, id, version)...)
	return next(version, w.oneRow(table, res, err))
}

// next keeps the version of a row that was not written, so that trying it again is refused again.
func next(version int64, err error) (int64, error) {
	if err != nil {
		return version, err
	}
	return version + 1, nil
}

func (w *writer) insert(ctx context.Context, table string, cols []column) error {
	names := make([]string, len(cols))
	args := []any{w.org}
	for i, c := range cols {
		names[i] = c.name
		args = append(args, c.value)
	}
	_, err := w.exec(ctx, `INSERT INTO `+table+` (org_id, `+strings.Join(names, ", ")+`) VALUES (?`+
		strings.Repeat(", ?", len(cols))+`)`, args...)
	return w.fault(table, err)
}

// remove deletes one row where the version matches.
func (w *writer) remove(ctx context.Context, table, id string, version int64) error {
	w.writes(table)
	res, err := w.exec(ctx, `DELETE FROM `+table+` WHERE org_id = ? AND id = ? AND version = ?`, w.org, id, version)
	return w.oneRow(table, res, err)
}

// oneRow turns "no row matched" into Stale.
func (w *writer) oneRow(table string, res sql.Result, err error) error {
	if err != nil {
		return w.fault(table, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return roster.Refuse(roster.Stale, "error.stale")
}

func (w *writer) fault(table string, err error) error {
	switch {
	case err == nil:
		return nil
	case w.db.dialect.isDuplicate(err):
		return roster.Refuse(roster.Taken, "error.taken_"+table)
	}
	return fmt.Errorf("%s: %w", table, err)
}

// dayText writes a day as it is stored; the zero Day, which says "none", as nothing.
func dayText(d roster.Day) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// day scans what dayText wrote.
type day struct{ to *roster.Day }

func (d day) Scan(src any) error {
	s, err := scanText(src)
	if err != nil || s == "" {
		return err
	}
	*d.to, err = parseDay(s)
	return err
}

// parseDay reads the fixed form without the generality, and the cost, of time.Parse.
func parseDay(s string) (roster.Day, error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, errors.New("what is stored is no day") // what it is could be anything
	}
	y, m, d := number(s[0:4]), number(s[5:7]), number(s[8:10])
	return civil(y, m, d), nil
}

func number(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// civil counts days since 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
func civil(y, m, d int) roster.Day {
	if m <= 2 {
		y--
	}
	era := y / 400
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return roster.Day(era*146097 + doe - 719468)
}

func scanText(src any) (string, error) {
	switch v := src.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	}
	return "", fmt.Errorf("text expected, got %T", src)
}

// list scans JSON text.
type list[T any] struct{ to *T }

func (l list[T]) Scan(src any) error {
	s, err := scanText(src)
	if err != nil || s == "" {
		return err
	}
	return json.Unmarshal([]byte(s), l.to)
}

// asJSON writes what list reads. The values are our own plain types, which always encode.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(b)
}

func jsonText(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return string(b)
}

// orNull stores an empty id as NULL, so that the foreign key is not asked.
func orNull[T ~string](id T) any {
	if id == "" {
		return nil
	}
	return string(id)
}

// id scans a nullable id.
type id[T ~string] struct{ to *T }

func (i id[T]) Scan(src any) error {
	s, err := scanText(src)
	*i.to = T(s)
	return err
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
