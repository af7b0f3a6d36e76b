package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// Task is something that the program does by itself. Of several programs on one database one does it at a time.
type Task struct {
	Name  string                         // also of its lease
	Next  func(last time.Time) time.Time // when it is due after a run that began then and went well
	Fresh time.Duration                  // older than this its last run that went well must not be
	Do    func(ctx context.Context, tell Tell) (report any, err error)
}

// Tell says how far a task is: a step of its own, and how much of how much is done; 0 where that is not known.
type Tell func(step string, done, total int64)

// firstLook is how long after the start: what was missed meanwhile is caught up, but does not slow the start. Tests wait less.
var firstLook = 5 * time.Minute

const (
	lookEvery  = time.Minute
	againAfter = time.Hour // a task that failed
	taskLease  = 2 * time.Minute
	renewEvery = 30 * time.Second
	taskRunsOf = 400 * 24 * time.Hour // how long runs are remembered
)

// Daily is due every day at a time of day in Japan.
func Daily(at time.Duration) func(time.Time) time.Time {
	return func(last time.Time) time.Time {
		y, m, d := last.In(roster.Japan).Date()
		next := time.Date(y, m, d, 0, 0, 0, 0, roster.Japan).Add(at)
		if !next.After(last) {
			next = next.AddDate(0, 0, 1)
		}
		return next
	}
}

// Monthly is due on the first day of every month at a time of day in Japan.
func Monthly(at time.Duration) func(time.Time) time.Time {
	return func(last time.Time) time.Time {
		y, m, _ := last.In(roster.Japan).Date()
		next := time.Date(y, m, 1, 0, 0, 0, 0, roster.Japan).Add(at)
		if !next.After(last) {
			next = next.AddDate(0, 1, 0)
		}
		return next
	}
}

// Tasks does tasks when they are due, and when somebody asks.
type Tasks struct {
	store   store.Store
	now     func() time.Time
	newID   func() string
	id      string // of this program
	log     *slog.Logger
	list    []Task
	opened  time.Time
	life    context.Context
	end     context.CancelFunc
	running sync.WaitGroup
	mu      sync.Mutex
	busy    map[string]*TaskProgress
}

// TaskProgress is how far a run on this server is.
type TaskProgress struct {
	Began       time.Time
	Step        string
	Done, Total int64
}

// NewTasks joins the parts; Run begins.
func NewTasks(s store.Store, now func() time.Time, newID func() string, log *slog.Logger, list ...Task) *Tasks {
	life, end := context.WithCancel(context.Background())
	return &Tasks{store: s, now: now, newID: newID, id: newID(), log: log, list: list, opened: now(), life: life, end: end, busy: map[string]*TaskProgress{}}
}

// Run does what is due until the context ends; what is under way then is stopped.
func (t *Tasks) Run(ctx context.Context) {
	defer context.AfterFunc(ctx, t.end)()
	wait := firstLook
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
			wait = lookEvery
			t.doDue(ctx)
		}
	}
}

// Close stops what is under way and waits for it.
func (t *Tasks) Close() {
	t.end()
	t.running.Wait()
}

func (t *Tasks) doDue(ctx context.Context) {
	for _, task := range t.list {
		due, err := t.due(ctx, task)
		if err == nil && due {
			err = t.do(t.life, task)
		}
		if err != nil && !errors.Is(err, errTaskBusy) && ctx.Err() == nil {
			t.log.ErrorContext(ctx, "task failed", "task", task.Name, "error", err)
		}
	}
}

// due: never done is due; what failed is due again after a while.
func (t *Tasks) due(ctx context.Context, task Task) (bool, error) {
	last, err := t.store.TaskRunsOf(ctx, task.Name, 1)
	if err != nil {
		return false, err
	}
	if len(last) > 0 && (last[0].Failure != "" || last[0].EndedMs == 0) && t.now().Before(ms(last[0].BeganMs).Add(againAfter)) {
		return false, nil
	}
	good, ok, err := t.store.LastTaskRun(ctx, task.Name)
	return err == nil && (!ok || !t.now().Before(task.Next(ms(good.BeganMs)))), err
}

func ms(at int64) time.Time { return time.UnixMilli(at) }

var errTaskBusy = errors.New("another program does it at this moment")

