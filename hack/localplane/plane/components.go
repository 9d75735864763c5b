package plane

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/keyutil"
)

// The programs, by the names of their binaries.
const (
	etcd              = "etcd"
	apiServer         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
)

// controllers are those that an operator leans on. The others need nodes, or would
// create what tests do not expect.
var controllers = []string{
	"garbage-collector-controller",
	"namespace-controller",
	"clusterrole-aggregation-controller",
}

// Files in the data directory.
const (
	authorityFile  = "ca.crt"
	serverCertFile = "server.crt"
	serverKeyFile  = "server.key"
	tokenKeyFile   = "service-account.key"
	managerConfig  = "controller-manager.kubeconfig"
)

// writeKeys makes the keys of the plane and leaves those that its processes read in
// the data directory.
func (p *Plane) writeKeys() (err error) {
	if p.authority, err = newAuthority(); err != nil {
		return err
	}
	if p.caData, err = p.authority.pem(); err != nil {
		return fmt.Errorf("encoding the plane's own authority: %w", err)
	}
	if p.admin, _, err = p.User(Admin.Name, Admin.Groups...); err != nil {
		return err
	}
	server, err := p.authority.server()
	if err != nil {
		return err
	}
	tokenKey, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err != nil {
		return fmt.Errorf("generating the key that signs service account tokens: %w", err)
	}
	// The controllers are trusted with every right here. Roles for each of them would
	// need the controllers for service accounts and their tokens as well.
	_, manager, err := p.User("system:"+controllerManager, mastersGroup)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		authorityFile:  p.caData,
		serverCertFile: server.cert,
		serverKeyFile:  server.key,
		tokenKeyFile:   tokenKey,
		managerConfig:  manager,
	} {
		if err := p.dir.write(p.dir.data(name), content); err != nil {
			return err
		}
	}
	return nil
}

func (p *Plane) startEtcd(ctx context.Context) error {
	address := p.etcdPort.url("http")
	return p.startProcess(ctx, etcd, answer{url: address + "/health"},
		"--data-dir="+p.dir.data(etcd),
		"--listen-client-urls="+address,
		"--advertise-client-urls="+address,
		// A single member has no peers: any port will do, and nobody needs to know it.
		"--listen-peer-urls=http://127.0.0.1:0",
		"--socket-reuse-port", // see reservePort
		// The data goes with the plane, so it need not survive a power cut.
		"--unsafe-no-fsync",
		"--log-level=warn",
	)
}

func (p *Plane) startAPIServer(ctx context.Context) error {
	address := p.apiPort.url("https")
	tokenKey := p.dir.data(tokenKeyFile)
	return p.startProcess(ctx, apiServer, answer{url: address + "/readyz"},
		"--etcd-servers="+p.etcdPort.url("http"),
		"--bind-address=127.0.0.1",
		// Asked of the network interfaces otherwise, which fails on a machine without network.
		"--advertise-address=127.0.0.1",
		// Nothing here reaches the API server as Service "kubernetes", and an endpoint may
		// not be a loopback address.
		"--endpoint-reconciler-type=none",
		fmt.Sprintf("--secure-port=%d", p.apiPort.number),
		"--permit-port-sharing", // see reservePort
		"--tls-cert-file="+p.dir.data(serverCertFile),
		"--tls-private-key-file="+p.dir.data(serverKeyFile),
		"--client-ca-file="+p.dir.data(authorityFile),
		"--authorization-mode=RBAC",
		// It would refuse Pods for want of the default ServiceAccount, whose controller is
		// not among those that run here.
		"--disable-admission-plugins=ServiceAccount",
		"--service-account-issuer="+address,
		"--service-account-key-file="+tokenKey,
		"--service-account-signing-key-file="+tokenKey,
		"--service-cluster-ip-range=10.0.0.0/24",
	)
}

func (p *Plane) startControllerManager(ctx context.Context) error {
	// It answers before it has any controller. The verbose answer names those it has.
	healthy := answer{url: p.managerPort.url("https") + "/healthz?verbose", words: controllers}
	return p.startProcess(ctx, controllerManager, healthy,
		"--kubeconfig="+p.dir.data(managerConfig),
		"--controllers="+strings.Join(controllers, ","),
		"--leader-elect=false",
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", p.managerPort.number),
		"--permit-port-sharing", // see reservePort
		"--tls-cert-file="+p.dir.data(serverCertFile),
		"--tls-private-key-file="+p.dir.data(serverKeyFile),
		// The default of 20 requests a second would be what a test that deletes many
		// objects measures.
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
	)
}

// startProcess starts a program of the plane and waits until it answers as it should.
func (p *Plane) startProcess(ctx context.Context, name string, ready answer, args ...string) error {
	process, err := launch(filepath.Join(p.assets, name), args, p.dir.log(name), p.dir.processes)
	if err != nil {
		return err
	}
	if !p.add(process) {
		return errors.Join(fmt.Errorf("starting %s: the control plane was stopped meanwhile", name), process.stop())
	}
	client, err := rest.HTTPClientFor(p.Config())
	if err != nil {
		return fmt.Errorf("making a client for %s: %w", name, err)
	}
	return process.await(ctx, client, ready)
}

// add has Stop end the process, and Wait notice its exit, unless Restart has asked for
// it. It is false once Stop was called, and then it has done neither.
func (p *Plane) add(process *process) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return false
	}
	p.processes = append(p.processes, process)
	go func() {
		<-process.exited
		if process.replaced.Load() {
			return
		}
		p.exitOnce.Do(func() {
			p.exited = process
			close(p.broken)
		})
	}()
	return true
}
