package store

import "context"

// Origin says where a request came from: every record and every line of the log that it causes names it.
type Origin struct {
	Request string // its id
	Address string // of the person, "" for the program itself
	SignIn  string // tells one sign-in from another: the first digits of its hash, "" for strangers
}

type originKey struct{}

// WithOrigin returns a context that knows where its request came from.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf returns that of a context; empty for what no request caused.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}
