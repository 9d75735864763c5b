package controllers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/provider/payment/simulated"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// crash cuts a manager off from the API server at its kth write, right before
// it is sent or right after it was carried out: for the cluster, that is the
// moment at which the process died.
type crash struct {
	at    int64
	after bool

	writes atomic.Int64
	dead   atomic.Bool
	point  atomic.Value
}

var errDead = errors.New("the process is dead")

func (c *crash) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if c.dead.Load() {
			return nil, errDead
		}
		if r.Method == http.MethodGet || strings.Contains(r.URL.Path, "/events") || c.writes.Add(1) != c.at {
			return next.RoundTrip(r)
		}
		c.point.Store(r.Method + " " + r.URL.Path)
		if c.after {
			if response, err := next.RoundTrip(r); err == nil {
				response.Body.Close()
			}
		}
		c.dead.Store(true)
		return nil, errDead
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// scenario is a course of events in which the manager is killed.
type scenario struct {
	manual bool
	// gateway takes the money in the place of the simulated provider.
	gateway bool
	method  v1.PaymentMethod
	// drive does what people do, whenever it is time; it is called again and again.
	drive func(*testing.T, *v1.Order, *v1.StockItem)
	// What it ends with, whoever died when.
	phase         v1.OrderPhase
	tea, cup      v1.Quantity
	money         payment.Sums
	leastOfWrites int64
}

// TestCase04_CrashAtEveryWrite kills the manager at each of its writes of an order's
// course, before and after it takes effect, and starts another one: the order
// ends the same, its units leave once, its money is taken and given back once.
func TestCase04_CrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]scenario{
		"a card order is delivered": {
			method: v1.PaymentCard, phase: v1.OrderCompleted, tea: 7, cup: 8,
			money: payment.Sums{Captured: 3000}, leastOfWrites: 20,
		},
		"a paid order is cancelled once its stock is reserved": {
			manual: true, gateway: true, method: v1.PaymentOnline, phase: v1.OrderCancelled, tea: 9, cup: 9,
			money: payment.Sums{Captured: 3000, Refunded: 3000}, leastOfWrites: 12,
			drive: func(t *testing.T, o *v1.Order, _ *v1.StockItem) {
				if o.Spec.Cancel == nil && o.Status.Phase == v1.OrderProcessing {
					change(t, o, func(o *v1.Order) { o.Spec.Cancel = &v1.CancelRequest{} })
				}
			},
		},
	} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, after: %v", name, after), func(t *testing.T) {
				t.Parallel()
				for k, done := int64(1), false; !done && !t.Failed(); k++ {
					done = s.crashOnce(t, k, after)
					if done && k <= s.leastOfWrites {
						t.Errorf("there were only %d writes; the seam does not see them", k-1)
					}
				}
			})
		}
	}
}

// crashOnce runs the scenario with a crash at write k; it says whether it ended
// before there were k writes.
func (s *scenario) crashOnce(t *testing.T, k int64, after bool) (done bool) {
	c := &crash{at: k, after: after}
	ns := env.Namespace(t)
	tea, cup := testenv.MakeStock(ns, "tea", "TEA", 9), testenv.MakeStock(ns, "cup", "CUP", 9)
	o := testenv.MakeOrder(ns, "o").Line("TEA", 2).Line("CUP", 1).Pay(s.method).Obj()
	class := testenv.MakeClass(ns, "retail")
	if s.manual {
		testenv.Manual(class)
	}
	books := func() payment.Sums { return booksOf(t, o) }
	if s.gateway {
		l := connect(t, ns)
		testenv.AtGateway(class, l.URL)
		o.Spec.Payment.TokenSecretRef = &v1.LocalReference{Name: "ok"}
		books = func() payment.Sums {
			m := l.total()
			return payment.Sums{Authorized: m.held, Captured: m.captured, Refunded: m.refunded}
		}
	}
	create(t, tea, cup, class, o)

	ended := func() bool {
		if get(t, o); s.drive != nil {
			s.drive(t, o, tea)
		}
		return o.Status.Phase == s.phase
	}
	stop := env.StartManager(t, ns, func(o *controllers.Options) { o.Wrap = c.wrap }, atGateway)
	testenv.Eventually(t, func() string {
		if c.dead.Load() || ended() && idle(t, tea, cup) {
			return ""
		}
		return "neither a crash nor the end of the course"
	})
	stop()
	if !c.dead.Load() {
		return true
	}
	defer env.StartManager(t, ns, atGateway)()
	name := fmt.Sprintf("write %d (%v, after: %v)", k, c.point.Load(), after)
	testenv.Eventually(t, func() string {
		if !ended() {
			return fmt.Sprintf("%s: the order is %s, %s", name, o.Status.Phase, readyText(o.Status.Conditions))
		}
		return ""
	})
	awaitCounters(t, tea, s.tea, 0)
	awaitCounters(t, cup, s.cup, 0)
	own := payment.Sums{Authorized: o.Status.Amounts.Authorized, Captured: o.Status.Amounts.Captured, Refunded: o.Status.Amounts.Refunded}
	if own != s.money {
		t.Errorf("%s: amounts %+v, want %+v", name, own, s.money)
	}
	// Where one item's promise was lost, the order leaves in two Shipments, each
	// with its own capture: the sums are what counts.
	if got := books(); got != s.money {
		t.Errorf("%s: the provider's books say %+v, want %+v", name, got, s.money)
	}
	return false
}

