package controllers_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv"
)

func stated(id v1.Identifier) *v1.ActorFact {
	return &v1.ActorFact{ID: id, At: testenv.Seconds(time.Now())}
}

// TestCase30_LargestOrder runs orders at the bounds of the schema: they are
// served and stay small, and none makes a controller try for ever.
func TestCase30_LargestOrder(t *testing.T) {
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	many := testenv.MakeOrder(ns, "many").Pay(v1.PaymentOnline)
	for range 100 {
		many.Line("TEA", 1)
	}
	vast := testenv.MakeOrder(ns, "vast").Line("DUST", 1_000_000_000).Line("DUST", 1_000_000_000).Pay(v1.PaymentOnline).Change(func(o *v1.Order) {
		for i := range o.Spec.Lines {
			o.Spec.Lines[i].UnitPrice = 1
		}
	})
	orders := []*v1.Order{many.Obj(), vast.Obj()}
	create(t, testenv.MakeStock(ns, "tea", "TEA", 100), testenv.MakeStock(ns, "dust", "DUST", 1_000_000_000), testenv.MakeClass(ns, "retail"), orders[0], orders[1])
	awaitOrder(t, orders[0], inPhase(v1.OrderCompleted))
	awaitOrder(t, orders[1], func(o *v1.Order) string {
		if o.Status.Phase != v1.OrderBackordered || o.Status.Items.Shipped != "1000000000/2000000000" {
			return fmt.Sprintf("%+v", o.Status.Items)
		}
		return ""
	})
	for _, o := range orders {
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 256<<10 {
			t.Errorf("Order %s has %d bytes", o.Name, len(text))
		}
	}
}

// TestBurstOfLargeOrders wakes more orders than the list of open postings takes
// at once: the rest is served when there is room again.
func TestBurstOfLargeOrders(t *testing.T) {
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	tea := testenv.MakeStock(ns, "tea", "TEA", 0)
	create(t, tea, testenv.MakeClass(ns, "retail"))
	var orders []*v1.Order
	for i := range 6 {
		b := testenv.MakeOrder(ns, fmt.Sprintf("o%d", i)).Pay(v1.PaymentOnline)
		for range 100 {
			b.Line("TEA", 1)
		}
		orders = append(orders, b.Obj())
		create(t, orders[i])
	}
	for _, o := range orders {
		awaitOrder(t, o, inPhase(v1.OrderBackordered))
	}
	recount(t, tea, "count-2", 600)
	for _, o := range orders {
		awaitOrder(t, o, inPhase(v1.OrderCompleted))
	}
	awaitStock(t, tea, 0, 0)
}

// TestLateScans follow a parcel that was given up and arrives after all.
func TestLateScans(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	o := testenv.MakeOrder(ns, "o").Line("TEA", 1).Pay(v1.PaymentOnline).Obj()
	create(t, testenv.MakeStock(ns, "tea", "TEA", 1), testenv.Manual(testenv.MakeClass(ns, "retail")), o)
	s := shipment(o, 1)
	awaitShipment(t, s, shipmentPhase(v1.ShipmentReserved))
	change(t, s, func(s *v1.Shipment) { s.Spec.Facts.Dispatched = stated("d") })
	change(t, s, func(s *v1.Shipment) { event(s, "e1", v1.CarrierLost) })
	awaitShipment(t, s, shipmentPhase(v1.ShipmentLost))
	awaitOrder(t, o, func(o *v1.Order) string {
		if !meta.IsStatusConditionTrue(o.Status.Conditions, v1.ConditionStalled) {
			return "a person is needed and not asked"
		}
		return ""
	})
	change(t, s, func(s *v1.Shipment) { event(s, "e2", v1.CarrierDelivered) })
	awaitShipment(t, s, shipmentPhase(v1.ShipmentDelivered))
	awaitOrder(t, o, inPhase(v1.OrderCompleted))
}

// TestDeletedShipment stays until its Order has ended: it is the memory of what
// was promised, and its units are not promised again.
func TestDeletedShipment(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	tea := testenv.MakeStock(ns, "tea", "TEA", 1)
	o := testenv.MakeOrder(ns, "o").Line("TEA", 2).Pay(v1.PaymentOnline).Obj()
	create(t, tea, testenv.Manual(testenv.MakeClass(ns, "retail")), o)
	first := shipment(o, 1)
	awaitShipment(t, first, shipmentPhase(v1.ShipmentReserved))
	change(t, first, func(s *v1.Shipment) { s.Spec.Facts.Dispatched = stated("d") })
	awaitOrder(t, o, inPhase(v1.OrderBackordered))
	awaitStock(t, tea, 0, 0)
	remove(t, first)
	recount(t, tea, "count-2", 5)
	second := shipment(o, 2)
	awaitShipment(t, second, shipmentPhase(v1.ShipmentReserved))
	if second.Spec.Items[0].Quantity != 1 {
		t.Errorf("%d units are promised again, want 1", second.Spec.Items[0].Quantity)
	}
	for _, s := range []*v1.Shipment{first, second} {
		change(t, s, func(s *v1.Shipment) {
			if s.Spec.Facts.Dispatched == nil {
				s.Spec.Facts.Dispatched = stated("d")
			}
		})
		change(t, s, func(s *v1.Shipment) { event(s, "e", v1.CarrierDelivered) })
	}
	awaitOrder(t, o, inPhase(v1.OrderCompleted))
	awaitGone(t, first)
	awaitStock(t, tea, 4, 0)
}

// TestPause stops an order where it stands, and lets it go on.
func TestPause(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	class := testenv.MakeClass(ns, "retail")
	class.Spec.Warehouse.StepSeconds = new(int32(1))
	o := testenv.MakeOrder(ns, "o").Line("TEA", 1).Pay(v1.PaymentOnline).Obj()
	create(t, testenv.MakeStock(ns, "tea", "TEA", 1), class, o)
	awaitShipment(t, shipment(o, 1), shipmentPhase(v1.ShipmentReserved))
	change(t, o, func(o *v1.Order) { o.Spec.Management = v1.ManagementPaused })
	awaitOrder(t, o, func(o *v1.Order) string {
		if c := meta.FindStatusCondition(o.Status.Conditions, v1.ConditionReady); c.Reason != v1.ReasonPaused {
			return "not paused"
		}
		return ""
	})
	change(t, o, func(o *v1.Order) { o.Spec.Management = v1.ManagementActive })
	awaitOrder(t, o, inPhase(v1.OrderCompleted))
}

// TestOrphanShipment cancels a Shipment that was made by hand, without a promise.
func TestOrphanShipment(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	tea := testenv.MakeStock(ns, "tea", "TEA", 0)
	o := testenv.MakeOrder(ns, "o").Line("TEA", 1).Pay(v1.PaymentOnline).Obj()
	create(t, tea, testenv.MakeClass(ns, "retail"), o)
	awaitOrder(t, o, inPhase(v1.OrderBackordered))
	s := shipment(o, 1)
	s.Spec = v1.ShipmentSpec{
		OrderName: "o", OrderUID: v1.UID(o.UID), Grant: "made-by-hand", Location: "main",
		Items: []v1.ShipmentItem{{Line: "1", StockItem: "tea", StockItemUID: v1.UID(get(t, tea).UID), SKU: "TEA", Quantity: 1}},
	}
	create(t, s)
	awaitShipment(t, s, shipmentPhase(v1.ShipmentCancelled))
	recount(t, tea, "count-2", 1)
	awaitOrder(t, o, inPhase(v1.OrderCompleted))
	awaitStock(t, tea, 0, 0)
}
