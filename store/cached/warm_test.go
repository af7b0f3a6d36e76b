package cached

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/daemontest"
)

// panicking is a store that no page would survive.
type panicking struct{ store.Store }

func (panicking) Read(context.Context, roster.OrgID, func(store.Reader) error) error {
	panic("a row that nobody thought of")
}

func (panicking) Ping(context.Context) error { return nil }

func (panicking) Close() error { return nil }

// TestReadingAheadSurvives: what would be one 500 for a page must not end the program in the background.
func TestReadingAheadSurvives(t *testing.T) {
	out := &daemontest.Log{}
	s, err := New(panicking{}, Options{MB: 1, Now: time.Now, Log: slog.New(slog.NewTextHandler(out, nil))})
	must(t, err)
	defer s.Close()
	s.warmer.want(roster.Org{ID: "o", Timezone: "Asia/Tokyo"}, nil)
	for end := time.Now().Add(10 * time.Second); !strings.Contains(out.String(), "warm.go"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not told with the way that led there:\n%s", out)
		}
	}
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "a row that nobody thought of") {
		t.Error(text)
	}
}
