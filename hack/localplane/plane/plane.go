package plane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
)

// mastersGroup is the group that the API server refuses nothing.
const mastersGroup = "system:masters"

// Admin is the user of Plane.Config.
var Admin = Identity{Name: "ordercycle-admin", Groups: []string{mastersGroup}}

// Options says where a plane lives and what is done while it starts. The zero value
// is right for tests.
type Options struct {
	// Dir is where the plane keeps its data, keys and logs. What an earlier plane left
	// there goes at the start; logs stay after Stop, all else goes. Empty means a
	// temporary directory, of which nothing stays.
	Dir string
	// Log receives one line a step. Nil means silence. The output of the programs goes
	// to Dir/logs in any case.
	Log io.Writer
	// Kubeconfigs are written to Dir when the plane is ready, for this user alone, and
	// removed by Stop: the user of each by the name of the file, which must start with
	// "kubeconfig".
	Kubeconfigs map[string]Identity
	// BeforeControllers runs when the API server is ready and the controllers are not
	// yet started. It is the place to install CRDs: the garbage collector learns at its
	// start which kinds exist, and looks again only every 30 s.
	BeforeControllers func(ctx context.Context, admin *rest.Config) error
}

// Plane is a running control plane. Its methods may be called from several goroutines.
type Plane struct {
	assets    string
	dir       *directory
	authority *authority
	caData    []byte
	admin     *rest.Config

	etcdPort, apiPort, managerPort *port

	mu        sync.Mutex // guards what follows
	processes []*process // in the order of their start
	stopped   bool       // from then on no program is started

	// exited is the first program that has exited; broken is closed from then on.
	exited   *process
	broken   chan struct{}
	exitOnce sync.Once

	stopOnce sync.Once
	stopErr  error
}

// Start starts a control plane and returns when it is ready for requests: the API
// server reports so, and the controllers run. It takes about 4 s on two idle cores. ctx
// bounds the start only; the plane runs until Stop, or until this process ends,
// however it ends.
//
// If another process runs a plane in o.Dir, the error is ErrRunning.
func Start(ctx context.Context, o Options) (*Plane, error) {
	for name := range o.Kubeconfigs {
		if !strings.HasPrefix(name, kubeconfigPrefix) || name != filepath.Base(name) {
			return nil, fmt.Errorf("starting the control plane: kubeconfig %q: its name must be that of a plain file and start with %q",
				name, kubeconfigPrefix)
		}
	}
	p := &Plane{broken: make(chan struct{})}
	if err := p.start(ctx, o); err != nil {
		return nil, fmt.Errorf("starting the control plane: %w", errors.Join(err, p.Stop()))
	}
	return p, nil
}

func (p *Plane) start(ctx context.Context, o Options) (err error) {
	if p.assets, err = Assets(); err != nil {
		return err
	}
	if o.Dir == "" {
		p.dir, err = acquireTemporary(ctx)
	} else {
		p.dir, err = acquire(ctx, o.Dir)
	}
	if err != nil {
		return err
	}
	for _, port := range []**port{&p.etcdPort, &p.apiPort, &p.managerPort} {
		if *port, err = reservePort(); err != nil {
			return err
		}
	}
	steps := []struct {
		does string
		do   func(context.Context) error
	}{
		{"keys made", func(context.Context) error { return p.writeKeys() }},
		{etcd + " ready", p.startEtcd},
		{apiServer + " ready", p.startAPIServer},
		{"prepared", func(ctx context.Context) error { return p.prepare(ctx, o) }},
		{controllerManager + " ready", p.startControllerManager},
		{"kubeconfigs written", func(context.Context) error { return p.writeKubeconfigs(o) }},
	}
	begin := time.Now()
	for _, step := range steps {
		if err := step.do(ctx); err != nil {
			return err
		}
		if o.Log != nil {
			fmt.Fprintf(o.Log, "%4.1fs  %s\n", time.Since(begin).Seconds(), step.does)
		}
	}
	return nil
}

