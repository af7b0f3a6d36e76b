// Package demo makes an organisation out of nothing: people, masters and months of rosters that look like real ones. The same
// seed, day and id maker make the same rows.
package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"wakakusa/roster"
	"wakakusa/store"
)

// Slug is the address of the demo organisation.
const Slug = "wakakusa"

// Options say what to make.
type Options struct {
	Seed   uint64
	Today  roster.Day
	Staff  int           // people under labour law, 100 if 0; 利用者 come on top
	Months int           // calendar months of rosters, 3 if 0; the last is the one after Today's, if there are two or more
	NewID  func() string // makes ids of 36 characters
	Slug   string        // "": Slug
}

// Demo is what Build made.
type Demo struct {
	Org     roster.Org
	Home    roster.Site // 特別養護老人ホーム: round the clock, months from the 1st
	Works   roster.Site // 就労継続支援B型: weekdays, months from the 21st
	Office  roster.Site // 法人本部
	Period  roster.Period
	Members []roster.Member // admin, manager of Home, staff, member, viewer
	Shifts  int
}

// Build writes the organisation. Taken if its slug is in use; then nothing is written.
func Build(ctx context.Context, s store.Store, o Options) (Demo, error) {
	if o.Staff == 0 {
		o.Staff = 100
	}
	if o.Months == 0 {
		o.Months = 3
	}
	if o.Slug == "" {
		o.Slug = Slug
	}
	p := newPlan(o)
	if err := p.check(); err != nil {
		return Demo{}, fmt.Errorf("demo: %w", err)
	}
	w := writing{plan: p, store: s}
	if err := w.all(ctx); err != nil {
		return Demo{}, fmt.Errorf("demo: %w", err)
	}
	return Demo{
		Org: p.org, Home: p.home, Works: p.works, Office: p.office, Period: p.months, Members: p.members, Shifts: w.shifts,
	}, nil
}

var errUnfinished = errors.New("the demo organisation is unfinished: begin again with an empty database")

// SignIns returns the members who can sign in by a demo link only, in the order of roles.
func SignIns(ctx context.Context, s store.Store, org roster.OrgID) ([]roster.Member, error) {
	var all, found []roster.Member
	err := s.Read(ctx, org, func(r store.Reader) (err error) { all, err = r.Members(ctx); return })
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if m.Account == "" || !m.Active {
			continue
		}
		acc, err := s.Account(ctx, m.Account)
		if err != nil {
			return nil, err
		}
		if acc.Password == "" && !acc.Disabled {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return nil, errUnfinished
	}
	slices.SortStableFunc(found, func(a, b roster.Member) int {
		return slices.Index(roster.Roles, a.Role) - slices.Index(roster.Roles, b.Role)
	})
	return found, nil
}

// SeqIDs makes ids in the form of UUIDv7 that count up, for tests and measurements.
func SeqIDs(seed uint64) func() string {
	n := uint64(0)
	return func() string {
		n++
		return fmt.Sprintf("%08x-0000-7000-8000-%012x", uint32(seed), n)
	}
}
