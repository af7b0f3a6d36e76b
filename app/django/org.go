package django

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"wakakusa/roster"
	"wakakusa/store"
)

var orgColumns = []string{
	"id", "name", "code", "description", "is_active", "timezone", "currency", "contact_email", "contact_phone", "address",
}

// findTargets decides which organisations there will be: one for generations A and B, one each for C. People whose organisation is
// not known go to the only one there is, or to one of their own: an unknown person's data must not reach a strange organisation.
func (im *importer) findTargets(ctx context.Context) error {
	err := im.src.each(ctx, tableOrg, orgColumns, byID, func(r row) error {
		im.targets = append(im.targets, im.readOrg(r))
		return nil
	})
	if err != nil {
		return err
	}
	if len(im.targets) == 0 {
		t := &target{org: roster.Org{Name: defaultOrg, Slug: defaultSlug, Timezone: "Asia/Tokyo"}, site: roster.Site{Name: defaultSite}}
		if im.Name != "" {
			t.org.Name = im.Name
		}
		if im.Slug != "" {
			t.org.Slug = im.Slug
		}
		im.targets = []*target{t}
	}
	for _, p := range im.people {
		im.placePerson(p)
	}
	return nil
}

func (im *importer) placePerson(p *person) {
	for _, t := range im.targets {
		if t.old == p.org {
			p.target = t
			return
		}
	}
	switch {
	case p.org != "":
		im.Report.tell(tableStaff, p.old, orgMissing, p.name, p.org)
		n := im.Report.table(tableStaff)
		n.rows++
		n.refused++
	case len(im.targets) == 1:
		p.target = im.targets[0]
		im.Report.tell(tableStaff, p.old, orgOnlyOne, p.name, p.target.org.Name)
	case p.role == roleGlobal || p.super:
		p.target = im.targets[0]
		im.Report.tell(tableStaff, p.old, orgAdmin, p.name, p.target.org.Name)
	default:
		p.target = im.holding()
		im.Report.tell(tableStaff, p.old, orgUnknown, p.name, p.target.org.Name)
	}
}

// holding is the organisation for people of none.
func (im *importer) holding() *target {
	last := im.targets[len(im.targets)-1]
	if last.old != holdingOld {
		last = &target{old: holdingOld, org: roster.Org{Name: unknownOrg, Slug: unknownSlug, Timezone: "Asia/Tokyo"}, site: roster.Site{Name: defaultSite}}
		im.targets = append(im.targets, last)
	}
	return last
}

// holdingOld stands for no organisation among several.
const holdingOld = "-"

func (im *importer) readOrg(r row) *target {
	old := r.text("id")
	o := roster.Org{Name: im.name(tableOrg, old, r.text("name"), 100, true), Timezone: r.text("timezone")}
	if _, err := time.LoadLocation(o.Timezone); err != nil || o.Timezone == "Local" {
		im.Report.tell(tableOrg, old, orgZone, o.Timezone)
		o.Timezone = ""
	}
	if o.Timezone == "" {
		o.Timezone = "Asia/Tokyo"
	}
	o.Slug = slugOf(r.text("code"), old)
	if o.Slug != r.text("code") {
		im.Report.tell(tableOrg, old, orgSlug, r.text("code"), o.Slug)
	}
	if !r.yes("is_active", true) {
		im.Report.tell(tableOrg, old, orgStopped, o.Name)
	}
	for _, c := range orgColumns[3:] {
		if v := strings.TrimSpace(r.text(c)); v != "" && c != "is_active" && c != "timezone" {
			im.Report.tell(tableOrg, old, orgRest, c, v)
		}
	}
	site, _ := cut(o.Name, 60)
	return &target{old: old, org: o, site: roster.Site{Name: site}, row: &r}
}

// slugOf makes an address of an organisation's code.
func slugOf(code, old string) string {
	s := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r == '_' || r == ' ' || r == '.':
			return '-'
		}
		return -1
	}, strings.ToLower(code)), "-")
	if utf8.RuneCountInString(s) < 3 {
		s = strings.Trim("org-"+s, "-") + "-" + old
	}
	return s[:min(len(s), 36)]
}

