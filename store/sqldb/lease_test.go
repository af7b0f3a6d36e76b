package sqldb

import (
	"context"
	"testing"
	"time"
)

// skewed is a server whose clock differs.
type skewed struct {
	t    *testing.T
	db   *DB
	name string
	off  time.Duration
	now  *time.Time // true time, shared
}

func (s *skewed) clock() time.Time { return s.now.Add(s.off) }

func (s *skewed) takes(lasts time.Duration) bool {
	s.t.Helper()
	now := s.clock()
	held, err := s.db.TakeLease(context.Background(), "backup", s.name, now.UnixMilli(), now.Add(lasts).UnixMilli())
	must(s.t, err)
	return held
}

// TestLeasesAndClocks: of several servers with different clocks one does what only one should do; when it dies another goes on, however the
// clocks stand.
func TestLeasesAndClocks(t *testing.T) {
	const lasts, renew, look = 2 * time.Minute, 30 * time.Second, 10 * time.Second
	for name, off := range map[string]struct{ holder, other time.Duration }{
		"the same clock":                    {0, 0},
		"the holder's is ahead":             {50 * time.Second, 0},
		"the holder's is behind":            {-50 * time.Second, 0},
		"the holder's is an hour ahead":     {time.Hour, 0},
		"the other's is an hour behind":     {0, -time.Hour},
		"both are wrong, and apart by 40 s": {3 * time.Hour, 3*time.Hour + 40*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
			first := emptyOn(t, "mysql")
			must(t, first.Migrate(t.Context()))
			second, err := openServer(t.Context(), serverConfig(t, first), 4, time.Now)
			must(t, err)
			defer func() { must(t, second.Close()) }()
			a := &skewed{t: t, db: first, name: "a", off: off.holder, now: &now}
			b := &skewed{t: t, db: second, name: "b", off: off.other, now: &now}
			a.db.now, b.db.now = a.clock, b.clock
			if !a.takes(lasts) {
				t.Fatal("the lease is not free")
			}
			for end := now.Add(10 * time.Minute); now.Before(end); now = now.Add(look) {
				if now.Sub(end)%renew == 0 && !a.takes(lasts) {
					t.Fatalf("%v: the holder lost it", now)
				}
				if b.takes(lasts) {
					t.Fatalf("%v: taken from a holder that is well", now)
				}
			}
			died := now // the holder renews no more
			for !b.takes(lasts) {
				if now = now.Add(look); now.Sub(died) > lasts+2*time.Minute {
					t.Fatal("nobody takes over from a dead holder")
				}
			}
			t.Logf("taken over after %v", now.Sub(died))
			if off.holder-off.other < clocksDiffer && a.takes(lasts) {
				t.Error("the dead holder came back and took it from who is well")
			}
		})
	}
}
