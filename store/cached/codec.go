package cached

import (
	"bytes"
	"encoding/gob"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"wakakusa/roster"
)

// codec writes an answer for other processes. Only shifts are shared: they are what takes long to read, and nothing of theirs is a secret
// that a telephone number or a birthday would be.
type codec struct {
	encode func(answer any) ([]byte, error)
	decode func(text []byte) (any, error)
}

var (
	copyCodec = &codec{
		encode: func(answer any) ([]byte, error) { return pack(answer.(published).list) },
		decode: func(text []byte) (any, error) {
			list, err := unpack(text)
			return newPublished(list), err
		},
	}
	sheetCodec = &codec{
		encode: func(answer any) ([]byte, error) { return packSheet(answer.(map[roster.StaffID][]roster.Shift)) },
		decode: func(text []byte) (any, error) {
			list, err := unpack(text)
			return roster.ByStaff(list), err
		},
	}
)

func packSheet(by map[roster.StaffID][]roster.Shift) ([]byte, error) {
	var list []roster.Shift
	for _, x := range by {
		list = append(list, x...)
	}
	return pack(list)
}

const unpackedAtMost = 64 << 20

// The library's own defaults hold several times this memory.
var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(unpackedAtMost))
)

func pack(list []roster.Shift) ([]byte, error) {
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(list); err != nil {
		return nil, err
	}
	return packer.EncodeAll(text.Bytes(), nil), nil
}

// unpack never panics, whatever it is given.
func unpack(text []byte) (list []roster.Shift, err error) {
	plain, err := unpacker.DecodeAll(text, nil)
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil { // gob does not promise to survive what it did not write
			list, err = nil, fmt.Errorf("%v", p)
		}
	}()
	if err := gob.NewDecoder(bytes.NewReader(plain)).Decode(&list); err != nil {
		return nil, err
	}
	once := map[string]string{} // ids that many shifts share
	for i := range list {
		s := &list[i]
		s.Site, s.Staff, s.Code, s.Approval = same(once, s.Site), same(once, s.Staff), same(once, s.Code), same(once, s.Approval)
	}
	return list, nil
}

// same returns the first of equal texts.
func same[T ~string](once map[string]string, text T) T {
	if first, ok := once[string(text)]; ok {
		return T(first)
	}
	once[string(text)] = string(text)
	return text
}
