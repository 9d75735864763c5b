package fulfilment

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/condition"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
)

// plan says how the units of a reserved Shipment are packed. It returns nil where that
// is fixed: what is packed is in its parcels.
func plan(f *Facts, st *v1.ShipmentStatus) *Packing {
	if !waiting(st) || f.Shipment.Spec.Facts.Packed != nil || f.Order == nil {
		return nil
	}
	if len(st.Parcels) > 0 && f.unknownUnits() {
		return nil // an item is gone: what was known of its units is in the parcels
	}
	packing := Pack(heldUnits(f, st), f.box())
	st.Parcels = packing.Parcels
	return &packing
}

// unknownUnits says whether the StockItem of some units is gone, or is another one by now.
func (f *Facts) unknownUnits() bool {
	return slices.ContainsFunc(ledger.Items(f.Shipment), func(key v1.ItemKey) bool { return f.Items[key] == nil })
}

// waiting says whether a Shipment is reserved and has neither left nor been cancelled.
func waiting(st *v1.ShipmentStatus) bool {
	return st.ReservedAt != nil && st.DispatchedAt == nil && st.CancelledAt == nil
}

// sequence says when a Shipment is picked among others. What is picked has its place.
func sequence(f *Facts, st *v1.ShipmentStatus) {
	s := f.Shipment
	if !waiting(st) || picked(s) || f.Order == nil {
		return
	}
	p := &Pick{Location: s.Spec.Location, To: &f.Order.Spec.ShipTo, Name: s.Name}
	if len(st.Route) > 0 {
		p.Carrier, p.Lane = st.Route[0].Partner, st.Route[0].Lane
		if by := st.Route[0].DepartBy; by != nil {
			p.DepartBy = by.Time
		}
	}
	if st.Promised != nil {
		p.Promised = st.Promised.Time
	}
	for i := range st.Parcels {
		p.MassGrams += st.Parcels[i].MassGrams
		p.Traits = append(p.Traits, st.Parcels[i].Traits...)
	}
	st.Wave, st.Sequence = Wave(p), Sequence(p)
}

// box is the largest parcel of the class of the order.
func (f *Facts) box() v1.Box {
	if p := f.Order.Status.Policy; p != nil && p.Warehouse.Box != nil {
		return *p.Warehouse.Box
	}
	return v1.Box{}
}

// heldUnits are the units that a Shipment holds, with what is known of each: those that
// were promised, but for the short picks.
func heldUnits(f *Facts, st *v1.ShipmentStatus) []Units {
	var held []Units
	for _, i := range f.Shipment.Spec.Items {
		u := Units{Line: i.Line, Quantity: i.Quantity}
		if item := f.Items[v1.ItemKey{Name: i.StockItem, UID: i.StockItemUID}]; item != nil {
			u.Unit = item.Spec.Unit
		}
		held = append(held, u)
	}
	for _, missed := range st.Short {
		left := missed.Quantity
		for n, i := range f.Shipment.Spec.Items {
			if i.Line == missed.Line && i.StockItem == missed.StockItem {
				q := min(left, held[n].Quantity)
				held[n].Quantity, left = held[n].Quantity-q, left-q
			}
		}
	}
	return slices.DeleteFunc(held, func(u Units) bool { return u.Quantity == 0 })
}

// packable tells of units that fit into no parcel, until they are packed all the same.
func packable(p *Packing, c condition.Set) {
	switch {
	case p == nil:
		meta.RemoveStatusCondition(c.Conditions, v1.ConditionPackable)
	case len(p.TooLarge) > 0:
		c.False(v1.ConditionPackable, v1.ReasonUnitTooLarge,
			fmt.Sprintf("a unit of line %s is larger than warehouse.box of the class; pack it by hand; for the next orders give its StockItem the trait Oversize, or the class a larger box", p.TooLarge[0]))
	case p.TooMany:
		c.False(v1.ConditionPackable, v1.ReasonTooManyParcels,
			fmt.Sprintf("it needs more than %d parcels; pack the rest by hand", v1.MaxParcels))
	default:
		meta.RemoveStatusCondition(c.Conditions, v1.ConditionPackable)
	}
}
