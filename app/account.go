package app

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"wakakusa/roster"
	"wakakusa/store"
)

// The words of the store that handlers speak, so that they need not know the store.
type (
	Account    = store.Account
	Session    = store.SignIn
	Membership = store.Membership
	Link       = store.Link
	Age        = store.Age
	CacheStats = store.CacheStats

	ActQuery    = store.ActQuery
	AccessQuery = store.AccessQuery

	Disclosed       = store.Disclosed
	DisclosedColumn = store.DisclosedColumn
)

// WithAge returns a context whose reads note when they are old because the database is away; one that does already stays as it is.
func WithAge(ctx context.Context) (context.Context, *Age) {
	if a := store.AgeOf(ctx); a != nil {
		return ctx, a
	}
	return store.WithAge(ctx)
}

// WithOrigin returns a context that knows where its request came from; OriginOf tells.
func WithOrigin(ctx context.Context, o roster.Origin) context.Context {
	return store.WithOrigin(ctx, o)
}

// OriginOf is empty for what no request caused.
func OriginOf(ctx context.Context) roster.Origin { return store.OriginOf(ctx) }

// SignInName tells a session from all others without telling how to use it.
func SignInName(id string) string { return signInName(HashSecret(id)) }

func signInName(hash string) string { return hash[:12] }

// Limits on failed sign-ins, per account and address, and per address alone: one person's typos must not lock an office out.
const (
	failureWindow  = 15 * time.Minute
	failuresPair   = 5
	failuresSource = 60
)

// SignIn returns the account that a login and password belong to. Unknown name, wrong password, disabled account and an account
// that belongs nowhere are one and the same refusal after the same work. TooMany when the limits are reached.
func (a *App) SignIn(ctx context.Context, login, password, address string) (Account, error) {
	wrong := roster.Refuse(roster.Invalid, "error.sign_in")
	key := HashSecret(strings.ToLower(norm.NFKC.String(strings.TrimSpace(login))))
	address = Source(address)
	now := a.now()
	_, ok, err := a.store.TrySignIn(ctx, store.Attempt{
		Account: key, Address: address, NowMs: now.UnixMilli(), SinceMs: now.Add(-failureWindow).UnixMilli(),
		PairMax: failuresPair, AddressMax: failuresSource,
	})
	if err != nil {
		return Account{}, err
	}
	if !ok {
		if err := a.alter(ctx, Account{}, roster.Accessed(roster.ActionSignInLimited, "", nil, nil), nothing); err != nil {
			return Account{}, err
		}
		return Account{}, roster.Refuse(roster.TooMany, "error.sign_in_limit", roster.Args{"Minutes": int(failureWindow.Minutes())})
	}
	acc, err := a.store.AccountNamed(ctx, login)
	if err != nil && roster.KindOf(err) != roster.NotFound {
		return Account{}, err
	}
	ok, old, err := a.checkPassword(ctx, acc.Password, password)
	if err != nil {
		slog.WarnContext(ctx, "stored password cannot be checked", "account", acc.ID, "error", err)
	}
	places, err := a.store.Memberships(ctx, acc.ID)
	if err != nil {
		return Account{}, err
	}
	if !ok || acc.Disabled || len(places) == 0 {
		if err := a.alter(ctx, acc, roster.Accessed(roster.ActionSignInRefused, "", nil, nil), nothing); err != nil {
			return Account{}, err
		}
		return Account{}, wrong
	}
	if old {
		acc = a.renewHash(ctx, acc, password)
	}
	return acc, a.writeAccounts(ctx, func(w store.AccountsWriter) error { return w.ClearFailures(ctx, key, address) })
}

// nothing is for entries that no change goes with.
func nothing(store.AccountsWriter) error { return nil }

// Source is what requests and failures of an address are counted under: a house has one IPv4 address, but a whole /64 of IPv6.
func Source(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	net, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return net.String()
}

// renewHash replaces a former system's hash by ours. Failing to is no reason to refuse the person: it is tried at the next sign-in.
func (a *App) renewHash(ctx context.Context, acc Account, password string) Account {
	fresh, err := a.hashPassword(ctx, password)
	if err == nil {
		next := acc
		next.Password = fresh
		if next, err = store.SaveAccount(ctx, a.store, next); err == nil {
			return next
		}
	}
	slog.WarnContext(ctx, "password hash not renewed", "account", acc.ID, "error", err)
	return acc
}

// Account returns an account by id. NotFound.
func (a *App) Account(ctx context.Context, id roster.AccountID) (Account, error) {
	return a.store.Account(ctx, id)
}

// Memberships returns where an account belongs.
func (a *App) Memberships(ctx context.Context, id roster.AccountID) ([]Membership, error) {
	return a.store.Memberships(ctx, id)
}

// ActorOf is who acts when a member of an organisation asks.
func ActorOf(m Membership) roster.Actor {
	return roster.Actor{
		Org: m.Org.ID, Account: m.Member.Account, Member: m.Member.ID, Name: m.Member.Name, Role: m.Member.Role,
		Staff: m.Member.Staff, Class: m.Class, Sites: m.Member.Sites,
	}
}

// Session keeps and finds server-side sessions by the hash of their id.
func (a *App) Session(ctx context.Context, hash string) (Session, error) {
	return a.store.SignInBy(ctx, hash)
}

