package app

import (
	"context"
	"maps"
	"slices"

	"wakakusa/roster"
	"wakakusa/store"
)

// Place says which roster: a site and the period that contains a day.
type Place struct {
	Site roster.SiteID
	Day  roster.Day
}

// OpenSheet is a sheet as one snapshot shows it. It may be shared: nothing in it may be changed.
type OpenSheet struct {
	*roster.Sheet
	Revision int64
	Sites    []roster.Site                 // sites of the organisation, for the switcher
	Changed  map[roster.Cell]bool          // cells that differ from the published copy
	judged   map[roster.StaffID]judgement  // once, as every look asks for it
	cover    map[roster.Day][]roster.Cover // likewise
}

// judgement is what a person's row comes to.
type judgement struct {
	breaches []roster.Breach
	totals   roster.Totals
}

// Breaches returns what is wrong in a person's period, by day.
func (o OpenSheet) Breaches(id roster.StaffID) []roster.Breach { return o.judged[id].breaches }

// Totals counts a person's period.
func (o OpenSheet) Totals(id roster.StaffID) roster.Totals { return o.judged[id].totals }

// Coverage counts the people of one day of the period for each of CoverCodes.
func (o OpenSheet) Coverage(d roster.Day) []roster.Cover { return o.cover[d] }

// AllBreaches returns the breaches of everybody, in the order of the rows.
func (o OpenSheet) AllBreaches() []roster.Breach {
	var all []roster.Breach
	for _, p := range o.Staff {
		all = append(all, o.Breaches(p.ID)...)
	}
	return all
}

// judge finds out what a whole sheet comes to.
func (o *OpenSheet) judge() {
	o.judged, o.cover = make(map[roster.StaffID]judgement, len(o.Staff)), map[roster.Day][]roster.Cover{}
	for _, p := range o.Staff {
		o.judgeRow(p.ID)
	}
	for d := o.Roster.Period.First; d <= o.Roster.Period.Last; d++ {
		o.cover[d] = o.Sheet.Coverage(d)
	}
}

func (o *OpenSheet) judgeRow(id roster.StaffID) {
	o.judged[id] = judgement{o.Sheet.Breaches(id), o.Sheet.Totals(id)}
}

// Sheet reads the working roster of a site: the draft, for those who may edit it; viewers get the published copy.
// NotFound for a site that is not in the organisation, Forbidden for those who may not look.
func (a *App) Sheet(ctx context.Context, by roster.Actor, p Place) (o OpenSheet, err error) {
	if err := roster.Can(by, roster.ViewRoster, roster.Subject{Site: p.Site}); err != nil {
		return o, err
	}
	draft := roster.Can(by, roster.EditRoster, roster.Subject{Site: p.Site}) == nil
	err = a.read(ctx, by, func(r store.Reader) error {
		o, err = a.sheets.of(sheetKey{by.Org, p, draft}).newest(ctx, r, a.now())
		return err
	})
	return o, err
}

// openSheet reads and judges a whole sheet.
func openSheet(ctx context.Context, r store.Reader, p Place, draft bool) (o OpenSheet, err error) {
	o.Sheet, err = loadSheet(ctx, r, p, draft)
	if err != nil {
		return o, err
	}
	o.Revision = o.Org.Revision
	if o.Sites, err = r.Sites(ctx); err != nil {
		return o, err
	}
	if draft {
		// While the database is away nobody can say what differs from the published copy; the sheet is worth showing all the same.
		if o.Changed, err = changedCells(ctx, r, o.Sheet); err != nil && roster.KindOf(err) != roster.Away {
			return o, err
		}
	}
	o.judge()
	return o, nil
}

