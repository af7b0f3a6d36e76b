package views

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// Nothing draws nothing: an answer that is only a toast.
func Nothing() templ.Component {
	return templ.ComponentFunc(func(context.Context, io.Writer) error { return nil })
}
