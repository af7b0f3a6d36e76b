package app

import (
	"context"

	"wakakusa/roster"
	"wakakusa/store"
)

// PeopleView is everybody an actor may see with phone and e-mail, as the list page shows them.
type PeopleView struct {
	Org       roster.Org
	Staff     []roster.Staff
	Sites     []roster.Site
	Jobs      []roster.Job
	Contracts map[roster.StaffID][]roster.Contract
}

// People lists the staff of the sites an actor is responsible for.
func (a *App) People(ctx context.Context, by roster.Actor) (v PeopleView, err error) {
	if err := roster.Can(by, roster.ViewStaff, roster.Subject{}); err != nil {
		return v, err
	}
	err = a.read(ctx, by, func(r store.Reader) error {
		if v.Org, err = r.Org(ctx); err != nil {
			return err
		}
		if v.Sites, err = r.Sites(ctx); err != nil {
			return err
		}
		if v.Jobs, err = r.Jobs(ctx); err != nil {
			return err
		}
		if v.Contracts, err = r.Contracts(ctx); err != nil {
			return err
		}
		v.Staff = nil
		all, err := r.People(ctx)
		for _, p := range all {
			if roster.Can(by, roster.ViewStaff, roster.Subject{Site: p.HomeSite}) == nil {
				v.Staff = append(v.Staff, p)
			}
		}
		return err
	})
	today := a.Today(v.Org)
	roster.SortStaff(v.Staff, v.Jobs, func(id roster.StaffID) bool {
		c, ok := roster.ContractOn(v.Contracts[id], today)
		return ok && c.FullTime
	})
	return v, err
}

// Person is one member of staff with contracts and what the form about them offers.
type Person struct {
	roster.Staff
	Contracts []roster.Contract
	Choices   PersonChoices
}

// PersonChoices are the sites and 職種 that an actor may give a person.
type PersonChoices struct {
	Sites []roster.Site // those of the actor that are open, and the person's own
	Jobs  []roster.Job
}

// ChoicesForNew reads what the form of a new person offers.
func (a *App) ChoicesForNew(ctx context.Context, by roster.Actor) (v PersonChoices, err error) {
	if err := roster.Can(by, roster.EditStaff, roster.Subject{}); err != nil {
		return v, err
	}
	err = a.read(ctx, by, func(r store.Reader) (err error) { v, err = personChoices(ctx, r, by, ""); return })
	return v, err
}

func personChoices(ctx context.Context, r store.Reader, by roster.Actor, home roster.SiteID) (v PersonChoices, err error) {
	if v.Jobs, err = r.Jobs(ctx); err != nil {
		return v, err
	}
	all, err := r.Sites(ctx)
	for _, s := range all {
		if s.ID == home || !s.Archived && roster.Can(by, roster.EditStaff, roster.Subject{Site: s.ID}) == nil {
			v.Sites = append(v.Sites, s)
		}
	}
	return v, err
}

// Person reads somebody of a site the actor is responsible for; others are NotFound.
func (a *App) Person(ctx context.Context, by roster.Actor, id roster.StaffID) (p Person, err error) {
	if err := roster.Can(by, roster.ViewStaff, roster.Subject{}); err != nil {
		return p, err
	}
	err = a.read(ctx, by, func(r store.Reader) error {
		if p.Staff, err = r.Staff(ctx, id); err != nil {
			return err
		}
		if roster.Can(by, roster.ViewStaff, roster.Subject{Site: p.HomeSite}) != nil {
			return roster.Refuse(roster.NotFound, "error.not_found")
		}
		if p.Contracts, err = r.ContractsOf(ctx, id); err != nil {
			return err
		}
		p.Choices, err = personChoices(ctx, r, by, p.HomeSite)
		return err
	})
	return p, err
}

// SaveStaff adds (Version 0) or changes a person. A manager can neither touch nor create people of other sites.
func (a *App) SaveStaff(ctx context.Context, by roster.Actor, s roster.Staff, key string) (roster.Staff, error) {
	return saveThing(ctx, a, by, roster.EditStaff, roster.Subject{Site: s.HomeSite}, roster.EventStaffSaved, key, s.Check(),
		func(w store.Writer) (before, after roster.Staff, id string, err error) {
			if s.Version == 0 {
				s.ID = roster.StaffID(a.newID())
			} else {
				if before, err = w.Staff(ctx, s.ID); err != nil {
					return
				}
				if before.Erased() {
					err = roster.Refuse(roster.RuleBroken, "error.staff_erased")
					return
				}
				if err = roster.Can(by, roster.EditStaff, roster.Subject{Site: before.HomeSite}); err != nil {
					return
				}
			}
			if _, err = w.Site(ctx, s.HomeSite); err != nil {
				return before, after, "", onField(err, "home_site")
			}
			if err = knownJobs(ctx, w, s.Jobs); err != nil {
				return
			}
			after, err = w.SaveStaff(ctx, s)
			return before, after, string(s.ID), err
		})
}

// knownJobs refuses a 職種 that this organisation does not have: they are kept as a list, which the engine does not check.
func knownJobs(ctx context.Context, r store.Reader, shares []roster.JobShare) error {
	jobs, err := r.Jobs(ctx)
	if err != nil {
		return err
	}
	for _, x := range shares {
		if _, err := find(jobs, func(j roster.Job) bool { return j.ID == x.Job }); err != nil {
			return roster.Refuse(roster.Invalid, "error.choice").On("jobs")
		}
	}
	return nil
}

// SaveContract adds (Version 0) or changes a contract.
func (a *App) SaveContract(ctx context.Context, by roster.Actor, c roster.Contract, key string) (roster.Contract, error) {
	p, err := a.Person(ctx, by, c.Staff)
	if err == nil && p.Erased() {
		err = roster.Refuse(roster.RuleBroken, "error.staff_erased")
	}
	if err != nil {
		return c, err
	}
	return saveThing(ctx, a, by, roster.EditStaff, roster.Subject{Site: p.HomeSite}, roster.EventContractSaved, key, c.Check(),
		func(w store.Writer) (before, after roster.Contract, id string, err error) {
			if c.Version == 0 {
				c.ID = roster.ContractID(a.newID())
			} else if before, err = contractByID(ctx, w, c.Staff, c.ID); err != nil {
				return
			}
			after, err = w.SaveContract(ctx, c)
			return before, after, string(c.ID), err
		})
}

func contractByID(ctx context.Context, r store.Reader, staff roster.StaffID, id roster.ContractID) (roster.Contract, error) {
	list, err := r.ContractsOf(ctx, staff)
	if err != nil {
		return roster.Contract{}, err
	}
	return find(list, func(c roster.Contract) bool { return c.ID == id })
}

// RemoveContract takes a contract away.
func (a *App) RemoveContract(ctx context.Context, by roster.Actor, c roster.Contract, key string) error {
	p, err := a.Person(ctx, by, c.Staff)
	if err != nil {
		return err
	}
	_, err = saveThing(ctx, a, by, roster.EditStaff, roster.Subject{Site: p.HomeSite}, roster.EventContractRemoved, key, nil,
		func(w store.Writer) (before, after roster.Contract, _ string, err error) {
			if before, err = contractByID(ctx, w, c.Staff, c.ID); err != nil {
				return
			}
			return before, after, string(c.ID), w.RemoveContract(ctx, c.ID, c.Version)
		})
	return err
}
