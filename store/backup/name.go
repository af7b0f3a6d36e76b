package backup

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"wakakusa/roster"
	"wakakusa/store"
	"wakakusa/store/dump"
	"wakakusa/store/sqldb"
)

const (
	prefix = "wakakusa_shift_backup_"
	moment = "20060102_150405" // in Japan
)

var nameForm = regexp.MustCompile(`^` + prefix + `(\d{8}_\d{6})\.sql(\.zst)?(\.age)?$`)

// Backup is a file in the directory of backups. Only what has been restored and checked has such a name.
type Backup struct {
	Name  string
	Made  time.Time // the moment whose state it holds
	Bytes int64
	*Report
}

// Report says what is in a backup and how it was checked; it lies beside it as NAME.json.
type Report struct {
	Name      string            `json:"name"`
	Bytes     int64             `json:"bytes"`
	Sum       string            `json:"sha256"` // of the file
	Schema    int64             `json:"schema"`
	Rows      int64             `json:"rows"`
	Tables    []dump.Table      `json:"tables"`
	Revisions map[string]int64  `json:"revisions"` // by organisation's address, as restored
	Heads     []sqldb.AuditHead `json:"heads"`     // of the records, as restored: they must stay in the chain
	Made      time.Time         `json:"made"`
	Verified  time.Time         `json:"verified"` // when it had been restored and checked
	WroteMs   int64             `json:"wrote_ms"`
	CheckedMs int64             `json:"checked_ms"`
	Encrypted bool              `json:"encrypted"`
	Files     string            `json:"files"` // name of the archive of files made with it
	FilesSum  string            `json:"files_sha256"`
	Warning   string            `json:"warning,omitempty"`
}

// List reads the backups of a directory, the newest first. One that does not exist has none.
func List(dir string) ([]Backup, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Backup
	for _, e := range entries {
		made, ok := MadeAt(e.Name())
		info, err := e.Info()
		if !ok || err != nil || !info.Mode().IsRegular() {
			continue
		}
		all = append(all, Backup{e.Name(), made, info.Size(), readReport(filepath.Join(dir, e.Name()))})
	}
	slices.SortFunc(all, func(a, b Backup) int { return cmp.Or(b.Made.Compare(a.Made), cmp.Compare(a.Name, b.Name)) })
	return all, nil
}

// MadeAt reads the moment out of a name; false where it is not one of a backup.
func MadeAt(name string) (time.Time, bool) {
	m := nameForm.FindStringSubmatch(name)
	if m == nil {
		return time.Time{}, false
	}
	at, err := time.ParseInLocation(moment, m[1], roster.Japan)
	return at, err == nil
}

// readReport is nil where there is none, or one of another file.
func readReport(path string) *Report {
	content, err := os.ReadFile(path + ".json")
	var r Report
	if err != nil || json.Unmarshal(content, &r) != nil || r.Name != filepath.Base(path) {
		return nil
	}
	return &r
}

// Kept says which of the backups are kept at a moment: those of the last days, and of as many months the first of each. The newest that
// was verified is kept whatever its age.
func Kept(all []Backup, now time.Time, days, months int) map[string]bool {
	kept := map[string]bool{}
	first := map[string]Backup{}
	oldest := monthBefore(now.In(roster.Japan), months)
	newest := -1
	for i, b := range all {
		made := b.Made.In(roster.Japan)
		if made.After(now.In(roster.Japan).AddDate(0, 0, -days)) {
			kept[b.Name] = true
		}
		month := made.Format("2006-01")
		if known, ok := first[month]; !made.Before(oldest) && (!ok || b.Made.Before(known.Made)) {
			first[month] = b
		}
		if b.Report != nil && (newest < 0 || b.Made.After(all[newest].Made)) {
			newest = i
		}
	}
	for _, b := range first {
		kept[b.Name] = true
	}
	if newest >= 0 {
		kept[all[newest].Name] = true
	}
	return kept
}

// monthBefore is the beginning of the month so many months before.
func monthBefore(now time.Time, months int) time.Time {
	y, m, _ := now.Date()
	return time.Date(y, m-time.Month(months), 1, 0, 0, 0, 0, now.Location())
}

// Backups lists those of the keeper's directory.
func (k *Keeper) Backups() (list []store.Backup, err error) {
	all, err := List(k.Dir)
	for _, b := range all {
		x := store.Backup{Name: b.Name, Made: b.Made, Bytes: b.Bytes, Encrypted: strings.HasSuffix(b.Name, ".age")}
		if r := b.Report; r != nil {
			x.Verified, x.Rows, x.Took = r.Verified, r.Rows, time.Duration(r.WroteMs+r.CheckedMs)*time.Millisecond
		}
		list = append(list, x)
	}
	return list, err
}

// OpenBackup reads one of them as it lies on the disk. NotFound.
func (k *Keeper) OpenBackup(name string) (io.ReadSeekCloser, error) {
	if _, ok := MadeAt(name); !ok {
		return nil, roster.Refuse(roster.NotFound, "error.text_404")
	}
	f, err := os.Open(filepath.Join(k.Dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, roster.Refuse(roster.NotFound, "error.text_404")
	}
	return f, err
}
