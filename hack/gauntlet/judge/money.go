package judge

import (
	"slices"

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
	known := map[string]bool{}
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
			case known[op.ID]:
				report("two Orders count one %s of %d", op.Kind, op.Amount)
			}
			known[op.ID] = true
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
		case a.Captured-a.Refunded > a.Total && len(o.Spec.Payment.Received) == 0:
			report("Order %s: %d taken for %d", o.Name, a.Captured-a.Refunded, a.Total)
		case a.Authorized < 0 || a.Captured < 0 || a.Due < 0:
			report("Order %s: an amount is below 0: %+v", o.Name, *a)
		}
		declined := map[v1.OperationKind]*v1.PaymentOperation{}
		for i := range operations(o) {
			op := &operations(o)[i]
			if before := declined[op.Kind]; before != nil && op.Basis <= before.Basis {
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
		if !ok || v.Gone || !slices.Contains(ends, o.Status.Phase) {
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
	held := map[string]v1.Amount{}
	for _, e := range r.Ledger {
		if e.State == gatewayfake.StateSucceeded && e.Kind == v1.OperationAuthorize {
			held[e.ID] += e.Amount
		} else if e.State == gatewayfake.StateSucceeded && e.Kind == v1.OperationCapture {
			held[e.Parent] -= e.Amount
		} else if e.State == gatewayfake.StateSucceeded && e.Kind == v1.OperationVoid {
			held[e.Parent] = 0 // also if less had been left of it than was held once
		}
	}
	for _, o := range r.last() {
		for _, op := range operations(o) {
			if o.Status.Phase == v1.OrderCompleted && held[op.ID] > 0 {
				report("Order %s is Completed, and %d are held at the gateway", o.Name, held[op.ID])
			}
		}
	}
}

func operations(o *v1.Order) []v1.PaymentOperation {
	if o.Status.Payment == nil {
		return nil
	}
	return o.Status.Payment.Operations
}
