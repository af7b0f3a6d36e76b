package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"wakakusa/roster"
	"wakakusa/store/dump"
)

// firstExported is the oldest schema that exports are of: it brought the table by which an import goes on.
const firstExported = 2

// One statement inserts so many rows, or fewer if they are long: servers take 16 MB and more at once.
const rowsAtOnce, bytesAtOnce = 500, 1 << 20

// rowsInTx are kept together, or fewer if they are long: an import goes on behind them. Tests take fewer.
var rowsInTx = 10_000

const bytesInTx = 16 << 20

// Imported says what an import did.
type Imported struct {
	dump.Summary
	Before  int64 // rows that an earlier attempt had brought
	Left    int64 // accounts that were here under their id and stay as they are
	Already bool  // the file had been imported before; nothing was done
}

// ImportSteps are told how far an import is.
type ImportSteps struct{ Check, Load, Verify Progress }

// Import brings in what Export wrote, on either engine. The file is read twice: nothing is written before all of it is known to be whole.
// An import that was cut short goes on when it is begun again with the same file. At its end everything is read back and compared with the
// checksums of the file; only then its members become visible.
//
// Everything goes into an empty database only, which may be without schema and is brought up to date in the end. One organisation goes
// into any database of its schema that has nothing of the same name; accounts that are here under their id stay as they are.
func (db *DB) Import(ctx context.Context, file io.ReadSeeker, told ImportSteps) (done Imported, err error) {
	l := &loading{db: db, told: told}
	if err := l.check(ctx, file); err != nil {
		return done, err
	}
	done.Summary = l.found
	if err := l.bookmark(ctx); err != nil {
		return done, err
	}
	done.Before, done.Already = l.before, l.ended
	if l.ended {
		return done, l.bringUp(ctx)
	}
	if err := l.readySchema(ctx); err != nil {
		return done, err
	}
	err = l.load(ctx, file)
	if err == nil {
		err = db.inLongTx(ctx, func(tx *sql.Tx) error { return l.finish(ctx, tx) })
	}
	done.Left = l.left
	var here inTheWay
	switch {
	case errors.As(err, &here):
		return done, here.error
	case err != nil:
		return done, err
	}
	return done, l.bringUp(ctx)
}

// CheckImport reads a file to its end and says what it holds.
func CheckImport(ctx context.Context, file io.ReadSeeker, told Progress) (dump.Summary, error) {
	l := &loading{told: ImportSteps{Check: told}}
	err := l.check(ctx, file)
	return l.found, err
}

// UnfinishedImport says whether an import into this database was cut short, and of which organisation; "" is everything.
func (db *DB) UnfinishedImport(ctx context.Context) (org roster.OrgID, found bool, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT org_id FROM imports WHERE ended_ms = 0 ORDER BY org_id LIMIT 1`).Scan(&org)
	if errors.Is(err, sql.ErrNoRows) || err != nil && db.dialect.isMissing(err) {
		return "", false, nil
	}
	return org, err == nil, err
}

// AbandonImport takes away what an unfinished import of an organisation, or of everything, has brought. Nobody could see it yet.
func (db *DB) AbandonImport(ctx context.Context, org roster.OrgID) error {
	return db.inLongTx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM imports WHERE org_id = ? AND ended_ms = 0`, string(org))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errors.New("there is no unfinished import"))
		}
		for _, t := range slices.Backward(exported) {
			if err := t.empty(ctx, tx, org); err != nil && !db.dialect.isMissing(err) { // an older file stopped at its own schema
				return fmt.Errorf("abandon %s: %w", t.name, err)
			}
		}
		return nil
	})
}

