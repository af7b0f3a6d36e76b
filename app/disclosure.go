package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// Disclosure is everything that the program holds about one person, with the names of what it speaks of (個人情報保護法33条).
type Disclosure struct {
	HistoryView
	Org    roster.Org
	Name   string
	MadeMs int64
	Tables []store.Disclosed
}

// Whose says whose data is asked for: a person on the roster, or a member; neither is oneself.
type Whose struct {
	Staff  roster.StaffID
	Member roster.MemberID
}

// Forms in which data is taken out.
const (
	FormJSON = "json" // for machines, every column
	FormPage = "html" // to be read
)

// OwnData is what is held about the actor. What is planned and not published is the employer's draft: it is in it only for those who make drafts.
func (a *App) OwnData(ctx context.Context, by roster.Actor) (Disclosure, error) {
	return a.disclosure(ctx, by.Org, Whose{Member: by.Member}, true)
}

// ExportData is what is held about somebody, to be taken out: that is recorded. Of others only those who keep accounts may ask, on behalf of
// the person; what belongs to an account of other organisations, too, is not theirs to give.
func (a *App) ExportData(ctx context.Context, by roster.Actor, whose Whose, form string) (d Disclosure, err error) {
	own, subject := whose == Whose{}, ""
	if own {
		whose.Member = by.Member
	} else {
		subject = string(whose.Staff) + string(whose.Member)
		if err := roster.Can(by, roster.EditMembers, roster.Subject{}); err != nil {
			return d, err
		}
	}
	if d, err = a.disclosure(ctx, by.Org, whose, own); err != nil {
		return d, err
	}
	if form != FormJSON && form != FormPage {
		return d, roster.Refuse(roster.Invalid, "error.choice").On("form")
	}
	return d, a.record(ctx, signed(by, roster.Accessed(roster.ActionDataExported, subject, nil, struct{ Form string }{form})))
}

// OperatorData is ExportData for the one who runs the server: a person by id, or by name if only one is called so.
func (a *App) OperatorData(ctx context.Context, org roster.OrgID, person string) (d Disclosure, err error) {
	p, err := a.namedPerson(ctx, org, person)
	if err != nil {
		return d, err
	}
	by := roster.Program(org, "wakakusa privacy export")
	return a.ExportData(ctx, by, Whose{Staff: p.ID}, FormJSON)
}

func (a *App) namedPerson(ctx context.Context, org roster.OrgID, name string) (p roster.Staff, err error) {
	var found []roster.Staff
	err = a.store.Read(ctx, org, func(r store.Reader) error {
		people, err := r.People(ctx)
		plain := func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, " ", ""), "　", "") }
		found = slices.DeleteFunc(people, func(x roster.Staff) bool { return string(x.ID) != name && plain(x.Name) != plain(name) })
		return err
	})
	switch {
	case err != nil:
		return p, err
	case len(found) == 0:
		return p, roster.Refuse(roster.NotFound, "error.not_found")
	case len(found) > 1:
		return p, roster.Refuse(roster.Taken, "error.choice")
	}
	return found[0], nil
}

// disclosure reads everything about somebody. own: the account is the asker's.
func (a *App) disclosure(ctx context.Context, org roster.OrgID, whose Whose, own bool) (d Disclosure, err error) {
	d.MadeMs = a.now().UnixMilli()
	var who store.Disclosing
	err = a.store.Read(ctx, org, func(r store.Reader) (err error) {
		if d.Org, err = r.Org(ctx); err != nil {
			return err
		}
		if err := d.readNames(ctx, r); err != nil {
			return err
		}
		members, err := r.Members(ctx)
		if err == nil {
			who, d.Name, err = d.subject(whose, members)
		}
		return err
	})
	if err != nil {
		return d, err
	}
	if who.Account = own; !own {
		if who.Account, err = a.onlyHere(ctx, org, who.Accounts); err != nil {
			return d, err
		}
	}
	d.Tables, err = a.store.Disclose(ctx, org, who)
	return d, err
}

// subject finds all that leads to somebody, and their name.
func (d *Disclosure) subject(whose Whose, members []roster.Member) (who store.Disclosing, name string, err error) {
	who.Staff = whose.Staff
	for _, m := range members {
		if m.ID == whose.Member && m.Staff != "" {
			who.Staff = m.Staff
		}
	}
	for _, m := range members {
		if m.ID != whose.Member && (m.Staff == "" || m.Staff != who.Staff) {
			continue
		}
		who.Members, name = append(who.Members, m.ID), m.Name
		who.Drafts = who.Drafts || m.Active && m.Role.Manages()
		if m.Account != "" {
			who.Accounts = append(who.Accounts, m.Account)
		}
	}
	p, known := d.Staff[who.Staff]
	if known {
		name = p.Name
	}
	if !known && len(who.Members) == 0 {
		err = roster.Refuse(roster.NotFound, "error.not_found")
	}
	return who, name, err
}

// onlyHere reports whether accounts belong to no other organisation.
func (a *App) onlyHere(ctx context.Context, org roster.OrgID, accounts []roster.AccountID) (bool, error) {
	for _, id := range accounts {
		places, err := a.store.Memberships(ctx, id)
		if err != nil || slices.ContainsFunc(places, func(p Membership) bool { return p.Org.ID != org }) {
			return false, err
		}
	}
	return true, nil
}

// MarshalJSON writes every table with all its columns.
func (d Disclosure) MarshalJSON() ([]byte, error) {
	type row = map[string]any
	tables := map[string][]row{}
	for _, t := range d.Tables {
		tables[t.Table] = []row{}
		for _, values := range t.Rows {
			x := row{}
			for i, c := range t.Columns {
				x[c.Name] = values[i]
			}
			tables[t.Table] = append(tables[t.Table], x)
		}
	}
	return json.Marshal(struct {
		Org    string           `json:"org"`
		Name   string           `json:"name"`
		Made   time.Time        `json:"made"`
		Tables map[string][]row `json:"tables"`
	}{d.Org.Name, d.Name, time.UnixMilli(d.MadeMs).In(d.Org.Zone()), tables})
}
