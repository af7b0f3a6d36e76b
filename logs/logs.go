// Package logs is where the program says what happens: three streams of lines, to standard output or to files. app is everything, error what
// somebody should look at, audit who did what. Each line names its stream and the request that caused it.
package logs

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// Config says where lines go.
type Config struct {
	Out       io.Writer  // of all streams while there is no Dir
	Dir       string     // of app.log, error.log and audit.log; "": none
	JSON      bool       // one JSON object a line
	Level     slog.Level // below it nothing is said; the audit stream knows no levels
	MaxMB     int        // of one file
	AppDays   int        // that files are kept, at least, after their last line
	ErrorDays int
	AuditDays int
	Complain  io.Writer // hears that a file cannot be written: the log itself could not say so
	Now       func() time.Time
}

// Logs are the open streams.
type Logs struct {
	App   *slog.Logger // everything; warnings and what is worse are of the stream error, too
	Audit *slog.Logger
	files []*file
}

const (
	streamApp   = "app"
	streamError = "error"
	streamAudit = "audit"
)

// Open begins to write. A directory that cannot be used is an error; a disk that fills up later is none.
func Open(c Config) (*Logs, error) {
	if c.Dir == "" {
		out := c.lines(c.Out)
		return &Logs{App: slog.New(handler{all: out(c.Level)}), Audit: slog.New(handler{all: out(slog.LevelInfo), audit: true})}, nil
	}
	if err := usable(c.Dir); err != nil {
		return nil, fmt.Errorf("LOG_DIR: no log can be written in %s: %w", c.Dir, err)
	}
	l := &Logs{}
	app, errs, audit := l.file(c, streamApp, c.AppDays), l.file(c, streamError, c.ErrorDays), l.file(c, streamAudit, c.AuditDays)
	l.App = slog.New(handler{all: app(c.Level), severe: errs(max(slog.LevelWarn, c.Level))})
	l.Audit = slog.New(handler{all: audit(slog.LevelInfo), audit: true})
	return l, nil
}

// file adds one and returns what makes handlers that write to it.
func (l *Logs) file(c Config, stream string, days int) func(slog.Level) slog.Handler {
	f := newFile(filepath.Join(c.Dir, stream+".log"), days, c)
	l.files = append(l.files, f)
	return c.lines(f)
}

// lines returns what makes handlers that write to one place, a whole line at a time.
func (c Config) lines(to io.Writer) func(slog.Level) slog.Handler {
	to = &visible{to: to}
	return func(level slog.Level) slog.Handler {
		options := &slog.HandlerOptions{Level: level}
		if c.JSON {
			return slog.NewJSONHandler(to, options)
		}
		return slog.NewTextHandler(to, options)
	}
}

// Close ends the files.
func (l *Logs) Close() error {
	var errs []error
	for _, f := range l.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// usable makes the directory and tries it: files are made and renamed in it.
func usable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, stream := range []string{streamApp, streamError, streamAudit} {
		f, err := os.OpenFile(filepath.Join(dir, stream+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
			return err
		}
	}
	f, err := os.CreateTemp(dir, ".try")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
