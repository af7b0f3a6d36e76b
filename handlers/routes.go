package handlers

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"wakakusa/roster"
)

// gate says who may come in. The zero gate lets nobody in.
type gate struct {
	public bool          // anybody
	person bool          // anybody signed in
	do     roster.Action // those who may do this in the organisation; app asks again about the very thing
	fresh  bool          // who has shown lately who they are
}

var (
	anybody = gate{public: true}
	person  = gate{person: true}
)

func may(do roster.Action) gate { return gate{do: do} }

// proved asks for who it is once more, unless that was shown lately.
func (g gate) proved() gate {
	g.fresh = true
	return g
}

// route is one line of the site map.
type route struct {
	method string
	path   string
	gate   gate
	handle func(*Server, *request) error
}

// routes is the site map. GET changes nothing, but the one by which a provider of identities sends people back, and that only with the state of
// this browser's own POST; every POST works as a plain form.
func routes() []route {
	const (
		get  = http.MethodGet
		post = http.MethodPost
	)
	return []route{
		{get, "/", anybody, (*Server).getHome},
		{get, "/sign-in", anybody, (*Server).getSignIn},
		{post, "/sign-in", anybody, (*Server).postSignIn},
		{get, "/sign-in/code", anybody, (*Server).getSecondStep},
		{post, "/sign-in/code", anybody, (*Server).postSecondStep},
		{post, "/sign-in/passkey", anybody, (*Server).postPasskey},
		{post, "/sign-in/oidc", anybody, (*Server).postSignInElsewhere},
		{get, "/sign-in/oidc/callback", anybody, (*Server).getReturn},
		{post, "/sign-out", person, (*Server).postSignOut},
		{get, "/links/:token", anybody, (*Server).getLink},
		{post, "/links/:token", anybody, (*Server).postLink},
		{post, "/links/:token/oidc", anybody, (*Server).postJoinElsewhere},

		{get, "/o/:org", person, (*Server).getOrgHome},
		{get, "/o/:org/account", person, (*Server).getAccount},
		{post, "/o/:org/account/password", person, (*Server).postPassword},
		{post, "/o/:org/account/preferences", person, (*Server).postPreferences},
		{get, "/o/:org/account/data", person, (*Server).getData},
		{post, "/o/:org/account/data", person.proved(), (*Server).postData},
		{get, "/o/:org/account/sign-ins", person, (*Server).getSignIns},
		{post, "/o/:org/account/sign-ins", person, (*Server).postSignIns},
		{get, "/o/:org/account/factors", person, (*Server).getFactors},
		{get, "/o/:org/account/factors/new", person.proved(), (*Server).getNewFactor},
		{post, "/o/:org/account/factors/new", person.proved(), (*Server).postNewFactor},
		{get, "/o/:org/account/factors/passkey", person.proved(), (*Server).getNewPasskey},
		{post, "/o/:org/account/factors/passkey", person.proved(), (*Server).postNewPasskey},
		{post, "/o/:org/account/factors/recovery", person.proved(), (*Server).postRecovery},
		{post, "/o/:org/account/factors/removal", person.proved(), (*Server).postFactorRemoval},
		{get, "/o/:org/account/identities", person, (*Server).getIdentities},
		{post, "/o/:org/account/identities", person.proved(), (*Server).postIdentity},
		{post, "/o/:org/account/identities/removal", person.proved(), (*Server).postIdentityRemoval},
		{get, "/o/:org/proof", person, (*Server).getProof},
		{post, "/o/:org/proof", person, (*Server).postProof},
		{post, "/o/:org/proof/oidc", person, (*Server).postProofElsewhere},

		{get, "/o/:org/me", may(roster.ViewOwn), (*Server).getMe},
		{get, "/o/:org/me/calendar", may(roster.ViewOwn), (*Server).getMyCalendar},
		{get, "/o/:org/me/days/:day", may(roster.ViewOwn), (*Server).getMyDay},

		{get, "/o/:org/rosters", may(roster.ViewRoster), (*Server).getRosters},
		{get, "/o/:org/rosters/:site/:day", may(roster.ViewRoster), (*Server).getRoster},
		{get, "/o/:org/rosters/:site/:day/regions", may(roster.ViewRoster), (*Server).getRegions},
		{get, "/o/:org/rosters/:site/:day/breaches", may(roster.ViewRoster), (*Server).getBreaches},
		{get, "/o/:org/rosters/:site/:day/events", may(roster.ViewRoster), (*Server).getEvents},
		{get, "/o/:org/rosters/:site/:day/news", may(roster.ViewRoster), (*Server).getNews},
		{post, "/o/:org/rosters/:site/:day/edits", may(roster.EditRoster), (*Server).postEdits},
		{post, "/o/:org/rosters/:site/:day/undos", may(roster.EditRoster), (*Server).postUndo},
		{get, "/o/:org/rosters/:site/:day/guests", may(roster.EditRoster), (*Server).getGuests},
		{post, "/o/:org/rosters/:site/:day/guests", may(roster.EditRoster), (*Server).postGuest},
		{get, "/o/:org/rosters/:site/:day/cells", may(roster.EditRoster), (*Server).getCellPick},
		{get, "/o/:org/rosters/:site/:day/cells/:staff/:cell", may(roster.EditRoster), (*Server).getCell},
		{post, "/o/:org/rosters/:site/:day/cells/:staff/:cell", may(roster.EditRoster), (*Server).postCell},
		{post, "/o/:org/rosters/:site/:day/publication", may(roster.PublishRoster), (*Server).postPublication},
		{post, "/o/:org/rosters/:site/:day/withdrawal", may(roster.PublishRoster), (*Server).postWithdrawal},
		{post, "/o/:org/rosters/:site/:day/closing", may(roster.PublishRoster), (*Server).postClosing},
		{post, "/o/:org/rosters/:site/:day/reopening", may(roster.PublishRoster), (*Server).postReopening},

		{get, "/o/:org/staff", may(roster.ViewStaff), (*Server).getPeople},
		{get, "/o/:org/staff/:staff", may(roster.ViewStaff), (*Server).getStaff},
		{post, "/o/:org/staff/:staff", may(roster.EditStaff), (*Server).postStaff},
		{post, "/o/:org/staff/:staff/data", may(roster.EditMembers).proved(), (*Server).postStaffData},
		{post, "/o/:org/staff/:staff/contracts/:contract", may(roster.EditStaff), (*Server).postContract},
		{get, "/o/:org/codes", may(roster.EditMasters), (*Server).getCodes},
		{get, "/o/:org/codes/:code", may(roster.EditMasters), (*Server).getCode},
		{post, "/o/:org/codes/:code", may(roster.EditMasters), (*Server).postCode},
		{get, "/o/:org/sites", may(roster.EditMasters), (*Server).getSites},
		{get, "/o/:org/sites/:site", may(roster.EditMasters), (*Server).getSite},
		{post, "/o/:org/sites/:site", may(roster.EditMasters), (*Server).postSite},
		{get, "/o/:org/jobs", may(roster.EditMasters), (*Server).getJobs},
		{get, "/o/:org/jobs/:job", may(roster.EditMasters), (*Server).getJob},
		{post, "/o/:org/jobs/:job", may(roster.EditMasters), (*Server).postJob},
		{get, "/o/:org/holidays", may(roster.EditMasters), (*Server).getHolidays},
		{get, "/o/:org/holidays/:holiday", may(roster.EditMasters), (*Server).getHoliday},
		{post, "/o/:org/holidays/:holiday", may(roster.EditMasters), (*Server).postHoliday},
		{get, "/o/:org/needs", may(roster.EditNeeds), (*Server).getNeedsHome},
		{get, "/o/:org/needs/:site", may(roster.EditNeeds), (*Server).getNeeds},
		{post, "/o/:org/needs/:site", may(roster.EditNeeds), (*Server).postNeeds},
		{get, "/o/:org/members", may(roster.EditMembers), (*Server).getMembers},
		{get, "/o/:org/members/:member", may(roster.EditMembers), (*Server).getMember},
		{post, "/o/:org/members/:member", may(roster.EditMembers).proved(), (*Server).postMember},
		{post, "/o/:org/members/:member/link", may(roster.EditMembers).proved(), (*Server).postMemberLink},
		{post, "/o/:org/members/:member/qr", may(roster.EditMembers).proved(), (*Server).postMemberQR},
		{post, "/o/:org/members/:member/factors", may(roster.EditMembers).proved(), (*Server).postMemberFactors},
		{post, "/o/:org/members/:member/sign-ins", may(roster.EditMembers), (*Server).postMemberSignIns},
		{post, "/o/:org/members/:member/data", may(roster.EditMembers).proved(), (*Server).postMemberData},
		{get, "/o/:org/settings", may(roster.EditOrg), (*Server).getSettings},
		{post, "/o/:org/settings", may(roster.EditOrg), (*Server).postSettings},
		{post, "/o/:org/settings/cache", may(roster.EditOrg), (*Server).postClearCache},
		{get, "/o/:org/erasure", may(roster.EditOrg), (*Server).getErasure},
		{post, "/o/:org/erasure", may(roster.EditOrg), (*Server).postErasure},
		{get, "/o/:org/history", may(roster.ViewHistory), (*Server).getHistory},
		{post, "/o/:org/history/export", may(roster.ViewHistory).proved(), (*Server).postHistoryExport},
		{get, "/o/:org/history/accesses", may(roster.ViewHistory), (*Server).getAccesses},
		{post, "/o/:org/history/accesses/export", may(roster.ViewHistory).proved(), (*Server).postAccessExport},
		{get, "/o/:org/backups", may(roster.KeepBackups), (*Server).getBackups},
		{post, "/o/:org/backups", may(roster.KeepBackups), (*Server).postBackup},
		{post, "/o/:org/backups/drill", may(roster.KeepBackups), (*Server).postDrill},
		{get, "/o/:org/backups/restore", may(roster.KeepBackups), (*Server).getRestore},
		{post, "/o/:org/backups/restore", may(roster.KeepBackups).proved(), (*Server).postRestore},
		{get, "/o/:org/backups/state", may(roster.KeepBackups), (*Server).getBackupState},
		{get, "/o/:org/backups/:backup", may(roster.KeepBackups).proved(), (*Server).getBackup},

		{get, "/s/:asset", anybody, (*Server).getAsset},
		{get, "/manifest.webmanifest", anybody, (*Server).getManifest},
		{get, "/favicon.ico", anybody, (*Server).getFavicon},
		{get, "/live", anybody, (*Server).getLive},
		{get, "/live/", anybody, (*Server).getLive},
		{get, "/ready", anybody, (*Server).getReady},
		{get, "/ready/", anybody, (*Server).getReady},
		{get, "/health", anybody, (*Server).getHealth},
		{get, "/health/", anybody, (*Server).getHealth},
		{get, "/metrics", anybody, (*Server).getMetrics},
		{post, reportPath, anybody, (*Server).postReport},
	}
}

