package app

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"wakakusa/roster"
	"wakakusa/store"
)

// Ceremony is one question to a browser about a passkey (WebAuthn level 3). Nothing is kept of it here: what must come back is sealed.
type Ceremony struct {
	Options string // JSON for navigator.credentials
	Sealed  string // to be given back with the answer
}

// ceremonyLasts is for how long an answer is waited for.
const ceremonyLasts = 10 * time.Minute

// pending is what is sealed of a ceremony.
type pending struct {
	Session webauthn.SessionData
	AtMs    int64
}

// relying makes the library's party from the address under which people reach the program: a passkey belongs to its host. Where people come
// by a bare address there are none, and without a key nothing can be sealed.
func (a *App) relying(origin string) (*webauthn.WebAuthn, error) {
	at, err := url.Parse(origin)
	if err != nil || at.Hostname() == "" || net.ParseIP(at.Hostname()) != nil || a.sealer == nil {
		return nil, roster.Refuse(roster.RuleBroken, "error.no_passkeys")
	}
	return webauthn.New(&webauthn.Config{
		RPID: at.Hostname(), RPDisplayName: issuer, RPOrigins: []string{origin},
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
}

// keyOwner is an account as the library sees it.
type keyOwner struct {
	acc  Account
	keys []webauthn.Credential
}

func (o keyOwner) WebAuthnID() []byte                         { return []byte(o.acc.ID) }
func (o keyOwner) WebAuthnName() string                       { return o.acc.Name }
func (o keyOwner) WebAuthnDisplayName() string                { return o.acc.Display }
func (o keyOwner) WebAuthnCredentials() []webauthn.Credential { return o.keys }

func (a *App) keyOwner(ctx context.Context, acc Account) (o keyOwner, err error) {
	o.acc = acc
	have, err := a.store.Factors(ctx, acc.ID)
	for _, f := range have {
		if f.Kind != store.FactorPasskey {
			continue
		}
		var key webauthn.Credential
		if err := json.Unmarshal([]byte(f.Secret), &key); err != nil {
			return o, err
		}
		o.keys = append(o.keys, key)
	}
	return o, err
}

func (a *App) ceremony(purpose string, options any, s *webauthn.SessionData) (c Ceremony, err error) {
	text, err := json.Marshal(options)
	if err != nil {
		return c, err
	}
	kept, err := json.Marshal(pending{*s, a.now().UnixMilli()})
	return Ceremony{string(text), a.sealer.Seal(purpose, kept)}, err
}

// resumed is the ceremony that a sealed text is of.
func (a *App) resumed(purpose, sealed string) (s webauthn.SessionData, err error) {
	var p pending
	text, err := a.opened(purpose, sealed)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil || a.now().Sub(time.UnixMilli(p.AtMs)) >= ceremonyLasts {
		return s, roster.Refuse(roster.Invalid, "error.passkey")
	}
	return p.Session, nil
}

const askingKey = "passkey asked for"

func addingKey(id roster.AccountID) string { return "passkey of " + string(id) }

// NewPasskey asks a browser to make a passkey for an account: discoverable and with the person verified, or none. RuleBroken where there can be none.
func (a *App) NewPasskey(ctx context.Context, acc Account, origin string) (c Ceremony, err error) {
	rp, err := a.relying(origin)
	if err != nil {
		return c, err
	}
	owner, err := a.keyOwner(ctx, acc)
	if err != nil {
		return c, err
	}
	var have []protocol.CredentialDescriptor
	for _, k := range owner.keys {
		have = append(have, k.Descriptor())
	}
	options, session, err := rp.BeginRegistration(owner, webauthn.WithExclusions(have))
	if err != nil {
		return c, err
	}
	return a.ceremony(addingKey(acc.ID), options, session)
}

// AddPasskey keeps a passkey that a browser has made. See AddTOTP for the rest.
func (a *App) AddPasskey(ctx context.Context, acc Account, origin, sealed, answer, name, keep string) (recovery []string, err error) {
	name = roster.Clean(name)
	if err := roster.CheckFactorName(name); err != nil {
		return nil, onField(err, "name")
	}
	rp, err := a.relying(origin)
	if err != nil {
		return nil, err
	}
	session, err := a.resumed(addingKey(acc.ID), sealed)
	if err != nil {
		return nil, err
	}
	owner, err := a.keyOwner(ctx, acc)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return nil, roster.Refuse(roster.Invalid, "error.passkey")
	}
	key, err := rp.CreateCredential(owner, session, parsed)
	if err != nil {
		return nil, roster.Refuse(roster.Invalid, "error.passkey")
	}
	kept, err := json.Marshal(key)
	if err != nil {
		return nil, err
	}
	return a.addFactor(ctx, acc, Factor{
		Account: acc.ID, ID: a.newID(), Kind: store.FactorPasskey, Name: name, Secret: string(kept), Handle: handleOf(key.ID), CreatedMs: a.now().UnixMilli(),
	}, keep)
}

func handleOf(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }

// AskPasskey asks a browser for any passkey of this place. RuleBroken where there can be none.
func (a *App) AskPasskey(origin string) (c Ceremony, err error) {
	rp, err := a.relying(origin)
	if err != nil {
		return c, err
	}
	options, session, err := rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return c, err
	}
	return a.ceremony(askingKey, options, session)
}

