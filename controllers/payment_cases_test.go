package controllers_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/order"
	"ordercycle.dev/ordercycle/hack/testenv"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
)

// TestCase05_PaidThenShort gives the money of units that cannot be had back, or
// keeps it with the order that waits for them.
func TestCase05_PaidThenShort(t *testing.T) {
	t.Parallel()
	for policy, want := range map[v1.ShortagePolicy]money{
		v1.ShortageBackorder:     {0, 102_000, 0},
		v1.ShortageShipAvailable: {0, 102_000, 2_000},
		v1.ShortageCancelOrder:   {0, 102_000, 102_000},
	} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			l := openTill(t, func(c *v1.OrderClass) { c.Spec.Shortage = policy })
			o := l.place(t, "o", 102, v1.PaymentOnline)
			l.awaitTotal(t, o, want)
			awaitOrder(t, o, func(o *v1.Order) string {
				if a := o.Status.Amounts; a.Captured-a.Refunded != a.Due {
					return fmt.Sprintf("%d are kept and %d due", a.Captured-a.Refunded, a.Due)
				}
				return ""
			})
		})
	}
}

// TestCase11_MoneyFollowsWhatLeft cancels orders while they are dispatched: what
// left is paid for, what did not is not.
func TestCase11_MoneyFollowsWhatLeft(t *testing.T) {
	t.Parallel()
	l := openTill(t)
	const n = 6
	for i := range n {
		o := l.place(t, fmt.Sprint("o", i), 1, v1.PaymentCard)
		awaitShipment(t, shipment(o, 1), shipmentPhase(v1.ShipmentReserved))
	}
	parallel(t, 2*n, func(i int) error {
		o := l.orders[i/2].DeepCopy()
		if i%2 == 0 {
			before := o.DeepCopy()
			o.Spec.Cancel = &v1.CancelRequest{}
			return env.Client.Patch(t.Context(), o, client.MergeFrom(before))
		}
		return tryDispatch(t, o)
	})
	var left v1.Amount
	for _, o := range l.orders {
		awaitOrder(t, o, func(o *v1.Order) string {
			a := o.Status.Amounts
			if o.Status.Phase != v1.OrderShipped && o.Status.Phase != v1.OrderCancelled || a.Captured != a.Due || a.Authorized != 0 {
				return fmt.Sprintf("want it shipped and paid or cancelled and free, have %+v", a)
			}
			return ""
		})
		left += o.Status.Amounts.Due
	}
	if got := l.total(); got != (money{0, left, 0}) {
		t.Errorf("the gateway has %+v, and %d left the house", got, left)
	}
}

// TestCaptureMoments takes the money of an order in parts: nothing, what has left,
// or what has arrived, and everything at once.
func TestCaptureMoments(t *testing.T) {
	t.Parallel()
	for moment, want := range map[v1.CaptureMoment]struct{ confirmed, dispatched, delivered, cancelled money }{
		v1.CaptureOnConfirm:  {money{0, 101_500, 0}, money{0, 101_500, 0}, money{0, 101_500, 0}, money{0, 101_500, 1_000}},
		v1.CaptureOnDispatch: {money{101_500, 0, 0}, money{1_000, 100_500, 0}, money{1_000, 100_500, 0}, money{0, 100_500, 0}},
		v1.CaptureOnDelivery: {money{101_500, 0, 0}, money{101_500, 0, 0}, money{1_000, 100_500, 0}, money{0, 100_500, 0}},
	} {
		t.Run(string(moment), func(t *testing.T) {
			t.Parallel()
			l := openTill(t, func(c *v1.OrderClass) { c.Spec.Payment.Providers[0].Capture = moment })
			// 100 of 101 units are there; the fee comes with the first of them.
			o := l.place(t, "o", 101, v1.PaymentCard, func(o *v1.Order) { o.Spec.ShippingFee = 500 })
			awaitShipment(t, shipment(o, 1), shipmentPhase(v1.ShipmentReserved))
			l.awaitTotal(t, o, want.confirmed)
			l.dispatch(t, o)
			l.awaitTotal(t, o, want.dispatched)
			change(t, shipment(o, 1), func(s *v1.Shipment) { event(s, "e", v1.CarrierDelivered) })
			l.awaitTotal(t, o, want.delivered)
			change(t, o, func(o *v1.Order) { o.Spec.Cancel = &v1.CancelRequest{} })
			l.awaitTotal(t, o, want.cancelled)
			awaitOrder(t, o, inPhase(v1.OrderCompleted))
		})
	}
}

