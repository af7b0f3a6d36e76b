package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wakakusa/store/storetest"

	"wakakusa/roster"
	"wakakusa/store"
)

const office = "192.0.2.10"

func (f *facility) signIn(login, password, address string) error {
	f.t.Helper()
	return second(f.SignIn(f.t.Context(), login, password, address))
}

func TestSignIn(t *testing.T) {
	f := newFacility(t)
	for _, login := range []string{"shunin", " SHUNIN ", "ｓｈｕｎｉｎ"} {
		must(t, f.signIn(login, goodPassword, office))
	}
	ctx := t.Context()
	disabled, err := storetest.Singly(f.db).SaveAccount(ctx, store.Account{ID: roster.AccountID(newID()), Name: "disabled", Password: goodHash(), Disabled: true})
	must(t, err)
	nowhere, err := storetest.Singly(f.db).SaveAccount(ctx, store.Account{ID: roster.AccountID(newID()), Name: "nowhere", Password: goodHash()})
	must(t, err)
	must(t, second(storetest.Singly(f.db).SaveAccount(ctx, store.Account{ID: roster.AccountID(newID()), Name: "demo"})))
	want := f.signIn("nobody", goodPassword, office)
	for login, password := range map[string]string{"shunin": "wrong", disabled.Name: goodPassword, nowhere.Name: goodPassword, "demo": "", "": ""} {
		err := f.signIn(login, password, office)
		if err == nil || err.Error() != want.Error() || roster.KindOf(err) != roster.Invalid {
			t.Errorf("%q: %v, want the same refusal as for a name nobody has: %v", login, err, want)
		}
	}
}

// TestFaultB5: thirty wrong passwords are not thirty tries, and a restart does not give new ones.
func TestFaultB5(t *testing.T) {
	f := newFacility(t)
	for i := range 5 {
		wantKind(t, fmt.Sprint("wrong password ", i+1), f.signIn("shunin", "wrong", office), roster.Invalid)
	}
	wantKind(t, "the sixth, although right", f.signIn("shunin", goodPassword, office), roster.TooMany)
	f.open()
	wantKind(t, "after a restart", f.signIn("SHUNIN", goodPassword, office), roster.TooMany)
	f.advance(failureWindow - time.Second)
	wantKind(t, "just before the window ends", f.signIn("shunin", goodPassword, office), roster.TooMany)
	f.advance(2 * time.Second)
	must(t, f.signIn("shunin", goodPassword, office))
}

// TestFaultB9: typos of one person lock neither colleagues at the same address nor the person at another one.
func TestFaultB9(t *testing.T) {
	f := newFacility(t)
	for range 6 {
		f.signIn("shunin", "wrong", office) //nolint:errcheck // the refusals are the point
	}
	for _, login := range []string{"kanri", "fuku", "works", "kansa", "kanri", "fuku", "works"} {
		must(t, f.signIn(login, goodPassword, office))
	}
	must(t, f.signIn("shunin", goodPassword, "198.51.100.1"))
	for range 4 {
		wantKind(t, "four typos", f.signIn("kanri", "typo", office), roster.Invalid)
	}
	must(t, f.signIn("kanri", goodPassword, office))
	wantKind(t, "success forgets them", f.signIn("kanri", "typo", office), roster.Invalid)
}

// A house has a whole /64 of IPv6 addresses; taking another one of them gives no new tries.
func TestSignInLimitOfANetwork(t *testing.T) {
	f := newFacility(t)
	for i := range 5 {
		wantKind(t, "wrong password", f.signIn("shunin", "wrong", fmt.Sprintf("2001:db8:0:1::%x", i+1)), roster.Invalid)
	}
	wantKind(t, "from one more address of the house", f.signIn("shunin", goodPassword, "2001:db8:0:1:ffff::1"), roster.TooMany)
	must(t, f.signIn("shunin", goodPassword, "2001:db8:0:2::1"))
	for address, want := range map[string]string{"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "::ffff:192.0.2.1", "fe80::1%eth0": "fe80::/64", "": "", "x": "x"} {
		if got := Source(address); got != want {
			t.Errorf("%q is counted as %q, want %q", address, got, want)
		}
	}
}

func TestSignInLimitOfAnAddress(t *testing.T) {
	f := newFacility(t)
	for i := range failuresSource {
		_, ok, err := f.db.TrySignIn(t.Context(), store.Attempt{
			Account: HashSecret(fmt.Sprint(i)), Address: office, NowMs: noon.UnixMilli(), SinceMs: noon.Add(-failureWindow).UnixMilli(), PairMax: 5, AddressMax: failuresSource,
		})
		if err != nil || !ok {
			t.Fatal(i, ok, err)
		}
	}
	wantKind(t, "one address tries many names", f.signIn("kanri", goodPassword, office), roster.TooMany)
	must(t, f.signIn("kanri", goodPassword, "198.51.100.1"))
	f.advance(25 * time.Hour)
	must(t, f.Prune(t.Context()))
	must(t, f.signIn("kanri", goodPassword, office))
}

