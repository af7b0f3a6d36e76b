// Package cachedtest puts the cache around the databases of tests, as the program does, and watches that nobody changes what it keeps.
package cachedtest

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"wakakusa/roster"
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

// Outage is a store whose database is away while Now is set.
type Outage struct {
	store.Store
	Now atomic.Bool
}

var errNoRoute = errors.New("no route to host")

func (o *Outage) away() error {
	if o.Now.Load() {
		return errNoRoute
	}
	return nil
}

// Read fails while the database is away, and so do the others.
func (o *Outage) Read(ctx context.Context, org roster.OrgID, fn func(store.Reader) error) error {
	if err := o.away(); err != nil {
		return err
	}
	return o.Store.Read(ctx, org, fn)
}

func (o *Outage) Write(ctx context.Context, act roster.Act, fn func(store.Writer) error) (store.Change, error) {
	if err := o.away(); err != nil {
		return store.Change{}, err
	}
	return o.Store.Write(ctx, act, fn)
}

func (o *Outage) SignInBy(ctx context.Context, hash string) (store.SignIn, error) {
	if err := o.away(); err != nil {
		return store.SignIn{}, err
	}
	return o.Store.SignInBy(ctx, hash)
}

func (o *Outage) Account(ctx context.Context, id roster.AccountID) (store.Account, error) {
	if err := o.away(); err != nil {
		return store.Account{}, err
	}
	return o.Store.Account(ctx, id)
}

func (o *Outage) Memberships(ctx context.Context, id roster.AccountID) ([]store.Membership, error) {
	if err := o.away(); err != nil {
		return nil, err
	}
	return o.Store.Memberships(ctx, id)
}

func (o *Outage) Ping(ctx context.Context) error {
	if err := o.away(); err != nil {
		return err
	}
	return o.Store.Ping(ctx)
}
