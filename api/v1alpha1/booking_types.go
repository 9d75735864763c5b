package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// MaxBookings is the number of bookings that a Shipment keeps.
const MaxBookings = 20

// Booking is a transport that was ordered from a Partner: the lanes of a route that
// follow each other and belong to it. It is recorded before the carrier is called, and
// remembers where, so that it can be taken back whatever becomes of the Partner.
type Booking struct {
	// id is the reference by which the carrier finds it again.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	ID string `json:"id"`
	// seq counts the bookings of the Shipment, from 1.
	// +required
	// +kubebuilder:validation:Minimum=1
	Seq int32 `json:"seq"`
	// partner that carries the parcels.
	// +required
	Partner ObjectName `json:"partner"`
	// url of the carrier when it was recorded.
	// +required
	// +kubebuilder:validation:MaxLength=253
	URL string `json:"url"`
	// secretRef names the carrier's credentials when it was recorded.
	// +optional
	SecretRef *LocalReference `json:"secretRef,omitempty"`
	// basis is the uid and the generation of the Partner which it was recorded for, as
	// uid/generation: what was refused is asked for again once the Partner has changed.
	// +required
	// +kubebuilder:validation:MaxLength=64
	Basis string `json:"basis"`
	// lanes of the partner, one after the other.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	Lanes []Identifier `json:"lanes"`
	// from is the place at which they begin.
	// +required
	From Identifier `json:"from"`
	// to is the place at which they end; nothing for the door of the customer.
	// +optional
	To Place `json:"to,omitempty"`
	// departBy is the cutoff until which the parcels have to be handed over; nothing for
	// a lane without one.
	// +optional
	DepartBy *metav1.Time `json:"departBy,omitempty"`
	// state of the booking.
	// +required
	State BookingState `json:"state"`
	// voidSince is when it was decided to take it back. That is not undecided before the
	// carrier has answered.
	// +optional
	VoidSince *metav1.Time `json:"voidSince,omitempty"`
	// recordedAt is when it was recorded, before any call.
	// +required
	RecordedAt metav1.Time `json:"recordedAt"`
	// at is when the carrier was last asked, when it was decided to take it back, or when it
	// was recorded.
	// +required
	At metav1.Time `json:"at"`
	// attempts since the last clear answer.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Attempts int32 `json:"attempts,omitempty"`
	// ref is the carrier's own reference.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Ref string `json:"ref,omitempty"`
	// trackingNumber by which people ask the carrier for the parcels.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	TrackingNumber string `json:"trackingNumber,omitempty"`
	// label is the address at which the warehouse gets the labels to print.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Label string `json:"label,omitempty"`
	// price that the carrier asks, in minor units of the order's currency.
	// +optional
	Price *Amount `json:"price,omitempty"`
	// message is what the carrier says about it, or what a person has to mend before it
	// can be asked again.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Message string `json:"message,omitempty"`
}

// BookingState is what has become of a booking.
// +kubebuilder:validation:Enum=Intended;Unknown;Booked;Refused;Voided;Kept
type BookingState string

const (
	// BookingIntended means that it is recorded and will be asked for.
	BookingIntended BookingState = "Intended"
	// BookingUnknown means that there was no clear answer; it will be looked up.
	BookingUnknown BookingState = "Unknown"
	// BookingBooked means that the carrier will take the parcels.
	BookingBooked BookingState = "Booked"
	// BookingRefused means that the carrier will not, and that there is nothing to pay.
	BookingRefused BookingState = "Refused"
	// BookingVoided means that it was taken back, by the shop if voidSince says since when
	// and by the carrier otherwise, and that there is nothing to pay.
	BookingVoided BookingState = "Voided"
	// BookingKept means that it was to be taken back and that the carrier did not agree.
	BookingKept BookingState = "Kept"
)
