package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"wakakusa/store/dump"
	"wakakusa/store/sqldb"
)

// importCmd brings in what export wrote. Cut short, it goes on when it is begun again.
type importCmd struct {
	File    string `arg:"" name:"path" optional:"" help:"File that export wrote." type:"existingfile"`
	Check   bool   `help:"Only read the file and say whether it is whole and what it holds." xor:"what"`
	Abandon bool   `help:"Take away what an import that was cut short has brought." xor:"what"`
}

func (c importCmd) Run(e *env) (err error) {
	if c.Abandon {
		return abandon(e)
	}
	if c.File == "" {
		return errors.New("name the file that export wrote")
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	if c.Check {
		found, err := sqldb.CheckImport(e.ctx, f, progress[int64](os.Stderr, "確認"))
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		printTables(e.out, found.Tables)
		fmt.Fprintf(e.out, "ファイルは壊れていません。(スキーマ %d、%d 行)\n", found.Schema, found.Rows)
		return nil
	}
	db, err := openDatabase(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	done, err := db.Import(e.ctx, f, sqldb.ImportSteps{
		Check: progress[int64](os.Stderr, "確認"), Load: progress[int64](os.Stderr, "取り込み"), Verify: progress[int64](os.Stderr, "照合"),
	})
	if err != nil {
		return c.fault(err)
	}
	if done.Already {
		fmt.Fprintln(e.out, "このファイルは取り込み済みです。何もしていません。")
		return nil
	}
	if done.Before > 0 {
		fmt.Fprintf(e.out, "前回の続きから取り込みました。(前回までに %d 行)\n", done.Before)
	}
	printTables(e.out, done.Tables)
	if done.Left > 0 {
		fmt.Fprintf(e.out, "%d 人のアカウントはすでにあったので、そのまま使います。\n", done.Left)
	}
	fmt.Fprintf(e.out, "取り込みが終わりました。ファイルと一致することを確かめました。(%d 行)\nログインの状態と、まだ使われていない招待・再設定のリンクは移りません。\n", done.Rows)
	return nil
}

// abandon takes away what lies half-way.
func abandon(e *env) (err error) {
	db, err := openDatabase(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	org, found, err := db.UnfinishedImport(e.ctx)
	if err != nil {
		return err
	}
	if !found {
		fmt.Fprintln(e.out, "途中の取り込みはありません。")
		return nil
	}
	if err := db.AbandonImport(e.ctx, org); err != nil {
		return err
	}
	fmt.Fprintln(e.out, "途中まで取り込んだものを消しました。")
	return nil
}

// fault names the file where it is damaged, and says that a second try goes on where it is not.
func (c importCmd) fault(err error) error {
	var d *dump.Damage
	switch {
	case errors.As(err, &d):
		return fmt.Errorf("%s: %w; nothing was imported", c.File, err)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: stopped; begun again with the same file, it goes on from here", c.File)
	}
	return fmt.Errorf("%s: %w", c.File, err)
}
