package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"wakakusa/app"
	"wakakusa/handlers"
	"wakakusa/logs"
	"wakakusa/store/cached"
	"wakakusa/store/redis"
)

const stopWithin = 15 * time.Second

// program is the running application: the same start for production, demo and browser tests.
type program struct {
	app     *app.App
	store   *database
	kept    *cached.Store // around store
	redis   *redis.Client // nil where it is not configured
	upkeep  *app.Upkeep
	server  *handlers.Server
	http    *http.Server
	address string
	bound   string // what it listens on
	log     *slog.Logger
	audit   *slog.Logger  // a line for each act and access, and nothing else
	drain   time.Duration // between saying so and stopping

	restored chan *restoring // a restore that is ready to take the place of the database
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// start opens everything and begins to listen; Close undoes it in reverse.
func start(ctx context.Context, cfg Config, to *logs.Logs) (*program, error) {
	p := &program{log: to.App, audit: to.Audit, drain: time.Duration(cfg.DrainSeconds) * time.Second, restored: make(chan *restoring, 1)}
	if err := p.open(ctx, cfg); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *program) open(ctx context.Context, cfg Config) (err error) {
	if p.store, err = openCopied(ctx, cfg, p.log); err != nil {
		return err
	}
	p.store.LogSlow(p.log, time.Duration(cfg.SlowQueryMs)*time.Millisecond)
	if at, newest, err := p.store.Schema(ctx); err == nil && 0 < at && at < newest { // the state before a migration can be restored
		if err := p.store.seal(ctx, p.log); err != nil {
			return err
		}
	}
	if p.store, err = p.store.ready(ctx, cfg); err != nil {
		return err
	}
	if err := p.store.seal(ctx, p.log); err != nil {
		return err
	}
	limits := handlers.Limits{Requests: cfg.RateLimit, Sheet: cfg.RateLimitSheet}
	if cfg.RedisURL != "" {
		if p.redis, err = redis.Open(ctx, redis.Config{URL: cfg.RedisURL, Log: p.log}); err != nil {
			return err
		}
		limits.Shared = p.redis
	}
	proxies, err := cfg.proxies()
	if err != nil {
		return err
	}
	if p.kept, err = p.store.kept(cfg, p.redis, p.log); err != nil {
		return err
	}
	p.app = app.New(p.kept, time.Now, newID)
	p.app.LogTo(p.log)
	p.app.AuditTo(p.audit)
	if cfg.CacheMB == 0 {
		p.app.KeepNothing()
	}
	p.upkeep = p.store.upkeep(cfg, p.app, p.log, p.restored)
	provider, err := cfg.provider()
	if err != nil {
		return err
	}
	p.server, err = handlers.New(p.app, handlers.Config{
		Provider: provider, ProviderName: cfg.OIDCName,
		Hosts: cfg.AllowedHosts, Public: cfg.PublicURL, Secure: cfg.UseHTTPS, Proxies: proxies, Limits: limits, Upkeep: p.upkeep, Log: p.log,
		SlowQueries: p.store.SlowQueries,
	})
	if err != nil {
		return err
	}
	return p.listen(cfg)
}

func (p *program) listen(cfg Config) error {
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return err
	}
	p.bound = listener.Addr().String()
	p.address = "http://" + p.bound
	if cfg.PublicURL != "" {
		p.address = cfg.PublicURL
	}
	p.http = p.server.HTTP(cfg.Listen)
	go func() {
		if err := p.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("serving ended", "error", err)
		}
	}()
	return nil
}

// serving runs the program until the context ends; begun is told of each start. After a restore from the screen it starts again on the
// restored database, at the same address.
func serving(ctx context.Context, cfg Config, to *logs.Logs, begun func(*program) error) error {
	var failed error
	for {
		p, err := start(ctx, cfg, to)
		if err != nil {
			return err
		}
		if failed != nil {
			err = p.upkeep.RestoreFailed(ctx, failed)
		}
		if err = errors.Join(err, begun(p)); err != nil {
			return errors.Join(err, p.Close())
		}
		next := p.run(ctx)
		failed = p.Close()
		if next == nil {
			return failed
		}
		to.App.Warn("restoring the database", "from", next.from, "moment", next.moment)
		if failed == nil {
			failed = next.swap(ctx, cfg)
		}
		if failed != nil {
			next.forget()
			to.App.Error("nothing was restored", "error", failed)
		}
		cfg.Listen = p.bound
	}
}

// run keeps the watch, the hourly clean-up and the tasks going until a restore is ready, or the context ends: then it says so, and waits until
// balancers have noticed.
func (p *program) run(ctx context.Context) (next *restoring) {
	work, end := context.WithCancel(ctx)
	watching, unwatch := context.WithCancel(context.WithoutCancel(ctx)) // those who listen hear of other servers until the end
	var all sync.WaitGroup
	defer all.Wait()
	defer end()
	defer unwatch()
	all.Go(func() { p.server.Run(work) })
	all.Go(func() { p.upkeep.Run(work) })
	all.Go(func() { p.app.Watch().Run(watching) })
	select {
	case <-ctx.Done():
		p.server.Drain()
		time.Sleep(p.drain)
		return nil
	case next = <-p.restored:
		return next
	}
}

// Close stops accepting, ends streams, lets requests finish, then closes the database, and last its continuous copy. It
// undoes half a start, too.
func (p *program) Close() (err error) {
	if p.http != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		p.server.EndStreams()
		if err = p.http.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
			p.log.Warn("requests that took too long were cut off")
			err = p.http.Close()
		}
	}
	if p.upkeep != nil {
		p.upkeep.Close()
	}
	if p.kept != nil {
		p.kept.Stop()
	}
	if p.redis != nil {
		err = errors.Join(err, p.redis.Close())
	}
	if p.store != nil {
		err = errors.Join(err, p.store.Close())
	}
	return err
}
