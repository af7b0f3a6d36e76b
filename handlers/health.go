package handlers

import "net/http"

// getLive says that the process answers; it asks nothing else, so that a sick database does not restart a healthy program.
func (s *Server) getLive(c *request) error { return c.String(http.StatusOK, "ok\n") }

// getReady says whether requests should come here.
func (s *Server) getReady(c *request) error {
	if s.isDraining() || !s.app.Health(c.ctx()).Ready() {
		return c.String(http.StatusServiceUnavailable, "not ready\n")
	}
	return c.String(http.StatusOK, "ready\n")
}

type healthCheck struct {
	Name    string   `json:"name"`
	OK      bool     `json:"ok"`
	Seconds *float64 `json:"seconds,omitempty"` // how old it is
}

// getHealth tells the state of each part, and no causes: those are in the log.
func (s *Server) getHealth(c *request) error {
	h := s.app.Health(c.ctx())
	if h.Database != nil {
		s.Log.ErrorContext(c.ctx(), "health", "error", h.Database)
	}
	answer := struct {
		Status string        `json:"status"`
		Checks []healthCheck `json:"checks"`
	}{"ok", []healthCheck{{"database", h.Database == nil, nil}, {"schema", h.Schema == nil, nil}, {"accepting", !s.isDraining(), nil}}}
	code := http.StatusOK
	if shared := s.Limits.Shared; shared != nil {
		away := shared.Away()
		answer.Checks = append(answer.Checks, healthCheck{"redis", !away, nil})
		if away {
			answer.Status = "degraded"
		}
	}
	if h.Database == nil {
		conditions, err := s.Upkeep.Conditions(c.ctx())
		if err != nil {
			s.Log.ErrorContext(c.ctx(), "health", "error", err)
			answer.Status = "degraded"
		}
		for _, x := range conditions {
			answer.Checks = append(answer.Checks, healthCheck{x.Name, x.OK, &x.Seconds})
			if !x.OK {
				answer.Status = "degraded"
			}
		}
	}
	if !h.Ready() || s.isDraining() {
		answer.Status, code = "unhealthy", http.StatusServiceUnavailable
	}
	return c.JSON(code, answer)
}
