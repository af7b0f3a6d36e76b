package main

import (
	"errors"
	"fmt"
	"time"

	"wakakusa/app"
	"wakakusa/roster"
)

// userCmd is for the one who runs the server. On SQLite the server must not run meanwhile: one process holds the file.
type userCmd struct {
	Reset userResetCmd `cmd:"" help:"Print a one-time link with which a person chooses a new password."`
}

type userResetCmd struct {
	Login string `arg:"" help:"User name or e-mail address."`
}

func (c userResetCmd) Run(e *env) (err error) {
	s, err := openStore(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	token, err := app.New(s, time.Now, newID).OperatorReset(e.ctx, c.Login)
	if roster.KindOf(err) == roster.NotFound {
		return fmt.Errorf("nobody signs in as %q", c.Login)
	}
	if err != nil {
		return err
	}
	address := e.config.PublicURL
	if address == "" {
		address = "http://" + e.config.Listen
	}
	fmt.Fprintf(e.out, "パスワード再設定用リンク (一度だけ使えます・%.0f分間有効):\n  %s/links/%s\n", app.ResetLasts.Minutes(), address, token)
	return nil
}
