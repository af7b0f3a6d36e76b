// Package check judges an installation: facts in, findings out. It looks at nothing itself and knows nothing of ours; who calls it has
// gathered the facts.
package check

import (
	"cmp"
	"fmt"
	"slices"
)

// Level says how bad a finding is.
type Level string

// An error must be mended before people use the site. A warning need not keep it from starting: most can only be mended while it runs.
const (
	Error   Level = "error"
	Warning Level = "warning"
)

// Finding is one thing that is not as it should be.
type Finding struct {
	ID       string      `json:"id"`
	Level    Level       `json:"level"`
	Passing  bool        `json:"passing,omitempty"` // it came with time, and may go by itself or while the site is used
	What     string      `json:"what"`
	Cure     string      `json:"cure"`
	Accepted *Acceptance `json:"accepted,omitempty"`
}

// item is one question to the facts.
type item struct {
	id      string
	level   Level
	when    when
	passing bool // nobody set it up so: it came with time
	refused bool // the program does not start in staging and production where it is found; it cannot be accepted
	cure    string
	look    func(*Facts) []string // what is wrong, each in a sentence; none: nothing
}

// when an item is asked.
type when int

const (
	always  when = iota
	deploy       // before people use the site
	serving      // before people use the site, and only where settings are for that: in staging and production
)

func items() []item {
	return slices.Concat(settingItems(), webItems(), certificateItems(), fileItems(), machineItems(), databaseItems(), serverItems(), backupItems())
}

// Listed is all that can be found.
func Listed() (all []Finding) {
	for _, x := range items() {
		all = append(all, Finding{ID: x.id, Level: x.level, Passing: x.passing, Cure: x.cure})
	}
	return all
}

// Find asks everything. What was accepted is told with its acceptance, errors come first.
func Find(f *Facts) []Finding {
	var found []Finding
	for _, x := range items() {
		if x.when == always || f.Deploy && (x.when == deploy || f.Settings.Serving()) {
			found = append(found, x.find(f)...)
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(a.Level, b.Level) })
	return found
}

// Refusals are the findings with which the program does not start. They need nothing but the settings.
func Refusals(s Settings) []Finding {
	var found []Finding
	for _, x := range items() {
		if x.refused && s.Serving() {
			found = append(found, x.find(&Facts{Settings: s})...)
		}
	}
	return found
}

func (x item) find(f *Facts) (found []Finding) {
	for _, what := range x.look(f) {
		one := Finding{ID: x.id, Level: x.level, Passing: x.passing, What: what, Cure: x.cure}
		if !x.refused {
			one.Accepted = f.Settings.acceptance(x.id, f.Now)
		}
		found = append(found, one)
	}
	return found
}

// one is what a question answers that has one sentence to say.
func one(bad bool, format string, args ...any) []string {
	if !bad {
		return nil
	}
	return []string{fmt.Sprintf(format, args...)}
}
