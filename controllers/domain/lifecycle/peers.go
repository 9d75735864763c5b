package lifecycle

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/confirmation"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

// Peer is another Order of the same customer.
type Peer struct {
	Order *v1.Order
	// Class that applies to it; it matters until the Order is confirmed.
	Class *v1.OrderClass
}

// Peers is what the customer's other Orders say about an order.
type Peers struct {
	// Live says that they were read from the API server, once the order was old
	// enough that every earlier one was there.
	Live bool
	// Exposure is what the customer owes for them.
	Exposure v1.Amount
	// Twin is the first of them that the order may repeat by mistake, "" for none.
	Twin v1.ObjectName
}

// peersTurn is how long an order that is held because of its customer's other
// Orders waits before it looks at them again: it has no event of theirs.
const peersTurn = 30 * time.Second

// NeedsPeers says whether the class of an order compares it with the customer's
// other Orders.
func NeedsPeers(f *Facts) bool {
	o := f.Order
	return !Confirmed(o) && !closed(o) && !Ending(o) && (creditLimit(f) != nil || duplicateWindow(f) > 0)
}

// NeedsLivePeers says whether the order would pass by what the cache tells of the
// others. Two orders that pass at one moment must not miss each other, so the
// others must be read live for it.
func NeedsLivePeers(f *Facts, now time.Time) bool {
	return look(f, now).hearsay
}

// Compare finds out what the customer's other Orders say. Of those that are not
// confirmed yet the earlier ones count: the order of arrival decides who passes.
func Compare(f *Facts, others []Peer) Peers {
	var p Peers
	var twin *v1.Order
	limited, window := creditLimit(f) != nil, duplicateWindow(f)
	for _, other := range others {
		o := other.Order
		if o.UID == f.Order.UID || o.Spec.Customer.ID != f.Order.Spec.Customer.ID {
			continue
		}
		if limited && (Confirmed(o) || before(o, f.Order)) && o.Spec.Currency == f.Order.Spec.Currency {
			p.Exposure += min(owes(other), v1.MaxAmount-p.Exposure)
		}
		if looksLike(f.Order, o, window) && (twin == nil || before(o, twin)) {
			twin = o
		}
	}
	if twin != nil {
		p.Twin = v1.ObjectName(twin.Name)
	}
	return p
}

// before says whether an Order arrived before another. The API keeps whole
// seconds; within one the names decide.
func before(a, b *v1.Order) bool {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name)) < 0
}

// owes is what of an Order that was sold on credit is not paid.
func owes(p Peer) v1.Amount {
	o := p.Order
	_, provider := policy(&Facts{Order: o, Class: p.Class})
	if closed(o) || !onCredit(provider) {
		return 0
	}
	sums := payment.Sum(operations(o), o.Spec.Payment.Received, o.Spec.Payment.Refunded)
	return max(0, due(o)-sums.Kept()-sums.Authorized)
}

// onCredit says whether the goods leave before the money comes: it is recorded by
// hand on delivery or on account.
func onCredit(p *v1.PaymentProvider) bool {
	return p != nil && p.Type == v1.ProviderCash && p.Capture != v1.CaptureOnConfirm
}

// due is what an Order costs as it stands; what has no price cannot be confirmed.
func due(o *v1.Order) v1.Amount {
	if Confirmed(o) {
		return o.Status.Amounts.Due
	}
	totals, err := pricing.Of(&o.Spec)
	if err != nil || Ending(o) {
		return 0
	}
	return totals.Total
}

// looksLike says whether an order may repeat an earlier one by mistake: within the
// window the same products go to the same address. One that did not come to be, or
// is being cancelled, is not repeated.
func looksLike(o, earlier *v1.Order, window time.Duration) bool {
	end := meta.FindStatusCondition(earlier.Status.Conditions, v1.ConditionCompleted)
	if Ending(earlier) || (closed(earlier) && end.Reason != v1.ReasonCompleted) {
		return false
	}
	return window > 0 && before(earlier, o) && o.CreationTimestamp.Sub(earlier.CreationTimestamp.Time) <= window &&
		o.Spec.Currency == earlier.Spec.Currency &&
		equality.Semantic.DeepEqual(o.Spec.ShipTo, earlier.Spec.ShipTo) &&
		maps.Equal(units(o), units(earlier))
}

// units are the ordered units of each product.
func units(o *v1.Order) map[v1.SKU]v1.Quantity {
	sum := map[v1.SKU]v1.Quantity{}
	for _, l := range o.Spec.Lines {
		if l.Quantity > 0 {
			sum[l.SKU] += l.Quantity
		}
	}
	return sum
}

// creditLimit of the class, nil if there is none, or the order is in another
// currency or not sold on credit.
func creditLimit(f *Facts) *v1.CreditLimit {
	if f.Class == nil || f.Class.Spec.CreditLimit == nil || f.Class.Spec.CreditLimit.Currency != f.Order.Spec.Currency {
		return nil
	}
	if _, provider := policy(f); !onCredit(provider) {
		return nil
	}
	return f.Class.Spec.CreditLimit
}

func duplicateWindow(f *Facts) time.Duration {
	if f.Class == nil || f.Class.Spec.Confirmation == nil {
		return 0
	}
	return time.Duration(f.Class.Spec.Confirmation.DuplicateWindowMinutes) * time.Minute
}

// credit is what the order would add to the customer's debts, nil if it is not limited.
func (v *view) credit(f *Facts) *confirmation.Credit {
	limit := creditLimit(f)
	if limit == nil {
		return nil
	}
	return &confirmation.Credit{Limit: limit.Amount, Exposure: f.Peers.Exposure, Owed: max(0, v.amounts.Total-v.sums.Kept())}
}

// heldByPeers says whether the customer's other Orders hold the order.
func (v *view) heldByPeers() bool {
	return slices.ContainsFunc(v.findings, func(f confirmation.Finding) bool {
		return f.Reason == v1.ReasonOverCreditLimit || f.Reason == v1.ReasonDuplicateSuspect
	})
}
