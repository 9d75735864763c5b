package plane

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	// ownerFile is locked by the process that runs the plane and names it by its id.
	ownerFile = "owner.lock"
	// processesFile is locked as long as the owner or one of the plane's processes lives.
	processesFile = "processes.lock"
	// dataDir holds what must not outlive a plane: etcd's data and all keys.
	dataDir = "data"
	logDir  = "logs"

	// probePatience covers the moment for which somebody else touches the owner's lock
	// only to see whether it is held.
	probePatience = 250 * time.Millisecond
	// exitPatience covers the time that killed processes take to exit.
	exitPatience = 15 * time.Second
)

// ErrRunning says that another process runs a plane in the same directory.
var ErrRunning = errors.New("a control plane is already running here")

// directory is the place of one plane on disk.
//
// Locks tell who lives, not recorded process ids, which may be used again by other
// processes: the kernel drops a lock when the last process that holds it is gone,
// however it went.
type directory struct {
	path      string
	temporary bool
	owner     *os.File
	// processes is handed down to every process of the plane, so that its lock can be
	// had only after all of them have exited.
	processes *os.File
}

// acquire makes this process the owner of the directory and empties it of an
// earlier plane. It returns ErrRunning if the directory has a living owner.
func acquire(ctx context.Context, path string) (*directory, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding the plane's directory: %w", err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("making the plane's directory: %w", err)
	}
	if err := checkMine(path); err != nil {
		return nil, err
	}
	d := &directory{path: path}
	d.owner, err = lock(ctx, filepath.Join(path, ownerFile), probePatience)
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("%s: %w", path, ErrRunning)
	}
	if err != nil {
		return nil, err
	}
	// Before anything that takes time, as Shutdown signals whom the locked file names.
	id := []byte(strconv.Itoa(os.Getpid()))
	if err := errors.Join(d.owner.Truncate(0), second(d.owner.WriteAt(id, 0))); err != nil {
		return nil, errors.Join(fmt.Errorf("recording the plane's owner: %w", err), d.unlock())
	}
	if err := d.clear(ctx); err != nil {
		return nil, errors.Join(err, d.unlock())
	}
	return d, nil
}

// checkMine refuses a directory that holds other things: a plane removes data and
// kubeconfigs from its own, and a mistyped path must not cost anybody a directory "data".
func checkMine(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("looking into the plane's directory: %w", err)
	}
	ours := func(e fs.DirEntry) bool { return e.Name() == ownerFile }
	if len(entries) > 0 && !slices.ContainsFunc(entries, ours) {
		return fmt.Errorf("%s is not empty and no plane has used it before: choose a new or an empty directory", path)
	}
	return nil
}

// clear waits for leftover processes and starts the directory afresh.
func (d *directory) clear(ctx context.Context) (err error) {
	d.processes, err = lock(ctx, filepath.Join(d.path, processesFile), exitPatience)
	if errors.Is(err, errLocked) {
		// Only where the kernel does not end them with their owner (process_other.go).
		return fmt.Errorf("processes of an earlier plane in %s have not exited: "+
			"end those that hold %s open, then start again", d.path, processesFile)
	}
	if err != nil {
		return err
	}
	if err := d.removeData(); err != nil {
		return err
	}
	for _, sub := range []string{dataDir, logDir} {
		if err := os.MkdirAll(filepath.Join(d.path, sub), 0o700); err != nil {
			return fmt.Errorf("making the plane's directory: %w", err)
		}
	}
	return nil
}

// removeData removes what must not outlive the plane, kubeconfigs included.
func (d *directory) removeData() error {
	kubeconfigs, err := filepath.Glob(filepath.Join(d.path, kubeconfigPrefix+"*"))
	if err != nil {
		return fmt.Errorf("listing kubeconfigs: %w", err)
	}
	errs := []error{os.RemoveAll(filepath.Join(d.path, dataDir))}
	for _, file := range kubeconfigs {
		errs = append(errs, os.Remove(file))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("removing a plane's data: %w", err)
	}
	return nil
}

