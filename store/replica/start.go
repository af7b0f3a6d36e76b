package replica

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

// starting is what happens before copying begins.
type starting struct {
	Config
	Options
	client litestream.ReplicaClient
	found  Opened
}

func (s *starting) prepare(ctx context.Context) error {
	_, err := os.Stat(s.Path)
	if errors.Is(err, os.ErrNotExist) {
		return s.restoreMissing(ctx)
	}
	_, s.found.Restored = readMark(s.Path, unsealedMark)
	return errors.Join(err, s.checkPresent(ctx))
}

// restoreMissing: what is not on the copy is not known anywhere, so a copy that does not answer is an error.
func (s *starting) restoreMissing(ctx context.Context) error {
	has, err := s.HasCopy(ctx)
	if err != nil {
		return err
	}
	if err := SetAside(s.Path); err != nil {
		return err
	}
	if !has {
		return setMark(s.Path, runningMark, bootID())
	}
	s.Log.Warn("the database file is missing: restoring it from the continuous copy", "file", s.Path, "copy", s.Place)
	began, fresh := time.Now(), s.Path+".restoring"
	if err := removeDatabase(fresh); err != nil { // of an attempt that was cut short
		return err
	}
	if err := s.restore(ctx, s.client, fresh, time.Time{}, litestream.IntegrityCheckQuick, s.Log); err != nil {
		return err
	}
	// The mark says that the copy must still be put in order: a start that is cut short goes on with that.
	at := began.UTC().Format(time.RFC3339)
	if err := errors.Join(setMark(s.Path, unsealedMark, at), setMark(s.Path, restoredMark, at)); err != nil {
		return err
	}
	if err := errors.Join(os.Rename(fresh, s.Path), syncDir(filepath.Dir(s.Path))); err != nil {
		return err
	}
	s.found.Restored = true
	if err := s.putInOrder(ctx); err != nil {
		return err
	}
	s.Log.Info("restored", "seconds", time.Since(began).Seconds(), "set aside", s.found.Aside)
	return nil
}

// putInOrder lets the copy go on from the file.
func (s *starting) putInOrder(ctx context.Context) error {
	if err := s.dropAhead(ctx); err != nil {
		return err
	}
	removeMark(s.Path, restoredMark)
	return setMark(s.Path, runningMark, bootID())
}

// checkPresent makes sure that the copy may go on from this file. found.Doubt is what kept it from being sure; until then every mark stays.
func (s *starting) checkPresent(ctx context.Context) error {
	err := s.settle(ctx)
	var lacks *Behind
	if errors.As(err, &lacks) {
		return err
	}
	if err != nil && s.found.Doubt == nil {
		s.Log.Warn("the continuous copy does not answer; the program starts, and copies when it does", "error", err)
	}
	s.found.Doubt = err
	return nil
}

// settle compares where the file may lack something, unless somebody who knows has said that it counts all the same.
func (s *starting) settle(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	at, err := within(asking, func() (standing, error) { return s.standing(asking) })
	if err != nil {
		return err
	}
	_, accepted := readMark(s.Path, acceptedMark)
	_, restored := readMark(s.Path, restoredMark)
	if at.doubt && !accepted && !restored {
		if err := s.compare(ctx); err != nil {
			return err
		}
	}
	if at.foreign { // what Litestream remembers is about another history: it begins anew, with all of the file
		if err := setAside(metaPath(s.Path)); err != nil {
			return err
		}
	}
	if !at.doubt && !restored {
		return setMark(s.Path, runningMark, bootID())
	}
	return s.putInOrder(ctx)
}

// standing is how the file and its copy stand to each other.
type standing struct {
	doubt   bool // the file may lack something that the copy has
	foreign bool // the copy is not the one of which Litestream remembers the last transactions
}

// standing asks. The file lacks nothing as long as the machine ran on and it is the one that was copied: what a program has written is
// there for the next one.
func (s *starting) standing(ctx context.Context) (at standing, err error) {
	boot, running := readMark(s.Path, runningMark)
	newest, err := s.newest(ctx)
	if err != nil {
		return at, err
	}
	here := localNewest(s.Path)
	if newest == nil {
		at.foreign = here > 0
		return at, nil
	}
	at.doubt = newest.MaxTXID > here || running && boot != bootID()
	if newest.MaxTXID <= here {
		same, err := s.sameHere(ctx, newest)
		if err != nil {
			return at, err
		}
		at.foreign = !same
		at.doubt = at.doubt || !same
	}
	return at, nil
}

