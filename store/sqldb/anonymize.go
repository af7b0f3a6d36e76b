package sqldb

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strconv"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/dump"
)

// MadeUp makes up a name and how it is read; the same number always gives the same.
type MadeUp func(n uint64) (name, kana string)

// ExportAnonymous is Export for places where nobody's data may be: everything that tells who somebody is, is made up, the same for a person
// throughout. What is recorded loses its content and its chain; ways to sign in do not come along.
func (db *DB) ExportAnonymous(ctx context.Context, org roster.OrgID, to io.Writer, names MadeUp, told Progress) ([]dump.Table, error) {
	return db.export(ctx, org, to, told, &disguise{names: names, person: map[string]string{}})
}

// leftOut are the tables whose rows do not come along.
var leftOut = []string{"accesses", "access_heads", "factors", "recovery_codes", "identities", "import_refs"}

// disguise puts made-up things in the place of what tells who somebody is.
type disguise struct {
	names  MadeUp
	person map[string]string // account → whose it is on the roster, so that a person has one name
}

// read learns who is who.
func (d *disguise) read(ctx context.Context, x *exporting) error {
	rows, err := x.tx.QueryContext(ctx, `SELECT account_id, staff_id FROM members WHERE account_id IS NOT NULL AND staff_id IS NOT NULL ORDER BY org_id, id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var account, staff string
		if err := rows.Scan(&account, &staff); err != nil {
			return err
		}
		d.person[account] = staff
	}
	return rows.Err()
}

// row changes the values of a row. A column that tells something and that nobody has thought of is a fault: better no file.
func (d *disguise) row(t keptTable, columns []string, values []any) error {
	who := d.whose(t.name, columns, values)
	for i, column := range columns {
		class, ok := t.class(column)
		if !ok {
			return fmt.Errorf("the column %s is not in the inventory", column)
		}
		made, known := d.value(t.name, column, who, values[i])
		if !known && (class == store.Identifying || class == store.Contact || class == store.Sensitive || class == store.Secret) {
			return fmt.Errorf("nothing is made up for %s.%s", t.name, column)
		}
		if known {
			values[i] = made
		}
	}
	return nil
}

// whose is a number for the person whom a row is about.
func (d *disguise) whose(table string, columns []string, values []any) uint64 {
	of := func(column string) string {
		if i := slices.Index(columns, column); i >= 0 {
			text, _ := scanText(values[i])
			return text
		}
		return ""
	}
	id := of("staff_id")
	switch table {
	case "staff":
		id = of("id")
	case "accounts":
		id = d.owner(of("id"))
	case "acts":
		id = d.owner(of("actor_id"))
	case "members":
		if id == "" {
			id = d.owner(of("account_id"))
		}
		if id == "" {
			id = of("id")
		}
	}
	h := fnv.New64a()
	io.WriteString(h, id)
	return h.Sum64()
}

func (d *disguise) owner(account string) string {
	if staff, ok := d.person[account]; ok {
		return staff
	}
	return account
}

// value is what stands in the place of a value; false: it stays.
func (d *disguise) value(table, column string, who uint64, was any) (any, bool) {
	if text, _ := scanText(was); was == nil || text == "" && !isNumber(was) {
		return was, true // nothing is there
	}
	name, kana := d.names(who)
	number := strconv.FormatUint(who, 36)
	switch table + "." + column {
	case "staff.name", "members.name", "accounts.display", "acts.actor_name":
		return name, true
	case "staff.kana":
		return kana, true
	case "staff.birth_day":
		return otherDay(was, who), true
	case "staff.phone":
		return fmt.Sprintf("090-0000-%04d", who%10_000), true
	case "staff.email", "accounts.email", "accounts.email_key":
		return "p" + number + "@example.jp", true
	case "accounts.name", "accounts.name_key":
		return "p" + number, true
	case "staff.language", "accounts.language":
		text, _ := scanText(was)
		if !slices.Contains(roster.Languages, text) {
			text = ""
		}
		return text, true
	case "staff.skills":
		return asJSON([]string{"資格"}), true
	case "shifts.note", "published_shifts.note":
		return "メモ", true
	case "staff.class", "contracts.no_night": // rules and counts hang on them, and without a name they are nobody's
		return was, true
	case "accounts.password", "acts.address", "acts.salt", "acts.chain", "acts.digest", "acts.sign_in", "acts.request", "events.salt", "events.digest":
		return "", true
	case "events.before_json", "events.after_json":
		return nil, true
	case "acts.erased", "events.erased":
		return int64(0), true
	}
	return nil, false
}

func isNumber(v any) bool { _, is := v.(int64); return is }

// otherDay keeps the year, on which rules about minors hang.
func otherDay(was any, who uint64) string {
	text, _ := scanText(was)
	day, err := parseDay(text)
	if err != nil {
		return ""
	}
	year, _, _ := day.Date()
	return (roster.MakeDay(year, 1, 1) + roster.Day(who%365)).String()
}
