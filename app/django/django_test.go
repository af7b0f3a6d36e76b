package django_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"wakakusa/app"
	"wakakusa/app/django"
	"wakakusa/app/django/djangotest"
	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb"
	"wakakusa/store/sqldb/sqldbtest"
)

var (
	now   = time.Date(2026, 11, 24, 9, 0, 0, 0, roster.Japan)
	today = roster.DayOf(now)
	past  = roster.MakeDay(2026, 10, 1)
)

func clock() time.Time { return now }

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// place is an installation and a former database beside it.
type place struct {
	t        testing.TB
	store    *sqldb.DB
	ours     sqldbtest.Place
	theirs   string
	password string // of theirs, on a server
	csv      bytes.Buffer
	report   *django.Report
}

func newPlace(t testing.TB, build func(path string) error) *place {
	t.Helper()
	dir := t.TempDir()
	p := &place{t: t, ours: sqldbtest.New(t), theirs: filepath.Join(dir, "theirs.sqlite3")}
	must(t, build(p.theirs))
	p.store = p.ours.Open(t, clock)
	t.Cleanup(func() { p.store.Close() })
	return p
}

func fixture(t testing.TB, g djangotest.Generation) *place {
	t.Helper()
	return newPlace(t, func(path string) error { return djangotest.Build(path, g, today) })
}

// run imports and returns what Import says.
func (p *place) run(ctx context.Context, change ...func(*django.Options)) error {
	src, err := django.Open(ctx, p.theirs, p.password)
	if err != nil {
		return err
	}
	defer src.Close()
	p.csv.Reset()
	if p.report, err = django.NewReport(&p.csv); err != nil {
		return err
	}
	o := django.Options{Store: p.store, Now: clock, NewID: newID, Report: p.report}
	for _, f := range change {
		f(&o)
	}
	return errors.Join(django.Import(ctx, src, o), p.report.Close())
}

func (p *place) imported() *place {
	p.t.Helper()
	must(p.t, p.run(context.Background()))
	return p
}

// change runs a statement on the former database.
func (p *place) change(statement string, args ...any) {
	p.t.Helper()
	db, err := sql.Open("sqlite", p.theirs)
	must(p.t, err)
	defer db.Close()
	_, err = db.Exec(statement, args...)
	must(p.t, err)
}

// orgs lists the organisations in the order they were made.
func (p *place) orgs() []roster.Org {
	p.t.Helper()
	list, err := p.store.Orgs(context.Background())
	must(p.t, err)
	return list
}

func (p *place) org(name string) roster.Org {
	p.t.Helper()
	for _, o := range p.orgs() {
		if o.Name == name {
			return o
		}
	}
	p.t.Fatalf("no organisation %s in %v", name, p.orgs())
	return roster.Org{}
}

func (p *place) read(o roster.Org, fn func(store.Reader) error) {
	p.t.Helper()
	must(p.t, p.store.Read(context.Background(), o.ID, fn))
}

// madeOf returns the id of what a foreign row became, "" for nothing.
func (p *place) madeOf(o roster.Org, table string, old int) (id string) {
	p.t.Helper()
	db := p.ours.SQL(p.t)
	defer db.Close()
	err := db.QueryRow(`SELECT new_id FROM import_refs WHERE org_id = ? AND table_name = ? AND old_id = ?`, o.ID, table, fmt.Sprint(old)).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		p.t.Fatal(err)
	}
	return id
}

func (p *place) shift(o roster.Org, old int) (s roster.Shift, code roster.Code) {
	p.t.Helper()
	id := p.madeOf(o, "shift_management_shift", old)
	p.read(o, func(r store.Reader) (err error) {
		if s, err = r.Shift(context.Background(), roster.ShiftID(id)); err != nil {
			return fmt.Errorf("shift %d: %w", old, err)
		}
		codes, err := r.Codes(context.Background())
		for _, c := range codes {
			if c.ID == s.Code {
				code = c
			}
		}
		return err
	})
	return s, code
}

