package lifecycle

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

func late(amount int64) func(*shop) { return func(s *shop) { s.receive(amount) } }

// Money that comes after the end is counted, and asked back, in the phase in
// which the order ended.
func TestMoneyAfterTheEnd(t *testing.T) {
	delivered := all(parcel(2, (*shop).reserve, (*shop).dispatch, (*shop).deliver), func(s *shop) { s.now = s.now.Add(72 * time.Hour) })
	rejected := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	rejected.order().Spec.Approval = &v1.Approval{Decision: v1.DecisionReject}
	for name, test := range map[string]struct {
		shop  *shop
		steps []step
	}{
		"of a completed order": {newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2), []step{
			{"it ends", delivered, "Completed, ready Completed; held 0 taken 2000 back 0 due 2000"},
			{"the customer pays again", late(500), "Completed, stalled ManualRefundRequired; held 0 taken 2500 back 0 due 2000"},
			{"too little is paid back", refundByHand(499), "Completed, stalled ManualRefundRequired; held 0 taken 2500 back 499 due 2000"},
			{"the rest, too", refundByHand(1), "Completed, ready Completed; held 0 taken 2500 back 500 due 2000"},
		}},
		"of a cancelled order": {newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2), []step{
			{"it is cancelled", cancel, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0"},
			{"a transfer comes in", late(2000), "Cancelled, stalled ManualRefundRequired; held 0 taken 2000 back 0 due 0"},
			{"it is paid back", refundByHand(2000), "Cancelled, ready Cancelled; held 0 taken 2000 back 2000 due 0"},
		}},
		"of a rejected order": {rejected, []step{
			{"a person has said no", nil, "Rejected, stalled ApprovalRejected; held 0 taken 0 back 0 due 0"},
			{"a transfer comes in", late(2000), "Rejected, stalled ManualRefundRequired; held 0 taken 2000 back 0 due 0"},
			{"it is paid back", refundByHand(2000), "Rejected, stalled ApprovalRejected; held 0 taken 2000 back 2000 due 0"},
		}},
	} {
		t.Run(name, func(t *testing.T) { play(t, test.shop, test.steps) })
	}
}

// The settlement follows late money, and keeps the freight of Shipments that are gone.
func TestSettlementAfterTheEnd(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	s.settle()
	parcel(2, (*shop).reserve, (*shop).dispatch, (*shop).deliver)(s)
	s.shipment(1).Spec.ActualFreight = new(v1.Amount(150))
	s.settle()
	s.now = s.now.Add(72 * time.Hour)
	s.settle()
	before := s.order().Status.Settlement.DeepCopy()
	s.facts.Shipments = nil
	late(500)(s)
	s.settle()
	after := s.order().Status.Settlement
	if after.Freight != 150 || after.Revenue != before.Revenue+500 || after.Profit != before.Profit+500 {
		t.Errorf("settled %+v, then %+v", before, after)
	}
	if len(after.Discrepancies) != 1 || after.Discrepancies[0] != (v1.Discrepancy{Kind: v1.DiscrepancyOverCaptured, Amount: 500}) {
		t.Errorf("discrepancies %+v", after.Discrepancies)
	}
	if !meta.IsStatusConditionFalse(s.order().Status.Conditions, v1.ConditionSettled) || !closed(s.order()) {
		t.Error("the order is settled, or not closed")
	}
}

// A deletion waits for money that came after the end.
func TestDeletionWaitsForMoneyAfterTheEnd(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	s.settle()
	cancel(s)
	s.settle()
	late(5)(s)
	s.remove()
	s.settle()
	if Decide(&s.facts, s.now).RemoveFinalizer {
		t.Error("the order goes with money that is owed")
	}
	refundByHand(5)(s)
	if !Decide(&s.facts, s.now).RemoveFinalizer {
		t.Error("the order stays although nothing is owed")
	}
}

// A namespace that is deleted waits ten minutes for what cannot be settled, and
// then has it written down.
func TestANamespaceDoesNotWaitForEver(t *testing.T) {
	s := newShop(t, class(v1.CaptureOnDispatch), v1.PaymentCard, 2)
	s.settle()
	parcel(2, (*shop).reserve, (*shop).dispatch)(s)
	s.settle()
	s.remove()
	s.settle()
	left := func() Plan { return Decide(&s.facts, s.now) }
	s.now = s.now.Add(patience)
	if left().RemoveFinalizer {
		t.Error("an order goes while its parcel travels, and its namespace is there")
	}
	if d := Deadline(&s.facts, s.now); !d.Equal(s.now.Add(patience)) {
		t.Errorf("it looks for the end of its namespace at %v, now is %v", d, s.now)
	}
	s.facts.NamespaceGoing = true
	if p := left(); !p.RemoveFinalizer || !p.Record {
		t.Errorf("after %v: %+v", patience, p)
	}
	s.now = s.now.Add(-time.Second)
	if p := left(); p.RemoveFinalizer || p.Record {
		t.Errorf("before %v: %+v", patience, p)
	}
	if d := Deadline(&s.facts, s.now); !d.Equal(s.now.Add(time.Second)) {
		t.Errorf("it is looked at again at %v, now is %v", d, s.now)
	}
}
