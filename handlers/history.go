package handlers

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

const (
	historyPage   = 50
	historyEvents = 5 // of one act that the page tells
)

// getHistory tells what was done in the organisation, newest first.
func (s *Server) getHistory(c *request) error {
	ask, err := s.askHistory(c, c.QueryParams())
	if err != nil {
		return err
	}
	v := views.History{Frame: s.frame(c, "menu.history"), Lead: c.text.T("history.lead"), Kinds: historyKinds(c), Search: ask.search}
	if len(ask.search.Form.Faults) > 0 {
		return s.page(c, http.StatusUnprocessableEntity, views.HistoryPage(v))
	}
	told, err := s.app.History(c.ctx(), c.actor, ask.acts(historyPage), historyEvents)
	if err != nil {
		return err
	}
	h := historian{HistoryView: told, text: c.text, zone: c.org.Zone()}
	for _, a := range told.Acts {
		addToDay(c, &v, a.Act.AtMs, h.act(a))
	}
	if told.More {
		v.Pages.Next = ask.older(told.Acts[len(told.Acts)-1].Act.Revision)
	}
	v.Pages.Previous = ask.newest()
	return s.page(c, http.StatusOK, views.HistoryPage(v))
}

// historyKinds are the two records.
func historyKinds(c *request) []views.Link {
	links := []views.Link{{Href: c.base() + "/history", Label: c.text.T("history.changes")}, {Href: c.base() + "/history/accesses", Label: c.text.T("access.title")}}
	for i := range links {
		links[i].Current = links[i].Href == c.Request().URL.Path
	}
	return links
}

// addToDay puts an act under the day it happened on; acts come newest first.
func addToDay(c *request, v *views.History, atMs int64, act views.HistoryAct) {
	at := time.UnixMilli(atMs).In(c.org.Zone())
	act.Time = at.Format("15:04")
	day := c.text.FullDay(roster.DayOf(at)) + " (" + c.text.Weekday(at.Weekday()) + ")"
	if n := len(v.Days); n == 0 || v.Days[n-1].Day != day {
		v.Days = append(v.Days, views.HistoryDay{Day: day})
	}
	d := &v.Days[len(v.Days)-1]
	d.Acts = append(d.Acts, act)
}

// asking is what somebody wants to see of a record.
type asking struct {
	values   url.Values
	who      roster.AccountID
	about    roster.StaffID
	what     string
	from, to int64 // ms; 0: open
	before   int64
	people   app.HistoryPeople
	search   views.HistorySearch
}

// historyNouns and accessNouns are what can be asked for: what the events and actions begin with.
var (
	historyNouns = []string{"shift", "cell", "roster", "staff", "contract", "member", "need", "code", "site", "job", "holiday", "org", "cache", "access"}
	accessNouns  = []string{"sign_in", "sign_ins", "password", "proof", "factor", "recovery", "identity", "account", "link", "audit", "data", "backup", "request"}
)

// askHistory reads the question about the record of changes.
func (s *Server) askHistory(c *request, values url.Values) (a asking, err error) {
	if a, err = s.ask(c, "/history", values, historyNouns); err != nil {
		return a, err
	}
	about := []views.Choice{{Label: c.text.T("history.anybody")}}
	for _, p := range a.people.Staff {
		about = append(about, views.Choice{Value: string(p.ID), Label: p.Name})
	}
	a.about = roster.StaffID(a.chosen("about", about))
	a.search.About = about
	a.search.Asked = a.search.Asked || a.about != ""
	return a, nil
}

// ask reads what both records can be asked for. What is on no list is not asked for.
func (s *Server) ask(c *request, path string, values url.Values, nouns []string) (a asking, err error) {
	people, err := s.app.HistoryPeople(c.ctx(), c.actor)
	if err != nil {
		return a, err
	}
	a = asking{values: values, people: people, before: int64(max(number(values.Get("before")), 0))}
	a.search = views.HistorySearch{
		Form: views.Form{Action: c.base() + path, Values: values, Faults: map[string]string{}}, All: c.base() + path, Export: c.base() + path + "/export",
		Who: []views.Choice{{Label: c.text.T("history.anybody")}}, What: []views.Choice{{Label: c.text.T("history.anything")}},
	}
	for _, m := range people.Members {
		if m.Account != "" {
			a.search.Who = append(a.search.Who, views.Choice{Value: string(m.Account), Label: m.Name})
		}
	}
	for _, noun := range nouns {
		a.search.What = append(a.search.What, views.Choice{Value: noun, Label: c.text.T("history.noun_" + noun)})
	}
	a.who, a.what = roster.AccountID(a.chosen("who", a.search.Who)), a.chosen("what", a.search.What)
	a.from = a.midnight(c, "from", 0)
	a.to = a.midnight(c, "to", 1)
	if a.from > 0 && a.to > 0 && a.to <= a.from {
		a.search.Form.Faults["to"] = c.text.T("error.days_reversed")
	}
	a.search.Asked = a.who != "" || a.what != "" || a.from > 0 || a.to > 0
	return a, nil
}

