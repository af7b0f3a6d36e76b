package sqldb

import (
	"context"
	"database/sql"
	"encoding/json"

	"wakakusa/roster"
	"wakakusa/store"
)

const eventColumns = `e.revision, e.n, e.name, e.site_id, e.staff_id, e.day, e.subject_id, e.before_json, e.after_json, e.erased`

func scanEvent(rows *sql.Rows, e *roster.Event) error {
	return rows.Scan(&e.Revision, &e.N, &e.Name, &e.Site, &e.Cell.Staff, day{&e.Cell.Day}, &e.Subject, rawText{&e.Before}, rawText{&e.After}, &e.Erased)
}

type rawText struct{ to *json.RawMessage }

func (r rawText) Scan(src any) error {
	s, err := scanText(src)
	if s != "" {
		*r.to = json.RawMessage(s)
	}
	return err
}

func (r *reader) EventsOf(ctx context.Context, revision int64, limit int) ([]roster.Event, error) {
	return query(ctx, r, `SELECT `+eventColumns+` FROM events e WHERE e.org_id = ? AND e.revision = ? ORDER BY e.n LIMIT ?`, scanEvent, revision, limit)
}

func (r *reader) EventsAfter(ctx context.Context, revision int64, limit int) ([]roster.Event, error) {
	return query(ctx, r, `SELECT `+eventColumns+` FROM events e WHERE e.org_id = ? AND e.revision > ? ORDER BY e.revision, e.n LIMIT ?`,
		scanEvent, revision, limit)
}

// actQuery takes MAX of a sum, for MAX of the bare column makes the engine walk all acts from the newest instead of asking the index.
const actQuery = `SELECT a.revision, a.actor_id, a.actor_name, a.act_key, a.kind, a.place, a.undoes, a.at_ms, a.request, a.address, a.sign_in, a.chain, a.erased,
	COALESCE((SELECT MAX(u.revision + 0) FROM acts u WHERE u.org_id = a.org_id AND u.undoes = a.revision), 0) FROM acts a WHERE a.org_id = ?`

func (r *reader) scanAct(rows *sql.Rows, a *roster.PastAct) error {
	a.Org = r.org
	return rows.Scan(&a.Revision, &a.Actor, &a.Name, &a.Key, &a.Kind, &a.Place, &a.Undoes, &a.AtMs, &a.Request, &a.Address, &a.SignIn, &a.Chain, &a.Erased, &a.UndoneBy)
}

func (r *reader) ActAt(ctx context.Context, revision int64) (roster.PastAct, []roster.Event, error) {
	a, err := queryOne(ctx, r, actQuery+` AND a.revision = ?`, r.scanAct, revision)
	if err != nil {
		return a, nil, err
	}
	events, err := query(ctx, r, `SELECT `+eventColumns+` FROM events e WHERE e.org_id = ? AND e.revision = ? ORDER BY e.n`, scanEvent, revision)
	return a, events, err
}

func (r *reader) ActsOf(ctx context.Context, actor roster.AccountID, place string, limit int) ([]roster.PastAct, error) {
	return query(ctx, r, actQuery+` AND a.actor_id = ? AND a.place = ? ORDER BY a.revision DESC LIMIT ?`, r.scanAct, actor, place, limit)
}

func (r *reader) History(ctx context.Context, q store.ActQuery) ([]roster.PastAct, error) {
	const event = `EXISTS (SELECT 1 FROM events e WHERE e.org_id = a.org_id AND e.revision = a.revision AND `
	where, args := condition{}.and(true, ``).and(q.Before > 0, `a.revision < ?`, q.Before).and(q.Actor != "", `a.actor_id = ?`, q.Actor).
		and(q.FromMs > 0, `a.at_ms >= ?`, q.FromMs).and(q.ToMs > 0, `a.at_ms < ?`, q.ToMs).
		and(q.Noun != "", event+`e.name LIKE ?)`, q.Noun+".%").
		and(q.Staff != "", event+`(e.staff_id = ? OR e.subject_id = ?))`, q.Staff, q.Staff).text()
	return query(ctx, r, actQuery+where+` ORDER BY a.revision DESC LIMIT ?`, r.scanAct, append(args, q.Limit)...)
}

