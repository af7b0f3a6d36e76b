package main

import "fmt"

// migrateCmd brings the schema up to date and says where it stands.
type migrateCmd struct{}

func (migrateCmd) Run(e *env) error {
	s, lock, err := openStore(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer lock.Close()
	defer s.Close()
	at, newest, err := s.Schema(e.ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "schema %d of %d\n", at, newest)
	return nil
}
