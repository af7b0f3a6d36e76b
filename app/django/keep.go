package django

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"wakakusa/roster"
	"wakakusa/store"
)

// sliceRows is how many rows are written under one revision: the pen is held for some tens of milliseconds.
const sliceRows = 400

// thing is how one kind of value is kept.
type thing[T any] struct {
	table   string // in ImportRefs
	now     func(ctx context.Context, r store.Reader, id string) (T, error)
	save    func(ctx context.Context, w store.Writer, v T) (T, error)
	adopt   func(ctx context.Context, r store.Reader, v T) (T, bool, error) // one that is here already and means the same; nil: never
	stamp   func(v *T, id string, version int64)
	version func(T) int64
	events  func(before *T, after T) []roster.Event
	id      func(T) string
	title   func(T) string
}

// outcome is what became of a row.
type outcome int

const (
	same outcome = iota
	added
	updated
	hereFirst // changed there and here: ours stays
	removed   // changed there, removed here
	refused   // the store did not take it
)

// item is one foreign row on its way.
type item[T any] struct {
	old    string
	hash   string
	value  T
	also   *store.ImportRef // a reference to keep together with this row
	id     string           // of our value, once kept
	done   outcome
	reason string
}

// keep brings rows of one kind into an organisation, some hundred at a time, each slice its own revision. A row that an earlier
// import brought is left alone unless it has changed since; then it changes ours only if nobody did so here.
func keep[T any](ctx context.Context, im *importer, t *target, k thing[T], items []*item[T], count *tally) error {
	size := sliceRows
	for from := 0; from < len(items); {
		slice := items[from:min(from+size, len(items))]
		err := keepSlice(ctx, im, t, k, slice)
		if tooSlow(ctx, err) && size > 1 {
			size = max(1, size/4)
			continue
		}
		if err != nil {
			return err
		}
		from += len(slice)
		for _, it := range slice {
			im.count(k.table, it.old, it.done, k.title(it.value), it.reason, count)
		}
	}
	return nil
}

// tooSlow reports whether the store, not the person, ended a write: the machine is busy and a smaller one may pass.
func tooSlow(ctx context.Context, err error) bool {
	return errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
}

func keepSlice[T any](ctx context.Context, im *importer, t *target, k thing[T], items []*item[T]) error {
	olds := make([]string, len(items))
	for i, it := range items {
		olds[i] = it.old
	}
	_, err := im.Store.Write(ctx, im.act(t), func(w store.Writer) error {
		refs, err := w.ImportRefs(ctx, im.src.Name, k.table, olds)
		if err != nil {
			return err
		}
		for _, it := range items {
			if err := keepOne(ctx, im, w, k, it, refs); err != nil {
				return fmt.Errorf("%s %s: %w", k.table, it.old, err)
			}
		}
		return nil
	})
	return err
}

func keepOne[T any](ctx context.Context, im *importer, w store.Writer, k thing[T], it *item[T], refs map[string]store.ImportRef) error {
	before, err := decide(ctx, im, w, k, it, refs)
	if err != nil {
		return err
	}
	switch {
	case it.done == added && before != nil: // it was here already: only the reference is new
		return keepRef(ctx, im, w, k, it, before)
	case it.done == added || it.done == updated:
		if err := keepValue(ctx, w, k, it); err != nil || it.done == refused {
			return err
		}
		return keepRef(ctx, im, w, k, it, before)
	case it.also != nil:
		w.Record(k.events(&it.value, it.value)...)
		return w.SaveImportRef(ctx, *it.also)
	}
	return nil
}

// decide sets what is to become of a row, and returns what is here already.
func decide[T any](ctx context.Context, im *importer, r store.Reader, k thing[T], it *item[T], refs map[string]store.ImportRef) (before *T, err error) {
	ref, known := refs[it.old]
	if !known {
		it.done, it.reason = added, ""
		return adopt(ctx, im, r, k, it)
	}
	it.done, it.reason, it.id = same, "", ref.NewID
	k.stamp(&it.value, it.id, versionOf(ref))
	if hashOf(ref) == it.hash {
		return nil, nil
	}
	now, err := k.now(ctx, r, ref.NewID)
	switch {
	case roster.KindOf(err) == roster.NotFound:
		it.done, err = removed, nil
	case err != nil:
	case k.version(now) == versionOf(ref):
		it.done = updated
	default:
		it.done = hereFirst
	}
	return &now, err
}

// adopt takes what means the same and is here already, or gives the new value an id.
func adopt[T any](ctx context.Context, im *importer, r store.Reader, k thing[T], it *item[T]) (before *T, err error) {
	if k.adopt != nil {
		found, ok, err := k.adopt(ctx, r, it.value)
		if ok || err != nil {
			it.value = found
			return &found, err
		}
	}
	k.stamp(&it.value, im.NewID(), 0)
	return nil, nil
}

// keepValue saves; what the store refuses is told, not passed on.
func keepValue[T any](ctx context.Context, w store.Writer, k thing[T], it *item[T]) error {
	saved, err := k.save(ctx, w, it.value)
	if no := (*roster.Error)(nil); errors.As(err, &no) {
		it.done, it.reason = refused, no.Key
		return nil
	}
	if err == nil {
		it.value = saved
	}
	return err
}

// keepRef remembers what the row became, and at which version, so that a later change here is seen.
func keepRef[T any](ctx context.Context, im *importer, w store.Writer, k thing[T], it *item[T], before *T) error {
	w.Record(k.events(before, it.value)...)
	it.id = k.id(it.value)
	ref := store.ImportRef{Source: im.src.Name, Table: k.table, OldID: it.old, NewID: it.id, Digest: digestAt(it.hash, k.version(it.value))}
	if it.also != nil {
		if err := w.SaveImportRef(ctx, *it.also); err != nil {
			return err
		}
	}
	return w.SaveImportRef(ctx, ref)
}

// digestAt is what ImportRef.Digest holds: the foreign row's digest and the version of ours that was made of it.
func digestAt(hash string, version int64) string { return hash + "." + strconv.FormatInt(version, 10) }

func hashOf(r store.ImportRef) string { h, _, _ := strings.Cut(r.Digest, "."); return h }

func versionOf(r store.ImportRef) int64 {
	_, v, _ := strings.Cut(r.Digest, ".")
	n, _ := strconv.ParseInt(v, 10, 64)
	return n
}

// savedEvents tells a thing outside the sheet.
func savedEvents[T any](name string, site roster.SiteID, id func(T) string) func(*T, T) []roster.Event {
	return func(before *T, after T) []roster.Event {
		if before == nil {
			return []roster.Event{roster.Saved(name, id(after), site, nil, after)}
		}
		return []roster.Event{roster.Saved(name, id(after), site, *before, after)}
	}
}

// pick finds one of a list; none is NotFound.
func pick[T any](list []T, err error, is func(T) bool) (T, error) {
	for _, x := range list {
		if is(x) {
			return x, err
		}
	}
	var none T
	if err == nil {
		err = roster.Refuse(roster.NotFound, "error.not_found")
	}
	return none, err
}
