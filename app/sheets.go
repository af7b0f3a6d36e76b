package app

import (
	"sync"

	"wakakusa/roster"
)

// sheets keeps whole sheets as they were at a revision of their organisation. Whoever asks names the revision that its own snapshot of
// the database shows, so nothing ever has to be forgotten in time: after any change the revision is another. What is kept is shared and
// never changed.
type sheets struct {
	mu sync.Mutex
	by map[sheetKey]OpenSheet
}

// sheetKey holds all that a sheet depends on beside the revision; drafts are for those who may edit.
type sheetKey struct {
	org   roster.OrgID
	place Place
	draft bool
}

// maxSheets bounds the memory: a sheet of a hundred people takes about two megabytes.
const maxSheets = 16

func (k *sheets) get(key sheetKey, revision int64) (OpenSheet, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	o, ok := k.by[key]
	return o, ok && o.Revision == revision
}

func (k *sheets) put(key sheetKey, o OpenSheet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if old, ok := k.by[key]; ok && old.Revision > o.Revision {
		return
	}
	delete(k.by, key) // its own place is free
	for other := range k.by {
		if len(k.by) < maxSheets {
			break
		}
		delete(k.by, other) // any: a sheet that is looked at comes back at once
	}
	k.by[key] = o
}
