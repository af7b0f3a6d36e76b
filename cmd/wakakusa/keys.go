package main

import (
	"errors"
	"fmt"
	"time"

	"wakakusa/app"
	"wakakusa/seal"
)

// keysCmd is about SECRET_KEY.
type keysCmd struct {
	Generate keysGenerateCmd `cmd:"" help:"Print a new value for SECRET_KEY."`
	Rotate   keysRotateCmd   `cmd:"" help:"Seal anew with SECRET_KEY what was sealed with a key of SECRET_KEY_FALLBACKS."`
}

type keysGenerateCmd struct{}

func (keysGenerateCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.out, seal.NewSecret())
	return err
}

type keysRotateCmd struct{}

func (keysRotateCmd) Run(e *env) (err error) {
	sealer, err := e.config.sealer()
	if err != nil {
		return err
	}
	s, err := openStore(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	a := app.New(s, time.Now, newID)
	a.SealWith(sealer)
	n, err := a.Reseal(e.ctx)
	if err != nil {
		return fmt.Errorf("%d were sealed anew, then: %w", n, err)
	}
	fmt.Fprintf(e.out, "%d 件を新しい鍵で暗号にし直しました。SECRET_KEY_FALLBACKS の古い鍵は、もう要りません。\n", n)
	return nil
}
