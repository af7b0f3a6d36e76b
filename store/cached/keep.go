package cached

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"wakakusa/store"
)

// entry is one answer that is kept. Nobody may change it.
type entry struct {
	value any
	bytes uint32 // estimated
	text  string // for Options.Changed
}

// question is what an answer depends on: its words, and the stamps of the scopes that its rows belong to.
type question struct {
	words  []string
	scopes []store.Scope
	shared *codec // how its answer is shared with other processes; nil: it is not
}

// key names a question and the state of what it asks about, of which everything is always part.
func (q question) key(r *reader, stamps map[store.Scope]store.Stamp) string {
	var b strings.Builder
	b.WriteString(string(r.org.ID))
	for _, w := range q.words {
		b.WriteByte('|')
		b.WriteString(w)
	}
	for _, s := range q.all() {
		b.WriteByte('|')
		b.WriteString(strconv.FormatInt(int64(stamps[s]), 36))
	}
	return b.String()
}

// all are the scopes of a question.
func (q question) all() []store.Scope { return append([]store.Scope{store.ScopeAll}, q.scopes...) }

// kept is the answer to a question: of this process's memory, of the shared one, or of the database. bytes estimates its size.
func kept[T any](ctx context.Context, r *reader, q question, bytes func(T) int, ask func() (T, error)) (answer T, err error) {
	stamps, err := r.stampsOf(ctx, q.all())
	if err != nil {
		return answer, err
	}
	key := q.key(r, stamps)
	if answer, ok := recall[T](r.s, key); ok {
		r.note(ctx, q.all())
		return answer, nil
	}
	if !r.away() && q.shared != nil && r.s.Shared != nil {
		if v, ok := r.s.loadShared(ctx, key, q.shared); ok {
			answer = v.(T)
			r.s.remember(key, answer, bytes(answer))
			return answer, nil
		}
	}
	answer, err = ask()
	if err != nil {
		return answer, err
	}
	r.s.remember(key, answer, bytes(answer))
	if q.shared != nil && r.s.Shared != nil {
		r.s.share(ctx, key, q.shared, answer)
	}
	return answer, nil
}

func recall[T any](s *Store, key string) (answer T, ok bool) {
	e, ok := s.memory.GetIfPresent(key)
	if !ok {
		return answer, false
	}
	if s.Changed != nil && fmt.Sprint(e.value) != e.text {
		s.Changed(key)
	}
	return e.value.(T), true
}

func (s *Store) remember(key string, answer any, bytes int) {
	e := entry{value: answer, bytes: uint32(len(key) + 100 + bytes)}
	if s.Changed != nil {
		e.text = fmt.Sprint(answer)
	}
	s.memory.Set(key, e)
}

// sharedKey is that of a question in shared memory: programs that write in another form do not meet.
func (s *Store) sharedKey(key string) string { return s.Form + "|" + key }

// loadShared: what cannot be read is as if it were not there.
func (s *Store) loadShared(ctx context.Context, key string, c *codec) (answer any, ok bool) {
	text, ok, err := s.Shared.Load(ctx, s.sharedKey(key))
	if err == nil && ok {
		if answer, err = c.decode(text); err == nil {
			s.shared.hits.Add(1)
			return answer, true
		}
		s.Log.WarnContext(ctx, "what the shared memory holds cannot be read", "error", err)
	}
	s.shared.misses.Add(1)
	return nil, false
}

// share keeps an answer for other processes. One that could not be kept is read from the database by them.
func (s *Store) share(ctx context.Context, key string, c *codec, answer any) {
	text, err := c.encode(answer)
	if err == nil {
		_ = s.Shared.Keep(ctx, s.sharedKey(key), text, sharedLasts) // being away is told where it is noticed
		return
	}
	s.Log.ErrorContext(ctx, "an answer cannot be shared", "error", err)
}
