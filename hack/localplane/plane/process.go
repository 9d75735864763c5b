package plane

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
)

// process is one program of the plane.
type process struct {
	name    string
	logFile string
	cmd     *exec.Cmd
	// exited is closed when the process is gone and cmd.ProcessState says how.
	exited chan struct{}
	// replaced says that another process takes its place.
	replaced atomic.Bool
}

// launch starts a program that appends to logFile, where the one before it has told why
// it ended, and holds the lock of held for as long as it lives.
func launch(binary string, args []string, logFile string, held *os.File) (*process, error) {
	p := &process{name: filepath.Base(binary), logFile: logFile, exited: make(chan struct{})}
	output, err := os.OpenFile(logFile, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("starting %s: making its log: %w", p.name, err)
	}
	defer output.Close()
	p.cmd = exec.Command(binary, args...)
	p.cmd.Stdout, p.cmd.Stderr = output, output
	p.cmd.ExtraFiles = []*os.File{held}
	p.cmd.SysProcAttr = attributes()
	// Nothing else: an ETCD_* variable or a proxy of the caller would change what runs.
	// They live shortly and write much: under the campaign a sixth of what a profile of the
	// API server samples is the background collection of garbage alone, with the usual
	// setting. The limit is for machines with little memory.
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(logFile), "GOGC=400", "GOMEMLIMIT=3GiB"}

	started := make(chan error)
	go func() {
		// The kernel ends the process with the *thread* that started it, so this thread
		// may serve nobody else until the process is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // it repeats what cmd.ProcessState says
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.name, err)
	}
	return p, nil
}

// stop kills the process and returns when it is gone. It is not asked to exit: there
// is nothing to save, as the data of a plane goes with it, and a kube-apiserver that
// is asked waits up to a minute for its clients to end their watches.
func (p *process) stop() error {
	// A process that has exited by itself is as good as stopped.
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing %s: %w", p.name, err)
	}
	<-p.exited
	return nil
}

// died explains an exit that nobody asked for.
func (p *process) died() error {
	return fmt.Errorf("%s exited by itself: %s; its log ends:\n%s", p.name, p.cmd.ProcessState, p.logTail())
}

// logTail returns the last lines of the log, for errors that nobody can explain
// without them once a temporary directory is gone.
func (p *process) logTail() string {
	const lines = 15
	content, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
