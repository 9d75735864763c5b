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
	// Items by their identity; an item that is gone is absent, one that was made
	// again under its name stands under its new identity.
	Items map[v1.ItemKey]*v1.StockItem
	// ItemsLive says that Items were read from the API server after Shipment was.
	ItemsLive bool
	// Order that the units are promised to; nil if it is gone or another Order
	// has its name.
	Order *v1.Order
	// OrderLive says that Order was read from the API server after Shipment was.
	OrderLive bool
	// Siblings are the other Shipments of the same Order uid.
	Siblings []*v1.Shipment
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

// NeedsLiveItems says whether the items must be read live: the Shipment is not
// reserved yet, and the cache does not show its promises.
func (f *Facts) NeedsLiveItems() bool {
	return !f.ItemsLive && !decided(f.Shipment) && f.Shipment.Status.ReservedAt == nil && !f.promised()
}

// replaced names the items that were made again under the promised name.
func (f *Facts) replaced() []v1.ObjectName {
	var names []v1.ObjectName
	for _, key := range ledger.Items(f.Shipment) {
		for there := range f.Items {
			if there.Name == key.Name && there.UID != key.UID {
				names = append(names, key.Name)
			}
		}
	}
	return names
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
	case f.Order.Spec.Management == v1.ManagementPaused:
		return ""
	case f.Order.Spec.Cancel != nil:
		return "its Order is being cancelled"
	case f.excess():
		return "its Order wants fewer units"
	default:
		return ""
	}
}

// excess says whether this Shipment has to go because the Order's Shipments hold
// more of a line than the Order's spec still asks for. The latest go first; those
// being picked stay, and the Order says that its edit was clamped. The Order
// counts units as cancelled only when no Shipment holds them any more, so the
// spec is asked here as well as its status: units that a withdrawn cancel has
// taken do not come back.
func (f *Facts) excess() bool {
	if f.Order.Status.ConfirmedAt == nil || picked(f.Shipment) {
		return false
	}
	over := map[v1.Identifier]v1.Quantity{}
	candidates := []*v1.Shipment{f.Shipment}
	for _, s := range append([]*v1.Shipment{f.Shipment}, f.Siblings...) {
		if s.Status.CancelledAt != nil {
			continue
		}
		for _, i := range s.Spec.Items {
			over[i.Line] += i.Quantity
		}
		if s != f.Shipment && !decided(s) && !picked(s) {
			candidates = append(candidates, s)
		}
	}
	kept := map[v1.Identifier]v1.Quantity{}
	for _, l := range f.Order.Status.Lines {
		kept[l.ID] = l.Ordered - l.Cancelled
	}
	for _, l := range f.Order.Spec.Lines {
		over[l.ID] -= min(l.Quantity, kept[l.ID])
	}
	slices.SortFunc(candidates, func(a, b *v1.Shipment) int { return Ordinal(b.Name) - Ordinal(a.Name) })
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
