package handlers

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"wakakusa/app"
	"wakakusa/views"
)

func orgChoice(s *Server, c *request) templ.Component {
	links := make([]views.Link, len(c.places))
	for i, p := range c.places {
		links[i] = views.Link{Href: "/o/" + p.Org.Slug, Label: p.Org.Name}
	}
	return views.OrgChoice(s.frame(c, "home.title"), links)
}

func (s *Server) getSignIn(c *request) error {
	if c.signedIn() && len(c.places) > 0 {
		return c.Redirect(http.StatusSeeOther, "/")
	}
	form := views.Form{Action: "/sign-in", Values: map[string][]string{"next": {localPath(c.QueryParam("next"))}}}
	return s.signInPage(c, http.StatusOK, form)
}

func (s *Server) postSignIn(c *request) error {
	acc, err := s.app.SignIn(c.ctx(), c.field("login"), c.raw("password"), c.RealIP())
	if err != nil {
		err = s.orAway(c, err)
		faults, ok := s.faultsOf(c, err)
		if !ok {
			return err
		}
		form := views.Form{Action: "/sign-in", Faults: faults, Values: map[string][]string{
			"login": {c.field("login")}, "next": {localPath(c.field("next"))},
		}}
		return s.signInPage(c, status(err), form)
	}
	return s.enter(c, acc)
}

func (s *Server) signInPage(c *request, code int, form views.Form) error {
	key, err := s.askPasskey(c, form.Value("next"))
	if err != nil {
		return err
	}
	return s.page(c, code, views.SignIn(withScript(s.frame(c, "sign_in.title"), key), form, key))
}

// enter signs in whoever knew the password, or asks for the second factor first.
func (s *Server) enter(c *request, acc app.Account) error {
	return s.enterWith(c, acc, c.justProved(false), localPath(c.field("next")))
}

// enterWith does so with values for the session, where no second factor is asked for, and goes on to next.
func (s *Server) enterWith(c *request, acc app.Account, values map[string]string, next string) error {
	factors, err := s.app.Factors(c.ctx(), acc.ID)
	if err != nil {
		return err
	}
	if len(factors) > 0 {
		if err := s.awaitFactor(c, acc, values[sessionBy]); err != nil {
			return err
		}
		return s.goTo(c, "/sign-in/code?next="+url.QueryEscape(next))
	}
	return s.signInTo(c, acc, values, next)
}

// signInTo signs in and goes on to a path of this site; "" is the front page.
func (s *Server) signInTo(c *request, acc app.Account, values map[string]string, next string) error {
	if err := s.signIn(c, acc, values); err != nil {
		return err
	}
	return s.goTo(c, cmp.Or(next, "/"))
}

func (s *Server) postSignOut(c *request) error {
	if err := s.signOut(c); err != nil {
		return err
	}
	return s.goTo(c, "/sign-in")
}

// getLink shows what a one-time link offers; opening it uses nothing up, because mail programs open links too.
func (s *Server) getLink(c *request) error {
	l, err := s.app.OpenLink(c.ctx(), c.Param("token"))
	if err != nil {
		return err
	}
	form := views.Form{Action: c.Request().URL.Path, Values: map[string][]string{"start_day": {"1"}, "off_days": {"9"}}}
	return s.linkPage(c, http.StatusOK, l, form)
}

func (s *Server) linkPage(c *request, code int, l app.Link, form views.Form) error {
	switch l.Kind {
	case "first_run":
		return s.page(c, code, views.SetUp(s.frame(c, "setup.title"), form))
	case "sign_in":
		return s.page(c, code, views.DemoSignIn(s.frame(c, "sign_in.title"), form))
	}
	v, err := s.app.OpenInvitation(c.ctx(), c.Param("token"))
	if err != nil {
		return err
	}
	if l.Kind == "qr" {
		return s.page(c, code, views.QRSignIn(s.frame(c, "sign_in.title"), form, v.Org.Name, v.Member.Name))
	}
	return s.page(c, code, views.Join(s.frame(c, "join.title"), views.Joining{
		Form: form, Org: v.Org.Name, Name: v.Member.Name, Login: v.Login, Long: v.Member.Role.Manages(),
	}))
}

