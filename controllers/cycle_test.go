package controllers_test

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// TestWholeCycle runs one order of each way to pay from receipt to completion.
func TestWholeCycle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method   v1.PaymentMethod
		finance  bool // records the money on delivery
		captures int
	}{
		"card: held at confirmation, taken at dispatch": {v1.PaymentCard, false, 1},
		"online: taken at confirmation":                 {v1.PaymentOnline, false, 1},
		"cash: recorded on delivery":                    {v1.PaymentCash, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := env.Namespace(t)
			env.StartManager(t, ns)
			tea, cup := testenv.MakeStock(ns, "tea", "TEA", 10), testenv.MakeStock(ns, "cup", "CUP", 5)
			o := testenv.MakeOrder(ns, "o").Line("TEA", 3).Line("CUP", 2).Pay(c.method).Change(func(o *v1.Order) {
				o.Spec.Discount, o.Spec.ShippingFee = 500, 700
			}).Obj()
			create(t, tea, cup, testenv.MakeClass(ns, "retail"), o)
			if c.finance {
				awaitOrder(t, o, inPhase(v1.OrderDelivered))
				change(t, o, func(o *v1.Order) {
					o.Spec.Payment.Received = []v1.ReceivedPayment{{ID: "r1", Amount: 5200, At: testenv.Seconds(time.Now())}}
				})
			}
			awaitOrder(t, o, inPhase(v1.OrderCompleted))
			awaitStock(t, tea, 7, 0)
			awaitStock(t, cup, 3, 0)

			a := o.Status.Amounts
			if a.Goods != 5000 || a.Discount != 500 || a.Total != 5200 || a.Due != 5200 || a.Captured != 5200 || a.Authorized != 0 || a.Refunded != 0 {
				t.Errorf("amounts: %+v", a)
			}
			captures := 0
			for _, op := range o.Status.Payment.Operations {
				if op.State != v1.OperationSucceeded {
					t.Errorf("operation %s is %s", op.Kind, op.State)
				}
				if op.Kind == v1.OperationCapture {
					captures++
				}
			}
			if captures != c.captures {
				t.Errorf("%d captures, want %d", captures, c.captures)
			}
			for _, condition := range []string{v1.ConditionReady, v1.ConditionValidated, v1.ConditionReserved, v1.ConditionPaid, v1.ConditionFulfilled, v1.ConditionSettled, v1.ConditionCompleted} {
				if !meta.IsStatusConditionTrue(o.Status.Conditions, condition) {
					t.Errorf("condition %s is not True", condition)
				}
			}
			if o.Status.Settlement == nil || o.Status.Settlement.Revenue != 5200 {
				t.Errorf("settlement: %+v", o.Status.Settlement)
			}
		})
	}
}

// TestBackorderIsServedWhenStockComes ships what is there and the rest later,
// and keeps the order's place in the queue.
func TestBackorderIsServedWhenStockComes(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	kit := testenv.MakeStock(ns, "kit", "KIT", 1)
	first := testenv.MakeOrder(ns, "first").Line("KIT", 3).Pay(v1.PaymentOnline).Obj()
	create(t, kit, testenv.MakeClass(ns, "retail"), first)
	awaitOrder(t, first, inPhase(v1.OrderBackordered))
	if l := first.Status.Lines[0]; l.Dispatched != 1 || l.Backordered != 2 {
		t.Errorf("line: %+v", l)
	}
	second := testenv.MakeOrder(ns, "second").Line("KIT", 1).Pay(v1.PaymentOnline).Obj()
	create(t, second)
	awaitOrder(t, second, inPhase(v1.OrderBackordered))

	recount(t, kit, "count-2", 2) // enough for the first order only
	awaitOrder(t, first, inPhase(v1.OrderCompleted))
	awaitOrder(t, second, inPhase(v1.OrderBackordered))
	recount(t, kit, "count-3", 1)
	awaitOrder(t, second, inPhase(v1.OrderCompleted))
	awaitStock(t, kit, 0, 0)
}

// recount applies a stock-take and waits until it is in the counters.
func recount(t *testing.T, item *v1.StockItem, id v1.Identifier, onHand v1.Quantity) {
	t.Helper()
	stateCount(t, item, id, onHand)
	testenv.Eventually(t, func() string {
		if get(t, item).Status.CountID != string(id) {
			return "the count was not applied"
		}
		return ""
	})
}

