package app

import (
	"context"
	"slices"

	"wakakusa/roster"
	"wakakusa/store"
)

// Place says which roster: a site and the period that contains a day.
type Place struct {
	Site roster.SiteID
	Day  roster.Day
}

// OpenSheet is a sheet as one snapshot shows it.
type OpenSheet struct {
	*roster.Sheet
	Revision int64
	Sites    []roster.Site                      // sites of the organisation, for the switcher
	Changed  map[roster.Cell]bool               // cells that differ from the published copy
	breaches map[roster.StaffID][]roster.Breach // of a whole sheet, judged once
	cover    map[roster.Day][]roster.Cover      // likewise
}

// Breaches returns what is wrong in a person's period, by day.
func (o OpenSheet) Breaches(id roster.StaffID) []roster.Breach {
	if found, ok := o.breaches[id]; ok {
		return found
	}
	return o.Sheet.Breaches(id)
}

// Coverage counts the people of one day for each of CoverCodes.
func (o OpenSheet) Coverage(d roster.Day) []roster.Cover {
	if found, ok := o.cover[d]; ok {
		return found
	}
	return o.Sheet.Coverage(d)
}

// judge finds out once what every look at a whole sheet asks for.
func (o *OpenSheet) judge() {
	o.breaches, o.cover = make(map[roster.StaffID][]roster.Breach, len(o.Staff)), map[roster.Day][]roster.Cover{}
	for _, p := range o.Staff {
		o.breaches[p.ID] = o.Sheet.Breaches(p.ID)
	}
	for d := o.Roster.Period.First; d <= o.Roster.Period.Last; d++ {
		o.cover[d] = o.Sheet.Coverage(d)
	}
}

// Sheet reads the working roster of a site: the draft, for those who may edit it; viewers get the published copy.
// NotFound for a site that is not in the organisation, Forbidden for those who may not look.
func (a *App) Sheet(ctx context.Context, by roster.Actor, p Place) (OpenSheet, error) {
	return a.sheet(ctx, by, p, nil)
}

// Rows reads only some people's rows of a sheet; the other rows are empty. Days and coverage are not judged on it.
func (a *App) Rows(ctx context.Context, by roster.Actor, p Place, staff []roster.StaffID) (OpenSheet, error) {
	if staff == nil {
		staff = []roster.StaffID{}
	}
	return a.sheet(ctx, by, p, staff)
}

func (a *App) sheet(ctx context.Context, by roster.Actor, p Place, only []roster.StaffID) (o OpenSheet, err error) {
	if err := roster.Can(by, roster.ViewRoster, roster.Subject{Site: p.Site}); err != nil {
		return o, err
	}
	draft := roster.Can(by, roster.EditRoster, roster.Subject{Site: p.Site}) == nil
	err = a.read(ctx, by, func(r store.Reader) error {
		if only != nil {
			o, err = openSheet(ctx, r, p, only, draft)
			return err
		}
		org, err := r.Org(ctx)
		if err != nil {
			return err
		}
		key, known := sheetKey{by.Org, p, draft}, false
		if o, known = a.sheets.get(key, org.Revision); known {
			return nil
		}
		if o, err = openSheet(ctx, r, p, nil, draft); err == nil {
			o.judge()
			a.sheets.put(key, o)
		}
		return err
	})
	return o, err
}

func openSheet(ctx context.Context, r store.Reader, p Place, only []roster.StaffID, draft bool) (o OpenSheet, err error) {
	o.Sheet, err = loadSheet(ctx, r, p, only)
	if err != nil {
		return o, err
	}
	o.Revision = o.Org.Revision
	if o.Sites, err = r.Sites(ctx); err != nil {
		return o, err
	}
	if !draft {
		return o, showPublished(ctx, r, o.Sheet)
	}
	o.Changed, err = changedCells(ctx, r, o.Sheet, only != nil)
	return o, err
}

