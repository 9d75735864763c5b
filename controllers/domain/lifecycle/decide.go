package lifecycle

import (
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
)

// Plan is what may be done now, before the status is written.
type Plan struct {
	// AddFinalizer: the order is about to have effects and must not vanish.
	AddFinalizer bool
	// Adopt: the provider is asked what it knows of this order's identity, once,
	// and before an operation of it is recorded there. An Order of the same name may
	// have been deleted, or this one restored without its status.
	Adopt bool
	// Call is the recorded payment operation to be looked up, and sent if the
	// provider does not know it; nil for none.
	Call *v1.PaymentOperation
	// RemoveFinalizer: the order is being deleted and nothing of it is left open.
	RemoveFinalizer bool
	// Record: what is left open is first written down outside of the namespace, which
	// is being deleted and does not wait any longer.
	Record bool
}

// Decide says what may be done now. Doing nothing is a plan too: the next event
// of the Order, its Shipments, its products' StockItems or its class brings the
// order back, and so does the time that Deadline tells.
func Decide(f *Facts, now time.Time) Plan {
	o := f.Order
	v := look(f, now)
	var p Plan
	if held := HasFinalizer(o); held && !o.DeletionTimestamp.IsZero() {
		p.RemoveFinalizer = mayGo(f, v)
		if !p.RemoveFinalizer && f.NamespaceGoing && !now.Before(patienceEnd(o)) {
			p.RemoveFinalizer, p.Record = true, true
		}
	} else if !held && o.DeletionTimestamp.IsZero() && !closed(o) && !paused(o) {
		p.AddFinalizer = v.confirmed || v.unasked(o) || v.next(o) != nil || v.confirmable(o) || v.sums.Kept() > 0 || v.sums.Authorized > 0
	}
	p.Adopt = !paused(o) && !closed(o) && v.unasked(o)
	if v.open != nil && !paused(o) && (f.Heard || !now.Before(payment.RetryAt(v.open))) {
		p.Call = v.open.DeepCopy()
	}
	return p
}

// HasFinalizer says whether the order is held until it is settled.
func HasFinalizer(o *v1.Order) bool { return slices.Contains(o.Finalizers, v1.OrderFinalizer) }

// Orphaned says whether a deletion waits for nothing.
func Orphaned(o *v1.Order) bool {
	return o.Annotations[v1.DeletionPolicyAnnotation] == v1.DeletionPolicyOrphan
}

// paused says whether nothing may be done about the order. A deletion is stronger.
func paused(o *v1.Order) bool {
	return o.Spec.Management == v1.ManagementPaused && o.DeletionTimestamp.IsZero()
}

// patience is how long the deletion of a namespace waits for an order that cannot
// be settled: nothing new can be made in it, and people think it gone.
const patience = 10 * time.Minute

func patienceEnd(o *v1.Order) time.Time { return o.DeletionTimestamp.Add(patience) }

// namespaceTurn is when an order that is being deleted looks whether its namespace
// goes as well: nobody tells an object that is deleted already.
func namespaceTurn(o *v1.Order, now time.Time) time.Time {
	if end := patienceEnd(o); now.Before(end) {
		return end
	}
	return now.Add(patience)
}

// mayGo says whether an order that is being deleted leaves nothing open: no
// call, no money held or owed, no Shipment that may still leave or is on its way,
// or is about to be made: its units are not cancelled yet, so their price still
// counts as due.
func mayGo(f *Facts, v *view) bool {
	if Orphaned(f.Order) {
		return true
	}
	if closed(f.Order) {
		return closedOwes(f.Order) == 0
	}
	if intended(f) {
		return false
	}
	for _, s := range f.Shipments {
		if s.Status.CancelledAt == nil && s.Status.DeliveredAt == nil && !failed(s) {
			return false
		}
	}
	return v.moneyDone() && !v.unasked(f.Order)
}

// allocatorTurn is how long an order that the stock could serve waits before it
// looks again whether others were served first.
const allocatorTurn = 5 * time.Second

// maxAdoptionTurn is the longest time until the provider is asked again what it
// knows of an order.
const maxAdoptionTurn = 5 * time.Minute

// tokenTurn is how long an order waits before it looks again at a payment token
// that it could not use: Secrets are not watched.
const tokenTurn = 30 * time.Second

// Deadline is when time alone changes what is to be done: the end of a hold or
// of a return window, or the next look at an unclear operation. Zero for never.
func Deadline(f *Facts, now time.Time) time.Time {
	o := f.Order
	if closed(o) && !o.DeletionTimestamp.IsZero() && closedOwes(o) > 0 {
		return namespaceTurn(o, now) // money that came after the end holds it
	}
	if closed(o) {
		return time.Time{}
	}
	v := look(f, now)
	var next time.Time
	add := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if d := o.Status.Delivery; d != nil && d.Promised != nil && v.arrived() == nil {
		add(d.Promised.Add(time.Second)) // a promise is broken in the second after it
	}
	if paused(o) {
		return next
	}
	if v.holdUntil != nil {
		add(*v.holdUntil)
	}
	if v.open != nil {
		add(payment.RetryAt(v.open))
	}
	if v.unasked(o) {
		// The provider could not be asked. The longer it lasts, the longer it may last.
		add(now.Add(min(maxAdoptionTurn, max(allocatorTurn, now.Sub(o.CreationTimestamp.Time)/4))))
	}
	if v.arriving {
		add(arrivalEnd(o))
	}
	if !o.DeletionTimestamp.IsZero() {
		add(namespaceTurn(o, now))
	}
	if f.TokenProblem != "" {
		add(now.Add(tokenTurn))
	}
	if v.heldByPeers() {
		add(now.Add(peersTurn))
	}
	if end, known := v.windowEnd(); known {
		add(end)
	}
	if q := question(o); q != nil && q.Deadline != nil && v.goods.waiting > 0 {
		add(q.Deadline.Time)
	}
	if v.confirmed && ((v.goods.waiting > 0 && !v.short(f)) || intended(f)) {
		// No event tells that others were served first. The longer it lasts, the
		// longer it may last.
		add(now.Add(max(allocatorTurn, now.Sub(o.Status.ConfirmedAt.Time)/4)))
		add(passedOverAt(o))
	}
	return next
}

// intended says whether units are promised for a Shipment that is not there yet.
// It may never be: a promise can be taken back without a word to the order.
func intended(f *Facts) bool {
	for _, q := range f.Intended {
		if q > 0 {
			return true
		}
	}
	return false
}