func (p *place) person(o roster.Org, old int) (s roster.Staff) {
	p.t.Helper()
	p.read(o, func(r store.Reader) (err error) {
		s, err = r.Staff(context.Background(), roster.StaffID(p.madeOf(o, "shift_management_staff", old)))
		return err
	})
	return s
}

func (p *place) member(o roster.Org, old int) (m roster.Member) {
	p.t.Helper()
	p.read(o, func(r store.Reader) (err error) {
		m, err = r.Member(context.Background(), roster.MemberID(p.madeOf(o, "auth_user", old)))
		return err
	})
	return m
}

// digest tells the whole content of our database.
func (p *place) digest() string {
	p.t.Helper()
	return fmt.Sprintf("%x", sha256.Sum256([]byte(p.ours.Dump(p.t))))
}

// lines reads the report's file.
func (p *place) lines() [][]string {
	p.t.Helper()
	text, ok := strings.CutPrefix(p.csv.String(), "\uFEFF")
	if !ok {
		p.t.Error("the file does not begin with a byte order mark")
	}
	list, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	must(p.t, err)
	return list
}

// told reports whether the report has a line for a row of a table with words of its title.
func (p *place) told(table string, old any, words string) bool {
	for _, l := range p.lines() {
		if l[1] == table && l[2] == fmt.Sprint(old) && strings.Contains(l[3], words) {
			return true
		}
	}
	return false
}

func TestCounts(t *testing.T) {
	for _, x := range []struct {
		gen             djangotest.Generation
		orgs, shifts    int
		shiftsTaken     int
		staff, accounts int
	}{
		{djangotest.A, 1, 37, 35, 10, 10},
		{djangotest.B, 1, 41, 39, 10, 10},
		{djangotest.C, 3, 42, 40, 10, 10},
	} {
		t.Run(string(x.gen), func(t *testing.T) {
			p := fixture(t, x.gen).imported()
			if n := len(p.orgs()); n != x.orgs {
				t.Errorf("%d organisations, want %d", n, x.orgs)
			}
			for table, want := range map[string][2]int{
				"auth_user": {x.accounts, 0}, "shift_management_staff": {x.staff, 0}, "shift_management_shifttype": {6, 0},
				"shift_management_shift": {x.shiftsTaken, x.shifts - x.shiftsTaken},
			} {
				added, updated, same, refused := p.report.Count(table)
				if added != want[0] || refused != want[1] || updated+same != 0 {
					t.Errorf("%s: added %d updated %d same %d refused %d, want %v", table, added, updated, same, refused, want)
				}
			}
			shifts := 0
			for _, o := range p.orgs() {
				p.read(o, func(r store.Reader) error {
					people, err := r.People(t.Context())
					must(t, err)
					var ids []roster.StaffID
					for _, s := range people {
						ids = append(ids, s.ID)
					}
					by, err := r.ShiftsOf(t.Context(), ids, roster.Period{First: past - 1000, Last: today + 1000})
					for _, list := range by {
						shifts += len(list)
					}
					return err
				})
			}
			rejected := map[djangotest.Generation]int{djangotest.B: 1, djangotest.C: 1}[x.gen]
			if shifts != x.shiftsTaken-rejected {
				t.Errorf("%d shifts kept that are not rejected, want %d", shifts, x.shiftsTaken-rejected)
			}
		})
	}
}

func hm(hour, minute int) roster.Minutes { return roster.Minutes(hour*60 + minute) }

