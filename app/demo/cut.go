package demo

import (
	"cmp"
	"slices"
	"time"

	"wakakusa/roster"
)

// drafts returns what somebody has on a day.
func (p *plan) drafts(w *worker, d roster.Day) []shiftDraft {
	if s := w.special[d]; len(s) > 0 {
		return s
	}
	if symbol := p.at(w, d); symbol != "" {
		return []shiftDraft{{symbol: symbol}}
	}
	return nil
}

// count returns how many people of a symbol a site has on a day.
func (p *plan) count(site, symbol string, d roster.Day) (n int) {
	for _, w := range p.workers {
		if w.post.rhythm == attends {
			continue
		}
		if slices.ContainsFunc(p.drafts(w, d), func(x shiftDraft) bool { return x.symbol == symbol && cmp.Or(x.site, w.post.site) == site }) {
			n++
		}
	}
	return n
}

// demand asks for the numbers that the rosters usually reach.
func (p *plan) demand() {
	for _, symbol := range []string{"早", "遅", "夜"} {
		p.need("home", symbol, roster.EveryDay, func(roster.Day) bool { return true })
	}
	for weekday := time.Sunday; weekday <= time.Saturday; weekday++ {
		plain := func(d roster.Day) bool { return d.Weekday() == weekday && p.closed[d] == "" }
		p.need("home", "日", int(weekday), plain)
		if weekday != time.Sunday && weekday != time.Saturday {
			p.need("works", "日", int(weekday), plain)
			p.need("office", "日", int(weekday), plain)
		}
	}
	p.need("home", "日", roster.HolidayDay, func(d roster.Day) bool { return p.closed[d] != "" })
	for _, site := range []string{"works", "office"} {
		p.needs = append(p.needs, roster.Need{
			ID: roster.NeedID(p.newID()), Site: p.site(site).ID, Code: p.codes["日"].ID, Weekday: roster.HolidayDay,
		})
	}
}

func (p *plan) need(site, symbol string, weekday int, asked func(roster.Day) bool) {
	var have []int
	for d := p.months.First; d <= p.months.Last; d++ {
		if asked(d) {
			have = append(have, p.count(site, symbol, d))
		}
	}
	if len(have) == 0 {
		return
	}
	slices.Sort(have)
	if n := have[len(have)/10]; n > 0 {
		p.needs = append(p.needs, roster.Need{
			ID: roster.NeedID(p.newID()), Site: p.site(site).ID, Code: p.codes[symbol].ID, Weekday: weekday, Count: n,
		})
	}
}

// cut makes rosters of the rows: those that ended are closed, the one of today is published, later ones are drafts.
func (p *plan) cut() {
	for _, site := range []string{"home", "works", "office"} {
		for _, period := range p.periodsOf(p.site(site)) {
			p.rosters = append(p.rosters, p.sheet(site, period))
		}
	}
}

func (p *plan) sheet(site string, period roster.Period) sheetDraft {
	s := p.site(site)
	draft := sheetDraft{
		roster: roster.Roster{ID: roster.RosterID(p.newID()), Site: s.ID, Period: period, State: roster.StateDrafting, OffDays: s.OffDays},
		wants:  roster.StateDrafting,
	}
	switch {
	case period.Last < p.today:
		draft.wants = roster.StateClosed
	case period.First <= p.today:
		draft.wants = roster.StatePublished
	}
	for _, w := range p.workers {
		for d := period.First; d <= period.Last; d++ {
			for _, x := range p.drafts(w, d) {
				if cmp.Or(x.site, w.post.site) == site {
					draft.shifts = append(draft.shifts, p.shift(s.ID, w, d, x))
				}
			}
		}
	}
	return draft
}

func (p *plan) shift(site roster.SiteID, w *worker, d roster.Day, x shiftDraft) roster.Shift {
	code := p.codes[x.symbol]
	s := roster.Shift{
		ID: roster.ShiftID(p.newID()), Site: site, Staff: w.staff.ID, Day: d, Code: code.ID, Span: code.Span, Break: code.Break,
		Note: x.note, Approval: roster.Approved,
	}
	if !x.span.Empty() {
		s.Span = x.span
		if x.span.Length() <= 6*60 {
			s.Break = 0
		}
	}
	return s
}

// revise plans what the manager changed after the present month was published.
func (p *plan) revise() {
	for i := range p.rosters {
		s := &p.rosters[i]
		if s.roster.Site != p.home.ID || s.wants != roster.StatePublished {
			continue
		}
		from := min(p.today+1, s.roster.Period.Last)
		p.exchange(s, from)
		p.change(s, from, "日", func(x *roster.Shift) { x.Note = "午後は実習生の受け入れ" })
		p.change(s, from, "遅", func(x *roster.Shift) {
			x.Code, x.Span, x.Break, x.Note = p.codes["欠"].ID, roster.Span{}, 0, "本人から連絡あり。代わりを探しています"
		})
		p.change(s, from, "日", func(x *roster.Shift) { x.Span.End += 60 })
	}
}

// change plans one act on the first plain shift of a symbol from a day on.
func (p *plan) change(s *sheetDraft, from roster.Day, symbol string, do func(*roster.Shift)) {
	i := slices.IndexFunc(s.shifts, func(x roster.Shift) bool { return p.plain(x, from, symbol) })
	if i < 0 {
		return
	}
	before := s.shifts[i]
	before.Version = 1
	after := before
	do(&after)
	p.changes = append(p.changes, []roster.Change{{Before: &before, After: &after}})
}

// exchange plans one act by which two people exchange an early and a late turn of one day.
func (p *plan) exchange(s *sheetDraft, from roster.Day) {
	for _, early := range s.shifts {
		if !p.plain(early, from, "早") {
			continue
		}
		i := slices.IndexFunc(s.shifts, func(x roster.Shift) bool { return x.Day == early.Day && p.plain(x, from, "遅") })
		if i < 0 {
			continue
		}
		a, b := early, s.shifts[i]
		a.Version, b.Version = 1, 1
		x, y := a, b
		x.Code, x.Span, x.Break = b.Code, b.Span, b.Break
		y.Code, y.Span, y.Break = a.Code, a.Span, a.Break
		p.changes = append(p.changes, []roster.Change{{Before: &a, After: &x}, {Before: &b, After: &y}})
		return
	}
}

// plain reports a shift just as its code has it, by somebody who works nights, that no earlier change touches.
func (p *plan) plain(x roster.Shift, from roster.Day, symbol string) bool {
	code := p.codes[symbol]
	if x.Day < from || x.Code != code.ID || x.Span != code.Span || x.Note != "" {
		return false
	}
	for _, act := range p.changes {
		for _, c := range act {
			if c.Before.Staff == x.Staff {
				return false
			}
		}
	}
	return slices.ContainsFunc(p.careWorkers(), func(w *worker) bool { return w.staff.ID == x.Staff })
}
