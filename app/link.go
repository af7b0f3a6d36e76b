package app

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// How long one-time links can be used.
const (
	InviteLasts   = 72 * time.Hour
	ResetLasts    = 30 * time.Minute
	QRLasts       = 10 * time.Minute
	firstRunLasts = 24 * time.Hour
	demoLasts     = 24 * time.Hour
)

// newLink makes a one-time link with its token, which is kept nowhere.
func (a *App) newLink(l store.Link, lasts time.Duration) (token string, _ store.Link) {
	token, l.Hash = secret()
	l.EndsMs = a.now().Add(lasts).UnixMilli()
	return token, l
}

// addLink makes one and keeps it.
func (a *App) addLink(ctx context.Context, l store.Link, lasts time.Duration) (token string, err error) {
	token, l = a.newLink(l, lasts)
	return token, a.writeAccounts(ctx, func(w store.AccountsWriter) error { return w.AddLink(ctx, l) })
}

// FirstRunLink makes the link that creates the first organisation; "" when there is one already. Older ones end.
func (a *App) FirstRunLink(ctx context.Context) (token string, err error) {
	orgs, err := a.store.Orgs(ctx)
	if err != nil || len(orgs) > 0 {
		return "", err
	}
	if err := a.store.DropLinks(ctx, store.LinkFirstRun); err != nil {
		return "", err
	}
	return a.addLink(ctx, store.Link{Kind: store.LinkFirstRun}, firstRunLasts)
}

// DemoLink makes a link that signs in as a member without a password. Only the demo calls it.
func (a *App) DemoLink(ctx context.Context, org roster.OrgID, m roster.Member) (token string, err error) {
	return a.addLink(ctx, store.Link{Kind: store.LinkSignIn, Org: org, Member: m.ID, Account: m.Account}, demoLasts)
}

// DropDemoLinks ends the links of an earlier start.
func (a *App) DropDemoLinks(ctx context.Context) error {
	return a.store.DropLinks(ctx, store.LinkSignIn)
}

// OpenLink looks at a link without using it. NotFound (error.link_not_found) if it is unknown, used or has ended.
func (a *App) OpenLink(ctx context.Context, token string) (Link, error) {
	l, err := a.store.LinkBy(ctx, HashSecret(token))
	if err != nil {
		return l, err
	}
	if l.UsedMs > 0 || l.EndsMs <= a.now().UnixMilli() {
		return l, roster.Refuse(roster.NotFound, "error.link_not_found")
	}
	return l, nil
}

// useLink takes a link for good; of several rivals one succeeds.
func (a *App) useLink(ctx context.Context, w store.AccountsWriter, l Link) error {
	ok, err := w.UseLink(ctx, l.Hash, a.now().UnixMilli())
	if err == nil && !ok {
		err = roster.Refuse(roster.NotFound, "error.link_not_found")
	}
	return err
}

// saveBy saves an account and uses the link that allows it.
func (a *App) saveBy(ctx context.Context, l Link, acc Account) (saved Account, err error) {
	saved = acc
	err = a.writeAccounts(ctx, func(w store.AccountsWriter) (err error) {
		if err := a.useLink(ctx, w, l); err != nil {
			return err
		}
		saved, err = w.SaveAccount(ctx, acc)
		return err
	})
	return saved, err
}

// SignInByLink uses a demo link.
func (a *App) SignInByLink(ctx context.Context, token string) (Account, error) {
	l, err := a.OpenLink(ctx, token)
	if err != nil {
		return Account{}, err
	}
	if l.Kind != store.LinkSignIn {
		return Account{}, roster.Refuse(roster.NotFound, "error.link_not_found")
	}
	if err := a.writeAccounts(ctx, func(w store.AccountsWriter) error { return a.useLink(ctx, w, l) }); err != nil {
		return Account{}, err
	}
	return a.store.Account(ctx, l.Account)
}

// FirstRun is what the first administrator types.
type FirstRun struct {
	Org, Slug, Site   string
	StartDay, OffDays int
	Name, Login       string
	Email             string
	Password, Again   string
}

