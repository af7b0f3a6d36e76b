package main

import (
	"fmt"
	"io"
	"os"

	"wakakusa/store/sqldb"
)

// migrateCmd brings the schema up to date and says where it stands. Two at once wait for each other on a server; on SQLite the second is
// refused.
type migrateCmd struct {
	DryRun bool `help:"Only list what would be done."`
	Status bool `help:"Only list what has been done and what not."`
}

func (c migrateCmd) Run(e *env) error {
	if _, err := os.Stat(e.config.sqliteFile()); !e.config.onMySQL() && os.IsNotExist(err) && (c.DryRun || c.Status) {
		fmt.Fprintln(e.out, "there is no database yet; all migrations would be applied")
		return nil
	}
	db, err := openDatabase(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer db.Close()
	list, err := db.Migrations(e.ctx)
	if err != nil {
		return err
	}
	printMigrations(e.out, list, c.Status)
	if !c.DryRun && !c.Status {
		if err := db.Migrate(e.ctx); err != nil {
			return fmt.Errorf("migrate (what is done stays; the rest can be tried again): %w", err)
		}
	}
	at, newest, err := db.Schema(e.ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "schema %d of %d\n", at, newest)
	return nil
}

func printMigrations(out io.Writer, list []sqldb.Migration, all bool) {
	for _, m := range list {
		switch {
		case !m.Applied:
			fmt.Fprintf(out, "pending  %s\n", m.Name)
		case all:
			fmt.Fprintf(out, "applied  %s\n", m.Name)
		}
	}
}
