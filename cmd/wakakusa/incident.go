package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// incidentCmd is for the day on which data may have leaked. The program may run meanwhile.
type incidentCmd struct {
	Report incidentReportCmd `cmd:"" help:"Write what one sign-in or account did, as the draft of the report to 個人情報保護委員会 (Markdown)."`
}

type incidentReportCmd struct {
	SignIn  string `name:"sign-in" xor:"who" required:"" help:"The sign-in with this code, as records show it." placeholder:"CODE"`
	Account string `xor:"who" required:"" help:"The account that signs in by this user name or e-mail address." placeholder:"LOGIN"`
	Since   string `required:"" help:"From this moment on (Japan): 2026-11-20 or 2026-11-20T09:00." placeholder:"TIME"`
	Until   string `help:"Up to this moment; by default until now." placeholder:"TIME"`
	Org     string `help:"Only the organisation with this address, as in /o/SLUG/." placeholder:"SLUG"`
	KnownAt string `name:"known-at" help:"When it became known, from which deadlines count; by default now." placeholder:"TIME"`
}

func (c incidentReportCmd) Run(e *env) (err error) {
	db, err := openForAudit(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r := incidentReport{who: "ログインの符号 " + c.SignIn, out: e.out}
	q := app.IncidentQuery{SignIn: c.SignIn}
	if c.Account != "" {
		acc, err := db.AccountNamed(e.ctx, c.Account)
		if roster.KindOf(err) == roster.NotFound {
			return fmt.Errorf("nobody signs in as %q", c.Account)
		}
		if err != nil {
			return err
		}
		q.Account, r.who = acc.ID, "アカウント "+acc.Name
	}
	if q.Org, err = orgBySlug(e.ctx, &database{DB: db}, c.Org); err != nil {
		return err
	}
	now := time.Now()
	var known time.Time
	for _, at := range []struct {
		text  string
		usual time.Time
		to    *time.Time
	}{{c.Since, now, &r.from}, {c.Until, now, &r.to}, {c.KnownAt, now, &known}} {
		if *at.to, err = momentOf(at.text, at.usual); err != nil {
			return err
		}
	}
	q.FromMs, q.ToMs = r.from.UnixMilli(), r.to.UnixMilli()+1
	if r.found, err = app.New(db, time.Now, newID).Incident(e.ctx, q); err != nil {
		return err
	}
	texts, err := views.LoadTexts()
	if err != nil {
		return err
	}
	r.text, r.known = texts.For("ja"), roster.DayOf(known.In(roster.Japan))
	r.print()
	return nil
}

// momentOf reads a day or a moment in Japan.
func momentOf(text string, usual time.Time) (time.Time, error) {
	if text == "" {
		return usual, nil
	}
	for _, form := range []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(form, text, roster.Japan); err == nil {
			return at, nil
		}
	}
	return usual, fmt.Errorf("%q is no moment: write 2026-11-20 or 2026-11-20T09:00", text)
}

// incidentReport is the draft, with what the records know filled in.
type incidentReport struct {
	who      string
	from, to time.Time
	known    roster.Day
	found    app.Incident
	text     views.Text
	out      io.Writer
}

func (r *incidentReport) line(format string, args ...any) { fmt.Fprintf(r.out, format+"\n", args...) }

func (r *incidentReport) at(ms int64) string {
	return time.UnixMilli(ms).In(roster.Japan).Format("2006-01-02 15:04:05")
}

func (r *incidentReport) print() {
	by := roster.ReportBy(r.known)
	r.line("# 漏えい等の報告の下書き\n")
	r.line("対象: %s  \n期間: %s 〜 %s(日本時間)  \n知った日: %s\n", r.who, r.from.In(roster.Japan).Format("2006-01-02 15:04"), r.to.In(roster.Japan).Format("2006-01-02 15:04"), r.known)
	r.line("| 報告 | 期限 |\n|---|---|")
	r.line("| 速報 | %s 〜 %s(知った日を1日目として、おおむね3〜5日以内) |", by.FirstFrom, by.First)
	r.line("| 確報 | %s(30日以内) |", by.Full)
	r.line("| 確報(不正の目的によるおそれがあるとき) | %s(60日以内) |\n", by.FullMeant)
	r.line("要配慮個人情報、財産的被害のおそれ、不正の目的のどれかがあれば、1人でも報告が要ります。それ以外は1,000人を超えるときです。要るかどうかは人が決めてください。\n")
	if len(r.found.Places) == 0 {
		r.line("**この期間に、この対象の記録はありません。** 記録は画面で見ただけのことを含みません。\n")
	}
	r.line("## 1. 概要\n")
	for _, p := range r.found.Places {
		r.overview(p)
	}
	r.line("(いつ、どこで、何が起きたかを書く)\n")
	r.items()
	r.people()
	for i, s := range []struct{ title, hint string }{
		{"原因", "(例: パスワードの使い回し、端末の紛失、権限の誤り)"},
		{"二次被害又はそのおそれの有無及びその内容", "(連絡先が漏れたときは、なりすましの電話やメールのおそれを書く)"},
		{"本人への対応の実施状況", "(本人への通知の日、方法、文面)"},
		{"公表の実施状況", "(公表の日、方法。しないときはその理由)"},
		{"再発防止のための措置", "(済んだこと: ログインの終了、パスワードの変更、権限の見直し。これからすること)"},
		{"その他参考となる事項", "(警察への届出、都道府県・市町村への事故報告など)"},
	} {
		r.line("## %d. %s\n\n%s\n", i+4, s.title, s.hint)
	}
}

