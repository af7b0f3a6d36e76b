package handlers

import (
	"net/http"
	"slices"
	"strconv"

	"wakakusa/roster"
	"wakakusa/views"
)

// getJobs lists the 職種 with how many people have each.
func (s *Server) getJobs(c *request) error {
	people, err := s.app.People(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	today, count := s.app.Today(c.org), map[roster.JobID]int{}
	for _, p := range people.Staff {
		for _, j := range p.Jobs {
			if p.ActiveOn(today) {
				count[j.Job]++
			}
		}
	}
	v := views.JobList{Frame: s.frame(c, "menu.jobs")}
	for _, x := range people.Jobs {
		v.Lines = append(v.Lines, views.JobLine{
			Href: c.base() + "/jobs/" + string(x.ID), Name: x.Name, People: c.text.T("staff.people", "Count", count[x.ID]),
		})
	}
	return s.page(c, http.StatusOK, views.JobsPage(v))
}

func (s *Server) getJob(c *request) error { return s.jobPage(c, http.StatusOK, nil) }

// postJob adds, changes or removes a 職種.
func (s *Server) postJob(c *request) error {
	return s.answer(c, s.saveJob(c), "/jobs", c.didWhat("job"), func(code int, refusal error) error { return s.jobPage(c, code, refusal) })
}

func (s *Server) saveJob(c *request) error {
	d := c.draft()
	x := roster.Job{Name: d.text("name"), Position: d.number("position")}
	if id := c.Param("job"); id != adding {
		x.ID, x.Version = roster.JobID(id), d.version()
	}
	if c.removes() {
		return s.app.RemoveJob(c.ctx(), c.actor, x.ID, x.Version, c.onceKey())
	}
	d.check(x.Check())
	if err := d.faults.Err(); err != nil {
		return err
	}
	_, err := s.app.SaveJob(c.ctx(), c.actor, x, c.onceKey())
	return err
}

func (s *Server) jobPage(c *request, code int, refusal error) error {
	jobs, err := s.app.Jobs(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	id := c.Param("job")
	x := roster.Job{Position: 1}
	v, title := views.JobForm{New: id == adding}, "job.add"
	if v.New {
		for _, y := range jobs {
			x.Position = max(x.Position, y.Position+1)
		}
	} else {
		i := slices.IndexFunc(jobs, func(x roster.Job) bool { return string(x.ID) == id })
		if i < 0 {
			return roster.Refuse(roster.NotFound, "error.text_404")
		}
		x, title = jobs[i], "job.edit"
	}
	v.Frame = s.frame(c, title, "Name", x.Name)
	v.Form = s.formOf(c, "/jobs/"+id, map[string][]string{
		"version": one(strconv.FormatInt(x.Version, 10)), "name": one(x.Name), "position": one(strconv.Itoa(x.Position)),
	}, refusal)
	return s.page(c, code, views.JobPage(v))
}
