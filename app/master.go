package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"

	"wakakusa/roster"
	"wakakusa/store"
)

// saveThing is the shape of every save of a master: permission, check, pen, save, record.
func saveThing[T any](ctx context.Context, a *App, by roster.Actor, do roster.Action, to roster.Subject, event, key string, check error,
	save func(store.Writer) (before, after T, id string, err error),
) (after T, err error) {
	if err := roster.Can(by, do, to); err != nil {
		return after, err
	}
	if check != nil {
		return after, check
	}
	c, err := a.write(ctx, by.By(event, key), func(w store.Writer) error {
		before, saved, id, err := save(w)
		if err != nil {
			return err
		}
		after = saved
		w.Record(roster.Saved(event, id, to.Site, before, saved))
		return nil
	})
	if err == nil && c.Repeated {
		return recall[T](ctx, a, by, c.Revision, event)
	}
	return after, err
}

// recall answers a repeated request with what the first one saved.
func recall[T any](ctx context.Context, a *App, by roster.Actor, revision int64, event string) (v T, err error) {
	err = a.read(ctx, by, func(r store.Reader) error {
		_, list, err := r.ActAt(ctx, revision)
		for _, e := range list {
			if err == nil && e.Name == event && len(e.After) > 0 {
				return json.Unmarshal(e.After, &v)
			}
		}
		return err
	})
	return v, err
}

// read1 is a permission and one read.
func read1[T any](ctx context.Context, a *App, by roster.Actor, do roster.Action, get func(store.Reader) (T, error)) (v T, err error) {
	if err := roster.Can(by, do, roster.Subject{}); err != nil {
		return v, err
	}
	err = a.read(ctx, by, func(r store.Reader) (err error) { v, err = get(r); return })
	return v, err
}

// onField points a refusal at a form field; a thing that is not there becomes a wrong choice.
func onField(err error, field string) error {
	var e *roster.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Kind == roster.NotFound:
		return roster.Refuse(roster.Invalid, "error.choice").On(field)
	case e.Kind == roster.Taken:
		return e.On(field)
	}
	return err
}

func find[T any](list []T, same func(T) bool) (T, error) {
	for _, x := range list {
		if same(x) {
			return x, nil
		}
	}
	var none T
	return none, roster.Refuse(roster.NotFound, "error.not_found")
}

// Org reads the organisation.
func (a *App) Org(ctx context.Context, by roster.Actor) (roster.Org, error) {
	return read1(ctx, a, by, roster.EditOrg, func(r store.Reader) (roster.Org, error) { return r.Org(ctx) })
}

// SaveOrg changes name, address, zone, language and settings.
func (a *App) SaveOrg(ctx context.Context, by roster.Actor, o roster.Org, key string) (roster.Org, error) {
	return saveThing(ctx, a, by, roster.EditOrg, roster.Subject{}, roster.EventOrgSaved, key, o.Check(),
		func(w store.Writer) (before, after roster.Org, id string, err error) {
			if before, err = w.Org(ctx); err != nil {
				return
			}
			o.ID, o.Slug = before.ID, before.Slug
			after, err = w.SaveOrg(ctx, o)
			return before, after, string(o.ID), err
		})
}

// Sites lists the sites an actor may open.
func (a *App) Sites(ctx context.Context, by roster.Actor) (mine []roster.Site, err error) {
	if err := roster.Can(by, roster.ViewRoster, roster.Subject{}); err != nil {
		return nil, err
	}
	err = a.read(ctx, by, func(r store.Reader) error {
		mine = nil
		all, err := r.Sites(ctx)
		for _, s := range all {
			if !s.Archived && roster.Can(by, roster.ViewRoster, roster.Subject{Site: s.ID}) == nil {
				mine = append(mine, s)
			}
		}
		return err
	})
	return mine, err
}

// AllSites lists every site, archived ones too.
func (a *App) AllSites(ctx context.Context, by roster.Actor) ([]roster.Site, error) {
	return read1(ctx, a, by, roster.EditMasters, func(r store.Reader) ([]roster.Site, error) { return r.Sites(ctx) })
}

// SaveSite adds (Version 0) or changes a site.
func (a *App) SaveSite(ctx context.Context, by roster.Actor, s roster.Site, key string) (roster.Site, error) {
	return saveThing(ctx, a, by, roster.EditMasters, roster.Subject{}, roster.EventSiteSaved, key, s.Check(),
		func(w store.Writer) (before, after roster.Site, id string, err error) {
			if s.Version == 0 {
				s.ID = roster.SiteID(a.newID())
			} else if before, err = w.Site(ctx, s.ID); err != nil {
				return
			}
			after, err = w.SaveSite(ctx, s)
			return before, after, string(s.ID), err
		})
}

// Jobs lists 職種.
func (a *App) Jobs(ctx context.Context, by roster.Actor) ([]roster.Job, error) {
	return read1(ctx, a, by, roster.ViewStaff, func(r store.Reader) ([]roster.Job, error) { return r.Jobs(ctx) })
}

