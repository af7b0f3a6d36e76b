package app

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/text/unicode/norm"

	"wakakusa/roster"
	"wakakusa/store"
)

// Factor is one thing with which an account proves itself beside a password.
type Factor = store.Factor

// Sealer keeps secret what must be read back. A text opens for the purpose it was sealed for only.
type Sealer interface {
	Seal(purpose string, plain []byte) string
	Open(purpose, text string) ([]byte, error)
	Current(text string) bool // sealed with the present key
}

// SealWith gives the key of the installation. Without one there are no codes of an app. It must be called before anything else.
func (a *App) SealWith(s Sealer) { a.sealer = s }

const (
	issuer    = "わかくさシフト"
	stepLasts = 30 // seconds, RFC 6238
	codes     = 10 // recovery codes of an account
)

// Enrolment is an app's secret before its owner has shown that the app has it. Nothing is kept of it here.
type Enrolment struct {
	Sealed string // to be given back with the first code
	Secret string // base32, for typing
	URL    string // otpauth, for a QR code
}

// NewTOTP makes a secret for an app that shows codes.
func (a *App) NewTOTP(acc Account) (e Enrolment, err error) {
	if a.sealer == nil {
		return e, roster.Refuse(roster.RuleBroken, "error.no_secret_key")
	}
	secret := make([]byte, 20)
	rand.Read(secret)
	return a.enrolment(acc, secret)
}

func (a *App) enrolment(acc Account, secret []byte) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: acc.Name, Secret: secret})
	if err != nil {
		return Enrolment{}, err
	}
	return Enrolment{Sealed: a.sealer.Seal(enrolling(acc.ID), secret), Secret: key.Secret(), URL: key.URL()}, nil
}

// SameTOTP shows an enrolment again whose first code was wrong. NotFound if the sealed text is not of this account.
func (a *App) SameTOTP(acc Account, sealed string) (e Enrolment, err error) {
	secret, err := a.opened(enrolling(acc.ID), sealed)
	if err != nil {
		return e, err
	}
	return a.enrolment(acc, secret)
}

func (a *App) opened(purpose, sealed string) ([]byte, error) {
	if a.sealer == nil {
		return nil, roster.Refuse(roster.RuleBroken, "error.no_secret_key")
	}
	secret, err := a.sealer.Open(purpose, sealed)
	if err != nil {
		return nil, roster.Refuse(roster.NotFound, "error.enrolment")
	}
	return secret, nil
}

func enrolling(id roster.AccountID) string { return "totp enrolment " + string(id) }

func seeding(id roster.AccountID) string { return "totp seed " + string(id) }

// AddTOTP keeps an app whose first code is right, and ends all other sign-ins. With the first factor of an account come its recovery codes,
// which are shown once and known to nobody afterwards.
func (a *App) AddTOTP(ctx context.Context, acc Account, sealed, name, code, keep string) (recovery []string, err error) {
	secret, err := a.opened(enrolling(acc.ID), sealed)
	if err != nil {
		return nil, err
	}
	var f roster.Faults
	name = roster.Clean(name)
	f.Add("name", roster.CheckFactorName(name))
	step, ok := a.step(secret, folded(code))
	if !ok {
		f.Add("code", roster.Refuse(roster.Invalid, "error.code"))
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return a.addFactor(ctx, acc, Factor{
		Account: acc.ID, ID: a.newID(), Kind: store.FactorTOTP, Name: name, Secret: a.sealer.Seal(seeding(acc.ID), secret), LastStep: step,
		CreatedMs: a.now().UnixMilli(),
	}, keep)
}

func (a *App) addFactor(ctx context.Context, acc Account, f Factor, keep string) (recovery []string, err error) {
	added := roster.Accessed(roster.ActionFactorAdded, f.ID, nil, factorTold{f.Kind, f.Name})
	err = a.alter(ctx, acc, added, func(w store.AccountsWriter) error {
		recovery = nil
		n, err := w.CountFactors(ctx, acc.ID)
		if err != nil {
			return err
		}
		if _, err := w.SaveFactor(ctx, f); err != nil {
			return err
		}
		if n == 0 {
			var hashes []string
			recovery, hashes = newRecoveryCodes()
			if err := w.SetRecoveryCodes(ctx, acc.ID, hashes); err != nil {
				return err
			}
		}
		return w.EndSignIns(ctx, acc.ID, keep)
	})
	return recovery, err
}

// factorTold is what the access log knows of a factor.
type factorTold struct {
	Kind store.FactorKind
	Name string
}

// newRecoveryCodes makes ten of 120 bits each, and what is kept of them.
func newRecoveryCodes() (list, hashes []string) {
	for range codes {
		text := rand.Text()[:24] // base32: five bits each
		list = append(list, strings.Join(slices.Collect(chunks(text, 4)), "-"))
		hashes = append(hashes, HashSecret(text))
	}
	return list, hashes
}

func chunks(s string, n int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for len(s) > 0 {
			if !yield(s[:min(n, len(s))]) {
				return
			}
			s = s[min(n, len(s)):]
		}
	}
}

// Factors lists those of an account.
func (a *App) Factors(ctx context.Context, id roster.AccountID) ([]Factor, error) {
	return a.store.Factors(ctx, id)
}

// RecoveryCodesLeft counts the recovery codes that can still be used.
func (a *App) RecoveryCodesLeft(ctx context.Context, id roster.AccountID) (int, error) {
	return a.store.RecoveryCodesLeft(ctx, id)
}

// RenewRecoveryCodes makes new ones; the old ones are worth nothing then.
func (a *App) RenewRecoveryCodes(ctx context.Context, acc Account) ([]string, error) {
	list, hashes := newRecoveryCodes()
	return list, a.alter(ctx, acc, roster.Accessed(roster.ActionRecoveryRenewed, "", nil, nil), func(w store.AccountsWriter) error {
		return w.SetRecoveryCodes(ctx, acc.ID, hashes)
	})
}

