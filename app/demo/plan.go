package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"wakakusa/roster"
)

// plan is the whole organisation before anything is written. It is made first because the store may run a write twice.
type plan struct {
	rng     *rand.Rand
	newID   func() string
	today   roster.Day
	months  roster.Period // the calendar months asked for
	horizon roster.Period // whole weeks, Sunday to Saturday, around every roster period

	org                 roster.Org
	home, works, office roster.Site
	jobs                map[string]roster.Job
	jobList             []roster.Job
	codes               map[string]roster.Code
	codeList            []roster.Code
	holidayList         []roster.Holiday
	closed              map[roster.Day]string // national and own holidays: works and office rest
	workers             []*worker
	needs               []roster.Need
	rosters             []sheetDraft
	locks               []lockDraft
	changes             [][]roster.Change // made after publication, one act each
	members             []roster.Member
	accounts            []accountDraft
}

// sheetDraft is one roster with its shifts.
type sheetDraft struct {
	roster roster.Roster
	shifts []roster.Shift
	wants  roster.State
}

type lockDraft struct {
	site roster.SiteID
	cell roster.Cell
}

func newPlan(o Options) *plan {
	p := &plan{rng: rand.New(rand.NewPCG(o.Seed, 0x77616b61)), newID: o.NewID, today: o.Today}
	p.found(o.Slug)
	p.span(o.Months)
	p.masters()
	p.hire(o.Staff)
	p.fill()
	p.spoil()
	p.demand()
	p.cut()
	p.revise()
	p.admit()
	return p
}

func (p *plan) found(slug string) {
	p.org = roster.Org{ID: roster.OrgID(p.newID()), Slug: slug, Name: "社会福祉法人わかくさ会", Timezone: "Asia/Tokyo", Language: "ja"}
	p.home = roster.Site{ID: roster.SiteID(p.newID()), Name: "特別養護老人ホーム わかくさ苑", StartDay: 1, OffDays: 9, Position: 1}
	p.works = roster.Site{ID: roster.SiteID(p.newID()), Name: "就労継続支援B型 わかくさワークス", StartDay: 21, OffDays: 8, Position: 2}
	p.office = roster.Site{ID: roster.SiteID(p.newID()), Name: "法人本部", StartDay: 1, OffDays: 8, Position: 3}
}

func (p *plan) site(name string) roster.Site {
	switch name {
	case "home":
		return p.home
	case "works":
		return p.works
	}
	return p.office
}

func (p *plan) sites() []roster.Site { return []roster.Site{p.home, p.works, p.office} }

// span finds the months and the whole weeks around them. Months that begin on the 21st reach further on both sides.
func (p *plan) span(months int) {
	year, month, _ := p.today.Date()
	last := 0
	if months > 1 {
		last = 1
	}
	p.months = roster.Period{
		First: roster.MakeDay(year, month+time.Month(last-months+1), 1), Last: roster.MakeDay(year, month+time.Month(last+1), 1) - 1,
	}
	p.horizon = roster.Period{
		First: roster.PeriodOf(p.months.First, p.works.StartDay).First, Last: roster.PeriodOf(p.months.Last, p.works.StartDay).Last,
	}
	p.horizon.First -= roster.Day(p.horizon.First.Weekday())
	p.horizon.Last += roster.Day(time.Saturday - p.horizon.Last.Weekday())
}

// periodsOf returns the roster periods of a site that the months touch.
func (p *plan) periodsOf(s roster.Site) []roster.Period {
	var list []roster.Period
	for x := roster.PeriodOf(p.months.First, s.StartDay); x.First <= p.months.Last; x = x.Next(s.StartDay) {
		list = append(list, x)
	}
	return list
}

func (p *plan) masters() {
	p.jobs = map[string]roster.Job{}
	p.jobList = roster.SeedJobs(func() roster.JobID { return roster.JobID(p.newID()) })
	for _, j := range p.jobList {
		p.jobs[j.Name] = j
	}
	p.codes = map[string]roster.Code{}
	p.codeList = roster.SeedCodes(func() roster.CodeID { return roster.CodeID(p.newID()) })
	for _, c := range p.codeList {
		p.codes[c.Symbol] = c
	}
	first, _, _ := p.horizon.First.Date()
	last, _, _ := p.horizon.Last.Date()
	for year := first; year <= last; year++ {
		p.ownHoliday(roster.MakeDay(year, time.January, 2), "年始休業")
		p.ownHoliday(roster.MakeDay(year, time.January, 3), "年始休業")
		p.ownHoliday(roster.MakeDay(year, time.June, 1), "創立記念日")
		for day := 29; day <= 31; day++ {
			p.ownHoliday(roster.MakeDay(year, time.December, day), "年末休業")
		}
	}
	p.closed = roster.Holidays(p.horizon, p.holidayList)
}

func (p *plan) ownHoliday(d roster.Day, name string) {
	p.holidayList = append(p.holidayList, roster.Holiday{ID: roster.HolidayID(p.newID()), Day: d, Name: name})
}

// restDay reports a day on which works and office are closed.
func (p *plan) restDay(d roster.Day) bool {
	_, holiday := p.closed[d]
	return holiday || d.Weekday() == time.Sunday || d.Weekday() == time.Saturday
}

func (p *plan) at(w *worker, d roster.Day) string {
	if !p.horizon.Contains(d) {
		return ""
	}
	return w.cells[d-p.horizon.First]
}

func (p *plan) put(w *worker, d roster.Day, symbol string) {
	if p.horizon.Contains(d) {
		w.cells[d-p.horizon.First] = symbol
	}
}

// groups cuts the workers by post, in order.
func (p *plan) groups() [][]*worker {
	return chunk(p.workers, func(a, b *worker) bool { return a.post.position == b.post.position })
}

func chunk[T any](list []T, same func(a, b T) bool) [][]T {
	var all [][]T
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && same(list[from], list[to]) {
			to++
		}
		all = append(all, list[from:to])
		from = to
	}
	return all
}

// check runs the program's own rules over everything that will be written.
func (p *plan) check() error {
	var f roster.Faults
	note := func(what string, err error) {
		if err != nil {
			f.Add(what, fmt.Errorf("%s: %w", what, err))
		}
	}
	note("org", p.org.Check())
	for _, s := range p.sites() {
		note(s.Name, s.Check())
	}
	for _, j := range p.jobList {
		note(j.Name, j.Check())
	}
	for _, c := range p.codeList {
		note(c.Symbol, c.Check())
	}
	for _, h := range p.holidayList {
		note(h.Name, h.Check())
	}
	for _, n := range p.needs {
		note("need", n.Check())
	}
	for _, m := range p.members {
		note(m.Name, m.Check())
	}
	for _, w := range p.workers {
		note(w.staff.Name, w.staff.Check())
		note(w.staff.Name, w.contract.Check())
	}
	byID := map[roster.CodeID]roster.Code{}
	for _, c := range p.codeList {
		byID[c.ID] = c
	}
	for _, s := range p.rosters {
		for _, x := range s.shifts {
			note(string(x.ID), x.Check(byID[x.Code]))
		}
	}
	return f.Err()
}
