package lifecycle

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/condition"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

// closed says whether the order has ended: no phase follows, and no call is made.
func closed(o *v1.Order) bool {
	return meta.IsStatusConditionTrue(o.Status.Conditions, v1.ConditionCompleted)
}

// projectClosed leaves an ended order in its phase. Money that was recorded by
// hand after the end is counted all the same: it may have to go back.
func projectClosed(f *Facts, now time.Time) *v1.OrderStatus {
	o := f.Order.DeepCopy()
	st := &o.Status
	st.ObservedGeneration = o.Generation
	for i := range st.Conditions {
		st.Conditions[i].ObservedGeneration = o.Generation
	}
	if st.Amounts == nil {
		return st
	}
	v := &view{confirmed: Confirmed(o), amounts: *st.Amounts, lines: st.Lines}
	v.sums = payment.Sum(operations(o), o.Spec.Payment.Received, o.Spec.Payment.Refunded)
	st.Amounts.Captured, st.Amounts.Refunded = v.sums.Captured, v.sums.Refunded
	v.amounts.Captured, v.amounts.Refunded = v.sums.Captured, v.sums.Refunded
	st.Payment = orEmpty(st.Payment)
	st.Payment.State = v.paymentState(o)
	if st.CustomerView != nil && st.CustomerView.Total != "" { // of a currency that there was
		st.CustomerView.Paid = paidText(o, v)
	}
	over := closedOwes(o)
	c := condition.Set{Conditions: &st.Conditions, Generation: o.Generation, Now: now}
	paid(c, v)
	settled(c, st.Phase, over, payment.Astray(operations(o)))
	if over > 0 {
		owe(c, o, over)
	} else {
		ended(c, st)
	}
	if v.confirmed {
		v.policy = *st.Policy
		st.Settlement = pricing.Settle(books(o, v, closedFreight(st, f.Shipments)))
	}
	return st
}

// closedOwes is the money that an ended order keeps above what is due; of an order
// that was never confirmed nothing is due.
func closedOwes(o *v1.Order) v1.Amount {
	kept := payment.Sum(operations(o), o.Spec.Payment.Received, o.Spec.Payment.Refunded).Kept()
	if Confirmed(o) {
		kept -= o.Status.Amounts.Due
	}
	return max(0, kept)
}

// owe asks a person to pay money back.
func owe(c condition.Set, o *v1.Order, amount v1.Amount) {
	c.Stalled(v1.ReasonManualRefundRequired, fmt.Sprintf("pay %s back to the customer by hand, and record it in spec.payment.refunded", pricing.Display(amount, o.Spec.Currency)))
}

// ended says how an order has ended.
func ended(c condition.Set, st *v1.OrderStatus) {
	if op := payment.Astray(orEmpty(st.Payment).Operations); op != nil {
		c.Stalled(v1.ReasonOtherCurrency, astray(op))
		return
	}
	switch st.Phase {
	case v1.OrderCompleted:
		c.Ready(v1.ReasonCompleted, "delivered, paid and closed")
	case v1.OrderCancelled:
		c.Ready(v1.ReasonCancelled, "cancelled; nothing is owed")
	default: // Rejected
		if ready := meta.FindStatusCondition(st.Conditions, v1.ConditionReady); ready != nil && ready.Reason != v1.ReasonManualRefundRequired {
			return
		}
		if why := meta.FindStatusCondition(st.Conditions, v1.ConditionValidated); why != nil {
			c.Stalled(why.Reason, why.Message)
		}
	}
}
