package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"wakakusa/roster"
	"wakakusa/views"
)

// getCodes lists the シフト種別.
func (s *Server) getCodes(c *request) error {
	codes, err := s.app.Codes(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	v := views.CodeList{Frame: s.frame(c, "menu.codes")}
	today := s.app.Today(c.org)
	for _, x := range codes {
		line := views.CodeLine{
			Href: c.base() + "/codes/" + string(x.ID), Symbol: x.Symbol, Color: x.Color, Pattern: x.Pattern, Name: x.Name,
			Kind: c.text.T("kind." + string(x.Kind)), Time: c.text.Span(x.Span), Valid: c.days(x.ValidFrom, x.ValidTo),
			Next: codeLabel(codes, x.Follower), Ended: x.ValidTo != 0 && x.ValidTo < today,
		}
		if !x.Span.Empty() {
			line.Break = c.text.T("code.minutes", "Minutes", int(x.Break))
		}
		v.Lines = append(v.Lines, line)
	}
	return s.page(c, http.StatusOK, views.CodesPage(v))
}

func codeLabel(codes []roster.Code, id roster.CodeID) string {
	for _, x := range codes {
		if x.ID == id {
			return x.Symbol + " " + x.Name
		}
	}
	return ""
}

func (s *Server) getCode(c *request) error { return s.codePage(c, http.StatusOK, nil) }

// postCode adds, changes or removes a シフト種別.
func (s *Server) postCode(c *request) error {
	return s.answer(c, s.saveCode(c), "/codes", c.didWhat("code"), func(code int, refusal error) error { return s.codePage(c, code, refusal) })
}

func (s *Server) saveCode(c *request) error {
	d := c.draft()
	x := roster.Code{
		Symbol: d.text("symbol"), Name: d.text("name"), Kind: roster.CodeKind(d.text("kind")), Span: d.span(), Break: d.breakMinutes("break"),
		Color: d.text("color"), Pattern: d.text("pattern"), Follower: roster.CodeID(d.text("follower")), ValidFrom: d.day("valid_from"),
		ValidTo: d.day("valid_to"), Position: d.number("position"), External: d.text("external"),
	}
	if id := c.Param("code"); id != adding {
		x.ID, x.Version = roster.CodeID(id), d.version()
	}
	if c.removes() {
		return s.app.RemoveCode(c.ctx(), c.actor, x.ID, x.Version, c.onceKey())
	}
	d.check(x.Check())
	if err := d.faults.Err(); err != nil {
		return err
	}
	_, err := s.app.SaveCode(c.ctx(), c.actor, x, c.onceKey())
	return err
}

// breakMinutes reads 60 or 1:00.
func (d *draft) breakMinutes(name string) roster.Minutes {
	if !strings.ContainsAny(d.plain(name), ":時") {
		return roster.Minutes(d.number(name))
	}
	m, err := roster.ParseTime(d.text(name))
	d.faults.Add(name, err)
	return m
}

// codePage draws the form of the シフト種別 in the address.
func (s *Server) codePage(c *request, status int, refusal error) error {
	codes, err := s.app.Codes(c.ctx(), c.actor)
	if err != nil {
		return err
	}
	id := c.Param("code")
	v := views.CodeForm{New: id == adding}
	title, x := "code.add", newCode(codes)
	if !v.New {
		i := slices.IndexFunc(codes, func(x roster.Code) bool { return string(x.ID) == id })
		if i < 0 {
			return roster.Refuse(roster.NotFound, "error.text_404")
		}
		title, x = "code.edit", codes[i]
	}
	v.Frame = s.frame(c, title, "Symbol", x.Symbol, "Name", x.Name)
	v.Form = s.formOf(c, "/codes/"+id, c.codeValues(x), refusal)
	c.codeChoices(&v, codes, x)
	return s.page(c, status, views.CodePage(v))
}

// newCode is what the empty form begins with: a colour that no other code has, if there is one.
func newCode(codes []roster.Code) roster.Code {
	x := roster.Code{Kind: roster.KindWork, Pattern: roster.Patterns[0], Color: roster.Colors[0], Position: 1, Break: 60}
	for _, y := range codes {
		x.Position = max(x.Position, y.Position+1)
	}
	for _, color := range roster.Colors {
		if !slices.ContainsFunc(codes, func(y roster.Code) bool { return y.Color == color }) {
			x.Color = color
			break
		}
	}
	return x
}

func (c *request) codeValues(x roster.Code) map[string][]string {
	v := map[string][]string{
		"version": one(strconv.FormatInt(x.Version, 10)), "symbol": one(x.Symbol), "name": one(x.Name), "kind": one(string(x.Kind)),
		"break": one(strconv.Itoa(int(x.Break))), "color": one(x.Color), "pattern": one(x.Pattern), "follower": one(string(x.Follower)),
		"valid_from": one(dayValue(x.ValidFrom)), "valid_to": one(dayValue(x.ValidTo)), "position": one(strconv.Itoa(x.Position)),
		"external": one(x.External),
	}
	if !x.Span.Empty() {
		v["start"], v["end"] = one(x.Span.Start.String()), one(c.clockValue(x.Span.End))
	}
	return v
}

// clockValue writes a time as people of the language type it; ParseTime reads both.
func (c *request) clockValue(m roster.Minutes) string {
	if c.text.Lang == "en" {
		return m.String()
	}
	return m.Clock()
}

func (c *request) codeChoices(v *views.CodeForm, codes []roster.Code, x roster.Code) {
	for _, k := range roster.CodeKinds {
		v.Kinds = append(v.Kinds, views.Choice{Value: string(k), Label: c.text.T("kind." + string(k))})
	}
	for _, name := range roster.Colors {
		v.Colors = append(v.Colors, views.Choice{Value: name, Label: c.text.T("color." + name)})
	}
	for _, name := range roster.Patterns {
		v.Patterns = append(v.Patterns, views.Choice{Value: name, Label: c.text.T("pattern." + name)})
	}
	v.Followers = []views.Choice{{Value: "", Label: c.text.T("code.no_follower")}}
	for _, y := range codes {
		if y.ID != x.ID {
			v.Followers = append(v.Followers, views.Choice{Value: string(y.ID), Label: y.Symbol + " " + y.Name})
		}
	}
}
