// Package seal keeps secret what must be read back: texts are encrypted with keys that are derived from one secret of the installation.
// It knows nothing of what is in them.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// ErrClosed is the answer to a text that was sealed with another key, for another purpose, or was changed. It does not say which.
var ErrClosed = errors.New("the sealed text does not open: it was changed, is for another purpose, or its key is not among the keys")

// form is the first part of every sealed text: how it was made.
const form = "s1"

// Sealer seals with its present key and opens with former ones, too. It may be used from everywhere at once.
type Sealer struct {
	current string // id of the present key
	keys    map[string]cipher.AEAD
}

// New derives a key from each secret. The first seals; the former ones only open, while what they sealed is sealed anew.
func New(current string, former ...string) (*Sealer, error) {
	s := &Sealer{keys: map[string]cipher.AEAD{}}
	for _, secret := range append(former[:len(former):len(former)], current) {
		if secret == "" {
			return nil, errors.New("a key to seal with is empty")
		}
		id, key, err := derive(secret)
		if err != nil {
			return nil, err
		}
		s.keys[id], s.current = key, id
	}
	return s, nil
}

// derive makes of a secret a key and the key's name, neither of which tells the other.
func derive(secret string) (id string, key cipher.AEAD, err error) {
	name, err := hkdf.Key(sha256.New, []byte(secret), nil, "wakakusa seal id", 6)
	if err != nil {
		return "", nil, err
	}
	bits, err := hkdf.Key(sha256.New, []byte(secret), nil, "wakakusa seal key", 32)
	if err != nil {
		return "", nil, err
	}
	block, err := aes.NewCipher(bits)
	if err != nil {
		return "", nil, err
	}
	key, err = cipher.NewGCMWithRandomNonce(block)
	return base64.RawURLEncoding.EncodeToString(name), key, err
}

// Seal encrypts. The text opens for the same purpose only: name what it is and whose, so that it cannot be put in another's place.
func (s *Sealer) Seal(purpose string, plain []byte) string {
	sealed := s.keys[s.current].Seal(nil, nil, plain, []byte(purpose))
	return form + "." + s.current + "." + base64.RawURLEncoding.EncodeToString(sealed)
}

// Open decrypts. ErrClosed.
func (s *Sealer) Open(purpose, text string) ([]byte, error) {
	id, body, ok := parts(text)
	key, known := s.keys[id]
	if !ok || !known || strings.ContainsAny(body, "\r\n") { // the decoder would pass over breaks
		return nil, ErrClosed
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil {
		return nil, ErrClosed
	}
	plain, err := key.Open(nil, nil, sealed, []byte(purpose))
	if err != nil {
		return nil, ErrClosed
	}
	return plain, nil
}

// Current reports whether a text was sealed with the present key; if not, it wants to be sealed anew.
func (s *Sealer) Current(text string) bool {
	id, _, ok := parts(text)
	return ok && id == s.current
}

func parts(text string) (id, body string, ok bool) {
	rest, ok := strings.CutPrefix(text, form+".")
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, ".")
}

// NewSecret returns one that New takes: 384 random bits as 64 characters.
func NewSecret() string {
	bits := make([]byte, 48)
	rand.Read(bits) // never fails
	return base64.RawURLEncoding.EncodeToString(bits)
}
