// Package fulfilment moves a Shipment through the warehouse and to the
// customer: it computes the Shipment's next status from the facts that the
// warehouse and the carrier state, the ledger's postings and the Order.
package fulfilment

import (
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
)

// Facts is all that was observed about a Shipment.
type Facts struct {
	// Shipment as it was read; its resourceVersion guards the write.
	Shipment *v1.Shipment
	// Items by their identity; an item that is gone or was replaced is absent.
	Items map[v1.ItemKey]*v1.StockItem
	// Replaced names the items that stand under the promised name with another uid.
	Replaced []v1.ObjectName
	// Order that the units are promised to; nil if it is gone or another Order
	// has its name.
	Order *v1.Order
	// OrderLive says that Order was read from the API server after Shipment was.
	OrderLive bool
	// Siblings are the other Shipments of the same Order uid.
	Siblings []*v1.Shipment
	// LiveItems are the items read live after Shipment was; nil unless it is
	// being deleted. An item that is gone or was replaced is absent.
	LiveItems map[v1.ItemKey]*v1.StockItem
}

// NeedsLiveOrder says whether the next step may only be taken after the Order
// has been read live: before the Shipment is marked Reserved and before Picking,
// since both bind units that the Order may no longer want.
func (f *Facts) NeedsLiveOrder() bool {
	if f.OrderLive || decided(f.Shipment) {
		return false
	}
	s := f.Shipment
	if s.Status.ReservedAt == nil {
		return f.promised()
	}
	return s.Spec.Facts.Picked != nil && s.Status.Phase == v1.ShipmentReserved
}

// decided says that the Shipment has left or was cancelled, by status or by a
// fact that will make it so.
func decided(s *v1.Shipment) bool {
	return s.Status.CancelledAt != nil || s.Status.DispatchedAt != nil || s.Spec.Facts.Dispatched != nil
}

// promised says whether every item holds the promise of the Shipment.
func (f *Facts) promised() bool {
	for _, key := range ledger.Items(f.Shipment) {
		item := f.Items[key]
		if item == nil || !ledger.Promised(f.Shipment, &item.Status) {
			return false
		}
	}
	return true
}

// unwanted says why the Order does not want the units of the Shipment, "" if it does.
func (f *Facts) unwanted() string {
	s := f.Shipment
	switch {
	case !s.DeletionTimestamp.IsZero():
		return "the Shipment is being deleted"
	case f.Order == nil:
		return "its Order is gone"
	case !f.Order.DeletionTimestamp.IsZero():
		return "its Order is being deleted"
	case f.Order.Spec.Cancel != nil:
		return "its Order is being cancelled"
	case f.excess():
		return "its Order wants fewer units"
	default:
		return ""
	}
}

// excess says whether this Shipment has to go because the Order's Shipments
// hold more of a line than the Order still wants. Those not yet picked go
// first, and among them the latest.
func (f *Facts) excess() bool {
	over := map[v1.Identifier]v1.Quantity{}
	for _, s := range append([]*v1.Shipment{f.Shipment}, f.Siblings...) {
		if s.Status.CancelledAt == nil {
			for _, i := range s.Spec.Items {
				over[i.Line] += i.Quantity
			}
		}
	}
	for _, l := range f.Order.Status.Lines {
		over[l.ID] -= l.Ordered - l.Cancelled
	}
	candidates := []*v1.Shipment{f.Shipment}
	for _, s := range f.Siblings {
		if !decided(s) {
			candidates = append(candidates, s)
		}
	}
	slices.SortFunc(candidates, func(a, b *v1.Shipment) int {
		if pa, pb := picked(a), picked(b); pa != pb {
			if pa {
				return 1
			}
			return -1
		}
		return Ordinal(b.Name) - Ordinal(a.Name)
	})
	for _, s := range candidates {
		holds := false
		for _, i := range s.Spec.Items {
			holds = holds || over[i.Line] > 0
		}
		if s == f.Shipment {
			return holds
		}
		if holds {
			for _, i := range s.Spec.Items {
				over[i.Line] -= i.Quantity
			}
		}
	}
	return false
}

func picked(s *v1.Shipment) bool {
	return s.Spec.Facts.Picked != nil || s.Spec.Facts.Packed != nil
}
