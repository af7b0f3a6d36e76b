package roster

import "encoding/json"

// Origin says where a request came from: every record and every line of the log that it causes names it.
type Origin struct {
	Request string // its id
	Address string // of the person, "" for the program itself
	SignIn  string // tells one sign-in from another without telling how to use it; "" for strangers
}

// Access is one entry of the access log: what happened outside any pen, such as signing in, changing a password, or taking data out.
type Access struct {
	Org     OrgID // whose log it stands in, "" for what belongs to none
	N       int64 // its place there, from 1
	AtMs    int64 // instant, ms UTC
	Account AccountID
	Name    string // of whoever it was, kept as it was; "" for strangers
	Action  string // noun.past-verb
	Subject string // id or name of what it was done to
	Before  json.RawMessage
	After   json.RawMessage
	Chain   string // hash of the entry before it and of itself
	Erased  int64  // revision of the act that took name, address, before and after away, 0: they are there
	Origin
}

// Actions of the access log. The audit page knows these.
const (
	ActionSignedIn        = "sign_in.begun"
	ActionSignInAwaited   = "sign_in.awaited" // the password was right; the second factor is awaited
	ActionSignedOut       = "sign_in.ended"
	ActionSignInRefused   = "sign_in.refused"  // wrong password, no such person, deactivated
	ActionSignInLimited   = "sign_in.limited"  // refused unheard: too many failures
	ActionSignInsRevoked  = "sign_ins.revoked" // others of the account were ended
	ActionAccountSaved    = "account.saved"
	ActionPasswordChanged = "password.changed"
	ActionPasswordReset   = "password.reset" // by a one-time link
	ActionLinkMade        = "link.made"      // an invitation, a reset or a QR code to sign in by
	ActionProved          = "proof.given"    // asked once more who it is, the person showed it
	ActionProofRefused    = "proof.refused"
	ActionFactorAdded     = "factor.added"
	ActionFactorRemoved   = "factor.removed"
	ActionFactorsReset    = "factor.reset"     // all of somebody, by an administrator or the operator
	ActionRecoveryUsed    = "recovery.used"    // a recovery code
	ActionRecoveryRenewed = "recovery.renewed" // all of them
	ActionIdentityLinked  = "identity.linked"  // with a provider's
	ActionIdentityRemoved = "identity.removed" // no longer
	ActionAuditExported   = "audit.exported"
	ActionBackupFetched   = "backup.fetched"
	ActionDataExported    = "data.exported"   // everything about one person
	ActionRefused         = "request.refused" // something that the person may not do
)

// Actions lists them all.
var Actions = []string{
	ActionSignedIn, ActionSignInAwaited, ActionSignedOut, ActionSignInRefused, ActionSignInLimited, ActionSignInsRevoked, ActionAccountSaved, ActionPasswordChanged,
	ActionPasswordReset, ActionLinkMade, ActionProved, ActionProofRefused, ActionFactorAdded, ActionFactorRemoved, ActionFactorsReset, ActionRecoveryUsed, ActionRecoveryRenewed, ActionIdentityLinked, ActionIdentityRemoved, ActionAuditExported, ActionBackupFetched, ActionDataExported, ActionRefused,
}

// Accessed tells a change of something outside any pen. before and after may be nil.
func Accessed(action, subject string, before, after any) Access {
	return Access{Action: action, Subject: subject, Before: raw(before), After: raw(after)}
}
