package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"wakakusa/app"
	"wakakusa/roster"
)

// privacyCmd is for the one who runs the server and answers for it that people get their data. On SQLite the server must not run meanwhile.
type privacyCmd struct {
	Export privacyExportCmd `cmd:"" help:"Write everything that is held about one person to a file (JSON). That is recorded."`
}

type privacyExportCmd struct {
	Org   string `required:"" help:"The organisation with this address, as in /o/SLUG/." placeholder:"SLUG"`
	Staff string `required:"" help:"The person's name or number." placeholder:"ID|NAME"`
	To    string `help:"File to write; - for standard output. By default wakakusa-data-DATE-TIME.json here." placeholder:"PATH"`
}

func (c privacyExportCmd) Run(e *env) (err error) {
	s, err := openStore(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	org, err := orgBySlug(e.ctx, s, c.Org)
	if err != nil {
		return err
	}
	d, err := app.New(s, time.Now, newID).OperatorData(e.ctx, org, c.Staff)
	switch roster.KindOf(err) {
	case roster.NotFound:
		return fmt.Errorf("there is nobody called %q in %s", c.Staff, c.Org)
	case roster.Taken:
		return fmt.Errorf("several people in %s are called %q: name one by number, as in the address of their page", c.Org, c.Staff)
	}
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return err
	}
	write := func(to io.Writer) (int, error) { return to.Write(append(text, '\n')) }
	if c.To == "-" {
		_, err := write(e.out)
		return err
	}
	if c.To == "" {
		c.To = "wakakusa-data-" + time.Now().In(roster.Japan).Format("20060102-150405") + ".json"
	}
	if _, err := writeWhole(c.To, write); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s さんについてのデータを書き出しました: %s\n取り出したことは記録に残りました。本人に渡したら、このファイルは消してください。\n", d.Name, c.To)
	return nil
}
