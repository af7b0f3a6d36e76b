package app

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/cached"
	"wakakusa/store/sqldb"
	"wakakusa/store/storetest"
)

// canary is a text that belongs to one person alone and must be gone with them.
const canary = "カナリア"

// leaver is a manager with a canary in everything that is kept of a person, who leaves on the last of November.
func (f *facility) leaver() (p roster.Staff, by roster.Actor) {
	f.t.Helper()
	ctx := store.WithOrigin(f.t.Context(), roster.Origin{Request: newID(), Address: canary + "-address", SignIn: "0123456789ab"})
	p, err := f.SaveStaff(f.t.Context(), f.admin, roster.Staff{
		Name: canary + " 花", Kana: canary, Class: roster.ClassRegular, HomeSite: f.home.ID, Approval: roster.Approved, BirthDay: roster.MakeDay(1961, 2, 3),
		Phone: "090-" + canary, Email: canary + "@example.jp", Language: canary, Skills: []string{canary + "資格"}, ActiveTo: roster.MakeDay(2026, 11, 30),
	}, "")
	must(f.t, err)
	_, err = f.SaveContract(f.t.Context(), f.admin, roster.Contract{Staff: p.ID, From: roster.MakeDay(2026, 4, 1), FullTime: true, Weekly: 2400, WeeklyMax: 1681, NoNight: true}, "")
	must(f.t, err)
	by = f.join("login-"+canary, roster.RoleManager, p.ID, f.home.ID)
	acc, err := f.Account(ctx, by.Account)
	must(f.t, err)
	acc.Email, acc.Display = canary+"-private@example.jp", canary+" はな"
	acc, err = storetest.Singly(f.db).SaveAccount(ctx, acc)
	must(f.t, err)
	must(f.t, f.BeginSession(ctx, Session{Hash: HashSecret("x"), Account: acc.ID, Values: canary, CreatedMs: 1, SeenMs: 1, EndsMs: 1 << 60, Address: canary, Agent: canary}, ""))
	must(f.t, f.record(ctx, signed(by, roster.Accessed(roster.ActionAccountSaved, "", Account{Display: canary}, Account{Display: canary + "2"}))))
	must(f.t, f.record(f.t.Context(), signed(f.admin, roster.Accessed(roster.ActionAccountSaved, string(acc.ID), nil, Account{Display: canary + " by another"}))))
	for d := roster.MakeDay(2026, 11, 20); d <= roster.MakeDay(2026, 11, 30); d++ {
		e := f.set(p, d, "日")
		if d != today {
			e.Op, e.Span, e.Note = roster.OpAdd, f.code["日"].Span, canary+"のメモ"
			e.Break = 60
		}
		_, err := f.EditRoster(ctx, by, Edits{Place: f.place(), List: []roster.Edit{e}, Base: f.revision(), Key: newID()})
		must(f.t, err)
	}
	_, err = f.EditRoster(ctx, by, Edits{Place: f.place(), Base: f.revision(), List: []roster.Edit{
		{Op: roster.OpMove, Cell: roster.Cell{Staff: p.ID, Day: today}, To: roster.Cell{Staff: f.taro.ID, Day: today}},
	}})
	must(f.t, err)
	must(f.t, f.plant(by.Account))
	return p, by
}

// plant puts what has no way in yet.
func (f *facility) plant(account roster.AccountID) error {
	db := f.at.SQL(f.t)
	_, a := db.Exec(`INSERT INTO factors (account_id, id, kind, name, secret, handle, last_step, created_ms, used_ms, version) VALUES (?, ?, 'totp', ?, ?, ?, 0, 0, 0, 1)`,
		string(account), newID(), canary, canary, canary)
	_, b := db.Exec(`INSERT INTO recovery_codes (account_id, hash, used_ms) VALUES (?, ?, 0)`, string(account), HashSecret("y"))
	_, c := db.Exec(`INSERT INTO identities (issuer, subject, account_id, created_ms) VALUES ('i', ?, ?, 0)`, canary, string(account))
	return errors.Join(a, b, c, db.Close())
}

// stop deactivates a membership, as an administrator does when somebody leaves.
func (f *facility) stop(by roster.Actor) {
	f.t.Helper()
	m, err := f.Member(f.t.Context(), f.admin, by.Member)
	must(f.t, err)
	m.Active = false
	_, err = f.SaveMember(f.t.Context(), f.admin, m, "")
	must(f.t, err)
}

// retain keeps leavers for so many years.
func (f *facility) retain(years int) {
	f.t.Helper()
	o, err := f.Org(f.t.Context(), f.admin)
	must(f.t, err)
	o.Settings.RetainYears = years
	_, err = f.SaveOrg(f.t.Context(), f.admin, o, "")
	must(f.t, err)
}

