package logs

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"unicode"
	"unicode/utf16"
)

// visible writes lines in which nothing hides, turns or commands: what people typed may hold characters that neither form escapes and a
// terminal obeys.
type visible struct {
	mu sync.Mutex
	to io.Writer
}

// Write takes one whole line.
func (v *visible) Write(line []byte) (int, error) {
	text := line
	if bytes.ContainsFunc(line, hidden) {
		text = shown(line)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, err := v.to.Write(text); err != nil {
		return 0, err
	}
	return len(line), nil
}

// hidden: neither visible nor the end of the line.
func hidden(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }

// shown writes hidden characters as both forms write the others.
func shown(line []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(line) {
		switch {
		case !hidden(r):
			out.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}
