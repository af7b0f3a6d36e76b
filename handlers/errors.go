package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"wakakusa/roster"
	"wakakusa/views"
)

// status is the one table from refusals to HTTP.
func status(err error) int {
	var he *echo.HTTPError
	if errors.As(err, &he) {
		return he.Code
	}
	switch roster.KindOf(err) {
	case roster.Invalid, roster.RuleBroken:
		return http.StatusUnprocessableEntity
	case roster.Stale, roster.Taken:
		return http.StatusConflict
	case roster.NotFound:
		return http.StatusNotFound
	case roster.Forbidden:
		return http.StatusForbidden
	case roster.SignedOut:
		return http.StatusUnauthorized
	case roster.TooMany:
		return http.StatusTooManyRequests
	case roster.Away:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// orAway is the error itself, or that the database is away, if that explains it; then the answer says when to try again.
func (s *Server) orAway(c *request, err error) error {
	if err != nil && status(err) == http.StatusInternalServerError && s.app.DatabaseAway(c.ctx()) {
		s.Log.WarnContext(c.ctx(), "the database is away", "error", err)
		err = roster.Refuse(roster.Away, "error.away")
	}
	if roster.KindOf(err) == roster.Away {
		c.Response().Header().Set("Retry-After", awayRetry)
	}
	return err
}

// awayRetry is after how many seconds it is worth asking a database again that was away.
const awayRetry = "5"

// answerError answers whatever a handler did not answer itself. Causes of faults go to the log, never to the page.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	r, ok := c.Get(requestKey).(*request)
	if !ok {
		r = &request{Context: c, text: s.texts.For(preferred(c.Request().Header.Get("Accept-Language")))}
	}
	err = s.orAway(r, err)
	code := status(err)
	if code == http.StatusForbidden && r.actor.Account != "" {
		if err := s.app.Refused(r.ctx(), r.actor, c.Request().Method+" "+c.Path()); err != nil {
			s.Log.ErrorContext(r.ctx(), "a refusal was not recorded", "error", err)
		}
	}
	switch {
	case code == http.StatusUnauthorized:
		err = s.toSignIn(r)
	case r.htmx():
		err = s.regions(r, code, views.Nothing(), says{Toast: &saysToast{Kind: "error", Msg: s.sentence(r, err)}})
	default:
		said := s.sentence(r, err)
		if code == http.StatusServiceUnavailable && c.Request().Method == http.MethodGet {
			said = r.text.T(errorText(code)) // nothing was typed
		}
		err = s.page(r, code, views.ErrorPage(s.frame(r, errorTitle(code)), said, s.Support))
	}
	if err == nil {
		return
	}
	if r.ctx().Err() == nil {
		s.Log.ErrorContext(r.ctx(), "error page", "error", err)
	}
	if !c.Response().Committed {
		c.Response().WriteHeader(code)
	}
}

// sentence is what a person reads of an error: its text, or for a fault an apology with a number.
func (s *Server) sentence(c *request, err error) string {
	var faults roster.Faults
	var e *roster.Error
	switch {
	case errors.As(err, &faults) && len(faults) > 0:
		return c.text.Error(faults[0])
	case errors.As(err, &e):
		return c.text.Error(e)
	}
	return c.text.T(errorText(status(err)), "Number", cut(requestID(c), 8))
}

var toldStatuses = []int{
	http.StatusNotFound, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge,
	http.StatusMisdirectedRequest, http.StatusUnprocessableEntity, http.StatusConflict, http.StatusTooManyRequests,
	http.StatusServiceUnavailable,
}

func errorTitle(code int) string {
	if slices.Contains(toldStatuses, code) {
		return "error.title_" + codeDigits(code)
	}
	return "error.title_500"
}

func errorText(code int) string {
	if slices.Contains(toldStatuses, code) {
		return "error.text_" + codeDigits(code)
	}
	return "error.text_500"
}

func codeDigits(code int) string {
	return string([]byte{byte('0' + code/100), byte('0' + code/10%10), byte('0' + code%10)})
}

// toSignIn sends a stranger to the sign-in page and back afterwards.
func (s *Server) toSignIn(c *request) error {
	back := "/sign-in"
	if c.Request().Method == http.MethodGet && !c.htmx() {
		back += "?next=" + url.QueryEscape(c.Request().URL.RequestURI())
	}
	if c.htmx() {
		c.Response().Header().Set("HX-Redirect", back)
		return c.NoContent(http.StatusUnauthorized)
	}
	if c.Request().Header.Get("Accept") == "text/event-stream" {
		return c.NoContent(http.StatusUnauthorized)
	}
	return c.Redirect(http.StatusSeeOther, back)
}

// localPath keeps only paths of our own site: anything else could lead a signed-in person away.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || len(next) == 0 || next[0] != '/' || (len(next) > 1 && (next[1] == '/' || next[1] == '\\')) {
		return ""
	}
	return next
}

// faultsOf turns a refusal into sentences beside the fields; ok is false when it is no refusal of the input.
func (s *Server) faultsOf(c *request, err error) (map[string]string, bool) {
	var list roster.Faults
	var one *roster.Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one) && slices.Contains([]roster.Kind{roster.Invalid, roster.RuleBroken, roster.Taken, roster.Stale, roster.TooMany, roster.Away}, one.Kind):
		list = roster.Faults{one}
	default:
		return nil, false
	}
	said := map[string]string{}
	for _, e := range list {
		if said[e.Field] == "" {
			said[e.Field] = c.text.Error(e)
		}
	}
	return said, true
}
