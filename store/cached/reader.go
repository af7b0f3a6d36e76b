package cached

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"wakakusa/roster"
	"wakakusa/store"
)

// reader asks memory before its snapshot. Small questions are answered from the answers to big ones: who is asked for one person knows
// them all, so that what one request read serves the others. Lists and maps are copied on their way out; what is in them is shared.
type reader struct {
	store.Reader // of the snapshot; of nothing while the database is away
	s            *Store
	org          roster.Org
	stamps       map[store.Scope]store.Stamp
	ages         map[store.Scope]seenStamp // while the database is away: when each scope was read; nil: now
}

func (r *reader) away() bool { return r.ages != nil }

// note says how old an answer is.
func (r *reader) note(ctx context.Context, scopes []store.Scope) {
	for _, s := range scopes {
		if x, ok := r.ages[s]; ok {
			store.NoteAge(ctx, x.at)
		}
	}
}

// reader begins with what nearly every question depends on.
func (s *Store) reader(ctx context.Context, inner store.Reader) (*reader, error) {
	o, err := inner.Org(ctx)
	if err != nil {
		return nil, err
	}
	r := &reader{Reader: inner, s: s, org: o, stamps: map[store.Scope]store.Stamp{}}
	stamps, err := r.stampsOf(ctx, []store.Scope{store.ScopeAll, store.ScopeMasters, store.ScopeRosters})
	if err == nil {
		s.warmer.want(o, stamps)
	}
	return r, err
}

// stampsOf reads those stamps that were not read yet.
func (r *reader) stampsOf(ctx context.Context, scopes []store.Scope) (map[store.Scope]store.Stamp, error) {
	var missing []store.Scope
	for _, s := range scopes {
		if _, ok := r.stamps[s]; !ok {
			missing = append(missing, s)
		}
	}
	if len(missing) == 0 {
		return r.stamps, nil
	}
	found, err := r.Reader.Stamps(ctx, missing...)
	if err != nil {
		return nil, err
	}
	maps.Copy(r.stamps, found)
	r.s.see(r.org, found)
	return r.stamps, nil
}

// Stamps are asked for once a snapshot.
func (r *reader) Stamps(ctx context.Context, scopes ...store.Scope) (map[store.Scope]store.Stamp, error) {
	all, err := r.stampsOf(ctx, scopes)
	return maps.Clone(all), err
}

func (r *reader) Org(context.Context) (roster.Org, error) { return r.org, nil }

var (
	masters = []store.Scope{store.ScopeMasters}
	rosters = []store.Scope{store.ScopeRosters}
)

// bytesOf estimates a list, by what one of its elements takes.
func bytesOf[T any](each int) func([]T) int { return func(list []T) int { return each * len(list) } }

// list is one of the lists of masters; each estimates what one of its elements takes.
func list[T any](ctx context.Context, r *reader, each int, ask func(context.Context) ([]T, error), words ...string) ([]T, error) {
	all, err := kept(ctx, r, question{words: words, scopes: masters}, bytesOf[T](each), func() ([]T, error) { return ask(ctx) })
	return slices.Clone(all), err
}

func (r *reader) Sites(ctx context.Context) ([]roster.Site, error) {
	return list(ctx, r, 250, r.Reader.Sites, "sites")
}

func (r *reader) Site(ctx context.Context, id roster.SiteID) (roster.Site, error) {
	return one(ctx, r.Sites, func(s roster.Site) bool { return s.ID == id })
}

// one picks from a list. NotFound.
func one[T any](ctx context.Context, all func(context.Context) ([]T, error), is func(T) bool) (found T, err error) {
	list, err := all(ctx)
	if err != nil {
		return found, err
	}
	i := slices.IndexFunc(list, is)
	if i < 0 {
		return found, roster.Refuse(roster.NotFound, "error.not_found")
	}
	return list[i], nil
}

func (r *reader) Jobs(ctx context.Context) ([]roster.Job, error) {
	return list(ctx, r, 150, r.Reader.Jobs, "jobs")
}

func (r *reader) people(ctx context.Context) ([]roster.Staff, error) {
	return kept(ctx, r, question{words: []string{"people"}, scopes: masters}, bytesOf[roster.Staff](600), func() ([]roster.Staff, error) { return r.Reader.People(ctx) })
}

