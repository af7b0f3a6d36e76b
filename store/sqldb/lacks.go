package sqldb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// LacksOf compares two SQLite files that nobody writes to, by the revisions of their organisations, and fails with what the first lacks.
// Nothing is written to either.
func LacksOf(ctx context.Context, path, of string) error {
	here, err := revisionsIn(ctx, path)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", path, err)
	}
	there, err := revisionsIn(ctx, of)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", of, err)
	}
	var lacks []error
	for slug, revision := range there {
		mine, known := here[slug]
		switch {
		case !known:
			lacks = append(lacks, fmt.Errorf("the organisation %s", slug))
		case mine < revision:
			lacks = append(lacks, fmt.Errorf("the last %d changes of %s", revision-mine, slug))
		}
	}
	slices.SortFunc(lacks, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(lacks...)
}

// revisionsIn is empty for a file without our tables.
func revisionsIn(ctx context.Context, path string) (map[string]int64, error) {
	db, err := openReadOnly(path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	all, err := revisionsOf(ctx, db)
	if err != nil && sqliteDialect().isMissing(err) {
		return nil, nil
	}
	return all, err
}
