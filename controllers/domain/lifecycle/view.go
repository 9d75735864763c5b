package lifecycle

import (
	"slices"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/confirmation"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

// view is everything that follows from the facts. It is computed anew each
// time and never stored.
type view struct {
	policy   v1.PolicySnapshot
	provider *v1.PaymentProvider
	lines    []v1.OrderLineStatus
	goods    goods
	amounts  v1.OrderAmounts
	sums     payment.Sums
	findings []confirmation.Finding
	// unusable says why the provider could not be asked, "" if it could.
	unusable string
	// open is the payment operation without a result.
	open *v1.PaymentOperation
	// ending: a cancel, a deletion or quantities of 0 ask for the end.
	ending bool
	// expired: the order was held longer than its class allows.
	expired bool
	// holdUntil is when the hold ends, nil if the order is not held.
	holdUntil *time.Time
	confirmed bool
	// arriving: all that is missing are other objects, and the order is so new
	// that they may have been applied together with it.
	arriving bool
	// hearsay: the order passes, but what is known of its customer's other Orders
	// is old.
	hearsay bool
	// proceeds: the class lets an order proceed when its hold ends, and waiver is
	// what that waives now, nil for nothing.
	proceeds bool
	waiver   *v1.Waiver
}

// Confirmed says whether the order was confirmed, with all that was frozen then.
func Confirmed(o *v1.Order) bool {
	return o.Status.ConfirmedAt != nil && o.Status.Amounts != nil && o.Status.Policy != nil
}

// Ending says whether a cancel, a deletion or quantities of 0 ask for the end.
func Ending(o *v1.Order) bool {
	if o.Spec.Cancel != nil || !o.DeletionTimestamp.IsZero() {
		return true
	}
	for _, l := range o.Spec.Lines {
		if l.Quantity > 0 {
			return false
		}
	}
	return true
}

// look computes the view.
func look(f *Facts, now time.Time) *view {
	o := f.Order
	v := &view{ending: Ending(o), confirmed: Confirmed(o)}
	v.policy, v.provider = policy(f)
	v.lines, v.goods = countLines(f, v.ending)
	ops := operations(o)
	v.open = payment.Open(ops)
	v.sums = payment.Sum(ops, o.Spec.Payment.Received, o.Spec.Payment.Refunded)

	totals, priceError := pricing.Of(&o.Spec)
	if v.confirmed {
		v.amounts = *o.Status.Amounts
	} else if priceError == nil {
		v.amounts = v1.OrderAmounts{
			Goods: totals.Goods, Discount: totals.Discount, Tax: totals.Tax, Shipping: totals.Shipping, Total: totals.Total,
			Display: pricing.Display(totals.Total, o.Spec.Currency),
		}
		for i := range v.lines {
			v.lines[i].Net, v.lines[i].Tax = totals.Lines[i].Net, totals.Lines[i].Tax
			v.lines[i].UnitCost = f.Stock[o.Spec.Lines[i].SKU].UnitCost
		}
	}
	v.amounts.Due = pricing.Due(&v.amounts, v.lines)
	v.amounts.Authorized, v.amounts.Captured, v.amounts.Refunded = v.sums.Authorized, v.sums.Captured, v.sums.Refunded
	if !v.confirmed && !v.ending {
		v.check(f, totals, priceError, now)
	}
	if v.abandoned() {
		v.amounts.Due = 0
	}
	return v
}

// place is that of the chosen provider, the zero one if there is none.
func (v *view) place() payment.Place {
	if v.provider == nil {
		return payment.Place{}
	}
	return placeOf(v.policy.ClassName, v.provider)
}

// check runs the confirmation rules and finds out how long the order is held.
func (v *view) check(f *Facts, totals pricing.Totals, priceError error, now time.Time) {
	o := f.Order
	known := make(map[v1.SKU]bool, len(f.Stock))
	for sku := range f.Stock {
		known[sku] = true
	}
	facts := confirmation.Facts{
		Order: o, ClassMissing: f.ClassMissing, BuiltIn: f.Class == nil && !f.ClassMissing, Provider: v.provider,
		Totals: totals, PriceError: priceError, KnownSKUs: known, Original: f.Original,
		ItemLimit: itemLimit(v.policy), ApproveFrom: approveFrom(f), TokenProblem: v.tokenProblem(f), Received: v.sums.Captured,
		Reused: reused(o, v.sums), Twin: f.Peers.Twin, Credit: v.credit(f),
	}
	if op := payment.LastVain(operations(o), v1.OperationAuthorize, v.place()); op != nil && op.Basis >= o.Generation {
		facts.Declined = &op.Message
	}
	v.findings = slices.DeleteFunc(confirmation.Check(&facts), func(found confirmation.Finding) bool {
		return waived(o, found.Reason, totals.Total)
	})
	young := now.Before(arrivalEnd(o))
	unheld := young && heldSince(o) == nil
	if unheld && len(v.findings) > 0 && !slices.ContainsFunc(v.findings, func(f confirmation.Finding) bool { return !f.Absent }) {
		v.findings, v.arriving = nil, true
		return
	}
	if len(v.findings) > 0 {
		v.hold(f, now)
	}
	if len(v.findings) == 0 {
		// Without any class the default one may be on its way, too, and where orders
		// are compared one with an earlier place.
		v.arriving = (unheld && f.Class == nil) || (young && NeedsPeers(f))
		v.hearsay = !v.arriving && NeedsPeers(f) && !f.Peers.Live
	}
}

// arrivalGrace is how long an order waits for objects that were applied
// together with it before it is held for want of them. The API keeps the time of
// creation in whole seconds, so that it may be up to one less.
const arrivalGrace = 3 * time.Second

func arrivalEnd(o *v1.Order) time.Time { return o.CreationTimestamp.Add(arrivalGrace) }

// reused says whether the provider knew the order's identity before, and what it
// did then is of another currency, or has all gone back: an order of this name was
// placed and ended. What was kept is taken for this order's own, as after a restore,
// and what was only tried is nothing.
func reused(o *v1.Order, sums payment.Sums) bool {
	keeps := sums.Kept() != 0 || sums.Authorized != 0
	return slices.ContainsFunc(operations(o), func(op v1.PaymentOperation) bool {
		if op.Basis != adoptedBasis || op.State != v1.OperationSucceeded {
			return false
		}
		return op.Currency != "" || (!keeps && op.Kind != v1.OperationAuthorize)
	})
}

// adoptedBasis is the basis of an operation that no spec of this Order led to.
const adoptedBasis = 0

func operations(o *v1.Order) []v1.PaymentOperation {
	if o.Status.Payment == nil {
		return nil
	}
	return o.Status.Payment.Operations
}

// rejection is the finding that ends an unconfirmed order, nil if there is none.
func (v *view) rejection() *confirmation.Finding {
	if len(v.findings) == 0 {
		return nil
	}
	if f := v.findings[0]; f.Final {
		return &f
	}
	if v.expired {
		cause := v.findings[0]
		if v.proceeds {
			cause = v.findings[slices.IndexFunc(v.findings, binding)]
		}
		return &confirmation.Finding{Reason: v1.ReasonHoldExpired, Field: cause.Field,
			Message: "the order was held longer than its class allows: " + cause.Message, Final: true}
	}
	return nil
}

// abandoned says whether an unconfirmed order is to end, so that money that is
// held for it must be released.
func (v *view) abandoned() bool { return !v.confirmed && (v.ending || v.rejection() != nil) }

// Abandoned says the same of facts.
func Abandoned(f *Facts, now time.Time) bool { return look(f, now).abandoned() }

// ready says whether the order can be confirmed, but for money that is to be
// authorised.
func (v *view) ready() bool {
	return !v.confirmed && !v.ending && !v.arriving && !v.hearsay && len(v.findings) == 0
}

// need is what the order asks of its payment provider now.
func (v *view) need() payment.Need {
	switch {
	case v.abandoned():
		return payment.Need{Close: true}
	case v.ready():
		return payment.Need{Authorize: v.toAuthorize(), Only: true, Keep: v1.MaxAmount}
	case !v.confirmed:
		return payment.Need{Keep: v1.MaxAmount}
	default:
		return payment.Need{
			Capture: pricing.CaptureTarget(v.provider.Capture, &v.amounts, v.lines),
			Keep:    v.amounts.Due,
			Close:   v.sums.Kept() >= v.amounts.Due,
		}
	}
}

// next is the call that is due, nil if there is none or one is open already.
// Where the provider takes recorded money only, or there is none, all that is
// left to do is to release what an earlier choice of payment holds.
func (v *view) next(o *v1.Order) *payment.Step {
	ops := operations(o)
	if v.open != nil || len(ops) >= maxOperations {
		return nil
	}
	if v.provider == nil || v.provider.Type == v1.ProviderCash {
		return payment.Next(ops, v.sums, payment.Need{Keep: v1.MaxAmount, Close: true}, v.place(), o.Generation)
	}
	return payment.Next(ops, v.sums, v.need(), v.place(), o.Generation)
}

// confirmable says whether everything is there to confirm the order now.
func (v *view) confirmable(o *v1.Order) bool {
	if !v.ready() || v.open != nil || v.next(o) != nil {
		return false
	}
	return payment.HeldElsewhere(operations(o), v.place()) == nil && (v.provider.Type == v1.ProviderCash || v.sums.Authorized >= v.toAuthorize())
}

// moneyDone says whether all that is due came in, nothing is held and no call is open.
func (v *view) moneyDone() bool {
	return v.open == nil && v.sums.Authorized == 0 && v.sums.Kept() == v.amounts.Due
}

// toAuthorize is the money that must be held before the order is confirmed: the
// total, less what an order of the same identity has paid already.
func (v *view) toAuthorize() v1.Amount { return max(0, v.amounts.Total-v.sums.Kept()) }

// tokenProblem says why the payment token cannot be used, "" if it can or there is
// nothing to authorise.
func (v *view) tokenProblem(f *Facts) string {
	if need := v.toAuthorize(); need == 0 || (v.sums.Authorized == need && payment.HeldElsewhere(operations(f.Order), v.place()) == nil) {
		return ""
	}
	return f.TokenProblem
}
