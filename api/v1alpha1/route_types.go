package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RouteLeg is one lane of the route of a Shipment, with its times and price as they
// were when the route was chosen, or its departure was missed.
type RouteLeg struct {
	// partner that carries the parcels.
	// +required
	Partner ObjectName `json:"partner"`
	// lane of the partner.
	// +required
	Lane Identifier `json:"lane"`
	// mode of transport.
	// +required
	Mode Mode `json:"mode"`
	// from is the place at which it begins.
	// +required
	From Identifier `json:"from"`
	// to is the place at which it ends; nothing for the door of the customer.
	// +optional
	To Place `json:"to,omitempty"`
	// departBy is the cutoff until which the parcels have to be handed over; nothing
	// for a lane without one.
	// +optional
	DepartBy *metav1.Time `json:"departBy,omitempty"`
	// p50 is when half of the parcels are at its end.
	// +required
	P50 metav1.Time `json:"p50"`
	// p90 is when nine of ten are.
	// +required
	P90 metav1.Time `json:"p90"`
	// transitHours of the lane.
	// +required
	TransitHours TransitHours `json:"transitHours"`
	// cost of the parcels on this lane, in minor units of the order's currency.
	// +optional
	Cost Amount `json:"cost,omitempty"`
}

// RouteAlternative is the best route by a mode that the chosen one does not use, and
// what speaks against it.
type RouteAlternative struct {
	// mode of transport.
	// +required
	Mode Mode `json:"mode"`
	// reason why it was not chosen.
	// +required
	Reason RouteRejection `json:"reason"`
	// cost of the parcels on it, in minor units of the order's currency; nothing where
	// there is no such route.
	// +optional
	Cost *Amount `json:"cost,omitempty"`
	// p90 is when nine of ten parcels would be with the customer.
	// +optional
	P90 *metav1.Time `json:"p90,omitempty"`
}

// RouteRejection is why a route was not chosen.
// +kubebuilder:validation:Enum=NoRoute;TooLate;Slower;Dearer;MoreDamage;NotBetter
type RouteRejection string

const (
	// RejectedNoRoute means that no lanes of that mode that take the goods lead to the
	// customer, in the time for which they keep.
	RejectedNoRoute RouteRejection = "NoRoute"
	// RejectedTooLate means that it does not keep the promise.
	RejectedTooLate RouteRejection = "TooLate"
	// RejectedSlower means that it arrives later.
	RejectedSlower RouteRejection = "Slower"
	// RejectedDearer means that it costs more.
	RejectedDearer RouteRejection = "Dearer"
	// RejectedMoreDamage means that more parcels are damaged on it.
	RejectedMoreDamage RouteRejection = "MoreDamage"
	// RejectedNotBetter means that it is as good, and comes later by name.
	RejectedNotBetter RouteRejection = "NotBetter"
)

// Arrival is when parcels are expected at the customer.
type Arrival struct {
	// p50 is when half of such parcels are there.
	// +required
	P50 metav1.Time `json:"p50"`
	// p90 is when nine of ten are there.
	// +required
	P90 metav1.Time `json:"p90"`
}

// Punctuality says whether a promise is kept.
// +kubebuilder:validation:Enum=OnTime;Late;Unknown
type Punctuality string

const (
	// PunctualityOnTime means that it is expected to be kept, or was.
	PunctualityOnTime Punctuality = "OnTime"
	// PunctualityLate means that it is not expected to be kept, or was broken.
	PunctualityLate Punctuality = "Late"
	// PunctualityUnknown means that nobody says when the parcels arrive, and the time of
	// the promise is not over.
	PunctualityUnknown Punctuality = "Unknown"
)
