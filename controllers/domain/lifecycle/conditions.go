package lifecycle

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/condition"
	"ordercycle.dev/ordercycle/controllers/domain/confirmation"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

// setConditions writes every condition of the order, the summary last.
func setConditions(f *Facts, v *view, now time.Time) {
	o := f.Order
	st := &o.Status
	c := condition.Set{Conditions: &st.Conditions, Generation: o.Generation, Now: now}
	validated(c, o, v)
	if v.confirmed {
		reserved(c, v)
		shortage(c, o, v, now)
		fulfilled(c, f, v)
	}
	v.promises(c, st)
	paid(c, v)
	settled(c, st.Phase, owed(o, v), payment.Astray(operations(o)))
	refused := o.Spec.Cancel != nil && v.confirmed && v.goods.cancelled == v.goods.lowered && v.goods.dispatched > 0 && v.goods.dispatched == v.goods.kept
	c.Keep(v1.ConditionCancelRefused, refused, v1.ReasonAlreadyDispatched, "everything has left already; create a Return instead")
	c.Keep(v1.ConditionEditClamped, v.goods.clamped != "" && !v.ending, v1.ReasonBeingPicked,
		fmt.Sprintf("line %s: some of the units that were cancelled by the lower quantity are being picked or have left, and stay", v.goods.clamped))
	summarize(c, f, v)
}

func validated(c condition.Set, o *v1.Order, v *view) {
	approval := o.Spec.Approval
	switch {
	case v.ending && !v.confirmed:
		c.False(v1.ConditionValidated, v1.ReasonCancelled, "the order was cancelled before it was confirmed")
	case len(v.findings) > 0:
		c.False(v1.ConditionValidated, v.findings[0].Reason, findings(v))
	case o.Status.Waiver != nil && o.Status.Waiver.Total == v.amounts.Total:
		c.True(v1.ConditionValidated, v1.ReasonWaived, fmt.Sprintf("the hold has ended, and the class waives %v", o.Status.Waiver.Reasons))
	default:
		c.True(v1.ConditionValidated, v1.ReasonPassed, "the checks found nothing")
	}
	for _, found := range v.findings {
		if found.Reason == v1.ReasonManualApproval || found.Reason == v1.ReasonApprovalRejected {
			c.False(v1.ConditionApproved, found.Reason, found.String())
			return
		}
	}
	if approval != nil && approval.Decision == v1.DecisionApprove {
		c.True(v1.ConditionApproved, v1.ReasonApproved, "a person approved the order")
	} else if waived(o, v1.ReasonManualApproval, v.amounts.Total) {
		c.True(v1.ConditionApproved, v1.ReasonWaived, "nobody decided in time, and the class lets the order proceed")
	} else if v.confirmed || !v.ending {
		c.True(v1.ConditionApproved, v1.ReasonAutoApproved, "the class asks for no approval")
	} else {
		c.Keep(v1.ConditionApproved, false, "", "") // nobody asks any more
	}
}

// findings lists what the checks found, the first with what to do.
func findings(v *view) string {
	text := v.findings[0].String()
	for _, f := range v.findings[1:] {
		text += "; also " + f.Reason + " at " + f.Field
	}
	return text
}

func reserved(c condition.Set, v *view) {
	if v.goods.backordered > 0 {
		c.False(v1.ConditionReserved, v1.ReasonAwaitingStock, "some units are not reserved yet")
	} else {
		c.True(v1.ConditionReserved, v1.ReasonAllReserved, "every unit that is wanted is reserved")
	}
}

// shortage tells what the shortage policy does, or has done.
func shortage(c condition.Set, o *v1.Order, v *view, now time.Time) {
	var cut v1.Quantity
	for _, l := range v.lines {
		cut += min(l.Cut, l.Cancelled)
	}
	switch {
	case v.asked(o, now):
		c.True(v1.ConditionShortage, v1.ReasonAwaitingAnswer, askedText(o))
	case cut > 0:
		c.True(v1.ConditionShortage, v1.ReasonShortUnitsCancelled, fmt.Sprintf("%d units were cancelled because they were not in stock, as the shortage policy says", cut))
	default:
		c.Keep(v1.ConditionShortage, false, "", "")
	}
}

// askedText tells how to answer the question about the shortage.
func askedText(o *v1.Order) string {
	q := question(o)
	return fmt.Sprintf("units are not in stock: answer question %s in spec.answers with one of %s, until %s",
		q.ID, strings.Join(q.Options, ", "), q.Deadline.UTC().Format(time.RFC3339)) + confirmation.Misanswered(o, q)
}

