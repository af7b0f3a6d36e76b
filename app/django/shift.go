package django

import (
	"context"
	"slices"
	"strings"

	"wakakusa/roster"
	"wakakusa/store"
)

var shiftColumns = []string{
	"id", "staff_id", "shift_type_id", "date", "start_time", "end_time", "notes", "is_deleted_with_reason", "deletion_reason",
	"approval_status", "rejection_reason",
}

var shiftThing = thing[roster.Shift]{
	table: tableShift,
	now: func(ctx context.Context, r store.Reader, id string) (roster.Shift, error) {
		return r.Shift(ctx, roster.ShiftID(id))
	},
	save: func(ctx context.Context, w store.Writer, s roster.Shift) (roster.Shift, error) {
		return w.SaveShift(ctx, s)
	},
	stamp:   func(s *roster.Shift, id string, version int64) { s.ID, s.Version = roster.ShiftID(id), version },
	version: func(s roster.Shift) int64 { return s.Version },
	events: func(before *roster.Shift, after roster.Shift) []roster.Event {
		return roster.ShiftEvents(roster.Change{Before: before, After: &after})
	},
	id:    func(s roster.Shift) string { return string(s.ID) },
	title: func(s roster.Shift) string { return s.Day.String() },
}

// stream reads shifts person by person and day by day, so that what stands beside each other is seen without keeping more than a few
// rows in memory.
type stream struct {
	im        *importer
	count     *tally
	leaves    map[string][]leave
	day       []row       // rows of one person and day
	before    []placedRow // what the person has on the day before
	of        *person
	beforeDay roster.Day
	read      int
	total     int
}

// placedRow is a shift that was brought, with its foreign id.
type placedRow struct {
	old   string
	shift roster.Shift
	off   bool
}

// leave is an approved request whose private reason may have been copied into notes.
type leave struct {
	from, to roster.Day
	reason   string
}

