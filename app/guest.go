package app

import (
	"context"

	"wakakusa/roster"
	"wakakusa/store"
)

// Guests lists who may be sent to help (応援) at a site in its period: people of other sites that the actor plans who do not stand
// on its sheet yet.
func (a *App) Guests(ctx context.Context, by roster.Actor, p Place) ([]roster.Staff, error) {
	open, err := a.Sheet(ctx, by, p)
	if err != nil {
		return nil, err
	}
	var free []roster.Staff
	err = a.read(ctx, by, func(r store.Reader) error {
		all, err := r.People(ctx)
		for _, x := range all {
			_, here := open.Person(x.ID)
			mine := roster.Can(by, roster.EditRoster, roster.Subject{Site: x.HomeSite}) == nil
			if !here && mine && x.Approval == roster.Approved && x.ActiveIn(open.Roster.Period) {
				free = append(free, x)
			}
		}
		return err
	})
	roster.SortStaff(free, open.Jobs, func(roster.StaffID) bool { return true })
	return free, err
}