// empty removes the rows of an organisation, or all. Of accounts go those that belong nowhere.
func (t exportTable) empty(ctx context.Context, tx *sql.Tx, org roster.OrgID) error {
	where, args := t.where(org)
	if t.self != "" {
		if _, err := tx.ExecContext(ctx, `UPDATE `+t.name+` SET `+t.self+` = NULL`+where, args...); err != nil {
			return err
		}
	}
	if t.name == "accounts" {
		where, args = ` WHERE id NOT IN (SELECT account_id FROM members WHERE account_id IS NOT NULL)`, nil
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM `+t.name+where, args...)
	return err
}

// loading is an import under way.
type loading struct {
	db       *DB
	told     ImportSteps
	found    dump.Summary
	tables   []exportTable       // of the file
	columns  map[string][]string // of those that have rows
	orgs     []dump.Row          // where the file is of one organisation
	accounts []dump.Row
	before   int64 // rows kept by earlier attempts
	kept     int64 // rows kept
	seen     int64 // rows read
	claimed  bool  // the bookmark stands
	ended    bool
	table    exportTable
	left     int64   // accounts that were here
	pending  [][]any // rows of table
	size     int     // bytes of their texts
	later    [][]any // references of a table to itself: value and key
}

// check reads the whole file and refuses what Export would not have written.
func (l *loading) check(ctx context.Context, file io.ReadSeeker) (err error) {
	l.columns = map[string][]string{}
	seen := int64(0)
	rest := exported
	l.found, err = read(file, dump.Visitor{
		Header: func(h dump.Header) error { l.found.Header = h; return nil },
		Row: func(r dump.Row) error {
			seen++
			l.told.Check.tell(seen, 0)
			l.columns[r.Table] = r.Columns
			if l.found.Org != "" && r.Table == "orgs" {
				l.orgs = append(l.orgs, copied(r))
			}
			if l.found.Org != "" && r.Table == "accounts" {
				l.accounts = append(l.accounts, copied(r))
			}
			return errors.Join(l.belongs(r), ctx.Err())
		},
		Table: func(t dump.Table) error {
			x, i, err := tableIn(rest, t.Name)
			if err != nil {
				return err
			}
			l.tables, rest = append(l.tables, x), rest[i+1:]
			return nil
		},
	})
	return err
}

func tableIn(list []exportTable, name string) (t exportTable, at int, err error) {
	at = slices.IndexFunc(list, func(x exportTable) bool { return x.name == name })
	if at < 0 {
		return t, at, fmt.Errorf("the table %s does not belong here", name)
	}
	return list[at], at, nil
}

func read(file io.ReadSeeker, v dump.Visitor) (dump.Summary, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return dump.Summary{}, err
	}
	return dump.Read(file, v)
}

// belongs refuses a row of a file of one organisation that would write into another.
func (l *loading) belongs(r dump.Row) error {
	column := "org_id"
	switch {
	case l.found.Org == "" || r.Table == "accounts":
		return nil
	case r.Table == "orgs":
		column = "id"
	}
	if valueOf(r, column) != l.found.Org {
		return fmt.Errorf("a row of %s is of another organisation", r.Table)
	}
	return nil
}

func copied(r dump.Row) dump.Row {
	r.Values = slices.Clone(r.Values)
	return r
}

// valueOf is nil also where there is no such column.
func valueOf(r dump.Row, column string) any {
	if i := slices.Index(r.Columns, column); i >= 0 {
		return r.Values[i]
	}
	return nil
}

// bookmark finds how far an earlier attempt came.
func (l *loading) bookmark(ctx context.Context) error {
	var endedMs int64
	err := l.db.read.QueryRowContext(ctx, `SELECT kept, ended_ms FROM imports WHERE digest = ?`, l.found.Sum).Scan(&l.before, &endedMs)
	switch {
	case err == nil:
		l.claimed, l.kept, l.ended = true, l.before, endedMs > 0
	case !errors.Is(err, sql.ErrNoRows) && !l.db.dialect.isMissing(err):
		return err
	}
	return nil
}

// readySchema makes the schema of the file where there is none, and refuses any other.
func (l *loading) readySchema(ctx context.Context) error {
	at, newest, err := l.db.Schema(ctx)
	if err != nil {
		return err
	}
	is := l.found.Schema
	switch {
	case is < firstExported || is > newest:
		return fmt.Errorf("the file is of schema %d; this program knows %d to %d", is, firstExported, newest)
	case at > newest:
		return fmt.Errorf("the database has schema %d; this program knows %d: use a newer program", at, newest)
	case at == 0:
		err = l.db.migrateTo(ctx, is)
	case at == is && (is == newest || l.found.Org == ""): // where something is, everything is refused
	case at < newest:
		return fmt.Errorf("the database has schema %d; this program needs %d: run \"wakakusa migrate\" first", at, newest)
	default:
		return fmt.Errorf("the file is of schema %d, the database of %d: import it into a new database, which is then brought up to date", is, at)
	}
	if err != nil {
		return err
	}
	for table, columns := range l.columns {
		rows, err := l.db.read.QueryContext(ctx, `SELECT * FROM `+table+` WHERE 1 = 0`)
		if err != nil {
			return err
		}
		have, err := rows.Columns()
		if err := errors.Join(err, rows.Close()); err != nil {
			return err
		}
		if !slices.Equal(columns, have) {
			return fmt.Errorf("the columns of %s are %s in the file and %s in the database", table, strings.Join(columns, ", "), strings.Join(have, ", "))
		}
	}
	return nil
}

// load brings in all tables but the last.
func (l *loading) load(ctx context.Context, file io.ReadSeeker) error {
	if l.db.dialect.loading != "" {
		if _, err := l.db.long.ExecContext(ctx, l.db.dialect.loading); err != nil {
			return err
		}
	}
	again, err := read(file, dump.Visitor{
		Row:   func(r dump.Row) error { return l.row(ctx, r) },
		Table: func(t dump.Table) error { return l.endTable(ctx, t) },
	})
	var damage *dump.Damage
	if errors.As(err, &damage) || err == nil && again.Sum != l.found.Sum {
		return errors.New("the file has changed while it was being imported: \"wakakusa import --abandon\", then begin again")
	}
	return err
}

// bringUp migrates what came in under an older schema. What is of another schema than the file is not touched.
func (l *loading) bringUp(ctx context.Context) error {
	at, newest, err := l.db.Schema(ctx)
	if err != nil || at == newest || at != l.found.Schema {
		return err
	}
	return l.db.Migrate(ctx)
}

func (l *loading) row(ctx context.Context, r dump.Row) error {
	if err := errors.Join(l.belongs(r), ctx.Err()); err != nil {
		return err
	}
	if l.table.name != r.Table {
		var err error
		if l.table, _, err = tableIn(l.tables, r.Table); err != nil {
			return err
		}
	}
	r = copied(r)
	if i := slices.Index(r.Columns, l.table.self); i >= 0 && r.Values[i] != nil {
		l.later = append(l.later, []any{r.Values[i], valueOf(r, "org_id"), valueOf(r, "id")})
		r.Values[i] = nil
	}
	l.seen++
	l.told.Load.tell(l.seen, l.found.Rows)
	if l.seen <= l.kept {
		return nil
	}
	l.pending = append(l.pending, r.Values)
	l.size += textSize(r.Values)
	if len(l.pending) < rowsInTx && l.size < bytesInTx || l.last() {
		return nil
	}
	return l.flush(ctx, nil)
}

// last says whether the table is the one that waits for the end.
func (l *loading) last() bool { return l.table.name == exported[len(exported)-1].name }

func (l *loading) endTable(ctx context.Context, t dump.Table) error {
	if t.Name != l.table.name || l.last() { // a table without rows never began
		return nil
	}
	return l.flush(ctx, func(tx *sql.Tx) error {
		for _, reference := range l.later {
			if _, err := tx.ExecContext(ctx, `UPDATE `+t.Name+` SET `+l.table.self+` = ? WHERE org_id = ? AND id = ?`, reference...); err != nil {
				return err
			}
		}
		return nil
	})
}

// flush keeps the pending rows, and with them how far the import has come.
func (l *loading) flush(ctx context.Context, also func(*sql.Tx) error) error {
	if len(l.pending) == 0 && len(l.later) == 0 {
		return nil
	}
	n, left := int64(len(l.pending)), int64(0)
	err := l.db.inLongTx(ctx, func(tx *sql.Tx) error {
		if err := l.claim(ctx, tx); err != nil {
			return err
		}
		if err := l.move(ctx, tx, n, 0); err != nil {
			return err
		}
		var err error
		if left, err = l.insert(ctx, tx, l.pending); err != nil || also == nil {
			return err
		}
		return also(tx)
	})
	if err != nil {
		return fmt.Errorf("import %s: %w", l.table.name, err)
	}
	l.claimed, l.pending, l.size = true, l.pending[:0], 0
	l.kept, l.left = l.kept+n, l.left+left
	if also != nil {
		l.later = nil
	}
	return nil
}

// claim sets the bookmark, unless what is here forbids the import. Whoever makes an account, or imports too, waits.
func (l *loading) claim(ctx context.Context, tx *sql.Tx) error {
	if l.claimed {
		return nil
	}
	if err := passGate(ctx, tx, gateAccounts); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO imports (digest, org_id, kept, ended_ms) VALUES (?, ?, 0, 0)`, l.found.Sum, l.found.Org)
	if err != nil && l.db.dialect.isDuplicate(err) {
		return errRival
	}
	if err == nil {
		err = l.refuseUnfinished(ctx, tx)
	}
	switch {
	case err != nil:
		return err
	case l.found.Org == "":
		return l.refuseAny(ctx, tx)
	}
	return l.refuseSame(ctx, tx)
}

