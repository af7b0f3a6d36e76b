package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"wakakusa/app/demo"
	"wakakusa/roster"
	"wakakusa/store/dump"
)

// exportCmd writes the database to a file that import takes on either engine.
type exportCmd struct {
	Org string `help:"Only the organisation with this address, as in /o/SLUG/." placeholder:"SLUG"`
	To  string `help:"File to write; - for standard output. By default wakakusa-export-DATE-TIME.sql here." placeholder:"PATH"`

	Anonymize bool `help:"With made-up names, contacts, notes and accounts, no passwords and no content of records: for staging."`
}

func (c exportCmd) Run(e *env) (err error) {
	s, err := openStore(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	org, err := orgBySlug(e.ctx, s, c.Org)
	if err != nil {
		return err
	}
	write := func(to io.Writer) (tables []dump.Table, err error) {
		if c.Anonymize {
			return s.ExportAnonymous(e.ctx, org, to, demo.NameOf, progress[int64](os.Stderr, "書き出し"))
		}
		return s.Export(e.ctx, org, to, progress[int64](os.Stderr, "書き出し"))
	}
	if c.To == "-" {
		_, err := write(e.out)
		return err
	}
	if c.To == "" {
		c.To = "wakakusa-export-" + time.Now().In(roster.Japan).Format("20060102-150405") + ".sql"
	}
	tables, err := writeWhole(c.To, write)
	if err != nil {
		return err
	}
	printTables(e.out, tables)
	if c.Anonymize {
		fmt.Fprintf(e.out, "作りものの名前で書き出しました: %s\nだれもパスワードを持っていません。取り込んだ先で \"wakakusa user reset\" を使うと入れます。組織や事業所の名前、シフトと契約の時間はそのままです。\n", c.To)
		return nil
	}
	fmt.Fprintf(e.out, "書き出しました: %s\n名前や連絡先、パスワードのハッシュが入っています。ほかの人が読めない場所に保管し、要らなくなったら消してください。\n", c.To)
	return nil
}

// orgBySlug is "" for "".
func orgBySlug(ctx context.Context, s *database, slug string) (roster.OrgID, error) {
	if slug == "" {
		return "", nil
	}
	org, err := s.OrgBySlug(ctx, slug)
	if roster.KindOf(err) == roster.NotFound {
		return "", fmt.Errorf("there is no organisation %q", slug)
	}
	return org.ID, err
}

func printTables(out io.Writer, tables []dump.Table) {
	for _, t := range tables {
		fmt.Fprintf(out, "%-18s%9d 行  sha256 %s\n", t.Name, t.Rows, t.Sum)
	}
}

// writeWhole makes a file that is there only when all of it is on the disk; an existing one is not touched. It is readable by its owner
// only.
func writeWhole[T any](path string, write func(io.Writer) (T, error)) (done T, err error) {
	if _, err := os.Lstat(path); err == nil {
		return done, fmt.Errorf("%s is there already", path)
	} else if !errors.Is(err, os.ErrNotExist) {
		return done, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part")
	if err != nil {
		return done, err
	}
	defer os.Remove(f.Name())
	buffered := bufio.NewWriterSize(f, 1<<20)
	done, err = write(buffered)
	if err == nil {
		err = errors.Join(buffered.Flush(), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return done, err
	}
	if err := os.Link(f.Name(), path); err != nil { // unlike a rename it fails if somebody else made the file meanwhile
		return done, err
	}
	return done, syncDir(filepath.Dir(path))
}

// syncDir makes the name of a new file last.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
