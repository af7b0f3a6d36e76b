package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"wakakusa/roster"
)

// Inspection is what can be seen of a database without changing it.
type Inspection struct {
	At, Newest int64    // schema of the database, and the newest this program knows
	Unusable   error    // why this program cannot serve it; nil: it can
	Lacks      []string // tables of the record of changes that are not there
	Orgs       []string // addresses of the organisations
	Alone      []string // names of those with fewer than two administrators who can sign in
	Server     *ServerState
}

// ServerState is what a database server says of itself and of us.
type ServerState struct {
	Clock  time.Time
	Mode   string // sql_mode of connections that do not choose one
	Grants []string
}

// InspectSQLite looks at a file that another process may be using. fs.ErrNotExist is left to the caller: a missing file is not made.
func InspectSQLite(ctx context.Context, path string) (x Inspection, err error) {
	file, err := openReadOnly(path)
	if err != nil {
		return x, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	db := &DB{dialect: sqliteDialect(), pools: pools{read: file}}
	return db.inspect(ctx)
}

// InspectMySQL looks at a database on a server.
func InspectMySQL(ctx context.Context, m MySQL) (x Inspection, err error) {
	db, err := OpenMySQL(ctx, m, time.Now)
	if err != nil {
		return x, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if x, err = db.inspect(ctx); err != nil {
		return x, err
	}
	x.Server, err = serverState(ctx, db.read)
	return x, err
}

func (db *DB) inspect(ctx context.Context) (x Inspection, err error) {
	if x.At, x.Newest, err = db.Schema(ctx); err != nil || x.At == 0 {
		return x, err
	}
	x.Unusable = db.CheckSchema(ctx)
	for table, ask := range map[string]string{"acts": `SELECT 1 FROM acts WHERE 1 = 0`, "events": `SELECT 1 FROM events WHERE 1 = 0`} {
		rows, err := db.read.QueryContext(ctx, ask)
		switch {
		case err == nil:
			err = rows.Close()
		case db.dialect.isMissing(err):
			x.Lacks, err = append(x.Lacks, table), nil
		}
		if err != nil {
			return x, err
		}
	}
	if x.Orgs, err = texts(ctx, db.read, `SELECT slug FROM orgs ORDER BY slug`); err != nil {
		return x, err
	}
	x.Alone, err = texts(ctx, db.read, `SELECT orgs.name FROM orgs
		LEFT JOIN members ON members.org_id = orgs.id AND members.role = ? AND members.active = 1
		LEFT JOIN accounts ON accounts.id = members.account_id AND accounts.disabled = 0
		GROUP BY orgs.id, orgs.name HAVING COUNT(accounts.id) < 2 ORDER BY orgs.name`, roster.RoleAdmin)
	return x, err
}

func serverState(ctx context.Context, db *sql.DB) (*ServerState, error) {
	var s ServerState
	var clock string
	if err := db.QueryRowContext(ctx, `SELECT UTC_TIMESTAMP(3), @@GLOBAL.sql_mode`).Scan(&clock, &s.Mode); err != nil {
		return nil, err
	}
	var err error
	if s.Clock, err = time.Parse("2006-01-02 15:04:05.000", clock); err != nil {
		return nil, err
	}
	s.Grants, err = texts(ctx, db, `SHOW GRANTS`)
	return &s, err
}

// texts reads one column.
func texts(ctx context.Context, db *sql.DB, query string, args ...any) (list []string, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}
