package views

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wakakusa/roster"
)

// catalogue reads all sentences of a language.
func catalogue(t *testing.T, lang string) map[string]string {
	t.Helper()
	all := map[string]string{}
	files, err := filepath.Glob("text/*." + lang + ".json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var some map[string]any
		if err := json.Unmarshal(b, &some); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for k, v := range some {
			if all[k] != "" {
				t.Errorf("%s stands twice", k)
			}
			all[k] = text(v)
		}
	}
	return all
}

// text joins the plural forms of a sentence.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	var forms []string
	for _, k := range slices.Sorted(maps.Keys(v.(map[string]any))) {
		forms = append(forms, v.(map[string]any)[k].(string))
	}
	return strings.Join(forms, " ")
}

var argument = regexp.MustCompile(`{{\s*\.(\w+)`)

func arguments(s string) []string {
	var names []string
	for _, m := range argument.FindAllStringSubmatch(s, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return names
}

func TestCatalogues(t *testing.T) {
	ja, en := catalogue(t, "ja"), catalogue(t, "en")
	for k := range ja {
		switch {
		case en[k] == "":
			t.Errorf("%s is missing in English", k)
		case !slices.Equal(arguments(ja[k]), arguments(en[k])):
			t.Errorf("%s takes %v in Japanese and %v in English", k, arguments(ja[k]), arguments(en[k]))
		}
	}
	for k := range en {
		if ja[k] == "" {
			t.Errorf("%s is missing in Japanese", k)
		}
	}
}

// used finds keys in the code: the first argument of T and With, texts of refusals, and keys in tables.
var used = regexp.MustCompile(`"((?:[a-z_]+)\.[a-z0-9_]+(?:\.[a-z0-9_]+)*)"`)

// nouns are the first words of keys; other dotted strings in the code are no sentences.
func nouns(keys map[string]string) map[string]bool {
	found := map[string]bool{}
	for k := range keys {
		first, _, _ := strings.Cut(k, ".")
		found[first] = true
	}
	return found
}

// notKeys are dotted words that name something else: files, tables, acts.
var notKeys = regexp.MustCompile(`\.(js|css|svg|png|json|templ|webmanifest|db|conf)$`)

// TestNoSentenceIsMissing looks up every key that the code names, and every one it puts together from a list.
func TestNoSentenceIsMissing(t *testing.T) {
	ja := catalogue(t, "ja")
	known := nouns(ja)
	for _, pattern := range []string{"*.go", "*.templ", "../handlers/*.go", "../app/*.go", "../roster/*.go", "../store/sqldb/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") || strings.HasSuffix(f, "_templ.go") {
				continue
			}
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range used.FindAllStringSubmatch(string(b), -1) {
				first, _, _ := strings.Cut(m[1], ".")
				if known[first] && ja[m[1]] == "" && !strings.HasSuffix(m[1], "_") && !notKeys.MatchString(m[1]) && !isEvent(m[1]) {
					t.Errorf("%s: %s is missing", f, m[1])
				}
			}
		}
	}
	for _, k := range combined() {
		if ja[k] == "" {
			t.Errorf("%s is missing", k)
		}
	}
}

// isEvent: acts and events are named like keys; what the history says of them stands under "event." and "act.".
func isEvent(key string) bool {
	_, verb, _ := strings.Cut(key, ".")
	return slices.Contains(roster.Actions, key) || slices.Contains([]string{
		"saved", "removed", "placed", "changed", "left", "locked", "unlocked", "edited", "undone", "published",
		"withdrawn", "closed", "reopened", "founded", "joined", "imported", "restored", "erased",
	}, verb)
}

// combined are keys made of a prefix and a value.
func combined() (keys []string) {
	for _, x := range roster.Roles {
		keys = append(keys, "role."+string(x))
	}
	for _, x := range roster.Actions {
		keys = append(keys, "access."+x)
		noun, _, _ := strings.Cut(x, ".")
		keys = append(keys, "history.noun_"+noun)
	}
	for _, x := range roster.Classes {
		keys = append(keys, "class."+string(x))
	}
	for _, x := range []roster.Rule{roster.RuleDouble, roster.RuleRest, roster.RuleRun, roster.RuleWeek, roster.RuleFollower, roster.RuleNight, roster.RuleInactive} {
		keys = append(keys, "breach."+string(x))
	}
	for _, x := range []string{"403", "404", "405", "409", "413", "421", "422", "429", "500"} {
		keys = append(keys, "error.title_"+x, "error.text_"+x)
	}
	for _, x := range []string{"roster", "me", "calendar", "staff", "needs", "codes", "sites", "jobs", "holidays", "members", "history", "org", "account"} {
		keys = append(keys, "menu."+x)
	}
	return keys
}

// TestStories: every component draws in every state, and no sentence is missing in either language.
func TestStories(t *testing.T) {
	texts, err := LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range roster.Languages {
		known := nouns(catalogue(t, lang))
		for _, s := range Stories(Frame{Text: texts.For(lang)}) {
			var b strings.Builder
			if err := s.Page.Render(t.Context(), &b); err != nil {
				t.Errorf("%s: %v", s.Slug, err)
			}
			for _, m := range shownKey.FindAllStringSubmatch(b.String(), -1) {
				if first, _, _ := strings.Cut(m[1], "."); known[first] {
					t.Errorf("%s %s shows the key %s", lang, s.Slug, m[1])
				}
			}
		}
	}
}

// shownKey is a key in place of its sentence.
var shownKey = regexp.MustCompile(`>([a-z_]+\.[a-z0-9_.]+)<`)
