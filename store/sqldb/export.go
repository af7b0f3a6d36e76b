package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"

	"wakakusa/roster"
	"wakakusa/store/dump"
)

// exportTable is how the rows of a table go into an export.
type exportTable struct {
	name string
	key  string // they are in its order
	of   string // which of them belong to one organisation
	self string // a column that refers to a row of the same table
	last int64  // schema that had it, 0 for those there are: files of then have it
}

const (
	ofOrg  = "org_id = ?"
	ofNone = "? = ''" // an organisation that comes into a place must bring nobody a new way to sign in there
)

// exported are the tables of an export, each after those it refers to. Members come last: it is through them that people reach an
// organisation, so one that has come in only in part is reached by nobody.
//
// Left out are what migrations fill, the database's own books, and what lasts for hours: sign-ins, links and failures to sign in. An old
// file must not bring back what has been ended since.
var exported = []exportTable{
	{name: "orgs", key: "id", of: "id = ?"},
	{name: "accounts", key: "id", of: "id IN (SELECT account_id FROM members WHERE org_id = ?)"},
	{name: "factors", key: "account_id, id", of: ofNone},
	{name: "recovery_codes", key: "account_id, hash", of: ofNone},
	{name: "identities", key: "issuer, subject", of: ofNone},
	{name: "scopes", key: "org_id, scope", of: ofOrg},
	{name: "acts", key: "org_id, revision", of: ofOrg},
	{name: "events", key: "org_id, revision, n", of: ofOrg},
	{name: "sites", key: "org_id, id", of: ofOrg},
	{name: "jobs", key: "org_id, id", of: ofOrg},
	{name: "staff", key: "org_id, id", of: ofOrg},
	{name: "contracts", key: "org_id, id", of: ofOrg},
	{name: "codes", key: "org_id, id", of: ofOrg, self: "follower_id"},
	{name: "holidays", key: "org_id, id", of: ofOrg},
	{name: "needs", key: "org_id, id", of: ofOrg},
	{name: "rosters", key: "org_id, id", of: ofOrg},
	{name: "cell_locks", key: "org_id, staff_id, day", of: ofOrg},
	{name: "shifts", key: "org_id, staff_id, day, id", of: ofOrg},
	{name: "published_shifts", key: "org_id, roster_id, published, shift_id", of: ofOrg},
	{name: "import_refs", key: "org_id, source, table_name, old_id", of: ofOrg},
	{name: "access_heads", key: "org_id", of: ofOrg},
	{name: "accesses", key: "org_id, n", of: ofOrg},
	{name: "access_log", key: "id", of: ofOrg, last: 4},
	{name: "members", key: "org_id, id", of: ofOrg},
}

// present are those that there are.
func present() []exportTable {
	return slices.DeleteFunc(slices.Clone(exported), func(t exportTable) bool { return t.last > 0 })
}

// notExported are the others.
var notExported = []string{
	"goose_db_version", "goose_lock", "schema_marks", "gates", "leases", "imports", "sign_ins", "links", "sign_in_failures",
	"task_runs",
}

// where is the condition for one organisation, or for all with "".
func (t exportTable) where(org roster.OrgID) (text string, args []any) {
	if org == "" {
		return "", nil
	}
	return " WHERE " + t.of, []any{string(org)}
}

// Progress is told now and then how many rows are done, of how many; 0 where that is not known.
type Progress func(done, total int64)

func (p Progress) tell(done, total int64) {
	if p != nil && (done%1000 == 0 || done == total) {
		p(done, total)
	}
}

// Export writes one organisation, or with "" everything, as it is at one moment; nobody has to stop writing. See dump for the form.
func (db *DB) Export(ctx context.Context, org roster.OrgID, to io.Writer, told Progress) ([]dump.Table, error) {
	return db.export(ctx, org, to, told, nil)
}

func (db *DB) export(ctx context.Context, org roster.OrgID, to io.Writer, told Progress, as *disguise) ([]dump.Table, error) {
	known, err := db.known()
	if err != nil {
		return nil, err
	}
	tx, err := db.longRead.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("begin export: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // a read has nothing to keep
	at, err := db.versionIn(ctx, tx)
	if err != nil {
		return nil, err
	}
	if newest := known[len(known)-1].Version; at != newest {
		return nil, fmt.Errorf("the database has schema %d; this program exports %d", at, newest)
	}
	w, err := dump.NewWriter(to, dump.Header{Schema: at, Org: string(org)})
	if err != nil {
		return nil, err
	}
	x := exporting{tx: tx, org: org, to: w, told: told, as: as}
	if as != nil {
		if err := as.read(ctx, &x); err != nil {
			return nil, err
		}
	}
	if told != nil {
		if err := x.count(ctx); err != nil {
			return nil, err
		}
	}
	list, err := x.all(ctx, present())
	if err != nil {
		return nil, err
	}
	return list, w.Close()
}

// exporting is an export under way.
type exporting struct {
	tx    *sql.Tx
	org   roster.OrgID
	to    *dump.Writer
	told  Progress
	as    *disguise // nil: everything as it is
	done  int64
	total int64
}

func (x *exporting) count(ctx context.Context) error {
	for _, t := range present() {
		var n int64
		where, args := t.where(x.org)
		if err := x.tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+t.name+where, args...).Scan(&n); err != nil {
			return fmt.Errorf("count %s: %w", t.name, err)
		}
		x.total += n
	}
	return nil
}

func (x *exporting) all(ctx context.Context, tables []exportTable) (list []dump.Table, err error) {
	for _, t := range tables {
		done, err := x.table(ctx, t)
		if err != nil {
			return list, fmt.Errorf("export %s: %w", t.name, err)
		}
		list = append(list, done)
	}
	return list, nil
}

func (x *exporting) table(ctx context.Context, t exportTable) (dump.Table, error) {
	where, args := t.where(x.org)
	if x.as != nil && slices.Contains(leftOut, t.name) {
		where, args = ` WHERE 1 = 0`, nil
	}
	rows, err := x.tx.QueryContext(ctx, `SELECT * FROM `+t.name+where+` ORDER BY `+t.key, args...)
	if err != nil {
		return dump.Table{}, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return dump.Table{}, err
	}
	x.to.Table(t.name, columns)
	values, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range to {
		to[i] = &values[i]
	}
	kept, _ := tableKept(t.name)
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return dump.Table{}, err
		}
		if x.as != nil {
			if err := x.as.row(kept, columns, values); err != nil {
				return dump.Table{}, err
			}
		}
		if err := x.to.Row(values); err != nil {
			return dump.Table{}, err
		}
		x.done++
		x.told.tell(x.done, x.total)
	}
	if err := rows.Err(); err != nil {
		return dump.Table{}, err
	}
	return x.to.EndTable()
}
