package static

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func load(t *testing.T) *Assets {
	t.Helper()
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAssets(t *testing.T) {
	a := load(t)
	t.Run("every served path opens", func(t *testing.T) {
		for name, u := range a.urls {
			f, ok := a.Open(u)
			if !ok || len(f.Body) == 0 || f.Type == "" {
				t.Errorf("%s: %s does not open", name, u)
			}
		}
	})
	t.Run("an unknown name is not served", func(t *testing.T) {
		if _, ok := a.Open(a.URL("nothing.css")); ok {
			t.Error("opened")
		}
	})
	t.Run("nil knows none", func(t *testing.T) {
		var none *Assets
		if _, ok := none.Open(none.URL("app.css")); ok {
			t.Error("opened")
		}
	})
	t.Run("the manifest names hashed icons", func(t *testing.T) {
		f, _ := a.Open(a.URL("manifest.webmanifest"))
		for _, name := range []string{"icon-192.png", "icon-512.png", "icon-maskable.png"} {
			if !bytes.Contains(f.Body, []byte(a.URL(name))) {
				t.Errorf("%s is not linked", name)
			}
		}
	})
}

// The page must stay light on a phone; these are the promises made for compressed sizes.
func TestBudget(t *testing.T) {
	a := load(t)
	for name, limit := range map[string]int{"app.css": 13 << 10, "app.js": 3 << 10, "board.js": 9 << 10, "passkey.js": 1 << 10, "icons.svg": 4 << 10} {
		f, _ := a.Open(a.URL(name))
		if n := len(f.Gzip); n > limit {
			t.Errorf("%s is %d bytes packed, allowed are %d", name, n, limit)
		}
	}
}

func TestVendorSums(t *testing.T) {
	list, err := os.ReadFile("vendor/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(list)) {
		want, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		body, err := os.ReadFile(filepath.Join("vendor", name))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not the file that was reviewed", name)
		}
		seen[name] = true
	}
	scripts, _ := filepath.Glob("vendor/*.js")
	for _, s := range scripts {
		if !seen[filepath.Base(s)] {
			t.Errorf("%s has no checksum", s)
		}
	}
}
