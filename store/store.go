// Package store is the memory of the program as an interface: readers and writers, one file per noun. What is true is
// decided in roster; here it is only kept.
package store

import (
	"context"

	"wakakusa/roster"
)

// Store keeps organisations, their rosters and the accounts that reach them.
//
// Every method may fail with an error that is not a *roster.Error (a fault of the engine). The *roster.Error kinds a method
// returns on purpose stand at the method.
type Store interface {
	Accounts
	Erasures
	Disclosures

	// Read runs fn over one snapshot of one organisation, ended by a deadline of a few seconds. NotFound if there is no
	// such organisation. fn must not keep the Reader, nor change what it gives: others may hold the same. It may run more than once.
	Read(ctx context.Context, org roster.OrgID, fn func(Reader) error) error

	// Write holds the organisation's pen while fn runs: no other write to it happens meanwhile. The revision goes up by one and
	// act and events are kept in the same transaction. fn may run more than once and must touch nothing but its Writer.
	// If fn writes nothing and records nothing, nothing happens and Change.Revision is the revision as it was. Rows without an
	// event, or an event without rows, are a fault. An act whose key is already known changes nothing: Change.Repeated is set.
	// NotFound if there is no such organisation.
	Write(ctx context.Context, act roster.Act, fn func(Writer) error) (Change, error)

	// AddOrg makes an organisation at revision 0. Taken if the slug is in use.
	AddOrg(ctx context.Context, org roster.Org) error

	// Orgs lists all organisations by name.
	Orgs(ctx context.Context) ([]roster.Org, error)

	// OrgBySlug finds an organisation by its address. NotFound.
	OrgBySlug(ctx context.Context, slug string) (roster.Org, error)

	// Revisions returns the present revision of each organisation asked for; unknown ones are left out.
	Revisions(ctx context.Context, orgs []roster.OrgID) (map[roster.OrgID]int64, error)

	// Schema returns the version the database is at and the newest this program knows.
	Schema(ctx context.Context) (at, newest int64, err error)

	// CheckSchema fails where this program cannot serve the database: it is older than the program, or newer beyond its mark.
	CheckSchema(ctx context.Context) error

	Ping(ctx context.Context) error
	Close() error
}

// Change is what a Write did.
type Change struct {
	Revision int64
	Chain    string // of the act: see roster.PastAct
	Events   []roster.Event
	Repeated bool // the act had already happened; nothing was done now
}

// Reader reads one organisation from one snapshot.
type Reader interface {
	OrgReader
	SiteReader
	StaffReader
	CodeReader
	NeedReader
	RosterReader
	ShiftReader
	PublishedReader
	MemberReader
	EventReader
	ImportReader
	ScopeReader
}

// Writer is a Reader that holds the pen.
type Writer interface {
	Reader
	OrgWriter
	SiteWriter
	StaffWriter
	CodeWriter
	NeedWriter
	RosterWriter
	ShiftWriter
	MemberWriter
	AccountWriter
	ImportWriter
	ScopeWriter
	Eraser

	// NowMs is the instant of this write in ms UTC; it stays the same while fn runs.
	NowMs() int64
	// Record keeps events of this act, in order. Each shift and lock that changes needs an event with its cell, a moved one also with the
	// cell it came from: sheets that are kept in memory, stamps and open pages know of a change only by them.
	Record(events ...roster.Event)
}

// Every Save… keeps the whole value: Version 0 adds (Taken if the id or a unique name is in use), any other version must
// be the one kept (Stale). It returns the value with its new version, with an error the one given. Every Remove… asks for the version too (Stale).

// OrgReader and OrgWriter keep the organisation itself.
type OrgReader interface {
	Org(ctx context.Context) (roster.Org, error) // with the revision of this snapshot
}

// OrgWriter changes name, language, zone and settings; id and revision are not touched.
type OrgWriter interface {
	SaveOrg(ctx context.Context, o roster.Org) (roster.Org, error)
}

