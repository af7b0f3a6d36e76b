package sqldb

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strconv"

	"wakakusa/roster"
)

// What is recorded is chained: each entry carries a hash of the one before it and of itself. What may have to be erased one day, names, addresses
// and what was there before and after, goes in as a salted hash of its own, so that it can go while the chain stays and nothing tells what it was.

// digest hashes texts; each is led by its length, so that no two lists give the same.
func digest(texts ...string) string {
	h := sha256.New()
	for _, s := range texts {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(s)))
		h.Write(size[:])
		io.WriteString(h, s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// newSalt has 130 random bits.
func newSalt() string { return rand.Text() }

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// salted is an act, event or entry with the salt beside it; once what it told was erased, with the hash that is left of that.
type salted[T any] struct {
	of     T
	salt   string
	digest string
}

// part is the hash of what may be erased.
func (x salted[T]) part(erased int64, texts ...string) string {
	if erased != 0 {
		return x.digest
	}
	return digest(append([]string{x.salt}, texts...)...)
}

func actPart(x salted[roster.PastAct]) string { return x.part(x.of.Erased, x.of.Name, x.of.Address) }

func eventPart(x salted[roster.Event]) string {
	return x.part(x.of.Erased, string(x.of.Before), string(x.of.After))
}

func accessPart(x salted[roster.Access]) string {
	return x.part(x.of.Erased, x.of.Name, x.of.Address, string(x.of.Before), string(x.of.After))
}

// actChain is the chain of an act that follows another.
func actChain(before string, act salted[roster.PastAct], events []salted[roster.Event]) string {
	a := act.of
	texts := []string{
		before, string(a.Org), decimal(a.Revision), string(a.Actor), a.Key, a.Kind, a.Place, decimal(a.Undoes), decimal(a.AtMs), a.Request, a.SignIn,
		actPart(act),
	}
	for _, x := range events {
		e := x.of
		texts = append(texts, digest(decimal(int64(e.N)), e.Name, string(e.Site), string(e.Cell.Staff), dayText(e.Cell.Day), e.Subject, eventPart(x)))
	}
	return digest(texts...)
}

// accessChain is the chain of an entry of the access log that follows another.
func accessChain(before string, entry salted[roster.Access]) string {
	a := entry.of
	return digest(before, string(a.Org), decimal(a.N), decimal(a.AtMs), string(a.Account), a.Action, a.Subject, a.Request, a.SignIn, accessPart(entry))
}
