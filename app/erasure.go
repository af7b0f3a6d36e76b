package app

import (
	"context"
	"errors"
	"slices"

	"wakakusa/roster"
	"wakakusa/store"
)

// TaskErasure erases, every night, the data of those who left long enough ago.
const TaskErasure = "erasure"

// programName is who acts when nobody in particular does.
const programName = "わかくさシフト"

// Leaver is somebody who has left, with what is known of when their data goes.
type Leaver struct {
	Staff   roster.Staff
	From    roster.Day // the first day on which it may be erased
	Held    bool       // an administrator wants it kept
	SignsIn bool       // an account that still signs in: it stays until that is stopped
	Due     bool
	person  store.Person
}

// ErasureView is what the page about it shows.
type ErasureView struct {
	Years   int
	Today   roster.Day
	Leavers []Leaver // not erased yet; who is due first comes first
	Erased  int      // people there are that were
}

// Erasure reads who is to be erased, and when.
func (a *App) Erasure(ctx context.Context, by roster.Actor) (v ErasureView, err error) {
	if err := roster.Can(by, roster.EditOrg, roster.Subject{}); err != nil {
		return v, err
	}
	err = a.read(ctx, by, func(r store.Reader) error {
		v = ErasureView{}
		org, err := r.Org(ctx)
		if err != nil {
			return err
		}
		v.Years, v.Today = org.Settings.WithDefaults().RetainYears, a.Today(org)
		people, err := r.People(ctx)
		for _, p := range people {
			if p.Erased() {
				v.Erased++
			}
		}
		if err == nil {
			v.Leavers, err = a.leavers(ctx, r, people)
		}
		return err
	})
	return v, err
}

// leavers are those of some people who have left and are not erased yet.
func (a *App) leavers(ctx context.Context, r store.Reader, people []roster.Staff) (list []Leaver, err error) {
	org, err := r.Org(ctx)
	if err != nil {
		return nil, err
	}
	members, err := r.Members(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		if p.ActiveTo == 0 || p.ActiveTo >= a.Today(org) || p.Erased() {
			continue
		}
		last, err := r.LastShift(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		list = append(list, a.leaver(org, p, last, members))
	}
	slices.SortStableFunc(list, func(x, y Leaver) int { return int(x.From - y.From) })
	return list, nil
}

func (a *App) leaver(org roster.Org, p roster.Staff, last roster.Day, members []roster.Member) Leaver {
	l := Leaver{Staff: p, Held: slices.Contains(org.Settings.Held, p.ID), person: store.Person{Staff: p.ID}}
	for _, m := range members {
		if m.Staff != p.ID {
			continue
		}
		l.person.Members = append(l.person.Members, m.ID)
		if m.Account != "" {
			l.person.Accounts = append(l.person.Accounts, m.Account)
			l.SignsIn = l.SignsIn || m.Active
		}
	}
	var left bool
	l.From, left = org.Settings.EraseFrom(p, last)
	l.Due = left && !l.Held && !l.SignsIn && l.From <= a.Today(org)
	return l
}

// HoldErasure keeps somebody's data for as long as it is wanted, as in a dispute, or lets it go again.
func (a *App) HoldErasure(ctx context.Context, by roster.Actor, id roster.StaffID, hold bool, key string) error {
	_, err := saveThing(ctx, a, by, roster.EditOrg, roster.Subject{}, roster.EventOrgSaved, key, nil,
		func(w store.Writer) (before, after roster.Org, _ string, err error) {
			if before, err = w.Org(ctx); err != nil {
				return
			}
			if _, err = w.Staff(ctx, id); err != nil {
				return
			}
			held := slices.DeleteFunc(slices.Clone(before.Settings.Held), func(x roster.StaffID) bool { return x == id })
			if hold {
				held = append(held, id)
			}
			o := before
			o.Settings.Held = held
			after, err = w.SaveOrg(ctx, o)
			return before, after, string(after.ID), err
		})
	return err
}

// ErasureDone is what a run of the task did.
type ErasureDone struct {
	People  int `json:"people"`
	Records int `json:"records"` // of what they did and what was done to them
}

// EraseDue erases everybody who is due, in every organisation. One who cannot be erased does not keep the others.
func (a *App) EraseDue(ctx context.Context, tell Tell) (done ErasureDone, err error) {
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return done, err
	}
	var faults []error
	for _, o := range orgs {
		old, err := a.eraseOld(ctx, o)
		done.Records += old
		faults = append(faults, err)
		due, err := a.due(ctx, o.ID)
		faults = append(faults, err)
		for i, l := range due {
			tell(TaskErasure, int64(i), int64(len(due)))
			records, err := a.erase(ctx, o.ID, l)
			done.Records += records
			if faults = append(faults, err); err == nil {
				done.People++
			}
			if ctx.Err() != nil {
				return done, ctx.Err()
			}
		}
	}
	return done, errors.Join(faults...)
}

