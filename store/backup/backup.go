// Package backup makes a logical copy of the whole database once a day and proves it by restoring it. A file has a backup's name only when
// that went well.
package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"

	"wakakusa/roster"
	"wakakusa/store/sqldb"
)

// Keeper makes backups of one database in one directory.
type Keeper struct {
	Dir        string
	Scratch    string    // directory for what is needed meanwhile, not encrypted; where the database is, not where backups go
	Days       int       // how long every backup is kept
	Months     int       // for how many months the first of each is
	Compress   bool      // by zstd
	Recipients []string  // age public keys; none: not encrypted
	File       string    // the SQLite file, or
	DB         *sqldb.DB // the database on a server
	Beside     Beside
	Now        func() time.Time
}

// Progress is told how far a backup is: what it does, and how many rows of how many are done.
type Progress func(step Step, done, total int64)

// Step is a part of a backup.
type Step string

// The steps, in their order.
const (
	StepCopy  Step = "copy"
	StepWrite Step = "write"
	StepCheck Step = "check"
	StepDrill Step = "drill"

	StepOffSite Step = "offsite"
)

func (p Progress) of(step Step) sqldb.Progress {
	return func(done, total int64) {
		if p != nil {
			p(step, done, total)
		}
	}
}

// Check says whether the settings will do.
func (k *Keeper) Check() error {
	_, err := recipients(k.Recipients)
	return err
}

func recipients(keys []string) (all []age.Recipient, err error) {
	for _, key := range keys {
		r, err := age.ParseX25519Recipient(key)
		if err != nil {
			return nil, errors.New("one of the keys is no age public key, which begins with age1") // it may be a secret one
		}
		all = append(all, r)
	}
	return all, nil
}

// Make makes a backup, restores it to a scratch database, compares, and only then gives it its name. Old ones go then. Nobody has to stop
// writing meanwhile.
func (k *Keeper) Make(ctx context.Context, told Progress) (r Report, err error) {
	unlock, err := k.claim()
	if err != nil {
		return r, err
	}
	defer unlock()
	m, err := k.begin(told)
	if err != nil {
		return r, err
	}
	defer m.end()
	if err := m.write(ctx); err != nil {
		return r, err
	}
	if err := m.prove(ctx); err != nil {
		return r, fmt.Errorf("the new backup failed its check and was thrown away: %w", err)
	}
	if err := m.archive(ctx); err != nil {
		return r, err
	}
	if err := m.keep(); err != nil {
		return r, err
	}
	if err := k.prune(); err != nil { // the backup is good all the same
		m.Warning = strings.TrimPrefix(m.Warning+"; old backups could not be removed: "+err.Error(), "; ")
	}
	return m.Report, nil
}

