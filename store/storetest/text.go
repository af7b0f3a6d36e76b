package storetest

import (
	"context"
	"strings"
	"testing"

	"wakakusa/roster"
	"wakakusa/store"
)

// alike are texts that one engine's collation or another's takes for equal. They are different names.
var alike = []string{
	"かいご", "カイゴ", "ｶｲｺﾞ", "がいご", "か\u3099いご", "care", "Care", "ＣＡＲＥ", "caré", "吉田", "𠮷田", "崎", "﨑", "はは", "ばば", "ぱぱ", "ー", "-", "ss", "ß",
	"末尾", "末尾 ", "末尾　", "🍣", "🍺", "\U00020BB7", "\U00020B9F",
}

// text: what goes in comes out, no two texts are taken for one, and limits count characters.
func text(t *testing.T, s store.Store) {
	w := newWorld(t, s)
	t.Run("unlike names are not taken", func(t *testing.T) {
		for _, name := range alike {
			_, err := w.try(func(ctx context.Context, x store.Writer) error {
				_, err := x.SaveJob(ctx, roster.Job{ID: roster.JobID(newID()), Name: name, Position: 9})
				return err
			})
			if err != nil {
				t.Errorf("%q: %v", name, err)
			}
		}
		w.read(func(ctx context.Context, r store.Reader) error {
			jobs, err := r.Jobs(ctx)
			if len(jobs) != len(alike)+1 {
				t.Errorf("%d jobs, want %d", len(jobs), len(alike)+1)
			}
			return err
		})
	})
	t.Run("comes back as it was", func(t *testing.T) {
		for _, name := range append([]string{"末尾 ", " 先頭", "全角　空白　", "'; DROP TABLE staff; --", `"quoted" \ %_`, "<b>太字</b>", "👩🏽‍🚀", "葛\U000E0100城"}, alike...) {
			roundTrip(t, w, name)
		}
	})
	t.Run("limits count characters", func(t *testing.T) {
		roundTrip(t, w, strings.Repeat("𠮷", 100))
		person := w.person(strings.Repeat("𠮷", 101), w.site.ID)
		if _, err := w.try(func(ctx context.Context, x store.Writer) error { _, err := x.SaveStaff(ctx, person); return err }); err == nil {
			t.Error("a name of 101 characters was kept")
		}
		x := w.shift(w.staff.ID, w.site.ID, monday)
		x.Note = strings.Repeat("𠮷", 500)
		w.saveShifts(x)
		x.ID, x.Note = roster.ShiftID(newID()), x.Note+"𠮷"
		if _, err := w.try(func(ctx context.Context, s store.Writer) error { _, err := s.SaveShift(ctx, x); return err }); err == nil {
			t.Error("a note of 501 characters was kept")
		}
		x.ID, x.Note = roster.ShiftID(newID()), strings.Repeat("あ", 500)+"   "
		if _, err := w.try(func(ctx context.Context, s store.Writer) error { _, err := s.SaveShift(ctx, x); return err }); err == nil {
			t.Error("a note of 500 characters and three blanks was kept, or cut in silence")
		}
	})
	t.Run("ids and addresses keep their case", func(t *testing.T) {
		_, err := s.OrgBySlug(t.Context(), strings.ToUpper(w.org.Slug))
		wantKind(t, "an address in capitals", err, roster.NotFound)
		w.read(func(ctx context.Context, r store.Reader) error {
			_, err := r.Site(ctx, roster.SiteID(string(w.site.ID)+" "))
			wantKind(t, "an id with a blank", err, roster.NotFound)
			return nil
		})
	})
}

func roundTrip(t *testing.T, w *world, name string) {
	t.Helper()
	person := w.person(name, w.site.ID)
	w.write(func(ctx context.Context, x store.Writer) (err error) { person, err = x.SaveStaff(ctx, person); return })
	w.read(func(ctx context.Context, r store.Reader) error {
		got, err := r.Staff(ctx, person.ID)
		if got.Name != name {
			t.Errorf("%q came back as %q", name, got.Name)
		}
		return err
	})
}
