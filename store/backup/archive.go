package backup

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
)

// Beside goes into the archive of files that is made with each backup: what a new machine needs besides the rows.
type Beside struct {
	Paths   []string          // files and directories; one that is not there is left out
	Content map[string][]byte // by name
}

const (
	filesPrefix = "wakakusa_shift_files_"
	sumsName    = "SHA256SUMS" // last in the archive: the checksum of each file before it
)

// archive writes the files and reads them back. Its name says the same moment as the backup's.
func (m *making) archive(ctx context.Context) (err error) {
	name := strings.Replace(strings.TrimSuffix(strings.TrimSuffix(m.Name, ".age"), ".zst"), prefix, filesPrefix, 1)
	name = strings.TrimSuffix(name, ".sql") + ".tar.zst"
	if m.Encrypted {
		name += ".age"
	}
	m.Files = name
	to, err := m.create(filepath.Join(m.Dir, name))
	if err != nil {
		return err
	}
	sums, err := writeTar(ctx, to, m.Beside, m.Made)
	sum, closed := to.close()
	if err := errors.Join(err, closed); err != nil {
		return err
	}
	m.FilesSum = sum
	var keys []age.Identity
	if m.key != nil {
		keys = append(keys, m.key)
	}
	from, err := open(filepath.Join(m.Dir, name+".part"), name, keys)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	found, err := readTar(from)
	if err == nil && !maps.Equal(found, sums) {
		err = errors.New("the archive of files does not hold what was written")
	}
	return err
}

// tarWriter keeps the checksums of what it writes.
type tarWriter struct {
	*tar.Writer
	sums map[string]string
	made time.Time
}

func writeTar(ctx context.Context, to io.Writer, b Beside, made time.Time) (map[string]string, error) {
	w := tarWriter{tar.NewWriter(to), map[string]string{}, made}
	for _, root := range b.Paths {
		if err := w.tree(ctx, root); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.Content)) {
		if err := w.file(name, strings.NewReader(string(b.Content[name])), int64(len(b.Content[name]))); err != nil {
			return nil, err
		}
	}
	var list strings.Builder
	for _, name := range slices.Sorted(maps.Keys(w.sums)) {
		fmt.Fprintf(&list, "%s  %s\n", w.sums[name], name)
	}
	sums := maps.Clone(w.sums)
	return sums, errors.Join(w.file(sumsName, strings.NewReader(list.String()), int64(list.Len())), w.Close())
}

// tree adds a file, or a directory with all that is in it. Links are not followed: what they lead to may be anywhere.
func (w tarWriter) tree(ctx context.Context, root string) error {
	base := filepath.Dir(filepath.Clean(root))
	return filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		switch {
		case at == root && errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case !d.Type().IsRegular():
			return nil
		}
		name, err := filepath.Rel(base, at)
		if err != nil {
			return err
		}
		f, err := os.Open(at)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return w.file(path.Clean(filepath.ToSlash(name)), f, info.Size())
	})
}

func (w tarWriter) file(name string, from io.Reader, size int64) error {
	if err := w.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: w.made, Typeflag: tar.TypeReg, Format: tar.FormatPAX}); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(from, size)); err != nil {
		return err
	}
	w.sums[name] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// readTar returns the checksums of the files, and fails if the list at the end says others.
func readTar(from io.Reader) (map[string]string, error) {
	sums, listed := map[string]string{}, map[string]string{}
	for r := tar.NewReader(from); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if h.Name == sumsName {
			for lines := bufio.NewScanner(r); lines.Scan(); {
				if sum, name, ok := strings.Cut(lines.Text(), "  "); ok {
					listed[name] = sum
				}
			}
			continue
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, r); err != nil {
			return nil, err
		}
		sums[h.Name] = hex.EncodeToString(sum.Sum(nil))
	}
	if !maps.Equal(sums, listed) {
		return nil, errors.New("the archive of files is not what its list of checksums says")
	}
	return sums, nil
}
