package sqldb

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/dump"
)

// TestUpgrades: what any earlier schema held, as an export made then, comes to the present one on both engines, whole, and to the same
// schema as a new database has (V9). A new migration brings its own export, made with WAKAKUSA_GOLDEN=write.
func TestUpgrades(t *testing.T) {
	known, err := openEmpty(t).known()
	must(t, err)
	newest := known[len(known)-1].Version
	for _, m := range known {
		if m.Version < firstExported {
			continue
		}
		path := filepath.Join("testdata", fmt.Sprintf("schema-%d.sql.gz", m.Version))
		if _, err := os.Stat(path); err != nil && m.Version == newest && os.Getenv("WAKAKUSA_GOLDEN") == "write" {
			writeUpgrade(t, path)
		}
		text := readUpgrade(t, path)
		for _, engine := range engines {
			t.Run(fmt.Sprintf("%d on %s", m.Version, engine), func(t *testing.T) { upgrade(t, engine, text) })
		}
	}
}

func upgrade(t *testing.T, engine string, text []byte) {
	db := emptyOn(t, engine)
	done, err := imports(t, db, text)
	must(t, err)
	must(t, db.CheckSchema(t.Context()))
	for _, x := range done.Tables {
		if x.Rows == 0 {
			t.Errorf("the export has nothing in %s", x.Name)
		}
	}
	was := rowsIn(t, text, nil)
	if done.Schema < 5 {
		delete(was, "access_log") // no program wrote to it before it was made anew
	}
	is := rowsIn(t, export(t, db, ""), was)
	for name, x := range was {
		if d := cmp.Diff(x.rows, is[name].rows); d != "" {
			t.Errorf("%s is not as it was:\n%s", name, d)
		}
	}
	if engine == "sqlite" {
		if d := cmp.Diff(schemaOfSQLite(t, openEmpty(t)), schemaOfSQLite(t, db)); d != "" {
			t.Error(d)
		}
		if broken := rowsOf(t, db, `SELECT "table" FROM pragma_foreign_key_check`); len(broken) > 0 {
			t.Error(broken)
		}
	} else if d := cmp.Diff(schemaOfMySQL(t, openEmptyMySQL(t)), schemaOfMySQL(t, db)); d != "" {
		t.Error(d)
	}
	org, err := db.OrgBySlug(t.Context(), "wakakusa")
	must(t, err)
	_, err = db.Write(t.Context(), roster.Act{Org: org.ID, Kind: "x"}, func(w store.Writer) error {
		list, err := w.People(t.Context())
		if err != nil || len(list) < 8 {
			t.Errorf("%d people, %v", len(list), err)
		}
		return addSite(t.Context(), w, "新館")
	})
	must(t, err)
}

type tableRows struct {
	columns []string
	rows    [][]any
}

// rowsIn reads the rows of an export, of each table the columns that another has.
func rowsIn(t *testing.T, text []byte, other map[string]*tableRows) map[string]*tableRows {
	t.Helper()
	all := map[string]*tableRows{}
	_, err := dump.Read(bytes.NewReader(text), dump.Visitor{Row: func(r dump.Row) error {
		columns := r.Columns
		if other[r.Table] != nil {
			columns = other[r.Table].columns
		}
		if all[r.Table] == nil {
			all[r.Table] = &tableRows{columns: columns}
		}
		var row []any
		for _, c := range columns {
			row = append(row, valueOf(r, c))
		}
		all[r.Table].rows = append(all[r.Table].rows, row)
		return nil
	}})
	must(t, err)
	return all
}

// writeUpgrade exports a database that has rows in every table.
func writeUpgrade(t *testing.T, path string) {
	db := furnished(t, "sqlite", "wakakusa", 1)
	for _, text := range []string{
		`INSERT INTO cell_locks (org_id, staff_id, day, site_id) SELECT org_id, id, '2026-11-25', home_site_id FROM staff LIMIT 1`,
		`INSERT INTO import_refs (org_id, source, table_name, old_id, new_id, digest) SELECT org_id, 'django', 'staff', '1', id, '' FROM staff LIMIT 1`,
		`INSERT INTO factors (account_id, id, kind, name, secret, handle, last_step, created_ms, used_ms, version)
			SELECT id, id, 'passkey', '鍵', '{}', 'x', 0, 1764000000000, 0, 1 FROM accounts LIMIT 1`,
		`INSERT INTO recovery_codes (account_id, hash, used_ms) SELECT id, '` + strings.Repeat("0", 64) + `', 0 FROM accounts LIMIT 1`,
		`INSERT INTO identities (issuer, subject, account_id, created_ms) SELECT 'https://id.example.jp', '1', id, 1764000000000 FROM accounts LIMIT 1`,
	} {
		_, err := db.write.ExecContext(t.Context(), text)
		must(t, err)
	}
	_, err := db.WriteAccounts(store.WithOrigin(t.Context(), roster.Origin{Request: NewID(), Address: "192.0.2.1", SignIn: "0123456789ab"}), func(w store.AccountsWriter) error {
		e := roster.Accessed(roster.ActionAccountSaved, "x", "前", "後")
		e.Org, e.Name = orgsOf(t, db)[0].ID, "試験"
		w.Record(e)
		return nil
	})
	must(t, err)
	addOdd(t, db)
	f, err := os.Create(path)
	must(t, err)
	z := gzip.NewWriter(f)
	_, err = db.Export(t.Context(), "", z, nil)
	must(t, err)
	must(t, z.Close())
	must(t, f.Close())
}

