package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"slices"

	"wakakusa/roster"
	"wakakusa/store/dump"
)

// Gap is what a restored database lacks of the live one.
type Gap struct {
	Acts    int64 // missing, of all organisations
	FirstMs int64 // when the first missing one was signed, ms UTC; 0 if none is missing
	Before  int64 // of them, signed before the moment that was asked about
}

// GapTo compares a restored database with the live one. Each organisation's last act must be one of the live one's: what was restored is an
// earlier state of it, not another. If nothing is missing, every row is compared, too. beforeMs is the moment at which the restore began.
func (db *DB) GapTo(ctx context.Context, live *DB, beforeMs int64) (g Gap, err error) {
	here, err := db.AllRevisions(ctx)
	if err != nil {
		return g, err
	}
	there, err := live.AllRevisions(ctx)
	if err != nil {
		return g, err
	}
	for slug := range here {
		if _, ok := there[slug]; !ok {
			return g, fmt.Errorf("the organisation %s is not in the live database", slug)
		}
	}
	for slug, revision := range there {
		if err := db.sameAct(ctx, live, slug, here[slug]); err != nil {
			return g, err
		}
		missing, err := live.actsAfter(ctx, slug, here[slug], beforeMs)
		if err != nil {
			return g, err
		}
		if here[slug] > revision {
			return g, fmt.Errorf("%s has revision %d, the live database only %d", slug, here[slug], revision)
		}
		g.Acts, g.Before = g.Acts+missing.Acts, g.Before+missing.Before
		if missing.FirstMs > 0 && (g.FirstMs == 0 || missing.FirstMs < g.FirstMs) {
			g.FirstMs = missing.FirstMs
		}
	}
	if g.Acts > 0 {
		return g, nil
	}
	return g, db.sameRows(ctx, live, there)
}

const actOfSlug = ` FROM acts JOIN orgs ON orgs.id = acts.org_id WHERE orgs.slug = ? AND acts.revision `

// sameAct wants that an act is the same in both.
func (db *DB) sameAct(ctx context.Context, live *DB, slug string, revision int64) error {
	if revision == 0 {
		return nil
	}
	mine, err := actKey(ctx, db.longRead, slug, revision)
	if err != nil {
		return err
	}
	theirs, err := actKey(ctx, live.longRead, slug, revision)
	if err == nil && mine != theirs {
		err = fmt.Errorf("revision %d of %s is another act than in the live database", revision, slug)
	}
	return err
}

func (db *DB) actsAfter(ctx context.Context, slug string, revision, beforeMs int64) (g Gap, err error) {
	var first sql.NullInt64
	var before sql.NullInt64
	err = db.longRead.QueryRowContext(ctx, `SELECT COUNT(*), MIN(acts.at_ms), SUM(CASE WHEN acts.at_ms < ? THEN 1 ELSE 0 END)`+actOfSlug+`> ?`,
		beforeMs, slug, revision).Scan(&g.Acts, &first, &before)
	g.FirstMs, g.Before = first.Int64, before.Int64
	return g, err
}

// movesAlone are the tables that change without an act.
var movesAlone = []string{"accounts", "accesses", "access_heads"}

// sameRows compares the checksums of all tables that change with an act only.
func (db *DB) sameRows(ctx context.Context, live *DB, revisions map[string]int64) error {
	mine, err := db.sums(ctx)
	if err != nil {
		return err
	}
	theirs, err := live.sums(ctx)
	if err != nil {
		return err
	}
	if now, err := live.AllRevisions(ctx); err != nil || !maps.Equal(now, revisions) {
		return err // somebody wrote meanwhile: these are the rows of different moments
	}
	for i, t := range mine {
		if t != theirs[i] && !slices.Contains(movesAlone, t.Name) {
			return fmt.Errorf("%s has other rows than in the live database (%d, %d)", t.Name, t.Rows, theirs[i].Rows)
		}
	}
	return nil
}

func (db *DB) sums(ctx context.Context) ([]dump.Table, error) {
	return db.Export(ctx, roster.OrgID(""), io.Discard, nil)
}
