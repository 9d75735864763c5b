package routing

import (
	"cmp"
	"slices"
	"strings"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// MaxHops is the number of lanes that a route has at most.
const MaxHops = 6

// Parcel is what is carried as one piece.
type Parcel struct {
	MassGrams, VolumeCm3 int64
	// Count of alike parcels; 0 is one.
	Count int64
}

// Carrier is a company with its lanes.
type Carrier struct {
	Name v1.ObjectName
	// Calendar says when it works; nil for always.
	Calendar *v1.Calendar
	Lanes    []v1.Lane
}

// Goods are the parcels that travel together, and what they ask of their lanes.
type Goods struct {
	Parcels []Parcel
	// Traits of any of the products.
	Traits []v1.Trait
	// MaxTransitHours that the most perishable of them may be on its way, counted from
	// when it is packed; 0 for no limit.
	MaxTransitHours int32
	// Value of the goods in minor units of Currency.
	Value    v1.Amount
	Currency v1.Currency
}

// edge is a lane that takes the goods.
type edge struct {
	carrier v1.ObjectName
	lane    *v1.Lane
	hours   *hours
	cutoff  clock

	from, to int
	cost     v1.Amount
	transit  time.Duration
}

// Reason is why a lane does not take goods.
type Reason string

// Reasons why a lane does not take goods.
const (
	// Forbidden: it does not take products of one of the traits.
	Forbidden Reason = "Forbidden"
	// NotEquipped: it is not equipped for one of the traits.
	NotEquipped Reason = "NotEquipped"
	// TooHeavy: a parcel weighs more than it takes.
	TooHeavy Reason = "TooHeavy"
	// OtherCurrency: its price is in another currency.
	OtherCurrency Reason = "OtherCurrency"
	// BadCalendar: the calendar of its carrier cannot be read.
	BadCalendar Reason = "BadCalendar"
)

// refusal is why a lane does not take the goods, "" if it does.
func refusal(l *v1.Lane, g *Goods) Reason {
	for _, t := range g.Traits {
		if slices.Contains(l.Forbids, t) {
			return Forbidden
		}
		special := t == v1.TraitColdChain || (t == v1.TraitHazmat && l.Mode == v1.ModeAir)
		if special && !slices.Contains(l.Handles, t) {
			return NotEquipped
		}
	}
	for _, p := range g.Parcels {
		if l.MaxParcelGrams != nil && p.MassGrams > *l.MaxParcelGrams {
			return TooHeavy
		}
	}
	if l.Cost.Currency != g.Currency {
		return OtherCurrency
	}
	return ""
}

// Freight is the price of parcels on a lane: for each the fixed part, and perKg for
// each begun kilogram of its mass or, if that is more, of its volume divided by the
// volumetric divisor. It is at most v1.MaxAmount.
func Freight(l *v1.Lane, parcels []Parcel) v1.Amount {
	var sum v1.Amount
	for _, p := range parcels {
		grams := p.MassGrams
		if d := l.Cost.VolumetricDivisor; d != nil {
			// 1 kg for each d cm3: 1000 g times the volume over d, rounded up.
			d := int64(*d)
			grams = max(grams, p.VolumeCm3/d*1000+ceil(p.VolumeCm3%d*1000, d))
		}
		kilograms := ceil(grams, 1000)
		if l.Cost.PerKg > 0 && kilograms > int64(v1.MaxAmount/l.Cost.PerKg) {
			return v1.MaxAmount
		}
		each, count := min(l.Cost.Fixed+v1.Amount(kilograms)*l.Cost.PerKg, v1.MaxAmount), v1.Amount(max(1, p.Count))
		if each > 0 && count > (v1.MaxAmount-sum)/each {
			return v1.MaxAmount
		}
		sum += each * count
	}
	return sum
}

func ceil(a, b int64) int64 { return (a + b - 1) / b }

// network is the graph of the lanes that take goods to an address. Node 0 is the
// customer.
type network struct {
	nodes map[v1.Identifier]int
	edges []edge
	// out are the edges that leave each node.
	out [][]int
	// refused counts the lanes that do not take the goods.
	refused map[Reason]int
}

const customer = 0

// build makes the network. The lists may come in any order: edges are sorted by their
// carrier and lane.
func build(carriers []Carrier, to *v1.Address, g *Goods) *network {
	n := &network{nodes: map[v1.Identifier]int{}, refused: map[Reason]int{}}
	sorted := slices.SortedFunc(slices.Values(carriers), func(a, b Carrier) int { return cmp.Compare(a.Name, b.Name) })
	for _, c := range sorted {
		hours, err := hoursOf(c.Calendar)
		if err != nil {
			n.refused[BadCalendar] += len(c.Lanes)
			continue
		}
		lanes := n.usable(c.Lanes, to, g)
		exact := mostExact(lanes, to)
		first := len(n.edges)
		for _, l := range lanes {
			if l.To.Area != nil && depth(l.To.Area, to) < exact[group(l)] {
				continue
			}
			e := edge{
				carrier: c.Name, lane: l.Lane, hours: hours, cutoff: l.cutoff, from: n.node(l.From), to: customer,
				cost: Freight(l.Lane, g.Parcels), transit: time.Duration(l.TransitHours.P90) * time.Hour,
			}
			if l.To.Area == nil {
				e.to = n.node(v1.Identifier(l.To.Place))
			}
			n.edges = append(n.edges, e)
		}
		slices.SortFunc(n.edges[first:], func(a, b edge) int { return cmp.Compare(a.lane.ID, b.lane.ID) })
	}
	n.out = make([][]int, len(n.nodes)+1)
	for i, e := range n.edges {
		n.out[e.from] = append(n.out[e.from], i)
	}
	return n
}

// offer is a lane that takes the goods.
type offer struct {
	*v1.Lane
	cutoff clock
}

// usable are the lanes that take the goods and do not end elsewhere.
func (n *network) usable(lanes []v1.Lane, to *v1.Address, g *Goods) []offer {
	var list []offer
	for i := range lanes {
		l := &lanes[i]
		if l.To.Area != nil && depth(l.To.Area, to) == 0 {
			continue
		}
		cutoff, err := clockOf(l.Cutoff)
		why := BadCalendar
		if err == nil {
			why = refusal(l, g)
		}
		if why != "" {
			n.refused[why]++
			continue
		}
		list = append(list, offer{l, cutoff})
	}
	return list
}

// node is the number of a place, from 1.
func (n *network) node(place v1.Identifier) int {
	if i, ok := n.nodes[place]; ok {
		return i
	}
	i := len(n.nodes) + 1
	n.nodes[place] = i
	return i
}

// tariff is what the areas of a carrier are compared within: the most exact one of it
// holds.
type tariff struct {
	from v1.Identifier
	mode v1.Mode
}

func group(l offer) tariff { return tariff{l.From, l.Mode} }

// mostExact is how exactly the best areas of each tariff name the address.
func mostExact(lanes []offer, to *v1.Address) map[tariff]int {
	best := map[tariff]int{}
	for _, l := range lanes {
		if l.To.Area == nil {
			continue
		}
		if d := depth(l.To.Area, to); d > best[group(l)] {
			best[group(l)] = d
		}
	}
	return best
}

// depth is how exactly an area names an address: 1 by its country, 2 by its region, 3
// by its city; 0 if the address is elsewhere.
func depth(a *v1.Area, to *v1.Address) int {
	switch {
	case to == nil || !strings.EqualFold(a.Country, to.Country):
		return 0
	case a.Region == "":
		return 1
	case !strings.EqualFold(a.Region, to.Region):
		return 0
	case a.City == "":
		return 2
	case !strings.EqualFold(a.City, to.City):
		return 0
	default:
		return 3
	}
}
