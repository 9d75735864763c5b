// Package fulfilment moves a Shipment through the warehouse and to the
// customer: it computes the Shipment's next status from the facts that the
// warehouse and the carrier state, the ledger's postings and the Order.
package fulfilment

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/booking"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
	"ordercycle.dev/ordercycle/controllers/domain/routing"
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
	// Siblings are the other Shipments of the same Order uid; read together with
	// Order, and live if that was.
	Siblings []*v1.Shipment
	// Carriers of the namespace, where NeedsCarriers asks for them.
	Carriers []routing.Carrier
	// CarriersLive says that they were read from the API server.
	CarriersLive bool
	// Desks of the Partners at which transports are booked; read with Carriers.
	Desks map[v1.ObjectName]*booking.Desk
	// Installation is part of the ids of bookings.
	Installation string
	// Called is a booking about which a carrier was asked just now, with what came of it;
	// nil if none was.
	Called *v1.Booking
	// Adapters of the Partners, for the simulation.
	Adapters map[v1.ObjectName]v1.PartnerAdapter
}

// Holds are the units that a Shipment holds of each line: those that were promised,
// but for the short picks.
func Holds(s *v1.Shipment) map[v1.Identifier]v1.Quantity {
	q := map[v1.Identifier]v1.Quantity{}
	for _, i := range s.Spec.Items {
		q[i.Line] += i.Quantity
	}
	for _, missed := range s.Status.Short {
		q[missed.Line] -= missed.Quantity
	}
	return q
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
// reserved yet and the cache does not show its promises, or an item recalls it.
func (f *Facts) NeedsLiveItems() bool {
	s := f.Shipment
	return !f.ItemsLive && !decided(s) && ((s.Status.ReservedAt == nil && !f.promised()) || f.recalled() != "")
}

// recalled names the item that was counted below what is promised and asks for
// the units of this Shipment back, "" if there is none.
func (f *Facts) recalled() v1.ObjectName {
	if !ledger.Recallable(f.Shipment) {
		return ""
	}
	for _, key := range ledger.Items(f.Shipment) {
		if item := f.Items[key]; item != nil && ledger.Recalls(&item.Status, f.Shipment) {
			return key.Name
		}
	}
	return ""
}

// partial says whether the Order is to be shipped as a whole or not at all, and
// this Shipment cannot be the whole: some of it was not recorded or not found. One
// that may have few Shipments does not spend one of them on a part of a plan.
func (f *Facts) partial() bool {
	p := f.Order.Status.Policy
	if p == nil || p.Allocation == nil {
		return false
	}
	whole := p.Allocation.Mode == v1.AllocationAllOrNothing
	incomplete := f.Shipment.Spec.Incomplete == v1.CompletenessIncomplete
	return (incomplete && (whole || p.Allocation.MaxSplits != nil)) || (whole && missed(f.Shipment))
}

// missed says whether units of the Shipment were not found, by fact or status.
func missed(s *v1.Shipment) bool {
	return len(s.Status.Short) > 0 || (s.Spec.Facts.Picked != nil && len(s.Spec.Facts.Picked.Short) > 0)
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
	case meta.IsStatusConditionTrue(f.Order.Status.Conditions, v1.ConditionCompleted):
		return "its Order has ended"
	case f.Order.Spec.Management == v1.ManagementPaused:
		return ""
	case f.Order.Spec.Cancel != nil:
		return "its Order is being cancelled"
	case f.partial():
		return "it lacks units, and its Order does not ship in such parts"
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
// spec is asked here as well as its status, which knows what the shortage policy
// cut and that units which a withdrawn cancel has taken do not come back.
func (f *Facts) excess() bool {
	if f.Order.Status.ConfirmedAt == nil || picked(f.Shipment) {
		return false
	}
	over := f.over()
	candidates := []*v1.Shipment{f.Shipment}
	for _, s := range f.Siblings {
		if s.Status.CancelledAt == nil && !decided(s) && !picked(s) {
			candidates = append(candidates, s)
		}
	}
	slices.SortFunc(candidates, func(a, b *v1.Shipment) int { return Ordinal(b.Name) - Ordinal(a.Name) })
	for _, s := range candidates {
		goes := holdsAny(s, over)
		if s == f.Shipment {
			return goes
		}
		if goes {
			for line, q := range Holds(s) {
				over[line] -= q
			}
		}
	}
	return false
}

// over is by how many units of each line the Order's Shipments hold more than it
// still asks for; below 0 if they hold less.
func (f *Facts) over() map[v1.Identifier]v1.Quantity {
	over := map[v1.Identifier]v1.Quantity{}
	for _, s := range append([]*v1.Shipment{f.Shipment}, f.Siblings...) {
		if s.Status.CancelledAt != nil {
			continue
		}
		for line, q := range Holds(s) {
			over[line] += q
		}
	}
	kept := map[v1.Identifier]v1.Quantity{}
	for _, l := range f.Order.Status.Lines {
		kept[l.ID] = l.Ordered - max(l.Cancelled, l.Cut)
	}
	for _, l := range f.Order.Spec.Lines {
		over[l.ID] -= min(l.Quantity, kept[l.ID])
	}
	return over
}

// Surplus says whether the Order's Shipments hold more of a line of this one than
// the Order asks for, whoever has to go: until then it is not marked, or two could
// leave with the same units.
func (f *Facts) Surplus() bool {
	if f.Order == nil || f.Order.Status.ConfirmedAt == nil {
		return false
	}
	return holdsAny(f.Shipment, f.over())
}

// holdsAny says whether a Shipment holds units of a line of which there are too many.
func holdsAny(s *v1.Shipment, over map[v1.Identifier]v1.Quantity) bool {
	for line, q := range Holds(s) {
		if q > 0 && over[line] > 0 {
			return true
		}
	}
	return false
}

func picked(s *v1.Shipment) bool {
	return s.Spec.Facts.Picked != nil || s.Spec.Facts.Packed != nil
}