// claim keeps two programs from working for the same directory at once, and removes what one that was cut short left behind.
func (k *Keeper) claim() (unlock func(), err error) {
	if err := errors.Join(os.MkdirAll(k.Dir, 0o700), os.MkdirAll(k.Scratch, 0o700)); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(k.Dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(ErrBusy, f.Close())
	}
	if err := k.sweep(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { f.Close() }, nil
}

// ErrBusy means that another backup is being made, verified or drilled in the directory.
var ErrBusy = errors.New("another backup is being made")

const scratchPrefix = ".wakakusa-scratch-"

func (k *Keeper) sweep() error {
	var all []string
	for _, pattern := range []string{filepath.Join(k.Scratch, scratchPrefix+"*"), filepath.Join(k.Dir, prefix+"*.part"), filepath.Join(k.Dir, filesPrefix+"*.part")} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	for _, path := range all {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// scratch makes a directory that done removes.
func (k *Keeper) scratch() (dir string, done func() error, err error) {
	dir, err = os.MkdirTemp(k.Scratch, scratchPrefix)
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// prune removes what need not be kept, each with its report and its archive of files.
func (k *Keeper) prune() error {
	all, err := List(k.Dir)
	if err != nil {
		return err
	}
	kept := Kept(all, k.Now(), k.Days, k.Months)
	for _, b := range all {
		if kept[b.Name] {
			continue
		}
		path := filepath.Join(k.Dir, b.Name)
		if b.Report != nil && b.Files != "" {
			err = errors.Join(err, removeIfThere(filepath.Join(k.Dir, filepath.Base(b.Files))))
		}
		err = errors.Join(err, os.Remove(path), removeIfThere(path+".json"))
	}
	return errors.Join(err, k.pruneFiles())
}

// pruneFiles removes archives of files whose backup is not there.
func (k *Keeper) pruneFiles() error {
	archives, err := filepath.Glob(filepath.Join(k.Dir, filesPrefix+"*"))
	for _, path := range archives {
		stem, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), filesPrefix), ".")
		backups, failed := filepath.Glob(filepath.Join(k.Dir, prefix+stem+".sql*"))
		if err = errors.Join(err, failed); failed == nil && len(backups) == 0 {
			err = errors.Join(err, removeIfThere(path))
		}
	}
	return err
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// making is a backup under way.
type making struct {
	*Keeper
	Report
	told    Progress
	path    string // it will have
	scratch string // directory for what is needed meanwhile
	done    func() error
	key     *age.X25519Identity
	before  map[string]int64 // revisions that the backup must have reached
}

func (k *Keeper) begin(told Progress) (*making, error) {
	scratch, done, err := k.scratch()
	if err != nil {
		return nil, err
	}
	now := k.Now()
	name := prefix + now.In(roster.Japan).Format(moment) + ".sql"
	if k.Compress {
		name += ".zst"
	}
	if len(k.Recipients) > 0 {
		name += ".age"
	}
	m := &making{Keeper: k, told: told, path: filepath.Join(k.Dir, name), scratch: scratch, done: done}
	m.Report = Report{Name: name, Made: now, Encrypted: len(k.Recipients) > 0}
	if _, err := os.Lstat(m.path); err == nil {
		return nil, errors.Join(fmt.Errorf("%s is there already", name), done())
	}
	return m, nil
}

// end removes what is no longer needed, and what did not become a backup.
func (m *making) end() {
	m.done() //nolint:errcheck // removed before the next backup, too
	for _, name := range []string{m.Name, m.Files} {
		os.Remove(filepath.Join(m.Dir, name+".part")) //nolint:errcheck // has its name, if all went well
	}
}

// write writes the dump to the disk.
func (m *making) write(ctx context.Context) (err error) {
	began := time.Now()
	defer func() { m.WroteMs = time.Since(began).Milliseconds() }()
	from, err := m.source(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.done()) }()
	if err := m.newKey(); err != nil {
		return err
	}
	to, err := m.create(m.path)
	if err != nil {
		return err
	}
	m.Tables, err = from.db.Export(ctx, "", to, m.told.of(StepWrite))
	sum, closed := to.close()
	m.Sum = sum
	return errors.Join(err, closed)
}

// source is a database that holds still, or whose export reads one snapshot.
type source struct {
	db   *sqldb.DB
	done func() error
}

// source copies a SQLite file first: a reader that stays open for as long as an export takes would keep the WAL from being reused.
func (m *making) source(ctx context.Context) (s source, err error) {
	if m.File == "" {
		m.before, err = m.DB.AllRevisions(ctx)
		return source{m.DB, func() error { return nil }}, err
	}
	copied := filepath.Join(m.scratch, "copy.db")
	m.told.of(StepCopy)(0, 0)
	if err := sqldb.CopyFile(ctx, m.File, copied); err != nil {
		return s, err
	}
	db, err := sqldb.OpenSQLite(copied, m.Now)
	if err != nil {
		return s, err
	}
	s = source{db, func() error { return errors.Join(db.Close(), os.Remove(copied)) }}
	if m.before, err = db.AllRevisions(ctx); err != nil {
		return s, errors.Join(err, s.done())
	}
	return s, nil
}

// newKey makes one more key to encrypt to, which nobody keeps: with it the very bytes on the disk are checked, though the key that opens
// them later is not on this machine.
func (m *making) newKey() (err error) {
	if m.Encrypted {
		m.key, err = age.GenerateX25519Identity()
	}
	return err
}

// create begins a file.
func (m *making) create(path string) (*sealed, error) {
	to, err := recipients(m.Recipients)
	if err != nil {
		return nil, err
	}
	if m.key != nil {
		to = append(to, m.key.Recipient())
	}
	return create(path, to)
}

// prove restores what lies on the disk and compares.
func (m *making) prove(ctx context.Context) error {
	began := time.Now()
	var keys []age.Identity
	if m.key != nil {
		keys = append(keys, m.key)
	}
	found, err := proof(ctx, m.path+".part", m.Name, keys, m.scratch, m.told.of(StepCheck))
	if err != nil {
		return err
	}
	if !slices.Equal(found.Tables, m.Tables) {
		return errors.New("it does not hold the rows that were written")
	}
	for slug, revision := range m.before {
		if got, ok := found.Revisions[slug]; !ok || got < revision || m.File != "" && got != revision {
			return fmt.Errorf("it has revision %d of %s, not %d", got, slug, revision)
		}
	}
	m.Schema, m.Rows, m.Revisions, m.Heads = found.Schema, found.Rows, found.Revisions, found.Audit.Heads
	m.Warning = recordsBroken(found.Audit) // a backup all the same: of a database whose records were altered, too
	m.Verified, m.CheckedMs = m.Now(), time.Since(began).Milliseconds()
	return nil
}

// recordsBroken is a warning, "" where the records are whole.
func recordsBroken(a sqldb.Audited) string {
	if len(a.Faults) == 0 {
		return ""
	}
	return fmt.Sprintf("the records were altered (%d places, the first: %v); see wakakusa audit verify", len(a.Faults), a.Faults[0])
}

// keep gives the files their names; the archive and the report come first, so that no backup is without.
func (m *making) keep() error {
	info, err := os.Stat(m.path + ".part")
	if err != nil {
		return err
	}
	m.Bytes = info.Size()
	text, err := json.MarshalIndent(m.Report, "", " ")
	if err != nil {
		return err
	}
	if err := rename(filepath.Join(m.Dir, m.Files)); err != nil {
		return err
	}
	if err := writeFile(m.path+".json", append(text, '\n')); err != nil {
		return err
	}
	return rename(m.path)
}

// Found is what a restored backup holds.
type Found struct {
	sqldb.Imported
	Revisions map[string]int64
	Audit     sqldb.Audited
}

// proof restores a dump to a scratch database and reads all of it.
func proof(ctx context.Context, path, name string, keys []age.Identity, scratch string, told sqldb.Progress) (f Found, err error) {
	to := filepath.Join(scratch, "restored.db")
	defer func() { err = errors.Join(err, removeDatabase(to)) }()
	return load(ctx, path, name, keys, to, told)
}

// load restores a dump into a new SQLite file and checks it.
func load(ctx context.Context, path, name string, keys []age.Identity, to string, told sqldb.Progress) (f Found, err error) {
	if _, err := os.Stat(to); err == nil {
		return f, fmt.Errorf("%s is there already", to)
	}
	from, err := open(path, name, keys)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	db, err := sqldb.OpenSQLite(to, time.Now)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	f.Imported, err = db.Import(ctx, from, sqldb.ImportSteps{Load: told})
	if err == nil {
		err = db.CheckWhole(ctx)
	}
	if err == nil {
		f.Revisions, err = db.AllRevisions(ctx)
	}
	if err == nil {
		f.Audit, err = db.VerifyAudit(ctx)
	}
	return f, err
}

// Load restores a backup into a new SQLite file, checked. The file may lie anywhere; its name says how it is packed.
func Load(ctx context.Context, path string, keys []age.Identity, to string, told sqldb.Progress) (Found, error) {
	return load(ctx, path, filepath.Base(path), keys, to, told)
}

// LoadInto restores a backup into an open, empty database.
func LoadInto(ctx context.Context, path string, keys []age.Identity, db *sqldb.DB, told sqldb.Progress) (done sqldb.Imported, err error) {
	from, err := open(path, filepath.Base(path), keys)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	return db.Import(ctx, from, sqldb.ImportSteps{Load: told})
}

// Verify restores a backup to scratch once more, and compares it with its report if there is one. It may lie anywhere.
func (k *Keeper) Verify(ctx context.Context, path string, keys []age.Identity, told sqldb.Progress) (f Found, err error) {
	unlock, err := k.claim()
	if err != nil {
		return f, err
	}
	defer unlock()
	scratch, done, err := k.scratch()
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, done()) }()
	f, err = proof(ctx, path, filepath.Base(path), keys, scratch, told)
	if err != nil {
		return f, err
	}
	if r := readReport(path); r != nil && (!slices.Equal(r.Tables, f.Tables) || !maps.Equal(r.Revisions, f.Revisions)) {
		return f, errors.New("it does not hold what its report says")
	}
	return f, nil
}
