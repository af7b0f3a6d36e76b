package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
	"github.com/dustin/go-humanize"

	"wakakusa/roster"
	"wakakusa/store/backup"
	"wakakusa/store/sqldb"
)

// backupCmd is for the one who runs the server. The program may run meanwhile.
type backupCmd struct {
	Now    backupNowCmd    `cmd:"" help:"Make a backup, restore it on trial, and keep it if it is whole."`
	Status backupStatusCmd `cmd:"" help:"Say how the backups and the continuous copy stand."`
	Verify backupVerifyCmd `cmd:"" help:"Restore backups on trial once more."`
}

type backupNowCmd struct{}

// keeper is what makes backups, for a command. done lets go of the database; a SQLite file is read beside the program that has it.
func (e *env) keeper() (k *backup.Keeper, done func() error, err error) {
	var db *sqldb.DB
	done = func() error { return nil }
	if e.config.onMySQL() {
		open, err := openStore(e.ctx, e.config)
		if err != nil {
			return nil, nil, err
		}
		db, done = open.DB, open.Close
	}
	if k = e.config.backups(db); k == nil {
		return nil, nil, errors.Join(errors.New("BACKUP_DIR is off"), done())
	}
	return k, done, nil
}

func (backupNowCmd) Run(e *env) (err error) {
	k, done, err := e.keeper()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	write, check := progress[int64](os.Stderr, "書き出し"), progress[int64](os.Stderr, "確認")
	r, err := k.Make(e.ctx, func(step backup.Step, done, total int64) {
		switch step {
		case backup.StepWrite:
			write(done, total)
		case backup.StepCheck:
			check(done, total)
		}
	})
	if err != nil {
		return err
	}
	printTables(e.out, r.Tables)
	fmt.Fprintf(e.out, "バックアップを取り、戻して確かめました: %s (%d 行、%s、%.1f 秒)\n", filepath.Join(k.Dir, r.Name), r.Rows, humanize.Bytes(uint64(r.Bytes)),
		float64(r.WroteMs+r.CheckedMs)/1000)
	if r.Warning != "" {
		fmt.Fprintln(e.out, r.Warning)
	}
	if e.config.OffSite == "" {
		return nil
	}
	c, err := copyOut(e.ctx, e.config, k, nil)
	if err != nil {
		return fmt.Errorf("the backup is here, but not off-site: %w", err)
	}
	fmt.Fprintf(e.out, "遠くの控えに写しました: %s (%d 個、%s)\n", c.Place, c.Files, humanize.Bytes(uint64(c.Bytes)))
	return nil
}

type backupStatusCmd struct {
	JSON bool `name:"json" help:"As JSON."`
}

// status is what can be known beside a running program.
type status struct {
	Backups []backup.Backup `json:"backups"`
	Dir     string          `json:"dir"`
	Fresh   bool            `json:"fresh"` // the newest that was verified is not too old
	Copy    *copyStatus     `json:"copy,omitempty"`
}

type copyStatus struct {
	Place    string    `json:"place"`
	From, To time.Time // moments that can be restored; zero: nothing
	Failure  string    `json:"failure,omitempty"`
	Seconds  *float64  `json:"seconds,omitempty"` // how far it is behind, if the program runs here and says so
}

func (c backupStatusCmd) Run(e *env) error {
	var s status
	if k := e.config.backups(nil); k != nil {
		var err error
		if s.Backups, err = backup.List(k.Dir); err != nil {
			return err
		}
		s.Dir = k.Dir
		for _, b := range s.Backups {
			s.Fresh = s.Fresh || b.Report != nil && time.Since(b.Made) < freshBackup
		}
	}
	to, on, err := e.config.replica()
	if err != nil {
		return err
	}
	if on {
		s.Copy = &copyStatus{Place: to.Place, Seconds: lagOf(e.ctx, e.config)}
		if s.Copy.From, s.Copy.To, err = to.Span(e.ctx); err != nil {
			s.Copy.Failure = err.Error()
		}
	}
	if c.JSON {
		text, err := json.MarshalIndent(s, "", " ")
		if err == nil {
			_, err = fmt.Fprintf(e.out, "%s\n", text)
		}
		return err
	}
	s.print(e.out)
	return nil
}

// lagOf asks the program that runs here how far its copy is behind; nil where none answers.
func lagOf(ctx context.Context, cfg Config) *float64 {
	answer, _ := askSelf(ctx, cfg, "/health/")
	if answer == nil {
		return nil
	}
	defer answer.Body.Close()
	var health struct {
		Checks []struct {
			Name    string
			Seconds *float64
		}
	}
	if json.NewDecoder(io.LimitReader(answer.Body, 1<<16)).Decode(&health) != nil {
		return nil
	}
	for _, x := range health.Checks {
		if x.Name == "replica" {
			return x.Seconds
		}
	}
	return nil
}

