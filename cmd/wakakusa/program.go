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
	"wakakusa/cert"
	"wakakusa/handlers"
	"wakakusa/logs"
	"wakakusa/seal"
	"wakakusa/store/cached"
	"wakakusa/store/redis"
	"wakakusa/views"
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
	plain   *http.Server // leads from http to https; nil where a proxy does
	certs   *cert.Source // nil where a proxy has them
	sealer  *seal.Sealer
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
	if p.sealer, err = cfg.sealer(); err != nil {
		return err
	}
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
	p.app.SealWith(p.sealer)
	if cfg.CacheMB == 0 {
		p.app.KeepNothing()
	}
	p.upkeep = p.store.upkeep(cfg, p.app, p.log, p.restored)
	if p.certs, err = cfg.certificates(p.log); err != nil {
		return err
	}
	if p.server, err = handlers.New(p.app, p.edge(cfg, limits, proxies)); err != nil {
		return err
	}
	return p.listen(cfg)
}

// edge is what the room handlers needs to know.
func (p *program) edge(cfg Config, limits handlers.Limits, proxies []*net.IPNet) handlers.Config {
	c := handlers.Config{
		Staging: cfg.AppEnv == "staging",
		Hosts:   cfg.AllowedHosts, Public: cfg.PublicURL, Secure: cfg.UseHTTPS, OwnTLS: cfg.ownTLS(), Proxies: proxies, Limits: limits, Upkeep: p.upkeep, Log: p.log,
		SlowQueries: p.store.SlowQueries,
		Support:     views.Support{Name: cfg.SupportName, Email: cfg.SupportEmail, Phone: cfg.SupportPhone, Hours: cfg.SupportHours},
	}
	if p.certs != nil {
		c.Certificate = p.certs.Ends
	}
	return c
}

func (p *program) listen(cfg Config) error {
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return err
	}
	p.bound = listener.Addr().String()
	p.http = p.server.HTTP(cfg.Listen)
	p.address = "http://" + p.bound
	if p.certs != nil {
		p.address = "https://" + p.bound
		p.http.TLSConfig = p.certs.TLS()
	}
	if cfg.PublicURL != "" {
		p.address = cfg.PublicURL
	}
	p.serve(p.http, listener)
	if cfg.ListenHTTP == "" {
		return nil
	}
	return p.listenPlain(cfg.ListenHTTP)
}

// listenPlain answers http: questions of the authority for certificates, and all others by leading to https.
func (p *program) listenPlain(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	p.plain = p.server.HTTP(listener.Addr().String())
	p.plain.Handler = p.certs.HTTP(p.server)
	p.serve(p.plain, listener)
	return nil
}

func (p *program) serve(server *http.Server, at net.Listener) {
	go func() {
		var err error
		if server.TLSConfig != nil {
			err = server.ServeTLS(at, "", "")
		} else {
			err = server.Serve(at)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("serving ended", "error", err)
		}
	}()
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
	if p.certs != nil {
		all.Go(func() { cert.Watch(work, p.certs.Ends, p.log) })
	}
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
	for _, server := range []*http.Server{p.plain, p.http} {
		if server == nil {
			continue
		}
		p.server.EndStreams()
		err = errors.Join(err, p.stop(server))
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

// stop lets requests finish, and cuts off what takes too long.
func (p *program) stop(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		p.log.Warn("requests that took too long were cut off")
		err = server.Close()
	}
	return err
}