// TestShifts has one line for each odd row of the former system.
func TestShifts(t *testing.T) {
	p := fixture(t, djangotest.B).imported()
	o := p.orgs()[0]
	none := roster.Span{}
	for _, x := range []struct {
		what  string
		old   int
		code  string
		kind  roster.CodeKind
		span  roster.Span
		told  []string // words of the report's titles, each with a line for this row
		state roster.Approval
	}{
		{"a plain one", 1, "早番", roster.KindWork, roster.Span{Start: hm(7, 0), End: hm(16, 0)}, nil, roster.Approved},
		{"0:00–0:00 takes the type's times", 2, "日勤", roster.KindWork, roster.Span{Start: hm(8, 30), End: hm(17, 30)}, []string{"種別の時刻"}, roster.Approved},
		{"no type", 3, "未設定", roster.KindWork, roster.Span{Start: hm(9, 0), End: hm(17, 0)}, []string{"種別のない"}, roster.Approved},
		{"neither type nor times", 4, "未設定", roster.KindWork, none, []string{"種別のない", "時刻のないシフトを時刻なし"}, roster.Approved},
		{"typed as overnight", 5, "夜勤", roster.KindWork, roster.Span{Start: hm(22, 0), End: hm(31, 0)}, []string{"翌日までの勤務"}, roster.Approved},
		{"first of two a day", 6, "早番", roster.KindWork, roster.Span{Start: hm(7, 0), End: hm(11, 0)}, nil, roster.Approved},
		{"second of two a day", 7, "早番", roster.KindWork, roster.Span{Start: hm(13, 0), End: hm(17, 0)}, nil, roster.Approved},
		{"overlapping", 9, "日勤", roster.KindWork, roster.Span{Start: hm(11, 0), End: hm(15, 0)}, []string{"重なる"}, roster.Approved},
		{"a day off beside a shift", 10, "公休", roster.KindOff, none, nil, roster.Approved},
		{"a shift beside a day off", 11, "日勤", roster.KindWork, roster.Span{Start: hm(8, 30), End: hm(17, 30)}, []string{"休みとシフト"}, roster.Approved},
		{"of somebody inactive", 12, "日勤", roster.KindWork, roster.Span{Start: hm(8, 30), End: hm(17, 30)}, []string{"無効な職員"}, roster.Approved},
		{"公休", 13, "公休", roster.KindOff, none, nil, roster.Approved},
		{"有給休暇", 14, "有給休暇", roster.KindPaid, none, nil, roster.Approved},
		{"有給休暇(午前)", 15, "半休(午前休)", roster.KindHalf, roster.Span{Start: hm(13, 0), End: hm(17, 30)}, []string{"半休に仮の時刻"}, roster.Approved},
		{"有給休暇(午後)", 16, "半休(午後休)", roster.KindHalf, roster.Span{Start: hm(8, 30), End: hm(12, 30)}, []string{"半休に仮の時刻"}, roster.Approved},
		{"欠勤", 17, "欠勤", roster.KindAbsence, none, nil, roster.Approved},
		{"その他", 18, "その他の休み", roster.KindSpecial, none, nil, roster.Approved},
		{"markup in the note", 19, "日勤", roster.KindWork, roster.Span{Start: hm(8, 30), End: hm(17, 30)}, []string{"タグのような"}, roster.Approved},
		{"a note that is too long", 20, "日勤", roster.KindWork, roster.Span{Start: hm(8, 30), End: hm(17, 30)}, []string{"備考を切りました"}, roster.Approved},
		{"no time anywhere", 21, "待機", roster.KindWork, none, []string{"時刻のないシフトを時刻なし"}, roster.Approved},
		{"F-C2: a time that is none", 24, "早番", roster.KindWork, roster.Span{Start: hm(7, 0), End: hm(16, 0)}, []string{"読めない時刻", "種別の時刻"}, roster.Approved},
		{"a type that is gone", 25, "未設定", roster.KindWork, roster.Span{Start: hm(9, 0), End: hm(17, 0)}, []string{"種別の行が見つからない"}, roster.Approved},
		{"seconds", 26, "日勤", roster.KindWork, roster.Span{Start: hm(8, 30), End: hm(17, 30)}, []string{"秒"}, roster.Approved},
		{"an unknown reason", 27, "その他の休み", roster.KindSpecial, none, []string{"読めない休みの事由"}, roster.Approved},
		{"F-C5: the night of the set-up command", 29, "夜勤", roster.KindWork, roster.Span{Start: hm(16, 30), End: hm(33, 30)}, []string{"翌日までの勤務"}, roster.Approved},
		{"F-C8: a night into the next day's shift", 31, "早番", roster.KindWork, roster.Span{Start: hm(7, 0), End: hm(16, 0)}, []string{"重なる"}, roster.Approved},
		{"times that are NULL", 32, "早番", roster.KindWork, roster.Span{Start: hm(7, 0), End: hm(16, 0)}, []string{"種別の時刻"}, roster.Approved},
		{"a bell in the note", 33, "早番", roster.KindWork, roster.Span{Start: hm(7, 0), End: hm(16, 0)}, []string{"備考から見えない文字"}, roster.Approved},
		{"a day off with times", 34, "有給休暇", roster.KindPaid, none, []string{"残っていた時刻"}, roster.Approved},
		{"a half day beside its shift", 35, "半休(午後休)", roster.KindHalf, none, []string{"半休を時刻なし"}, roster.Approved},
		{"a type that is a day off", 37, "公休", roster.KindOff, none, nil, roster.Approved},
		{"pending", 40, "早番", roster.KindWork, roster.Span{Start: hm(7, 0), End: hm(16, 0)}, []string{"承認待ちのシフト"}, roster.Pending},
		{"rejected", 41, "早番", roster.KindWork, roster.Span{Start: hm(7, 0), End: hm(16, 0)}, []string{"却下されたシフト", "却下の理由"}, roster.Rejected},
		{"F-E8: pending without a type", 42, "未設定", roster.KindWork, roster.Span{Start: hm(7, 0), End: hm(16, 0)}, []string{"種別のない", "承認待ちのシフト"}, roster.Pending},
		{"of somebody who waits", 43, "早番", roster.KindWork, roster.Span{Start: hm(7, 0), End: hm(16, 0)}, []string{"承認されていない職員"}, roster.Approved},
	} {
		t.Run(x.what, func(t *testing.T) {
			s, code := p.shift(o, x.old)
			if code.Name != x.code || code.Kind != x.kind || s.Span != x.span || s.Approval != x.state {
				t.Errorf("%s (%s) %s %s, want %s (%s) %s %s", code.Name, code.Kind, s.Span, s.Approval, x.code, x.kind, x.span, x.state)
			}
			for _, words := range x.told {
				if !p.told("シフト", x.old, words) {
					t.Errorf("the report does not say %s", words)
				}
			}
		})
	}
	t.Run("what cannot be imported is named", func(t *testing.T) {
		for old, words := range map[int]string{22: "職員が見つかりません", 23: "日付が読めません"} {
			if p.madeOf(o, "shift_management_shift", old) != "" || !p.told("シフト", old, words) {
				t.Errorf("%d: not refused, or not said", old)
			}
		}
	})
	t.Run("F-B1: notes are text", func(t *testing.T) {
		markup, _ := p.shift(o, 19)
		long, _ := p.shift(o, 20)
		bell, _ := p.shift(o, 33)
		if markup.Note != djangotest.Markup || len([]rune(long.Note)) != 500 || bell.Note != "ベルの音\n二行目" {
			t.Errorf("%q, %d, %q", markup.Note, len([]rune(long.Note)), bell.Note)
		}
		if !strings.Contains(p.csv.String(), djangotest.LongNote) {
			t.Error("the whole note is not in the report")
		}
	})
	t.Run("every shift can be kept by the rules of the roster", func(t *testing.T) {
		for old := 1; old <= 43; old++ {
			if p.madeOf(o, "shift_management_shift", old) == "" {
				continue
			}
			s, code := p.shift(o, old)
			if err := s.Check(code); err != nil && !s.Span.Empty() {
				t.Errorf("%d: %v", old, err)
			}
		}
	})
}