// ensureOrg finds the organisation of an earlier import or makes it, with its one site.
func (im *importer) ensureOrg(ctx context.Context, t *target) error {
	t.months = map[roster.Day]roster.Period{}
	t.org.ID = roster.OrgID(im.ownID(tableOrg, t.old))
	whole := roster.OrgID(im.ownID(tableOrg, ""))
	found, err := im.Store.Revisions(ctx, []roster.OrgID{t.org.ID, whole})
	if err != nil {
		return err
	}
	if _, ok := found[whole]; ok && t == im.targets[0] {
		t.org.ID = whole // it was imported before the former system learnt organisations
	}
	if _, ok := found[t.org.ID]; !ok {
		if err := im.addOrg(ctx, t); err != nil {
			return err
		}
	}
	if err := im.keepOrg(ctx, t); err != nil {
		return err
	}
	site := &item[roster.Site]{old: "1", value: roster.Site{Name: t.site.Name, StartDay: 1, Position: 1}}
	if err := keep(ctx, im, t, siteThing, []*item[roster.Site]{site}, nil); err != nil {
		return err
	}
	err = im.Store.Read(ctx, t.org.ID, func(r store.Reader) (err error) {
		if t.org, err = r.Org(ctx); err != nil {
			return err
		}
		t.site, err = r.Site(ctx, roster.SiteID(site.id))
		return err
	})
	if err == nil && site.done == added {
		im.Report.tell(tableOrg, t.old, orgMade, t.org.Name, "/o/"+t.org.Slug+"/", t.site.Name)
	}
	return err
}

// addOrg makes the organisation under the first address that is free.
func (im *importer) addOrg(ctx context.Context, t *target) error {
	o := t.org
	o.Language = roster.Languages[0]
	for n := 2; ; n++ {
		err := im.Store.AddOrg(ctx, o)
		if roster.KindOf(err) != roster.Taken || n > 99 {
			return err
		}
		o.Slug = fmt.Sprintf("%s-%d", t.org.Slug, n)
	}
}

// keepOrg follows a change of the organisation's name.
func (im *importer) keepOrg(ctx context.Context, t *target) error {
	it := &item[roster.Org]{old: "1", value: t.org}
	var count *tally
	if t.row != nil {
		it.old, it.hash, count = t.old, t.row.digest([]string{"name", "timezone"}), im.Report.table(tableOrg)
	}
	k := thing[roster.Org]{
		table: tableOrg,
		now:   func(ctx context.Context, r store.Reader, _ string) (roster.Org, error) { return r.Org(ctx) },
		save: func(ctx context.Context, w store.Writer, o roster.Org) (roster.Org, error) {
			now, err := w.Org(ctx)
			if err != nil {
				return o, err
			}
			now.Name, now.Timezone = o.Name, o.Timezone
			return w.SaveOrg(ctx, now)
		},
		adopt: func(ctx context.Context, r store.Reader, _ roster.Org) (roster.Org, bool, error) {
			o, err := r.Org(ctx)
			return o, true, err
		},
		stamp:   func(o *roster.Org, id string, version int64) { o.ID, o.Version = roster.OrgID(id), version },
		version: func(o roster.Org) int64 { return o.Version },
		events:  savedEvents(roster.EventOrgSaved, "", func(o roster.Org) string { return string(o.ID) }),
		id:      func(o roster.Org) string { return string(o.ID) },
		title:   func(o roster.Org) string { return o.Name },
	}
	return keep(ctx, im, t, k, []*item[roster.Org]{it}, count)
}

var siteThing = thing[roster.Site]{
	table: "site",
	now: func(ctx context.Context, r store.Reader, id string) (roster.Site, error) {
		return r.Site(ctx, roster.SiteID(id))
	},
	save: func(ctx context.Context, w store.Writer, s roster.Site) (roster.Site, error) {
		return w.SaveSite(ctx, s)
	},
	stamp:   func(s *roster.Site, id string, version int64) { s.ID, s.Version = roster.SiteID(id), version },
	version: func(s roster.Site) int64 { return s.Version },
	events:  savedEvents(roster.EventSiteSaved, "", func(s roster.Site) string { return string(s.ID) }),
	id:      func(s roster.Site) string { return string(s.ID) },
	title:   func(s roster.Site) string { return s.Name },
}
