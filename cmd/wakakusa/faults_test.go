package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	faultRow  = regexp.MustCompile(`^\| (F-[A-F]\d+) \| [^|]+ \| ([^|]+) \|$`)
	faultTest = regexp.MustCompile(`(Test\w+)(?:, Test\w+)* \((\w+)\)`)
	testFunc  = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// TestFaultTable: every fault of the former system in docs/faults.md names a test that exists, or says with what it comes later; and
// every test named after a fault stands in the table.
func TestFaultTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "faults.md"))
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]map[string]bool{} // by room
	for _, room := range []string{"roster", "app", "handlers", "e2e"} {
		have[room] = testsOf(t, room)
	}
	named, seen := map[string]bool{}, 0
	for line := range strings.Lines(string(text)) {
		m := faultRow.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		seen++
		if strings.HasPrefix(m[2], "later with ") {
			continue
		}
		found := faultTest.FindAllString(m[2], -1)
		if len(found) == 0 {
			t.Errorf("%s names no test and does not say later: %s", m[1], m[2])
		}
		after := false // the fault's own number in the name
		for _, group := range found {
			names, room, _ := strings.Cut(strings.TrimSuffix(group, ")"), " (")
			for _, name := range strings.Split(names, ", ") {
				named[room+"."+name] = true
				after = after || strings.HasPrefix(name, "TestFault") && regexp.MustCompile(strings.TrimPrefix(m[1], "F-")+`(\D|$)`).MatchString(name)
				if !have[room][name] {
					t.Errorf("%s: there is no %s in %s", m[1], name, room)
				}
			}
		}
		if !after {
			t.Errorf("%s has no test named after it", m[1])
		}
	}
	if seen != 60 {
		t.Errorf("%d faults in the table, want 60", seen)
	}
	for room, tests := range have {
		for name := range tests {
			if strings.HasPrefix(name, "TestFault") && name != "TestFaultsCollect" && !named[room+"."+name] {
				t.Errorf("%s.%s is not in the table", room, name)
			}
		}
	}
}

func testsOf(t *testing.T, room string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", room, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", room, len(files), err)
	}
	names := map[string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
	}
	return names
}
