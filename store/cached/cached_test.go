package cached

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"wakakusa/store"
	"wakakusa/store/sqldb"
	"wakakusa/store/sqldb/sqldbtest"
	"wakakusa/store/storetest"
)

func TestMain(m *testing.M) { sqldbtest.Main(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// box is shared memory without a server.
type box struct {
	mu   sync.Mutex
	by   map[string][]byte
	loud error // what every command answers
}

func (b *box) Load(_ context.Context, key string) ([]byte, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	text, ok := b.by[key]
	return text, ok, b.loud
}

func (b *box) Keep(_ context.Context, key string, value []byte, _ time.Duration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.by == nil {
		b.by = map[string][]byte{}
	}
	b.by[key] = value
	return b.loud
}

func wrap(t testing.TB, inner store.Store, o Options) *Store {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	if o.Changed == nil {
		o.Changed = func(key string) { panic("somebody changed what is kept as " + key) }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s, err := New(inner, o)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// TestKeepsTheContract: on either engine, with this process's memory alone, with shared memory that it must not trust, and without any.
func TestKeepsTheContract(t *testing.T) {
	for name, o := range map[string]func() Options{
		"memory":     func() Options { return Options{MB: 64} },
		"small":      func() Options { return Options{MB: 1} },
		"and shared": func() Options { return Options{MB: 64, Shared: &box{}} },
		"none":       func() Options { return Options{} },
	} {
		for _, engine := range []string{"sqlite", "mysql"} {
			t.Run(name+" on "+engine, func(t *testing.T) {
				storetest.Run(t, func(t *testing.T) store.Store { return wrap(t, newDB(t, engine), o()) })
			})
		}
	}
}

func newPlace(t *testing.T, engine string) sqldbtest.Place {
	t.Helper()
	if engine == "mysql" {
		return sqldbtest.Empty(t)
	}
	return sqldbtest.Place{Path: sqldbtest.File(t)}
}

func newDB(t *testing.T, engine string) *sqldb.DB {
	t.Helper()
	db := newPlace(t, engine).Open(t, time.Now)
	must(t, db.Migrate(t.Context()))
	return db
}
