package controllers_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/hack/testenv"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
)

// till is a shop whose cards are taken by a gateway with books of its own.
type till struct {
	*gatewayfake.Gateway
	ns string
	// stop stops the manager that it was opened with.
	stop func()
	// orders that were placed.
	orders []*v1.Order

	mu sync.Mutex
	// seen are the orders of the shop as they were last, also those that are gone.
	seen map[types.UID]*v1.Order
}

// atGateway lets a manager call gateways on this machine.
func atGateway(o *controllers.Options) { o.AllowedHosts = []string{"127.0.0.1"} }

// atClock lets it go by a clock as well.
func atClock(clock *movableClock) func(*controllers.Options) {
	return func(o *controllers.Options) { atGateway(o); o.Clock = clock }
}

// openTill makes a shop with 100 units of tea, a manual warehouse, and a gateway for
// cards (taken on dispatch) and wallets (taken on confirmation). At the end of the
// test the gateway's books and those of the orders agree.
func openTill(t *testing.T, tune ...func(*v1.OrderClass)) *till {
	t.Helper()
	return openTillUnder(t, atGateway, tune...)
}

// openTillUnder does it with a manager of its own kind. Unless it is stopped, it works
// until the books were compared.
func openTillUnder(t *testing.T, manager func(*controllers.Options), tune ...func(*v1.OrderClass)) *till {
	t.Helper()
	ns := env.Namespace(t)
	stop := env.StartManager(t, ns, manager)
	l := connect(t, ns)
	l.stop = stop
	class := testenv.Manual(testenv.MakeClass(l.ns, "retail"))
	testenv.AtGateway(class, l.URL)
	for _, f := range tune {
		f(class)
	}
	tea := testenv.MakeStock(l.ns, "tea", "TEA", 100)
	create(t, class, tea)
	awaitCounters(t, tea, 100, 0)
	return l
}

// connect starts a gateway for a shop.
func connect(t *testing.T, ns string) *till {
	t.Helper()
	l := &till{Gateway: gatewayfake.Start(), ns: ns, seen: map[types.UID]*v1.Order{}}
	t.Cleanup(l.Close)
	l.watch(t)
	create(t, testenv.MakeCredentials(ns, l.APIKey, l.WebhookSecret), testenv.MakeToken(ns, "ok", gatewayfake.TokenOK))
	t.Cleanup(func() {
		if !t.Failed() {
			l.audit(t)
		}
	})
	return l
}

// place places an order of some units of tea at 10.00 each.
func (l *till) place(t *testing.T, name string, q v1.Quantity, method v1.PaymentMethod, edit ...func(*v1.Order)) *v1.Order {
	t.Helper()
	b := testenv.MakeOrder(l.ns, name).Line("TEA", q).Pay(method)
	if method != v1.PaymentCash {
		b.Token("ok")
	}
	for _, f := range edit {
		b.Change(f)
	}
	o := b.Obj()
	create(t, o)
	l.orders = append(l.orders, o)
	return o
}

// deliver takes the first Shipment of an order to the customer.
func (l *till) deliver(t *testing.T, o *v1.Order) {
	t.Helper()
	l.dispatch(t, o)
	change(t, shipment(o, 1), func(s *v1.Shipment) { event(s, "e", v1.CarrierDelivered) })
}

func (l *till) dispatch(t *testing.T, o *v1.Order) {
	t.Helper()
	s := shipment(o, 1)
	awaitShipment(t, s, shipmentPhase(v1.ShipmentReserved))
	change(t, s, func(s *v1.Shipment) { s.Spec.Facts.Dispatched = stated("d") })
}

// watch keeps the last state of every order of the shop.
func (l *till) watch(t *testing.T) {
	t.Helper()
	w, err := env.Client.Watch(context.Background(), &v1.OrderList{}, client.InNamespace(l.ns))
	if err != nil {
		t.Fatalf("watching the orders: %v", err)
	}
	t.Cleanup(w.Stop)
	go func() {
		for e := range w.ResultChan() {
			if o, ok := e.Object.(*v1.Order); ok {
				l.mu.Lock()
				l.seen[o.UID] = o
				l.mu.Unlock()
			}
		}
	}()
}

// line is one operation that had its effect.
type line struct {
	kind   v1.OperationKind
	amount v1.Amount
	parent string
}

