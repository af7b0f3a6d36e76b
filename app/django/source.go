package django

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Source is a database of the former system, opened for reading only and seen as one snapshot. Everything that differs between
// engines stands in the function that opens it.
type Source struct {
	Name    string // what ImportRefs know it by: the same for the same database, wherever its copy lies
	db      *sql.DB
	tx      *sql.Tx
	columns map[string][]string // by table
}

// needed are the tables and columns without which it is not the former system's database.
var needed = map[string][]string{
	tableUser:  {"id", "username", "password"},
	tableStaff: {"id", "name"},
	tableType:  {"id", "name"},
	tableShift: {"id", "staff_id", "date"},
}

// Close ends the snapshot.
func (s *Source) Close() error { return errors.Join(s.tx.Rollback(), s.db.Close()) }

// tables reads their names.
func (s *Source) tables(ctx context.Context, text string) (names []string, err error) {
	rows, err := s.tx.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// discover looks at what is there: tables are its names, the rest is the same for every engine.
func (s *Source) discover(ctx context.Context, tables []string) error {
	s.columns = map[string][]string{}
	for _, t := range tables {
		rows, err := s.tx.QueryContext(ctx, "SELECT * FROM "+quote(t)+" LIMIT 0")
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		s.columns[t], err = rows.Columns()
		if err = errors.Join(err, rows.Close()); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	for _, t := range slices.Sorted(maps.Keys(needed)) {
		for _, c := range needed[t] {
			if !s.has(t, c) {
				return fault(faultForeign, t+"."+c)
			}
		}
	}
	return nil
}

// identify names the database by the instant its first migration ran, which no copy changes; without one, by where it lies.
func (s *Source) identify(ctx context.Context, place string) error {
	what := place
	err := s.each(ctx, "django_migrations", []string{"app", "name", "applied"}, byID, func(r row) error {
		what = "migration " + r.text("app") + " " + r.text("name") + " " + r.text("applied")
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	sum := sha256.Sum256([]byte(what))
	s.Name = "django:" + hex.EncodeToString(sum[:12])
	return nil
}

// errEnough ends a reading early.
var errEnough = errors.New("enough rows")

func (s *Source) hasTable(t string) bool        { return s.columns[t] != nil }
func (s *Source) has(table, column string) bool { return slices.Contains(s.columns[table], column) }

// count returns how many rows a table has, 0 if there is no such table.
func (s *Source) count(ctx context.Context, table string) (n int, err error) {
	if !s.hasTable(table) {
		return 0, nil
	}
	err = s.tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+quote(table)).Scan(&n)
	return n, err
}

// each streams the wanted columns of a table, those that exist, as text; a missing table has no rows. Values are cast by the
// engine, because drivers make different things of dates and booleans.
func (s *Source) each(ctx context.Context, table string, want []string, order []string, fn func(row) error) error {
	r := row{at: map[string]int{}}
	var list []string
	for _, c := range want {
		if s.has(table, c) {
			r.at[c] = len(list)
			list = append(list, fmt.Sprintf("CAST(%s AS CHAR) AS c%d", quote(c), len(list)))
		}
	}
	if len(list) == 0 {
		return nil
	}
	rows, err := s.tx.QueryContext(ctx, "SELECT "+strings.Join(list, ", ")+" FROM "+quote(table)+s.orderBy(table, order))
	if err != nil {
		return fmt.Errorf("%s: %w", table, err)
	}
	defer rows.Close()
	to := make([]any, len(list))
	for rows.Next() {
		r.values = make([]sql.NullString, len(list))
		for i := range to {
			to[i] = &r.values[i]
		}
		if err := rows.Scan(to...); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
		for i := range r.values {
			r.values[i].String = wholeSeconds(r.values[i].String)
		}
		if err := fn(r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// wholeSeconds drops the fraction that MySQL writes behind every time, also where there is none.
func wholeSeconds(s string) string {
	short, cut := strings.CutSuffix(s, ".000000")
	if n := len(short); cut && n >= 8 && short[n-3] == ':' && short[n-6] == ':' && (n == 8 || n == 19) {
		return short
	}
	return s
}

// orderBy sorts by those columns that there are.
func (s *Source) orderBy(table string, order []string) string {
	var list []string
	for _, c := range order {
		if s.has(table, c) {
			list = append(list, quote(c))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return " ORDER BY " + strings.Join(list, ", ")
}

// byID is the order of everything that is not read person by person.
var byID = []string{"id"}

// row is one row of the former system. A column that is not there reads like one without a value.
type row struct {
	at     map[string]int
	values []sql.NullString
}

func (r row) value(column string) sql.NullString {
	if i, ok := r.at[column]; ok {
		return r.values[i]
	}
	return sql.NullString{}
}

func (r row) text(column string) string { return r.value(column).String }

// yes reads a boolean; other is what a missing one means.
func (r row) yes(column string, other bool) bool {
	v := r.value(column)
	if !v.Valid {
		return other
	}
	return v.String != "" && v.String != "0" && !strings.EqualFold(v.String, "false")
}

// digest tells these columns of the row from what they were at another time; more adds what else the imported value depends on.
func (r row) digest(columns []string, more ...string) string {
	h := sha256.New()
	for _, c := range columns {
		v := r.value(c)
		fmt.Fprintf(h, "%t %d %s\n", v.Valid, len(v.String), v.String)
	}
	for _, m := range more {
		fmt.Fprintf(h, "%d %s\n", len(m), m)
	}
	return hex.EncodeToString(h.Sum(nil)[:20])
}

// quote writes a name so that SQLite and MySQL both take it.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
