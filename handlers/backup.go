package handlers

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// getBackups says how the backups stand.
func (s *Server) getBackups(c *request) error { return s.backupsPage(c, http.StatusOK) }

// getBackupState is the part that a page asks for while a backup is made; when it has ended the whole page is drawn anew.
func (s *Server) getBackupState(c *request) error {
	v, err := s.backupsView(c)
	if err != nil {
		return err
	}
	if v.Running == nil {
		return s.goTo(c, c.base()+"/backups")
	}
	return s.write(c, http.StatusOK, views.BackupState(v))
}

// postBackup makes one now.
func (s *Server) postBackup(c *request) error {
	return s.begun(c, s.Upkeep.StartBackup(c.ctx(), c.actor), "backup")
}

// postDrill restores on trial now.
func (s *Server) postDrill(c *request) error {
	return s.begun(c, s.Upkeep.StartDrill(c.ctx(), c.actor), "drill")
}

func (s *Server) begun(c *request, err error, what string) error {
	return s.answer(c, err, "/backups", what, func(code int, refusal error) error {
		faults, _ := s.faultsOf(c, refusal)
		c.notice = &views.Notice{Kind: "error", Text: faults[""]}
		return s.backupsPage(c, code)
	})
}

// getBackup is the file itself.
func (s *Server) getBackup(c *request) error {
	name := c.Param("backup")
	file, err := s.Upkeep.OpenBackup(c.ctx(), c.actor, name)
	if err != nil {
		return err
	}
	defer file.Close()
	h := c.Response().Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	if err := http.NewResponseController(c.Response()).SetWriteDeadline(time.Time{}); err != nil { // it may take longer than a page
		return err
	}
	http.ServeContent(c.Response(), c.Request(), name, time.Time{}, file)
	return nil
}

func (s *Server) backupsPage(c *request, code int) error {
	v, err := s.backupsView(c)
	if err != nil {
		return err
	}
	return s.page(c, code, views.BackupsPage(v))
}

func (s *Server) backupsView(c *request) (v views.Backups, err error) {
	x, err := s.Upkeep.Backups(c.ctx(), c.actor)
	if err != nil {
		return v, err
	}
	v = views.Backups{
		Frame: s.frame(c, "menu.backups"), Daily: x.Daily, Whole: x.Whole, CopyOff: c.text.T("backup.copy_off"),
		Form: views.Form{Action: c.base() + "/backups", Key: newKey()}, Trial: views.Form{Action: c.base() + "/backups/drill", Key: newKey()},
	}
	if x.Copying {
		v.Copy = c.copyOf(x)
	}
	if x.Restore.Can && x.Whole {
		v.Restore = c.base() + "/backups/restore"
	}
	if f := x.Restore.Failed; f != nil {
		v.RestoreFailed = c.text.T("backup.restore_failed", "When", c.moment(time.UnixMilli(f.BeganMs)))
	}
	if !x.Daily {
		return v, nil
	}
	s.taskOf(c, &v, x)
	s.drillOf(c, &v, x)
	for _, f := range x.Files {
		line := views.BackupFile{When: c.moment(f.Made), Size: humanize.Bytes(uint64(f.Bytes)), Rows: humanize.Comma(f.Rows), Encrypted: f.Encrypted, Kind: "ok", Check: c.text.T("backup.verified")}
		if f.Verified.IsZero() {
			line.Kind, line.Check, line.Rows = "warn", c.text.T("backup.unknown"), ""
		}
		if x.Whole {
			line.Href = c.base() + "/backups/" + f.Name
		}
		v.Files = append(v.Files, line)
	}
	return v, nil
}

