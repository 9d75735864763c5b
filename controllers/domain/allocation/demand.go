package allocation

import (
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
)

// defaultFenceAfterHours is how long an order that cannot be served in part is
// passed over before units are kept for it.
const defaultFenceAfterHours = 24

// Waiting is what an Order still waits for, as a demand, and the highest ordinal
// of a Shipment of its name that anything remembers. shipments are all those of
// the Order's name, whatever the uid, from one consistent list: units and ordinal
// must come from the same one, so that an old list can only lead to a name that is
// taken, never to a second promise. promises are the open ones of that name on the
// StockItems: one whose Shipment is not in the list is as good as a Shipment.
func Waiting(o *v1.Order, shipments []*v1.Shipment, promises []v1.Posting, now time.Time) (d Demand, last int) {
	d = Demand{
		Order:    v1.ObjectIdentity{Name: v1.ObjectName(o.Name), UID: v1.UID(o.UID)},
		Priority: o.Spec.Priority, ConfirmedAt: o.Status.ConfirmedAt.Time,
	}
	promised := map[v1.Identifier]v1.Quantity{}
	underWay := false
	known, unseen := map[string]bool{}, map[string]bool{}
	for _, s := range shipments {
		last = max(last, fulfilment.Ordinal(s.Name))
		known[s.Spec.Grant] = true
		if s.Spec.OrderUID != d.Order.UID || s.Status.CancelledAt != nil {
			continue
		}
		d.Shipments++
		underWay = underWay || s.Status.DispatchedAt == nil
		for line, q := range fulfilment.Holds(s) {
			promised[line] += q
		}
	}
	for _, p := range promises {
		last = max(last, fulfilment.Ordinal(string(p.Source)))
		if p.Reserve.Order.UID != d.Order.UID {
			continue
		}
		if known[p.Reserve.Grant] {
			continue
		}
		if !unseen[p.Reserve.Grant] {
			unseen[p.Reserve.Grant] = true
			d.Shipments++
		}
		underWay = true
		for _, l := range p.Reserve.Lines {
			promised[l.Line] += l.Quantity
		}
	}
	fenceAfter := int32(defaultFenceAfterHours)
	if o.Status.Policy != nil && o.Status.Policy.Allocation != nil {
		d.Policy = *o.Status.Policy.Allocation
		if h := d.Policy.FenceAfterHours; h != nil {
			fenceAfter = *h
		}
	}
	d.Fencing = !now.Before(d.ConfirmedAt.Add(time.Duration(fenceAfter) * time.Hour))
	// Another planner may have recorded a part of the whole so far: what is open
	// then is not a whole, and waits until it is.
	d.Held = d.Policy.Mode == v1.AllocationAllOrNothing && underWay
	skus := make(map[v1.Identifier]v1.SKU, len(o.Spec.Lines))
	for _, l := range o.Spec.Lines {
		skus[l.ID] = l.SKU
	}
	for _, l := range o.Status.Lines {
		if open := l.Ordered - l.Cancelled - promised[l.ID]; open > 0 {
			d.Lines = append(d.Lines, LineDemand{Line: l.ID, SKU: skus[l.ID], Open: open})
		}
	}
	return d, last
}

// Preference is the class's order of its locations, for the rule Priority.
func Preference(locations []v1.Location) map[v1.Identifier]int32 {
	preference := make(map[v1.Identifier]int32, len(locations))
	for _, l := range locations {
		if l.Priority != nil {
			preference[l.Name] = *l.Priority
		}
	}
	return preference
}
