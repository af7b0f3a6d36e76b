package storetest

import (
	"context"
	"strings"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

// identities: one belongs to one account, told by issuer and subject byte by byte; of rivals one gets it; within an act it is there with it or not.
func identities(t *testing.T, s store.Store) {
	ctx := t.Context()
	acc, err := store.SaveAccount(ctx, s, newAccount("identities-"+newID()[24:]))
	must(t, err)
	other, err := store.SaveAccount(ctx, s, newAccount("another-"+newID()[24:]))
	must(t, err)
	change := func(fn func(store.AccountsWriter) error) error {
		_, err := s.WriteAccounts(ctx, fn)
		return err
	}
	add := func(x store.Identity) error {
		return change(func(w store.AccountsWriter) error { return w.AddIdentity(ctx, x) })
	}
	first := store.Identity{Issuer: "https://id.example.jp/realms/a", Subject: "abc-" + strings.Repeat("x", 251), Account: acc.ID, CreatedMs: 1}
	must(t, add(first))
	for i, of := range []store.Identity{
		{Issuer: first.Issuer, Subject: strings.ToUpper(first.Subject)},
		{Issuer: first.Issuer, Subject: first.Subject[:254] + "ｘ"},
		{Issuer: first.Issuer + "/", Subject: first.Subject},
		{Issuer: strings.ToUpper(first.Issuer), Subject: first.Subject},
		{Issuer: first.Issuer, Subject: first.Subject[:254] + " "},
	} {
		of.Account, of.CreatedMs = other.ID, int64(2+i)
		must(t, add(of))
	}
	got, err := s.IdentityBy(ctx, first.Issuer, first.Subject)
	must(t, err)
	same(t, "an identity", got, first)
	for _, x := range [][2]string{{first.Issuer, first.Subject[:254]}, {"", first.Subject}, {first.Issuer, ""}, {"", ""}} {
		_, err = s.IdentityBy(ctx, x[0], x[1])
		wantKind(t, "none", err, roster.NotFound)
	}
	taken := first
	taken.Account = other.ID
	wantKind(t, "one of somebody else", add(taken), roster.Taken)
	wantKind(t, "one's own again", add(first), roster.Taken)
	list, err := s.Identities(ctx, other.ID)
	must(t, err)
	if len(list) != 5 || list[0].CreatedMs != 2 || list[4].CreatedMs != 6 {
		t.Errorf("listed %+v", list)
	}
	must(t, change(func(w store.AccountsWriter) error { return w.RemoveIdentity(ctx, taken) })) // is not theirs
	_, err = s.IdentityBy(ctx, first.Issuer, first.Subject)
	must(t, err)
	must(t, change(func(w store.AccountsWriter) error { return w.RemoveIdentity(ctx, first) }))
	_, err = s.IdentityBy(ctx, first.Issuer, first.Subject)
	wantKind(t, "after it was removed", err, roster.NotFound)
	t.Run("rivals", func(t *testing.T) { rivalIdentities(t, s, first) })
	t.Run("within an act", func(t *testing.T) { identityWithinAct(t, s) })
}

func rivalIdentities(t *testing.T, s store.Store, x store.Identity) {
	ctx := t.Context()
	if won := race(func(int) bool {
		_, err := s.WriteAccounts(ctx, func(w store.AccountsWriter) error { return w.AddIdentity(ctx, x) })
		if err != nil && roster.KindOf(err) != roster.Taken {
			t.Errorf("rival: %v", err)
		}
		return err == nil
	}); won != 1 {
		t.Errorf("%d of %d rivals got one identity", won, rivals)
	}
}

func identityWithinAct(t *testing.T, s store.Store) {
	w := newWorld(t, s)
	ctx := t.Context()
	join := func(x store.Identity) error {
		link := store.Link{Hash: strings.Repeat("0", 28) + newID(), Kind: store.LinkInvite, Org: w.org.ID, EndsMs: 1 << 50}
		must(t, Singly(s).AddLink(ctx, link))
		a := newAccount("act-" + newID()[24:])
		a.ID, x.Account = roster.AccountID(newID()), ""
		_, err := s.Write(ctx, roster.Act{Org: w.org.ID, Kind: "member.joined"}, func(to store.Writer) error { return joinWith(ctx, to, a, link.Hash, x) })
		_, absent := s.Account(ctx, a.ID)
		if (err == nil) != (absent == nil) {
			t.Errorf("the act: %v; the account: %v", err, absent)
		}
		return err
	}
	x := store.Identity{Issuer: "https://id.example.jp", Subject: "s-" + newID(), CreatedMs: 1}
	must(t, join(x))
	wantKind(t, "an identity that is linked", join(x), roster.Taken)
}

func joinWith(ctx context.Context, w store.Writer, a store.Account, link string, x store.Identity) error {
	a, err := w.AddAccount(ctx, a, link)
	if err != nil {
		return err
	}
	x.Account = a.ID
	if err := w.AddIdentity(ctx, x); err != nil {
		return err
	}
	m, err := w.SaveMember(ctx, roster.Member{ID: roster.MemberID(newID()), Account: a.ID, Name: "参加", Role: roster.RoleViewer, Active: true})
	w.Record(roster.Saved(roster.EventMemberSaved, string(m.ID), "", nil, m))
	return err
}
