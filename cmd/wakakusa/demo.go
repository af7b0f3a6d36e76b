package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"wakakusa/app/demo"
	"wakakusa/roster"
)

// demoCmd serves on loopback with a demo organisation, made at the first start, and prints one-time sign-in links that are new at
// every start. There is no password to guess.
type demoCmd struct {
	Seed   uint64 `help:"Seed of the demo data." default:"1"`
	Staff  int    `help:"Number of staff." default:"100"`
	Months int    `help:"Months of rosters, the next one included." default:"3"`
}

func (d demoCmd) Run(e *env) (err error) {
	host, _, err := net.SplitHostPort(e.config.Listen)
	if err != nil || !net.ParseIP(host).IsLoopback() {
		return errors.New("the demo listens on loopback only: LISTEN must be 127.0.0.1:PORT")
	}
	to, err := e.openLogs()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return serving(e.ctx, e.config, to, func(p *program) error { return d.links(e.ctx, e, p) })
}

// links builds the organisation if it is missing and prints where to sign in.
func (d demoCmd) links(ctx context.Context, e *env, p *program) error {
	org, err := p.store.OrgBySlug(ctx, demo.Slug)
	if roster.KindOf(err) == roster.NotFound {
		today := roster.DayOf(time.Now().In(roster.Japan))
		_, err = demo.Build(ctx, p.store, demo.Options{Seed: d.Seed, Today: today, Staff: d.Staff, Months: d.Months, NewID: newID})
		if err == nil {
			org, err = p.store.OrgBySlug(ctx, demo.Slug)
		}
	}
	if err != nil {
		return err
	}
	if err := p.app.DropDemoLinks(ctx); err != nil {
		return err
	}
	who, err := demo.SignIns(ctx, p.store, org.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "わかくさシフト デモ  %s\n\n一度だけ使えるログイン用リンク:\n", p.address)
	for _, m := range who {
		token, err := p.app.DemoLink(ctx, org.ID, m)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.out, "  %-8s %s  %s/links/%s\n", m.Role, m.Name, p.address, token)
	}
	fmt.Fprintln(e.out)
	return nil
}
