package store

import (
	"context"

	"wakakusa/roster"
)

// Scope is a part of an organisation whose rows change together. The working shifts and locks of a month are one each: see ScopeMonth.
type Scope string

const (
	ScopeMasters Scope = "masters" // sites, jobs, people, contracts, codes, needs, holidays
	ScopeRosters Scope = "rosters" // states of rosters and which version of each is published
	ScopeAll     Scope = "all"     // part of every other: stamped when everything that is kept must be read anew
)

// ScopeMonth is that of a day's working shifts and locks.
func ScopeMonth(d roster.Day) Scope { return Scope(d.String()[:len("2006-01")]) }

// Stamp tells one state of a scope from all others.
type Stamp int64

// ScopeReader tells by what a read may be kept.
type ScopeReader interface {
	// Stamps returns those of scopes in this snapshot. Each write draws new ones for the scopes it touches, so where a stamp is the same,
	// so are the rows – also when the database was put back to an earlier state and went another way since, which a revision would not tell.
	// A scope that was never stamped has one that every write of the organisation changes; that of ScopeAll is 0.
	Stamps(ctx context.Context, scopes ...Scope) (map[Scope]Stamp, error)
}

// ScopeWriter makes everybody read anew.
type ScopeWriter interface {
	// ClearScopes draws a new stamp for everything of the organisation.
	ClearScopes(ctx context.Context) error
}

// CacheStats are the counts of a Store that keeps what it reads, since it was opened.
type CacheStats struct {
	Hits, Misses             int64 // of this process's memory
	SharedHits, SharedMisses int64 // of what several processes share, asked after a miss
	Entries                  int
	Bytes, MaxBytes          int64 // estimated
}
