package storetest

import (
	"context"
	"strings"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

func accounts(t *testing.T, s store.Store) {
	t.Run("account", func(t *testing.T) { accountLife(t, s) })
	t.Run("memberships", func(t *testing.T) { memberships(t, s) })
	t.Run("sign-ins", func(t *testing.T) { signIns(t, s) })
	t.Run("links", func(t *testing.T) { links(t, s) })
	t.Run("account by a link", func(t *testing.T) { accountByLink(t, s) })
	t.Run("failures", func(t *testing.T) { failures(t, s) })
}

func newAccount(name string) store.Account {
	return store.Account{ID: roster.AccountID(newID()), Name: name, Email: name + "@example.jp", Display: "表示 名", Password: "hash", CreatedMs: 17}
}

func accountLife(t *testing.T, s store.Store) {
	ctx := t.Context()
	a, err := Singly(s).SaveAccount(ctx, newAccount("Hanako.S"))
	must(t, err)
	got, err := s.Account(ctx, a.ID)
	must(t, err)
	same(t, "account", got, a)
	for _, login := range []string{"Hanako.S", "hanako.s", " ＨＡＮＡＫＯ．Ｓ ", "hanako.s@EXAMPLE.jp"} {
		if got, err := s.AccountNamed(ctx, login); err != nil || got.ID != a.ID {
			t.Errorf("login %q: %q, %v", login, got.ID, err)
		}
	}
	for _, login := range []string{"", "hanako", "example.jp", "%"} {
		_, err := s.AccountNamed(ctx, login)
		wantKind(t, "login "+login, err, roster.NotFound)
	}
	_, err = s.Account(ctx, "nobody")
	wantKind(t, "an unknown account", err, roster.NotFound)
	b := newAccount("taro")
	b.Email = ""
	b, err = Singly(s).SaveAccount(ctx, b)
	must(t, err)
	c := newAccount("jiro")
	c.Email = ""
	c, err = Singly(s).SaveAccount(ctx, c)
	must(t, err) // two accounts without an address are not in each other's way
	for field, change := range map[string]func(*store.Account){
		"name":  func(x *store.Account) { x.Name = "HANAKO.ｓ" },
		"email": func(x *store.Account) { x.Email = "Hanako.S@example.JP" },
	} {
		x := b
		change(&x)
		wantTaken(t, s, field, x)
		x = newAccount("goro")
		change(&x)
		wantTaken(t, s, field, x)
	}
	x := newAccount("saburo")
	x.Name = a.Email // a user name that is somebody's address would catch their sign-ins
	x.Email = ""
	wantTaken(t, s, "name", x)
	x = newAccount("shiro")
	x.ID = b.ID
	_, err = Singly(s).SaveAccount(ctx, x)
	wantKind(t, "the id of another account", err, roster.Taken)
	changed := a
	changed.Name, changed.Email, changed.Display, changed.Password, changed.Language, changed.Theme, changed.Disabled = "new", "n@example.jp", "別名", "", "en", "dark", true
	changed, err = Singly(s).SaveAccount(ctx, changed)
	must(t, err)
	back, err := Singly(s).SaveAccount(ctx, a)
	wantKind(t, "changing an old version", err, roster.Stale)
	same(t, "value given back with Stale", back, a)
	got, err = s.Account(ctx, a.ID)
	must(t, err)
	same(t, "account after a change", got, changed)
}

func wantTaken(t *testing.T, s store.Store, field string, a store.Account) {
	t.Helper()
	_, err := Singly(s).SaveAccount(t.Context(), a)
	wantKind(t, "taken "+field, err, roster.Taken)
	if e, ok := err.(*roster.Error); ok && e.Field != field {
		t.Errorf("taken %s: the refusal points at %q", field, e.Field)
	}
}

func memberships(t *testing.T, s store.Store) {
	ctx := t.Context()
	acc, err := Singly(s).SaveAccount(ctx, newAccount("both-"+newID()[24:]))
	must(t, err)
	one, two := newWorld(t, s), newWorld(t, s)
	join := func(w *world, staff roster.StaffID) (m roster.Member, err error) {
		_, err = w.try(func(ctx context.Context, x store.Writer) (err error) {
			m, err = x.SaveMember(ctx, roster.Member{
				ID: roster.MemberID(newID()), Account: acc.ID, Name: "兼務 者", Role: roster.RoleStaff, Staff: staff, Active: true,
			})
			return err
		})
		return m, err
	}
	first, err := join(one, one.staff.ID)
	must(t, err)
	_, err = join(one, "")
	wantKind(t, "a second membership of one account", err, roster.Taken)
	second, err := join(two, "")
	must(t, err)
	list, err := s.Memberships(ctx, acc.ID)
	must(t, err)
	if len(list) != 2 {
		t.Fatalf("%d memberships, want 2", len(list))
	}
	if list[0].Org.ID > list[1].Org.ID {
		t.Error("memberships of organisations of one name are not in the order of ids")
	}
	for _, m := range list {
		want, class := first, roster.ClassRegular
		if m.Org.ID == two.org.ID {
			want, class = second, roster.Class("")
		}
		same(t, "member", m.Member, want)
		if m.Class != class {
			t.Errorf("class %q, want %q", m.Class, class)
		}
	}
	first.Active = false
	one.write(func(ctx context.Context, x store.Writer) error { _, err := x.SaveMember(ctx, first); return err })
	list, err = s.Memberships(ctx, acc.ID)
	must(t, err)
	if len(list) != 1 || list[0].Org.ID != two.org.ID {
		t.Errorf("an inactive membership is listed: %v", list)
	}
	list, err = s.Memberships(ctx, "")
	must(t, err)
	if len(list) != 0 {
		t.Errorf("nobody belongs to %v", list)
	}
}

func signIns(t *testing.T, s store.Store) {
	ctx := t.Context()
	acc := roster.AccountID(newID())
	make1 := func(mark string, seen, ends int64) store.SignIn {
		return store.SignIn{
			Hash: strings.Repeat(mark, 64), Account: acc, Values: `{"a":1}`, CreatedMs: 1, SeenMs: seen, EndsMs: ends, Address: "192.0.2.1", Agent: "試験",
		}
	}
	a, b, c := make1("a", 10, 100), make1("b", 30, 200), make1("c", 20, 300)
	for _, x := range []store.SignIn{a, b, c} {
		must(t, Singly(s).SaveSignIn(ctx, x))
	}
	got, err := s.SignInBy(ctx, a.Hash)
	must(t, err)
	same(t, "sign-in", got, a)
	a.Values, a.SeenMs, a.EndsMs = `{}`, 40, 150
	must(t, Singly(s).SaveSignIn(ctx, a))
	got, err = s.SignInBy(ctx, a.Hash)
	must(t, err)
	same(t, "sign-in after a change", got, a)
	hashes := func() (list []string) {
		all, err := s.SignInsOf(ctx, acc)
		must(t, err)
		for _, x := range all {
			list = append(list, x.Hash[:1])
		}
		return list
	}
	same(t, "sign-ins of an account, newest first", hashes(), []string{"a", "b", "c"})
	must(t, s.PruneSignIns(ctx, 201))
	same(t, "after pruning", hashes(), []string{"c"})
	must(t, Singly(s).SaveSignIn(ctx, a))
	must(t, Singly(s).SaveSignIn(ctx, b))
	must(t, Singly(s).EndSignIns(ctx, acc, b.Hash))
	same(t, "all but one ended", hashes(), []string{"b"})
	must(t, Singly(s).EndSignIn(ctx, b.Hash))
	must(t, Singly(s).EndSignIn(ctx, b.Hash))
	_, err = s.SignInBy(ctx, b.Hash)
	wantKind(t, "a sign-in that ended", err, roster.NotFound)
}

func links(t *testing.T, s store.Store) {
	ctx := t.Context()
	org, member := roster.OrgID(newID()), roster.MemberID(newID())
	l := store.Link{Hash: strings.Repeat("1", 64), Kind: store.LinkInvite, Org: org, Member: member, Account: roster.AccountID(newID()), EndsMs: 100}
	must(t, Singly(s).AddLink(ctx, l))
	got, err := s.LinkBy(ctx, l.Hash)
	must(t, err)
	same(t, "link", got, l)
	use := func(hash string, now int64) bool {
		ok, err := Singly(s).UseLink(ctx, hash, now)
		must(t, err)
		return ok
	}
	if use(l.Hash, 100) || use(l.Hash, 101) {
		t.Error("a link is good after its end")
	}
	if !use(l.Hash, 99) {
		t.Error("a good link cannot be used")
	}
	if use(l.Hash, 99) || use(strings.Repeat("9", 64), 1) {
		t.Error("a used or unknown link can be used")
	}
	if got, err := s.LinkBy(ctx, l.Hash); err != nil || got.UsedMs != 99 {
		t.Errorf("used link: %+v, %v", got, err)
	}
	other := l
	other.Hash, other.Kind, other.Member = strings.Repeat("2", 64), store.LinkSignIn, roster.MemberID(newID())
	must(t, Singly(s).AddLink(ctx, other))
	must(t, Singly(s).DropMemberLinks(ctx, roster.OrgID(newID()), member))
	_, err = s.LinkBy(ctx, l.Hash)
	must(t, err)
	must(t, Singly(s).DropMemberLinks(ctx, org, member))
	_, err = s.LinkBy(ctx, l.Hash)
	wantKind(t, "a dropped link", err, roster.NotFound)
	_, err = s.LinkBy(ctx, other.Hash)
	must(t, err)
	must(t, s.DropLinks(ctx, store.LinkInvite))
	_, err = s.LinkBy(ctx, other.Hash)
	must(t, err)
	must(t, s.DropLinks(ctx, store.LinkSignIn))
	_, err = s.LinkBy(ctx, other.Hash)
	wantKind(t, "a link of a dropped kind", err, roster.NotFound)
}

// accountByLink: link, account and the rest of the act come together or not at all.
func accountByLink(t *testing.T, s store.Store) {
	ctx := t.Context()
	w := newWorld(t, s)
	unused := func(mark string) string {
		hash := strings.Repeat(mark, 64)
		must(t, Singly(s).AddLink(ctx, store.Link{Hash: hash, Kind: store.LinkInvite, Org: w.org.ID, EndsMs: 1 << 60}))
		return hash
	}
	add := func(a store.Account, link string, after error) error {
		_, err := w.try(func(ctx context.Context, x store.Writer) error {
			if _, err := x.AddAccount(ctx, a, link); err != nil {
				return err
			}
			return after
		})
		return err
	}
	good, a := unused("7"), newAccount("linked-"+newID()[24:])
	fails := roster.Refuse(roster.RuleBroken, "error.test")
	wantKind(t, "an act that fails later", add(a, good, fails), roster.RuleBroken)
	must(t, add(a, good, nil))
	if got, err := s.Account(ctx, a.ID); err != nil || got.Version != 1 || got.Name != a.Name {
		t.Errorf("account %+v, %v", got, err)
	}
	b := newAccount("late-" + newID()[24:])
	wantKind(t, "the used link", add(b, good, nil), roster.NotFound)
	other := unused("8")
	taken := b
	taken.Name = a.Name
	wantKind(t, "a user name in use", add(taken, other, nil), roster.Taken)
	must(t, add(b, other, nil)) // the refusal used nothing up
}

func failures(t *testing.T, s store.Store) {
	ctx := t.Context()
	try := func(account, address string, now int64) bool {
		t.Helper()
		_, ok, err := s.TrySignIn(ctx, store.Attempt{
			Account: strings.Repeat(account, 64), Address: address, NowMs: now, SinceMs: now - 100, PairMax: 3, AddressMax: 5,
		})
		must(t, err)
		return ok
	}
	for i := range 3 {
		if !try("a", "A", int64(1000+i)) {
			t.Fatalf("attempt %d refused", i+1)
		}
	}
	if try("a", "A", 1003) {
		t.Error("a fourth attempt within the window")
	}
	if !try("a", "B", 1003) {
		t.Error("failures at one address lock the account out everywhere")
	}
	if !try("b", "A", 1004) || !try("b", "A", 1005) {
		t.Error("another account at the address is refused too early")
	}
	if try("c", "A", 1006) {
		t.Error("a sixth failure at one address")
	}
	must(t, Singly(s).ClearFailures(ctx, strings.Repeat("b", 64), "A"))
	if !try("c", "A", 1007) {
		t.Error("clearing one account did not free the address")
	}
	if try("a", "A", 1099) || !try("a", "A", 1101) {
		t.Error("the window does not end exactly")
	}
	must(t, s.PruneFailures(ctx, 2000))
	if !try("a", "A", 1102) {
		t.Error("pruned failures still count")
	}
}
