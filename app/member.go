package app

import (
	"context"
	"slices"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// MemberView is a membership with the name its account signs in by.
type MemberView struct {
	roster.Member
	Login    string // "": nobody has joined yet
	LastSeen int64  // ms UTC, 0: never
}

// Members lists who belongs to the organisation.
func (a *App) Members(ctx context.Context, by roster.Actor) ([]MemberView, error) {
	if err := roster.Can(by, roster.EditMembers, roster.Subject{}); err != nil {
		return nil, err
	}
	var list []roster.Member
	err := a.read(ctx, by, func(r store.Reader) (err error) { list, err = r.Members(ctx); return })
	if err != nil {
		return nil, err
	}
	views := make([]MemberView, len(list))
	for i, m := range list {
		views[i].Member = m
		if m.Account == "" {
			continue
		}
		acc, err := a.store.Account(ctx, m.Account)
		if err != nil {
			return nil, err
		}
		views[i].Login = acc.Name
		if seen, err := a.store.SignInsOf(ctx, m.Account); err == nil && len(seen) > 0 {
			views[i].LastSeen = seen[0].SeenMs
		}
	}
	return views, nil
}

// Member reads one membership.
func (a *App) Member(ctx context.Context, by roster.Actor, id roster.MemberID) (m roster.Member, err error) {
	if err := roster.Can(by, roster.EditMembers, roster.Subject{}); err != nil {
		return m, err
	}
	err = a.read(ctx, by, func(r store.Reader) (err error) { m, err = r.Member(ctx, id); return })
	return m, err
}

// SaveMember adds (Version 0) or changes a membership. Deactivating ends all sign-ins of the account at once. An organisation keeps at
// least one active administrator, and nobody takes that role from themselves.
func (a *App) SaveMember(ctx context.Context, by roster.Actor, m roster.Member, key string) (roster.Member, error) {
	if err := roster.Can(by, roster.EditMembers, roster.Subject{}); err != nil {
		return m, err
	}
	if err := m.Check(); err != nil {
		return m, err
	}
	if m.ID == by.Member && (m.Role != roster.RoleAdmin || !m.Active) {
		return m, roster.Refuse(roster.RuleBroken, "error.own_role").On("role")
	}
	var before, saved roster.Member
	c, err := a.write(ctx, by.By("member.saved", key), func(w store.Writer) (err error) {
		if before, saved, err = a.keepMember(ctx, w, m); err != nil {
			return err
		}
		if saved.Account != "" && (!saved.Active || saved.Role != before.Role) {
			if err := w.EndSignIns(ctx, saved.Account, ""); err != nil {
				return err
			}
		}
		w.Record(roster.Saved(roster.EventMemberSaved, string(saved.ID), "", before, saved))
		return keepsAdmin(ctx, w, by)
	})
	if err != nil {
		return m, err
	}
	if c.Repeated {
		return recall[roster.Member](ctx, a, by, c.Revision, roster.EventMemberSaved)
	}
	return saved, nil
}

// keepMember saves a membership; its account is never what a form says.
func (a *App) keepMember(ctx context.Context, w store.Writer, m roster.Member) (before, saved roster.Member, err error) {
	m.Account = ""
	if m.Version == 0 {
		m.ID = roster.MemberID(a.newID())
	} else {
		if before, err = w.Member(ctx, m.ID); err != nil {
			return before, saved, err
		}
		m.Account = before.Account
	}
	if err = knownLinks(ctx, w, m); err != nil {
		return before, saved, err
	}
	saved, err = w.SaveMember(ctx, m)
	return before, saved, err
}

// knownLinks refuses a person or a site that this organisation does not have.
func knownLinks(ctx context.Context, r store.Reader, m roster.Member) error {
	if m.Staff != "" {
		p, err := r.Staff(ctx, m.Staff)
		if err == nil && p.Erased() {
			err = roster.Refuse(roster.RuleBroken, "error.staff_erased")
		}
		if err != nil {
			return onField(err, "staff")
		}
	}
	for _, id := range m.Sites {
		if _, err := r.Site(ctx, id); err != nil {
			return onField(err, "sites")
		}
	}
	return nil
}

// keepsAdmin refuses what two administrators might do to one another at the same moment: leave nobody in charge. Only people can;
// imports and the demo begin without an administrator.
func keepsAdmin(ctx context.Context, r store.Reader, by roster.Actor) error {
	if by.Member == "" {
		return nil
	}
	list, err := r.Members(ctx)
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.Role == roster.RoleAdmin && m.Active && m.Account != "" {
			return nil
		}
	}
	return roster.Refuse(roster.RuleBroken, "error.last_admin").On("role")
}

// Invite makes a one-time link for a member who has not joined yet; older ones end.
func (a *App) Invite(ctx context.Context, by roster.Actor, id roster.MemberID) (token string, err error) {
	m, err := a.Member(ctx, by, id)
	if err != nil {
		return "", err
	}
	if m.Account != "" || !m.Active {
		return "", roster.Refuse(roster.RuleBroken, "error.already_joined")
	}
	return a.memberLink(ctx, by, m, store.LinkInvite)
}

