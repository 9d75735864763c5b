package allocation

import (
	"cmp"
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// stock is the snapshot, used up while orders are served, and what the order that
// is being served still wants. Locations are numbered, in the order of their names,
// and the buffers are used again for each order: there may be many.
type stock struct {
	locations []v1.Identifier
	products  map[v1.SKU]*product
	shipments int // that were planned

	lines  []line     // that still want units
	wanted []*product // that they want

	candidates []candidate
	seats      []int // of each location in candidates, where it is one
}

// product is the units of one SKU.
type product struct {
	sku    v1.SKU
	items  []item      // that can give units, by location, those with the most first
	open   v1.Quantity // units that the order being served wants
	fenced bool        // units are kept for an order
}

// item is a Supply that is being used up.
type item struct {
	v1.ItemKey
	location  int
	available v1.Quantity
	slots     int
	shipment  int // the last one with units of it
}

// line is a LineDemand that is being served.
type line struct {
	id      v1.Identifier
	product *product
	open    v1.Quantity
}

func newStock(supplies []Supply) *stock {
	s := &stock{products: map[v1.SKU]*product{}}
	for _, u := range supplies {
		s.locations = append(s.locations, u.Location)
	}
	slices.Sort(s.locations)
	s.locations = slices.Compact(s.locations)
	s.seats = make([]int, len(s.locations))
	numbers := make(map[v1.Identifier]int, len(s.locations))
	for n, l := range s.locations {
		numbers[l] = n
	}
	for _, u := range supplies {
		p := s.product(u.SKU)
		p.items = append(p.items, item{ItemKey: u.Item, location: numbers[u.Location], available: u.Available, slots: u.Slots})
	}
	for _, p := range s.products {
		p.tidy()
	}
	return s
}

func (s *stock) product(sku v1.SKU) *product {
	p := s.products[sku]
	if p == nil {
		p = &product{sku: sku}
		s.products[sku] = p
	}
	return p
}

// tidy drops the items that give nothing any more and sorts the others. Those with
// the most come first because a Shipment has room for few items, and each promise
// needs a slot.
func (p *product) tidy() {
	p.items = slices.DeleteFunc(p.items, func(u item) bool { return u.available <= 0 || u.slots <= 0 })
	slices.SortFunc(p.items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.location, b.location), cmp.Compare(b.available, a.available), cmp.Compare(a.Name, b.Name))
	})
}

// turnTo begins to serve another order.
func (s *stock) turnTo(d *Demand) {
	for _, p := range s.wanted {
		p.open = 0
	}
	s.lines, s.wanted = s.lines[:0], s.wanted[:0]
	for _, l := range d.Lines {
		if l.Open <= 0 {
			continue
		}
		p := s.product(l.SKU)
		if p.open == 0 {
			s.wanted = append(s.wanted, p)
		}
		p.open += l.Open
		s.lines = append(s.lines, line{id: l.Line, product: p, open: l.Open})
	}
}

// take moves units of one location into a Shipment, as many as are wanted and fit.
func (s *stock) take(location int) []v1.ShipmentItem {
	s.shipments++
	var entries []v1.ShipmentItem
	room := MaxItems
	for i := range s.lines {
		l := &s.lines[i]
		for j := range l.product.items {
			u := &l.product.items[j]
			if u.location != location {
				continue
			}
			isNew := u.shipment != s.shipments
			q := min(l.open, u.available)
			if q == 0 || len(entries) == MaxEntries || (isNew && room == 0) {
				continue
			}
			if isNew {
				u.shipment = s.shipments
				u.slots--
				room--
			}
			u.available -= q
			l.open -= q
			l.product.open -= q
			entries = append(entries, v1.ShipmentItem{Line: l.id, StockItem: u.Name, StockItemUID: u.UID, SKU: l.product.sku, Quantity: q})
		}
	}
	for _, p := range s.wanted {
		p.tidy()
	}
	s.lines = slices.DeleteFunc(s.lines, func(l line) bool { return l.open == 0 })
	s.wanted = slices.DeleteFunc(s.wanted, func(p *product) bool { return p.open == 0 })
	return entries
}

// fence keeps the units that the order could use, at whichever location, from
// later ones, with the slots for their promises. Only one order fences a product,
// so that a queue of them does not keep all of it from everybody else.
func (s *stock) fence() {
	if len(s.wanted) > MaxItems {
		return // no Shipment will ever carry them all, they would be kept for nothing
	}
	for _, p := range s.wanted {
		if p.fenced {
			continue
		}
		p.fenced = true
		location, keep := -1, v1.Quantity(0)
		for i := range p.items {
			u := &p.items[i]
			if u.location != location {
				location, keep = u.location, p.open
			}
			if q := min(keep, u.available); q > 0 {
				keep -= q
				u.available -= q
				u.slots--
			}
		}
		p.tidy()
	}
}
