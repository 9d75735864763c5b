// Package allocation decides which waiting order gets which units. It is a
// pure planner: a snapshot goes in, planned Shipments come out; there is no
// client and no clock.
//
// Orders are served in one total order (order.go). An order takes all that it
// can use of each product before a later one sees what is left, so a later
// order never gets units that an earlier one waits for. Within an order the
// planner looks for the location that covers the most open units, so that an
// order is split over as few Shipments as its greedy choice allows; ties go to
// the location that the class prefers, then to the one with more stock, then
// to the name.
package allocation

import (
	"cmp"
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// MaxItems is the number of distinct StockItems of one Shipment; a larger plan
// is several Shipments.
const MaxItems = 20

// MaxEntries is the number of entries of one Shipment, each some units of one
// line from one StockItem.
const MaxEntries = 100

// Demand is an order that waits for units.
type Demand struct {
	Order       v1.ObjectIdentity
	Priority    int32
	ConfirmedAt time.Time
	Lines       []LineDemand
	// Preference of the order's class for locations, lower first; a location
	// that is absent comes last.
	Preference map[v1.Identifier]int32
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
}

// Plan is one Shipment to be made.
type Plan struct {
	Order    v1.ObjectIdentity
	Location v1.Identifier
	Items    []v1.ShipmentItem
}

// Allocate plans Shipments for the waiting orders. Supplies are used up as it
// goes; the sum of the planned units of an item is at most what is available.
func Allocate(demands []Demand, supplies []Supply) []Plan {
	stock := newStock(supplies)
	demands = slices.Clone(demands)
	sortDemands(demands)
	var plans []Plan
	for _, d := range demands {
		plans = append(plans, stock.serve(d)...)
	}
	return plans
}

// stock is the snapshot that is used up while orders are served.
type stock struct {
	supplies []Supply
	bySKU    map[v1.SKU][]*Supply
}

func newStock(supplies []Supply) *stock {
	s := &stock{supplies: slices.Clone(supplies), bySKU: make(map[v1.SKU][]*Supply)}
	slices.SortFunc(s.supplies, func(a, b Supply) int { return cmp.Compare(a.Item.Name, b.Item.Name) })
	for i := range s.supplies {
		if u := &s.supplies[i]; u.Available > 0 {
			s.bySKU[u.SKU] = append(s.bySKU[u.SKU], u)
		}
	}
	return s
}

// candidate is what one location could ship of an order.
type candidate struct {
	location v1.Identifier
	covered  v1.Quantity
	onStock  v1.Quantity
}

// serve plans the Shipments of one order, one location after the other, until
// nothing that it wants is left.
func (s *stock) serve(d Demand) []Plan {
	lines := slices.Clone(d.Lines)
	var plans []Plan
	for {
		candidates := s.candidates(lines)
		if len(candidates) == 0 {
			return plans
		}
		best := slices.MinFunc(candidates, func(a, b candidate) int {
			return cmp.Or(
				cmp.Compare(b.covered, a.covered),
				cmp.Compare(preference(d, a.location), preference(d, b.location)),
				cmp.Compare(b.onStock, a.onStock),
				cmp.Compare(a.location, b.location),
			)
		})
		plans = append(plans, s.take(d.Order, lines, best.location))
	}
}

func preference(d Demand, location v1.Identifier) int32 {
	if p, ok := d.Preference[location]; ok {
		return p
	}
	return 1 << 30
}

// candidates lists the locations that hold units of the open lines.
func (s *stock) candidates(lines []LineDemand) []candidate {
	var list []candidate
	open := map[v1.SKU]v1.Quantity{}
	for _, l := range lines {
		open[l.SKU] += l.Open
	}
	seen := map[v1.SKU]bool{}
	for _, l := range lines {
		if l.Open == 0 || seen[l.SKU] {
			continue
		}
		seen[l.SKU] = true
		for location, onStock := range s.byLocation(l.SKU) {
			i := slices.IndexFunc(list, func(c candidate) bool { return c.location == location })
			if i < 0 {
				list = append(list, candidate{location: location})
				i = len(list) - 1
			}
			list[i].covered += min(onStock, open[l.SKU])
			list[i].onStock += onStock
		}
	}
	return list
}

func (s *stock) byLocation(sku v1.SKU) map[v1.Identifier]v1.Quantity {
	sums := map[v1.Identifier]v1.Quantity{}
	for _, u := range s.bySKU[sku] {
		if u.Available > 0 {
			sums[u.Location] += u.Available
		}
	}
	return sums
}

// take moves units of one location from the snapshot into a plan.
func (s *stock) take(order v1.ObjectIdentity, lines []LineDemand, location v1.Identifier) Plan {
	p := Plan{Order: order, Location: location}
	distinct := map[v1.ItemKey]bool{}
	for i := range lines {
		l := &lines[i]
		for _, u := range s.bySKU[l.SKU] {
			if u.Location != location || u.Available == 0 || l.Open == 0 {
				continue
			}
			if (!distinct[u.Item] && len(distinct) == MaxItems) || len(p.Items) == MaxEntries {
				continue
			}
			distinct[u.Item] = true
			q := min(l.Open, u.Available)
			l.Open -= q
			u.Available -= q
			p.Items = append(p.Items, v1.ShipmentItem{
				Line: l.Line, StockItem: u.Item.Name, StockItemUID: u.Item.UID, SKU: l.SKU, Quantity: q,
			})
		}
	}
	return p
}
