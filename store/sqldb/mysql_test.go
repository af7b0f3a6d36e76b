package sqldb

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/sqldb/mariadbtest"
	"wakakusa/store/storetest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

// unmigrated is an empty database on the tests' server.
func unmigrated(t testing.TB, s *mariadbtest.Server) *DB {
	t.Helper()
	db, err := openServer(t.Context(), s.Config(s.Database(t)), 12, time.Now)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func openEmptyMySQL(t *testing.T) *DB {
	t.Helper()
	db := unmigrated(t, mariadbtest.Shared(t))
	must(t, db.Migrate(t.Context()))
	return db
}

// programs are several on one database: each write comes from the next. Within one alone, rivals would wait before they meet the engine.
type programs struct {
	*DB
	all  []*DB
	next atomic.Int64
}

func (p *programs) Write(ctx context.Context, act roster.Act, fn func(store.Writer) error) (store.Change, error) {
	return p.all[int(p.next.Add(1))%len(p.all)].Write(ctx, act, fn)
}

func TestMySQLKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		db := openEmptyMySQL(t)
		p := &programs{DB: db, all: []*DB{db}}
		for range 4 {
			more, err := openServer(t.Context(), serverConfig(t, db), 4, time.Now)
			must(t, err)
			t.Cleanup(func() { must(t, more.Close()) })
			p.all = append(p.all, more)
		}
		return p
	})
}

// serverConfig is how to reach the database of a store once more.
func serverConfig(t *testing.T, db *DB) *mysql.Config {
	t.Helper()
	var name string
	must(t, db.read.QueryRowContext(t.Context(), `SELECT DATABASE()`).Scan(&name))
	return mariadbtest.Shared(t).Config(name)
}
