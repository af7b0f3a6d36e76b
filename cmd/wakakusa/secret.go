package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"wakakusa/seal"
)

// keyFile holds the secret key that is made when none was given. Only in development: elsewhere it is required.
const keyFile = "secret.key"

// sealer seals with SECRET_KEY.
func (c Config) sealer() (*seal.Sealer, error) {
	key := c.SecretKey
	if key == "" && c.AppEnv != "development" {
		return nil, errors.New("SECRET_KEY is missing")
	}
	if key == "" {
		var err error
		if key, err = ownKey(filepath.Join(c.Data, keyFile)); err != nil {
			return nil, err
		}
	}
	return seal.New(key, c.SecretFormer...)
}

// ownKey reads the key of a development installation, or makes it once.
func ownKey(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	key := seal.NewSecret()
	return key, writeNew(path, key+"\n")
}

// writeNew writes a file for its owner only. One that is there stays as it is, and is an error.
func writeNew(path, text string) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync())
}
