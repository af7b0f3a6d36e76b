package storetest

import (
	"context"
	"slices"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

// thing is what crud needs to know about one sort of row.
type thing[T any] struct {
	name    string
	fresh   T
	change  func(*T)
	rename  func(*T) // gives it another id
	version func(*T) *int64
	save    func(context.Context, store.Writer, T) (T, error)
	get     func(context.Context, store.Reader) (T, error)
	remove  func(context.Context, store.Writer, int64) error // nil: cannot be removed
}

// lives takes one thing through its life: added, read, changed, stale, taken, removed.
func lives[T any](t *testing.T, w *world, x thing[T]) {
	t.Run(x.name, func(t *testing.T) {
		w := *w
		w.t = t
		save := func(v T) (saved T, err error) {
			_, err = w.try(func(ctx context.Context, s store.Writer) (err error) { saved, err = x.save(ctx, s, v); return })
			return saved, err
		}
		kept := func(what string, want T) {
			t.Helper()
			var got T
			w.read(func(ctx context.Context, r store.Reader) (err error) { got, err = x.get(ctx, r); return })
			same(t, what, got, want)
		}
		added, err := save(x.fresh)
		must(t, err)
		if *x.version(&added) != 1 {
			t.Errorf("version %d after adding, want 1", *x.version(&added))
		}
		kept("after adding", added)
		_, err = save(x.fresh)
		wantKind(t, "adding the same id again", err, roster.Taken)
		next := added
		x.change(&next)
		changed, err := save(next)
		must(t, err)
		if *x.version(&changed) != 2 {
			t.Errorf("version %d after a change, want 2", *x.version(&changed))
		}
		kept("after a change", changed)
		back, err := save(added)
		wantKind(t, "changing an old version", err, roster.Stale)
		same(t, "value given back with Stale", back, added)
		kept("after a stale change", changed)
		stranger := changed
		x.rename(&stranger)
		_, err = save(stranger)
		wantKind(t, "changing what is not there", err, roster.Stale)
		if x.remove == nil {
			return
		}
		drop := func(version int64) error {
			_, err := w.try(func(ctx context.Context, s store.Writer) error { return x.remove(ctx, s, version) })
			return err
		}
		wantKind(t, "removing an old version", drop(1), roster.Stale)
		kept("after a stale removal", changed)
		must(t, drop(2))
		err = w.s.Read(t.Context(), w.org.ID, func(r store.Reader) error { _, err := x.get(t.Context(), r); return err })
		wantKind(t, "reading what was removed", err, roster.NotFound)
		wantKind(t, "removing it again", drop(2), roster.Stale)
	})
}

func crud(t *testing.T, s store.Store) {
	w := newWorld(t, s)
	newWorld(t, s) // a neighbour, so that a forgotten organisation shows
	siteAndJob(t, w)
	staffAndContract(t, w)
	codeNeedHoliday(t, w)
	rosterAndShift(t, w)
	memberAndImport(t, w)
	t.Run("organisation", func(t *testing.T) { organisations(t, s) })
	t.Run("orders", func(t *testing.T) { orders(t, newWorld(t, s)) })
	t.Run("code in use", func(t *testing.T) { codeInUse(t, newWorld(t, s)) })
}

func siteAndJob(t *testing.T, w *world) {
	site := roster.Site{ID: roster.SiteID(newID()), Name: "分室", StartDay: 16, OffDays: 8, Position: 3}
	lives(t, w, thing[roster.Site]{
		name: "site", fresh: site, version: func(x *roster.Site) *int64 { return &x.Version },
		change: func(x *roster.Site) { x.Name, x.StartDay, x.OffDays, x.Position, x.Archived = "分館", 28, 9, 7, true },
		rename: func(x *roster.Site) { x.ID = roster.SiteID(newID()) },
		save: func(ctx context.Context, s store.Writer, x roster.Site) (roster.Site, error) {
			return s.SaveSite(ctx, x)
		},
		get: func(ctx context.Context, r store.Reader) (roster.Site, error) { return r.Site(ctx, site.ID) },
	})
	job := roster.Job{ID: roster.JobID(newID()), Name: "看護職員", Position: 2}
	lives(t, w, thing[roster.Job]{
		name: "job", fresh: job, version: func(x *roster.Job) *int64 { return &x.Version },
		change: func(x *roster.Job) { x.Name, x.Position = "准看護職員", 9 },
		rename: func(x *roster.Job) { x.ID = roster.JobID(newID()) },
		save:   func(ctx context.Context, s store.Writer, x roster.Job) (roster.Job, error) { return s.SaveJob(ctx, x) },
		get: func(ctx context.Context, r store.Reader) (roster.Job, error) {
			list, err := r.Jobs(ctx)
			return pick(list, err, func(x roster.Job) bool { return x.ID == job.ID })
		},
		remove: func(ctx context.Context, s store.Writer, v int64) error { return s.RemoveJob(ctx, job.ID, v) },
	})
	_, err := w.try(func(ctx context.Context, s store.Writer) error {
		_, err := s.SaveJob(ctx, roster.Job{ID: roster.JobID(newID()), Name: w.job.Name})
		return err
	})
	wantKind(t, "a second job of the same name", err, roster.Taken)
}

func staffAndContract(t *testing.T, w *world) {
	who := roster.Staff{
		ID: roster.StaffID(newID()), Name: "𠮷田 太郎", Kana: "よしだ たろう", Class: roster.ClassPartTime, BirthDay: roster.MakeDay(1931, 2, 3),
		Phone: "090-0000-0001", Email: "taro@example.jp", Language: "en", HomeSite: w.site.ID,
		Jobs: []roster.JobShare{{Job: w.job.ID, Share: 100}}, Skills: []string{"介護福祉士", "喀痰吸引"}, ActiveFrom: roster.MakeDay(2020, 4, 1),
		ActiveTo: roster.MakeDay(2030, 3, 31), Approval: roster.Pending, Position: 5,
	}
	lives(t, w, thing[roster.Staff]{
		name: "staff", fresh: who, version: func(x *roster.Staff) *int64 { return &x.Version },
		change: func(x *roster.Staff) {
			*x = roster.Staff{ID: x.ID, Version: x.Version, Name: "吉田", Class: roster.ClassMember, HomeSite: w.other.ID, Approval: roster.Rejected}
		},
		rename: func(x *roster.Staff) { x.ID = roster.StaffID(newID()) },
		save: func(ctx context.Context, s store.Writer, x roster.Staff) (roster.Staff, error) {
			return s.SaveStaff(ctx, x)
		},
		get: func(ctx context.Context, r store.Reader) (roster.Staff, error) { return r.Staff(ctx, who.ID) },
	})
	deal := roster.Contract{
		ID: roster.ContractID(newID()), Staff: w.staff.ID, From: monday, To: monday + 99, FullTime: true, Exclusive: true, Weekly: 2400,
		WeeklyMax: 1680, WeekDays: 5, NoNight: true,
	}
	lives(t, w, thing[roster.Contract]{
		name: "contract", fresh: deal, version: func(x *roster.Contract) *int64 { return &x.Version },
		change: func(x *roster.Contract) {
			*x = roster.Contract{ID: x.ID, Staff: x.Staff, From: monday + 1, Version: x.Version}
		},
		rename: func(x *roster.Contract) { x.ID = roster.ContractID(newID()) },
		save: func(ctx context.Context, s store.Writer, x roster.Contract) (roster.Contract, error) {
			return s.SaveContract(ctx, x)
		},
		get: func(ctx context.Context, r store.Reader) (roster.Contract, error) {
			list, err := r.ContractsOf(ctx, w.staff.ID)
			return pick(list, err, func(x roster.Contract) bool { return x.ID == deal.ID })
		},
		remove: func(ctx context.Context, s store.Writer, v int64) error { return s.RemoveContract(ctx, deal.ID, v) },
	})
}

func codeNeedHoliday(t *testing.T, w *world) {
	code := roster.Code{
		ID: roster.CodeID(newID()), Symbol: "夜", Name: "夜勤", Kind: roster.KindWork, Span: roster.Span{Start: 990, End: 2010}, Break: 120,
		Color: "navy", Pattern: "solid", Follower: w.off.ID, ValidFrom: monday, ValidTo: monday + 9, Position: 4, External: "N-01",
	}
	lives(t, w, thing[roster.Code]{
		name: "code", fresh: code, version: func(x *roster.Code) *int64 { return &x.Version },
		change: func(x *roster.Code) {
			*x = roster.Code{ID: x.ID, Symbol: "休", Name: "休み", Kind: roster.KindSpecial, Color: "rose", Pattern: "hatch", Version: x.Version}
		},
		rename: func(x *roster.Code) { x.ID = roster.CodeID(newID()) },
		save: func(ctx context.Context, s store.Writer, x roster.Code) (roster.Code, error) {
			return s.SaveCode(ctx, x)
		},
		get: func(ctx context.Context, r store.Reader) (roster.Code, error) {
			list, err := r.Codes(ctx)
			return pick(list, err, func(x roster.Code) bool { return x.ID == code.ID })
		},
		remove: func(ctx context.Context, s store.Writer, v int64) error { return s.RemoveCode(ctx, code.ID, v) },
	})
	need := roster.Need{ID: roster.NeedID(newID()), Site: w.site.ID, Code: w.code.ID, Weekday: roster.EveryDay, Count: 3}
	lives(t, w, thing[roster.Need]{
		name: "need", fresh: need, version: func(x *roster.Need) *int64 { return &x.Version },
		change: func(x *roster.Need) { x.Weekday, x.Day, x.Count = roster.HolidayDay, monday, 0 },
		rename: func(x *roster.Need) { x.ID = roster.NeedID(newID()) },
		save: func(ctx context.Context, s store.Writer, x roster.Need) (roster.Need, error) {
			return s.SaveNeed(ctx, x)
		},
		get: func(ctx context.Context, r store.Reader) (roster.Need, error) {
			list, err := r.Needs(ctx, w.site.ID)
			return pick(list, err, func(x roster.Need) bool { return x.ID == need.ID })
		},
		remove: func(ctx context.Context, s store.Writer, v int64) error { return s.RemoveNeed(ctx, need.ID, v) },
	})
	day := roster.Holiday{ID: roster.HolidayID(newID()), Day: monday, Name: "創立記念日"}
	lives(t, w, thing[roster.Holiday]{
		name: "holiday", fresh: day, version: func(x *roster.Holiday) *int64 { return &x.Version },
		change: func(x *roster.Holiday) { x.Day, x.Name, x.Working = monday+1, "振替", true },
		rename: func(x *roster.Holiday) { x.ID = roster.HolidayID(newID()) },
		save: func(ctx context.Context, s store.Writer, x roster.Holiday) (roster.Holiday, error) {
			return s.SaveHoliday(ctx, x)
		},
		get: func(ctx context.Context, r store.Reader) (roster.Holiday, error) {
			list, err := r.OwnHolidays(ctx)
			return pick(list, err, func(x roster.Holiday) bool { return x.ID == day.ID })
		},
		remove: func(ctx context.Context, s store.Writer, v int64) error { return s.RemoveHoliday(ctx, day.ID, v) },
	})
}

func rosterAndShift(t *testing.T, w *world) {
	p := roster.PeriodOf(monday, 1)
	sheet := roster.Roster{ID: roster.RosterID(newID()), Site: w.site.ID, Period: p, State: roster.StateCollecting, OffDays: 9}
	w.read(func(ctx context.Context, r store.Reader) error {
		got, err := r.RosterAt(ctx, w.site.ID, p)
		same(t, "a roster nobody has made", got, roster.Roster{Site: w.site.ID, Period: p, State: roster.StateDrafting})
		return err
	})
	lives(t, w, thing[roster.Roster]{
		name: "roster", fresh: sheet, version: func(x *roster.Roster) *int64 { return &x.Version },
		change: func(x *roster.Roster) {
			x.State, x.Published, x.PublishedAt, x.PublishedMs, x.OffDays = roster.StateClosed, 2, 17, 1_700_000_000_000, 8
		},
		rename: func(x *roster.Roster) { x.ID = roster.RosterID(newID()) },
		save: func(ctx context.Context, s store.Writer, x roster.Roster) (roster.Roster, error) {
			return s.SaveRoster(ctx, x)
		},
		get: func(ctx context.Context, r store.Reader) (roster.Roster, error) { return r.RosterAt(ctx, w.site.ID, p) },
	})
	x := w.shift(w.staff.ID, w.site.ID, monday)
	x.Note = "1行目\n2行目"
	lives(t, w, thing[roster.Shift]{
		name: "shift", fresh: x, version: func(x *roster.Shift) *int64 { return &x.Version },
		change: func(x *roster.Shift) {
			x.Site, x.Staff, x.Day, x.Code, x.Span, x.Break = w.other.ID, w.guest.ID, monday+1, w.off.ID, roster.Span{Start: 990, End: 2010}, 0
			x.Note, x.Approval = "", roster.Pending
		},
		rename: func(x *roster.Shift) { x.ID = roster.ShiftID(newID()) },
		save: func(ctx context.Context, s store.Writer, x roster.Shift) (roster.Shift, error) {
			return s.SaveShift(ctx, x)
		},
		get: func(ctx context.Context, r store.Reader) (roster.Shift, error) {
			if one, err := r.Shift(ctx, x.ID); err != nil {
				return one, err
			}
			by, err := r.ShiftsOf(ctx, []roster.StaffID{w.staff.ID, w.guest.ID}, p)
			return pick(slices.Concat(by[w.staff.ID], by[w.guest.ID]), err, func(o roster.Shift) bool { return o.ID == x.ID })
		},
		remove: func(ctx context.Context, s store.Writer, v int64) error { return s.RemoveShift(ctx, x.ID, v) },
	})
}

func memberAndImport(t *testing.T, w *world) {
	m := roster.Member{ID: roster.MemberID(newID()), Name: "管理者", Role: roster.RoleManager, Staff: w.staff.ID, Sites: []roster.SiteID{w.site.ID, w.other.ID}, Active: true}
	lives(t, w, thing[roster.Member]{
		name: "member", fresh: m, version: func(x *roster.Member) *int64 { return &x.Version },
		change: func(x *roster.Member) {
			x.Name, x.Role, x.Staff, x.Sites, x.Active = "元管理者", roster.RoleAdmin, "", nil, false
		},
		rename: func(x *roster.Member) { x.ID = roster.MemberID(newID()) },
		save: func(ctx context.Context, s store.Writer, x roster.Member) (roster.Member, error) {
			return s.SaveMember(ctx, x)
		},
		get: func(ctx context.Context, r store.Reader) (roster.Member, error) { return r.Member(ctx, m.ID) },
	})
	ref := store.ImportRef{Source: "old", Table: "staff", OldID: "17", NewID: newID(), Digest: "aa"}
	elsewhere := store.ImportRef{Source: "old", Table: "shifts", OldID: "17", NewID: newID(), Digest: "bb"}
	save := func(f store.ImportRef) {
		w.write(func(ctx context.Context, s store.Writer) error { return s.SaveImportRef(ctx, f) })
	}
	save(ref)
	save(elsewhere)
	ref.NewID, ref.Digest = newID(), "cc"
	save(ref)
	w.read(func(ctx context.Context, r store.Reader) error {
		got, err := r.ImportRefs(ctx, "old", "staff", []string{"17", "18"})
		same(t, "import references", got, map[string]store.ImportRef{"17": ref})
		return err
	})
}

func organisations(t *testing.T, s store.Store) {
	w, ctx := newWorld(t, s), t.Context()
	twin := w.org
	twin.ID = roster.OrgID(newID())
	wantKind(t, "a second organisation at the same address", s.AddOrg(ctx, twin), roster.Taken)
	_, err := s.OrgBySlug(ctx, "nobody-here")
	wantKind(t, "an unknown address", err, roster.NotFound)
	wantKind(t, "reading an unknown organisation", s.Read(ctx, twin.ID, func(store.Reader) error { return nil }), roster.NotFound)
	_, err = s.Write(ctx, roster.Act{Org: twin.ID, Kind: "x"}, func(store.Writer) error { return nil })
	wantKind(t, "writing to an unknown organisation", err, roster.NotFound)
	var o roster.Org
	w.read(func(ctx context.Context, r store.Reader) (err error) { o, err = r.Org(ctx); return })
	o.Name, o.Language, o.Timezone = "改名会", "en", "UTC"
	o.Settings = roster.Settings{Sees: map[roster.Class][]roster.Class{roster.ClassRegular: {}}, WeekStart: 1, RestHours: 9, RunDays: 12, WeekHours: 44}
	old := o
	w.write(func(ctx context.Context, x store.Writer) (err error) { o, err = x.SaveOrg(ctx, o); return })
	_, err = w.try(func(ctx context.Context, x store.Writer) error { _, err := x.SaveOrg(ctx, old); return err })
	wantKind(t, "changing an old version", err, roster.Stale)
	o.Revision = w.revision()
	got, err := s.OrgBySlug(ctx, w.org.Slug)
	must(t, err)
	same(t, "organisation", got, o)
	all, err := s.Orgs(ctx)
	must(t, err)
	if !slices.IsSortedFunc(all, func(a, b roster.Org) int { return compare(a.Name, b.Name) }) || len(all) < 2 {
		t.Errorf("organisations are not listed by name: %v", all)
	}
	revs, err := s.Revisions(ctx, []roster.OrgID{w.org.ID, twin.ID})
	must(t, err)
	same(t, "revisions", revs, map[roster.OrgID]int64{w.org.ID: o.Revision})
	must(t, s.Ping(ctx))
	if at, newest, err := s.Schema(ctx); err != nil || at != newest || at == 0 {
		t.Errorf("schema %d of %d, %v", at, newest, err)
	}
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// orders: lists come in the order the contract names, whatever the order of saving.
func orders(t *testing.T, w *world) {
	w.write(func(ctx context.Context, x store.Writer) error {
		for _, n := range []int{30, 10, 20} {
			_, err := x.SaveSite(ctx, roster.Site{ID: roster.SiteID(newID()), Name: "館" + numbered(n), StartDay: 1, Position: n})
			must(t, err)
			_, err = x.SaveJob(ctx, roster.Job{ID: roster.JobID(newID()), Name: "職" + numbered(n), Position: n})
			must(t, err)
			_, err = x.SaveCode(ctx, roster.Code{ID: roster.CodeID(newID()), Symbol: numbered(n)[1:], Name: "種" + numbered(n), Kind: roster.KindOff, Color: "sky", Pattern: "plain", Position: n})
			must(t, err)
			_, err = x.SaveHoliday(ctx, roster.Holiday{ID: roster.HolidayID(newID()), Day: monday + roster.Day(n), Name: "休"})
			must(t, err)
			_, err = x.SaveContract(ctx, roster.Contract{ID: roster.ContractID(newID()), Staff: w.staff.ID, From: monday + roster.Day(n)})
			must(t, err)
			_, err = x.SaveMember(ctx, roster.Member{ID: roster.MemberID(newID()), Name: "人" + numbered(n), Role: roster.RoleAdmin})
			must(t, err)
			_, err = x.SaveNeed(ctx, roster.Need{ID: roster.NeedID(newID()), Site: w.site.ID, Code: w.code.ID, Weekday: n/10 + 1, Count: n})
			must(t, err)
			_, err = x.SaveNeed(ctx, roster.Need{ID: roster.NeedID(newID()), Site: w.site.ID, Code: w.code.ID, Weekday: n/10 + 1, Day: monday, Count: n})
			must(t, err)
		}
		return nil
	})
	w.read(func(ctx context.Context, r store.Reader) error {
		sites, err := r.Sites(ctx)
		must(t, err)
		same(t, "sites", idsOf(sites, func(x roster.Site) string { return x.Name }), []string{"本館", "別館", "館010", "館020", "館030"})
		jobs, err := r.Jobs(ctx)
		must(t, err)
		same(t, "jobs", idsOf(jobs, func(x roster.Job) string { return x.Name }), []string{"介護職員", "職010", "職020", "職030"})
		codes, err := r.Codes(ctx)
		must(t, err)
		same(t, "codes", idsOf(codes, func(x roster.Code) string { return x.Symbol }), []string{"日", "公", "10", "20", "30"})
		holidays, err := r.OwnHolidays(ctx)
		must(t, err)
		same(t, "holidays", idsOf(holidays, func(x roster.Holiday) string { return x.Day.String() }), []string{"2026-12-03", "2026-12-13", "2026-12-23"})
		members, err := r.Members(ctx)
		must(t, err)
		same(t, "members", idsOf(members, func(x roster.Member) string { return x.Name }), []string{"人010", "人020", "人030"})
		all, err := r.Contracts(ctx)
		must(t, err)
		one, err := r.ContractsOf(ctx, w.staff.ID)
		must(t, err)
		same(t, "contracts of all and of one", all, map[roster.StaffID][]roster.Contract{w.staff.ID: one})
		if len(one) != 3 || one[0].From > one[1].From || one[1].From > one[2].From {
			t.Errorf("contracts are not in the order of their days: %v", one)
		}
		people, err := r.People(ctx)
		must(t, err)
		if ids := idsOf(people, func(x roster.Staff) roster.StaffID { return x.ID }); !slices.IsSorted(ids) || len(ids) != 2 {
			t.Errorf("people are not in the order of ids: %v", ids)
		}
		needs, err := r.Needs(ctx, w.site.ID)
		must(t, err)
		var days []int
		for _, n := range needs {
			days = append(days, int(n.Day)*10+n.Weekday)
		}
		if len(days) != 6 || !slices.IsSorted(days) {
			t.Errorf("needs are not by day, weekday: %v", needs)
		}
		return nil
	})
}

// codeInUse: a shift, a published copy, a required number and a code that names it as follower each hold a code.
func codeInUse(t *testing.T, w *world) {
	used := func() (found bool) {
		w.read(func(ctx context.Context, r store.Reader) (err error) {
			found, err = r.CodeInUse(ctx, w.code.ID)
			return
		})
		return found
	}
	if used() {
		t.Error("a code that nothing names is in use")
	}
	x := w.saveShifts(w.shift(w.staff.ID, w.site.ID, monday))[0]
	if !used() {
		t.Error("a shift does not hold its code")
	}
	w.write(func(ctx context.Context, s store.Writer) error { return s.RemoveShift(ctx, x.ID, x.Version) })
	if used() {
		t.Error("a removed shift holds its code")
	}
	var n roster.Need
	w.write(func(ctx context.Context, s store.Writer) (err error) {
		n, err = s.SaveNeed(ctx, roster.Need{ID: roster.NeedID(newID()), Site: w.site.ID, Code: w.code.ID, Count: 1})
		return err
	})
	if !used() {
		t.Error("a required number does not hold its code")
	}
	w.write(func(ctx context.Context, s store.Writer) error { return s.RemoveNeed(ctx, n.ID, n.Version) })
	w.write(func(ctx context.Context, s store.Writer) error {
		_, err := s.SaveCode(ctx, roster.Code{ID: roster.CodeID(newID()), Symbol: "入", Name: "入り", Follower: w.code.ID, Kind: roster.KindWork, Color: "sky", Pattern: "plain"})
		return err
	})
	if !used() {
		t.Error("a code that follows another is not in use")
	}
}