func (c *request) copyOf(x app.BackupsView) *views.BackupCopy {
	v := &views.BackupCopy{Kind: "ok", State: c.text.T("backup.copy_fresh"), Until: c.text.T("backup.copy_until", "Ago", c.ago(x.Copy.Lag))}
	switch {
	case x.Copy.Failing:
		v.Kind, v.State = "error", c.text.T("backup.copy_failing")
	case x.Copy.Lag > app.MaxLag:
		v.Kind, v.State = "error", c.text.T("backup.copy_late")
	}
	if x.Whole {
		v.Place = x.Copy.Place
	}
	return v
}

// taskOf tells the last run, the next and the present one.
func (s *Server) taskOf(c *request, v *views.Backups, x app.BackupsView) {
	t := x.Task
	p := t.Running
	if p == nil {
		p = x.Drill.Running
	}
	if x.Restore.Running != nil {
		p = x.Restore.Running
	}
	if p != nil {
		v.Running = &views.BackupRun{Percent: -1, Step: c.text.T("backup.step_"+p.Step, "Done", humanize.Comma(p.Done), "Total", humanize.Comma(p.Total))}
		if p.Total > 0 {
			v.Running.Percent = int(100 * p.Done / p.Total)
		}
	} else if t.Last != nil && t.Last.Failure != "" {
		v.Failed = c.text.T("backup.failed_at", "When", c.moment(time.UnixMilli(t.Last.BeganMs)))
	}
	v.OffSite = c.offSiteOf(x.OffSite)
	v.Next = c.text.T("backup.soon")
	if t.Good == nil {
		return
	}
	if t.Next.After(s.app.Now()) {
		v.Next = c.moment(t.Next)
	}
	v.Last = &views.BackupLast{When: c.moment(time.UnixMilli(t.Good.BeganMs)), Kind: "ok", State: c.text.T("backup.fresh")}
	if !t.Fresh {
		v.Last.Kind, v.Last.State = "error", c.text.T("backup.stale")
	}
	if m := x.Made; m.Rows > 0 {
		v.Last.What = c.text.T("backup.what", "Rows", humanize.Comma(m.Rows), "Size", humanize.Bytes(uint64(m.Bytes)), "Took", c.ago(m.Took))
		v.Last.Checked = c.text.T("backup.checked", "When", c.moment(m.Verified))
	}
}

// offSiteOf tells when backups were last taken to another place.
func (c *request) offSiteOf(t *app.TaskState) *views.BackupLast {
	switch {
	case t == nil:
		return nil
	case t.Good == nil && t.Fresh:
		return &views.BackupLast{State: c.text.T("backup.offsite_never")}
	case t.Good == nil:
		return &views.BackupLast{Kind: "error", State: c.text.T("backup.offsite_late")}
	}
	v := &views.BackupLast{When: c.moment(time.UnixMilli(t.Good.BeganMs)), Kind: "ok", State: c.text.T("backup.offsite_ok")}
	if !t.Fresh || t.Last.Failure != "" {
		v.Kind, v.State = "error", c.text.T("backup.offsite_late")
	}
	return v
}

// drillOf tells the last restore on trial.
func (s *Server) drillOf(c *request, v *views.Backups, x app.BackupsView) {
	t := x.Drill
	v.Drill.Next = c.text.T("backup.soon")
	if t.Next.After(s.app.Now()) {
		v.Drill.Next = c.moment(t.Next)
	}
	if t.Last == nil {
		return
	}
	v.Drill.When, v.Drill.Kind, v.Drill.State = c.moment(time.UnixMilli(t.Last.BeganMs)), "ok", c.text.T("backup.drill_ok")
	switch {
	case t.Last.EndedMs == 0:
		v.Drill.Kind, v.Drill.State = "info", c.text.T("backup.running")
	case t.Last.Failure != "":
		v.Drill.Kind, v.Drill.State = "error", c.text.T("backup.drill_failed")
	case !t.Fresh:
		v.Drill.Kind, v.Drill.State = "warn", c.text.T("backup.drill_stale")
	}
	for _, d := range x.Drilled {
		line := views.BackupTrial{
			Source: c.text.T("backup.source_" + d.Source), Kind: "ok", State: c.text.T("backup.trial_ok"),
			What: c.text.T("backup.trial_what", "Lost", c.ago(d.Lost), "Took", c.ago(d.Took)),
		}
		switch {
		case !d.Skipped && !d.Failed && d.Lost == 0:
			line.What = c.text.T("backup.trial_nothing", "Took", c.ago(d.Took))
		case d.Skipped:
			line.Kind, line.State, line.What = "", c.text.T("backup.trial_skipped"), ""
		case d.Failed:
			line.Kind, line.State, line.What = "error", c.text.T("backup.trial_failed"), ""
		}
		v.Drill.Lines = append(v.Drill.Lines, line)
	}
}

