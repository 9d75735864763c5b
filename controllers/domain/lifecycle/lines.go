package lifecycle

import (
	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
)

// goods is what the counters of all lines add up to.
type goods struct {
	// kept = ordered - cancelled.
	kept, cancelled, dispatched, delivered v1.Quantity
	// lowered are the cancelled units that a lower quantity asked for.
	lowered v1.Quantity
	// promised units are in Shipments that are not cancelled, or about to be.
	promised v1.Quantity
	// backordered units are not reserved; waiting ones are not even promised.
	backordered, waiting v1.Quantity
	// planned units are promised and about to be reserved.
	planned v1.Quantity
	// wanted are the waiting units by line.
	wanted []wanted
	// committed units of each line are being picked or have left.
	committed map[v1.Identifier]v1.Quantity
	// clamped names the line whose quantity was lowered below what is being
	// picked or has left, "" if there is none.
	clamped v1.Identifier
}

// wanted is what of a line waits.
type wanted struct {
	line     v1.Identifier
	sku      v1.SKU
	quantity v1.Quantity
}

// countLines computes the counters of every line from the Shipments. Nothing is
// incremented, so nothing can be counted twice; cancelled alone remembers what
// it was, because a cancelled unit does not come back.
func countLines(f *Facts, ending bool) ([]v1.OrderLineStatus, goods) {
	sum := goods{committed: map[v1.Identifier]v1.Quantity{}}
	o, shipments := f.Order, f.Shipments
	holds := make([]map[v1.Identifier]v1.Quantity, len(shipments))
	for i, s := range shipments {
		holds[i] = fulfilment.Holds(s)
	}
	before := map[v1.Identifier]v1.OrderLineStatus{}
	for _, l := range o.Status.Lines {
		before[l.ID] = l
	}
	lines := make([]v1.OrderLineStatus, len(o.Spec.Lines))
	for i, spec := range o.Spec.Lines {
		old := before[spec.ID]
		l := v1.OrderLineStatus{ID: spec.ID, Ordered: spec.Quantity, Cut: old.Cut, Net: old.Net, Tax: old.Tax, UnitCost: old.UnitCost}
		if Confirmed(o) {
			l.Ordered = old.Ordered
		}
		promised := f.Intended[spec.ID]
		var reserved, committed v1.Quantity
		for n, s := range shipments {
			q := holds[n][spec.ID]
			if s.Status.CancelledAt != nil || q == 0 {
				continue
			}
			promised += q
			if s.Status.ReservedAt != nil {
				reserved += q
			}
			if addShipment(&l, s, q) {
				committed += q
			}
		}
		if Confirmed(o) {
			sum.committed[spec.ID] = committed
			lowered := l.Ordered - spec.Quantity
			unwanted := max(lowered, l.Cut)
			if paused(o) {
				unwanted = 0
			} else if ending {
				unwanted = l.Ordered - promised
			} else {
				if lowered > l.Ordered-committed {
					sum.clamped = spec.ID
				}
				// Units of a Shipment are cancelled when the Shipment is: it may
				// leave before it hears of the edit.
				unwanted = min(unwanted, l.Ordered-promised)
			}
			l.Cancelled = max(old.Cancelled, unwanted)
			l.Backordered = max(0, l.Ordered-l.Cancelled-reserved)
			if waiting := l.Ordered - l.Cancelled - promised; waiting > 0 {
				sum.waiting += waiting
				sum.wanted = append(sum.wanted, wanted{spec.ID, spec.SKU, waiting})
			}
		}
		if l.Delivered == 0 || l.Delivered < l.Ordered-l.Cancelled {
			l.DeliveredAt = nil
		}
		sum.kept += l.Ordered - l.Cancelled
		sum.cancelled += l.Cancelled
		sum.lowered += min(l.Cancelled, max(0, l.Ordered-spec.Quantity))
		sum.promised += promised
		sum.planned += promised - reserved
		sum.backordered += l.Backordered
		sum.dispatched += l.Dispatched
		sum.delivered += l.Delivered
		lines[i] = l
	}
	return lines, sum
}

// addShipment counts the units of one Shipment and says whether they are being
// picked or have left. What people read follows the Shipment's own view, so that
// a fact changes the Order once and not twice; what binds follows the facts.
func addShipment(l *v1.OrderLineStatus, s *v1.Shipment, q v1.Quantity) (committed bool) {
	left := s.Status.DispatchedAt != nil
	if s.Status.ReservedAt != nil && !left {
		l.Reserved += q
	}
	packed := left || s.Status.Phase == v1.ShipmentPacked
	if packed || s.Status.Phase == v1.ShipmentPicking {
		l.Picked += q
	}
	if packed {
		l.Packed += q
	}
	if left {
		l.Dispatched += q
	}
	if at := s.Status.DeliveredAt; at != nil {
		l.Delivered += q
		if l.DeliveredAt == nil || at.After(l.DeliveredAt.Time) {
			l.DeliveredAt = at.DeepCopy()
		}
	}
	facts := s.Spec.Facts
	return left || facts.Picked != nil || facts.Packed != nil || facts.Dispatched != nil
}
