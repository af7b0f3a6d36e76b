package main

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// docsRoot is the top of the module, seen from here.
var docsRoot = filepath.Join("..", "..")

// TestDocs keeps what is written about the program true.
func TestDocs(t *testing.T) {
	t.Run("every setting stands in both READMEs", func(t *testing.T) {
		for _, name := range []string{"README.md", "README.ja.md"} {
			text := readDoc(t, name)
			for _, setting := range settingNames() {
				if !strings.Contains(text, "| `"+setting+"` |") {
					t.Errorf("%s does not have %s in its table", name, setting)
				}
			}
			for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|").FindAllStringSubmatch(text, -1) {
				if !slices.Contains(settingNames(), row[1]) {
					t.Errorf("%s has %s, which is no setting", name, row[1])
				}
			}
		}
	})
	t.Run("every subcommand stands in both READMEs", func(t *testing.T) {
		for _, name := range []string{"README.md", "README.ja.md"} {
			text := readDoc(t, name)
			for _, command := range commandNames() {
				if !regexp.MustCompile("(?m)^\\| `" + command + "[ `]").MatchString(text) {
					t.Errorf("%s does not have the command %s", name, command)
				}
			}
		}
	})
	t.Run("commands that are shown exist", func(t *testing.T) {
		shown := regexp.MustCompile("(?m)(?:bin/|^|sudo -u wakakusa |[A-Z_]+=\\S+ |`)wakakusa ([a-z][a-z-]+)\\b")
		eachDoc(t, func(name, text string) {
			for _, m := range shown.FindAllStringSubmatch(text, -1) {
				if !slices.ContainsFunc(commandNames(), func(c string) bool { return c == m[1] || strings.HasPrefix(c, m[1]+" ") }) {
					t.Errorf("%s shows wakakusa %s, which is no command", name, m[1])
				}
			}
		})
	})
	t.Run("make targets that are shown exist", func(t *testing.T) {
		makefile := "\n" + readDoc(t, "Makefile")
		shown := regexp.MustCompile("(?m)(?:^|`)make ([a-z][a-z-]+)")
		eachDoc(t, func(name, text string) {
			for _, m := range shown.FindAllStringSubmatch(text, -1) {
				if !strings.Contains(makefile, "\n"+m[1]+":") {
					t.Errorf("%s shows make %s, which is no target", name, m[1])
				}
			}
		})
	})
	t.Run("every direct dependency has its line", func(t *testing.T) {
		table := readDoc(t, "docs/adr/0011-dependencies.md")
		direct := regexp.MustCompile(`(?m)^\t(\S+\.\S+) (v\S+)$`).FindAllStringSubmatch(readDoc(t, "go.mod"), -1)
		if len(direct) < 10 {
			t.Fatalf("%d direct dependencies read", len(direct))
		}
		for _, m := range direct {
			if !strings.Contains(table, m[1]) || !strings.Contains(table, m[2]) {
				t.Errorf("%s %s is not in docs/adr/0011-dependencies.md", m[1], m[2])
			}
		}
	})
	t.Run("words of the glossary occur in the code", glossaryOccurs)
	t.Run("what is recorded stands in the guide, and nothing else", auditCatalogue)
	t.Run("relative links lead somewhere", linksLead)
	t.Run("records are numbered and listed", recordsListed)
}

// commandNames are the subcommands as they are typed: "serve", "user reset".
func commandNames() []string { return commandsOf(reflect.TypeFor[commands](), "") }

func commandsOf(t reflect.Type, before string) (names []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if _, ok := f.Tag.Lookup("cmd"); !ok {
			continue
		}
		name := before + cmp.Or(f.Tag.Get("name"), strings.ToLower(f.Name))
		if inner := commandsOf(f.Type, name+" "); len(inner) > 0 {
			names = append(names, inner...)
		} else {
			names = append(names, name)
		}
	}
	return names
}

