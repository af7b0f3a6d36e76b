package django_test

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"wakakusa/store/storetest"

	"wakakusa/app"
	"wakakusa/app/django"
	"wakakusa/app/django/djangotest"
	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb"
	"wakakusa/store/sqldb/sqldbtest"
)

// edit changes a shift of ours as a person would.
func (p *place) edit(o roster.Org, s roster.Shift) {
	p.t.Helper()
	act := roster.Act{Org: o.ID, Name: "管理者", Kind: "roster.edited"}
	_, err := p.store.Write(context.Background(), act, func(w store.Writer) error {
		saved, err := w.SaveShift(context.Background(), s)
		w.Record(roster.ShiftEvents(roster.Change{Before: &s, After: &saved})...)
		return err
	})
	must(p.t, err)
}

// TestChanges: a row that changed there changes ours, unless somebody changed it here.
func TestChanges(t *testing.T) {
	p := fixture(t, djangotest.A).imported()
	o := p.orgs()[0]
	here, _ := p.shift(o, 6)
	here.Note = "ここで書いた"
	p.edit(o, here)
	p.change(`UPDATE shift_management_shift SET end_time = '15:00:00' WHERE id IN (1, 6)`)
	p.change(`UPDATE shift_management_staff SET name = '田中 一郎', phone = '03-9999-9999' WHERE id = 3`)
	p.change(`UPDATE shift_management_shifttype SET name = '早出' WHERE id = 1`)
	p.change(`UPDATE auth_user SET email = 'new@example.jp' WHERE id = 2`)
	p.change(`UPDATE auth_user SET last_login = '2026-11-01 00:00:00', is_active = 0 WHERE id = 3`)
	p.change(`INSERT INTO shift_management_shift (id, staff_id, shift_type_id, date, start_time, end_time, is_deleted_with_reason) VALUES (60, 4, 1, '2026-10-28', '07:00:00', '16:00:00', 0)`)
	p.imported()

	changed, _ := p.shift(o, 1)
	if changed.Span.End != hm(15, 0) || changed.Version != 2 {
		t.Errorf("%+v", changed)
	}
	if kept, _ := p.shift(o, 6); kept.Note != "ここで書いた" || kept.Span.End != hm(11, 0) || !p.told("シフト", 6, "ここでも変更されている") {
		t.Errorf("%+v", kept)
	}
	if s := p.person(o, 3); s.Name != "田中 一郎" || s.Phone != "03-9999-9999" {
		t.Errorf("%+v", s)
	}
	if _, code := p.shift(o, 1); code.Name != "早出" || code.Symbol != "早" {
		t.Errorf("%+v", code)
	}
	if acc, err := p.store.AccountNamed(t.Context(), "yamada"); err != nil || acc.Email != "new@example.jp" {
		t.Errorf("%+v %v", acc, err)
	}
	if p.member(o, djangotest.UserHanako).Active {
		t.Error("an account that was switched off still works")
	}
	added, updated, _, _ := p.report.Count("shift_management_shift")
	if added != 1 || updated != 1 {
		t.Errorf("added %d, updated %d", added, updated)
	}
	published, err := app.New(p.store, clock, newID).Own(t.Context(), roster.Actor{
		Org: o.ID, Role: roster.RoleStaff, Staff: p.person(o, 4).ID, Class: roster.ClassRegular,
	}, roster.Period{First: past, Last: past + 30})
	if err != nil || len(published.Shifts) != 1 {
		t.Errorf("the month has an edit of ours and is not published anew: %d shifts, %v", len(published.Shifts), err)
	}
	before := p.digest()
	p.imported()
	if p.digest() != before {
		t.Error("a third import changed something")
	}
}

// TestLateRows: rows that come later into a past month are published with it.
func TestLateRows(t *testing.T) {
	p := fixture(t, djangotest.A).imported()
	o := p.orgs()[0]
	p.change(`INSERT INTO shift_management_shift (id, staff_id, shift_type_id, date, start_time, end_time, is_deleted_with_reason) VALUES (60, 1, 1, '2026-10-28', '07:00:00', '16:00:00', 0)`)
	p.imported()
	if s, _ := p.shift(o, 60); !p.published(o, past)[s.ID] {
		t.Error("not published")
	}
}

// TestRemovedHere: what was taken away here does not come back.
func TestRemovedHere(t *testing.T) {
	p := fixture(t, djangotest.A).imported()
	o := p.orgs()[0]
	s, _ := p.shift(o, 28)
	_, err := p.store.Write(t.Context(), roster.Act{Org: o.ID, Kind: "roster.edited"}, func(w store.Writer) error {
		w.Record(roster.ShiftEvent(roster.Change{Before: &s}))
		return w.RemoveShift(t.Context(), s.ID, s.Version)
	})
	must(t, err)
	before := p.digest()
	p.imported()
	if p.digest() != before {
		t.Error("it came back")
	}
	p.change(`UPDATE shift_management_shift SET notes = 'あとから' WHERE id = 28`)
	p.imported()
	if p.digest() != before || !p.told("シフト", 28, "ここで削除されている") {
		t.Error("changed there and removed here: it came back, or nothing was said")
	}
}

