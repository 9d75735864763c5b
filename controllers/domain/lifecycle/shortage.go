package lifecycle

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// QuestionShortage is the id and kind of the question what is to become of units
// that are not in stock.
const QuestionShortage = "Shortage"

// shortageOptions are the answers to it.
var shortageOptions = []string{
	string(v1.ShortageBackorder), string(v1.ShortageShipAvailable), string(v1.ShortageCancelLine), string(v1.ShortageCancelOrder),
}

// defaultAskHours is how long an answer is waited for where the class says nothing.
const defaultAskHours = 72

// shortagePolicy is what the order does about a shortage now. Ask stands for the
// answer, or after the deadline for the class's default; until then it is itself.
func (v *view) shortagePolicy(o *v1.Order, now time.Time) v1.ShortagePolicy {
	if v.policy.Shortage != v1.ShortageAsk {
		return v.policy.Shortage
	}
	for _, a := range o.Spec.Answers {
		if answers(a) {
			return v1.ShortagePolicy(a.Choice)
		}
	}
	if q := question(o); q != nil && q.Deadline != nil && !now.Before(q.Deadline.Time) {
		if a := v.policy.Ask; a != nil && a.OnDeadline != "" {
			return a.OnDeadline
		}
		return v1.ShortageBackorder
	}
	return v1.ShortageAsk
}

// answers says whether an answer is one to the question about the shortage. One
// that an Order was created with may be anything.
func answers(a v1.Answer) bool {
	return a.Question == QuestionShortage && slices.Contains(shortageOptions, a.Choice)
}

// question is the question about the shortage, nil if it was not asked.
func question(o *v1.Order) *v1.Question {
	for i := range o.Status.Questions {
		if q := &o.Status.Questions[i]; q.ID == QuestionShortage {
			return q
		}
	}
	return nil
}

// asked says whether the customer's answer is waited for.
func (v *view) asked(o *v1.Order, now time.Time) bool {
	return v.confirmed && !v.ending && v.goods.waiting > 0 && question(o) != nil && v.shortagePolicy(o, now) == v1.ShortageAsk
}

// ask keeps the list of questions: those of the checks, and the one about the
// shortage, which stands while units wait, and, once answered, for good.
func (v *view) ask(f *Facts, now time.Time) {
	o := f.Order
	if paused(o) {
		return
	}
	v.askFindings(o)
	if !v.confirmed || v.policy.Shortage != v1.ShortageAsk {
		return
	}
	answered := slices.ContainsFunc(o.Spec.Answers, answers)
	there := question(o) != nil
	switch {
	case !there && !v.ending && v.goods.waiting > 0 && v.short(f):
		hours := int32(defaultAskHours)
		if a := v.policy.Ask; a != nil && a.DeadlineHours > 0 {
			hours = a.DeadlineHours
		}
		deadline := metav1.NewTime(now.Add(time.Duration(hours) * time.Hour)).Rfc3339Copy()
		o.Status.Questions = append(o.Status.Questions, v1.Question{
			ID: QuestionShortage, Kind: QuestionShortage, Options: shortageOptions, Deadline: &deadline,
		})
	case there && !answered && (v.ending || v.goods.waiting == 0):
		o.Status.Questions = slices.DeleteFunc(o.Status.Questions, func(q v1.Question) bool { return q.ID == QuestionShortage })
	}
}

// cuts are the units of each line that the shortage policy takes away now, nil
// for none. Units of a line that is cancelled as a whole may still be in
// Shipments: they are cut as well, and cancelled when no Shipment holds them.
func (v *view) cuts(f *Facts, now time.Time) map[v1.Identifier]v1.Quantity {
	o := f.Order
	if !v.confirmed || v.ending || paused(o) || v.goods.waiting == 0 || !v.short(f) {
		return nil
	}
	policy := v.shortagePolicy(o, now)
	if policy == v1.ShortageBackorder || policy == v1.ShortageAsk {
		return nil
	}
	cut := map[v1.Identifier]v1.Quantity{}
	lacking := v.lacking(f)
	for _, l := range v.lines {
		free := l.Ordered - v.goods.committed[l.ID]
		switch {
		case policy == v1.ShortageCancelOrder, policy == v1.ShortageCancelLine && lacking[l.ID] > 0:
			cut[l.ID] = free
		case policy == v1.ShortageShipAvailable && lacking[l.ID] > 0:
			cut[l.ID] = max(l.Cut, l.Cancelled) + lacking[l.ID]
		}
	}
	return cut
}

