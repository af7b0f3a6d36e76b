package sqldb

import (
	"slices"
	"strings"

	"wakakusa/store"
)

// keptTable is a table with what its columns tell of people. docs/privacy.md says why each is kept, for how long and who sees it.
type keptTable struct {
	name    string
	columns map[store.Personal]string
	about   string // which rows are about a person; names with a colon stand for what leads there; "" where none is, or only through others
	order   string
	draft   bool // planned, not published
	account bool // belongs to the account itself
}

// Rows of a person in an organisation, and those of an account.
const (
	ofStaff   = `org_id = :org AND staff_id = :staff`
	ofAccount = `account_id IN (:accounts)`
)

// inventory classes every column that there is.
var inventory = []keptTable{
	{name: "staff", about: `org_id = :org AND id = :staff`, columns: map[store.Personal]string{
		store.Key: "org_id id", store.Identifying: "name kana birth_day", store.Contact: "phone email", store.Sensitive: "class",
		store.Work: "home_site_id jobs skills active_from active_to approval", store.Usage: "language", store.NotPersonal: "position version",
	}},
	{name: "contracts", about: ofStaff, order: "from_day, id", columns: map[store.Personal]string{
		store.Key: "org_id id staff_id", store.Work: "from_day to_day full_time exclusive weekly weekly_max week_days", store.Sensitive: "no_night", store.NotPersonal: "version",
	}},
	{name: "published_shifts", about: ofStaff, order: "day, start_min, published, shift_id", columns: map[store.Personal]string{
		store.Key: "org_id roster_id shift_id staff_id", store.Work: "published site_id day code_id start_min end_min break_min", store.Sensitive: "note",
	}},
	{name: "shifts", about: ofStaff, order: "day, start_min, id", draft: true, columns: map[store.Personal]string{
		store.Key: "org_id id staff_id", store.Work: "site_id day code_id start_min end_min break_min approval", store.Sensitive: "note", store.NotPersonal: "version",
	}},
	{name: "cell_locks", about: ofStaff, order: "day", draft: true, columns: map[store.Personal]string{
		store.Key: "org_id staff_id", store.Work: "day site_id",
	}},
	{name: "members", about: `org_id = :org AND id IN (:members)`, columns: map[store.Personal]string{
		store.Key: "org_id id account_id staff_id", store.Identifying: "name", store.Usage: "role sites active", store.NotPersonal: "version",
	}},
	{name: "accounts", about: `id IN (:accounts)`, account: true, columns: map[store.Personal]string{
		store.Key: "id", store.Identifying: "name name_key display", store.Contact: "email email_key", store.Usage: "language theme disabled created_ms",
		store.Secret: "password", store.NotPersonal: "version",
	}},
	{name: "sign_ins", about: ofAccount, order: "created_ms", account: true, columns: map[store.Personal]string{
		store.Key: "account_id", store.Usage: "created_ms seen_ms ends_ms address agent", store.Secret: "hash session_values",
	}},
	{name: "factors", about: ofAccount, order: "created_ms", account: true, columns: map[store.Personal]string{
		store.Key: "account_id id", store.Usage: "kind name created_ms used_ms", store.Secret: "secret handle last_step", store.NotPersonal: "version",
	}},
	{name: "recovery_codes", about: ofAccount, order: "used_ms", account: true, columns: map[store.Personal]string{
		store.Key: "account_id", store.Usage: "used_ms", store.Secret: "hash",
	}},
	{name: "identities", about: ofAccount, order: "created_ms", account: true, columns: map[store.Personal]string{
		store.Key: "account_id", store.Identifying: "issuer subject", store.Usage: "created_ms",
	}},
	{name: "links", about: `(org_id = :org OR org_id = '') AND (account_id IN (:accounts) OR member_id IN (:members))`, order: "ends_ms", columns: map[store.Personal]string{
		store.Key: "org_id member_id account_id", store.Usage: "kind ends_ms used_ms", store.Secret: "hash",
	}},
	{name: "sign_in_failures", about: `account_key IN (:logins)`, order: "at_ms", account: true, columns: map[store.Personal]string{
		store.Key: "id", store.Usage: "address at_ms", store.Secret: "account_key",
	}},
	{name: "acts", about: `org_id = :org AND actor_id IN (:accounts)`, order: "revision", columns: map[store.Personal]string{
		store.Key: "org_id revision actor_id request sign_in", store.Identifying: "actor_name", store.Usage: "kind place at_ms address",
		store.NotPersonal: "act_key undoes chain digest erased", store.Secret: "salt",
	}},
	{
		name: "events", about: `org_id = :org AND (staff_id = :staff OR subject_id IN (:about)
		OR name IN ('shift.changed', 'contract.saved', 'contract.removed', 'member.saved') AND (INSTR(before_json, :staff) > 0 OR INSTR(after_json, :staff) > 0))`,
		order: "revision, n", columns: map[store.Personal]string{
			store.Key: "org_id revision n staff_id subject_id", store.Usage: "name", store.Work: "site_id day", store.Sensitive: "before_json after_json",
			store.NotPersonal: "digest erased", store.Secret: "salt",
		},
	},
	{name: "accesses", about: `org_id = :org AND (account_id IN (:accounts) OR subject IN (:about))`, order: "n", columns: map[store.Personal]string{
		store.Key: "org_id n account_id subject request sign_in", store.Identifying: "name", store.Usage: "at_ms action address", store.Contact: "before_json after_json",
		store.NotPersonal: "chain digest erased", store.Secret: "salt",
	}},
	{name: "import_refs", columns: map[store.Personal]string{store.Key: "org_id source table_name old_id new_id digest"}},
	{name: "orgs", columns: map[store.Personal]string{store.NotPersonal: "slug name timezone language settings revision version", store.Key: "id"}},
	{name: "sites", columns: map[store.Personal]string{store.Key: "org_id id", store.NotPersonal: "name start_day off_days position archived version"}},
	{name: "jobs", columns: map[store.Personal]string{store.Key: "org_id id", store.NotPersonal: "name position version"}},
	{name: "codes", columns: map[store.Personal]string{
		store.Key:         "org_id id follower_id",
		store.NotPersonal: "symbol name kind start_min end_min break_min color pattern valid_from valid_to position external version",
	}},
	{name: "holidays", columns: map[store.Personal]string{store.Key: "org_id id", store.NotPersonal: "day name working version"}},
	{name: "needs", columns: map[store.Personal]string{store.Key: "org_id id site_id code_id", store.NotPersonal: "weekday day wanted version"}},
	{name: "rosters", columns: map[store.Personal]string{
		store.Key: "org_id id site_id", store.NotPersonal: "first_day last_day state published published_at published_ms off_days version",
	}},
	{name: "scopes", columns: map[store.Personal]string{store.Key: "org_id", store.NotPersonal: "scope stamp"}},
	{name: "access_heads", columns: map[store.Personal]string{store.Key: "org_id", store.NotPersonal: "n chain"}},
	{name: "imports", columns: map[store.Personal]string{store.Key: "org_id", store.NotPersonal: "digest kept ended_ms"}},
	{name: "leases", columns: map[store.Personal]string{store.NotPersonal: "name holder ends_ms"}},
	{name: "gates", columns: map[store.Personal]string{store.NotPersonal: "name passes"}},
	{name: "task_runs", columns: map[store.Personal]string{store.NotPersonal: "id task began_ms ended_ms failure report"}},
	{name: "schema_marks", columns: map[store.Personal]string{store.NotPersonal: "version oldest"}},
}

// class is what a column tells; false where it is not in the inventory.
func (t keptTable) class(column string) (store.Personal, bool) {
	for class, names := range t.columns {
		if slices.Contains(strings.Fields(names), column) {
			return class, true
		}
	}
	return "", false
}

// tableKept finds a table of the inventory.
func tableKept(name string) (keptTable, bool) {
	i := slices.IndexFunc(inventory, func(t keptTable) bool { return t.name == name })
	if i < 0 {
		return keptTable{}, false
	}
	return inventory[i], true
}