var errRival = inTheWay{errors.New("the same file is being imported by somebody else")}

// inTheWay is what is here already; the line of the file does not matter.
type inTheWay struct{ error }

// refuseUnfinished wants that no other file for the same place was left half-way.
func (l *loading) refuseUnfinished(ctx context.Context, tx *sql.Tx) error {
	var digest string
	err := tx.QueryRowContext(ctx, `SELECT digest FROM imports WHERE ended_ms = 0 AND org_id IN (?, '') AND digest <> ?`, l.found.Org, l.found.Sum).Scan(&digest)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return inTheWay{fmt.Errorf("the import of another file (its last line has sha256 %s) has not ended: go on with that one, or \"wakakusa import --abandon\"", digest)}
}

// refuseAny wants an empty database.
func (l *loading) refuseAny(ctx context.Context, tx *sql.Tx) error {
	for _, t := range l.tables {
		here, err := finds(ctx, tx, `SELECT 1 FROM `+t.name+` LIMIT 1`)
		if err != nil {
			return err
		}
		if here {
			return inTheWay{fmt.Errorf("the database is not empty (%s): everything can be imported into an empty one only", t.name)}
		}
	}
	return nil
}

// refuseSame wants a database without the organisation and without other accounts of the same names.
func (l *loading) refuseSame(ctx context.Context, tx *sql.Tx) error {
	var problems []error
	ask := func(problem, query string, args ...any) error {
		here, err := finds(ctx, tx, query, args...)
		if here {
			problems = append(problems, errors.New(problem))
		}
		return err
	}
	for _, o := range l.orgs {
		slug, id := valueOf(o, "slug"), valueOf(o, "id")
		if err := errors.Join(
			ask(fmt.Sprintf("the organisation %v is here already", slug), `SELECT 1 FROM orgs WHERE id = ?`, id),
			ask(fmt.Sprintf("another organisation has the address /o/%v/", slug), `SELECT 1 FROM orgs WHERE id <> ? AND slug = ?`, id, slug),
		); err != nil {
			return err
		}
	}
	for _, a := range l.accounts {
		id, name := valueOf(a, "id"), valueOf(a, "name")
		here, err := finds(ctx, tx, `SELECT 1 FROM accounts WHERE id = ?`, id)
		if err != nil {
			return err
		}
		if here {
			continue // it is not brought
		}
		if err := errors.Join(
			ask(fmt.Sprintf("somebody else signs in as %v", name), signsIn, valueOf(a, "name_key"), valueOf(a, "name_key"), id),
			ask(fmt.Sprintf("somebody else signs in by the e-mail address of %v", name), signsIn, valueOf(a, "email_key"), valueOf(a, "email_key"), id),
		); err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return inTheWay{errors.Join(problems...)}
	}
	return nil
}

