package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"wakakusa/app"
	"wakakusa/store"
	"wakakusa/store/backup"
	"wakakusa/store/offsite"
)

// freshBackup is how old the last backup may be: a day, and time to make one.
const freshBackup = 26 * time.Hour

// offSiteAfter is how long after a backup it is taken to the other place.
const offSiteAfter = 30 * time.Minute

// A drill is held on the first day of each month, after the backup of that night.
const drillAt, freshDrill = 4 * time.Hour, 40 * 24 * time.Hour

// People who left long ago are erased after the backup of that night: it is the last that has them.
const eraseAt, freshErasure = 3*time.Hour + 30*time.Minute, 26 * time.Hour

// upkeep joins what the program does by itself. A restore that is ready goes to restored.
func (d *database) upkeep(cfg Config, a *app.App, log *slog.Logger, restored chan<- *restoring) *app.Upkeep {
	tasks := []app.Task{{
		Name: app.TaskErasure, Next: app.Daily(eraseAt), Fresh: freshErasure,
		Do: func(ctx context.Context, tell app.Tell) (any, error) { return a.EraseDue(ctx, tell) },
	}}
	told := func(tell app.Tell) backup.Progress {
		return func(step backup.Step, done, total int64) { tell(string(step), done, total) }
	}
	keeper := cfg.backups(d.DB)
	if keeper != nil {
		tasks = append(tasks, app.Task{
			Name: app.TaskBackup, Next: app.Daily(cfg.backupAt()), Fresh: freshBackup,
			Do: func(ctx context.Context, tell app.Tell) (any, error) {
				return keeper.Make(ctx, told(tell))
			},
		}, app.Task{
			Name: app.TaskDrill, Next: app.Monthly(drillAt), Fresh: freshDrill,
			Do: func(ctx context.Context, tell app.Tell) (any, error) {
				return drill(ctx, cfg, keeper, told(tell))
			},
		})
	}
	if cfg.OffSite != "" {
		tasks = append(tasks, app.Task{
			Name: app.TaskOffSite, Next: app.Daily(cfg.backupAt() + offSiteAfter), Fresh: freshBackup,
			Do: func(ctx context.Context, tell app.Tell) (any, error) {
				return copyOut(ctx, cfg, keeper, told(tell))
			},
		})
	}
	keeping := app.Keeping{Copy: d.copyState}
	if keeper != nil {
		keeping.Daily = keeper
	}
	if !cfg.onMySQL() {
		keeping.Restore = func(ctx context.Context, from app.RestoreFrom, tell app.Tell) error {
			o := origin{at: from.Moment}
			if from.Backup != "" {
				o.file = filepath.Join(keeper.Dir, from.Backup)
			}
			r, err := prepareRestore(ctx, cfg, o, func(done, total int64) { tell(app.TaskRestore, done, total) })
			if err != nil {
				return err
			}
			r.who = from.Who
			restored <- r
			return nil
		}
	}
	return app.NewUpkeep(a, app.NewTasks(d.DB, time.Now, newID, log, tasks...), keeping)
}

// copyOut takes the backups to the other place.
func copyOut(ctx context.Context, cfg Config, k *backup.Keeper, told backup.Progress) (c backup.CopiedOut, err error) {
	to, err := offsite.Open(ctx, cfg.offSite())
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	c, err = k.CopyOut(ctx, to, told)
	c.Place = cfg.offSite().Name()
	return c, err
}

// copyState says how far the continuous copy is.
func (d *database) copyState() (store.Copy, bool) {
	if d.replica == nil {
		return store.Copy{}, false
	}
	s := d.replica.Status()
	return store.Copy{Place: s.Place, Lag: s.Lag, Failing: s.Failure != nil}, true
}
