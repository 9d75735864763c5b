package scene

import (
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/history"
	"ordercycle.dev/ordercycle/hack/testenv"
)

// byCarriers lets people run the warehouse, and the carriers of routes deliver.
func byCarriers(c *v1.OrderClass) {
	testenv.ByPartners(c)
	c.Spec.Warehouse = v1.WarehousePolicy{Type: v1.WarehouseManual}
}

// bookedCarrier is a Partner that is booked at the world's carrier.
func bookedCarrier() *v1.Partner { return testenv.AtDesk(testenv.MakePartner("", Carrier), "") }

// pack states that the units of an Order are picked and packed, once they have a route.
func pack(order string) Step {
	return Step{When: all(reserved(order), routed(order)), Do: stateEach(order, func(w *World, s *v1.ShipmentSpec) {
		s.Facts.Picked, s.Facts.Packed = &v1.PickedFact{ID: "p", At: w.now()}, w.stated("k")
	})}
}

// decidedBooking says whether each Shipment of an Order is booked, or will not be because the
// Order does not want it any more.
func decidedBooking(order string) func(*World) bool {
	return either(each(order, isBooked), func(w *World) bool { return leavingOrder(w, order) })
}

func isBooked(s *v1.Shipment) bool {
	return slices.ContainsFunc(s.Status.Bookings, func(b v1.Booking) bool { return b.State == v1.BookingBooked && b.VoidSince == nil })
}

// handOver hands the parcels of an Order to the carrier; those that are not booked are put
// back.
func handOver(order string) func(*World) error {
	return func(w *World) error {
		for _, s := range w.shipments(order) {
			s, there := s.DeepCopy(), isBooked(s)
			err := patch(w, s, func() {
				if there {
					s.Spec.Facts.Dispatched = w.stated("d")
				} else {
					s.Spec.Facts.PutBack = w.stated("b")
				}
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// atCarrier wants an end, and so many bookings at the carrier, but for those on which it
// insists.
func atCarrier(want int, end func(*World) string) func(*World) string {
	return func(w *World) string {
		if missing := end(w); missing != "" {
			return missing
		}
		live := len(w.Carrier.Live())
		for _, s := range history.All[*v1.Shipment](w.History) {
			for _, b := range s.Status.Bookings {
				if b.State == v1.BookingKept {
					live--
				}
			}
		}
		if live != want {
			return fmt.Sprintf("the carrier has %d bookings, not %d", live, want)
		}
		return ""
	}
}

// AskCarriersAgain does what people do about a carrier that refused: they agree with it, and
// note that at the Partner.
func AskCarriersAgain(w *World) error {
	for _, s := range history.All[*v1.Shipment](w.History) {
		n := len(s.Status.Bookings)
		if n == 0 || s.Status.Bookings[n-1].State != v1.BookingRefused {
			continue
		}
		p := &v1.Partner{}
		p.Namespace, p.Name = w.Namespace, Carrier
		agreed := fmt.Sprintf("agreed on %s", s.Status.Bookings[n-1].ID[:8])
		if err := patch(w, p, func() { p.Spec.Contact = &v1.Contact{Name: agreed} }); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}

func booked() *Scene {
	return &Scene{
		Name: "booked", About: "The parcels of a card order are booked at a carrier, handed over, and its scans take them to the customer.",
		Class:   func(c *v1.OrderClass) { testenv.ByPartners(c) },
		Objects: []client.Object{stock("tea", "TEA", 9), bookedCarrier(), order("o").Line("TEA", 2).Obj()},
		End:     atCarrier(1, ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {7, 0}})),
	}
}

func unbooked() *Scene {
	return &Scene{
		Name: "unbooked", About: "An order is cancelled when its parcels are booked; they are put back, and the booking is taken back.",
		Class:   byCarriers,
		Objects: []client.Object{stock("tea", "TEA", 9), bookedCarrier(), order("o").Line("TEA", 2).Obj()},
		// People pack once: what is packed anew is another course.
		Without: []fault.Kind{fault.Orphaned},
		Steps: []Step{
			pack("o"), {When: decidedBooking("o"), Do: edit("o", cancel)},
			{Do: stateEach("o", func(w *World, s *v1.ShipmentSpec) { s.Facts.PutBack = w.stated("b") })},
		},
		End: atCarrier(0, ends(map[string]v1.OrderPhase{"o": v1.OrderCancelled}, map[string][2]v1.Quantity{"tea": {9, 0}})),
	}
}

func overtaken() *Scene {
	return &Scene{
		Name: "overtaken", About: "An order is cancelled when its parcels are booked, and they leave before anybody has put them back: they are delivered and paid.",
		Class:   byCarriers,
		Objects: []client.Object{stock("tea", "TEA", 9), bookedCarrier(), order("o").Line("TEA", 2).Obj()},
		// People pack once: what is packed anew is another course.
		Without: []fault.Kind{fault.Orphaned},
		Steps: []Step{
			pack("o"), {When: decidedBooking("o"), Do: edit("o", cancel)}, {Do: handOver("o")},
		},
		End: atCarrier(1, ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {7, 0}})),
	}
}

func shortPick() *Scene {
	elsewhere := stock("tea-east", "TEA", 9)
	elsewhere.Spec.Location = "east"
	return &Scene{
		Name: "short-pick", About: "A unit is not found where it should be: it comes from another location, and the item is counted again.",
		// People pick once: what is picked anew is another course.
		Without: []fault.Kind{fault.Orphaned},
		Class:   func(c *v1.OrderClass) { testenv.Manual(c) },
		Objects: []client.Object{stock("tea", "TEA", 3), order("o").Line("TEA", 3).Obj()},
		Steps: []Step{
			{When: all(in("o", v1.OrderProcessing), reserved("o")), Do: func(w *World) error {
				item := elsewhere.DeepCopy()
				item.Namespace = w.Namespace
				return client.IgnoreAlreadyExists(w.Client.Create(w, item))
			}},
			{Do: stateEach("o", func(w *World, s *v1.ShipmentSpec) {
				s.Facts.Picked = &v1.PickedFact{ID: "p", At: w.now(), Short: []v1.ShortPick{{ID: "1", Line: s.Items[0].Line, StockItem: "tea", Quantity: 1}}}
			})},
			{When: func(w *World) bool { return len(w.shipments("o")) == 2 && reserved("o")(w) || leavingOrder(w, "o") }, Do: deliver("o")},
		},
		End: ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {1, 0}, "tea-east": {8, 0}}),
	}
}

// leavingOrder says whether an Order is gone or about to go.
func leavingOrder(w *World, name string) bool {
	o := w.Order(name)
	return o == nil || !o.DeletionTimestamp.IsZero()
}
