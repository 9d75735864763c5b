package controllers_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers"
	"ordercycle.dev/ordercycle/hack/testenv"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
	"ordercycle.dev/ordercycle/hack/testenv/webhookfake"
)

var gatewayOrders = flag.Int("gateway-orders", 50, "how many orders TestGatewayFaults runs against a failing gateway")

// TestGatewayFaults runs orders that are cancelled, lowered and delivered at random
// against a gateway of which nearly every third call or look-up fails in one of
// its ways, whose books are late and which forgets its keys again and again. At the end the gateway's
// books equal the orders' books, operation by operation and to the unit.
func TestGatewayFaults(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	l := openTillUnder(t, func(o *controllers.Options) { atGateway(o); o.Workers = 16 }, func(c *v1.OrderClass) {
		c.Spec.Warehouse.Type, c.Spec.Carrier.Type = v1.WarehouseSimulated, v1.CarrierSimulated
		c.Spec.Shortage = v1.ShortageShipAvailable
	})
	l.TakeFee(7)
	l.DecideAfter(1)
	l.Lag(2 * time.Second)
	l.Chaos(seed, 300)
	patience := testenv.Patience + time.Duration(*gatewayOrders)*time.Second
	for i := range *gatewayOrders {
		method := []v1.PaymentMethod{v1.PaymentCard, v1.PaymentOnline}[random.IntN(2)]
		l.place(t, fmt.Sprint("o", i), v1.Quantity(1+random.IntN(3)), method, func(o *v1.Order) { o.Spec.ShippingFee = 499 })
	}
	stateCount(t, testenv.MakeStock(l.ns, "tea", "TEA", 0), "count-2", v1.Quantity(2**gatewayOrders))
	pruned := time.Now()
	testenv.Within(t, patience, func() string {
		if time.Since(pruned) > 5*time.Second {
			l.PruneKeys()
			pruned = time.Now()
		}
		open := l.open()
		if len(open) == 0 {
			return ""
		}
		meddle(t, open, random)
		return fmt.Sprintf("%d orders are open: %s is %s, %s", len(open), open[0].Name, open[0].Status.Phase, readyText(open[0].Status.Conditions))
	})
	l.Calm()
	var own money
	var byHand v1.Amount
	states := map[v1.OperationState]int{}
	renewals, attempts := 0, 0
	for _, o := range l.orders {
		a := get(t, o).Status.Amounts
		own = money{own.held + a.Authorized, own.captured + a.Captured, own.refunded + a.Refunded}
		for _, r := range o.Spec.Payment.Refunded {
			own.refunded -= v1.Amount(r.Amount)
			byHand += v1.Amount(r.Amount)
		}
		if a.Captured-a.Refunded != a.Due {
			t.Errorf("Order %s keeps %d and %d are due", o.Name, a.Captured-a.Refunded, a.Due)
		}
		for _, op := range o.Status.Payment.Operations {
			states[op.State]++
			renewals, attempts = renewals+int(op.Renewals), attempts+int(op.Attempts)
		}
	}
	if got := l.total(); got != own || got.held != 0 {
		t.Errorf("the gateway's books say %+v, the orders' %+v", got, own)
	}
	t.Logf("%d orders, %d calls; operations %v after %d unclear or failed attempts and %d new keys; %d captured, %d refunded in both books, and %d by hand",
		len(l.orders), len(l.Requests()), states, attempts, renewals, own.captured, own.refunded, byHand)
}

// open are the orders that have not ended, as they were seen last.
func (l *till) open() []*v1.Order {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []*v1.Order
	for _, o := range l.seen {
		if o.Status.Phase != v1.OrderCompleted && o.Status.Phase != v1.OrderCancelled {
			list = append(list, o.DeepCopy())
		}
	}
	return list
}

// meddle is what customers and staff do about orders that are open: one whose
// payment was declined is tried again, a refund that was is paid by hand, and now and then one is cancelled or made
// smaller.
func meddle(t *testing.T, open []*v1.Order, random *rand.Rand) {
	t.Helper()
	for _, o := range open {
		c := meta.FindStatusCondition(o.Status.Conditions, v1.ConditionReady)
		if c == nil || o.Status.ObservedGeneration != o.Generation {
			continue
		}
		seen, a := o.Generation, o.Status.Amounts
		switch c.Reason {
		case v1.ReasonPaymentDeclined:
			change(t, o, func(o *v1.Order) { o.Spec.Priority++ })
		case v1.ReasonManualRefundRequired:
			change(t, o, func(o *v1.Order) {
				if o.Generation == seen { // what is owed may have changed
					by := &o.Spec.Payment.Refunded
					*by = append(*by, v1.ReceivedPayment{ID: v1.Identifier(fmt.Sprint("r", len(*by))), Amount: int64(a.Captured - a.Refunded - a.Due), At: testenv.Seconds(time.Now())})
				}
			})
		}
	}
	o := open[random.IntN(len(open))]
	switch random.IntN(20) {
	case 0:
		change(t, o, func(o *v1.Order) { o.Spec.Cancel = &v1.CancelRequest{} })
	case 1:
		change(t, o, func(o *v1.Order) { o.Spec.Lines[0].Quantity = max(1, o.Spec.Lines[0].Quantity-1) })
	}
}

