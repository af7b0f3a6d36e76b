package app

import (
	"context"

	"wakakusa/roster"
	"wakakusa/store"
)

// GuestView is a sheet with those who may be sent to help there.
type GuestView struct {
	OpenSheet
	Free []roster.Staff
}

// Guests reads a sheet and who may be sent to help (応援) there in its period: people of other sites that the actor plans who do not
// stand on it yet.
func (a *App) Guests(ctx context.Context, by roster.Actor, p Place) (v GuestView, err error) {
	if v.OpenSheet, err = a.Sheet(ctx, by, p); err != nil {
		return v, err
	}
	err = a.read(ctx, by, func(r store.Reader) error {
		v.Free = nil
		all, err := r.People(ctx)
		for _, x := range all {
			_, here := v.Person(x.ID)
			mine := roster.Can(by, roster.EditRoster, roster.Subject{Site: x.HomeSite}) == nil
			if !here && mine && x.Approval == roster.Approved && x.ActiveIn(v.Roster.Period) {
				v.Free = append(v.Free, x)
			}
		}
		return err
	})
	roster.SortStaff(v.Free, v.Jobs, func(roster.StaffID) bool { return true })
	return v, err
}
