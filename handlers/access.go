package handlers

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/views"
)

// getAccesses tells who signed in, tried to, changed a password, or took data out, newest first.
func (s *Server) getAccesses(c *request) error {
	ask, err := s.ask(c, "/history/accesses", c.QueryParams(), accessNouns)
	if err != nil {
		return err
	}
	v := views.History{Frame: s.frame(c, "menu.history"), Lead: c.text.T("access.lead"), Kinds: historyKinds(c), Search: ask.search}
	if len(ask.search.Form.Faults) > 0 {
		return s.page(c, http.StatusUnprocessableEntity, views.HistoryPage(v))
	}
	list, more, err := s.app.Accesses(c.ctx(), c.actor, ask.accesses(historyPage))
	if err != nil {
		return err
	}
	t := accessTeller{text: c.text, people: ask.people}
	for _, e := range list {
		addToDay(c, &v, e.AtMs, t.act(e))
	}
	if more {
		v.Pages.Next = ask.older(list[len(list)-1].N)
	}
	v.Pages.Previous = ask.newest()
	return s.page(c, http.StatusOK, views.HistoryPage(v))
}

// accessTeller turns entries of the access log into sentences.
type accessTeller struct {
	text   views.Text
	people app.HistoryPeople
}

func (t accessTeller) act(e roster.Access) views.HistoryAct {
	v := views.HistoryAct{Who: cmp.Or(e.Name, t.text.T("access.stranger")), Lines: []string{t.line(e)}, Origin: originText(t.text, e.Origin)}
	if e.Erased > 0 {
		v.Who, v.Origin = t.text.T("history.erased_name"), ""
	}
	switch e.Action {
	case roster.ActionSignInRefused, roster.ActionSignInLimited, roster.ActionRefused, roster.ActionProofRefused:
		v.Mark, v.Kind = t.text.T("access.refused"), "warn"
	}
	return v
}

// line tells one entry.
func (t accessTeller) line(e roster.Access) string {
	args := roster.Args{"Subject": e.Subject}
	switch e.Action {
	case roster.ActionLinkMade:
		args["Name"], args["Kind"] = t.member(e.Subject), strings.Trim(string(field(e.After, "Kind")), `"`)
	case roster.ActionFactorsReset:
		args["Name"] = t.member(e.Subject)
	case roster.ActionSignInsRevoked:
		if len(e.Subject) == 36 { // a member's, by an administrator
			args["Name"] = t.member(e.Subject)
		}
	case roster.ActionSignedIn, roster.ActionSignInRefused:
		args["By"] = strings.Trim(string(field(e.After, "By")), `"`)
	case roster.ActionDataExported:
		args["Name"] = ""
		if e.Subject != "" {
			args["Name"] = t.somebody(e.Subject)
		}
	case roster.ActionAccountSaved:
		args["What"] = t.text.Join(t.differences(e))
	}
	return t.text.With("access."+e.Action, args)
}

func (t accessTeller) member(id string) string {
	for _, m := range t.people.Members {
		if string(m.ID) == id {
			return m.Name
		}
	}
	return t.text.T("history.somebody")
}

// somebody is a person on the roster or a member.
func (t accessTeller) somebody(id string) string {
	for _, p := range t.people.Staff {
		if string(p.ID) == id {
			return p.Name
		}
	}
	return t.member(id)
}

// differences names what of an account changed; its values are the person's own.
func (t accessTeller) differences(e roster.Access) (list []string) {
	for _, name := range []string{"Name", "Email", "Display", "Language", "Theme", "Disabled"} {
		if string(field(e.Before, name)) != string(field(e.After, name)) {
			list = append(list, t.text.T("access.field_"+name))
		}
	}
	return list
}

// field is one field of what an entry keeps.
func field(raw json.RawMessage, name string) json.RawMessage {
	var x map[string]json.RawMessage
	if json.Unmarshal(raw, &x) != nil {
		return nil
	}
	return x[name]
}

// exportRows is how many entries one file holds at most: whoever needs more asks for a shorter time.
const exportRows = 50_000

