package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"wakakusa/roster"
	"wakakusa/store"
)

// TracesOf reads events as a whole: they have no index by person alone. It is for a long reader, outside any pen.
func (db *DB) TracesOf(ctx context.Context, org roster.OrgID, p store.Person, limit int) (t store.Traces, err error) {
	tx, err := db.longRead.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return t, err
	}
	defer tx.Rollback() //nolint:errcheck // a read has nothing to keep
	k := tracing{ctx: ctx, tx: tx, left: limit}
	accounts := asArgs(p.Accounts)
	t.Acts = k.numbers(`SELECT revision FROM acts WHERE org_id = ? AND actor_id IN (`+marks(len(accounts))+`) AND erased = 0
		AND (actor_name <> '' OR address <> '') ORDER BY revision LIMIT ?`, len(accounts) > 0, append([]any{string(org)}, accounts...)...)
	t.Events = k.events(org, p)
	about := append(asArgs(p.Members), accounts...)
	if p.Staff != "" {
		about = append(about, string(p.Staff))
	}
	const entries = `SELECT n FROM accesses WHERE org_id = ? AND erased = 0 AND (`
	by := `account_id IN (` + marks(max(len(accounts), 1)) + `)`
	if len(accounts) == 0 {
		accounts = []any{NewID()} // nobody's
	}
	t.Accesses = k.numbers(entries+by+` OR subject IN (`+marks(len(about))+`)) ORDER BY n LIMIT ?`, len(about) > 0, slices.Concat([]any{string(org)}, accounts, about)...)
	t.Nobody = k.numbers(entries+by+`) AND account_id NOT IN (SELECT account_id FROM members WHERE account_id IS NOT NULL AND org_id <> ?) ORDER BY n LIMIT ?`,
		len(p.Accounts) > 0, slices.Concat([]any{""}, accounts, []any{string(org)})...)
	return t, k.err
}

// OldAccesses reads the log from its beginning, outside any pen.
func (db *DB) OldAccesses(ctx context.Context, org roster.OrgID, beforeMs int64, limit int) (t store.Traces, err error) {
	tx, err := db.longRead.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return t, err
	}
	defer tx.Rollback() //nolint:errcheck // a read has nothing to keep
	k := tracing{ctx: ctx, tx: tx, left: limit}
	t.Accesses = k.numbers(`SELECT n FROM accesses WHERE org_id = ? AND at_ms < ? AND erased = 0
		AND (name <> '' OR address <> '' OR before_json IS NOT NULL OR after_json IS NOT NULL) ORDER BY n LIMIT ?`, true, string(org), beforeMs)
	return t, k.err
}

func asArgs[T ~string](list []T) []any {
	all := make([]any, len(list))
	for i, x := range list {
		all[i] = string(x)
	}
	return all
}

// tracing collects until there is enough.
type tracing struct {
	ctx  context.Context
	tx   *sql.Tx
	left int
	err  error
}

// each asks if there is anything to ask for.
func (k *tracing) each(statement string, asked bool, scan func(*sql.Rows) error, args ...any) {
	if k.err != nil || !asked || k.left == 0 {
		return
	}
	rows, err := k.tx.QueryContext(k.ctx, statement, append(args, k.left)...)
	if err != nil {
		k.err = err
		return
	}
	defer rows.Close()
	for rows.Next() && k.err == nil {
		k.left--
		k.err = scan(rows)
	}
	k.err = errors.Join(k.err, rows.Err())
}

func (k *tracing) numbers(statement string, asked bool, args ...any) (list []int64) {
	k.each(statement, asked, func(rows *sql.Rows) error {
		var n int64
		err := rows.Scan(&n)
		list = append(list, n)
		return err
	}, args...)
	return list
}