func (a *App) due(ctx context.Context, org roster.OrgID) (list []Leaver, err error) {
	err = a.store.Read(ctx, org, func(r store.Reader) error {
		people, err := r.People(ctx)
		if err == nil {
			list, err = a.leavers(ctx, r, people)
		}
		list = slices.DeleteFunc(list, func(l Leaver) bool { return !l.Due })
		return err
	})
	return list, err
}

// eraseOld takes names and addresses out of entries of the access log that are old enough, whoever they are of.
func (a *App) eraseOld(ctx context.Context, o roster.Org) (records int, err error) {
	before := o.Settings.EraseRecordsBefore(a.Today(o), o.Zone()).UnixMilli()
	for {
		t, err := a.store.OldAccesses(ctx, o.ID, before, erasedInAct)
		if err != nil || t.Len() == 0 {
			return records, err
		}
		_, err = a.write(ctx, roster.Program(o.ID, programName).By(roster.EventAccessErased, ""), func(w store.Writer) error {
			e, err := w.EraseTraces(ctx, t)
			w.Record(roster.Saved(roster.EventAccessErased, "", "", nil, e))
			return err
		})
		if err != nil {
			return records, err
		}
		records += t.Len()
	}
}

// erasedInAct is how many records one act empties: it must not hold the pen for long.
const erasedInAct = 1000

// erase empties the records that tell of a person, so many in an act, then the person. If it is cut short it begins again: as long as the person
// is there, so is what leads to the records.
func (a *App) erase(ctx context.Context, org roster.OrgID, l Leaver) (records int, err error) {
	for whole := false; !whole; {
		t, err := a.store.TracesOf(ctx, org, l.person, erasedInAct)
		if err != nil {
			return records, err
		}
		whole = t.Len() < erasedInAct
		if err := a.eraseSome(ctx, org, l, t, whole); err != nil {
			return records, err
		}
		records += t.Len()
	}
	late, err := a.store.TracesOf(ctx, org, l.person, erasedInAct) // what was recorded while the last act began
	if err != nil || late.Len() == 0 {
		return records, err
	}
	return records + late.Len(), a.eraseAct(ctx, org, l, func(w store.Writer) (roster.Erased, error) { return w.EraseTraces(ctx, late) })
}

// eraseSome asks again under the pen whether the person is still due.
func (a *App) eraseSome(ctx context.Context, org roster.OrgID, l Leaver, t store.Traces, whole bool) error {
	return a.eraseAct(ctx, org, l, func(w store.Writer) (e roster.Erased, err error) {
		now, err := w.Staff(ctx, l.Staff.ID)
		if err != nil {
			return e, err
		}
		list, err := a.leavers(ctx, w, []roster.Staff{now})
		if err != nil {
			return e, err
		}
		if len(list) != 1 || !list[0].Due || now.Version != l.Staff.Version {
			return e, roster.Refuse(roster.Stale, "error.stale")
		}
		if e, err = w.EraseTraces(ctx, t); err != nil || !whole {
			return e, err
		}
		e.Whole = true
		people, err := w.People(ctx)
		if err != nil {
			return e, err
		}
		return e, w.ErasePerson(ctx, now.Erase(roster.FormerName(now.Class, roster.NextFormer(people))), list[0].person)
	})
}

// eraseAct tells of no cell, though notes of shifts go: everybody reads everything anew.
func (a *App) eraseAct(ctx context.Context, org roster.OrgID, l Leaver, fn func(store.Writer) (roster.Erased, error)) error {
	act := roster.Program(org, programName).By(roster.EventStaffErased, "")
	_, err := a.write(ctx, act, func(w store.Writer) error {
		e, err := fn(w)
		if err != nil {
			return err
		}
		e.Staff = l.Staff.ID
		w.Record(roster.Saved(roster.EventStaffErased, string(l.Staff.ID), "", nil, e))
		return w.ClearScopes(ctx)
	})
	return err
}
