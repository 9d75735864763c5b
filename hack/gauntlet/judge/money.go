package judge

import (
	"net/http"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/history"
	"ordercycle.dev/ordercycle/hack/testenv/gatewayfake"
)

// last is the last version of every Order, also of those that are gone.
func (r *Run) last() map[types.UID]*v1.Order {
	orders := map[types.UID]*v1.Order{}
	for _, v := range r.Versions {
		if o, ok := v.Object.(*v1.Order); ok {
			orders[o.UID] = o
		}
	}
	return orders
}

// gone says whether an Order was removed.
func (r *Run) gone(o *v1.Order) bool {
	return slices.ContainsFunc(r.Versions, func(v history.Version) bool { return v.Gone && v.Object.GetUID() == o.UID })
}

// moneyOnce: every operation had its effect at most once at the gateway, and the
// orders know of each, with the same amount on the same parent, and of no other.
func moneyOnce(r *Run, report func(string, ...any)) {
	if r.Misused > 0 {
		report("%d calls came under the idempotency key of another call", r.Misused)
	}
	sumsOfOperations(r, report)
	calledBack(r, report)
	theirs := map[string]gatewayfake.Entry{}
	for _, e := range r.Ledger {
		if e.State != gatewayfake.StateSucceeded {
			continue
		}
		if _, twice := theirs[e.ID]; twice {
			report("%s of %d happened twice at the gateway", e.Kind, e.Amount)
		}
		theirs[e.ID] = e
	}
	known, of := map[string]bool{}, map[string]*v1.Order{}
	for _, o := range r.last() {
		if o.Status.Payment == nil {
			continue
		}
		for _, op := range o.Status.Payment.Operations {
			if op.State != v1.OperationSucceeded {
				// An Order that was removed by force could only say what it was about to do.
				known[op.ID] = known[op.ID] || (r.Forced && r.gone(o))
				continue
			}
			e, ok := theirs[op.ID]
			switch {
			case !ok:
				report("Order %s says that %s of %d succeeded, and the gateway does not know it", o.Name, op.Kind, op.Amount)
			case e.Amount != op.Amount || e.Parent != op.Parent || e.Kind != op.Kind:
				report("Order %s has %s of %d, the gateway %s of %d", o.Name, op.Kind, op.Amount, e.Kind, e.Amount)
			case of[op.ID] != nil && (of[op.ID].UID == o.UID || of[op.ID].Name != o.Name): // one of the same name adopts it
				report("Orders %s and %s count one %s of %d", of[op.ID].Name, o.Name, op.Kind, op.Amount)
			}
			known[op.ID], of[op.ID] = true, o
		}
	}
	for id, e := range theirs {
		if !known[id] {
			report("the gateway did %s of %d, and no Order knows it", e.Kind, e.Amount)
		}
	}
}

// ledgerAdds: the gateway's books add up, and nothing is taken, released or given
// back that was not held or taken before.
func ledgerAdds(r *Run, report func(string, ...any)) {
	rest := map[string]v1.Amount{}
	for _, e := range r.Ledger {
		if e.State != gatewayfake.StateSucceeded {
			continue
		}
		if e.Parent != "" {
			if rest[e.Parent] -= e.Amount; rest[e.Parent] < 0 {
				report("%s of %d is more than there was", e.Kind, e.Amount)
			}
		}
		if e.Kind == v1.OperationAuthorize || e.Kind == v1.OperationCapture {
			rest[e.ID] += e.Amount
		}
	}
}

// nothingTwice: at every version, no more goes back than came in, no more comes in
// than the order's total, and no more units arrive than left, or leave than were
// ordered.
func nothingTwice(r *Run, report func(string, ...any)) {
	for _, v := range r.Versions {
		o, ok := v.Object.(*v1.Order)
		if !ok || o.Status.Amounts == nil {
			continue
		}
		a := o.Status.Amounts
		switch {
		case a.Refunded > a.Captured:
			report("Order %s: %d went back of %d", o.Name, a.Refunded, a.Captured)
		case a.Captured-a.Refunded > a.Total:
			report("Order %s: %d taken for %d", o.Name, a.Captured-a.Refunded, a.Total)
		case a.Authorized < 0 || a.Captured < 0 || a.Due < 0:
			report("Order %s: an amount is below 0: %+v", o.Name, *a)
		}
		declined := map[v1.OperationKind]*v1.PaymentOperation{}
		for i := range operations(o) {
			op := &operations(o)[i]
			// Why an adopted one was tried is an earlier Order's story.
			adopted := op.RecordedAt == nil
			if before := declined[op.Kind]; before != nil && !adopted && op.Basis <= before.Basis {
				report("Order %s: %s was declined, and is tried again without an edit", o.Name, op.Kind)
			}
			if declined[op.Kind] = nil; op.State == v1.OperationDeclined {
				declined[op.Kind] = op
			}
		}
		for _, l := range o.Status.Lines {
			if l.Delivered > l.Dispatched || l.Dispatched+l.Cancelled > l.Ordered || l.Picked > l.Ordered {
				report("Order %s line %s: ordered %d, cancelled %d, dispatched %d, delivered %d", o.Name, l.ID, l.Ordered, l.Cancelled, l.Dispatched, l.Delivered)
			}
		}
	}
}

