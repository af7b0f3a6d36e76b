package django

import (
	"context"

	"wakakusa/roster"
	"wakakusa/store"
)

var holidayColumns = []string{"id", "date", "name", "holiday_type", "is_active"}

// holidays brings the days off that companies and regions have of their own; the national ones are computed.
func (im *importer) holidays(ctx context.Context, t *target) error {
	var list []*item[roster.Holiday]
	first := t == im.targets[0]
	if !im.src.hasTable(tableHoliday) {
		return nil
	}
	n := im.Report.table(tableHoliday)
	err := im.src.each(ctx, tableHoliday, holidayColumns, byID, func(r row) error {
		h, f := im.readHoliday(r, first)
		if f == nil {
			list = append(list, &item[roster.Holiday]{old: r.text("id"), hash: r.digest(holidayColumns), value: h})
			return nil
		}
		if !first {
			return nil
		}
		im.Report.tell(tableHoliday, r.text("id"), *f, r.text("date"), r.text("name"))
		if n.rows++; f.class == Refused {
			n.refused++
		} else {
			n.same++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !first {
		n = nil
	}
	return keep(ctx, im, t, holidayThing, list, n)
}

// readHoliday returns the holiday, or why it is none of our own.
func (im *importer) readHoliday(r row, tell bool) (h roster.Holiday, no *finding) {
	d, err := parseDay(r.text("date"))
	if err != nil {
		return h, &holidayBad
	}
	h = roster.Holiday{Day: d, Name: im.name(tableHoliday, r.text("id"), r.text("name"), 60, tell)}
	switch {
	case !r.yes("is_active", true):
		return h, &holidayOff
	case r.text("holiday_type") == "company" || r.text("holiday_type") == "regional":
		return h, nil
	case roster.Holidays(roster.Period{First: d, Last: d}, nil)[d] != "":
		return h, &holidayKnown
	}
	return h, &holidayOther
}

var holidayThing = thing[roster.Holiday]{
	table: tableHoliday,
	now: func(ctx context.Context, r store.Reader, id string) (roster.Holiday, error) {
		list, err := r.OwnHolidays(ctx)
		return pick(list, err, func(h roster.Holiday) bool { return string(h.ID) == id })
	},
	save: func(ctx context.Context, w store.Writer, h roster.Holiday) (roster.Holiday, error) {
		return w.SaveHoliday(ctx, h)
	},
	adopt: func(ctx context.Context, r store.Reader, v roster.Holiday) (roster.Holiday, bool, error) {
		list, err := r.OwnHolidays(ctx)
		for _, h := range list {
			if h.Day == v.Day {
				return h, true, err
			}
		}
		return v, false, err
	},
	stamp:   func(h *roster.Holiday, id string, version int64) { h.ID, h.Version = roster.HolidayID(id), version },
	version: func(h roster.Holiday) int64 { return h.Version },
	events:  savedEvents(roster.EventHolidaySaved, "", func(h roster.Holiday) string { return string(h.ID) }),
	id:      func(h roster.Holiday) string { return string(h.ID) },
	title:   func(h roster.Holiday) string { return h.Name },
}
