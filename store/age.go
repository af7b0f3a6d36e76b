package store

import (
	"context"
	"sync/atomic"
	"time"
)

// Age is what a context knows of how old the reads are that were made with it.
type Age struct{ oldest atomic.Int64 }

type ageKey struct{}

// WithAge returns a context whose reads note it when they come from memory because the database is away.
func WithAge(ctx context.Context) (context.Context, *Age) {
	a := &Age{}
	return context.WithValue(ctx, ageKey{}, a), a
}

// AgeOf is what a context knows already; nil: it notes nothing.
func AgeOf(ctx context.Context) *Age {
	a, _ := ctx.Value(ageKey{}).(*Age)
	return a
}

// NoteAge says that a read with this context shows how things were at a moment.
func NoteAge(ctx context.Context, at time.Time) {
	a := AgeOf(ctx)
	if a == nil {
		return
	}
	for ms := at.UnixMilli(); ; {
		old := a.oldest.Load()
		if old != 0 && old <= ms || a.oldest.CompareAndSwap(old, ms) {
			return
		}
	}
}

// AsOf is the oldest moment that a read showed; ok is false when all were of the database.
func (a *Age) AsOf() (at time.Time, ok bool) {
	if a == nil || a.oldest.Load() == 0 {
		return at, false
	}
	return time.UnixMilli(a.oldest.Load()), true
}
