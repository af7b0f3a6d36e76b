package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wakakusa/app"
	"wakakusa/roster"
)

const (
	maxReport      = 64 << 10
	maxReportList  = 50
	reportsTold    = 5  // of one request; the others are counted
	reportsAMinute = 60 // of one address; more of them say nothing new
)

// violation is what a browser refused because of the content policy. The two forms of reports name the same things differently.
type violation struct {
	Document, Directive, Blocked string
}

// postReport takes what browsers report of the content policy, counts it and writes a line each.
func (s *Server) postReport(c *request) error {
	if wait := s.counts.take("reports of address "+app.Source(c.RealIP()), reportsAMinute, time.Minute); wait > 0 {
		return echo.NewHTTPError(http.StatusTooManyRequests)
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, maxReport))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return echo.NewHTTPError(http.StatusRequestEntityTooLarge)
	case err != nil:
		return roster.Refuse(roster.Invalid, "error.form")
	}
	list, ok := violations(body)
	if !ok {
		return roster.Refuse(roster.Invalid, "error.form")
	}
	s.reports.Add(int64(len(list)))
	for _, v := range list[:min(len(list), reportsTold)] {
		s.Log.WarnContext(c.ctx(), "the content policy was broken", "directive", v.Directive, "blocked", originOf(v.Blocked), "route", s.routeOf(v.Document))
	}
	return c.NoContent(http.StatusNoContent)
}

// violations reads both forms: the object of report-uri, and the list of report-to, in which reports of other kinds may stand.
func violations(body []byte) (list []violation, ok bool) {
	var one struct {
		Report *struct {
			Document  string `json:"document-uri"`
			Effective string `json:"effective-directive"`
			Violated  string `json:"violated-directive"`
			Blocked   string `json:"blocked-uri"`
		} `json:"csp-report"`
	}
	if json.Unmarshal(body, &one) == nil && one.Report != nil {
		r := one.Report
		if r.Effective == "" {
			r.Effective, _, _ = strings.Cut(r.Violated, " ")
		}
		return []violation{{r.Document, word(r.Effective), r.Blocked}}, true
	}
	var many []struct {
		Type string `json:"type"`
		Body struct {
			Document  string `json:"documentURL"`
			Directive string `json:"effectiveDirective"`
			Blocked   string `json:"blockedURL"`
		} `json:"body"`
	}
	if json.Unmarshal(body, &many) != nil || len(many) > maxReportList {
		return nil, false
	}
	for _, r := range many {
		if r.Type == "csp-violation" {
			list = append(list, violation{r.Body.Document, word(r.Body.Directive), r.Body.Blocked})
		}
	}
	return list, true
}

// word is a name of a directive; anything else is not worth a line.
func word(text string) string {
	if len(text) > 40 || strings.ContainsFunc(text, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') }) {
		return "?"
	}
	return text
}

// blockedWords stand in reports where what was refused has no address, or none that is told.
var blockedWords = []string{"inline", "eval", "wasm-eval", "trusted-types-policy", "trusted-types-sink", "self", "data", "blob", "filesystem", "about"}

// originOf is where something comes from, without path and query, which may hold secrets; or a word such as inline.
func originOf(address string) string {
	u, err := url.Parse(address)
	switch {
	case slices.Contains(blockedWords, address):
		return address
	case err == nil && u.Host != "" && len(u.Host) < 260:
		return u.Scheme + "://" + u.Host
	case err == nil && slices.Contains(blockedWords, u.Scheme):
		return u.Scheme + ":"
	}
	return "?"
}

// routeOf is the pattern of a page's address: the address itself may hold a one-time token.
func (s *Server) routeOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "?"
	}
	c := s.echo.AcquireContext()
	defer s.echo.ReleaseContext(c)
	s.echo.Router().Find(http.MethodGet, u.Path, c)
	return c.Path()
}