// night moves the clock to half past three of a day and erases whom it is time for.
func (f *facility) night(d roster.Day) ErasureDone {
	f.t.Helper()
	f.advance(d.At(3*60+30, roster.Japan).Sub(f.clock()))
	done, err := f.EraseDue(f.t.Context(), func(string, int64, int64) {})
	must(f.t, err)
	return done
}

// counted is what a roster of November counts: shifts of each day, as they are worked and as they are published.
func (f *facility) counted() string {
	f.t.Helper()
	s, err := f.Sheet(f.t.Context(), f.admin, f.place())
	must(f.t, err)
	var b strings.Builder
	for d := s.Roster.Period.First; d <= s.Roster.Period.Last; d++ {
		n := 0
		for _, p := range s.Staff {
			n += len(s.ShiftsOn(roster.Cell{Staff: p.ID, Day: d}))
		}
		fmt.Fprint(&b, n, s.Coverage(d), " ")
	}
	must(f.t, f.db.Read(f.t.Context(), f.org.ID, func(r store.Reader) error {
		list, err := r.PublishedAt(f.t.Context(), f.home.ID, s.Roster.Period)
		fmt.Fprint(&b, len(s.Staff), " ", len(list))
		return err
	}))
	return b.String()
}

// remembered is what the program shows of November, from what it keeps in memory where it can: sheet, published copies, people, shifts.
func (f *facility) remembered() string {
	f.t.Helper()
	s, err := f.Sheet(f.t.Context(), f.admin, f.place())
	must(f.t, err)
	text := fmt.Sprintf("%+v %+v", s.Staff, s.Shifts)
	must(f.t, f.store.Read(f.t.Context(), f.org.ID, func(r store.Reader) error {
		published, a := r.PublishedAt(f.t.Context(), f.home.ID, s.Roster.Period)
		people, b := r.People(f.t.Context())
		shifts, c := r.SheetShifts(f.t.Context(), f.home.ID, s.Roster.Period)
		text += fmt.Sprintf("%+v %+v %+v", published, people, shifts)
		rosters, d := r.Rosters(f.t.Context(), f.home.ID, s.Roster.Period)
		for _, x := range rosters {
			copied, err := r.PublishedCopy(f.t.Context(), x.ID, x.Published)
			d = errors.Join(d, err)
			text += fmt.Sprintf("%+v", copied)
		}
		return errors.Join(a, b, c, d)
	}))
	return text
}

func (f *facility) wantCanary(want bool, why string) {
	f.t.Helper()
	dump := f.at.Dump(f.t)
	if got := strings.Contains(strings.ToLower(dump), canary) || strings.Contains(dump, `"WeeklyMax":1681`); got != want {
		f.t.Errorf("%s: a canary is there: %v", why, got)
		for line := range strings.Lines(dump) {
			if strings.Contains(line, canary) {
				f.t.Log(line)
			}
		}
	}
}

// TestErase: not a day before its time, then everything that tells who somebody was is gone from every table and from what is kept in memory; the
// rosters count as before, and the records verify (D2).
func TestErase(t *testing.T) {
	f := newFacility(t)
	p, by := f.leaver()
	_, err := f.PublishRoster(t.Context(), f.manager, f.place(), "")
	must(t, err)
	f.retain(3)
	before := f.counted()
	f.wantCanary(true, "at work")
	must(t, f.store.(*cached.Store).ReadAhead(t.Context(), f.org.ID)) // the copies of this month
	if !strings.Contains(f.remembered(), canary+"のメモ") {
		t.Fatal("no note is shown")
	}
	if f.night(roster.MakeDay(2029, 12, 1)).People != 0 {
		t.Error("somebody who can still sign in was erased")
	}
	f.now = noon
	f.stop(by)
	if f.night(roster.MakeDay(2029, 11, 30)).People != 0 {
		t.Error("erased on the last day of the third year")
	}
	late := store.WithOrigin(t.Context(), roster.Origin{Request: newID(), Address: canary})
	must(t, f.record(late, signed(by, roster.Accessed(roster.ActionSignInRefused, "", nil, nil)),
		signed(f.admin, roster.Accessed(roster.ActionAccountSaved, string(by.Account), nil, Account{Display: canary}))))
	f.wantCanary(true, "before its time")
	if done := f.night(roster.MakeDay(2029, 12, 1)); done.People != 1 || done.Records < 20 {
		t.Errorf("%+v", done)
	}
	f.wantCanary(false, "erased")
	f.wantNoTrace(canary)
	if text := f.remembered(); strings.Contains(text, canary) || !strings.Contains(text, "退職者 1") {
		t.Errorf("memory still shows %s", text)
	}
	if got := f.counted(); got != before {
		t.Errorf("the roster counts\n%s, it was\n%s", got, before)
	}
	if got := f.person(p.ID); got.Name != "退職者 1" || !got.Erased() || got.ActiveTo != p.ActiveTo || got.HomeSite != p.HomeSite {
		t.Errorf("%+v", got)
	}
	f.wantSound()
	for _, table := range []string{"accounts", "sign_ins", "factors", "recovery_codes", "identities", "links"} {
		if strings.Contains(tableOf(f.at.Dump(t), table), string(by.Account)) {
			t.Errorf("%s has the account", table)
		}
	}
	if f.night(roster.MakeDay(2029, 12, 2)).People != 0 {
		t.Error("erased twice")
	}
	_, err = f.SaveStaff(t.Context(), f.admin, func() roster.Staff { x := f.person(p.ID); x.Name = canary; return x }(), "")
	wantKey(t, "writing to who is erased", err, "error.staff_erased")
	f.open() // nothing comes back with a new program
	f.wantCanary(false, "after a restart")
}

