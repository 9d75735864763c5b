package plane

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// launchScript runs a shell script in the place of a program of the plane.
func launchScript(t *testing.T, dir *directory, script string) *process {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := launch(binary, nil, dir.log("program"), dir.processes)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A program that dies makes the plane useless, and its log is all that explains it.
func TestWaitTellsWhichProcessDied(t *testing.T) {
	p := &Plane{dir: newDirectory(t), broken: make(chan struct{})}
	p.add(launchScript(t, p.dir, "echo out of luck >&2; exit 3"))
	err := p.Wait(t.Context())
	for _, want := range []string{"program", "exit status 3", "out of luck"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Wait = %v, want it to say %q", err, want)
		}
	}
	if err := p.Stop(); err != nil {
		t.Errorf("stopping what has stopped by itself: %v", err)
	}
}

func TestAwaitGivesUpOnADeadProcess(t *testing.T) {
	dir := newDirectory(t)
	p := launchScript(t, dir, "echo no such flag >&2; exit 1")
	// Nothing listens on port 1.
	err := p.await(t.Context(), http.DefaultClient, answer{url: "http://127.0.0.1:1/"})
	if err == nil || !strings.Contains(err.Error(), "no such flag") {
		t.Errorf("await = %v, want the end of the log", err)
	}
}

func TestProcessesDoNotSeeTheCallersEnvironment(t *testing.T) {
	t.Setenv("ETCD_NAME", "stray")
	dir := newDirectory(t)
	p := launchScript(t, dir, "env")
	<-p.exited
	if env := p.logTail(); strings.Contains(env, "stray") || !strings.Contains(env, "PATH=") {
		t.Errorf("environment of a process:\n%s", env)
	}
}

// The lock on the directory tells when the last process is gone.
func TestProcessesHoldTheirDirectory(t *testing.T) {
	dir := newDirectory(t)
	p := launchScript(t, dir, "exec sleep 600")
	if err := dir.processes.Close(); err != nil {
		t.Fatal(err)
	}
	lockFile := filepath.Join(dir.path, processesFile)
	if !lives(lockFile) {
		t.Error("the lock is free while a process runs")
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	if lives(lockFile) {
		t.Error("the lock is held when no process runs")
	}
}
