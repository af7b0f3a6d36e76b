package main

import (
	"errors"
	"fmt"
	"os"
)

// serveCmd serves the application. On an empty database it prints the one-time link that creates the first organisation.
type serveCmd struct{}

func (serveCmd) Run(e *env) error {
	log := logger(e.config, os.Stderr)
	for name, cure := range ignored {
		if e.vars[name] != "" {
			log.Warn("setting of the former system is ignored", "name", name, "cure", cure)
		}
	}
	p, err := start(e.ctx, e.config, log)
	if err != nil {
		return err
	}
	token, err := p.app.FirstRunLink(e.ctx)
	if err != nil {
		return errors.Join(err, p.Close())
	}
	fmt.Fprintf(e.out, "わかくさシフト  %s\n", p.address)
	if token != "" {
		fmt.Fprintf(e.out, "\n初期設定 (一度だけ使えます・24時間有効):\n  %s/links/%s\n\n", p.address, token)
	}
	p.run(e.ctx)
	return p.Close()
}
