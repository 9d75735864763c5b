package plane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/wait"
)

// identity tells a process from a later one with the same id.
type identity struct {
	pid   int
	begin string
}

// identify reads when a process began. alive is false once it is gone or only waits
// for its parent to notice.
func identify(pid int) (id identity, alive bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return identity{}, false
	}
	// The name, in parentheses, may itself contain spaces and parentheses.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	state, begin := fields[0], fields[19] // fields 3 and 22 of proc_pid_stat(5)
	return identity{pid, begin}, state != "Z" && state != "X"
}

func identifyAll(t *testing.T, pids map[string]int) map[string]identity {
	t.Helper()
	ids := map[string]identity{}
	for name, pid := range pids {
		id, alive := identify(pid)
		if !alive {
			t.Errorf("%s does not run", name)
		}
		ids[name] = id
	}
	for _, name := range []string{etcd, apiServer, controllerManager} {
		if _, found := ids[name]; !found {
			t.Errorf("no %s among %v", name, pids)
		}
	}
	return ids
}

func requireDead(t *testing.T, ids map[string]identity) {
	t.Helper()
	for name, id := range ids {
		if now, alive := identify(id.pid); alive && now == id {
			t.Errorf("%s, process %d, still runs", name, id.pid)
		}
	}
}

func requireNoDir(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there (%v)", dir, err)
	}
}

// The owner is killed, which leaves it no chance to clean up. Its processes go with
// it, and the next plane removes its directory and leaves nothing itself.
func TestNothingIsLeftOfAPlane(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a control plane")
	}
	t.Setenv("TMPDIR", t.TempDir()) // for this test alone, so that it finds what it leaves
	killed := startAndKillOwner(t)

	p, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	requireNoDir(t, killed)
	ids := identifyAll(t, p.PIDs())
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	requireDead(t, ids)
	requireNoDir(t, p.Dir())
	left, err := filepath.Glob(filepath.Join(filepath.Dir(p.Dir()), "plane-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("planes left in the temporary directory: %v %v", left, err)
	}
}

// startAndKillOwner returns the directory that a killed process has left.
func startAndKillOwner(t *testing.T) string {
	t.Helper()
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), ownerEnv+"=1")
	owner.Stderr = os.Stderr
	output, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	var plane report
	decoding := json.NewDecoder(output).Decode(&plane)
	var ids map[string]identity
	if decoding == nil {
		ids = identifyAll(t, plane.PIDs)
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait() // it says that it was killed
	if decoding != nil {
		t.Fatalf("reading what the owner reports: %v", decoding)
	}
	// The lock is free when the last process has closed its files.
	gone := func(context.Context) (bool, error) {
		return !lives(filepath.Join(plane.Dir, processesFile)), nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), pollInterval, exitPatience, true, gone); err != nil {
		t.Errorf("processes outlive their owner: %v", err)
	}
	requireDead(t, ids)
	if _, err := os.Stat(plane.Dir); err != nil {
		t.Errorf("the killed owner's directory: %v", err)
	}
	return plane.Dir
}