func (s *Server) postLink(c *request) error {
	token := c.Param("token")
	l, err := s.app.OpenLink(c.ctx(), token)
	if err != nil {
		return err
	}
	acc, err := s.takeLink(c, token, l)
	if err != nil {
		err = s.orAway(c, err)
		faults, ok := s.faultsOf(c, err)
		if !ok {
			return err
		}
		form := views.Form{Action: c.Request().URL.Path, Values: withoutSecrets(c.form), Faults: faults}
		return s.linkPage(c, status(err), l, form)
	}
	if l.Kind == "sign_in" {
		return s.signInTo(c, acc, map[string]string{sessionProved: demoProved}, "")
	}
	if l.Kind == "qr" {
		return s.enterWith(c, acc, nil, localPath(c.field("next"))) // a code that somebody saw proves nothing more
	}
	return s.enter(c, acc)
}

func (s *Server) takeLink(c *request, token string, l app.Link) (app.Account, error) {
	switch l.Kind {
	case "sign_in":
		return s.app.SignInByLink(c.ctx(), token)
	case "first_run":
		return s.app.SetUp(c.ctx(), token, app.FirstRun{
			Org: c.field("org"), Slug: c.field("slug"), Site: c.field("site"), StartDay: number(c.field("start_day")),
			OffDays: number(c.field("off_days")), Name: c.field("name"), Login: c.field("login"), Email: c.field("email"),
			Password: c.raw("password"), Again: c.raw("again"),
		})
	}
	return s.app.Join(c.ctx(), token, app.Joining{
		Login: c.field("login"), Email: c.field("email"), Password: c.raw("password"), Again: c.raw("again"),
	})
}

// number reads a form number; what is none becomes -1, which every check refuses.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// withoutSecrets keeps what was typed for the refused form, but never a password.
func withoutSecrets(form map[string][]string) map[string][]string {
	kept := map[string][]string{}
	for k, v := range form {
		if !slices.Contains([]string{"password", "again", "old", "code", "proof_password", "proof_code"}, k) {
			kept[k] = v
		}
	}
	return kept
}

func (s *Server) getAccount(c *request) error {
	return s.accountPage(c, http.StatusOK, nil)
}

func (s *Server) accountPage(c *request, code int, faults map[string]string) error {
	list, err := s.app.Factors(c.ctx(), c.account.ID)
	if err != nil {
		return err
	}
	state := views.Badged{Kind: "ok", Text: c.text.T("factor.on")}
	if len(list) == 0 {
		state = views.Badged{Text: c.text.T("factor.off")}
	}
	return s.page(c, code, views.AccountPage(s.frame(c, "account.title"), views.AccountForms{
		Without: c.account.Password == "", Identities: c.base() + "/account/identities",
		SignIns: c.base() + "/account/sign-ins", Factors: c.base() + "/account/factors", FactorState: state,
		Login: c.account.Name, Email: c.account.Email, Long: c.actor.Role.Manages(),
		Password:    views.Form{Action: c.base() + "/account/password", Faults: faults},
		Preferences: views.Form{Action: c.base() + "/account/preferences", Values: map[string][]string{"language": {c.account.Language}, "theme": {c.account.Theme}}},
	}))
}

func (s *Server) postPassword(c *request) error {
	err := s.app.ChangePassword(c.ctx(), c.account.ID, c.raw("old"), c.raw("password"), c.raw("again"), app.HashSecret(c.session.ID), c.RealIP())
	err = s.orAway(c, err)
	if faults, ok := s.faultsOf(c, err); ok {
		return s.accountPage(c, status(err), faults)
	}
	if err != nil {
		return err
	}
	if c.account, err = s.app.Account(c.ctx(), c.account.ID); err != nil {
		return err
	}
	factors, err := s.app.Factors(c.ctx(), c.account.ID)
	if err != nil {
		return err
	}
	var shown map[string]string
	if len(factors) == 0 { // otherwise the password alone shows too little
		shown = c.justProved(false)
	}
	if err := s.renewSession(c, shown); err != nil {
		return err
	}
	c.notice = &views.Notice{Kind: "ok", Text: c.text.T("account.password_changed")}
	return s.accountPage(c, http.StatusOK, nil)
}

func (s *Server) postPreferences(c *request) error {
	if err := s.app.SavePreferences(c.ctx(), c.account.ID, c.field("language"), c.field("theme")); err != nil {
		return err
	}
	return s.goTo(c, c.base()+"/account")
}