func fulfilled(c condition.Set, f *Facts, v *view) {
	switch {
	case v.goods.kept > 0 && v.goods.delivered == v.goods.kept:
		c.True(v1.ConditionFulfilled, v1.ReasonDelivered, "every unit has arrived")
	case v.goods.kept == 0 && v.goods.promised == 0:
		c.True(v1.ConditionFulfilled, v1.ReasonCancelled, "every unit was cancelled")
	case slices.ContainsFunc(f.Shipments, failed):
		c.False(v1.ConditionFulfilled, v1.ReasonDeliveryFailed, "a parcel was lost or comes back")
	default:
		c.False(v1.ConditionFulfilled, v1.ReasonPending, "not every unit has arrived")
	}
}

func paid(c condition.Set, v *view) {
	switch payment.State(v.sums, v.amounts.Total, v.amounts.Due) {
	case v1.PaymentPaid:
		c.True(v1.ConditionPaid, v1.ReasonPaid, "all that is due came in")
	case v1.PaymentOverpaid:
		c.True(v1.ConditionPaid, v1.ReasonOverpaid, "more came in than is due")
	default:
		if v.confirmed && v.amounts.Due == 0 && v.sums.Captured == v.sums.Refunded {
			c.True(v1.ConditionPaid, v1.ReasonPaid, "nothing is due")
			return
		}
		c.False(v1.ConditionPaid, v1.ReasonUnpaid, "less came in than is due")
	}
}

// settled says whether goods and money are closed; owes is what is to be paid back by
// hand, and stray what was done in another currency.
func settled(c condition.Set, p v1.OrderPhase, owes v1.Amount, stray *v1.PaymentOperation) {
	ends := map[v1.OrderPhase][2]string{
		v1.OrderCompleted: {v1.ReasonCompleted, "delivered, paid and closed"},
		v1.OrderCancelled: {v1.ReasonCancelled, "cancelled; nothing is owed"},
		v1.OrderRejected:  {v1.ReasonRejected, "rejected; nothing was sold"},
	}
	if end, ok := ends[p]; ok {
		switch {
		case owes > 0:
			c.False(v1.ConditionSettled, v1.ReasonManualRefundRequired, "money is to be paid back")
		case stray != nil:
			c.False(v1.ConditionSettled, v1.ReasonOtherCurrency, astray(stray))
		default:
			c.True(v1.ConditionSettled, v1.ReasonSettled, "goods and money are closed")
		}
		c.True(v1.ConditionCompleted, end[0], end[1])
		return
	}
	c.False(v1.ConditionSettled, v1.ReasonPending, "goods or money are open")
	c.False(v1.ConditionCompleted, v1.ReasonPending, "the order is under way")
}

// failed says whether a parcel was lost or comes back.
func failed(s *v1.Shipment) bool {
	return s.Status.DeliveredAt == nil && (s.Status.Phase == v1.ShipmentLost || s.Status.Phase == v1.ShipmentReturned)
}

// owed is the money that came in by hand, or cannot be refunded by a call, and
// that a person has to pay back.
func owed(o *v1.Order, v *view) v1.Amount {
	if !v.confirmed && !v.abandoned() {
		return 0
	}
	due := v.amounts.Due
	if v.abandoned() {
		due = 0
	}
	over := v.sums.Captured - v.sums.Refunded - due
	if over <= 0 || v.open != nil || v.next(o) != nil {
		return 0
	}
	return over
}

// summarize writes Ready, Reconciling and Stalled: the first line that fits.
func summarize(c condition.Set, f *Facts, v *view) {
	o, phase := f.Order, f.Order.Status.Phase
	if amount := owed(o, v); amount > 0 {
		owe(c, o, amount)
		return
	}
	switch phase {
	case v1.OrderCompleted, v1.OrderCancelled:
		ended(c, &o.Status)
	case v1.OrderRejected:
		c.Stalled(v.rejection().Reason, v.rejection().String())
	case v1.OrderOnHold:
		if v.rejection() != nil && !paused(o) && v.open == nil && inVain(c, o, v) {
			return
		}
		if v.unusable != "" {
			unusable(c, v)
			return
		}
		if paused(o) || !calling(c, v) {
			c.Ready(v.findings[0].Reason, findings(v))
		}
	default:
		switch {
		case paused(o):
			c.Ready(v1.ReasonPaused, "paused; set spec.management to Active to go on")
		case calling(c, v):
		case inVain(c, o, v):
		default:
			waiting(c, f, v)
			if !o.DeletionTimestamp.IsZero() {
				ready := meta.FindStatusCondition(o.Status.Conditions, v1.ConditionReady)
				c.Reconciling(v1.ReasonDeleting, "the deletion waits until goods and money are settled: "+ready.Message)
			}
		}
	}
}

