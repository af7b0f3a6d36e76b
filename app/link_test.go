package app

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wakakusa/store/storetest"

	"wakakusa/roster"
	"wakakusa/store"
)

func firstRun() FirstRun {
	return FirstRun{
		Org: "青葉会", Slug: "aoba", Site: "本館", StartDay: 1, OffDays: 9, Name: "佐藤 花子", Login: "hanako", Email: "h@example.jp",
		Password: goodPassword, Again: goodPassword,
	}
}

func TestSetUp(t *testing.T) {
	f := empty(t)
	ctx := t.Context()
	old, err := f.FirstRunLink(ctx)
	must(t, err)
	token, err := f.FirstRunLink(ctx)
	must(t, err)
	wantKind(t, "the link of an earlier start", second(f.SetUp(ctx, old, firstRun())), roster.NotFound)
	bad := firstRun()
	bad.Slug, bad.Password, bad.Again, bad.StartDay = "あおば", "12345678", "x", 31
	err = second(f.SetUp(ctx, token, bad))
	for _, field := range []string{"slug: ", "password: ", "start_day: "} {
		wantKey(t, "a form with faults", err, field)
	}
	acc, err := f.SetUp(ctx, token, firstRun())
	must(t, err)
	by := f.actor(acc.ID)
	if by.Role != roster.RoleAdmin {
		t.Errorf("the first person is %+v", by)
	}
	codes, err := f.Codes(ctx, by)
	must(t, err)
	sites, err := f.Sites(ctx, by)
	must(t, err)
	if len(codes) != 14 || len(sites) != 1 || sites[0].Name != "本館" {
		t.Errorf("%d codes, sites %v", len(codes), sites)
	}
	must(t, f.signIn("h@example.jp", goodPassword, office))
	wantKind(t, "the link once more", second(f.SetUp(ctx, token, firstRun())), roster.NotFound)
	if again, err := f.FirstRunLink(ctx); again != "" || err != nil {
		t.Errorf("a second first run is offered: %q, %v", again, err)
	}
}

func TestSetUpAmongRivals(t *testing.T) {
	f := empty(t)
	token, err := f.FirstRunLink(t.Context())
	must(t, err)
	var won atomic.Int32
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			in := firstRun()
			in.Slug, in.Login, in.Email = in.Slug+string(rune('a'+i)), in.Login+string(rune('a'+i)), ""
			if _, err := f.SetUp(t.Context(), token, in); err == nil {
				won.Add(1)
			}
		})
	}
	all.Wait()
	orgs, err := f.db.Orgs(t.Context())
	must(t, err)
	if won.Load() != 1 || len(orgs) != 1 {
		t.Errorf("%d rivals founded %d organisations", won.Load(), len(orgs))
	}
}

func TestSetUpWhenAnOrganisationCameMeanwhile(t *testing.T) {
	f := empty(t)
	token, err := f.FirstRunLink(t.Context())
	must(t, err)
	f.found("imported")
	wantKind(t, "first run of a second organisation", second(f.SetUp(t.Context(), token, firstRun())), roster.NotFound)
}

// invited makes a membership of a role that nobody has joined yet.
func (f *facility) invited(role roster.Role) (roster.Member, string) {
	f.t.Helper()
	m, err := f.SaveMember(f.t.Context(), f.admin, roster.Member{Name: "新人", Role: role, Staff: f.taro.ID, Sites: []roster.SiteID{f.home.ID}, Active: true}, "")
	must(f.t, err)
	token, err := f.Invite(f.t.Context(), f.admin, m.ID)
	must(f.t, err)
	return m, token
}

func TestJoin(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	m, old := f.invited(roster.RoleStaff)
	token, err := f.Invite(ctx, f.admin, m.ID)
	must(t, err)
	wantKind(t, "the older invitation", second(f.OpenInvitation(ctx, old)), roster.NotFound)
	v, err := f.OpenInvitation(ctx, token)
	must(t, err)
	if v.Member.ID != m.ID || v.Org.ID != f.org.ID || v.Login != "" {
		t.Errorf("the invitation shows %+v", v)
	}
	in := Joining{Login: "shunin", Password: goodPassword, Again: goodPassword}
	wantKind(t, "a user name in use", second(f.Join(ctx, token, in)), roster.Taken)
	in.Login = "shinjin"
	acc, err := f.Join(ctx, token, in)
	must(t, err)
	if by := f.actor(acc.ID); by.Staff != f.taro.ID || by.Role != roster.RoleStaff {
		t.Errorf("joined as %+v", by)
	}
	wantKind(t, "the link once more", second(f.Join(ctx, token, in)), roster.NotFound)
	_, err = f.Invite(ctx, f.admin, m.ID)
	wantKind(t, "inviting who has joined", err, roster.RuleBroken)

	_, token = f.invited(roster.RoleManager)
	in.Login, in.Password, in.Again = "another", "とうふとわかめの12", "とうふとわかめの12"
	wantKey(t, "a short password of a manager", second(f.Join(ctx, token, in)), "error.password_short")
	f.advance(InviteLasts)
	wantKind(t, "an invitation that has ended", second(f.OpenInvitation(ctx, token)), roster.NotFound)
	wantKind(t, "an invented one", second(f.OpenInvitation(ctx, "x")), roster.NotFound)
}

