package scene

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
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
		Objects: []client.Object{stock("tea", "TEA", 9), cashOrder("o").Line("TEA", 2).Obj()},
		Steps:   []Step{{When: in("o", v1.OrderDelivered), Do: receive}},
		End:     ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {7, 0}}),
	}
}

func reorder() *Scene {
	o := cashOrder("o").Line("TEA", 2).Obj()
	return &Scene{
		Name: "reorder", About: "A cash order that is done is deleted, its delivered parcel stays, and another one of its name gets its own.",
		Objects: []client.Object{stock("tea", "TEA", 9), o},
		Steps: []Step{
			{When: in("o", v1.OrderDelivered), Do: receive},
			{When: in("o", v1.OrderCompleted), Do: drop("o", client.PropagationPolicy(metav1.DeletePropagationOrphan))},
			{When: func(w *World) bool { return w.Order("o") == nil }, Do: place(o)},
			{When: in("o", v1.OrderDelivered), Do: receive},
		},
		End:       ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {5, 0}}),
		Survivors: goesOn("o"),
	}
}

// receive records the cash for two units.
func receive(w *World) error {
	return edit("o", func(o *v1.Order) {
		o.Spec.Payment.Received = []v1.ReceivedPayment{{ID: "r1", Amount: 2000, At: w.now()}}
	})(w)
}

func simulated() *Scene {
	return &Scene{
		Name: "simulated", About: "A card order is paid at the simulated provider, whose books are ConfigMaps, and one of its lines is cancelled later.",
		Class: func(c *v1.OrderClass) {
			c.Spec.Payment = testenv.MakeClass("", "").Spec.Payment
			testenv.Manual(c)
		},
		Objects: []client.Object{stock("tea", "TEA", 9), order("o").Line("TEA", 3).Pay(v1.PaymentOnline).Obj()},
		Steps: []Step{
			{When: all(in("o", v1.OrderProcessing), reserved("o")), Do: edit("o", func(o *v1.Order) { o.Spec.Lines[0].Quantity = 2 })},
			{When: all(cancelled("o", 1), reserved("o"), units("o", 2)), Do: deliver("o")},
		},
		End: ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {7, 0}}),
	}
}

// maximal is an Order of the largest size that the API takes.
func maximal() *Scene {
	wide := func(n int, end string) string { return strings.Repeat("界", n-len(end)) + end }
	o := order("o").Change(func(o *v1.Order) {
		o.Name = "o"
		o.Spec.Customer.Name, o.Spec.ShipTo.Name = wide(128, canaryPerson), wide(128, canaryPerson)
		for range 98 {
			o.Spec.Lines = append(o.Spec.Lines, v1.OrderLine{
				ID: v1.Identifier(fmt.Sprintf("%063d", len(o.Spec.Lines))), SKU: "TEA", Quantity: 1, UnitPrice: 1000,
			})
		}
	})
	return &Scene{
		Name: "maximal", About: "An order of a hundred lines with long names is sent from two items.",
		Objects: []client.Object{stock("tea", "TEA", 200), stock("cup", "CUP", 9), o.Line("CUP", 1).Line("CUP", 1).Obj()},
		End:     ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {102, 0}, "cup": {7, 0}}),
		Weight:  4, // 5.8 CPU-s for each run, where the others take 0.8 on the average
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
		// The warehouse would wait for a parcel that is none any more; and who lets the order go
		// on after another pause ends that of the scene.
		Without: []fault.Kind{fault.Orphaned, fault.Paused},
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
	return each(order, func(s *v1.Shipment) bool { return s.Status.DeliveredAt != nil })
}

// deliver states that every Shipment of an Order left and arrived.
func deliver(order string) func(*World) error {
	return stateEach(order, func(w *World, s *v1.ShipmentSpec) {
		s.Facts.Dispatched = w.stated("d")
		s.Events = append(s.Events, v1.CarrierEvent{ID: "e", Type: v1.CarrierDelivered, At: w.now()})
	})
}
