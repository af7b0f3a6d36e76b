package app

import (
	"context"

	"wakakusa/roster"
	"wakakusa/store"
)

// OwnView is what a person sees of their own and of colleagues: published copies only.
type OwnView struct {
	Org      roster.Org
	Staff    roster.Staff
	Period   roster.Period
	Today    roster.Day
	Shifts   []roster.Shift
	Codes    map[roster.CodeID]roster.Code
	Sites    map[roster.SiteID]roster.Site
	Holidays map[roster.Day]string
	Rosters  []roster.Roster // published ones that touch the period
	Next     *roster.Shift   // the next shift with times that has not ended
}

// Own reads the actor's own published shifts of a period, and the next shift whenever it is.
func (a *App) Own(ctx context.Context, by roster.Actor, p roster.Period) (v OwnView, err error) {
	if by.Staff == "" {
		return v, roster.Refuse(roster.NotFound, "error.no_staff")
	}
	if err := roster.Can(by, roster.ViewOwn, roster.Subject{Staff: by.Staff}); err != nil {
		return v, err
	}
	v.Period = p
	err = a.read(ctx, by, func(r store.Reader) error {
		if err := a.ownBasics(ctx, r, by, &v); err != nil {
			return err
		}
		if v.Shifts, err = r.PublishedOf(ctx, by.Staff, p); err != nil {
			return err
		}
		ahead, err := r.PublishedOf(ctx, by.Staff, roster.Period{First: v.Today - 1, Last: v.Today + 60})
		v.Next = nextShift(ahead, v.Codes, a.minuteOf(v.Org))
		return err
	})
	return v, err
}

func (a *App) ownBasics(ctx context.Context, r store.Reader, by roster.Actor, v *OwnView) (err error) {
	if v.Org, err = r.Org(ctx); err != nil {
		return err
	}
	v.Today = a.Today(v.Org)
	if v.Staff, err = r.Staff(ctx, by.Staff); err != nil {
		return err
	}
	if v.Codes, err = codesByID(ctx, r); err != nil {
		return err
	}
	sites, err := r.Sites(ctx)
	if err != nil {
		return err
	}
	v.Sites = byID(sites, func(s roster.Site) roster.SiteID { return s.ID })
	own, err := r.OwnHolidays(ctx)
	if err != nil {
		return err
	}
	v.Holidays = roster.Holidays(v.Period, own)
	all, err := r.Rosters(ctx, v.Staff.HomeSite, v.Period)
	v.Rosters = nil
	for _, x := range all {
		if x.Shown() {
			v.Rosters = append(v.Rosters, x)
		}
	}
	return err
}

func codesByID(ctx context.Context, r store.Reader) (map[roster.CodeID]roster.Code, error) {
	list, err := r.Codes(ctx)
	return byID(list, func(c roster.Code) roster.CodeID { return c.ID }), err
}

// moment is a point on the line of days and minutes.
type moment struct {
	day    roster.Day
	minute roster.Minutes
}

func (a *App) minuteOf(o roster.Org) moment {
	t := a.now().In(o.Zone())
	return moment{roster.DayOf(t), roster.Minutes(t.Hour()*60 + t.Minute())}
}

// nextShift is the first with times that has not ended yet.
func nextShift(list []roster.Shift, codes map[roster.CodeID]roster.Code, now moment) *roster.Shift {
	for i, x := range list {
		left := roster.Minutes(x.Day-now.day)*24*60 + x.Span.End - now.minute
		if !x.Span.Empty() && left > 0 && !codes[x.Code].Kind.DayOff() {
			return &list[i]
		}
	}
	return nil
}

// DayView is a day with the colleagues one may see.
type DayView struct {
	Org    roster.Org
	Day    roster.Day
	Today  roster.Day
	Site   roster.Site
	Own    []roster.Shift
	Others []Colleague
	Codes  map[roster.CodeID]roster.Code
	Sites  map[roster.SiteID]roster.Site
}

// Colleague is somebody else's published day. Off says that the day is free of work; which kind of day off is never told.
type Colleague struct {
	Staff roster.Staff
	Shift roster.Shift
	Off   bool
}

// OwnDay reads the actor's day: own shifts and those of colleagues of the same site within the organisation's rule of who sees whom.
func (a *App) OwnDay(ctx context.Context, by roster.Actor, d roster.Day) (v DayView, err error) {
	own, err := a.Own(ctx, by, roster.Period{First: d, Last: d})
	if err != nil {
		return v, err
	}
	v = DayView{Org: own.Org, Day: d, Today: own.Today, Own: own.Shifts, Codes: own.Codes, Sites: own.Sites, Site: own.Sites[own.Staff.HomeSite]}
	for _, x := range own.Shifts {
		if !own.Codes[x.Code].Kind.DayOff() {
			v.Site = own.Sites[x.Site] // 応援: with whom one works that day
		}
	}
	err = a.read(ctx, by, func(r store.Reader) error {
		list, err := r.PublishedAt(ctx, v.Site.ID, roster.Period{First: d, Last: d})
		if err != nil {
			return err
		}
		people, err := r.People(ctx)
		v.Others = colleagues(own, by, list, people)
		return err
	})
	return v, err
}

func colleagues(own OwnView, by roster.Actor, list []roster.Shift, people []roster.Staff) []Colleague {
	who := byID(people, func(p roster.Staff) roster.StaffID { return p.ID })
	var seen []Colleague
	for _, x := range list {
		p := who[x.Staff]
		visible := own.Org.Settings.CanSee(own.Staff.Class, p.Class) || by.Role.Manages()
		if x.Staff == by.Staff || !visible {
			continue
		}
		c := Colleague{Staff: roster.Staff{ID: p.ID, Name: p.Name, Kana: p.Kana, Class: p.Class, Jobs: p.Jobs}, Shift: x}
		c.Shift.Note = ""
		if own.Codes[x.Code].Kind.DayOff() {
			c.Off, c.Shift.Code, c.Shift.Span, c.Shift.Break = true, "", roster.Span{}, 0
		}
		seen = append(seen, c)
	}
	return seen
}
