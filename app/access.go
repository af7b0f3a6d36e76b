package app

import (
	"context"
	"log/slog"

	"wakakusa/roster"
	"wakakusa/store"
)

// AuditTo says where a copy of what is recorded goes, one line for an act or entry: ids, never names or what was there before and after.
// It must be called before anything else.
func (a *App) AuditTo(log *slog.Logger) { a.audit = log }

// writeAccounts is the only place that changes accounts, sign-ins and links, and records it.
func (a *App) writeAccounts(ctx context.Context, fn func(store.AccountsWriter) error) error {
	kept, err := a.store.WriteAccounts(ctx, fn)
	for _, e := range kept {
		a.audit.InfoContext(store.WithOrigin(ctx, e.Origin), e.Action, "org", e.Org, "n", e.N, "account", e.Account, "subject", e.Subject, "chain", e.Chain)
	}
	return err
}

// record keeps entries that no change goes with.
func (a *App) record(ctx context.Context, entries ...roster.Access) error {
	return a.writeAccounts(ctx, func(w store.AccountsWriter) error { w.Record(entries...); return nil })
}

// told writes a copy of an act.
func (a *App) told(ctx context.Context, act roster.Act, c store.Change) {
	names := make([]string, len(c.Events))
	for i, e := range c.Events {
		names[i] = e.Name + " " + e.Subject
	}
	if len(names) > actLineEvents {
		names = append(names[:actLineEvents], "…")
	}
	a.audit.InfoContext(ctx, act.Kind, "org", act.Org, "revision", c.Revision, "account", act.Actor, "events", names, "chain", c.Chain)
}

// actLineEvents is how many events of an act its line names.
const actLineEvents = 20

// AuditExported records that a part of a record is about to be taken out as a file. question is what was asked for.
func (a *App) AuditExported(ctx context.Context, actor roster.Actor, what string, question map[string]string) error {
	return a.record(ctx, signed(actor, roster.Accessed(roster.ActionAuditExported, what, nil, question)))
}

// signed is an entry by an actor.
func signed(actor roster.Actor, e roster.Access) roster.Access {
	e.Org, e.Account, e.Name = actor.Org, actor.Account, actor.Name
	return e
}

// everywhere signs an entry by an account, once for each organisation it belongs to: each has its own log.
func (a *App) everywhere(ctx context.Context, acc Account, e roster.Access) ([]roster.Access, error) {
	places, err := a.store.Memberships(ctx, acc.ID)
	if err != nil {
		return nil, err
	}
	e.Account, e.Name = acc.ID, acc.Display
	if len(places) == 0 {
		e.Org, err = a.onlyOrg(ctx)
		return []roster.Access{e}, err
	}
	list := make([]roster.Access, len(places))
	for i, p := range places {
		list[i] = e
		list[i].Org, list[i].Name = p.Org.ID, p.Member.Name
	}
	return list, nil
}

// onlyOrg is the organisation whose log holds what belongs to none: where there is only one, its administrators are who looks.
func (a *App) onlyOrg(ctx context.Context) (roster.OrgID, error) {
	orgs, err := a.store.Orgs(ctx)
	if err != nil || len(orgs) != 1 {
		return "", err
	}
	return orgs[0].ID, nil
}

// alter is writeAccounts for what an account does to itself, with one entry about it.
func (a *App) alter(ctx context.Context, acc Account, e roster.Access, fn func(store.AccountsWriter) error) error {
	entries, err := a.everywhere(ctx, acc, e)
	if err != nil {
		return err
	}
	return a.writeAccounts(ctx, func(w store.AccountsWriter) error {
		w.Record(entries...)
		return fn(w)
	})
}

// Refused records that somebody asked for what they may not do. what names the route, never what was typed.
func (a *App) Refused(ctx context.Context, actor roster.Actor, what string) error {
	return a.record(ctx, signed(actor, roster.Accessed(roster.ActionRefused, what, nil, nil)))
}

// Accesses lists the access log of the organisation, newest first; More says whether there are older entries.
func (a *App) Accesses(ctx context.Context, actor roster.Actor, q AccessQuery) (list []roster.Access, more bool, err error) {
	if err := roster.Can(actor, roster.ViewHistory, roster.Subject{}); err != nil {
		return nil, false, err
	}
	limit := q.Limit
	q.Limit++
	list, err = a.store.Accesses(ctx, actor.Org, q)
	if more = len(list) > limit; more {
		list = list[:limit]
	}
	return list, more, err
}