// TestCase12_CaptureTimesOutAfterItsEffect finds the money that the provider took
// although its answer was lost: it is taken once.
func TestCase12_CaptureTimesOutAfterItsEffect(t *testing.T) {
	t.Parallel()
	l := openTill(t)
	l.FailSends(gatewayfake.None, gatewayfake.TimeoutAfter)
	o := l.place(t, "o", 2, v1.PaymentCard)
	l.deliver(t, o)
	awaitOrder(t, o, inPhase(v1.OrderCompleted))
	l.awaitTotal(t, o, money{0, 2000, 0})
	capture := o.Status.Payment.Operations[1]
	if capture.Attempts != 1 || capture.Renewals != 0 || l.Sends(capture.ID) != 1 {
		t.Errorf("the capture was sent %d times: %+v", l.Sends(capture.ID), capture)
	}
}

// TestCase32_AStored500IsNotSentAgain meets a provider that has taken the money,
// answers 500 and repeats that for the same key: a look-up tells the truth.
func TestCase32_AStored500IsNotSentAgain(t *testing.T) {
	t.Parallel()
	t.Run("the money was taken", func(t *testing.T) {
		t.Parallel()
		l := openTill(t)
		l.FailSends(gatewayfake.None, gatewayfake.Error500After)
		o := l.place(t, "o", 2, v1.PaymentCard)
		l.deliver(t, o)
		awaitOrder(t, o, inPhase(v1.OrderCompleted))
		l.awaitTotal(t, o, money{0, 2000, 0})
		if op := o.Status.Payment.Operations[1]; l.Sends(op.ID) != 1 || op.Renewals != 0 {
			t.Errorf("the capture was sent %d times: %+v", l.Sends(op.ID), op)
		}
	})
	t.Run("the money was not taken", func(t *testing.T) {
		t.Parallel()
		l := openTill(t)
		l.FailSends(gatewayfake.None, gatewayfake.Error500Before)
		o := l.place(t, "o", 2, v1.PaymentCard)
		l.deliver(t, o)
		awaitOrder(t, o, inPhase(v1.OrderCompleted))
		l.awaitTotal(t, o, money{0, 2000, 0})
		if op := o.Status.Payment.Operations[1]; op.Renewals != 1 {
			t.Errorf("the capture was not sent under a new key: %+v", op)
		}
	})
}

// TestCase13_TheSameOrderAgain deletes a paid order and applies it again, and
// restores one under a new uid and without its status: neither is charged again.
func TestCase13_TheSameOrderAgain(t *testing.T) {
	t.Parallel()
	t.Run("deleted and applied again", func(t *testing.T) {
		t.Parallel()
		l := openTill(t)
		o := l.place(t, "o", 2, v1.PaymentOnline)
		manifest := testenv.MakeOrder(l.ns, "o").Line("TEA", 2).Pay(v1.PaymentOnline).Token("ok").Obj()
		l.awaitTotal(t, o, money{0, 2000, 0})
		remove(t, o)
		awaitGone(t, o)
		create(t, manifest)
		awaitOrder(t, manifest, heldFor(v1.OrderOnHold, v1.ReasonReusedName, "metadata.name"))
		l.awaitTotal(t, manifest, money{0, 2000, 2000})
	})
	t.Run("at once, at a provider whose look-ups lag", func(t *testing.T) {
		t.Parallel()
		l := openTill(t)
		o := l.place(t, "o", 2, v1.PaymentOnline)
		manifest := testenv.MakeOrder(l.ns, "o").Line("TEA", 2).Pay(v1.PaymentOnline).Token("ok").Obj()
		l.awaitTotal(t, o, money{0, 2000, 0})
		l.Lag(2 * time.Second)
		remove(t, o)
		awaitGone(t, o)
		create(t, manifest)
		awaitOrder(t, manifest, heldFor(v1.OrderOnHold, v1.ReasonReusedName, "metadata.name"))
		l.awaitTotal(t, manifest, money{0, 2000, 2000})
	})
	t.Run("restored without its status", func(t *testing.T) {
		t.Parallel()
		l := openTill(t)
		o := l.place(t, "o", 2, v1.PaymentOnline)
		manifest := testenv.MakeOrder(l.ns, "o").Line("TEA", 2).Pay(v1.PaymentOnline).Token("ok").Obj()
		l.awaitTotal(t, o, money{0, 2000, 0})
		l.stop()
		change(t, o, func(o *v1.Order) { o.Finalizers = nil })
		remove(t, o)
		awaitGone(t, o)
		l.PruneKeys()
		create(t, manifest)
		env.StartManager(t, l.ns, atGateway)
		l.awaitTotal(t, manifest, money{0, 2000, 0})
		awaitOrder(t, manifest, inPhase(v1.OrderProcessing))
	})
}

