// Package cachedtest puts the cache around the databases of tests, as the program does, and watches that nobody changes what it keeps.
package cachedtest

import (
	"log/slog"
	"testing"
	"time"

	"wakakusa/store"
	"wakakusa/store/cached"
)

// Around is a store with a cache. The store is the test's to close.
func Around(t testing.TB, inner store.Store, clock func() time.Time, change ...func(*cached.Options)) *cached.Store {
	t.Helper()
	o := cached.Options{MB: 64, Now: clock, Log: slog.New(slog.DiscardHandler), Changed: func(key string) { panic("somebody changed what is kept as " + key) }}
	for _, f := range change {
		f(&o)
	}
	s, err := cached.New(inner, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}
