package app

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// argon2id with the parameters that OWASP names as the least (19 MiB, 2 passes, 1 lane).
const (
	argonMemory = 19 * 1024 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16

	maxDjangoRounds = 5_000_000 // more would be a way to keep a server busy
)

var errScheme = errors.New("password hash of an unknown scheme")

// hashPassword makes a PHC string. It waits for one of two places, so that many sign-ins at once cannot take all memory.
func (a *App) hashPassword(ctx context.Context, password string) (string, error) {
	release, err := a.hashPlace(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key := argon2.IDKey([]byte(norm.NFC.String(password)), salt, argonPasses, argonMemory, argonLanes, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", argonMemory, argonPasses, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

func (a *App) hashPlace(ctx context.Context) (release func(), err error) {
	select {
	case a.hash <- struct{}{}:
		return func() { <-a.hash }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// checkPassword compares a password with a stored hash; stale says the hash should be made anew. An empty hash never matches,
// after the same time as any other.
func (a *App) checkPassword(ctx context.Context, stored, password string) (ok, stale bool, err error) {
	release, err := a.hashPlace(ctx)
	if err != nil {
		return false, false, err
	}
	defer release()
	switch {
	case strings.HasPrefix(stored, "$argon2id$"):
		return verifyArgon(stored, password)
	case strings.HasPrefix(stored, "pbkdf2_sha256$"):
		ok, err = verifyDjango(stored, password)
		return ok, true, err
	}
	argon2.IDKey([]byte(password), make([]byte, argonSalt), argonPasses, argonMemory, argonLanes, argonKey)
	return false, false, nil
}

func verifyArgon(stored, password string) (ok, stale bool, err error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[2] != "v=19" {
		return false, false, errScheme
	}
	var memory, passes, lanes uint32
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil || memory > 1<<20 || passes == 0 || passes > 100 || lanes == 0 || lanes > 16 {
		return false, false, errScheme
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) == 0 {
		return false, false, errScheme
	}
	got := argon2.IDKey([]byte(norm.NFC.String(password)), salt, passes, memory, uint8(lanes), uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, memory < argonMemory || passes < argonPasses, nil
}

// verifyDjango checks pbkdf2_sha256$ITERATIONS$SALT$BASE64, the former system's form: the salt is literal text.
func verifyDjango(stored, password string) (bool, error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 4 || parts[0] != "pbkdf2_sha256" {
		return false, errScheme
	}
	rounds, err := strconv.Atoi(parts[1])
	if err != nil || rounds < 1 || rounds > maxDjangoRounds {
		return false, errScheme
	}
	want, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil || len(want) != sha256.Size {
		return false, errScheme
	}
	got, err := pbkdf2.Key(sha256.New, password, []byte(parts[2]), rounds, len(want))
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

// secret makes a random text of 256 bits and the hash under which it is kept.
func secret() (text, hash string) {
	b := make([]byte, 32)
	rand.Read(b)
	text = base64.RawURLEncoding.EncodeToString(b)
	return text, HashSecret(text)
}

// HashSecret is how session ids and link tokens are kept: hex SHA-256. They are random, so no salt is needed.
func HashSecret(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
