package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
)

// TaskBackup makes the daily backup, TaskOffSite takes it to another place, TaskDrill restores on trial once a month.
const (
	TaskBackup  = "backup"
	TaskOffSite = "offsite"
	TaskDrill   = "drill"
)

// MaxLag is how far behind the continuous copy may be before it is a condition.
const MaxLag = time.Minute

// Upkeep is what the program does by itself so that nothing is lost, and what administrators see of it.
type Upkeep struct {
	*Tasks
	Keeping
	app *App
}

// Keeping is what Upkeep knows of the places where data is kept.
type Keeping struct {
	Daily   store.Backups             // nil: none are made
	Copy    func() (store.Copy, bool) // how far the continuous copy is; false where there is none, as on a database server
	Restore Restore                   // nil where the screen cannot restore
}

// NewUpkeep joins the parts.
func NewUpkeep(a *App, t *Tasks, k Keeping) *Upkeep { return &Upkeep{t, k, a} }

// BackupsView is how the backups stand.
type BackupsView struct {
	Files   []store.Backup
	Task    TaskState
	Daily   bool // backups are made
	Copy    store.Copy
	Copying bool
	Whole   bool // the actor may have what holds the data of everybody
	Restore RestoreState
	Made    BackupMade
	OffSite *TaskState // nil: there is none
	Drill   TaskState
	Drilled []DrillResult // of the last drill, whatever came of it
}

// DrillResult is how a restore on trial from one source went.
type DrillResult struct {
	Source  string
	Failed  bool
	Skipped bool          // encrypted to a key that is not here
	Lost    time.Duration // of whose work would have been lost
	Took    time.Duration
}

func drilledBy(run *store.TaskRun) (list []DrillResult) {
	var r struct {
		Sources []struct {
			Source, Failure, Skipped string
			RPO, RTO                 float64
		}
	}
	if run == nil || json.Unmarshal([]byte(run.Report), &r) != nil {
		return nil
	}
	seconds := func(x float64) time.Duration { return time.Duration(x * float64(time.Second)) }
	for _, s := range r.Sources {
		list = append(list, DrillResult{s.Source, s.Failure != "", s.Skipped != "", seconds(s.RPO), seconds(s.RTO)})
	}
	return list
}

// BackupMade is what the last run that went well reported.
type BackupMade struct {
	Rows     int64
	Bytes    int64
	Verified time.Time
	Took     time.Duration // to write and to check
}

func madeBy(run *store.TaskRun) (m BackupMade) {
	var r struct {
		Rows, Bytes int64
		Verified    time.Time
		WroteMs     int64 `json:"wrote_ms"`
		CheckedMs   int64 `json:"checked_ms"`
	}
	if run == nil || json.Unmarshal([]byte(run.Report), &r) != nil {
		return m
	}
	return BackupMade{r.Rows, r.Bytes, r.Verified, time.Duration(r.WroteMs+r.CheckedMs) * time.Millisecond}
}

// Backups reads how they stand.
func (u *Upkeep) Backups(ctx context.Context, by roster.Actor) (v BackupsView, err error) {
	if err := roster.Can(by, roster.KeepBackups, roster.Subject{}); err != nil {
		return v, err
	}
	v.Copy, v.Copying = u.Copy()
	if v.Whole, err = u.app.administersAll(ctx, by); err != nil {
		return v, err
	}
	if v.Restore, err = u.restoreState(ctx); err != nil {
		return v, err
	}
	if _, v.Daily = u.task(TaskBackup); !v.Daily {
		return v, nil
	}
	if v.Task, err = u.State(ctx, TaskBackup); err != nil {
		return v, err
	}
	v.Made = madeBy(v.Task.Good)
	if v.Drill, err = u.State(ctx, TaskDrill); err != nil {
		return v, err
	}
	if _, on := u.task(TaskOffSite); on {
		s, err := u.State(ctx, TaskOffSite)
		if err != nil {
			return v, err
		}
		v.OffSite = &s
	}
	v.Drilled = drilledBy(v.Drill.Last)
	v.Files, err = u.Daily.Backups()
	return v, err
}

// StartBackup makes one now, in the background.
func (u *Upkeep) StartBackup(ctx context.Context, by roster.Actor) error {
	return u.startWhole(ctx, by, TaskBackup)
}

// StartDrill restores on trial now, in the background.
func (u *Upkeep) StartDrill(ctx context.Context, by roster.Actor) error {
	return u.startWhole(ctx, by, TaskDrill)
}

func (u *Upkeep) startWhole(ctx context.Context, by roster.Actor, task string) error {
	if err := u.whole(ctx, by); err != nil {
		return err
	}
	x, ok := u.task(task)
	if !ok {
		return roster.Refuse(roster.NotFound, "error.text_404")
	}
	return u.start(ctx, x)
}

// OpenBackup reads one, whole.
func (u *Upkeep) OpenBackup(ctx context.Context, by roster.Actor, name string) (io.ReadSeekCloser, error) {
	if err := u.whole(ctx, by); err != nil {
		return nil, err
	}
	f, err := u.openBackup(name)
	if err != nil {
		return nil, err
	}
	if err := u.app.record(ctx, signed(by, roster.Accessed(roster.ActionBackupFetched, name, nil, nil))); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (u *Upkeep) openBackup(name string) (io.ReadSeekCloser, error) {
	if u.Daily == nil { // none are made
		return nil, roster.Refuse(roster.NotFound, "error.text_404")
	}
	return u.Daily.OpenBackup(name)
}

func (u *Upkeep) whole(ctx context.Context, by roster.Actor) error {
	if err := roster.Can(by, roster.KeepBackups, roster.Subject{}); err != nil {
		return err
	}
	ok, err := u.app.administersAll(ctx, by)
	if err == nil && !ok {
		err = roster.Refuse(roster.RuleBroken, "error.backup_whole")
	}
	return err
}

// administersAll: a backup holds every organisation, so who may have it administers every one.
func (a *App) administersAll(ctx context.Context, by roster.Actor) (bool, error) {
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return false, err
	}
	own, err := a.store.Memberships(ctx, by.Account)
	if err != nil {
		return false, err
	}
	for _, o := range orgs {
		if !slices.ContainsFunc(own, func(m Membership) bool { return m.Org.ID == o.ID && m.Member.Role == roster.RoleAdmin }) {
			return false, nil
		}
	}
	return true, nil
}

// Condition is something that should be so; where it is not, somebody should look.
type Condition struct {
	Name    string
	OK      bool
	Seconds float64 // how old what it is about is
}

// Conditions says how the keeping of data stands, and the erasing of it.
func (u *Upkeep) Conditions(ctx context.Context) (list []Condition, err error) {
	if c, on := u.Copy(); on {
		list = append(list, Condition{"replica", c.Lag <= MaxLag, c.Lag.Seconds()})
	}
	for _, name := range []string{TaskBackup, TaskOffSite, TaskDrill, TaskErasure} {
		if _, on := u.task(name); !on {
			continue
		}
		s, err := u.State(ctx, name)
		if err != nil {
			return list, err
		}
		x := Condition{Name: name, OK: s.Fresh && (name != TaskDrill || s.Last == nil || s.Last.Failure == "")}
		if s.Good != nil {
			x.Seconds = u.now().Sub(ms(s.Good.BeganMs)).Seconds()
		}
		list = append(list, x)
	}
	return list, nil
}
