package allocation

import (
	"cmp"
	"fmt"
	"slices"

	"pgregory.net/rapid"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// snapshot builds orders and items that meet often: few products, few places, few
// units. pick chooses one of n.
func snapshot(pick func(n int) int) ([]Demand, []Supply) {
	skus := []v1.SKU{"cup", "pot", "tea"}
	places := []v1.Identifier{"east", "north", "west"}
	// Now and then an order wants more, and there are more items, than a Shipment has room for.
	wants := []v1.Quantity{0, 1, 2, 3, 4, 5, 2 * MaxItems}
	shelves := []int{1, 1, 1, 1, 2, 2, 0, MaxItems + 2}
	var demands []Demand
	for i := range pick(9) {
		d := demand(v1.ObjectName(fmt.Sprintf("order-%d", i)), pick(4))
		d.Priority = int32(pick(3) - 1)
		for j := range 1 + pick(4) {
			d.Lines = append(d.Lines, want(v1.Identifier(fmt.Sprint(j)), skus[pick(len(skus))], wants[pick(len(wants))]))
		}
		rules := []v1.AllocationRule{splits, nearest, highest, prio}
		for range pick(5) {
			n := pick(len(rules))
			d.Policy.Rules, rules = append(d.Policy.Rules, rules[n]), slices.Delete(rules, n, n+1)
		}
		if pick(3) == 1 {
			d = whole(d)
		}
		if pick(3) == 1 {
			d = atMost(d, int32(1+pick(3)), pick(3))
		}
		d.Fencing = pick(2) == 1
		d.Preference, d.Distance = map[v1.Identifier]int32{}, map[v1.Identifier]int64{}
		for _, place := range places {
			if n := pick(4); n > 0 {
				d.Preference[place] = int32(n)
			}
			if n := pick(4); n > 0 {
				d.Distance[place] = int64(n)
			}
		}
		demands = append(demands, d)
	}
	var supplies []Supply
	for _, sku := range skus {
		for _, place := range places {
			for n := range shelves[pick(len(shelves))] {
				s := slots(supply(sku, place, v1.Quantity(pick(7))), 5-pick(6))
				supplies = append(supplies, shelf(s, v1.ObjectName(fmt.Sprint(n))))
			}
		}
	}
	return demands, supplies
}

// apply makes the planned Shipments: their units are no longer there nor wanted.
func apply(plans []Plan, demands []Demand, supplies []Supply) {
	for _, p := range plans {
		d := &demands[slices.IndexFunc(demands, func(d Demand) bool { return d.Order == p.Order })]
		d.Shipments++
		used := map[v1.ObjectName]bool{}
		for _, i := range p.Items {
			s := &supplies[slices.IndexFunc(supplies, func(s Supply) bool { return s.Item.Name == i.StockItem })]
			s.Available -= i.Quantity
			if !used[i.StockItem] {
				s.Slots--
			}
			used[i.StockItem] = true
			d.Lines[slices.IndexFunc(d.Lines, func(l LineDemand) bool { return l.Line == i.Line })].Open -= i.Quantity
		}
	}
}

// replay judges plans order by order, against the snapshot as the orders before
// left it. It looks at everything each time, and so is slow and plain.
type replay struct {
	rapid.TB
	supplies []Supply
	fenced   map[v1.SKU]bool
	// short are the products of which an order that takes any part is short.
	short map[v1.SKU]v1.ObjectName
}

// check fails where plans are not what Allocate promises.
func check(t rapid.TB, demands []Demand, supplies []Supply, plans []Plan) {
	r := &replay{TB: t, supplies: slices.Clone(supplies), fenced: map[v1.SKU]bool{}, short: map[v1.SKU]v1.ObjectName{}}
	for _, d := range inOrder(demands) {
		n := 0
		for n < len(plans) && plans[n].Order == d.Order {
			n++
		}
		r.order(d, plans[:n])
		plans = plans[n:]
	}
	if len(plans) > 0 {
		t.Fatalf("plans out of turn: %v", text(plans))
	}
}

func (r *replay) order(d *Demand, plans []Plan) {
	lines := map[v1.Identifier]*LineDemand{}
	for _, l := range d.Lines {
		lines[l.Line] = &l
	}
	// left is the number of Shipments that it may have, -1 for any.
	left := -1
	if d.Policy.MaxSplits != nil {
		left = max(0, int(*d.Policy.MaxSplits)-d.Shipments)
	}
	if d.Policy.Mode == v1.AllocationAllOrNothing && left != 0 {
		left = 1
	}
	for _, p := range plans {
		if left == 0 {
			r.Fatalf("one Shipment too many: %v", text(plans))
		}
		r.location(d, p, lines, left == 1)
		r.take(p, lines)
		if left == 1 && len(stillOpen(lines)) > 0 {
			r.Fatalf("the last Shipment of %s does not carry all: %v", d.Order.Name, text(plans))
		}
		left = max(-1, left-1)
	}
	if left == 0 {
		return
	}
	if could := r.locations(lines, left == 1); len(could) > 0 {
		r.Fatalf("%s waits, and %v could serve it", d.Order.Name, could)
	}
	for sku := range stillOpen(lines) {
		switch {
		case left == -1:
			r.short[sku] = d.Order.Name
		case left == 1 && d.Fencing && !r.fenced[sku]:
			r.fence(sku, stillOpen(lines)[sku])
		}
	}
}

// take uses up the units of a plan, which must be there and wanted.
func (r *replay) take(p Plan, lines map[v1.Identifier]*LineDemand) {
	used := map[v1.ItemKey]bool{}
	for _, i := range p.Items {
		key := v1.ItemKey{Name: i.StockItem, UID: i.StockItemUID}
		s := &r.supplies[slices.IndexFunc(r.supplies, func(s Supply) bool { return s.Item == key })]
		l := lines[i.Line]
		if i.Quantity <= 0 || s.Location != p.Location || i.SKU != s.SKU || i.SKU != l.SKU {
			r.Fatalf("%+v is planned from %s for %+v", i, p.Location, l)
		}
		if !used[key] {
			s.Slots--
		}
		used[key] = true
		s.Available -= i.Quantity
		l.Open -= i.Quantity
		if s.Available < 0 || s.Slots < 0 || l.Open < 0 {
			r.Fatalf("%+v leaves %d units and %d slots, and %d units open", i, s.Available, s.Slots, l.Open)
		}
		if ahead := r.short[i.SKU]; ahead != "" {
			r.Fatalf("%s got %s, of which %s is short", p.Order.Name, i.SKU, ahead)
		}
	}
	if len(p.Items) == 0 || len(used) > MaxItems || len(p.Items) > MaxEntries {
		r.Fatalf("%d entries of %d items in a Shipment of %s", len(p.Items), len(used), p.Order.Name)
	}
	full := len(used) == MaxItems || len(p.Items) == MaxEntries
	if !full && slices.Contains(r.locations(lines, false), p.Location) {
		r.Fatalf("%s has more for %s than %v", p.Location, p.Order.Name, text([]Plan{p}))
	}
}

// fence takes units out of the snapshot, at each location those of the items that
// have the most.
func (r *replay) fence(sku v1.SKU, wanted v1.Quantity) {
	r.fenced[sku] = true
	for _, place := range r.places() {
		rest := wanted
		for _, s := range r.items(sku, place) {
			q := min(rest, s.Available)
			if q > 0 {
				s.Available, rest = s.Available-q, rest-q
				s.Slots--
			}
		}
	}
}

// location fails if the rules do not choose that of the plan, for its reason.
func (r *replay) location(d *Demand, p Plan, lines map[v1.Identifier]*LineDemand, last bool) {
	ranked := r.locations(lines, last)
	slices.SortFunc(ranked, func(a, b v1.Identifier) int { c, _ := r.compare(d, stillOpen(lines), a, b); return c })
	if len(ranked) == 0 || ranked[0] != p.Location {
		r.Fatalf("%v is planned, and the rules say %v", text([]Plan{p}), ranked)
	}
	reason := v1.LocationOnly
	if len(ranked) > 1 {
		_, reason = r.compare(d, stillOpen(lines), ranked[0], ranked[1])
	}
	if p.Reason != reason {
		r.Fatalf("%s was chosen by %s, want %s", p.Location, p.Reason, reason)
	}
}

// compare is below 0 if a is better than b, and says by which rule.
func (r *replay) compare(d *Demand, open map[v1.SKU]v1.Quantity, a, b v1.Identifier) (int, v1.LocationReason) {
	rules := d.Policy.Rules
	if len(rules) == 0 {
		rules = []v1.AllocationRule{splits, prio, highest}
	}
	for _, rule := range rules {
		c := 0
		switch rule {
		case v1.RuleMinimizeSplits:
			c = cmp.Compare(r.covered(open, b), r.covered(open, a))
		case v1.RuleHighestStock:
			c = cmp.Compare(r.onStock(open, b), r.onStock(open, a))
		case v1.RulePriority:
			c = byRank(d.Preference, a, b)
		case v1.RuleNearest:
			c = byRank(d.Distance, a, b)
		}
		if c != 0 {
			return c, v1.LocationReason(rule)
		}
	}
	return cmp.Compare(a, b), v1.LocationName
}

// byRank puts what has no rank last.
func byRank[N int32 | int64](ranks map[v1.Identifier]N, a, b v1.Identifier) int {
	rankA, hasA := ranks[a]
	rankB, hasB := ranks[b]
	if hasA == hasB {
		return cmp.Compare(rankA, rankB)
	}
	if hasA {
		return -1
	}
	return 1
}

// locations lists those that can give any of the open units, or all of them.
func (r *replay) locations(lines map[v1.Identifier]*LineDemand, all bool) []v1.Identifier {
	wanted, count := stillOpen(lines), 0
	for _, l := range lines {
		if l.Open > 0 {
			count++
		}
	}
	return slices.DeleteFunc(r.places(), func(place v1.Identifier) bool {
		if !all || len(wanted) == 0 {
			return r.covered(wanted, place) == 0
		}
		items := 0
		for sku, rest := range wanted {
			for _, s := range r.items(sku, place) {
				if rest > 0 {
					items++
					rest -= s.Available
				}
			}
			if rest > 0 {
				return true
			}
		}
		return items > MaxItems || count+items-len(wanted) > MaxEntries
	})
}

func (r *replay) places() []v1.Identifier {
	var list []v1.Identifier
	for _, s := range r.supplies {
		list = append(list, s.Location)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// items lists those that can give units of a product at a place, the largest first.
func (r *replay) items(sku v1.SKU, place v1.Identifier) []*Supply {
	var list []*Supply
	for i := range r.supplies {
		if s := &r.supplies[i]; s.SKU == sku && s.Location == place && s.Available > 0 && s.Slots > 0 {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *Supply) int {
		return cmp.Or(cmp.Compare(b.Available, a.Available), cmp.Compare(a.Item.Name, b.Item.Name))
	})
	return list
}

func (r *replay) covered(open map[v1.SKU]v1.Quantity, place v1.Identifier) (sum v1.Quantity) {
	for sku, q := range open {
		sum += min(q, r.onStock(map[v1.SKU]v1.Quantity{sku: q}, place))
	}
	return sum
}

func (r *replay) onStock(open map[v1.SKU]v1.Quantity, place v1.Identifier) (sum v1.Quantity) {
	for sku := range open {
		for _, s := range r.items(sku, place) {
			sum += s.Available
		}
	}
	return sum
}

// stillOpen adds up what lines want of each product.
func stillOpen(lines map[v1.Identifier]*LineDemand) map[v1.SKU]v1.Quantity {
	sums := map[v1.SKU]v1.Quantity{}
	for _, l := range lines {
		if l.Open > 0 {
			sums[l.SKU] += l.Open
		}
	}
	return sums
}
