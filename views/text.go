package views

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"wakakusa/roster"
)

// The catalogues: one file a noun and language, named NOUN.LANG.json. Japanese is the source.
//
//go:embed text/*.json
var catalogues embed.FS

// Texts holds every sentence of the interface in every language.
type Texts struct{ bundle *i18n.Bundle }

// LoadTexts reads the embedded catalogues; it fails when one cannot be parsed.
func LoadTexts() (*Texts, error) {
	b := i18n.NewBundle(language.Japanese)
	b.RegisterUnmarshalFunc("json", json.Unmarshal)
	files, err := catalogues.ReadDir("text")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if _, err := b.LoadMessageFileFS(catalogues, path.Join("text", f.Name())); err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", f.Name(), err)
		}
	}
	return &Texts{b}, nil
}

// For returns the sentences in a language; an unknown one gives Japanese.
func (t *Texts) For(lang string) Text {
	if !slices.Contains(roster.Languages, lang) {
		lang = roster.Languages[0]
	}
	return Text{Lang: lang, loc: i18n.NewLocalizer(t.bundle, lang, "ja")}
}

// Text speaks one language.
type Text struct {
	Lang string
	loc  *i18n.Localizer
}

// T returns the sentence of a key. Arguments come in pairs: name, value. Days are written for people. A missing key shows as
// the key itself and is found by a test.
func (t Text) T(key string, pairs ...any) string {
	args := roster.Args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return t.With(key, args)
}

// With is T with the arguments of a refusal or breach.
func (t Text) With(key string, args roster.Args) string {
	data := map[string]any{}
	for k, v := range args {
		if d, ok := v.(roster.Day); ok {
			v = t.Day(d)
		}
		data[k] = v
	}
	cfg := &i18n.LocalizeConfig{MessageID: key, TemplateData: data}
	if n, ok := data["Count"]; ok {
		cfg.PluralCount = n
	}
	s, err := t.loc.Localize(cfg)
	if err != nil && s == "" {
		return key
	}
	return s
}

// Error returns the sentence of a refusal.
func (t Text) Error(e *roster.Error) string { return t.With(e.Key, e.Args) }

var weekdaysJa = [...]string{"日", "月", "火", "水", "木", "金", "土"}

// Weekday returns 日 or Sun.
func (t Text) Weekday(w time.Weekday) string {
	if t.Lang == "en" {
		return w.String()[:3]
	}
	return weekdaysJa[w]
}

// Day writes 12月3日(木) or Thu 3 Dec.
func (t Text) Day(d roster.Day) string {
	_, m, day := d.Date()
	if t.Lang == "en" {
		return fmt.Sprintf("%s %d %s", t.Weekday(d.Weekday()), day, m.String()[:3])
	}
	return fmt.Sprintf("%d月%d日(%s)", m, day, t.Weekday(d.Weekday()))
}

// FullDay writes 2026年12月3日 or 3 Dec 2026.
func (t Text) FullDay(d roster.Day) string {
	y, m, day := d.Date()
	if t.Lang == "en" {
		return fmt.Sprintf("%d %s %d", day, m.String()[:3], y)
	}
	return fmt.Sprintf("%d年%d月%d日", y, m, day)
}

// Month writes 2026年12月 or December 2026.
func (t Text) Month(d roster.Day) string {
	y, m, _ := d.Date()
	if t.Lang == "en" {
		return fmt.Sprintf("%s %d", m, y)
	}
	return fmt.Sprintf("%d年%d月", y, m)
}

// Period names a roster period: its month when it is one, else both ends.
func (t Text) Period(p roster.Period) string {
	if _, _, dom := p.First.Date(); dom == 1 {
		return t.Month(p.First)
	}
	y1, m1, d1 := p.First.Date()
	y2, m2, d2 := p.Last.Date()
	switch {
	case t.Lang == "en" && y1 != y2:
		return fmt.Sprintf("%d %s %d – %d %s %d", d1, m1.String()[:3], y1, d2, m2.String()[:3], y2)
	case t.Lang == "en":
		return fmt.Sprintf("%d %s – %d %s %d", d1, m1.String()[:3], d2, m2.String()[:3], y2)
	case y1 != y2:
		return fmt.Sprintf("%d年%d月%d日〜%d年%d月%d日", y1, m1, d1, y2, m2, d2)
	}
	return fmt.Sprintf("%d年%d月%d日〜%d月%d日", y1, m1, d1, m2, d2)
}

// Clock writes a time of day; 翌 is said in Japanese only.
func (t Text) Clock(m roster.Minutes) string {
	if t.Lang == "en" && m >= 24*60 {
		return (m - 24*60).String() + " (+1)"
	}
	return m.Clock()
}

// Span writes 22:00–翌7:00.
func (t Text) Span(s roster.Span) string {
	if s.Empty() {
		return ""
	}
	return t.Clock(s.Start) + "–" + t.Clock(s.End)
}

// Join puts list items together as the language does.
func (t Text) Join(items []string) string {
	if t.Lang == "en" {
		return strings.Join(items, ", ")
	}
	return strings.Join(items, "、")
}
