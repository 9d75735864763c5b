package controllers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/yaml"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// TestPermissionsAreExact does all that the manager can do, as the identity that has
// the permissions of config/rbac and no others, and finds each of them made use of, and
// no other.
func TestPermissionsAreExact(t *testing.T) {
	wire := &permissionsWire{used: map[permission]bool{}, refused: map[string]int{}}
	record := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) { return wire.carry(next, r) })
	}
	clock, address := &movableClock{}, freePort(t)
	everywhere := func(o *controllers.Options) {
		atGateway(o)
		testenv.Everywhere(o)
		o.Clock, o.Wrap = clock, record
		o.Manager.LeaderElection, o.Manager.LeaderElectionID, o.Manager.LeaderElectionNamespace = true, "permissions-test", testenv.ManagerNamespace
		o.Manager.Metrics = metricsserver.Options{BindAddress: address, SecureServing: true, FilterProvider: filters.WithAuthenticationAndAuthorization}
	}
	// A gateway and the simulated provider, a Partner that delivers, an Order that is held, and one that is
	// deleted with its namespace while its parcel travels.
	l := openTillUnder(t, everywhere, func(c *v1.OrderClass) {
		c.Spec.Confirmation = &v1.ConfirmationPolicy{AutoApproveBelow: new(v1.Amount(5000))}
	})
	l.deliver(t, l.place(t, "card", 1, v1.PaymentCard))
	ns := env.Namespace(t)
	simulated := testenv.MakeOrder(ns, "o").Line("TEA", 2).Pay(v1.PaymentCard).Obj()
	create(t, testenv.ByPartners(testenv.MakeClass(ns, "retail")), testenv.MakePartner(ns, "trucks"), testenv.MakeStock(ns, "tea", "TEA", 5), simulated)
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
	// What is told twice of one version of an object is counted in the first event: an
	// order that follows one of two default classes, and whose first statuses are not taken.
	twice := testenv.MakeOrder(ns, wire.refuseStatus("twice")).Line("TEA", 1).Pay(v1.PaymentCard).Obj()
	create(t, testenv.MakeClass(ns, "other"), twice)
	awaitOrder(t, twice, inPhase(v1.OrderCompleted))

	granted := permissions(t)
	testenv.Within(t, 20*time.Second, func() string {
		if idle := wire.idle(granted); len(idle) > 0 {
			return fmt.Sprintf("granted and never made use of: %v", idle)
		}
		return ""
	})
	for _, p := range wire.beyond(granted) {
		t.Errorf("%s is made use of and not granted by config/rbac", p)
	}
}

// permission is what may be done where: in one namespace, or "" for everywhere.
type permission struct{ namespace, what string }

func (p permission) String() string { return strings.TrimSpace(p.what + " " + p.namespace) }

// permissionsWire notes what a manager asks for.
type permissionsWire struct {
	mu   sync.Mutex
	used map[permission]bool
	// refused is how often something was: a stream of what is there once, by its resource,
	// as by an API server that only lists it, and the status of an Order, by its name.
	refused map[string]int
	order   string
}

// statusRefusals is how often a status is refused: an Order gets its finalizer meanwhile,
// which is another version of it.
const statusRefusals = 3

// refuseStatus has the first statuses of an Order refused.
func (w *permissionsWire) refuseStatus(order string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.order = order
	return order
}

func (w *permissionsWire) carry(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	c, ok := fault.Read(r)
	if ok && w.refuses(c, r) {
		return answer(r, &apierrors.NewInvalid(schema.GroupKind{Kind: c.Resource}, c.Name, nil).ErrStatus)
	}
	response, err := next.RoundTrip(r)
	if ok && err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		namespace := c.Namespace
		if namespace != testenv.ManagerNamespace {
			namespace = ""
		}
		w.used[permission{namespace, c.Permission()}] = true
	}
	return response, err
}

func (w *permissionsWire) refuses(c fault.Call, r *http.Request) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	what, times := "", 1
	switch {
	case r.URL.Query().Get("sendInitialEvents") == "true":
		what = c.Resource
	case w.order != "" && c.Verb == "update" && c.Resource == "orders/status" && c.Name == w.order:
		what, times = w.order, statusRefusals
	}
	if what == "" || w.refused[what] == times {
		return false
	}
	w.refused[what]++
	return true
}

// answer is an answer of the API server that it has not given.
func answer(r *http.Request, status *metav1.Status) (*http.Response, error) {
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	text, err := json.Marshal(status)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: int(status.Code), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(text)),
	}, nil
}

// idle are the permissions that were granted and not made use of. The policies of
// config/policy ask for some, of whoever states facts in the place of a warehouse or a
// carrier, as the simulation does.
func (w *permissionsWire) idle(granted []permission) []permission {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(granted), func(p permission) bool {
		return w.used[p] || (p.namespace == "" && slices.Contains(askedByPolicies, p.what))
	})
}

// beyond are the permissions that were made use of and not granted.
func (w *permissionsWire) beyond(granted []permission) []permission {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []permission
	for p := range w.used {
		if !slices.Contains(granted, p) && !slices.Contains(granted, permission{"", p.what}) {
			list = append(list, p)
		}
	}
	return list
}

// askedByPolicies are the permissions that nobody but config/policy asks for; a test
// there shows that who lacks them is refused.
var askedByPolicies = []string{"update shipments/events.ordercycle.dev", "update shipments/facts.ordercycle.dev"}

// permissions are those of config/rbac/role.yaml.
func permissions(t *testing.T) []permission {
	t.Helper()
	text, err := os.ReadFile(testenv.Root("config", "rbac", "role.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var list []permission
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		var role rbacv1.ClusterRole // a Role has the same rules
		if err := yaml.Unmarshal([]byte(document), &role); err != nil {
			t.Fatal(err)
		}
		for _, rule := range role.Rules {
			for _, group := range rule.APIGroups {
				for _, resource := range rule.Resources {
					for _, verb := range rule.Verbs {
						list = append(list, permission{role.Namespace, fault.Call{Verb: verb, Group: group, Resource: resource}.Permission()})
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
