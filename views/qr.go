package views

import (
	"fmt"
	"strings"
)

// quiet is the white edge that readers need around the code, in modules.
const quiet = 4

func (q QR) viewBox() string {
	side := q.Size + 2*quiet
	return fmt.Sprintf("0 0 %d %d", side, side)
}

// path draws each run of dark modules as one rectangle.
func (q QR) path() string {
	var b strings.Builder
	for y := range q.Size {
		for x := 0; x < q.Size; {
			from := x
			for x < q.Size && q.Dark(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1H%dz", from+quiet, y+quiet, x-from, from+quiet)
			}
			x++
		}
	}
	return b.String()
}