func TestPeople(t *testing.T) {
	p := fixture(t, djangotest.B).imported()
	o := p.orgs()[0]
	var jobs map[roster.JobID]string
	p.read(o, func(r store.Reader) error {
		list, err := r.Jobs(t.Context())
		jobs = map[roster.JobID]string{}
		for _, j := range list {
			jobs[j.ID] = j.Name
		}
		return err
	})
	for _, x := range []struct {
		old                     int
		name, phone, email, job string
		state                   roster.Approval
		told                    string
	}{
		{1, "山田 太郎", "090-1234-5678", "", "介護職員", roster.Approved, "空白や半角カナ"},
		{2, "佐藤 花子", "090-1111-2222", "hanako@example.jp", "", roster.Approved, "同じ名前"},
		{3, "タナカ イチロウ", "(03) 1234-5678", "", "介護職員", roster.Approved, "空白や半角カナ"},
		{4, "髙﨑 𠮷子", "+81 90 3333 4444", "", "看護職員", roster.Approved, ""},
		{5, "佐藤 花子", "", "", "", roster.Approved, "同じ名前"},
		{6, "退職 者子", "", "", "介護職員", roster.Approved, "無効な職員"},
		{7, "鈴木 一郎", "", "", strings.Repeat("主任", 15), roster.Pending, "承認待ちの職員"},
		{8, "<b>太字</b>", "", "x@example.jp", "", roster.Rejected, "却下された職員"},
		{9, "見えない名", "", "", "", roster.Approved, "見えない文字"},
		{10, "名前なし(旧ID 10)", "", "", "", roster.Approved, "仮の名前"},
	} {
		s := p.person(o, x.old)
		job := jobs[s.MainJob()]
		if s.Name != x.name || s.Phone != x.phone || s.Email != x.email || job != x.job || s.Approval != x.state || s.Class != roster.ClassRegular {
			t.Errorf("%d: %+v, %s", x.old, s, job)
		}
		if err := s.Check(); err != nil {
			t.Errorf("%d: %v", x.old, err)
		}
		if x.told != "" && !p.told("職員", x.old, x.told) {
			t.Errorf("%d: the report does not say %s", x.old, x.told)
		}
	}
	if s := p.person(o, 6); s.ActiveTo != roster.MakeDay(2024, 4, 1) || s.ActiveOn(today) {
		t.Errorf("inactive since %s: the instant is UTC, the day Japan's", s.ActiveTo)
	}
	if p.person(o, 2).ID == p.person(o, 5).ID {
		t.Error("two of the same name became one")
	}
}