// BeginSession signs in: it keeps a new session in place of the one with another hash, which may be none.
func (a *App) BeginSession(ctx context.Context, s Session, instead string) error {
	acc, err := a.store.Account(ctx, s.Account)
	if err != nil {
		return err
	}
	from := store.OriginOf(ctx)
	from.SignIn = signInName(s.Hash)
	ctx = store.WithOrigin(ctx, from)
	return a.alter(ctx, acc, roster.Accessed(roster.ActionSignedIn, "", nil, nil), replace(ctx, s, instead))
}

// RenewSession lets a session go on under another hash, as after a change of rights.
func (a *App) RenewSession(ctx context.Context, s Session, instead string) error {
	return a.writeAccounts(ctx, replace(ctx, s, instead))
}

func replace(ctx context.Context, s Session, instead string) func(store.AccountsWriter) error {
	return func(w store.AccountsWriter) error {
		if instead != "" {
			if err := w.EndSignIn(ctx, instead); err != nil {
				return err
			}
		}
		return w.SaveSignIn(ctx, s)
	}
}

// TouchSession notes that a session was used.
func (a *App) TouchSession(ctx context.Context, hash string) error {
	return a.store.TouchSignIn(ctx, hash, a.now().UnixMilli())
}

// EndSession signs out.
func (a *App) EndSession(ctx context.Context, hash string) error {
	is, err := a.store.SignInBy(ctx, hash)
	if err != nil {
		if roster.KindOf(err) == roster.NotFound {
			err = nil
		}
		return err
	}
	acc, err := a.store.Account(ctx, is.Account)
	if err != nil {
		return err
	}
	return a.alter(ctx, acc, roster.Accessed(roster.ActionSignedOut, "", nil, nil), func(w store.AccountsWriter) error { return w.EndSignIn(ctx, hash) })
}

// pruningLasts is the lease of the program that prunes; the others leave it alone.
const pruningLasts = 50 * time.Minute

// Prune forgets what has ended: sessions and old failures.
func (a *App) Prune(ctx context.Context) error {
	now := a.now()
	held, err := a.store.TakeLease(ctx, "pruning", a.id, now.UnixMilli(), now.Add(pruningLasts).UnixMilli())
	if err != nil || !held {
		return err
	}
	if err := a.store.PruneSignIns(ctx, now.UnixMilli()); err != nil {
		return err
	}
	return a.store.PruneFailures(ctx, now.Add(-24*time.Hour).UnixMilli())
}

// ChangePassword asks for the old password, checks the new one and ends all other sign-ins. keep is the hash of the session that stays.
func (a *App) ChangePassword(ctx context.Context, id roster.AccountID, old, fresh, again, keep string) error {
	acc, err := a.store.Account(ctx, id)
	if err != nil {
		return err
	}
	if ok, _, err := a.checkPassword(ctx, acc.Password, old); err != nil || !ok {
		return roster.Refuse(roster.Invalid, "error.password_old").On("old")
	}
	if err := a.setPassword(ctx, &acc, fresh, again); err != nil {
		return err
	}
	return a.alter(ctx, acc, roster.Accessed(roster.ActionPasswordChanged, "", nil, nil), func(w store.AccountsWriter) error {
		if _, err := w.SaveAccount(ctx, acc); err != nil {
			return err
		}
		return w.EndSignIns(ctx, id, keep)
	})
}

// setPassword checks the new password against the strictest role the account has and puts its hash into acc.
func (a *App) setPassword(ctx context.Context, acc *Account, fresh, again string) error {
	places, err := a.store.Memberships(ctx, acc.ID)
	if err != nil {
		return err
	}
	role, words := roster.RoleStaff, []string{acc.Name, acc.Email, acc.Display}
	for _, p := range places {
		words = append(words, p.Org.Name, p.Org.Slug, p.Member.Name)
		if p.Member.Role.Manages() {
			role = p.Member.Role
		}
	}
	return a.hashNew(ctx, acc, fresh, again, role, words)
}

func (a *App) hashNew(ctx context.Context, acc *Account, fresh, again string, role roster.Role, words []string) error {
	var f roster.Faults
	f.Add("password", roster.CheckPassword(norm.NFC.String(fresh), role, words...))
	if fresh != again {
		f.Add("again", roster.Refuse(roster.Invalid, "error.password_again"))
	}
	if err := f.Err(); err != nil {
		return err
	}
	hash, err := a.hashPassword(ctx, fresh)
	acc.Password = hash
	return err
}

// SavePreferences keeps how a person wants to see the program; "" stands for the organisation's language and the device's theme.
func (a *App) SavePreferences(ctx context.Context, id roster.AccountID, language, theme string) error {
	var f roster.Faults
	if language != "" && !slices.Contains(roster.Languages, language) {
		f.Add("language", roster.Refuse(roster.Invalid, "error.choice"))
	}
	if !slices.Contains([]string{"", "light", "dark"}, theme) {
		f.Add("theme", roster.Refuse(roster.Invalid, "error.choice"))
	}
	if err := f.Err(); err != nil {
		return err
	}
	acc, err := a.store.Account(ctx, id)
	if err != nil {
		return err
	}
	before := acc
	acc.Language, acc.Theme = language, theme
	return a.alter(ctx, acc, accountSaved(before, acc), func(w store.AccountsWriter) error {
		_, err := w.SaveAccount(ctx, acc)
		return err
	})
}

// accountSaved tells a change of an account; of a password it tells nothing.
func accountSaved(before, after Account) roster.Access {
	type told struct {
		Name, Email, Display, Language, Theme string
		Disabled                              bool
	}
	tell := func(a Account) told { return told{a.Name, a.Email, a.Display, a.Language, a.Theme, a.Disabled} }
	return roster.Accessed(roster.ActionAccountSaved, string(after.ID), tell(before), tell(after))
}
