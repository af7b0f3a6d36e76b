package logs

import (
	"context"
	"errors"
	"log/slog"

	"wakakusa/store"
)

// handler adds to each line its stream and the request that caused it.
type handler struct {
	all    slog.Handler
	severe slog.Handler // warnings and what is worse go there as well; nil: nowhere
	audit  bool
}

func (h handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.all.Enabled(ctx, level) || h.severe != nil && h.severe.Enabled(ctx, level)
}

func (h handler) Handle(ctx context.Context, r slog.Record) (err error) {
	line := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	line.AddAttrs(slog.String("stream", h.stream(r.Level)))
	from := store.OriginOf(ctx)
	if from.Request != "" {
		line.AddAttrs(slog.String("request", from.Request))
	}
	if from.SignIn != "" {
		line.AddAttrs(slog.String("sign_in", from.SignIn))
	}
	r.Attrs(func(a slog.Attr) bool { line.AddAttrs(a); return true })
	if h.all.Enabled(ctx, r.Level) {
		err = h.all.Handle(ctx, line)
	}
	if h.severe != nil && h.severe.Enabled(ctx, r.Level) {
		err = errors.Join(err, h.severe.Handle(ctx, line))
	}
	return err
}

// stream is the narrowest that a line belongs to.
func (h handler) stream(level slog.Level) string {
	switch {
	case h.audit:
		return streamAudit
	case level >= slog.LevelWarn:
		return streamError
	}
	return streamApp
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(func(x slog.Handler) slog.Handler { return x.WithAttrs(attrs) })
}

func (h handler) WithGroup(name string) slog.Handler {
	return h.with(func(x slog.Handler) slog.Handler { return x.WithGroup(name) })
}

func (h handler) with(change func(slog.Handler) slog.Handler) slog.Handler {
	h.all = change(h.all)
	if h.severe != nil {
		h.severe = change(h.severe)
	}
	return h
}
