package handlers

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// dataRows is how many rows of a table the page shows; the file has all.
const dataRows = 30

// getData shows the person what is held about them.
func (s *Server) getData(c *request) error {
	d, err := s.app.OwnData(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	v := s.dataView(c, d, "disclosure.lead")
	v.Form.Action = c.base() + "/account/data"
	for i := range v.Sections {
		if x := &v.Sections[i]; len(x.Rows) > dataRows {
			x.Cut = c.text.T("disclosure.cut", "Shown", dataRows, "All", len(x.Rows))
			x.Rows = x.Rows[len(x.Rows)-dataRows:]
		}
	}
	return s.page(c, http.StatusOK, views.DataPage(v))
}

// postData takes it out as a file; that is recorded, and so it is no GET.
func (s *Server) postData(c *request) error { return s.takeOut(c, app.Whose{}) }

// postStaffData does so for somebody who asked on paper.
func (s *Server) postStaffData(c *request) error {
	return s.takeOut(c, app.Whose{Staff: roster.StaffID(c.Param("staff"))})
}

// postMemberData does so for a member who stands on no roster.
func (s *Server) postMemberData(c *request) error {
	return s.takeOut(c, app.Whose{Member: roster.MemberID(c.Param("member"))})
}

func (s *Server) takeOut(c *request, whose app.Whose) error {
	form := c.field("form")
	d, err := s.app.ExportData(c.ctx(), c.actor, whose, form)
	if err != nil {
		return err
	}
	name := "wakakusa_data_" + c.now.In(c.org.Zone()).Format("20060102_150405") + "." + form
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	if form == app.FormJSON {
		text, err := json.MarshalIndent(d, "", " ")
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "application/json; charset=utf-8", text)
	}
	var file bytes.Buffer
	if err := views.DataFile(s.dataView(c, d, "disclosure.file_lead")).Render(c.ctx(), &file); err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, file.Bytes())
}

func (s *Server) dataView(c *request, d app.Disclosure, lead string) views.Data {
	v := views.Data{Frame: s.frame(c, "disclosure.title"), Name: d.Name, Lead: c.text.T(lead), Made: c.moment(time.UnixMilli(d.MadeMs))}
	r := dataReader{c: c, of: d, h: historian{HistoryView: d.HistoryView, text: c.text, zone: c.org.Zone()}}
	for _, t := range d.Tables {
		if len(t.Rows) > 0 {
			v.Sections = append(v.Sections, r.section(t))
		}
	}
	return v
}

// dataReader writes what is kept as people read it.
type dataReader struct {
	c  *request
	of app.Disclosure
	h  historian
}

// unshown are the columns of records that their sentences tell.
var unshown = map[string][]string{
	"acts": {"kind"}, "events": {"name", "site_id", "day", "before_json", "after_json"}, "accesses": {"action", "before_json", "after_json"},
}

// section draws a table: when it was comes first.
func (r dataReader) section(t app.Disclosed) views.DataSection {
	text := r.c.text
	v := views.DataSection{Title: text.T("disclosure.table_" + t.Table)}
	if slices.Contains([]string{"shifts", "published_shifts", "events", "accesses"}, t.Table) {
		v.Note = text.T("disclosure.note_" + t.Table)
	}
	var shown []int
	for i, x := range t.Columns {
		if !x.Class.Tells() || slices.Contains(unshown[t.Table], x.Name) {
			continue
		}
		if x.Name == "day" || x.Name == "at_ms" {
			shown = slices.Insert(shown, 0, i)
			continue
		}
		shown = append(shown, i)
	}
	for _, i := range shown {
		v.Heads = append(v.Heads, text.T("disclosure.column_"+t.Columns[i].Name))
	}
	told := r.teller(t)
	if told != nil {
		v.Heads = append(v.Heads, text.T("disclosure.told"))
	}
	for _, row := range t.Rows {
		cells := r.cells(t, row, shown)
		if told != nil {
			cells = append(cells, told(row))
		}
		v.Rows = append(v.Rows, cells)
	}
	return v
}

// cells writes a row; a day off has no times.
func (r dataReader) cells(t app.Disclosed, row []any, shown []int) (cells []string) {
	times := slices.IndexFunc(t.Columns, func(x app.DisclosedColumn) bool { return x.Name == "start_min" })
	off := times >= 0 && row[times] == int64(0) && row[times+1] == int64(0)
	for _, i := range shown {
		cell := r.cell(t.Columns[i].Name, row[i])
		if off && strings.HasSuffix(t.Columns[i].Name, "_min") {
			cell = ""
		}
		cells = append(cells, cell)
	}
	return cells
}

// teller makes sentences of what records hold; nil where a table is no record.
func (r dataReader) teller(t app.Disclosed) func(row []any) string {
	text := func(row []any, name string) string {
		s, _ := row[slices.IndexFunc(t.Columns, func(x app.DisclosedColumn) bool { return x.Name == name })].(string)
		return s
	}
	switch t.Table {
	case "acts":
		return func(row []any) string {
			noun, _, _ := strings.Cut(text(row, "kind"), ".")
			return r.c.text.T("disclosure.act", "Noun", r.c.text.T("history.noun_"+noun))
		}
	case "events":
		return func(row []any) string {
			e := roster.Event{Name: text(row, "name"), Subject: text(row, "subject_id"), Before: json.RawMessage(text(row, "before_json")), After: json.RawMessage(text(row, "after_json"))}
			e.Cell.Staff = roster.StaffID(text(row, "staff_id"))
			e.Cell.Day, _ = roster.ParseDay(cmp.Or(text(row, "day"), "1970-01-01"))
			return strings.Join(append([]string{r.h.line(e)}, r.values(e)...), "\n")
		}
	case "accesses":
		return func(row []any) string {
			e := roster.Access{Action: text(row, "action"), Subject: text(row, "subject"), Before: json.RawMessage(text(row, "before_json")), After: json.RawMessage(text(row, "after_json"))}
			return strings.Join(append([]string{r.accessed(e)}, r.values(roster.Event{Before: e.Before, After: e.After})...), "\n")
		}
	}
	return nil
}

