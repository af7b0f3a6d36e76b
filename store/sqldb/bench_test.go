package sqldb

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb/mariadbtest"
)

// BenchmarkWrites is one small act after another from twenty at once, in one organisation and over ten. Neither engine waits for the disk
// at a commit: SQLite as it ships, the server as the tests start it.
func BenchmarkWrites(b *testing.B) {
	for _, engine := range []string{"sqlite", "mysql"} {
		for _, orgs := range []int{1, 10} {
			b.Run(fmt.Sprintf("%s/%d-orgs", engine, orgs), func(b *testing.B) { benchWrites(b, engine, orgs) })
		}
	}
}

func benchWrites(b *testing.B, engine string, n int) {
	db, err := OpenSQLite(filepath.Join(b.TempDir(), "bench.db"), time.Now)
	if engine == "mysql" {
		s := mariadbtest.Shared(b)
		db, err = openServer(b.Context(), s.Config(s.Database(b)), 30, time.Now)
	}
	if err == nil {
		err = db.Migrate(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var orgs []roster.OrgID
	for i := range n {
		id := roster.OrgID(NewID())
		if err := db.AddOrg(b.Context(), roster.Org{ID: id, Slug: fmt.Sprint("o", i), Name: "会", Timezone: "Asia/Tokyo", Language: "ja"}); err != nil {
			b.Fatal(err)
		}
		orgs = append(orgs, id)
	}
	var turn atomic.Int64
	ctx := context.Background()
	b.SetParallelism(10) // on two processors
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			org := orgs[int(turn.Add(1))%n]
			if _, err := db.Write(ctx, roster.Act{Org: org, Kind: "x"}, func(w store.Writer) error { return addSite(ctx, w, "館") }); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
