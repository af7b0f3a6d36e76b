package sqldb

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestTurns: those who wait are served in their order, whoever gives up is forgotten, and nothing is left behind.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var line turns
		first, err := line.take(t.Context(), "aoba")
		must(t, err)
		var served []int
		for i := range 20 {
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				if i == 7 {
					ctx, cancel = context.WithTimeout(t.Context(), time.Second)
				}
				defer cancel()
				leave, err := line.take(ctx, "aoba")
				if i == 7 {
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("the impatient one: %v", err)
					}
					return
				}
				must(t, err)
				served = append(served, i) // one at a time, or the race detector says so
				leave()
			}()
			synctest.Wait()
		}
		other, err := line.take(t.Context(), "hikari")
		must(t, err) // nobody waits for another organisation
		other()
		time.Sleep(2 * time.Second)
		first()
		synctest.Wait()
		want := 0
		for _, i := range served {
			if want == 7 {
				want++
			}
			if i != want {
				t.Fatalf("served in the order %v", served)
			}
			want++
		}
		if len(served) != 19 || len(line.of) != 0 {
			t.Errorf("%d were served, %d turns are left", len(served), len(line.of))
		}
	})
}
