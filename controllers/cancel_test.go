package controllers_test

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// TestCancel gives units and money back, wherever the order stands. One manager serves
// shops whose objects have the same names.
func TestCancel(t *testing.T) {
	env.StartManager(t, "", testenv.Everywhere)
	fact := func(id v1.Identifier) *v1.ActorFact {
		return &v1.ActorFact{ID: id, At: testenv.Seconds(time.Now())}
	}
	for name, c := range map[string]struct {
		method v1.PaymentMethod
		// facts stated before the cancel, and after it
		before, after func(*v1.Shipment)
		phase         v1.OrderPhase
		onHand        v1.Quantity
		captured      v1.Amount
		refunded      v1.Amount
	}{
		"reserved and authorised: the money is released": {
			v1.PaymentCard, nil, nil, v1.OrderCancelled, 5, 0, 0},
		"reserved and captured: the money goes back": {
			v1.PaymentOnline, nil, nil, v1.OrderCancelled, 5, 2000, 2000},
		"picked: the units are put back first": {
			v1.PaymentOnline, func(s *v1.Shipment) { s.Spec.Facts.Picked = &v1.PickedFact{ID: "p", At: testenv.Seconds(time.Now())} }, func(s *v1.Shipment) { s.Spec.Facts.PutBack = fact("b") },
			v1.OrderCancelled, 5, 2000, 2000},
		"dispatched: the cancel is refused": {
			v1.PaymentOnline, func(s *v1.Shipment) { s.Spec.Facts.Dispatched = fact("d") }, func(s *v1.Shipment) { event(s, "e", v1.CarrierDelivered) },
			v1.OrderCompleted, 3, 2000, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := env.Namespace(t)
			tea := testenv.MakeStock(ns, "tea", "TEA", 5)
			o := testenv.MakeOrder(ns, "o").Line("TEA", 2).Pay(c.method).Obj()
			create(t, tea, testenv.Manual(testenv.MakeClass(ns, "retail")), o)
			s := shipment(o, 1)
			awaitShipment(t, s, shipmentPhase(v1.ShipmentReserved))
			if c.before != nil {
				change(t, s, c.before)
			}
			change(t, o, func(o *v1.Order) { o.Spec.Cancel = &v1.CancelRequest{Reason: "changed my mind"} })
			if c.after != nil {
				awaitShipment(t, s, func(s *v1.Shipment) string {
					if s.Status.ObservedGeneration != s.Generation {
						return "the facts were not seen yet"
					}
					return ""
				})
				change(t, s, c.after)
			}
			awaitOrder(t, o, inPhase(c.phase))
			awaitStock(t, tea, c.onHand, 0)
			if a := o.Status.Amounts; a.Captured != c.captured || a.Refunded != c.refunded || a.Authorized != 0 {
				t.Errorf("amounts: %+v", a)
			}
		})
	}
}

// TestLowerQuantity cancels part of an order by editing a number down.
func TestLowerQuantity(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	tea := testenv.MakeStock(ns, "tea", "TEA", 10)
	class := testenv.Manual(testenv.MakeClass(ns, "retail"))
	o := testenv.MakeOrder(ns, "o").Line("TEA", 5).Pay(v1.PaymentOnline).Obj()
	create(t, tea, class, o)
	awaitShipment(t, shipment(o, 1), shipmentPhase(v1.ShipmentReserved))
	change(t, o, func(o *v1.Order) { o.Spec.Lines[0].Quantity = 2 })
	awaitShipment(t, shipment(o, 1), shipmentPhase(v1.ShipmentCancelled))
	awaitShipment(t, shipment(o, 2), shipmentPhase(v1.ShipmentReserved))
	awaitStock(t, tea, 10, 2)
	awaitOrder(t, o, func(o *v1.Order) string {
		l, a := o.Status.Lines[0], o.Status.Amounts
		if l.Ordered != 5 || l.Cancelled != 3 || l.Reserved != 2 || a.Total != 5000 || a.Due != 2000 || a.Refunded != 3000 {
			return "want 3 of 5 cancelled and refunded"
		}
		return ""
	})
}