// SiteReader reads 事業所 and 職種.
type SiteReader interface {
	Sites(ctx context.Context) ([]roster.Site, error) // by position, name
	Site(ctx context.Context, id roster.SiteID) (roster.Site, error)
	Jobs(ctx context.Context) ([]roster.Job, error) // by position, name
}

// SiteWriter keeps 事業所 and 職種.
type SiteWriter interface {
	SaveSite(ctx context.Context, s roster.Site) (roster.Site, error)
	SaveJob(ctx context.Context, j roster.Job) (roster.Job, error)
	RemoveJob(ctx context.Context, id roster.JobID, version int64) error
}

// StaffReader reads people and their contracts.
type StaffReader interface {
	People(ctx context.Context) ([]roster.Staff, error) // everybody, by id
	Staff(ctx context.Context, id roster.StaffID) (roster.Staff, error)
	Contracts(ctx context.Context) (map[roster.StaffID][]roster.Contract, error) // by from
	ContractsOf(ctx context.Context, id roster.StaffID) ([]roster.Contract, error)
}

// StaffWriter keeps people and their contracts.
type StaffWriter interface {
	SaveStaff(ctx context.Context, s roster.Staff) (roster.Staff, error)
	SaveContract(ctx context.Context, c roster.Contract) (roster.Contract, error)
	RemoveContract(ctx context.Context, id roster.ContractID, version int64) error
}

// CodeReader reads シフト種別.
type CodeReader interface {
	Codes(ctx context.Context) ([]roster.Code, error) // by position, symbol
	CodeInUse(ctx context.Context, id roster.CodeID) (bool, error)
}

// CodeWriter keeps シフト種別.
type CodeWriter interface {
	SaveCode(ctx context.Context, c roster.Code) (roster.Code, error)
	RemoveCode(ctx context.Context, id roster.CodeID, version int64) error
}

// NeedReader reads 必要人数 and the organisation's own holidays.
type NeedReader interface {
	Needs(ctx context.Context, site roster.SiteID) ([]roster.Need, error) // by code, day, weekday
	OwnHolidays(ctx context.Context) ([]roster.Holiday, error)            // by day
}

// NeedWriter keeps 必要人数 and the organisation's own holidays.
type NeedWriter interface {
	SaveNeed(ctx context.Context, n roster.Need) (roster.Need, error)
	RemoveNeed(ctx context.Context, id roster.NeedID, version int64) error
	SaveHoliday(ctx context.Context, h roster.Holiday) (roster.Holiday, error)
	RemoveHoliday(ctx context.Context, id roster.HolidayID, version int64) error
}

// RosterReader reads the state of rosters and locked cells.
type RosterReader interface {
	// RosterAt returns the roster of a site whose period begins on first; Version 0 and the given period if there is none yet.
	RosterAt(ctx context.Context, site roster.SiteID, period roster.Period) (roster.Roster, error)
	// Rosters returns those of a site (all sites for "") that touch a period, by site and first day.
	Rosters(ctx context.Context, site roster.SiteID, p roster.Period) ([]roster.Roster, error)
	// LockedCells returns the locked cells of a period.
	LockedCells(ctx context.Context, p roster.Period) (map[roster.Cell]bool, error)
}

// RosterWriter keeps the state of rosters, makes published copies and locks cells.
type RosterWriter interface {
	SaveRoster(ctx context.Context, r roster.Roster) (roster.Roster, error)
	// CopyPublished copies the approved working shifts of the roster's site and period as version r.Published.
	CopyPublished(ctx context.Context, r roster.Roster) error
	LockCell(ctx context.Context, site roster.SiteID, c roster.Cell) error
	UnlockCell(ctx context.Context, c roster.Cell) error
}