func finds(ctx context.Context, tx *sql.Tx, query string, args ...any) (bool, error) {
	var one int
	err := tx.QueryRowContext(ctx, query, args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// insert says how many rows it left out.
func (l *loading) insert(ctx context.Context, tx *sql.Tx, all [][]any) (left int64, err error) {
	rows := all
	if l.table.name == "accounts" && l.found.Org != "" {
		if rows, err = l.newAccounts(ctx, tx, all); err != nil {
			return 0, err
		}
	}
	for part := range portions(rows) {
		values := "(" + marks(len(part[0])) + ")"
		text := `INSERT INTO ` + l.table.name + ` (` + strings.Join(l.columns[l.table.name], ", ") + `) VALUES ` +
			values + strings.Repeat(", "+values, len(part)-1)
		if _, err := tx.ExecContext(ctx, text, slices.Concat(part...)...); err != nil {
			return 0, err
		}
	}
	return int64(len(all) - len(rows)), nil
}

// portions are what one statement inserts.
func portions(rows [][]any) iter.Seq[[][]any] {
	return func(yield func([][]any) bool) {
		from, size := 0, 0
		for i, row := range rows {
			size += textSize(row)
			if i-from+1 < rowsAtOnce && size < bytesAtOnce && i+1 < len(rows) {
				continue
			}
			if !yield(rows[from : i+1]) {
				return
			}
			from, size = i+1, 0
		}
	}
}

func textSize(row []any) (n int) {
	for _, v := range row {
		text, _ := v.(string)
		n += len(text)
	}
	return n
}

// newAccounts leaves out those that came with another organisation.
func (l *loading) newAccounts(ctx context.Context, tx *sql.Tx, rows [][]any) (list [][]any, err error) {
	id := slices.Index(l.columns["accounts"], "id")
	for _, row := range rows {
		here, err := finds(ctx, tx, `SELECT 1 FROM accounts WHERE id = ?`, row[id])
		if err != nil {
			return nil, err
		}
		if !here {
			list = append(list, row)
		}
	}
	return list, nil
}

// move moves the bookmark, unless somebody else did.
func (l *loading) move(ctx context.Context, tx *sql.Tx, rows, endedMs int64) error {
	res, err := tx.ExecContext(ctx, `UPDATE imports SET kept = ?, ended_ms = ? WHERE digest = ? AND kept = ? AND ended_ms = 0`,
		l.kept+rows, endedMs, l.found.Sum, l.kept)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errRival
}

// finish brings in the last table and compares all of them with the file.
func (l *loading) finish(ctx context.Context, tx *sql.Tx) error {
	if err := l.claim(ctx, tx); err != nil {
		return err
	}
	if err := l.move(ctx, tx, int64(len(l.pending)), l.db.now().UnixMilli()); err != nil {
		return err
	}
	if _, err := l.insert(ctx, tx, l.pending); err != nil {
		return fmt.Errorf("import %s: %w", l.table.name, err)
	}
	return l.verify(ctx, tx)
}

// verify reads back what was brought. Where accounts were here already, or came with an earlier attempt and are in use since, only their
// number is compared.
func (l *loading) verify(ctx context.Context, tx *sql.Tx) error {
	w, err := dump.NewWriter(io.Discard, l.found.Header)
	if err != nil {
		return err
	}
	x := exporting{tx: tx, org: roster.OrgID(l.found.Org), to: w, told: l.told.Verify, total: l.found.Rows}
	have, err := x.all(ctx, l.tables)
	if err != nil {
		return err
	}
	for i, t := range have {
		want := l.found.Tables[i]
		if t.Name == "accounts" && l.found.Org != "" && (l.left > 0 || l.before > 0) {
			t.Sum = want.Sum
		}
		if t != want {
			return fmt.Errorf("%s is not in the database as it is in the file (%d rows of %d): somebody wrote meanwhile; \"wakakusa import --abandon\", then begin again",
				t.Name, t.Rows, want.Rows)
		}
	}
	return nil
}
