package allocation

import (
	"cmp"
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Place is an order's place in the queue for stock. This is the one total order
// in which orders are served, and in reverse give back what is not there:
// priority, then the time of their confirmation, then the name. An order keeps its
// place until it is served, whatever happens to its Shipments.
type Place struct {
	Priority    int32
	ConfirmedAt time.Time
	Order       v1.ObjectName
}

// PlaceOf is the place of an Order; one that is gone, nil, comes last.
func PlaceOf(o *v1.Order) Place {
	if o == nil || o.Status.ConfirmedAt == nil {
		return Place{Priority: -1 << 31}
	}
	return Place{o.Spec.Priority, o.Status.ConfirmedAt.Time, v1.ObjectName(o.Name)}
}

// Compare is below 0 if p is served before other.
func (p Place) Compare(other Place) int {
	return cmp.Or(
		cmp.Compare(other.Priority, p.Priority),
		p.ConfirmedAt.Compare(other.ConfirmedAt),
		cmp.Compare(p.Order, other.Order),
	)
}

// inOrder lists the demands in the order in which they are served.
func inOrder(demands []Demand) []*Demand {
	list := make([]*Demand, len(demands))
	for i := range demands {
		list[i] = &demands[i]
	}
	place := func(d *Demand) Place { return Place{d.Priority, d.ConfirmedAt, d.Order.Name} }
	slices.SortFunc(list, func(a, b *Demand) int { return place(a).Compare(place(b)) })
	return list
}