// TestCase21_DeliveredIsNotPaid keeps goods and cash apart: what arrives is not
// paid until the money is recorded, and a refused parcel is paid for by nobody.
func TestCase21_DeliveredIsNotPaid(t *testing.T) {
	t.Parallel()
	l := openTill(t)
	paid, refused := l.place(t, "paid", 2, v1.PaymentCash), l.place(t, "refused", 1, v1.PaymentCash)
	l.deliver(t, paid)
	awaitOrder(t, paid, func(o *v1.Order) string {
		if o.Status.Phase != v1.OrderDelivered || o.Status.Payment.State != v1.PaymentUnpaid || o.Status.Settlement == nil {
			return "want it delivered and unpaid, with what is known of its settlement"
		}
		return readyFor(v1.ReasonAwaitingPayment)(o)
	})
	if d := paid.Status.Settlement.Discrepancies; len(d) == 0 || d[0] != (v1.Discrepancy{Kind: v1.DiscrepancyUnderCaptured, Amount: 2000}) {
		t.Errorf("the missing money is not shown: %+v", d)
	}
	l.dispatch(t, refused)
	change(t, shipment(refused, 1), func(s *v1.Shipment) { event(s, "e1", v1.CarrierRefused) })
	change(t, shipment(refused, 1), func(s *v1.Shipment) { event(s, "e2", v1.CarrierReturnToSender) })
	awaitOrder(t, refused, func(o *v1.Order) string {
		if a := o.Status.Amounts; a.Captured != 0 || o.Status.Phase == v1.OrderDelivered || o.Status.Phase == v1.OrderCompleted {
			return "a refused parcel counts as delivered or paid"
		}
		return readyFor(v1.ReasonDeliveryFailed)(o)
	})
	change(t, paid, func(o *v1.Order) {
		o.Spec.Payment.Received = []v1.ReceivedPayment{{ID: "r1", Amount: 2000, At: testenv.Seconds(time.Now())}}
	})
	awaitOrder(t, paid, inPhase(v1.OrderCompleted))
	if n := len(l.Requests()); n != 0 {
		t.Errorf("the gateway was called %d times for cash", n)
	}
}

// TestCase25_NoExpiryWhileACallIsOpen holds an unpaid order past its deadline: as
// long as nobody knows whether the provider took the money, it does not expire.
func TestCase25_NoExpiryWhileACallIsOpen(t *testing.T) {
	t.Parallel()
	clock := &movableClock{}
	l := openTillUnder(t, atClock(clock), func(c *v1.OrderClass) { c.Spec.Confirmation = &v1.ConfirmationPolicy{HoldDeadlineHours: 1} })
	l.DecideAfter(0)
	l.FailSends(gatewayfake.Pending)
	o := l.place(t, "o", 2, v1.PaymentCard)
	awaitOrder(t, o, readyFor(v1.ReasonPaymentUnclear))
	// Something else holds it as well, so that a deadline runs.
	change(t, o, func(o *v1.Order) { o.Spec.ExpectedTotal = new(v1.Amount(1)) })
	awaitOrder(t, o, inPhase(v1.OrderOnHold))
	clock.move(t, 2*time.Hour, o)
	caughtUp(t, o)
	authorize := o.Status.Payment.Operations[0].ID
	lookUps := len(l.Requests())
	clock.move(t, 10*time.Minute, o)
	testenv.Eventually(t, func() string {
		if len(l.Requests()) == lookUps {
			return "it was not looked up after its deadline"
		}
		return ""
	})
	caughtUp(t, o)
	if o.Status.Phase != v1.OrderOnHold {
		t.Fatalf("the order is %s while its authorisation is open", o.Status.Phase)
	}
	if err := l.Decide(authorize, true); err != nil {
		t.Fatal(err)
	}
	clock.move(t, 10*time.Minute, o)
	awaitOrder(t, o, inPhase(v1.OrderRejected))
	l.awaitTotal(t, o, money{0, 0, 0})
}

