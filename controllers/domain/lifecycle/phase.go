package lifecycle

import (
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// windowEnd is when the return window of the last delivered line is over, at once
// where there is none, whatever the clock says; known once every kept unit has arrived.
func (v *view) windowEnd() (end time.Time, known bool) {
	if !v.confirmed || v.goods.kept == 0 || v.goods.delivered < v.goods.kept {
		return time.Time{}, false
	}
	if v.policy.ReturnWindowDays == 0 {
		return time.Time{}, true
	}
	for _, l := range v.lines {
		if l.DeliveredAt != nil && l.DeliveredAt.After(end) {
			end = l.DeliveredAt.Time
		}
	}
	return end.Add(time.Duration(v.policy.ReturnWindowDays) * 24 * time.Hour), true
}

func openCases(o *v1.Order) bool {
	for _, c := range o.Spec.Cases {
		if c.ClosedAt == nil {
			return true
		}
	}
	return false
}

// phase is the view of everything, the first that fits.
func (v *view) phase(f *Facts, now time.Time) v1.OrderPhase {
	g := v.goods
	if !v.confirmed {
		switch {
		case v.ending && v.moneyDone() && !v.unasked(f.Order):
			return v1.OrderCancelled
		case v.ending:
			return v1.OrderCancelling
		case v.rejection() != nil && v.moneyDoneWhenRejected(f.Order):
			return v1.OrderRejected
		case len(v.findings) > 0:
			return v1.OrderOnHold
		default:
			return v1.OrderReceived
		}
	}
	end, arrived := v.windowEnd()
	switch {
	case g.kept == 0 && g.promised == 0 && v.moneyDone():
		return v1.OrderCancelled
	case g.kept == 0, v.ending && g.dispatched < g.kept:
		return v1.OrderCancelling
	case arrived && v.moneyDone() && !now.Before(end) && !openCases(f.Order):
		return v1.OrderCompleted
	case arrived:
		return v1.OrderDelivered
	case g.dispatched == g.kept:
		return v1.OrderShipped
	case active(f.Shipments):
		return v1.OrderProcessing
	case g.waiting > 0 && g.planned == 0 && (v.short(f) || passedOver(f.Order, now)):
		return v1.OrderBackordered
	case g.dispatched > 0:
		return v1.OrderProcessing
	default:
		return v1.OrderConfirmed
	}
}

// moneyDoneWhenRejected says whether no call is due and nothing is held for an order that can
// never be confirmed. What came in by hand is a person's to pay back.
func (v *view) moneyDoneWhenRejected(o *v1.Order) bool {
	return v.open == nil && v.sums.Authorized == 0 && v.next(o) == nil && !v.unasked(o)
}

// active says whether a Shipment is in the warehouse.
func active(shipments []*v1.Shipment) bool {
	for _, s := range shipments {
		if s.Status.CancelledAt == nil && s.Status.DispatchedAt == nil && s.Status.ReservedAt != nil {
			return true
		}
	}
	return false
}

// passedOver says whether an order was confirmed so long ago that the allocator
// has had its turn: if units wait all the same, they are kept for others.
func passedOver(o *v1.Order, now time.Time) bool {
	return !now.Before(passedOverAt(o))
}

func passedOverAt(o *v1.Order) time.Time { return o.Status.ConfirmedAt.Add(6 * allocatorTurn) }
