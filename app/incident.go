package app

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"wakakusa/roster"
	"wakakusa/store"
)

// IncidentQuery asks what one sign-in, by its code as records show it, or one account did in a span of time.
type IncidentQuery struct {
	Org     roster.OrgID // "": all
	SignIn  string
	Account roster.AccountID
	FromMs  int64
	ToMs    int64 // exclusive
}

func (q IncidentQuery) is(account roster.AccountID, o roster.Origin) bool {
	return q.SignIn != "" && o.SignIn == q.SignIn || q.Account != "" && account == q.Account
}

// Incident is what is known of it: the answer to whose data, which fields, since when, from where (個人情報保護法26条).
type Incident struct {
	Places []IncidentPlace // organisations in which anything was done, and the log that belongs to none
}

// IncidentPlace is what was done in one organisation.
type IncidentPlace struct {
	Org      roster.Org
	Acts     []roster.PastAct
	Accesses []roster.Access
	Origins  map[string]Moments // address → first and last moment
	Accounts map[roster.AccountID]string
	SignIns  []string
	Roles    []roster.Role
	Touched  map[roster.StaffID]Touched
	Things   map[string]int // what else was changed, by the noun of its events
	People   int            // on the roster of this organisation
	Seen     int            // of them, whom these roles let see
	Members  int
}

// Touched is what was changed of one person.
type Touched struct {
	Name   string
	Fields []string // NOUN.Field
	Times  int
}

// Moments is a first and a last moment, ms UTC.
type Moments struct{ First, Last int64 }

// Incident reads it from the records. It changes nothing and may run beside the program.
func (a *App) Incident(ctx context.Context, q IncidentQuery) (x Incident, err error) {
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return x, err
	}
	for _, o := range append(orgs, roster.Org{}) {
		if q.Org != "" && o.ID != q.Org {
			continue
		}
		p := IncidentPlace{Org: o, Origins: map[string]Moments{}, Accounts: map[roster.AccountID]string{}, Touched: map[roster.StaffID]Touched{}, Things: map[string]int{}}
		if err := a.incidentIn(ctx, q, &p); err != nil {
			return x, err
		}
		if len(p.Acts)+len(p.Accesses) > 0 {
			x.Places = append(x.Places, p)
		}
	}
	return x, nil
}

func (a *App) incidentIn(ctx context.Context, q IncidentQuery, p *IncidentPlace) error {
	for before := int64(0); ; {
		list, err := a.store.Accesses(ctx, p.Org.ID, store.AccessQuery{Before: before, Account: q.Account, FromMs: q.FromMs, ToMs: q.ToMs, Limit: incidentPage})
		if err != nil {
			return err
		}
		for _, e := range list {
			if q.is(e.Account, e.Origin) {
				p.Accesses = append(p.Accesses, e)
				p.from(e.Account, e.Name, e.AtMs, e.Origin)
			}
		}
		if len(list) < incidentPage {
			break
		}
		before = list[len(list)-1].N
	}
	if p.Org.ID == "" {
		return nil
	}
	if err := a.incidentActs(ctx, q, p); err != nil {
		return err
	}
	return a.store.Read(ctx, p.Org.ID, func(r store.Reader) error { return p.people(ctx, r) })
}

const incidentPage = 500

