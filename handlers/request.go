package handlers

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

const requestKey = "request"

// request is one request with what middleware found out: who asks, where, in which language.
type request struct {
	echo.Context
	session *sessions.Session
	account app.Account
	places  []app.Membership // organisations of the account
	org     roster.Org       // zero outside an organisation
	actor   roster.Actor     // zero when nobody is signed in or outside an organisation
	text    views.Text
	form    map[string][]string
	notice  *views.Notice
	age     *app.Age // of what is shown
	now     time.Time
}

func (c *request) ctx() context.Context { return c.Request().Context() }

// htmx reports whether a part is wanted, not a document.
func (c *request) htmx() bool {
	h := c.Request().Header
	return h.Get("HX-Request") == "true" && h.Get("HX-Boosted") == "" && h.Get("HX-History-Restore-Request") == ""
}

// base is where the organisation lives.
func (c *request) base() string { return "/o/" + c.org.Slug }

// signedIn reports whether a person is known.
func (c *request) signedIn() bool { return c.account.ID != "" }

// fields reads the form once, every value in NFC: what looks the same is the same.
func (c *request) fields() (map[string][]string, error) {
	if c.form != nil {
		return c.form, nil
	}
	if err := c.Request().ParseForm(); err != nil {
		if strings.Contains(err.Error(), "too large") {
			return nil, echo.NewHTTPError(http.StatusRequestEntityTooLarge)
		}
		return nil, roster.Refuse(roster.Invalid, "error.form")
	}
	c.form = map[string][]string{}
	for k, list := range c.Request().PostForm {
		for _, v := range list {
			c.form[k] = append(c.form[k], norm.NFC.String(v))
		}
	}
	return c.form, nil
}

// field returns the first value of a form field, trimmed.
func (c *request) field(name string) string { return roster.Clean(c.raw(name)) }

// raw returns it as typed: passwords may begin with a blank.
func (c *request) raw(name string) string {
	form, err := c.fields()
	if err != nil || len(form[name]) == 0 {
		return ""
	}
	return form[name][0]
}

// key is the idempotency key of this request, "" when there is none. One that is not as ours are stands for itself by its hash: it is kept
// for good, and what is kept must be text that every engine and every file can hold.
func (c *request) key() string {
	key := c.field("key")
	if len(key) > 64 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return app.HashSecret(key)
	}
	return key
}

// baseRevision is the revision of the organisation that a gesture or form began with; below 1 when the form names none.
func (c *request) baseRevision() int64 { return int64(number(c.field("base"))) }

// open finds out who asks. It never refuses; the route's policy does.
func (s *Server) open(c echo.Context) (*request, error) {
	r := &request{Context: c, now: s.app.Now()}
	c.Set(requestKey, r)
	ctx, age := app.WithAge(c.Request().Context())
	r.age = age
	c.SetRequest(c.Request().WithContext(ctx))
	r.text = s.texts.For(preferred(c.Request().Header.Get("Accept-Language")))
	sess, err := s.sessions.New(c.Request(), s.sessions.name())
	if err != nil {
		return r, err
	}
	r.session = sess
	if !sess.IsNew {
		origin := app.OriginOf(r.ctx())
		origin.SignIn = app.SignInName(sess.ID)
		s.from(c, origin)
	}
	id, _ := sess.Values[sessionAccount].(string)
	if id == "" {
		return r, nil
	}
	acc, err := s.app.Account(r.ctx(), roster.AccountID(id))
	if err != nil || acc.Disabled {
		if roster.KindOf(err) == roster.NotFound {
			err = nil
		}
		return r, err
	}
	places, err := s.app.Memberships(r.ctx(), acc.ID)
	if err != nil {
		return r, err
	}
	if idle, _ := lasting(places); sess.Values[sessionIdle] != idle.String() {
		return r, nil // begun before the person became, or ceased to be, a manager
	}
	r.account, r.places = acc, places
	r.enter(c.Param("org"))
	r.text = s.texts.For(r.language())
	return r, nil
}

// enter makes the account the actor of the organisation in the address, if it belongs there.
func (c *request) enter(slug string) {
	for _, p := range c.places {
		if p.Org.Slug == slug {
			c.org, c.actor = p.Org, app.ActorOf(p)
		}
	}
}

// language is the person's choice, the organisation's, or the browser's.
func (c *request) language() string {
	switch {
	case c.account.Language != "":
		return c.account.Language
	case c.org.Language != "":
		return c.org.Language
	case len(c.places) > 0:
		return c.places[0].Org.Language
	}
	return preferred(c.Request().Header.Get("Accept-Language"))
}

var languages = language.NewMatcher([]language.Tag{language.Japanese, language.English})

func preferred(header string) string {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return "ja"
	}
	_, i, confidence := languages.Match(tags...)
	if confidence == language.No || i == 0 {
		return "ja"
	}
	return "en"
}
