package handlers

import (
	"cmp"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"wakakusa/app"
	"wakakusa/oidc"
	"wakakusa/roster"
	"wakakusa/views"
)

// CallbackPath is where the provider of identities sends people back to.
const CallbackPath = "/sign-in/oidc/callback"

// errand is what somebody goes to the provider for.
type errand string

const (
	toSignIn errand = "sign_in"
	toJoin   errand = "join"
	toLink   errand = "link"
	toProve  errand = "proof"
)

// trip is what is kept while somebody is at the provider.
type trip struct {
	oidc.Trip
	For     errand
	Account roster.AccountID // who they are signed in as, "" for strangers
	Base    string           // of their organisation
	Next    string           // where it goes on
	Link    string           // hash of an invitation
	Login   string           // user name that they typed
	Post    bool             // a form goes on, with what was kept of it
	Kept    map[string][]string
}

// maxKept is how many bytes of a form wait for its sender; a trip is no place for more.
const maxKept = 16 << 10

const sessionTrip = "trip"

// tripCookie is another than the session's, so that who begins a trip stays signed in as before and not longer.
func (s *Server) tripCookie() string { return s.sessions.name() + "-trip" }

// leave sends somebody to the provider by a page that goes on by itself: a redirect of a form would be refused by form-action.
func (s *Server) leave(c *request, t trip) error {
	if s.Provider == nil {
		return roster.Refuse(roster.NotFound, "error.text_404")
	}
	address, kept, err := s.Provider.Begin(c.ctx(), t.For == toProve)
	if err != nil {
		return s.notLetIn(c, t, err)
	}
	t.Trip = kept
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if len(text) > maxKept {
		return echo.NewHTTPError(http.StatusRequestEntityTooLarge)
	}
	if err := s.await(c, s.tripCookie(), map[string]string{sessionTrip: string(text)}); err != nil {
		return err
	}
	c.Response().Header().Set("Refresh", "0; url="+address)
	return s.page(c, http.StatusOK, views.LeavingPage(views.Leaving{Frame: s.frame(c, "identity.leaving", "Provider", s.ProviderName), Address: address}))
}

// arrive takes what was kept for this browser, and ends it: a trip is good once. The zero trip if there is none.
func (s *Server) arrive(c *request) (t trip, err error) {
	sess, err := s.sessions.New(c.Request(), s.tripCookie())
	if err != nil || sess.IsNew {
		return t, err
	}
	text, _ := sess.Values[sessionTrip].(string)
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return trip{}, err
	}
	sess.Options.MaxAge = -1
	http.SetCookie(c.Response(), sessions.NewCookie(sess.Name(), "", sess.Options))
	return t, s.app.ForgetSession(c.ctx(), app.HashSecret(sess.ID))
}

// getReturn is where people come back to from the provider. Whoever comes without having gone, in this browser, is nobody.
func (s *Server) getReturn(c *request) error {
	if s.Provider == nil {
		return roster.Refuse(roster.NotFound, "error.text_404")
	}
	t, err := s.arrive(c)
	if err != nil {
		return err
	}
	who, err := s.Provider.Finish(c.ctx(), t.Trip, c.QueryParams())
	if err == nil && t.Account != "" && t.Account != c.account.ID {
		err = oidc.Refused{Why: oidc.WhyState, Err: errors.New("somebody else is signed in")}
	}
	if err == nil {
		err = s.runErrand(c, t, who)
	}
	if err != nil {
		return s.notLetIn(c, t, err)
	}
	return nil
}

