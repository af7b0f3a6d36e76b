package store

import "context"

// TaskRun is one run of something that the program does by itself.
type TaskRun struct {
	ID      string
	Task    string // its name, which is also that of its lease
	BeganMs int64
	EndedMs int64  // 0 while it runs, or when its program ended in the middle
	Failure string // "" if it went well
	Report  string // JSON of what it did
}

// TaskRuns remember what the program did by itself. No organisation's pen guards them.
type TaskRuns interface {
	SaveTaskRun(ctx context.Context, r TaskRun) error                             // adds or replaces by id
	TaskRunsOf(ctx context.Context, task string, limit int) ([]TaskRun, error)    // newest first
	LastTaskRun(ctx context.Context, task string) (r TaskRun, ok bool, err error) // the newest that went well
	PruneTaskRuns(ctx context.Context, beforeMs int64) error                      // forgets those that began before
}
