package main

import (
	"fmt"
	"os"
)

// serveCmd serves the application. On an empty database it prints the one-time link that creates the first organisation.
type serveCmd struct{}

func (serveCmd) Run(e *env) error {
	log := logger(e.config, os.Stderr)
	for _, notice := range e.config.notices() {
		log.Warn("a setting of the former system", "notice", notice)
	}
	return serving(e.ctx, e.config, log, func(p *program) error {
		token, err := p.app.FirstRunLink(e.ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.out, "わかくさシフト  %s\n", p.address)
		if token != "" {
			fmt.Fprintf(e.out, "\n初期設定 (一度だけ使えます・24時間有効):\n  %s/links/%s\n\n", p.address, token)
		}
		return nil
	})
}
