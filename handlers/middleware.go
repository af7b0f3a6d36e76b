package handlers

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"wakakusa/app"
	"wakakusa/roster"
)

const (
	maxBody = 1 << 20
	// What browsers refuse because of the policy they report to report-uri; by HTTPS to the end point that report-to names, and by http not at
	// all where one is named.
	reportPath = "/csp-reports"
	policy     = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
		"manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri " + reportPath
)

// logRequests writes one line a request: the route's pattern, never the path, which could hold a one-time token.
func (s *Server) logRequests(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, start := uuid.NewString(), time.Now()
		s.from(c, roster.Origin{Request: id, Address: c.RealIP()})
		c.Response().Header().Set("X-Request-Id", id)
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		attrs := []any{"method", c.Request().Method, "route", c.Path(), "status", c.Response().Status, "ms", time.Since(start).Milliseconds(), "address", c.RealIP()}
		if r, ok := c.Get(requestKey).(*request); ok && r.actor.Account != "" {
			attrs = append(attrs, "actor", r.actor.Account, "org", r.actor.Org)
		}
		level := slog.LevelInfo
		switch {
		case failed(c, err):
			level, attrs = slog.LevelError, append(attrs, "error", err)
		case strings.HasPrefix(c.Path(), "/s/"), isProbe(c.Path()):
			level = slog.LevelDebug
		}
		s.Log.Log(c.Request().Context(), level, "request", attrs...)
		return nil
	}
}

// failed: answered as a fault, or broken off by one after the answer had begun. When the person has gone, what was cut off is no fault.
func failed(c echo.Context, err error) bool {
	if c.Request().Context().Err() != nil {
		return errors.As(err, new(panicked))
	}
	return c.Response().Status >= 500 || err != nil && status(err) >= 500
}

// panicked is a panic as an error, with the way that led there.
type panicked struct {
	value any
	stack []byte
}

func (p panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

// from keeps where a request comes from in its context.
func (s *Server) from(c echo.Context, o roster.Origin) {
	c.SetRequest(c.Request().WithContext(app.WithOrigin(c.Request().Context(), o)))
}

// requestID is the number of a request that its answer, its error page and every record name.
func requestID(c echo.Context) string { return app.OriginOf(c.Request().Context()).Request }

// recoverPanics turns a panic into one 500, logged with its stack.
func (s *Server) recoverPanics(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				err = panicked{p, debug.Stack()}
			}
		}()
		return next(c)
	}
}

// securityHeaders are those that every answer carries.
func securityHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-XSS-Protection", "0") // the filter it turned on in old browsers could itself be abused
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex, nofollow")
}

func (s *Server) setHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		securityHeaders(h)
		if s.isDraining() {
			h.Set("Connection", "close")
		}
		if s.Secure && !s.isPlain(c.Request()) {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
			h.Set("Content-Security-Policy", policy+"; report-to csp")
			h.Set("Reporting-Endpoints", `csp="`+reportPath+`"`)
		}
		return next(c)
	}
}

// checkHost answers 421 to a Host that is not ours. Probes from this machine and from our proxies may use any.
func (s *Server) checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		host := c.Request().Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		peer := peerOf(c.Request())
		probe := isProbe(c.Path()) && (peer.IsLoopback() || s.trusted(peer)) || c.Path() == "/metrics" && peer.IsLoopback()
		if len(s.Hosts) > 0 && !probe && !slices.Contains(s.Hosts, strings.ToLower(host)) {
			return echo.NewHTTPError(http.StatusMisdirectedRequest)
		}
		return next(c)
	}
}

// isPlain reports a request that came without TLS although people use HTTPS: to this program, or to a proxy of ours that says so.
func (s *Server) isPlain(r *http.Request) bool {
	switch {
	case !s.Secure:
		return false
	case s.OwnTLS:
		return r.TLS == nil
	}
	return s.trusted(peerOf(r)) && r.Header.Get("X-Forwarded-Proto") == "http"
}

// refusePlain leads who opens a page by http to https, at the same host. Anything else is refused, not led: a program that sends secrets in
// the open must not work.
func (s *Server) refusePlain(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		switch {
		case !s.isPlain(c.Request()) || isProbe(c.Path()) || c.Path() == "/metrics":
			return next(c)
		case opensPage(c.Request()):
			return c.Redirect(http.StatusPermanentRedirect, "https://"+s.httpsHost(c.Request().Host)+c.Request().URL.RequestURI())
		}
		return roster.Refuse(roster.Forbidden, "error.plain")
	}
}

// opensPage reports that a person opens a document; scripts and programs say otherwise, or ask for something else.
func opensPage(r *http.Request) bool {
	h := r.Header
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead
	mode := h.Get("Sec-Fetch-Mode")
	accept := h.Get("Accept")
	document := accept == "" || strings.Contains(accept, "text/html") || strings.Contains(accept, "*/*")
	return safe && h.Get("HX-Request") == "" && h.Get("X-Requested-With") == "" && (mode == "" || mode == "navigate") && document
}

// httpsHost is the host under which HTTPS is spoken: that of the request, with the port of the public address if it is the same host.
func (s *Server) httpsHost(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if u, err := url.Parse(s.Public); err == nil && strings.EqualFold(u.Hostname(), host) && u.Scheme == "https" {
		return u.Host
	}
	return host
}

// refuseCrossSite is the only cross-site defence beside SameSite cookies: the standard library's origin check. GET changes nothing.
func (s *Server) refuseCrossSite(next echo.HandlerFunc) echo.HandlerFunc {
	check := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if err := check.Check(c.Request()); err != nil {
			return roster.Refuse(roster.Forbidden, "error.cross_site")
		}
		return next(c)
	}
}

func limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, maxBody)
		return next(c)
	}
}

// identify finds out who asks, and refuses whoever asks too often – also for what does not exist.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if sessionless(c.Path()) {
			return next(c)
		}
		r, err := s.open(c)
		if err == nil {
			err = s.checkLimit(r)
		}
		if err != nil {
			return err
		}
		return next(c)
	}
}

func isProbe(path string) bool {
	return slices.Contains([]string{"/live", "/ready", "/health"}, strings.TrimSuffix(path, "/"))
}