func TestJoinAmongRivals(t *testing.T) {
	f := newFacility(t)
	m, token := f.invited(roster.RoleStaff)
	var won atomic.Int32
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			in := Joining{Login: "rival" + string(rune('a'+i)), Password: goodPassword, Again: goodPassword}
			if acc, err := f.Join(t.Context(), token, in); err == nil {
				won.Add(1)
				if now, err := f.Member(t.Context(), f.admin, m.ID); err != nil || now.Account != acc.ID {
					t.Errorf("the winner is not the member: %+v, %v", now, err)
				}
			} else if roster.KindOf(err) != roster.NotFound {
				t.Errorf("rival: %v", err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d rivals joined", won.Load())
	}
	kept := 0
	for i := range 6 {
		if _, err := f.db.AccountNamed(t.Context(), "rival"+string(rune('a'+i))); err == nil {
			kept++
		}
	}
	if kept != 1 {
		t.Errorf("%d user names are kept, want the winner's", kept)
	}
}

// TestFaultA1: nobody but the person chooses a password; an administrator hands over a link that works once and ends soon.
func TestFaultA1(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	member, err := f.Member(ctx, f.admin, f.manager.Member)
	must(t, err)
	_, err = f.StartReset(ctx, f.manager, f.second.Member)
	wantKind(t, "a manager resets a colleague", err, roster.Forbidden)
	_, err = f.StartReset(ctx, f.stranger, member.ID)
	wantKind(t, "another organisation", err, roster.NotFound)
	hash := f.session(f.manager.Account, "1")
	token, err := f.StartReset(ctx, f.admin, member.ID)
	must(t, err)
	must(t, f.signIn("shunin", goodPassword, office))
	fresh := "あたらしい あいことば 2027"
	acc, err := f.Join(ctx, token, Joining{Login: "ignored", Password: fresh, Again: fresh})
	must(t, err)
	if acc.Name != "shunin" {
		t.Errorf("a reset renamed the account to %q", acc.Name)
	}
	must(t, f.signIn("shunin", fresh, office))
	wantKind(t, "the old password", f.signIn("shunin", goodPassword, office), roster.Invalid)
	wantKind(t, "sessions from before", second(f.Session(ctx, hash)), roster.NotFound)
	wantKind(t, "the link once more", second(f.Join(ctx, token, Joining{Password: fresh, Again: fresh})), roster.NotFound)
	token, err = f.StartReset(ctx, f.admin, member.ID)
	must(t, err)
	f.advance(ResetLasts)
	wantKind(t, "half an hour later", second(f.OpenInvitation(ctx, token)), roster.NotFound)
}

func TestLinksServeTheirPurposeOnly(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	m, invitation := f.invited(roster.RoleStaff)
	demo, err := f.DemoLink(ctx, f.org.ID, roster.Member{ID: f.admin.Member, Account: f.admin.Account})
	must(t, err)
	wantKind(t, "signing in by an invitation", second(f.SignInByLink(ctx, invitation)), roster.NotFound)
	wantKind(t, "founding by an invitation", second(f.SetUp(ctx, invitation, firstRun())), roster.NotFound)
	wantKind(t, "joining by a demo link", second(f.Join(ctx, demo, Joining{Login: "intruder", Password: goodPassword, Again: goodPassword})), roster.NotFound)
	acc, err := f.SignInByLink(ctx, demo)
	if err != nil || acc.ID != f.admin.Account {
		t.Errorf("signed in as %+v, %v", acc, err)
	}
	wantKind(t, "a demo link twice", second(f.SignInByLink(ctx, demo)), roster.NotFound)
	demo, err = f.DemoLink(ctx, f.org.ID, roster.Member{ID: f.admin.Member, Account: f.admin.Account})
	must(t, err)
	must(t, f.DropDemoLinks(ctx))
	wantKind(t, "a demo link of an earlier start", second(f.SignInByLink(ctx, demo)), roster.NotFound)
	m.Active = false
	must(t, second(f.SaveMember(ctx, f.admin, m, "")))
	wantKind(t, "the invitation of somebody who left", second(f.OpenInvitation(ctx, invitation)), roster.NotFound)
	must(t, storetest.Singly(f.db).AddLink(ctx, store.Link{Hash: HashSecret("late"), Kind: store.LinkSignIn, Account: f.admin.Account, EndsMs: noon.Add(-time.Second).UnixMilli()}))
	wantKind(t, "a link that has ended", second(f.SignInByLink(ctx, "late")), roster.NotFound)
}

// TestResetOfWhoBelongsElsewhere: the holder of a reset link can sign in with it, so an administrator makes one only for people who
// belong nowhere else, or where the administrator is one as well; and the strictest role decides how long the password must be.
func TestResetOfWhoBelongsElsewhere(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	far := f.found("hanare")
	bind := func(acc roster.AccountID, role roster.Role, sites ...roster.SiteID) roster.Member {
		m := roster.Member{ID: roster.MemberID(newID()), Account: acc, Name: "兼務", Role: role, Sites: sites, Active: true}
		must(t, second(f.db.Write(ctx, roster.Act{Org: far.ID, Kind: "member.saved"}, func(w store.Writer) (err error) {
			m, err = w.SaveMember(ctx, m)
			w.Record(roster.Saved(roster.EventMemberSaved, string(m.ID), "", nil, m))
			return err
		})))
		return m
	}
	staff := f.join("both", roster.RoleStaff, f.taro.ID)
	bind(staff.Account, roster.RoleManager)
	_, err := f.StartReset(ctx, f.admin, staff.Member)
	wantKey(t, "of who manages another organisation", err, "error.reset_elsewhere")
	bind(f.admin.Account, roster.RoleAdmin)
	token, err := f.StartReset(ctx, f.admin, staff.Member)
	must(t, err)
	short := "とうふとわかめの12"
	wantKey(t, "a manager's password elsewhere", second(f.Join(ctx, token, Joining{Password: short, Again: short})), "error.password_short")
	must(t, second(f.Join(ctx, token, Joining{Password: goodPassword, Again: goodPassword})))
}
