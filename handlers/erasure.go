package handlers

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/dustin/go-humanize"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// getErasure says whose data goes next, and when it was last done.
func (s *Server) getErasure(c *request) error { return s.erasurePage(c, http.StatusOK) }

// postErasure keeps somebody's data, or lets it go again.
func (s *Server) postErasure(c *request) error {
	hold := c.field("do") == "hold"
	done := "released"
	if hold {
		done = "held"
	}
	err := s.app.HoldErasure(c.ctx(), c.actor, roster.StaffID(c.field("staff")), hold, c.onceKey())
	return s.answer(c, err, "/erasure", done, func(code int, refusal error) error {
		faults, _ := s.faultsOf(c, refusal)
		c.notice = &views.Notice{Kind: "error", Text: faults[""]}
		return s.erasurePage(c, code)
	})
}

func (s *Server) erasurePage(c *request, code int) error {
	x, err := s.app.Erasure(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	v := views.Erasure{
		Frame: s.frame(c, "erasure.title"), Back: c.base() + "/settings", Form: views.Form{Action: c.base() + "/erasure"},
		Lead: c.text.T("erasure.lead", "Years", x.Years), Erased: c.text.T("erasure.erased", "Count", x.Erased),
	}
	if v.Last, v.Failed, err = s.lastErasure(c); err != nil {
		return err
	}
	for _, l := range x.Leavers {
		v.Lines = append(v.Lines, c.leaver(l))
	}
	return s.page(c, code, views.ErasurePage(v))
}

func (c *request) leaver(l app.Leaver) views.LeaverLine {
	line := views.LeaverLine{
		Href: c.base() + "/staff/" + string(l.Staff.ID), ID: string(l.Staff.ID), Name: l.Staff.Name, Held: l.Held, Key: newKey(),
		Left: c.text.FullDay(l.Staff.ActiveTo), From: c.text.FullDay(l.From), State: c.text.T("erasure.waits"),
	}
	switch {
	case l.Held:
		line.Kind, line.State = "info", c.text.T("erasure.held")
	case l.SignsIn:
		line.Kind, line.State = "warn", c.text.T("erasure.signs_in")
	case l.Due:
		line.Kind, line.State = "warn", c.text.T("erasure.due")
	}
	return line
}

// lastErasure tells the last run; nothing where this server does none.
func (s *Server) lastErasure(c *request) (last, failed string, err error) {
	t, err := s.Upkeep.State(c.ctx(), app.TaskErasure)
	if roster.KindOf(err) == roster.NotFound {
		return "", "", nil
	}
	if err != nil || t.Last == nil {
		return c.text.T("erasure.never"), "", err
	}
	if t.Last.Failure != "" {
		failed = c.text.T("erasure.failed", "When", c.moment(time.UnixMilli(t.Last.BeganMs)))
	}
	if t.Good == nil {
		return "", failed, nil
	}
	var done app.ErasureDone
	if err := json.Unmarshal([]byte(t.Good.Report), &done); err != nil {
		return "", failed, err
	}
	return c.text.T("erasure.last", "When", c.moment(time.UnixMilli(t.Good.BeganMs)), "People", done.People, "Records", humanize.Comma(int64(done.Records))), failed, nil
}