// sameHere says whether a file of the copy is the one that Litestream has here under the same number, by size and head, which holds the
// moment and checksums. Not to have it any more is no difference that matters: the copy then gets all of the database once.
func (s *starting) sameHere(ctx context.Context, f *ltx.FileInfo) (bool, error) {
	if f.Level > 0 {
		return false, nil
	}
	mine, err := os.Open(filepath.Join(metaPath(s.Path), "ltx", "0", ltx.FormatFilename(f.MinTXID, f.MaxTXID)))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer mine.Close()
	info, err := mine.Stat()
	if err != nil || info.Size() != f.Size {
		return false, err
	}
	theirs, err := s.client.OpenLTXFile(ctx, 0, f.MinTXID, f.MaxTXID, 0, ltx.HeaderSize)
	if err != nil {
		return false, err
	}
	a, b := make([]byte, ltx.HeaderSize), make([]byte, ltx.HeaderSize)
	_, errA := io.ReadFull(mine, a)
	_, errB := io.ReadFull(theirs, b)
	return bytes.Equal(a, b), errors.Join(errA, errB, theirs.Close())
}

// within gives up where a client knows no deadline, as that of SFTP while it connects.
func within[T any](ctx context.Context, ask func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	got := make(chan answer, 1)
	go func() { v, err := ask(); got <- answer{v, err} }()
	select {
	case a := <-got:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("no answer: %w", ctx.Err())
	}
}

// newest is the file with the last transaction that the copy has, a single one if there is; nil where the copy is empty.
func (s *starting) newest(ctx context.Context) (newest *ltx.FileInfo, err error) {
	for level := range litestream.SnapshotLevel + 1 {
		files, err := filesAt(ctx, s.client, level)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if newest == nil || f.MaxTXID > newest.MaxTXID {
				newest = f
			}
		}
	}
	return newest, nil
}

// Behind is the error of Open where the file lacks what the copy has: somebody must say which counts.
type Behind struct {
	Place string
	Lacks error
}

func (b *Behind) Error() string {
	return fmt.Sprintf("the database file lacks changes that its continuous copy at %s has (%v)", b.Place, b.Lacks)
}

// compare restores the copy beside the file and lets the two be compared.
func (s *starting) compare(ctx context.Context) error {
	scratch := s.Path + ".compared"
	if err := removeDatabase(scratch); err != nil {
		return err
	}
	defer removeDatabase(scratch) //nolint:errcheck // removed before the next comparison, too
	if err := s.restore(ctx, s.client, scratch, time.Time{}, litestream.IntegrityCheckQuick, s.Log); err != nil {
		return err
	}
	if err := s.Compare(ctx, scratch); err != nil {
		return &Behind{s.Place, err}
	}
	return nil
}

// HasCopy says whether anything can be restored in the place of a file that is missing.
func (c Config) HasCopy(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	s := starting{Config: c, client: c.replica.client("")}
	newest, err := within(ctx, func() (*ltx.FileInfo, error) { return s.newest(ctx) })
	if err != nil {
		err = fmt.Errorf("the database file %s is missing, and whether there is a continuous copy at %s cannot be told: %w", c.Path, c.Place, err)
	}
	return newest != nil, err
}

// dropAhead cures a defect of Litestream 0.5. A full copy is made from the state here, which the single transactions on the copy may not
// have reached yet. If all is lost at that moment, the restored database is that of the full copy, but the numbers of transactions go on
// from the last single one: they are given twice, and a later restore takes the old full copy for the newer state and leaves out what has
// been written since. So whatever ends beyond the last single transaction is set aside before anything is written.
func (s *starting) dropAhead(ctx context.Context) error {
	single, err := filesAt(ctx, s.client, 0)
	if err != nil {
		return err
	}
	var top ltx.TXID
	for _, f := range single {
		top = max(top, f.MaxTXID)
	}
	aside := s.replica.client(".lost-" + time.Now().UTC().Format("20060102-150405"))
	for level := 1; level <= litestream.SnapshotLevel; level++ {
		files, err := filesAt(ctx, s.client, level)
		if err != nil {
			return err
		}
		for _, f := range files {
			if f.MaxTXID <= top {
				continue
			}
			if err := moveTo(ctx, aside, s.client, f); err != nil {
				return fmt.Errorf("set aside what is ahead on the continuous copy: %w", err)
			}
			s.found.Aside++
		}
	}
	return nil
}

func moveTo(ctx context.Context, aside, client litestream.ReplicaClient, f *ltx.FileInfo) error {
	if err := aside.Init(ctx); err != nil {
		return err
	}
	content, err := client.OpenLTXFile(ctx, f.Level, f.MinTXID, f.MaxTXID, 0, 0)
	if err != nil {
		return err
	}
	_, err = aside.WriteLTXFile(ctx, f.Level, f.MinTXID, f.MaxTXID, content)
	if err := errors.Join(err, content.Close()); err != nil {
		return err
	}
	return client.DeleteLTXFiles(ctx, []*ltx.FileInfo{f})
}

func filesAt(ctx context.Context, client litestream.ReplicaClient, level int) ([]*ltx.FileInfo, error) {
	all, err := client.LTXFiles(ctx, level, 0, false)
	if err != nil {
		return nil, err
	}
	files, err := ltx.SliceFileIterator(all)
	return files, errors.Join(err, all.Close())
}
