package app

import (
	"context"

	"wakakusa/roster"
	"wakakusa/store"
)

// OperatorSignIn is a sign-in as the one who runs the server sees it.
type OperatorSignIn struct {
	SignInView
	Login string
}

// OperatorSignIns lists where somebody is signed in, or with "" everybody. NotFound for a name that nobody signs in by.
func (a *App) OperatorSignIns(ctx context.Context, login string) (list []OperatorSignIn, err error) {
	accounts, err := a.named(ctx, login)
	for _, acc := range accounts {
		views, err := a.SignIns(ctx, acc.ID, "")
		if err != nil {
			return nil, err
		}
		for _, v := range views {
			list = append(list, OperatorSignIn{v, acc.Name})
		}
	}
	return list, err
}

// OperatorEndSignIns signs somebody out everywhere, or with "" everybody, and says how many sign-ins ended. NotFound as before.
func (a *App) OperatorEndSignIns(ctx context.Context, login string) (n int, err error) {
	accounts, err := a.named(ctx, login)
	for _, acc := range accounts {
		views, err := a.SignIns(ctx, acc.ID, "")
		if err != nil {
			return n, err
		}
		places, err := a.store.Memberships(ctx, acc.ID)
		if err != nil {
			return n, err
		}
		var entries []roster.Access
		for _, p := range places {
			entries = append(entries, signed(roster.Program(p.Org.ID, "operator"), roster.Accessed(roster.ActionSignInsRevoked, string(p.Member.ID), nil, nil)))
		}
		if len(places) == 0 {
			org, err := a.onlyOrg(ctx)
			if err != nil {
				return n, err
			}
			entries = append(entries, signed(roster.Program(org, "operator"), roster.Accessed(roster.ActionSignInsRevoked, string(acc.ID), nil, nil)))
		}
		err = a.writeAccounts(ctx, func(w store.AccountsWriter) error {
			w.Record(entries...)
			return w.EndSignIns(ctx, acc.ID, "")
		})
		if err != nil {
			return n, err
		}
		n += len(views)
	}
	return n, err
}

// named are the accounts that somebody signs in by a name, or with "" all that belong somewhere.
func (a *App) named(ctx context.Context, login string) ([]Account, error) {
	if login != "" {
		acc, err := a.store.AccountNamed(ctx, login)
		if err != nil {
			return nil, err
		}
		return []Account{acc}, nil
	}
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return nil, err
	}
	var list []Account
	seen := map[roster.AccountID]bool{}
	for _, o := range orgs {
		var members []roster.Member
		err := a.store.Read(ctx, o.ID, func(r store.Reader) (err error) { members, err = r.Members(ctx); return err })
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			if m.Account == "" || seen[m.Account] {
				continue
			}
			seen[m.Account] = true
			acc, err := a.store.Account(ctx, m.Account)
			if err != nil {
				return nil, err
			}
			list = append(list, acc)
		}
	}
	return list, nil
}

// Reseal seals anew with the present key whatever was sealed with a former one, and says how many texts that were. Afterwards the former key
// can go. Run it again where it says that somebody else has changed one meanwhile.
func (a *App) Reseal(ctx context.Context) (n int, err error) {
	accounts, err := a.named(ctx, "")
	if err != nil {
		return 0, err
	}
	for _, acc := range accounts {
		have, err := a.store.Factors(ctx, acc.ID)
		if err != nil {
			return n, err
		}
		for _, f := range have {
			if f.Kind != store.FactorTOTP || a.sealer.Current(f.Secret) {
				continue
			}
			seed, err := a.opened(seeding(acc.ID), f.Secret)
			if err != nil {
				return n, err
			}
			f.Secret = a.sealer.Seal(seeding(acc.ID), seed)
			if err := a.writeAccounts(ctx, func(w store.AccountsWriter) error { _, err := w.SaveFactor(ctx, f); return err }); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}
