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
		return projectClosed(f.Order)
	}
	o := f.Order.DeepCopy()
	g := *f
	g.Order = o
	if out.Operation != nil {
		merge(o, out.Operation)
	}
	if len(operations(o)) == 0 && len(out.Adopted) > 0 {
		o.Status.Payment = &v1.PaymentStatus{Operations: out.Adopted}
	}
	g.OtherCurrency = g.OtherCurrency || out.OtherCurrency
	v := look(&g, now)
	if HasFinalizer(o) && !paused(o) {
		if v.confirmable(o) {
			confirm(o, v, now)
			v = look(&g, now)
		}
		if f.Live && cut(o, v.cuts(&g, now)) {
			v = look(&g, now)
		}
		if step := v.next(o); step != nil && (out.LookedUp || len(operations(o)) > 0) {
			o.Status.Payment = orEmpty(o.Status.Payment)
			o.Status.Payment.Operations = append(o.Status.Payment.Operations,
				step.Record(g.Identity, operations(o), ProviderName(&g), o.Generation, second(now)))
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
	st.Payment.State = payment.State(v.sums, v.amounts.Total, v.amounts.Due)
	if !v.confirmed && len(st.Payment.Operations) == 0 && v.sums.Captured == 0 {
		st.Payment.State = v1.PaymentUnpaid
	}
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
	if Final(st.Phase) && v.confirmed {
		st.Settlement = pricing.Settle(st.Amounts, st.Lines, payment.Captures(operations(o)), v.policy.Provider, freight(f.Shipments))
	}
	st.Timeline = enter(st.Timeline, st.Phase, second(now))
	setConditions(&g, v, now)
	return st
}

// projectClosed leaves an ended order as it is, but for saying that the latest
// spec was seen.
func projectClosed(o *v1.Order) *v1.OrderStatus {
	st := o.Status.DeepCopy()
	st.ObservedGeneration = o.Generation
	for i := range st.Conditions {
		st.Conditions[i].ObservedGeneration = o.Generation
	}
	return st
}

// confirm freezes the amounts and the policy; from now on the order has its
// place in the queue for stock.
func confirm(o *v1.Order, v *view, now time.Time) {
	if o.Status.ConfirmedAt == nil {
		o.Status.ConfirmedAt = &metav1.MicroTime{Time: now.Truncate(time.Microsecond)}
	}
	o.Status.Policy = v.policy.DeepCopy()
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

// ProviderName is the provider that takes the order's payment, "" if there is none.
func ProviderName(f *Facts) v1.Identifier {
	if _, provider := policy(f); provider != nil {
		return provider.Name
	}
	return ""
}

// freight is what the carriers charged, as far as they said so.
func freight(shipments []*v1.Shipment) v1.Amount {
	var sum v1.Amount
	for _, s := range shipments {
		if a := s.Spec.ActualFreight; a != nil {
			sum += min(*a, v1.MaxAmount-sum)
		}
	}
	return sum
}

// enter adds a stay in a phase to the timeline when the phase changes.
func enter(timeline []v1.TimelineEntry, phase v1.OrderPhase, now metav1.Time) []v1.TimelineEntry {
	n := len(timeline)
	if n > 0 && timeline[n-1].Stage == phase {
		return timeline
	}
	timeline = slices.Clone(timeline)
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