// TestOtherAmount shows that the provider took another amount than it was asked for.
func TestOtherAmount(t *testing.T) {
	t.Parallel()
	l := openTill(t)
	l.FailSends(gatewayfake.None, gatewayfake.OtherAmount)
	o := l.place(t, "o", 2, v1.PaymentCard)
	l.deliver(t, o)
	awaitOrder(t, o, inPhase(v1.OrderCompleted))
	l.awaitTotal(t, o, money{0, 2000, 0})
	if op := o.Status.Payment.Operations[1]; op.Asked == nil || *op.Asked != 2000 || op.Amount != 1000 {
		t.Errorf("the operation does not say what was asked for: %+v", op)
	}
	if !slices.Contains(o.Status.Settlement.Discrepancies, v1.Discrepancy{Kind: v1.DiscrepancyOtherAmount, Amount: 1000}) {
		t.Errorf("the settlement does not show it: %+v", o.Status.Settlement)
	}
}

// TestOtherCurrency lets nothing count that was done in another currency, shows it,
// and tries again after an edit.
func TestOtherCurrency(t *testing.T) {
	t.Parallel()
	l := openTill(t)
	l.FailSends(gatewayfake.OtherCurrency)
	o := l.place(t, "o", 2, v1.PaymentCard)
	awaitOrder(t, o, readyFor(v1.ReasonPaymentDeclined))
	if op := o.Status.Payment.Operations[0]; op.Currency != "XTS" || o.Status.Amounts.Authorized != 0 {
		t.Errorf("it counts as held: %+v, %+v", op, o.Status.Amounts)
	}
	change(t, o, func(o *v1.Order) { o.Spec.Priority++ })
	l.deliver(t, o)
	awaitOrder(t, o, inPhase(v1.OrderCompleted))
	if a := o.Status.Amounts; a.Captured != 2000 {
		t.Errorf("%d were captured", a.Captured)
	}
	if !slices.Contains(o.Status.Settlement.Discrepancies, v1.Discrepancy{Kind: v1.DiscrepancyOtherCurrency, Amount: 1}) {
		t.Errorf("the settlement does not show it: %+v", o.Status.Settlement)
	}
	// Cancelled, an order does not wait for it either.
	l.FailSends(gatewayfake.OtherCurrency)
	p := l.place(t, "p", 2, v1.PaymentCard)
	awaitOrder(t, p, readyFor(v1.ReasonPaymentDeclined))
	change(t, p, func(o *v1.Order) { o.Spec.Cancel = &v1.CancelRequest{} })
	awaitOrder(t, p, inPhase(v1.OrderCancelled))
}

// TestProviderThatCannotBeUsed asks a person to mend what the provider needs, and
// goes on by itself when it is mended.
func TestProviderThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	l := openTillUnder(t, func(*controllers.Options) {})
	unusable := func(o *v1.Order, mend string) {
		t.Helper()
		awaitOrder(t, o, func(o *v1.Order) string {
			c := meta.FindStatusCondition(o.Status.Conditions, v1.ConditionStalled)
			if c == nil || c.Reason != v1.ReasonProviderUnusable || !strings.Contains(c.Message, mend) {
				return fmt.Sprintf("want it to say that %q, have %+v", mend, c)
			}
			return ""
		})
	}
	o := l.place(t, "o", 2, v1.PaymentCard)
	unusable(o, "add host 127.0.0.1")
	l.stop()

	secret := testenv.MakeCredentials(l.ns, "", l.WebhookSecret)
	get(t, secret)
	remove(t, secret)
	clock := &movableClock{}
	env.StartManager(t, l.ns, atClock(clock))
	unusable(o, "create Secret "+secret.Name)
	create(t, testenv.MakeCredentials(l.ns, "wrong", l.WebhookSecret))
	clock.move(t, time.Minute, o)
	unusable(o, "check the Secret's apiKey")
	change(t, secret, func(s *corev1.Secret) {
		s.Data = nil
		s.StringData = testenv.MakeCredentials(l.ns, l.APIKey, l.WebhookSecret).StringData
	})
	clock.move(t, 10*time.Minute, o)
	l.dispatch(t, o)
	l.awaitTotal(t, o, money{0, 2000, 0})
}

