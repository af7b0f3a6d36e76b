package store

import (
	"context"

	"wakakusa/roster"
)

// Identity is who an account is at a provider of identities. Issuer and subject together are the key, compared byte by byte.
type Identity struct {
	Issuer, Subject string
	Account         roster.AccountID
	CreatedMs       int64
}

// Is reports the same identity, whosever it is.
func (x Identity) Is(o Identity) bool { return x.Issuer == o.Issuer && x.Subject == o.Subject }

// IdentityReader reads identities.
type IdentityReader interface {
	IdentityBy(ctx context.Context, issuer, subject string) (Identity, error)     // NotFound
	Identities(ctx context.Context, account roster.AccountID) ([]Identity, error) // oldest first
}

// IdentityAdder links one. Taken if it is linked already, to whomever.
type IdentityAdder interface {
	AddIdentity(ctx context.Context, x Identity) error
}

// IdentityWriter changes identities.
type IdentityWriter interface {
	IdentityAdder
	// RemoveIdentity unlinks one of an account's; one that is not there is no fault.
	RemoveIdentity(ctx context.Context, x Identity) error
}
