package demo

import (
	"context"
	"fmt"
	"slices"

	"wakakusa/roster"
	"wakakusa/store"
)

// slice is how many shifts go into one act: the pen is never held long.
const slice = 1200

// accountDraft is an account and the membership it belongs to.
type accountDraft struct{ account store.Account }

// admit makes one member of each role. Their accounts have no password: demo links sign them in.
func (p *plan) admit() {
	p.member(roster.RoleAdmin, p.somebody("office", weekdays), nil)
	p.member(roster.RoleManager, p.somebody("home", weekdays), []roster.SiteID{p.home.ID})
	p.member(roster.RoleStaff, p.somebody("home", nights), nil)
	p.member(roster.RoleMember, p.somebody("works", attends), nil)
	p.member(roster.RoleViewer, nil, []roster.SiteID{p.home.ID, p.works.ID, p.office.ID})
}

func (p *plan) somebody(site string, r rhythm) *worker {
	i := slices.IndexFunc(p.workers, func(w *worker) bool { return w.post.site == site && w.post.rhythm == r })
	return p.workers[max(0, i)]
}

func (p *plan) member(role roster.Role, w *worker, sites []roster.SiteID) {
	m := roster.Member{
		ID: roster.MemberID(p.newID()), Account: roster.AccountID(p.newID()), Name: "監査 閲覧用", Role: role, Sites: sites, Active: true,
	}
	if w != nil {
		m.Name, m.Staff = w.staff.Name, w.staff.ID
	}
	p.members = append(p.members, m)
	p.accounts = append(p.accounts, accountDraft{store.Account{
		ID: m.Account, Name: p.org.Slug + "-" + string(role), Display: m.Name, CreatedMs: p.today.At(0, roster.Japan).UnixMilli(),
	}})
}

// writing puts a plan into a store.
type writing struct {
	plan   *plan
	store  store.Store
	shifts int
	acts   int
}