// StartReset makes a one-time link with which the person chooses a new password. The administrator never learns or chooses it.
func (a *App) StartReset(ctx context.Context, by roster.Actor, id roster.MemberID) (token string, err error) {
	m, err := a.Member(ctx, by, id)
	if err != nil {
		return "", err
	}
	if m.Account == "" || !m.Active {
		return "", roster.Refuse(roster.RuleBroken, "error.not_joined")
	}
	if err := a.answersFor(ctx, by, m.Account); err != nil {
		return "", err
	}
	return a.memberLink(ctx, by, m, store.LinkReset)
}

// SignInQR makes a one-time link that signs a member in on the phone that scans it. Not every role can be signed in so.
func (a *App) SignInQR(ctx context.Context, actor roster.Actor, id roster.MemberID) (token string, err error) {
	m, err := a.Member(ctx, actor, id)
	if err != nil {
		return "", err
	}
	if !m.Active || !m.Role.ByQR() {
		return "", roster.Refuse(roster.RuleBroken, "error.no_qr")
	}
	if m.Account != "" {
		if err := a.answersFor(ctx, actor, m.Account); err != nil {
			return "", err
		}
		if err := a.byQR(ctx, m.Account); err != nil {
			return "", err
		}
	}
	return a.memberLink(ctx, actor, m, store.LinkQR)
}

// byQR refuses an account that is more than staff anywhere: whoever scans the code is signed in everywhere.
func (a *App) byQR(ctx context.Context, account roster.AccountID) error {
	places, err := a.store.Memberships(ctx, account)
	if err == nil && slices.ContainsFunc(places, func(p Membership) bool { return !p.Member.Role.ByQR() }) {
		err = roster.Refuse(roster.RuleBroken, "error.no_qr")
	}
	return err
}

// answersFor refuses unless the actor is administrator wherever the account belongs: whoever holds a reset link can sign in with it, so
// one organisation's administrator could walk into another.
func (a *App) answersFor(ctx context.Context, by roster.Actor, account roster.AccountID) error {
	theirs, err := a.store.Memberships(ctx, account)
	if err != nil {
		return err
	}
	own, err := a.store.Memberships(ctx, by.Account)
	if err != nil {
		return err
	}
	for _, p := range theirs {
		if p.Org.ID != by.Org && !slices.ContainsFunc(own, func(m Membership) bool { return m.Org.ID == p.Org.ID && m.Member.Role == roster.RoleAdmin }) {
			return roster.Refuse(roster.RuleBroken, "error.reset_elsewhere")
		}
	}
	return nil
}

func (a *App) memberLink(ctx context.Context, actor roster.Actor, m roster.Member, kind store.LinkKind) (string, error) {
	lasts := map[store.LinkKind]time.Duration{store.LinkInvite: InviteLasts, store.LinkReset: ResetLasts, store.LinkQR: QRLasts}[kind]
	token, l := a.newLink(store.Link{Kind: kind, Org: actor.Org, Member: m.ID, Account: m.Account}, lasts)
	made := signed(actor, roster.Accessed(roster.ActionLinkMade, string(m.ID), nil, struct{ Kind store.LinkKind }{kind}))
	return token, a.writeAccounts(ctx, func(w store.AccountsWriter) error {
		w.Record(made)
		if err := w.DropMemberLinks(ctx, actor.Org, m.ID); err != nil {
			return err
		}
		return w.AddLink(ctx, l)
	})
}

// joinedMember is a member with an account for which the actor answers wherever it belongs.
func (a *App) joinedMember(ctx context.Context, actor roster.Actor, id roster.MemberID) (m roster.Member, err error) {
	if m, err = a.Member(ctx, actor, id); err != nil {
		return m, err
	}
	if m.Account == "" {
		return m, roster.Refuse(roster.RuleBroken, "error.not_joined")
	}
	return m, a.answersFor(ctx, actor, m.Account)
}

// MemberSignIns lists the sign-ins of a member's account, for an administrator.
func (a *App) MemberSignIns(ctx context.Context, actor roster.Actor, id roster.MemberID) ([]SignInView, error) {
	m, err := a.Member(ctx, actor, id)
	if err != nil || m.Account == "" {
		return nil, err
	}
	if err := a.answersFor(ctx, actor, m.Account); err != nil { // belongs elsewhere, too: where they are signed in is not this one's matter
		if roster.KindOf(err) == roster.RuleBroken {
			err = nil
		}
		return nil, err
	}
	return a.SignIns(ctx, m.Account, "")
}

// EndMemberSignIns signs a member out everywhere. Only who answers for the account wherever it belongs may.
func (a *App) EndMemberSignIns(ctx context.Context, actor roster.Actor, id roster.MemberID) error {
	m, err := a.joinedMember(ctx, actor, id)
	if err != nil {
		return err
	}
	return a.writeAccounts(ctx, func(w store.AccountsWriter) error {
		w.Record(signed(actor, roster.Accessed(roster.ActionSignInsRevoked, string(id), nil, nil)))
		return w.EndSignIns(ctx, m.Account, "")
	})
}
