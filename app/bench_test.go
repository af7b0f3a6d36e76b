package app

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"wakakusa/app/demo"
	"wakakusa/roster"
	"wakakusa/store/cached"
	"wakakusa/store/cached/cachedtest"
	"wakakusa/store/redis"
	"wakakusa/store/redis/redistest"
	"wakakusa/store/sqldb"
	"wakakusa/store/sqldb/sqldbtest"
)

// benchOrg is a year of a home with a hundred people on its sheet, in an organisation of 137.
type benchOrg struct {
	*App
	db   *sqldb.DB
	demo demo.Demo
	by   roster.Actor
}

func newBenchOrg(b *testing.B) benchOrg {
	b.Helper()
	ctx, clock := context.Background(), func() time.Time { return noon }
	db := sqldbtest.New(b).Open(b, clock)
	db.LogSlow(slog.New(slog.DiscardHandler), 200*time.Millisecond) // as in the program
	b.Cleanup(func() { db.Close() })
	d, err := demo.Build(ctx, db, demo.Options{Seed: 1, Today: today, Staff: 137, Months: 12, NewID: demo.SeqIDs(1)})
	must(b, err)
	a := New(db, clock, newID)
	list, err := a.Memberships(ctx, d.Members[1].Account)
	must(b, err)
	o := benchOrg{a, db, d, ActorOf(list[0])}
	s, err := a.Sheet(ctx, o.by, o.place())
	must(b, err)
	if len(s.Staff) < 100 {
		b.Fatalf("%d people on the sheet", len(s.Staff))
	}
	b.Logf("%d shifts in the organisation, %d people on the sheet", d.Shifts, len(s.Staff))
	return o
}

func (o benchOrg) place() Place { return Place{o.demo.Home.ID, today} }

func BenchmarkMonths12(b *testing.B) {
	o, ctx := newBenchOrg(b), context.Background()
	b.Run("Sheet100x31", func(b *testing.B) { // as after an edit: everything is read
		b.ReportAllocs()
		for b.Loop() {
			clear(o.sheets.by) // as in a program just started
			if _, err := o.Sheet(ctx, o.by, o.place()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("SheetAgain100x31", func(b *testing.B) { // nothing has changed since it was read
		b.ReportAllocs()
		for b.Loop() {
			if _, err := o.Sheet(ctx, o.by, o.place()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Judge100x31", func(b *testing.B) {
		s, err := o.Sheet(ctx, o.by, o.place())
		must(b, err)
		for b.Loop() {
			s.judge()
		}
	})
	b.Run("EditCell", func(b *testing.B) { o.editCell(b) })
	b.Run("Undo", func(b *testing.B) { o.undo(b) })
}

// BenchmarkCache reads what pages read, with each tier alone. Sheets are kept by the app besides (ADR 0023): here they are forgotten every
// time, but for "kept sheets".
func BenchmarkCache(b *testing.B) {
	o, ctx := newBenchOrg(b), context.Background()
	var me roster.Actor
	for _, m := range o.demo.Members {
		list, err := o.Memberships(ctx, m.Account)
		must(b, err)
		if list[0].Member.Staff != "" {
			me = ActorOf(list[0])
		}
	}
	month := roster.PeriodOf(today, 1)
	server, err := redis.Open(ctx, redis.Config{URL: redistest.New(b).URL, Log: slog.New(slog.DiscardHandler)})
	must(b, err)
	b.Cleanup(func() { server.Close() })
	around := func(change ...func(*cached.Options)) *cached.Store {
		return cachedtest.Around(b, o.db, o.now, append(change, func(c *cached.Options) { c.Changed = nil })...)
	}
	shared := func(c *cached.Options) { c.Shared = server }
	memory := around()
	for _, tier := range []struct {
		name  string
		fresh func() *App
	}{
		{"none", func() *App { return New(o.db, o.now, newID) }},
		{"memory", func() *App { return New(memory, o.now, newID) }},
		{"redis", func() *App { return New(around(shared), o.now, newID) }}, // as in a program just started
	} {
		b.Run("Sheet/"+tier.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				a := tier.fresh()
				a.KeepNothing()
				b.StartTimer()
				if _, err := a.Sheet(ctx, o.by, o.place()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("Own/"+tier.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				a := tier.fresh()
				b.StartTimer()
				if _, err := a.Own(ctx, me, month); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("Edit/"+tier.name, func(b *testing.B) { (benchOrg{tier.fresh(), o.db, o.demo, o.by}).editCell(b) })
	}
	b.Run("Sheet/kept sheets", func(b *testing.B) {
		for b.Loop() {
			if _, err := o.Sheet(ctx, o.by, o.place()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// editCell paints one cell early and late by turns, as a manager does.
func (o benchOrg) editCell(b *testing.B) {
	ctx := context.Background()
	s, err := o.Sheet(ctx, o.by, o.place())
	must(b, err)
	codes := map[string]roster.CodeID{}
	for _, c := range s.Codes {
		codes[c.Symbol] = c.ID
	}
	who, n := s.Staff[10], 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		symbol := []string{"公", "有"}[n%2]
		e := Edits{Place: o.place(), Key: fmt.Sprint("e", n, newID()), List: []roster.Edit{{
			Op: roster.OpSet, Cell: roster.Cell{Staff: who.ID, Day: s.Roster.Period.First + 9}, Code: codes[symbol],
		}}}
		e.Base = 1 << 40
		if _, err := o.EditRoster(ctx, o.by, e); err != nil {
			b.Fatal(err)
		}
	}
}

// undo paints a cell and takes it back.
func (o benchOrg) undo(b *testing.B) {
	ctx := context.Background()
	s, err := o.Sheet(ctx, o.by, o.place())
	must(b, err)
	for b.Loop() {
		e := Edits{Place: o.place(), Key: newID(), Base: 1 << 40, List: []roster.Edit{{
			Op: roster.OpSet, Cell: roster.Cell{Staff: s.Staff[11].ID, Day: s.Roster.Period.First + 9}, Code: s.Codes[len(s.Codes)-2].ID,
		}}}
		if _, err := o.EditRoster(ctx, o.by, e); err != nil {
			b.Fatal(err)
		}
		if _, err := o.UndoEdit(ctx, o.by, o.place(), newID()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSignInRefused compares what a stranger could time: medians of the refusals of a name that nobody has, a wrong password, and a
// former system's hash that has not been renewed yet.
func BenchmarkSignInRefused(b *testing.B) {
	f := New(nil, time.Now, newID)
	former := "pbkdf2_sha256$1000000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A="
	for name, stored := range map[string]string{"unknown": "", "wrong": goodHash(), "former": former} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if ok, _, err := f.checkPassword(b.Context(), stored, "wrong"); ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
