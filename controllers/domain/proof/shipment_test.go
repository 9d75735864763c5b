package proof

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
)

// shipmentWrite is the next state of a Shipment that is about to be written.
type shipmentWrite struct {
	shipment *v1.Shipment
	gone     bool
	key      string
	text     string
}

// shipmentSteps are what the controller of one Shipment may do next: to read and
// think, or to write what it thought. The garbage collector is here as well.
func (x *explorer) shipmentSteps(s *state, i int) {
	sh := s.w.ships[i]
	if sh.gone {
		return
	}
	if p, pending := s.ships[sh.Name]; pending {
		x.step(s, sh.Name+p.text, func(n *state) { n.putShip(p.shipment, p.gone) })
		return
	}
	for _, p := range x.shipmentThoughts(s.w, i) {
		// Only what rests on other objects and cannot be taken back needs time
		// between the look and the write.
		if p.gone || (sh.Status.ReservedAt == nil && p.shipment.Status.ReservedAt != nil) {
			x.step(s, sh.Name+" is looked at, and soon"+p.text, func(n *state) { n.ships = with(n.ships, sh.Name, p) })
		} else {
			x.step(s, sh.Name+p.text, func(n *state) { n.putShip(p.shipment, false) })
		}
	}
	if sh.DeletionTimestamp == nil && x.rules.collects(s.w, sh.Shipment) {
		x.step(s, sh.Name+" is collected", func(n *state) {
			n.putShip(changed(sh.Shipment, func(s *v1.Shipment) { s.DeletionTimestamp = &metav1.Time{Time: later} }), false)
		})
	}
}

func changed(s *v1.Shipment, change func(*v1.Shipment)) *v1.Shipment {
	n := s.DeepCopy()
	change(n)
	return n
}

func (x *explorer) shipmentThoughts(w *world, i int) []shipmentWrite {
	k := x.known(w)
	if k.ships[i] == nil {
		k.ships[i] = x.rules.shipmentThink(w, i)
	}
	return k.ships[i]
}

func (r rules) shipmentThink(w *world, i int) []shipmentWrite {
	s := w.ships[i].Shipment
	writes := []shipmentWrite{}
	add := func(n *v1.Shipment, gone bool) {
		p := shipmentWrite{n, gone, shipKey(n, gone), whatChanges(s, n, gone)}
		if p.key+"\n" != w.ships[i].key && !slices.ContainsFunc(writes, func(o shipmentWrite) bool { return o.key == p.key }) {
			writes = append(writes, p)
		}
	}
	for _, oldItems := range []bool{false, true} {
		for _, oldOrder := range []bool{false, true} {
			f := r.shipmentFacts(w, s, oldItems && !w.fresh, oldOrder && r.noLiveOrder)
			n := s.DeepCopy()
			n.Status = *fulfilment.Project(f, later)
			add(n, false)
			if s.DeletionTimestamp != nil && r.mayGo(w, f) {
				add(s, true)
			}
		}
	}
	return writes
}

// whatChanges tells a reader of a counter-example what a write does.
func whatChanges(before, after *v1.Shipment, gone bool) string {
	switch b, a := &before.Status, &after.Status; {
	case gone:
		return " goes"
	case b.DispatchedAt == nil && a.DispatchedAt != nil:
		return " says that it was dispatched"
	case b.CancelledAt == nil && a.CancelledAt != nil:
		return " is cancelled"
	case b.ReservedAt == nil && a.ReservedAt != nil:
		return " is marked Reserved"
	case len(b.Short) < len(a.Short):
		return " says that units are missing"
	default:
		return " marks what was posted"
	}
}

// shipmentFacts are what a Shipment's controller may observe: of the items the
// truth, or the past, until it reads them live; the Order and its other Shipments
// live, before everything that binds.
func (r rules) shipmentFacts(w *world, s *v1.Shipment, oldItems, oldOrder bool) *fulfilment.Facts {
	f := &fulfilment.Facts{Shipment: s, Items: map[v1.ItemKey]*v1.StockItem{}, OrderLive: true}
	for _, i := range w.items {
		f.Items[i.Key()] = i.StockItem
		if oldItems {
			f.Items[i.Key()] = past(i.StockItem, s)
		}
	}
	if f.Order = w.orderOf(s, oldOrder); f.Order != nil {
		f.Siblings = w.siblings(s)
	}
	if f.NeedsLiveItems() {
		for _, i := range w.items {
			f.Items[i.Key()] = i.StockItem
		}
		f.ItemsLive = true
	}
	if r.markSurplus && s.Status.ReservedAt == nil {
		f.Siblings = nil
	}
	return f
}

// past is an item as an old cache may show it to a Shipment: with its promise,
// which was there before the Shipment was.
func past(i *v1.StockItem, s *v1.Shipment) *v1.StockItem {
	if ledger.Units(s, i.Key()) == 0 || ledger.Promised(s, &i.Status) {
		return i
	}
	old := i.DeepCopy()
	old.Status.Postings = append(old.Status.Postings, v1.Posting{
		ID: ledger.ReserveID(s.Spec.Grant), Kind: v1.MovementReserve, SourceKind: v1.SourceShipment, Source: v1.ObjectName(s.Name),
		Reserve: &v1.ReserveIntent{Grant: s.Spec.Grant},
	})
	return old
}