// NeedsLive says whether the next step cancels units for want of stock. They do
// not come back, so stock and Shipments must have been read live for it.
func NeedsLive(f *Facts, now time.Time) bool {
	return !f.Live && len(look(f, now).cuts(f, now)) > 0
}

// cut records what the shortage policy takes away, and says whether it did.
func cut(o *v1.Order, cuts map[v1.Identifier]v1.Quantity) bool {
	changed := false
	for i := range o.Status.Lines {
		l := &o.Status.Lines[i]
		if q := min(cuts[l.ID], l.Ordered); q > l.Cut {
			l.Cut, changed = q, true
		}
	}
	return changed
}

// lacking are the units of each line that wait and that no location has: where
// the order may be split, those that nobody has; where what is left must come
// from one location, those that the best location does not have.
func (v *view) lacking(f *Facts) map[v1.Identifier]v1.Quantity {
	if !v.whole(f) {
		return v.lackingOf(func(sku v1.SKU) v1.Quantity { return f.Stock[sku].Available })
	}
	if limit := v.maxSplits(); limit > 0 && v.live(f) >= limit {
		return v.lackingOf(func(v1.SKU) v1.Quantity { return 0 })
	}
	best := v.lackingOf(func(v1.SKU) v1.Quantity { return 0 })
	for _, location := range locations(f) {
		l := v.lackingOf(func(sku v1.SKU) v1.Quantity { return f.Stock[sku].ByLocation[location] })
		if sum(l) < sum(best) {
			best = l
		}
	}
	return best
}

// lackingOf is what of the waiting units a stock does not have.
func (v *view) lackingOf(stock func(v1.SKU) v1.Quantity) map[v1.Identifier]v1.Quantity {
	left := map[v1.SKU]v1.Quantity{}
	lacking := map[v1.Identifier]v1.Quantity{}
	for _, w := range v.goods.wanted {
		if _, seen := left[w.sku]; !seen {
			left[w.sku] = stock(w.sku)
		}
		n := min(w.quantity, left[w.sku])
		left[w.sku] -= n
		if w.quantity > n {
			lacking[w.line] += w.quantity - n
		}
	}
	return lacking
}

func sum(m map[v1.Identifier]v1.Quantity) v1.Quantity {
	var s v1.Quantity
	for _, q := range m {
		s += q
	}
	return s
}

// locations that keep a product of the order, by name.
func locations(f *Facts) []v1.Identifier {
	var names []v1.Identifier
	for _, s := range f.Stock {
		for name := range s.ByLocation {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// whole says whether what waits can only be promised as a whole.
func (v *view) whole(f *Facts) bool {
	a := v.policy.Allocation
	if a == nil {
		return false
	}
	limit := v.maxSplits()
	return a.Mode == v1.AllocationAllOrNothing || (limit > 0 && v.live(f) >= limit-1)
}

// maxSplits is the most Shipments of the order, 0 for no limit.
func (v *view) maxSplits() int {
	if a := v.policy.Allocation; a != nil && a.MaxSplits != nil {
		return int(*a.MaxSplits)
	}
	return 0
}

// live is the number of Shipments that are not cancelled.
func (v *view) live(f *Facts) int {
	n := 0
	for _, s := range f.Shipments {
		if s.Status.CancelledAt == nil {
			n++
		}
	}
	return n
}

// short says whether nothing of what waits can be had, so that it waits for more
// than the next turn of the allocator. An item whose stock-take was not applied
// yet may hold anything.
func (v *view) short(f *Facts) bool {
	var waiting v1.Quantity
	for _, w := range v.goods.wanted {
		waiting += w.quantity
		if f.Stock[w.sku].Pending {
			return false
		}
	}
	if f.Returning {
		return false
	}
	lacking := sum(v.lacking(f))
	if v.whole(f) {
		return lacking > 0
	}
	return lacking == waiting
}

// itemLimit is the most products that an order may have under the class's
// allocation, 0 for no limit.
func itemLimit(p v1.PolicySnapshot) int {
	a := p.Allocation
	switch {
	case a == nil:
		return 0
	case a.Mode == v1.AllocationAllOrNothing:
		return v1.MaxShipmentItems
	case a.MaxSplits != nil:
		return v1.MaxShipmentItems * int(*a.MaxSplits)
	default:
		return 0
	}
}
