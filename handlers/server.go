// Package handlers listens and answers: Echo routes, forms in, pages or regions out, errors to statuses. Echo stays in here.
package handlers

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/labstack/echo/v4"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/static"
	"wakakusa/views"
)

// Config is what the edge needs to know about where it stands.
type Config struct {
	Hosts   []string     // allowed Host names; empty allows every one (development)
	Public  string       // address under which people reach us, for links; "" is that of the request
	Staging bool         // every page says that nothing here is real
	Secure  bool         // people use HTTPS: Secure cookies, HSTS
	OwnTLS  bool         // and it is this program that speaks it
	Proxies []*net.IPNet // whose X-Forwarded-For and X-Forwarded-Proto count; no other X-Forwarded header is read
	Limits  Limits
	Upkeep  *app.Upkeep // the keeping of data
	Support views.Support
	Log     *slog.Logger

	SlowQueries func() int64                     // since the start
	Certificate func() (ends time.Time, ok bool) // of the one that this program shows; nil: it shows none
}

// Server answers requests.
type Server struct {
	Config
	app      *app.App
	texts    *views.Texts
	assets   *static.Assets
	echo     *echo.Echo
	handler  http.Handler
	sessions *sessionStore
	streams  streams
	counts   *counts
	numbers  http.Handler // for monitoring
	reports  atomic.Int64 // of the content policy
	draining atomic.Bool
	stop     chan struct{} // closed when the program stops: streams end
	stopOnce sync.Once
}

// New builds the routes.
func New(a *app.App, cfg Config) (*Server, error) {
	texts, err := views.LoadTexts()
	if err != nil {
		return nil, err
	}
	assets, err := static.New()
	if err != nil {
		return nil, err
	}
	s := &Server{Config: cfg, app: a, texts: texts, assets: assets, echo: echo.New(), streams: streams{open: map[roster.AccountID]int{}}, counts: newCounts(), stop: make(chan struct{})}
	s.sessions = &sessionStore{app: a, secure: cfg.Secure}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.Logger.SetOutput(io.Discard)
	s.echo.HTTPErrorHandler = s.answerError
	s.echo.IPExtractor = s.address
	s.echo.Use(s.logRequests, s.recoverPanics, s.setHeaders, s.checkHost, s.refusePlain, s.refuseCrossSite, limitBody, s.identify)
	s.numbers = s.metrics()
	s.addRoutes()
	s.handler, err = compress(s.echo)
	return s, err
}

// compress answers with zstd or gzip; event streams are left alone.
func compress(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.EnableZstd(true), gzhttp.PreferZstd(true), gzhttp.CompressionLevel(5), gzhttp.ZstdCompressionLevel(1),
		gzhttp.MinSize(1024), gzhttp.ExceptContentTypes([]string{"text/event-stream", "image/png"}))
	if err != nil {
		return nil, fmt.Errorf("compression: %w", err)
	}
	return wrap(next), nil
}

// ServeHTTP makes the server an http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// HTTP returns a server with the time limits that Echo does not set.
func (s *Server) HTTP(address string) *http.Server {
	return &http.Server{
		Addr: address, Handler: s,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10,
		ErrorLog:       slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
}

// Drain says that this server is about to stop: /ready/ turns 503, and whoever keeps a connection for the next request is asked to make
// another. Requests are still served, until balancers have noticed.
func (s *Server) Drain() { s.draining.Store(true) }

// EndStreams ends those that are open, so that browsers connect elsewhere.
func (s *Server) EndStreams() {
	s.Drain()
	s.stopOnce.Do(func() { close(s.stop) })
}

func (s *Server) isDraining() bool { return s.draining.Load() }

// address is the client's: the peer, or the last hop before our own proxies.
func (s *Server) address(r *http.Request) string {
	peer := peerOf(r)
	if !s.trusted(peer) {
		return peer.String()
	}
	hops := echo.ExtractIPFromXFFHeader(append(s.trustOptions(), echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false))...)
	return hops(r)
}

func (s *Server) trustOptions() []echo.TrustOption {
	list := make([]echo.TrustOption, len(s.Proxies))
	for i, p := range s.Proxies {
		list[i] = echo.TrustIPRange(p)
	}
	return list
}

func peerOf(r *http.Request) net.IP {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return net.ParseIP(host)
}

func (s *Server) trusted(ip net.IP) bool {
	return ip != nil && slices.ContainsFunc(s.Proxies, func(n *net.IPNet) bool { return n.Contains(ip) })
}

// Run forgets what has ended, once an hour, until the context ends.
func (s *Server) Run(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.app.Prune(ctx); err != nil {
				s.Log.WarnContext(ctx, "pruning failed", "error", err)
			}
		}
	}
}