func readDoc(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(docsRoot, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// eachDoc reads every Markdown file of the repository.
func eachDoc(t *testing.T, look func(name, text string)) {
	t.Helper()
	seen := 0
	eachFile(t, []string{".md"}, func(name, text string) {
		seen++
		look(name, text)
	})
	if seen < 20 {
		t.Errorf("only %d documents found", seen)
	}
}

// eachFile reads the files with one of the endings; what was built or belongs to git is left out.
func eachFile(t *testing.T, endings []string, look func(name, text string)) {
	t.Helper()
	err := filepath.WalkDir(docsRoot, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "bin", "data", "artifacts", "node_modules"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains(endings, filepath.Ext(path)) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			look(filepath.ToSlash(strings.TrimPrefix(path, docsRoot+string(filepath.Separator))), string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var inCode = regexp.MustCompile("`([^`]+)`")

// glossaryOccurs looks for every word in code type of the second and third column, as a whole word. An English word of the second
// column may be written with any capitals.
func glossaryOccurs(t *testing.T) {
	var all strings.Builder
	eachFile(t, []string{".go", ".sql", ".css", ".js", ".templ"}, func(name, text string) {
		if !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "static/vendor/") {
			all.WriteString(text)
		}
	})
	code, words := all.String(), 0
	for n, line := range strings.Split(readDoc(t, "docs/glossary.md"), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 5 {
			continue
		}
		for i, column := range []string{cells[2], cells[3]} {
			for _, m := range inCode.FindAllStringSubmatch(column, -1) {
				words++
				form := regexp.QuoteMeta(m[1])
				if i == 0 {
					form = "(?i)" + form
				}
				if !regexp.MustCompile(edge(m[1][:1], `\b`) + form + edge(m[1][len(m[1])-1:], `\b`)).MatchString(code) {
					t.Errorf("glossary.md:%d: %q is not in the code", n+1, m[1])
				}
			}
		}
	}
	if words < 150 {
		t.Errorf("only %d words found", words)
	}
}

// edge is a word's edge beside a letter, and nothing beside a sign.
func edge(sign, at string) string {
	if regexp.MustCompile(`^\w$`).MatchString(sign) {
		return at
	}
	return ""
}

var (
	docLink  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codeWall = regexp.MustCompile("(?s)```.*?```")
)

func linksLead(t *testing.T) {
	eachDoc(t, func(name, text string) {
		for _, m := range docLink.FindAllStringSubmatch(codeWall.ReplaceAllString(text, ""), -1) {
			to, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			target := filepath.Join(docsRoot, filepath.FromSlash(name))
			if to != "" {
				target = filepath.Join(filepath.Dir(target), filepath.FromSlash(to))
			}
			body, err := os.ReadFile(target)
			if info, stat := os.Stat(target); stat != nil {
				t.Errorf("%s: %s leads nowhere", name, m[1])
			} else if anchor != "" && (info.IsDir() || err != nil || !slices.Contains(anchorsOf(string(body)), anchor)) {
				t.Errorf("%s: %s has no such heading", name, m[1])
			}
		}
	})
}

var notInAnchor = regexp.MustCompile(`[^\p{L}\p{N}\p{M}_\- ]`)

// anchorsOf are the headings as links name them.
func anchorsOf(text string) (list []string) {
	for line := range strings.Lines(codeWall.ReplaceAllString(text, "")) {
		if head := strings.TrimLeft(line, "#"); head != line && strings.HasPrefix(head, " ") {
			plain := notInAnchor.ReplaceAllString(strings.ToLower(strings.TrimSpace(head)), "")
			list = append(list, strings.ReplaceAll(plain, " ", "-"))
		}
	}
	return list
}

// recordsListed: decisions are numbered without gaps and stand in their list.
func recordsListed(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(docsRoot, "docs", "adr", "0*.md"))
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	list := readDoc(t, "docs/adr/README.md")
	for i, path := range files {
		name := filepath.Base(path)
		if number := "0000" + strconv.Itoa(i+1); !strings.HasPrefix(name, number[len(number)-4:]+"-") {
			t.Errorf("%s stands at place %d", name, i+1)
		}
		if !strings.Contains(list, "("+name+")") {
			t.Errorf("%s is not in the list", name)
		}
	}
}

// auditCatalogue compares the names of events and actions in the sources with those in the guide (U1).
func auditCatalogue(t *testing.T) {
	named := func(pattern, text string) (list []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			list = append(list, m[1])
		}
		slices.Sort(list)
		return list
	}
	code := named(`(?m)^\s*(?:const )?(?:Event|Action)\w+\s*= "([a-z_]+\.[a-z_]+)"`, readDoc(t, "roster/event.go")+readDoc(t, "roster/access.go"))
	docs := named("(?m)^\\| `([a-z_]+\\.[a-z_]+)` \\|", readDoc(t, "docs/operations/audit.md"))
	if len(code) < 30 || !slices.Equal(code, docs) {
		t.Errorf("the code has %v\nthe guide has %v", code, docs)
	}
}
