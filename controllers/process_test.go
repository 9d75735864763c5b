package controllers_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// binary builds the manager once for all tests of the package.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "manager")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, testenv.Root("cmd")).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the manager: %w\n%s", err, out)
	}
	return path, nil
})

// process is a manager as its own process, with the manager's permissions.
type process struct {
	*exec.Cmd
	log *os.File
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, env.ManagerKubeconfig, 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	p := &process{exec.Command(path, append([]string{"--kubeconfig", kubeconfig, "--namespace", testenv.ManagerNamespace, "--log-format", "text"}, args...)...), log}
	p.Stdout, p.Stderr = log, log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("the manager's log:\n%s", text)
		}
		log.Close()
	})
	return p
}

// freePort is an address on loopback that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestKilledManager kills the manager with SIGKILL again and again while orders
// are under way, and starts it again: the totals are those of an undisturbed run.
func TestKilledManager(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	ns := env.Namespace(t)
	tea, kit := testenv.MakeStock(ns, "tea", "TEA", 50), testenv.MakeStock(ns, "kit", "KIT", 2)
	// A second between two facts keeps the orders under way for several kills.
	class := testenv.MakeClass(ns, "retail")
	class.Spec.Warehouse.StepSeconds, class.Spec.Carrier.StepSeconds = new(int32(1)), new(int32(1))
	create(t, tea, kit, class)
	var orders []*v1.Order
	for i, method := range []v1.PaymentMethod{v1.PaymentCard, v1.PaymentOnline, v1.PaymentCash, v1.PaymentCard, v1.PaymentOnline} {
		o := testenv.MakeOrder(ns, fmt.Sprintf("o%d", i)).Line("TEA", 3).Line("KIT", 1).Pay(method).Change(func(o *v1.Order) {
			o.Spec.ShippingFee = 500
			if method == v1.PaymentCash {
				o.Spec.Payment.Received = []v1.ReceivedPayment{{ID: "r", Amount: 4500, At: testenv.Seconds(time.Now())}}
			}
		}).Obj()
		create(t, o)
		orders = append(orders, o)
	}
	arguments := []string{"--leader-elect=false", "--metrics-bind-address=0", "--health-probe-bind-address=0"}
	kills := 0
	var p *process
	testenv.Eventually(t, func() string {
		switch completed := count(t, orders, v1.OrderCompleted); {
		case completed == len(orders):
			return ""
		case completed >= 2 && get(t, kit).Spec.Count.ID == "count-1":
			// Two kits were there: the other orders wait for more.
			stateCount(t, kit, "count-2", 10)
		}
		if p == nil {
			p = startProcess(t, arguments...)
		}
		alive, cancel := context.WithTimeout(t.Context(), time.Duration(700+random.IntN(1300))*time.Millisecond)
		defer cancel()
		<-alive.Done()
		if kills < 12 {
			if err := p.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = p.Wait()
			p = nil
			kills++
		}
		return fmt.Sprintf("%d orders are completed after %d kills", count(t, orders, v1.OrderCompleted), kills)
	})
	if kills < 3 {
		t.Errorf("the manager was killed only %d times before all was done", kills)
	}
	awaitCounters(t, tea, 35, 0)
	awaitCounters(t, kit, 7, 0)
	for _, o := range orders {
		if a := get(t, o).Status.Amounts; a.Total != 4500 || a.Captured != 4500 || a.Refunded != 0 || a.Authorized != 0 {
			t.Errorf("Order %s: %+v", o.Name, a)
		}
		if o.Spec.Payment.Method == v1.PaymentCash {
			continue
		}
		if books := booksOf(t, o); books != (payment.Sums{Captured: 4500}) {
			t.Errorf("Order %s: the provider's books say %+v", o.Name, books)
		}
	}
}

func count(t *testing.T, orders []*v1.Order, phase v1.OrderPhase) int {
	n := 0
	for _, o := range orders {
		if get(t, o).Status.Phase == phase {
			n++
		}
	}
	return n
}

// TestManagerProcess looks at the manager from outside: probes, metrics for those
// who may read them, a stop that gives up the lease.
func TestManagerProcess(t *testing.T) {
	metricsAddress, probeAddress := freePort(t), freePort(t)
	p := startProcess(t, "--metrics-bind-address", metricsAddress, "--health-probe-bind-address", probeAddress)
	for _, path := range []string{"/healthz", "/readyz"} {
		testenv.Eventually(t, func() string { return wantStatus("http://"+probeAddress+path, "", http.StatusOK) })
	}
	metrics := "https://" + metricsAddress + "/metrics"
	testenv.Eventually(t, func() string { return wantStatus(metrics, "", http.StatusUnauthorized) })
	ns := env.Namespace(t)
	nobody := serviceAccountToken(t, ns, "nobody")
	if problem := wantStatus(metrics, nobody, http.StatusForbidden); problem != "" {
		t.Error(problem)
	}
	reader := serviceAccountToken(t, ns, "reader")
	create(t, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: ns + "-reader"},
		Rules:      []rbacv1.PolicyRule{{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}}},
	}, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: ns + "-reader"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: ns + "-reader"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: ns, Name: "reader"}},
	})
	testenv.Eventually(t, func() string { return wantStatus(metrics, reader, http.StatusOK) })

	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: testenv.ManagerNamespace, Name: "manager.ordercycle.dev"}}
	testenv.Eventually(t, func() string {
		if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(lease), lease); err != nil || lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == "" {
			return fmt.Sprintf("nobody leads: %v", err)
		}
		return ""
	})
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("the manager did not stop cleanly: %v", err)
	}
	if held := *get(t, lease).Spec.HolderIdentity; held != "" {
		t.Errorf("the lease is still held by %s", held)
	}
}

// wantStatus says what is wrong with the answer to a GET, "" if it is as wanted.
func wantStatus(url, token string, want int) string {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err.Error()
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	c := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	response, err := c.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != want {
		return fmt.Sprintf("GET %s: %s, want %d", url, response.Status, want)
	}
	if want == http.StatusOK && strings.HasSuffix(url, "/metrics") && !strings.Contains(string(body), "ordercycle_api_writes_total{") {
		return "the metrics lack ordercycle_api_writes_total"
	}
	return ""
}

func serviceAccountToken(t *testing.T, namespace, name string) string {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	create(t, account)
	request := &authenticationv1.TokenRequest{}
	if err := env.Client.SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}
