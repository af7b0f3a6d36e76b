package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"wakakusa/store/redis/redistest"
)

// TestServesWithoutRedis: with REDIS_URL the program uses it, starts also when it is not there, and never shows its password.
func TestServesWithoutRedis(t *testing.T) {
	r := redistest.New(t, "--requirepass", "s3cret")
	vars := map[string]string{
		"DATA_DIR": t.TempDir(), "LISTEN": "127.0.0.1:0", "RATE_LIMIT": "3", "REDIS_URL": strings.Replace(r.URL, "unix://", "unix://:s3cret@", 1),
	}
	out, err := runCommand(t, vars, "config")
	if err != nil || !strings.Contains(out, ":********@") || strings.Contains(out, "s3cret") {
		t.Errorf("%v\n%s", err, out)
	}
	cfg, err := loadConfig("no such file", vars)
	if err != nil {
		t.Fatal(err)
	}
	try := func(health string) {
		t.Helper()
		var log bytes.Buffer
		p, err := start(context.Background(), cfg, logsTo(t, &log))
		if err != nil {
			t.Fatal(err)
		}
		got := map[int]int{}
		for range 5 {
			got[fetch(t, p.address+"/sign-in").StatusCode]++
		}
		body, err := io.ReadAll(fetch(t, p.address+"/health/").Body)
		if err != nil || !strings.Contains(string(body), health) || got[200] != 3 || got[429] != 2 {
			t.Errorf("%s %v, %v, wanted %s", body, err, got, health)
		}
		if err := p.Close(); err != nil || strings.Contains(log.String(), "s3cret") {
			t.Errorf("%v\n%s", err, log.String())
		}
	}
	try(`{"name":"redis","ok":true}`)
	if n := r.Authorized(t, "s3cret", "EXISTS", "wakakusa:count:requests of address 127.0.0.1").(int64); n != 1 {
		t.Error("nothing was counted in Redis")
	}
	r.Kill()
	try(`{"name":"redis","ok":false}`)
}

func fetch(t *testing.T, url string) *http.Response {
	t.Helper()
	a, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Body.Close() })
	return a
}
