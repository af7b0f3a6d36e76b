package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"wakakusa/roster"
	"wakakusa/store"
)

// Identity is who somebody is at a provider: issuer and subject, never an e-mail.
type Identity = store.Identity

// ByOIDC is what a session says that was begun at a provider of identities.
const ByOIDC = "oidc"

// howTold is what the access log knows of how somebody came in, or why they did not.
type howTold struct {
	By  string
	Why string `json:",omitempty"`
}

// byWhat is nil for a password.
func byWhat(by, why string) any {
	if by == "" {
		return nil
	}
	return howTold{by, why}
}

// Identities lists those of an account.
func (a *App) Identities(ctx context.Context, id roster.AccountID) ([]Identity, error) {
	return a.store.Identities(ctx, id)
}

// SignInAs returns the account that an identity is linked to; whether that is enough, its factors say. NotFound where it is linked to nobody,
// Invalid where the account is disabled or belongs nowhere; both are recorded.
func (a *App) SignInAs(ctx context.Context, x Identity) (acc Account, err error) {
	x, err = a.store.IdentityBy(ctx, x.Issuer, x.Subject)
	if roster.KindOf(err) == roster.NotFound {
		return acc, cmp.Or(a.IdentityRefused(ctx, acc, "nobody"), err)
	}
	if err != nil {
		return acc, err
	}
	if acc, err = a.store.Account(ctx, x.Account); err != nil {
		return acc, err
	}
	places, err := a.store.Memberships(ctx, acc.ID)
	if err != nil {
		return Account{}, err
	}
	if acc.Disabled || len(places) == 0 {
		return Account{}, cmp.Or(a.IdentityRefused(ctx, acc, "disabled"), error(roster.Refuse(roster.Invalid, "error.identity_disabled")))
	}
	return acc, nil
}

// IdentityRefused records that somebody came back from a provider and was not let in, and why. The account may be nobody's.
func (a *App) IdentityRefused(ctx context.Context, acc Account, why string) error {
	return a.alter(ctx, acc, roster.Accessed(roster.ActionSignInRefused, "", nil, howTold{ByOIDC, why}), nothing)
}

// identityTold is what the access log knows of an identity.
type identityTold struct{ Issuer, Subject string }

// LinkIdentity lets an account sign in as an identity from now on, and ends all other sign-ins. Taken if it is linked already.
func (a *App) LinkIdentity(ctx context.Context, acc Account, x Identity, keep string) error {
	x.Account, x.CreatedMs = acc.ID, a.now().UnixMilli()
	linked := roster.Accessed(roster.ActionIdentityLinked, "", nil, identityTold{x.Issuer, x.Subject})
	return a.alter(ctx, acc, linked, func(w store.AccountsWriter) error {
		if err := w.AddIdentity(ctx, x); err != nil {
			return err
		}
		return w.EndSignIns(ctx, acc.ID, keep)
	})
}

