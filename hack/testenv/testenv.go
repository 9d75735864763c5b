// Package testenv runs the controllers against a real API server: one control
// plane for a package of tests, one namespace for a test, and managers that have
// exactly the permissions of config/rbac. Tests run side by side, but for those that fill
// the machine, and those whose manager works Everywhere.
package testenv

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/hack/localplane/plane"
)

const (
	// ManagerNamespace is where the manager keeps its own things.
	ManagerNamespace = "ordercycle-system"
	managerUser      = "system:serviceaccount:ordercycle-system:ordercycle-controller-manager"
	// Patience bounds how long a test waits for something that should happen.
	Patience = 2 * time.Minute
)

// Env is a running control plane with the CRDs and permissions of Ordercycle.
type Env struct {
	plane *plane.Plane
	// Client is the administrator's, without a cache.
	Client client.WithWatch
	// Admin is the administrator's configuration.
	Admin *rest.Config
	// Manager is the configuration of the manager's identity.
	Manager *rest.Config
	// ManagerKubeconfig is the same as a file, for a manager as its own process.
	ManagerKubeconfig []byte
}

// atOnce is how many of the tests that may run side by side do, on a machine of fewer
// processors as well: they mostly wait, and six keep two processors busy.
const atOnce = 6

// Run starts an environment, runs the tests of a package with it and stops it.
// TestMain calls it and exits with what it returns.
func Run(m *testing.M, use func(*Env)) int {
	// A number on the command line is read later, and counts.
	if err := flag.Set("test.parallel", strconv.Itoa(max(atOnce, runtime.GOMAXPROCS(0)))); err != nil {
		fmt.Fprintln(os.Stderr, "testenv:", err)
		return 1
	}
	log.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	ctx := context.Background()
	env, err := Start(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testenv:", err)
		return 1
	}
	use(env)
	code := m.Run()
	if err := env.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "testenv:", err)
		return 1
	}
	return code
}

// PIDs are the processes of the control plane, by program.
func (e *Env) PIDs() map[string]int { return e.plane.PIDs() }

// Etcd is the address of the control plane's etcd.
func (e *Env) Etcd() string { return e.plane.Etcd() }

// Restart kills a program of the control plane and starts it again.
func (e *Env) Restart(ctx context.Context, program string) error {
	return e.plane.Restart(ctx, program)
}

// Stop stops the control plane.
func (e *Env) Stop() error {
	if err := e.plane.Stop(); err != nil {
		return fmt.Errorf("stopping the control plane: %w", err)
	}
	return nil
}

// Start starts a control plane and installs config/crd and config/rbac.
func Start(ctx context.Context) (*Env, error) {
	p, err := plane.Start(ctx, plane.Options{BeforeControllers: func(_ context.Context, admin *rest.Config) error {
		_, err := envtest.InstallCRDs(admin, envtest.CRDInstallOptions{Paths: []string{Root("config", "crd", "bases")}, ErrorIfPathMissing: true})
		return err
	}})
	if err != nil {
		return nil, err
	}
	env := &Env{plane: p, Admin: p.Config()}
	scheme, err := controllers.Scheme()
	if err != nil {
		return nil, err
	}
	if env.Client, err = client.NewWithWatch(env.Admin, client.Options{Scheme: scheme}); err != nil {
		return nil, err
	}
	if env.Manager, env.ManagerKubeconfig, err = p.User(managerUser, "system:serviceaccounts", "system:serviceaccounts:"+ManagerNamespace, "system:authenticated"); err != nil {
		return nil, err
	}
	if err := env.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ManagerNamespace}}); err != nil {
		return nil, err
	}
	for _, file := range []string{"service_account.yaml", "role.yaml", "role_binding.yaml"} {
		if err := env.create(ctx, Root("config", "rbac", file)); err != nil {
			return nil, err
		}
	}
	return env, nil
}

// create creates every object of a file.
func (e *Env) create(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if len(o.Object) == 0 {
			continue
		}
		if err := e.Client.Create(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// Root is a path in the root of the project.
func Root(elements ...string) string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(append([]string{filepath.Dir(file), "..", ".."}, elements...)...)
}

// Namespace makes a namespace for a test.
func (e *Env) Namespace(t testing.TB) string {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := e.Client.Create(t.Context(), ns); err != nil {
		t.Fatalf("making a namespace: %v", err)
	}
	return ns.Name
}

// Everywhere lets a manager work in all namespaces, as it does in a cluster. A test with
// such a manager does not run beside others: it would work on their orders as well.
func Everywhere(o *controllers.Options) { o.Manager.Cache.DefaultNamespaces = nil }

// StartManager runs a manager with the manager's permissions until the test
// ends or stop is called. It works in one namespace, so that tests may run side by side;
// tune may change its options.
func (e *Env) StartManager(t testing.TB, namespace string, tune ...func(*controllers.Options)) (stop func()) {
	t.Helper()
	o := controllers.Options{
		Namespace: ManagerNamespace, Installation: "test", Workers: 4,
		Manager: manager.Options{Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0"},
	}
	o.Manager.Controller.SkipNameValidation = new(true)
	o.Manager.Cache.DefaultNamespaces = map[string]cache.Config{namespace: {}}
	for _, f := range tune {
		f(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := rest.CopyConfig(e.Manager)
	c.QPS = -1
	mgr, err := controllers.NewManager(ctx, c, o)
	if err != nil {
		cancel()
		t.Fatalf("making a manager: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("running the manager: %v", err)
		}
	}
	t.Cleanup(stop)
	filled := make(chan bool, 1)
	go func() { filled <- mgr.GetCache().WaitForCacheSync(ctx) }()
	select {
	case ok := <-filled:
		if !ok {
			t.Fatal("the manager's cache did not fill")
		}
	case err := <-done:
		done <- err
		t.Fatalf("the manager ended: %v", err)
	}
	return stop
}

// AdminKubeconfig is the administrator's configuration as a file, with a namespace
// as the default one.
func (e *Env) AdminKubeconfig(t testing.TB, namespace string) []byte {
	t.Helper()
	_, content, err := e.plane.User(plane.Admin.Name, plane.Admin.Groups...)
	if err != nil {
		t.Fatalf("making a kubeconfig: %v", err)
	}
	config, err := clientcmd.Load(content)
	if err != nil {
		t.Fatalf("reading the kubeconfig: %v", err)
	}
	for _, c := range config.Contexts {
		c.Namespace = namespace
	}
	if content, err = clientcmd.Write(*config); err != nil {
		t.Fatalf("writing the kubeconfig: %v", err)
	}
	return content
}

// Eventually waits until check returns "", and fails the test with what it last
// returned if it never does.
func Eventually(t testing.TB, check func() string) {
	t.Helper()
	Within(t, Patience, check)
}

// Within is Eventually with a patience of its own, for work that takes longer.
func Within(t testing.TB, patience time.Duration, check func() string) {
	t.Helper()
	var last string
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		last = check()
		return last == "", nil
	})
	if err != nil {
		t.Fatalf("waited %v in vain: %s", patience, last)
	}
}