// TestFormerPasswordsAreRenewed: the former system's hash opens the door once and is then replaced by ours.
func TestFormerPasswordsAreRenewed(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	acc, err := f.db.Account(ctx, f.manager.Account)
	must(t, err)
	acc.Password = djangoSeasalt
	must(t, second(storetest.Singly(f.db).SaveAccount(ctx, acc)))
	wantKind(t, "a wrong password", f.signIn("shunin", "letmein", office), roster.Invalid)
	must(t, f.signIn("shunin", "lètmein", office))
	acc, err = f.db.Account(ctx, f.manager.Account)
	must(t, err)
	if !strings.HasPrefix(acc.Password, "$argon2id$") {
		t.Errorf("kept as %q", acc.Password)
	}
	must(t, f.signIn("shunin", "lètmein", office))
	acc.Password = "pbkdf2_sha256$1000000000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A="
	must(t, second(storetest.Singly(f.db).SaveAccount(ctx, acc)))
	start := time.Now()
	wantKind(t, "a hash of a billion rounds", f.signIn("shunin", "lètmein", "198.51.100.9"), roster.Invalid)
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("it took %s", d)
	}
}

// TestFaultB14: passwords that everybody tries first are refused, and long ones are asked of those who manage.
func TestFaultB14(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	staff := f.join("staff", roster.RoleStaff, f.taro.ID)
	change := func(by roster.Actor, fresh, again string) error {
		return f.ChangePassword(ctx, by.Account, goodPassword, fresh, again, "", "192.0.2.1")
	}
	for _, bad := range []string{"12345678", "password", "short", "aoba会", "aaaaaaaaaaaaaaaa"} {
		wantKind(t, bad, change(staff, bad, bad), roster.Invalid)
	}
	wantKey(t, "twelve characters for a manager", change(f.manager, "とうふとわかめの12", "とうふとわかめの12"), "error.password_short")
	wantKey(t, "typed differently", change(staff, "とうふとわかめの12", "とうふとわかめの13"), "error.password_again")
	wantKey(t, "wrong old password", f.ChangePassword(ctx, staff.Account, "x", "とうふとわかめの12", "とうふとわかめの12", "", "192.0.2.1"), "error.password_old")
	here, there := f.session(staff.Account, "1"), f.session(staff.Account, "2")
	must(t, f.ChangePassword(ctx, staff.Account, goodPassword, "とうふとわかめの12", "とうふとわかめの12", here, "192.0.2.1"))
	must(t, f.signIn("staff", "とうふとわかめの12", office))
	wantKind(t, "the old password", f.signIn("staff", goodPassword, office), roster.Invalid)
	must(t, second(f.Session(ctx, here)))
	wantKind(t, "sign-ins elsewhere", second(f.Session(ctx, there)), roster.NotFound)
}

// session keeps a session of an account and returns its hash.
func (f *facility) session(id roster.AccountID, mark string) string {
	f.t.Helper()
	hash := HashSecret(mark + string(id))
	must(f.t, f.BeginSession(f.t.Context(), Session{Hash: hash, Account: id, Values: "{}", SeenMs: noon.UnixMilli(), EndsMs: noon.Add(time.Hour).UnixMilli()}, ""))
	return hash
}

func TestPruneEndsOldSessions(t *testing.T) {
	f := newFacility(t)
	hash := f.session(f.admin.Account, "1")
	must(t, f.Prune(t.Context()))
	must(t, second(f.Session(t.Context(), hash)))
	f.advance(2 * time.Hour)
	must(t, f.Prune(t.Context()))
	wantKind(t, "an old session", second(f.Session(t.Context(), hash)), roster.NotFound)
}

func TestSavePreferences(t *testing.T) {
	f := newFacility(t)
	ctx := t.Context()
	must(t, f.SavePreferences(ctx, f.admin.Account, "en", "dark"))
	acc, err := f.Account(ctx, f.admin.Account)
	must(t, err)
	if acc.Language != "en" || acc.Theme != "dark" || acc.Password != goodHash() {
		t.Errorf("kept %+v", acc)
	}
	must(t, f.SavePreferences(ctx, f.admin.Account, "", ""))
	wantKey(t, "a language we do not speak", f.SavePreferences(ctx, f.admin.Account, "tlh", ""), "error.choice")
	wantKey(t, "a theme we do not have", f.SavePreferences(ctx, f.admin.Account, "", "</style>"), "error.choice")
}
