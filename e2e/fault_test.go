package e2e

import (
	"testing"
)

// The former system's phone page began three screens down, was cut at Wednesday and covered its own buttons.
func TestFaultE15(t *testing.T) {
	p := small(t)
	x := newTab(t, p, phone)
	x.signIn(p, "staff")
	base := eval[string](x, `location.pathname.split("/").slice(0, 3).join("/")`)
	for _, path := range []string{"/me", "/me/calendar", "/account"} {
		x.open(base + path)
		if wide := eval[float64](x, `document.documentElement.scrollWidth`); wide > float64(phone.width) {
			t.Errorf("%s is %v wide: it moves sideways", path, wide)
		}
	}
	x.open(base + "/me")
	if top := eval[float64](x, `document.querySelector(".next").getBoundingClientRect().top`); top > 200 {
		t.Errorf("the next shift begins at %v", top)
	}
	if foot := eval[float64](x, `document.querySelector(".next a.btn").getBoundingClientRect().bottom`); foot > float64(phone.height) {
		t.Errorf("the next shift ends below the first screen, at %v", foot)
	}
	covered := eval[[]string](x, `[...document.querySelectorAll(".next a, nav a")].filter(a => {
		const r = a.getBoundingClientRect(), at = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
		return r.width > 0 && r.bottom <= innerHeight && r.right <= innerWidth && at && !a.contains(at);
	}).map(a => a.innerText)`)
	if len(covered) > 0 {
		t.Errorf("covered: %v", covered)
	}
}