func TestCodes(t *testing.T) {
	p := fixture(t, djangotest.A).imported()
	p.read(p.orgs()[0], func(r store.Reader) error {
		list, err := r.Codes(t.Context())
		symbols := map[string]bool{}
		for _, c := range list {
			if symbols[c.Symbol] {
				t.Errorf("two codes have the symbol %s", c.Symbol)
			}
			symbols[c.Symbol] = true
			if err := c.Check(); err != nil && !c.Span.Empty() {
				t.Errorf("%s: %v", c.Name, err)
			}
		}
		for name, want := range map[string]string{"早番": "早", "日勤": "日", "夜勤": "夜", "日直": "日直", "公休": "公"} {
			if !symbols[want] {
				t.Errorf("%s has not the symbol %s", name, want)
			}
		}
		return err
	})
	for old, words := range map[int]string{1: "いちばん近い見本色", 3: "翌日までの時刻", 4: "色として読めない", 5: "区分を名前から", 6: "時刻のないシフト種別"} {
		if !p.told("シフト種別", old, words) {
			t.Errorf("%d: the report does not say %s", old, words)
		}
	}
	if p.told("シフト種別", 2, "色") {
		t.Error("a colour of the palette was reported")
	}
}

func TestAccounts(t *testing.T) {
	p := fixture(t, djangotest.A).imported()
	o := p.orgs()[0]
	for _, x := range []struct {
		old    int
		role   roster.Role
		person int
		active bool
		told   string
	}{
		{djangotest.UserAdmin, roster.RoleAdmin, 0, true, "管理者になった"},
		{djangotest.UserYamada, roster.RoleStaff, 1, true, ""},
		{djangotest.UserHanako, roster.RoleStaff, 2, true, "重複するメールアドレス"},
		{djangotest.UserGone, roster.RoleStaff, 6, false, ""},
		{djangotest.UserLike, roster.RoleStaff, 0, true, "職員と同じ名前"}, // F-A11
		{djangotest.UserNoSignIn, roster.RoleStaff, 4, true, "パスワードがなく"},
		{djangotest.UserOffice, roster.RoleManager, 0, true, "正しくないメール"},
		{djangotest.UserOff, roster.RoleStaff, 0, false, "無効なアカウント"},
		{djangotest.UserOldHash, roster.RoleStaff, 0, true, "この形式のパスワード"},
		{djangotest.UserLoud, roster.RoleStaff, 0, true, "番号を付けました"},
	} {
		m := p.member(o, x.old)
		staff := roster.StaffID("")
		if x.person > 0 {
			staff = p.person(o, x.person).ID
		}
		if m.Role != x.role || m.Staff != staff || m.Active != x.active {
			t.Errorf("%d: %+v", x.old, m)
		}
		if x.told != "" && !p.told("アカウント", x.old, x.told) {
			t.Errorf("%d: the report does not say %s", x.old, x.told)
		}
	}
	if m := p.member(o, djangotest.UserOffice); len(m.Sites) != 1 {
		t.Errorf("a manager of %v", m.Sites)
	}
	t.Run("F-A11: a login that equals a person's name is tied to nobody", func(t *testing.T) {
		if m := p.member(o, djangotest.UserLike); m.Staff != "" {
			t.Errorf("%+v", m)
		}
	})
}