func (s *Server) addRoutes() {
	for _, r := range routes() {
		s.echo.Add(r.method, r.path, s.guard(r))
	}
}

// sessionless are the paths that never ask who is there.
func sessionless(path string) bool {
	return isProbe(path) || slices.Contains([]string{"/metrics", "/s/:asset", "/manifest.webmanifest", "/favicon.ico", reportPath}, path)
}

// guard lets in whom the gate allows. A stranger's organisation is not found, whatever was asked.
func (s *Server) guard(r route) echo.HandlerFunc {
	return func(ec echo.Context) error {
		c, ok := ec.Get(requestKey).(*request)
		if !ok {
			return r.handle(s, &request{Context: ec, text: s.texts.For("ja")})
		}
		if err := r.gate.check(c); err != nil {
			return err
		}
		if _, err := c.fields(); err != nil { // read once, so that no handler goes on with half a form
			return err
		}
		switch {
		case r.gate.do != "" && c.lacksFactor():
			return s.goTo(c, c.base()+"/account/factors?needed=1")
		case r.gate.fresh && !c.proved():
			return s.askProof(c, http.StatusForbidden, nil)
		}
		return r.handle(s, c)
	}
}

func (g gate) check(c *request) error {
	switch {
	case g.public:
		return nil
	case !c.signedIn():
		return roster.Refuse(roster.SignedOut, "error.signed_out")
	case c.Param("org") != "" && c.org.ID == "":
		return roster.Refuse(roster.NotFound, "error.text_404")
	case g.person:
		return nil
	case g.do != "":
		return roster.Can(c.actor, g.do, roster.Subject{})
	}
	return roster.Refuse(roster.Forbidden, "error.forbidden")
}
