package sqldb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wakakusa/app/demo"
	"wakakusa/roster"
)

// hotReads are what pages ask most often, each with the index that it must use on either engine.
var hotReads = []struct {
	name, query, sqlite, mysql string
	args                       int
}{
	{"sheet", sheetShifts, "shifts USING PRIMARY KEY", "PRIMARY", 8},
	{"shifts of a day", `SELECT ` + shiftColumns + ` FROM shifts WHERE org_id = ? AND day = ?`, "shifts_day", "shifts_day", 2},
	{"shifts of a site", `SELECT ` + shiftColumns + ` FROM shifts WHERE org_id = ? AND site_id = ? AND day = ?`, "shifts_site", "shifts_site", 3},
	{"shifts of a person", `SELECT ` + shiftColumns + ` FROM shifts WHERE org_id = ? AND day BETWEEN ? AND ? AND staff_id IN (?)`, "PRIMARY KEY", "PRIMARY", 4},
	{"one shift", `SELECT ` + shiftColumns + ` FROM shifts WHERE org_id = ? AND id = ?`, "sqlite_autoindex_shifts_2", "org_id", 2},
	{"own roster", publishedQuery + ` AND p.staff_id = ?`, "published_staff", "published_staff", 4},
	{"published site", publishedQuery + ` AND p.site_id = ?`, "published_site", "published_site", 4},
	{"people at work", `SELECT id FROM staff WHERE org_id = ? AND active_to > ?`, "staff_active", "staff_active", 2},
	{"acts of a person", actQuery + ` AND a.actor_id = ? AND a.place = ? ORDER BY a.revision DESC LIMIT 20`, "acts_actor", "acts_actor", 3},
	{"an act and who undid it", actQuery + ` AND a.revision = ?`, "acts_undoes", "acts_undoes", 2},
	{"touched cells", touchedQuery, "COVERING INDEX events_cell", "events_cell", 5},
}

// TestPlans holds the plans of the hottest reads against golden files, so that a change of one is seen and meant. WAKAKUSA_GOLDEN=write
// writes them anew.
func TestPlans(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		db := openEmpty(t)
		var all strings.Builder
		for _, x := range hotReads {
			var plan strings.Builder
			for _, row := range rowsOf(t, db, `EXPLAIN QUERY PLAN `+x.query, make([]any, x.args)...) {
				plan.WriteString("  " + row[3] + "\n")
			}
			checkPlan(t, x.name, plan.String(), x.sqlite)
			fmt.Fprintf(&all, "%s\n%s", x.name, plan.String())
		}
		golden(t, "plans.sqlite.txt", all.String())
	})
	t.Run("mysql", func(t *testing.T) {
		if os.Getenv("TEST_MYSQL_DSN") != "" {
			t.Skip("golden plans are those of the tests' own server")
		}
		db := openEmptyMySQL(t)
		org := fill(t, db)
		var all strings.Builder
		for _, x := range hotReads {
			plan := mysqlPlan(t, db, x.query, planArgs(x.name, org, x.args))
			checkPlan(t, x.name, plan, x.mysql)
			fmt.Fprintf(&all, "%s\n%s", x.name, plan)
		}
		golden(t, "plans.mysql.txt", all.String())
	})
}

func checkPlan(t *testing.T, name, plan, index string) {
	t.Helper()
	if !strings.Contains(plan, index) {
		t.Errorf("%s does not use %s:\n%s", name, index, plan)
	}
	for _, whole := range []string{"SCAN shifts", "SCAN p", "SCAN e\n", " ALL by", " index by"} {
		if strings.Contains(plan, whole) {
			t.Errorf("%s reads a whole table:\n%s", name, plan)
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if os.Getenv("WAKAKUSA_GOLDEN") == "write" {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s:\n%s", file, d)
	}
}

// planned is one organisation with a year's worth of rows for the planner of a server, which looks at them.
type planned struct{ org, site, staff, shift, actor, place, day, next string }

func fill(t *testing.T, db *DB) (p planned) {
	t.Helper()
	d, err := demo.Build(t.Context(), db, demo.Options{Seed: 1, Today: roster.MakeDay(2026, time.November, 25), Staff: 40, Months: 4, NewID: NewID})
	must(t, err)
	_, err = db.long.ExecContext(t.Context(), `ANALYZE TABLE orgs, acts, events, staff, shifts, published_shifts, rosters`)
	must(t, err)
	p.org, p.day, p.next = string(d.Org.ID), "2026-11-10", "2026-11-12"
	x := rowsOf(t, db, `SELECT site_id, staff_id, id FROM shifts WHERE org_id = ? AND day = ? ORDER BY id LIMIT 1`, p.org, p.day)[0]
	p.site, p.staff, p.shift = x[0], x[1], x[2]
	x = rowsOf(t, db, `SELECT actor_id, place FROM acts WHERE org_id = ? ORDER BY revision DESC LIMIT 1`, p.org)[0]
	p.actor, p.place = x[0], x[1]
	return p
}

func planArgs(name string, p planned, n int) []any {
	args := map[string][]any{
		"sheet":                   {p.org, p.day, p.next, p.org, p.site, p.site, p.day, p.next},
		"shifts of a day":         {p.org, p.day},
		"shifts of a site":        {p.org, p.site, p.day},
		"shifts of a person":      {p.org, p.day, p.next, p.staff},
		"one shift":               {p.org, p.shift},
		"own roster":              {p.org, p.day, p.next, p.staff},
		"published site":          {p.org, p.day, p.next, p.site},
		"people at work":          {p.org, p.day},
		"acts of a person":        {p.org, p.actor, p.place},
		"an act and who undid it": {p.org, 3},
		"touched cells":           {p.org, p.day, p.next, 1, p.org},
	}[name]
	if len(args) != n {
		panic(fmt.Sprintf("%s: %d arguments, want %d", name, len(args), n))
	}
	return args
}

// mysqlPlan leaves out what depends on estimates.
func mysqlPlan(t *testing.T, db *DB, query string, args []any) string {
	t.Helper()
	rows, err := db.long.QueryContext(context.Background(), `EXPLAIN `+query, args...)
	must(t, err)
	defer rows.Close()
	names, err := rows.Columns()
	must(t, err)
	var plan strings.Builder
	for rows.Next() {
		values, to := make([]*string, len(names)), make([]any, len(names))
		for i := range to {
			to[i] = &values[i]
		}
		must(t, rows.Scan(to...))
		at := map[string]string{}
		for i, v := range values {
			if v != nil {
				at[names[i]] = *v
			}
		}
		fmt.Fprintf(&plan, "  %s %s by %s %s\n", at["table"], at["type"], at["key"], at["Extra"])
	}
	must(t, rows.Err())
	return plan.String()
}
