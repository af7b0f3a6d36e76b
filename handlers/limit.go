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

// Limits are how many requests a minute one person may make, or one address of people who are not signed in. Parts of pages, probes
// and open streams do not count.
type Limits struct {
	Requests int          // pages, forms and everything else
	Sheet    int          // what an open roster asks for: edits one by one, parts that others changed
	Shared   SharedCounts // makes several servers count as one; nil, or away: each counts for itself
}

// SharedCounts are those of several servers. They may be away at any moment.
type SharedCounts interface {
	// Take counts one more under a key, unless limit were counted within the time per before now; then it says how long until there is room.
	Take(ctx context.Context, key string, limit int, per time.Duration) (wait time.Duration, err error)
	// Away reports that counting does not work at present.
	Away() bool
}

const limitPer = time.Minute

// check counts a request and refuses what is too much. A person counts wherever they sit, strangers by their address.
func (s *Server) checkLimit(c *request) error {
	if strings.HasSuffix(c.Path(), "/events") {
		return nil
	}
	key, limit := "requests of address "+app.Source(c.RealIP()), s.Limits.Requests
	if c.signedIn() {
		key = "requests of account " + string(c.account.ID)
		if bySheet(c.Path()) {
			key, limit = "sheets of account "+string(c.account.ID), s.Limits.Sheet
		}
	}
	// This server's own count always holds, so that nobody is unlimited when the shared one is away.
	wait := s.counts.take(key, limit, limitPer)
	if wait == 0 && s.Limits.Shared != nil {
		if w, err := s.Limits.Shared.Take(c.ctx(), key, limit, limitPer); err == nil {
			wait = w
		}
	}
	if wait > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		return echo.NewHTTPError(http.StatusTooManyRequests)
	}
	return nil
}

// bySheet are the routes that the script of an open roster asks for.
func bySheet(path string) bool { return strings.HasPrefix(path, "/o/:org/rosters/:site/:day/") }

// maxCounted bounds the memory. An attack from more addresses than this is not stopped by counting them.
const maxCounted = 100_000

// counts are this server's own: the times of what was allowed lately, oldest first.
type counts struct {
	mu    sync.Mutex
	times map[string][]time.Time
	swept time.Time
}

// take is SharedCounts.Take of this server alone.
func (k *counts) take(key string, limit int, per time.Duration) (wait time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	past := func(at time.Time) bool { return now.Sub(at) >= per }
	if now.Sub(k.swept) >= per {
		for other, times := range k.times {
			if past(times[len(times)-1]) {
				delete(k.times, other)
			}
		}
		k.swept = now
	}
	times := k.times[key]
	if i := slices.IndexFunc(times, func(at time.Time) bool { return !past(at) }); i > 0 {
		times = times[i:]
	} else if i < 0 {
		times = nil
	}
	if len(times) >= limit {
		return per - now.Sub(times[len(times)-limit])
	}
	if times != nil || len(k.times) < maxCounted {
		k.times[key] = append(times, now)
	}
	return 0
}
