package sqldb

import (
	"bytes"
	"strings"
	"testing"

	"wakakusa/app/demo"
	"wakakusa/roster"
	"wakakusa/store"
)

// planted are canaries in every column that tells who somebody is, or may. Of columns that hold no free text the value says why they are left.
var planted = map[string]string{
	"staff.class":         "", // 職員 or 利用者: counts hang on it
	"contracts.no_night":  "", // yes or no
	"staff.birth_day":     "UPDATE staff SET birth_day = '1961-02-03'",
	"accounts.name":       "UPDATE accounts SET name = 'カナリア' || id",
	"accounts.name_key":   "UPDATE accounts SET name_key = 'カナリア' || id",
	"accounts.email_key":  "UPDATE accounts SET email_key = 'カナリア' || id",
	"identities.issuer":   "UPDATE identities SET issuer = 'カナリア'",
	"identities.subject":  "UPDATE identities SET subject = 'カナリア'",
	"staff.skills":        `UPDATE staff SET skills = '["カナリア"]'`,
	"staff.language":      "UPDATE staff SET language = 'カナリア'",
	"accounts.language":   "UPDATE accounts SET language = 'カナリア'",
	"factors.last_step":   "", // a number, and no row comes along
	"recovery_codes.hash": "", // no row comes along
}

// TestAnonymize: what is put into any column that tells who somebody is does not come out; the file imports, counts the same, and nobody's
// password is in it (D4).
func TestAnonymize(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			db := furnished(t, engine, "wakakusa", 1)
			columns := plantAll(t, db, engine)
			if columns < 20 {
				t.Errorf("%d columns", columns)
			}
			if !bytes.Contains(export(t, db, ""), []byte("カナリア")) {
				t.Fatal("no canary")
			}
			var file bytes.Buffer
			tables, err := db.ExportAnonymous(t.Context(), "", &file, demo.NameOf, nil)
			must(t, err)
			for _, bad := range []string{"カナリア", "かなりあ", "1961-02-03", "argon2"} {
				for line := range strings.Lines(file.String()) {
					if strings.Contains(line, bad) {
						t.Fatalf("%s is in %s", bad, line)
					}
				}
			}
			other := emptyOn(t, engine)
			_, err = imports(t, other, file.Bytes())
			must(t, err)
			for _, x := range tables {
				if left := x.Rows == 0; left != (len(leftOutOf(x.Name)) > 0) && x.Name != "cell_locks" {
					t.Errorf("%s has %d rows", x.Name, x.Rows)
				}
			}
			count := `SELECT COUNT(*), COUNT(DISTINCT staff_id), SUM(end_min - start_min) FROM shifts`
			if a, b := rowsOf(t, db, count), rowsOf(t, other, count); a[0][0] != b[0][0] || a[0][1] != b[0][1] || a[0][2] != b[0][2] {
				t.Errorf("%v became %v", a, b)
			}
			if a, err := other.VerifyAudit(t.Context()); err != nil || len(a.Faults) > 0 || a.Before == 0 {
				t.Errorf("%+v %v", a, err)
			}
			same := rowsOf(t, other, `SELECT COUNT(*) FROM members m JOIN staff s ON s.org_id = m.org_id AND s.id = m.staff_id JOIN accounts a ON a.id = m.account_id
				WHERE s.name = m.name AND a.display = m.name`)
			all := rowsOf(t, other, `SELECT COUNT(*) FROM members WHERE staff_id IS NOT NULL AND account_id IS NOT NULL`)
			if same[0][0] != all[0][0] || all[0][0] == "0" {
				t.Errorf("%s of %s people have one name", same[0][0], all[0][0])
			}
			works(t, other)
		})
	}
}

func leftOutOf(table string) string {
	for _, x := range leftOut {
		if x == table {
			return x
		}
	}
	return ""
}

// plantAll puts canaries into every column of the inventory that needs something made up.
func plantAll(t *testing.T, db *DB, engine string) (columns int) {
	t.Helper()
	for _, kept := range inventory {
		for class, names := range kept.columns {
			for _, column := range strings.Fields(names) {
				statement, known := planted[kept.name+"."+column]
				tells := class == store.Identifying || class == store.Contact || class == store.Sensitive || class == store.Secret
				if !tells && !known || known && statement == "" {
					continue
				}
				if !known {
					statement = `UPDATE ` + kept.name + ` SET ` + column + ` = 'カナリア'`
				}
				if engine == "mysql" {
					statement = strings.Replace(statement, "'カナリア' || id", "CONCAT('カナリア', id)", 1)
				}
				if _, err := db.write.ExecContext(t.Context(), statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
				columns++
			}
		}
	}
	return columns
}

// works: the program reads and writes what came in.
func works(t *testing.T, db *DB) {
	t.Helper()
	org, err := db.OrgBySlug(t.Context(), "wakakusa")
	must(t, err)
	_, err = db.Write(t.Context(), roster.Act{Org: org.ID, Kind: "x"}, func(w store.Writer) error {
		people, err := w.People(t.Context())
		if err != nil {
			return err
		}
		p := people[0]
		p.Phone = "03"
		p, err = w.SaveStaff(t.Context(), p)
		w.Record(roster.Saved(roster.EventStaffSaved, string(p.ID), "", nil, p))
		return err
	})
	must(t, err)
}