// incidentActs reads page after page, each in a snapshot of its own: a read must not last.
func (a *App) incidentActs(ctx context.Context, q IncidentQuery, p *IncidentPlace) error {
	for before, more := int64(0), true; more; {
		var told []ActTold
		err := a.store.Read(ctx, p.Org.ID, func(r store.Reader) error {
			told = nil
			list, err := r.History(ctx, store.ActQuery{Before: before, Actor: q.Account, FromMs: q.FromMs, ToMs: q.ToMs, Limit: incidentPage})
			if more = len(list) == incidentPage; err != nil || len(list) == 0 {
				return err
			}
			before = list[len(list)-1].Revision
			for _, act := range list {
				if !q.is(act.Actor, act.Origin) {
					continue
				}
				_, events, err := r.ActAt(ctx, act.Revision)
				if err != nil {
					return err
				}
				told = append(told, ActTold{Act: act, Events: events})
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, x := range told {
			p.Acts = append(p.Acts, x.Act)
			p.from(x.Act.Actor, x.Act.Name, x.Act.AtMs, x.Act.Origin)
			for _, e := range x.Events {
				p.touch(e)
			}
		}
	}
	return nil
}

// from notes who it was and from where.
func (p *IncidentPlace) from(account roster.AccountID, name string, atMs int64, o roster.Origin) {
	if account != "" {
		p.Accounts[account] = name
	}
	if o.SignIn != "" && !slices.Contains(p.SignIns, o.SignIn) {
		p.SignIns = append(p.SignIns, o.SignIn)
	}
	if o.Address == "" {
		return
	}
	span, known := p.Origins[o.Address]
	if !known {
		span = Moments{atMs, atMs}
	}
	p.Origins[o.Address] = Moments{min(span.First, atMs), max(span.Last, atMs)}
}

// touch notes whose data an event changed, and which of it.
func (p *IncidentPlace) touch(e roster.Event) {
	noun, _, _ := strings.Cut(e.Name, ".")
	staff := map[roster.StaffID]bool{}
	for _, raw := range []json.RawMessage{e.Before, e.After} {
		var x struct{ Staff roster.StaffID }
		if json.Unmarshal(raw, &x) == nil && x.Staff != "" && noun != "member" {
			staff[x.Staff] = true
		}
	}
	if e.Cell.Staff != "" {
		staff[e.Cell.Staff] = true
	}
	if noun == "staff" {
		staff[roster.StaffID(e.Subject)] = true
	}
	if len(staff) == 0 {
		p.Things[noun]++
	}
	for id := range staff {
		t := p.Touched[id]
		t.Times++
		for _, field := range changedFields(e) {
			if name := noun + "." + field; !slices.Contains(t.Fields, name) {
				t.Fields = append(t.Fields, name)
			}
		}
		slices.Sort(t.Fields)
		p.Touched[id] = t
	}
}

// changedFields are those that differ before and after.
func changedFields(e roster.Event) (names []string) {
	var before, after map[string]json.RawMessage
	if len(e.Before) > 0 && json.Unmarshal(e.Before, &before) != nil || len(e.After) > 0 && json.Unmarshal(e.After, &after) != nil {
		return nil
	}
	all := maps.Clone(before)
	if all == nil {
		all = map[string]json.RawMessage{}
	}
	maps.Copy(all, after)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		shown := strings.ToUpper(name[:1]) + name[1:] // shifts write theirs small
		if string(before[name]) != string(after[name]) && !slices.Contains([]string{"ID", "Id", "Version", "Staff"}, shown) {
			names = append(names, shown)
		}
	}
	return names
}

// people names those who were touched, and counts whom the accounts may see.
func (p *IncidentPlace) people(ctx context.Context, r store.Reader) error {
	people, err := r.People(ctx)
	if err != nil {
		return err
	}
	members, err := r.Members(ctx)
	if err != nil {
		return err
	}
	p.People, p.Members = len(people), len(members)
	seen := map[roster.StaffID]bool{}
	for _, m := range members {
		if _, ok := p.Accounts[m.Account]; !ok || m.Account == "" {
			continue
		}
		p.Roles = append(p.Roles, m.Role)
		by := roster.Actor{Role: m.Role, Staff: m.Staff, Sites: m.Sites}
		for _, x := range people {
			on := roster.Subject{Site: x.HomeSite, Staff: x.ID}
			if roster.Can(by, roster.ViewStaff, on) == nil || roster.Can(by, roster.ViewRoster, on) == nil || m.Staff == x.ID {
				seen[x.ID] = true
			}
		}
	}
	p.Seen = len(seen)
	for _, x := range people {
		if t, ok := p.Touched[x.ID]; ok {
			t.Name = x.Name
			p.Touched[x.ID] = t
		}
	}
	return nil
}

// Taken are those of the accesses by which data left the program.
func (p IncidentPlace) Taken() []roster.Access {
	return slices.DeleteFunc(slices.Clone(p.Accesses), func(e roster.Access) bool {
		return !slices.Contains([]string{roster.ActionAuditExported, roster.ActionBackupFetched, roster.ActionDataExported}, e.Action)
	})
}
