package scene

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/testenv"
)

func lanes() *Scene {
	return &Scene{
		Name: "lanes", About: "A card order is promised for a day and picked; a cheaper lane comes too late for it, and it travels on the two that were chosen.",
		Class:   byCarriers,
		Objects: []client.Object{stock("tea", "TEA", 9), testenv.MakePartner("", "trucks"), order("o").Line("TEA", 2).Obj()},
		Steps: []Step{
			{When: all(reserved("o"), routed("o")), Do: stateEach("o", func(w *World, s *v1.ShipmentSpec) {
				s.Facts.Picked = &v1.PickedFact{ID: "p", At: w.now()}
			})},
			{When: inWarehouse("o", v1.ShipmentPicking), Do: cheaperLane},
			{Do: stateEach("o", func(w *World, s *v1.ShipmentSpec) { s.Facts.Dispatched = w.stated("d") })},
		},
		End: func(w *World) string {
			if missing := ends(map[string]v1.OrderPhase{"o": v1.OrderCompleted}, map[string][2]v1.Quantity{"tea": {7, 0}})(w); missing != "" {
				return missing
			}
			if o := w.Order("o").Status; o.Settlement.Freight != 300 || o.Delivery.Punctuality != v1.PunctualityOnTime {
				return "the Order does not say that its delivery cost what was quoted, and was in time"
			}
			return ""
		},
	}
}

// routed says whether each Shipment of an Order has a route.
func routed(order string) func(*World) bool {
	return each(order, func(s *v1.Shipment) bool { return len(s.Status.Route) > 0 })
}

// inWarehouse says whether each Shipment of an Order is in a phase.
func inWarehouse(order string, phase v1.ShipmentPhase) func(*World) bool {
	return each(order, func(s *v1.Shipment) bool { return s.Status.Phase == phase })
}

// cheaperLane adds a lane to the Partner that goes to the door at once, for nothing.
func cheaperLane(w *World) error {
	p := &v1.Partner{}
	p.Namespace, p.Name = w.Namespace, "trucks"
	return patch(w, p, func() {
		free := p.Spec.Lanes[1]
		free.ID, free.From, free.Cost.Fixed = "free", "main", 0
		p.Spec.Lanes = append(p.Spec.Lanes, free)
	})
}
