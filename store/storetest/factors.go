package storetest

import (
	"strings"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

// factors: a code is good once, also for rivals; a recovery code too; a passkey belongs to one account.
func factors(t *testing.T, s store.Store) {
	ctx := t.Context()
	acc, err := store.SaveAccount(ctx, s, newAccount("factors-"+newID()[24:]))
	must(t, err)
	other, err := store.SaveAccount(ctx, s, newAccount("others-"+newID()[24:]))
	must(t, err)
	change := func(fn func(store.AccountsWriter) error) error {
		_, err := s.WriteAccounts(ctx, fn)
		return err
	}
	app := store.Factor{Account: acc.ID, ID: newID(), Kind: store.FactorTOTP, Name: "携帯の𠮷", Secret: "sealed", CreatedMs: 1}
	key := store.Factor{Account: acc.ID, ID: newID(), Kind: store.FactorPasskey, Name: "鍵", Secret: `{"a":1}`, Handle: strings.Repeat("h", 680), CreatedMs: 2}
	must(t, change(func(w store.AccountsWriter) (err error) {
		if app, err = w.SaveFactor(ctx, app); err == nil {
			key, err = w.SaveFactor(ctx, key)
		}
		return err
	}))
	list, err := s.Factors(ctx, acc.ID)
	must(t, err)
	same(t, "factors", list, []store.Factor{app, key})
	got, err := s.FactorBy(ctx, key.Handle)
	must(t, err)
	same(t, "a passkey", got, key)
	_, err = s.FactorBy(ctx, "")
	wantKind(t, "no handle", err, roster.NotFound)
	stolen := key
	stolen.Account, stolen.ID, stolen.Version = other.ID, newID(), 0
	wantKind(t, "a passkey of two accounts", change(func(w store.AccountsWriter) error { _, err := w.SaveFactor(ctx, stolen); return err }), roster.Taken)
	old := key
	key.Name, key.Secret, key.UsedMs = "別の名", `{"a":2}`, 9
	must(t, change(func(w store.AccountsWriter) (err error) { key, err = w.SaveFactor(ctx, key); return err }))
	wantKind(t, "an old version", change(func(w store.AccountsWriter) error { _, err := w.SaveFactor(ctx, old); return err }), roster.Stale)
	use := func(step int64) bool {
		won := race(func(int) bool {
			var ok bool
			if err := change(func(w store.AccountsWriter) (err error) {
				ok, err = w.UseStep(ctx, acc.ID, app.ID, step, 77)
				return err
			}); err != nil {
				t.Errorf("rival: %v", err)
			}
			return ok
		})
		if won > 1 {
			t.Errorf("%d of %d rivals used one code", won, rivals)
		}
		return won > 0
	}
	if !use(100) || use(100) || use(99) || !use(101) {
		t.Error("a code is good twice, or a fresh one is not")
	}
	t.Run("recovery codes", func(t *testing.T) { recoveryCodes(t, s, acc.ID, other.ID) })
	must(t, change(func(w store.AccountsWriter) error { return w.RemoveFactor(ctx, other.ID, key.ID) }))
	must(t, change(func(w store.AccountsWriter) error { return w.RemoveFactor(ctx, acc.ID, app.ID) }))
	list, err = s.Factors(ctx, acc.ID)
	must(t, err)
	same(t, "what is left", list, []store.Factor{key})
}

func recoveryCodes(t *testing.T, s store.Store, acc, other roster.AccountID) {
	ctx := t.Context()
	hash := func(c string) string { return strings.Repeat(c, 64) }
	set := func(hashes ...string) {
		_, err := s.WriteAccounts(ctx, func(w store.AccountsWriter) error { return w.SetRecoveryCodes(ctx, acc, hashes) })
		must(t, err)
	}
	use := func(who roster.AccountID, h string) int {
		return race(func(int) (ok bool) {
			_, err := s.WriteAccounts(ctx, func(w store.AccountsWriter) (err error) { ok, err = w.UseRecoveryCode(ctx, who, h, 5); return err })
			if err != nil {
				t.Errorf("rival: %v", err)
			}
			return ok
		})
	}
	left := func(want int) {
		t.Helper()
		n, err := s.RecoveryCodesLeft(ctx, acc)
		must(t, err)
		same(t, "codes left", n, want)
	}
	set(hash("a"), hash("b"))
	if use(other, hash("a")) != 0 || use(acc, hash("c")) != 0 || use(acc, hash("a")) != 1 || use(acc, hash("a")) != 0 {
		t.Error("a recovery code of somebody else, or none, is good; or one is good twice, or never")
	}
	left(1)
	set(hash("d"))
	if use(acc, hash("b")) != 0 {
		t.Error("a code of before is good")
	}
	left(1)
}
