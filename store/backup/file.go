package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// sealed writes a file that gets its name only when it is whole and on the disk: through a checksum, encryption and compression, as its
// name says.
type sealed struct {
	io.Writer
	file *os.File
	sum  hash.Hash
	ends []io.Closer // innermost first
}

// create begins path.part.
func create(path string, recipients []age.Recipient) (*sealed, error) {
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	s := &sealed{file: f, sum: sha256.New()}
	buffered := bufio.NewWriterSize(io.MultiWriter(f, s.sum), 1<<20)
	s.Writer, s.ends = buffered, append(s.ends, flusher{buffered})
	if strings.HasSuffix(path, ".age") {
		w, err := age.Encrypt(s.Writer, recipients...)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		s.Writer, s.ends = w, append(s.ends, w)
	}
	if strings.HasSuffix(strings.TrimSuffix(path, ".age"), ".zst") {
		w, err := zstd.NewWriter(s.Writer, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		s.Writer, s.ends = w, append(s.ends, w)
	}
	return s, nil
}

type flusher struct{ *bufio.Writer }

func (f flusher) Close() error { return f.Flush() }

// close ends the writing and says what the checksum is. The file has no name yet.
func (s *sealed) close() (sum string, err error) {
	for i := len(s.ends) - 1; i >= 0; i-- {
		err = errors.Join(err, s.ends[i].Close())
	}
	err = errors.Join(err, s.file.Sync(), s.file.Close())
	return hex.EncodeToString(s.sum.Sum(nil)), err
}

// opened reads a backup, or what is to become one, from the beginning as often as it is asked to.
type opened struct {
	path       string // of the file
	name       string // which says how it is packed
	identities []age.Identity
	file       *os.File
	packed     *zstd.Decoder
	io.Reader
}

// open reads what create wrote; for an encrypted file an identity is needed.
func open(path, name string, identities []age.Identity) (*opened, error) {
	o := &opened{path: path, name: name, identities: identities}
	if _, err := o.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return o, nil
}

// ErrEncrypted means that nobody gave the key.
var ErrEncrypted = errors.New("the backup is encrypted: its identity file is needed")

// Seek goes to the beginning, which is the only place it knows.
func (o *opened) Seek(offset int64, whence int) (_ int64, err error) {
	if offset != 0 || whence != io.SeekStart {
		return 0, errors.New("a packed file is read from the beginning")
	}
	if err := o.Close(); err != nil {
		return 0, err
	}
	if o.file, err = os.Open(o.path); err != nil {
		return 0, err
	}
	o.Reader = bufio.NewReaderSize(o.file, 1<<20)
	if strings.HasSuffix(o.name, ".age") {
		if len(o.identities) == 0 {
			return 0, ErrEncrypted
		}
		if o.Reader, err = age.Decrypt(o.Reader, o.identities...); err != nil {
			return 0, fmt.Errorf("%s: %w", filepath.Base(o.path), err)
		}
	}
	if strings.HasSuffix(strings.TrimSuffix(o.name, ".age"), ".zst") {
		if o.packed, err = zstd.NewReader(o.Reader, zstd.WithDecoderConcurrency(1)); err != nil {
			return 0, err
		}
		o.Reader = o.packed
	}
	return 0, nil
}

// Close lets go of the file.
func (o *opened) Close() error {
	if o.packed != nil {
		o.packed.Close()
		o.packed = nil
	}
	if o.file == nil {
		return nil
	}
	err := o.file.Close()
	o.file = nil
	return err
}

// Identities reads the keys of a file made by age-keygen.
func Identities(path string) ([]age.Identity, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return age.ParseIdentities(f)
}

// writeFile makes a small file whole or not at all.
func writeFile(path string, content []byte) error {
	f, err := os.OpenFile(path+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path+".part"))
	}
	return rename(path)
}

// rename gives what was begun as path.part its name, and makes it last.
func rename(path string) error {
	if err := os.Rename(path+".part", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
