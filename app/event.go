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

// NewsAfter reads the events of a site, and those that concern all sites, after a revision.
func (a *App) NewsAfter(ctx context.Context, by roster.Actor, site roster.SiteID, revision int64) (n News, err error) {
	if err := roster.Can(by, roster.ViewRoster, roster.Subject{Site: site}); err != nil {
		return n, err
	}
	err = a.read(ctx, by, func(r store.Reader) error {
		org, err := r.Org(ctx)
		if err != nil {
			return err
		}
		n.Revision = org.Revision
		all, err := r.EventsAfter(ctx, revision, newsLimit+1)
		n.More = len(all) > newsLimit
		for _, e := range all {
			if e.Site == "" || e.Site == site {
				n.Events = append(n.Events, e)
			}
		}
		return err
	})
	return n, err
}

// History lists the acts of the organisation, newest first; before continues an earlier list.
func (a *App) History(ctx context.Context, by roster.Actor, before int64, limit int) (list []roster.PastAct, err error) {
	if err := roster.Can(by, roster.ViewHistory, roster.Subject{}); err != nil {
		return nil, err
	}
	err = a.read(ctx, by, func(r store.Reader) (err error) { list, err = r.History(ctx, before, limit); return })
	return list, err
}
