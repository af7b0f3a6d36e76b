package sqldb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"

	"wakakusa/roster"
	"wakakusa/store"
)

// Disclose reads every table of the inventory that has something about a person, in one snapshot.
func (db *DB) Disclose(ctx context.Context, org roster.OrgID, d store.Disclosing) (list []store.Disclosed, err error) {
	tx, err := db.longRead.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() //nolint:errcheck // a read has nothing to keep
	x := disclosing{tx: tx, d: d, leads: map[string][]any{
		"org": {string(org)}, "members": asArgs(d.Members), "accounts": asArgs(d.Accounts), "about": append(asArgs(d.Members), asArgs(d.Accounts)...),
	}}
	if d.Staff != "" {
		x.leads["staff"] = []any{string(d.Staff)}
		x.leads["about"] = append(x.leads["about"], string(d.Staff))
	}
	if x.leads["logins"], err = x.logins(ctx); err != nil {
		return nil, err
	}
	for _, t := range inventory {
		if t.about == "" || t.draft && !d.Drafts || t.account && !d.Account {
			continue
		}
		found, err := x.table(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
		list = append(list, found)
	}
	return list, nil
}

// disclosing reads about one person.
type disclosing struct {
	tx    *sql.Tx
	d     store.Disclosing
	leads map[string][]any // what stands for a name with a colon
}

// logins are the hashes under which failures to sign in are kept.
func (x disclosing) logins(ctx context.Context) (hashes []any, err error) {
	for _, a := range x.d.Accounts {
		var name, email string
		err := x.tx.QueryRowContext(ctx, `SELECT name_key, COALESCE(email_key, '') FROM accounts WHERE id = ?`, a).Scan(&name, &email)
		if err != nil {
			return nil, notFound(err, "error.account_not_found")
		}
		for _, key := range []string{name, email} {
			sum := sha256.Sum256([]byte(key))
			hashes = append(hashes, hex.EncodeToString(sum[:]))
		}
	}
	return hashes, nil
}

var leadName = regexp.MustCompile(`:[a-z]+`)

// where puts question marks for the names in a condition. What leads nowhere finds nothing: a new id stands nowhere, in no text either.
func (x disclosing) where(about string) (text string, args []any) {
	text = leadName.ReplaceAllStringFunc(about, func(name string) string {
		list := x.leads[name[1:]]
		if len(list) == 0 {
			list = []any{NewID()}
		}
		args = append(args, list...)
		return marks(len(list))
	})
	return text, args
}

func (x disclosing) table(ctx context.Context, t keptTable) (found store.Disclosed, err error) {
	about, args := x.where(t.about)
	columns := t.name + ".*"
	if t.name == "events" {
		columns += ", (SELECT a.at_ms FROM acts a WHERE a.org_id = events.org_id AND a.revision = events.revision) AS at_ms"
		if !x.d.Drafts {
			about += ` AND name NOT LIKE 'shift.%' AND name NOT LIKE 'cell.%'`
		}
	}
	if t.order != "" {
		about += ` ORDER BY ` + t.order
	}
	rows, err := x.tx.QueryContext(ctx, `SELECT `+columns+` FROM `+t.name+` WHERE `+about, args...)
	if err != nil {
		return found, err
	}
	defer rows.Close()
	classes, err := classesOf(t, rows)
	if err != nil {
		return found, err
	}
	found = store.Disclosed{Table: t.name, Columns: slices.DeleteFunc(slices.Clone(classes), isSecret)}
	for rows.Next() {
		row, err := disclosedRow(rows, classes)
		if err != nil {
			return found, err
		}
		found.Rows = append(found.Rows, row)
	}
	if t.name == "accesses" {
		x.withoutOthers(found)
	}
	return found, rows.Err()
}

func isSecret(c store.DisclosedColumn) bool { return c.Class == store.Secret }

func classesOf(t keptTable, rows *sql.Rows) (list []store.DisclosedColumn, err error) {
	names, err := rows.Columns()
	for _, name := range names {
		class, ok := t.class(name)
		if t.name == "events" && name == "at_ms" { // that of its act
			class, ok = store.Usage, true
		}
		if !ok {
			return nil, fmt.Errorf("the column %s is not in the inventory", name)
		}
		list = append(list, store.DisclosedColumn{Name: name, Class: class})
	}
	return list, err
}

// disclosedRow leaves out secrets.
func disclosedRow(rows *sql.Rows, classes []store.DisclosedColumn) (row []any, err error) {
	values, to := make([]any, len(classes)), make([]any, len(classes))
	for i := range to {
		to[i] = &values[i]
	}
	if err := rows.Scan(to...); err != nil {
		return nil, err
	}
	for i, v := range values {
		if text, is := v.([]byte); is {
			v = string(text)
		}
		if !isSecret(classes[i]) {
			row = append(row, v)
		}
	}
	return row, nil
}

// withoutOthers takes out who did it and from where, where it was not the person: that is somebody else's data.
func (x disclosing) withoutOthers(found store.Disclosed) {
	at := func(name string) int {
		return slices.IndexFunc(found.Columns, func(c store.DisclosedColumn) bool { return c.Name == name })
	}
	by := at("account_id")
	for _, row := range found.Rows {
		if slices.Contains(x.leads["accounts"], row[by]) {
			continue
		}
		for _, name := range []string{"account_id", "name", "address", "request", "sign_in"} {
			row[at(name)] = nil
		}
	}
}