// release removes the plane's data, or all of a temporary directory, and gives up
// the ownership.
func (d *directory) release() error {
	if !d.temporary {
		return errors.Join(d.removeData(), d.unlock())
	}
	var err error
	if removing := os.RemoveAll(d.path); removing != nil {
		err = fmt.Errorf("removing the plane's temporary directory: %w", removing)
	}
	return errors.Join(err, d.unlock())
}

func (d *directory) unlock() error {
	var err error
	if d.processes != nil {
		err = d.processes.Close()
	}
	return errors.Join(err, d.owner.Close())
}

func (d *directory) data(name string) string { return filepath.Join(d.path, dataDir, name) }
func (d *directory) log(name string) string  { return filepath.Join(d.path, logDir, name+".log") }

// write writes a file that only this user can read. Whoever waits for it never sees a
// part of it, and a start that is killed leaves no part of it outside of the data.
func (d *directory) write(path string, content []byte) error {
	unfinished, err := os.CreateTemp(d.data(""), "unfinished-")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = unfinished.Write(content)
	if err := errors.Join(err, unfinished.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(unfinished.Name(), path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// acquireTemporary makes a directory that release removes. All of them lie under
// one parent, so that each start also removes those whose owner was killed.
func acquireTemporary(ctx context.Context) (*directory, error) {
	parent := filepath.Join(os.TempDir(), fmt.Sprintf("ordercycle-plane-%d", os.Getuid()))
	if err := privateDir(parent); err != nil {
		return nil, err
	}
	// Held until the new directory has its owner: to sweep, a directory without one
	// is a leftover.
	gate, err := lock(ctx, filepath.Join(parent, "sweep.lock"), exitPatience)
	if err != nil {
		return nil, fmt.Errorf("waiting for other planes to be set up: %w", err)
	}
	defer gate.Close()
	if err := sweep(parent); err != nil {
		return nil, err
	}
	path, err := os.MkdirTemp(parent, "plane-")
	if err != nil {
		return nil, fmt.Errorf("making the plane's directory: %w", err)
	}
	d, err := acquire(ctx, path)
	if err != nil {
		return nil, err
	}
	d.temporary = true
	return d, nil
}

// privateDir makes a directory that only this user can use. It refuses one that
// another user may have put in its place, as the name in /tmp can be guessed.
func privateDir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making the directory for temporary planes: %w", err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("checking the directory for temporary planes: %w", err)
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !known || int(owner.Uid) != os.Getuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s is not a directory of this user alone: remove it, or set TMPDIR", path)
	}
	return nil
}

// sweep removes the temporary planes whose owner and processes are gone.
func sweep(parent string) error {
	paths, err := filepath.Glob(filepath.Join(parent, "plane-*"))
	if err != nil {
		return fmt.Errorf("listing leftover planes: %w", err)
	}
	for _, path := range paths {
		if lives(filepath.Join(path, ownerFile)) || lives(filepath.Join(path, processesFile)) {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("removing a leftover plane: %w", err)
		}
	}
	return nil
}

var errLocked = errors.New("locked by another process")

// lock takes the file's lock, waiting up to patience for whoever holds it. The
// lock belongs to the returned file and to every process that inherits it.
func lock(ctx context.Context, path string, patience time.Duration) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening a lock file: %w", err)
	}
	err = wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, unix.EINTR) {
			return false, nil
		}
		return err == nil, err
	})
	if wait.Interrupted(err) && ctx.Err() == nil {
		err = errLocked
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return file, nil
}

// lives says whether a process holds the lock. It leaves no file behind, and asks for
// a shared lock, so that two who ask at once do not take each other for the holder.
func lives(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	return errors.Is(unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}

func second[T any](_ T, err error) error { return err }
