// Package cached is a Store around a Store: it keeps what was read under the stamp of what it was read from, so that nothing ever has to
// be forgotten in time, and shows what it knows while the database is away.
package cached

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/maypok86/otter/v2/stats"

	"wakakusa/roster"
	"wakakusa/store"
)

// Shared is memory that several processes share. It may be away at any moment, and lose anything.
type Shared interface {
	Load(ctx context.Context, key string) (value []byte, ok bool, err error)
	Keep(ctx context.Context, key string, value []byte, lasts time.Duration) error
}

// Options of a Store.
type Options struct {
	MB     int    // of this process's memory; 0: nothing is kept
	Shared Shared // asked after this process's memory; nil: there is none
	Form   string // of the program: what another wrote in another form is not read
	Server bool   // the database is a server, which may be away
	Now    func() time.Time
	Log    *slog.Logger

	Changed func(key string) // for tests: told when somebody has changed what is kept; nil: nobody looks
}

const (
	restsAtMost = time.Hour        // what nobody asks for is forgotten
	sharedLasts = 10 * time.Minute // in shared memory
	knownLasts  = 10 * time.Minute // sign-ins while the database is away
	knownAtMost = 50_000
)

// Store is a Store that keeps what it reads. It never changes what is true: every answer is of the snapshot that was asked for, or, while
// the database is away, is noted as old.
type Store struct {
	store.Store
	Options
	memory *otter.Cache[string, entry] // nil: nothing is kept
	counts *stats.Counter
	shared struct{ hits, misses atomic.Int64 }
	known  *otter.Cache[string, any] // sign-ins and accounts as last read, for when the database is away
	warmer warmer
	outage outage
	mu     sync.Mutex
	seen   map[roster.OrgID]seen // as last read
}

var _ store.Store = (*Store)(nil)

// seen is an organisation as it was last read here, and when each of its scopes was.
type seen struct {
	org    roster.Org
	at     time.Time
	scopes map[store.Scope]seenStamp
}

type seenStamp struct {
	stamp store.Stamp
	at    time.Time
}

func (x seen) stamps() map[store.Scope]store.Stamp {
	all := make(map[store.Scope]store.Stamp, len(x.scopes))
	for scope, s := range x.scopes {
		all[scope] = s.stamp
	}
	return all
}

// New wraps a store, and closes it with itself.
func New(inner store.Store, o Options) (*Store, error) {
	s := &Store{Store: inner, Options: o, counts: stats.NewCounter(), seen: map[roster.OrgID]seen{}}
	var err error
	if o.MB > 0 {
		s.memory, err = otter.New(&otter.Options[string, entry]{
			MaximumWeight: uint64(o.MB) << 20, Weigher: func(_ string, e entry) uint32 { return e.bytes },
			ExpiryCalculator: otter.ExpiryAccessing[string, entry](restsAtMost), StatsRecorder: s.counts,
		})
		if err != nil {
			return nil, err
		}
	}
	s.known, err = otter.New(&otter.Options[string, any]{MaximumSize: knownAtMost, ExpiryCalculator: otter.ExpiryWriting[string, any](knownLasts)})
	if err != nil {
		return nil, err
	}
	s.warmer.begin(s)
	s.outage.begin(s)
	return s, nil
}

// Close stops, then closes the store below.
func (s *Store) Close() error {
	s.Stop()
	return s.Store.Close()
}

// Stop ends what goes on in the background; the store below stays open.
func (s *Store) Stop() {
	s.warmer.close()
	s.outage.close()
	if s.memory != nil {
		s.memory.StopAllGoroutines()
	}
	s.known.StopAllGoroutines()
}

// Read gives fn a Reader that asks memory first. While the database is away there is memory only: what it does not hold is Away.
func (s *Store) Read(ctx context.Context, org roster.OrgID, fn func(store.Reader) error) error {
	err, ok := s.asking(ctx, func(patient context.Context) error {
		return s.Store.Read(patient, org, func(r store.Reader) error { return s.through(patient, r, fn) })
	})
	if ok {
		return err
	}
	old, ok := s.lastSeen(org)
	if !ok {
		return errAway
	}
	store.NoteAge(ctx, old.at)
	return fn(&reader{Reader: nothing{}, s: s, org: old.org, stamps: old.stamps(), ages: old.scopes})
}

// through gives fn a Reader around another.
func (s *Store) through(ctx context.Context, inner store.Reader, fn func(store.Reader) error) error {
	if s.memory == nil {
		return fn(inner)
	}
	r, err := s.reader(ctx, inner)
	if err != nil {
		return err
	}
	return fn(r)
}

// Write passes through: under the pen only the database counts. Once it has been away for a while it is Away at once.
func (s *Store) Write(ctx context.Context, act roster.Act, fn func(store.Writer) error) (store.Change, error) {
	if s.outage.long() {
		return store.Change{}, errAway
	}
	ended := map[roster.AccountID]string{}
	c, err := s.Store.Write(ctx, act, func(w store.Writer) error { return fn(penNoting{w, ended}) })
	if s.outage.means(ctx, err) {
		s.Log.WarnContext(ctx, "a write found the database away", "org", act.Org, "kind", act.Kind, "error", err)
		return c, errAway
	}
	s.forgetMembers(act.Org, c.Events)
	for id, except := range ended {
		s.forgetSignIns(id, except)
	}
	return c, err
}

// Stats counts since the start.
func (s *Store) Stats() store.CacheStats {
	if s.memory == nil {
		return store.CacheStats{}
	}
	n := s.counts.Snapshot()
	return store.CacheStats{
		Hits: int64(n.Hits), Misses: int64(n.Misses), SharedHits: s.shared.hits.Load(), SharedMisses: s.shared.misses.Load(),
		Entries: s.memory.EstimatedSize(), Bytes: int64(s.memory.WeightedSize()), MaxBytes: int64(s.MB) << 20,
	}
}

func (s *Store) lastSeen(org roster.OrgID) (seen, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.seen[org]
	return old, ok
}

// overtaken is how long a snapshot may have begun before another that was noted already. Later than that a lower revision is that of a
// database that was put back.
const overtaken = 10 * time.Second

// see remembers what a snapshot showed of an organisation, beside what others did.
func (s *Store) see(o roster.Org, stamps map[store.Scope]store.Stamp) {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.seen[o.ID]
	if o.Revision < old.org.Revision && now.Sub(old.at) < overtaken {
		return
	}
	all := maps.Clone(old.scopes)
	if all == nil {
		all = map[store.Scope]seenStamp{}
	}
	for scope, stamp := range stamps {
		all[scope] = seenStamp{stamp, now}
	}
	s.seen[o.ID] = seen{o, now, all}
}
