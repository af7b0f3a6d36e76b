package handlers

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"wakakusa/roster"
)

// told is what an answer's header says to the page's script.
func (a answer) told(t *testing.T) (s says) {
	t.Helper()
	header := a.Header.Get("HX-Trigger")
	for _, r := range header {
		if r > 0x7e {
			t.Fatalf("the header is not ASCII: %q", header)
		}
	}
	if header != "" {
		must(t, json.Unmarshal([]byte(header), &s))
	}
	return s
}

func november(day int) roster.Day { return roster.MakeDay(2026, 11, day) }

// edit sends operations as the sheet's script does.
func (o *office) edit(b *browser, base int64, ops string) answer {
	o.t.Helper()
	return b.asHTMX().post(o.path("/edits"), values("ops", ops, "base", strconv.FormatInt(base, 10), "key", newID()))
}

func cellText(p roster.Staff, d roster.Day) string { return string(p.ID) + " " + d.String() }

func (o *office) symbol(p roster.Staff, d roster.Day) string {
	o.t.Helper()
	list := o.shifts(p, d)
	text := ""
	for _, x := range list {
		for s, c := range o.codes {
			if c.ID == x.Code {
				text += s
			}
		}
	}
	return text
}

func TestRosterPage(t *testing.T) {
	o := newSite(t).found("wakaba")
	o.set(o.people[0], november(3), "早")
	o.set(o.people[1], november(4), "夜")
	page := o.admin.get(o.path("")).want(t, 200)
	page.holds(t, `id="s-`+string(o.people[0].ID)+`"`, `data-rev="`+strconv.FormatInt(o.revision(), 10)+`"`, `data-path="`+o.path("")+`"`,
		"早番 7:00–16:00", "文化の日", "下書き", `data-code="`+string(o.codes["早"].ID)+`"`, "介護職員", `id="publish"`)
	t.Run("the day after a night is 明け", func(t *testing.T) { page.holds(t, `class="ak" aria-label="明"`) })
	t.Run("a period has one address", func(t *testing.T) {
		a := o.admin.get(o.base+"/rosters/"+string(o.site1.ID)+"/2026-11-17").want(t, http.StatusSeeOther)
		if a.location() != o.path("") {
			t.Errorf("led to %s", a.location())
		}
	})
	t.Run("a period may begin on the 21st", func(t *testing.T) {
		o.admin.get(o.base+"/rosters/"+string(o.site2.ID)+"/2026-10-21").want(t, 200).holds(t, "2026年10月21日〜11月20日", `class="mon">11/1<`)
	})
	t.Run("an unknown day or site is not there", func(t *testing.T) {
		o.admin.get(o.base+"/rosters/"+string(o.site1.ID)+"/2026-13-01").want(t, 404)
		o.admin.get(o.base+"/rosters/"+newID()+"/2026-11-01").want(t, 404)
	})
}