func readUpgrade(t *testing.T, path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		t.Fatalf("the export of this schema is missing (WAKAKUSA_GOLDEN=write makes it): %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	text, err := io.ReadAll(z)
	must(t, err)
	if found, err := dump.Read(bytes.NewReader(text), dump.Visitor{}); err != nil || found.Org != "" {
		t.Fatal(found.Header, err)
	}
	return text
}

// TestUpgradeFromTheFirst: the one schema that no export is of.
func TestUpgradeFromTheFirst(t *testing.T) {
	for _, engine := range engines {
		db := emptyOn(t, engine)
		must(t, db.migrateTo(t.Context(), 1))
		_, err := db.write.ExecContext(t.Context(), `INSERT INTO orgs (id, slug, name, timezone, language, settings, revision, version)
			VALUES ('`+NewID()+`', 'aoba', '青葉会', 'Asia/Tokyo', 'ja', '{}', 0, 1)`)
		must(t, err)
		must(t, db.Migrate(t.Context()))
		must(t, db.CheckSchema(t.Context()))
		org := orgsOf(t, db)[0]
		_, err = db.Write(t.Context(), roster.Act{Org: org.ID, Kind: "x"}, func(w store.Writer) error { return addSite(t.Context(), w, "新館") })
		if err != nil || org.Slug != "aoba" {
			t.Error(engine, org, err)
		}
	}
}

// later adds a migration that the program does not have yet.
func later(t *testing.T, db *DB, text string) {
	t.Helper()
	now, err := db.dialect.migrations()
	must(t, err)
	names, err := fs.Glob(now, "*.sql")
	must(t, err)
	files := fstest.MapFS{fmt.Sprintf("%05d_later.sql", len(names)+1): {Data: []byte("-- +goose Up\n" + text)}}
	for _, name := range names {
		content, err := fs.ReadFile(now, name)
		must(t, err)
		files[name] = &fstest.MapFile{Data: content}
	}
	db.dialect.migrations = func() (fs.FS, error) { return files, nil }
}

// TestImportOfAnOlderExport: it comes in under its own schema and is brought up to date then, also when it was cut short.
func TestImportOfAnOlderExport(t *testing.T) {
	smallSteps(t)
	a := furnished(t, "sqlite", "wakakusa", 1)
	text, one := export(t, a, ""), export(t, a, orgsOf(t, a)[0].ID)
	for _, engine := range engines {
		b := emptyOn(t, engine)
		later(t, b, "ALTER TABLE sites ADD COLUMN short INTEGER NOT NULL DEFAULT 7;\n")
		ctx, cancel := context.WithCancel(t.Context())
		_, err := b.Import(ctx, bytes.NewReader(text), ImportSteps{Load: func(at, _ int64) {
			if at == 2000 {
				cancel()
			}
		}})
		if at, newest, _ := b.Schema(t.Context()); !errors.Is(err, context.Canceled) || at != newest-1 {
			t.Errorf("%s: schema %d of %d, %v", engine, at, newest, err)
		}
		done, err := imports(t, b, text)
		must(t, err)
		must(t, b.CheckSchema(t.Context()))
		if n := rowsOf(t, b, `SELECT COUNT(*) FROM sites WHERE short = 7`)[0][0]; done.Before == 0 || n != "3" {
			t.Errorf("%s: %s sites; %d rows had come in before", engine, n, done.Before)
		}
		if done, err := imports(t, b, text); err != nil || !done.Already {
			t.Errorf("%s: a second time: %v, %v", engine, done.Already, err)
		}
		if _, err := imports(t, b, one); err == nil || !strings.Contains(err.Error(), "into a new database") {
			t.Errorf("%s: one organisation of an older schema: %v", engine, err)
		}
	}
}
