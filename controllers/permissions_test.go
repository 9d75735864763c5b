package controllers_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/yaml"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// elsewhere are permissions that no request in this test needs, and why they are
// granted all the same.
var elsewhere = []string{
	// The policies of config/policy ask for them, of whoever states facts in the place
	// of a warehouse or a carrier, as the simulation does.
	"update shipments/events.ordercycle.dev", "update shipments/facts.ordercycle.dev",
	// What is watched is listed where the API server does not stream what is there.
	"list orderclasses.ordercycle.dev", "list orders.ordercycle.dev", "list stockitems.ordercycle.dev",
	// The library counts what is told twice of one version of an object in the first
	// event. That takes a look which is repeated at the right moment; a run of this test
	// in which it happened showed that it is needed.
	"patch events.events.k8s.io",
}

// TestPermissionsAreExact does all that the manager can do, as the identity that has
// the permissions of config/rbac and no others, and finds each of them made use of.
func TestPermissionsAreExact(t *testing.T) {
	var mu sync.Mutex
	used := map[string]bool{}
	record := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(r)
			if c, ok := fault.Read(r); ok && err == nil {
				mu.Lock()
				defer mu.Unlock()
				used[c.Permission()] = true
			}
			return response, err
		})
	}
	clock, address := &movableClock{}, freePort(t)
	env.StartManager(t, atGateway, func(o *controllers.Options) {
		o.Clock, o.Wrap = clock, record
		o.Manager.LeaderElection, o.Manager.LeaderElectionID, o.Manager.LeaderElectionNamespace = true, "permissions-test", testenv.ManagerNamespace
		o.Manager.Metrics = metricsserver.Options{BindAddress: address, SecureServing: true, FilterProvider: filters.WithAuthenticationAndAuthorization}
	})
	// A gateway and the simulated provider, an Order that is held, and one that is
	// deleted with its namespace while its parcel travels.
	l := openTill(t, func(c *v1.OrderClass) {
		c.Spec.Confirmation = &v1.ConfirmationPolicy{AutoApproveBelow: new(v1.Amount(5000))}
	})
	l.deliver(t, l.place(t, "card", 1, v1.PaymentCard))
	ns := env.Namespace(t)
	simulated := testenv.MakeOrder(ns, "o").Line("TEA", 2).Pay(v1.PaymentCard).Obj()
	create(t, testenv.MakeClass(ns, "retail"), testenv.MakeStock(ns, "tea", "TEA", 5), simulated)
	awaitOrder(t, simulated, inPhase(v1.OrderCompleted))
	awaitOrder(t, l.place(t, "held", 5, v1.PaymentCard), readyFor(v1.ReasonManualApproval))
	sent := l.place(t, "sent", 1, v1.PaymentCard)
	l.dispatch(t, sent)
	awaitOrder(t, sent, readyFor(v1.ReasonAwaitingCarrier))
	reader := serviceAccountToken(t, l.ns, "reader")
	testenv.Eventually(t, func() string { return wantStatus("https://"+address+"/metrics", reader, http.StatusForbidden) })
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: l.ns}}
	remove(t, namespace)
	awaitOrder(t, sent, readyFor(v1.ReasonDeleting))
	clock.move(t, 11*time.Minute, sent)
	awaitGone(t, namespace)

	granted := permissions(t)
	testenv.Within(t, 20*time.Second, func() string {
		mu.Lock()
		defer mu.Unlock()
		var idle []string
		for _, p := range granted {
			if !used[p] && !slices.Contains(elsewhere, p) {
				idle = append(idle, p)
			}
		}
		if len(idle) > 0 {
			return fmt.Sprintf("granted and never made use of: %v", idle)
		}
		return ""
	})
	for p := range used {
		if !slices.Contains(granted, p) {
			t.Errorf("%q is made use of and not granted by config/rbac", p)
		}
	}
}

// permissions are those of config/rbac/role.yaml.
func permissions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(testenv.Root("config", "rbac", "role.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		var role rbacv1.ClusterRole
		if err := yaml.Unmarshal([]byte(document), &role); err != nil {
			t.Fatal(err)
		}
		for _, rule := range role.Rules {
			for _, group := range rule.APIGroups {
				for _, resource := range rule.Resources {
					for _, verb := range rule.Verbs {
						list = append(list, fault.Call{Verb: verb, Group: group, Resource: resource}.Permission())
					}
				}
			}
		}
	}
	if len(list) == 0 {
		t.Fatal("config/rbac grants nothing")
	}
	return list
}
