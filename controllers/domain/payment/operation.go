// Package payment is the ledger of an order's payments: which call to the
// provider is due next, what its identity is, and what the calls add up to.
//
// A call is irreversible, so it is recorded before it is made: an operation
// with a deterministic id goes into the order's status as Intended, under the
// status's resourceVersion, and only a later look at the stored order makes the
// call. Whoever finds an operation without a result looks it up at the provider
// by its id, and sends it, with the same id, only if the provider does not know
// it. One operation at a time: nothing new is intended while one is open.
package payment

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/intent"
	"ordercycle.dev/ordercycle/controllers/domain/pricing"
)

// Identity is what makes an operation's id: what survives when the Order is
// deleted and applied again, or restored from a backup. The uid does not.
type Identity struct {
	Installation, Namespace, Name, ExternalRef string
}

// OperationID is the idempotency key and reference of an operation. Each
// provider's operations are numbered by themselves: one that is asked what it knows
// of an order is asked for the first numbers, whatever other providers were told.
func OperationID(id Identity, at Place, kind v1.OperationKind, seq int32) string {
	return intent.ID(seq, id.Installation, id.Namespace, id.Name, id.ExternalRef, string(at.Class), string(at.Provider), string(at.Type), string(kind))
}

// Open is the operation that has no result yet, nil if there is none.
func Open(ops []v1.PaymentOperation) *v1.PaymentOperation {
	for i := range ops {
		switch ops[i].State {
		case v1.OperationIntended, v1.OperationUnknown, v1.OperationFailed:
			return &ops[i]
		}
	}
	return nil
}

// Ref is the provider's reference of the operation with an id, "" if there is none.
func Ref(ops []v1.PaymentOperation, id string) string {
	if op := find(ops, id); op != nil {
		return op.Ref
	}
	return ""
}

func find(ops []v1.PaymentOperation, id string) *v1.PaymentOperation {
	for i := range ops {
		if ops[i].ID == id {
			return &ops[i]
		}
	}
	return nil
}

// LastVain is the last operation of a kind at a provider if it did not come to what
// it was asked for: the provider declined it, did it in another currency, or held
// another amount.
func LastVain(ops []v1.PaymentOperation, kind v1.OperationKind, at Place) *v1.PaymentOperation {
	op := last(ops, kind, at)
	if op == nil {
		return nil
	}
	if op.State == v1.OperationDeclined || op.Currency != "" || (kind == v1.OperationAuthorize && op.Asked != nil) {
		return op
	}
	return nil
}

func last(ops []v1.PaymentOperation, kind v1.OperationKind, at Place) *v1.PaymentOperation {
	var found *v1.PaymentOperation
	for i := range ops {
		if op := &ops[i]; op.Kind == kind && PlaceOf(op) == at && (found == nil || op.Seq > found.Seq) {
			found = op
		}
	}
	return found
}

// counts says whether an operation moved money of the order's currency.
func counts(op *v1.PaymentOperation) bool {
	return op.State == v1.OperationSucceeded && op.Currency == ""
}

// OtherCurrency is how many operations were done in another currency than the
// order's: they count in no sum.
func OtherCurrency(ops []v1.PaymentOperation) int64 {
	var n int64
	for i := range ops {
		if ops[i].Currency != "" {
			n++
		}
	}
	return n
}

// Astray is an operation of the order's own that took or gave back money of another
// currency, nil if there is none. What it did must be settled with the provider.
func Astray(ops []v1.PaymentOperation) *v1.PaymentOperation {
	for i := range ops {
		if op := &ops[i]; op.Currency != "" && op.RecordedAt != nil && (op.Kind == v1.OperationCapture || op.Kind == v1.OperationRefund) {
			return op
		}
	}
	return nil
}

// Sums is what the operations and the recorded payments add up to.
type Sums struct {
	// Authorized is the money that the provider still holds.
	Authorized v1.Amount
	// Captured is the money that came in, by calls or by hand.
	Captured v1.Amount
	// Refunded is the money that went back.
	Refunded v1.Amount
}