func (r *reader) People(ctx context.Context) ([]roster.Staff, error) {
	list, err := r.people(ctx)
	return slices.Clone(list), err
}

func (r *reader) Staff(ctx context.Context, id roster.StaffID) (roster.Staff, error) {
	return one(ctx, r.people, func(p roster.Staff) bool { return p.ID == id })
}

func (r *reader) contracts(ctx context.Context) (map[roster.StaffID][]roster.Contract, error) {
	bytes := func(m map[roster.StaffID][]roster.Contract) int { return 500 * len(m) }
	return kept(ctx, r, question{words: []string{"contracts"}, scopes: masters}, bytes, func() (map[roster.StaffID][]roster.Contract, error) { return r.Reader.Contracts(ctx) })
}

func (r *reader) Contracts(ctx context.Context) (map[roster.StaffID][]roster.Contract, error) {
	all, err := r.contracts(ctx)
	return maps.Clone(all), err
}

func (r *reader) ContractsOf(ctx context.Context, id roster.StaffID) ([]roster.Contract, error) {
	all, err := r.contracts(ctx)
	return slices.Clone(all[id]), err
}

func (r *reader) Codes(ctx context.Context) ([]roster.Code, error) {
	return list(ctx, r, 400, r.Reader.Codes, "codes")
}

func (r *reader) Needs(ctx context.Context, site roster.SiteID) ([]roster.Need, error) {
	ask := func(ctx context.Context) ([]roster.Need, error) { return r.Reader.Needs(ctx, site) }
	return list(ctx, r, 250, ask, "needs", string(site))
}

func (r *reader) OwnHolidays(ctx context.Context) ([]roster.Holiday, error) {
	return list(ctx, r, 150, r.Reader.OwnHolidays, "holidays")
}

// ever holds every roster.
var ever = roster.Period{First: roster.MakeDay(1900, 1, 1), Last: roster.MakeDay(2300, 1, 1)}

func (r *reader) allRosters(ctx context.Context) ([]roster.Roster, error) {
	q := question{words: []string{"rosters"}, scopes: rosters}
	return kept(ctx, r, q, bytesOf[roster.Roster](250), func() ([]roster.Roster, error) { return r.Reader.Rosters(ctx, "", ever) })
}

func (r *reader) RosterAt(ctx context.Context, site roster.SiteID, p roster.Period) (roster.Roster, error) {
	found, err := one(ctx, r.allRosters, func(x roster.Roster) bool { return x.Site == site && x.Period.First == p.First })
	if roster.KindOf(err) == roster.NotFound {
		return roster.Roster{Site: site, Period: p, State: roster.StateDrafting}, nil
	}
	return found, err
}

func (r *reader) Rosters(ctx context.Context, site roster.SiteID, p roster.Period) ([]roster.Roster, error) {
	all, err := r.allRosters(ctx)
	var list []roster.Roster
	for _, x := range all {
		if (site == "" || x.Site == site) && x.Period.First <= p.Last && x.Period.Last >= p.First {
			list = append(list, x)
		}
	}
	return list, err
}

// monthsOf are the scopes of a period's months.
func monthsOf(p roster.Period) (list []store.Scope) {
	for d := p.First; d <= p.Last; d++ {
		if s := store.ScopeMonth(d); len(list) == 0 || list[len(list)-1] != s {
			list = append(list, s)
		}
	}
	return list
}

func (r *reader) LockedCells(ctx context.Context, p roster.Period) (map[roster.Cell]bool, error) {
	q := question{words: []string{"locked", p.First.String(), p.Last.String()}, scopes: monthsOf(p)}
	cells, err := kept(ctx, r, q, func(m map[roster.Cell]bool) int { return 100 * len(m) }, func() (map[roster.Cell]bool, error) { return r.Reader.LockedCells(ctx, p) })
	return maps.Clone(cells), err
}

