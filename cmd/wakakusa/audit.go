package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/dustin/go-humanize"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/backup"
	"wakakusa/store/sqldb"
)

// auditCmd is for the one who runs the server. The program may run meanwhile.
type auditCmd struct {
	List   auditListCmd   `cmd:"" help:"Print the newest entries of an access log."`
	Verify auditVerifyCmd `cmd:"" help:"Read all records and say what was altered, removed or put in between; exit code 1 if anything was."`
}

type auditVerifyCmd struct {
	JSON  bool     `name:"json" help:"As JSON."`
	Heads []string `help:"Another directory with reports of backups, such as a copy from off-site: what this machine holds can be altered with the database." type:"existingdir"`
}

// auditListCmd shows what no page does: what belongs to no organisation, where there are several.
type auditListCmd struct {
	Org   string `help:"Address of an organisation; without one, what belongs to none, such as sign-ins of strangers."`
	Limit int    `help:"How many, the newest first." default:"100"`
}

func (c auditListCmd) Run(e *env) (err error) {
	db, err := openForAudit(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var org roster.Org
	if c.Org != "" {
		if org, err = db.OrgBySlug(e.ctx, c.Org); err != nil {
			return fmt.Errorf("there is no organisation %q", c.Org)
		}
	}
	list, err := db.Accesses(e.ctx, org.ID, store.AccessQuery{Limit: c.Limit})
	for _, x := range list {
		fmt.Fprintf(e.out, "%s  %-18s  %-39s  %s  %s %s\n", japanese(time.UnixMilli(x.AtMs)), x.Action, x.Address, x.Request, roster.Plain(x.Name), roster.Plain(x.Subject))
	}
	return err
}

// audit is what a verification found, in the database and against the backups.
type audit struct {
	sqldb.Audited
	Against int `json:"against"` // backups whose heads were looked for
}

func (c auditVerifyCmd) Run(e *env) (err error) {
	db, err := openForAudit(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var a audit
	if a.Audited, err = db.VerifyAudit(e.ctx); err != nil {
		return err
	}
	if k := e.config.backups(db); k != nil {
		c.Heads = append(c.Heads, k.Dir)
	}
	for _, dir := range c.Heads {
		if err := a.against(e.ctx, db, dir); err != nil {
			return err
		}
	}
	if c.JSON {
		text, err := json.MarshalIndent(a, "", " ")
		if err == nil {
			fmt.Fprintf(e.out, "%s\n", text)
		}
		return errors.Join(err, a.fault())
	}
	a.print(e)
	return a.fault()
}

// openForAudit opens what the program may be serving from at the same time.
func openForAudit(ctx context.Context, cfg Config) (db *sqldb.DB, err error) {
	if cfg.onMySQL() {
		db, err = sqldb.OpenMySQL(ctx, cfg.mysql(), time.Now)
	} else {
		db, err = sqldb.OpenForAudit(cfg.sqliteFile())
	}
	if err == nil {
		if err = db.CheckSchema(ctx); err != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return db, err
}

// against looks for the heads that the backups remember: whoever has altered the database and computed its chains anew has not altered
// those, least of all the ones elsewhere.
func (a *audit) against(ctx context.Context, db *sqldb.DB, dir string) error {
	all, err := backup.List(dir)
	if err != nil {
		return err
	}
	for _, b := range all {
		if b.Report == nil || len(b.Heads) == 0 {
			continue
		}
		a.Against++
		for _, h := range b.Heads {
			faults, err := db.HoldsHead(ctx, h, b.Report.Made.UnixMilli())
			if err != nil {
				return err
			}
			for _, f := range faults {
				f.What += " in " + filepath.Base(b.Name)
				a.Faults = append(a.Faults, f)
			}
		}
	}
	return nil
}

func (a *audit) fault() error {
	if len(a.Faults) == 0 {
		return nil
	}
	return fmt.Errorf("%d places of the records are not as they were written", len(a.Faults))
}

func (a *audit) print(e *env) {
	for _, f := range a.Faults {
		fmt.Fprintln(e.out, f.Error())
	}
	fmt.Fprintf(e.out, "変更の記録 %s 件、アクセスの記録 %s 件を確かめました", humanize.Comma(a.Acts), humanize.Comma(a.Accesses))
	if a.Before > 0 {
		fmt.Fprintf(e.out, "(ほかに、鎖のない古い記録が %s 件)", humanize.Comma(a.Before))
	}
	fmt.Fprintf(e.out, "。\nバックアップ %d 個に残る最後の記録とも照らし合わせました。\n", a.Against)
	if a.Against == 0 {
		fmt.Fprintln(e.out, "注意: 照らし合わせるバックアップの報告がありません。鎖を作り直されていたら、分かりません。")
	}
	if len(a.Faults) == 0 {
		fmt.Fprintln(e.out, "書き換えられたところはありません。")
	}
}