// honesty: an Order that says that it has ended is right: it has seen its spec,
// nothing is held or open, and what stayed is what is due.
func honesty(r *Run, report func(string, ...any)) {
	for _, v := range r.Versions {
		o, ok := v.Object.(*v1.Order)
		if !ok || v.Gone {
			continue
		}
		saysSo(o, report)
		if !slices.Contains(ends, o.Status.Phase) {
			continue
		}
		if a := o.Status.Amounts; a != nil && (a.Authorized != 0 || a.Captured-a.Refunded != a.Due) {
			report("Order %s is %s: held %d, kept %d, due %d", o.Name, o.Status.Phase, a.Authorized, a.Captured-a.Refunded, a.Due)
		}
		if p := o.Status.Payment; p != nil {
			for _, op := range p.Operations {
				if op.State != v1.OperationSucceeded && op.State != v1.OperationDeclined {
					report("Order %s is %s, and %s is %s", o.Name, o.Status.Phase, op.Kind, op.State)
				}
			}
		}
	}
	booksAtTheEnd(r, report)
}

// saysSo: a condition of an Order that is about its present spec says what its own
// counters and amounts say.
func saysSo(o *v1.Order, report func(string, ...any)) {
	says := func(condition string) bool {
		c := meta.FindStatusCondition(o.Status.Conditions, condition)
		return c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration == o.Generation
	}
	var open, arriving v1.Quantity
	for _, l := range o.Status.Lines {
		open += l.Backordered
		arriving += l.Ordered - l.Cancelled - l.Delivered
	}
	a := o.Status.Amounts
	switch {
	case says(v1.ConditionReserved) && open > 0:
		report("Order %s says that it is reserved, and %d units are not", o.Name, open)
	case says(v1.ConditionFulfilled) && arriving != 0:
		report("Order %s says that it is fulfilled, and %d units have not arrived", o.Name, arriving)
	case says(v1.ConditionPaid) && a != nil && a.Captured-a.Refunded < a.Due:
		report("Order %s says that it is paid, and %d of %d are", o.Name, a.Captured-a.Refunded, a.Due)
	case says(v1.ConditionReady) && o.Status.ObservedGeneration != o.Generation:
		report("Order %s says that it is ready, and has not seen its spec", o.Name)
	}
}

// booksAtTheEnd holds each Order that has ended against the gateway's own books: nothing
// is held or undecided there, and what stayed is what is due.
func booksAtTheEnd(r *Run, report func(string, ...any)) {
	held, theirs := map[string]v1.Amount{}, map[string]gatewayfake.Entry{}
	for _, e := range r.Ledger {
		if theirs[e.ID] = e; e.State == gatewayfake.StateSucceeded {
			hold(held, e.Kind, e.ID, e.Parent, e.Amount)
		}
	}
	for _, e := range theirs { // the ledger is added to only: the last entry counts
		if e.State == gatewayfake.StatePending && r.Missing == "" && !r.Forced {
			report("in the end %s of %d is undecided at the gateway", e.Kind, e.Amount)
		}
	}
	for _, o := range r.last() {
		if !slices.Contains(ends, o.Status.Phase) || (r.Forced && r.gone(o)) {
			continue
		}
		kept := byHand(o)
		for _, op := range operations(o) {
			if held[op.ID] > 0 {
				report("Order %s is %s, and %d are held at the gateway", o.Name, o.Status.Phase, held[op.ID])
			}
			switch e := theirs[op.ID]; {
			case e.State != gatewayfake.StateSucceeded:
			case e.Kind == v1.OperationCapture:
				kept += e.Amount
			case e.Kind == v1.OperationRefund:
				kept -= e.Amount
			}
		}
		if a := o.Status.Amounts; a != nil && kept != a.Due {
			report("Order %s is %s, and by the gateway's books %d stayed of %d due", o.Name, o.Status.Phase, kept, a.Due)
		}
	}
}

