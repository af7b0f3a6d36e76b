package storetest

import (
	"errors"
	"strings"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

// accesses: what is recorded stands in the log of its organisation, in order, with where it came from, and only if the change does.
func accesses(t *testing.T, s store.Store) {
	one, two := newWorld(t, s), newWorld(t, s)
	from := roster.Origin{Request: newID(), Address: "2001:db8::7", SignIn: "0123456789ab"}
	ctx := store.WithOrigin(t.Context(), from)
	tell := func(of roster.OrgID, who roster.AccountID, action string) roster.Access {
		e := roster.Accessed(action, "対象", map[string]int{"x": 1}, "𠮷")
		e.Org, e.Account, e.Name = of, who, "佐藤 花子"
		return e
	}
	record := func(entries ...roster.Access) []roster.Access {
		t.Helper()
		kept, err := s.WriteAccounts(ctx, func(w store.AccountsWriter) error { w.Record(entries...); return nil })
		must(t, err)
		return kept
	}
	kept := record(tell(two.org.ID, "a", roster.ActionSignedIn), tell("", "", roster.ActionSignInLimited), tell(one.org.ID, "a", roster.ActionSignedIn))
	if len(kept) != 3 || kept[0].Org != "" || kept[0].N != 1 || kept[0].Chain == "" || kept[1].Chain == kept[2].Chain {
		t.Errorf("kept %+v", kept)
	}
	record(tell(one.org.ID, "b", roster.ActionPasswordChanged), tell(one.org.ID, "a", roster.ActionSignedOut))
	read := func(q store.AccessQuery) (numbers []int64) {
		t.Helper()
		list, err := s.Accesses(ctx, one.org.ID, q)
		must(t, err)
		for _, e := range list {
			numbers = append(numbers, e.N)
			if e.Org != one.org.ID || e.Origin != from || string(e.Before) != `{"x":1}` || string(e.After) != `"𠮷"` || e.Name != "佐藤 花子" || e.Subject != "対象" || len(e.Chain) != 64 {
				t.Errorf("entry %+v", e)
			}
		}
		return numbers
	}
	list, err := s.Accesses(ctx, one.org.ID, store.AccessQuery{Limit: 1})
	must(t, err)
	at := list[0].AtMs
	for name, x := range map[string]struct {
		q    store.AccessQuery
		want []int64
	}{
		"everything":     {store.AccessQuery{Limit: 9}, []int64{3, 2, 1}},
		"two of them":    {store.AccessQuery{Limit: 2}, []int64{3, 2}},
		"before one":     {store.AccessQuery{Before: 3, Limit: 1}, []int64{2}},
		"of a person":    {store.AccessQuery{Account: "a", Limit: 9}, []int64{3, 1}},
		"of a noun":      {store.AccessQuery{Noun: "sign_in", Limit: 9}, []int64{3, 1}},
		"since":          {store.AccessQuery{FromMs: at + 1, Limit: 9}, nil},
		"until":          {store.AccessQuery{ToMs: at + 1, Limit: 9}, []int64{3, 2, 1}},
		"all conditions": {store.AccessQuery{Before: 3, Account: "a", Noun: "sign_in", FromMs: 1, ToMs: at + 1, Limit: 9}, []int64{1}},
	} {
		same(t, name, read(x.q), x.want)
	}
	t.Run("all or nothing", func(t *testing.T) { allOrNothing(t, s, one.org.ID) })
}

func allOrNothing(t *testing.T, s store.Store, org roster.OrgID) {
	ctx := t.Context()
	a := newAccount("nothing-" + newID()[24:])
	no := errors.New("no")
	_, err := s.WriteAccounts(ctx, func(w store.AccountsWriter) error {
		_, err := w.SaveAccount(ctx, a)
		must(t, err)
		must(t, w.SaveSignIn(ctx, store.SignIn{Hash: strings.Repeat("e", 64), Account: a.ID, Values: "{}", EndsMs: 9}))
		must(t, w.AddLink(ctx, store.Link{Hash: strings.Repeat("d", 64), Kind: store.LinkReset, EndsMs: 9}))
		w.Record(roster.Access{Org: org, Action: roster.ActionAccountSaved})
		return no
	})
	if !errors.Is(err, no) {
		t.Errorf("the error of the function became %v", err)
	}
	_, err = s.Account(ctx, a.ID)
	wantKind(t, "the account", err, roster.NotFound)
	_, err = s.SignInBy(ctx, strings.Repeat("e", 64))
	wantKind(t, "the sign-in", err, roster.NotFound)
	_, err = s.LinkBy(ctx, strings.Repeat("d", 64))
	wantKind(t, "the link", err, roster.NotFound)
	list, err := s.Accesses(ctx, org, store.AccessQuery{Noun: "account", Limit: 9})
	must(t, err)
	if len(list) > 0 {
		t.Errorf("recorded %+v", list)
	}
}