// do runs a task if nobody else does, and remembers what came of it.
func (t *Tasks) do(ctx context.Context, task Task) error {
	t.running.Add(1)
	defer t.running.Done()
	began := t.now()
	if held, err := t.lease(ctx, task, taskLease); err != nil || !held {
		return errors.Join(err, errTaskBusy)
	}
	progress := &TaskProgress{Began: began}
	if !t.enter(task.Name, progress) {
		return errTaskBusy
	}
	defer t.leave(task.Name)
	run := store.TaskRun{ID: t.newID(), Task: task.Name, BeganMs: began.UnixMilli(), Report: "{}"}
	err := t.store.SaveTaskRun(ctx, run)
	if err == nil {
		var report any
		report, err = t.holding(ctx, task, t.teller(progress))
		run.Report = reportText(report)
	}
	run.EndedMs = max(t.now().UnixMilli(), run.BeganMs+1)
	if err != nil {
		run.Failure = shortened(err.Error(), 1000)
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // also when the program is told to stop
	defer cancel()
	_, released := t.lease(after, task, 0)
	return errors.Join(err, t.store.SaveTaskRun(after, run), released, t.store.PruneTaskRuns(after, t.now().Add(-taskRunsOf).UnixMilli()))
}

// holding renews the lease while the task is done; without it the task ends.
func (t *Tasks) holding(ctx context.Context, task Task, tell Tell) (any, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		tick := time.NewTicker(renewEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if held, err := t.lease(ctx, task, taskLease); err == nil && !held {
					cancel(errTaskBusy)
					return
				}
			}
		}
	}()
	report, err := task.Do(ctx, tell)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), err)
	}
	return report, err
}

func (t *Tasks) lease(ctx context.Context, task Task, lasts time.Duration) (bool, error) {
	now := t.now()
	return t.store.TakeLease(ctx, task.Name, t.id, now.UnixMilli(), now.Add(lasts).UnixMilli())
}

func (t *Tasks) enter(name string, p *TaskProgress) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy[name] != nil {
		return false
	}
	t.busy[name] = p
	return true
}

func (t *Tasks) leave(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.busy, name)
}

func (t *Tasks) teller(p *TaskProgress) Tell {
	return func(step string, done, total int64) {
		t.mu.Lock()
		defer t.mu.Unlock()
		p.Step, p.Done, p.Total = step, done, total
	}
}

func reportText(report any) string {
	text, err := json.Marshal(report)
	if err != nil || report == nil {
		return "{}"
	}
	return string(text)
}

// shortened cuts a text to so many characters.
func shortened(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

func (t *Tasks) task(name string) (Task, bool) {
	i := slices.IndexFunc(t.list, func(x Task) bool { return x.Name == name })
	if i < 0 {
		return Task{}, false
	}
	return t.list[i], true
}

// start begins a run that goes on after the request that asked for it; what it says names that request.
func (t *Tasks) start(ctx context.Context, task Task) error {
	t.mu.Lock()
	busy := t.busy[task.Name] != nil
	t.mu.Unlock()
	if busy {
		return roster.Refuse(roster.Taken, "error.task_busy")
	}
	t.running.Add(1)
	go func() {
		defer t.running.Done()
		life := WithOrigin(t.life, OriginOf(ctx))
		if err := t.do(life, task); err != nil {
			t.log.ErrorContext(life, "task failed", "task", task.Name, "error", err)
		}
	}()
	return nil
}

// progressOf is how far a run on this server is; nil where there is none.
func (t *Tasks) progressOf(name string) *TaskProgress {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.busy[name]; p != nil {
		now := *p
		return &now
	}
	return nil
}

// TaskState is what is known of a task.
type TaskState struct {
	Last    *store.TaskRun // the newest, whatever came of it
	Good    *store.TaskRun // the newest that went well
	Next    time.Time      // zero: at the next look
	Running *TaskProgress  // on this server
	Fresh   bool           // the last that went well is not too old
}

// State reads what is known of a task.
func (t *Tasks) State(ctx context.Context, name string) (s TaskState, err error) {
	task, ok := t.task(name)
	if !ok {
		return s, roster.Refuse(roster.NotFound, "error.text_404")
	}
	last, err := t.store.TaskRunsOf(ctx, name, 1)
	if err != nil {
		return s, err
	}
	good, found, err := t.store.LastTaskRun(ctx, name)
	if err != nil {
		return s, err
	}
	s.Running = t.progressOf(name)
	failed := len(last) > 0 && last[0].Failure != ""
	if len(last) > 0 {
		s.Last = &last[0]
	}
	if !found { // a new installation has a day to make its first
		s.Fresh = !failed && t.now().Sub(t.opened) < task.Fresh
		return s, nil
	}
	s.Good, s.Next = &good, task.Next(ms(good.BeganMs))
	s.Fresh = t.now().Sub(ms(good.BeganMs)) < task.Fresh
	return s, nil
}
