package store

import (
	"context"

	"wakakusa/roster"
)

// AccountsWriter changes accounts, sign-ins and links in one transaction outside any pen, with what the access log says of it: all or nothing.
type AccountsWriter interface {
	// SaveAccount follows the rule of Save…: Taken (field name or email) if the folded name or e-mail is in use, Stale.
	SaveAccount(ctx context.Context, a Account) (Account, error)
	SaveSignIn(ctx context.Context, s SignIn) error // adds or replaces by hash
	EndSignIn(ctx context.Context, hash string) error
	EndSignIns(ctx context.Context, id roster.AccountID, except string) error // all of an account but one hash
	AddLink(ctx context.Context, l Link) error                                // Taken if the hash is in use
	// UseLink marks a link used; false if it was used, has ended, or does not exist. Of several rivals exactly one gets true.
	UseLink(ctx context.Context, hash string, nowMs int64) (bool, error)
	DropMemberLinks(ctx context.Context, org roster.OrgID, member roster.MemberID) error
	// ClearFailures forgets the failures of an account from an address: somebody knew the password.
	ClearFailures(ctx context.Context, account, address string) error
	FactorWriter
	// Record keeps entries in the log of their organisations, with the origin of the context and the moment of the transaction.
	Record(entries ...roster.Access)
}

// AccessLog is the record of what happens outside any pen.
type AccessLog interface {
	// WriteAccounts runs fn, which may happen more than once, and returns what was recorded as it is kept.
	WriteAccounts(ctx context.Context, fn func(AccountsWriter) error) ([]roster.Access, error)
	// Accesses reads the log of an organisation, newest first.
	Accesses(ctx context.Context, org roster.OrgID, q AccessQuery) ([]roster.Access, error)
}

// AccessQuery asks for a part of an access log; zero fields ask for everything.
type AccessQuery struct {
	Before  int64            // entries before this one
	Account roster.AccountID // of this person
	Noun    string           // whose action begins with it
	FromMs  int64
	ToMs    int64 // exclusive
	Limit   int
}

// ActQuery asks for a part of the record of acts; zero fields ask for everything.
type ActQuery struct {
	Before int64            // acts before this revision
	Actor  roster.AccountID // by this person
	Staff  roster.StaffID   // about this one
	Noun   string           // with an event whose name begins with it
	FromMs int64
	ToMs   int64 // exclusive
	Limit  int
}

// SaveAccount saves one account and records nothing: for what makes accounts before there is anybody to ask.
func SaveAccount(ctx context.Context, s AccessLog, a Account) (saved Account, err error) {
	_, err = s.WriteAccounts(ctx, func(w AccountsWriter) (err error) { saved, err = w.SaveAccount(ctx, a); return err })
	if err != nil {
		return a, err
	}
	return saved, nil
}
