package campaign

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// takeover is how long another manager may take to lead once the leader has stopped;
// the lease lasts fifteen seconds.
const takeover = time.Minute

// processes are managers of their own, as they run in a cluster.
type processes struct {
	ctx                      context.Context
	binary, kubeconfig, logs string
	// arguments beside those that all have.
	arguments []string
	running   []*exec.Cmd
	started   int
	// failover is how long another one took to lead after the leader had stopped.
	failover time.Duration
}

// buildManager builds the manager.
func buildManager(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "manager")
	if out, err := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", binary, testenv.Root("cmd")).CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the manager: %w\n%s", err, out)
	}
	return binary, nil
}

// newProcesses starts the first manager.
func newProcesses(ctx context.Context, env *testenv.Env, binary string, elected bool) (*processes, error) {
	dir, err := os.MkdirTemp("", "gauntlet-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for the managers: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = os.RemoveAll(dir) }) // it is in the temporary directory
	p := &processes{ctx: ctx, binary: binary, kubeconfig: filepath.Join(dir, "kubeconfig"), logs: dir, arguments: []string{"--leader-elect=false"}}
	if err := os.WriteFile(p.kubeconfig, env.ManagerKubeconfig, 0o600); err != nil {
		return nil, fmt.Errorf("writing the managers' kubeconfig: %w", err)
	}
	if elected {
		p.arguments = []string{"--leader-elect=true"}
	}
	return p, p.start()
}

func (p *processes) start() error {
	p.started++
	log, err := os.Create(filepath.Join(p.logs, fmt.Sprintf("manager-%d.log", p.started)))
	if err != nil {
		return fmt.Errorf("making a log: %w", err)
	}
	defer log.Close()
	c := exec.CommandContext(p.ctx, p.binary, append([]string{
		"--kubeconfig", p.kubeconfig, "--namespace", testenv.ManagerNamespace, "--installation-id", "gauntlet", "--allowed-hosts", "127.0.0.1",
		"--metrics-bind-address=0", "--health-probe-bind-address=0", "--log-level=debug",
	}, p.arguments...)...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return fmt.Errorf("starting a manager: %w", err)
	}
	p.running = append(p.running, c)
	return nil
}

// meddle does to the managers what a fault says.
func (p *processes) meddle(w *scene.World, k fault.Kind) error {
	first := p.running[0]
	switch k {
	case fault.Killed:
		if err := p.kill(); err != nil {
			return err
		}
		return p.start()
	case fault.Double:
		return p.start()
	default: // Zombie
		old, err := leader(w)
		if err != nil {
			return err
		}
		if err := first.Process.Signal(syscall.SIGSTOP); err != nil {
			return fmt.Errorf("stopping the leader: %w", err)
		}
		stopped := time.Now()
		if err := p.start(); err != nil {
			return err
		}
		err = wait.PollUntilContextTimeout(w, 200*time.Millisecond, takeover, true, func(context.Context) (bool, error) {
			now, err := leader(w)
			return now != old, err
		})
		if err != nil {
			return fmt.Errorf("waiting for another leader: %w", err)
		}
		p.failover = time.Since(stopped)
		if err := first.Process.Signal(syscall.SIGCONT); err != nil {
			return fmt.Errorf("letting the old leader go on: %w", err)
		}
		return nil
	}
}

// leader is who holds the lease.
func leader(w *scene.World) (string, error) {
	lease := &coordinationv1.Lease{}
	if err := w.Client.Get(w, client.ObjectKey{Namespace: testenv.ManagerNamespace, Name: "manager.ordercycle.dev"}, lease); err != nil {
		return "", fmt.Errorf("reading the lease: %w", err)
	}
	if lease.Spec.HolderIdentity == nil {
		return "", nil
	}
	return *lease.Spec.HolderIdentity, nil
}

// kill ends all managers without a word.
func (p *processes) kill() error {
	for _, c := range p.running {
		if err := c.Process.Kill(); err != nil && c.ProcessState == nil {
			return fmt.Errorf("killing a manager: %w", err)
		}
		_ = c.Wait() // it was killed
	}
	p.running = nil
	return nil
}

// log is what all of them have logged.
func (p *processes) log() string {
	var text string
	for n := range p.started {
		content, err := os.ReadFile(filepath.Join(p.logs, fmt.Sprintf("manager-%d.log", n+1)))
		if err == nil { // it is gone with its directory, and then nobody asks
			text += string(content)
		}
	}
	return text
}

// play lets processes take a scene to its end.
func (r *Runner) play(ctx context.Context, s *stage, p Plan) (end ending, err error) {
	if s.processes, err = newProcesses(ctx, r.Env, r.Binary, p.Faults[0].Kind == fault.Zombie); err != nil {
		return ending{}, err
	}
	wire := fault.NewWire(p.Faults, nil)
	s.lives = append(s.lives, wire)
	end, err = r.live(ctx, s, wire, p, p.Faults)
	if killed := s.processes.kill(); err == nil {
		err = killed
	}
	s.log.Write([]byte(s.processes.log())) //nolint:errcheck // into memory
	return end, err
}
