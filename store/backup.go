package store

import (
	"io"
	"time"
)

// Backups are the daily backups, in a directory of the server.
type Backups interface {
	// Backups lists them, the newest first.
	Backups() ([]Backup, error)
	// OpenBackup reads one. NotFound.
	OpenBackup(name string) (io.ReadSeekCloser, error)
}

// Backup is a daily backup as it lies on the disk.
type Backup struct {
	Name      string
	Made      time.Time // the moment whose state it holds
	Verified  time.Time // when it had been restored and compared; zero: nobody knows
	Bytes     int64
	Rows      int64
	Took      time.Duration // to write and to check
	Encrypted bool
}

// Copy is how far the continuous copy of a SQLite file is.
type Copy struct {
	Place   string
	Lag     time.Duration // how old the newest moment is up to which everything is on the copy
	Failing bool          // the last attempt failed
}
