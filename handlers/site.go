package handlers

import (
	"net/http"
	"slices"
	"strconv"

	"wakakusa/roster"
	"wakakusa/views"
)

// getSites lists the 事業所.
func (s *Server) getSites(c *request) error {
	sites, err := s.app.AllSites(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	people, err := s.app.People(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	today, count := s.app.Today(c.org), map[roster.SiteID]int{}
	for _, p := range people.Staff {
		if p.ActiveOn(today) {
			count[p.HomeSite]++
		}
	}
	v := views.SiteList{Frame: s.frame(c, "menu.sites")}
	for _, x := range sites {
		v.Lines = append(v.Lines, views.SiteLine{
			Href: c.base() + "/sites/" + string(x.ID), Name: x.Name, Period: c.periodRule(x.StartDay), Archived: x.Archived,
			OffDays: c.text.T("site.days", "Days", x.OffDays), People: c.text.T("staff.people", "Count", count[x.ID]),
		})
	}
	return s.page(c, http.StatusOK, views.SitesPage(v))
}

// periodRule writes 毎月21日〜翌月20日.
func (c *request) periodRule(startDay int) string {
	if startDay == 1 {
		return c.text.T("site.whole_month")
	}
	return c.text.T("site.from_to", "First", startDay, "Last", startDay-1)
}

func (s *Server) getSite(c *request) error { return s.sitePage(c, http.StatusOK, nil) }

// postSite adds or changes a 事業所.
func (s *Server) postSite(c *request) error {
	return s.answer(c, s.saveSite(c), "/sites", c.didWhat("site"), func(code int, refusal error) error { return s.sitePage(c, code, refusal) })
}

func (s *Server) saveSite(c *request) error {
	d := c.draft()
	x := roster.Site{
		Name: d.text("name"), StartDay: d.number("start_day"), OffDays: d.number("off_days"), Position: d.number("position"), Archived: d.flag("archived"),
	}
	d.needs("off_days")
	if id := c.Param("site"); id != adding {
		x.ID, x.Version = roster.SiteID(id), d.version()
	}
	d.check(x.Check())
	if err := d.faults.Err(); err != nil {
		return err
	}
	_, err := s.app.SaveSite(c.ctx(), c.actor, x, c.onceKey())
	return err
}

func (s *Server) sitePage(c *request, code int, refusal error) error {
	sites, err := s.app.AllSites(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	id := c.Param("site")
	x := roster.Site{StartDay: 1, OffDays: 9, Position: 1}
	v, title := views.SiteForm{New: id == adding}, "site.add"
	if v.New {
		for _, y := range sites {
			x.Position = max(x.Position, y.Position+1)
		}
	} else {
		i := slices.IndexFunc(sites, func(x roster.Site) bool { return string(x.ID) == id })
		if i < 0 {
			return roster.Refuse(roster.NotFound, "error.text_404")
		}
		x, title = sites[i], "site.edit"
	}
	v.Frame = s.frame(c, title, "Name", x.Name)
	v.Form = s.formOf(c, "/sites/"+id, map[string][]string{
		"version": one(strconv.FormatInt(x.Version, 10)), "name": one(x.Name), "start_day": one(strconv.Itoa(x.StartDay)),
		"off_days": one(strconv.Itoa(x.OffDays)), "position": one(strconv.Itoa(x.Position)), "archived": one(tickValue(x.Archived)),
	}, refusal)
	return s.page(c, code, views.SitePage(v))
}