// tableOf are the lines of one table of a dump.
func tableOf(dump, table string) string {
	var b strings.Builder
	for line := range strings.Lines(dump) {
		if strings.HasPrefix(line, table+" ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func (f *facility) person(id roster.StaffID) (p roster.Staff) {
	f.t.Helper()
	must(f.t, f.db.Read(f.t.Context(), f.org.ID, func(r store.Reader) (err error) { p, err = r.Staff(f.t.Context(), id); return err }))
	return p
}

// wantSound fails unless the records are as they were written.
func (f *facility) wantSound() {
	f.t.Helper()
	a, err := f.db.VerifyAudit(f.t.Context())
	must(f.t, err)
	if len(a.Faults) > 0 || a.Erased == 0 {
		f.t.Errorf("%d erased, %v", a.Erased, a.Faults)
	}
}

// TestEraseWaits: for whom an administrator keeps, for who is back, and for who has worked later than the books say; never less than three years.
func TestEraseWaits(t *testing.T) {
	f := newFacility(t)
	p, by := f.leaver()
	f.stop(by)
	due := roster.MakeDay(2031, 12, 1) // five years are usual
	o, err := f.Org(t.Context(), f.admin)
	must(t, err)
	for _, years := range []int{1, 2, 31, -1} {
		o.Settings.RetainYears = years
		_, err := f.SaveOrg(t.Context(), f.admin, o, "")
		wantKey(t, fmt.Sprint(years), err, "error.retain_years")
	}
	none := func(d roster.Day, why string) {
		t.Helper()
		if f.night(d).People != 0 {
			t.Error(why)
		}
	}
	none(due-1, "five years are not over")
	must(t, f.HoldErasure(t.Context(), f.admin, p.ID, true, ""))
	none(due, "it is held")
	wantKind(t, "a manager", f.HoldErasure(t.Context(), f.manager, p.ID, false, ""), roster.Forbidden)
	must(t, f.HoldErasure(t.Context(), f.admin, p.ID, false, ""))
	back := f.person(p.ID)
	back.ActiveTo = 0
	back, err = f.SaveStaff(t.Context(), f.admin, back, "")
	must(t, err)
	none(due, "back at work")
	_, err = f.EditRoster(t.Context(), f.admin, Edits{Place: Place{f.home.ID, due + 30}, Base: f.revision(), List: []roster.Edit{f.set(p, due+30, "日")}})
	must(t, err)
	back.ActiveTo = p.ActiveTo
	_, err = f.SaveStaff(t.Context(), f.admin, back, "")
	must(t, err)
	none(due, "a shift in the future")
	if v, err := f.Erasure(t.Context(), f.admin); err != nil || len(v.Leavers) != 1 || v.Leavers[0].From <= due+5*365 || v.Leavers[0].Due {
		t.Errorf("%+v %v", v.Leavers, err)
	}
	f.wantCanary(true, "waits")
	if done := f.night(due + 30 + 5*366); done.People != 1 {
		t.Errorf("%+v", done)
	}
	f.wantCanary(false, "erased")
	f.wantSound()
}

// TestEraseElsewhere: an account that belongs to another organisation stays, and so does what that one knows.
func TestEraseElsewhere(t *testing.T) {
	f := newFacility(t)
	p, by := f.leaver()
	f.stop(by)
	m := roster.Member{ID: roster.MemberID(newID()), Account: by.Account, Name: "よそでの名", Role: roster.RoleAdmin, Active: true}
	_, err := f.db.Write(t.Context(), roster.Act{Org: f.stranger.Org, Kind: "member.saved"}, func(w store.Writer) error {
		_, err := w.SaveMember(t.Context(), m)
		w.Record(roster.Saved(roster.EventMemberSaved, string(m.ID), "", nil, m))
		return err
	})
	must(t, err)
	f.night(roster.MakeDay(2031, 12, 1))
	if acc, err := f.Account(t.Context(), by.Account); err != nil || acc.Display != canary+" はな" {
		t.Errorf("%+v %v", acc, err)
	}
	if places, err := f.Memberships(t.Context(), by.Account); err != nil || len(places) != 1 || places[0].Member.Name != "よそでの名" {
		t.Errorf("%+v %v", places, err)
	}
	if !f.person(p.ID).Erased() {
		t.Error("not erased here")
	}
	for _, table := range []string{"staff", "members", "shifts", "published_shifts", "acts", "events"} {
		if strings.Contains(tableOf(f.at.Dump(t), table), canary) {
			t.Errorf("%s has a canary", table)
		}
	}
	f.wantSound()
}

// TestEraseMany: who made more records than one act may empty goes in several; one that was cut short begins again.
func TestEraseMany(t *testing.T) {
	f := newFacility(t)
	p, by := f.leaver()
	f.stop(by)
	who := store.Person{Staff: p.ID, Members: []roster.MemberID{by.Member}, Accounts: []roster.AccountID{by.Account}}
	if none, err := f.db.TracesOf(t.Context(), f.org.ID, store.Person{}, 7); err != nil || none.Len() != 0 {
		t.Errorf("nobody has %+v, %v", none, err)
	}
	some, err := f.db.TracesOf(t.Context(), f.org.ID, who, 7)
	must(t, err)
	if some.Len() != 7 {
		t.Fatalf("%+v", some)
	}
	f.now = time.Date(2031, 12, 1, 3, 30, 0, 0, roster.Japan)
	list, err := f.due(t.Context(), f.org.ID)
	must(t, err)
	must(t, f.eraseSome(t.Context(), f.org.ID, list[0], some, false)) // and then the program ended
	wantKind(t, "the same once more", f.eraseSome(t.Context(), f.org.ID, list[0], some, false), roster.Stale)
	f.wantCanary(true, "half-way")
	f.wantSound()
	f.night(roster.MakeDay(2031, 12, 1))
	f.wantCanary(false, "at the end")
	f.wantSound()
}

// TestRetention: after the retention time, five years at least where nobody says otherwise, entries of the access log lose names and addresses,
// not a day before; their places stay, and the log verifies (U5).
func TestRetention(t *testing.T) {
	f := newFacility(t)
	ctx := store.WithOrigin(t.Context(), roster.Origin{Request: newID(), Address: canary, SignIn: "0123456789ab"})
	for range 3 {
		must(t, f.record(ctx, signed(roster.Actor{Org: f.org.ID, Account: f.admin.Account, Name: canary}, roster.Accessed(roster.ActionAccountSaved, "", canary, canary))))
	}
	if done := f.night(roster.MakeDay(2031, 11, 24)); done.Records != 0 {
		t.Errorf("before its time: %+v", done)
	}
	f.wantCanary(true, "before its time")
	if done := f.night(roster.MakeDay(2031, 11, 25)); done.Records != 3 || done.People != 0 {
		t.Errorf("%+v", done)
	}
	f.wantCanary(false, "five years later")
	f.wantSound()
	list, err := f.store.Accesses(t.Context(), f.org.ID, AccessQuery{Limit: 9})
	must(t, err)
	if len(list) != 3 || list[0].Account != f.admin.Account || list[0].Erased == 0 || list[0].Action != roster.ActionAccountSaved {
		t.Errorf("%+v", list)
	}
	if done := f.night(roster.MakeDay(2031, 11, 26)); done.Records != 0 {
		t.Errorf("twice: %+v", done)
	}
}

// wantNoTrace looks into the very bytes of the file: what was erased must not lie in its free space either.
func (f *facility) wantNoTrace(text string) {
	f.t.Helper()
	if f.at.Path == "" {
		return // a server keeps its own files
	}
	must(f.t, sqldb.Checkpoint(f.t.Context(), f.at.Path))
	raw, err := os.ReadFile(f.at.Path)
	must(f.t, err)
	if n := bytes.Count(raw, []byte(text)); n > 0 {
		f.t.Errorf("%d traces lie in the file", n)
	}
}
