package store

import (
	"context"

	"wakakusa/roster"
)

// FactorKind is how an account proves itself beside a password.
type FactorKind string

const (
	FactorTOTP    FactorKind = "totp"    // codes of an app, RFC 6238
	FactorPasskey FactorKind = "passkey" // WebAuthn, alone enough to sign in
)

// Factor is one thing with which an account proves itself.
type Factor struct {
	Account   roster.AccountID
	ID        string
	Kind      FactorKind
	Name      string // as its owner calls it
	Secret    string // totp: the sealed seed; passkey: what the library keeps of it, as JSON
	Handle    string // passkey: id of the credential, unique; else ""
	LastStep  int64  // totp: the last step of time whose code was used
	CreatedMs int64
	UsedMs    int64
	Version   int64
}

// FactorReader reads factors.
type FactorReader interface {
	Factors(ctx context.Context, account roster.AccountID) ([]Factor, error) // oldest first
	FactorBy(ctx context.Context, handle string) (Factor, error)             // NotFound
	RecoveryCodesLeft(ctx context.Context, account roster.AccountID) (int, error)
}

// FactorWriter changes factors.
type FactorWriter interface {
	SaveFactor(ctx context.Context, f Factor) (Factor, error) // follows the rule of Save…; Taken if the handle is in use
	RemoveFactor(ctx context.Context, account roster.AccountID, id string) error
	// UseStep notes the use of a code; false if that step or a later one was used: no code is good twice.
	UseStep(ctx context.Context, account roster.AccountID, id string, step, nowMs int64) (bool, error)
	// SetRecoveryCodes replaces all recovery codes, given by their hashes.
	SetRecoveryCodes(ctx context.Context, account roster.AccountID, hashes []string) error
	// UseRecoveryCode uses one up; false if there is no such code or it was used.
	UseRecoveryCode(ctx context.Context, account roster.AccountID, hash string, nowMs int64) (bool, error)
}
