// Package allocation decides which waiting order gets which units. It is a
// pure planner: a snapshot goes in, planned Shipments come out; there is no
// client and no clock.
//
// Orders are served in one total order (order.go). An order takes all that it
// can use of each product before a later one sees what is left, so a later
// order never gets units that an earlier one could be sent. Within an order one
// Shipment is planned after the other: the location is chosen by the rules of the
// order's policy (choose.go), gives what it has of the open units, and for the
// rest the rules are asked anew. So an order of 13 units that prefers a location
// with 10 over one with 15 gets 10 and 3.
//
// An order that must not be sent in parts, because of its mode or because it may
// have only one more Shipment, is passed over until one location has all that is
// open. So that it does not starve behind a stream of small orders, the units that
// it could use are kept from them when it has waited for long: it fences them.
package allocation

import (
	"math"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// MaxItems is the number of distinct StockItems of one Shipment; a larger plan
// is several Shipments.
const MaxItems = v1.MaxShipmentItems

// MaxEntries is the number of entries of one Shipment, each some units of one
// line from one StockItem.
const MaxEntries = 100

// Demand is an order that waits for units.
type Demand struct {
	Order       v1.ObjectIdentity
	Priority    int32
	ConfirmedAt time.Time
	Lines       []LineDemand
	// Policy of the order; the zero value is that of an order without one.
	Policy v1.AllocationPolicy
	// Shipments that the order has already and that are not cancelled. They count
	// against Policy.MaxSplits.
	Shipments int
	// Fencing says that the order has waited for so long that the units that it
	// could use are kept for it.
	Fencing bool
	// Held says that the order gets nothing in this cycle, and keeps its fence.
	Held bool
	// Preference of the order's class for locations, lower first; a location
	// that is absent comes last.
	Preference map[v1.Identifier]int32
	// Distance of the locations from the customer, see Distances; a location that
	// is absent comes last.
	Distance map[v1.Identifier]int64
}

// LineDemand is the units of one order line that wait.
type LineDemand struct {
	Line v1.Identifier
	SKU  v1.SKU
	Open v1.Quantity
}

// Supply is the units of one StockItem that can be promised.
type Supply struct {
	Item      v1.ItemKey
	SKU       v1.SKU
	Location  v1.Identifier
	Available v1.Quantity
	// Slots is for how many promises there is room. Each Shipment with units of
	// the item needs one; an item without gives nothing.
	Slots int
}

// Plan is one Shipment to be made.
type Plan struct {
	Order    v1.ObjectIdentity
	Location v1.Identifier
	// Reason is the rule that told the location from the one that would have been
	// chosen in its place.
	Reason v1.LocationReason
	Items  []v1.ShipmentItem
}

// Allocate plans Shipments for the waiting orders. The sum of the planned units of
// an item is at most what is available of it.
func Allocate(demands []Demand, supplies []Supply) []Plan {
	s := newStock(supplies)
	var plans []Plan
	for _, d := range inOrder(demands) {
		plans = s.serve(d, plans)
	}
	return plans
}

// serve appends the Shipments of one order.
func (s *stock) serve(d *Demand, plans []Plan) []Plan {
	s.turnTo(d)
	if d.Held {
		if d.Fencing {
			s.fence()
		}
		return plans
	}
	for left := d.shipmentsLeft(); left > 0 && len(s.lines) > 0; left-- {
		last := left == 1
		location, reason, found := s.choose(d, last)
		if !found {
			if last && d.Fencing {
				s.fence()
			}
			break
		}
		plans = append(plans, Plan{Order: d.Order, Location: s.locations[location], Reason: reason, Items: s.take(location)})
	}
	return plans
}

// shipmentsLeft is the number of Shipments that can still be planned for the
// order. All or nothing is one that is the last.
func (d *Demand) shipmentsLeft() int {
	left := math.MaxInt
	if d.Policy.MaxSplits != nil {
		left = int(*d.Policy.MaxSplits) - d.Shipments
	}
	if d.Policy.Mode == v1.AllocationAllOrNothing {
		left = min(left, 1)
	}
	return left
}
