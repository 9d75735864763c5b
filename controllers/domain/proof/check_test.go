package proof

import (
	"fmt"
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
	"ordercycle.dev/ordercycle/controllers/domain/ledger"
	"ordercycle.dev/ordercycle/controllers/domain/lifecycle"
)

// accept is the API server's rule on the status of a StockItem.
func (x *explorer) accept(s *state, before, after *v1.StockItemStatus) {
	over := func(st *v1.StockItemStatus) v1.Quantity { return st.Reserved - (st.OnHand - st.Quarantined) }
	if over(after) > 0 && over(after) > over(before) && (after.CountID == before.CountID || after.Reserved > before.Reserved) {
		x.fail(s.id, fmt.Sprintf("oversold: %d of %d reserved, was %d of %d", after.Reserved, after.OnHand, before.Reserved, before.OnHand))
	}
}

// check says what is wrong with a world, "" if nothing is. Of a broken variant the
// harm is to be found that the rule averts, and not only that counters differ.
func (x *explorer) check(w *world) string {
	if text := x.harm(w); text != "" || x.rules != (rules{}) {
		return text
	}
	return miscounted(w)
}

// miscounted says which counter is not what the Shipments add up to.
func miscounted(w *world) string {
	live := w.live("")
	for _, i := range w.items {
		for _, d := range ledger.Audit(i.StockItem, live, nil) {
			return "a movement is not counted once: " + d.String()
		}
	}
	return ""
}

// harm says what goes wrong for people: units that are promised twice, or of which
// an Order gets more than it wants, or a part where it wants the whole.
func (x *explorer) harm(w *world) string {
	for n, i := range w.items {
		if st := i.Status; st.Reserved < 0 || st.OnHand < 0 || st.Missing < 0 || st.Overdrawn < 0 {
			return fmt.Sprintf("a counter of %s is negative: %d reserved", i.Name, st.Reserved)
		}
		if x.config.people[countLess] > 0 {
			continue // then it is the API server that tells
		}
		var promised v1.Quantity
		for _, s := range w.promising() {
			promised += ledger.Held(s, i.Key())
		}
		if most := x.config.units[n] + v1.Quantity(x.config.people[countMore]); promised > most {
			return fmt.Sprintf("%d units of %s are promised, and there never were more than %d", promised, i.Name, most)
		}
	}
	for i, o := range w.orders {
		for _, seen := range []*v1.Order{o.Order, o.former} {
			if seen == nil {
				continue
			}
			if text := x.tooMuch(w, seen, i < x.config.whole); text != "" {
				return text
			}
		}
	}
	return ""
}

// promising are the Shipments that may leave or have left.
func (w *world) promising() []*v1.Shipment {
	var list []*v1.Shipment
	for _, s := range w.ships {
		for _, s := range []*v1.Shipment{s.Shipment, s.former} {
			if s != nil && s.Status.ReservedAt != nil && s.Status.CancelledAt == nil {
				list = append(list, s)
			}
		}
	}
	return list
}

// tooMuch says what is wrong with the Shipments of one Order.
func (x *explorer) tooMuch(w *world, o *v1.Order, whole bool) string {
	promised := map[v1.Identifier]v1.Quantity{}
	for _, s := range w.promising() {
		if s.Spec.OrderUID != v1.UID(o.UID) {
			continue
		}
		if s.Status.DeliveredAt == nil && !w.lives(s.Spec.OrderUID) {
			return fmt.Sprintf("%s may still leave, and its Order is gone", s.Name)
		}
		for line, q := range fulfilment.Holds(s) {
			promised[line] += q
		}
		if whole && len(s.Spec.Items) < len(o.Status.Lines) {
			return fmt.Sprintf("%s is reserved with a part of its Order", s.Name)
		}
	}
	for _, l := range o.Status.Lines {
		if q := promised[l.ID]; q > l.Ordered-l.Cancelled {
			return fmt.Sprintf("line %s of %s is promised %d units and wants %d", l.ID, o.Name, q, l.Ordered-l.Cancelled)
		}
	}
	return ""
}

// end says how far a state is complete.
type end int

const (
	open end = iota
	// settled: nothing is under way, and no unit is kept from anybody.
	settled
	// served: every unit was shipped or cancelled, or waits for stock that is not
	// there, or for a parcel service that comes no more.
	served
)

func ending(s *state) end {
	if s.cycles[0] != nil || s.cycles[1] != nil || len(s.ships)+len(s.orders) > 0 {
		return open
	}
	for _, i := range s.w.items {
		reserved := i.Status.Reserved
		for _, sh := range s.w.promising() {
			if sh.Status.DispatchedAt == nil {
				reserved -= ledger.Held(sh, i.Key())
			}
		}
		if reserved != 0 || len(i.Status.Postings) > 0 || countID(i.StockItem) != i.Status.CountID {
			return open
		}
	}
	kept := map[v1.UID]bool{}
	for _, sh := range s.w.ships {
		switch f := sh.Spec.Facts; {
		case sh.gone:
		case sh.DeletionTimestamp != nil:
			return open
		case ledger.Settled(sh.Shipment):
		case s.w.left[handOver] > 0 || sh.Status.ReservedAt == nil || sh.Status.CancelledAt != nil || f.Dispatched != nil || f.PutBack != nil:
			return open
		default:
			kept[sh.Spec.OrderUID] = true
		}
	}
	reached := served
	for _, o := range s.w.orders {
		if o.gone {
			continue
		}
		if o.DeletionTimestamp != nil || o.Status.ObservedGeneration != o.Generation {
			return open
		}
		if lifecycle.WaitsForStock(o.Order) {
			if s.w.serves(o.Order) {
				reached = settled
			}
		} else if !lifecycle.Final(o.Status.Phase) && !kept[v1.UID(o.UID)] {
			return open
		}
	}
	return reached
}

// serves says whether there are units for an Order that waits.
func (w *world) serves(o *v1.Order) bool {
	free := map[v1.SKU]v1.Quantity{}
	for _, i := range w.items {
		free[i.Spec.SKU] = i.Status.Available
	}
	whole, some := true, false
	for i, l := range o.Status.Lines {
		there := free[o.Spec.Lines[i].SKU]
		whole = whole && there >= l.Backordered
		some = some || min(there, l.Backordered) > 0
	}
	return some && (whole || o.Status.Policy.Allocation == nil)
}

// spent says whether an Order has used up the names that the exploration lets it
// have, so that it may wait for ever.
func spent(s *state) bool {
	last := func(name string) bool { return fulfilment.Ordinal(name) == s.w.names }
	for _, sh := range s.w.ships {
		if last(sh.Name) {
			return true
		}
	}
	for _, i := range s.w.items {
		if slices.ContainsFunc(i.Status.Postings, func(p v1.Posting) bool { return last(string(p.Source)) }) {
			return true
		}
	}
	for _, c := range s.cycles {
		if c != nil && slices.ContainsFunc(c.creates, func(n creation) bool { return last(string(n.name)) }) {
			return true
		}
	}
	return false
}
