package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"wakakusa/handlers"
)

// storybookCmd serves every component in every state on this machine.
type storybookCmd struct {
	Listen string `help:"Address on this machine." default:"127.0.0.1:8081"`
}

func (c storybookCmd) Run(e *env) error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil || !net.ParseIP(host).IsLoopback() {
		return errors.New("the storybook listens on loopback only")
	}
	pages, err := handlers.Storybook()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "storybook  http://%s\n", listener.Addr())
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(e.ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
