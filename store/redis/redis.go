// Package redis is what several servers share beside the database, where REDIS_URL is set: things that may be lost at any moment.
// It is the only room that knows Redis. Whoever asks it has an answer for "it is away".
package redis

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	probeEvery = time.Second
	prefix     = "wakakusa:"
)

// Config says where the server is.
type Config struct {
	URL      string
	Patience time.Duration // that one request may wait for it; 250 ms when none is given
	Log      *slog.Logger
}

// ErrAway is the answer while the server is away: at once, without asking it.
var ErrAway = errors.New("redis is away")

// errURL never quotes the address, which may hold a password.
var errURL = errors.New("redis://HOST:PORT, rediss://HOST:PORT or unix://PATH expected")

// Check reports whether an address can be understood.
func Check(url string) error {
	_, err := options(url, time.Second)
	return err
}

func options(url string, patience time.Duration) (*goredis.Options, error) {
	o, err := goredis.ParseURL(url)
	if err != nil {
		return nil, errURL
	}
	// The library's own limits keep a page for ten seconds when the server hangs, and try again three times.
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = patience, patience, patience, patience
	o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled = -1, 1, true
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o, nil
}

// Client asks one Redis server. When a request waits in vain, the server counts as away: nobody else waits for it, and it is asked
// once a second until it takes commands again.
type Client struct {
	db     *goredis.Client
	wait   time.Duration
	log    *slog.Logger
	away   atomic.Bool
	failed atomic.Int64
	stop   chan struct{}
	probes sync.WaitGroup
}

// Open prepares a client. A server that does not answer is no error: it may come later.
func Open(ctx context.Context, cfg Config) (*Client, error) {
	cfg.Patience = cmp.Or(cfg.Patience, 250*time.Millisecond)
	o, err := options(cfg.URL, cfg.Patience)
	if err != nil {
		return nil, err
	}
	goredis.SetLogger(quiet{})
	c := &Client{db: goredis.NewClient(o), wait: cfg.Patience, log: cfg.Log, stop: make(chan struct{})}
	if err := c.do(ctx, c.probe); err != nil && ctx.Err() != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// quiet is the library's own log: what matters is in ours.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// Close ends the connections.
func (c *Client) Close() error {
	close(c.stop)
	c.probes.Wait()
	return c.db.Close()
}

// Away reports that the server does not take commands.
func (c *Client) Away() bool { return c.away.Load() }

// Failed counts the requests that waited in vain since the program started.
func (c *Client) Failed() int64 { return c.failed.Load() }

func (c *Client) do(ctx context.Context, command func(context.Context) error) error {
	if c.away.Load() {
		return ErrAway
	}
	limited, cancel := context.WithTimeout(ctx, c.wait)
	defer cancel()
	err := command(limited)
	if err != nil && ctx.Err() == nil { // a reader who has gone says nothing about the server
		c.lose(ctx, err)
	}
	return err
}

func (c *Client) lose(ctx context.Context, err error) {
	c.failed.Add(1)
	if !c.away.CompareAndSwap(false, true) {
		return
	}
	c.log.WarnContext(ctx, "redis is away: each server counts and keeps for itself", "error", err)
	c.probes.Go(c.await)
}

// await asks until the server takes commands again.
func (c *Client) await() {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), c.wait)
		err := c.probe(ctx)
		cancel()
		if err == nil {
			c.log.Info("redis is back", "failed", c.Failed())
			c.away.Store(false)
			return
		}
	}
}

// probe does what requests do: a server that is full, a replica or one that allows no scripts answers a ping and takes nothing.
func (c *Client) probe(ctx context.Context) error {
	_, err := c.take(ctx, "probe", 1000, probeEvery)
	return err
}
