package storetest

import (
	"context"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

// tenancy: what belongs to another organisation is not there, and the engine itself refuses a row that points at it.
func tenancy(t *testing.T, s store.Store) {
	mine, theirs := newWorld(t, s), newWorld(t, s)
	x := theirs.saveShifts(theirs.shift(theirs.staff.ID, theirs.site.ID, monday))[0]
	theirs.publish(roster.Roster{ID: roster.RosterID(newID()), Site: theirs.site.ID, Period: roster.PeriodOf(monday, 1), State: roster.StatePublished, Published: 1})
	theirs.write(func(ctx context.Context, w store.Writer) error {
		return w.LockCell(ctx, theirs.site.ID, roster.Cell{Staff: theirs.staff.ID, Day: monday})
	})
	t.Run("reads", func(t *testing.T) { foreignReads(t, mine, theirs, x) })
	t.Run("references", func(t *testing.T) { foreignReferences(t, mine, theirs) })
	t.Run("rows", func(t *testing.T) { foreignRows(t, mine, theirs, x) })
	t.Run("ids", func(t *testing.T) { sharedIDs(t, mine, theirs) })
}

func foreignReads(t *testing.T, mine, theirs *world, x roster.Shift) {
	p := roster.PeriodOf(monday, 1)
	cell := roster.Cell{Staff: theirs.staff.ID, Day: monday}
	mine.read(func(ctx context.Context, r store.Reader) error {
		_, err := r.Site(ctx, theirs.site.ID)
		wantKind(t, "their site", err, roster.NotFound)
		_, err = r.Staff(ctx, theirs.staff.ID)
		wantKind(t, "their person", err, roster.NotFound)
		_, err = r.Shift(ctx, x.ID)
		wantKind(t, "their shift", err, roster.NotFound)
		empty := func(what string, n int, err error) {
			t.Helper()
			if err != nil || n != 0 {
				t.Errorf("%s: %d rows, %v", what, n, err)
			}
		}
		contracts, err := r.ContractsOf(ctx, theirs.staff.ID)
		empty("contracts", len(contracts), err)
		needs, err := r.Needs(ctx, theirs.site.ID)
		empty("needs", len(needs), err)
		rosters, err := r.Rosters(ctx, theirs.site.ID, p)
		empty("rosters", len(rosters), err)
		rosters, err = r.Rosters(ctx, "", p)
		empty("all rosters", len(rosters), err)
		at, err := r.RosterAt(ctx, theirs.site.ID, p)
		empty("roster", int(at.Version), err)
		locked, err := r.LockedCells(ctx, p)
		empty("locks", len(locked), err)
		sheet, err := r.SheetShifts(ctx, theirs.site.ID, p)
		empty("sheet", len(sheet), err)
		of, err := r.ShiftsOf(ctx, []roster.StaffID{theirs.staff.ID}, p)
		empty("shifts of a person", len(of), err)
		own, err := r.PublishedOf(ctx, theirs.staff.ID, p)
		empty("published of a person", len(own), err)
		site, err := r.PublishedAt(ctx, theirs.site.ID, p)
		empty("published of a site", len(site), err)
		acts, _, err := r.CellHistory(ctx, cell, 10)
		empty("history of a cell", len(acts), err)
		used, err := r.CodeInUse(ctx, theirs.code.ID)
		if used || err != nil {
			t.Errorf("their code is in use here: %v", err)
		}
		return nil
	})
}

func foreignReferences(t *testing.T, mine, theirs *world) {
	for what, save := range map[string]func(context.Context, store.Writer) error{
		"a shift at their site": func(ctx context.Context, x store.Writer) error {
			_, err := x.SaveShift(ctx, mine.shift(mine.staff.ID, theirs.site.ID, monday))
			return err
		},
		"a shift of their person": func(ctx context.Context, x store.Writer) error {
			_, err := x.SaveShift(ctx, mine.shift(theirs.staff.ID, mine.site.ID, monday))
			return err
		},
		"a shift of their code": func(ctx context.Context, x store.Writer) error {
			_, err := x.SaveShift(ctx, theirs.shift(mine.staff.ID, mine.site.ID, monday))
			return err
		},
		"a person of their site": func(ctx context.Context, x store.Writer) error {
			_, err := x.SaveStaff(ctx, mine.person("迷い 込み", theirs.site.ID))
			return err
		},
		"a contract of their person": func(ctx context.Context, x store.Writer) error {
			_, err := x.SaveContract(ctx, roster.Contract{ID: roster.ContractID(newID()), Staff: theirs.staff.ID, From: monday})
			return err
		},
		"a need of their site": func(ctx context.Context, x store.Writer) error {
			_, err := x.SaveNeed(ctx, roster.Need{ID: roster.NeedID(newID()), Site: theirs.site.ID, Code: mine.code.ID})
			return err
		},
		"a need of their code": func(ctx context.Context, x store.Writer) error {
			_, err := x.SaveNeed(ctx, roster.Need{ID: roster.NeedID(newID()), Site: mine.site.ID, Code: theirs.code.ID})
			return err
		},
		"a roster of their site": func(ctx context.Context, x store.Writer) error {
			_, err := x.SaveRoster(ctx, roster.Roster{ID: roster.RosterID(newID()), Site: theirs.site.ID, Period: roster.PeriodOf(monday, 1)})
			return err
		},
		"a code that follows theirs": func(ctx context.Context, x store.Writer) error {
			_, err := x.SaveCode(ctx, roster.Code{ID: roster.CodeID(newID()), Symbol: "入", Name: "入り", Follower: theirs.code.ID})
			return err
		},
		"a member who is their person": func(ctx context.Context, x store.Writer) error {
			_, err := x.SaveMember(ctx, roster.Member{ID: roster.MemberID(newID()), Name: "迷い", Role: roster.RoleStaff, Staff: theirs.staff.ID})
			return err
		},
		"a lock on their person": func(ctx context.Context, x store.Writer) error {
			return x.LockCell(ctx, mine.site.ID, roster.Cell{Staff: theirs.staff.ID, Day: monday})
		},
		"a lock at their site": func(ctx context.Context, x store.Writer) error {
			return x.LockCell(ctx, theirs.site.ID, roster.Cell{Staff: mine.staff.ID, Day: monday})
		},
	} {
		before := mine.revision()
		if _, err := mine.try(save); err == nil {
			t.Errorf("%s was kept", what)
		}
		if mine.revision() != before {
			t.Errorf("%s: the refusal left a revision", what)
		}
	}
}

func foreignRows(t *testing.T, mine, theirs *world, x roster.Shift) {
	for what, do := range map[string]func(context.Context, store.Writer) error{
		"their shift": func(ctx context.Context, w store.Writer) error {
			stolen := mine.shift(mine.staff.ID, mine.site.ID, monday)
			stolen.ID, stolen.Version = x.ID, x.Version
			_, err := w.SaveShift(ctx, stolen)
			return err
		},
		"removing their shift": func(ctx context.Context, w store.Writer) error { return w.RemoveShift(ctx, x.ID, x.Version) },
		"their site":           func(ctx context.Context, w store.Writer) error { _, err := w.SaveSite(ctx, theirs.site); return err },
		"their person": func(ctx context.Context, w store.Writer) error {
			stolen := theirs.staff
			stolen.HomeSite = mine.site.ID
			_, err := w.SaveStaff(ctx, stolen)
			return err
		},
		"their code":         func(ctx context.Context, w store.Writer) error { _, err := w.SaveCode(ctx, theirs.code); return err },
		"removing their job": func(ctx context.Context, w store.Writer) error { return w.RemoveJob(ctx, theirs.job.ID, 1) },
		"unlocking their cell": func(ctx context.Context, w store.Writer) error {
			return w.UnlockCell(ctx, roster.Cell{Staff: theirs.staff.ID, Day: monday})
		},
	} {
		_, err := mine.try(do)
		wantKind(t, what, err, roster.Stale)
	}
	theirs.read(func(ctx context.Context, r store.Reader) error {
		by, err := r.ShiftsOf(ctx, []roster.StaffID{theirs.staff.ID}, roster.Period{First: monday, Last: monday})
		must(t, err)
		same(t, "their shift afterwards", by[theirs.staff.ID], []roster.Shift{x})
		return nil
	})
}

// sharedIDs: ids are unique within an organisation only, so two may hold rows of one id.
func sharedIDs(t *testing.T, mine, theirs *world) {
	site := theirs.site
	site.Version, site.Name = 0, "こちらの館"
	mine.write(func(ctx context.Context, x store.Writer) error { _, err := x.SaveSite(ctx, site); return err })
	theirs.read(func(ctx context.Context, r store.Reader) error {
		got, err := r.Site(ctx, theirs.site.ID)
		same(t, "their site", got, theirs.site)
		return err
	})
}
