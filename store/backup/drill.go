package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"wakakusa/store/sqldb"
)

// Source is something from which the database can be restored.
type Source struct {
	Name  string
	Fetch func(ctx context.Context, to string) error // writes a new SQLite file
}

// Drilled is how a restore from one source went.
type Drilled struct {
	Source  string  `json:"source"`
	Failure string  `json:"failure,omitempty"`
	Skipped string  `json:"skipped,omitempty"` // why it could not be tried here
	RPO     float64 `json:"rpo"`               // seconds of acts that would have been lost
	RTO     float64 `json:"rto"`               // seconds until the restored database could be served
	Missing int64   `json:"missing"`           // acts that would have been lost
	Bytes   int64   `json:"bytes"`             // of the restored database
}

// DrillReport is how a drill went.
type DrillReport struct {
	Began   time.Time `json:"began"`
	Sources []Drilled `json:"sources"`
}

// Err fails if a source did, or if there is none. One that is encrypted to a key that is not here was checked when it was made.
func (r DrillReport) Err() (err error) {
	for _, s := range r.Sources {
		if s.Failure != "" {
			err = errors.Join(err, errors.New(s.Source+": "+s.Failure))
		}
	}
	if len(r.Sources) == 0 {
		err = errors.Join(err, errors.New("there is nothing to restore from"))
	}
	return err
}

// Drill restores from every source to scratch, checks each and compares it with the live database. Nothing of the live database is
// touched.
func (k *Keeper) Drill(ctx context.Context, sources []Source, told Progress) (r DrillReport, err error) {
	unlock, err := k.claim()
	if err != nil {
		return r, err
	}
	defer unlock()
	scratch, done, err := k.scratch()
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, done()) }()
	r.Began = k.Now()
	for i, s := range sources {
		told.of(StepDrill)(int64(i), int64(len(sources)))
		d, err := k.drill(ctx, s, scratch)
		d.Source = s.Name
		switch {
		case errors.Is(err, ErrEncrypted):
			d.Skipped = "encrypted: only who has its key can restore it"
		case err != nil && ctx.Err() != nil:
			return r, err
		case err != nil:
			d.Failure = err.Error()
		}
		r.Sources = append(r.Sources, d)
	}
	return r, r.Err()
}

// drill restores first and looks at the live database afterwards, so that what is restored can only be older.
func (k *Keeper) drill(ctx context.Context, s Source, scratch string) (d Drilled, err error) {
	to := filepath.Join(scratch, "restored.db")
	defer func() { err = errors.Join(err, removeDatabase(to)) }()
	began := time.Now()
	if err := s.Fetch(ctx, to); err != nil {
		return d, err
	}
	db, err := sqldb.OpenSQLite(to, k.Now)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := errors.Join(db.Migrate(ctx), db.CheckWhole(ctx)); err != nil {
		return d, err
	}
	d.RTO = time.Since(began).Seconds()
	if info, err := os.Stat(to); err == nil {
		d.Bytes = info.Size()
	}
	live, done, err := k.live(ctx, scratch)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, done()) }()
	gap, err := db.GapTo(ctx, live, began.UnixMilli())
	d.Missing = gap.Before
	if gap.Before > 0 {
		d.RPO = began.Sub(time.UnixMilli(gap.FirstMs)).Seconds()
	}
	return d, err
}

// live is the live database, or a copy of a SQLite file.
func (k *Keeper) live(ctx context.Context, scratch string) (db *sqldb.DB, done func() error, err error) {
	if k.File == "" {
		return k.DB, func() error { return nil }, nil
	}
	copied := filepath.Join(scratch, "live.db")
	if err := sqldb.CopyFile(ctx, k.File, copied); err != nil {
		return nil, nil, err
	}
	if db, err = sqldb.OpenSQLite(copied, k.Now); err != nil {
		return nil, nil, err
	}
	return db, func() error { return errors.Join(db.Close(), removeDatabase(copied)) }, nil
}

func removeDatabase(path string) error {
	return errors.Join(removeIfThere(path), removeIfThere(path+"-wal"), removeIfThere(path+"-shm"), removeIfThere(path+".tmp"))
}

// Newest is the last backup as a source; ok is false where there is none.
func (k *Keeper) Newest() (s Source, ok bool, err error) {
	all, err := List(k.Dir)
	if err != nil || len(all) == 0 {
		return s, false, err
	}
	path := filepath.Join(k.Dir, all[0].Name)
	return Source{"backup", func(ctx context.Context, to string) error {
		_, err := Load(ctx, path, nil, to, nil)
		return err
	}}, true, nil
}