func (s *Server) getRestore(c *request) error { return s.restorePage(c, http.StatusOK, nil) }

// postRestore puts everything back.
func (s *Server) postRestore(c *request) error {
	d := c.draft()
	from := app.RestoreFrom{Backup: d.text("from")}
	if from.Backup == fromMoment {
		from.Backup = ""
		at, err := time.ParseInLocation("2006-01-02T15:04", d.plain("moment"), c.org.Zone())
		if err != nil {
			d.check(roster.Refuse(roster.Invalid, "error.restore_moment").On("moment"))
		}
		from.Moment = at
	}
	err := d.faults.Err()
	if err == nil {
		err = s.Upkeep.StartRestore(c.ctx(), c.actor, from, d.text("name"))
	}
	return s.answer(c, err, "/backups", "restore", func(code int, refusal error) error { return s.restorePage(c, code, refusal) })
}

// fromMoment stands in the form for the continuous copy.
const fromMoment = "moment"

func (s *Server) restorePage(c *request, code int, refusal error) error {
	x, err := s.Upkeep.Backups(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	if !x.Whole {
		return roster.Refuse(roster.RuleBroken, "error.backup_whole")
	}
	if !x.Restore.Can {
		return roster.Refuse(roster.RuleBroken, "error.restore_here")
	}
	v := views.Restore{Frame: s.frame(c, "backup.restore_title"), Back: c.base() + "/backups", Moment: x.Copying}
	if v.Name, err = s.Upkeep.RestoreName(c.ctx()); err != nil {
		return err
	}
	first := fromMoment
	if x.Copying {
		v.From = append(v.From, views.Choice{Value: fromMoment, Label: c.text.T("backup.restore_at")})
	}
	for _, f := range x.Files {
		if f.Encrypted || f.Verified.IsZero() {
			continue
		}
		v.From = append(v.From, views.Choice{Value: f.Name, Label: c.text.T("backup.restore_from", "When", c.moment(f.Made), "Rows", humanize.Comma(f.Rows))})
		if !x.Copying && first == fromMoment {
			first = f.Name
		}
	}
	v.Form = s.formOf(c, "/backups/restore", map[string][]string{
		"from": one(first), "moment": one(s.app.Now().In(c.org.Zone()).Add(-time.Hour).Format("2006-01-02T15:04")),
	}, refusal)
	return s.page(c, code, views.RestorePage(v))
}

// moment writes a day and a time of day in the organisation's zone.
func (c *request) moment(at time.Time) string {
	at = at.In(c.org.Zone())
	return c.text.FullDay(roster.DayOf(at)) + " " + at.Format("15:04")
}

// ago writes a duration in its greatest unit.
func (c *request) ago(d time.Duration) string {
	key, n := "days", int(d.Hours()/24)
	switch {
	case d < 10*time.Second:
		return c.text.T("backup.seconds", "N", strconv.FormatFloat(d.Seconds(), 'f', 1, 64))
	case d < 2*time.Minute:
		key, n = "seconds", int(d.Round(time.Second).Seconds())
	case d < 2*time.Hour:
		key, n = "minutes", int(d.Minutes())
	case d < 48*time.Hour:
		key, n = "hours", int(d.Hours())
	}
	return c.text.T("backup."+key, "N", n)
}
