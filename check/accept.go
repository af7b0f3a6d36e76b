package check

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Acceptance is a finding that somebody decided to live with, why, and until when.
type Acceptance struct {
	ID     string `json:"-"`
	Until  string `json:"until"` // its last day
	Reason string `json:"reason"`

	ends time.Time
}

// ParseAccepted reads "ID:2027-03-31:reason; …". What is wrong with it is told all at once.
func ParseAccepted(text string) (list []Acceptance, problems []error) {
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		a, err := parseAcceptance(part)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		list = append(list, a)
	}
	return list, problems
}

func parseAcceptance(part string) (a Acceptance, err error) {
	words := strings.SplitN(part, ":", 3)
	if len(words) != 3 || strings.TrimSpace(words[2]) == "" {
		return a, fmt.Errorf("%q is not ID:YYYY-MM-DD:reason", part)
	}
	a = Acceptance{ID: strings.TrimSpace(words[0]), Until: strings.TrimSpace(words[1]), Reason: strings.TrimSpace(words[2])}
	last, err := time.ParseInLocation(time.DateOnly, a.Until, time.Local)
	if err != nil {
		return a, fmt.Errorf("%q is no day such as 2027-03-31", a.Until)
	}
	a.ends = last.AddDate(0, 0, 1)
	i := slices.IndexFunc(items(), func(x item) bool { return x.id == a.ID })
	switch {
	case i < 0:
		return a, fmt.Errorf("nothing that can be found is called %q", a.ID)
	case items()[i].refused:
		return a, fmt.Errorf("%s cannot be accepted: the program does not start with it", a.ID)
	}
	return a, nil
}

// acceptance is the one that holds at a moment, or nil.
func (s Settings) acceptance(id string, now time.Time) *Acceptance {
	for _, a := range s.Accepted {
		if a.ID == id && now.Before(a.ends) {
			return &a
		}
	}
	return nil
}