// RemoveIdentity unlinks one, and ends all other sign-ins. The last way to sign in stays.
func (a *App) RemoveIdentity(ctx context.Context, acc Account, x Identity, keep string) error {
	acc, err := a.store.Account(ctx, acc.ID)
	if err != nil {
		return err
	}
	have, err := a.store.Identities(ctx, acc.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(have, x.Is) {
		return roster.Refuse(roster.NotFound, "error.identity_gone")
	}
	others := slices.DeleteFunc(have, func(o Identity) bool { return o.Issuer != x.Issuer || o.Subject == x.Subject })
	factors, err := a.store.Factors(ctx, acc.ID)
	if err != nil {
		return err
	}
	if !signsIn(acc, factors, others) {
		return roster.Refuse(roster.RuleBroken, "error.last_way")
	}
	x.Account = acc.ID
	removed := roster.Accessed(roster.ActionIdentityRemoved, "", identityTold{x.Issuer, x.Subject}, nil)
	return a.alter(ctx, acc, removed, func(w store.AccountsWriter) error {
		if _, err := w.SaveAccount(ctx, acc); err != nil { // of two who each remove one, the second finds it stale
			return err
		}
		if err := w.RemoveIdentity(ctx, x); err != nil {
			return err
		}
		return w.EndSignIns(ctx, acc.ID, keep)
	})
}

// signsIn reports that an account can sign in by what it has: a password, a passkey, or an identity.
func signsIn(acc Account, factors []Factor, as []Identity) bool {
	return acc.Password != "" || len(as) > 0 || slices.ContainsFunc(factors, func(f Factor) bool { return f.Kind == store.FactorPasskey })
}

// JoiningAs is what a provider says of an invited person, and the user name that they typed, if they did.
type JoiningAs struct {
	Identity Identity
	Login    string
	Email    string
	Verified bool // theirs, says the provider
}

// JoinAs uses an invitation, given by its hash: the account has no password and is linked in the act that makes it.
func (a *App) JoinAs(ctx context.Context, invitation string, in JoiningAs) (Account, error) {
	v, err := a.openInvitation(ctx, invitation)
	if err != nil {
		return Account{}, err
	}
	if v.Link.Kind != store.LinkInvite {
		return Account{}, roster.Refuse(roster.NotFound, "error.link_not_found")
	}
	acc := Account{ID: roster.AccountID(a.newID()), Name: in.Login, Display: v.Member.Name, CreatedMs: a.now().UnixMilli()}
	if in.Verified && roster.CheckEmail(in.Email) == nil {
		acc.Email = in.Email
	}
	if in.Login == "" {
		acc.Name = loginOf(in.Email)
	}
	if err := checkLogin(acc.Name, acc.Email); err != nil {
		return Account{}, err
	}
	in.Identity.Account, in.Identity.CreatedMs = acc.ID, acc.CreatedMs
	if acc, err = a.addFree(ctx, v, acc, in); err != nil {
		return acc, err
	}
	linked := roster.Accessed(roster.ActionIdentityLinked, "", nil, identityTold{in.Identity.Issuer, in.Identity.Subject})
	return acc, a.alter(ctx, acc, linked, nothing)
}

// addFree adds the account without an e-mail that is somebody else's, and with an addition to a user name that nobody chose.
func (a *App) addFree(ctx context.Context, v Invitation, acc Account, in JoiningAs) (saved Account, err error) {
	base := acc.Name
	for range 4 {
		saved, err = a.addMemberAccount(ctx, v, acc, in.Identity)
		var e *roster.Error
		if !errors.As(err, &e) || e.Kind != roster.Taken {
			return saved, err
		}
		switch {
		case e.Field == "email":
			acc.Email = ""
		case e.Field == "name" && in.Login == "":
			acc.Name = base + "-" + strings.ToLower(rand.Text()[:4])
		default:
			return saved, err
		}
	}
	return saved, err
}

// loginOf makes a user name of an e-mail.
func loginOf(email string) string {
	name, _, _ := strings.Cut(email, "@")
	if roster.CheckLogin(name) != nil || len(name) > 100 {
		return "member-" + strings.ToLower(rand.Text()[:6])
	}
	return name
}

// ProvesElsewhere reports that an account shows once more who it is at a provider: it has neither a password nor a factor here.
func (a *App) ProvesElsewhere(ctx context.Context, acc Account, issuer string) (bool, error) {
	factors, err := a.store.Factors(ctx, acc.ID)
	if err != nil || acc.Password != "" || len(factors) > 0 {
		return false, err
	}
	list, err := a.store.Identities(ctx, acc.ID)
	return slices.ContainsFunc(list, func(x Identity) bool { return x.Issuer == issuer }), err
}

// ProveAs is Prove by somebody who has just shown a provider who they are.
func (a *App) ProveAs(ctx context.Context, acc Account, x Identity) error {
	may, err := a.ProvesElsewhere(ctx, acc, x.Issuer)
	if err != nil {
		return err
	}
	list, err := a.store.Identities(ctx, acc.ID)
	if err != nil {
		return err
	}
	if !may || !slices.ContainsFunc(list, x.Is) {
		return cmp.Or(a.ProofElsewhereRefused(ctx, acc, "nobody"), error(roster.Refuse(roster.Invalid, "error.identity_other")))
	}
	return a.alter(ctx, acc, roster.Accessed(roster.ActionProved, "", nil, howTold{By: ByOIDC}), nothing)
}

// ProofElsewhereRefused records that somebody did not show a provider who they are, and why.
func (a *App) ProofElsewhereRefused(ctx context.Context, acc Account, why string) error {
	return a.alter(ctx, acc, roster.Accessed(roster.ActionProofRefused, "", nil, howTold{ByOIDC, why}), nothing)
}

// ForgetSession ends one that is nobody's sign-in.
func (a *App) ForgetSession(ctx context.Context, hash string) error {
	return a.writeAccounts(ctx, func(w store.AccountsWriter) error { _, err := w.EndSignIn(ctx, hash); return err })
}
