package app

import (
	"context"
	"math"
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

// SignIn returns the account that a login and password belong to; whether that is enough, its factors say. Unknown name, wrong password,
// disabled account and an account that belongs nowhere are one and the same refusal after the same work. TooMany when the limits are reached.
func (a *App) SignIn(ctx context.Context, login, password, address string) (Account, error) {
	wrong := roster.Refuse(roster.Invalid, "error.sign_in")
	try := a.attempt(strings.ToLower(norm.NFKC.String(strings.TrimSpace(login))), address)
	if err := a.begin(ctx, try, Account{}); err != nil {
		return Account{}, err
	}
	acc, err := a.store.AccountNamed(ctx, login)
	if err != nil && roster.KindOf(err) != roster.NotFound {
		return Account{}, err
	}
	ok, old, err := a.checkPassword(ctx, acc.Password, password)
	if err != nil {
		a.log.WarnContext(ctx, "stored password cannot be checked", "account", acc.ID, "error", err)
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
	return acc, a.succeeded(ctx, try)
}

// attempt is one try at something secret, counted as a failure until it has succeeded.
func (a *App) attempt(what, address string) store.Attempt {
	now := a.now()
	return store.Attempt{
		Account: HashSecret(what), Address: Source(address), NowMs: now.UnixMilli(), SinceMs: now.Add(-failureWindow).UnixMilli(),
		PairMax: failuresPair, AddressMax: failuresSource,
	}
}

// begin notes an attempt. TooMany, which is recorded too, when the limits are reached.
func (a *App) begin(ctx context.Context, try store.Attempt, acc Account) error {
	_, ok, err := a.store.TrySignIn(ctx, try)
	if err != nil || ok {
		return err
	}
	if err := a.alter(ctx, acc, roster.Accessed(roster.ActionSignInLimited, "", nil, nil), nothing); err != nil {
		return err
	}
	return roster.Refuse(roster.TooMany, "error.sign_in_limit", roster.Args{"Minutes": int(failureWindow.Minutes())})
}

func (a *App) succeeded(ctx context.Context, try store.Attempt) error {
	return a.writeAccounts(ctx, func(w store.AccountsWriter) error { return w.ClearFailures(ctx, try.Account, try.Address) })
}

// Limits on codes of one account, from wherever they come: a code has six digits, and whoever types one has shown the password.
const (
	codesWindow = time.Hour
	codesMax    = 20
)

// AwaitCode records that somebody knew the password of an account with second factors.
func (a *App) AwaitCode(ctx context.Context, acc Account) error {
	return a.alter(ctx, acc, roster.Accessed(roster.ActionSignInAwaited, "", nil, nil), nothing)
}

// SecondStep asks whoever knew the password for a code. version is that of the account when the password was shown: a change of it since makes
// that worth nothing.
func (a *App) SecondStep(ctx context.Context, id roster.AccountID, version int64, code, address string) (Account, error) {
	acc, err := a.store.Account(ctx, id)
	if err != nil {
		return acc, err
	}
	places, err := a.store.Memberships(ctx, id)
	if err != nil {
		return acc, err
	}
	if acc.Disabled || acc.Version != version || len(places) == 0 {
		return acc, roster.Refuse(roster.Invalid, "error.sign_in")
	}
	return acc, a.limited(ctx, acc, "code", address, roster.ActionSignInRefused, func() error { return a.checkCode(ctx, acc, "code", code) })
}

// checkCode is Invalid on a field where a code is wrong.
func (a *App) checkCode(ctx context.Context, acc Account, field, code string) error {
	now := a.now()
	try := store.Attempt{
		Account: HashSecret("codes " + string(acc.ID)), NowMs: now.UnixMilli(), SinceMs: now.Add(-codesWindow).UnixMilli(), PairMax: codesMax, AddressMax: math.MaxInt32,
	}
	if err := a.begin(ctx, try, acc); err != nil {
		return err
	}
	ok, err := a.useCode(ctx, acc, code)
	switch {
	case err != nil:
		return err
	case !ok:
		return roster.Refuse(roster.Invalid, "error.code").On(field)
	}
	return a.succeeded(ctx, try)
}

// limited runs a check of something secret of an account under the limits on failures, and records a refusal as refused. what is counted apart
// from other secrets: who knows one must not clear the count of another.
func (a *App) limited(ctx context.Context, acc Account, what, address, refused string, check func() error) error {
	try := a.attempt(what+" of "+string(acc.ID), address)
	if err := a.begin(ctx, try, acc); err != nil {
		return err
	}
	err := check()
	switch {
	case err == nil:
		return a.succeeded(ctx, try)
	case roster.KindOf(err) != roster.Invalid:
		return err
	}
	if broken := a.alter(ctx, acc, roster.Accessed(refused, "", nil, nil), nothing); broken != nil {
		return broken
	}
	return err
}

// Prove asks somebody who is signed in once more who they are: the password and, where there are factors, a code.
func (a *App) Prove(ctx context.Context, acc Account, password, code, address string) error {
	err := a.limited(ctx, acc, "proof", address, roster.ActionProofRefused, func() error { return a.prove(ctx, acc, password, code) })
	if err != nil {
		return err
	}
	return a.alter(ctx, acc, roster.Accessed(roster.ActionProved, "", nil, nil), nothing)
}

func (a *App) prove(ctx context.Context, acc Account, password, code string) error {
	have, err := a.store.Factors(ctx, acc.ID)
	if err != nil {
		return err
	}
	if acc.Password == "" && len(have) == 0 {
		return roster.Refuse(roster.RuleBroken, "error.no_proof")
	}
	if acc.Password != "" {
		if ok, _, err := a.checkPassword(ctx, acc.Password, password); err != nil || !ok {
			return roster.Refuse(roster.Invalid, "error.password_old").On("proof_password")
		}
	}
	if len(have) == 0 {
		return nil
	}
	return a.checkCode(ctx, acc, "proof_code", code)
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
	a.log.WarnContext(ctx, "password hash not renewed", "account", acc.ID, "error", err)
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
	return a.alter(ctx, acc, roster.Accessed(roster.ActionSignedIn, "", nil, byWhat(s.By(), "")), replace(ctx, s, instead))
}

// RenewSession lets a session go on under another hash, as after a change of rights, until the end it had. SignedOut if it has ended meanwhile:
// it must not come back.
func (a *App) RenewSession(ctx context.Context, s Session, instead string) error {
	was, err := a.store.SignInBy(ctx, instead)
	if err != nil {
		return err
	}
	s.CreatedMs, s.EndsMs = was.CreatedMs, was.EndsMs
	return a.writeAccounts(ctx, func(w store.AccountsWriter) error {
		ended, err := w.EndSignIn(ctx, instead)
		if err == nil && !ended {
			err = roster.Refuse(roster.SignedOut, "error.signed_out")
		}
		if err != nil {
			return err
		}
		return w.SaveSignIn(ctx, s)
	})
}

// AwaitSession keeps a session of nobody yet in place of another, which may be none.
func (a *App) AwaitSession(ctx context.Context, s Session, instead string) error {
	return a.writeAccounts(ctx, replace(ctx, s, instead))
}

func replace(ctx context.Context, s Session, instead string) func(store.AccountsWriter) error {
	return func(w store.AccountsWriter) error {
		if instead != "" {
			if _, err := w.EndSignIn(ctx, instead); err != nil {
				return err
			}
		}
		return w.SaveSignIn(ctx, s)
	}
}

// SignInView is one sign-in as its owner sees it.
type SignInView struct {
	Name   string // for telling them apart
	Agent  string
	From   string // address
	SeenMs int64
	Begun  int64
	Here   bool // the one that asks
}

// SignIns lists the sign-ins of an account, the last used first. here is the hash of the one that asks, which may be another's: then it is none.
func (a *App) SignIns(ctx context.Context, id roster.AccountID, here string) ([]SignInView, error) {
	all, err := a.store.SignInsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	now := a.now().UnixMilli()
	var list []SignInView
	for _, s := range all {
		if now < s.EndsMs && now < s.SeenMs+s.Idle().Milliseconds() {
			list = append(list, SignInView{signInName(s.Hash), s.Agent, s.Address, s.SeenMs, s.CreatedMs, s.Hash == here})
		}
	}
	return list, nil
}

// EndSignIn ends one of a person's own sign-ins by its name. NotFound.
func (a *App) EndSignIn(ctx context.Context, acc Account, name string) error {
	all, err := a.store.SignInsOf(ctx, acc.ID)
	if err != nil {
		return err
	}
	for _, s := range all {
		if signInName(s.Hash) == name {
			return a.alter(ctx, acc, roster.Accessed(roster.ActionSignInsRevoked, name, nil, nil), func(w store.AccountsWriter) error { _, err := w.EndSignIn(ctx, s.Hash); return err })
		}
	}
	return roster.Refuse(roster.NotFound, "error.sign_in_not_found")
}

// EndOtherSignIns ends all of a person's own sign-ins but one.
func (a *App) EndOtherSignIns(ctx context.Context, acc Account, keep string) error {
	return a.alter(ctx, acc, roster.Accessed(roster.ActionSignInsRevoked, "", nil, nil), func(w store.AccountsWriter) error {
		return w.EndSignIns(ctx, acc.ID, keep)
	})
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
	return a.alter(ctx, acc, roster.Accessed(roster.ActionSignedOut, "", nil, nil), func(w store.AccountsWriter) error { _, err := w.EndSignIn(ctx, hash); return err })
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
	if err := a.store.PruneLinks(ctx, now.UnixMilli()); err != nil {
		return err
	}
	return a.store.PruneFailures(ctx, now.Add(-24*time.Hour).UnixMilli())
}

// ChangePassword asks for the old password, checks the new one and ends all other sign-ins. keep is the hash of the session that stays.
func (a *App) ChangePassword(ctx context.Context, id roster.AccountID, old, fresh, again, keep, address string) error {
	acc, err := a.store.Account(ctx, id)
	if err != nil {
		return err
	}
	err = a.limited(ctx, acc, "password", address, roster.ActionProofRefused, func() error {
		if ok, _, err := a.checkPassword(ctx, acc.Password, old); err != nil || !ok {
			return roster.Refuse(roster.Invalid, "error.password_old").On("old")
		}
		return nil
	})
	if err != nil {
		return err
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
