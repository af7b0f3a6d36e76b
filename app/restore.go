package app

import (
	"context"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// RecordRestore writes into every organisation of a restored database that it was put back, and from what. who is the administrator who
// asked for it, or the operator.
func (a *App) RecordRestore(ctx context.Context, who, from string, moment time.Time) error {
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		act := roster.Act{Org: o.ID, Name: who, Kind: roster.EventOrgRestored}
		_, err := a.write(ctx, act, func(w store.Writer) error {
			is, err := w.Org(ctx)
			if err != nil {
				return err
			}
			if is, err = w.SaveOrg(ctx, is); err != nil { // its row moves on with its revision
				return err
			}
			w.Record(roster.Saved(roster.EventOrgRestored, string(is.ID), "", nil, roster.Restored{From: from, Moment: moment.UnixMilli()}))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
