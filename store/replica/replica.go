// Package replica keeps a continuous copy of the SQLite database somewhere else, and restores from it. It is the only room that knows
// Litestream, whose face as a library is declared unstable; docs/adr/0029-replica.md says what of it we trust, and what not.
package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/benbjohnson/litestream"
)

const (
	sealWithin  = 30 * time.Second // a copy that does not answer for so long has failed
	closeWithin = 8 * time.Second  // for the last sync; a service manager kills after some more
)

// Tests wait less.
var (
	sealEvery = 5 * time.Second  // between our own checks that everything is on the copy
	askWithin = 10 * time.Second // for a copy to say what it has
)

// Replica copies while it is open.
type Replica struct {
	Config
	log     *slog.Logger
	store   *litestream.Store
	db      *litestream.DB
	stop    context.CancelFunc
	done    chan struct{}
	behind  bool // the file lacks what the copy has; only keepSealing asks
	mu      sync.Mutex
	copying bool      // Litestream runs; before, the file and its copy have not been compared
	sealed  time.Time // everything written before this moment is on the copy
	opened  time.Time
	failure error // of the last seal
}

// Options are what Open needs beside the configuration.
type Options struct {
	Log *slog.Logger
	// Compare is asked where the file may lack what the copy has: after a power loss, or where the file is not the one that was copied. It
	// gets the path of the copy, restored, and fails with what the file lacks.
	Compare func(ctx context.Context, restored string) error
}

// Opened says what Open found.
type Opened struct {
	Restored bool  // the file was missing and has been restored, now or by a start that ended before the copy was up to date
	Aside    int   // files of a lost history that were set aside on the copy
	Doubt    error // the file could not be compared, for the copy did not answer: nothing is copied until it does
}

// Open restores the database if its file is missing and a copy exists, makes sure that the copy continues it, and begins to copy. Nobody
// else may have the file open. A copy that does not answer is no error where the file is there: then copying begins when it answers.
func Open(ctx context.Context, c Config, o Options) (r *Replica, found Opened, err error) {
	s := &starting{Config: c, Options: o, client: c.replica.client("")}
	if err := s.prepare(ctx); err != nil {
		return nil, s.found, err
	}
	r = c.connect(s.client, o.Log)
	r.opened = time.Now()
	if s.found.Doubt != nil {
		r.failure = s.found.Doubt
	} else if err := r.begin(ctx); err != nil {
		return nil, s.found, err
	}
	keep, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop, r.done = stop, make(chan struct{})
	go func() { defer close(r.done); r.keepSealing(keep, s) }()
	return r, s.found, nil
}

// begin starts Litestream.
func (r *Replica) begin(ctx context.Context) error {
	if err := r.store.Open(ctx); err != nil {
		return errors.Join(fmt.Errorf("continuous copy: %w", err), r.store.Close(ctx))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.copying = true
	return nil
}

// connect joins the parts of Litestream without starting them.
func (c Config) connect(client litestream.ReplicaClient, log *slog.Logger) *Replica {
	quiet := slog.New(quieter{log.Handler()}).With("part", "replica")
	db := litestream.NewDB(c.Path)
	db.MonitorInterval, db.BusyTimeout = c.interval, c.busy
	rep := litestream.NewReplicaWithClient(db, lazy{client})
	rep.SyncInterval = c.sync
	db.Replica = rep
	store := litestream.NewStore([]*litestream.DB{db}, litestream.DefaultCompactionLevels)
	store.SnapshotInterval, store.SnapshotRetention = c.snapshots, c.retention
	db.ShutdownSyncTimeout = closeWithin
	store.ShutdownSyncTimeout = closeWithin
	store.Logger = quiet
	db.SetLogger(quiet)
	client.SetLogger(quiet)
	return &Replica{Config: c, log: log, store: store, db: db}
}

// lazy connects when something is asked for: a copy that is away does not keep Litestream from starting.
type lazy struct{ litestream.ReplicaClient }

func (lazy) Init(context.Context) error { return nil }

// quieter takes what Litestream tells of its daily work for detail, and its details, some each quarter of a second, for nothing.
type quieter struct{ slog.Handler }

func (q quieter) Enabled(ctx context.Context, l slog.Level) bool {
	return l > slog.LevelInfo && q.Handler.Enabled(ctx, l) || l == slog.LevelInfo && q.Handler.Enabled(ctx, slog.LevelDebug)
}

func (q quieter) Handle(ctx context.Context, r slog.Record) error {
	if r.Level == slog.LevelInfo {
		r.Level = slog.LevelDebug
	}
	return q.Handler.Handle(ctx, r)
}

func (q quieter) WithAttrs(a []slog.Attr) slog.Handler { return quieter{q.Handler.WithAttrs(a)} }
func (q quieter) WithGroup(name string) slog.Handler   { return quieter{q.Handler.WithGroup(name)} }

// Seal waits until everything that was committed before it was called is on the copy, or the context ends.
func (r *Replica) Seal(ctx context.Context) error {
	began := time.Now()
	r.mu.Lock()
	copying, failure := r.copying, r.failure
	r.mu.Unlock()
	if !copying {
		return failure
	}
	_, err := within(ctx, func() (struct{}, error) { return struct{}{}, r.db.SyncAndWait(ctx) })
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil && r.failure != nil:
		r.log.Info("continuous copy is up to date again", "away", began.Sub(r.sealed).Round(time.Second))
	case err != nil && r.failure == nil && !errors.Is(ctx.Err(), context.Canceled):
		r.log.Error("continuous copy failed", "error", err)
	}
	if err == nil || !errors.Is(ctx.Err(), context.Canceled) {
		r.failure = err
	}
	if err == nil {
		r.sealed = began
		removeMark(r.Path, acceptedMark)
		removeMark(r.Path, unsealedMark)
	}
	return err
}