// SaveJob adds (Version 0) or changes a 職種.
func (a *App) SaveJob(ctx context.Context, by roster.Actor, j roster.Job, key string) (roster.Job, error) {
	return saveThing(ctx, a, by, roster.EditMasters, roster.Subject{}, roster.EventJobSaved, key, j.Check(),
		func(w store.Writer) (before, after roster.Job, id string, err error) {
			if j.Version == 0 {
				j.ID = roster.JobID(a.newID())
			} else if before, err = jobByID(ctx, w, j.ID); err != nil {
				return
			}
			after, err = w.SaveJob(ctx, j)
			return before, after, string(j.ID), onField(err, "name")
		})
}

func jobByID(ctx context.Context, r store.Reader, id roster.JobID) (roster.Job, error) {
	list, err := r.Jobs(ctx)
	if err != nil {
		return roster.Job{}, err
	}
	return find(list, func(j roster.Job) bool { return j.ID == id })
}

// RemoveJob takes a 職種 away that nobody has (RuleBroken otherwise).
func (a *App) RemoveJob(ctx context.Context, by roster.Actor, id roster.JobID, version int64, key string) error {
	_, err := saveThing(ctx, a, by, roster.EditMasters, roster.Subject{}, roster.EventJobRemoved, key, nil,
		func(w store.Writer) (before, after roster.Job, _ string, err error) {
			if before, err = jobByID(ctx, w, id); err != nil {
				return
			}
			people, err := w.People(ctx)
			if err != nil {
				return
			}
			for _, p := range people {
				for _, j := range p.Jobs {
					if j.Job == id {
						return before, after, "", roster.Refuse(roster.RuleBroken, "error.job_in_use", roster.Args{"Name": p.Name})
					}
				}
			}
			return before, after, string(id), w.RemoveJob(ctx, id, version)
		})
	return err
}

// Codes lists シフト種別.
func (a *App) Codes(ctx context.Context, by roster.Actor) ([]roster.Code, error) {
	return read1(ctx, a, by, roster.ViewRoster, func(r store.Reader) ([]roster.Code, error) { return r.Codes(ctx) })
}

// SaveCode adds (Version 0) or changes a シフト種別.
func (a *App) SaveCode(ctx context.Context, by roster.Actor, c roster.Code, key string) (roster.Code, error) {
	return saveThing(ctx, a, by, roster.EditMasters, roster.Subject{}, roster.EventCodeSaved, key, c.Check(),
		func(w store.Writer) (before, after roster.Code, id string, err error) {
			list, err := w.Codes(ctx)
			if err != nil {
				return
			}
			if c.Version == 0 {
				c.ID = roster.CodeID(a.newID())
			} else if before, err = find(list, func(x roster.Code) bool { return x.ID == c.ID }); err != nil {
				return
			}
			if err = freeSymbol(list, c); err != nil {
				return
			}
			if err = knownFollower(list, c); err != nil {
				return
			}
			after, err = w.SaveCode(ctx, c)
			return before, after, string(c.ID), err
		})
}

// freeSymbol refuses a symbol that another code uses at the same time: on the sheet they could not be told apart.
func freeSymbol(list []roster.Code, c roster.Code) error {
	for _, x := range list {
		apart := (x.ValidTo != 0 && c.ValidFrom != 0 && x.ValidTo < c.ValidFrom) || (c.ValidTo != 0 && x.ValidFrom != 0 && c.ValidTo < x.ValidFrom)
		if x.ID != c.ID && x.Symbol == c.Symbol && !apart {
			return roster.Refuse(roster.Taken, "error.taken_symbol", roster.Args{"Name": x.Name}).On("symbol")
		}
	}
	return nil
}

// knownFollower refuses a following code that is not one of the others.
func knownFollower(list []roster.Code, c roster.Code) error {
	if c.Follower == "" {
		return nil
	}
	_, err := find(list, func(x roster.Code) bool { return x.ID == c.Follower && x.ID != c.ID })
	return onField(err, "follower")
}

// RemoveCode takes a code away that nothing uses; one in use is refused (RuleBroken) and can be ended by its last valid day instead.
func (a *App) RemoveCode(ctx context.Context, by roster.Actor, id roster.CodeID, version int64, key string) error {
	_, err := saveThing(ctx, a, by, roster.EditMasters, roster.Subject{}, roster.EventCodeRemoved, key, nil,
		func(w store.Writer) (before, after roster.Code, _ string, err error) {
			list, err := w.Codes(ctx)
			if err != nil {
				return
			}
			if before, err = find(list, func(x roster.Code) bool { return x.ID == id }); err != nil {
				return
			}
			used, err := w.CodeInUse(ctx, id)
			if err == nil && used {
				err = roster.Refuse(roster.RuleBroken, "error.code_in_use", roster.Args{"Symbol": before.Symbol})
			}
			if err != nil {
				return
			}
			return before, after, string(id), w.RemoveCode(ctx, id, version)
		})
	return err
}