func (p *Plane) prepare(ctx context.Context, o Options) error {
	if o.BeforeControllers == nil {
		return nil
	}
	if err := o.BeforeControllers(ctx, p.Config()); err != nil {
		return fmt.Errorf("preparing it before the controllers start: %w", err)
	}
	return nil
}

func (p *Plane) writeKubeconfigs(o Options) error {
	for name, identity := range o.Kubeconfigs {
		_, content, err := p.User(identity.Name, identity.Groups...)
		if err != nil {
			return err
		}
		if err := p.dir.write(filepath.Join(p.dir.path, name), content); err != nil {
			return err
		}
	}
	return nil
}

// Dir is the directory of the plane; the programs write to its logs/.
func (p *Plane) Dir() string { return p.dir.path }

// PIDs are the process ids by the name of the program, to read what they cost or to
// hurt them.
func (p *Plane) PIDs() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	pids := map[string]int{}
	for _, process := range p.processes {
		pids[process.name] = process.cmd.Process.Pid
	}
	return pids
}

// Etcd is the address of etcd, which asks nobody who they are.
func (p *Plane) Etcd() string { return p.etcdPort.url("http") }

// Config returns the administrator's client configuration, without a limit on the
// client's side to the rate of requests. The caller may change it.
func (p *Plane) Config() *rest.Config { return rest.CopyConfig(p.admin) }

// User returns the client configuration of a user and the same as a kubeconfig. The
// user is known by a client certificate and may do what RBAC grants to the name and
// to the groups, which need not exist.
func (p *Plane) User(name string, groups ...string) (*rest.Config, []byte, error) {
	pair, err := p.authority.client(name, groups)
	if err != nil {
		return nil, nil, err
	}
	config := &rest.Config{
		Host:            p.apiPort.url("https"),
		TLSClientConfig: rest.TLSClientConfig{CAData: p.caData, CertData: pair.cert, KeyData: pair.key},
		QPS:             -1,
	}
	content, err := kubeconfig(config, name)
	if err != nil {
		return nil, nil, err
	}
	return config, content, nil
}

// Wait returns nil when ctx is done. If a program of the plane exits before that,
// the plane is of no use any more, and Wait returns why.
func (p *Plane) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-p.broken:
		return p.exited.died()
	}
}

// Restart kills a program, by the name of its binary, starts it again on what it has
// left, and returns when it is ready. Meanwhile requests fail as they do when the
// program of a real control plane dies.
func (p *Plane) Restart(ctx context.Context, name string) error {
	start := map[string]func(context.Context) error{
		etcd: p.startEtcd, apiServer: p.startAPIServer, controllerManager: p.startControllerManager,
	}[name]
	p.mu.Lock()
	i := slices.IndexFunc(p.processes, func(one *process) bool { return one.name == name })
	if start == nil || i < 0 {
		p.mu.Unlock()
		return fmt.Errorf("restarting %s: the control plane has no such program", name)
	}
	old := p.processes[i]
	p.processes = slices.Delete(p.processes, i, i+1)
	old.replaced.Store(true)
	p.mu.Unlock()
	if err := old.stop(); err != nil {
		return fmt.Errorf("restarting %s: %w", name, err)
	}
	if err := start(ctx); err != nil {
		return fmt.Errorf("restarting %s: %w", name, err)
	}
	return nil
}

// Stop ends the programs, the last started first, and removes the plane's data. It
// returns when nothing of the plane runs any more. Calling it again does nothing.
func (p *Plane) Stop() error {
	p.stopOnce.Do(func() { p.stopErr = p.stop() })
	return p.stopErr
}

func (p *Plane) stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	var errs []error
	for _, process := range slices.Backward(p.processes) {
		errs = append(errs, process.stop())
	}
	for _, port := range []*port{p.etcdPort, p.apiPort, p.managerPort} {
		if port != nil {
			errs = append(errs, port.release())
		}
	}
	if p.dir != nil {
		errs = append(errs, p.dir.release())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stopping the control plane: %w", err)
	}
	return nil
}
