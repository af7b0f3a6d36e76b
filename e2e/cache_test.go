package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"wakakusa/store/redis/redistest"
)

// TestCache measures what each tier of the cache is worth: nothing kept at all, memory of the process (with the sheets that it keeps by their
// events), and Redis behind it.
func TestCache(t *testing.T) {
	say := benchFile(t)
	dir := yearOfDemo(t)
	engine := "SQLite"
	if os.Getenv("WAKAKUSA_TEST_ENGINE") == "mysql" {
		engine = "MariaDB"
	}
	say("\n| tiers of the cache, " + engine + " | clients | nothing kept: per second, p50 ms, CPU ms | memory | memory and Redis |\n|---|---|---|---|---|")
	redis := redistest.New(t)
	rows := map[string][]string{}
	var order, notes []string
	for _, tier := range []struct {
		name     string
		settings map[string]string
	}{
		{"nothing kept", map[string]string{"CACHE_MB": "0"}},
		{"memory", map[string]string{"CACHE_MB": "64"}},
		{"memory and Redis", map[string]string{"CACHE_MB": "64", "REDIS_URL": redis.URL}},
	} {
		for k, v := range tier.settings {
			t.Setenv(k, v)
		}
		p, err := launch(dir, "demo")
		if err != nil {
			t.Fatal(err)
		}
		manager, staff := newVisitor(t, p, "manager", 64), newVisitor(t, p, "staff", 64)
		s := manager.sheet()
		get := func(path string) func(int, int) request {
			return func(int, int) request { return request{method: http.MethodGet, path: path, encoding: "gzip"} }
		}
		for _, x := range []struct {
			name string
			who  *visitor
			ask  func(int, int) request
		}{
			{"month sheet", manager, get(s.path)},
			{"one-cell edit", manager, s.edit},
			{"month sheet and an edit by turns", manager, func(client, n int) request {
				if n%2 == 0 {
					return s.edit(client, n/2)
				}
				return get(s.path)(client, n)
			}},
			{"staff's own month", staff, get("/o/wakakusa/me")},
		} {
			for _, clients := range []int{1, 10, 50} {
				key := strings.Join([]string{x.name, strconv.Itoa(clients)}, " | ")
				f := x.who.best(p, clients, x.ask)
				if rows[key] == nil {
					order = append(order, key)
				}
				rows[key] = append(rows[key], strconv.Itoa(int(f.perSecond))+", "+ms(f.p50)+", "+ms(f.cpu))
			}
		}
		hits := hitRates(t, p, manager)
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
		notes = append(notes, "| "+tier.name+" | "+hits+" | "+firstViews(t, dir)+" |")
	}
	for _, key := range order {
		say("| %s | %s |", key, strings.Join(rows[key], " | "))
	}
	say("\n| tier, %s | hits in memory | hits in Redis | MB kept | MB of the program at most | first view of the month sheet after a start, median of 5, ms |\n|---|---|---|---|---|---|", engine)
	for _, line := range notes {
		say("%s", line)
	}
}

// hitRates reads the counts of a server.
func hitRates(t *testing.T, p *process, v *visitor) string {
	t.Helper()
	n := metrics(t, v)
	rate := func(tier string) string {
		hits, misses := n[`wakakusa_cache_requests_total{result="hit",tier="`+tier+`"}`], n[`wakakusa_cache_requests_total{result="miss",tier="`+tier+`"}`]
		if hits+misses == 0 {
			return "–"
		}
		return fmt.Sprintf("%.1f %% of %.0f", 100*hits/(hits+misses), hits+misses)
	}
	_, peak := p.memory()
	return fmt.Sprintf("%s | %s | %.1f | %d", rate("memory"), rate("redis"), n["wakakusa_cache_bytes"]/1e6, peak)
}

// firstViews is how long the first look at the month sheet takes after a start.
func firstViews(t *testing.T, dir string) string {
	t.Helper()
	var took []time.Duration
	for range 5 {
		p, err := launch(dir, "demo")
		if err != nil {
			t.Fatal(err)
		}
		v := newVisitor(t, p, "", 4)
		v.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // to the sheet
		if a := v.ask(request{method: http.MethodPost, path: strings.TrimPrefix(p.link(t, "manager"), p.url)}); a.status != http.StatusSeeOther {
			t.Fatal(a.status)
		}
		v.http.CheckRedirect = nil
		a := v.ask(request{method: http.MethodGet, path: "/o/wakakusa/rosters", encoding: "gzip"})
		if a.status != http.StatusOK {
			t.Fatal(a.status)
		}
		took = append(took, a.took)
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(took)
	return ms(took[2])
}
