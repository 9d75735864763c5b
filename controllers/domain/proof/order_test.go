package proof

import (
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
)

// orderWrite is the next state of an Order that is about to be written.
type orderWrite struct {
	order *v1.Order
	gone  bool
	key   string
}

func (p orderWrite) text() string {
	switch {
	case p.gone:
		return " goes"
	case lifecycle.Final(p.order.Status.Phase):
		return " is " + string(p.order.Status.Phase)
	default:
		return " counts units as cancelled"
	}
}

// orderSteps are what the controller of an Order may do next.
func (x *explorer) orderSteps(s *state, i int) {
	o := s.w.orders[i]
	if o.gone {
		return
	}
	if p, pending := s.orders[o.Name]; pending {
		x.step(s, o.Name+p.text(), func(n *state) { n.putOrder(i, p.order, p.gone) })
		return
	}
	for _, p := range x.orderThoughts(s.w, i) {
		if binds(o.Order, p) {
			x.step(s, o.Name+" is looked at, and soon"+p.text(), func(n *state) { n.orders = with(n.orders, o.Name, p) })
		}
	}
}

// binds says whether a write of an Order does what cannot be undone.
func binds(o *v1.Order, p orderWrite) bool {
	return p.gone || cancelled(p.order) != cancelled(o) || lifecycle.Final(p.order.Status.Phase)
}

func cancelled(o *v1.Order) v1.Quantity {
	var q v1.Quantity
	for _, l := range o.Status.Lines {
		q += l.Cancelled
	}
	return q
}

// refresh brings what people read of the Orders up to date: nothing is decided by
// it, and old caches show it old anyway.
func (x *explorer) refresh(s *state) {
	k := x.known(s.w)
	if len(s.orders) == 0 && k.current != nil {
		s.w = k.current
		return
	}
	for i := range s.w.orders {
		o := s.w.orders[i]
		if _, pending := s.orders[o.Name]; pending || o.gone {
			continue
		}
		if list := x.orderThoughts(s.w, i); len(list) > 0 && !binds(o.Order, list[0]) {
			s.putOrder(i, list[0].order, false)
		}
	}
	if len(s.orders) == 0 {
		k.current = s.w
	}
}

func (x *explorer) orderThoughts(w *world, i int) []orderWrite {
	k := x.known(w)
	if k.orders[i] == nil {
		k.orders[i] = w.orderThink(i)
	}
	return k.orders[i]
}

func (w *world) orderThink(i int) []orderWrite {
	o := w.orders[i].Order
	writes := []orderWrite{}
	for _, blind := range []bool{false, true} {
		f := w.orderFacts(o, blind && !w.fresh)
		p := orderWrite{order: o, gone: lifecycle.Decide(f, later).RemoveFinalizer}
		if !p.gone {
			p.order = o.DeepCopy()
			p.order.Status = *lifecycle.Project(f, lifecycle.Outcome{LookedUp: true}, later)
		}
		p.key = orderKey(p.order, p.gone)
		if p.key != orderKey(o, false) && !slices.ContainsFunc(writes, func(other orderWrite) bool { return other.key == p.key }) {
			writes = append(writes, p)
		}
	}
	return writes
}

// orderFacts are what an Order's controller observes: its Shipments, live where
// they matter, and the promises on the items, which a blind cache does not show yet.
func (w *world) orderFacts(o *v1.Order, blind bool) *lifecycle.Facts {
	f := &lifecycle.Facts{Order: o, Stock: map[v1.SKU]lifecycle.Stock{}, Live: true}
	for _, s := range w.live(o.Name) {
		if s.Spec.OrderUID == v1.UID(o.UID) {
			f.Shipments = append(f.Shipments, s)
		}
	}
	var items []*v1.StockItem
	for _, i := range w.items {
		f.Stock[i.Spec.SKU] = lifecycle.Stock{Available: i.Status.Available, ByLocation: map[v1.Identifier]v1.Quantity{i.Spec.Location: i.Status.Available}}
		items = append(items, i.StockItem)
	}
	if !blind {
		f.Intended = fulfilment.Intended(o, f.Shipments, items)
	}
	return f
}