// SheetShifts also depends on the masters: they say who calls the site home.
func (r *reader) SheetShifts(ctx context.Context, site roster.SiteID, p roster.Period) (map[roster.StaffID][]roster.Shift, error) {
	q := question{words: []string{"shifts", string(site), p.First.String(), p.Last.String()}, scopes: append(monthsOf(p), masters...), shared: sheetCodec}
	by, err := kept(ctx, r, q, bytesOfSheet, func() (map[roster.StaffID][]roster.Shift, error) { return r.Reader.SheetShifts(ctx, site, p) })
	return maps.Clone(by), err
}

const bytesOfShift = 260

func bytesOfSheet(by map[roster.StaffID][]roster.Shift) (n int) {
	for _, list := range by {
		n += bytesOfShift*len(list) + 60
	}
	return n
}

// copyOf is the question for one published version, which never changes. When it was published tells it from another of the same number.
func copyOf(x roster.Roster) question {
	return question{words: []string{"copy", string(x.ID), strconv.Itoa(x.Published), strconv.FormatInt(x.PublishedMs, 36)}, shared: copyCodec}
}

// published is a copy with where in it each person's shifts are: of thousands one person asks for thirty.
type published struct {
	list []roster.Shift // by day, start, id
	of   map[roster.StaffID][]int32
}

func newPublished(list []roster.Shift) published {
	p := published{list, map[roster.StaffID][]int32{}}
	for i, s := range list {
		p.of[s.Staff] = append(p.of[s.Staff], int32(i))
	}
	return p
}

// keptCopy is the copy if it is in this process's memory.
func (r *reader) keptCopy(x roster.Roster) (published, bool) {
	return recall[published](r.s, copyOf(x).key(r, r.stamps))
}

func (r *reader) copy(ctx context.Context, x roster.Roster) (published, error) {
	bytes := func(p published) int { return (bytesOfShift + 8) * len(p.list) }
	return kept(ctx, r, copyOf(x), bytes, func() (published, error) {
		list, err := r.Reader.PublishedCopy(ctx, x.ID, x.Published)
		return newPublished(list), err
	})
}

func (p published) add(to []roster.Shift, within roster.Period) []roster.Shift {
	for _, s := range p.list {
		if within.Contains(s.Day) {
			to = append(to, s)
		}
	}
	return to
}

func (p published) addOf(staff roster.StaffID, to []roster.Shift, within roster.Period) []roster.Shift {
	for _, i := range p.of[staff] {
		if within.Contains(p.list[i].Day) {
			to = append(to, p.list[i])
		}
	}
	return to
}

// shown are the rosters of a site, or of all for "", of which people see a copy in a period.
func (r *reader) shown(ctx context.Context, site roster.SiteID, p roster.Period) ([]roster.Roster, error) {
	list, err := r.Rosters(ctx, site, p)
	return slices.DeleteFunc(list, func(x roster.Roster) bool { return !x.Shown() }), err
}

// copies are those of the rosters shown, if all are in this process's memory: to read them for one question would take longer than the
// question itself. See warmer for how they come there.
func (r *reader) copies(ctx context.Context, site roster.SiteID, p roster.Period) (list []published, ok bool, err error) {
	shown, err := r.shown(ctx, site, p)
	if err != nil {
		return nil, false, err
	}
	for _, x := range shown {
		c, ok := r.keptCopy(x)
		if !ok {
			return nil, false, nil
		}
		list = append(list, c)
	}
	return list, true, nil
}

func (r *reader) PublishedOf(ctx context.Context, staff roster.StaffID, p roster.Period) (list []roster.Shift, err error) {
	copies, ok, err := r.copies(ctx, "", p)
	if err != nil {
		return nil, err
	}
	if !ok {
		return r.Reader.PublishedOf(ctx, staff, p)
	}
	for _, c := range copies {
		list = c.addOf(staff, list, p)
	}
	roster.SortShifts(list)
	return list, nil
}

func (r *reader) PublishedAt(ctx context.Context, site roster.SiteID, p roster.Period) (list []roster.Shift, err error) {
	copies, ok, err := r.copies(ctx, site, p)
	if err != nil {
		return nil, err
	}
	if !ok {
		return r.Reader.PublishedAt(ctx, site, p)
	}
	for _, c := range copies {
		list = c.add(list, p)
	}
	roster.SortShifts(list)
	return list, nil
}
