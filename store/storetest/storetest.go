// Package storetest is the contract of store.Store as tests that run against any store.
package storetest

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"github.com/google/uuid"

	"wakakusa/roster"
	"wakakusa/store"
)

// Run tests a store. open makes an empty one and closes it when its test ends.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	levels := []struct {
		name string
		run  func(*testing.T, store.Store)
	}{
		{"crud", crud},
		{"shifts", shifts},
		{"published", published},
		{"events", events},
		{"stamps", stamps},
		{"accounts", accounts},
		{"accesses", accesses},
		{"erasures", erasures},
		{"factors", factors},
		{"identities", identities},
		{"transactions", transactions},
		{"tenancy", tenancy},
		{"text", text},
		{"contention", contention},
	}
	for _, l := range levels {
		t.Run(l.name, func(t *testing.T) { l.run(t, open(t)) })
	}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantKind fails unless err is a refusal of a kind; roster.Internal asks for an error that is no refusal.
func wantKind(t testing.TB, what string, err error, kind roster.Kind) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want kind %d", what, kind)
	} else if got := roster.KindOf(err); got != kind {
		t.Errorf("%s: %v (kind %d), want kind %d", what, err, got, kind)
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// world is an organisation with one thing of each sort. Tests that need a neighbour make two.
type world struct {
	t     testing.TB
	s     store.Store
	org   roster.Org
	site  roster.Site
	other roster.Site
	job   roster.Job
	code  roster.Code
	off   roster.Code
	staff roster.Staff
	guest roster.Staff // home is other
}

var monday = roster.MakeDay(2026, 11, 23)

func newWorld(t testing.TB, s store.Store) *world {
	t.Helper()
	w := &world{t: t, s: s}
	id := newID()
	w.org = roster.Org{ID: roster.OrgID(id), Slug: "w-" + id[len(id)-12:], Name: "試験会", Timezone: "Asia/Tokyo", Language: "ja", Version: 1}
	must(t, s.AddOrg(t.Context(), w.org))
	w.write(func(ctx context.Context, x store.Writer) (err error) {
		w.site, err = x.SaveSite(ctx, roster.Site{ID: roster.SiteID(newID()), Name: "本館", StartDay: 1, OffDays: 9, Position: 1})
		must(t, err)
		w.other, err = x.SaveSite(ctx, roster.Site{ID: roster.SiteID(newID()), Name: "別館", StartDay: 21, Position: 2})
		must(t, err)
		w.job, err = x.SaveJob(ctx, roster.Job{ID: roster.JobID(newID()), Name: "介護職員", Position: 1})
		must(t, err)
		w.code, err = x.SaveCode(ctx, roster.Code{
			ID: roster.CodeID(newID()), Symbol: "日", Name: "日勤", Kind: roster.KindWork, Span: roster.Span{Start: 510, End: 1050}, Break: 60,
			Color: "sky", Pattern: "plain", Position: 1,
		})
		must(t, err)
		w.off, err = x.SaveCode(ctx, roster.Code{
			ID: roster.CodeID(newID()), Symbol: "公", Name: "公休", Kind: roster.KindOff, Color: "stone", Pattern: "plain", Position: 2,
		})
		must(t, err)
		w.staff, err = x.SaveStaff(ctx, w.person("佐藤 花子", w.site.ID))
		must(t, err)
		w.guest, err = x.SaveStaff(ctx, w.person("鈴木 一郎", w.other.ID))
		return err
	})
	return w
}

func (w *world) person(name string, home roster.SiteID) roster.Staff {
	return roster.Staff{ID: roster.StaffID(newID()), Name: name, Class: roster.ClassRegular, HomeSite: home, Approval: roster.Approved}
}

func (w *world) shift(who roster.StaffID, site roster.SiteID, d roster.Day) roster.Shift {
	return roster.Shift{
		ID: roster.ShiftID(newID()), Site: site, Staff: who, Day: d, Code: w.code.ID, Span: w.code.Span, Break: w.code.Break,
		Approval: roster.Approved,
	}
}

func (w *world) act(kind string) roster.Act {
	return roster.Act{Org: w.org.ID, Name: "試験", Kind: kind}
}

// try writes and records one event.
func (w *world) try(fn func(context.Context, store.Writer) error) (store.Change, error) {
	w.t.Helper()
	ctx := w.t.Context()
	return w.s.Write(ctx, w.act("test.written"), func(x store.Writer) error {
		x.Record(roster.Event{Name: "test.done", Cell: roster.Cell{Staff: w.staff.ID, Day: monday}})
		return fn(ctx, x)
	})
}

func (w *world) write(fn func(context.Context, store.Writer) error) store.Change {
	w.t.Helper()
	c, err := w.try(fn)
	must(w.t, err)
	return c
}

func (w *world) read(fn func(context.Context, store.Reader) error) {
	w.t.Helper()
	ctx := w.t.Context()
	must(w.t, w.s.Read(ctx, w.org.ID, func(r store.Reader) error { return fn(ctx, r) }))
}

// saveShifts keeps shifts and returns them as kept.
func (w *world) saveShifts(list ...roster.Shift) []roster.Shift {
	w.t.Helper()
	kept := make([]roster.Shift, len(list))
	w.write(func(ctx context.Context, x store.Writer) (err error) {
		for i, s := range list {
			if kept[i], err = x.SaveShift(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	return kept
}

// revision is the organisation's present one.
func (w *world) revision() int64 {
	w.t.Helper()
	all, err := w.s.Revisions(w.t.Context(), []roster.OrgID{w.org.ID})
	must(w.t, err)
	return all[w.org.ID]
}

func idsOf[T any, K ~string](list []T, id func(T) K) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(id(x))
	}
	return out
}

func pick[T any](list []T, err error, want func(T) bool) (T, error) {
	var none T
	if err != nil {
		return none, err
	}
	for _, x := range list {
		if want(x) {
			return x, nil
		}
	}
	return none, roster.Refuse(roster.NotFound, "error.not_found")
}

func numbered(n int) string { return fmt.Sprintf("%03d", n) }
