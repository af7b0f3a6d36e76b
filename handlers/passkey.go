package handlers

import (
	"net/http"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// askPasskey is the question that a page puts to the browser; none where there can be no passkeys.
func (s *Server) askPasskey(c *request, next string) (views.Passkey, error) {
	action := "/sign-in/passkey"
	if c.signedIn() {
		action = c.base() + "/proof"
	}
	x, err := s.app.AskPasskey(s.publicAddress(c))
	if roster.KindOf(err) == roster.RuleBroken {
		return views.Passkey{}, nil
	}
	return views.Passkey{Action: action, Options: x.Options, Sealed: x.Sealed, Next: next}, err
}

// withScript adds what asks the browser, where something is asked.
func withScript(f views.Frame, key views.Passkey) views.Frame {
	if key.Options != "" {
		f.Scripts = append(f.Scripts, "passkey.js")
	}
	return f
}

// postPasskey signs in with a passkey, which is enough by itself.
func (s *Server) postPasskey(c *request) error {
	acc, err := s.app.SignInByPasskey(c.ctx(), s.publicAddress(c), c.field("sealed"), c.raw("credential"), c.RealIP())
	if err = s.orAway(c, err); err != nil {
		faults, ok := s.faultsOf(c, err)
		if !ok {
			return err
		}
		return s.signInPage(c, status(err), views.Form{Action: "/sign-in", Faults: faults, Values: map[string][]string{"next": {localPath(c.field("next"))}}})
	}
	return s.signInTo(c, acc, c.justProved(true), localPath(c.field("next")))
}

func (s *Server) getNewPasskey(c *request) error { return s.newPasskeyPage(c, http.StatusOK, nil) }

func (s *Server) newPasskeyPage(c *request, code int, faults map[string]string) error {
	x, err := s.app.NewPasskey(c.ctx(), c.account, s.publicAddress(c))
	if err != nil {
		return err
	}
	path := c.base() + "/account/factors"
	form := views.Form{Action: path + "/passkey", Faults: faults, Values: map[string][]string{"name": one(c.field("name"))}}
	if c.Request().Method == http.MethodGet {
		form.Values["name"] = one(c.deviceOr(c.Request().UserAgent(), "factor.kind_passkey"))
	}
	key := views.Passkey{Action: form.Action, Options: x.Options, Sealed: x.Sealed, New: true}
	return s.page(c, code, views.NewPasskeyPage(views.NewPasskey{Frame: withScript(s.frame(c, "passkey.new"), key), Back: path, Form: form, Key: key}))
}

// postNewPasskey keeps one that the browser has made.
func (s *Server) postNewPasskey(c *request) error {
	recovery, err := s.app.AddPasskey(c.ctx(), c.account, s.publicAddress(c), c.field("sealed"), c.raw("credential"), c.field("name"), app.HashSecret(c.session.ID))
	if err = s.orAway(c, err); err != nil {
		faults, ok := s.faultsOf(c, err)
		if !ok {
			return err
		}
		return s.newPasskeyPage(c, status(err), faults)
	}
	return s.factorAdded(c, "passkey.added", recovery)
}
