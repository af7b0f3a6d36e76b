package main

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"wakakusa/app"
	"wakakusa/store/cached"
	"wakakusa/store/redis"
)

// cacheCmd is about what servers keep of what they read.
type cacheCmd struct {
	Clear cacheClearCmd `cmd:"" help:"Make every server read everything anew. On SQLite the running server has the file for itself: use the button in the settings, or restart it."`
}

type cacheClearCmd struct{}

func (cacheClearCmd) Run(e *env) (err error) {
	s, err := openStore(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	importing, _, err := s.UnfinishedImport(e.ctx)
	if err != nil {
		return err
	}
	n, err := app.New(s, time.Now, newID).ClearCaches(e.ctx, "wakakusa cache clear", importing)
	if err == nil {
		fmt.Fprintf(e.out, "%d 件の組織について、表示用の一時データを消しました。どのサーバーもデータベースから読み直します。\n", n)
	}
	return err
}

// kept is the database with what was read of it lately.
func (d *database) kept(cfg Config, shared *redis.Client, log *slog.Logger) (*cached.Store, error) {
	o := cached.Options{MB: cfg.CacheMB, Server: cfg.onMySQL(), Form: build(), Now: time.Now, Log: log}
	if shared != nil {
		o.Shared = shared
	}
	return cached.New(d, o)
}

// build names this very program, so that what another version keeps in Redis is not read by this one.
func build() string {
	name := version
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return name
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" || s.Key == "vcs.modified" {
			name += "-" + s.Value
		}
	}
	return name
}