func (a asking) chosen(field string, from []views.Choice) string {
	v := a.values.Get(field)
	if slices.ContainsFunc(from, func(x views.Choice) bool { return x.Value == v }) {
		return v
	}
	return ""
}

// midnight is the beginning of the day in a field, or of one some days later.
func (a asking) midnight(c *request, field string, later int) int64 {
	text := strings.TrimSpace(a.values.Get(field))
	if text == "" {
		return 0
	}
	d, err := roster.ParseDay(text)
	if err != nil {
		a.search.Form.Faults[field] = c.text.T("error.day")
		return 0
	}
	d += roster.Day(later)
	return d.At(0, c.org.Zone()).UnixMilli()
}

func (a asking) acts(limit int) app.ActQuery {
	return app.ActQuery{Before: a.before, Actor: a.who, Staff: a.about, Noun: a.what, FromMs: a.from, ToMs: a.to, Limit: limit}
}

func (a asking) accesses(limit int) app.AccessQuery {
	return app.AccessQuery{Before: a.before, Account: a.who, Noun: a.what, FromMs: a.from, ToMs: a.to, Limit: limit}
}

// question is what was asked for, in the words of the form.
func (a asking) question() map[string]string {
	q := map[string]string{}
	for _, name := range []string{"who", "about", "what", "from", "to"} {
		if v := a.values.Get(name); v != "" && a.search.Form.Faults[name] == "" {
			q[name] = cut(v, 40)
		}
	}
	return q
}

// older is the address of what comes before an entry, newest that of the first page; "" on it.
func (a asking) older(than int64) string { return a.at(strconv.FormatInt(than, 10)) }

func (a asking) newest() string {
	if a.before == 0 {
		return ""
	}
	return a.at("")
}

func (a asking) at(before string) string {
	q := url.Values{}
	for _, name := range []string{"who", "about", "what", "from", "to"} {
		if v := a.values.Get(name); v != "" {
			q.Set(name, v)
		}
	}
	if before != "" {
		q.Set("before", before)
	}
	if len(q) == 0 {
		return a.search.All
	}
	return a.search.All + "?" + q.Encode()
}

// historian turns events into sentences.
type historian struct {
	app.HistoryView
	text views.Text
	zone *time.Location
}

func (h historian) act(a app.ActTold) views.HistoryAct {
	v := views.HistoryAct{Who: a.Act.Name, Origin: originText(h.text, a.Act.Origin)}
	if a.Act.Erased > 0 {
		v.Who, v.Origin = h.text.T("history.erased_name"), ""
	}
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

// originText says where something came from, as far as it is known.
func originText(t views.Text, o roster.Origin) string {
	if o.Request == "" {
		return ""
	}
	return t.T("history.origin", "Address", o.Address, "Number", cut(o.Request, 8))
}

// line tells one event; "" when another of the same act tells it.
func (h historian) line(e roster.Event) string {
	if e.Erased > 0 {
		return h.erasedLine(e)
	}
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
	case roster.EventStaffErased, roster.EventAccessErased:
		return h.erasure(e)
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

// erasedLine tells of an event whose content is gone what it was about.
func (h historian) erasedLine(e roster.Event) string {
	noun, _, _ := strings.Cut(e.Name, ".")
	about := h.text.T("history.noun_" + noun)
	if p, ok := h.Staff[cmp.Or(e.Cell.Staff, roster.StaffID(e.Subject))]; ok {
		about = h.text.Join([]string{p.Name, about})
	}
	return h.text.T("history.erased", "Thing", about)
}

// erasure tells what was erased of a person, whose name is that of a former one by now.
func (h historian) erasure(e roster.Event) string {
	var x roster.Erased
	if json.Unmarshal(e.After, &x) != nil {
		return ""
	}
	acts, _ := roster.ReadNumbers(x.Acts)
	events, _ := roster.ReadEvents(x.Events)
	accesses, _ := roster.ReadNumbers(x.Accesses)
	nobody, _ := roster.ReadNumbers(x.Nobody)
	key := "history.staff_erasing"
	switch {
	case x.Whole:
		key = "history.staff_erased"
	case x.Staff == "":
		key = "history.access_erased"
	}
	return h.text.T(key, "Name", h.name(x.Staff), "Acts", len(acts), "Events", len(events), "Accesses", len(accesses)+len(nobody))
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
