package payment

import (
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Need is what the order asks of the provider now.
type Need struct {
	// Authorize is the money that must be held before the order is confirmed; 0 for none.
	Authorize v1.Amount
	// Capture is the money that should have come in by now.
	Capture v1.Amount
	// Keep is the most that may stay with us: what is above it is refunded.
	Keep v1.Amount
	// Close says that nothing more will be captured: what is held is released.
	Close bool
}

// Step is one call that is due.
type Step struct {
	Kind   v1.OperationKind
	Amount v1.Amount
	Parent string
}

// Next is the call that is due, nil if there is none: first money goes back,
// then what is held and no longer needed is released, then money is held or
// taken. s is the sum of the operations and of what was recorded by hand, so that
// no call repeats what a person did. It must not be asked while an operation is
// open. A declined kind is tried again only once the spec has changed, which the
// generation tells.
func Next(ops []v1.PaymentOperation, s Sums, n Need, generation int64) *Step {
	if over := s.Kept() - n.Keep; over > 0 && mayTry(ops, v1.OperationRefund, generation) {
		if parent, rest := oldest(ops, v1.OperationCapture, v1.OperationRefund); parent != nil {
			return &Step{v1.OperationRefund, min(over, rest), parent.ID}
		}
	}
	held, rest := oldest(ops, v1.OperationAuthorize, v1.OperationCapture, v1.OperationVoid)
	if held != nil && (n.Close || (n.Authorize > 0 && s.Authorized != n.Authorize)) && mayTry(ops, v1.OperationVoid, generation) {
		return &Step{v1.OperationVoid, rest, held.ID}
	}
	if n.Authorize > 0 && s.Authorized == 0 && mayTry(ops, v1.OperationAuthorize, generation) {
		return &Step{v1.OperationAuthorize, n.Authorize, ""}
	}
	if want := n.Capture - s.Kept(); want > 0 && held != nil && !n.Close && mayTry(ops, v1.OperationCapture, generation) {
		return &Step{v1.OperationCapture, min(want, rest), held.ID}
	}
	return nil
}

func mayTry(ops []v1.PaymentOperation, kind v1.OperationKind, generation int64) bool {
	op := LastDeclined(ops, kind)
	return op == nil || op.Basis < generation
}

// oldest is the first operation of a kind that has money left, with the rest
// that the operations of the using kinds have not taken from it.
func oldest(ops []v1.PaymentOperation, kind v1.OperationKind, using ...v1.OperationKind) (*v1.PaymentOperation, v1.Amount) {
	for i := range ops {
		op := &ops[i]
		if op.Kind != kind || op.State != v1.OperationSucceeded {
			continue
		}
		if left := rest(ops, op, using...); left > 0 {
			return op, left
		}
	}
	return nil, 0
}

// rest is what the operations of the using kinds have left of an operation: 0
// if a provider took more than there was.
func rest(ops []v1.PaymentOperation, op *v1.PaymentOperation, using ...v1.OperationKind) v1.Amount {
	left := op.Amount
	for i := range ops {
		if u := &ops[i]; u.Parent == op.ID && u.State == v1.OperationSucceeded && slices.Contains(using, u.Kind) {
			left -= u.Amount
		}
	}
	return max(0, left)
}
