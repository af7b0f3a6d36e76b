package app

import (
	"context"

	"wakakusa/roster"
	"wakakusa/store"
)

// News is what happened to a site's sheets after a revision.
type News struct {
	Revision int64
	Events   []roster.Event
	More     bool // too much to tell: ask for everything anew
}

const newsLimit = 400

// NewsAfter reads the events of a site, those that concern all sites, and shifts at other sites, which may be of people whose home this
// one is, after a revision.
func (a *App) NewsAfter(ctx context.Context, by roster.Actor, site roster.SiteID, revision int64) (n News, err error) {
	if err := roster.Can(by, roster.ViewRoster, roster.Subject{Site: site}); err != nil {
		return n, err
	}
	err = a.read(ctx, by, func(r store.Reader) error {
		org, err := r.Org(ctx)
		if err != nil {
			return err
		}
		n = News{Revision: org.Revision}
		all, err := r.EventsAfter(ctx, revision, newsLimit+1)
		n.More = len(all) > newsLimit
		for _, e := range all {
			if e.Site == "" || e.Site == site || e.Cell.Staff != "" {
				n.Events = append(n.Events, e)
			}
		}
		return err
	})
	return n, err
}

// HistoryView is a page of the record of changes with what its sentences name.
type HistoryView struct {
	Acts  []ActTold
	More  bool // there are older ones
	Staff map[roster.StaffID]roster.Staff
	Codes map[roster.CodeID]roster.Code
	Sites map[roster.SiteID]roster.Site
	Jobs  map[roster.JobID]roster.Job
}

// ActTold is an act with the first things it did.
type ActTold struct {
	Act    roster.PastAct
	Events []roster.Event
	More   bool // it did more
}

// History lists acts of the organisation, newest first, each with so many of its events.
func (a *App) History(ctx context.Context, by roster.Actor, q ActQuery, events int) (v HistoryView, err error) {
	if err := roster.Can(by, roster.ViewHistory, roster.Subject{}); err != nil {
		return v, err
	}
	limit := q.Limit
	q.Limit++
	err = a.read(ctx, by, func(r store.Reader) error {
		v = HistoryView{}
		acts, err := r.History(ctx, q)
		if err != nil {
			return err
		}
		if v.More = len(acts) > limit; v.More {
			acts = acts[:limit]
		}
		for _, act := range acts {
			told, err := actTold(ctx, r, act, events)
			if err != nil {
				return err
			}
			v.Acts = append(v.Acts, told)
		}
		return v.readNames(ctx, r)
	})
	return v, err
}

// actTold reads no more events than are told: an import may have made thousands.
func actTold(ctx context.Context, r store.Reader, act roster.PastAct, most int) (ActTold, error) {
	told := ActTold{Act: act}
	events, err := r.EventsOf(ctx, act.Revision, most+1)
	told.More = len(events) > most
	told.Events = events[:min(len(events), most)]
	return told, err
}

// HistoryPeople are those whom a record can be asked about.
type HistoryPeople struct {
	Staff   []roster.Staff
	Members []roster.Member
}

// HistoryPeople lists them.
func (a *App) HistoryPeople(ctx context.Context, by roster.Actor) (p HistoryPeople, err error) {
	if err := roster.Can(by, roster.ViewHistory, roster.Subject{}); err != nil {
		return p, err
	}
	err = a.read(ctx, by, func(r store.Reader) (err error) {
		if p.Staff, err = r.People(ctx); err != nil {
			return err
		}
		p.Members, err = r.Members(ctx)
		return err
	})
	return p, err
}

func (v *HistoryView) readNames(ctx context.Context, r store.Reader) error {
	staff, err := r.People(ctx)
	if err != nil {
		return err
	}
	codes, err := r.Codes(ctx)
	if err != nil {
		return err
	}
	sites, err := r.Sites(ctx)
	if err != nil {
		return err
	}
	jobs, err := r.Jobs(ctx)
	v.Staff = byID(staff, func(x roster.Staff) roster.StaffID { return x.ID })
	v.Codes = byID(codes, func(x roster.Code) roster.CodeID { return x.ID })
	v.Sites = byID(sites, func(x roster.Site) roster.SiteID { return x.ID })
	v.Jobs = byID(jobs, func(x roster.Job) roster.JobID { return x.ID })
	return err
}

func byID[T any, ID comparable](list []T, id func(T) ID) map[ID]T {
	m := make(map[ID]T, len(list))
	for _, x := range list {
		m[id(x)] = x
	}
	return m
}
