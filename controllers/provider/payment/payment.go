// Package payment holds what an order and a payment provider say to each other; the
// errors of a call are those of package port.
// The adapters are in the folders below; each passes the suite in package
// conformance, and package registry makes the one that a class describes.
package payment

import (
	"context"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Provider carries out payment operations.
type Provider interface {
	// Lookup finds what became of a request; port.ErrUnknown if it was never received.
	Lookup(ctx context.Context, r Request) (*Answer, error)
	// Send carries out a request, once for each Key.
	Send(ctx context.Context, r Request) (*Answer, error)
}

// Request is one call to a provider.
type Request struct {
	// ID is the reference by which the provider finds it again.
	ID string
	// Key is the idempotency key: a provider that has seen it answers as it did
	// before and has no second effect. It is the ID, or, where an earlier key of the
	// same ID is spent, another one.
	Key    string
	Kind   v1.OperationKind
	Amount v1.Amount
	// Currency of Amount, which is in its minor units.
	Currency v1.Currency
	// Parent is the ID of the authorisation that is captured or voided, or of the
	// capture that is refunded, and ParentRef the provider's own reference to it.
	Parent, ParentRef string
	// Token of the customer, for an authorisation. It is never stored or logged.
	Token string
	// Since is when the operation was recorded, and so the earliest time at which
	// it can have been sent; zero if that is not known.
	Since time.Time
}

// Answer is what a provider says of a call.
type Answer struct {
	// Declined calls had no effect and never will have.
	Declined bool
	// Amount, Currency and Parent of the operation as the provider has them.
	Amount   v1.Amount
	Currency v1.Currency
	Parent   string
	// Ref is the provider's own reference, at most 128 bytes.
	Ref string
	// Fee that the provider keeps of a capture, in minor units of Currency; nil if
	// it does not say so.
	Fee *v1.Amount
	// Message for people, without personal data, at most 128 bytes.
	Message string
}
