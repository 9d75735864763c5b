package plane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Attach waits until the plane that another process runs in dir is ready, and
// proves it by a request with the kubeconfig of that name. running is false if
// nobody runs a plane there.
func Attach(ctx context.Context, dir, kubeconfig string) (running bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	last := errors.New("no attempt yet")
	err = wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		running = lives(filepath.Join(dir, ownerFile))
		if running {
			last = ready(ctx, filepath.Join(dir, kubeconfig))
		}
		return !running || last == nil, nil
	})
	if err != nil {
		return running, fmt.Errorf("waiting for the control plane in %s to be ready: %w (last attempt: %w)", dir, err, last)
	}
	return running, nil
}

// ready asks the API server that the kubeconfig names whether it is ready.
func ready(ctx context.Context, kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	return answer{url: config.Host + "/readyz"}.get(ctx, client)
}

// Shutdown tells the process that runs the plane in dir to stop it, and returns
// when it has. stopped is false if nobody runs a plane there.
func Shutdown(ctx context.Context, dir string) (stopped bool, err error) {
	file := filepath.Join(dir, ownerFile)
	err = wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(context.Context) (bool, error) {
		if !lives(file) {
			return true, nil
		}
		if stopped {
			return false, nil
		}
		stopped, err = terminate(file)
		return false, err
	})
	if err != nil {
		return stopped, fmt.Errorf("stopping the control plane in %s: %w", dir, err)
	}
	return stopped, nil
}

// terminate sends SIGTERM to the owner that the locked file names. It returns false
// if the file names none yet or any more.
func terminate(file string) (bool, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return false, fmt.Errorf("reading who owns the plane: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return false, nil // the owner has the lock and is about to write its id
	}
	owner, err := os.FindProcess(pid)
	if err != nil {
		return false, fmt.Errorf("finding process %d, which owns the plane: %w", pid, err)
	}
	defer func() { _ = owner.Release() }() // nothing depends on it
	// The handle refers to one process even if its id is used again. That it is the
	// owner follows from the lock being held after the handle was opened.
	if !lives(file) {
		return false, nil
	}
	if err := owner.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return false, fmt.Errorf("signalling process %d, which owns the plane: %w", pid, err)
	}
	return true, nil
}