// loadSheet reads everything a decision about a roster needs. only limits the shifts to some people (nil: all).
func loadSheet(ctx context.Context, r store.Reader, p Place, only []roster.StaffID) (*roster.Sheet, error) {
	s := &roster.Sheet{}
	err := inOrder(
		func() error { return loadFrame(ctx, r, p, s) },
		func() (err error) { s.Jobs, err = r.Jobs(ctx); return },
		func() (err error) { s.Contracts, err = contracts(ctx, r, only); return },
		func() (err error) { s.Needs, err = r.Needs(ctx, p.Site); return },
		func() (err error) {
			if only != nil {
				s.Shifts, err = r.ShiftsOf(ctx, only, s.Roster.Period.Widen(roster.Margin, roster.Margin))
				return
			}
			s.Shifts, err = r.SheetShifts(ctx, p.Site, s.Roster.Period.Widen(roster.Margin, roster.Margin))
			return
		},
		func() error { return loadHolidays(ctx, r, s) },
		func() error { return loadPeople(ctx, r, s, only) },
	)
	if err != nil {
		return nil, err
	}
	return s, nil
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
		func() (err error) { s.Locked, err = r.LockedCells(ctx, s.Roster.Period); return },
	)
}

// loadRows reads what Apply and Undo ask for and no more, because it is read under the pen: some people and their shifts. People of
// other sites may be sent to help (応援) by who plans their home; once they stand on the sheet, they are planned like others.
func loadRows(ctx context.Context, r store.Reader, by roster.Actor, p Place, staff []roster.StaffID) (*roster.Sheet, error) {
	s := &roster.Sheet{}
	if err := loadFrame(ctx, r, p, s); err != nil {
		return nil, err
	}
	var err error
	if s.Shifts, err = r.ShiftsOf(ctx, staff, s.Roster.Period.Widen(roster.Margin, roster.Margin)); err != nil {
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
	s.Holidays = roster.Holidays(s.Roster.Period.Widen(roster.Margin, roster.Margin), own)
	return err
}

// loadPeople keeps those whose home the site is, and guests (応援) who have a shift here in the period.
func loadPeople(ctx context.Context, r store.Reader, s *roster.Sheet, only []roster.StaffID) error {
	all, err := people(ctx, r, only)
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

// people and contracts read everybody's, or only some people's.
func people(ctx context.Context, r store.Reader, only []roster.StaffID) ([]roster.Staff, error) {
	if only == nil {
		return r.People(ctx)
	}
	return someStaff(ctx, r, only)
}

func contracts(ctx context.Context, r store.Reader, only []roster.StaffID) (map[roster.StaffID][]roster.Contract, error) {
	if only == nil || len(only) > fewPeople {
		return r.Contracts(ctx)
	}
	by := map[roster.StaffID][]roster.Contract{}
	for _, id := range only {
		list, err := r.ContractsOf(ctx, id)
		if err != nil {
			return nil, err
		}
		by[id] = list
	}
	return by, nil
}

func onSheet(s *roster.Sheet, p roster.Staff) bool {
	if p.HomeSite == s.Site.ID && p.ActiveIn(s.Roster.Period) && p.Approval == roster.Approved {
		return true
	}
	return slices.ContainsFunc(s.Shifts[p.ID], func(x roster.Shift) bool {
		return x.Site == s.Site.ID && s.Roster.Period.Contains(x.Day)
	})
}

// changedCells compares what events touched since publication with the published copy; what went back is not a change. Of a sheet
// that holds only some rows it reads the others that were touched, so that the count is the same.
func changedCells(ctx context.Context, r store.Reader, s *roster.Sheet, partial bool) (map[roster.Cell]bool, error) {
	if s.Roster.Published == 0 || s.Roster.State != roster.StatePublished {
		return nil, nil
	}
	touched, err := r.TouchedAfter(ctx, s.Roster.PublishedAt, s.Roster.Period)
	if err != nil || len(touched) == 0 {
		return nil, err
	}
	cells := make([]roster.Cell, 0, len(touched))
	for c := range touched {
		cells = append(cells, c)
	}
	copies, err := r.PublishedCells(ctx, s.Roster.ID, s.Roster.Published, cells)
	if err != nil {
		return nil, err
	}
	was := map[roster.Cell][]roster.Shift{}
	for _, x := range copies {
		was[x.Cell()] = append(was[x.Cell()], x)
	}
	now := *s
	if partial {
		if now.Shifts, err = r.ShiftsOf(ctx, Edited{Cells: cells}.Staff(), s.Roster.Period); err != nil {
			return nil, err
		}
	}
	changed := map[roster.Cell]bool{}
	for _, c := range cells {
		if !sameShifts(was[c], here(&now, c)) {
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

// showPublished replaces the draft by what was published. Of the people it leaves what a sheet on the wall shows: no guests who are
// only in the draft, no telephone numbers, addresses, birthdays or contracts.
func showPublished(ctx context.Context, r store.Reader, s *roster.Sheet) error {
	list, err := r.PublishedAt(ctx, s.Site.ID, s.Roster.Period)
	s.Shifts = map[roster.StaffID][]roster.Shift{}
	for _, x := range list {
		s.Shifts[x.Staff] = append(s.Shifts[x.Staff], x)
	}
	s.Staff = slices.DeleteFunc(s.Staff, func(p roster.Staff) bool { return !onSheet(s, p) })
	for i, p := range s.Staff {
		s.Staff[i] = roster.Staff{
			ID: p.ID, Name: p.Name, Kana: p.Kana, Class: p.Class, HomeSite: p.HomeSite, Jobs: p.Jobs, ActiveFrom: p.ActiveFrom,
			ActiveTo: p.ActiveTo, Approval: p.Approval, Position: p.Position,
		}
	}
	s.Contracts, s.Locked = nil, nil
	return err
}

// shiftsOn reads the shifts of some days: the draft for those who may edit it, what is published for others.
func shiftsOn(ctx context.Context, r store.Reader, by roster.Actor, site roster.SiteID, days []roster.Day) ([]roster.Shift, error) {
	if len(days) == 0 || roster.Can(by, roster.EditRoster, roster.Subject{Site: site}) == nil {
		return r.ShiftsOn(ctx, site, days)
	}
	list, err := r.PublishedAt(ctx, site, roster.Period{First: slices.Min(days), Last: slices.Max(days)})
	return slices.DeleteFunc(list, func(x roster.Shift) bool { return !slices.Contains(days, x.Day) }), err
}

// DayCoverage counts the people of some days of a site without reading the month.
func (a *App) DayCoverage(ctx context.Context, by roster.Actor, p Place, days []roster.Day) (map[roster.Day][]roster.Cover, error) {
	if err := roster.Can(by, roster.ViewRoster, roster.Subject{Site: p.Site}); err != nil {
		return nil, err
	}
	found := map[roster.Day][]roster.Cover{}
	err := a.read(ctx, by, func(r store.Reader) error {
		s := &roster.Sheet{Shifts: map[roster.StaffID][]roster.Shift{}}
		err := inOrder(
			func() error { return loadFrame(ctx, r, p, s) },
			func() (err error) { s.Needs, err = r.Needs(ctx, p.Site); return },
			func() error { return loadHolidays(ctx, r, s) },
		)
		if err != nil {
			return err
		}
		list, err := shiftsOn(ctx, r, by, p.Site, days)
		if err != nil {
			return err
		}
		roster.SortShifts(list)
		for _, x := range list {
			s.Shifts[x.Staff] = append(s.Shifts[x.Staff], x)
		}
		if s.Staff, err = r.People(ctx); err != nil {
			return err
		}
		for _, d := range days {
			found[d] = s.Coverage(d)
		}
		return nil
	})
	return found, err
}
