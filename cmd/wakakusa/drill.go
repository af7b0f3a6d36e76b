package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/dustin/go-humanize"

	"wakakusa/store/backup"
	"wakakusa/store/offsite"
)

// drillCmd restores from everything there is, to scratch. The program may run meanwhile.
type drillCmd struct {
	JSON bool `name:"json" help:"As JSON."`
}

func (c drillCmd) Run(e *env) (err error) {
	k, done, err := e.keeper()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	r, failed := drill(e.ctx, e.config, k, nil)
	if c.JSON {
		text, err := json.MarshalIndent(r, "", " ")
		if err != nil {
			return err
		}
		fmt.Fprintf(e.out, "%s\n", text)
		return failed
	}
	for _, d := range r.Sources {
		switch {
		case d.Skipped != "":
			fmt.Fprintf(e.out, "%-8s  試していません: %s\n", d.Source, d.Skipped)
		case d.Failure != "":
			fmt.Fprintf(e.out, "%-8s  戻せません: %s\n", d.Source, d.Failure)
		default:
			fmt.Fprintf(e.out, "%-8s  戻せました: 失うのは %.1f 秒分 (%d 件)、戻すのに %.1f 秒 (%s)\n", d.Source, d.RPO, d.Missing, d.RTO, humanize.Bytes(uint64(d.Bytes)))
		}
	}
	return failed
}

// drill restores from each source there is.
func drill(ctx context.Context, cfg Config, k *backup.Keeper, told backup.Progress) (backup.DrillReport, error) {
	var sources []backup.Source
	to, on, err := cfg.replica()
	if err != nil {
		return backup.DrillReport{}, err
	}
	if on {
		sources = append(sources, backup.Source{Name: "replica", Fetch: func(ctx context.Context, path string) error {
			return to.Restore(ctx, path, time.Time{}, slog.New(slog.DiscardHandler))
		}})
	}
	newest, ok, err := k.Newest()
	if err != nil {
		return backup.DrillReport{}, err
	}
	if ok {
		sources = append(sources, newest)
	}
	if cfg.OffSite != "" {
		from, err := offsite.Open(ctx, cfg.offSite())
		if err != nil {
			sources = append(sources, backup.Source{Name: "offsite", Fetch: func(context.Context, string) error { return err }})
		} else {
			defer from.Close()
			sources = append(sources, backup.NewestAt(from, k.Dir))
		}
	}
	return k.Drill(ctx, sources, told)
}