func idle(t *testing.T, items ...*v1.StockItem) bool {
	for _, i := range items {
		if len(get(t, i).Status.Postings) > 0 {
			return false
		}
	}
	return true
}

// booksOf sums what the provider's own books say of an order's operations.
func booksOf(t *testing.T, o *v1.Order) payment.Sums {
	t.Helper()
	var list corev1.ConfigMapList
	if err := env.Client.List(context.Background(), &list, client.InNamespace(testenv.ManagerNamespace)); err != nil {
		t.Fatal(err)
	}
	var known []v1.PaymentOperation
	for _, op := range o.Status.Payment.Operations {
		for _, books := range list.Items {
			line, ok := books.Data[op.ID]
			if !ok || !strings.HasPrefix(books.Name, simulated.LedgerPrefix) {
				continue
			}
			var entry struct {
				Kind     v1.OperationKind
				Amount   v1.Amount
				Declined string
			}
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatal(err)
			}
			if entry.Declined == "" {
				known = append(known, v1.PaymentOperation{ID: op.ID, Parent: op.Parent, Kind: entry.Kind, Amount: entry.Amount, State: v1.OperationSucceeded})
			}
		}
	}
	return payment.Sum(known, nil, nil)
}

// TestQuiescence applies what is applied already, and watches that nobody writes.
func TestQuiescence(t *testing.T) {
	t.Parallel()
	var writes atomic.Int64
	count := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodGet && !strings.Contains(r.URL.Path, "/leases/") {
				writes.Add(1)
			}
			return next.RoundTrip(r)
		})
	}
	ns := env.Namespace(t)
	env.StartManager(t, ns, func(o *controllers.Options) { o.Wrap = count })
	tea := testenv.MakeStock(ns, "tea", "TEA", 5)
	done := testenv.MakeOrder(ns, "done").Line("TEA", 2).Pay(v1.PaymentOnline).Obj()
	waits := testenv.MakeOrder(ns, "waits").Line("TEA", 9).Pay(v1.PaymentOnline).Obj()
	held := testenv.MakeOrder(ns, "held").Line("NONE", 1).Pay(v1.PaymentOnline).Obj()
	manifests := []client.Object{tea.DeepCopy(), done.DeepCopy(), waits.DeepCopy(), held.DeepCopy()}
	create(t, testenv.MakeClass(ns, "retail"), tea, done)
	awaitOrder(t, done, inPhase(v1.OrderCompleted))
	create(t, waits, held)
	awaitOrder(t, waits, inPhase(v1.OrderBackordered))
	awaitOrder(t, held, inPhase(v1.OrderOnHold))
	awaitStock(t, tea, 0, 0)
	// Events are written in the background, and the manager reads what it wrote.
	var before int64
	still := time.Now()
	testenv.Eventually(t, func() string {
		if n := writes.Load(); n != before {
			before, still = n, time.Now()
		}
		if time.Since(still) < 3*time.Second {
			return "it still writes"
		}
		return ""
	})
	for range 2 {
		for _, m := range manifests {
			again := m.DeepCopyObject().(client.Object)
			if err := env.Client.Patch(t.Context(), again, client.Merge); err != nil {
				t.Fatalf("applying %s again: %v", m.GetName(), err)
			}
		}
	}
	<-time.After(30 * time.Second)
	if n := writes.Load() - before; n != 0 {
		t.Errorf("%d writes in 30 s after convergence, want 0", n)
	}
}
