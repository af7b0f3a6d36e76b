package logs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"

	"wakakusa/roster"
)

// file is the file of one stream. It begins anew when it is full and with the first line of each day in Japan; what came before is kept
// beside it, compressed, under the moment (UTC) at which it ended.
type file struct {
	mu       sync.Mutex
	to       *lumberjack.Logger
	now      func() time.Time
	day      roster.Day // of the lines in it
	complain io.Writer
	failing  bool
	torn     bool // it ends with half a line
}

func newFile(path string, days int, c Config) *file {
	f := &file{to: &lumberjack.Logger{Filename: path, MaxSize: c.MaxMB, MaxAge: days, Compress: true}, now: c.Now, complain: c.Complain}
	f.day = f.today()
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		f.day = roster.DayOf(info.ModTime().In(roster.Japan))
	}
	return f
}

func (f *file) today() roster.Day { return roster.DayOf(f.now().In(roster.Japan)) }

// Write never fails: whoever has something to say does not stop because nobody can hear it.
func (f *file) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(errors.Join(f.turn(), f.write(line)))
	return len(line), nil
}

// turn begins a new file with a new day.
func (f *file) turn() error {
	today := f.today()
	if today == f.day {
		return nil
	}
	if info, err := os.Stat(f.to.Filename); err != nil || info.Size() > 0 {
		if err := f.to.Rotate(); err != nil {
			return err
		}
	}
	f.day, f.torn = today, false
	return nil
}

func (f *file) write(line []byte) error {
	if f.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := f.to.Write(line)
	if n > 0 {
		f.torn = err != nil
	}
	return err
}

// note says once that lines are lost, and again only after it went well.
func (f *file) note(err error) {
	if err != nil && !f.failing {
		fmt.Fprintf(f.complain, "wakakusa: %s cannot be written; lines are lost until it can: %v\n", f.to.Filename, err)
	}
	f.failing = err != nil
}

// Close ends it.
func (f *file) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.to.Close()
}
