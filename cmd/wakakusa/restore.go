package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"wakakusa/app"
	"wakakusa/roster"
	"wakakusa/store/backup"
	"wakakusa/store/replica"
	"wakakusa/store/sqldb"
)

// restoreCmd puts the database back. The program must not run.
type restoreCmd struct {
	File     string `arg:"" optional:"" name:"path" help:"Backup to restore; by default the newest state of the continuous copy." type:"existingfile"`
	At       string `help:"The state of a moment of the continuous copy, Japan time: \"2026-11-20 14:30\"." placeholder:"MOMENT" xor:"what"`
	To       string `help:"Write a SQLite file instead of putting it in place." placeholder:"PATH"`
	Keep     bool   `help:"Restore nothing: go on with the database file as it is, though the continuous copy has more." xor:"what"`
	Identity string `help:"File with the age key that opens an encrypted backup." type:"existingfile"`
	Name     string `help:"The name that would be asked for, where nobody can type it." placeholder:"NAME"`
}

func (c restoreCmd) Run(e *env) error {
	from, err := c.source(e.config)
	switch {
	case err != nil:
		return err
	case c.Keep:
		return c.keep(e)
	case c.To != "":
		return c.write(e, from)
	case e.config.onMySQL():
		return c.intoServer(e, from)
	}
	return c.inPlace(e, from)
}

// origin is where a restore takes its state from: a backup, or the continuous copy at a moment or at its newest.
type origin struct {
	file string
	keys []age.Identity
	at   time.Time // zero: the newest
}

func (c restoreCmd) source(cfg Config) (o origin, err error) {
	if c.At != "" {
		if o.at, err = parseMoment(c.At); err != nil {
			return o, err
		}
	}
	if c.File != "" && c.At != "" {
		return o, errors.New("a backup holds one moment only: --at is for the continuous copy")
	}
	o.file = c.File
	o.keys, err = identities(c.Identity)
	if _, on, failed := cfg.replica(); err == nil && o.file == "" && (failed != nil || !on) {
		err = errors.Join(failed, errors.New("there is no continuous copy: name the backup"))
	}
	return o, err
}

// parseMoment reads a moment in Japan.
func parseMoment(text string) (time.Time, error) {
	for _, form := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04"} {
		if at, err := time.ParseInLocation(form, text, roster.Japan); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no moment; write it as \"2026-11-20 14:30\"", text)
}

// fetch writes the state to a new SQLite file and checks it. It returns the moment whose state it is, and a name for people.
func (o origin) fetch(ctx context.Context, cfg Config, to string, told sqldb.Progress) (moment time.Time, name string, err error) {
	if o.file != "" {
		found, err := backup.Load(ctx, o.file, o.keys, to, told)
		if err == nil && found.Org != "" {
			err = errors.New("the file holds one organisation only: \"wakakusa import\" brings it into the database")
		}
		moment, known := backup.MadeAt(filepath.Base(o.file))
		if info, stat := os.Stat(o.file); !known && stat == nil {
			moment = info.ModTime()
		}
		return moment, filepath.Base(o.file), err
	}
	from, _, err := cfg.replica()
	if err != nil {
		return o.at, "", err
	}
	_, newest, err := from.Span(ctx)
	if err != nil {
		return o.at, "", err
	}
	moment = o.at
	if moment.IsZero() || moment.After(newest) {
		moment = newest
	}
	return moment, "連続バックアップ", from.Restore(ctx, to, o.at, slog.New(slog.DiscardHandler))
}

// write only makes a file.
func (c restoreCmd) write(e *env, from origin) error {
	if _, err := os.Lstat(c.To); err == nil {
		return fmt.Errorf("%s is there already", c.To)
	}
	part := c.To + ".part"
	if err := removeFiles(part); err != nil {
		return err
	}
	moment, _, err := from.fetch(e.ctx, e.config, part, progress[int64](os.Stderr, "復元"))
	if err == nil {
		err = os.Link(part, c.To) // unlike a rename it fails if somebody else made the file meanwhile
	}
	if err = errors.Join(err, removeFiles(part)); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s の状態を書き出しました: %s\n", japanese(moment), c.To)
	return nil
}

