package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"wakakusa/app"
	"wakakusa/app/django"
	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb"
)

// importDjangoCmd brings the database of the former system in, or tries to.
type importDjangoCmd struct {
	From   string `help:"Database of the former system: a SQLite file, or mysql://USER@HOST:PORT/DATABASE with its password in IMPORT_PASSWORD." required:"" placeholder:"PATH"`
	DryRun bool   `help:"Do everything on a copy and keep nothing but the report."`
	Name   string `help:"Name of the organisation, where the former system had none."`
	Slug   string `help:"Address of that organisation, as in /o/SLUG/."`
}

func (c importDjangoCmd) Run(e *env) (err error) {
	src, err := django.Open(e.ctx, c.From, e.config.ImportPassword)
	if err != nil {
		return err
	}
	defer src.Close()
	cfg := e.config
	if c.DryRun {
		copied, remove, err := copyData(e.ctx, cfg)
		if err != nil {
			return err
		}
		defer remove()
		cfg = copied
	}
	s, err := openStore(e.ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	files, err := newReportFiles(e.config.Data, c.DryRun)
	if err != nil {
		return err
	}
	report, err := django.NewReport(files.csv)
	if err != nil {
		return errors.Join(err, files.Close())
	}
	failed := django.Import(e.ctx, src, django.Options{
		Store: s, Now: time.Now, NewID: newID, Name: c.Name, Slug: c.Slug, Report: report, Progress: progress[int](os.Stderr, "シフト"),
	})
	err = errors.Join(c.tell(e.out, files, report, failed), failed)
	if err == nil && !c.DryRun {
		err = invite(e, s, report.Invite)
	}
	return err
}

// invite prints a one-time link for each organisation that has no administrator; it goes to the screen only.
func invite(e *env, s store.Store, list []django.Invitee) error {
	address := e.config.PublicURL
	if address == "" {
		address = "http://" + e.config.Listen
	}
	a := app.New(s, time.Now, newID)
	for _, i := range list {
		token, err := a.Invite(e.ctx, roster.Program(i.Org.ID, "import-django"), i.Member)
		if roster.KindOf(err) == roster.RuleBroken {
			continue // somebody used the link of an earlier import and was switched off here
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(e.out, "\n組織「%s」の管理者の招待リンク (一度だけ使えます・72時間有効):\n  %s/links/%s\n", i.Org.Name, address, token)
	}
	return nil
}

// tell prints the report and keeps it, also of an import that was cut short.
func (c importDjangoCmd) tell(out io.Writer, files *reportFiles, report *django.Report, failed error) error {
	both := io.MultiWriter(out, files.txt)
	switch {
	case failed != nil:
		fmt.Fprintln(both, "インポートは途中で止まりました。ここまでの分は取り込まれています。もう一度実行すると続きから取り込みます。")
	case c.DryRun:
		fmt.Fprintln(both, "これは試し(--dry-run)です。何も保存していません。")
	}
	err := errors.Join(report.Summary(both), report.Close(), files.Close())
	fmt.Fprintf(out, "\n報告のファイル:\n  %s\n  %s\n", files.csv.Name(), files.txt.Name())
	return err
}

// progress prints at most twice a second; 0 is a total that is not known.
func progress[N int | int64](to io.Writer, what string) func(done, total N) {
	var last time.Time
	return func(done, total N) {
		now := time.Now()
		if now.Sub(last) < 500*time.Millisecond {
			return
		}
		last = now
		if total == 0 {
			fmt.Fprintf(to, "%s %d\n", what, done)
			return
		}
		fmt.Fprintf(to, "%s %d / %d\n", what, done, total)
	}
}

// reportFiles lie next to the data directory, readable by their owner only: they name people.
type reportFiles struct{ csv, txt *os.File }

func newReportFiles(data string, dry bool) (*reportFiles, error) {
	whole, err := filepath.Abs(data)
	if err != nil {
		return nil, err
	}
	name := "import-" + time.Now().Format("20060102-150405")
	if dry {
		name += "-dry-run"
	}
	f := &reportFiles{}
	for _, dir := range []string{filepath.Dir(whole), whole} { // inside it, where nothing may be written beside it
		if f.csv, err = newFile(dir, name, ".csv"); err == nil {
			f.txt, err = newFile(dir, name, ".txt")
			return f, err
		}
	}
	return nil, err
}

// newFile never writes over an earlier report.
func newFile(dir, name, ext string) (f *os.File, err error) {
	for n := 1; n < 100; n++ {
		path := filepath.Join(dir, name+ext)
		if n > 1 {
			path = filepath.Join(dir, fmt.Sprintf("%s-%d%s", name, n, ext))
		}
		f, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
	return f, err
}

func (f *reportFiles) Close() error { return errors.Join(f.csv.Close(), f.txt.Close()) }

// copyData makes a copy of the database, as a SQLite file in a directory of its own, which remove takes away.
func copyData(ctx context.Context, cfg Config) (_ Config, remove func(), err error) {
	dir, err := os.MkdirTemp("", "wakakusa-dry-run-*")
	if err != nil {
		return cfg, nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	to := cfg
	to.DBEngine, to.Data, to.DBName, to.Litestream = "sqlite", dir, filepath.Join(dir, "wakakusa.db"), "off"
	if cfg.onMySQL() {
		err = copyFromServer(ctx, cfg, to)
	} else if _, missing := os.Stat(cfg.sqliteFile()); missing == nil {
		err = sqldb.CopyFile(ctx, cfg.sqliteFile(), to.DBName)
	}
	if err != nil {
		remove()
		return cfg, nil, err
	}
	return to, remove, nil
}

// copyFromServer goes by way of an export.
func copyFromServer(ctx context.Context, from, to Config) (err error) {
	s, err := openStore(ctx, from)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(to.Data, "copy-*.sql")
	if err != nil {
		return errors.Join(err, s.Close())
	}
	defer f.Close()
	_, err = s.Export(ctx, "", f, nil)
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	db, err := openDatabase(ctx, to)
	if err != nil {
		return err
	}
	_, err = db.Import(ctx, f, sqldb.ImportSteps{})
	return errors.Join(err, db.Close())
}
