package storetest

import (
	"context"

	"wakakusa/roster"
	"wakakusa/store"
)

// Singly is a store that changes accounts one by one, each in a transaction of its own.
func Singly(s store.Store) singly { return singly{s} }

type singly struct{ store.Store }

func (s singly) each(ctx context.Context, fn func(store.AccountsWriter) error) error {
	_, err := s.WriteAccounts(ctx, fn)
	return err
}

func (s singly) SaveAccount(ctx context.Context, a store.Account) (store.Account, error) {
	return store.SaveAccount(ctx, s, a)
}

func (s singly) SaveSignIn(ctx context.Context, x store.SignIn) error {
	return s.each(ctx, func(w store.AccountsWriter) error { return w.SaveSignIn(ctx, x) })
}

func (s singly) EndSignIn(ctx context.Context, hash string) error {
	return s.each(ctx, func(w store.AccountsWriter) error { _, err := w.EndSignIn(ctx, hash); return err })
}

func (s singly) EndSignIns(ctx context.Context, id roster.AccountID, except string) error {
	return s.each(ctx, func(w store.AccountsWriter) error { return w.EndSignIns(ctx, id, except) })
}

func (s singly) AddLink(ctx context.Context, l store.Link) error {
	return s.each(ctx, func(w store.AccountsWriter) error { return w.AddLink(ctx, l) })
}

func (s singly) UseLink(ctx context.Context, hash string, nowMs int64) (ok bool, err error) {
	err = s.each(ctx, func(w store.AccountsWriter) (err error) { ok, err = w.UseLink(ctx, hash, nowMs); return err })
	return ok, err
}

func (s singly) DropMemberLinks(ctx context.Context, org roster.OrgID, member roster.MemberID) error {
	return s.each(ctx, func(w store.AccountsWriter) error { return w.DropMemberLinks(ctx, org, member) })
}

func (s singly) ClearFailures(ctx context.Context, account, address string) error {
	return s.each(ctx, func(w store.AccountsWriter) error { return w.ClearFailures(ctx, account, address) })
}
