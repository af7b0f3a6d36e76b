// Package daemontest runs server programs for tests: each in a directory of its own, each ended with the process that started it.
package daemontest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// Daemon is a running server program.
type Daemon struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// Start starts a program that is killed when this process ends, however that ends.
func Start(name string, args ...string) (*Daemon, error) { return StartAs(nil, name, args...) }

// StartAs starts it as another user; nil: as the one who runs the tests.
func StartAs(who *syscall.Credential, name string, args ...string) (*Daemon, error) {
	d := &Daemon{cmd: exec.Command(Program(name), args...), done: make(chan struct{})}
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: who}
	forked := make(chan error)
	go func() {
		runtime.LockOSThread() // the signal comes when the thread that forked ends
		err := d.cmd.Start()
		forked <- err
		if err == nil {
			d.cmd.Wait() //nolint:errcheck // how it ended does not matter
		}
		close(d.done)
	}()
	return d, <-forked
}

// Program is where a server program lies; those of Debian are often outside the path.
func Program(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return filepath.Join("/usr/sbin", name)
}

// Kill ends the program as a power cut would end the process.
func (d *Daemon) Kill() {
	d.cmd.Process.Kill() //nolint:errcheck // it may have ended
	<-d.done
}

// Hang stops the program until the function it returns is called: connections stay, answers do not come.
func (d *Daemon) Hang() (goOn func()) {
	d.cmd.Process.Signal(syscall.SIGSTOP)                   //nolint:errcheck // the test will see
	return func() { d.cmd.Process.Signal(syscall.SIGCONT) } //nolint:errcheck // the test will see
}

// Ended reports whether the program has ended.
func (d *Daemon) Ended() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// Base is a directory for servers' directories: in memory where there is some, and with a short name, as the path of a socket must be.
func Base() string {
	if st, err := os.Stat("/dev/shm"); err == nil && st.IsDir() {
		return "/dev/shm"
	}
	return os.TempDir()
}

// Home makes a directory for one server, and removes those of processes that were killed before they could.
func Home(base, prefix string) (string, error) {
	old, err := filepath.Glob(filepath.Join(base, prefix+"*"))
	if err != nil {
		return "", err
	}
	for _, home := range old {
		text, err := os.ReadFile(filepath.Join(home, "owner"))
		if err != nil {
			continue // it is being made
		}
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && syscall.Kill(pid, 0) != nil {
			os.RemoveAll(home)
		}
	}
	home, err := os.MkdirTemp(base, prefix)
	if err != nil {
		return "", err
	}
	return home, os.WriteFile(filepath.Join(home, "owner"), []byte(strconv.Itoa(os.Getpid())), 0o600)
}

// FreePort is one that nobody listens on, below those that the system takes for outgoing connections.
func FreePort() (int, error) {
	var err error
	for range 100 {
		port := 15000 + rand.IntN(15000)
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, err
}