// TestCallbacks looks an operation up when the provider says so, and only then: no
// time passes in this test.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	clock, address := &movableClock{}, ""
	l := openTillUnder(t, func(o *controllers.Options) {
		atClock(clock)(o)
		address = freePort(t)
		o.CallbackAddress = address
	})
	l.DecideAfter(0)
	l.FailSends(gatewayfake.Pending)
	o := l.place(t, "o", 2, v1.PaymentOnline)
	awaitOrder(t, o, readyFor(v1.ReasonPaymentUnclear))
	clock.stop()
	caughtUp(t, o)
	authorize := get(t, o).Status.Payment.Operations[0].ID
	url := "http://" + address + "/payments/" + l.ns + "/retail/online"

	l.CallBack(url, webhookfake.Forged)
	calls := len(l.Requests())
	if err := l.Decide(authorize, true); err != nil {
		t.Fatal(err)
	}
	l.Settle()
	if c := l.Callbacks(); len(c) != 1 || c[0].Status != http.StatusUnauthorized {
		t.Fatalf("a forged callback was answered %+v", c)
	}
	for name, request := range map[string]struct {
		path, kind, body string
		want             int
	}{
		"no such provider":     {"/payments/" + l.ns + "/retail/other", "application/json", "{}", http.StatusNotFound},
		"no such class":        {"/payments/" + l.ns + "/gold/online", "application/json", "{}", http.StatusNotFound},
		"one without secrets":  {"/payments/" + l.ns + "/retail/cod", "application/json", "{}", http.StatusServiceUnavailable},
		"without a signature":  {"/payments/" + l.ns + "/retail/online", "application/json", "{}", http.StatusUnauthorized},
		"not JSON":             {"/payments/" + l.ns + "/retail/online", "text/plain", "{}", http.StatusUnsupportedMediaType},
		"larger than 64 KiB":   {"/payments/" + l.ns + "/retail/online", "application/json", strings.Repeat(" ", 64<<10+1), http.StatusRequestEntityTooLarge},
		"another address":      {"/", "application/json", "{}", http.StatusNotFound},
		"the longest possible": {"/payments/" + l.ns + "/retail/online", "application/json", strings.Repeat(" ", 64<<10), http.StatusUnauthorized},
	} {
		answer, err := http.Post("http://"+address+request.path, request.kind, bytes.NewBufferString(request.body))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		answer.Body.Close()
		if answer.StatusCode != request.want {
			t.Errorf("%s: answered %d, want %d", name, answer.StatusCode, request.want)
		}
	}
	if n := len(l.Requests()); n != calls {
		t.Errorf("the provider was asked %d times because of callbacks that it did not send", n-calls)
	}

	// The capture waits as well; what comes twice does no harm.
	l.FailSends(gatewayfake.Pending)
	l.CallBack(url, webhookfake.Queued)
	l.Repeat(authorize)
	l.Flush(nil)
	awaitOrder(t, o, func(o *v1.Order) string {
		if ops := o.Status.Payment.Operations; len(ops) != 2 || ops[0].State != v1.OperationSucceeded || ops[1].State != v1.OperationUnknown {
			return fmt.Sprintf("want the authorisation found and the capture unclear, have %+v", ops)
		}
		return ""
	})
	l.CallBack(url, webhookfake.Twice)
	if err := l.Decide(o.Status.Payment.Operations[1].ID, true); err != nil {
		t.Fatal(err)
	}
	l.awaitTotal(t, o, money{0, 2000, 0})
	l.Settle()

	// Whatever comes late, again and in another order finds nothing open, once the manager
	// has seen what it wrote.
	caughtUp(t, o)
	calls = len(l.Requests())
	l.CallBack(url, webhookfake.Queued)
	for _, op := range o.Status.Payment.Operations {
		l.Repeat(op.ID)
	}
	l.Repeat(authorize)
	l.Flush(slices.Reverse[[]webhookfake.Event])
	caughtUp(t, o)
	awaitOrder(t, o, inPhase(v1.OrderProcessing))
	if n := len(l.Requests()); n != calls {
		t.Errorf("the provider was asked %d times because of late callbacks", n-calls)
	}
	for _, c := range l.Callbacks()[1:] {
		if c.Status != http.StatusNoContent {
			t.Errorf("a callback was answered %d", c.Status)
		}
	}
}