// leftBehind: an Order that was deleted leaves no money behind, whatever it said last: by
// the gateway's own books nothing is held for it, and what stayed is the price of the
// units that have left, and at most the shipping fee.
func leftBehind(r *Run, report func(string, ...any)) {
	if r.Forced {
		return
	}
	held, kept := map[string]v1.Amount{}, map[string]v1.Amount{}
	for _, e := range r.Ledger {
		if e.State != gatewayfake.StateSucceeded {
			continue
		}
		hold(held, e.Kind, e.ID, e.Parent, e.Amount)
		switch e.Kind {
		case v1.OperationCapture:
			kept[e.ID] = e.Amount
		case v1.OperationRefund:
			kept[e.ID] = -e.Amount
		}
	}
	dispatched := map[types.UID]map[v1.Identifier]v1.Quantity{}
	last := map[types.UID]*v1.Shipment{}
	steps(r, func(_, s *v1.Shipment, _ bool) { last[s.UID] = s })
	for _, s := range last {
		if s.Status.DispatchedAt == nil && s.Spec.Facts.Dispatched == nil {
			continue
		}
		order := types.UID(s.Spec.OrderUID)
		if dispatched[order] == nil {
			dispatched[order] = map[v1.Identifier]v1.Quantity{}
		}
		for _, i := range s.Spec.Items {
			dispatched[order][i.Line] += i.Quantity
		}
		for _, missed := range s.Status.Short {
			dispatched[order][missed.Line] -= missed.Quantity
		}
	}
	for uid, o := range r.last() {
		if !r.gone(o) || o.Status.Amounts == nil {
			continue
		}
		stayed, onHold := byHand(o), v1.Amount(0)
		for _, op := range operations(o) {
			stayed, onHold = stayed+kept[op.ID], onHold+max(0, held[op.ID])
		}
		var price v1.Amount
		for _, l := range o.Status.Lines {
			if l.Ordered > 0 {
				price += (l.Net + l.Tax) * v1.Amount(dispatched[uid][l.ID]) / v1.Amount(l.Ordered)
			}
		}
		most := price
		if len(dispatched[uid]) > 0 {
			most += o.Status.Amounts.Shipping
		}
		if onHold > 0 || stayed < price || stayed > most {
			report("Order %s is gone; by the gateway's books %d are held for it and %d stayed, and what has left costs %d", o.Name, onHold, stayed, price)
		}
	}
}

// hold counts, by the operation that holds it, what is held after an operation.
func hold(held map[string]v1.Amount, kind v1.OperationKind, id, parent string, amount v1.Amount) {
	switch kind {
	case v1.OperationAuthorize:
		held[id] += amount
	case v1.OperationCapture:
		held[parent] -= amount
	case v1.OperationVoid:
		held[parent] = 0 // also if less had been left of it than was held once
	}
}

// byHand is the money of an Order that people have recorded.
func byHand(o *v1.Order) v1.Amount {
	var sum v1.Amount
	for _, p := range o.Spec.Payment.Received {
		sum += v1.Amount(p.Amount)
	}
	for _, p := range o.Spec.Payment.Refunded {
		sum -= v1.Amount(p.Amount)
	}
	return sum
}

// sumsOfOperations: at every version that has seen its spec, the amounts of an Order are
// the sums of its operations and of what people have recorded.
func sumsOfOperations(r *Run, report func(string, ...any)) {
	for _, v := range r.Versions {
		o, ok := v.Object.(*v1.Order)
		if !ok || o.Status.Amounts == nil || o.Status.ObservedGeneration != o.Generation {
			continue
		}
		left := map[string]v1.Amount{}
		for _, op := range operations(o) {
			if op.State == v1.OperationSucceeded && op.Currency == "" {
				hold(left, op.Kind, op.ID, op.Parent, op.Amount)
			}
		}
		var held v1.Amount
		for _, amount := range left {
			held += max(0, amount)
		}
		if a := o.Status.Amounts; a.Authorized != held || a.Captured-a.Refunded != kept(o) {
			report("Order %s says that %d are held and %d kept, and its operations that %d are held and %d kept", o.Name, a.Authorized, a.Captured-a.Refunded, held, kept(o))
		}
	}
}

// calledBack: a callback that is not the provider's is refused, and one that is its own
// is taken, however often it comes.
func calledBack(r *Run, report func(string, ...any)) {
	for _, c := range r.Callbacks {
		switch {
		case c.Forged && c.Status != http.StatusUnauthorized:
			report("a forged callback was answered %d", c.Status)
		case !c.Forged && c.Status/100 != 2:
			report("a callback of the provider was answered %d", c.Status)
		}
	}
}

func operations(o *v1.Order) []v1.PaymentOperation {
	if o.Status.Payment == nil {
		return nil
	}
	return o.Status.Payment.Operations
}
