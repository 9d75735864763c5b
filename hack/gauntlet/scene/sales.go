package scene

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv"
)

func happy() *Scene {
	return &Scene{
		Name: "happy", About: "A card order of two products is picked, sent, paid and delivered.",
		Objects: []client.Object{stock("tea", "TEA", 9), stock("cup", "CUP", 9), order("o").Line("TEA", 2).Line("CUP", 1).Obj()},
		End:     ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {7, 0}, "cup": {8, 0}}),
	}
}

func cash() *Scene {
	return &Scene{
		Name: "cash", About: "An order is paid in cash at the door, and the money is recorded.",
		Objects: []client.Object{stock("tea", "TEA", 9), testenv.MakeOrder("", "o").Line("TEA", 2).Obj()},
		Steps: []Step{{
			When: in("o", v1.OrderDelivered),
			Do: edit("o", func(o *v1.Order) {
				o.Spec.Payment.Received = []v1.ReceivedPayment{{ID: "r1", Amount: 2000, At: now()}}
			}),
		}},
		End: ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {7, 0}}),
	}
}

func decline() *Scene {
	return &Scene{
		Name: "decline", About: "A card is declined, the customer gives another one, and the order runs to its end.",
		Objects: []client.Object{stock("tea", "TEA", 9), order("o").Line("TEA", 2).Token("bad").Obj()},
		Steps: []Step{{
			When: in("o", v1.OrderOnHold),
			Do:   edit("o", func(o *v1.Order) { o.Spec.Payment.TokenSecretRef = &v1.LocalReference{Name: "ok"} }),
		}},
		End: ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {7, 0}}),
	}
}

func pause() *Scene {
	return &Scene{
		Name: "pause", About: "An order is paused while the warehouse has it, and goes on later.",
		Class:   func(c *v1.OrderClass) { testenv.Manual(c) },
		Objects: []client.Object{stock("tea", "TEA", 9), order("o").Line("TEA", 2).Obj()},
		Steps: []Step{
			{When: all(in("o", v1.OrderProcessing), reserved("o")), Do: edit("o", func(o *v1.Order) { o.Spec.Management = v1.ManagementPaused })},
			{When: pausedAndSeen, Do: deliver("o")},
			{When: delivered("o"), Do: edit("o", func(o *v1.Order) { o.Spec.Management = v1.ManagementActive })},
		},
		End: ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {7, 0}}),
	}
}

func pausedAndSeen(w *World) bool {
	o := w.Order("o")
	return o != nil && o.Spec.Management == v1.ManagementPaused && o.Status.ObservedGeneration == o.Generation
}

// delivered says whether every Shipment of an Order has arrived.
func delivered(order string) func(*World) bool {
	return func(w *World) bool {
		list := w.shipments(order)
		for _, s := range list {
			if s.Status.DeliveredAt == nil {
				return false
			}
		}
		return len(list) > 0
	}
}

// deliver states that every Shipment of an Order left and arrived.
func deliver(order string) func(*World) error {
	return func(w *World) error {
		for _, s := range w.shipments(order) {
			s = s.DeepCopy()
			err := patch(w, s, func() {
				s.Spec.Facts.Dispatched = stated("d")
				s.Spec.Events = append(s.Spec.Events, v1.CarrierEvent{ID: "e", Type: v1.CarrierDelivered, At: now()})
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
}
