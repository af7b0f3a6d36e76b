package handlers

import (
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wakakusa/store/redis"
	"wakakusa/store/redis/redistest"
)

// limited counts how many of n requests were refused for their number.
func limited(b *browser, n int, path string) (refused int) {
	for range n {
		if b.get(path).StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	return refused
}

func usual(c *Config) { c.Limits = Limits{Requests: 100, Sheet: 600} }

// soon wants to be told when to come again, within the minute.
func soon(t *testing.T, a answer) {
	t.Helper()
	if s, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || s < 1 || s > 60 {
		t.Errorf("Retry-After: %q", a.Header.Get("Retry-After"))
	}
}

// TestFaultB8: the limit came before the session, so the exemption of those who are signed in was never reached. Now a hundred requests
// a minute pass, of strangers by their address, of people wherever they sit; probes are never refused (R1, F-B11).
func TestFaultB8(t *testing.T) {
	o := newSite(t, usual).found("alpha")
	worker := o.worker()
	stranger := o.browser()
	for n := 0; n < 200 && stranger.get("/sign-in").StatusCode == 200; n++ { // the office came this way, too
	}
	a := stranger.get("/sign-in").want(t, 429).holds(t, "しばらくお待ちください")
	soon(t, a)
	stranger.get("/nowhere").want(t, 429)
	stranger.post("/sign-in", values("login", "x", "password", "y")).want(t, 429)
	stranger.do(http.MethodPut, "/sign-in", nil).want(t, 429)
	for _, path := range []string{"/live", "/ready/", "/health", "/manifest.webmanifest", "/favicon.ico"} {
		if n := limited(stranger, 120, path); n > 0 {
			t.Errorf("%s: %d refused", path, n)
		}
	}
	if n := limited(o.admin, 70, o.base+"/staff"); n > 0 {
		t.Errorf("somebody who is signed in pays for strangers: %d", n)
	}
	if n := limited(worker, 70, o.base+"/me"); n > 0 {
		t.Errorf("a second person of the same office: %d", n)
	}
	if n := limited(o.admin, 100, o.base+"/staff"); n < 65 {
		t.Errorf("only %d of a person's second hundred were refused", n)
	}
	if n := limited(o.browser(), 700, o.path("/events")); n < 100 || n > 110 {
		t.Errorf("%d of 700 streams of strangers were refused", n)
	}
	if n := limited(o.admin, 110, o.path("/breaches")); n > 0 {
		t.Errorf("the open sheet stops: %d", n)
	}
	told := worker.asHTMX()
	limited(told, 40, o.base+"/me")
	if a := told.get(o.base+"/me").want(t, 429).told(t); a.Toast == nil || !strings.Contains(a.Toast.Msg, "しばらく") {
		t.Errorf("a part's refusal says %+v", a)
	}
}

// TestSpoofedRequests: addresses made up in a header do not escape the limit on all requests (H7, F-B5).
func TestSpoofedRequests(t *testing.T) {
	b, refused := newSite(t, usual).browser(), 0
	for i := range 200 {
		b.header.Set("X-Forwarded-For", fmt.Sprint("203.0.113.", i))
		b.header.Set("X-Real-Ip", fmt.Sprint("198.51.100.", i))
		if b.get("/sign-in").StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 100 {
		t.Errorf("%d of 200 were refused", refused)
	}
}

// passing counts how many of n requests of somebody a server lets through.
func passing(k *counts, n int) (passed int) {
	for range n {
		if k.take("somebody", 100, time.Minute) == 0 {
			passed++
		}
	}
	return passed
}

// TestWindowEdge: wherever a minute begins, no more than a hundred pass within it, and the next at the time that was told (R1).
func TestWindowEdge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newCounts()
		time.Sleep(45 * time.Second)
		for i, want := range []int{100, 0, 0, 100} {
			if n := passing(k, 100); n != want {
				t.Errorf("burst %d: %d of 100 passed, not %d", i, n, want)
			}
			time.Sleep(20 * time.Second)
		}
		wait := k.take("somebody", 100, time.Minute)
		if wait != 40*time.Second {
			t.Errorf("told to wait %v", wait)
		}
		time.Sleep(wait - time.Millisecond)
		if passing(k, 1) != 0 {
			t.Error("let in before the time")
		}
		time.Sleep(time.Millisecond)
		if passing(k, 1) != 1 {
			t.Error("not let in at the time")
		}
	})
}

// TestCountsStaySmall: who has not come for a minute is forgotten, and there is an end to how many are known.
func TestCountsStaySmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newCounts()
		for i := range maxCounted + 10 {
			k.take(fmt.Sprint(i), 100, time.Minute)
		}
		if len(k.times) != maxCounted {
			t.Errorf("%d are known", len(k.times))
		}
		time.Sleep(time.Minute)
		if k.take("somebody", 100, time.Minute); len(k.times) != 1 {
			t.Errorf("%d are known a minute later", len(k.times))
		}
	})
}

// F-B7: somebody who made forty requests every minute was shut out after the hundredth, because each one renewed the window.
func TestFaultB7(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newCounts()
		for n := range 400 {
			if passing(k, 1) == 0 {
				t.Fatalf("refused at the %d. request", n)
			}
			time.Sleep(1500 * time.Millisecond)
		}
	})
}

func sharing(t *testing.T, url string, patience time.Duration) func(*Config) {
	t.Helper()
	client, err := redis.Open(t.Context(), redis.Config{URL: url, Patience: patience, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(func() { client.Close() })
	return func(c *Config) { c.Limits = Limits{Requests: 100, Sheet: 600, Shared: client} }
}

// TestTwoServersOneLimit: where Redis is configured, requests to any server count together.
func TestTwoServersOneLimit(t *testing.T) {
	r := redistest.New(t)
	c := newSite(t, sharing(t, r.URL, 10*time.Second))
	a, b := newSite(t, sharing(t, r.URL, 10*time.Second)).browser(), c.browser()
	if n := limited(a, 60, "/sign-in") + limited(b, 60, "/sign-in"); n != 20 {
		t.Errorf("%d of 120 requests to two servers were refused", n)
	}
	soon(t, b.get("/sign-in").want(t, 429))
	for key, times := range c.srv.counts.times {
		if len(times) != 40 {
			t.Errorf("%s: the second server counts %d of its own, not 40", key, len(times))
		}
	}
}

// F-F4: with Redis stopped every page was a 500, and so were the probes. RedisGone: each server counts for itself, nobody is unlimited (R5).
func TestFaultF4RedisGone(t *testing.T) {
	for name, stop := range map[string]func(*redistest.Server){
		"killed": func(r *redistest.Server) { r.Kill() },
		"hung":   func(r *redistest.Server) { t.Cleanup(r.Hang()) },
	} {
		t.Run(name, func(t *testing.T) {
			r := redistest.New(t)
			o := newSite(t, sharing(t, r.URL, time.Second)).found("alpha")
			o.browser().get("/health/").want(t, 200).holds(t, `"status":"ok"`, `{"name":"redis","ok":true}`)
			stop(r)
			o.admin.get(o.path("")).want(t, 200)
			o.admin.get(o.base+"/staff").want(t, 200)
			stranger := o.browser()
			stranger.get("/live/").want(t, 200)
			stranger.get("/ready/").want(t, 200)
			stranger.get("/health/").want(t, 200).holds(t, `"status":"degraded"`, `{"name":"redis","ok":false}`)
			if n := limited(stranger, 150, "/sign-in"); n < 50 || n > 60 {
				t.Errorf("%d of 150 were refused", n)
			}
		})
	}
}
