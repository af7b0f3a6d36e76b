package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/google/uuid"

	"wakakusa/app"
	"wakakusa/handlers"
	"wakakusa/store"
	"wakakusa/store/sqldb"
)

const stopWithin = 15 * time.Second

// program is the running application: the same start for production, demo and browser tests.
type program struct {
	app     *app.App
	store   store.Store
	server  *handlers.Server
	http    *http.Server
	lock    *os.File
	address string
	log     *slog.Logger
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// openStore opens the database and, on SQLite, brings its schema up to date. One process per file: a second one is refused.
func openStore(ctx context.Context, cfg Config) (store.Store, *os.File, error) {
	syscall.Umask(0o077) // what is made here is for nobody else on this machine
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, nil, err
	}
	lock, err := lockFile(filepath.Join(cfg.Data, "wakakusa.lock"))
	if err != nil {
		return nil, nil, err
	}
	path := cfg.DBName
	if path == "" {
		path = filepath.Join(cfg.Data, "wakakusa.db")
	}
	db, err := sqldb.OpenSQLite(path, time.Now)
	if err != nil {
		return nil, nil, errors.Join(err, lock.Close())
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, nil, errors.Join(err, db.Close(), lock.Close())
	}
	at, newest, err := db.Schema(ctx)
	if err == nil && at > newest {
		err = fmt.Errorf("the database has schema %d; this program knows %d: use a newer program", at, newest)
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close(), lock.Close())
	}
	return db, lock, nil
}

// lockFile is held until the process ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("another wakakusa uses %s", filepath.Dir(path))
	}
	return f, nil
}

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
	s, lock, err := openStore(ctx, cfg)
	if err != nil {
		return nil, err
	}
	p := &program{store: s, lock: lock, log: log, app: app.New(s, time.Now, newID)}
	proxies, err := cfg.proxies()
	if err != nil {
		return nil, errors.Join(err, p.closeStore())
	}
	p.server, err = handlers.New(p.app, handlers.Config{Hosts: cfg.AllowedHosts, Public: cfg.PublicURL, Secure: cfg.UseHTTPS, Proxies: proxies, Log: log})
	if err != nil {
		return nil, errors.Join(err, p.closeStore())
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, errors.Join(err, p.closeStore())
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
	return errors.Join(p.http.Shutdown(ctx), p.closeStore())
}

func (p *program) closeStore() error { return errors.Join(p.store.Close(), p.lock.Close()) }
