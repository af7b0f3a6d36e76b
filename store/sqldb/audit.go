package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"wakakusa/roster"
)

// AuditHead is how far the records of an organisation are. What was the head once must be in the chain for ever, unless a restore took the
// database back.
type AuditHead struct {
	Org         roster.OrgID `json:"org"`  // "" for the access log of what belongs to no organisation
	Slug        string       `json:"slug"` // ""
	Revision    int64        `json:"revision"`
	Chain       string       `json:"chain"`
	N           int64        `json:"n"` // last entry of the access log
	AccessChain string       `json:"access_chain"`
}

// AuditFault is something in the records that is not as it was written.
type AuditFault struct {
	Slug string `json:"slug"`
	Log  string `json:"log"` // "acts" or "accesses"
	At   int64  `json:"at"`  // the revision, or the entry's number
	What string `json:"what"`
}

func (f AuditFault) Error() string {
	if f.Log == logActs {
		return fmt.Sprintf("%s: revision %d %s", f.Slug, f.At, f.What)
	}
	return fmt.Sprintf("%s: entry %d of the access log %s", f.Slug, f.At, f.What)
}

const (
	logActs     = "acts"
	logAccesses = "accesses"
)

// Audited is what an audit found.
type Audited struct {
	Heads    []AuditHead  `json:"heads"`
	Faults   []AuditFault `json:"faults"`
	Acts     int64        `json:"acts"` // that were checked
	Before   int64        `json:"before"`
	Accesses int64        `json:"accesses"`
	Erased   int64        `json:"erased"` // records of which only the hash is left
}

// VerifyAudit reads all acts and access logs in one snapshot and computes their chains anew. Acts from before there was a chain are counted in
// Before. Whoever changes the last entry and computes its chain, or takes it away and changes the counters too, is found only by a head that
// was kept elsewhere: see HoldsHead.
func (db *DB) VerifyAudit(ctx context.Context) (a Audited, err error) {
	tx, err := db.longRead.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return a, err
	}
	defer tx.Rollback() //nolint:errcheck // a read has nothing to keep
	v := &verifying{tx: tx, of: &a, marked: map[record]int64{}, told: map[record]int64{}}
	a.Heads, err = v.heads(ctx)
	for i := range a.Heads {
		v.head = &a.Heads[i]
		err = errors.Join(err, v.acts(ctx), v.accesses(ctx))
	}
	v.erasures()
	return a, err
}

// verifying is an audit under way.
type verifying struct {
	tx   *sql.Tx
	of   *Audited
	head *AuditHead // of the organisation that is read

	marked map[record]int64 // records that are marked as erased, each with the revision that it names
	told   map[record]int64 // records that acts say they erased, each with the revision of the act
}

// record is the place of an act, of an event, or of an entry of the access log.
type record struct {
	org roster.OrgID
	log string
	at  int64
	n   int // of an event; -1: the act or entry itself
}

func (v *verifying) fault(log string, at int64, format string, args ...any) {
	v.faultIn(v.head.Slug, log, at, format, args...)
}

func (v *verifying) faultIn(slug, log string, at int64, format string, args ...any) {
	v.of.Faults = append(v.of.Faults, AuditFault{Slug: slug, Log: log, At: at, What: fmt.Sprintf(format, args...)})
}

// mark notes whether a record is marked as erased. What is marked must have no text, and what is not must have no hash beside it: either would
// be believed and is in no chain.
func (v *verifying) mark(r record, erased int64, digest string, text ...string) {
	switch {
	case erased == 0 && digest != "":
		v.fault(r.log, r.at, "is not erased and has the hash of what was")
	case erased != 0 && strings.Join(text, "") != "":
		v.fault(r.log, r.at, "is erased and tells something")
	}
	if erased != 0 {
		v.marked[r] = erased
	}
}

// tells notes what an act says it has erased.
func (v *verifying) tells(e roster.Event) {
	var x roster.Erased
	err := json.Unmarshal(e.After, &x)
	acts, a := roster.ReadNumbers(x.Acts)
	events, b := roster.ReadEvents(x.Events)
	accesses, c := roster.ReadNumbers(x.Accesses)
	nobody, d := roster.ReadNumbers(x.Nobody)
	if err != nil || !(a && b && c && d) {
		v.fault(logActs, e.Revision, "does not say what it erased")
		return
	}
	for _, at := range acts {
		v.told[record{v.head.Org, logActs, at, -1}] = e.Revision
	}
	for _, k := range events {
		v.told[record{v.head.Org, logActs, k.Revision, k.N}] = e.Revision
	}
	for _, at := range accesses {
		v.told[record{v.head.Org, logAccesses, at, -1}] = e.Revision
	}
	for _, at := range nobody {
		v.told[record{"", logAccesses, at, -1}] = e.Revision
	}
}

