package main

import (
	"errors"
	"fmt"
)

// serveCmd serves the application. On an empty database it prints the one-time link that creates the first organisation.
type serveCmd struct{}

func (serveCmd) Run(e *env) (err error) {
	to, err := e.openLogs()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	for _, notice := range e.config.notices() {
		to.App.Warn("a setting of the former system", "notice", notice)
	}
	return serving(e.ctx, e.config, to, func(p *program) error {
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