// touchedQuery finds the newest event of each cell in the index alone before it asks for acts: a cell may have been touched many times.
const touchedQuery = `SELECT t.staff_id, t.day, a.revision, a.actor_id, a.actor_name, a.kind FROM
	(SELECT e.staff_id, e.day, MAX(e.revision) AS revision FROM events e
		WHERE e.org_id = ? AND e.day BETWEEN ? AND ? AND e.revision > ? AND e.staff_id <> '' GROUP BY e.day, e.staff_id) t
	JOIN acts a ON a.org_id = ? AND a.revision = t.revision`

func (r *reader) TouchedAfter(ctx context.Context, revision int64, p roster.Period) (map[roster.Cell]roster.PastAct, error) {
	type touch struct {
		cell roster.Cell
		act  roster.PastAct
	}
	all, err := query(ctx, r, touchedQuery,
		func(rows *sql.Rows, t *touch) error {
			return rows.Scan(&t.cell.Staff, day{&t.cell.Day}, &t.act.Revision, &t.act.Actor, &t.act.Name, &t.act.Kind)
		}, dayText(p.First), dayText(p.Last), revision, r.org)
	touched := map[roster.Cell]roster.PastAct{}
	for _, t := range all {
		touched[t.cell] = t.act
	}
	return touched, err
}

func (r *reader) CellHistory(ctx context.Context, c roster.Cell, limit int) ([]roster.PastAct, [][]roster.Event, error) {
	events, err := query(ctx, r, `SELECT `+eventColumns+` FROM events e WHERE e.org_id = ? AND e.day = ? AND e.staff_id = ?
		ORDER BY e.revision DESC, e.n DESC LIMIT ?`, scanEvent, dayText(c.Day), c.Staff, limit)
	if err != nil {
		return nil, nil, err
	}
	var acts []roster.PastAct
	var told [][]roster.Event
	for _, e := range events {
		if n := len(acts); n > 0 && acts[n-1].Revision == e.Revision {
			told[n-1] = append(told[n-1], e)
			continue
		}
		a, err := queryOne(ctx, r, actQuery+` AND a.revision = ?`, r.scanAct, e.Revision)
		if err != nil {
			return nil, nil, err
		}
		acts, told = append(acts, a), append(told, []roster.Event{e})
	}
	return acts, told, nil
}

func (r *reader) ImportRefs(ctx context.Context, source, table string, old []string) (map[string]store.ImportRef, error) {
	if len(old) == 0 {
		return map[string]store.ImportRef{}, nil
	}
	args := []any{source, table}
	for _, id := range old {
		args = append(args, id)
	}
	all, err := query(ctx, r, `SELECT source, table_name, old_id, new_id, digest FROM import_refs WHERE org_id = ? AND source = ? AND table_name = ?
		AND old_id IN (`+marks(len(old))+`)`,
		func(rows *sql.Rows, f *store.ImportRef) error {
			return rows.Scan(&f.Source, &f.Table, &f.OldID, &f.NewID, &f.Digest)
		}, args...)
	by := make(map[string]store.ImportRef, len(all))
	for _, f := range all {
		by[f.OldID] = f
	}
	return by, err
}

func (w *writer) SaveImportRef(ctx context.Context, f store.ImportRef) error {
	w.writes("import_refs")
	res, err := w.exec(ctx, `UPDATE import_refs SET new_id = ?, digest = ? WHERE org_id = ? AND source = ? AND table_name = ? AND old_id = ?`,
		f.NewID, f.Digest, w.org, f.Source, f.Table, f.OldID)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return w.insert(ctx, "import_refs", []column{
		{"source", f.Source}, {"table_name", f.Table}, {"old_id", f.OldID}, {"new_id", f.NewID}, {"digest", f.Digest},
	})
}