// stateCount states a stock-take after which onHand units are there. It is taken
// a second after the last one, long ago, so that what moved since is added to it.
func stateCount(t *testing.T, item *v1.StockItem, id v1.Identifier, onHand v1.Quantity) {
	t.Helper()
	change(t, item, func(i *v1.StockItem) {
		c := v1.StockCount{ID: id, Quantity: onHand, TakenAt: testenv.Seconds(i.Status.CountTakenAt.Add(time.Second))}
		for _, e := range i.Status.Journal {
			if e.Kind != v1.MovementCount {
				c.Quantity -= v1.Quantity(e.Change)
			}
		}
		i.Spec.Count = &c
	})
}

// TestFactsByPeople moves a Shipment through a manual warehouse and carrier.
func TestFactsByPeople(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	o := testenv.MakeOrder(ns, "o").Line("TEA", 2).Pay(v1.PaymentOnline).Obj()
	create(t, testenv.MakeStock(ns, "tea", "TEA", 2), testenv.Manual(testenv.MakeClass(ns, "retail")), o)
	s := shipment(o, 1)
	fact := func(id v1.Identifier) *v1.ActorFact {
		return &v1.ActorFact{ID: id, By: "bob", At: testenv.Seconds(time.Now())}
	}
	for _, step := range []struct {
		state func(*v1.Shipment)
		want  v1.ShipmentPhase
	}{
		{func(*v1.Shipment) {}, v1.ShipmentReserved},
		{func(s *v1.Shipment) { s.Spec.Facts.Picked = &v1.PickedFact{ID: "p", At: testenv.Seconds(time.Now())} }, v1.ShipmentPicking},
		{func(s *v1.Shipment) { s.Spec.Facts.Packed = fact("k") }, v1.ShipmentPacked},
		{func(s *v1.Shipment) { s.Spec.Facts.Dispatched = fact("d") }, v1.ShipmentDispatched},
		{func(s *v1.Shipment) { event(s, "e1", v1.CarrierInTransit) }, v1.ShipmentDispatched},
		{func(s *v1.Shipment) { event(s, "e2", v1.CarrierDelivered) }, v1.ShipmentDelivered},
	} {
		if step.want != v1.ShipmentReserved {
			change(t, s, step.state)
		}
		awaitShipment(t, s, shipmentPhase(step.want))
	}
	awaitOrder(t, o, inPhase(v1.OrderCompleted))
}

func event(s *v1.Shipment, id v1.Identifier, kind v1.CarrierEventType) {
	s.Spec.Events = append(s.Spec.Events, v1.CarrierEvent{ID: id, Type: kind, At: testenv.Seconds(time.Now())})
}