// TestSignIn: people keep their password; the hash is replaced when they first use it.
func TestSignIn(t *testing.T) {
	p := fixture(t, djangotest.A).imported()
	a := app.New(p.store, clock, newID)
	before, err := p.store.AccountNamed(t.Context(), djangotest.Admin)
	must(t, err)
	acc, err := a.SignIn(t.Context(), djangotest.Admin, djangotest.Password, "192.0.2.1")
	must(t, err)
	if !strings.HasPrefix(before.Password, "pbkdf2_sha256$") || !strings.HasPrefix(acc.Password, "$argon2id$") {
		t.Errorf("%.20s became %.20s", before.Password, acc.Password)
	}
	_, err = a.SignIn(t.Context(), djangotest.Admin, djangotest.Password, "192.0.2.1")
	must(t, err)
	_, err = a.SignIn(t.Context(), "care@example.jp", djangotest.Password, "192.0.2.1")
	must(t, err)
	t.Run("F-A9: who has left or has no usable password stays outside", func(t *testing.T) {
		for _, login := range []string{"taishoku", "yoshiko", "mukou", "furui"} {
			if _, err := a.SignIn(t.Context(), login, djangotest.Password, "192.0.2.1"); roster.KindOf(err) != roster.Invalid {
				t.Errorf("%s: %v", login, err)
			}
		}
	})
	for _, password := range []string{"", "!Kq3unusable", "wrong"} {
		if _, err := a.SignIn(t.Context(), "yoshiko", password, "192.0.2.2"); roster.KindOf(err) != roster.Invalid {
			t.Errorf("%q: %v", password, err)
		}
	}
	must(t, p.run(t.Context()))
	if after, err := p.store.Account(t.Context(), acc.ID); err != nil || after.Password != acc.Password {
		t.Error("importing again brought the old hash back")
	}
}