// inVain says which call came to nothing, or that there were too many, and whether
// it is so.
func inVain(c condition.Set, o *v1.Order, v *view) bool {
	stray, op := payment.Astray(operations(o)), declined(o)
	switch {
	case stray != nil:
		c.Stalled(v1.ReasonOtherCurrency, astray(stray))
	case op != nil:
		c.Stalled(v1.ReasonPaymentDeclined, fmt.Sprintf("%s did not come about (%s); any edit of the order tries again", op.Kind, op.Message))
	case len(operations(o)) >= maxOperations && !v.moneyDone():
		c.Stalled(v1.ReasonTooManyOperations, "the order has had as many payment operations as it can hold; settle the rest by hand")
	default:
		return false
	}
	return true
}

// astray says what is to be done about money of another currency.
func astray(op *v1.PaymentOperation) string {
	return fmt.Sprintf("%s of %s was %s; settle that with the provider, and record money by hand where it replaces a call", op.Kind, pricing.Display(op.Amount, op.Currency), op.Message)
}

// calling says which call is under way, and whether there is one.
func calling(c condition.Set, v *view) bool {
	switch {
	case v.open == nil:
		return false
	case v.open.State == v1.OperationUnknown && v.open.Message != "":
		c.Stalled(v1.ReasonProviderUnusable, fmt.Sprintf("%s is looked up again once this is mended: %s", v.open.Kind, v.open.Message))
	case v.open.State == v1.OperationUnknown, v.open.State == v1.OperationFailed:
		c.Reconciling(v1.ReasonPaymentUnclear, fmt.Sprintf("the provider gave no clear answer to %s; it is looked up again", v.open.Kind))
	default:
		c.Reconciling(v1.ReasonProgressing, fmt.Sprintf("%s is sent to the payment provider", v.open.Kind))
	}
	return true
}

// unusable says what a person must mend before the provider can be asked.
func unusable(c condition.Set, v *view) {
	c.Stalled(v1.ReasonProviderUnusable, "the payment provider cannot be asked until this is mended: "+v.unusable)
}

// waiting says what an order that nothing hinders waits for.
func waiting(c condition.Set, f *Facts, v *view) {
	if v.unusable != "" {
		unusable(c, v)
		return
	}
	switch f.Order.Status.Phase {
	case v1.OrderReceived:
		c.Reconciling(v1.ReasonChecking, "the order is being checked")
	case v1.OrderCancelling:
		if active(f.Shipments) {
			c.Ready(v1.ReasonAwaitingWarehouse, "cancelling: picked units must be put back")
		} else {
			c.Reconciling(v1.ReasonCancelling, "what has not left is being cancelled")
		}
	case v1.OrderConfirmed:
		c.Reconciling(v1.ReasonProgressing, "stock is being reserved")
	case v1.OrderBackordered:
		if v.asked(f.Order, c.Now) {
			c.Ready(v1.ReasonAwaitingAnswer, askedText(f.Order))
			return
		}
		if limit := v.maxSplits(); limit > 0 && v.live(f) >= limit {
			c.Ready(v1.ReasonAwaitingStock, "units wait, and the order has all the Shipments that its class allows; lower the quantity or cancel, and place a new Order for the rest")
			return
		}
		c.Ready(v1.ReasonAwaitingStock, "units wait for stock; a new count wakes them")
	case v1.OrderProcessing:
		if active(f.Shipments) {
			c.Ready(v1.ReasonAwaitingWarehouse, "the warehouse is to pick, pack and dispatch")
		} else {
			c.Reconciling(v1.ReasonProgressing, "stock is being reserved for the rest")
		}
	case v1.OrderShipped:
		if slices.ContainsFunc(f.Shipments, failed) {
			c.Stalled(v1.ReasonDeliveryFailed, "a parcel was lost or comes back; decide what the customer gets instead")
		} else {
			c.Ready(v1.ReasonAwaitingCarrier, "parcels are on their way")
		}
	default: // Delivered
		switch {
		case !v.moneyDone():
			c.Ready(v1.ReasonAwaitingPayment, "delivered; record the money in spec.payment.received when it comes in")
		case openCases(f.Order):
			c.Ready(v1.ReasonAwaitingCaseClose, "delivered; an after-sales case is open")
		default:
			c.Ready(v1.ReasonAwaitingReturnWindow, "delivered; goods can still be returned")
		}
	}
}

// declined is a capture or void that the provider refused, or did in another
// currency, and that waits for an edit. A refund that was refused waits for none: it
// is owed.
func declined(o *v1.Order) *v1.PaymentOperation {
	ops := operations(o)
	for i := range ops {
		op := &ops[i]
		if (op.Kind == v1.OperationCapture || op.Kind == v1.OperationVoid) && op.Basis >= o.Generation && payment.LastVain(ops, op.Kind, payment.PlaceOf(op)) == op {
			return op
		}
	}
	return nil
}