// SetUp creates organisation, site, standard codes and the first administrator, and uses the link.
func (a *App) SetUp(ctx context.Context, token string, in FirstRun) (Account, error) {
	l, err := a.OpenLink(ctx, token)
	if err != nil {
		return Account{}, err
	}
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return Account{}, err
	}
	if l.Kind != store.LinkFirstRun || len(orgs) > 0 {
		return Account{}, roster.Refuse(roster.NotFound, "error.link_not_found")
	}
	org := roster.Org{ID: roster.OrgID(a.newID()), Slug: in.Slug, Name: in.Org, Timezone: "Asia/Tokyo", Language: "ja"}
	site := roster.Site{ID: roster.SiteID(a.newID()), Name: in.Site, StartDay: in.StartDay, OffDays: in.OffDays, Position: 1}
	member := roster.Member{ID: roster.MemberID(a.newID()), Account: roster.AccountID(a.newID()), Name: in.Name, Role: roster.RoleAdmin, Active: true}
	acc := Account{ID: member.Account, Name: in.Login, Email: in.Email, Display: in.Name, CreatedMs: a.now().UnixMilli()}
	if err := a.checkFirstRun(ctx, in, org, site, member, &acc); err != nil {
		return Account{}, err
	}
	if acc, err = a.saveBy(ctx, l, acc); err != nil {
		return acc, err
	}
	if err := a.store.AddOrg(ctx, org); err != nil {
		return acc, err
	}
	return acc, a.furnish(ctx, org, site, member)
}

func (a *App) checkFirstRun(ctx context.Context, in FirstRun, org roster.Org, site roster.Site, m roster.Member, acc *Account) error {
	var f roster.Faults
	addAs(&f, org.Check(), map[string]string{"name": "org"})
	addAs(&f, site.Check(), map[string]string{"name": "site"})
	addAs(&f, m.Check(), nil)
	addAs(&f, checkLogin(in.Login, in.Email), nil)
	addAs(&f, a.hashNew(ctx, acc, in.Password, in.Again, m.Role, []string{in.Login, in.Name, in.Org, in.Site, in.Slug, in.Email}), nil)
	return f.Err()
}

// addAs notes faults of one part under the field names of a form that asks for several parts.
func addAs(f *roster.Faults, err error, names map[string]string) {
	list, ok := err.(roster.Faults)
	if !ok {
		f.Add("", err)
		return
	}
	for _, e := range list {
		if to, ok := names[e.Field]; ok {
			e = e.On(to)
		}
		f.Add("", e)
	}
}

// furnish puts the first things into a new organisation.
func (a *App) furnish(ctx context.Context, org roster.Org, site roster.Site, member roster.Member) error {
	act := roster.Act{Org: org.ID, Actor: member.Account, Name: member.Name, Kind: "org.founded"}
	_, err := a.write(ctx, act, func(w store.Writer) error {
		s, err := w.SaveSite(ctx, site)
		if err != nil {
			return err
		}
		w.Record(roster.Saved(roster.EventSiteSaved, string(s.ID), s.ID, nil, s))
		for _, c := range roster.SeedCodes(func() roster.CodeID { return roster.CodeID(a.newID()) }) {
			if c, err = w.SaveCode(ctx, c); err != nil {
				return err
			}
			w.Record(roster.Saved(roster.EventCodeSaved, string(c.ID), "", nil, c))
		}
		m, err := w.SaveMember(ctx, member)
		w.Record(roster.Saved(roster.EventMemberSaved, string(m.ID), "", nil, m))
		return err
	})
	return err
}

// Joining is what an invited person, or one who resets the password, types.
type Joining struct{ Login, Email, Password, Again string }

// Invitation is what the page behind an invitation or reset link shows.
type Invitation struct {
	Link   Link
	Org    roster.Org
	Member roster.Member
	Login  string // of the existing account when the link resets a password
}

// OpenInvitation looks at an invitation or reset without using it.
func (a *App) OpenInvitation(ctx context.Context, token string) (v Invitation, err error) {
	if v.Link, err = a.OpenLink(ctx, token); err != nil {
		return v, err
	}
	if !slices.Contains([]store.LinkKind{store.LinkInvite, store.LinkReset, store.LinkQR}, v.Link.Kind) {
		return v, roster.Refuse(roster.NotFound, "error.link_not_found")
	}
	err = a.store.Read(ctx, v.Link.Org, func(r store.Reader) error {
		if v.Org, err = r.Org(ctx); err != nil {
			return err
		}
		v.Member, err = r.Member(ctx, v.Link.Member)
		return err
	})
	if err != nil {
		return v, err
	}
	if !v.Member.Active {
		return v, roster.Refuse(roster.NotFound, "error.link_not_found")
	}
	if v.Member.Account != "" {
		acc, err := a.store.Account(ctx, v.Member.Account)
		v.Login = acc.Name
		return v, err
	}
	return v, nil
}