// keepSealing asks now and then for what the intervals of Litestream should have done anyhow: it is how we know, and after a long time
// without the copy it is up to date sooner than Litestream would try again.
func (r *Replica) keepSealing(ctx context.Context, s *starting) {
	tick := time.NewTicker(sealEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.keep(ctx, s)
		}
	}
}

func (r *Replica) keep(ctx context.Context, s *starting) {
	within, cancel := context.WithTimeout(ctx, sealWithin)
	defer cancel()
	r.mu.Lock()
	copying, never := r.copying, r.sealed.IsZero()
	r.mu.Unlock()
	if !copying {
		r.settle(within, s)
	} else if r.Seal(within) == nil {
		return
	}
	if never { // Litestream, which alone moves what the WAL holds into the file, has not begun
		if err := relieve(within, r.Path); err != nil {
			r.log.Warn("the WAL of the database grows", "error", err)
		}
	}
}

// settle compares with a copy that did not answer at the start. A file that lacks something is not copied until somebody decides: the copy
// stays as it is.
func (r *Replica) settle(ctx context.Context, s *starting) {
	if r.behind {
		return
	}
	err := s.checkPresent(ctx)
	var lacks *Behind
	r.behind = errors.As(err, &lacks)
	if err == nil && s.found.Doubt == nil {
		err = r.begin(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.failure
	if r.failure = errors.Join(err, s.found.Doubt); r.failure != nil && was != nil && r.failure.Error() != was.Error() {
		r.log.Error("nothing is copied", "error", r.failure)
	}
}

// Status is what is known without asking the copy.
type Status struct {
	Place   string
	Sealed  time.Time     // everything written before this is on the copy; zero: nothing is known yet
	Lag     time.Duration // since then, or since the start
	Failure error         // of the last attempt
}

// Status says how far the copy is.
func (r *Replica) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	since := r.sealed
	if since.IsZero() {
		since = r.opened
	}
	return Status{Place: r.Place, Sealed: r.sealed, Lag: time.Since(since), Failure: r.failure}
}

// Close copies what is left and ends. Everybody else must have closed the file before.
func (r *Replica) Close() error {
	r.stop()
	<-r.done
	if !r.copying {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	sealed := r.Seal(ctx)
	_, err := within(ctx, func() (struct{}, error) { return struct{}{}, r.store.Close(ctx) })
	if sealed == nil && err == nil {
		removeMark(r.Path, runningMark)
		return nil
	}
	// The file itself is whole. What is not on the copy yet will be after the next start.
	r.log.Error("the last changes are not on the continuous copy", "error", errors.Join(sealed, err))
	return nil
}

// Restore writes the state of the copy, or of a moment with at, to a new file and checks its structure.
func (c Config) Restore(ctx context.Context, to string, at time.Time, log *slog.Logger) error {
	client := c.replica.client("")
	if err := client.Init(ctx); err != nil {
		return err
	}
	return c.restore(ctx, client, to, at, litestream.IntegrityCheckFull, log)
}

func (c Config) restore(ctx context.Context, client litestream.ReplicaClient, to string, at time.Time, check litestream.IntegrityCheckMode, log *slog.Logger) error {
	r := c.connect(client, log)
	options := litestream.NewRestoreOptions()
	options.OutputPath, options.Timestamp, options.IntegrityCheck = to, at, check
	if err := r.db.Replica.Restore(ctx, options); err != nil {
		return fmt.Errorf("restore from the continuous copy: %w", err)
	}
	return os.Chmod(to, 0o600)
}

// Span says from which moment to which the copy can be restored; zero where it is empty.
func (c Config) Span(ctx context.Context) (from, to time.Time, err error) {
	client := c.replica.client("")
	if err := client.Init(ctx); err != nil {
		return from, to, err
	}
	for level := range litestream.SnapshotLevel + 1 {
		files, err := filesAt(ctx, client, level)
		if err != nil {
			return from, to, err
		}
		for _, f := range files {
			if f.MinTXID == 1 && (from.IsZero() || f.CreatedAt.Before(from)) { // from here on nothing before it is needed
				from = f.CreatedAt
			}
			if f.CreatedAt.After(to) {
				to = f.CreatedAt
			}
		}
	}
	return from, to, nil
}