// TestInterrupted: an import that was cut short leaves whole slices; the next one completes it without doubles.
func TestInterrupted(t *testing.T) {
	build := func(path string) error { return djangotest.Big(path, 20, 1000, today) }
	whole := newPlace(t, build).imported()
	p := newPlace(t, build)
	for _, at := range []int{1, 2} {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		err := p.run(ctx, func(o *django.Options) {
			o.Progress = func(int, int) {
				if n++; n == at {
					cancel()
				}
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if added, _, same, _ := p.report.Count("shift_management_shift"); same == 0 || added+same >= 1000 {
		t.Fatalf("not cut in the middle: added %d, same %d", added, same)
	}
	p.imported()
	if a, b := p.content(), whole.content(); a != b {
		t.Errorf("content differs:\n%s\n%s", a, b)
	}
}

// busy is a store on a machine so busy that some writes do not end in time.
type busy struct {
	*sqldb.DB
	writes int
}

func (b *busy) Write(ctx context.Context, act roster.Act, fn func(store.Writer) error) (store.Change, error) {
	if b.writes++; b.writes%3 == 0 {
		return b.DB.Write(ctx, act, func(w store.Writer) error { return errors.Join(fn(w), context.DeadlineExceeded) })
	}
	return b.DB.Write(ctx, act, fn)
}

// TestBusyMachine: writes that do not end in time are tried again, smaller; nothing is doubled or told twice.
func TestBusyMachine(t *testing.T) {
	build := func(path string) error { return djangotest.Build(path, djangotest.B, today) }
	whole, p := newPlace(t, build).imported(), newPlace(t, build)
	must(t, p.run(t.Context(), func(o *django.Options) { o.Store = &busy{DB: p.store} }))
	if a, b := p.content(), whole.content(); a != b {
		t.Errorf("content differs:\n%s\n%s", a, b)
	}
	if p.csv.String() != whole.csv.String() {
		t.Error("the reports differ")
	}
}

// content tells numbers of rows that do not depend on how often an import was cut.
func (p *place) content() string {
	var b strings.Builder
	for _, o := range p.orgs() {
		p.read(o, func(r store.Reader) error {
			people, err := r.People(p.t.Context())
			must(p.t, err)
			var ids []roster.StaffID
			for _, s := range people {
				ids = append(ids, s.ID)
				b.WriteString(s.Name + "\n")
			}
			period := roster.Period{First: past - 500, Last: past + 500}
			by, err := r.ShiftsOf(p.t.Context(), ids, period)
			for _, id := range ids {
				for _, s := range by[id] {
					b.WriteString(s.Day.String() + " " + s.Span.String() + "\n")
				}
			}
			months, err2 := r.Rosters(p.t.Context(), "", period)
			for _, m := range months {
				shown, err := r.PublishedAt(p.t.Context(), m.Site, m.Period)
				must(p.t, err)
				b.WriteString(m.Period.First.String() + " " + string(m.State) + " " + strings.Repeat("x", len(shown)) + "\n")
			}
			return errors.Join(err, err2)
		})
	}
	return b.String()
}

// TestSources: what is not the former system's database is refused in one sentence and nothing is written.
func TestSources(t *testing.T) {
	write := func(name string, content []byte) string {
		path := filepath.Join(t.TempDir(), name)
		must(t, os.WriteFile(path, content, 0o600))
		return path
	}
	p := fixture(t, djangotest.A)
	whole, err := os.ReadFile(p.theirs)
	must(t, err)
	broken := append([]byte{}, whole...)
	for i := 4096; i < len(broken); i++ {
		broken[i] = byte(i * 7)
	}
	for what, x := range map[string]struct{ from, says string }{
		"missing":                {filepath.Join(t.TempDir(), "no.db"), "見つからない"},
		"a directory":            {t.TempDir(), "SQLite のデータベースではありません"},
		"no database":            {write("x.db", []byte("こんにちは、これはただの文章です。")), "SQLite のデータベースではありません"},
		"empty":                  {write("y.db", nil), "SQLite のデータベースではありません"},
		"cut off":                {write("z.db", whole[:len(whole)/2]), "壊れている"},
		"overwritten":            {write("w.db", broken), "壊れている"},
		"our own":                {sqldbtest.File(t), "旧システムのデータベースではありません"},
		"another engine's usual": {"root:secret@tcp(127.0.0.1:3306)/shift", "mysql://USER@HOST"},
	} {
		t.Run(what, func(t *testing.T) {
			before := p.digest()
			src, err := django.Open(t.Context(), x.from, "")
			if err == nil {
				src.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "secret") {
				t.Error(err)
			}
			if p.digest() != before {
				t.Error("something was written")
			}
		})
	}
}

// TestSourceStays: the former system's database is not touched, nor is anything made beside it.
func TestSourceStays(t *testing.T) {
	for _, mode := range []string{"DELETE", "WAL"} {
		p := fixture(t, djangotest.C)
		p.change("PRAGMA journal_mode = " + mode)
		before, err := os.ReadFile(p.theirs)
		must(t, err)
		p.imported()
		after, err := os.ReadFile(p.theirs)
		must(t, err)
		if string(before) != string(after) {
			t.Errorf("%s: the file has changed", mode)
		}
		beside, err := filepath.Glob(p.theirs + "-*")
		if err != nil || len(beside) > 0 {
			t.Errorf("%s: %v %v", mode, beside, err)
		}
	}
}

// published returns the shifts of the only site that staff see in a month.
func (p *place) published(o roster.Org, first roster.Day) map[roster.ShiftID]bool {
	seen := map[roster.ShiftID]bool{}
	p.read(o, func(r store.Reader) error {
		sites, err := r.Sites(p.t.Context())
		must(p.t, err)
		list, err := r.PublishedAt(p.t.Context(), sites[0].ID, roster.PeriodOf(first, 1))
		for _, s := range list {
			seen[s.ID] = true
		}
		return err
	})
	return seen
}

// TestMonthOpens: the sheet of an imported month shows the shifts; the past is published, the present is a draft.
func TestMonthOpens(t *testing.T) {
	for _, g := range djangotest.Generations {
		t.Run(string(g), func(t *testing.T) {
			p := fixture(t, g).imported()
			o := p.orgs()[0]
			if g == djangotest.C {
				o = p.org("社会福祉法人 わかば会")
			}
			a := app.New(p.store, clock, newID)
			acc, err := p.store.AccountNamed(t.Context(), djangotest.Admin)
			must(t, err)
			places, err := a.Memberships(t.Context(), acc.ID)
			must(t, err)
			var by roster.Actor
			for _, m := range places {
				if m.Org.ID == o.ID {
					by = app.ActorOf(m)
				}
			}
			sites, err := a.Sites(t.Context(), by)
			must(t, err)
			s, err := a.Sheet(t.Context(), by, app.Place{Site: sites[0].ID, Day: past})
			must(t, err)
			first, _ := p.shift(o, 1)
			if list := s.ShiftsOn(first.Cell()); len(list) != 1 || list[0].ID != first.ID {
				t.Errorf("the first of the month shows %v", list)
			}
			if s.Roster.State != roster.StatePublished || len(s.Changed) != 0 {
				t.Errorf("%s, %d changed cells", s.Roster.State, len(s.Changed))
			}
			ahead, _ := p.shift(o, 28)
			now, err := a.Sheet(t.Context(), by, app.Place{Site: sites[0].ID, Day: today})
			must(t, err)
			if now.Roster.State != roster.StateDrafting || len(now.ShiftsOn(ahead.Cell())) != 1 {
				t.Errorf("the present month is %s and shows %v", now.Roster.State, now.ShiftsOn(ahead.Cell()))
			}
			seen := p.published(o, past)
			if !seen[first.ID] {
				t.Error("staff do not see the first")
			}
			if g != djangotest.A {
				for _, old := range []int{40, 41, 42} {
					if hidden, _ := p.shift(o, old); seen[hidden.ID] {
						t.Errorf("staff see %d, which nobody approved", old)
					}
				}
			}
		})
	}
}

// TestReportFile (F-B16): it opens in a spreadsheet and runs nothing there.
func TestReportFile(t *testing.T) {
	p := fixture(t, djangotest.A)
	p.change(`UPDATE shift_management_staff SET name = '=HYPERLINK("http://evil.example")' WHERE id = 8`)
	p.change(`UPDATE shift_management_staff SET phone = '＋81 90' WHERE id = 8`)
	p.imported()
	for _, l := range p.lines() {
		if len(l) != 5 {
			t.Errorf("%q", l)
		}
		for _, cell := range l {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	var b strings.Builder
	must(t, p.report.Summary(&b))
	for _, words := range []string{"シフト: 37 件", "取り込まず 2", "■ 変更して取り込み", "■ 確認してください", "■ 後日", "■ 対象外", "公開"} {
		if !strings.Contains(b.String(), words) {
			t.Errorf("%q is missing in\n%s", words, b.String())
		}
	}
}

// TestNameTaken: an account that is here already keeps its name and is not joined to the one that comes.
func TestNameTaken(t *testing.T) {
	p := fixture(t, djangotest.A)
	ours, err := storetest.Singly(p.store).SaveAccount(t.Context(), store.Account{ID: roster.AccountID(newID()), Name: "Admin", Email: "admin@example.jp", Display: "前からいる"})
	must(t, err)
	p.imported()
	acc, err := p.store.AccountNamed(t.Context(), "admin-2")
	if err != nil || acc.Email != "" || acc.ID == ours.ID {
		t.Errorf("%+v %v", acc, err)
	}
	if !p.told("アカウント", djangotest.UserAdmin, "番号を付けました") || !p.told("アカウント", djangotest.UserAdmin, "重複するメール") {
		t.Error("not said")
	}
	before := p.digest()
	p.imported()
	if p.digest() != before {
		t.Error("the second import changed something")
	}
}

// TestTwoFormers: two databases in one installation do not mix.
func TestTwoFormers(t *testing.T) {
	p := fixture(t, djangotest.A).imported()
	first := p.theirs
	p.theirs = filepath.Join(t.TempDir(), "b.sqlite3")
	must(t, djangotest.Build(p.theirs, djangotest.B, today))
	p.imported()
	if n := len(p.orgs()); n != 2 {
		t.Errorf("%d organisations", n)
	}
	before := p.digest()
	p.theirs = first
	p.imported()
	if p.digest() != before {
		t.Error("the first database was imported anew")
	}
}

// TestStartDayMoved: periods that begin on another day meanwhile do not publish the same shifts twice.
func TestStartDayMoved(t *testing.T) {
	p := fixture(t, djangotest.A).imported()
	o := p.orgs()[0]
	_, err := p.store.Write(t.Context(), roster.Act{Org: o.ID, Kind: "site.saved"}, func(w store.Writer) error {
		sites, err := w.Sites(t.Context())
		must(t, err)
		sites[0].StartDay = 21
		s, err := w.SaveSite(t.Context(), sites[0])
		w.Record(roster.Saved(roster.EventSiteSaved, string(s.ID), s.ID, sites[0], s))
		return err
	})
	must(t, err)
	before := p.digest()
	p.imported()
	if p.digest() != before {
		t.Error("something changed")
	}
}

// TestCopyElsewhere: a copy at another place is the same database.
func TestCopyElsewhere(t *testing.T) {
	p := fixture(t, djangotest.C).imported()
	content, err := os.ReadFile(p.theirs)
	must(t, err)
	before := p.digest()
	p.theirs = filepath.Join(t.TempDir(), "copy.sqlite3")
	must(t, os.WriteFile(p.theirs, content, 0o600))
	p.imported()
	if p.digest() != before {
		t.Error("it was imported anew")
	}
}

// TestUpgraded: a database that was imported at generation A and imported again at C goes on in the organisation it has.
func TestUpgraded(t *testing.T) {
	p := fixture(t, djangotest.A).imported()
	o := p.orgs()[0]
	p.change(`CREATE TABLE shift_management_organization (id integer PRIMARY KEY, name varchar(100), code varchar(20))`)
	p.change(`INSERT INTO shift_management_organization VALUES (1, '育った法人', 'sodatta')`)
	p.change(`ALTER TABLE shift_management_staff ADD COLUMN organization_id integer`)
	p.change(`UPDATE shift_management_staff SET organization_id = 1`)
	p.imported()
	if list := p.orgs(); len(list) != 1 || list[0].ID != o.ID {
		t.Errorf("%+v", list)
	}
	if added, _, _, _ := p.report.Count("shift_management_shift"); added != 0 {
		t.Errorf("%d shifts came again", added)
	}
}

// BenchmarkImport prints rows a second and the most memory in use; SHIFTS=1000000 shows that it stays flat.
func BenchmarkImport(b *testing.B) {
	shifts, err := strconv.Atoi(cmp.Or(os.Getenv("SHIFTS"), "100000"))
	must(b, err)
	for range b.N {
		b.StopTimer()
		p := newPlace(b, func(path string) error { return djangotest.Big(path, 200, shifts, today) })
		var peak uint64
		b.StartTimer()
		file, err := os.Create(filepath.Join(b.TempDir(), "report.csv"))
		must(b, err)
		must(b, p.run(b.Context(), func(o *django.Options) {
			o.Report, err = django.NewReport(file)
			o.Progress = func(int, int) {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		}))
		b.ReportMetric(float64(peak)/1e6, "MB-heap")
	}
	b.ReportMetric(float64(shifts*b.N)/b.Elapsed().Seconds(), "rows/s")
}
