package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"ordercycle.dev/ordercycle/hack/localplane/plane"
)

// stage is the control plane and the manager of a run.
type stage struct {
	// root of the project, for config/.
	root string
	// bin holds the programs, and what they leave.
	bin string
	// metrics is the address of the manager's metrics.
	metrics string
}

func (s *stage) dir() string        { return filepath.Join(s.bin, "plane") }
func (s *stage) kubeconfig() string { return filepath.Join(s.dir(), "kubeconfig") }
func (s *stage) planeLog() string   { return filepath.Join(s.bin, "demo-plane.log") }
func (s *stage) managerLog() string { return filepath.Join(s.bin, "demo-manager.log") }
func (s *stage) pidFile() string    { return filepath.Join(s.bin, "demo-manager.pid") }
func (s *stage) manager() string    { return filepath.Join(s.bin, "manager") }

// environment is the line that lets a shell use the plane.
func (s *stage) environment() string {
	line := "export KUBECONFIG=" + s.kubeconfig()
	if assets, err := plane.Assets(); err == nil {
		line += " PATH=" + assets + ":$PATH"
	}
	return line
}

func (s *stage) running(ctx context.Context) (bool, error) {
	running, err := plane.Attach(ctx, s.dir(), "kubeconfig")
	if err != nil {
		return false, fmt.Errorf("looking for a running control plane: %w; make demo-stop ends it", err)
	}
	return running, nil
}

func (s *stage) config() (*rest.Config, error) {
	c, err := clientcmd.BuildConfigFromFlags("", s.kubeconfig())
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	return c, nil
}

// start brings up the plane, the API and the manager.
func (s *stage) start(ctx context.Context) error {
	if err := os.Remove(s.managerLog()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing the log of an earlier run: %w", err)
	}
	say("starting the control plane (etcd, kube-apiserver, kube-controller-manager)")
	if _, err := s.spawn(s.planeLog(), filepath.Join(s.bin, "localplane"), "--dir", s.dir()); err != nil {
		return err
	}
	err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(context.Context) (bool, error) {
		_, err := os.Stat(s.kubeconfig())
		return err == nil, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the control plane: %w; see %s", err, s.planeLog())
	}
	say("installing the CRDs, the permissions and the policies (config/local)")
	if err := s.kubectl(ctx, "apply", "--server-side", "-k", filepath.Join(s.root, "config", "local")); err != nil {
		return err
	}
	if err := s.kubectl(ctx, "wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"); err != nil {
		return err
	}
	say("starting the manager with exactly the permissions of config/rbac")
	if s.metrics, err = freeAddress(); err != nil {
		return err
	}
	pid, err := s.spawn(s.managerLog(), s.manager(),
		"--kubeconfig", filepath.Join(s.dir(), "kubeconfig-manager"), "--namespace", "ordercycle-system",
		"--metrics-bind-address", s.metrics, "--health-probe-bind-address", "0")
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.pidFile(), []byte(strconv.Itoa(pid)), 0o600); err != nil {
		return fmt.Errorf("noting the manager's process: %w", err)
	}
	return nil
}

// spawn starts a program in a session of its own, so that it can outlive this one.
func (s *stage) spawn(log, program string, args ...string) (pid int, err error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, fmt.Errorf("opening a log: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("starting %s: %w; run make build", program, err)
	}
	pid = cmd.Process.Pid
	go func() { _ = cmd.Wait() }() // reaps it, should it end before this program does
	return pid, nil
}

// end stops what an earlier run left running, and says so.
func (s *stage) end(ctx context.Context) error {
	running, err := s.running(ctx)
	if err == nil && !running {
		fmt.Println("No demo is running.")
	}
	if err := s.stop(ctx); err != nil {
		return err
	}
	if running || err != nil {
		fmt.Println("Stopped the manager and the control plane. If your shell still points to it: unset KUBECONFIG")
	}
	return nil
}

// stop ends the manager first, so that it can give up its lease, then the plane.
func (s *stage) stop(ctx context.Context) error {
	return errors.Join(s.stopManager(ctx), s.stopPlane(ctx))
}

func (s *stage) stopManager(ctx context.Context) error {
	text, err := os.ReadFile(s.pidFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("finding the manager: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err == nil && s.isManager(pid) {
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			return fmt.Errorf("stopping the manager: %w", err)
		}
		err = wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(context.Context) (bool, error) { return !s.isManager(pid), nil })
		if err != nil {
			return fmt.Errorf("waiting for the manager to stop: %w", err)
		}
	}
	return os.Remove(s.pidFile())
}

// isManager says whether a process runs our manager: its number may be another's by now.
func (s *stage) isManager(pid int) bool {
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err == nil && strings.TrimSuffix(path, " (deleted)") == s.manager()
}

func (s *stage) stopPlane(ctx context.Context) error {
	if _, err := plane.Shutdown(ctx, s.dir()); err != nil {
		return fmt.Errorf("stopping the control plane: %w", err)
	}
	return nil
}

// kubectl runs a command as the administrator and shows its output only if it fails.
func (s *stage) kubectl(ctx context.Context, args ...string) error {
	out, err := s.output(ctx, args...)
	if err != nil {
		return fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

func (s *stage) output(ctx context.Context, args ...string) (string, error) {
	assets, err := plane.Assets()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(assets, "kubectl"), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+s.kubeconfig())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// audit lets the manager's binary recompute the ledger.
func (s *stage) audit(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, s.manager(), "audit", "--kubeconfig", s.kubeconfig()).CombinedOutput()
	fmt.Printf("$ bin/manager audit\n%s\n", out)
	if err != nil {
		return fmt.Errorf("auditing the ledger: %w", err)
	}
	return nil
}

// diagnose prints the end of the manager's log.
func (s *stage) diagnose() error {
	text, err := os.ReadFile(s.managerLog())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the manager's log: %w", err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	fmt.Fprintf(os.Stderr, "the manager's last words (%s):\n%s\n", s.managerLog(), bytes.Join(lines[max(0, len(lines)-20):], []byte("\n")))
	return nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	address := l.Addr().String()
	return address, l.Close()
}

func say(format string, args ...any) { fmt.Printf("==> "+format+"\n", args...) }
