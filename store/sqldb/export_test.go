package sqldb

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"wakakusa/app/demo"
	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/dump"
	"wakakusa/store/sqldb/mariadbtest"
)

// emptyOn opens a database without schema on an engine.
func emptyOn(t testing.TB, engine string) *DB {
	t.Helper()
	if engine == "mysql" {
		return unmigrated(t, mariadbtest.Shared(t))
	}
	db, err := OpenSQLite(filepath.Join(t.TempDir(), "empty.db"), time.Now)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

var engines = []string{"sqlite", "mysql"}

// furnished is a database with the demo organisation under a slug.
func furnished(t testing.TB, engine, slug string, seed uint64) *DB {
	t.Helper()
	db := emptyOn(t, engine)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	furnish(t, db, slug, seed)
	return db
}

func furnish(t testing.TB, db *DB, slug string, seed uint64) roster.OrgID {
	t.Helper()
	d, err := demo.Build(t.Context(), db, demo.Options{
		Seed: seed, Today: roster.MakeDay(2026, time.November, 25), Staff: 20, Months: 2, Slug: slug, NewID: demo.SeqIDs(seed),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d.Org.ID
}

func export(t testing.TB, db *DB, org roster.OrgID) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := db.Export(t.Context(), org, &b, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func imports(t testing.TB, db *DB, text []byte) (Imported, error) {
	t.Helper()
	return db.Import(t.Context(), bytes.NewReader(text), ImportSteps{})
}

// TestExportImport: from either engine to either, and what is exported there is the same, byte for byte (B3).
func TestExportImport(t *testing.T) {
	for _, from := range engines {
		a := furnished(t, from, "wakakusa", 1)
		addOdd(t, a)
		text := export(t, a, "")
		for _, to := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				b := emptyOn(t, to)
				done, err := imports(t, b, text)
				must(t, err)
				if done.Already || done.Before != 0 || done.Rows < 3000 || len(done.Tables) != len(present()) {
					t.Error(done)
				}
				must(t, b.CheckSchema(t.Context()))
				if again := export(t, b, ""); !bytes.Equal(text, again) {
					t.Error(firstDifference(text, again))
				}
				if done, err := imports(t, b, text); err != nil || !done.Already {
					t.Errorf("a second time: %v %v", done, err)
				}
				_, err = b.Write(t.Context(), roster.Act{Org: orgsOf(t, b)[0].ID, Kind: "x"}, func(w store.Writer) error { return addSite(t.Context(), w, "新館") })
				must(t, err)
			})
		}
	}
}

// addOdd adds texts that are hard to write and to read.
func addOdd(t testing.TB, db *DB) {
	t.Helper()
	org := roster.OrgID(NewID())
	must(t, db.AddOrg(t.Context(), roster.Org{ID: org, Slug: "odd", Name: `𠮷野「it's」\'; --`, Timezone: "Asia/Tokyo", Language: "ja"}))
	for _, name := range []string{"葛󠄀飾 🍣", `C:\temp\`, "''", "a ", "ぱ", "ば", "（注）\n二行目", strings.Repeat("長", 60)} {
		_, err := db.Write(t.Context(), roster.Act{Org: org, Kind: "x"}, func(w store.Writer) error { return addSite(t.Context(), w, name) })
		must(t, err)
	}
}

func orgsOf(t testing.TB, db *DB) []roster.Org {
	t.Helper()
	list, err := db.Orgs(t.Context())
	must(t, err)
	return list
}

func firstDifference(a, b []byte) string {
	x, y := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d:\n%s\n%s", i+1, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}

// TestExportKnowsEveryTable: a new table is exported or left out on purpose, under its key.
func TestExportKnowsEveryTable(t *testing.T) {
	db := openEmpty(t)
	var known []string
	for _, x := range present() {
		known = append(known, x.name)
		var key []string
		for _, c := range rowsOf(t, db, `SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk`, x.name) {
			key = append(key, c[0])
		}
		if strings.Join(key, ", ") != x.key {
			t.Errorf("%s: the rows go by %s, the key is %v", x.name, x.key, key)
		}
	}
	known = append(known, notExported...)
	for _, x := range rowsOf(t, openEmptyMySQL(t), `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`) {
		if !slices.Contains(known, x[0]) {
			t.Errorf("nobody knows whether %s is exported", x[0])
		}
	}
}

// TestColumnsInOneOrder: the engines agree on it, or an export of the one would not fit the other.
func TestColumnsInOneOrder(t *testing.T) {
	a, b := openEmpty(t), openEmptyMySQL(t)
	for _, x := range present() {
		var lists [][]string
		for _, db := range []*DB{a, b} {
			rows, err := db.read.QueryContext(t.Context(), `SELECT * FROM `+x.name+` WHERE 1 = 0`)
			must(t, err)
			names, err := rows.Columns()
			must(t, errors.Join(err, rows.Close()))
			lists = append(lists, names)
		}
		if d := cmp.Diff(lists[0], lists[1]); d != "" {
			t.Errorf("%s: %s", x.name, d)
		}
	}
}

// TestExportIsOneMoment: what is written meanwhile is not in it, and waits for nobody.
func TestExportIsOneMoment(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			db := furnished(t, engine, "wakakusa", 1)
			org := orgsOf(t, db)[0].ID
			before, wrote := export(t, db, ""), false
			var during bytes.Buffer
			_, err := db.Export(t.Context(), "", &during, func(done, _ int64) {
				if wrote {
					return
				}
				wrote = true
				_, err := db.Write(t.Context(), roster.Act{Org: org, Kind: "x"}, func(w store.Writer) error { return addSite(t.Context(), w, "新館") })
				must(t, err)
			})
			must(t, err)
			if !wrote || !bytes.Equal(before, during.Bytes()) {
				t.Error(wrote, firstDifference(before, during.Bytes()))
			}
			if bytes.Equal(before, export(t, db, "")) {
				t.Error("nothing was written")
			}
		})
	}
}

// TestExportOfOneOrganisation goes into a database where others are, and leaves them alone.
func TestExportOfOneOrganisation(t *testing.T) {
	for _, from := range engines {
		a := furnished(t, from, "hikari", 1)
		org := orgsOf(t, a)[0].ID
		furnish(t, a, "aoba", 2)
		text := export(t, a, org)
		if bytes.Contains(text, []byte("aoba")) {
			t.Error("the other organisation is in the file")
		}
		for _, to := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				b := furnished(t, to, "midori", 3)
				other := orgsOf(t, b)[0].ID
				before := export(t, b, other)
				_, err := imports(t, b, text)
				must(t, err)
				if again := export(t, b, org); !bytes.Equal(text, again) {
					t.Error(firstDifference(text, again))
				}
				if !bytes.Equal(before, export(t, b, other)) {
					t.Error("the organisation that was there has changed")
				}
			})
		}
	}
}

// TestImportRefusesWhatIsThere names what is in the way; nothing is written.
func TestImportRefusesWhatIsThere(t *testing.T) {
	a := furnished(t, "sqlite", "hikari", 1)
	org := orgsOf(t, a)[0].ID
	all, one := export(t, a, ""), export(t, a, org)
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			for _, x := range []struct {
				slug string
				seed uint64
				text []byte
				want string
			}{
				{"hikari", 1, one, "the organisation hikari is here already"},
				{"hikari", 2, one, "another organisation has the address /o/hikari/"},
				{"midori", 2, all, "the database is not empty (orgs)"},
			} {
				b := furnished(t, engine, x.slug, x.seed)
				rename(t, b, "other")
				before := export(t, b, "")
				if _, err := imports(t, b, x.text); err == nil || !strings.Contains(err.Error(), x.want) {
					t.Errorf("%v, not %q", err, x.want)
				}
				if !bytes.Equal(before, export(t, b, "")) {
					t.Error("something was written")
				}
			}
			b := furnished(t, engine, "midori", 2)
			takeNames(t, a, b)
			if _, err := imports(t, b, export(t, a, org)); err == nil || !strings.Contains(err.Error(), "somebody else signs in as ") || !strings.Contains(err.Error(), "somebody else signs in by the e-mail address of ") {
				t.Error(err)
			}
		})
	}
}

// rename moves sign-in names out of the way.
func rename(t *testing.T, db *DB, to string) {
	t.Helper()
	_, err := db.write.ExecContext(t.Context(), `UPDATE accounts SET name_key = REPLACE(id, '0000', '`+to+`'), email_key = NULL`)
	must(t, err)
}

// takeNames gives somebody of b the name of one and the address of another of a.
func takeNames(t *testing.T, a, b *DB) {
	t.Helper()
	_, err := a.write.ExecContext(t.Context(), `UPDATE accounts SET email = 'sato@example.jp', email_key = 'sato@example.jp' WHERE id = (SELECT MAX(id) FROM accounts)`)
	must(t, err)
	rename(t, b, "other")
	name := rowsOf(t, a, `SELECT name_key FROM accounts ORDER BY id`)[0][0]
	_, err = b.write.ExecContext(t.Context(), `UPDATE accounts SET name_key = ?, email_key = 'sato@example.jp' WHERE name_key = (SELECT k FROM (SELECT MIN(name_key) AS k FROM accounts) x)`, name)
	must(t, err)
}

// TestNamesAndAddresses: one field of the sign-in form takes both, so a name must not be another's address, nor the other way round.
func TestNamesAndAddresses(t *testing.T) {
	a := furnished(t, "sqlite", "hikari", 1)
	_, err := a.write.ExecContext(t.Context(), `UPDATE accounts SET name = 'sato@example.jp', name_key = 'sato@example.jp' WHERE id = (SELECT MAX(id) FROM accounts)`)
	must(t, err)
	text := export(t, a, orgsOf(t, a)[0].ID)
	for _, engine := range engines {
		for _, taken := range []string{"name_key", "email_key"} {
			b := furnished(t, engine, "midori", 2)
			_, err = b.write.ExecContext(t.Context(), `UPDATE accounts SET `+taken+` = 'sato@example.jp' WHERE name_key = 'midori-admin'`)
			must(t, err)
			if _, err := imports(t, b, text); err == nil || !strings.Contains(err.Error(), "somebody else signs in as sato@example.jp") {
				t.Errorf("%s, %s: %v", engine, taken, err)
			}
		}
	}
}

// TestAbandonedImport: what came in half-way can be taken away, and leaves no trace; nothing else can.
func TestAbandonedImport(t *testing.T) {
	smallSteps(t)
	a := furnished(t, "sqlite", "hikari", 1)
	for _, engine := range engines {
		for _, org := range []roster.OrgID{"", orgsOf(t, a)[0].ID} {
			t.Run(engine+" "+string(org), func(t *testing.T) { abandoned(t, engine, org, export(t, a, org)) })
		}
	}
}

func abandoned(t *testing.T, engine string, org roster.OrgID, text []byte) {
	b := emptyOn(t, engine)
	must(t, b.Migrate(t.Context()))
	if org != "" {
		furnish(t, b, "midori", 3)
	}
	before := export(t, b, "")
	if err := b.AbandonImport(t.Context(), org); err == nil || !bytes.Equal(before, export(t, b, "")) {
		t.Errorf("abandoned nothing: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := b.Import(ctx, bytes.NewReader(text), ImportSteps{Load: func(at, _ int64) {
		if at == 2000 {
			cancel()
		}
	}})
	found, is, err2 := b.UnfinishedImport(t.Context())
	if !errors.Is(err, context.Canceled) || !is || found != org || err2 != nil || bytes.Equal(before, export(t, b, "")) {
		t.Errorf("%v, %q %v %v", err, found, is, err2)
	}
	must(t, b.AbandonImport(t.Context(), org))
	if again := export(t, b, ""); !bytes.Equal(before, again) {
		t.Error(firstDifference(before, again))
	}
	if _, is, err := b.UnfinishedImport(t.Context()); is || err != nil {
		t.Errorf("still unfinished: %v", err)
	}
	_, err = imports(t, b, text)
	must(t, err)
	if err := b.AbandonImport(t.Context(), org); err == nil || !bytes.Equal(text, export(t, b, org)) {
		t.Errorf("a finished import was abandoned: %v", err)
	}
}

// TestTwoBeginAtOnce: both find no bookmark, one sets it.
func TestTwoBeginAtOnce(t *testing.T) {
	text := export(t, furnished(t, "sqlite", "wakakusa", 1), "")
	b := emptyOn(t, "mysql")
	must(t, b.Migrate(t.Context()))
	c, err := openServer(t.Context(), serverConfig(t, b), 4, time.Now)
	must(t, err)
	defer func() { must(t, c.Close()) }()
	results := make(chan error, 2)
	var both sync.WaitGroup
	both.Add(2)
	for _, db := range []*DB{b, c} {
		file := &twice{Reader: *bytes.NewReader(text), again: func(*bytes.Reader) {
			both.Done()
			both.Wait()
		}}
		go func() {
			_, err := db.Import(t.Context(), file, ImportSteps{})
			results <- err
		}()
	}
	first, second := <-results, <-results
	if first == nil {
		first, second = second, first
	}
	if second != nil || first == nil || first.Error() != "the same file is being imported by somebody else" {
		t.Errorf("%v and %v", first, second)
	}
	if !bytes.Equal(text, export(t, b, "")) {
		t.Error("not as in the file")
	}
}

// TestChangedMeanwhile: a file that is another one when it is read again is refused.
func TestChangedMeanwhile(t *testing.T) {
	smallSteps(t)
	text := export(t, furnished(t, "sqlite", "wakakusa", 1), "")
	for name, later := range map[string][]byte{
		"cut":           text[:len(text)/2],
		"another digit": []byte(flip(string(text), len(text)/2)),
		"another table": bytes.Replace(text, []byte("INSERT INTO codes"), []byte("INSERT INTO leases"), 1),
	} {
		b := emptyOn(t, "sqlite")
		_, err := b.Import(t.Context(), &twice{Reader: *bytes.NewReader(text), again: func(r *bytes.Reader) { r.Reset(later) }}, ImportSteps{})
		var d *dump.Damage
		if err == nil || errors.As(err, &d) {
			t.Errorf("%s: %v", name, err)
		}
		must(t, b.AbandonImport(t.Context(), ""))
		_, err = imports(t, b, text)
		must(t, err)
	}
}

// TestAbandonsAnOlderFile: an import of what an earlier schema held was cut short, while the database still had that schema.
func TestAbandonsAnOlderFile(t *testing.T) {
	smallSteps(t)
	text := readUpgrade(t, filepath.Join("testdata", "schema-2.sql.gz"))
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			db := emptyOn(t, engine)
			_, err := db.Import(t.Context(), &twice{Reader: *bytes.NewReader(text), again: func(r *bytes.Reader) { r.Reset(text[:len(text)/2]) }}, ImportSteps{})
			if err == nil {
				t.Fatal("half a file came in")
			}
			must(t, db.AbandonImport(t.Context(), ""))
			_, err = imports(t, db, text)
			must(t, err)
			must(t, db.CheckSchema(t.Context()))
		})
	}
}

// twice is a file that does something before it is read again.
type twice struct {
	bytes.Reader
	again func(*bytes.Reader)
	times int
}

func (f *twice) Seek(offset int64, whence int) (int64, error) {
	if f.times++; f.times == 2 {
		f.again(&f.Reader)
	}
	return f.Reader.Seek(offset, whence)
}

// TestLoadsWithoutUs: a file of an export is SQL that the engines themselves take, on the day when no program of ours runs.
func TestLoadsWithoutUs(t *testing.T) {
	a := furnished(t, "sqlite", "wakakusa", 1)
	addOdd(t, a)
	text := export(t, a, "")
	for _, engine := range engines {
		b := emptyOn(t, engine)
		must(t, b.Migrate(t.Context()))
		client := b.write
		if engine == "mysql" {
			cfg := serverConfig(t, b)
			cfg.MultiStatements = true
			c, err := mysql.NewConnector(cfg)
			must(t, err)
			client = sql.OpenDB(c)
			defer client.Close()
		} else {
			_, err := client.ExecContext(t.Context(), `PRAGMA foreign_keys = 0`) // as in its client
			must(t, err)
		}
		_, err := client.ExecContext(t.Context(), string(text))
		must(t, err)
		if again := export(t, b, ""); !bytes.Equal(text, again) {
			t.Error(engine, firstDifference(text, again))
		}
	}
}

// TestSharedAccounts: who works for two organisations has one account, also when these come one after the other; it stays as it is.
func TestSharedAccounts(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			a := furnished(t, "sqlite", "hikari", 1)
			first := orgsOf(t, a)[0].ID
			second := furnish(t, a, "aoba", 2)
			_, err := a.write.ExecContext(t.Context(), `UPDATE members SET account_id = (SELECT MIN(account_id) FROM members WHERE org_id = ?)
				WHERE org_id = ? AND id = (SELECT MIN(id) FROM members WHERE org_id = ? AND account_id IS NOT NULL)`, first, second, second)
			must(t, err)
			b := emptyOn(t, engine)
			_, err = imports(t, b, export(t, a, first))
			must(t, err)
			_, err = b.write.ExecContext(t.Context(), `UPDATE accounts SET display = 'ここでの名前'`)
			must(t, err)
			before := rowsInTx
			rowsInTx = 2 // less than there are accounts
			done, err := imports(t, b, export(t, a, second))
			rowsInTx = before
			if err != nil || done.Left != 1 {
				t.Errorf("%d accounts were here already, %v", done.Left, err)
			}
			if n := rowsOf(t, b, `SELECT COUNT(*) FROM accounts WHERE display = 'ここでの名前'`)[0][0]; n != rowsOf(t, a, `SELECT COUNT(*) FROM accounts WHERE id IN (SELECT account_id FROM members WHERE org_id = ?)`, string(first))[0][0] {
				t.Errorf("%s accounts are as they were", n)
			}
		})
	}
}

// smallSteps makes an import keep its rows a few at a time.
func smallSteps(t *testing.T) {
	before := rowsInTx
	rowsInTx = 300
	t.Cleanup(func() { rowsInTx = before })
}

// TestImportGoesOn: an import that was cut short anywhere goes on where it was, and until its end nobody can sign in.
func TestImportGoesOn(t *testing.T) {
	smallSteps(t)
	text, other := export(t, furnished(t, "sqlite", "wakakusa", 1), ""), export(t, furnished(t, "sqlite", "aoba", 2), "")
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			b := emptyOn(t, engine)
			last := int64(0)
			for cut := int64(1000); ; cut += 1000 {
				ctx, cancel := context.WithCancel(t.Context())
				done, err := b.Import(ctx, bytes.NewReader(text), ImportSteps{Load: func(at, _ int64) {
					if at == cut {
						cancel()
					}
				}})
				cancel()
				if err == nil {
					if done.Before != last || last == 0 {
						t.Errorf("it went on behind %d rows, not %d", done.Before, last)
					}
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				kept := int64(0)
				must(t, b.read.QueryRowContext(t.Context(), `SELECT COALESCE(MAX(kept), 0) FROM imports`).Scan(&kept))
				if kept < last || cut > 2000 && kept == 0 {
					t.Fatalf("%d rows are kept after %d", kept, last)
				}
				last = kept
				if n := rowsOf(t, b, `SELECT COUNT(*) FROM members`)[0][0]; n != "0" {
					t.Errorf("%s members are there before the end", n)
				}
				if _, err := imports(t, b, other); kept > 0 && (err == nil || !strings.Contains(err.Error(), "has not ended: go on with that one")) {
					t.Errorf("another file in between: %v", err)
				}
			}
			if again := export(t, b, ""); !bytes.Equal(text, again) {
				t.Error(firstDifference(text, again))
			}
		})
	}
}

// TestDamagedFile: it is refused with the line, and nothing of it comes in.
func TestDamagedFile(t *testing.T) {
	text := string(export(t, furnished(t, "sqlite", "wakakusa", 1), ""))
	for _, engine := range engines {
		b := emptyOn(t, engine)
		must(t, b.Migrate(t.Context()))
		before := export(t, b, "")
		for name, bad := range map[string]string{
			"cut":     text[:len(text)-1000],
			"changed": strings.Replace(text, "INSERT INTO shifts (org_id,", "INSERT INTO shifts (org_uid,", 1),
			"digit":   flip(text, len(text)*2/3),
		} {
			var d *dump.Damage
			if _, err := imports(t, b, []byte(bad)); !errors.As(err, &d) || d.Line < 100 {
				t.Errorf("%s %s: %v", engine, name, err)
			}
		}
		if n := rowsOf(t, b, `SELECT COUNT(*) FROM imports`)[0][0]; n != "0" || !bytes.Equal(before, export(t, b, "")) {
			t.Errorf("%s: something came in", engine)
		}
	}
}

// flip changes the first digit behind a place.
func flip(text string, at int) string {
	i := at + strings.IndexAny(text[at:], "12345678")
	return text[:i] + string(text[i]+1) + text[i+1:]
}

// rewrite makes a file with right checksums out of one whose rows are changed.
func rewrite(t *testing.T, text []byte, header func(*dump.Header), change func(*dump.Row)) []byte {
	t.Helper()
	var b bytes.Buffer
	found, err := dump.Read(bytes.NewReader(text), dump.Visitor{})
	must(t, err)
	header(&found.Header)
	w, err := dump.NewWriter(&b, found.Header)
	must(t, err)
	table := ""
	_, err = dump.Read(bytes.NewReader(text), dump.Visitor{
		Row: func(r dump.Row) error {
			change(&r)
			if table == "" {
				w.Table(r.Table, r.Columns)
			}
			table = r.Table
			return w.Row(r.Values)
		},
		Table: func(x dump.Table) error {
			if table == "" {
				w.Table(x.Name, nil)
			}
			table = ""
			_, err := w.EndTable()
			return err
		},
	})
	must(t, errors.Join(err, w.Close()))
	return b.Bytes()
}

// TestPortions: all rows, in their order, in statements of a bearable size.
func TestPortions(t *testing.T) {
	var rows [][]any
	for i := range 1201 {
		rows = append(rows, []any{int64(i), "短い"})
	}
	for i := range 5 {
		rows = append(rows, []any{int64(1201 + i), strings.Repeat("長", 200<<10)})
	}
	var sizes []int
	next := int64(0)
	for part := range portions(rows) {
		sizes = append(sizes, len(part))
		for _, row := range part {
			if row[0] != next {
				t.Fatalf("row %v follows %d", row[0], next-1)
			}
			next++
		}
	}
	if d := cmp.Diff([]int{500, 500, 203, 2, 1}, sizes); d != "" || next != int64(len(rows)) {
		t.Error(d, next)
	}
	for range portions(nil) {
		t.Error("a statement without rows")
	}
}

// TestForgedFile: right checksums do not help a file that would write where it must not.
func TestForgedFile(t *testing.T) {
	a := furnished(t, "sqlite", "hikari", 1)
	one := export(t, a, orgsOf(t, a)[0].ID)
	same := func(*dump.Header) {}
	foreign := "00000002-0000-7000-8000-000000000001"
	for name, x := range map[string]struct {
		text []byte
		want string
	}{
		"another organisation": {rewrite(t, one, same, func(r *dump.Row) {
			if r.Table == "staff" {
				r.Values[0] = foreign
			}
		}), "a row of staff is of another organisation"},
		"another table": {rewrite(t, one, same, func(r *dump.Row) {
			if r.Table == "accesses" || r.Table == "sites" {
				r.Table = "leases"
			}
		}), "the table leases does not belong here"},
		"another column": {rewrite(t, one, same, func(r *dump.Row) {
			if r.Table == "sites" {
				r.Columns = append([]string{"org_id", "no_such"}, r.Columns[2:]...)
			}
		}), "the columns of sites are org_id, no_such"},
		"another schema": {rewrite(t, one, func(h *dump.Header) { h.Schema = 999 }, func(*dump.Row) {}), "the file is of schema 999"},
		"a reference to nothing": {rewrite(t, one, same, func(r *dump.Row) {
			if r.Table == "shifts" {
				r.Values[2] = foreign
			}
		}), "import shifts: "},
		"a reference of codes to nothing": {rewrite(t, one, same, func(r *dump.Row) {
			if i := slices.Index(r.Columns, "follower_id"); i >= 0 && r.Values[i] != nil {
				r.Values[i] = foreign
			}
		}), "import codes: "},
	} {
		for _, engine := range engines {
			b := emptyOn(t, engine)
			must(t, b.Migrate(t.Context()))
			if _, err := imports(t, b, x.text); err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("%s %s: %v, not %q", engine, name, err, x.want)
			}
			if n := rowsOf(t, b, `SELECT COUNT(*) FROM members`)[0][0]; n != "0" {
				t.Errorf("%s %s: %s members", engine, name, n)
			}
		}
	}
}

// TestImportIsCompared: what is not in the database as it was in the file does not become visible.
func TestImportIsCompared(t *testing.T) {
	a := furnished(t, "sqlite", "hikari", 1)
	text := export(t, a, "")
	for _, engine := range engines {
		b := emptyOn(t, engine)
		spoilt := false
		_, err := b.Import(t.Context(), bytes.NewReader(text), ImportSteps{Load: func(at, total int64) {
			if at == total && !spoilt {
				spoilt = true
				_, err := b.write.ExecContext(t.Context(), `UPDATE sites SET name = 'ほかの名前'`)
				must(t, err)
			}
		}})
		if !spoilt || err == nil || !strings.Contains(err.Error(), "sites is not in the database as it is in the file") {
			t.Errorf("%s: %v", engine, err)
		}
		if n := rowsOf(t, b, `SELECT COUNT(*) FROM members`)[0][0]; n != "0" {
			t.Errorf("%s: %s members", engine, n)
		}
	}
}

// TestImportOnceAtATime: of two that import one file at once, one goes on and the other is told.
func TestImportOnceAtATime(t *testing.T) {
	smallSteps(t)
	text := export(t, furnished(t, "sqlite", "wakakusa", 1), "")
	for _, engine := range engines {
		b := emptyOn(t, engine)
		must(t, b.Migrate(t.Context()))
		var inner error
		began := false
		_, err := b.Import(t.Context(), bytes.NewReader(text), ImportSteps{Load: func(at, _ int64) {
			if at == 2000 && !began {
				began = true
				_, inner = imports(t, b, text)
			}
		}})
		if inner != nil || err == nil || !strings.Contains(err.Error(), "by somebody else") {
			t.Errorf("%s: %v and %v", engine, inner, err)
		}
		if !bytes.Equal(text, export(t, b, "")) {
			t.Errorf("%s: not as in the file", engine)
		}
	}
}

// TestImportIntoAnOlderSchema asks for the migration first.
func TestImportIntoAnOlderSchema(t *testing.T) {
	a := furnished(t, "sqlite", "hikari", 1)
	text := export(t, a, orgsOf(t, a)[0].ID)
	for _, engine := range engines {
		b := emptyOn(t, engine)
		must(t, b.migrateTo(t.Context(), 1))
		if _, err := imports(t, b, text); err == nil || !strings.Contains(err.Error(), `run "wakakusa migrate" first`) {
			t.Errorf("%s: %v", engine, err)
		}
		if _, err := b.Export(t.Context(), "", &bytes.Buffer{}, nil); err == nil || !strings.Contains(err.Error(), "schema 1") {
			t.Errorf("%s: %v", engine, err)
		}
	}
}

// FuzzImport: whatever a file holds, it is read to its end or refused, and nothing else happens (I3).
func FuzzImport(f *testing.F) {
	db := furnished(f, "sqlite", "wakakusa", 1)
	whole := export(f, db, "")
	f.Add(whole[:min(len(whole), 4_000)])
	f.Add([]byte("-- wakakusa export, schema 5\n"))
	f.Add([]byte("-- orgs\nINSERT INTO orgs VALUES ('x');\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := CheckImport(t.Context(), bytes.NewReader(text), nil); err == nil && !bytes.Equal(text, whole) {
			t.Errorf("%d bytes pass for a whole export", len(text))
		}
	})
}
