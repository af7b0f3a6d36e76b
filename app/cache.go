package app

import (
	"context"

	"wakakusa/roster"
	"wakakusa/store"
)

// ClearCache makes every server read the whole organisation anew. Nothing that is true changes; it is for who suspects that something is
// shown that is not.
func (a *App) ClearCache(ctx context.Context, by roster.Actor, key string) error {
	if err := roster.Can(by, roster.EditOrg, roster.Subject{}); err != nil {
		return err
	}
	_, err := a.write(ctx, by.By(roster.EventCacheCleared, key), func(w store.Writer) error {
		w.Record(roster.Event{Name: roster.EventCacheCleared})
		return w.ClearScopes(ctx)
	})
	return err
}

// ClearCaches does the same for every organisation but one, which is being imported: "" for none.
func (a *App) ClearCaches(ctx context.Context, who string, but roster.OrgID) (cleared int, err error) {
	orgs, err := a.store.Orgs(ctx)
	for _, o := range orgs {
		if o.ID == but {
			continue
		}
		if err := a.ClearCache(ctx, roster.Program(o.ID, who), ""); err != nil {
			return cleared, err
		}
		cleared++
	}
	return cleared, err
}

// CacheStats counts what the store keeps; all is zero where it keeps nothing.
func (a *App) CacheStats() CacheStats {
	if s, ok := a.store.(interface{ Stats() store.CacheStats }); ok {
		return s.Stats()
	}
	return CacheStats{}
}