// exportEvents is how many things of one act the file tells.
const exportEvents = 200

// postHistoryExport answers with what was asked for of the record of changes as a file. It is a POST, because taking records out is recorded.
func (s *Server) postHistoryExport(c *request) error {
	ask, err := s.askedToExport(c, func(v map[string][]string) (asking, error) { return s.askHistory(c, v) })
	if err != nil {
		return err
	}
	return s.export(c, "changes", ask, func(f *csvFile, before int64) (int64, error) {
		ask.before = before
		told, err := s.app.History(c.ctx(), c.actor, ask.acts(exportPage), exportEvents)
		if err != nil {
			return 0, err
		}
		h := historian{HistoryView: told, text: c.text, zone: c.org.Zone()}
		for _, a := range told.Acts {
			if err := f.entry(c, a.Act.AtMs, a.Act.Revision, h.act(a), a.Act.Kind, a.Act.Origin, a.Act.Chain); err != nil {
				return 0, err
			}
		}
		if !told.More {
			return 0, nil
		}
		return told.Acts[len(told.Acts)-1].Act.Revision, nil
	})
}

// postAccessExport does the same for the access log.
func (s *Server) postAccessExport(c *request) error {
	ask, err := s.askedToExport(c, func(v map[string][]string) (asking, error) { return s.ask(c, "/history/accesses", v, accessNouns) })
	if err != nil {
		return err
	}
	t := accessTeller{text: c.text, people: ask.people}
	return s.export(c, "accesses", ask, func(f *csvFile, before int64) (int64, error) {
		ask.before = before
		list, more, err := s.app.Accesses(c.ctx(), c.actor, ask.accesses(exportPage))
		if err != nil {
			return 0, err
		}
		for _, e := range list {
			if err := f.entry(c, e.AtMs, e.N, t.act(e), e.Action, e.Origin, e.Chain); err != nil {
				return 0, err
			}
		}
		if !more {
			return 0, nil
		}
		return list[len(list)-1].N, nil
	})
}

const exportPage = 500

func (s *Server) askedToExport(c *request, ask func(map[string][]string) (asking, error)) (asking, error) {
	form, err := c.fields()
	if err != nil {
		return asking{}, err
	}
	a, err := ask(form)
	if err == nil && len(a.search.Form.Faults) > 0 {
		err = roster.Refuse(roster.Invalid, "error.day")
	}
	return a, err
}

// export records what is taken out, then writes page after page. Where it breaks off, so does the connection: half a file must not look whole.
func (s *Server) export(c *request, what string, ask asking, page func(f *csvFile, before int64) (int64, error)) error {
	if err := s.app.AuditExported(c.ctx(), c.actor, what, ask.question()); err != nil {
		return err
	}
	f, err := newCSV(c, "wakakusa_"+what+"_"+c.now.In(c.org.Zone()).Format("20060102_150405")+".csv")
	if err != nil {
		return err
	}
	heads := []string{"at", "number", "who", "action", "told", "mark", "address", "request", "sign_in", "chain"}
	for i, h := range heads {
		heads[i] = c.text.T("history.column_" + h)
	}
	err = f.row(heads...)
	for before := int64(0); err == nil; {
		if before, err = page(f, before); before == 0 {
			break
		}
		if f.rows > exportRows {
			err = f.row(c.text.T("history.export_cut", "Rows", exportRows))
			break
		}
	}
	f.Flush()
	if err = cmp.Or(err, f.Error()); err != nil {
		s.Log.ErrorContext(c.ctx(), "an export broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// entry writes one entry of a record.
func (f *csvFile) entry(c *request, atMs, n int64, act views.HistoryAct, action string, from roster.Origin, chain string) error {
	at := time.UnixMilli(atMs).In(c.org.Zone()).Format(time.RFC3339)
	return f.row(at, strconv.FormatInt(n, 10), act.Who, action, strings.Join(act.Lines, "\n"), act.Mark, from.Address, from.Request, from.SignIn, chain)
}
