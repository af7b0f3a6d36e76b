package django

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

var staffColumns = []string{
	"id", "name", "phone", "email", "position", "is_active", "user_id", "organization_id", "role_type", "approval_status",
	"rejection_reason", "updated_at", "inventory_permission",
}

const (
	roleGlobal   = "global_admin"
	roleManager  = "manager"
	rolePartTime = "part_time"
	roleUser     = "user"
	roleStaff    = "staff"
)

// person is a row of the former system's staff.
type person struct {
	row      row
	old      string
	name     string
	user     string // foreign account id, "" for none
	org      string // foreign organisation id, "" for none
	role     string // role_type, "" before generation C
	super    bool   // the linked account is a superuser
	active   bool
	approval roster.Approval
	target   *target
	id       roster.StaffID
}

// readPeople keeps everybody in memory: they are thousands at the most.
func (im *importer) readPeople(ctx context.Context) error {
	return im.src.each(ctx, tableStaff, staffColumns, byID, func(r row) error {
		p := &person{
			row: r, old: r.text("id"), user: r.text("user_id"), org: r.text("organization_id"), role: r.text("role_type"),
			active: r.yes("is_active", true),
		}
		p.name = im.name(tableStaff, p.old, r.text("name"), 100, true)
		p.approval = im.approval(tableStaff, p.old, r)
		if _, ok := r.at["role_type"]; ok && !slices.Contains([]string{roleGlobal, roleManager, rolePartTime, roleUser, roleStaff}, p.role) {
			im.Report.tell(tableStaff, p.old, roleUnknown, p.role)
			p.role = roleStaff
		}
		im.people = append(im.people, p)
		im.byOld[p.old] = p
		return nil
	})
}

// approval reads a state; before generation B everything counted as approved.
func (im *importer) approval(table, old string, r row) roster.Approval {
	v := r.value("approval_status")
	switch a := roster.Approval(v.String); {
	case !v.Valid:
		return roster.Approved
	case a == roster.Approved || a == roster.Pending || a == roster.Rejected:
		return a
	}
	im.Report.tell(table, old, stateUnknown, v.String)
	return roster.Pending
}

// staff brings the people of an organisation and their 職種.
func (im *importer) staff(ctx context.Context, t *target) error {
	if err := im.jobs(ctx, t); err != nil {
		return err
	}
	var list []*item[roster.Staff]
	var who []*person
	for _, p := range im.people {
		if p.target == t {
			list = append(list, &item[roster.Staff]{old: p.old, hash: p.row.digest(staffDigest), value: im.readStaff(t, p)})
			who = append(who, p)
		}
	}
	im.tellTwins(who)
	err := keep(ctx, im, t, staffThing, list, im.Report.table(tableStaff))
	for i, p := range who {
		p.id = roster.StaffID(list[i].id)
	}
	return err
}

// staffDigest leaves out what an account's sign-in may touch.
var staffDigest = []string{
	"id", "name", "phone", "email", "position", "is_active", "organization_id", "role_type", "approval_status",
}

var staffThing = thing[roster.Staff]{
	table: tableStaff,
	now: func(ctx context.Context, r store.Reader, id string) (roster.Staff, error) {
		return r.Staff(ctx, roster.StaffID(id))
	},
	save: func(ctx context.Context, w store.Writer, s roster.Staff) (roster.Staff, error) {
		return w.SaveStaff(ctx, s)
	},
	stamp:   func(s *roster.Staff, id string, version int64) { s.ID, s.Version = roster.StaffID(id), version },
	version: func(s roster.Staff) int64 { return s.Version },
	events:  savedEvents(roster.EventStaffSaved, "", func(s roster.Staff) string { return string(s.ID) }),
	id:      func(s roster.Staff) string { return string(s.ID) },
	title:   func(s roster.Staff) string { return s.Name },
}

func (im *importer) readStaff(t *target, p *person) roster.Staff {
	r := p.row
	position, _ := strconv.Atoi(p.old)
	s := roster.Staff{
		Name: p.name, Class: classOf(p.role), HomeSite: t.site.ID, Approval: p.approval, Position: position, Jobs: []roster.JobShare{},
		Phone: im.phone(p.old, r.text("phone")), Email: im.email(tableStaff, p.old, r.text("email")), Skills: []string{},
	}
	if id := t.jobs[jobName(r.text("position"))]; id != "" {
		s.Jobs = []roster.JobShare{{Job: id, Share: 100}}
	}
	switch p.approval {
	case roster.Pending:
		im.Report.tell(tableStaff, p.old, staffPending, p.name)
	case roster.Rejected:
		im.Report.tell(tableStaff, p.old, staffRefused, p.name)
	}
	if reason := strings.TrimSpace(r.text("rejection_reason")); reason != "" {
		im.Report.tell(tableStaff, p.old, reasonKept, reason)
	}
	if !p.active {
		s.ActiveTo = im.today - 1
		if d, ok := dayOfInstant(r.text("updated_at")); ok && d < s.ActiveTo {
			s.ActiveTo = d
		}
		im.Report.tell(tableStaff, p.old, staffAway, p.name, s.ActiveTo)
	}
	return s
}

