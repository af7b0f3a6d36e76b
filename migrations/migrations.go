// Package migrations embeds the schema, one folder an engine, same numbers and names. Forward only.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed sqlite/*.sql mysql/*.sql
var files embed.FS

// For returns the migrations of an engine ("sqlite", "mysql").
func For(engine string) (fs.FS, error) { return fs.Sub(files, engine) }
