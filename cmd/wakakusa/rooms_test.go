package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "wakakusa/"

// rooms lists what each room may import of ours; docs/architecture.md says why.
var rooms = map[string]struct {
	may     []string
	because string
}{
	"roster":          {nil, "rules are plain values that compile and run without database and web"},
	"store":           {[]string{"roster"}, "the interface must not know who implements or uses it"},
	"store/dump":      {nil, "the form of an export knows no table"},
	"store/sqldb":     {[]string{"store", "store/dump", "roster", "migrations"}, "the database decides nothing and draws nothing"},
	"store/cached":    {[]string{"store", "roster"}, "a Store around any Store"},
	"store/redis":     {nil, "what may be lost knows nothing of what may not"},
	"store/backup":    {[]string{"store", "store/dump", "store/offsite", "store/sqldb", "roster"}, "a backup is what the database says, and knows no people"},
	"store/offsite":   {nil, "a place for files knows nothing of what is in them"},
	"store/replica":   {nil, "a copy of a file knows nothing of what is in it"},
	"store/storetest": {[]string{"store", "roster"}, "the contract holds for any store"},
	"migrations":      {nil, "it only embeds SQL"},
	"static":          {nil, "it only embeds files"},
	"app":             {[]string{"roster", "store"}, "intents know neither web nor engine"},
	"app/demo":        {[]string{"roster", "store"}, "demo data is written like any other"},
	"app/django":      {[]string{"roster", "store"}, "an import writes like any other act"},
	"seal":            {nil, "it knows nothing of what is in a sealed text"},
	"check":           {nil, "it judges facts and looks at nothing itself"},
	"cert":            {nil, "a certificate knows nothing of whose it is"},
	"observatory":     {nil, "it judges any site, not ours"},
	"views":           {[]string{"roster", "static"}, "what is drawn must not fetch what it draws"},
	"logs":            {[]string{"store", "roster"}, "a line knows which request caused it, and nothing of what it is about"},
	"handlers":        {[]string{"app", "views", "roster", "static"}, "the edge asks app, never the store"},
	"cmd/wakakusa":    {[]string{"*"}, "it ties the rooms together"},
	"":                {nil, "it describes the module and holds litestream.yml"},
}

// outside are libraries that only one room may import.
var outside = map[string]string{
	"github.com/labstack/echo":       "handlers",
	"github.com/gorilla/sessions":    "handlers",
	"modernc.org/sqlite":             "store/sqldb",
	"github.com/pressly/goose":       "store/sqldb",
	"github.com/go-sql-driver/mysql": "store/sqldb",
	"github.com/redis/go-redis":      "store/redis",
	"github.com/maypok86/otter":      "store/cached",
	"github.com/benbjohnson":         "store/replica",
	"github.com/superfly/ltx":        "store/replica",
	"github.com/goccy/go-yaml":       "store/replica",
	"filippo.io/age":                 "store/backup",
	"github.com/aws":                 "store/offsite",
	"github.com/pkg/sftp":            "store/offsite",
	"gopkg.in/natefinch/lumberjack":  "logs",
	"golang.org/x/crypto/acme":       "cert",
}

// TestRooms keeps the import graph as the architecture draws it. Tests may import what they like.
func TestRooms(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "../../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		room := strings.TrimPrefix(strings.TrimPrefix(words[0], "wakakusa"), "/")
		if strings.HasSuffix(room, "test") && room != "store/storetest" || room == "e2e" || strings.HasPrefix(room, "cmd/") && room != "cmd/wakakusa" {
			continue
		}
		rule, ok := rooms[room]
		if !ok {
			t.Errorf("%s is a new room: say in rooms what it may import, and why", room)
		}
		for _, imported := range words[1:] {
			checkImport(t, room, imported, rule.may, rule.because)
		}
	}
}

func checkImport(t *testing.T, room, imported string, may []string, because string) {
	t.Helper()
	if mine, ok := strings.CutPrefix(imported, module); ok {
		if !slices.Contains(may, mine) && !slices.Contains(may, "*") {
			t.Errorf("%s must not know %s, because %s", room, mine, because)
		}
		return
	}
	if (room == "roster" || room == "seal" || room == "check") && strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
		t.Errorf("%s imports only the standard library, not %s", room, imported)
	}
	for lib, home := range outside {
		if strings.HasPrefix(imported, lib) && room != home && room != "cmd/wakakusa" {
			t.Errorf("%s must not know %s: it stays in %s", room, lib, home)
		}
	}
}

// TestNoProcessesInServer: nothing that answers requests starts other programs.
func TestNoProcessesInServer(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "../../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if slices.Contains(words[1:], "os/exec") && !strings.HasPrefix(words[0], "wakakusa/cmd/") && words[0] != "wakakusa/e2e" && words[0] != "wakakusa/store/daemontest" && words[0] != "wakakusa/store/sqldb/mariadbtest" {
			t.Errorf("%s imports os/exec", words[0])
		}
	}
}
