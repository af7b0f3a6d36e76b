package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"wakakusa/roster"
)

var quiet = slog.New(slog.DiscardHandler)

// nightly is a task that counts its runs and fails when it is told to.
type nightly struct {
	runs int
	fail error
	wait chan struct{}
}

func (n *nightly) task() Task {
	return Task{Name: "backup", Next: Daily(2 * time.Hour), Fresh: 26 * time.Hour, Do: func(ctx context.Context, tell Tell) (any, error) {
		n.runs++
		tell("write", 1, 2)
		if n.wait != nil {
			select {
			case <-n.wait:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return map[string]int{"rows": n.runs}, n.fail
	}}
}

func TestDaily(t *testing.T) {
	day := func(d, h int) time.Time { return time.Date(2026, 11, d, h, 30, 0, 0, roster.Japan) }
	for last, want := range map[time.Time]time.Time{
		day(24, 1):  time.Date(2026, 11, 24, 2, 0, 0, 0, roster.Japan),
		day(24, 2):  time.Date(2026, 11, 25, 2, 0, 0, 0, roster.Japan),
		day(24, 23): time.Date(2026, 11, 25, 2, 0, 0, 0, roster.Japan),
		day(30, 3):  time.Date(2026, 12, 1, 2, 0, 0, 0, roster.Japan),
		time.Date(2026, 11, 24, 17, 30, 0, 0, time.UTC): time.Date(2026, 11, 26, 2, 0, 0, 0, roster.Japan), // the 25th in Japan
	} {
		if got := Daily(2 * time.Hour)(last); !got.Equal(want) {
			t.Errorf("after %v: %v", last, got)
		}
	}
	if got := Monthly(4 * time.Hour)(day(24, 3)); !got.Equal(time.Date(2026, 12, 1, 4, 0, 0, 0, roster.Japan)) {
		t.Error(got)
	}
}

// TestTasks: due at its hour, caught up when it was missed, tried again when it failed.
func TestTasks(t *testing.T) {
	f := empty(t)
	f.now = time.Date(2026, 11, 25, 9, 0, 0, 0, roster.Japan)
	n := &nightly{}
	tasks := NewTasks(f.db, f.clock, newID, quiet, n.task())
	look := func(moved time.Duration, want int, why string) {
		t.Helper()
		f.advance(moved)
		tasks.doDue(t.Context())
		if n.runs != want {
			t.Fatalf("%s: %d runs, want %d", why, n.runs, want)
		}
	}
	state := func() TaskState {
		t.Helper()
		s, err := tasks.State(t.Context(), "backup")
		must(t, err)
		return s
	}
	if s := state(); s.Last != nil || !s.Fresh {
		t.Errorf("%+v", s)
	}
	look(0, 1, "never done")
	look(time.Minute, 1, "done")
	look(16*time.Hour, 1, "before two")
	look(59*time.Minute, 2, "at two")
	if s := state(); s.Good == nil || s.Good.Report != `{"rows":2}` || !s.Fresh || !s.Next.Equal(time.Date(2026, 11, 27, 2, 0, 0, 0, roster.Japan)) {
		t.Errorf("%+v", s)
	}
	look(5*24*time.Hour, 3, "missed for days")
	n.fail = errors.New(strings.Repeat("満", 2000))
	look(24*time.Hour, 4, "fails")
	look(30*time.Minute, 4, "half an hour later")
	look(31*time.Minute, 5, "tried again")
	if s := state(); s.Last.Failure == "" || s.Good == nil || s.Good.Report != `{"rows":3}` || !s.Fresh {
		t.Errorf("%+v", s)
	}
	f.advance(2 * time.Hour)
	if s := state(); s.Fresh {
		t.Error("27 hours old and fresh")
	}
	n.fail = nil
	look(0, 6, "tried again")
	if s := state(); s.Last.Failure != "" || !s.Fresh {
		t.Errorf("%+v", s)
	}
}

// TestTaskNever: where the first one fails, that is a condition at once.
func TestTaskNever(t *testing.T) {
	f := empty(t)
	f.now = time.Date(2026, 11, 25, 9, 0, 0, 0, roster.Japan)
	n := &nightly{fail: errors.New("no room")}
	tasks := NewTasks(f.db, f.clock, newID, quiet, n.task())
	tasks.doDue(t.Context())
	if s, err := tasks.State(t.Context(), "backup"); err != nil || s.Fresh || s.Last.Failure != "no room" {
		t.Errorf("%+v %v", s, err)
	}
}

// TestTaskOnce: two programs on one database do it once; when the one that does it dies, the other takes over.
func TestTaskOnce(t *testing.T) {
	f := empty(t)
	f.now = time.Date(2026, 11, 25, 9, 0, 0, 0, roster.Japan)
	first, second := &nightly{wait: make(chan struct{})}, &nightly{}
	a := NewTasks(f.db, f.clock, newID, quiet, first.task())
	b := NewTasks(f.db, f.clock, newID, quiet, second.task())
	must(t, a.start(t.Context(), first.task()))
	eventually(t, func() bool {
		s, err := a.State(t.Context(), "backup")
		return err == nil && s.Running != nil && s.Running.Step == "write"
	})
	if err := a.start(t.Context(), first.task()); roster.KindOf(err) != roster.Taken {
		t.Error(err)
	}
	b.doDue(t.Context())
	if second.runs != 0 {
		t.Error("done twice at once")
	}
	close(first.wait)
	eventually(t, func() bool {
		s, err := a.State(t.Context(), "backup")
		return err == nil && s.Running == nil && s.Good != nil
	})
	b.doDue(t.Context())
	if second.runs != 0 {
		t.Error("done again")
	}
	f.advance(24 * time.Hour)
	must(t, heldOrErr(f.db.TakeLease(t.Context(), "backup", "a program that died", f.clock().UnixMilli(), f.clock().Add(taskLease).UnixMilli())))
	b.doDue(t.Context())
	if second.runs != 0 {
		t.Error("the lease of another was ignored")
	}
	f.advance(taskLease + time.Minute + time.Second)
	b.doDue(t.Context())
	if second.runs != 1 {
		t.Error("nobody took over")
	}
	a.Close()
	b.Close()
}

func heldOrErr(_ bool, err error) error { return err }

// TestTaskStopped: a program that stops does not wait for a long task, and says that it was not finished.
func TestTaskStopped(t *testing.T) {
	f := empty(t)
	n := &nightly{wait: make(chan struct{})}
	tasks := NewTasks(f.db, time.Now, newID, quiet, n.task())
	must(t, tasks.start(t.Context(), n.task()))
	eventually(t, func() bool {
		s, err := tasks.State(t.Context(), "backup")
		return err == nil && s.Running != nil && s.Running.Step != ""
	})
	tasks.Close()
	s, err := tasks.State(t.Context(), "backup")
	if err != nil || s.Last == nil || s.Last.Failure == "" || s.Last.EndedMs == 0 || s.Good != nil {
		t.Errorf("%+v %v", s, err)
	}
	if held, err := f.db.TakeLease(t.Context(), "backup", "next", time.Now().UnixMilli(), time.Now().UnixMilli()+1); err != nil || !held {
		t.Error("its lease was not given back", err)
	}
}

// TestTaskRunEnds: a program that is told to stop does not wait for what was due.
func TestTaskRunEnds(t *testing.T) {
	was := firstLook
	firstLook = time.Millisecond
	t.Cleanup(func() { firstLook = was })
	f := empty(t)
	n := &nightly{wait: make(chan struct{})}
	tasks := NewTasks(f.db, f.clock, newID, quiet, n.task())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); tasks.Run(ctx) }()
	eventually(t, func() bool {
		s, err := tasks.State(t.Context(), "backup")
		return err == nil && s.Running != nil && s.Running.Step != ""
	})
	stop()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits")
	}
	tasks.Close()
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("it never happened")
}