// loadSheet reads everything that is seen of a roster.
func loadSheet(ctx context.Context, r store.Reader, p Place, draft bool) (*roster.Sheet, error) {
	s := &roster.Sheet{}
	err := inOrder(
		func() error { return loadFrame(ctx, r, p, s) },
		func() (err error) { s.Jobs, err = r.Jobs(ctx); return },
		func() (err error) { s.Contracts, err = r.Contracts(ctx); return },
		func() (err error) { s.Needs, err = r.Needs(ctx, p.Site); return },
		func() error { return loadShifts(ctx, r, s, draft) },
		func() error { return loadHolidays(ctx, r, s) },
		func() error { return loadPeople(ctx, r, s) },
	)
	if err == nil && !draft {
		hideDraft(s)
	}
	return s, err
}

// loadShifts reads the draft with its locks, or what was published of it.
func loadShifts(ctx context.Context, r store.Reader, s *roster.Sheet, draft bool) (err error) {
	if draft {
		if err := loadLocked(ctx, r, s); err != nil {
			return err
		}
		s.Shifts, err = r.SheetShifts(ctx, s.Site.ID, around(s))
		return err
	}
	list, err := r.PublishedAt(ctx, s.Site.ID, s.Roster.Period)
	s.Shifts = map[roster.StaffID][]roster.Shift{}
	for _, x := range list {
		s.Shifts[x.Staff] = append(s.Shifts[x.Staff], x)
	}
	return err
}

// around is the period of a sheet and what its rules look at beside it.
func around(s *roster.Sheet) roster.Period {
	return s.Roster.Period.Widen(roster.Margin, roster.Margin)
}

// loadFrame reads what every look at a roster needs.
func loadFrame(ctx context.Context, r store.Reader, p Place, s *roster.Sheet) error {
	return inOrder(
		func() (err error) { s.Org, err = r.Org(ctx); return },
		func() (err error) { s.Site, err = r.Site(ctx, p.Site); return },
		func() (err error) {
			s.Roster, err = r.RosterAt(ctx, p.Site, roster.PeriodOf(p.Day, s.Site.StartDay))
			if s.Roster.Version == 0 {
				s.Roster.OffDays = s.Site.OffDays
			}
			return
		},
		func() (err error) { s.Codes, err = r.Codes(ctx); return },
	)
}

// loadLocked reads the locked cells: they belong to the draft.
func loadLocked(ctx context.Context, r store.Reader, s *roster.Sheet) (err error) {
	s.Locked, err = r.LockedCells(ctx, s.Roster.Period)
	return err
}

// loadRows reads what Apply and Undo ask for and no more, because it is read under the pen: some people and their shifts. People of
// other sites may be sent to help (応援) by who plans their home; once they stand on the sheet, they are planned like others.
func loadRows(ctx context.Context, r store.Reader, by roster.Actor, p Place, staff []roster.StaffID) (*roster.Sheet, error) {
	s := &roster.Sheet{}
	err := inOrder(func() error { return loadFrame(ctx, r, p, s) }, func() error { return loadLocked(ctx, r, s) })
	if err != nil {
		return nil, err
	}
	if s.Shifts, err = r.ShiftsOf(ctx, staff, around(s)); err != nil {
		return nil, err
	}
	people, err := someStaff(ctx, r, staff)
	for _, p := range people {
		sent := p.HomeSite != s.Site.ID && roster.Can(by, roster.EditRoster, roster.Subject{Site: p.HomeSite}) == nil
		if onSheet(s, p) || sent {
			s.Staff = append(s.Staff, p)
		}
	}
	return s, err
}

// fewPeople is up to how many people are read one by one.
const fewPeople = 20

