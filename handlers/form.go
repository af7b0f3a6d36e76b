package handlers

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"wakakusa/roster"
	"wakakusa/views"
)

// adding is the id in an address under which something new is added.
const adding = "new"

// draft reads a posted form into a thing and collects what cannot be read.
type draft struct {
	c      *request
	faults roster.Faults
}

// draft begins to read the posted form.
func (c *request) draft() *draft { return &draft{c: c} }

func (d *draft) text(name string) string { return d.c.field(name) }
func (d *draft) flag(name string) bool   { return d.c.field(name) != "" }

// plain folds the full-width digits of a Japanese keyboard.
func (d *draft) plain(name string) string {
	return strings.TrimSpace(norm.NFKC.String(d.c.field(name)))
}

// needs asks for a field whose check would take nothing for 0.
func (d *draft) needs(name string) {
	if d.text(name) == "" {
		d.check(roster.Refuse(roster.Invalid, "error.required").On(name))
	}
}

// day reads a date; nothing is no date.
func (d *draft) day(name string) roster.Day {
	text := d.plain(name)
	if text == "" {
		return 0
	}
	day, err := roster.ParseDay(text)
	d.faults.Add(name, err)
	return day
}

// number reads a whole number; nothing is 0.
func (d *draft) number(name string) int {
	text := d.plain(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < -1_000_000 || n > 1_000_000 {
		d.faults.Add(name, roster.Refuse(roster.Invalid, "error.number"))
		return 0
	}
	return n
}

// hours reads a number of hours; nothing is 0.
func (d *draft) hours(name string) roster.Minutes {
	if d.text(name) == "" {
		return 0
	}
	m, err := roster.ParseHours(d.text(name))
	d.faults.Add(name, err)
	return m
}

// span reads start and end; both empty is no times.
func (d *draft) span() roster.Span {
	if d.text("start") == "" && d.text("end") == "" {
		return roster.Span{}
	}
	s, err := roster.ParseSpan(d.text("start"), d.text("end"))
	d.check(err)
	return s
}

// version is the one the form was drawn from, or one that never matches: an existing thing must not be added twice.
func (d *draft) version() int64 {
	n, err := strconv.ParseInt(d.text("version"), 10, 64)
	if err != nil || n < 1 {
		return -1
	}
	return n
}

// check adds the faults of the thing itself; a field that could not be read is told once.
func (d *draft) check(err error) {
	list, ok := err.(roster.Faults)
	if single, is := err.(*roster.Error); is {
		list, ok = roster.Faults{single}, true
	}
	if !ok {
		d.faults.Add("", err)
		return
	}
	for _, e := range list {
		if !slices.ContainsFunc(d.faults, func(x *roster.Error) bool { return x.Field == e.Field }) {
			d.faults = append(d.faults, e)
		}
	}
}

// removes reports whether the form asks to take the thing away.
func (c *request) removes() bool { return c.field("do") == "remove" }

// didWhat says what a post to an address with this parameter does, when it succeeds.
func (c *request) didWhat(param string) string {
	switch {
	case c.removes():
		return "removed"
	case c.Param(param) == adding:
		return "added"
	}
	return "saved"
}

// onceKey is the idempotency key of a master's form. It holds what was typed, so that an old form brought back by the browser's
// back button and changed is a new act and not silently the old one.
func (c *request) onceKey() string {
	key := cut(c.field("key"), 32)
	if key == "" {
		return ""
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(c.form)) {
		if name != "key" {
			fmt.Fprintf(sum, "%q%q", name, c.form[name])
		}
	}
	fmt.Fprint(sum, c.Request().URL.Path, c.actor.Account)
	return key + "." + hex.EncodeToString(sum.Sum(nil))[:24]
}

// newKey is a fresh key for a form that is drawn.
func newKey() string { return strings.ToLower(rand.Text()) }

// formOf is the form of a thing: as it is kept now, or as it was typed when it was refused. After a conflict it carries the newer
// version, so that saving again is done knowingly.
func (s *Server) formOf(c *request, path string, now map[string][]string, refusal error) views.Form {
	f := views.Form{Action: c.base() + path, Values: now, Key: newKey()}
	if refusal == nil {
		return f
	}
	f.Faults, _ = s.faultsOf(c, refusal)
	stale := roster.KindOf(refusal) == roster.Stale
	if c.field("do") == "" { // a button beside the form sent nothing of it
		f.Values = maps.Clone(c.form)
		if stale {
			f.Values["version"] = now["version"]
		}
	}
	if stale {
		f.Faults[""] = c.text.T("form.stale")
	}
	return f
}

// answer ends the post of a form: on to where the change shows, or the same form with what is wrong.
func (s *Server) answer(c *request, err error, then, done string, draw func(code int, refusal error) error) error {
	if err == nil {
		return s.goTo(c, c.base()+then+"?done="+done)
	}
	err = s.orAway(c, err)
	if _, ok := s.faultsOf(c, err); !ok {
		return err
	}
	return draw(status(err), err)
}

// dones are the sentences a page may begin with after a change.
var dones = [...]string{"saved", "added", "removed", "approved", "rejected", "backup", "drill", "restore", "cleared", "ended", "factors_reset", "linked", "unlinked", "held", "released"}

// doneNotice tells what the request before this one did.
func (c *request) doneNotice() *views.Notice {
	done := c.QueryParam("done")
	if !slices.Contains(dones[:], done) {
		return nil
	}
	return &views.Notice{Kind: "ok", Text: c.text.T("done." + done)}
}

func dayValue(d roster.Day) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// blankZero writes a number that may be missing.
func blankZero(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func tickValue(on bool) string {
	if on {
		return "1"
	}
	return ""
}

func one(v string) []string { return []string{v} }

// days writes 2026年4月1日〜, or nothing for no ends.
func (c *request) days(from, to roster.Day) string {
	write := func(d roster.Day) string {
		if d == 0 {
			return ""
		}
		return c.text.FullDay(d)
	}
	if from == 0 && to == 0 {
		return ""
	}
	return c.text.T("form.days", "From", write(from), "To", write(to))
}
