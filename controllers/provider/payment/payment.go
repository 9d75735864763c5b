// Package payment holds what an order and a payment provider say to each other.
// The adapters are in the folders below; the interface is declared where it is
// used, in package order.
package payment

import (
	"errors"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Request is one call to a provider. Its ID is the idempotency key: a provider
// that has seen it answers as it did before and has no second effect.
type Request struct {
	ID     string
	Kind   v1.OperationKind
	Amount v1.Amount
	// Currency of Amount, which is in its minor units.
	Currency v1.Currency
	// Parent is the ID of the authorisation that is captured or voided, or of the
	// capture that is refunded.
	Parent string
	// Token of the customer, for an authorisation. It is never stored or logged.
	Token string
}

// Answer is what a provider says of a call.
type Answer struct {
	// Declined calls had no effect and never will have.
	Declined bool
	// Amount, Currency and Parent of the operation as the provider has them.
	Amount   v1.Amount
	Currency v1.Currency
	Parent   string
	// Ref is the provider's own reference.
	Ref string
	// Message for people, without personal data, at most 128 bytes.
	Message string
}

// ErrUnknown is the answer to a look-up of an ID that the provider has never seen.
var ErrUnknown = errors.New("the provider does not know this operation")
