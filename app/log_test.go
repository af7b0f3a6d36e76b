package app

import (
	"errors"
	"strings"
	"testing"

	"wakakusa/logs"
	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/daemontest"
)

// TestLinesNameTheirRequest: what goes wrong without anybody being refused, at once or in the background, is told under the request that
// began it.
func TestLinesNameTheirRequest(t *testing.T) {
	f := empty(t)
	out := &daemontest.Log{}
	to, err := logs.Open(logs.Config{Out: out})
	must(t, err)
	f.LogTo(to.App)
	says := func(what string) bool {
		for line := range strings.Lines(out.String()) {
			if strings.Contains(line, what) && strings.Contains(line, " request=r-1 ") {
				return true
			}
		}
		return false
	}
	ctx := WithOrigin(t.Context(), roster.Origin{Request: "r-1"})

	_, err = store.SaveAccount(ctx, f.db, store.Account{ID: roster.AccountID(newID()), Name: "hanako", Display: "花子", Password: "$argon2id$cut off"})
	must(t, err)
	if _, err := f.SignIn(ctx, "hanako", "x", "192.0.2.1"); err == nil || !says("stored password cannot be checked") || strings.Contains(out.String(), "cut off") {
		t.Errorf("%v\n%s", err, out)
	}

	n := &nightly{fail: errors.New("no room")}
	tasks := NewTasks(f.db, f.clock, newID, to.App, n.task())
	must(t, tasks.start(ctx, n.task()))
	eventually(t, func() bool { return says("no room") })
	tasks.Close()
}
