package payment

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/intent"
)

// Outcome is what a provider says has become of an operation.
type Outcome struct {
	Declined bool
	Amount   v1.Amount
	// Currency of the amount where it is not the order's.
	Currency v1.Currency
	Parent   string
	Ref      string
	Fee      *v1.Amount
	Message  string
}

// Conclude records an outcome. The amount is what the provider did; where that is
// not what it was asked for, both are kept, and so is a currency that is not the
// order's.
func Conclude(op v1.PaymentOperation, out Outcome, now time.Time) v1.PaymentOperation {
	op.State = v1.OperationSucceeded
	if out.Declined {
		op.State = v1.OperationDeclined
	}
	if op.Parent == "" {
		op.Parent = out.Parent
	}
	switch {
	case op.RecordedAt == nil && op.Amount == 0:
		op.Amount = out.Amount // adopted: nobody remembers what was asked for
	case !out.Declined && out.Amount != op.Amount:
		asked := op.Amount
		op.Asked, op.Amount = &asked, out.Amount
	}
	op.Ref, op.Fee, op.Message = out.Ref, out.Fee, out.Message
	if op.Kind == v1.OperationAuthorize && op.Asked != nil {
		op.Message = fmt.Sprintf("%d minor units were held, not %d", op.Amount, *op.Asked)
	}
	if !out.Declined && out.Currency != "" {
		op.Currency, op.Fee, op.Message = out.Currency, nil, fmt.Sprintf("done in %s, which is not the order's currency", out.Currency)
	}
	op.At = metav1.NewTime(now).Rfc3339Copy()
	return op
}

// Unclear records that there was no clear answer, and what a person has to mend
// before there can be one, "" for nothing.
func Unclear(op v1.PaymentOperation, mend string, now time.Time) v1.PaymentOperation {
	op.State, op.Message = v1.OperationUnknown, mend
	op.At = metav1.NewTime(now).Rfc3339Copy()
	op.Attempts++
	return op
}

// Fail records the answer that the provider failed: it is at the end of the call,
// and says so again whenever it gets the same key.
func Fail(op v1.PaymentOperation, now time.Time) v1.PaymentOperation {
	op = Unclear(op, "", now)
	op.State = v1.OperationFailed
	return op
}

// Renew gives an operation that the provider does not know another key, to be
// stored before it is used.
func Renew(op v1.PaymentOperation, now time.Time) v1.PaymentOperation {
	at := metav1.NewTime(now).Rfc3339Copy()
	op.State, op.Message, op.At, op.RenewedAt = v1.OperationIntended, "", at, &at
	op.Renewals++
	return op
}

// Key is the idempotency key of an operation.
func Key(op *v1.PaymentOperation) string {
	if op.Renewals == 0 {
		return op.ID
	}
	return fmt.Sprintf("%s-%d", op.ID, op.Renewals+1)
}

// Spent says whether the key of an operation must not be used: the provider
// repeats a failure for it, or may have forgotten it after its window, so that it
// protects from nothing any more. A window of 0 is none.
func Spent(op *v1.PaymentOperation, window time.Duration, now time.Time) bool {
	if op.State == v1.OperationFailed {
		return true
	}
	since := op.RecordedAt
	if op.RenewedAt != nil {
		since = op.RenewedAt
	}
	return window > 0 && since != nil && !now.Before(since.Add(window))
}

// Settled says whether no call of an operation can be on its way any more: the
// provider has ended the last one, or it was made long ago.
func Settled(op *v1.PaymentOperation, now time.Time) bool {
	return op.State == v1.OperationFailed || !now.Before(op.At.Add(intent.MaxBackoff))
}

// lag is how long the provider's books may not show yet what it has done, also where
// its answer was a failure.
const lag = 10 * time.Second

// Fresh says whether the provider's books may not show yet that an operation was
// concluded. Another clock than that of the conclusion may be a little behind; of one
// that was set back further it is not known when they do, and nobody waits for that.
func Fresh(op *v1.PaymentOperation, now time.Time) bool {
	return now.Sub(op.At.Time).Abs() < lag
}

// RetryAt is when an open operation is to be tried: one that was only intended at
// once, an unclear one after 1, 2, 4, ... seconds, and a failed one no sooner than
// a look-up tells the truth.
func RetryAt(op *v1.PaymentOperation) time.Time {
	if op.State == v1.OperationIntended {
		return time.Time{}
	}
	backoff := intent.Backoff(op.Attempts)
	if op.State == v1.OperationFailed {
		backoff = max(lag, backoff)
	}
	return op.At.Add(backoff)
}
