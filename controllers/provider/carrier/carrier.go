// Package carrier holds what a Shipment and a carrier say to each other; the errors of a
// call are those of package port. The adapters are in the folders below; each passes the
// suite in package conformance.
package carrier

import (
	"context"
	"time"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Carrier takes orders for the transport of parcels, which are called bookings.
type Carrier interface {
	// Lookup finds what became of a booking; port.ErrUnknown if it was never received.
	Lookup(ctx context.Context, id string) (*Booking, error)
	// Book orders a transport, once for each ID, for ever: an ID that was booked before
	// is answered with what has become of it, voided ones as well.
	Book(ctx context.Context, r Request) (*Booking, error)
	// Void takes a booking back. It is void only if the answer says so: a carrier that
	// has the parcels, or wants to be paid all the same, answers with the booking as it
	// stays. Voided again it stays void, and what was never received is void from then on,
	// so that a call which is still on its way books nothing.
	Void(ctx context.Context, id string) (*Booking, error)
}

// Tracker is a Carrier that tells where the parcels of a booking are.
type Tracker interface {
	// Scans lists what was scanned of a booking so far, in any order; port.ErrUnknown if
	// the booking was never received.
	Scans(ctx context.Context, id string) ([]v1.CarrierEvent, error)
}

// Desk makes the adapter of a carrier at an address, for an object of a namespace that names
// its Secret. The error is port.ErrUnusable if a person must mend something first.
type Desk interface {
	At(ctx context.Context, namespace, url string, secret *v1.LocalReference) (Carrier, error)
}

// Request is one transport.
type Request struct {
	// ID is the reference by which the carrier finds it again.
	ID string
	// Shipment is the name by which people find it in the shop.
	Shipment v1.ObjectName
	// Lanes of the carrier, one after the other.
	Lanes []v1.Identifier
	// From is the place at which they begin, and To that at which they end; "" for the
	// door of the customer.
	From v1.Identifier
	To   v1.Place
	// Recipient is the customer, where the last lane goes to the door; nil otherwise.
	// None of it is ever stored or logged.
	Recipient *Recipient
	Parcels   []v1.Parcel
	// DepartBy is the cutoff of the first lane; zero for a lane without one.
	DepartBy time.Time
	// Currency that the price is wanted in.
	Currency v1.Currency
}

// Recipient is who gets the parcels.
type Recipient struct {
	v1.Address
	Phone string
}

// State of a booking.
type State string

// States of a booking. What the carrier has not decided yet is port.ErrPending.
const (
	// Booked means that the carrier will take the parcels.
	Booked State = "Booked"
	// Refused means that it will not, and that there is nothing to pay.
	Refused State = "Refused"
	// Voided means that the booking was taken back, and that there is nothing to pay.
	Voided State = "Voided"
)

// Booking is a transport as the carrier has it in its books.
type Booking struct {
	State State
	// Ref is the carrier's own reference, at most port.MaxMessage bytes.
	Ref string
	// TrackingNumber by which people ask the carrier for the parcels, at most
	// port.MaxMessage bytes.
	TrackingNumber string
	// Label is the address at which the warehouse gets the labels to print; "" if there
	// is none. The labels themselves have personal data on them and stay there.
	Label string
	// Price in minor units of Currency; nil if it is not said.
	Price    *v1.Amount
	Currency v1.Currency
	// Message for people, without personal data, at most port.MaxMessage bytes.
	Message string
}

// MaxLabel bounds Booking.Label, as the schema does.
const MaxLabel = 253
