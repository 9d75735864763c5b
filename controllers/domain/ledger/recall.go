package ledger

import (
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Recall notes which Shipments should give their units back because less of the
// item was counted than is promised. queue are the Shipments that hold units of
// it, by the place of their Orders in the queue for stock, the first served
// first; the last are recalled first, and as few as it takes. A Shipment that is
// being picked keeps its units; one that was cancelled gives them back anyway.
//
// It is advice: the Shipment's own controller decides, by the version of the
// Shipment on which it is not being picked. anew says that one is recalled that was
// not before: it would follow advice from an old list as well, so the queue must be a
// live one then.
func (t *Turn) Recall(queue []*v1.Shipment) (anew bool) {
	owed, before := Short(t.status), t.status.Recalled
	t.status.Recalled = nil
	for _, s := range queue {
		if s.Status.CancelledAt != nil {
			owed -= t.givesBack(s)
		}
	}
	for i := len(queue) - 1; i >= 0 && owed > 0 && len(t.status.Recalled) < maxRecalled; i-- {
		s := queue[i]
		if q := Held(s, t.key); q > 0 && Recallable(s) {
			owed -= q
			one := v1.ObjectIdentity{Name: v1.ObjectName(s.Name), UID: v1.UID(s.UID)}
			t.status.Recalled = append(t.status.Recalled, one)
			anew = anew || !slices.Contains(before, one)
		}
	}
	return anew
}

// Short says whether less of the item is there than is promised.
func (t *Turn) Short() bool { return Short(t.status) > 0 }

// maxRecalled is the number of Shipments that are recalled at once.
const maxRecalled = 100

// givesBack is the number of units that a cancelled Shipment is yet to give back.
func (t *Turn) givesBack(s *v1.Shipment) v1.Quantity {
	var q v1.Quantity
	for _, m := range Due(s, t.key) {
		if !t.Holds(m.ID) {
			q += m.Quantity
		}
	}
	if s.Status.ReservedAt == nil && Promised(s, t.status) {
		q += Units(s, t.key)
	}
	return q
}

// Recallable says whether a Shipment can still give its units back without
// anybody having to put them on the shelf again.
func Recallable(s *v1.Shipment) bool {
	f := s.Spec.Facts
	return s.Status.CancelledAt == nil && s.Status.DispatchedAt == nil &&
		f.Picked == nil && f.Packed == nil && f.Dispatched == nil
}

// Recalls says whether an item recalls a Shipment.
func Recalls(item *v1.StockItemStatus, s *v1.Shipment) bool {
	for _, r := range item.Recalled {
		if r.UID == v1.UID(s.UID) {
			return true
		}
	}
	return false
}