// TestCase27_DeletedWhileItsParcelTravels keeps an order that Git has pruned until
// its goods have arrived and its money has come in.
func TestCase27_DeletedWhileItsParcelTravels(t *testing.T) {
	t.Parallel()
	l := openTill(t)
	o := l.place(t, "o", 2, v1.PaymentCard)
	l.dispatch(t, o)
	l.awaitTotal(t, o, money{0, 2000, 0})
	remove(t, o)
	awaitOrder(t, o, readyFor(v1.ReasonDeleting))
	change(t, shipment(o, 1), func(s *v1.Shipment) { event(s, "e", v1.CarrierDelivered) })
	awaitGone(t, &v1.Order{ObjectMeta: metav1.ObjectMeta{Namespace: l.ns, Name: "o"}})
	if got := l.total(); got != (money{0, 2000, 0}) {
		t.Errorf("the gateway has %+v", got)
	}
}

// TestCase29_NamespaceDeleted drains a namespace: money is released and given back
// though the class is gone, and an order that cannot be settled is written down.
func TestCase29_NamespaceDeleted(t *testing.T) {
	t.Parallel()
	clock := &movableClock{}
	l := openTillUnder(t, atClock(clock))
	held, taken, sent := l.place(t, "held", 1, v1.PaymentCard), l.place(t, "taken", 1, v1.PaymentOnline), l.place(t, "sent", 1, v1.PaymentCard)
	l.dispatch(t, sent)
	for o, captured := range map[*v1.Order]v1.Amount{held: 0, taken: 1000, sent: 1000} {
		awaitOrder(t, o, func(o *v1.Order) string {
			if a := o.Status.Amounts; a == nil || a.Captured != captured {
				return fmt.Sprintf("want %d captured", captured)
			}
			return ""
		})
		awaitShipment(t, shipment(o, 1), func(s *v1.Shipment) string {
			if s.Status.ReservedAt == nil {
				return "want it reserved"
			}
			return ""
		})
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: l.ns}}
	remove(t, namespace)
	awaitGone(t, held.DeepCopy())
	awaitGone(t, taken.DeepCopy())
	if got := l.total(); got != (money{0, 2000, 1000}) {
		t.Errorf("the gateway has %+v; what was held is not released, or what was taken not given back", got)
	}
	awaitOrder(t, sent, readyFor(v1.ReasonDeleting))
	clock.move(t, 11*time.Minute, sent)
	awaitGone(t, namespace)
	record := unsettled(t, l.ns, "sent")
	if record.Amounts.Captured != 1000 || len(record.Payment.Operations) != 2 || len(record.Shipments) != 1 {
		t.Errorf("the record does not say what is open: %+v", record)
	}
}

// unsettled finds the record of an order that went with its namespace.
func unsettled(t *testing.T, namespace, name string) *order.Unsettled {
	t.Helper()
	var list corev1.ConfigMapList
	if err := env.Client.List(t.Context(), &list, client.InNamespace(testenv.ManagerNamespace)); err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Items {
		var u order.Unsettled
		if text, ok := c.Data[order.UnsettledKey]; ok {
			if err := json.Unmarshal([]byte(text), &u); err != nil {
				t.Fatal(err)
			}
			if u.Namespace == namespace && u.Name == name {
				return &u
			}
		}
	}
	t.Fatalf("order %s was not written down", name)
	return nil
}
