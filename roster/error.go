package roster

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of refusal an Error is; the edge maps it to an HTTP status or an exit code.
type Kind int

const (
	Internal   Kind = iota // not a refusal: a fault, shown to nobody
	Invalid                // the input is malformed
	RuleBroken             // a rule of the roster forbids it
	NotFound               // no such thing, or not in this organisation
	Stale                  // somebody else changed it first
	Taken                  // the name or place is in use
	Forbidden              // this person may not
	SignedOut              // nobody is signed in
	TooMany                // a limit on attempts is reached
	Away                   // the database does not answer; nothing was done, or the same act may be sent again
)

// Args are the values a text needs.
type Args map[string]any

// Error is the one kind of refusal in the program: what sort, which text with which values and, for a form, which field.
type Error struct {
	Kind  Kind
	Key   string // text key, e.g. "error.double_booking"
	Args  Args
	Field string // name of the form field, "" for the whole
}

func (e *Error) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("%s: %s %v", e.Field, e.Key, map[string]any(e.Args))
	}
	if len(e.Args) == 0 {
		return e.Key
	}
	return fmt.Sprintf("%s %v", e.Key, map[string]any(e.Args))
}

// Refuse makes an Error; a single Args may follow.
func Refuse(kind Kind, key string, args ...Args) *Error {
	e := &Error{Kind: kind, Key: key}
	if len(args) > 0 {
		e.Args = args[0]
	}
	return e
}

// On returns a copy of the error that points at a form field.
func (e *Error) On(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// Faults collects what is wrong with a form, one entry a field. The zero value is ready to use.
type Faults []*Error

// Add notes a fault; nil is ignored. The field is kept if the error already names one.
func (f *Faults) Add(field string, err error) {
	if err == nil {
		return
	}
	var e *Error
	if !errors.As(err, &e) {
		e = Refuse(Invalid, "error.invalid")
	}
	if e.Field == "" {
		e = e.On(field)
	}
	*f = append(*f, e)
}

// Err returns nil when nothing was noted.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

func (f Faults) Error() string {
	parts := make([]string, len(f))
	for i, e := range f {
		parts[i] = e.Error()
	}
	return strings.Join(parts, "; ")
}

// Unwrap lets errors.As find the single refusals.
func (f Faults) Unwrap() []error {
	list := make([]error, len(f))
	for i, e := range f {
		list[i] = e
	}
	return list
}

// KindOf returns the kind of the first refusal in err, Internal for any other error.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}
