package app

import (
	"slices"
	"sync"
	"testing"

	"wakakusa/roster"
)

// TestFaultA9: who is deactivated is out at once and does not come back in.
func TestFaultA9(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	hash := f.session(f.manager.Account, "1")
	m, err := f.Member(ctx, f.admin, f.manager.Member)
	must(t, err)
	m.Active = false
	before := f.revision()
	m, err = f.SaveMember(ctx, f.admin, m, "")
	must(t, err)
	if !slices.Equal(f.events(before), []string{roster.EventMemberSaved}) {
		t.Errorf("events %v", f.events(before))
	}
	wantKind(t, "the session from before", second(f.Session(ctx, hash)), roster.NotFound)
	wantKind(t, "signing in", f.signIn("shunin", goodPassword, office), roster.Invalid)
	_, err = f.StartReset(ctx, f.admin, m.ID)
	wantKind(t, "a new password", err, roster.RuleBroken)
	m.Active = true
	must(t, second(f.SaveMember(ctx, f.admin, m, "")))
	must(t, f.signIn("shunin", goodPassword, office))
}

func TestSaveMember(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	m, err := f.Member(ctx, f.admin, f.manager.Member)
	must(t, err)
	t.Run("refuses who may not", func(t *testing.T) {
		for name, by := range map[string]roster.Actor{"manager": f.manager, "viewer": f.viewer} {
			wantKind(t, name, second(f.SaveMember(ctx, by, m, "")), roster.Forbidden)
			wantKind(t, name+" lists", second(f.Members(ctx, by)), roster.Forbidden)
		}
		wantKind(t, "another organisation", second(f.SaveMember(ctx, f.stranger, m, "")), roster.NotFound)
	})
	t.Run("keeps the account whatever a form says", func(t *testing.T) {
		stolen := roster.Member{Name: "偽", Role: roster.RoleAdmin, Account: f.manager.Account, Active: true}
		saved, err := f.SaveMember(ctx, f.admin, stolen, "")
		must(t, err)
		if saved.Account != "" {
			t.Errorf("a new membership took account %q", saved.Account)
		}
		change := m
		change.Account = f.admin.Account
		if m, err = f.SaveMember(ctx, f.admin, change, ""); err != nil || m.Account != f.manager.Account {
			t.Errorf("a change moved the account: %+v, %v", m, err)
		}
	})
	t.Run("stale", func(t *testing.T) {
		old := m
		old.Version--
		back, err := f.SaveMember(ctx, f.admin, old, "")
		wantKind(t, "an old version", err, roster.Stale)
		if back.Version != old.Version {
			t.Errorf("the refused form comes back with version %d, want %d", back.Version, old.Version)
		}
	})
	t.Run("a new role ends sign-ins", func(t *testing.T) {
		hash := f.session(f.manager.Account, "2")
		m.Role = roster.RoleViewer
		m, err = f.SaveMember(ctx, f.admin, m, "")
		must(t, err)
		wantKind(t, "the session from before", second(f.Session(ctx, hash)), roster.NotFound)
	})
	t.Run("the same request answers the same", func(t *testing.T) {
		fresh := roster.Member{Name: "二度押し", Role: roster.RoleAdmin, Active: true}
		first, err := f.SaveMember(ctx, f.admin, fresh, "twice")
		must(t, err)
		again, err := f.SaveMember(ctx, f.admin, fresh, "twice")
		if err != nil || again.ID != first.ID || again.Version != 1 {
			t.Errorf("%+v, then %+v, %v", first, again, err)
		}
	})
	t.Run("a person of another organisation", func(t *testing.T) {
		site, err := f.SaveSite(ctx, f.stranger, roster.Site{Name: "隣", StartDay: 1}, "")
		must(t, err)
		theirs, err := f.SaveStaff(ctx, f.stranger, roster.Staff{Name: "隣人", Class: roster.ClassRegular, HomeSite: site.ID, Approval: roster.Approved}, "")
		must(t, err)
		_, err = f.SaveMember(ctx, f.admin, roster.Member{Name: "迷子", Role: roster.RoleStaff, Staff: theirs.ID, Active: true}, "")
		wantKey(t, "membership", err, "staff")
		_, err = f.Person(ctx, f.admin, theirs.ID)
		wantKind(t, "reading", err, roster.NotFound)
	})
}

func TestAnOrganisationKeepsAnAdministrator(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	me, err := f.Member(ctx, f.admin, f.admin.Member)
	must(t, err)
	me.Role, me.Sites = roster.RoleManager, []roster.SiteID{f.home.ID}
	wantKey(t, "from oneself", second(f.SaveMember(ctx, f.admin, me, "")), "error.own_role")
	other := f.join("kanri2", roster.RoleAdmin, "")
	var all sync.WaitGroup
	for by, whom := range map[*roster.Actor]roster.Actor{&f.admin: other, &other: f.admin} {
		all.Go(func() {
			m, err := f.Member(ctx, *by, whom.Member)
			if err != nil {
				t.Error(err)
				return
			}
			m.Active = false
			if _, err := f.SaveMember(ctx, *by, m, ""); err != nil && roster.KindOf(err) != roster.RuleBroken {
				t.Error(err)
			}
		})
	}
	all.Wait()
	list, err := f.Members(ctx, f.admin)
	must(t, err)
	left := 0
	for _, m := range list {
		if m.Role == roster.RoleAdmin && m.Active {
			left++
		}
	}
	if left != 1 {
		t.Errorf("%d administrators are left after both took the other out, want 1", left)
	}
}
