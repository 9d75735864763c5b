package proof

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Keys tell apart what can behave differently. They hold everything that a
// function of the ledger or of a controller reads, and that is not the same in the
// whole exploration.

func (w *world) key() string {
	var b strings.Builder
	b.Grow(512)
	for _, i := range w.items {
		b.WriteString(i.key)
	}
	for _, s := range w.ships {
		b.WriteString(s.key)
	}
	for _, o := range w.orders {
		b.WriteString(o.key)
	}
	for _, n := range w.left {
		b.WriteByte('0' + byte(n))
	}
	return b.String()
}

func itemKey(i *v1.StockItem) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s g%d %s", i.Name, countID(i), i.Generation-i.Status.ObservedGeneration, stockKey(&i.Status))
	return b.String()
}

// stockKey is that of the status of an item. Short and available follow from it.
func stockKey(st *v1.StockItemStatus) string {
	var b strings.Builder
	fmt.Fprintf(&b, "h%d r%d m%d o%d %s=%d ", st.OnHand, st.Reserved, st.Missing, st.Overdrawn, st.CountID, st.Counted)
	for _, e := range st.Journal {
		if e.Kind != v1.MovementCount && e.EffectiveAt.After(st.CountTakenAt.Time) {
			fmt.Fprintf(&b, "%s%+d ", e.ID, e.Change)
		}
	}
	for _, p := range st.Postings {
		fmt.Fprintf(&b, "%s@%s=%d ", p.ID, p.Source, p.Quantity)
		if r := p.Reserve; r != nil {
			fmt.Fprintf(&b, "for %s %v %v ", r.Order.UID, r.Lines, r.Items)
		}
	}
	for _, r := range st.Recalled {
		b.WriteString("!" + string(r.UID))
	}
	return b.String()
}

func countID(i *v1.StockItem) string { return string(i.Spec.Count.ID) }

func shipKey(s *v1.Shipment, gone bool) string {
	st := &s.Status
	var b strings.Builder
	b.WriteString(s.Name + " " + string(s.UID) + " ")
	b.WriteString(specKey(&s.Spec))
	flag := func(name byte, is bool) {
		if is {
			b.WriteByte(name)
		}
	}
	flag('D', st.DispatchedAt != nil)
	flag('C', st.CancelledAt != nil)
	for _, u := range st.Short {
		fmt.Fprintf(&b, " -%d%s", u.Quantity, u.StockItem)
	}
	if gone {
		b.WriteByte('g') // an old list shows it, and asks for no more than what it held
		return b.String()
	}
	flag('R', st.ReservedAt != nil)
	f := &s.Spec.Facts
	flag('p', f.Picked != nil)
	flag('s', f.Picked != nil && len(f.Picked.Short) > 0)
	flag('d', f.Dispatched != nil)
	flag('b', f.PutBack != nil)
	flag('x', s.DeletionTimestamp != nil)
	posted := make([]string, len(st.Posted))
	for i, p := range st.Posted {
		posted[i] = string(p.Item) + p.ID
	}
	slices.Sort(posted)
	for _, p := range posted {
		b.WriteString(" " + p)
	}
	return b.String()
}

func specKey(s *v1.ShipmentSpec) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s", s.OrderUID, s.Grant, s.Incomplete)
	for _, i := range s.Items {
		fmt.Fprintf(&b, " %s:%s*%d", i.Line, i.StockItem, i.Quantity)
	}
	b.WriteByte(' ')
	return b.String()
}

func orderKey(o *v1.Order, gone bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", o.Name, o.UID)
	if gone {
		return b.String() + " gone"
	}
	fmt.Fprintf(&b, " %v %v %v", o.DeletionTimestamp != nil, o.Spec.Cancel != nil, o.Status.Phase)
	for i, l := range o.Status.Lines {
		fmt.Fprintf(&b, " %d/%d/%d/%d", o.Spec.Lines[i].Quantity, l.Cancelled, l.Backordered, l.Picked)
	}
	fmt.Fprintf(&b, " %d", o.Generation-o.Status.ObservedGeneration)
	return b.String()
}

func (w *itemWrite) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "w%d ", w.item)
	switch {
	case w.recorded:
		return b.String() + "recorded "
	case w.done:
		return b.String() + "given up "
	case w.again:
		b.WriteString("again ")
	}
	if w.stale {
		b.WriteString("stale ") // what it was to write does not matter any more
	} else {
		b.WriteString(stockKey(w.status))
	}
	for _, m := range w.promises {
		fmt.Fprintf(&b, "+%s@%s %s %v ", m.ID, m.Source, m.Reserve.Order.UID, m.Reserve.Lines)
	}
	return b.String()
}

func (c *creation) key() string {
	spec := c.spec
	if c.plan != nil {
		spec = c.plan.Spec(c.grant, func(v1.ItemKey) bool { return true })
	}
	return fmt.Sprintf("c%s %v %s", c.name, c.plan != nil, specKey(&spec))
}

// Grants are random, and so are the uids of Shipments: which one it is matters to
// nobody. Here they are single bytes that nothing else in a key has.
const firstGrant = 0x80

// grants is a set of grants and uids.
type grants uint64

func grantsIn(key string) grants {
	var set grants
	for i := range len(key) {
		if key[i] >= firstGrant {
			set |= 1 << (key[i] - firstGrant)
		}
	}
	return set
}

// free is a grant that is not in the set: as good as a random one.
func (g grants) free() string {
	n := bits.TrailingZeros64(^uint64(g))
	if n == 64 {
		panic("the exploration has more grants in use than it can tell apart")
	}
	return string([]byte{firstGrant + byte(n)})
}

// nameless replaces the grants in a key by the order of their appearance.
func nameless(key []byte) {
	var names [64]byte
	next := byte(firstGrant)
	for i, c := range key {
		if c < firstGrant {
			continue
		}
		if names[c-firstGrant] == 0 {
			names[c-firstGrant] = next
			next++
		}
		key[i] = names[c-firstGrant]
	}
}
