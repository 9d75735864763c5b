package payment

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/intent"
)

func TestConclude(t *testing.T) {
	later := now.Add(time.Minute)
	at := metav1.NewTime(later)
	asked := v1.PaymentOperation{Kind: v1.OperationCapture, Amount: 100, State: v1.OperationUnknown, Parent: "a", RecordedAt: &now, At: now, Attempts: 2, Message: "create the Secret"}
	with := func(change func(*v1.PaymentOperation)) v1.PaymentOperation {
		op := asked
		op.At, op.Message = at, ""
		change(&op)
		return op
	}
	for name, test := range map[string]struct {
		op   v1.PaymentOperation
		out  Outcome
		want v1.PaymentOperation
	}{
		"what was asked for was done": {
			asked, Outcome{Amount: 100, Parent: "a", Ref: "r", Fee: new(v1.Amount(3))},
			with(func(op *v1.PaymentOperation) {
				op.State, op.Ref, op.Fee = v1.OperationSucceeded, "r", new(v1.Amount(3))
			}),
		},
		"another amount was done: both are kept": {
			asked, Outcome{Amount: 70},
			with(func(op *v1.PaymentOperation) {
				op.State, op.Amount, op.Asked = v1.OperationSucceeded, 70, new(v1.Amount(100))
			}),
		},
		"nothing was done": {
			asked, Outcome{Declined: true, Message: "expired"},
			with(func(op *v1.PaymentOperation) { op.State, op.Message = v1.OperationDeclined, "expired" }),
		},
		"an adopted operation is what the provider says": {
			v1.PaymentOperation{Kind: v1.OperationCapture}, Outcome{Amount: 70, Parent: "b"},
			v1.PaymentOperation{Kind: v1.OperationCapture, Amount: 70, Parent: "b", State: v1.OperationSucceeded, At: at},
		},
		"the parent is ours, whatever the provider says": {
			asked, Outcome{Amount: 100, Parent: "other"},
			with(func(op *v1.PaymentOperation) { op.State = v1.OperationSucceeded }),
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Conclude(test.op, test.out, later)); diff != "" {
				t.Errorf("Conclude (-want +got):\n%s", diff)
			}
		})
	}
	unclear := with(func(op *v1.PaymentOperation) { op.State, op.Attempts, op.Message = v1.OperationUnknown, 3, "mend it" })
	if diff := cmp.Diff(unclear, Unclear(asked, "mend it", later)); diff != "" {
		t.Errorf("Unclear (-want +got):\n%s", diff)
	}
}

// A failed call is looked up before it gets a new key, and every key is another.
func TestFailedCall(t *testing.T) {
	op := v1.PaymentOperation{ID: "id", State: v1.OperationIntended, RecordedAt: &now, At: now}
	if Key(&op) != "id" || Spent(&op, time.Hour, now.Time) || !RetryAt(&op).IsZero() {
		t.Errorf("intended: key %s, to be tried at %v", Key(&op), RetryAt(&op))
	}
	if unclear := Unclear(op, "", now.Time); Settled(&unclear, now.Add(intent.MaxBackoff-time.Second)) || !Settled(&unclear, now.Add(intent.MaxBackoff)) {
		t.Error("a call without an answer is on its way for five minutes")
	}
	op = Fail(op, now.Time)
	if op.State != v1.OperationFailed || Open([]v1.PaymentOperation{op}) == nil || !Spent(&op, time.Hour, now.Time) || !Settled(&op, now.Time) || !RetryAt(&op).Equal(now.Add(lag)) {
		t.Errorf("failed: %+v, to be tried at %v", op, RetryAt(&op))
	}
	later := now.Add(time.Minute)
	op = Renew(op, later)
	if op.State != v1.OperationIntended || Key(&op) != "id-2" || Spent(&op, time.Hour, later) || !op.RecordedAt.Equal(&now) {
		t.Errorf("renewed: %+v", op)
	}
	if op = Renew(Fail(op, later), later); Key(&op) != "id-3" {
		t.Errorf("renewed again: %+v", op)
	}
}

func TestSpent(t *testing.T) {
	recorded := v1.PaymentOperation{State: v1.OperationUnknown, RecordedAt: &now}
	renewed := metav1.NewTime(now.Add(time.Hour))
	again := recorded
	again.RenewedAt = &renewed
	for name, test := range map[string]struct {
		op     v1.PaymentOperation
		window time.Duration
		after  time.Duration
		want   bool
	}{
		"within the window":                      {recorded, time.Hour, time.Hour - time.Second, false},
		"at its end":                             {recorded, time.Hour, time.Hour, true},
		"a provider that never forgets":          {recorded, 0, 1000 * time.Hour, false},
		"the window of the new key counts":       {again, time.Hour, 2*time.Hour - time.Second, false},
		"that one ends as well":                  {again, time.Hour, 2 * time.Hour, true},
		"nobody knows when it was recorded":      {v1.PaymentOperation{}, time.Hour, 1000 * time.Hour, false},
		"a failure is repeated, whenever it was": {v1.PaymentOperation{State: v1.OperationFailed, RecordedAt: &now}, time.Hour, 0, true},
	} {
		if got := Spent(&test.op, test.window, now.Add(test.after)); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