// tracedEvents are those in the person's cells, those about the person and their memberships, and those of others that name the person: of shifts
// that went from one to another, of contracts.
const tracedEvents = `SELECT revision, n FROM events WHERE org_id = ? AND erased = 0 AND (before_json IS NOT NULL OR after_json IS NOT NULL) AND name <> ?
	AND (staff_id = ? OR name IN ('shift.changed', 'contract.saved', 'contract.removed', 'member.saved')
		AND (INSTR(before_json, ?) > 0 OR INSTR(after_json, ?) > 0) OR subject_id IN (`

func (k *tracing) events(org roster.OrgID, p store.Person) (list []roster.EventKey) {
	subjects := asArgs(p.Members)
	staff := string(p.Staff)
	if staff == "" {
		staff = NewID() // nobody's, and in no text
	}
	subjects = append(subjects, staff)
	k.each(tracedEvents+marks(len(subjects))+`)) ORDER BY revision, n LIMIT ?`, true, func(rows *sql.Rows) error {
		var e roster.EventKey
		err := rows.Scan(&e.Revision, &e.N)
		list = append(list, e)
		return err
	}, slices.Concat([]any{string(org), roster.EventStaffErased, staff, staff, staff}, subjects)...)
	return list
}

// EraseTraces reads what it empties some hundred at once.
func (w *writer) EraseTraces(ctx context.Context, t store.Traces) (roster.Erased, error) {
	before := w.rows
	err := errors.Join(w.eraseActs(ctx, t.Acts), w.eraseEvents(ctx, t.Events), w.eraseAccesses(ctx, w.org, t.Accesses), w.eraseAccesses(ctx, "", t.Nobody))
	if err == nil && w.rows-before != int64(t.Len()) {
		err = roster.Refuse(roster.Stale, "error.stale") // what would be told is more than what was done
	}
	return roster.Erased{
		Acts: roster.SpellNumbers(t.Acts), Events: roster.SpellEvents(t.Events), Accesses: roster.SpellNumbers(t.Accesses), Nobody: roster.SpellNumbers(t.Nobody),
	}, err
}

// erasedAtOnce is how many records one statement reads.
const erasedAtOnce = 200

// erased is a record whose text is to go.
type erased struct {
	at   roster.EventKey
	part string // the hash that stays; "" for what was never chained
}

// left is the hash that stays of what has been read, if that was salted: without salt it would tell.
func left[T any](x salted[T], part func(salted[T]) string) string {
	if x.salt == "" {
		return ""
	}
	return part(x)
}

func (w *writer) eraseActs(ctx context.Context, list []int64) error {
	return w.erase(ctx, &w.reader, list, `SELECT revision, actor_name, address, salt FROM acts WHERE org_id = ? AND erased = 0 AND revision IN (`,
		func(rows *sql.Rows, e *erased) error {
			var a salted[roster.PastAct]
			err := rows.Scan(&e.at.Revision, &a.of.Name, &a.of.Address, &a.salt)
			e.part = left(a, actPart)
			return err
		}, func(e erased) error {
			return w.emptied(ctx, `UPDATE acts SET actor_name = '', address = '', salt = '', digest = ?, erased = ? WHERE org_id = ? AND revision = ? AND erased = 0`,
				e.part, w.revision, w.org, e.at.Revision)
		})
}

func (w *writer) eraseAccesses(ctx context.Context, log roster.OrgID, list []int64) error {
	of := w.reader
	of.org = log
	return w.erase(ctx, &of, list, `SELECT n, name, address, before_json, after_json, salt FROM accesses WHERE org_id = ? AND erased = 0 AND n IN (`,
		func(rows *sql.Rows, e *erased) error {
			var a salted[roster.Access]
			err := rows.Scan(&e.at.Revision, &a.of.Name, &a.of.Address, rawText{&a.of.Before}, rawText{&a.of.After}, &a.salt)
			e.part = left(a, accessPart)
			return err
		}, func(e erased) error {
			return w.emptied(ctx, `UPDATE accesses SET name = '', address = '', before_json = NULL, after_json = NULL, salt = '', digest = ?, erased = ?
				WHERE org_id = ? AND n = ? AND erased = 0`, e.part, w.revision, string(log), e.at.Revision)
		})
}