func placeName(p app.IncidentPlace) string {
	if p.Org.ID == "" {
		return "どの組織のものでもない記録"
	}
	return fmt.Sprintf("%s(/o/%s)", p.Org.Name, p.Org.Slug)
}

func (r *incidentReport) overview(p app.IncidentPlace) {
	r.line("### %s\n", placeName(p))
	r.line("- 使われたアカウント: %s", orNone(slices.Sorted(maps.Values(p.Accounts))))
	r.line("- ログインの符号: %s", orNone(p.SignIns))
	r.line("- 変更 %s 回、ログインや持ち出しなど %s 件", humanize.Comma(int64(len(p.Acts))), humanize.Comma(int64(len(p.Accesses))))
	for _, address := range slices.Sorted(maps.Keys(p.Origins)) {
		span := p.Origins[address]
		r.line("- 接続元 %s: %s 〜 %s", address, r.at(span.First), r.at(span.Last))
	}
	count := map[string]int{}
	for _, e := range p.Accesses {
		count[e.Action]++
	}
	for _, action := range slices.Sorted(maps.Keys(count)) {
		noun, _, _ := strings.Cut(action, ".")
		r.line("- %s(`%s`): %d 件", r.text.T("history.noun_"+noun), action, count[action])
	}
	r.line("")
}

func orNone(list []string) string {
	list = slices.Compact(list)
	if len(list) == 0 {
		return "(分からない)"
	}
	return strings.Join(list, "、")
}

// items tells what of people was changed, and what was taken out.
func (r *incidentReport) items() {
	r.line("## 2. 漏えい等が発生し、又は発生したおそれがある個人データの項目\n")
	for _, p := range r.found.Places {
		r.line("### %s\n", placeName(p))
		taken := p.Taken()
		r.line("持ち出されたもの: %d 件\n", len(taken))
		for _, e := range taken {
			r.line("- %s `%s` %s %s", r.at(e.AtMs), e.Action, e.Subject, takenWhat(p, e))
		}
		r.line("\n変えられたもの:\n")
		fields := map[string]int{}
		for _, t := range p.Touched {
			for _, f := range t.Fields {
				fields[f]++
			}
		}
		for _, f := range slices.Sorted(maps.Keys(fields)) {
			noun, name, _ := strings.Cut(f, ".")
			r.line("- %sの%s: %d 人", r.text.T("history.noun_"+noun), r.text.T("field."+name), fields[f])
		}
		for _, noun := range slices.Sorted(maps.Keys(p.Things)) {
			r.line("- %s: %d 件", r.text.T("history.noun_"+noun), p.Things[noun])
		}
		r.line("\n見られたおそれがあるもの: 画面で見ただけのことは記録していない。権限は %s。この権限で見られるのは、氏名、シフト、メモ、連絡先など(台帳は docs/privacy.md)。\n", r.roles(p))
	}
}

func takenWhat(p app.IncidentPlace, e roster.Access) string {
	switch e.Action {
	case roster.ActionBackupFetched:
		return fmt.Sprintf("— 全員(この組織では %d 人、メンバー %d 人)とパスワードのハッシュ", p.People, p.Members)
	case roster.ActionDataExported:
		return "— 1人についてのすべて"
	}
	return "— 操作の記録"
}

func (r *incidentReport) roles(p app.IncidentPlace) string {
	var names []string
	for _, role := range p.Roles {
		names = append(names, r.text.T("role."+string(role)))
	}
	slices.Sort(names)
	return orNone(names)
}

func (r *incidentReport) people() {
	r.line("## 3. 漏えい等が発生し、又は発生したおそれがある個人データに係る本人の数\n")
	for _, p := range r.found.Places {
		r.line("### %s\n", placeName(p))
		r.line("- データを変えられた人: %d 人", len(p.Touched))
		r.line("- 見られたおそれがある人(権限からの上限): %d 人 / 名簿 %d 人\n", p.Seen, p.People)
		if len(p.Touched) == 0 {
			continue
		}
		r.line("| 氏名 | 回数 | 項目 |\n|---|---|---|")
		for _, id := range slices.Sorted(maps.Keys(p.Touched)) {
			t := p.Touched[id]
			var fields []string
			for _, f := range t.Fields {
				noun, name, _ := strings.Cut(f, ".")
				fields = append(fields, r.text.T("history.noun_"+noun)+"の"+r.text.T("field."+name))
			}
			r.line("| %s | %d | %s |", strings.ReplaceAll(t.Name, "|", "｜"), t.Times, strings.Join(fields, "、"))
		}
		r.line("")
	}
}