func (s *Server) runErrand(c *request, t trip, who oidc.Person) error {
	as := app.Identity{Issuer: who.Issuer, Subject: who.Subject}
	switch t.For {
	case toJoin:
		acc, err := s.app.JoinAs(c.ctx(), t.Link, app.JoiningAs{Identity: as, Login: t.Login, Email: who.Email, Verified: who.Verified})
		if err != nil {
			return err
		}
		return s.enterAs(c, acc, "", c.now)
	case toLink:
		if err := s.app.LinkIdentity(c.ctx(), c.account, as, app.HashSecret(c.session.ID)); err != nil {
			return err
		}
		if err := s.renewSession(c, nil); err != nil {
			return err
		}
		return s.goTo(c, t.Base+"/account/identities?done=linked")
	case toProve:
		return s.goOn(c, t, as)
	}
	acc, err := s.app.SignInAs(c.ctx(), as)
	if err != nil {
		return err
	}
	return s.enterAs(c, acc, t.Next, who.Proved)
}

// enterAs signs in whoever the provider knows, or asks for the second factor first. The provider's own proof counts from when it was given.
func (s *Server) enterAs(c *request, acc app.Account, next string, proved time.Time) error {
	values := map[string]string{sessionBy: app.ByOIDC}
	if !proved.IsZero() {
		values[sessionProved] = strconv.FormatInt(min(proved.UnixMilli(), c.now.UnixMilli()), 10)
	}
	return s.enterWith(c, acc, values, next)
}

// goOn lets whoever has shown who they are go on. What they were sending is sent by themselves: nothing can make a form of a return.
func (s *Server) goOn(c *request, t trip, as app.Identity) error {
	if err := s.app.ProveAs(c.ctx(), c.account, as); err != nil {
		return err
	}
	if err := s.renewSession(c, c.justProved(false)); err != nil {
		return err
	}
	if !t.Post {
		return s.goTo(c, cmp.Or(t.Next, t.Base))
	}
	return s.page(c, http.StatusOK, views.ResumePage(views.Resume{Frame: s.frame(c, "proof.title"), Form: views.Form{Action: t.Next}, Kept: t.Kept}))
}

// notLetIn says why, and records it unless the provider was away or app has done so.
func (s *Server) notLetIn(c *request, t trip, err error) error {
	v := views.NotLetIn{Frame: s.frame(c, "identity.refused"), Back: views.Link{Href: "/sign-in", Label: c.text.T("identity.to_sign_in")}}
	if c.signedIn() && t.Base != "" {
		v.Back = views.Link{Href: t.Base + "/account", Label: c.text.T("identity.to_account")}
	}
	var refused oidc.Refused
	switch {
	case errors.Is(err, oidc.ErrAway):
		s.Log.WarnContext(c.ctx(), "the provider of identities is away", "error", err)
		v.Text = c.text.T("identity.away", "Provider", s.ProviderName)
		c.Response().Header().Set("Retry-After", awayRetry)
		return s.page(c, http.StatusServiceUnavailable, views.NotLetInPage(v))
	case errors.As(err, &refused):
		level := slog.LevelInfo // people's own doing
		if refused.Why == oidc.WhyToken || refused.Why == oidc.WhyOld {
			level = slog.LevelWarn
		}
		s.Log.Log(c.ctx(), level, "an answer of the provider of identities was refused", "error", err)
		if err := s.recordNotLetIn(c, t, refused.Why); err != nil {
			return err
		}
		v.Text = c.text.T("identity.why_"+refused.Why, "Provider", s.ProviderName)
		return s.page(c, http.StatusForbidden, views.NotLetInPage(v))
	}
	if _, ok := s.faultsOf(c, s.orAway(c, err)); !ok && roster.KindOf(err) != roster.NotFound {
		return err
	}
	v.Text = s.sentence(c, s.orAway(c, err))
	if roster.KindOf(err) == roster.NotFound && t.For == toSignIn {
		v.Hint = c.text.T("identity.nobody_hint", "Provider", s.ProviderName)
	}
	return s.page(c, status(s.orAway(c, err)), views.NotLetInPage(v))
}

func (s *Server) recordNotLetIn(c *request, t trip, why string) error {
	if t.For == toProve {
		return s.app.ProofElsewhereRefused(c.ctx(), c.account, why)
	}
	return s.app.IdentityRefused(c.ctx(), c.account, why)
}

