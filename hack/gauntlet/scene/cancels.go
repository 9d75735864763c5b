package scene

import (
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
)

func cancel(o *v1.Order) { o.Spec.Cancel = &v1.CancelRequest{} }

func cancelHeld() *Scene {
	return &Scene{
		Name: "cancel-held", About: "An order whose money is held is cancelled while its units wait in the warehouse.",
		Class:   func(c *v1.OrderClass) { testenv.Manual(c) },
		Objects: []client.Object{stock("tea", "TEA", 9), stock("cup", "CUP", 9), order("o").Line("TEA", 2).Line("CUP", 1).Obj()},
		Steps:   []Step{{When: all(in("o", v1.OrderProcessing), reserved("o")), Do: edit("o", cancel)}},
		End:     ends(map[string]v1.OrderPhase{"o": v1.OrderCancelled}, map[string][2]v1.Quantity{"tea": {9, 0}, "cup": {9, 0}}),
	}
}

func cancelTaken() *Scene {
	return &Scene{
		Name: "cancel-taken", About: "An order that is paid is cancelled while its units wait in the warehouse, and the money goes back.",
		Class:   func(c *v1.OrderClass) { testenv.Manual(c) },
		Objects: []client.Object{stock("tea", "TEA", 9), order("o").Line("TEA", 2).Pay(v1.PaymentOnline).Obj()},
		Steps:   []Step{{When: all(in("o", v1.OrderProcessing), reserved("o")), Do: edit("o", cancel)}},
		End:     ends(map[string]v1.OrderPhase{"o": v1.OrderCancelled}, map[string][2]v1.Quantity{"tea": {9, 0}}),
	}
}

func lower() *Scene {
	return &Scene{
		Name: "lower", About: "A paid order is made smaller before the warehouse begins: a unit comes back, and its price goes back.",
		Class:   func(c *v1.OrderClass) { testenv.Manual(c) },
		Objects: []client.Object{stock("tea", "TEA", 9), order("o").Line("TEA", 3).Pay(v1.PaymentOnline).Obj()},
		Steps: []Step{
			{When: all(in("o", v1.OrderProcessing), reserved("o")), Do: edit("o", func(o *v1.Order) { o.Spec.Lines[0].Quantity = 2 })},
			{When: all(cancelled("o", 1), reserved("o"), units("o", 2)), Do: deliver("o")},
		},
		End: ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {7, 0}}),
	}
}

// cancelled says whether the first line of an Order has cancelled units.
func cancelled(order string, q v1.Quantity) func(*World) bool {
	return func(w *World) bool {
		o := w.Order(order)
		return o != nil && len(o.Status.Lines) > 0 && o.Status.Lines[0].Cancelled == q
	}
}

// units says whether the Shipments of an Order hold so many units.
func units(order string, want v1.Quantity) func(*World) bool {
	return func(w *World) bool {
		var sum v1.Quantity
		for _, s := range w.shipments(order) {
			for _, i := range s.Spec.Items {
				sum += i.Quantity
			}
		}
		return sum == want
	}
}

func remove() *Scene {
	return &Scene{
		Name: "delete", About: "A paid order is deleted while its units wait in the warehouse: they and the money go back before it goes.",
		Class:   func(c *v1.OrderClass) { testenv.Manual(c) },
		Objects: []client.Object{stock("tea", "TEA", 9), order("o").Line("TEA", 2).Pay(v1.PaymentOnline).Obj()},
		Steps:   []Step{{When: all(in("o", v1.OrderProcessing), reserved("o")), Do: drop("o")}},
		End:     ends(map[string]v1.OrderPhase{"o": ""}, map[string][2]v1.Quantity{"tea": {9, 0}}),
	}
}

func again() *Scene {
	o := order("o").Line("TEA", 2).Pay(v1.PaymentOnline).Obj()
	return &Scene{
		Name: "again", About: "An order is deleted, and another one of its name is placed at once, approved, and runs to its end.",
		Class:   func(c *v1.OrderClass) { testenv.Manual(c) },
		Objects: []client.Object{stock("tea", "TEA", 9), o},
		Steps: []Step{
			{When: all(in("o", v1.OrderProcessing), reserved("o")), Do: drop("o")},
			{When: func(w *World) bool { return w.Order("o") == nil }, Do: place(o)},
			// The provider knows the earlier order, so that a person is asked; not if it still
			// has the money, which then pays for this one.
			{When: either(in("o", v1.OrderOnHold), all(in("o", v1.OrderProcessing), moneyStays)), Do: edit("o", func(o *v1.Order) { o.Spec.Approval = &v1.Approval{Decision: v1.DecisionApprove} })},
			{When: all(in("o", v1.OrderProcessing), reserved("o"), units("o", 2)), Do: deliver("o")},
		},
		End:       ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {7, 0}}),
		Survivors: goesOn("o"),
	}
}

// moneyStays says whether the gateway has taken more than it gave back.
func moneyStays(w *World) bool {
	var kept v1.Amount
	for _, e := range w.Gateway.Ledger() {
		switch {
		case e.State != gatewayfake.StateSucceeded:
		case e.Kind == v1.OperationCapture:
			kept += e.Amount
		case e.Kind == v1.OperationRefund:
			kept -= e.Amount
		}
	}
	return kept > 0
}

// drop deletes an Order.
func drop(name string, how ...client.DeleteOption) func(*World) error {
	return func(w *World) error {
		o := &v1.Order{}
		o.Namespace, o.Name = w.Namespace, name
		if err := w.Client.Delete(w, o, how...); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting the order: %w", err)
		}
		return nil
	}
}

// goesOn says what is missing where an Order may have been placed again after one of its
// name was deleted: it comes to its end.
func goesOn(name string) func(*World) string {
	return func(w *World) string {
		if o := w.Order(name); o != nil && !ended(o) {
			return "Order " + name + " has not come to its end"
		}
		return ""
	}
}
