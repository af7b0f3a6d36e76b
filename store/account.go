package store

import (
	"context"
	"encoding/json"
	"time"

	"wakakusa/roster"
)

// Account is an identity: how a person signs in. It may belong to several organisations.
type Account struct {
	ID        roster.AccountID
	Name      string // user name, unique after folding; what the person types
	Email     string // unique after folding when not empty
	Display   string // how the person is greeted
	Password  string // PHC string (argon2id) or a former system's hash; "" cannot sign in
	Language  string // "": the organisation's
	Theme     string // "", "light", "dark"
	Disabled  bool
	CreatedMs int64
	Version   int64
}

// SignIn is a server-side session. Only the hash of its id is kept.
type SignIn struct {
	Hash      string           // hex SHA-256 of the id
	Account   roster.AccountID // "" before sign-in
	Values    string           // JSON
	CreatedMs int64
	SeenMs    int64
	EndsMs    int64 // absolute end
	Address   string
	Agent     string
}

// Idle is for how long it may rest, as its values say; 0 where they do not.
func (s SignIn) Idle() time.Duration {
	var v struct{ Idle string }
	if json.Unmarshal([]byte(s.Values), &v) != nil {
		return 0
	}
	d, err := time.ParseDuration(v.Idle)
	if err != nil {
		return 0
	}
	return d
}

// LinkKind says what a one-time link is for.
type LinkKind string

const (
	LinkFirstRun LinkKind = "first_run"  // creates the first organisation
	LinkInvite   LinkKind = "invitation" // a new account for a membership
	LinkReset    LinkKind = "reset"      // a new password
	LinkQR       LinkKind = "qr"         // signs in somebody who manages nothing, on the phone that scans it
	LinkAnswered LinkKind = "answered"   // no link: a question to a passkey that was answered, so that the answer is not good twice
	LinkSignIn   LinkKind = "sign_in"    // demo only: signs in without a password
)

// Link is a one-time link. Only the hash of its token is kept.
type Link struct {
	Hash    string // hex SHA-256 of the token
	Kind    LinkKind
	Org     roster.OrgID
	Member  roster.MemberID
	Account roster.AccountID
	EndsMs  int64
	UsedMs  int64 // 0: still good
}

// Membership is one organisation an account belongs to.
type Membership struct {
	Org    roster.Org
	Member roster.Member
	Class  roster.Class // of the linked person, "" for none
}

// Accounts are identities, sign-ins and one-time links: rows that no organisation's pen guards.
type Accounts interface {
	Account(ctx context.Context, id roster.AccountID) (Account, error)          // NotFound
	AccountNamed(ctx context.Context, login string) (Account, error)            // by user name or e-mail, folded. NotFound
	Memberships(ctx context.Context, id roster.AccountID) ([]Membership, error) // active ones, by organisation name

	AccessLog
	FactorReader
	SignIns
	Links
	Failures
	Leases
	TaskRuns
}

// AccountWriter makes a new account part of an act: the invitation is used, the account there and what else the act does, or nothing.
type AccountWriter interface {
	// AddAccount adds an account (Taken as SaveAccount) and uses the one-time link that let it in, by hash: NotFound if the link was
	// used, has ended, or does not exist.
	AddAccount(ctx context.Context, a Account, link string) (Account, error)
}

// Leases say which of several programs on one database does what only one of them should do.
type Leases interface {
	// TakeLease takes or renews a lease until endsMs, or gives it back with nowMs; false if somebody else holds it. One that has ended is free a
	// minute later, because clocks differ, or once it has been seen not to be renewed for as long as it lasts. The names there are: "pruning", "backup", "offsite", "drill", "restore".
	TakeLease(ctx context.Context, name, holder string, nowMs, endsMs int64) (held bool, err error)
}

// SignIns keeps sessions.
type SignIns interface {
	TouchSignIn(ctx context.Context, hash string, seenMs int64) error     // notes a use; one that has ended stays ended
	SignInBy(ctx context.Context, hash string) (SignIn, error)            // NotFound
	SignInsOf(ctx context.Context, id roster.AccountID) ([]SignIn, error) // newest first
	PruneSignIns(ctx context.Context, beforeMs int64) error               // those that ended
}

// Links keeps one-time links.
type Links interface {
	LinkBy(ctx context.Context, hash string) (Link, error) // NotFound
	DropLinks(ctx context.Context, kind LinkKind) error
	PruneLinks(ctx context.Context, beforeMs int64) error // those that ended
}

// Failures counts failed sign-ins, exactly and durably. account is a hash, so that typed secrets are never kept.
type Failures interface {
	// TrySignIn notes an attempt as failed and returns its id, unless the limits of failures since an instant are reached: then ok
	// is false and nothing is noted. Counting and noting are one transaction, so rivals cannot slip through together.
	TrySignIn(ctx context.Context, t Attempt) (id string, ok bool, err error)
	PruneFailures(ctx context.Context, beforeMs int64) error
}

// Attempt is one try to sign in and the limits it must keep.
type Attempt struct {
	Account    string // hash of the folded login
	Address    string
	NowMs      int64
	SinceMs    int64
	PairMax    int // failures of this account from this address
	AddressMax int // failures from this address
}
