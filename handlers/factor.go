package handlers

import (
	"net/http"

	"rsc.io/qr"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// lacksFactor reports that the organisation asks a second factor of this person, and that none was shown in this session.
func (c *request) lacksFactor() bool {
	return app.NeedsFactor(c.places) && c.session.Values[sessionFactor] != "yes"
}

// getFactors lists what somebody proves themselves with beside the password.
func (s *Server) getFactors(c *request) error { return s.factorsPage(c, http.StatusOK, nil) }

// factorsPage draws the list; recovery are codes that are shown once.
func (s *Server) factorsPage(c *request, code int, recovery []string) error {
	list, err := s.app.Factors(c.ctx(), c.account.ID)
	if err != nil {
		return err
	}
	left, err := s.app.RecoveryCodesLeft(c.ctx(), c.account.ID)
	if err != nil {
		return err
	}
	base := c.base() + "/account/factors"
	v := views.Factors{
		Frame: s.frame(c, "factor.title"), Back: c.base() + "/account", Add: base + "/new", Removal: base + "/removal", Renewal: base + "/recovery",
		Left: left, Recovery: recovery, Needed: c.lacksFactor(),
	}
	if key, err := s.askPasskey(c, ""); err == nil && key.Options != "" {
		v.AddKey = base + "/passkey"
	}
	for _, f := range list {
		line := views.FactorLine{ID: f.ID, Name: f.Name, Kind: c.text.T("factor.kind_" + string(f.Kind)), Since: c.when(f.CreatedMs)}
		if f.UsedMs > 0 {
			line.Used = c.when(f.UsedMs)
		}
		v.Lines = append(v.Lines, line)
	}
	return s.page(c, code, views.FactorsPage(v))
}

// getNewFactor shows the secret for an app that makes codes.
func (s *Server) getNewFactor(c *request) error {
	e, err := s.app.NewTOTP(c.account)
	if err != nil {
		return err
	}
	return s.newFactorPage(c, http.StatusOK, e, nil)
}

func (s *Server) newFactorPage(c *request, code int, e app.Enrolment, faults map[string]string) error {
	picture, err := qr.Encode(e.URL, qr.L)
	if err != nil {
		return err
	}
	form := views.Form{Action: c.base() + "/account/factors/new", Faults: faults, Values: map[string][]string{
		"sealed": {e.Sealed}, "name": {c.field("name")},
	}}
	if c.Request().Method == http.MethodGet {
		form.Values["name"] = one(c.text.T("factor.name_default"))
	}
	return s.page(c, code, views.NewFactorPage(views.NewFactor{
		Frame: s.frame(c, "factor.new"), Form: form, Secret: e.Secret, URL: e.URL, QR: views.QR{Size: picture.Size, Dark: picture.Black},
		Back: c.base() + "/account/factors",
	}))
}

// postNewFactor keeps the app once it has shown its first code.
func (s *Server) postNewFactor(c *request) error {
	sealed := c.field("sealed")
	recovery, err := s.app.AddTOTP(c.ctx(), c.account, sealed, c.field("name"), c.field("code"), app.HashSecret(c.session.ID))
	if err = s.orAway(c, err); err != nil {
		faults, ok := s.faultsOf(c, err)
		if !ok {
			return err
		}
		e, broken := s.app.SameTOTP(c.account, sealed)
		if broken != nil {
			return broken
		}
		return s.newFactorPage(c, status(err), e, faults)
	}
	return s.factorAdded(c, "factor.added", recovery)
}

// factorAdded says so by a key, under a session that has shown the new factor.
func (s *Server) factorAdded(c *request, key string, recovery []string) error {
	if err := s.renewSession(c, c.justProved(true)); err != nil {
		return err
	}
	c.notice = &views.Notice{Kind: "ok", Text: c.text.T(key)}
	return s.factorsPage(c, http.StatusOK, recovery)
}

// postRecovery makes new recovery codes and shows them.
func (s *Server) postRecovery(c *request) error {
	recovery, err := s.app.RenewRecoveryCodes(c.ctx(), c.account)
	if err != nil {
		return err
	}
	return s.factorsPage(c, http.StatusOK, recovery)
}

// postFactorRemoval forgets one.
func (s *Server) postFactorRemoval(c *request) error {
	err := s.orAway(c, s.app.RemoveFactor(c.ctx(), c.account, c.field("factor"), s.issuer(), app.HashSecret(c.session.ID)))
	if faults, ok := s.faultsOf(c, err); ok {
		c.notice = &views.Notice{Kind: "error", Text: faults[""]}
		return s.factorsPage(c, status(err), nil)
	}
	if err != nil {
		return err
	}
	left, err := s.app.Factors(c.ctx(), c.account.ID)
	if err != nil {
		return err
	}
	var lost map[string]string
	if len(left) == 0 {
		lost = map[string]string{sessionFactor: ""}
	}
	if err := s.renewSession(c, lost); err != nil {
		return err
	}
	return s.goTo(c, c.base()+"/account/factors?done=removed")
}

// postMemberFactors forgets all factors of a member who has lost them.
func (s *Server) postMemberFactors(c *request) error {
	err := s.app.ResetFactors(c.ctx(), c.actor, roster.MemberID(c.Param("member")))
	return s.answer(c, err, "/members/"+c.Param("member"), "factors_reset", func(code int, refusal error) error { return s.memberPage(c, code, refusal) })
}