// postSignInElsewhere sends a stranger to the provider.
func (s *Server) postSignInElsewhere(c *request) error {
	if c.signedIn() {
		return s.goTo(c, "/")
	}
	return s.leave(c, trip{For: toSignIn, Next: localPath(c.field("next"))})
}

// postJoinElsewhere sends an invited person there.
func (s *Server) postJoinElsewhere(c *request) error {
	v, err := s.app.OpenInvitation(c.ctx(), c.Param("token"))
	if err != nil {
		return err
	}
	if v.Link.Kind != "invitation" {
		return roster.Refuse(roster.NotFound, "error.link_not_found")
	}
	login := c.field("login")
	if login != "" {
		if err := roster.CheckLogin(login); err != nil {
			return err
		}
	}
	return s.leave(c, trip{For: toJoin, Link: v.Link.Hash, Login: login})
}

// getIdentities lists what one's own account is linked with.
// issuer is that of the provider, "" where there is none.
func (s *Server) issuer() string {
	if s.Provider == nil {
		return ""
	}
	return s.Provider.Issuer
}

func (s *Server) getIdentities(c *request) error { return s.identitiesPage(c, http.StatusOK) }

func (s *Server) identitiesPage(c *request, code int) error {
	if s.Provider == nil {
		return roster.Refuse(roster.NotFound, "error.text_404")
	}
	list, err := s.app.Identities(c.ctx(), c.account.ID)
	if err != nil {
		return err
	}
	base := c.base() + "/account"
	v := views.Identities{
		Frame: s.frame(c, "identity.title", "Provider", s.ProviderName), Back: base, Action: base + "/identities", Removal: base + "/identities/removal",
	}
	for _, x := range list {
		if x.Issuer == s.Provider.Issuer {
			v.Lines = append(v.Lines, views.IdentityLine{Subject: x.Subject, Since: c.when(x.CreatedMs)})
		}
	}
	return s.page(c, code, views.IdentitiesPage(v))
}

// postIdentity sends somebody there to link what they are there.
func (s *Server) postIdentity(c *request) error {
	return s.leave(c, trip{For: toLink, Account: c.account.ID, Base: c.base()})
}

// postIdentityRemoval unlinks one.
func (s *Server) postIdentityRemoval(c *request) error {
	if s.Provider == nil {
		return roster.Refuse(roster.NotFound, "error.text_404")
	}
	x := app.Identity{Issuer: s.Provider.Issuer, Subject: c.raw("identity")}
	err := s.orAway(c, s.app.RemoveIdentity(c.ctx(), c.account, x, app.HashSecret(c.session.ID)))
	if faults, ok := s.faultsOf(c, err); ok {
		c.notice = &views.Notice{Kind: "error", Text: faults[""]}
		return s.identitiesPage(c, status(err))
	}
	if err != nil {
		return err
	}
	if err := s.renewSession(c, nil); err != nil {
		return err
	}
	return s.goTo(c, c.base()+"/account/identities?done=unlinked")
}

// provesElsewhere reports that somebody shows at the provider who they are: there is nothing else they could show.
func (s *Server) provesElsewhere(c *request) (bool, error) {
	if s.Provider == nil || c.account.Password != "" {
		return false, nil
	}
	return s.app.ProvesElsewhere(c.ctx(), c.account, s.Provider.Issuer)
}

// postProofElsewhere sends them there.
func (s *Server) postProofElsewhere(c *request) error {
	may, err := s.provesElsewhere(c)
	if err != nil {
		return err
	}
	if !may {
		return roster.Refuse(roster.NotFound, "error.text_404")
	}
	t := trip{For: toProve, Account: c.account.ID, Base: c.base(), Next: localPath(c.field("proof_next"))}
	if t.Post = c.field("proof_post") != "" && t.Next != ""; t.Post {
		t.Kept = c.kept()
	}
	return s.leave(c, t)
}
