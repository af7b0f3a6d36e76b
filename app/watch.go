package app

import (
	"context"
	"sync"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// Watch tells listeners that an organisation has changed. What it gives is a hint, not a message: whoever is woken reads the
// events after the revision it knows. A lost hint costs half a second, because revisions are also asked for twice a second, which is
// how the writes of other processes are noticed.
type Watch struct {
	store store.Store
	mu    sync.Mutex
	ears  map[roster.OrgID]map[chan struct{}]bool
	seen  map[roster.OrgID]int64
}

func newWatch(s store.Store) *Watch {
	return &Watch{store: s, ears: map[roster.OrgID]map[chan struct{}]bool{}, seen: map[roster.OrgID]int64{}}
}

// Listen returns a channel that is woken after changes, and a function that ends listening.
func (w *Watch) Listen(org roster.OrgID) (<-chan struct{}, func()) {
	ear := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ears[org] == nil {
		w.ears[org] = map[chan struct{}]bool{}
	}
	w.ears[org][ear] = true
	return ear, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.ears[org], ear)
		if len(w.ears[org]) == 0 {
			delete(w.ears, org)
			delete(w.seen, org)
		}
	}
}

// Listeners counts who listens to an organisation.
func (w *Watch) Listeners(org roster.OrgID) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.ears[org])
}

// Wake tells everybody who listens to an organisation.
func (w *Watch) Wake(org roster.OrgID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ear := range w.ears[org] {
		select {
		case ear <- struct{}{}:
		default: // already told
		}
	}
}

// watchEvery leaves time to tell within a second.
const watchEvery = 500 * time.Millisecond

// Run asks for revisions until the context ends.
func (w *Watch) Run(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.poll(ctx)
		}
	}
}

func (w *Watch) poll(ctx context.Context) {
	found, err := w.store.Revisions(ctx, w.listenedTo())
	if err != nil {
		return // asked again soon
	}
	for org, rev := range found {
		if w.moved(org, rev) {
			w.Wake(org)
		}
	}
}

func (w *Watch) listenedTo() []roster.OrgID {
	w.mu.Lock()
	defer w.mu.Unlock()
	orgs := make([]roster.OrgID, 0, len(w.ears))
	for org := range w.ears {
		orgs = append(orgs, org)
	}
	return orgs
}

func (w *Watch) moved(org roster.OrgID, rev int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	known, ok := w.seen[org]
	w.seen[org] = rev
	return ok && known != rev
}
