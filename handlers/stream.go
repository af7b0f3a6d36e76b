package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"wakakusa/app"
	"wakakusa/roster"
)

const (
	heartbeat    = 20 * time.Second
	maxNewsParts = 60 // more changed parts than this and the page loads anew
	maxStreams   = 12 // that one person may have open: one a visible sheet
)

// streams counts the open ones of each person.
type streams struct {
	mu   sync.Mutex
	open map[roster.AccountID]int
}

// begin counts one more, unless the person has enough; end takes it back.
func (s *streams) begin(id roster.AccountID) (end func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[id] >= maxStreams {
		return nil, false
	}
	s.open[id]++
	return func() { s.end(id) }, true
}

func (s *streams) end(id roster.AccountID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[id]--; s.open[id] == 0 {
		delete(s.open, id)
	}
}

// news is what a stream says: which parts changed, never what is in them. Who asks for them is asked again who they are.
type news struct {
	Rev     int64    `json:"rev"`
	Regions []string `json:"regions,omitempty"`
	Reload  bool     `json:"reload,omitempty"`
}

// getEvents streams the names of changed parts of one sheet as server-sent events. The id of a message is its revision, so a browser
// that reconnects catches up. The stream ends when the program stops, the person signs out or loses the right to look.
func (s *Server) getEvents(c *request) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	end, ok := s.streams.begin(c.account.ID)
	if !ok {
		return echo.NewHTTPError(http.StatusTooManyRequests)
	}
	defer end()
	ear, deaf := s.app.Watch().Listen(c.actor.Org)
	defer deaf()
	known, err := s.streamStart(c, p)
	if err != nil {
		return err
	}
	w := c.Response()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	line := http.NewResponseController(w)
	if err := line.SetWriteDeadline(time.Time{}); err != nil {
		return err
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	fmt.Fprintf(w, "event: hello\ndata: %d\n\n", known) // a browser that does not get it sits behind something that holds streams back
	for line.Flush() == nil {
		select {
		case <-c.ctx().Done():
			return nil
		case <-s.stop:
			return nil
		case <-beat.C:
			if s.gone(c, p) {
				return nil
			}
			fmt.Fprint(w, ": beat\n\n")
		case <-ear:
			if s.gone(c, p) {
				return nil
			}
			if known, err = s.tell(c, p, known); err != nil {
				return nil // the browser reconnects and is told then
			}
		}
	}
	return nil
}

// streamStart is the revision the browser knows: what it says, or the present one.
func (s *Server) streamStart(c *request, p app.Place) (int64, error) {
	last := c.Request().Header.Get("Last-Event-ID")
	if last == "" {
		last = c.QueryParam("rev")
	}
	if _, err := s.app.Sheet(c.ctx(), c.actor, p); err != nil { // of a site that is not there, or not theirs
		return 0, err
	}
	known, err := strconv.ParseInt(last, 10, 64)
	n, failed := s.app.NewsAfter(c.ctx(), c.actor, p.Site, 1<<62)
	if failed != nil {
		return 0, failed
	}
	if err != nil || known < 0 || known > n.Revision {
		return n.Revision, nil
	}
	if known < n.Revision {
		s.app.Watch().Wake(c.actor.Org) // it has missed something
	}
	return known, nil
}

// tell writes one message about everything after a revision.
func (s *Server) tell(c *request, p app.Place, known int64) (int64, error) {
	told, err := s.newsAfter(c, p, known)
	if err != nil || told.Rev == known {
		return known, err
	}
	if told.Reload || len(told.Regions) > 0 {
		data, err := json.Marshal(told)
		if err != nil {
			return known, err
		}
		if _, err := fmt.Fprintf(c.Response(), "event: change\nid: %d\ndata: %s\n\n", told.Rev, data); err != nil {
			return known, err
		}
	}
	return told.Rev, nil
}

// getNews is one message for a browser that gets no stream.
func (s *Server) getNews(c *request) error {
	p, err := c.place()
	if err != nil {
		return err
	}
	if _, err := s.app.Sheet(c.ctx(), c.actor, p); err != nil { // of a site that is not there, or not theirs
		return err
	}
	known, err := strconv.ParseInt(c.QueryParam("rev"), 10, 64)
	if err != nil || known < 0 {
		known = 1 << 62 // it knows nothing yet: only the present revision is news
	}
	told, err := s.newsAfter(c, p, known)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, told)
}

// newsAfter is what changed on a sheet after a revision.
func (s *Server) newsAfter(c *request, p app.Place, known int64) (told news, err error) {
	n, err := s.app.NewsAfter(c.ctx(), c.actor, p.Site, known)
	if err != nil {
		return told, err
	}
	told.Rev = n.Revision
	if len(n.Events) == 0 && !n.More {
		return told, nil
	}
	sheet, err := s.app.Sheet(c.ctx(), c.actor, p)
	if err != nil {
		return told, err
	}
	want, reload := newsOf(sheet, n)
	told.Regions, told.Reload = want.names(), reload
	if len(told.Regions) > maxNewsParts {
		told.Reload = true
	}
	if told.Reload {
		told.Regions = nil
	}
	return told, nil
}

// newsOf is what news change on a sheet; reload is true when it is more than regions can show.
func newsOf(sheet app.OpenSheet, n app.News) (want wanted, reload bool) {
	reload = n.More
	for _, e := range n.Events {
		row := wanted{staff: []roster.StaffID{e.Cell.Staff}}
		if e.Cell == (roster.Cell{}) { // staff, codes, the roster's own state: the whole page depends on them
			reload = true
		} else if e.Site == sheet.Site.ID {
			want.add(row)
			want.add(wanted{days: []roster.Day{e.Cell.Day}, bar: true})
		} else if _, ok := sheet.Person(e.Cell.Staff); ok { // somebody of here at another site
			want.add(row)
		}
	}
	return want, reload
}

// gone reports that the person may no longer listen: signed out, deactivated, or no longer allowed to look at this sheet.
func (s *Server) gone(c *request, p app.Place) bool {
	now, err := s.open(c.Context)
	return err != nil || !now.signedIn() || roster.Can(now.actor, roster.ViewRoster, roster.Subject{Site: p.Site}) != nil
}
