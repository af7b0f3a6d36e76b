package seal

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func sealer(t *testing.T, current string, former ...string) *Sealer {
	t.Helper()
	s, err := New(current, former...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func opens(t *testing.T, s *Sealer, purpose, text, want string) {
	t.Helper()
	if got, err := s.Open(purpose, text); err != nil || string(got) != want {
		t.Errorf("%q opened to %q, %v", purpose, got, err)
	}
}

func closed(t *testing.T, s *Sealer, purpose, text string) {
	t.Helper()
	if got, err := s.Open(purpose, text); !errors.Is(err, ErrClosed) || got != nil {
		t.Errorf("%q %q opened to %q, %v", purpose, text, got, err)
	}
}

func TestSeal(t *testing.T) {
	s := sealer(t, "one secret")
	for _, plain := range []string{"", "JBSWY3DPEHPK3PXP", strings.Repeat("あ", 5000)} {
		text := s.Seal("totp 0190", []byte(plain))
		opens(t, s, "totp 0190", text, plain)
		if plain != "" && strings.Contains(text, plain) || !s.Current(text) {
			t.Error(text)
		}
		if text == s.Seal("totp 0190", []byte(plain)) {
			t.Error("the same text was sealed to the same twice")
		}
	}
	opens(t, sealer(t, "one secret"), "totp 0190", s.Seal("totp 0190", []byte("after a restart")), "after a restart")
}

// TestPurposeIsBound: what is one person's does not open as another's.
func TestPurposeIsBound(t *testing.T) {
	s := sealer(t, "one secret")
	text := s.Seal("totp 0190", []byte("seed"))
	for _, other := range []string{"totp 0191", "", "totp 0190 ", "TOTP 0190"} {
		closed(t, s, other, text)
	}
}

// TestChanged: no single bit may differ.
func TestChanged(t *testing.T) {
	s := sealer(t, "one secret")
	text := s.Seal("p", []byte("seed"))
	for i := range text {
		changed := []byte(text)
		changed[i] ^= 1
		closed(t, s, "p", string(changed))
	}
	for _, bad := range []string{"", "s1", "s1.", "s1..", text[:len(text)-1], text + "A", "s2" + text[2:], strings.ReplaceAll(text, ".", "")} {
		closed(t, s, "p", bad)
		if bad != text+"A" && bad != text[:len(text)-1] && s.Current(bad) {
			t.Errorf("%q counts as sealed", bad)
		}
	}
}

// TestRotation: a former key opens and no longer seals; once it is gone, what it sealed stays closed.
func TestRotation(t *testing.T) {
	before := sealer(t, "old secret")
	text := before.Seal("p", []byte("seed"))
	during := sealer(t, "new secret", "older secret", "old secret")
	opens(t, during, "p", text, "seed")
	if during.Current(text) || !before.Current(text) {
		t.Error("whose key it is was taken wrongly")
	}
	anew := during.Seal("p", []byte("seed"))
	after := sealer(t, "new secret")
	opens(t, after, "p", anew, "seed")
	closed(t, after, "p", text)
	closed(t, before, "p", anew)
	opens(t, sealer(t, "same", "same"), "p", sealer(t, "same").Seal("p", []byte("x")), "x")
}

// TestSecretStaysInside: neither the secret nor the key stands in what is kept.
func TestSecretStaysInside(t *testing.T) {
	s := sealer(t, "canary-secret")
	if text := s.Seal("p", nil); strings.Contains(text, "canary") {
		t.Error(text)
	}
	if _, err := New("", "canary-secret"); err == nil || strings.Contains(err.Error(), "canary") {
		t.Error(err)
	}
	if _, err := New("a", ""); err == nil {
		t.Error("an empty former key was taken")
	}
}

func TestNewSecret(t *testing.T) {
	a, b := NewSecret(), NewSecret()
	if len(a) != 64 || a == b || bytes.Count([]byte(a), []byte(a[:1])) > 20 {
		t.Error(a, b)
	}
}

// sealedBefore was sealed by the first program that could: whatever changes here must still open it.
const sealedBefore = "s1.LoEhbgLs.YLs4gwySuNjwR7q-tzZXXeOdXyp6w3U8MSaDn0rV8dM"

func TestSealedBefore(t *testing.T) {
	opens(t, sealer(t, "one secret"), "p", sealedBefore, "seed")
}

// FuzzOpen: no text but a sealed one opens.
func FuzzOpen(f *testing.F) {
	s, err := New("one secret", "another")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealedBefore)
	f.Add("s1.." + sealedBefore)
	f.Add("s1.LoEhbgLs.")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := s.Open("p", text); err == nil && text != sealedBefore {
			t.Errorf("%q opens", text)
		}
	})
}