// TestConfirmationFindings holds or rejects orders for what is wrong with them,
// and goes on when it is mended.
func TestConfirmationFindings(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	create(t, testenv.MakeStock(ns, "tea", "TEA", 1000), testenv.MakeClass(ns, "retail"))
	held := func(name string, change func(*v1.Order), phase v1.OrderPhase, reason, field string) *v1.Order {
		o := testenv.MakeOrder(ns, name).Line("TEA", 1).Pay(v1.PaymentOnline).Change(change).Obj()
		create(t, o)
		awaitOrder(t, o, heldFor(phase, reason, field))
		return o
	}
	sku := held("sku", func(o *v1.Order) { o.Spec.Lines[0].SKU = "NEW" }, v1.OrderOnHold, v1.ReasonUnknownSKU, "spec.lines[0].sku")
	class := held("class", func(o *v1.Order) { o.Spec.ClassName = "gold" }, v1.OrderOnHold, v1.ReasonClassNotFound, "spec.className")
	address := held("address", func(o *v1.Order) { o.Spec.ShipTo.City = "" }, v1.OrderOnHold, v1.ReasonAddressIncomplete, "spec.shipTo.city")
	price := held("price", func(o *v1.Order) { o.Spec.ExpectedTotal = new(v1.Amount(999)) }, v1.OrderOnHold, v1.ReasonPriceMismatch, "spec.expectedTotal")
	held("currency", func(o *v1.Order) { o.Spec.Currency = "ABC" }, v1.OrderRejected, v1.ReasonUnknownCurrency, "spec.currency")
	held("transfer", func(o *v1.Order) { o.Spec.Payment.Method = v1.PaymentTransfer }, v1.OrderOnHold, v1.ReasonNoProvider, "spec.payment.method")
	secret := held("secret", func(o *v1.Order) { o.Spec.Payment.TokenSecretRef = &v1.LocalReference{Name: "token"} }, v1.OrderOnHold, v1.ReasonSecretNotUsable, "spec.payment.tokenSecretRef")

	original := testenv.MakeOrder(ns, "original").Line("TEA", 1).Pay(v1.PaymentOnline).Ref("web", "42").Obj()
	create(t, original)
	awaitOrder(t, original, inPhase(v1.OrderCompleted))
	copied := held("copied", func(o *v1.Order) { o.Spec.Channel, o.Spec.ExternalRef = "web", "42" }, v1.OrderRejected, v1.ReasonDuplicate, "spec.externalRef")
	if !meta.IsStatusConditionTrue(copied.Status.Conditions, v1.ConditionStalled) || !meta.IsStatusConditionTrue(copied.Status.Conditions, v1.ConditionCompleted) {
		t.Errorf("a rejected order is Stalled and Completed, have %+v", copied.Status.Conditions)
	}

	create(t, testenv.MakeStock(ns, "new", "NEW", 5))
	gold := testenv.MakeClass(ns, "gold")
	gold.Annotations = nil
	create(t, gold)
	change(t, address, func(o *v1.Order) { o.Spec.ShipTo.City = "Beijing" })
	change(t, price, func(o *v1.Order) { o.Spec.ExpectedTotal = new(v1.Amount(1000)) })
	for _, o := range []*v1.Order{sku, class, address, price} {
		awaitOrder(t, o, inPhase(v1.OrderCompleted))
	}
	opaque := testenv.MakeToken(ns, "token", "tok_ok")
	opaque.Type = corev1.SecretTypeOpaque
	create(t, opaque)
	change(t, secret, func(o *v1.Order) { o.Spec.Priority = 1 })
	awaitOrder(t, secret, heldFor(v1.OrderOnHold, v1.ReasonSecretNotUsable, "spec.payment.tokenSecretRef"))
	create(t, testenv.MakeToken(ns, "token-2", "tok_ok"))
	change(t, secret, func(o *v1.Order) { o.Spec.Payment.TokenSecretRef.Name = "token-2" })
	awaitOrder(t, secret, inPhase(v1.OrderCompleted))
}

// TestPaymentAnswers covers a decline, which waits for another token, and an
// answer that was lost, which is looked up and never sent twice.
func TestPaymentAnswers(t *testing.T) {
	t.Parallel()
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	create(t, testenv.MakeStock(ns, "tea", "TEA", 10), testenv.MakeClass(ns, "retail"),
		testenv.MakeToken(ns, "bad", "tok_decline"), testenv.MakeToken(ns, "slow", "tok_timeout"), testenv.MakeToken(ns, "good", "tok_ok"))
	declined := testenv.MakeOrder(ns, "declined").Line("TEA", 1).Pay(v1.PaymentCard).Token("bad").Obj()
	lost := testenv.MakeOrder(ns, "lost").Line("TEA", 1).Pay(v1.PaymentCard).Token("slow").Obj()
	create(t, declined, lost)

	awaitOrder(t, declined, heldFor(v1.OrderOnHold, v1.ReasonPaymentDeclined, "spec.payment"))
	change(t, declined, func(o *v1.Order) { o.Spec.Payment.TokenSecretRef.Name = "good" })
	for _, o := range []*v1.Order{declined, lost} {
		awaitOrder(t, o, inPhase(v1.OrderCompleted))
		if a := o.Status.Amounts; a.Captured != 1000 || a.Authorized != 0 {
			t.Errorf("%s: %+v", o.Name, a)
		}
	}
	kinds := ""
	for _, op := range lost.Status.Payment.Operations {
		kinds += fmt.Sprintf("%s/%d/%s/%d ", op.Kind, op.Seq, op.State, op.Attempts)
	}
	if want := "Authorize/1/Succeeded/1 Capture/1/Succeeded/0 "; kinds != want {
		t.Errorf("operations %q, want %q", kinds, want)
	}
}