// RemoveFactor forgets one, and ends all other sign-ins. provider is that of identities, "" for none. The last one stays where an organisation asks for one, and so does a passkey without
// which nobody could sign in.
func (a *App) RemoveFactor(ctx context.Context, acc Account, id, provider, keep string) error {
	have, err := a.store.Factors(ctx, acc.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(have, func(f Factor) bool { return f.ID == id })
	if i < 0 {
		return roster.Refuse(roster.NotFound, "error.factor_not_found")
	}
	places, err := a.store.Memberships(ctx, acc.ID)
	if err != nil {
		return err
	}
	as, err := a.store.Identities(ctx, acc.ID)
	if err != nil {
		return err
	}
	as = slices.DeleteFunc(as, func(x Identity) bool { return x.Issuer != provider }) // those of a former provider open nothing
	if signsIn(acc, have, as) && !signsIn(acc, slices.Delete(slices.Clone(have), i, i+1), as) {
		return roster.Refuse(roster.RuleBroken, "error.last_way")
	}
	removed := roster.Accessed(roster.ActionFactorRemoved, id, factorTold{have[i].Kind, have[i].Name}, nil)
	return a.alter(ctx, acc, removed, func(w store.AccountsWriter) error {
		n, err := w.CountFactors(ctx, acc.ID)
		if err == nil && n == 1 && NeedsFactor(places) {
			err = roster.Refuse(roster.RuleBroken, "error.last_factor")
		}
		if err == nil {
			_, err = w.SaveAccount(ctx, acc) // of two who each remove a way to sign in, the second finds it stale
		}
		if err != nil {
			return err
		}
		if err := w.RemoveFactor(ctx, acc.ID, id); err != nil {
			return err
		}
		if n == 1 {
			if err := w.SetRecoveryCodes(ctx, acc.ID, nil); err != nil {
				return err
			}
		}
		return w.EndSignIns(ctx, acc.ID, keep)
	})
}

// NeedsFactor reports that an organisation asks a second factor of whoever has these memberships.
func NeedsFactor(places []Membership) bool {
	return slices.ContainsFunc(places, func(p Membership) bool { return p.Org.Settings.SecondFactor && p.Member.Role.Manages() })
}

// ResetFactors forgets all factors of a member who has lost them, and ends all sign-ins. Only who may reset the password may do this.
func (a *App) ResetFactors(ctx context.Context, actor roster.Actor, id roster.MemberID) error {
	m, err := a.joinedMember(ctx, actor, id)
	if err != nil {
		return err
	}
	return a.resetFactors(ctx, actor, m)
}

func (a *App) resetFactors(ctx context.Context, actor roster.Actor, m roster.Member) error {
	have, err := a.store.Factors(ctx, m.Account)
	if err != nil {
		return err
	}
	return a.writeAccounts(ctx, func(w store.AccountsWriter) error {
		w.Record(signed(actor, roster.Accessed(roster.ActionFactorsReset, string(m.ID), nil, nil)))
		for _, f := range have {
			if err := w.RemoveFactor(ctx, m.Account, f.ID); err != nil {
				return err
			}
		}
		if err := w.SetRecoveryCodes(ctx, m.Account, nil); err != nil {
			return err
		}
		return w.EndSignIns(ctx, m.Account, "")
	})
}

// folded is a code as it is compared: people type blanks, hyphens and full-width digits.
func folded(code string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, norm.NFKC.String(code)))
}

// step finds the step of time whose code was typed: the present one, the one before or the one after, because clocks differ.
func (a *App) step(secret []byte, code string) (step int64, ok bool) {
	now := a.now().Unix() / stepLasts
	for _, s := range []int64{now, now - 1, now + 1} {
		want, err := totp.GenerateCode(base32.StdEncoding.EncodeToString(secret), time.Unix(s*stepLasts, 0))
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return s, true
		}
	}
	return 0, false
}

// useCode uses up a code of an app or a recovery code; false if it is neither. No code is good twice.
func (a *App) useCode(ctx context.Context, acc Account, typed string) (ok bool, err error) {
	code := folded(typed)
	have, err := a.store.Factors(ctx, acc.ID)
	if err != nil {
		return false, err
	}
	for _, f := range have {
		if f.Kind != store.FactorTOTP {
			continue
		}
		secret, err := a.opened(seeding(acc.ID), f.Secret)
		if err != nil { // the key is another one: recovery codes remain
			a.log.WarnContext(ctx, "the seed of a second factor cannot be opened", "account", acc.ID, "factor", f.ID)
			continue
		}
		if step, is := a.step(secret, code); is {
			err = a.writeAccounts(ctx, func(w store.AccountsWriter) (err error) {
				ok, err = w.UseStep(ctx, acc.ID, f.ID, step, a.now().UnixMilli())
				return err
			})
			return ok && err == nil, err
		}
	}
	return a.useRecoveryCode(ctx, acc, code)
}

func (a *App) useRecoveryCode(ctx context.Context, acc Account, code string) (ok bool, err error) {
	entries, err := a.everywhere(ctx, acc, roster.Accessed(roster.ActionRecoveryUsed, "", nil, nil))
	if err != nil {
		return false, err
	}
	err = a.writeAccounts(ctx, func(w store.AccountsWriter) (err error) {
		ok, err = w.UseRecoveryCode(ctx, acc.ID, HashSecret(code), a.now().UnixMilli())
		if ok {
			w.Record(entries...)
		}
		return err
	})
	return ok && err == nil, err
}
