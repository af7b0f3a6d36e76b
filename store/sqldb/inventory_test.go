package sqldb

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wakakusa/store"
)

// japanese are the classes as docs/privacy.md calls them.
var japanese = map[store.Personal]string{
	store.NotPersonal: "なし", store.Key: "番号", store.Identifying: "識別", store.Contact: "連絡先", store.Work: "労務", store.Usage: "利用",
	store.Sensitive: "要配慮", store.Secret: "秘密",
}

// TestInventory: every column of the schema has one class, the same in the program and in the books that the facility keeps, and neither knows
// of one that is not there (D1).
func TestInventory(t *testing.T) {
	db := openEmpty(t)
	var schema []string
	for _, table := range db.texts(t, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
		if slices.Contains(foreign, table) {
			continue
		}
		kept, ok := tableKept(table)
		if !ok {
			t.Errorf("the table %s is not in the inventory", table)
		}
		for _, column := range db.texts(t, `SELECT name FROM pragma_table_info(?)`, table) {
			class, ok := kept.class(column)
			if !ok {
				t.Errorf("%s.%s has no class", table, column)
			}
			schema = append(schema, table+"."+column+" "+japanese[class])
		}
	}
	var classed []string
	for _, kept := range inventory {
		for class, names := range kept.columns {
			for _, column := range strings.Fields(names) {
				classed = append(classed, kept.name+"."+column+" "+japanese[class])
			}
		}
	}
	slices.Sort(schema)
	slices.Sort(classed)
	if !slices.Equal(schema, classed) {
		t.Errorf("the schema and the inventory differ: %v", differing(schema, classed))
	}
	if books := booked(t); !slices.Equal(schema, books) {
		t.Errorf("the schema and docs/privacy.md differ: %v", differing(schema, books))
	}
}

var bookTable, bookRow = regexp.MustCompile("^### `(\\w+)`"), regexp.MustCompile("^\\| `(\\w+)` \\| (\\S+) \\| \\S")

// booked is what docs/privacy.md says of columns.
func booked(t *testing.T) (list []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "privacy.md"))
	must(t, err)
	table := ""
	for line := range strings.Lines(string(text)) {
		if m := bookTable.FindStringSubmatch(line); m != nil {
			table = m[1]
		}
		if m := bookRow.FindStringSubmatch(line); m != nil && table != "" {
			list = append(list, table+"."+m[1]+" "+m[2])
		}
	}
	slices.Sort(list)
	return list
}

// differing is what stands in one of two lists only.
func differing(a, b []string) (list []string) {
	for _, x := range append(slices.Clone(a), b...) {
		if slices.Contains(a, x) != slices.Contains(b, x) {
			list = append(list, x)
		}
	}
	return list
}
