package store

import (
	"context"

	"wakakusa/roster"
)

type originKey struct{}

// WithOrigin returns a context that knows where its request came from.
func WithOrigin(ctx context.Context, o roster.Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf returns that of a context; empty for what no request caused.
func OriginOf(ctx context.Context) roster.Origin {
	o, _ := ctx.Value(originKey{}).(roster.Origin)
	return o
}
