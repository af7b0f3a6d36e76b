package roster

import "encoding/json"

// Act says who writes what under which idempotency key. One act is one revision of the organisation.
type Act struct {
	Org    OrgID
	Actor  AccountID
	Name   string // the actor's name, kept as it was
	Kind   string // noun.past-verb of the whole, e.g. "roster.edited"
	Key    string // unique in the organisation; "" lets the store make one
	Place  string // which sheet it belongs to, e.g. SITE/2026-12-01; undo looks here
	Undoes int64  // revision of the act it takes back, 0 for none
}

// By starts an act of an actor.
func (a Actor) By(kind, key string) Act {
	return Act{Org: a.Org, Actor: a.Account, Name: a.Name, Kind: kind, Key: key}
}

// PastAct is an act that happened.
type PastAct struct {
	Act
	Revision int64
	AtMs     int64  // instant, ms UTC
	UndoneBy int64  // revision of the act that took it back, 0: it stands
	Chain    string // hash of the act before it, of itself and of its events; "" from before there was one
	Erased   int64  // revision of the act that took name and address away, 0: they are there
	Origin
}

// Event is one thing that an act did, with what was there before and after.
type Event struct {
	Revision int64
	N        int    // order within the revision
	Name     string // noun.past-verb
	Site     SiteID
	Cell     Cell   // the (staff, day) it touched; zero for things that are not on a sheet
	Subject  string // id of the thing
	Before   json.RawMessage
	After    json.RawMessage
	Erased   int64 // revision of the act that took before and after away, 0: they are there
}

// Event names. The audit page, live updates and notices know these.
const (
	EventShiftPlaced     = "shift.placed"
	EventShiftChanged    = "shift.changed"
	EventShiftRemoved    = "shift.removed"
	EventCellLocked      = "cell.locked"
	EventCellUnlocked    = "cell.unlocked"
	EventRosterSaved     = "roster.saved"
	EventOrgSaved        = "org.saved"
	EventOrgRestored     = "org.restored"
	EventCacheCleared    = "cache.cleared"
	EventSiteSaved       = "site.saved"
	EventJobSaved        = "job.saved"
	EventJobRemoved      = "job.removed"
	EventStaffSaved      = "staff.saved"
	EventStaffErased     = "staff.erased"
	EventAccessErased    = "access.erased" // what old entries of the access log tell
	EventContractSaved   = "contract.saved"
	EventContractRemoved = "contract.removed"
	EventCodeSaved       = "code.saved"
	EventCodeRemoved     = "code.removed"
	EventHolidaySaved    = "holiday.saved"
	EventHolidayRemoved  = "holiday.removed"
	EventNeedSaved       = "need.saved"
	EventNeedRemoved     = "need.removed"
	EventMemberSaved     = "member.saved"
)

// ShiftEvent tells a Change. A moved shift makes one event in the cell it reached; its old cell is told by CellsOf.
func ShiftEvent(c Change) Event {
	switch {
	case c.Before == nil:
		return Event{Name: EventShiftPlaced, Site: c.After.Site, Cell: c.After.Cell(), Subject: string(c.After.ID), After: raw(c.After)}
	case c.After == nil:
		return Event{Name: EventShiftRemoved, Site: c.Before.Site, Cell: c.Before.Cell(), Subject: string(c.Before.ID), Before: raw(c.Before)}
	}
	return Event{
		Name: EventShiftChanged, Site: c.After.Site, Cell: c.After.Cell(), Subject: string(c.After.ID),
		Before: raw(c.Before), After: raw(c.After),
	}
}

// ShiftEvents tells a Change so that every cell it touched has an event of its own: a shift that left a cell is told
// there too, with the same subject.
func ShiftEvents(c Change) []Event {
	e := ShiftEvent(c)
	if c.Before == nil || c.After == nil || c.Before.Cell() == c.After.Cell() {
		return []Event{e}
	}
	left := e
	left.Name, left.Cell, left.Before, left.After = EventShiftLeft, c.Before.Cell(), nil, nil
	return []Event{left, e}
}

// EventShiftLeft marks the cell a moved shift came from; the shift.changed beside it tells the whole.
const EventShiftLeft = "shift.left"

// Saved tells that a thing outside the sheet was added or changed. before may be nil.
func Saved(name, id string, site SiteID, before, after any) Event {
	return Event{Name: name, Site: site, Subject: id, Before: raw(before), After: raw(after)}
}

// Restored tells that the whole database was put back to an earlier state.
type Restored struct {
	From   string // the backup or copy it came from
	Moment int64  // whose state it is, ms UTC
}

// raw writes what an event keeps. The values are our own plain structs, which always encode.
func raw(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil || string(b) == "null" {
		return nil
	}
	return b
}

// ShiftChange reads an event back into the change it tells; ok is false for events of another kind.
func (e Event) ShiftChange() (c Change, ok bool) {
	switch e.Name {
	case EventShiftPlaced, EventShiftChanged, EventShiftRemoved:
	default:
		return c, false
	}
	for _, p := range []struct {
		from json.RawMessage
		to   **Shift
	}{{e.Before, &c.Before}, {e.After, &c.After}} {
		if len(p.from) == 0 {
			continue
		}
		s := new(Shift)
		if json.Unmarshal(p.from, s) != nil {
			return c, false
		}
		*p.to = s
	}
	return c, c.Before != nil || c.After != nil
}
