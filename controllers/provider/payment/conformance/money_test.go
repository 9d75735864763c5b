package conformance

import (
	"slices"
	"testing"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	domain "ordercycle.dev/ordercycle/controllers/domain/payment"
)

// byHand is a till of cash: what finance records, once for each id, and what an
// order makes of it.
type byHand struct{ received, refunded []v1.ReceivedPayment }

func record(list []v1.ReceivedPayment, id string, amount v1.Amount) []v1.ReceivedPayment {
	if slices.ContainsFunc(list, func(p v1.ReceivedPayment) bool { return string(p.ID) == id }) {
		return list
	}
	return append(list, v1.ReceivedPayment{ID: v1.Identifier(id), Amount: int64(amount)})
}

func (b *byHand) Receive(_ testing.TB, id string, amount v1.Amount) {
	b.received = record(b.received, id, amount)
}

func (b *byHand) PayBack(_ testing.TB, id string, amount v1.Amount) {
	b.refunded = record(b.refunded, id, amount)
}

func (b *byHand) Kept(testing.TB) v1.Amount { return domain.Sum(nil, b.received, b.refunded).Kept() }

// Cash has no provider, and the same holds for its money; its lists have room for
// what the suite records.
func TestMoneyByHand(t *testing.T) {
	b := &byHand{}
	Money(t, b)
	if len(b.received) > 50 || len(b.refunded) > 50 || len(b.refunded) < 5 {
		t.Errorf("%d receipts and %d refunds, want some and at most 50", len(b.received), len(b.refunded))
	}
}
