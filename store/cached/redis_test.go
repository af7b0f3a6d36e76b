package cached

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"wakakusa/store/daemontest"
	"wakakusa/store/redis"
	"wakakusa/store/redis/redistest"
)

// TestFaultF4RedisUnderTheCache: with Redis stopped every page of the former system was a 500. Whatever is wrong with it, many readers at once
// see what the database holds; only a handful wait, once and shortly; it is used again by itself.
func TestFaultF4RedisUnderTheCache(t *testing.T) {
	h := newHome(t, "sqlite")
	want := h.view(h.db)
	for name, spoil := range map[string]func(*testing.T, *redistest.Server) (mend func()){
		"killed":  func(t *testing.T, r *redistest.Server) func() { r.Kill(); return func() { r.Restart(t) } },
		"hung":    func(_ *testing.T, r *redistest.Server) func() { return r.Hang() },
		"flushed": func(t *testing.T, r *redistest.Server) func() { r.Do(t, "FLUSHALL"); return func() {} },
		"full": func(t *testing.T, r *redistest.Server) func() {
			r.Do(t, "FLUSHALL")
			r.Do(t, "CONFIG", "SET", "maxmemory", "1")
			return func() { r.Do(t, "CONFIG", "SET", "maxmemory", "0") }
		},
		"another password": func(t *testing.T, r *redistest.Server) func() {
			r.Kill()
			r.Restart(t, "--requirepass", "changed")
			return func() { r.Kill(); r.Restart(t) }
		},
		"holds something else": func(t *testing.T, r *redistest.Server) func() {
			for _, key := range r.Do(t, "KEYS", "*").([]any) {
				r.Do(t, "DEL", key)
				r.Do(t, "LPUSH", key, "1") // not even the same kind of value
			}
			return func() { r.Do(t, "FLUSHALL") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, log := redistest.New(t), &daemontest.Log{}
			const patience = time.Second
			client, err := redis.Open(t.Context(), redis.Config{URL: r.URL, Patience: patience, Log: slog.New(slog.NewTextHandler(log, nil))})
			must(t, err)
			t.Cleanup(func() { client.Close() })
			before := wrap(t, &counting{Store: h.db}, Options{MB: 64, Shared: client})
			before.warmed(t, h.org)
			h.view(before)
			mend := spoil(t, r)
			const readers = 6
			var all sync.WaitGroup
			for range readers {
				all.Go(func() { // a program just started, which has nothing in its own memory
					s := wrap(t, &counting{Store: h.db}, Options{MB: 64, Shared: client})
					began := time.Now()
					if got, err := h.tryView(s); err != nil || got != want {
						t.Error("something else than the database holds is shown", err)
					}
					if took := time.Since(began); took > 10*patience {
						t.Errorf("took %v", took)
					}
				})
			}
			all.Wait()
			if n := client.Failed(); n > 2*readers { // each is one reader, or what it reads ahead
				t.Errorf("%d requests waited in vain", n)
			}
			if name != "flushed" && (client.Failed() == 0 || !strings.Contains(log.String(), "redis is away")) {
				t.Errorf("%d failed, log:\n%s", client.Failed(), log)
			}
			mend()
			for end := time.Now().Add(20 * time.Second); client.Away(); time.Sleep(20 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("it is not used again")
				}
			}
			h.view(wrap(t, &counting{Store: h.db}, Options{MB: 64, Shared: client}))
			last := wrap(t, &counting{Store: h.db}, Options{MB: 64, Shared: client})
			if got := h.view(last); got != want || last.Stats().SharedHits == 0 {
				t.Errorf("afterwards: %+v", last.Stats())
			}
		})
	}
}
