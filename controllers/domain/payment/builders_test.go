package payment

import (
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

var now = metav1.NewTime(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))

// op is an operation of a kind and number that ended in a state; its id is like
// "Capture-2".
func op(kind v1.OperationKind, seq int32, amount v1.Amount, state v1.OperationState, parent string) v1.PaymentOperation {
	return v1.PaymentOperation{ID: id(kind, seq), Kind: kind, Seq: seq, Amount: amount, State: state, Parent: parent}
}

func id(kind v1.OperationKind, seq int32) string { return string(kind) + "-" + strconv.Itoa(int(seq)) }

// done is an operation that succeeded.
func done(kind v1.OperationKind, seq int32, amount v1.Amount, parent string) v1.PaymentOperation {
	return op(kind, seq, amount, v1.OperationSucceeded, parent)
}

// declined is an operation that was refused, asked for by a generation.
func declined(kind v1.OperationKind, seq int32, basis int64) v1.PaymentOperation {
	o := op(kind, seq, 1, v1.OperationDeclined, "")
	o.Basis = basis
	return o
}

func received(amounts ...int64) []v1.ReceivedPayment {
	list := make([]v1.ReceivedPayment, len(amounts))
	for i, a := range amounts {
		list[i] = v1.ReceivedPayment{Amount: a}
	}
	return list
}
