// Package roster holds the words and rules of shift work: who, when, what is allowed. Plain values and pure
// functions; it imports only the standard library and never waits for anything.
package roster

// The ids are distinct types so that a staff id cannot be handed in for a site id. All are UUIDv7 text.
type (
	OrgID      string
	SiteID     string
	StaffID    string
	ContractID string
	JobID      string
	CodeID     string
	ShiftID    string
	NeedID     string
	HolidayID  string
	RosterID   string
	AccountID  string
	MemberID   string
)

// State is where a roster stands in its month: 募集 → 締切 → 作成 → 公開 → 締め.
type State string

const (
	StateCollecting State = "collecting" // 募集: wishes may come in
	StateCollected  State = "collected"  // 締切: no more wishes
	StateDrafting   State = "drafting"   // 作成: the manager is at work
	StatePublished  State = "published"  // 公開: staff see the published copy
	StateClosed     State = "closed"     // 締め: nothing may change any more
)

// Roster is one site's シフト表 for one period. It holds the state only; the shifts are found by site and day.
type Roster struct {
	ID          RosterID
	Site        SiteID
	Period      Period
	State       State
	Published   int   // version of the newest published copy, 0 before the first
	PublishedAt int64 // revision at which it was published
	PublishedMs int64 // instant of publication, ms UTC
	OffDays     int   // 公休数 required in this period
	Version     int64
}

// Open reports whether shifts may still change.
func (r Roster) Open() bool { return r.State != StateClosed }

// Publish returns the roster with the next published version.
func (r Roster) Publish(revision, nowMs int64) (Roster, error) {
	if !r.Open() {
		return r, Refuse(RuleBroken, "error.roster_closed")
	}
	r.State, r.Published, r.PublishedAt, r.PublishedMs = StatePublished, r.Published+1, revision, nowMs
	return r, nil
}

// Withdraw returns the roster as a draft again; staff see nothing of it until it is published anew.
func (r Roster) Withdraw() (Roster, error) {
	if r.State != StatePublished {
		return r, Refuse(RuleBroken, "error.roster_not_published")
	}
	r.State = StateDrafting
	return r, nil
}

// Close ends the period: the roster can no longer be edited until it is reopened.
func (r Roster) Close() (Roster, error) {
	if r.State != StatePublished {
		return r, Refuse(RuleBroken, "error.roster_not_published")
	}
	r.State = StateClosed
	return r, nil
}

// Reopen takes a closed roster back to published.
func (r Roster) Reopen() (Roster, error) {
	if r.State != StateClosed {
		return r, Refuse(RuleBroken, "error.roster_not_closed")
	}
	r.State = StatePublished
	return r, nil
}

// Shown reports that people see a published copy of the roster.
func (r Roster) Shown() bool { return r.Published > 0 && r.State != StateDrafting }