// Kept is the money that came in and did not go back.
func (s Sums) Kept() v1.Amount { return s.Captured - s.Refunded }

// Sum adds up what has succeeded and what was recorded by hand. No more can be
// paid back by hand than came in: what is recorded above that counts nothing.
func Sum(ops []v1.PaymentOperation, received, refunded []v1.ReceivedPayment) Sums {
	var s Sums
	for i := range ops {
		op := &ops[i]
		if !counts(op) {
			continue
		}
		switch op.Kind {
		case v1.OperationAuthorize:
			s.Authorized += left(ops, op)
		case v1.OperationCapture:
			s.Captured += op.Amount
		case v1.OperationRefund:
			s.Refunded += op.Amount
		}
	}
	for _, r := range received {
		s.Captured += min(v1.Amount(r.Amount), v1.MaxAmount-s.Captured)
	}
	for _, r := range refunded {
		s.Refunded += min(v1.Amount(r.Amount), s.Kept())
	}
	return s
}

// Captures lists the captures that a provider made.
func Captures(ops []v1.PaymentOperation) []pricing.Capture {
	var list []pricing.Capture
	for i := range ops {
		if op := &ops[i]; op.Kind == v1.OperationCapture && counts(op) {
			list = append(list, pricing.Capture{Amount: op.Amount, Fee: op.Fee})
		}
	}
	return list
}

// OtherAmount is by how much providers did other amounts than they were asked
// for, each counted as positive.
func OtherAmount(ops []v1.PaymentOperation) int64 {
	var sum int64
	for i := range ops {
		op := &ops[i]
		if !counts(op) || op.Asked == nil {
			continue
		}
		difference := int64(op.Amount - *op.Asked)
		sum += max(difference, -difference)
	}
	return sum
}

// Unmatched is what was recorded as paid back by hand above what had come in.
func Unmatched(ops []v1.PaymentOperation, received, refunded []v1.ReceivedPayment) int64 {
	var stated int64
	for _, r := range refunded {
		stated += r.Amount
	}
	counted := Sum(ops, received, refunded).Refunded - Sum(ops, received, nil).Refunded
	return stated - int64(counted)
}

// State is a view of the sums.
func State(s Sums, total, due v1.Amount) v1.PaymentState {
	kept := s.Kept()
	switch {
	case total == 0 && s == Sums{}:
		return v1.PaymentPaid
	case s.Captured > 0 && kept == 0:
		return v1.PaymentRefunded
	case kept > due:
		return v1.PaymentOverpaid
	case kept == due && s.Captured > 0:
		return v1.PaymentPaid
	case kept > 0:
		return v1.PaymentPartiallyPaid
	case s.Authorized > 0:
		return v1.PaymentAuthorized
	case due == 0:
		return v1.PaymentVoided
	default:
		return v1.PaymentUnpaid
	}
}

// Place is a provider of a class. Under another type its name means another one.
type Place struct {
	Class    v1.ObjectName
	Provider v1.Identifier
	Type     v1.ProviderType
}

// PlaceOf is where an operation was sent, or will be.
func PlaceOf(op *v1.PaymentOperation) Place { return Place{op.Class, op.Provider, op.Type} }

// Record appends a step as the next operation of its kind at its place, Intended.
// generation is that of the spec which led to it.
func (st *Step) Record(id Identity, ops []v1.PaymentOperation, generation int64, now metav1.Time) []v1.PaymentOperation {
	seq, place := int32(1), st.At
	if op := last(ops, st.Kind, place); op != nil {
		seq = op.Seq + 1
	}
	return append(ops, v1.PaymentOperation{
		ID: OperationID(id, place, st.Kind, seq), Kind: st.Kind, Seq: seq, Amount: st.Amount, State: v1.OperationIntended,
		Parent: st.Parent, Class: place.Class, Provider: place.Provider, Type: place.Type, Basis: generation, At: now, RecordedAt: &now,
	})
}