func (w *writer) eraseEvents(ctx context.Context, list []roster.EventKey) error {
	wanted, revisions := make(map[roster.EventKey]bool, len(list)), make([]int64, 0, len(list))
	for _, k := range list {
		wanted[k] = true
		revisions = append(revisions, k.Revision)
	}
	return w.erase(ctx, &w.reader, slices.Compact(revisions), `SELECT revision, n, before_json, after_json, salt FROM events WHERE org_id = ? AND erased = 0 AND revision IN (`,
		func(rows *sql.Rows, e *erased) error {
			var x salted[roster.Event]
			err := rows.Scan(&e.at.Revision, &e.at.N, rawText{&x.of.Before}, rawText{&x.of.After}, &x.salt)
			e.part = left(x, eventPart)
			return err
		}, func(e erased) error {
			if !wanted[e.at] {
				return nil
			}
			return w.emptied(ctx, `UPDATE events SET before_json = NULL, after_json = NULL, salt = '', digest = ?, erased = ? WHERE org_id = ? AND revision = ? AND n = ? AND erased = 0`,
				e.part, w.revision, w.org, e.at.Revision, e.at.N)
		})
}

// erase reads records of a log by number and empties each.
func (w *writer) erase(ctx context.Context, log *reader, numbers []int64, read string, scan func(*sql.Rows, *erased) error, empty func(erased) error) error {
	for some := range slices.Chunk(numbers, erasedAtOnce) {
		args := make([]any, len(some))
		for i, n := range some {
			args[i] = n
		}
		found, err := query(ctx, log, read+marks(len(some))+`)`, scan, args...)
		if err != nil {
			return err
		}
		for _, e := range found {
			if err := empty(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) emptied(ctx context.Context, statement string, args ...any) error {
	w.rows++
	res, err := w.exec(ctx, statement, args...)
	return w.oneRow("records", res, err)
}

// ErasePerson writes what is left of the person.
func (w *writer) ErasePerson(ctx context.Context, s roster.Staff, p store.Person) error {
	if _, err := w.SaveStaff(ctx, s); err != nil {
		return err
	}
	for _, statement := range []string{
		`UPDATE contracts SET weekly_max = 0, no_night = 0, version = version + 1 WHERE org_id = ? AND staff_id = ? AND (weekly_max <> 0 OR no_night <> 0)`,
		`UPDATE shifts SET note = '', version = version + 1 WHERE org_id = ? AND staff_id = ? AND note <> ''`,
		`UPDATE published_shifts SET note = '' WHERE org_id = ? AND staff_id = ? AND note <> ''`,
	} {
		if _, err := w.exec(ctx, statement, w.org, s.ID); err != nil {
			return err
		}
	}
	for _, m := range p.Members {
		if _, err := w.exec(ctx, `UPDATE members SET name = ?, account_id = NULL, active = 0, version = version + 1 WHERE org_id = ? AND id = ?`, s.Name, w.org, m); err != nil {
			return err
		}
		if _, err := w.exec(ctx, `DELETE FROM links WHERE org_id = ? AND member_id = ?`, w.org, m); err != nil {
			return err
		}
	}
	for _, a := range p.Accounts {
		if err := w.eraseAccount(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// eraseAccount removes an account that belongs nowhere any more.
func (w *writer) eraseAccount(ctx context.Context, id roster.AccountID) error {
	elsewhere, err := finds(ctx, w.tx, `SELECT 1 FROM members WHERE account_id = ?`, id)
	if err != nil || elsewhere {
		return err
	}
	for _, table := range []string{"sign_ins", "links", "factors", "recovery_codes", "identities"} {
		if _, err := w.exec(ctx, `DELETE FROM `+table+` WHERE account_id = ?`, id); err != nil {
			return err
		}
	}
	_, err = w.exec(ctx, `DELETE FROM accounts WHERE id = ?`, id)
	return err
}
