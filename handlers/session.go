package handlers

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/sessions"

	"wakakusa/app"
	"wakakusa/roster"
)

// Sessions of managers end after an hour without use and twelve hours at the latest; those of staff, who look from their own
// phone, after two weeks and a month.
const (
	managerIdle, managerEnd = time.Hour, 12 * time.Hour
	staffIdle, staffEnd     = 14 * 24 * time.Hour, 30 * 24 * time.Hour
	touchEvery              = time.Minute // last use is written at most this often, or every page view would be a write
)

// sessionStore keeps gorilla sessions in the database: the cookie is a random id, the table knows only its hash. An id that is
// not known never becomes a session's id.
type sessionStore struct {
	app    *app.App
	secure bool
}

var _ sessions.Store = (*sessionStore)(nil)

// name carries the __Host- prefix where HTTPS allows it.
func (st *sessionStore) name() string {
	if st.secure {
		return "__Host-wakakusa"
	}
	return "wakakusa"
}

func (st *sessionStore) options() *sessions.Options {
	return &sessions.Options{Path: "/", MaxAge: int(staffEnd.Seconds()), HttpOnly: true, Secure: st.secure, SameSite: http.SameSiteLaxMode}
}

// Get is New: a request needs its session once.
func (st *sessionStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return st.New(r, name)
}

// New finds the session of a request, or begins an empty one.
func (st *sessionStore) New(r *http.Request, name string) (*sessions.Session, error) {
	sess := sessions.NewSession(st, name)
	sess.Options, sess.IsNew = st.options(), true
	cookie, err := r.Cookie(name)
	if err != nil || cookie.Value == "" {
		return sess, nil
	}
	kept, err := st.app.Session(r.Context(), app.HashSecret(cookie.Value))
	if err != nil {
		if roster.KindOf(err) == roster.SignedOut || roster.KindOf(err) == roster.NotFound {
			return sess, nil
		}
		return sess, err
	}
	values := map[string]string{}
	if json.Unmarshal([]byte(kept.Values), &values) != nil || st.ended(kept) {
		return sess, nil
	}
	sess.ID, sess.IsNew = cookie.Value, false
	for k, v := range values {
		sess.Values[k] = v
	}
	if attended(r) {
		if err = st.touch(r, kept); err != nil && st.app.DatabaseAway(r.Context()) {
			err = nil // they look at what is kept
		}
	}
	return sess, err
}

// attended reports a request that a person made. A page left open listens for news and fetches what changed all by itself; that is
// no use of the session, or an unattended screen would never be signed out.
func attended(r *http.Request) bool {
	return !slices.ContainsFunc([]string{"/events", "/news", "/regions"}, func(end string) bool { return strings.HasSuffix(r.URL.Path, end) })
}

func (st *sessionStore) ended(kept app.Session) bool {
	now := st.app.Now().UnixMilli()
	return now >= kept.EndsMs || now >= kept.SeenMs+kept.Idle().Milliseconds()
}

func (st *sessionStore) touch(r *http.Request, kept app.Session) error {
	now := st.app.Now().UnixMilli()
	if now-kept.SeenMs < touchEvery.Milliseconds() {
		return nil
	}
	return st.app.TouchSession(r.Context(), kept.Hash)
}

// Keys of session values.
const (
	sessionAccount = "account"
	sessionIdle    = "idle"
	sessionLasts   = "lasts"
	sessionAddress = "address"
	sessionRenewed = "renewed" // it goes on from another
	sessionPending = "pending" // account of whoever knew the password and has not shown the second factor yet
	sessionFactor  = "factor"  // a second factor was shown
	sessionProved  = "proved"  // instant in ms when its person last showed who they are, or demoProved
)

// Save writes the session and its cookie; MaxAge below zero ends both.
func (st *sessionStore) Save(r *http.Request, w http.ResponseWriter, sess *sessions.Session) error {
	if sess.Options.MaxAge < 0 {
		http.SetCookie(w, sessions.NewCookie(sess.Name(), "", sess.Options))
		return st.app.EndSession(r.Context(), app.HashSecret(sess.ID))
	}
	if sess.ID == "" {
		b := make([]byte, 32)
		rand.Read(b)
		sess.ID = base64.RawURLEncoding.EncodeToString(b)
	}
	values := map[string]string{}
	for k, v := range sess.Values {
		values[k.(string)], _ = v.(string)
	}
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	lasts, err := time.ParseDuration(values[sessionLasts])
	if err != nil {
		return err
	}
	now := st.app.Now()
	keep := st.app.BeginSession
	if values[sessionRenewed] != "" {
		keep = st.app.RenewSession
	}
	err = keep(r.Context(), app.Session{
		Hash: app.HashSecret(sess.ID), Account: roster.AccountID(values[sessionAccount]), Values: string(text),
		CreatedMs: now.UnixMilli(), SeenMs: now.UnixMilli(), EndsMs: now.Add(lasts).UnixMilli(),
		Address: values[sessionAddress], Agent: cut(r.UserAgent(), 255),
	}, replacedHash(r, sess.Name()))
	if err == nil {
		http.SetCookie(w, sessions.NewCookie(sess.Name(), sess.ID, sess.Options))
	}
	return err
}

