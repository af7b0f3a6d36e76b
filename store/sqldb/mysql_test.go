package sqldb

import (
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"wakakusa/store"
	"wakakusa/store/sqldb/mariadbtest"
	"wakakusa/store/storetest"
)

func TestMain(m *testing.M) { mariadbtest.Main(m) }

// unmigrated is an empty database on the tests' server.
func unmigrated(t *testing.T, s *mariadbtest.Server) *DB {
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

func TestMySQLKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return openEmptyMySQL(t) })
}

// serverConfig is how to reach the database of a store once more.
func serverConfig(t *testing.T, db *DB) *mysql.Config {
	t.Helper()
	var name string
	must(t, db.read.QueryRowContext(t.Context(), `SELECT DATABASE()`).Scan(&name))
	return mariadbtest.Shared(t).Config(name)
}