// erasures compares what is marked as erased with what acts say: neither may be without the other.
func (v *verifying) erasures() {
	slugs := map[roster.OrgID]string{}
	for _, h := range v.of.Heads {
		slugs[h.Org] = h.Slug
	}
	inOrder := func(a, b record) int {
		return cmp.Or(cmp.Compare(slugs[a.org], slugs[b.org]), cmp.Compare(a.log, b.log), cmp.Compare(a.at, b.at), cmp.Compare(a.n, b.n))
	}
	for _, r := range slices.SortedFunc(maps.Keys(v.marked), inOrder) {
		if by := v.marked[r]; v.told[r] != by {
			v.faultIn(slugs[r.org], r.log, r.at, "is marked as erased by revision %d, which does not say so", by)
		}
	}
	for _, r := range slices.SortedFunc(maps.Keys(v.told), inOrder) {
		if v.marked[r] == 0 && r.org != "" { // the log of what belongs to nobody does not come along when an organisation moves
			v.faultIn(slugs[r.org], r.log, r.at, "was erased by revision %d and is not marked so", v.told[r])
		}
	}
	v.of.Erased = int64(len(v.marked))
}

// heads are what organisations and access logs say they are at, also logs whose organisation is gone.
func (v *verifying) heads(ctx context.Context) (list []AuditHead, err error) {
	rows, err := v.tx.QueryContext(ctx, `SELECT o.id, o.slug, o.revision, COALESCE(h.n, 0), COALESCE(h.chain, '') FROM orgs o LEFT JOIN access_heads h ON h.org_id = o.id
		UNION ALL SELECT h.org_id, '', 0, h.n, h.chain FROM access_heads h WHERE h.org_id NOT IN (SELECT id FROM orgs)
		UNION ALL SELECT DISTINCT a.org_id, '', 0, 0, '' FROM accesses a WHERE a.org_id NOT IN (SELECT id FROM orgs) AND a.org_id NOT IN (SELECT org_id FROM access_heads)
		ORDER BY 2, 1`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var h AuditHead
		if err := rows.Scan(&h.Org, &h.Slug, &h.Revision, &h.N, &h.AccessChain); err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, rows.Err()
}

// signedAct is an act as it is kept.
type signedAct struct {
	act    salted[roster.PastAct]
	events []salted[roster.Event]
}

const auditActs = `SELECT a.revision, a.actor_id, a.actor_name, a.act_key, a.kind, a.place, a.undoes, a.at_ms, a.request, a.address, a.sign_in, a.salt, a.chain, a.digest, a.erased,
	e.n, COALESCE(e.name, ''), COALESCE(e.site_id, ''), COALESCE(e.staff_id, ''), COALESCE(e.day, ''), COALESCE(e.subject_id, ''),
	e.before_json, e.after_json, COALESCE(e.salt, ''), COALESCE(e.digest, ''), COALESCE(e.erased, 0)
	FROM acts a LEFT JOIN events e ON e.org_id = a.org_id AND e.revision = a.revision WHERE a.org_id = ? ORDER BY a.revision, e.n`

func (v *verifying) acts(ctx context.Context) error {
	rows, err := v.tx.QueryContext(ctx, auditActs, string(v.head.Org))
	if err != nil {
		return err
	}
	defer rows.Close()
	c := chaining{v: v}
	var now signedAct
	for rows.Next() {
		a, e := salted[roster.PastAct]{of: roster.PastAct{Act: roster.Act{Org: v.head.Org}}}, salted[roster.Event]{}
		event, err := scanSigned(rows, &a, &e)
		if err != nil {
			return fmt.Errorf("%s: an act after revision %d cannot be read: %w", v.head.Slug, c.last, err)
		}
		if a.of.Revision != now.act.of.Revision {
			c.check(now)
			now = signedAct{act: a}
		}
		if event {
			now.events = append(now.events, e)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	c.check(now)
	if c.last != v.head.Revision {
		v.fault(logActs, c.last, "is the last one there, but %d was reached", v.head.Revision)
	}
	v.head.Chain = c.before
	return nil
}

// scanSigned reads a row of auditActs; event says whether it has one.
func scanSigned(rows *sql.Rows, a *salted[roster.PastAct], e *salted[roster.Event]) (event bool, err error) {
	x := &a.of
	var n sql.NullInt64
	err = rows.Scan(&x.Revision, &x.Actor, &x.Name, &x.Key, &x.Kind, &x.Place, &x.Undoes, &x.AtMs, &x.Request, &x.Address, &x.SignIn, &a.salt, &x.Chain,
		&a.digest, &x.Erased, &n, &e.of.Name, &e.of.Site, &e.of.Cell.Staff, day{&e.of.Cell.Day}, &e.of.Subject, rawText{&e.of.Before}, rawText{&e.of.After},
		&e.salt, &e.digest, &e.of.Erased)
	e.of.Revision, e.of.N = x.Revision, int(n.Int64)
	return n.Valid, err
}

// chaining follows the acts of an organisation.
type chaining struct {
	v      *verifying
	last   int64  // revision
	before string // chain of it
}

func (c *chaining) check(now signedAct) {
	a := now.act.of
	switch {
	case a.Revision == 0:
		return // there was none
	case a.Chain == "" && c.before == "":
		c.v.of.Before++
	case a.Chain == "":
		c.v.fault(logActs, a.Revision, "is not chained")
	case a.Revision != c.last+1 && c.before != "":
		c.v.fault(logActs, a.Revision, "follows %d: what was between them is gone", c.last)
	case a.Chain != actChain(c.before, now.act, now.events):
		c.v.fault(logActs, a.Revision, "is not as it was written")
	}
	if a.Chain != "" {
		c.v.of.Acts++
		c.before = a.Chain
	}
	c.last = a.Revision
	c.v.mark(record{c.v.head.Org, logActs, a.Revision, -1}, a.Erased, now.act.digest, a.Name, a.Address, now.act.salt)
	for _, x := range now.events {
		e := x.of
		c.v.mark(record{c.v.head.Org, logActs, a.Revision, e.N}, e.Erased, x.digest, string(e.Before), string(e.After), x.salt)
		if a.Chain != "" && e.Name == a.Kind && (a.Kind == roster.EventStaffErased || a.Kind == roster.EventAccessErased) {
			c.v.tells(e)
		}
	}
}

func (v *verifying) accesses(ctx context.Context) error {
	rows, err := v.tx.QueryContext(ctx, `SELECT `+accessColumns+`, salt, digest FROM accesses WHERE org_id = ? ORDER BY n`, string(v.head.Org))
	if err != nil {
		return err
	}
	defer rows.Close()
	last, before := int64(0), ""
	for rows.Next() {
		var e salted[roster.Access]
		if err := rows.Scan(append(accessFields(&e.of), &e.salt, &e.digest)...); err != nil {
			return err
		}
		switch {
		case e.of.N != last+1:
			v.fault(logAccesses, e.of.N, "follows %d: what was between them is gone", last)
		case e.of.Chain != accessChain(before, e):
			v.fault(logAccesses, e.of.N, "is not as it was written")
		}
		v.of.Accesses++
		v.mark(record{v.head.Org, logAccesses, e.of.N, -1}, e.of.Erased, e.digest, e.of.Name, e.of.Address, string(e.of.Before), string(e.of.After), e.salt)
		last, before = e.of.N, e.of.Chain
	}
	if last != v.head.N || before != v.head.AccessChain {
		v.fault(logAccesses, last, "is the last one there, but %d was reached", v.head.N)
	}
	return rows.Err()
}

// HoldsHead says whether the records still hold what was the head of an organisation at a moment in ms UTC; nil if they do, or if a restore
// took the database back to before it.
func (db *DB) HoldsHead(ctx context.Context, h AuditHead, atMs int64) (faults []AuditFault, err error) {
	back, err := db.takenBack(ctx, h.Org, atMs)
	if err != nil || back {
		return nil, err
	}
	v := verifying{of: &Audited{}, head: &h}
	if h.Revision > 0 {
		chain, err := db.text(ctx, `SELECT chain FROM acts WHERE org_id = ? AND revision = ?`, string(h.Org), h.Revision)
		if err != nil {
			return nil, err
		}
		if chain != h.Chain {
			v.fault(logActs, h.Revision, "is another one than it was")
		}
	}
	if h.N > 0 {
		chain, err := db.text(ctx, `SELECT chain FROM accesses WHERE org_id = ? AND n = ?`, string(h.Org), h.N)
		if err != nil {
			return nil, err
		}
		if chain != h.AccessChain {
			v.fault(logAccesses, h.N, "is another one than it was")
		}
	}
	return v.of.Faults, nil
}

// takenBack says whether a restore after a moment brought back the state of another one before it.
func (db *DB) takenBack(ctx context.Context, org roster.OrgID, atMs int64) (back bool, err error) {
	rows, err := db.longRead.QueryContext(ctx, `SELECT e.after_json FROM acts a JOIN events e ON e.org_id = a.org_id AND e.revision = a.revision
		WHERE (a.org_id = ? OR ? = '') AND a.kind = ? AND a.at_ms >= ?`, string(org), string(org), roster.EventOrgRestored, atMs)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var text json.RawMessage
		var to roster.Restored
		if err := rows.Scan(rawText{&text}); err != nil {
			return false, err
		}
		back = back || json.Unmarshal(text, &to) == nil && to.Moment < atMs
	}
	return back, rows.Err()
}

// text reads one text, "" where there is none.
func (db *DB) text(ctx context.Context, statement string, args ...any) (s string, err error) {
	err = db.longRead.QueryRowContext(ctx, statement, args...).Scan(&s)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return s, err
}