// audit compares the gateway's ledger with the orders' operations, one by one.
func (l *till) audit(t *testing.T) {
	t.Helper()
	// The context of the test has ended by now; the watch may be a moment behind, and the
	// manager goes on.
	var diff string
	err := wait.PollUntilContextTimeout(context.Background(), 50*time.Millisecond, testenv.Patience, true, func(context.Context) (bool, error) {
		diff = cmp.Diff(l.theirs(t), l.books(), cmp.AllowUnexported(line{}))
		return diff == "", nil
	})
	if err != nil {
		t.Errorf("the books differ (-gateway +orders):\n%s", diff)
	}
}

// theirs are the operations that had their effect at the gateway, by id: each once.
func (l *till) theirs(t *testing.T) map[string]line {
	t.Helper()
	theirs := map[string]line{}
	for _, e := range l.Ledger() {
		if e.State != gatewayfake.StateSucceeded {
			continue
		}
		if _, twice := theirs[e.ID]; twice {
			t.Errorf("%s of %d happened twice: %s", e.Kind, e.Amount, e.ID)
		}
		theirs[e.ID] = line{e.Kind, e.Amount, e.Parent}
	}
	return theirs
}

// books are the operations of all orders that had their effect, by id.
func (l *till) books() map[string]line {
	l.mu.Lock()
	defer l.mu.Unlock()
	ours := map[string]line{}
	for _, o := range l.seen {
		if o.Status.Payment == nil {
			continue
		}
		for _, op := range o.Status.Payment.Operations {
			if op.State == v1.OperationSucceeded {
				ours[op.ID] = line{op.Kind, op.Amount, op.Parent}
			}
		}
	}
	return ours
}

// money is what the gateway's books add up to.
type money struct{ held, captured, refunded v1.Amount }

// total is the money of all orders at the gateway.
func (l *till) total() money {
	var m money
	for _, e := range l.Ledger() {
		if e.Kind == v1.OperationAuthorize && e.State == gatewayfake.StateSucceeded {
			s := l.Sums(e.ID)
			m = money{m.held + s.Held, m.captured + s.Captured, m.refunded + s.Refunded}
		}
	}
	return m
}

// awaitTotal waits until the gateway's books and the order's say the same.
func (l *till) awaitTotal(t *testing.T, o *v1.Order, want money) {
	t.Helper()
	awaitOrder(t, o, func(o *v1.Order) string {
		a := o.Status.Amounts
		if a == nil || (money{a.Authorized, a.Captured, a.Refunded}) != want || l.total() != want {
			return fmt.Sprintf("want %+v, have %+v here and %+v at the gateway", want, a, l.total())
		}
		return ""
	})
}

// readyFor wants Ready, or Stalled, to have a reason.
func readyFor(reason string) func(*v1.Order) string {
	return func(o *v1.Order) string {
		if c := meta.FindStatusCondition(o.Status.Conditions, v1.ConditionReady); c == nil || c.Reason != reason {
			return "want Ready for " + reason
		}
		return ""
	}
}

// movableClock runs with the real one, some time ahead of it, until it is stopped.
type movableClock struct {
	ahead   atomic.Int64
	stopped atomic.Pointer[time.Time]
}

func (c *movableClock) Now() time.Time {
	if at := c.stopped.Load(); at != nil {
		return *at
	}
	return time.Now().Add(time.Duration(c.ahead.Load()))
}

// stop lets no time pass any more, so that nothing happens because of it.
func (c *movableClock) stop() {
	now := c.Now()
	c.stopped.Store(&now)
}

func (c *movableClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// move sets the clock forward and makes the manager look at an order again: it
// sleeps by the real clock.
func (c *movableClock) move(t *testing.T, by time.Duration, orders ...*v1.Order) {
	t.Helper()
	c.ahead.Add(int64(by))
	for _, o := range orders {
		change(t, o, func(o *v1.Order) {
			if o.Labels == nil {
				o.Labels = map[string]string{}
			}
			o.Labels["test/moved"] = fmt.Sprint(c.ahead.Load() / int64(time.Second))
		})
	}
}

// caughtUp edits the priority of an order, twice, and waits until the manager has seen
// it: after the first time it has done what was due, after the second it has seen what it
// wrote about that. An edit has declined payments tried again.
func caughtUp(t *testing.T, o *v1.Order) {
	t.Helper()
	for range 2 {
		change(t, o, func(o *v1.Order) { o.Spec.Priority++ })
		awaitOrder(t, o, seen)
	}
}
