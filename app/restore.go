package app

import (
	"context"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// TaskRestore puts the database back. It is done only when somebody asks.
const TaskRestore = "restore"

// RestoreFrom says what to restore: a daily backup, or the state of a moment.
type RestoreFrom struct {
	Backup string    // name of a daily backup, or
	Moment time.Time // of the continuous copy
	Who    string    // asked for it
}

// Restore prepares a restore; when it returns, the program ends what is under way and begins again on the restored database.
type Restore func(ctx context.Context, from RestoreFrom, tell Tell) error

// RestoreState is what the screen knows of restores.
type RestoreState struct {
	Can     bool // from the screen, on this server
	Running *TaskProgress
	Failed  *store.TaskRun // the last one, if it failed lately
}

// StartRestore puts the whole database back, in the background. name is what was typed to confirm it: see RestoreName.
func (u *Upkeep) StartRestore(ctx context.Context, by roster.Actor, from RestoreFrom, name string) error {
	if err := u.whole(ctx, by); err != nil {
		return err
	}
	if u.Restore == nil {
		return roster.Refuse(roster.RuleBroken, "error.restore_here")
	}
	if err := u.checkRestore(ctx, from, name); err != nil {
		return err
	}
	from.Who = by.Name
	return u.start(ctx, Task{Name: TaskRestore, Do: func(ctx context.Context, tell Tell) (any, error) { return nil, u.Restore(ctx, from, tell) }})
}

func (u *Upkeep) checkRestore(ctx context.Context, from RestoreFrom, typed string) error {
	var f roster.Faults
	switch {
	case from.Backup != "":
		file, err := u.openBackup(from.Backup)
		if err == nil {
			err = file.Close()
		}
		f.Add("from", err)
	case from.Moment.IsZero() || from.Moment.After(u.now()):
		f.Add("moment", roster.Refuse(roster.Invalid, "error.restore_moment"))
	}
	name, err := u.RestoreName(ctx)
	if err != nil {
		return err
	}
	if roster.Clean(typed) != name {
		f.Add("name", roster.Refuse(roster.Invalid, "error.restore_name"))
	}
	return f.Err()
}

// RestoreName is what must be typed: the organisation's name, or that of the program where there are several.
func (u *Upkeep) RestoreName(ctx context.Context) (string, error) {
	orgs, err := u.store.Orgs(ctx)
	if err != nil || len(orgs) != 1 {
		return "わかくさシフト", err
	}
	return orgs[0].Name, nil
}

// toldFor is how long a failed restore stands on the page.
const toldFor = 24 * time.Hour

func (u *Upkeep) restoreState(ctx context.Context) (s RestoreState, err error) {
	s.Can = u.Restore != nil
	s.Running = u.progressOf(TaskRestore)
	last, err := u.store.TaskRunsOf(ctx, TaskRestore, 1)
	if err == nil && len(last) > 0 && last[0].Failure != "" && u.now().Sub(ms(last[0].BeganMs)) < toldFor {
		s.Failed = &last[0]
	}
	return s, err
}

// RestoreFailed remembers a restore that failed after the program had ended its work.
func (u *Upkeep) RestoreFailed(ctx context.Context, cause error) error {
	now := u.now().UnixMilli()
	return u.store.SaveTaskRun(ctx, store.TaskRun{ID: u.newID(), Task: TaskRestore, BeganMs: now, EndedMs: now + 1, Failure: shortened(cause.Error(), 1000), Report: "{}"})
}

// RecordRestore writes into every organisation of a restored database that it was put back, and from what. who is the administrator who
// asked for it, or the operator.
func (a *App) RecordRestore(ctx context.Context, who, from string, moment time.Time) error {
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		act := roster.Act{Org: o.ID, Name: who, Kind: roster.EventOrgRestored}
		_, err := a.write(ctx, act, func(w store.Writer) error {
			is, err := w.Org(ctx)
			if err != nil {
				return err
			}
			if is, err = w.SaveOrg(ctx, is); err != nil { // its row moves on with its revision
				return err
			}
			w.Record(roster.Saved(roster.EventOrgRestored, string(is.ID), "", nil, roster.Restored{From: from, Moment: moment.UnixMilli()}))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