// Join uses an invitation or reset: the person chooses a password, and a user name if there was none.
func (a *App) Join(ctx context.Context, token string, in Joining) (Account, error) {
	v, err := a.OpenInvitation(ctx, token)
	if err != nil {
		return Account{}, err
	}
	switch v.Link.Kind {
	case store.LinkReset:
		return a.reset(ctx, v, in)
	case store.LinkQR:
		return a.signInByQR(ctx, v)
	}
	words := []string{in.Login, in.Email, v.Member.Name, v.Org.Name, v.Org.Slug}
	acc := Account{
		ID: roster.AccountID(a.newID()), Name: in.Login, Email: in.Email, Display: v.Member.Name, CreatedMs: a.now().UnixMilli(),
	}
	var f roster.Faults
	addAs(&f, checkLogin(in.Login, in.Email), nil)
	addAs(&f, a.hashNew(ctx, &acc, in.Password, in.Again, v.Member.Role, words), nil)
	if err := f.Err(); err != nil {
		return acc, err
	}
	return a.addMemberAccount(ctx, v, acc)
}

// signInByQR needs nothing typed. Whoever had no account gets one without a password.
func (a *App) signInByQR(ctx context.Context, v Invitation) (Account, error) {
	if !v.Member.Role.ByQR() {
		return Account{}, roster.Refuse(roster.NotFound, "error.link_not_found")
	}
	if v.Member.Account == "" {
		return a.addMemberAccount(ctx, v, Account{
			ID: roster.AccountID(a.newID()), Name: "qr-" + strings.ToLower(rand.Text()[:10]), Display: v.Member.Name, CreatedMs: a.now().UnixMilli(),
		})
	}
	acc, err := a.store.Account(ctx, v.Member.Account)
	if err == nil && acc.Disabled {
		err = roster.Refuse(roster.NotFound, "error.link_not_found")
	}
	if err != nil {
		return Account{}, err
	}
	return acc, a.writeAccounts(ctx, func(w store.AccountsWriter) error { return a.useLink(ctx, w, v.Link) })
}

// addMemberAccount adds the account, binds it to the membership and uses the invitation, all or none: who comes too late leaves no
// account behind that would keep a user name for nobody.
func (a *App) addMemberAccount(ctx context.Context, v Invitation, acc Account) (saved Account, err error) {
	act := roster.Act{Org: v.Org.ID, Actor: acc.ID, Name: v.Member.Name, Kind: "member.joined"}
	_, err = a.write(ctx, act, func(w store.Writer) error {
		m, err := w.Member(ctx, v.Member.ID)
		if err != nil {
			return err
		}
		if m.Account != "" || !m.Active {
			return roster.Refuse(roster.NotFound, "error.link_not_found")
		}
		if saved, err = w.AddAccount(ctx, acc, v.Link.Hash); err != nil {
			return err
		}
		before := m
		m.Account = acc.ID
		if m, err = w.SaveMember(ctx, m); err == nil {
			w.Record(roster.Saved(roster.EventMemberSaved, string(m.ID), "", before, m))
		}
		return err
	})
	return saved, err
}

// reset sets a new password and ends every sign-in.
func (a *App) reset(ctx context.Context, v Invitation, in Joining) (Account, error) {
	acc, err := a.store.Account(ctx, v.Link.Account)
	if err != nil {
		return acc, err
	}
	if err := a.setPassword(ctx, &acc, in.Password, in.Again); err != nil {
		return acc, err
	}
	saved := acc
	err = a.alter(ctx, acc, roster.Accessed(roster.ActionPasswordReset, "", nil, nil), func(w store.AccountsWriter) error {
		if err := a.useLink(ctx, w, v.Link); err != nil {
			return err
		}
		if saved, err = w.SaveAccount(ctx, acc); err != nil {
			return err
		}
		return w.EndSignIns(ctx, acc.ID, "")
	})
	return saved, err
}

func checkLogin(login, email string) error {
	var f roster.Faults
	f.Add("login", roster.CheckLogin(login))
	f.Add("email", roster.CheckEmail(email))
	return f.Err()
}

// OperatorReset makes a reset link for whoever signs in by a name, also the only administrator: for the one who runs the server and
// holds its data anyway. factors forgets second factors, too. NotFound for a name that nobody signs in by.
func (a *App) OperatorReset(ctx context.Context, login string, factors bool) (token string, err error) {
	acc, err := a.store.AccountNamed(ctx, login)
	if err != nil {
		return "", err
	}
	places, err := a.store.Memberships(ctx, acc.ID)
	if err != nil {
		return "", err
	}
	if len(places) == 0 {
		return "", roster.Refuse(roster.NotFound, "error.account_not_found")
	}
	p := places[0]
	operator := roster.Program(p.Org.ID, "operator")
	if factors {
		if err := a.resetFactors(ctx, operator, p.Member); err != nil {
			return "", err
		}
	}
	return a.memberLink(ctx, operator, p.Member, store.LinkReset)
}
