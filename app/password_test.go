package app

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// Made with Python's hashlib, as Django's PBKDF2PasswordHasher does.
const (
	djangoSeasalt = "pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A="
	djangoUsual   = "pbkdf2_sha256$260000$iW3hmUcNxvzVqSYzJ4dY3r$re2ujT/UHkSqrNSAUbz+ETQCI0Smm6aDLZMucy4yAe0="
	djangoKana    = "pbkdf2_sha256$1$x$T4qbopLwCLt7aLJgXYgipjXWiL734xkSF8bDYd2I/dU="
)

func TestDjangoHashes(t *testing.T) {
	for stored, password := range map[string]string{
		djangoSeasalt: "lètmein", djangoUsual: "correct horse battery staple", djangoKana: "わかくさ合言葉2024",
	} {
		if ok, err := verifyDjango(stored, password); !ok || err != nil {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
		for _, wrong := range []string{"", password + " ", strings.ToUpper(password[:1]) + password[1:] + "x"} {
			if ok, err := verifyDjango(stored, wrong); ok || err != nil {
				t.Errorf("%q passes for %q (%v)", wrong, password, err)
			}
		}
	}
	start := time.Now()
	for _, bad := range []string{
		"pbkdf2_sha256$1000000000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=", "pbkdf2_sha256$0$s$AAAA", "pbkdf2_sha256$-1$s$AAAA",
		"pbkdf2_sha256$99999999999999999999$s$AAAA", "pbkdf2_sha256$1$s$", "pbkdf2_sha256$1$s$AAAA", "pbkdf2_sha256$1$s", "pbkdf2_sha256", "",
		"pbkdf2_sha1$1$s$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=", "pbkdf2_sha256$1$s$!!!!", "!unusable",
	} {
		if ok, err := verifyDjango(bad, ""); ok || !errors.Is(err, errScheme) {
			t.Errorf("%q: %v, %v", bad, ok, err)
		}
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("refusing bad hashes took %s", d)
	}
}

func TestPasswordHashes(t *testing.T) {
	a, ctx := New(nil, time.Now, newID), t.Context()
	h, err := a.hashPassword(ctx, "が")
	must(t, err)
	if other, _ := a.hashPassword(ctx, "が"); other == h || !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hashes %q and %q", h, other)
	}
	for password, want := range map[string]bool{"が": true, "か\u3099": true, "か": false, "": false} { // composed or not is the same password
		if ok, stale, err := a.checkPassword(ctx, h, password); ok != want || stale || err != nil {
			t.Errorf("%q: %v, stale %v, %v", password, ok, stale, err)
		}
	}
	for _, stored := range []string{"", "x", "$argon2i$v=19$m=1,t=1,p=1$AA$AA", "plain"} {
		if ok, _, _ := a.checkPassword(ctx, stored, stored); ok {
			t.Errorf("stored %q lets %q in", stored, stored)
		}
	}
	for _, stored := range []string{
		"$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$AA", "$argon2id$v=18$m=19456,t=2,p=1$c2FsdA$aGFzaA", "$argon2id$v=19$m=19456,t=2,p=0$c2FsdA$aGFzaA",
		"$argon2id$v=19$m=99999999,t=2,p=1$c2FsdA$aGFzaA", "$argon2id$v=19$m=19456,t=0,p=1$c2FsdA$aGFzaA", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$",
	} {
		if ok, _, err := a.checkPassword(ctx, stored, ""); ok || err == nil {
			t.Errorf("%q: %v, %v", stored, ok, err)
		}
	}
}

func FuzzDjangoHash(f *testing.F) {
	for _, s := range []string{djangoKana, "pbkdf2_sha256$1000000000$s$AAAA", "pbkdf2_sha256$1$$", "$$$", "pbkdf2_sha256$1$x$" + strings.Repeat("A", 43) + "="} {
		f.Add(s, "わかくさ合言葉2024")
	}
	f.Fuzz(func(t *testing.T, stored, password string) {
		if parts := strings.Split(stored, "$"); len(parts) > 1 && len(strings.TrimLeft(parts[1], "0+")) > 4 && len(parts[1]) < 8 {
			return // honest but slow: thousands of rounds
		}
		ok, err := verifyDjango(stored, password)
		if parts := strings.Split(stored, "$"); err == nil && (len(parts) != 4 || parts[0] != "pbkdf2_sha256" || len(parts[3]) < 44) {
			t.Errorf("%q is taken for a hash", stored)
		}
		if ok && err != nil {
			t.Errorf("%q: passes with an error %v", stored, err)
		}
	})
}
