package lifecycle

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

// Limits of the lists in the status, those of the schema.
const (
	maxTimeline   = 50
	maxOperations = 100
	maxShipments  = 200
)

// Project computes the complete next status of an order from the facts and from
// what came of the call. The same write records the next intent, so that it is
// stored before anything is done about it.
func Project(f *Facts, out Outcome, now time.Time) *v1.OrderStatus {
	if closed(f.Order) {
		return projectClosed(f, now)
	}
	o := f.Order.DeepCopy()
	g := *f
	g.Order = o
	if out.Operation != nil {
		merge(o, out.Operation)
	}
	if out.LookedUp {
		adopt(&g, out.Adopted)
	}
	v := look(&g, now)
	if v.waiver != nil {
		o.Status.Waiver = v.waiver
	}
	if HasFinalizer(o) && !paused(o) {
		if v.confirmable(o) {
			confirm(o, v, now)
			v = look(&g, now)
		}
		if f.Live && cut(o, v.cuts(&g, now)) {
			v = look(&g, now)
		}
		if step := v.next(o); step != nil && (step.Kind != v1.OperationAuthorize || !v.unasked(o)) {
			record(&g, step, second(now))
			v = look(&g, now)
		}
	}
	v.ask(&g, now)
	st := &o.Status
	st.ObservedGeneration = o.Generation
	st.Lines, st.Amounts = v.lines, &v.amounts
	st.Items = &v1.ItemSums{
		Ordered: int64(v.goods.kept), Dispatched: int64(v.goods.dispatched),
		Shipped: fmt.Sprintf("%d/%d", v.goods.dispatched, v.goods.kept),
	}
	st.Payment = orEmpty(st.Payment)
	st.Payment.State = v.paymentState(o)
	st.Shipments = nil
	for _, s := range f.Shipments {
		if s.Status.ReservedAt == nil {
			continue // it may still come to nothing
		}
		st.Shipments = append(st.Shipments, v1.OrderShipment{Name: v1.ObjectName(s.Name), Phase: s.Status.Phase})
	}
	if over := len(st.Shipments) - maxShipments; over > 0 {
		st.Shipments = st.Shipments[over:]
	}
	st.Phase = v.phase(&g, now)
	v.expect(&g, now)
	st.CustomerView = v.customer(&g, now)
	if v.confirmed && (st.Phase == v1.OrderDelivered || Final(st.Phase)) {
		st.Settlement = pricing.Settle(books(o, v, freightOf(f.Shipments)))
	}
	v.unusable = out.Unusable
	st.Timeline = enter(st.Timeline, st.Phase, second(now))
	setConditions(&g, v, now)
	return st
}

// paymentState is a view of the sums. Of an order that was never confirmed nothing
// is due, but it is not paid for all that.
func (v *view) paymentState(o *v1.Order) v1.PaymentState {
	if !v.confirmed && len(operations(o)) == 0 && v.sums.Captured == 0 {
		return v1.PaymentUnpaid
	}
	return payment.State(v.sums, v.amounts.Total, v.amounts.Due)
}

// confirm freezes the amounts and the policy; from now on the order has its
// place in the queue for stock.
func confirm(o *v1.Order, v *view, now time.Time) {
	if o.Status.ConfirmedAt == nil {
		o.Status.ConfirmedAt = &metav1.MicroTime{Time: now.Truncate(time.Microsecond)}
	}
	o.Status.Policy = v.policy.DeepCopy()
	o.Status.Delivery = promise(o)
	o.Status.Amounts = v.amounts.DeepCopy()
	o.Status.Lines = v.lines
}

func merge(o *v1.Order, result *v1.PaymentOperation) {
	for i := range operations(o) {
		if op := &o.Status.Payment.Operations[i]; op.ID == result.ID {
			*op = *result
		}
	}
}

func orEmpty(p *v1.PaymentStatus) *v1.PaymentStatus {
	if p == nil {
		return &v1.PaymentStatus{}
	}
	return p
}

// enter adds a stay in a phase to the timeline when the phase changes.
func enter(timeline []v1.TimelineEntry, phase v1.OrderPhase, now metav1.Time) []v1.TimelineEntry {
	n := len(timeline)
	if n > 0 && timeline[n-1].Stage == phase {
		return timeline
	}
	timeline = slices.Clone(timeline)
	if n > 0 && now.Before(&timeline[n-1].EnteredAt) {
		now = timeline[n-1].EnteredAt // the clock was set back
	}
	if n > 0 {
		timeline[n-1].LeftAt = &now
	}
	timeline = append(timeline, v1.TimelineEntry{Stage: phase, EnteredAt: now})
	if over := len(timeline) - maxTimeline; over > 0 {
		timeline = slices.Delete(timeline, 0, over)
	}
	return timeline
}

// second is the precision in which the API stores times.
func second(t time.Time) metav1.Time { return metav1.NewTime(t).Rfc3339Copy() }