// replacedHash is that of the session that came with a request, "" for none: a new one takes its place.
func replacedHash(r *http.Request, name string) string {
	cookie, err := r.Cookie(name)
	if err != nil || cookie.Value == "" {
		return ""
	}
	return app.HashSecret(cookie.Value)
}

// cut shortens a text to at most n bytes without breaking a character.
func cut(s string, n int) string {
	for len(s) > n {
		r := []rune(s)
		s = string(r[:len(r)-1-(len(s)-n)/4])
	}
	return s
}

// demoProved stands in sessions of accounts that have nothing to show: those of the demo.
const demoProved = "demo"

// renewSession goes on under a fresh id after its person has shown who they are, or after a change of rights.
func (s *Server) renewSession(c *request, more map[string]string) error {
	values := map[string]string{sessionRenewed: "yes"}
	for _, name := range []string{sessionFactor, sessionProved} {
		if v, _ := c.session.Values[name].(string); v != "" {
			values[name] = v
		}
	}
	maps.Copy(values, more)
	return s.signIn(c, c.account, values)
}

// awaitFactor remembers for some minutes who knew the password. It is no sign-in.
func (s *Server) awaitFactor(c *request, acc app.Account) error {
	sess := sessions.NewSession(s.sessions, s.sessions.name())
	sess.Options = s.sessions.options()
	sess.Options.MaxAge = int(pendingLasts.Seconds())
	for k, v := range map[string]string{sessionPending: string(acc.ID), sessionRenewed: "yes", sessionIdle: pendingLasts.String(), sessionLasts: pendingLasts.String(), sessionAddress: c.RealIP()} {
		sess.Values[k] = v
	}
	return sess.Save(c.Request(), c.Response())
}

const pendingLasts = 10 * time.Minute

// justProved are the values of a session whose person has shown this very moment who they are.
func (c *request) justProved(factor bool) map[string]string {
	values := map[string]string{sessionProved: strconv.FormatInt(c.now.UnixMilli(), 10)}
	if factor {
		values[sessionFactor] = "yes"
	}
	return values
}

// proofLasts is for how long nobody is asked again who they are.
const proofLasts = 10 * time.Minute

// proved reports that the person has shown lately who they are.
func (c *request) proved() bool {
	v, _ := c.session.Values[sessionProved].(string)
	ms, err := strconv.ParseInt(v, 10, 64)
	return v == demoProved || err == nil && c.now.Sub(time.UnixMilli(ms)) < proofLasts
}

// signIn begins a new session for an account: the id is always fresh, whatever cookie came with the request. more are values of the session.
func (s *Server) signIn(c *request, acc app.Account, more map[string]string) error {
	places, err := s.app.Memberships(c.ctx(), acc.ID)
	if err != nil {
		return err
	}
	idle, lasts := lasting(places)
	sess := sessions.NewSession(s.sessions, s.sessions.name())
	sess.Options = s.sessions.options()
	sess.Options.MaxAge = int(lasts.Seconds())
	sess.Values[sessionAccount] = string(acc.ID)
	sess.Values[sessionIdle], sess.Values[sessionLasts] = idle.String(), lasts.String()
	sess.Values[sessionAddress] = c.RealIP()
	for k, v := range more {
		sess.Values[k] = v
	}
	return sess.Save(c.Request(), c.Response())
}

// lasting is how long a session may rest and live: whoever manages anywhere has the shorter times everywhere.
func lasting(places []app.Membership) (idle, lasts time.Duration) {
	if slices.ContainsFunc(places, func(p app.Membership) bool { return p.Member.Role.Manages() }) {
		return managerIdle, managerEnd
	}
	return staffIdle, staffEnd
}

// signOut ends the session on the server and asks the browser to forget what it kept.
func (s *Server) signOut(c *request) error {
	if c.session == nil || c.session.IsNew {
		return nil
	}
	c.Response().Header().Set("Clear-Site-Data", `"cache", "storage"`)
	c.session.Options.MaxAge = -1
	return c.session.Save(c.Request(), c.Response())
}