// ShiftReader reads the working shifts: they are the draft.
type ShiftReader interface {
	Shift(ctx context.Context, id roster.ShiftID) (roster.Shift, error) // also a rejected one. NotFound
	// SheetShifts returns, by person, the shifts of a period (rejected ones left out; by day, start, id) of everybody who has one
	// at the site or calls it home, also those at other sites.
	SheetShifts(ctx context.Context, site roster.SiteID, p roster.Period) (map[roster.StaffID][]roster.Shift, error)
	// ShiftsOf does the same for some people.
	ShiftsOf(ctx context.Context, staff []roster.StaffID, p roster.Period) (map[roster.StaffID][]roster.Shift, error)
	// LastShift is the last day on which a person has a shift, also a rejected or published one; 0 for none.
	LastShift(ctx context.Context, id roster.StaffID) (roster.Day, error)
}

// PublishedReader reads the published shifts: a copy that never changes.
type PublishedReader interface {
	// PublishedOf returns the shifts that one person sees of their own: newest published version of each roster that is not withdrawn.
	PublishedOf(ctx context.Context, staff roster.StaffID, p roster.Period) ([]roster.Shift, error)
	// PublishedAt returns those of a whole site.
	PublishedAt(ctx context.Context, site roster.SiteID, p roster.Period) ([]roster.Shift, error)
	// PublishedCopy returns a whole version of a roster, by day, start, id.
	PublishedCopy(ctx context.Context, r roster.RosterID, version int) ([]roster.Shift, error)
	// PublishedCells returns the published shifts of one roster version in some cells.
	PublishedCells(ctx context.Context, r roster.RosterID, version int, cells []roster.Cell) ([]roster.Shift, error)
}

// ShiftWriter keeps working shifts.
type ShiftWriter interface {
	SaveShift(ctx context.Context, s roster.Shift) (roster.Shift, error)
	RemoveShift(ctx context.Context, id roster.ShiftID, version int64) error
}

// MemberReader reads who belongs to the organisation.
type MemberReader interface {
	Members(ctx context.Context) ([]roster.Member, error) // by name
	Member(ctx context.Context, id roster.MemberID) (roster.Member, error)
}

// MemberWriter keeps memberships. Taken if the account already has one.
type MemberWriter interface {
	SaveMember(ctx context.Context, m roster.Member) (roster.Member, error)
}

// EventReader reads what happened.
type EventReader interface {
	// EventsOf returns the first events of one act.
	EventsOf(ctx context.Context, revision int64, limit int) ([]roster.Event, error)
	// EventsAfter returns events after a revision, oldest first.
	EventsAfter(ctx context.Context, revision int64, limit int) ([]roster.Event, error)
	// ActAt returns the act of a revision with its events. NotFound.
	ActAt(ctx context.Context, revision int64) (roster.PastAct, []roster.Event, error)
	// ActsOf returns an actor's acts at a place, newest first.
	ActsOf(ctx context.Context, actor roster.AccountID, place string, limit int) ([]roster.PastAct, error)
	// TouchedAfter returns the cells of a period that events after a revision touched, each with the last act that did.
	TouchedAfter(ctx context.Context, revision int64, p roster.Period) (map[roster.Cell]roster.PastAct, error)
	// CellHistory returns the acts and events of a cell, newest first.
	CellHistory(ctx context.Context, c roster.Cell, limit int) ([]roster.PastAct, [][]roster.Event, error)
	// History returns acts of the organisation, newest first.
	History(ctx context.Context, q ActQuery) ([]roster.PastAct, error)
}

// ImportRef remembers what an import made of a foreign row, so that importing again finds it.
type ImportRef struct {
	Source string // which database
	Table  string
	OldID  string
	NewID  string
	Digest string // of the foreign row as it was; a different one means it has changed since
}

// ImportReader finds what earlier imports made.
type ImportReader interface {
	// ImportRefs returns those of some foreign rows, by old id. An import may have made millions: nobody asks for all of them.
	ImportRefs(ctx context.Context, source, table string, old []string) (map[string]ImportRef, error)
}

// ImportWriter remembers what an import made; an existing reference is replaced.
type ImportWriter interface {
	SaveImportRef(ctx context.Context, r ImportRef) error
}
