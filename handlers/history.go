package handlers

import (
	"cmp"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

const historyPage = 50

// getHistory tells what was done in the organisation, newest first.
func (s *Server) getHistory(c *request) error {
	before := int64(max(number(c.QueryParam("before")), 0))
	told, err := s.app.History(c.ctx(), c.actor, app.ActQuery{Before: before, Limit: historyPage})
	if err != nil {
		return err
	}
	v := views.History{Frame: s.frame(c, "menu.history")}
	h := historian{HistoryView: told, text: c.text, zone: c.org.Zone()}
	for _, a := range told.Acts {
		at := time.UnixMilli(a.Act.AtMs).In(c.org.Zone())
		day := c.text.FullDay(roster.DayOf(at)) + " (" + c.text.Weekday(at.Weekday()) + ")"
		if n := len(v.Days); n == 0 || v.Days[n-1].Day != day {
			v.Days = append(v.Days, views.HistoryDay{Day: day})
		}
		d := &v.Days[len(v.Days)-1]
		d.Acts = append(d.Acts, h.act(a, at.Format("15:04")))
	}
	if before > 0 {
		v.Pages.Previous = c.base() + "/history"
	}
	if told.More {
		v.Pages.Next = c.base() + "/history?before=" + strconv.FormatInt(told.Acts[len(told.Acts)-1].Act.Revision, 10)
	}
	return s.page(c, http.StatusOK, views.HistoryPage(v))
}

// historian turns events into sentences.
type historian struct {
	app.HistoryView
	text views.Text
	zone *time.Location
}

func (h historian) act(a app.ActTold, clock string) views.HistoryAct {
	v := views.HistoryAct{Time: clock, Who: a.Act.Name}
	for _, e := range a.Events {
		if line := h.line(e); line != "" && !slices.Contains(v.Lines, line) {
			v.Lines = append(v.Lines, line)
		}
	}
	if len(v.Lines) == 0 {
		v.Lines = []string{h.text.T("history.other")}
	}
	if a.More {
		v.Lines = append(v.Lines, h.text.T("history.more"))
	}
	switch {
	case a.Act.UndoneBy > 0:
		v.Mark = h.text.T("history.undone")
	case a.Act.Undoes > 0:
		v.Mark = h.text.T("history.undoes")
	}
	return v
}

// line tells one event; "" when another of the same act tells it.
func (h historian) line(e roster.Event) string {
	switch e.Name {
	case roster.EventShiftLeft:
		return ""
	case roster.EventShiftPlaced, roster.EventShiftChanged, roster.EventShiftRemoved:
		return h.shift(e)
	case roster.EventCellLocked, roster.EventCellUnlocked:
		return h.text.T("history."+e.Name, "Name", h.name(e.Cell.Staff), "Day", e.Cell.Day)
	case roster.EventRosterSaved:
		return h.roster(e)
	case roster.EventOrgRestored:
		return h.restored(e)
	case roster.EventCacheCleared:
		return h.text.T("history." + e.Name)
	}
	noun, done, _ := strings.Cut(e.Name, ".")
	thing := h.text.T("history.thing_"+noun, "Name", h.thing(noun, e))
	switch {
	case done == "removed":
		return h.text.T("history.removed", "Thing", thing)
	case len(e.Before) == 0 || blank(e.Before):
		return h.text.T("history.added", "Thing", thing)
	}
	return h.text.T("history.changed", "Thing", thing, "What", h.text.Join(h.differences(e)))
}

// restored tells that everything was put back to a moment.
func (h historian) restored(e roster.Event) string {
	var r roster.Restored
	if json.Unmarshal(e.After, &r) != nil {
		return ""
	}
	at := time.UnixMilli(r.Moment).In(h.zone)
	return h.text.T("history.restored", "Day", h.text.FullDay(roster.DayOf(at)), "Time", at.Format("15:04"), "From", r.From)
}

// blank reports a thing that was not there yet: the zero value has no id.
func blank(raw json.RawMessage) bool {
	var x struct{ ID string }
	return json.Unmarshal(raw, &x) != nil || x.ID == ""
}

func (h historian) name(id roster.StaffID) string {
	return cmp.Or(h.Staff[id].Name, h.text.T("history.somebody"))
}

// shift writes what happened in a cell: put in, changed, moved, taken out.
func (h historian) shift(e roster.Event) string {
	change, ok := e.ShiftChange()
	if !ok {
		return ""
	}
	at := func(x *roster.Shift) roster.Args { return roster.Args{"Name": h.name(x.Staff), "Day": x.Day} }
	switch {
	case change.Before == nil:
		args := at(change.After)
		args["After"] = h.told(change.After)
		return h.text.With("history.shift.placed", args)
	case change.After == nil:
		args := at(change.Before)
		args["Before"] = h.told(change.Before)
		return h.text.With("history.shift.removed", args)
	}
	args := at(change.Before)
	args["Before"], args["After"] = h.told(change.Before), h.told(change.After)
	switch {
	case change.Before.Cell() == change.After.Cell() && args["Before"] == args["After"]:
		return h.text.With("history.shift.details", args)
	case change.Before.Cell() == change.After.Cell():
		return h.text.With("history.shift.changed", args)
	}
	args["ToName"], args["ToDay"] = h.name(change.After.Staff), change.After.Day
	return h.text.With("history.shift.moved", args)
}

func (h historian) told(x *roster.Shift) string {
	code := h.Codes[x.Code]
	text := cmp.Or(strings.TrimSpace(code.Symbol+" "+code.Name), "?")
	if !x.Span.Empty() {
		text += " " + h.text.Span(x.Span)
	}
	return text
}

// roster tells how the state of a month changed.
func (h historian) roster(e roster.Event) string {
	var before, after roster.Roster
	if json.Unmarshal(e.After, &after) != nil {
		return ""
	}
	if len(e.Before) > 0 {
		if err := json.Unmarshal(e.Before, &before); err != nil {
			return ""
		}
	}
	what := "state"
	switch {
	case before.Version == 0 && after.Published == 0:
		what = "begun"
	case after.Published > before.Published:
		what = "published"
	case after.State == roster.StateClosed:
		what = "closed"
	case before.State == roster.StateClosed:
		what = "reopened"
	case before.State == roster.StatePublished && after.State == roster.StateDrafting:
		what = "withdrawn"
	}
	return h.text.T("history.roster_"+what, "Site", h.Sites[after.Site].Name, "Period", h.text.Period(after.Period), "Version", after.Published)
}

// thing names what an event is about.
func (h historian) thing(noun string, e roster.Event) string {
	raw := e.After
	if len(raw) == 0 {
		raw = e.Before
	}
	var x struct {
		Name, Symbol string
		Staff        roster.StaffID
		Code         roster.CodeID
		Site         roster.SiteID
	}
	if json.Unmarshal(raw, &x) != nil {
		return ""
	}
	switch noun {
	case "contract":
		return h.name(x.Staff)
	case "need":
		return h.text.Join([]string{h.Sites[x.Site].Name, h.Codes[x.Code].Name})
	case "code":
		return x.Symbol + " " + x.Name
	}
	return x.Name
}

// shownFields may be told with their values; of others, such as phone numbers, only that they changed.
var shownFields = [...]string{
	"Name", "Kana", "Symbol", "Start", "End", "Break", "StartDay", "OffDays", "Position", "Count", "ActiveFrom", "ActiveTo", "From", "To",
	"ValidFrom", "ValidTo", "Day", "Role", "Class", "Approval", "Kind", "Weekly", "WeeklyMax", "WeekDays",
}

// differences lists the fields that changed, with before → after where that says something.
func (h historian) differences(e roster.Event) []string {
	var before, after map[string]any
	if json.Unmarshal(e.Before, &before) != nil || json.Unmarshal(e.After, &after) != nil {
		return nil
	}
	var list []string
	for _, x := range []map[string]any{before, after} {
		flatten(x)
	}
	for _, name := range fieldOrder(after) {
		if reflect.DeepEqual(before[name], after[name]) {
			continue
		}
		label := h.text.T("field." + name)
		if slices.Contains(shownFields[:], name) {
			label = h.text.T("history.field", "Field", label, "Before", h.value(name, before[name]), "After", h.value(name, after[name]))
		}
		list = append(list, label)
	}
	return list
}

// flatten lifts start and end out of a span and forgets what no reader knows.
func flatten(x map[string]any) {
	if span, ok := x["Span"].(map[string]any); ok {
		x["Start"], x["End"] = span["Start"], span["End"]
	}
	for _, name := range []string{"Span", "ID", "Version", "Revision", "Account", "Slug"} {
		delete(x, name)
	}
}

func fieldOrder(x map[string]any) []string {
	names := make([]string, 0, len(x))
	for name := range x {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		i, j := slices.Index(shownFields[:], a), slices.Index(shownFields[:], b)
		return cmp.Or(cmp.Compare(uint(i), uint(j)), cmp.Compare(a, b))
	})
	return names
}

// value writes a kept value as people read it.
func (h historian) value(field string, v any) string {
	switch x := v.(type) {
	case float64:
		m := roster.Minutes(x)
		switch field {
		case "Start", "End":
			return h.text.Clock(m)
		case "Weekly", "WeeklyMax":
			return h.text.T("contract.hours", "Hours", m.Hours())
		}
		return strconv.Itoa(int(x))
	case string:
		switch field {
		case "Role", "Class", "Kind":
			return h.text.T(strings.ToLower(field) + "." + x)
		case "Approval":
			return h.text.T("approval." + x)
		case "ActiveFrom", "ActiveTo", "From", "To", "ValidFrom", "ValidTo", "Day":
			d, err := roster.ParseDay(x)
			if err != nil || d == 0 {
				return h.text.T("history.nothing")
			}
			return h.text.FullDay(d)
		}
		return cmp.Or(x, h.text.T("history.nothing"))
	}
	return h.text.T("history.nothing")
}
