package plane

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/util/wait"
)

// newDirectory returns a fresh directory that this test owns.
func newDirectory(t *testing.T) *directory {
	t.Helper()
	return ownDirectory(t, t.TempDir())
}

func ownDirectory(t *testing.T, path string) *directory {
	t.Helper()
	d, err := acquire(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.unlock() }) // fails if the test has closed the locks itself
	return d
}

func TestADirectoryHasOneOwner(t *testing.T) {
	d := newDirectory(t)
	if _, err := acquire(t.Context(), d.path); !errors.Is(err, ErrRunning) {
		t.Errorf("second owner: got %v, want ErrRunning", err)
	}
	if err := d.release(); err != nil {
		t.Fatal(err)
	}
	again, err := acquire(t.Context(), d.path)
	if err != nil {
		t.Fatalf("the next owner: %v", err)
	}
	if err := again.release(); err != nil {
		t.Error(err)
	}
}

// A killed owner leaves its data and its kubeconfigs behind.
func TestAcquireRemovesWhatAnEarlierPlaneLeft(t *testing.T) {
	killed := newDirectory(t)
	path := killed.path
	if err := killed.unlock(); err != nil {
		t.Fatal(err)
	}
	stale := []string{filepath.Join(dataDir, etcd, "member"), "kubeconfig", "kubeconfig-manager"}
	kept := []string{filepath.Join(logDir, "etcd.log"), "notes.txt"}
	for _, file := range append(stale, kept...) {
		file = filepath.Join(path, file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	ownDirectory(t, path)
	for _, file := range stale {
		if _, err := os.Stat(filepath.Join(path, file)); err == nil {
			t.Errorf("%s is still there", file)
		}
	}
	for _, file := range kept {
		if _, err := os.Stat(filepath.Join(path, file)); err != nil {
			t.Errorf("%s should have been left alone: %v", file, err)
		}
	}
}

// The path may be mistyped.
func TestAcquireRefusesADirectoryOfOtherThings(t *testing.T) {
	path := t.TempDir()
	precious := filepath.Join(path, dataDir)
	if err := os.Mkdir(precious, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := acquire(t.Context(), path); err == nil {
		t.Error("it was accepted")
	}
	if _, err := os.Stat(precious); err != nil {
		t.Error(err)
	}
}

func TestAcquireWaitsForLeftoverProcesses(t *testing.T) {
	earlier := newDirectory(t)
	leftover := launchScript(t, earlier, "exec sleep 600")
	if err := earlier.unlock(); err != nil { // as the kernel does when the owner dies
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	acquired := make(chan error, 1)
	go func() {
		d, err := acquire(ctx, earlier.path)
		if err == nil {
			err = d.unlock()
		}
		acquired <- err
	}()
	// It owns the directory from the first moment on, but cannot use it yet.
	owned := func(context.Context) (bool, error) { return lives(filepath.Join(earlier.path, ownerFile)), nil }
	if err := wait.PollUntilContextTimeout(ctx, pollInterval, exitPatience, true, owned); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-acquired:
		t.Fatalf("acquired while a process of the earlier plane runs (error %v)", err)
	default:
	}
	if err := leftover.stop(); err != nil {
		t.Fatal(err)
	}
	if err := <-acquired; err != nil {
		t.Errorf("after the last process has exited: %v", err)
	}
}

func TestSweepRemovesOnlyTheDead(t *testing.T) {
	parent := t.TempDir()
	ownDirectory(t, filepath.Join(parent, "plane-owned"))
	dying := ownDirectory(t, filepath.Join(parent, "plane-dying"))
	if err := dying.owner.Close(); err != nil { // the owner is dead, a process is not yet
		t.Fatal(err)
	}
	if err := ownDirectory(t, filepath.Join(parent, "plane-dead")).unlock(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(parent, "plane-unborn"), 0o700); err != nil { // killed before it had a lock
		t.Fatal(err)
	}
	if err := sweep(parent); err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{"plane-owned": true, "plane-dying": true, "plane-dead": false, "plane-unborn": false}
	for name, want := range there {
		if _, err := os.Stat(filepath.Join(parent, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}

func TestTemporaryPlanesNeedAPrivateParent(t *testing.T) {
	parent := t.TempDir()
	fine := filepath.Join(parent, "fine")
	for range 2 { // made, then found
		if err := privateDir(fine); err != nil {
			t.Error(err)
		}
	}
	open := filepath.Join(parent, "open")
	link := filepath.Join(parent, "link")
	if err := errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o777), os.Symlink(fine, link)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{open, link} {
		if err := privateDir(path); err == nil {
			t.Errorf("%s was accepted", filepath.Base(path))
		}
	}
}
