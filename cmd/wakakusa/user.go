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
	Reset   userResetCmd   `cmd:"" help:"Print a one-time link with which a person chooses a new password."`
	SignIns userSignInsCmd `cmd:"" name:"sign-ins" help:"List where people are signed in, or sign them out."`
}

type userResetCmd struct {
	Login   string `arg:"" help:"User name or e-mail address."`
	Factors bool   `help:"Forget the person's second factors, too: they were lost."`
}

type userSignInsCmd struct {
	Login     string `arg:"" optional:"" help:"User name or e-mail address; without one, everybody."`
	RevokeAll bool   `name:"revoke-all" help:"Sign them out everywhere."`
}

func (c userSignInsCmd) Run(e *env) (err error) {
	s, err := openStore(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	a := app.New(s, time.Now, newID)
	if c.RevokeAll {
		n, err := a.OperatorEndSignIns(e.ctx, c.Login)
		if err == nil {
			fmt.Fprintf(e.out, "%d 台の端末をログアウトさせました\n", n)
		}
		return unknownLogin(err, c.Login)
	}
	list, err := a.OperatorSignIns(e.ctx, c.Login)
	for _, x := range list {
		fmt.Fprintf(e.out, "%s  %-20s  最後の利用 %s  %-39s  %s\n", x.Name, x.Login, japanese(time.UnixMilli(x.SeenMs)), x.From, x.Agent)
	}
	return unknownLogin(err, c.Login)
}

func unknownLogin(err error, login string) error {
	if roster.KindOf(err) == roster.NotFound {
		return fmt.Errorf("nobody signs in as %q", login)
	}
	return err
}

func (c userResetCmd) Run(e *env) (err error) {
	s, err := openStore(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	token, err := app.New(s, time.Now, newID).OperatorReset(e.ctx, c.Login, c.Factors)
	if err != nil {
		return unknownLogin(err, c.Login)
	}
	address := e.config.PublicURL
	if address == "" {
		address = "http://" + e.config.Listen
	}
	fmt.Fprintf(e.out, "パスワード再設定用リンク (一度だけ使えます・%.0f分間有効):\n  %s/links/%s\n", app.ResetLasts.Minutes(), address, token)
	return nil
}
