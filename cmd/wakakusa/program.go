package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"

	"wakakusa/app"
	"wakakusa/handlers"
)

const stopWithin = 15 * time.Second

// program is the running application: the same start for production, demo and browser tests.
type program struct {
	app     *app.App
	store   *database
	server  *handlers.Server
	http    *http.Server
	address string
	log     *slog.Logger
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func logger(cfg Config, out io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}

// start opens everything and begins to listen; Close undoes it in reverse.
func start(ctx context.Context, cfg Config, log *slog.Logger) (*program, error) {
	s, err := openStore(ctx, cfg)
	if err != nil {
		return nil, err
	}
	p := &program{store: s, log: log, app: app.New(s, time.Now, newID)}
	proxies, err := cfg.proxies()
	if err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	p.server, err = handlers.New(p.app, handlers.Config{Hosts: cfg.AllowedHosts, Public: cfg.PublicURL, Secure: cfg.UseHTTPS, Proxies: proxies, Log: log})
	if err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	p.address = "http://" + listener.Addr().String()
	if cfg.PublicURL != "" {
		p.address = cfg.PublicURL
	}
	p.http = p.server.HTTP(cfg.Listen)
	go func() {
		if err := p.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("serving ended", "error", err)
		}
	}()
	return p, nil
}

// run keeps the watch and the hourly clean-up going until the context ends.
func (p *program) run(ctx context.Context) {
	go p.server.Run(ctx)
	p.app.Watch().Run(ctx)
}

// Close stops accepting, ends streams, lets requests finish, then closes the database.
func (p *program) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	p.server.Drain()
	return errors.Join(p.http.Shutdown(ctx), p.store.Close())
}
