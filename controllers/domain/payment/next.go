package payment

import (
	"slices"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Need is what the order asks of the provider now.
type Need struct {
	// Authorize is the money that must be held before the order is confirmed; 0 for none.
	Authorize v1.Amount
	// Only says that no money may be held but at the chosen provider.
	Only bool
	// Capture is the money that should have come in by now.
	Capture v1.Amount
	// Keep is the most that may stay with us: what is above it is refunded.
	Keep v1.Amount
	// Close says that nothing more will be captured: what is held is released.
	Close bool
}

// Step is one call that is due. One that acts on an earlier operation is due where
// that was made.
type Step struct {
	Kind   v1.OperationKind
	At     Place
	Amount v1.Amount
	Parent string
}

// Next is the call that is due, nil if there is none: first money goes back,
// then what is held and no longer needed is released, then money is held or
// taken. s is the sum of the operations and of what was recorded by hand, so that
// no call repeats what a person did. It must not be asked while an operation is
// open. Money is held at the chosen provider; what another one holds is released
// first. A kind that came to nothing is tried again at the same provider only once
// the spec has changed, which the generation tells; see mayTry for what never is.
func Next(ops []v1.PaymentOperation, s Sums, n Need, chosen Place, generation int64) *Step {
	on := func(kind v1.OperationKind, amount v1.Amount, parent *v1.PaymentOperation) *Step {
		if parent == nil || !mayTry(ops, kind, PlaceOf(parent), generation) {
			return nil
		}
		return &Step{kind, PlaceOf(parent), amount, parent.ID}
	}
	if over := s.Kept() - n.Keep; over > 0 {
		parent, rest := oldest(ops, v1.OperationCapture, v1.OperationRefund)
		if step := on(v1.OperationRefund, min(over, rest), parent); step != nil {
			return step
		}
	}
	held, rest := oldest(ops, v1.OperationAuthorize, v1.OperationCapture, v1.OperationVoid)
	if stray := HeldElsewhere(ops, chosen); n.Only && stray != nil {
		return on(v1.OperationVoid, left(ops, stray), stray)
	}
	if n.Close || (n.Authorize > 0 && s.Authorized != n.Authorize) {
		if step := on(v1.OperationVoid, rest, held); step != nil {
			return step
		}
	}
	if n.Authorize > 0 && s.Authorized == 0 && mayTry(ops, v1.OperationAuthorize, chosen, generation) {
		return &Step{v1.OperationAuthorize, chosen, n.Authorize, ""}
	}
	if want := n.Capture - s.Kept(); want > 0 && !n.Close {
		return on(v1.OperationCapture, min(want, rest), held)
	}
	return nil
}

// mayTry says whether an operation may be tried once the last one of its kind at a
// provider came to nothing: after an edit, and never where money may have moved
// beside it. A refund that was declined is paid back by hand, and nobody knows when a
// person has begun to; what was done in another currency has moved money.
func mayTry(ops []v1.PaymentOperation, kind v1.OperationKind, at Place, generation int64) bool {
	op := LastVain(ops, kind, at)
	switch {
	case op == nil:
		return true
	case op.Currency != "" && op.RecordedAt == nil:
		return true // of an earlier order of the name
	case kind == v1.OperationRefund, kind == v1.OperationCapture && op.Currency != "":
		return false
	default:
		return op.Basis < generation
	}
}

// HeldElsewhere is an authorisation that holds money at another provider than the
// chosen one, nil if there is none.
func HeldElsewhere(ops []v1.PaymentOperation, chosen Place) *v1.PaymentOperation {
	for i := range ops {
		if op := &ops[i]; op.Kind == v1.OperationAuthorize && counts(op) && PlaceOf(op) != chosen && left(ops, op) > 0 {
			return op
		}
	}
	return nil
}

// left is what an authorisation still holds.
func left(ops []v1.PaymentOperation, op *v1.PaymentOperation) v1.Amount {
	return rest(ops, op, v1.OperationCapture, v1.OperationVoid)
}

// oldest is the first operation of a kind that has money left, with the rest
// that the operations of the using kinds have not taken from it.
func oldest(ops []v1.PaymentOperation, kind v1.OperationKind, using ...v1.OperationKind) (*v1.PaymentOperation, v1.Amount) {
	for i := range ops {
		op := &ops[i]
		if op.Kind != kind || !counts(op) {
			continue
		}
		if unused := rest(ops, op, using...); unused > 0 {
			return op, unused
		}
	}
	return nil, 0
}

// rest is what the operations of the using kinds have left of an operation: 0
// if a provider took more than there was.
func rest(ops []v1.PaymentOperation, op *v1.PaymentOperation, using ...v1.OperationKind) v1.Amount {
	unused := op.Amount
	for i := range ops {
		if u := &ops[i]; u.Parent == op.ID && counts(u) && slices.Contains(using, u.Kind) {
			if u.Kind == v1.OperationVoid {
				return 0 // whatever it released, nothing is held any more
			}
			unused -= u.Amount
		}
	}
	return max(0, unused)
}
