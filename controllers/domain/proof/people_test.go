package proof

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Actions of people, each of which may be done a limited number of times.
const (
	cancel = iota
	remove
	placeAgain
	lower
	handOver
	pick
	shortPick
	countLess
	countMore
	actions
)

// customerSteps are what may be done about an Order.
func (x *explorer) customerSteps(s *state, i int) {
	o := s.w.orders[i]
	edit := func(action int, what string, change func(*v1.Order)) {
		if s.w.left[action] == 0 || o.gone || o.DeletionTimestamp != nil || o.Spec.Cancel != nil {
			return
		}
		x.step(s, o.Name+what, func(n *state) {
			n.spend(action)
			edited := o.DeepCopy()
			change(edited)
			edited.Generation++
			n.putOrder(i, edited, false)
		})
	}
	edit(cancel, " is to be cancelled", func(o *v1.Order) { o.Spec.Cancel = &v1.CancelRequest{} })
	edit(remove, " is deleted", func(o *v1.Order) { o.DeletionTimestamp = &metav1.Time{Time: later} })
	if o.Spec.Lines[0].Quantity > 1 {
		edit(lower, " wants a unit less", func(o *v1.Order) { o.Spec.Lines[0].Quantity-- })
	}
	if o.gone && s.w.left[placeAgain] > 0 {
		x.step(s, o.Name+" is placed again", func(n *state) {
			n.spend(placeAgain)
			n.putOrder(i, placedAgain(o.first), false)
		})
	}
}

// warehouseSteps are the facts that the API server accepts of a Shipment; the
// customer gets what leaves at once.
func (x *explorer) warehouseSteps(s *state, i int) {
	sh := s.w.ships[i]
	f := sh.Spec.Facts
	if sh.gone || sh.Status.ReservedAt == nil || sh.Status.CancelledAt != nil || f.Dispatched != nil || f.PutBack != nil {
		return
	}
	fact := func(action int, what string, change func(*v1.Shipment)) {
		if s.w.left[action] == 0 {
			return
		}
		x.step(s, sh.Name+what, func(n *state) {
			n.spend(action)
			n.putShip(changed(sh.Shipment, change), false)
		})
	}
	fact(handOver, " is handed over", func(s *v1.Shipment) {
		s.Spec.Facts.Dispatched = &v1.ActorFact{ID: "d", At: at(50)}
		s.Spec.Events = []v1.CarrierEvent{{ID: "e", Type: v1.CarrierDelivered, At: at(50)}}
	})
	if f.Picked != nil {
		x.step(s, sh.Name+" is put back", func(n *state) {
			n.putShip(changed(sh.Shipment, func(s *v1.Shipment) { s.Spec.Facts.PutBack = &v1.ActorFact{ID: "b", At: at(45)} }), false)
		})
		return
	}
	fact(pick, " is picked", func(s *v1.Shipment) { s.Spec.Facts.Picked = &v1.PickedFact{ID: "p", At: at(40)} })
	fact(shortPick, " is picked but for a unit", func(s *v1.Shipment) {
		i := s.Spec.Items[0]
		s.Spec.Facts.Picked = &v1.PickedFact{ID: "p", At: at(40), Short: []v1.ShortPick{{ID: "m", Line: i.Line, StockItem: i.StockItem, Quantity: 1}}}
	})
}

// countSteps are stock-takes: one of less is taken after all that the warehouse
// stated and will state, one of more before it.
func (x *explorer) countSteps(s *state, i int) {
	it := s.w.items[i]
	if countID(it.StockItem) != it.Status.CountID {
		return // the last one is not applied yet
	}
	count := func(action, earliest int, q v1.Quantity) {
		if s.w.left[action] == 0 || q < 0 {
			return
		}
		x.step(s, fmt.Sprintf("%d of %s are counted", q, it.Name), func(n *state) {
			n.spend(action)
			c := it.DeepCopy()
			taken := max(earliest, int(it.Status.CountTakenAt.Sub(noon).Minutes())+1)
			c.Spec.Count = &v1.StockCount{ID: v1.Identifier(fmt.Sprint("c", taken)), Quantity: q, TakenAt: at(taken)}
			c.Generation++
			n.putItem(i, c)
		})
	}
	count(countLess, 51, it.Status.OnHand-1)
	count(countMore, 1, it.Status.Counted+1)
}
