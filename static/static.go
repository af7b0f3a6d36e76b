// Package static holds style, script and pictures, each under a name that changes with its content.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Prefix is the path under which the assets are served.
const Prefix = "/s/"

//go:embed *.css *.js *.svg *.png *.webmanifest vendor/*.js
var files embed.FS

// Assets knows every asset by its name and by its served path. The zero value and nil know none.
type Assets struct {
	urls  map[string]string
	files map[string]Asset
}

// Asset is one file as it is sent. Gzip is nil when packing it does not pay.
type Asset struct {
	Type       string
	Body, Gzip []byte
}

// New reads and packs the embedded assets. The manifest comes last because it names others by their hashed path.
func New() (*Assets, error) {
	a := &Assets{urls: map[string]string{}, files: map[string]Asset{}}
	var manifests []string
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if path.Ext(name) == ".webmanifest" {
			manifests = append(manifests, name)
			return nil
		}
		return a.add(name)
	})
	for _, name := range manifests {
		if err == nil {
			err = a.add(name)
		}
	}
	return a, err
}

// Names are the paths of all files; each holds a part of the hash of its content.
func (a *Assets) Names() []string { return slices.Sorted(maps.Values(a.urls)) }

// URL returns the served path of an asset: "app.css" → "/s/app.0123456789ab.css". An unknown name is returned without a
// hash; such a path is not served, and a test finds it.
func (a *Assets) URL(name string) string {
	if a != nil {
		if u, ok := a.urls[name]; ok {
			return u
		}
	}
	return Prefix + name
}

// Open returns the asset of a served path.
func (a *Assets) Open(served string) (Asset, bool) {
	if a == nil {
		return Asset{}, false
	}
	f, ok := a.files[served]
	return f, ok
}

func (a *Assets) add(name string) error {
	body, err := files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("asset %s: %w", name, err)
	}
	ext := path.Ext(name)
	if ext == ".webmanifest" {
		body = a.link(body)
	}
	packed, err := pack(body)
	if err != nil {
		return fmt.Errorf("asset %s: %w", name, err)
	}
	sum := sha256.Sum256(body)
	base := path.Base(name)
	served := Prefix + strings.TrimSuffix(base, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	a.urls[base], a.files[served] = served, Asset{Type: typeOf(ext), Body: body, Gzip: packed}
	return nil
}

// link replaces plain asset paths by hashed ones.
func (a *Assets) link(body []byte) []byte {
	for name, u := range a.urls {
		body = bytes.ReplaceAll(body, []byte(`"`+Prefix+name+`"`), []byte(`"`+u+`"`))
	}
	return body
}

func typeOf(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	}
	return "image/png"
}

// pack compresses as small as gzip goes; nil when that saves less than a tenth.
func pack(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if b.Len() > len(body)*9/10 {
		return nil, nil
	}
	return b.Bytes(), nil
}
