package main

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// forbidden are forms that open a door to somebody else's text (I1). Generated code and tests are not read.
var forbidden = []struct {
	what string
	form *regexp.Regexp
}{
	{"raw HTML in a page", regexp.MustCompile(`templ\.Raw\(|templ\.ComponentScript|template\.HTML\(|@templ\.Raw|SafeURL\(`)},
	{"SQL put together from values", regexp.MustCompile(`(?i)Sprintf\(\s*[` + "`" + `"]\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|PRAGMA)\s`)},
	{"SQL with a value glued in", regexp.MustCompile(`(?i)(WHERE|VALUES|SET|LIKE)[^` + "`" + `"]*= ?'[` + "`" + `"] ?\+`)},
	{"inline script or style in a page", regexp.MustCompile(`(?i)<script>|<style>| style="| on(click|error|load|submit|change|input)=`)},
}

// rightForms are lines that are right, each for its reason.
var rightForms = []string{
	"templ.SafeURL(tel(",     // digits and + only
	"templ.SafeURL(otpauth(", // of no other scheme
}

func TestForbiddenForms(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "djangotest" { // makes the former system's oddities
				return fs.SkipDir
			}
			return nil
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		if !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".templ") || strings.HasSuffix(name, "_templ.go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		seen++
		return readForbidden(t, path, name)
	})
	if err != nil || seen < 100 {
		t.Fatalf("%d files read, %v", seen, err)
	}
}

func readForbidden(t *testing.T, path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		for _, x := range forbidden {
			text := strings.TrimSpace(lines.Text())
			if x.form.MatchString(text) && !strings.HasPrefix(text, "//") && !slices.ContainsFunc(rightForms, func(k string) bool { return strings.Contains(text, k) }) {
				t.Errorf("%s:%d: %s: %s", name, n, x.what, text)
			}
		}
	}
	return lines.Err()
}