func (w *writing) all(ctx context.Context) error {
	steps := []func(context.Context) error{
		func(ctx context.Context) error { return w.store.AddOrg(ctx, w.plan.org) }, w.saveMasters, w.savePeople, w.saveRosters, w.saveChanges,
		w.saveMembers,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// act writes under a key that is the same for the same plan.
func (w *writing) act(ctx context.Context, kind, place string, fn func(store.Writer) error) error {
	w.acts++
	act := roster.Act{Org: w.plan.org.ID, Name: "デモ", Kind: kind, Place: place, Key: fmt.Sprintf("demo-%d", w.acts)}
	_, err := w.store.Write(ctx, act, fn)
	return err
}

// saveEach saves things of one kind and records each.
func saveEach[T any](ctx context.Context, w store.Writer, event string, list []T, id func(T) string, save func(context.Context, T) (T, error)) error {
	for _, x := range list {
		saved, err := save(ctx, x)
		if err != nil {
			return err
		}
		w.Record(roster.Saved(event, id(x), "", nil, saved))
	}
	return nil
}

func (w *writing) saveMasters(ctx context.Context) error {
	p := w.plan
	return w.act(ctx, "org.founded", "", func(s store.Writer) error {
		err := saveEach(ctx, s, roster.EventSiteSaved, p.sites(), func(x roster.Site) string { return string(x.ID) }, s.SaveSite)
		if err == nil {
			err = saveEach(ctx, s, roster.EventJobSaved, p.jobList, func(x roster.Job) string { return string(x.ID) }, s.SaveJob)
		}
		if err == nil {
			err = saveEach(ctx, s, roster.EventCodeSaved, p.codeList, func(x roster.Code) string { return string(x.ID) }, s.SaveCode)
		}
		if err == nil {
			err = saveEach(ctx, s, roster.EventHolidaySaved, p.holidayList, func(x roster.Holiday) string { return string(x.ID) }, s.SaveHoliday)
		}
		if err == nil {
			err = saveEach(ctx, s, roster.EventNeedSaved, p.needs, func(x roster.Need) string { return string(x.ID) }, s.SaveNeed)
		}
		return err
	})
}

func (w *writing) savePeople(ctx context.Context) error {
	for part := range slices.Chunk(w.plan.workers, slice) {
		err := w.act(ctx, "staff.saved", "", func(s store.Writer) error {
			for _, x := range part {
				saved, err := s.SaveStaff(ctx, x.staff)
				if err != nil {
					return err
				}
				s.Record(roster.Saved(roster.EventStaffSaved, string(saved.ID), saved.HomeSite, nil, saved))
				c, err := s.SaveContract(ctx, x.contract)
				if err != nil {
					return err
				}
				s.Record(roster.Saved(roster.EventContractSaved, string(c.ID), saved.HomeSite, nil, c))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// saveRosters publishes when everything is planned, as one does: what is published has no later events but the manager's changes.
func (w *writing) saveRosters(ctx context.Context) error {
	for _, r := range w.plan.rosters {
		for part := range slices.Chunk(r.shifts, slice) {
			if err := w.saveShifts(ctx, string(r.roster.Site), part); err != nil {
				return err
			}
		}
	}
	for _, r := range w.plan.rosters {
		if err := w.saveRoster(ctx, r.roster, r.wants); err != nil {
			return err
		}
	}
	if len(w.plan.locks) == 0 {
		return nil
	}
	return w.act(ctx, "roster.edited", string(w.plan.home.ID), func(s store.Writer) error {
		for _, l := range w.plan.locks {
			if err := s.LockCell(ctx, l.site, l.cell); err != nil {
				return err
			}
			s.Record(roster.Event{Name: roster.EventCellLocked, Site: l.site, Cell: l.cell})
		}
		return nil
	})
}

func (w *writing) saveShifts(ctx context.Context, place string, part []roster.Shift) error {
	w.shifts += len(part)
	return w.act(ctx, "roster.edited", place, func(s store.Writer) error {
		for _, x := range part {
			saved, err := s.SaveShift(ctx, x)
			if err != nil {
				return err
			}
			s.Record(roster.ShiftEvent(roster.Change{After: &saved}))
		}
		return nil
	})
}

// saveRoster takes a roster through its states, one act each.
func (w *writing) saveRoster(ctx context.Context, r roster.Roster, wants roster.State) error {
	err := w.step(ctx, "roster.saved", &r, func(_ store.Writer, _ roster.Org, r roster.Roster) (roster.Roster, error) { return r, nil })
	if err == nil && wants != roster.StateDrafting {
		err = w.step(ctx, "roster.published", &r, func(s store.Writer, o roster.Org, r roster.Roster) (roster.Roster, error) {
			return r.Publish(o.Revision, s.NowMs())
		})
	}
	if err == nil && wants == roster.StateClosed {
		err = w.step(ctx, "roster.closed", &r, func(_ store.Writer, _ roster.Org, r roster.Roster) (roster.Roster, error) { return r.Close() })
	}
	return err
}

func (w *writing) step(ctx context.Context, kind string, r *roster.Roster,
	next func(store.Writer, roster.Org, roster.Roster) (roster.Roster, error),
) error {
	before := *r
	return w.act(ctx, kind, string(r.Site), func(s store.Writer) error {
		org, err := s.Org(ctx)
		if err != nil {
			return err
		}
		after, err := next(s, org, before)
		if err != nil {
			return err
		}
		if *r, err = s.SaveRoster(ctx, after); err != nil {
			return err
		}
		s.Record(roster.Saved(roster.EventRosterSaved, string(r.ID), r.Site, before, *r))
		if r.Published > before.Published {
			return s.CopyPublished(ctx, *r)
		}
		return nil
	})
}

// saveChanges are the manager's own edits of the published month, which can be undone.
func (w *writing) saveChanges(ctx context.Context) error {
	by := w.plan.members[1]
	for i, changes := range w.plan.changes {
		act := roster.Act{
			Org: w.plan.org.ID, Actor: by.Account, Name: by.Name, Kind: "roster.edited", Place: string(w.plan.home.ID),
			Key: fmt.Sprintf("demo-change-%d", i),
		}
		_, err := w.store.Write(ctx, act, func(s store.Writer) error {
			for _, c := range changes {
				after, err := s.SaveShift(ctx, *c.After)
				if err != nil {
					return err
				}
				s.Record(roster.ShiftEvents(roster.Change{Before: c.Before, After: &after})...)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// saveMembers comes last: an organisation with members is a whole one.
func (w *writing) saveMembers(ctx context.Context) error {
	for _, a := range w.plan.accounts {
		if _, err := store.SaveAccount(ctx, w.store, a.account); err != nil {
			return err
		}
	}
	return w.act(ctx, "member.saved", "", func(s store.Writer) error {
		return saveEach(ctx, s, roster.EventMemberSaved, w.plan.members, func(x roster.Member) string { return string(x.ID) }, s.SaveMember)
	})
}
