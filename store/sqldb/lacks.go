package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// LacksOf compares two SQLite files that nobody writes to, and fails with what the first lacks of the second: acts of an organisation, and
// changes of accounts, which no act tells of. Nothing is written to either.
func LacksOf(ctx context.Context, path, of string) (err error) {
	here, err := openReadOnly(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, here.Close()) }()
	there, err := openReadOnly(of)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, there.Close()) }()
	acts, err := lacksActs(ctx, here, there)
	if err != nil {
		return fmt.Errorf("%s and %s cannot be compared: %w", path, of, err)
	}
	accounts, err := lacksAccounts(ctx, here, there)
	if err != nil {
		return fmt.Errorf("%s and %s cannot be compared: %w", path, of, err)
	}
	return errors.Join(append(acts, accounts...)...)
}

// lastAct is the newest act of an organisation.
type lastAct struct {
	revision int64
	key      string
}

// lacksActs: a file whose act of the same revision is another one has gone its own way since.
func lacksActs(ctx context.Context, here, there *sql.DB) (lacks []error, err error) {
	theirs, err := lastActs(ctx, there)
	if err != nil {
		return nil, err
	}
	mine, err := revisionsOf(ctx, here)
	if err != nil && !sqliteDialect().isMissing(err) {
		return nil, err
	}
	for slug, last := range theirs {
		revision, known := mine[slug]
		switch {
		case !known:
			lacks = append(lacks, fmt.Errorf("the organisation %s", slug))
		case revision < last.revision:
			lacks = append(lacks, fmt.Errorf("the last %d changes of %s", last.revision-revision, slug))
		case last.revision > 0:
			key, err := actKey(ctx, here, slug, last.revision)
			if err != nil {
				return nil, err
			}
			if key != last.key {
				lacks = append(lacks, fmt.Errorf("changes of %s: revision %d is another one", slug, last.revision))
			}
		}
	}
	slices.SortFunc(lacks, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return lacks, nil
}

// lastActs are those of a file, by the organisation's address; none where our tables are missing.
func lastActs(ctx context.Context, in *sql.DB) (map[string]lastAct, error) {
	revisions, err := revisionsOf(ctx, in)
	if err != nil {
		if sqliteDialect().isMissing(err) {
			return nil, nil
		}
		return nil, err
	}
	all := map[string]lastAct{}
	for slug, revision := range revisions {
		key, err := actKey(ctx, in, slug, revision)
		if err != nil {
			return nil, err
		}
		all[slug] = lastAct{revision, key}
	}
	return all, nil
}

// actKey is "" where there is no such act.
func actKey(ctx context.Context, in *sql.DB, slug string, revision int64) (key string, err error) {
	err = in.QueryRowContext(ctx, `SELECT acts.act_key`+actOfSlug+`= ?`, slug, revision).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return key, err
}

func lacksAccounts(ctx context.Context, here, there *sql.DB) ([]error, error) {
	theirs, err := accountVersions(ctx, there)
	if err != nil {
		return nil, err
	}
	mine, err := accountVersions(ctx, here)
	if err != nil {
		return nil, err
	}
	n := 0
	for id, version := range theirs {
		if mine[id] < version {
			n++
		}
	}
	if n == 0 {
		return nil, nil
	}
	return []error{fmt.Errorf("the last changes of %d accounts", n)}, nil
}

func accountVersions(ctx context.Context, in *sql.DB) (map[string]int64, error) {
	rows, err := in.QueryContext(ctx, `SELECT id, version FROM accounts`)
	if err != nil {
		if sqliteDialect().isMissing(err) {
			return nil, nil
		}
		return nil, err
	}
	defer rows.Close()
	all := map[string]int64{}
	for rows.Next() {
		var id string
		var version int64
		if err := rows.Scan(&id, &version); err != nil {
			return nil, err
		}
		all[id] = version
	}
	return all, rows.Err()
}