func TestOrganisations(t *testing.T) {
	p := fixture(t, djangotest.C).imported()
	wakaba, hikari, unset := p.org("社会福祉法人 わかば会"), p.org("ひかり作業所"), p.org("組織未設定")
	if wakaba.Slug != "wakaba" || hikari.Slug != "hikari-01" || hikari.Timezone != "Asia/Tokyo" || unset.Slug == "" {
		t.Errorf("%+v %+v %+v", wakaba, hikari, unset)
	}
	for _, o := range p.orgs() {
		must(t, o.Check())
		p.read(o, func(r store.Reader) error {
			codes, err := r.Codes(t.Context())
			must(t, err)
			own, err := r.OwnHolidays(t.Context())
			if len(codes) != 13 || len(own) != 2 {
				t.Errorf("%s has %d codes and %d holidays", o.Name, len(codes), len(own))
			}
			return err
		})
		if m := p.member(o, djangotest.UserAdmin); m.Role != roster.RoleAdmin {
			t.Errorf("the superuser is %s in %s", m.Role, o.Name)
		}
	}
	for _, x := range []struct {
		org   roster.Org
		old   int
		class roster.Class
	}{
		{wakaba, 1, roster.ClassRegular},
		{wakaba, 2, roster.ClassRegular},
		{wakaba, 3, roster.ClassPartTime},
		{wakaba, 4, roster.ClassMember},
		{hikari, 7, roster.ClassRegular},
		{unset, 9, roster.ClassRegular},
		{wakaba, 10, roster.ClassRegular},
	} {
		if s := p.person(x.org, x.old); s.Class != x.class {
			t.Errorf("%s: %s", s.Name, s.Class)
		}
	}
	for old, role := range map[int]roster.Role{
		djangotest.UserYamada: roster.RoleManager, djangotest.UserHanako: roster.RoleStaff, djangotest.UserNoSignIn: roster.RoleMember,
	} {
		if m := p.member(wakaba, old); m.Role != role || p.madeOf(hikari, "auth_user", old) != "" {
			t.Errorf("%d: %+v", old, m)
		}
	}
	if s, _ := p.shift(wakaba, 50); s.Note != "休み申請" || strings.Contains(p.csv.String(), djangotest.PrivateReason) {
		t.Errorf("the private reason is in %q or in the report", s.Note)
	}
	for table, words := range map[string]string{
		"休み・通院申請": "まだ置き場所", "シフト打診": "まだ置き場所", "相性": "まだ置き場所", "イベント": "まだ置き場所", "イベントの参加者": "まだ置き場所",
		"通知": "まだ置き場所", "テンプレート": "まだ置き場所", "inventory_item": "対象ではない", "django_session": "内部の表",
	} {
		if !p.told(table, "", words) {
			t.Errorf("%s: the report does not say %s", table, words)
		}
	}
	for old, words := range map[int]string{1: "すでに計算", 4: "合わない祝日", 5: "無効な休日"} {
		if !p.told("休日", old, words) {
			t.Errorf("holiday %d: the report does not say %s", old, words)
		}
	}
}

// TestAgain: importing again changes nothing, not even a revision.
func TestAgain(t *testing.T) {
	for _, g := range djangotest.Generations {
		t.Run(string(g), func(t *testing.T) {
			p := fixture(t, g).imported()
			before, first := p.digest(), p.lines()
			p.imported()
			if p.digest() != before {
				t.Error("the database has changed")
			}
			if added, updated, same, _ := p.report.Count("shift_management_shift"); added+updated != 0 || same == 0 {
				t.Errorf("added %d, updated %d, same %d", added, updated, same)
			}
			if len(p.lines()) > len(first) {
				t.Errorf("the second report has %d lines, the first %d", len(p.lines()), len(first))
			}
		})
	}
}