// keep says that the file counts.
func (c restoreCmd) keep(e *env) error {
	to, on, err := e.config.replica()
	if err != nil || !on {
		return errors.Join(err, errors.New("there is no continuous copy to compare with"))
	}
	if err := replica.Accept(to.Path); err != nil {
		return err
	}
	fmt.Fprintln(e.out, "次の起動では、いまのデータベースのファイルで続けます。連続バックアップにだけあった内容は、その履歴に残ります (wakakusa restore --at で取り出せます)。")
	return nil
}

// inPlace puts the state in the place of the SQLite file.
func (c restoreCmd) inPlace(e *env, from origin) error {
	cfg := e.config
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return err
	}
	lock, err := lockDatabase(cfg)
	if err != nil {
		return err
	}
	defer lock.Close()
	r, err := prepareRestore(e.ctx, cfg, from, progress[int64](os.Stderr, "復元"))
	if err != nil {
		return err
	}
	defer r.forget()
	r.tell(e.ctx, e.out)
	if err := c.confirm(e, r.names); err != nil {
		return err
	}
	aside, err := r.commit(e.ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.out, "戻しました。全員がもう一度ログインします。")
	if aside != "" {
		fmt.Fprintf(e.out, "前のデータベース: %s (要らなくなったら消してください)\n", aside)
	}
	return nil
}

// confirm asks for a name, so that nobody restores the wrong place by habit.
func (c restoreCmd) confirm(e *env, names []string) error {
	want := confirmName(e.config, names)
	got := c.Name
	if got == "" {
		fmt.Fprintf(e.out, "続けるには「%s」と入力してください: ", want)
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		got = line
	}
	if roster.Clean(got) != want {
		return fmt.Errorf("nothing was restored: the name is %q, not %q", want, strings.TrimSpace(got))
	}
	return nil
}

