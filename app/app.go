// Package app is what a person can do: one function per intent. Each asks for permission first, loads, lets roster decide,
// saves, and records what happened last.
package app

import (
	"context"
	"log/slog"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// App carries out what people ask. It holds the store, a clock, an id maker, a name, a log, the watch and sheets lately read, nothing else.
type App struct {
	store  store.Store
	now    func() time.Time
	newID  func() string
	id     string // of this program among those on one database
	log    *slog.Logger
	watch  *Watch
	sheets sheets
	audit  *slog.Logger
	sealer Sealer
	hash   chan struct{} // at most two password hashes at a time: each takes 19 MiB and a tenth of a second
}

// New joins the parts. now and newID are the only things a test replaces.
func New(s store.Store, now func() time.Time, newID func() string) *App {
	return &App{store: s, now: now, newID: newID, id: newID(), log: slog.New(slog.DiscardHandler), watch: newWatch(s), audit: slog.New(slog.DiscardHandler), sheets: sheets{by: map[sheetKey]*keptSheet{}}, hash: make(chan struct{}, 2)}
}

// KeepNothing makes every sheet be read anew. It must be called before anything else.
func (a *App) KeepNothing() { a.sheets.none = true }

// LogTo makes what went wrong without anybody being refused be told there. It must be called before anything else.
func (a *App) LogTo(log *slog.Logger) { a.log = log }

// Today is the civil date in an organisation's zone.
func (a *App) Today(o roster.Org) roster.Day { return roster.DayOf(a.now().In(o.Zone())) }

// Now is the program's clock.
func (a *App) Now() time.Time { return a.now() }

// Watch tells who listens when an organisation changes.
func (a *App) Watch() *Watch { return a.watch }

// write is the only place from which consequences start: it takes the pen and, if something was committed, wakes the listeners.
func (a *App) write(ctx context.Context, act roster.Act, fn func(store.Writer) error) (store.Change, error) {
	c, err := a.store.Write(ctx, act, fn)
	if err == nil && len(c.Events) > 0 {
		a.told(ctx, act, c)
		a.watch.Wake(act.Org)
	}
	return c, err
}

// read is one snapshot of the actor's organisation.
func (a *App) read(ctx context.Context, by roster.Actor, fn func(store.Reader) error) error {
	return a.store.Read(ctx, by.Org, fn)
}

// DatabaseAway reports that the database is a server and does not answer.
func (a *App) DatabaseAway(ctx context.Context) bool {
	s, ok := a.store.(interface{ Away(context.Context) bool })
	return ok && s.Away(ctx)
}

// Health is what the probes report.
type Health struct {
	Database error
	Schema   error
}

// Ready reports whether requests can be served: the database answers and its schema is this program's.
func (h Health) Ready() bool { return h.Database == nil && h.Schema == nil }

// Health asks the database.
func (a *App) Health(ctx context.Context) Health {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	h := Health{Database: a.store.Ping(ctx)}
	if h.Database == nil {
		h.Schema = a.store.CheckSchema(ctx)
	}
	return h
}