// dayOfInstant is the day in Japan of an instant the former system wrote in UTC.
func dayOfInstant(s string) (roster.Day, bool) {
	t, ok := parseInstant(s)
	return roster.DayOf(t.In(roster.Japan)), ok
}

func parseInstant(s string) (time.Time, bool) {
	for _, form := range []string{time.DateTime, "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(form, s); err == nil { // a fraction of a second is read without being asked for
			return t, true
		}
	}
	return time.Time{}, false
}

func classOf(role string) roster.Class {
	switch role {
	case rolePartTime:
		return roster.ClassPartTime
	case roleUser:
		return roster.ClassMember
	}
	return roster.ClassRegular
}

func (im *importer) phone(old, raw string) string {
	s := cleanPhone(raw)
	if s != raw {
		im.Report.tell(tableStaff, old, phoneCleaned, raw, s)
	}
	short, was := cut(s, 30)
	if was {
		im.Report.tell(tableStaff, old, phoneCut, s, short)
	}
	return short
}

func (im *importer) email(table, old, raw string) string {
	s := strings.TrimSpace(raw)
	if roster.CheckEmail(s) != nil {
		im.Report.tell(table, old, emailBad, raw)
		return ""
	}
	return s
}

func jobName(position string) string {
	s, _ := cut(cleanLine(position), 30)
	return s
}

// tellTwins names people who cannot be told apart by name. They stay two.
func (im *importer) tellTwins(people []*person) {
	by := map[string][]string{}
	for _, p := range people {
		by[bare(p.name)] = append(by[bare(p.name)], p.old)
	}
	for _, p := range people {
		if olds := by[bare(p.name)]; len(olds) > 1 {
			im.Report.tell(tableStaff, p.old, nameTwin, p.name, len(olds), strings.Join(olds, ", "))
		}
	}
}

// bare is a name without blanks.
func bare(s string) string { return strings.Join(strings.Fields(s), "") }

// jobs makes a 職種 of each position that somebody has.
func (im *importer) jobs(ctx context.Context, t *target) error {
	var list []*item[roster.Job]
	seen := map[string]bool{}
	for _, p := range im.people {
		raw := p.row.text("position")
		name := jobName(raw)
		if p.target != t || name == "" {
			continue
		}
		if whole := cleanLine(raw); whole != name {
			im.Report.tell(tableStaff, p.old, jobCut, whole, name)
		}
		if !seen[name] {
			seen[name] = true
			list = append(list, &item[roster.Job]{old: name, value: roster.Job{Name: name, Position: len(seen)}})
		}
	}
	if err := keep(ctx, im, t, jobThing, list, nil); err != nil {
		return err
	}
	return im.Store.Read(ctx, t.org.ID, func(r store.Reader) error {
		here, err := r.Jobs(ctx)
		t.jobs = map[string]roster.JobID{}
		for _, it := range list {
			if slices.ContainsFunc(here, func(j roster.Job) bool { return string(j.ID) == it.id }) {
				t.jobs[it.old] = roster.JobID(it.id)
			}
		}
		return err
	})
}

var jobThing = thing[roster.Job]{
	table: "job",
	now: func(ctx context.Context, r store.Reader, id string) (roster.Job, error) {
		list, err := r.Jobs(ctx)
		return pick(list, err, func(j roster.Job) bool { return string(j.ID) == id })
	},
	save: func(ctx context.Context, w store.Writer, j roster.Job) (roster.Job, error) { return w.SaveJob(ctx, j) },
	adopt: func(ctx context.Context, r store.Reader, v roster.Job) (roster.Job, bool, error) {
		list, err := r.Jobs(ctx)
		for _, j := range list {
			if j.Name == v.Name {
				return j, true, err
			}
		}
		return v, false, err
	},
	stamp:   func(j *roster.Job, id string, version int64) { j.ID, j.Version = roster.JobID(id), version },
	version: func(j roster.Job) int64 { return j.Version },
	events:  savedEvents(roster.EventJobSaved, "", func(j roster.Job) string { return string(j.ID) }),
	id:      func(j roster.Job) string { return string(j.ID) },
	title:   func(j roster.Job) string { return j.Name },
}