// SignInByPasskey returns the account whose passkey answered: it has shown what it has, and who holds it. Each question takes one answer.
func (a *App) SignInByPasskey(ctx context.Context, origin, sealed, answer, address string) (Account, error) {
	try := a.attempt("passkey", address)
	if err := a.begin(ctx, try, Account{}); err != nil {
		return Account{}, err
	}
	acc, err := a.checkPasskey(ctx, origin, sealed, answer)
	if err == nil {
		var places []Membership
		if places, err = a.store.Memberships(ctx, acc.ID); err == nil && (acc.Disabled || len(places) == 0) {
			err = roster.Refuse(roster.Invalid, "error.passkey")
		}
	}
	switch {
	case err == nil:
		return acc, a.succeeded(ctx, try)
	case roster.KindOf(err) != roster.Invalid:
		return acc, err
	}
	if broken := a.alter(ctx, acc, roster.Accessed(roster.ActionSignInRefused, "", nil, nil), nothing); broken != nil {
		return acc, broken
	}
	return acc, err
}

// ProveByPasskey is Prove with a passkey of the account's own.
func (a *App) ProveByPasskey(ctx context.Context, acc Account, origin, sealed, answer, address string) error {
	err := a.limited(ctx, acc, address, roster.ActionProofRefused, func() error {
		of, err := a.checkPasskey(ctx, origin, sealed, answer)
		if err == nil && of.ID != acc.ID {
			err = roster.Refuse(roster.Invalid, "error.passkey")
		}
		return err
	})
	if err != nil {
		return err
	}
	return a.alter(ctx, acc, roster.Accessed(roster.ActionProved, "", nil, nil), nothing)
}

// checkPasskey finds whose passkey answered, and uses the question up.
func (a *App) checkPasskey(ctx context.Context, origin, sealed, answer string) (acc Account, err error) {
	wrong := roster.Refuse(roster.Invalid, "error.passkey")
	rp, err := a.relying(origin)
	if err != nil {
		return acc, err
	}
	session, err := a.resumed(askingKey, sealed)
	if err != nil {
		return acc, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return acc, wrong
	}
	f, err := a.store.FactorBy(ctx, handleOf(parsed.RawID))
	if err != nil {
		if roster.KindOf(err) == roster.NotFound {
			err = wrong
		}
		return acc, err
	}
	if acc, err = a.store.Account(ctx, f.Account); err != nil {
		return acc, err
	}
	owner, err := a.keyOwner(ctx, acc)
	if err != nil {
		return acc, err
	}
	find := func(_, handle []byte) (webauthn.User, error) {
		if string(handle) != string(acc.ID) {
			return nil, errors.New("of another account")
		}
		return owner, nil
	}
	_, key, err := rp.ValidatePasskeyLogin(find, session, parsed)
	if err != nil || key.Authenticator.CloneWarning {
		return acc, wrong
	}
	return acc, a.usePasskey(ctx, f, key, session.Challenge)
}

// usePasskey keeps that a passkey was used, and that its question was answered: the answer to it is good once.
func (a *App) usePasskey(ctx context.Context, f Factor, key *webauthn.Credential, challenge string) error {
	kept, err := json.Marshal(key)
	if err != nil {
		return err
	}
	now := a.now()
	f.Secret, f.UsedMs = string(kept), now.UnixMilli()
	err = a.writeAccounts(ctx, func(w store.AccountsWriter) error {
		err := w.AddLink(ctx, store.Link{Hash: HashSecret("challenge " + challenge), Kind: store.LinkAnswered, EndsMs: now.Add(ceremonyLasts).UnixMilli()})
		if err == nil {
			_, err = w.SaveFactor(ctx, f)
		}
		return err
	})
	if roster.KindOf(err) == roster.Taken || roster.KindOf(err) == roster.Stale {
		err = roster.Refuse(roster.Invalid, "error.passkey")
	}
	return err
}
