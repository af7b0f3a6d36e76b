package handlers

import (
	"net/http"
	"strings"
	"testing"

	"wakakusa/roster"
)

// TestGuests: somebody of another site is put on the sheet, has a row from then on, and is nowhere twice at a time (応援).
func TestGuests(t *testing.T) {
	o := newSite(t).found("aoba")
	day := o.place.Day + 3
	form := func(pairs ...string) map[string][]string {
		v := values("staff", string(o.away.ID), "day", day.String(), "code", string(o.codes["日"].ID), "base", "999999", "key", "k1")
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	o.admin.get(o.path("/guests")).want(t, http.StatusOK).holds(t, o.away.Name, "第二事業所")
	t.Run("nothing chosen", func(t *testing.T) {
		o.admin.post(o.path("/guests"), form("staff", "", "code", "")).want(t, http.StatusUnprocessableEntity).holds(t, "入力してください。")
	})
	t.Run("overlap with the home site", func(t *testing.T) {
		o.set(o.away, day, "日")
		o.admin.post(o.path("/guests"), form()).want(t, http.StatusUnprocessableEntity).holds(t, "重なります", "selected")
	})
	t.Run("a free day", func(t *testing.T) {
		o.admin.post(o.path("/guests"), form("day", (day+1).String(), "key", "k2")).want(t, http.StatusSeeOther)
		o.admin.get(o.path("")).want(t, http.StatusOK).holds(t, `id="s-`+string(o.away.ID)+`"`, "応援")
	})
	t.Run("leaves again", func(t *testing.T) {
		gone := `hx-target="#s-` + string(o.away.ID) + `" hx-swap="delete"`
		b := o.admin.asHTMX()
		b.post(o.path("/edits"), values("ops", "clear "+string(o.away.ID)+" "+(day+1).String(), "base", "999999", "key", "k4")).
			want(t, http.StatusOK).holds(t, gone)
		back := b.post(o.path("/undos"), values("key", "k5")).want(t, http.StatusOK).holds(t, o.away.Name)
		if strings.Contains(back.body, gone) {
			t.Error("the row is taken away though the guest is back")
		}
	})
	t.Run("a manager of this site alone sends nobody else's people", func(t *testing.T) {
		m := o.member("manager1", roster.Member{Name: "担当 花子", Role: roster.RoleManager, Sites: []roster.SiteID{o.site1.ID}})
		other := o.hire("青木 三郎", o.site2.ID, 10)
		m.get(o.path("/guests")).want(t, http.StatusOK).holds(t, "加えられる人がいません")
		m.post(o.path("/guests"), form("staff", string(other.ID), "key", "k3")).want(t, http.StatusNotFound)
		if list := o.shifts(other, day); len(list) > 0 {
			t.Error("placed all the same")
		}
	})
}
