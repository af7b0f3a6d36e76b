package handlers

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mileusna/useragent"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// getSecondStep asks whoever knew the password for a code.
func (s *Server) getSecondStep(c *request) error {
	if c.pending() == "" {
		return s.goTo(c, "/sign-in")
	}
	return s.secondStepPage(c, http.StatusOK, nil)
}

// pending is whoever knew the password and has not shown the second factor yet; "" for nobody.
func (c *request) pending() roster.AccountID {
	if c.session == nil {
		return ""
	}
	id, _ := c.session.Values[sessionPending].(string)
	return roster.AccountID(id)
}

func (s *Server) secondStepPage(c *request, code int, faults map[string]string) error {
	next := localPath(cmp.Or(c.field("next"), c.QueryParam("next")))
	key, err := s.askPasskey(c, next)
	if err != nil {
		return err
	}
	form := views.Form{Action: "/sign-in/code", Faults: faults, Values: map[string][]string{"next": {next}}}
	return s.page(c, code, views.SecondStep(withScript(s.frame(c, "second.title"), key), form, key))
}

// postSecondStep signs in with a code.
func (s *Server) postSecondStep(c *request) error {
	id := c.pending()
	if id == "" { // it took too long
		return s.goTo(c, "/sign-in")
	}
	version, _ := c.session.Values[sessionVersion].(string)
	acc, err := s.app.SecondStep(c.ctx(), id, int64(number(version)), c.field("code"), c.RealIP())
	if err = s.orAway(c, err); err != nil {
		faults, ok := s.faultsOf(c, err)
		if !ok {
			return err
		}
		return s.secondStepPage(c, status(err), faults)
	}
	values := c.justProved(true)
	values[sessionBy], _ = c.session.Values[sessionBy].(string)
	return s.signInTo(c, acc, values, localPath(c.field("next")))
}

// askProof asks who it is once more. What was being sent is kept in the page and sent again afterwards.
func (s *Server) askProof(c *request, code int, faults map[string]string) error {
	if c.Request().Method == http.MethodGet {
		return s.goTo(c, c.base()+"/proof?next="+url.QueryEscape(c.Request().URL.RequestURI()))
	}
	return s.proofPage(c, code, proof{next: c.Request().URL.RequestURI(), post: true}, faults)
}

// proof is what goes on once somebody has shown who they are.
type proof struct {
	next string
	post bool // a form, which is sent again
}

// kept is what was being sent, without what belongs to the proof.
func (c *request) kept() map[string][]string {
	kept := withoutSecrets(c.form)
	for _, name := range []string{"proof_next", "proof_post", "credential", "sealed", "username"} {
		delete(kept, name)
	}
	return kept
}

func (s *Server) getProof(c *request) error {
	return s.proofPage(c, http.StatusOK, proof{next: c.QueryParam("next")}, nil)
}

func (s *Server) proofPage(c *request, code int, p proof, faults map[string]string) error {
	factors, err := s.app.Factors(c.ctx(), c.account.ID)
	if err != nil {
		return err
	}
	v := views.Proof{
		Form: views.Form{Action: c.base() + "/proof", Faults: faults}, Next: localPath(p.next), Login: c.account.Name,
		Password: c.account.Password != "", Code: len(factors) > 0,
	}
	if v.Elsewhere, err = s.provesElsewhere(c); err != nil {
		return err
	}
	if v.Elsewhere {
		v.Form.Action += "/oidc"
	}
	if slices.ContainsFunc(factors, func(f app.Factor) bool { return f.Kind == "passkey" }) {
		if v.Key, err = s.askPasskey(c, ""); err != nil {
			return err
		}
	}
	if p.post {
		v.Kept, v.Post = c.kept(), true
	}
	return s.page(c, code, views.ProofPage(withScript(s.frame(c, "proof.title"), v.Key), v))
}

// postProof lets whoever has shown who they are go on: a form is sent again as it was (307), under a new session.
func (s *Server) postProof(c *request) error {
	p := proof{next: localPath(c.field("proof_next")), post: c.field("proof_post") != ""}
	err := s.orAway(c, s.prove(c))
	if err != nil {
		faults, ok := s.faultsOf(c, err)
		if !ok {
			return err
		}
		return s.proofPage(c, status(err), p, faults)
	}
	factors, err := s.app.Factors(c.ctx(), c.account.ID)
	if err != nil {
		return err
	}
	if err := s.renewSession(c, c.justProved(len(factors) > 0)); err != nil {
		return err
	}
	if p.post && p.next != "" {
		return c.Redirect(http.StatusTemporaryRedirect, p.next)
	}
	return s.goTo(c, cmp.Or(p.next, c.base()))
}

func (s *Server) prove(c *request) error {
	if answer := c.raw("credential"); answer != "" {
		return s.app.ProveByPasskey(c.ctx(), c.account, s.publicAddress(c), c.field("sealed"), answer, c.RealIP())
	}
	return s.app.Prove(c.ctx(), c.account, c.raw("proof_password"), c.field("proof_code"), c.RealIP())
}

// getSignIns lists where somebody is signed in.
func (s *Server) getSignIns(c *request) error {
	list, err := s.app.SignIns(c.ctx(), c.account.ID, app.HashSecret(c.session.ID))
	if err != nil {
		return err
	}
	return s.page(c, http.StatusOK, views.SignInsPage(views.SignIns{
		Frame: s.frame(c, "account.sign_ins"), Action: c.base() + "/account/sign-ins", Lines: c.signInLines(list), Back: c.base() + "/account",
	}))
}

func (c *request) signInLines(list []app.SignInView) (lines []views.SignInLine) {
	for _, x := range list {
		lines = append(lines, views.SignInLine{
			Name: x.Name, Device: c.device(x.Agent), From: x.From, Seen: c.when(x.SeenMs), Begun: c.when(x.Begun), Here: x.Here,
		})
	}
	slices.SortStableFunc(lines, func(a, b views.SignInLine) int { return cmp.Compare(bit(b.Here), bit(a.Here)) })
	return lines
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// device names a browser and what it runs on, as far as it says so.
func (c *request) device(agent string) string { return c.deviceOr(agent, "account.unknown_device") }

// deviceOr names it by a key where the browser does not say.
func (c *request) deviceOr(agent, unknown string) string {
	a := useragent.Parse(agent)
	name := strings.TrimSpace(cmp.Or(a.Device, a.OS))
	switch {
	case a.Name == "" || a.Bot:
		return c.text.T(unknown)
	case name == "":
		return a.Name
	}
	return c.text.T("account.device", "Device", name, "Browser", a.Name)
}

// postSignIns ends one sign-in, or all but this one.
func (s *Server) postSignIns(c *request) error {
	var err error
	if name := c.field("sign_in"); name != "" {
		err = s.app.EndSignIn(c.ctx(), c.account, name)
	} else {
		err = s.app.EndOtherSignIns(c.ctx(), c.account, app.HashSecret(c.session.ID))
	}
	if err != nil && roster.KindOf(err) != roster.NotFound { // ended already, all the better
		return err
	}
	return s.goTo(c, c.base()+"/account/sign-ins?done=ended")
}

// postMemberSignIns signs a member out everywhere.
func (s *Server) postMemberSignIns(c *request) error {
	err := s.app.EndMemberSignIns(c.ctx(), c.actor, roster.MemberID(c.Param("member")))
	if err != nil {
		return err
	}
	return s.goTo(c, c.base()+"/members/"+c.Param("member")+"?done=ended")
}
