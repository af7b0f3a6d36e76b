package django

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"net/url"
	"strings"
)

// openMySQL reads a database on a server, as mysql://USER@HOST:PORT/DATABASE; a socket instead of a host is ?socket=PATH, TLS is ?tls=true.
// The password comes from elsewhere, because an address is seen by everybody on the machine.
func openMySQL(ctx context.Context, from, password string) (_ *Source, err error) {
	dsn, place, err := mysqlDSN(from, password)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return nil, fault(faultAddress, place)
	}
	db.SetMaxOpenConns(1)
	s := &Source{db: db}
	if s.tx, err = db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}); err != nil {
		return nil, errors.Join(fault(faultServer, place, err), db.Close())
	}
	if err := s.inspectMySQL(ctx, place); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// mysqlDSN also returns the address as it may be shown.
func mysqlDSN(from, password string) (dsn, place string, err error) {
	u, err := url.Parse(from)
	if err != nil || u.Scheme != "mysql" || u.User == nil || len(u.Path) < 2 {
		return "", "", fault(faultAddress, "mysql://USER@HOST:3306/DATABASE")
	}
	if _, inside := u.User.Password(); inside {
		return "", "", fault(faultPassword)
	}
	where := "tcp(" + u.Host + ")"
	if u.Port() == "" {
		where = "tcp(" + net.JoinHostPort(u.Hostname(), "3306") + ")"
	}
	if socket := u.Query().Get("socket"); socket != "" {
		where = "unix(" + socket + ")"
	}
	dsn = u.User.Username() + ":" + password + "@" + where + u.EscapedPath() + "?charset=utf8mb4&timeout=5s&tls="
	if tls := u.Query().Get("tls"); tls != "" {
		return dsn + url.QueryEscape(tls), u.Redacted(), nil
	}
	return dsn + "false", u.Redacted(), nil
}

func (s *Source) inspectMySQL(ctx context.Context, place string) error {
	tables, err := s.tables(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name")
	if err != nil {
		return fault(faultServer, place, err)
	}
	if err := s.discover(ctx, tables); err != nil {
		return err
	}
	where, _, _ := strings.Cut(place, "?")
	return s.identify(ctx, where)
}