func (s status) print(out io.Writer) {
	switch {
	case s.Dir == "":
		fmt.Fprintln(out, "毎日のバックアップ: 取らない設定です (BACKUP_DIR=off)")
	case len(s.Backups) == 0:
		fmt.Fprintf(out, "毎日のバックアップ: %s にはまだありません\n", s.Dir)
	default:
		state := "新しいものがあります"
		if !s.Fresh {
			state = "最後に確かめたものが古くなっています"
		}
		fmt.Fprintf(out, "毎日のバックアップ: %s (%d 個、%s)\n", s.Dir, len(s.Backups), state)
		for _, b := range s.Backups {
			checked := "未確認"
			if b.Report != nil {
				checked = "確認済み " + japanese(b.Verified)
			}
			fmt.Fprintf(out, "  %s  %10s  %s\n", b.Name, humanize.Bytes(uint64(b.Bytes)), checked)
		}
	}
	switch c := s.Copy; {
	case c == nil:
		fmt.Fprintln(out, "連続バックアップ: 使っていません")
	case c.Failure != "":
		fmt.Fprintf(out, "連続バックアップ: %s\n  応答がありません: %s\n", c.Place, c.Failure)
	case c.To.IsZero():
		fmt.Fprintf(out, "連続バックアップ: %s (まだ何もありません)\n", c.Place)
	default:
		fmt.Fprintf(out, "連続バックアップ: %s\n  戻せる時点: %s から %s まで\n", c.Place, japanese(c.From), japanese(c.To))
		if c.Seconds != nil {
			fmt.Fprintf(out, "  遅れ: %.1f 秒\n", *c.Seconds)
		}
	}
}

func japanese(at time.Time) string { return at.In(roster.Japan).Format("2006-01-02 15:04:05") }

type backupVerifyCmd struct {
	Files    []string `arg:"" optional:"" name:"path" help:"Backups; by default the newest." type:"existingfile"`
	All      bool     `help:"All in the directory of backups."`
	Identity string   `help:"File with the age key that opens encrypted backups." type:"existingfile"`
	JSON     bool     `name:"json" help:"As JSON, one line for each."`
}

// verified is the outcome for one file.
type verified struct {
	Name    string  `json:"name"`
	OK      bool    `json:"ok"`
	Failure string  `json:"failure,omitempty"`
	Rows    int64   `json:"rows"`
	Seconds float64 `json:"seconds"`
}

func (c backupVerifyCmd) Run(e *env) error {
	files, err := c.files(e.config)
	if err != nil {
		return err
	}
	keys, err := identities(c.Identity)
	if err != nil {
		return err
	}
	k := e.config.backups(nil)
	if k == nil {
		k = &backup.Keeper{Dir: e.config.Data, Scratch: e.config.Data}
	}
	bad := 0
	for _, path := range files {
		began := time.Now()
		found, err := k.Verify(e.ctx, path, keys, progress[int64](os.Stderr, "確認"))
		v := verified{Name: filepath.Base(path), OK: err == nil, Rows: found.Rows, Seconds: time.Since(began).Seconds()}
		if err != nil {
			v.Failure = err.Error()
			bad++
		}
		if err := v.print(e.out, c.JSON); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d backups are not whole", bad, len(files))
	}
	return nil
}

func (c backupVerifyCmd) files(cfg Config) ([]string, error) {
	if len(c.Files) > 0 {
		return c.Files, nil
	}
	k := cfg.backups(nil)
	if k == nil {
		return nil, errors.New("BACKUP_DIR is off: name the files")
	}
	all, err := backup.List(k.Dir)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no backup in %s", k.Dir)
	}
	var files []string
	for _, b := range all {
		files = append(files, filepath.Join(k.Dir, b.Name))
		if !c.All {
			break
		}
	}
	return files, nil
}

func identities(path string) ([]age.Identity, error) {
	if path == "" {
		return nil, nil
	}
	return backup.Identities(path)
}

func (v verified) print(out io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(v)
	}
	state := fmt.Sprintf("問題ありません (%d 行、%.1f 秒)", v.Rows, v.Seconds)
	if !v.OK {
		state = "戻せません: " + v.Failure
	}
	_, err := fmt.Fprintf(out, "%s  %s\n", v.Name, state)
	return err
}
