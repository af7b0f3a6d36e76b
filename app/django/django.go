// Package django reads the former system's database, whichever generation of its schema, and turns its rows into ours.
package django

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"wakakusa/roster"
	"wakakusa/store"
)

// Options say where an import writes to and how it is told.
type Options struct {
	Store    store.Store
	Now      func() time.Time
	NewID    func() string
	Name     string // of the organisation that generations A and B become; "" for a default
	Slug     string // its address; "" for a default
	Report   *Report
	Progress func(done, total int) // of the shifts, after each slice; may be nil
}

// importer is one import under way.
type importer struct {
	Options
	src     *Source
	targets []*target
	people  []*person
	byOld   map[string]*person // by foreign staff id
	users   []*user
	today   roster.Day
}

// target is an organisation that is being filled.
type target struct {
	old    string // foreign id, "" where the former system had none
	row    *row   // nil where the former system had no organisations
	org    roster.Org
	site   roster.Site
	jobs   map[string]roster.JobID
	types  map[string]roster.Code // by foreign id; the zero Code: removed here
	offs   map[string]roster.Code // by reason
	shifts []*item[roster.Shift]
	months map[roster.Day]roster.Period // past periods with shifts
	ahead  int                          // shifts from the present period on
}

// Import brings everything that has a home here and reports every row. It may be ended at any moment and begun again: each slice of
// rows is kept whole or not at all, with the references by which the next import finds it.
func Import(ctx context.Context, src *Source, o Options) error {
	im := &importer{Options: o, src: src, byOld: map[string]*person{}, today: roster.DayOf(o.Now().In(roster.Japan))}
	if err := im.readPeople(ctx); err != nil {
		return err
	}
	if err := im.readUsers(ctx); err != nil {
		return err
	}
	if err := im.findTargets(ctx); err != nil {
		return err
	}
	for _, t := range im.targets {
		for _, step := range []func(context.Context, *target) error{im.ensureOrg, im.codes, im.staff, im.holidays} {
			if err := step(ctx, t); err != nil {
				return err
			}
		}
	}
	for _, step := range []func(context.Context) error{im.accounts, im.admins, im.shifts, im.months, im.leftovers} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	im.hints()
	return nil
}

func (im *importer) act(t *target) roster.Act {
	return roster.Program(t.org.ID, actorName).By(actImported, "")
}

// count notes what became of a row.
func (im *importer) count(table, old string, done outcome, title, reason string, n *tally) {
	switch done {
	case hereFirst:
		im.Report.tell(table, old, hereChanged, title)
	case removed:
		im.Report.tell(table, old, hereRemoved, title)
	case refused:
		im.Report.tell(table, old, rowRefused, title+" ("+reason+")")
	}
	if n == nil {
		return
	}
	n.rows++
	switch done {
	case added:
		n.added++
	case updated:
		n.updated++
	case same:
		n.same++
	default:
		n.refused++
	}
}

// known returns what earlier imports made of the rows of a small table.
func (im *importer) known(ctx context.Context, t *target, table string) (map[string]string, error) {
	var olds []string
	err := im.src.each(ctx, table, []string{"id"}, byID, func(r row) error { olds = append(olds, r.text("id")); return nil })
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for part := range slices.Chunk(olds, sliceRows) {
		err := im.Store.Read(ctx, t.org.ID, func(r store.Reader) error {
			refs, err := r.ImportRefs(ctx, im.src.Name, table, part)
			for old, f := range refs {
				all[old] = f.NewID
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// ownID is the id of what is made outside the pen: the same at every import, so that one that was cut short finds it again.
func (im *importer) ownID(table, old string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(im.src.Name+"/"+table+"/"+old)).String()
}

// name cleans a name and tells how.
func (im *importer) name(table, old, raw string, high int, tell bool) string {
	told := func(f finding, values ...any) {
		if tell {
			im.Report.tell(table, old, f, values...)
		}
	}
	s := cleanLine(raw)
	switch {
	case s == "":
		s = fmt.Sprintf(nameless, old)
		told(nameNone, s)
	case hidden(raw):
		told(nameHidden, raw, s)
	case s != raw:
		told(nameCleaned, raw, s)
	}
	short, was := cut(s, high)
	if was {
		told(nameCut, s, short)
	}
	return short
}

// leftovers counts what has no home here, and what never will.
func (im *importer) leftovers(ctx context.Context) error {
	used := map[string][]string{
		tableUser: append(userColumns, "last_login"), tableStaff: staffColumns, tableType: typeColumns, tableShift: shiftColumns,
		tableHoliday: holidayColumns, tableOrg: append(orgColumns, "logo", "seal"),
	}
	var names []string
	for table := range im.src.columns {
		names = append(names, table)
	}
	slices.Sort(names)
	for _, table := range names {
		if list, ok := used[table]; ok {
			im.tellColumns(table, list)
			continue
		}
		n, err := im.src.count(ctx, table)
		if err != nil {
			return err
		}
		f := tableLeft
		switch {
		case slices.Contains(tablesLater, table):
			f = tableLater
		case strings.HasPrefix(table, "django_") || strings.HasPrefix(table, "auth_"):
			f = tableInside
		}
		im.Report.tell(table, "", f, n)
	}
	return nil
}

func (im *importer) tellColumns(table string, used []string) {
	var rest []string
	for _, c := range im.src.columns[table] {
		if !slices.Contains(used, c) {
			rest = append(rest, c)
		}
	}
	if len(rest) > 0 {
		im.Report.tell(table, "", columnLeft, strings.Join(rest, ", "))
	}
}

func (im *importer) hints() {
	for _, t := range im.targets {
		if t.ahead > 0 {
			im.Report.hint(fmt.Sprintf(hintDraft, t.org.Name, thousands(t.ahead)))
		}
	}
	im.Report.hint(hintMissing)
}