// OwnHolidays lists the organisation's own holidays.
func (a *App) OwnHolidays(ctx context.Context, by roster.Actor) ([]roster.Holiday, error) {
	return read1(ctx, a, by, roster.ViewRoster, func(r store.Reader) ([]roster.Holiday, error) { return r.OwnHolidays(ctx) })
}

// SaveHoliday adds (Version 0) or changes an own holiday.
func (a *App) SaveHoliday(ctx context.Context, by roster.Actor, h roster.Holiday, key string) (roster.Holiday, error) {
	return saveThing(ctx, a, by, roster.EditMasters, roster.Subject{}, roster.EventHolidaySaved, key, h.Check(),
		func(w store.Writer) (before, after roster.Holiday, id string, err error) {
			if h.Version == 0 {
				h.ID = roster.HolidayID(a.newID())
			} else if before, err = holidayByID(ctx, w, h.ID); err != nil {
				return
			}
			after, err = w.SaveHoliday(ctx, h)
			return before, after, string(h.ID), onField(err, "day")
		})
}

func holidayByID(ctx context.Context, r store.Reader, id roster.HolidayID) (roster.Holiday, error) {
	list, err := r.OwnHolidays(ctx)
	if err != nil {
		return roster.Holiday{}, err
	}
	return find(list, func(h roster.Holiday) bool { return h.ID == id })
}

// RemoveHoliday takes an own holiday away.
func (a *App) RemoveHoliday(ctx context.Context, by roster.Actor, id roster.HolidayID, version int64, key string) error {
	_, err := saveThing(ctx, a, by, roster.EditMasters, roster.Subject{}, roster.EventHolidayRemoved, key, nil,
		func(w store.Writer) (before, after roster.Holiday, _ string, err error) {
			if before, err = holidayByID(ctx, w, id); err != nil {
				return
			}
			return before, after, string(id), w.RemoveHoliday(ctx, id, version)
		})
	return err
}

// Needs lists the required numbers of a site.
func (a *App) Needs(ctx context.Context, by roster.Actor, site roster.SiteID) (list []roster.Need, err error) {
	if err := roster.Can(by, roster.EditNeeds, roster.Subject{Site: site}); err != nil {
		return nil, err
	}
	err = a.read(ctx, by, func(r store.Reader) error {
		if _, err := r.Site(ctx, site); err != nil {
			return err
		}
		list, err = r.Needs(ctx, site)
		return err
	})
	return list, err
}

// NeedsMark names a state of required numbers; two states with the same mark are the same.
func NeedsMark(list []roster.Need) string {
	sum := fnv.New64a()
	for _, n := range list {
		fmt.Fprintln(sum, n.ID, n.Version)
	}
	return strconv.FormatUint(sum.Sum64(), 36)
}

// SaveNeeds replaces some required numbers of a site in one go: a count below zero removes the number. Needs are told apart by code,
// weekday and day. Stale when the numbers are no longer those of the mark; "" does not ask.
func (a *App) SaveNeeds(ctx context.Context, by roster.Actor, site roster.SiteID, wanted []roster.Need, mark, key string) error {
	if err := roster.Can(by, roster.EditNeeds, roster.Subject{Site: site}); err != nil {
		return err
	}
	_, err := a.write(ctx, by.By("need.saved", key), func(w store.Writer) error {
		if _, err := w.Site(ctx, site); err != nil {
			return err
		}
		have, err := w.Needs(ctx, site)
		if err != nil {
			return err
		}
		if mark != "" && mark != NeedsMark(have) {
			return roster.Refuse(roster.Stale, "error.stale")
		}
		for _, n := range wanted {
			n.Site = site
			if err := a.saveNeed(ctx, w, have, n); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

func (a *App) saveNeed(ctx context.Context, w store.Writer, have []roster.Need, n roster.Need) error {
	old, err := find(have, func(x roster.Need) bool { return x.Code == n.Code && x.Weekday == n.Weekday && x.Day == n.Day })
	known := err == nil
	switch {
	case known && old.Count == n.Count, !known && n.Count < 0:
		return nil
	case known && n.Count < 0:
		w.Record(roster.Saved(roster.EventNeedRemoved, string(old.ID), n.Site, old, nil))
		return w.RemoveNeed(ctx, old.ID, old.Version)
	}
	n.ID, n.Version = old.ID, old.Version
	if !known {
		n.ID = roster.NeedID(a.newID())
		codes, err := w.Codes(ctx)
		if err != nil {
			return err
		}
		if _, err := find(codes, func(c roster.Code) bool { return c.ID == n.Code }); err != nil {
			return roster.Refuse(roster.NotFound, "error.code_not_found").On("code")
		}
	}
	if err := n.Check(); err != nil {
		return err
	}
	saved, err := w.SaveNeed(ctx, n)
	w.Record(roster.Saved(roster.EventNeedSaved, string(n.ID), n.Site, old, saved))
	return err
}
