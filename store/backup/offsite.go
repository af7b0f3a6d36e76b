package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"wakakusa/store/offsite"
)

// CopiedOut says what was taken to another place.
type CopiedOut struct {
	Place string `json:"place"`
	Files int    `json:"files"` // that were not there
	Bytes int64  `json:"bytes"`
	Kept  int    `json:"kept"` // backups that are there now
}

// CopyOut takes what is missing in another place there, and removes there what need not be kept. A backup counts there when its report is
// there, which goes last.
func (k *Keeper) CopyOut(ctx context.Context, to offsite.Place, told Progress) (c CopiedOut, err error) {
	here, err := List(k.Dir)
	if err != nil {
		return c, err
	}
	kept := Kept(here, k.Now(), k.Days, k.Months)
	there, err := sizes(ctx, to)
	if err != nil {
		return c, err
	}
	for i, b := range here {
		told.of(StepOffSite)(int64(i), int64(len(here)))
		if b.Report == nil || !kept[b.Name] {
			continue
		}
		for _, name := range []string{b.Files, b.Name, b.Name + ".json"} {
			n, err := k.putIfMissing(ctx, to, there, name)
			if err != nil {
				return c, fmt.Errorf("off-site copy of %s: %w", name, err)
			}
			if n > 0 {
				c.Files, c.Bytes = c.Files+1, c.Bytes+n
			}
		}
	}
	c.Kept, err = k.pruneThere(ctx, to)
	return c, err
}

func sizes(ctx context.Context, at offsite.Place) (map[string]int64, error) {
	list, err := at.List(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]int64{}
	for _, f := range list {
		all[f.Name] = f.Bytes
	}
	return all, nil
}

func (k *Keeper) putIfMissing(ctx context.Context, to offsite.Place, there map[string]int64, name string) (int64, error) {
	if name == "" {
		return 0, nil
	}
	f, err := os.Open(filepath.Join(k.Dir, name))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if size, ok := there[name]; ok && size == info.Size() {
		return 0, nil
	}
	return info.Size(), to.Put(ctx, name, f, info.Size())
}

// pruneThere keeps there what would be kept here.
func (k *Keeper) pruneThere(ctx context.Context, at offsite.Place) (left int, err error) {
	there, err := sizes(ctx, at)
	if err != nil {
		return 0, err
	}
	var all []Backup
	for name, bytes := range there {
		if made, ok := MadeAt(name); ok {
			b := Backup{Name: name, Made: made, Bytes: bytes}
			if _, whole := there[name+".json"]; whole {
				b.Report = &Report{Name: name}
			}
			all = append(all, b)
		}
	}
	kept := Kept(all, k.Now(), k.Days, k.Months)
	for _, b := range all {
		if kept[b.Name] {
			left++
			continue
		}
		for _, name := range []string{b.Name + ".json", b.Name, filesOf(b.Name, there)} {
			if name != "" {
				err = errors.Join(err, at.Remove(ctx, name))
			}
		}
	}
	return left, err
}

// filesOf is the name of the archive made with a backup.
func filesOf(name string, there map[string]int64) string {
	stem := filesPrefix + name[len(prefix):len(prefix)+len(moment)] + ".tar.zst"
	for _, x := range []string{stem, stem + ".age"} {
		if _, ok := there[x]; ok {
			return x
		}
	}
	return ""
}

// NewestAt is the newest backup of another place as a source for a drill: its bytes must be those that were verified, and if it can be
// opened here it is restored.
func NewestAt(from offsite.Place, scratch string) Source {
	return Source{"offsite", func(ctx context.Context, to string) error {
		there, err := sizes(ctx, from)
		if err != nil {
			return err
		}
		newest := ""
		for name := range there {
			if _, ok := MadeAt(name); ok && name > newest && there[name+".json"] > 0 {
				newest = name
			}
		}
		if newest == "" {
			return errors.New("there is no backup")
		}
		fetched := filepath.Join(scratch, ".fetched-"+newest)
		defer os.Remove(fetched) //nolint:errcheck // of no use any more
		if err := fetch(ctx, from, newest, fetched); err != nil {
			return err
		}
		_, err = load(ctx, fetched, newest, nil, to, nil)
		return err
	}}
}

// fetch brings a backup and compares it with its report.
func fetch(ctx context.Context, from offsite.Place, name, to string) (err error) {
	var r Report
	report, err := from.Get(ctx, name+".json")
	if err != nil {
		return err
	}
	err = json.NewDecoder(io.LimitReader(report, 1<<20)).Decode(&r)
	if err := errors.Join(err, report.Close()); err != nil {
		return err
	}
	content, err := from.Get(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	f, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), content)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != r.Sum {
		return fmt.Errorf("%s has sha256 %s, its report says %s", name, got, r.Sum)
	}
	return nil
}
