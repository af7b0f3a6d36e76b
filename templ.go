// Package wakakusa is わかくさシフト, a shift-management web application. The program in eight sentences:
//
//  1. roster says what is true: staff, shifts, rules – plain Go, no database, no web.
//  2. store remembers it: one interface, one SQL implementation, a dialect for each engine.
//  3. app does what people ask: one function per intent; the only place where reading, deciding and writing meet.
//  4. handlers listen and answer; views draw.
//  5. Every write to an organisation holds that organisation's pen: one writer at a time, one revision per write.
//  6. Every write signs what it did in the events table, in the same transaction.
//  7. Audit, live updates, notices and cache freshness are all read from those two: the revision and the events.
//  8. The same word opens the same file in every room: shift.go, shift.go, shift.templ.
package wakakusa

import _ "embed"

//go:generate go tool -modfile=tools.mod templ generate

// Litestream is the litestream.yml beside this file: where the continuous copy goes unless LITESTREAM_CONFIG names another file.
//
//go:embed litestream.yml
var Litestream []byte