func TestEdits(t *testing.T) {
	o := newSite(t).found("wakaba")
	one, two := o.people[0], o.people[1]
	o.set(one, november(3), "早")
	o.set(two, november(5), "日")
	t.Run("a swap answers with both rows, both days and the revision", func(t *testing.T) {
		a := o.edit(o.admin, o.revision(), "move "+cellText(one, november(3))+" "+cellText(two, november(5))).want(t, 200)
		a.holds(t, `hx-target="#s-`+string(one.ID)+`"`, `hx-target="#s-`+string(two.ID)+`"`, `hx-target="#bar"`).lacks(t, "<html", `id="s-`+string(o.people[2].ID))
		if a.told(t).Rev == nil || a.told(t).Rev.Rev != o.revision() {
			t.Errorf("told %+v, revision is %d", a.told(t).Rev, o.revision())
		}
		if o.symbol(one, november(3)) != "日" || o.symbol(two, november(5)) != "早" {
			t.Error("not swapped")
		}
	})
	t.Run("undo takes it back", func(t *testing.T) {
		a := o.admin.asHTMX().post(o.path("/undos"), values("key", newID(), "base", "1")).want(t, 200)
		if a.told(t).Toast == nil || a.told(t).Toast.Msg != "元に戻しました" || o.symbol(one, november(3)) != "早" {
			t.Errorf("toast %+v, cell %s", a.told(t).Toast, o.symbol(one, november(3)))
		}
	})
	t.Run("paint, copy, clear in one list", func(t *testing.T) {
		o.edit(o.admin, o.revision(), "set "+cellText(one, november(10))+" "+string(o.codes["遅"].ID)+";copy "+cellText(one, november(10))+" "+
			cellText(one, november(12))+";clear "+cellText(one, november(3))).want(t, 200)
		if got := o.symbol(one, november(10)) + o.symbol(one, november(12)) + o.symbol(one, november(3)); got != "遅遅" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("nonsense is refused whole", func(t *testing.T) {
		before := o.revision()
		for _, ops := range []string{"", "jump " + cellText(one, november(3)), "set " + cellText(one, november(3)), "move x y z w"} {
			o.edit(o.admin, before, ops).want(t, 422)
		}
		if o.revision() != before {
			t.Error("something was written")
		}
	})
}

func TestEditsRefuseDoubleBooking(t *testing.T) {
	o := newSite(t).found("wakaba")
	one := o.people[0]
	o.set(one, november(3), "夜") // until 9:30 of the 4th
	o.set(one, november(4), "明")
	a := o.edit(o.admin, o.revision(), "set "+cellText(one, november(4))+" "+string(o.codes["早"].ID)).want(t, 422)
	a.holds(t, `hx-target="#s-`+string(one.ID)+`"`, "夜勤明け")
	if toast := a.told(t).Toast; toast == nil || toast.Kind != "error" || !strings.Contains(toast.Msg, "佐藤 陽菜さんは11月3日(火)") {
		t.Errorf("toast %+v", toast)
	}
	if o.symbol(one, november(4)) != "明" {
		t.Error("written all the same")
	}
}

func TestEditsStale(t *testing.T) {
	o := newSite(t).found("wakaba")
	one := o.people[0]
	other := o.member("tanto", roster.Member{Name: "担当 花子", Role: roster.RoleManager, Sites: []roster.SiteID{o.site1.ID}})
	base := o.revision()
	o.edit(other, base, "set "+cellText(one, november(3))+" "+string(o.codes["日"].ID)).want(t, 200)
	a := o.edit(o.admin, base, "set "+cellText(one, november(3))+" "+string(o.codes["早"].ID)).want(t, 409)
	a.holds(t, "日勤 8:30–17:30")
	if toast := a.told(t).Toast; toast == nil || toast.Kind != "warn" || !strings.Contains(toast.Msg, "担当 花子さんが先に") {
		t.Errorf("toast %+v", toast)
	}
	t.Run("another cell is no conflict, and the answer brings what the other did", func(t *testing.T) {
		a := o.edit(o.admin, base, "set "+cellText(o.people[1], november(3))+" "+string(o.codes["早"].ID)).want(t, 200)
		a.holds(t, `hx-target="#s-`+string(one.ID)+`"`)
	})
	t.Run("after a change of settings the page is told no revision", func(t *testing.T) {
		base := o.revision()
		o.hire("新人 一", o.site1.ID, 5)
		a := o.edit(o.admin, base, "set "+cellText(o.people[1], november(6))+" "+string(o.codes["早"].ID)).want(t, 200)
		if a.told(t).Rev != nil {
			t.Error("the page would never learn of the new person")
		}
	})
}

func TestEditTwiceUnderOneKey(t *testing.T) {
	o := newSite(t).found("wakaba")
	form := values("ops", "set "+cellText(o.people[0], november(3))+" "+string(o.codes["早"].ID), "base", "1", "key", newID())
	o.admin.asHTMX().post(o.path("/edits"), form).want(t, 200)
	before := o.revision()
	o.admin.asHTMX().post(o.path("/edits"), form).want(t, 200).holds(t, "早番")
	if o.revision() != before {
		t.Error("written twice")
	}
}

func TestRegions(t *testing.T) {
	o := newSite(t).found("wakaba")
	o.set(o.people[0], november(3), "早")
	names := fmt.Sprintf("row.%s,day.2026-11-03,bar,row.nonsense,what", o.people[0].ID)
	a := o.admin.asHTMX().get(o.path("/regions?names="+names)).want(t, 200)
	a.holds(t, `hx-target="#s-`+string(o.people[0].ID)+`"`, "早番", `id="bar"`).lacks(t, "<html", string(o.people[1].ID))
	if !strings.Contains(a.body, "/s/icons.") || strings.Contains(a.body, `"/s/icons.svg`) {
		t.Error("pictures of a part have no hashed path")
	}
}

func TestPublication(t *testing.T) {
	o := newSite(t).found("wakaba")
	one := o.people[0]
	viewer := o.member("kansa", roster.Member{Name: "監査", Role: roster.RoleViewer, Sites: []roster.SiteID{o.site1.ID}})
	o.set(one, november(3), "早")
	viewer.get(o.path("")).want(t, 200).holds(t, "まだ公開されていません").lacks(t, `aria-label="早番 7:00–16:00`)
	a := o.admin.post(o.path("/publication"), values("key", newID())).want(t, http.StatusSeeOther)
	o.admin.get(a.location()).want(t, 200).holds(t, "公開 v1", "公開しました")
	viewer.get(o.path("")).want(t, 200).holds(t, `aria-label="早番 7:00–16:00`, "閲覧のみ").lacks(t, `id="palette"`, `id="undo"`, `id="publish"`, "data-edit")

	t.Run("a later change is marked, counted and hidden from viewers", func(t *testing.T) {
		o.set(one, november(3), "遅")
		o.admin.get(o.path("")).holds(t, "未公開の変更 1件", "公開後に変更")
		part := o.admin.asHTMX().get(o.path("/regions?names=bar,row."+string(o.people[1].ID))).want(t, 200)
		part.holds(t, "未公開の変更 1件") // although only another row was read
		viewer.get(o.path("")).holds(t, `aria-label="早番 7:00–16:00`).lacks(t, `aria-label="遅番`)
		viewer.asHTMX().get(o.path("/regions?names=row."+string(one.ID))).want(t, 200).lacks(t, "遅番")
	})
	t.Run("many changes are counted as one by one", func(t *testing.T) {
		for d := 10; d < 24; d++ {
			o.set(o.people[2], november(d), "日")
		}
		o.admin.get(o.path("")).holds(t, "未公開の変更 15件")
	})
	t.Run("a closed roster cannot change", func(t *testing.T) {
		o.admin.post(o.path("/closing"), values("key", newID())).want(t, http.StatusSeeOther)
		o.admin.get(o.path("")).holds(t, "締め").lacks(t, `id="palette"`)
		o.edit(o.admin, o.revision(), "clear "+cellText(one, november(3))).want(t, 422)
		o.admin.post(o.path("/reopening"), values("key", newID())).want(t, http.StatusSeeOther)
		o.admin.post(o.path("/withdrawal"), values("key", newID())).want(t, http.StatusSeeOther)
		viewer.get(o.path("")).holds(t, "まだ公開されていません")
	})
	t.Run("viewers change nothing", func(t *testing.T) {
		o.edit(viewer, o.revision(), "clear "+cellText(one, november(3))).want(t, 403)
		viewer.post(o.path("/publication"), values("key", newID())).want(t, 403)
	})
}

func TestCellSheet(t *testing.T) {
	o := newSite(t).found("wakaba")
	one := o.people[0]
	o.set(one, november(3), "早")
	cell := o.path("/cells/" + string(one.ID) + "/2026-11-03")
	shift := string(o.shifts(one, november(3))[0].ID)
	fields := func(pairs ...string) map[string][]string {
		return values(append([]string{"action", "change", "shift", shift, "base", strconv.FormatInt(o.revision(), 10), "key", newID()}, pairs...)...)
	}
	o.admin.get(cell).want(t, 200).holds(t, "<html", "佐藤 陽菜", "11月3日(火)", "早番 7:00–16:00 を入れました", `value="7:00"`)
	o.admin.asHTMX().get(cell).want(t, 200).lacks(t, "<html")
	t.Run("everybody of the sheet can take over", func(t *testing.T) {
		o.admin.get(cell).want(t, 200).holds(t, `<option value="`+string(o.people[1].ID)+`">`+o.people[1].Name)
	})
	t.Run("a fault stands beside its field and nothing typed is lost", func(t *testing.T) {
		a := o.admin.asHTMX().post(cell, fields("code", string(o.codes["早"].ID), "start", "abc", "end", "17:00", "note", "送迎")).want(t, 422)
		a.holds(t, "時刻として読めません", `value="abc"`, `value="送迎"`, `aria-invalid="true"`)
	})
	t.Run("翌 and 28:30", func(t *testing.T) {
		a := o.admin.asHTMX().post(cell, fields("code", string(o.codes["早"].ID), "start", "20:00", "end", "翌4:30", "break", "30", "note", "送迎")).want(t, 200)
		if a.told(t).Close == nil || a.told(t).Toast == nil {
			t.Error("the sheet stays open")
		}
		if x := o.shifts(one, november(3))[0]; x.Span != (roster.Span{Start: 20 * 60, End: 28*60 + 30}) || x.Break != 30 || x.Note != "送迎" {
			t.Errorf("got %+v", x)
		}
	})
	t.Run("another code brings its own times when nobody typed others", func(t *testing.T) {
		o.set(one, november(3), "早")
		o.admin.post(cell, fields("code", string(o.codes["遅"].ID), "shown", string(o.codes["早"].ID), "start", "7:00", "end", "16:00", "break", "60")).want(t, 303)
		if x := o.shifts(one, november(3))[0]; x.Span != o.codes["遅"].Span || x.Code != o.codes["遅"].ID {
			t.Errorf("got %+v", x)
		}
	})
	t.Run("lock, refused, unlock", func(t *testing.T) {
		o.admin.post(cell, values("action", "lock", "key", newID(), "base", "1")).want(t, 303)
		o.edit(o.admin, o.revision(), "clear "+cellText(one, november(3))).want(t, 422)
		o.admin.get(cell).holds(t, "ロック中").lacks(t, `value="change"`)
		o.admin.post(cell, values("action", "unlock", "key", newID(), "base", "1")).want(t, 303)
	})
	t.Run("one more, then move both without script", func(t *testing.T) {
		o.admin.post(cell, values("action", "add", "code", string(o.codes["早"].ID), "start", "6:00", "end", "9:00", "break", "0", "key", newID(), "base", "1")).want(t, 303)
		o.admin.post(cell, values("action", "move", "to_staff", string(o.people[1].ID), "to_day", "2026-11-07", "key", newID(), "base", "1")).want(t, 303)
		if n := len(o.shifts(o.people[1], november(7))); n != 2 {
			t.Errorf("%d shifts moved", n)
		}
	})
	t.Run("the way to a cell without script", func(t *testing.T) {
		a := o.admin.get(o.path("/cells?staff="+string(one.ID)+"&day=2026-11-03")).want(t, 303)
		if a.location() != cell {
			t.Errorf("led to %s", a.location())
		}
	})
	t.Run("a refused move says so in the sheet", func(t *testing.T) {
		o.set(o.people[2], november(2), "夜")
		o.set(one, november(3), "早")
		o.admin.asHTMX().post(cell, values("action", "move", "to_staff", string(o.people[2].ID), "to_day", "2026-11-03", "key", newID(),
			"base", strconv.FormatInt(o.revision(), 10))).want(t, 422).holds(t, "重なります", `id="cell"`)
	})
}

func TestBreaches(t *testing.T) {
	o := newSite(t).found("wakaba")
	o.admin.get(o.path("/breaches")).want(t, 200).holds(t, "気になるところはありません")
	o.set(o.people[0], november(3), "遅")
	o.set(o.people[0], november(4), "早")
	o.admin.asHTMX().get(o.path("/breaches")).want(t, 200).lacks(t, "<html")
	for d := 5; d <= 10; d++ {
		o.set(o.people[0], november(d), "早")
	}
	o.admin.get(o.path("")).want(t, 200).holds(t, "7日続けての勤務です(目安 6日まで)", "注意あり")
	o.admin.asHTMX().get(o.path("/breaches")).holds(t, "佐藤 陽菜", "7日続けての勤務です", `data-goto="`+cellText(o.people[0], november(9)))
}

// TestNews: who gets no stream asks, and is told the same.
func TestNews(t *testing.T) {
	o := newSite(t).found("wakaba")
	before := o.revision()
	ask := func(rev int64) (told news) {
		must(t, json.Unmarshal([]byte(o.admin.get(fmt.Sprintf("%s?rev=%d", o.path("/news"), rev)).want(t, 200).body), &told))
		return told
	}
	if told := ask(before); told.Rev != before || told.Reload || len(told.Regions) > 0 {
		t.Errorf("nothing happened: %+v", told)
	}
	o.edit(o.admin, before, "set "+cellText(o.people[0], november(3))+" "+string(o.codes["早"].ID)).want(t, 200)
	told := ask(before)
	if text := fmt.Sprint(told.Regions); told.Rev != before+1 || told.Reload || !strings.Contains(text, "row."+string(o.people[0].ID)) || !strings.Contains(text, "day.2026-11-03") {
		t.Errorf("an edit: %+v", told)
	}
	_, err := o.app.SaveJob(context.Background(), o.adminBy, roster.Job{Name: "看護", Position: 2}, "")
	must(t, err)
	if told := ask(before); !told.Reload {
		t.Errorf("masters: %+v", told)
	}
}

// TestEvents: an edit is named on another page's stream within a second, with the revision as its id.
func TestEvents(t *testing.T) {
	o := newSite(t).found("wakaba")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s%s?rev=%d", o.http.URL, o.path("/events"), o.revision()), nil)
	must(t, err)
	resp, err := o.admin.client.Do(req)
	must(t, err)
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() && lines.Text() != "" { // the stream is open
	}
	began := time.Now()
	o.edit(o.admin, o.revision(), "set "+cellText(o.people[0], november(3))+" "+string(o.codes["早"].ID)).want(t, 200)
	var message []string
	for lines.Scan() && len(message) < 3 {
		if lines.Text() != "" {
			message = append(message, lines.Text())
		}
	}
	text := strings.Join(message, "\n")
	for _, part := range []string{"event: change", "id: " + strconv.FormatInt(o.revision(), 10), "row." + string(o.people[0].ID), "day.2026-11-03"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in %q", part, text)
		}
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("told after %s", took)
	}
}