// someStaff reads people; those who are not there are left out.
func someStaff(ctx context.Context, r store.Reader, ids []roster.StaffID) ([]roster.Staff, error) {
	if len(ids) > fewPeople {
		all, err := r.People(ctx)
		return slices.DeleteFunc(all, func(p roster.Staff) bool { return !slices.Contains(ids, p.ID) }), err
	}
	var list []roster.Staff
	for _, id := range ids {
		p, err := r.Staff(ctx, id)
		if roster.KindOf(err) == roster.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// inOrder runs steps until one fails.
func inOrder(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func loadHolidays(ctx context.Context, r store.Reader, s *roster.Sheet) error {
	own, err := r.OwnHolidays(ctx)
	s.Holidays = roster.Holidays(around(s), own)
	return err
}

// loadPeople keeps those whose home the site is, and guests (応援) who have a shift here in the period.
func loadPeople(ctx context.Context, r store.Reader, s *roster.Sheet) error {
	all, err := r.People(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		if onSheet(s, p) {
			s.Staff = append(s.Staff, p)
		}
	}
	fullTime := func(id roster.StaffID) bool {
		c, ok := roster.ContractOn(s.Contracts[id], s.Roster.Period.Last)
		return ok && c.FullTime
	}
	roster.SortStaff(s.Staff, s.Jobs, fullTime)
	return nil
}

func onSheet(s *roster.Sheet, p roster.Staff) bool {
	if p.HomeSite == s.Site.ID && p.ActiveIn(s.Roster.Period) && p.Approval == roster.Approved {
		return true
	}
	return slices.ContainsFunc(s.Shifts[p.ID], func(x roster.Shift) bool {
		return x.Site == s.Site.ID && s.Roster.Period.Contains(x.Day)
	})
}

// changedCells compares what events touched since publication with the published copy; what went back is not a change.
func changedCells(ctx context.Context, r store.Reader, s *roster.Sheet) (map[roster.Cell]bool, error) {
	if !wasPublished(s) {
		return nil, nil
	}
	touched, err := r.TouchedAfter(ctx, s.Roster.PublishedAt, s.Roster.Period)
	if err != nil {
		return nil, err
	}
	return differing(ctx, r, s, slices.Collect(maps.Keys(touched)))
}

// wasPublished reports a sheet of which staff see a copy that the draft may differ from.
func wasPublished(s *roster.Sheet) bool {
	return s.Roster.Published > 0 && s.Roster.State == roster.StatePublished
}

// differing returns those of some cells that are not as they were published.
func differing(ctx context.Context, r store.Reader, s *roster.Sheet, cells []roster.Cell) (map[roster.Cell]bool, error) {
	if len(cells) == 0 {
		return nil, nil
	}
	copies, err := r.PublishedCells(ctx, s.Roster.ID, s.Roster.Published, cells)
	if err != nil {
		return nil, err
	}
	was := map[roster.Cell][]roster.Shift{}
	for _, x := range copies {
		was[x.Cell()] = append(was[x.Cell()], x)
	}
	changed := map[roster.Cell]bool{}
	for _, c := range cells {
		if !sameShifts(was[c], here(s, c)) {
			changed[c] = true
		}
	}
	return changed, nil
}

// here returns the approved shifts of a cell at the sheet's own site.
func here(s *roster.Sheet, c roster.Cell) []roster.Shift {
	var list []roster.Shift
	for _, x := range s.ShiftsOn(c) {
		if x.Site == s.Site.ID && x.Approval == roster.Approved {
			list = append(list, x)
		}
	}
	return list
}

func sameShifts(a, b []roster.Shift) bool {
	roster.SortShifts(a)
	return slices.EqualFunc(a, b, func(x, y roster.Shift) bool { return x.Same(y) })
}

// hideDraft leaves of the people what a sheet on the wall shows: no telephone numbers, addresses, birthdays or contracts; and no locks.
func hideDraft(s *roster.Sheet) {
	for i, p := range s.Staff {
		s.Staff[i] = roster.Staff{
			ID: p.ID, Name: p.Name, Kana: p.Kana, Class: p.Class, HomeSite: p.HomeSite, Jobs: p.Jobs, ActiveFrom: p.ActiveFrom,
			ActiveTo: p.ActiveTo, Approval: p.Approval, Position: p.Position,
		}
	}
	s.Contracts = nil
}