// TestDeleteOrder settles an order that is deleted before its finalizer goes,
// and leaves nothing behind.
func TestDeleteOrder(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	tea := testenv.MakeStock(ns, "tea", "TEA", 5)
	o := testenv.MakeOrder(ns, "o").Line("TEA", 2).Pay(v1.PaymentOnline).Obj()
	create(t, tea, testenv.Manual(testenv.MakeClass(ns, "retail")), o)
	s := shipment(o, 1)
	awaitShipment(t, s, shipmentPhase(v1.ShipmentReserved))
	remove(t, o)
	awaitGone(t, o)
	awaitGone(t, s)
	awaitStock(t, tea, 5, 0)
	remove(t, tea)
	awaitGone(t, tea)
}

// TestOrderOfTheSameName asks a person before it charges for an order whose
// identity the provider knows, and whose money went back.
func TestOrderOfTheSameName(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	o, again := paidOrder(t, ns)
	remove(t, o)
	awaitGone(t, o)
	create(t, again)
	awaitOrder(t, again, heldFor(v1.OrderOnHold, v1.ReasonReusedName, "metadata.name"))
	change(t, again, func(o *v1.Order) { o.Spec.Approval = &v1.Approval{Decision: v1.DecisionApprove} })
	awaitOrder(t, again, hasMoney(4000, 2000))
}

// TestRestoredOrder takes an order that was restored without its status, and
// under a new uid, for the one that has paid already.
func TestRestoredOrder(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	stop := env.StartManager(t, ns)
	o, again := paidOrder(t, ns)
	stop()
	change(t, o, func(o *v1.Order) { o.Finalizers = nil })
	remove(t, o)
	awaitGone(t, o)
	create(t, again)
	env.StartManager(t, ns)
	awaitOrder(t, again, hasMoney(2000, 0))
}

// paidOrder is an order of 20.00 that was paid at its confirmation and waits in
// the warehouse, and its manifest.
func paidOrder(t *testing.T, ns string) (o, manifest *v1.Order) {
	t.Helper()
	o = testenv.MakeOrder(ns, "o").Line("TEA", 2).Pay(v1.PaymentOnline).Ref("web", "7").Obj()
	manifest = o.DeepCopy()
	create(t, testenv.MakeStock(ns, "tea", "TEA", 5), testenv.Manual(testenv.MakeClass(ns, "retail")), o)
	awaitOrder(t, o, hasMoney(2000, 0))
	return o, manifest
}

// hasMoney wants an order in the warehouse that took and gave back these amounts.
func hasMoney(captured, refunded v1.Amount) func(*v1.Order) string {
	return func(o *v1.Order) string {
		if a := o.Status.Amounts; o.Status.Phase != v1.OrderProcessing || a.Captured != captured || a.Refunded != refunded || a.Authorized != 0 {
			return fmt.Sprintf("want %d captured and %d refunded, have %+v", captured, refunded, a)
		}
		return ""
	}
}

func remove(t *testing.T, o client.Object) {
	t.Helper()
	if err := env.Client.Delete(t.Context(), o); err != nil {
		t.Fatalf("deleting %s: %v", o.GetName(), err)
	}
}

func awaitGone(t *testing.T, o client.Object) {
	t.Helper()
	testenv.Eventually(t, func() string {
		if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(o), o); !apierrors.IsNotFound(err) {
			return fmt.Sprintf("%s is still there: %v", o.GetName(), err)
		}
		return ""
	})
}

// TestDeleteNamespace drains every finalizer of a namespace with orders under way.
func TestDeleteNamespace(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	o := testenv.MakeOrder(ns, "o").Line("TEA", 2).Pay(v1.PaymentCard).Obj()
	waits := testenv.MakeOrder(ns, "waits").Line("TEA", 9).Pay(v1.PaymentCard).Obj()
	create(t, testenv.MakeStock(ns, "tea", "TEA", 3), testenv.Manual(testenv.MakeClass(ns, "retail")), o)
	awaitShipment(t, shipment(o, 1), shipmentPhase(v1.ShipmentReserved))
	create(t, waits)
	awaitShipment(t, shipment(waits, 1), shipmentPhase(v1.ShipmentReserved))
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}
	remove(t, namespace)
	awaitGone(t, namespace)
}
