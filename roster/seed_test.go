package roster

import (
	"fmt"
	"testing"
)

func TestSeedCodes(t *testing.T) {
	n := 0
	codes := SeedCodes(func() CodeID { n++; return CodeID(fmt.Sprint(n)) })
	if len(codes) < 14 {
		t.Errorf("only %d codes", len(codes))
	}
	seen := map[string]bool{}
	unique := func(what, value string) {
		if seen[what+value] {
			t.Errorf("%s %s twice", what, value)
		}
		seen[what+value] = true
	}
	for _, c := range codes {
		if err := c.Check(); err != nil {
			t.Errorf("%s: %v", c.Symbol, err)
		}
		if c.Kind.NeedsTimes() == c.Span.Empty() {
			t.Errorf("%s: times %q", c.Symbol, c.Span)
		}
		if c.Follower != "" && !seen["id"+string(c.Follower)] {
			t.Errorf("%s: its follower must stand before it", c.Symbol)
		}
		unique("id", string(c.ID))
		unique("symbol", c.Symbol)
		unique("position", fmt.Sprint(c.Position))
		unique("look", c.Color+" "+c.Pattern)
	}
}

func TestSeedJobs(t *testing.T) {
	n := 0
	seen := map[string]bool{}
	for _, j := range SeedJobs(func() JobID { n++; return JobID(fmt.Sprint(n)) }) {
		if err := j.Check(); err != nil || seen[j.Name] || j.ID == "" {
			t.Errorf("%+v: %v", j, err)
		}
		seen[j.Name] = true
	}
}
