package sqldb

import (
	"context"
	"sync"

	"wakakusa/roster"
)

// turns lets the writes of an organisation follow one another in the order they were asked for. The pen alone would do, but the engines
// serve those who wait for it in no order, and each of them would hold a connection that other organisations could use.
type turns struct {
	mu sync.Mutex
	of map[roster.OrgID]*turn
}

// turn is there while somebody has it or waits for it. Those who wait for a channel are served in their order.
type turn struct {
	free   chan struct{}
	people int
}

// take waits for one's turn; leave ends it.
func (t *turns) take(ctx context.Context, org roster.OrgID) (leave func(), err error) {
	mine := t.join(org)
	select {
	case mine.free <- struct{}{}:
		return func() { <-mine.free; t.part(org, mine) }, nil
	case <-ctx.Done():
		t.part(org, mine)
		return nil, ctx.Err()
	}
}

func (t *turns) join(org roster.OrgID) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[roster.OrgID]*turn{}
	}
	mine, ok := t.of[org]
	if !ok {
		mine = &turn{free: make(chan struct{}, 1)}
		t.of[org] = mine
	}
	mine.people++
	return mine
}

func (t *turns) part(org roster.OrgID, mine *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mine.people--; mine.people == 0 {
		delete(t.of, org)
	}
}