// confirmName is the organisation's, or that of the installation where there are several.
func confirmName(cfg Config, names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	if u, err := url.Parse(cfg.PublicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "wakakusa"
}

// operator is the name in the record of what was done at the server.
const operator = "運用者"

// restoring is a state that is ready to take the place of the database file.
type restoring struct {
	path   string // of the database
	fresh  string // the state, in a file beside it
	moment time.Time
	from   string
	names  []string // of its organisations
	who    string   // asked for it
}

// prepareRestore fetches a state, checks it and brings it up to date. The database is not touched.
func prepareRestore(ctx context.Context, cfg Config, from origin, told sqldb.Progress) (*restoring, error) {
	path, err := filepath.Abs(cfg.sqliteFile())
	if err != nil {
		return nil, err
	}
	r := &restoring{path: path, fresh: path + ".restore", who: operator}
	r.forget() // of an attempt that was cut short
	if r.moment, r.from, err = from.fetch(ctx, cfg, r.fresh, told); err == nil {
		err = r.check(ctx)
	}
	if err != nil {
		r.forget()
		return nil, err
	}
	return r, nil
}

// check refuses what this program cannot serve, and brings the rest up to date.
func (r *restoring) check(ctx context.Context) error {
	return r.use(func(db *sqldb.DB) error {
		at, newest, err := db.Schema(ctx)
		switch {
		case err != nil:
			return err
		case at > newest:
			return fmt.Errorf("the backup has schema %d; this program knows %d: use a newer program", at, newest)
		case at == 0:
			return errors.New("there is nothing of this program in it")
		}
		if err := errors.Join(db.Migrate(ctx), db.CheckWhole(ctx)); err != nil {
			return err
		}
		orgs, err := db.Orgs(ctx)
		for _, o := range orgs {
			r.names = append(r.names, o.Name)
		}
		return err
	})
}

func (r *restoring) use(fn func(*sqldb.DB) error) error {
	db, err := sqldb.OpenSQLite(r.fresh, time.Now)
	if err != nil {
		return err
	}
	return errors.Join(fn(db), db.Close())
}

// tell says what would be restored and what would be gone.
func (r *restoring) tell(ctx context.Context, out io.Writer) {
	fmt.Fprintf(out, "%s の状態に戻します (%s)。組織: %s\n", japanese(r.moment), r.from, strings.Join(r.names, "、"))
	if _, err := os.Stat(r.path); err != nil {
		return
	}
	if err := sqldb.LacksOf(ctx, r.fresh, r.path); err != nil {
		fmt.Fprintf(out, "いまのデータベースにあって、戻すとなくなるもの:\n  %s\n", strings.ReplaceAll(err.Error(), "\n", "\n  "))
	}
}

// swap commits between two starts of the program.
func (r *restoring) swap(ctx context.Context, cfg Config) error {
	defer r.forget()
	lock, err := lockDatabase(cfg)
	if err != nil {
		return err
	}
	_, err = r.commit(ctx)
	return errors.Join(err, lock.Close())
}

// commit signs everybody out, records the restore, sets the present file aside and puts the state in its place. Nobody may have the
// database open.
func (r *restoring) commit(ctx context.Context) (aside string, err error) {
	err = r.use(func(db *sqldb.DB) error {
		return errors.Join(db.EndAllSignIns(ctx), app.New(db, time.Now, newID).RecordRestore(ctx, r.who, r.from, r.moment))
	})
	if err != nil {
		return "", err
	}
	if aside, err = r.setAside(ctx); err != nil {
		return "", err
	}
	// The mark before the file: once that has its name, the next start must not take it for one that lacks something by accident. At every
	// moment a database has the name.
	if err := replica.Accept(r.path); err != nil {
		return aside, err
	}
	if err := replica.SetAside(r.path); err != nil {
		return aside, err
	}
	return aside, errors.Join(os.Rename(r.fresh, r.path), syncDir(filepath.Dir(r.path)))
}

// setAside gives the present database a second name. What its WAL holds is moved into it first; a file that is damaged keeps its WAL under
// the second name, too. "" where there is none.
func (r *restoring) setAside(ctx context.Context) (string, error) {
	if _, err := os.Lstat(r.path); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	aside := r.path + ".before-" + time.Now().In(roster.Japan).Format("20060102-150405")
	endings := []string{""}
	if err := sqldb.Checkpoint(ctx, r.path); err != nil {
		endings = append(endings, "-wal")
	}
	for _, ending := range endings {
		err := os.Link(r.path+ending, aside+ending)
		if errors.Is(err, os.ErrExist) || err != nil && ending == "" {
			return "", fmt.Errorf("keep the present database: %w", err)
		}
	}
	return aside, syncDir(filepath.Dir(r.path))
}

// forget removes the state that was not put in place.
func (r *restoring) forget() { removeFiles(r.fresh) } //nolint:errcheck // removed before the next attempt, too

func removeFiles(path string) error {
	for _, ending := range []string{"", "-wal", "-shm", ".tmp"} {
		if err := os.Remove(path + ending); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// intoServer brings a backup into an empty database on a server: one with rows in it is never emptied by this program.
func (c restoreCmd) intoServer(e *env, from origin) (err error) {
	if from.file == "" {
		return errors.New("name the backup to restore")
	}
	db, err := openDatabase(e.ctx, e.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	done, err := backup.LoadInto(e.ctx, from.file, from.keys, db.DB, progress[int64](os.Stderr, "復元"))
	if err != nil {
		return fmt.Errorf("%w (a backup is restored into an empty database: make a new one and name it in DB_NAME)", err)
	}
	moment, _ := backup.MadeAt(filepath.Base(from.file))
	if err := app.New(db.DB, time.Now, newID).RecordRestore(e.ctx, operator, filepath.Base(from.file), moment); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "戻しました (%d 行)。全員がもう一度ログインします。\n", done.Rows)
	return nil
}
