package sqldb

import (
	"context"
	"database/sql"
	"strings"

	"golang.org/x/text/unicode/norm"

	"wakakusa/roster"
	"wakakusa/store"
)

// Fold makes user names and e-mail addresses comparable: width and case do not count. Engines' collations disagree, so this is ours.
func Fold(s string) string { return strings.ToLower(strings.TrimSpace(norm.NFKC.String(s))) }

const accountQuery = `SELECT id, name, email, display, password, language, theme, disabled, created_ms, version FROM accounts WHERE `

func (db *DB) accountWhere(ctx context.Context, where string, args ...any) (a store.Account, err error) {
	err = db.reading(ctx, func() error {
		return db.reads.queryRow(ctx, accountQuery+where, args...).
			Scan(&a.ID, &a.Name, &a.Email, &a.Display, &a.Password, &a.Language, &a.Theme, &a.Disabled, &a.CreatedMs, &a.Version)
	})
	return a, notFound(err, "error.account_not_found")
}

// Account finds by id.
func (db *DB) Account(ctx context.Context, id roster.AccountID) (store.Account, error) {
	return db.accountWhere(ctx, `id = ?`, id)
}

// AccountNamed finds by user name, then by e-mail.
func (db *DB) AccountNamed(ctx context.Context, login string) (store.Account, error) {
	key := Fold(login)
	a, err := db.accountWhere(ctx, `name_key = ?`, key)
	if roster.KindOf(err) == roster.NotFound && strings.Contains(key, "@") {
		return db.accountWhere(ctx, `email_key = ?`, key)
	}
	return a, err
}

// SaveAccount writes the whole account.
func (w *accountsWriter) SaveAccount(ctx context.Context, a store.Account) (store.Account, error) {
	err := passGate(ctx, w.tx, gateAccounts)
	switch {
	case err != nil:
	case a.Version == 0:
		err = w.db.addAccount(ctx, w.tx, a)
	default:
		err = changeAccount(ctx, w.tx, a)
	}
	a.Version, err = next(a.Version, err)
	return a, err
}

func changeAccount(ctx context.Context, tx *sql.Tx, a store.Account) error {
	if err := freeName(ctx, tx, a); err != nil {
		return err
	}
	found, err := changedOne(ctx, tx, `UPDATE accounts SET name = ?, name_key = ?, email = ?, email_key = ?, display = ?, password = ?, language = ?,
		theme = ?, disabled = ?, version = version + 1 WHERE id = ? AND version = ?`,
		a.Name, Fold(a.Name), a.Email, orNull(Fold(a.Email)), a.Display, a.Password, a.Language, a.Theme, a.Disabled, a.ID, a.Version)
	if err == nil && !found {
		err = roster.Refuse(roster.Stale, "error.stale")
	}
	return err
}

func (db *DB) addAccount(ctx context.Context, tx *sql.Tx, a store.Account) error {
	if err := freeName(ctx, tx, a); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO accounts (id, name, name_key, email, email_key, display, password, language, theme, disabled, created_ms, version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
		a.ID, a.Name, Fold(a.Name), a.Email, orNull(Fold(a.Email)), a.Display, a.Password, a.Language, a.Theme, a.Disabled, a.CreatedMs)
	if err != nil && db.dialect.isDuplicate(err) {
		return roster.Refuse(roster.Taken, "error.taken_account")
	}
	return err
}

// AddAccount adds an account within an act and uses the link that let it in.
func (w *writer) AddAccount(ctx context.Context, a store.Account, link string) (store.Account, error) {
	w.writes("accounts")
	if err := passGate(ctx, w.tx, gateAccounts); err != nil {
		return a, err
	}
	used, err := useLink(ctx, w.tx, link, w.nowMs)
	if err == nil && !used {
		err = roster.Refuse(roster.NotFound, "error.link_not_found")
	}
	if err == nil {
		err = w.db.addAccount(ctx, w.tx, a)
	}
	a.Version, err = next(a.Version, err)
	return a, err
}

// signsIn finds somebody else who signs in by a key, given twice; then the one who may.
const signsIn = `SELECT 1 FROM accounts WHERE (name_key = ? OR email_key = ?) AND id <> ?`

// freeName asks before writing, so that the refusal can name the field. A user name must not be another's address either, nor the
// other way round: both are typed into the same field of the sign-in form.
func freeName(ctx context.Context, tx *sql.Tx, a store.Account) error {
	for _, f := range []struct{ field, key string }{{"name", Fold(a.Name)}, {"email", Fold(a.Email)}} {
		if f.key == "" {
			continue
		}
		taken, err := finds(ctx, tx, signsIn, f.key, f.key, a.ID)
		if err != nil {
			return err
		}
		if taken {
			return roster.Refuse(roster.Taken, "error.taken_account_"+f.field).On(f.field)
		}
	}
	return nil
}

// Memberships joins what every request of a signed-in person needs.
func (db *DB) Memberships(ctx context.Context, account roster.AccountID) (all []store.Membership, err error) {
	err = db.reading(ctx, func() error { all, err = db.memberships(ctx, account); return err })
	return all, err
}

func (db *DB) memberships(ctx context.Context, account roster.AccountID) ([]store.Membership, error) {
	rows, err := db.reads.query(ctx, `SELECT o.id, o.slug, o.name, o.timezone, o.language, o.settings, o.revision, o.version,
		m.id, m.account_id, m.name, m.role, m.staff_id, m.sites, m.active, m.version, COALESCE(s.class, '')
		FROM members m JOIN orgs o ON o.id = m.org_id LEFT JOIN staff s ON s.org_id = m.org_id AND s.id = m.staff_id
		WHERE m.account_id = ? AND m.active = 1 ORDER BY o.name, o.id`, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []store.Membership
	for rows.Next() {
		var x store.Membership
		o, m := &x.Org, &x.Member
		err := rows.Scan(&o.ID, &o.Slug, &o.Name, &o.Timezone, &o.Language, list[roster.Settings]{&o.Settings}, &o.Revision, &o.Version,
			&m.ID, id[roster.AccountID]{&m.Account}, &m.Name, &m.Role, id[roster.StaffID]{&m.Staff}, list[[]roster.SiteID]{&m.Sites}, &m.Active, &m.Version, &x.Class)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, rows.Err()
}