// accessed tells an entry; whoever it is about is the person.
func (r dataReader) accessed(e roster.Access) string {
	self := roster.Member{ID: roster.MemberID(e.Subject), Name: r.of.Name}
	return accessTeller{text: r.c.text, people: app.HistoryPeople{Members: []roster.Member{self}}}.line(e)
}

// values are what was there before and after, field by field: sentences leave some of it out.
func (r dataReader) values(e roster.Event) (lines []string) {
	for _, x := range []struct {
		when string
		raw  json.RawMessage
	}{{"before", e.Before}, {"after", e.After}} {
		var fields map[string]any
		if json.Unmarshal(x.raw, &fields) != nil {
			continue
		}
		flatten(fields)
		var list []string
		for _, name := range fieldOrder(fields) {
			if value := r.value(name, fields[name]); value != "" {
				list = append(list, r.c.text.T("disclosure.field", "Field", r.label(name), "Value", value))
			}
		}
		if len(list) > 0 {
			lines = append(lines, r.c.text.T("disclosure."+x.when, "Value", r.c.text.Join(list)))
		}
	}
	return lines
}

// label names a field; shifts write theirs small.
func (r dataReader) label(name string) string {
	name = strings.ToUpper(name[:1]) + name[1:]
	for _, key := range []string{"field." + name, "access.field_" + name} {
		if label := r.c.text.T(key); label != key {
			return label
		}
	}
	return name
}

// value writes one field; "" where there is nothing, or a number that leads elsewhere.
func (r dataReader) value(name string, v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	name = strings.ToUpper(name[:1]) + name[1:]
	switch name {
	case "Id", "Version", "Staff", "Key":
		return ""
	case "Jobs":
		return r.jobs(string(raw))
	case "Sites":
		return r.sites(string(raw))
	case "Skills":
		return strings.Join(listOf[string](string(raw)), "、")
	case "HomeSite", "Site":
		return r.of.Sites[roster.SiteID(fmt.Sprint(v))].Name
	case "Code":
		return r.cell("code_id", v)
	case "Span":
		var span roster.Span
		if json.Unmarshal(raw, &span) != nil || span.Empty() {
			return ""
		}
		return r.c.text.Span(span)
	case "BirthDay", "ActiveFrom", "ActiveTo", "From", "To":
		if v == "1970-01-01" { // no day
			return ""
		}
	}
	switch x := v.(type) {
	case nil:
		return ""
	case bool:
		return r.number("active", map[bool]int64{true: 1}[x])
	case string:
		if x == "" {
			return ""
		}
		return r.h.value(name, x)
	case float64:
		return r.h.value(name, x)
	}
	return string(raw)
}

// cell writes one value; what it means, its column says.
func (r dataReader) cell(name string, value any) string {
	text := r.c.text
	switch x := value.(type) {
	case int64:
		return r.number(name, x)
	case string:
		switch name {
		case "code_id":
			code := r.of.Codes[roster.CodeID(x)]
			return strings.TrimSpace(code.Symbol + " " + code.Name)
		case "site_id", "home_site_id":
			return r.of.Sites[roster.SiteID(x)].Name
		case "class", "approval", "role":
			return text.T(name + "." + x)
		case "jobs":
			return r.jobs(x)
		case "sites":
			return r.sites(x)
		case "skills":
			return strings.Join(listOf[string](x), "、")
		case "place":
			site, day, _ := strings.Cut(x, "/")
			return strings.TrimSpace(r.of.Sites[roster.SiteID(site)].Name + " " + day)
		}
		return x
	}
	return ""
}

func (r dataReader) number(name string, n int64) string {
	text := r.c.text
	switch {
	case strings.HasSuffix(name, "_ms") && n == 0:
		return ""
	case strings.HasSuffix(name, "_ms"):
		return r.c.moment(time.UnixMilli(n))
	case name == "start_min" || name == "end_min":
		return text.Clock(roster.Minutes(n))
	case name == "weekly" || name == "weekly_max":
		return text.T("contract.hours", "Hours", roster.Minutes(n).Hours())
	case slices.Contains([]string{"full_time", "exclusive", "no_night", "active", "disabled"}, name):
		if n == 0 {
			return text.T("disclosure.no")
		}
		return text.T("disclosure.yes")
	}
	return fmt.Sprint(n)
}

func listOf[T any](raw string) (list []T) {
	if json.Unmarshal([]byte(raw), &list) != nil {
		return nil
	}
	return list
}

func (r dataReader) jobs(raw string) string {
	var names []string
	for _, x := range listOf[roster.JobShare](raw) {
		names = append(names, fmt.Sprintf("%s %d%%", r.of.Jobs[x.Job].Name, x.Share))
	}
	return strings.Join(names, "、")
}

func (r dataReader) sites(raw string) string {
	var names []string
	for _, id := range listOf[roster.SiteID](raw) {
		names = append(names, r.of.Sites[id].Name)
	}
	return strings.Join(names, "、")
}
