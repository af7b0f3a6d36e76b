package main

import (
	"context"
	"log/slog"
	"time"

	"wakakusa/app"
	"wakakusa/store"
	"wakakusa/store/backup"
)

// freshBackup is how old the last backup may be: a day, and time to make one.
const freshBackup = 26 * time.Hour

// upkeep joins what the program does by itself.
func (d *database) upkeep(cfg Config, a *app.App, log *slog.Logger) *app.Upkeep {
	var tasks []app.Task
	keeper := cfg.backups(d.DB)
	if keeper != nil {
		tasks = append(tasks, app.Task{
			Name: app.TaskBackup, Next: app.Daily(cfg.backupAt()), Fresh: freshBackup,
			Do: func(ctx context.Context, tell app.Tell) (any, error) {
				return keeper.Make(ctx, func(step backup.Step, done, total int64) { tell(string(step), done, total) })
			},
		})
	}
	return app.NewUpkeep(a, app.NewTasks(d.DB, time.Now, newID, log, tasks...), keeper, d.copyState)
}

// copyState says how far the continuous copy is.
func (d *database) copyState() (store.Copy, bool) {
	if d.replica == nil {
		return store.Copy{}, false
	}
	s := d.replica.Status()
	return store.Copy{Place: s.Place, Lag: s.Lag, Failing: s.Failure != nil}, true
}
