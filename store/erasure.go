package store

import (
	"context"

	"wakakusa/roster"
)

// Person is somebody with all that leads to them in an organisation.
type Person struct {
	Staff    roster.StaffID // "": they stand on no roster
	Members  []roster.MemberID
	Accounts []roster.AccountID
}

// Traces are records of an organisation that tell of a person.
type Traces struct {
	Acts     []int64 // by the person
	Events   []roster.EventKey
	Accesses []int64
	Nobody   []int64 // entries of the log that belongs to no organisation, by accounts that belong to no other
}

// Len counts them.
func (t Traces) Len() int { return len(t.Acts) + len(t.Events) + len(t.Accesses) + len(t.Nobody) }

// Erasures finds what has to go with a person.
type Erasures interface {
	// TracesOf finds records of an organisation that tell of a person and were not erased yet, oldest first, at most so many.
	TracesOf(ctx context.Context, org roster.OrgID, p Person, limit int) (Traces, error)
	// OldAccesses finds entries of the access log from before a moment that still tell something.
	OldAccesses(ctx context.Context, org roster.OrgID, beforeMs int64, limit int) (Traces, error)
}

// Eraser takes away what tells of a person. Whoever does so records EventStaffErased or EventAccessErased, alone, with what it answers: an erasure that no event tells of is
// a forgery.
type Eraser interface {
	// EraseTraces empties records; the hash of what they told stays, so that they can be verified. Stale if one was erased meanwhile.
	EraseTraces(ctx context.Context, t Traces) (roster.Erased, error)
	// ErasePerson leaves of a person what rosters need, under the name given: staff, contracts, shifts, published copies, memberships. Accounts go
	// that belong to no other organisation, with all that hangs on them. Stale if s is not as it is kept.
	ErasePerson(ctx context.Context, s roster.Staff, p Person) error
}