// shifts streams all shifts of all organisations.
func (im *importer) shifts(ctx context.Context) (err error) {
	s := &stream{im: im, count: im.Report.table(tableShift)}
	if s.total, err = im.src.count(ctx, tableShift); err != nil {
		return err
	}
	if s.leaves, err = im.readLeaves(ctx); err != nil {
		return err
	}
	err = im.src.each(ctx, tableShift, shiftColumns, []string{"staff_id", "date", "start_time", "id"}, func(r row) error {
		if len(s.day) > 0 && (s.day[0].text("staff_id") != r.text("staff_id") || s.day[0].text("date") != r.text("date")) {
			if err := s.endDay(ctx); err != nil {
				return err
			}
		}
		s.day = append(s.day, r)
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.endDay(ctx); err != nil {
		return err
	}
	for _, t := range im.targets {
		if err := s.flush(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// readLeaves finds the private reasons that the former system wrote into notes when a request was approved.
func (im *importer) readLeaves(ctx context.Context) (map[string][]leave, error) {
	by := map[string][]leave{}
	err := im.src.each(ctx, tableLeave, []string{"staff_id", "start_date", "end_date", "reason"}, byID, func(r row) error {
		from, err1 := parseDay(r.text("start_date"))
		to, err2 := parseDay(r.text("end_date"))
		if reason := cleanNote(r.text("reason")); reason != "" && err1 == nil && err2 == nil {
			by[r.text("staff_id")] = append(by[r.text("staff_id")], leave{from, to, reason})
		}
		return nil
	})
	return by, err
}

// endDay brings the rows of one person and day.
func (s *stream) endDay(ctx context.Context) error {
	rows := s.day
	s.day = nil
	if len(rows) == 0 {
		return nil
	}
	s.read += len(rows)
	p := s.im.byOld[rows[0].text("staff_id")]
	d, err := parseDay(rows[0].text("date"))
	if p == nil || p.target == nil || err != nil {
		for _, r := range rows {
			s.refuse(r, p)
		}
		return nil
	}
	here := s.readDay(p, d, rows)
	s.compare(p, d, here)
	if len(p.target.shifts) >= sliceRows {
		return s.flush(ctx, p.target)
	}
	return nil
}

func (s *stream) refuse(r row, p *person) {
	s.count.rows++
	s.count.refused++
	if p == nil || p.target == nil {
		s.im.Report.tell(tableShift, r.text("id"), staffGone, r.text("staff_id"), r.text("date"))
		return
	}
	s.im.Report.tell(tableShift, r.text("id"), dayBad, p.name, r.text("date"))
}

// readDay turns rows into shifts and hands them to their organisation.
func (s *stream) readDay(p *person, d roster.Day, rows []row) []placedRow {
	t := p.target
	var here []placedRow
	for _, r := range rows {
		x := &shiftRow{row: r, im: s.im, person: p, day: d, beside: len(rows) > 1, leaves: s.leaves[p.old]}
		shift, code := x.read()
		if code.ID == "" {
			s.count.rows++
			s.count.refused++
			x.tell(codeGone)
			continue
		}
		t.shifts = append(t.shifts, &item[roster.Shift]{old: r.text("id"), hash: r.digest(shiftColumns), value: shift})
		here = append(here, placedRow{r.text("id"), shift, code.Kind.DayOff() || code.Kind == roster.KindHalf})
	}
	if period := roster.PeriodOf(d, t.site.StartDay); period.Last < s.im.today {
		t.months[period.First] = period
	}
	return here
}

// compare tells what overlaps and which day off stands beside a shift. All of it is kept.
func (s *stream) compare(p *person, d roster.Day, here []placedRow) {
	if s.of != p || s.beforeDay < d-1 {
		s.before = nil
	}
	for i, x := range here {
		for _, y := range slices.Concat(s.before, here[:i]) {
			switch {
			case y.shift.Approval == roster.Rejected || x.shift.Approval == roster.Rejected:
			case x.shift.Day == y.shift.Day && x.off != y.off:
				s.im.Report.tell(tableShift, x.old, shiftBeside, p.name, x.shift.Day, y.old, x.old)
			case x.shift.Overlaps(y.shift):
				s.im.Report.tell(tableShift, x.old, shiftOverlap, p.name, x.shift.Day, y.old, x.old)
			}
		}
	}
	s.before, s.of, s.beforeDay = here, p, d
}

func (s *stream) flush(ctx context.Context, t *target) error {
	list := t.shifts
	t.shifts = nil
	if err := keep(ctx, s.im, t, shiftThing, list, s.count); err != nil {
		return err
	}
	present := roster.PeriodOf(s.im.today, t.site.StartDay).First
	for _, it := range list {
		if it.done == added && it.value.Day >= present {
			t.ahead++
		}
	}
	if s.im.Progress != nil {
		s.im.Progress(s.read, s.total)
	}
	return nil
}

// shiftRow is one row on its way to a shift.
type shiftRow struct {
	row
	im     *importer
	person *person
	day    roster.Day
	beside bool // there are other rows on this day
	leaves []leave
}

// tell names the person and the day before the finding's own values.
func (x *shiftRow) tell(f finding, values ...any) {
	x.im.Report.tell(tableShift, x.text("id"), f, append([]any{x.person.name, x.day}, values...)...)
}

// read returns the shift and its code; the zero Code if that was removed here.
func (x *shiftRow) read() (roster.Shift, roster.Code) {
	s := roster.Shift{Site: x.person.target.site.ID, Staff: x.person.id, Day: x.day}
	var code roster.Code
	if x.isDayOff() {
		code, s.Span = x.dayOff()
	} else {
		code, s.Span = x.work()
	}
	s.Code = code.ID
	s.Note = x.note()
	s.Approval = x.im.approval(tableShift, x.text("id"), x.row)
	switch s.Approval {
	case roster.Pending:
		x.tell(shiftPending)
	case roster.Rejected:
		x.tell(shiftRefused)
	}
	if reason := strings.TrimSpace(x.text("rejection_reason")); reason != "" {
		x.im.Report.tell(tableShift, x.text("id"), reasonKept, reason)
	}
	switch {
	case !x.person.active:
		x.tell(shiftAway)
	case x.person.approval != roster.Approved:
		x.tell(shiftWaits)
	}
	return s, code
}

// isDayOff: such a row is marked deleted, but is not.
func (x *shiftRow) isDayOff() bool { return x.yes("is_deleted_with_reason", false) }

// dayOff: the row is a day off, with the code of its reason. A half day alone takes the code's times; beside a shift it has none,
// because the two would be counted twice.
func (x *shiftRow) dayOff() (roster.Code, roster.Span) {
	offs := x.person.target.offs
	reason := x.text("deletion_reason")
	code, ok := offs[reason]
	if !ok || reason == unsetReason {
		x.tell(shiftReason, reason)
		code = offs[otherReason]
	}
	if x.text("start_time") != "" || x.text("end_time") != "" || x.text("shift_type_id") != "" {
		if readable, _, _ := readSpan(x.text("start_time"), x.text("end_time")); !readable.Empty() || x.text("shift_type_id") != "" {
			x.tell(shiftOffTime, x.text("start_time"), x.text("end_time"))
		}
	}
	switch {
	case code.Kind != roster.KindHalf:
		return code, roster.Span{}
	case x.beside:
		x.tell(shiftHalfBy)
		return code, roster.Span{}
	}
	x.tell(shiftHalf, code.Span)
	return code, code.Span
}

// work: the row is work as its type says, at the times of the row.
func (x *shiftRow) work() (roster.Code, roster.Span) {
	t := x.person.target
	from, to, kind := x.text("start_time"), x.text("end_time"), x.text("shift_type_id")
	code, known := t.types[kind]
	switch {
	case kind == "":
		code = t.offs[unsetReason]
		x.tell(shiftNoType, strings.Trim(from+"–"+to, "–"))
	case !known:
		code = t.offs[unsetReason]
		x.tell(shiftLost, kind)
	}
	span, exact, ok := readSpan(from, to)
	switch {
	case !ok && from+to != "":
		x.tell(shiftBadTime, from, to)
	case !exact:
		x.tell(shiftSeconds, from, to)
	}
	switch {
	case span.End > 24*60 || span.End == 24*60 && ok:
		x.tell(shiftNight, from, to, span)
	case span.Empty() && !code.Span.Empty():
		x.tell(shiftCodeAt, strings.Trim(from+"–"+to, "–"), code.Span)
		span = code.Span
	case span.Empty() && !code.Kind.DayOff():
		x.tell(shiftNoTime, noTimeText)
	}
	return code, span
}

// note keeps what a person wrote, but not the private reason that an approved request left in the day off it made.
func (x *shiftRow) note() string {
	raw := x.text("notes")
	s := cleanNote(raw)
	if hidden(raw) {
		x.tell(noteHidden)
	}
	for _, l := range x.leaves {
		if x.isDayOff() && l.from <= x.day && x.day <= l.to && strings.Contains(s, l.reason) {
			s = roster.Clean(strings.ReplaceAll(s, l.reason, ""))
			x.tell(notePrivate)
		}
	}
	if strings.Contains(s, "<") && strings.Contains(s, ">") {
		x.tell(noteMarkup, oneLine(s))
	}
	short, was := cut(s, 500)
	if was {
		x.tell(noteCut, s)
	}
	return short
}
