package handlers

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"wakakusa/app"
)

// Limits are how many requests a minute one person may make, or one address of people who are not signed in. Parts of pages and
// probes do not count.
type Limits struct {
	Requests int          // pages, forms and everything else
	Sheet    int          // what an open roster asks for: edits one by one, parts that others changed; and, apart, streams that are opened
	Shared   SharedCounts // makes several servers count as one; nil, or away: each counts for itself
}

// SharedCounts are those of several servers. They may be away at any moment.
type SharedCounts interface {
	// Take counts one more under a key, unless limit were counted within the time per before now; then it says how long until there is room.
	Take(ctx context.Context, key string, limit int, per time.Duration) (wait time.Duration, err error)
	// Away reports that counting does not work at present, Failed how many requests waited in vain.
	Away() bool
	Failed() int64
}

const limitPer = time.Minute

// checkLimit counts a request and refuses what is too much.
func (s *Server) checkLimit(c *request) error {
	key, limit := s.limitOf(c)
	// This server's own count always holds, so that nobody is unlimited when the shared one is away.
	wait := s.counts.take(key, limit, limitPer)
	if wait == 0 && s.Limits.Shared != nil {
		var err error
		if wait, err = s.Limits.Shared.Take(c.ctx(), key, limit, limitPer); err != nil {
			wait = 0
		} else if wait > 0 {
			s.counts.giveBack(key)
		}
	}
	if wait > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		return echo.NewHTTPError(http.StatusTooManyRequests)
	}
	return nil
}

// limitOf is under what a request counts, and how many of those may come. A person counts wherever they sit, strangers by their address.
// Streams are opened again by browsers themselves: they use up nobody's requests, and have an end of their own.
func (s *Server) limitOf(c *request) (key string, limit int) {
	who := " of address " + app.Source(c.RealIP())
	if c.signedIn() {
		who = " of account " + string(c.account.ID)
	}
	switch {
	case strings.HasSuffix(c.Path(), "/events"):
		return "streams" + who, s.Limits.Sheet
	case c.signedIn() && strings.HasPrefix(c.Path(), "/o/:org/rosters/:site/:day/"): // what the script of an open roster asks for
		return "sheets" + who, s.Limits.Sheet
	}
	return "requests" + who, s.Limits.Requests
}

// maxCounted bounds the memory. An attack from more addresses than this is not stopped by counting them.
const maxCounted = 100_000

// counts are this server's own: when what was allowed lately came, since the beginning, oldest first.
type counts struct {
	mu    sync.Mutex
	began time.Time
	times map[string][]time.Duration
	swept time.Duration
}

func newCounts() *counts { return &counts{began: time.Now(), times: map[string][]time.Duration{}} }

// take is SharedCounts.Take of this server alone.
func (k *counts) take(key string, limit int, per time.Duration) (wait time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Since(k.began)
	past := func(at time.Duration) bool { return now-at >= per }
	if past(k.swept) {
		for other, times := range k.times {
			if past(times[len(times)-1]) {
				delete(k.times, other)
			}
		}
		k.swept = now
	}
	times := k.times[key]
	if i := slices.IndexFunc(times, func(at time.Duration) bool { return !past(at) }); i > 0 {
		times = times[i:]
	} else if i < 0 {
		times = nil
	}
	if len(times) >= limit {
		return per - (now - times[len(times)-limit])
	}
	if times != nil || len(k.times) < maxCounted {
		k.times[key] = append(times, now)
	}
	return 0
}

// giveBack takes the last one back: others refused it.
func (k *counts) giveBack(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch times := k.times[key]; len(times) {
	case 0:
	case 1:
		delete(k.times, key)
	default:
		k.times[key] = times[:len(times)-1]
	}
}
