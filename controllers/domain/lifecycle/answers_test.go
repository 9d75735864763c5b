package lifecycle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/payment"
)

// A provider may do something else than it was asked for. Whatever it is, no call is
// repeated without end, and no money is moved a second time because of it.
func TestOddAnswers(t *testing.T) {
	another := func(s *shop) { s.edit(func(o *v1.OrderSpec) { o.Priority++ }) }
	reject := func(s *shop) {
		s.edit(func(o *v1.OrderSpec) { o.Approval = &v1.Approval{Decision: v1.DecisionReject} })
	}
	sent := all(parcel(2, (*shop).reserve, (*shop).dispatch), (*shop).settle)
	for name, test := range map[string]struct {
		method v1.PaymentMethod
		twist  func(op *v1.PaymentOperation, out *payment.Outcome)
		lost   bool
		steps  []step
		calls  []string
	}{
		"it holds less than it was asked for": {
			v1.PaymentCard,
			func(op *v1.PaymentOperation, out *payment.Outcome) {
				if op.Kind == v1.OperationAuthorize {
					out.Amount--
				}
			},
			false,
			[]step{
				{"placed", nil, "OnHold, ready PaymentDeclined; held 1999 taken 0 back 0 due 2000"},
				{"an edit tries once more", another, "OnHold, ready PaymentDeclined; held 1999 taken 0 back 0 due 2000"},
				{"cancelled", cancel, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0"},
			},
			[]string{"Authorize 1999 Succeeded", "Void 1999 Succeeded", "Authorize 1999 Succeeded", "Void 1999 Succeeded"},
		},
		"it releases nothing of a hold that has lapsed": {
			v1.PaymentCard,
			func(op *v1.PaymentOperation, out *payment.Outcome) {
				if op.Kind == v1.OperationVoid {
					out.Amount = 0
				}
			},
			false,
			[]step{
				{"placed", nil, "Backordered, ready AwaitingStock; held 2000 taken 0 back 0 due 2000"},
				{"cancelled", cancel, "Cancelled, ready Cancelled; held 0 taken 0 back 0 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Void 0 Succeeded"},
		},
		"it does not release what is held for an order that is rejected": {
			v1.PaymentCard,
			func(op *v1.PaymentOperation, out *payment.Outcome) { out.Declined = op.Kind == v1.OperationVoid },
			true,
			[]step{
				{"its answer is lost", nil, "Received, busy PaymentUnclear; held 0 taken 0 back 0 due 2000"},
				{"a person says no, and the hold is found", all(func(s *shop) { s.bank.lost = false; s.now = s.now.Add(time.Minute) }, reject),
					"OnHold, stalled PaymentDeclined; held 2000 taken 0 back 0 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Void 2000 Declined"},
		},
		"it does not give back what was taken": {
			v1.PaymentOnline,
			func(op *v1.PaymentOperation, out *payment.Outcome) { out.Declined = op.Kind == v1.OperationRefund },
			false,
			[]step{
				{"cancelled", cancel, "Cancelling, stalled ManualRefundRequired; held 0 taken 2000 back 0 due 0"},
				{"an edit tries nothing, for a person may have begun", another, "Cancelling, stalled ManualRefundRequired; held 0 taken 2000 back 0 due 0"},
				{"nor does a deletion", (*shop).remove, "Cancelling, stalled ManualRefundRequired; held 0 taken 2000 back 0 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Capture 2000 Succeeded", "Refund 2000 Declined"},
		},
		"it takes money of another currency": {
			v1.PaymentCard,
			func(op *v1.PaymentOperation, out *payment.Outcome) {
				if op.Kind == v1.OperationCapture {
					out.Currency = "USD"
				}
			},
			false,
			[]step{
				{"sent", sent, "Shipped, stalled OtherCurrency; held 2000 taken 0 back 0 due 2000"},
				{"an edit takes nothing beside it", another, "Shipped, stalled OtherCurrency; held 2000 taken 0 back 0 due 2000"},
				{"it was changed with the provider's help, and recorded", func(s *shop) { s.receive(2000) }, "Shipped, stalled OtherCurrency; held 0 taken 2000 back 0 due 2000"},
			},
			[]string{"Authorize 2000 Succeeded", "Capture 2000 Succeeded", "Void 2000 Succeeded"},
		},
		"it took money of another currency for an order that is cancelled": {
			v1.PaymentOnline,
			func(op *v1.PaymentOperation, out *payment.Outcome) {
				if op.Kind == v1.OperationCapture {
					out.Currency = "USD"
				}
			},
			false,
			[]step{
				{"placed", nil, "Backordered, stalled OtherCurrency; held 2000 taken 0 back 0 due 2000"},
				{"cancelled", cancel, "Cancelled, stalled OtherCurrency; held 0 taken 0 back 0 due 0"},
			},
			[]string{"Authorize 2000 Succeeded", "Capture 2000 Succeeded", "Void 2000 Succeeded"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, class(v1.CaptureOnDispatch), test.method, 2)
			s.bank.twist = test.twist
			s.bank.lost = test.lost
			play(t, s, test.steps)
			if diff := cmp.Diff(test.calls, s.calls()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if settled := meta.FindStatusCondition(s.order().Status.Conditions, v1.ConditionSettled); payment.Astray(operations(s.order())) != nil && settled.Status != "False" {
				t.Errorf("it says that it is settled: %+v", settled)
			}
		})
	}
}
