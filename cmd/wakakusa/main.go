// Command wakakusa is the whole program: it ties the rooms together.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"os/user"
	"slices"
	"strconv"
	"syscall"

	"github.com/alecthomas/kong"
	"modernc.org/sqlite"
)

// commands are the subcommands, one file each.
type commands struct {
	File string `help:"Settings file of KEY=VALUE lines." default:"wakakusa.conf" type:"path"`

	Init         initCmd         `cmd:"" help:"Write a settings file with explanations and new keys."`
	Check        checkCmd        `cmd:"" help:"Judge the installation: settings, files, database, backups, certificate."`
	Serve        serveCmd        `cmd:"" help:"Serve the application."`
	Demo         demoCmd         `cmd:"" help:"Serve a demo organisation on loopback with one-time sign-in links."`
	Migrate      migrateCmd      `cmd:"" help:"Bring the database schema up to date."`
	Export       exportCmd       `cmd:"" help:"Write the database, or one organisation of it, to a file that import takes on either engine."`
	Import       importCmd       `cmd:"" help:"Bring in what export wrote."`
	ImportDjango importDjangoCmd `cmd:"" name:"import-django" help:"Import the database of the former system."`
	Backup       backupCmd       `cmd:"" help:"Backups: make one, see how they stand, verify."`
	Drill        drillCmd        `cmd:"" help:"Restore from everything there is, to scratch, and compare with the live database."`
	Restore      restoreCmd      `cmd:"" help:"Put the database back: to the newest state of the continuous copy, to a moment, to a backup."`
	Keys         keysCmd         `cmd:"" help:"The key that seals secrets in the database."`
	Privacy      privacyCmd      `cmd:"" help:"The data of one person, for the one who answers for it."`
	Audit        auditCmd        `cmd:"" help:"The record of what was done, and by whom."`
	Incident     incidentCmd     `cmd:"" help:"What one sign-in or account did: for the day on which data may have leaked."`
	Cache        cacheCmd        `cmd:"" help:"What servers keep of what they read."`
	User         userCmd         `cmd:"" help:"Accounts, for the one who runs the server."`
	Storybook    storybookCmd    `cmd:"" help:"Serve every component in every state on loopback."`
	Config       configCmd       `cmd:"" help:"Print the settings in force and where each came from, secrets hidden."`
	Version      versionCmd      `cmd:"" help:"Print the version."`
}

// env is what a command gets: where it runs. Tests make their own.
type env struct {
	ctx      context.Context
	out      io.Writer
	config   Config
	problems []error // of the settings; for check, which tells them as findings
}

func main() {
	// First of all, before any database is opened: without it, closing any handle of the database file in this process would drop
	// SQLite's lock on it.
	sqlite.OFDLocking(true)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // a second signal ends the program at once
	if err := run(ctx, os.Args[1:], os.Stdout, environment()); err != nil {
		fmt.Fprintln(os.Stderr, "wakakusa:", err)
		os.Exit(1)
	}
}

// run is main without the process: arguments and environment in, errors out.
func run(ctx context.Context, args []string, out io.Writer, vars map[string]string) error {
	syscall.Umask(0o077) // what is made here is for nobody else on this machine
	var cmds commands
	exited := false
	parser, err := kong.New(&cmds, kong.Name("wakakusa"), kong.Description("わかくさシフト: shift management for Japanese workplaces."),
		kong.Writers(out, out), kong.Exit(func(int) { exited = true }), kong.UsageOnError())
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if exited {
		return nil
	}
	if err != nil {
		return err
	}
	e, err := newEnv(ctx, out, cmds.File, parsed.Command(), vars)
	if err != nil {
		return err
	}
	return parsed.Run(e)
}

// newEnv reads the settings, as far as a command needs them.
func newEnv(ctx context.Context, out io.Writer, file, command string, vars map[string]string) (*env, error) {
	e := &env{ctx: ctx, out: out}
	switch command {
	case "init":
		e.config.file = file
		return e, nil
	case "check":
		e.config, e.problems = readConfig(file, vars)
		return e, nil
	}
	var but []string
	if !slices.Contains([]string{"serve", "demo", "keys rotate"}, command) { // the others seal nothing, and systemd gives the key to the service alone
		but = []string{"secret-key-missing"}
	}
	var err error
	if e.config, err = loadConfig(file, vars, but...); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"config", "version", "storybook"}, command) {
		err = refuseRoot(e.config.Data)
	}
	return e, err
}

// refuseRoot: what root makes in somebody else's directory, a lock or a restored database, the service could not open afterwards.
func refuseRoot(dir string) error {
	info, err := os.Stat(dir)
	if err != nil || os.Geteuid() != 0 {
		return nil // nothing is there yet, or its owner will be told by the system
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; owner != 0 {
		name := strconv.Itoa(int(owner))
		if u, err := user.LookupId(name); err == nil {
			name = u.Username
		}
		return fmt.Errorf("%s belongs to %s: run this as %s, for example with \"sudo -u %s\"", dir, name, name, name)
	}
	return nil
}
