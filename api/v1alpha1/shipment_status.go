package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ShipmentStatus is how far a Shipment has come.
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.phase) || oldSelf.phase != 'Cancelled' || (has(self.phase) && self.phase == oldSelf.phase)",message="Cancelled is final",fieldPath=".phase"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.dispatchedAt) || (has(self.dispatchedAt) && self.dispatchedAt == oldSelf.dispatchedAt)",message="a dispatched Shipment stays dispatched",fieldPath=".dispatchedAt"
// +kubebuilder:validation:XValidation:rule="!has(self.dispatchedAt) || !has(self.cancelledAt)",message="a Shipment is dispatched or cancelled, never both",fieldPath=".cancelledAt"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.cancelledAt) || (has(self.cancelledAt) && self.cancelledAt == oldSelf.cancelledAt && has(self.reservedAt) == has(oldSelf.reservedAt))",message="a cancelled Shipment stays cancelled and is not reserved afterwards",fieldPath=".cancelledAt"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.reservedAt) || (has(self.reservedAt) && self.reservedAt == oldSelf.reservedAt)",message="reservedAt is written once",fieldPath=".reservedAt"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.short) || (has(self.short) && oldSelf.short.all(o, self.short.exists(n, n == o)))",message="units that were given back stay given back",fieldPath=".short"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.posted) || (has(self.posted) && oldSelf.posted.all(o, self.posted.exists(n, n == o)))",message="a mark is never unset",fieldPath=".posted"
type ShipmentStatus struct {
	// observedGeneration is the generation of the spec that this status is
	// about; -1 before the first look.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// phase is where the Shipment stands.
	// +optional
	Phase ShipmentPhase `json:"phase,omitempty"`
	// conditions tell what is waited for.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// reservedAt is when its stock was found reserved on every item.
	// +optional
	ReservedAt *metav1.Time `json:"reservedAt,omitempty"`
	// dispatchedAt is when it left.
	// +optional
	DispatchedAt *metav1.Time `json:"dispatchedAt,omitempty"`
	// deliveredAt is when it arrived.
	// +optional
	DeliveredAt *metav1.Time `json:"deliveredAt,omitempty"`
	// cancelledAt is when it was cancelled.
	// +optional
	CancelledAt *metav1.Time `json:"cancelledAt,omitempty"`
	// short are the units that the warehouse did not find, as far as they could be
	// given back: at most those that the Shipment held.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=20
	Short []ShortUnits `json:"short,omitempty"`
	// posted are the movements that a StockItem has counted.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=300
	Posted []PostedMovement `json:"posted,omitempty"`
	// tracking is where the parcel is, folded from the carrier's events.
	// +optional
	Tracking Tracking `json:"tracking,omitempty"`
	// wave names the Shipments that are picked together; fixed once it is picked.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Wave string `json:"wave,omitempty"`
	// sequence is a text by which the Shipments of a wave are sorted to be picked, as
	// by kubectl get shipments --sort-by=.status.sequence; fixed once it is picked.
	// +optional
	// +kubebuilder:validation:MaxLength=600
	Sequence string `json:"sequence,omitempty"`
	// parcels are how its units are to be packed; fixed once it is packed. What does
	// not fit is in none, and condition Packable tells of it.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	Parcels []Parcel `json:"parcels,omitempty"`
	// route on which partners carry it; its lanes are fixed once it is picked.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=6
	Route []RouteLeg `json:"route,omitempty"`
	// alternatives are the best routes by the modes that the route does not use.
	// +optional
	// +listType=map
	// +listMapKey=mode
	// +kubebuilder:validation:MaxItems=3
	Alternatives []RouteAlternative `json:"alternatives,omitempty"`
	// quotedFreight is the price of the route, in minor units of the order's currency.
	// +optional
	QuotedFreight *Amount `json:"quotedFreight,omitempty"`
	// bookings are the transports that were ordered from the Partners of the route, those
	// that came to nothing as well.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=20
	Bookings []Booking `json:"bookings,omitempty"`
	// promised is when the customer was promised to have it, nothing without a promise.
	// +optional
	Promised *metav1.Time `json:"promised,omitempty"`
	// eta is when it is expected at the customer, by the lanes that are left; computed
	// anew at each scan. Nothing where no route is known, and once it has arrived.
	// +optional
	ETA *Arrival `json:"eta,omitempty"`
	// punctuality says whether the promise is kept, by what is expected and, once it has
	// arrived, by when that was. Nothing without a promise.
	// +optional
	Punctuality Punctuality `json:"punctuality,omitempty"`
}

// MaxParcels is the number of parcels of one Shipment, and MaxParcelLines that of the
// lines of which there are units in one of them.
const (
	MaxParcels     = 100
	MaxParcelLines = 20
)

// Parcel is what is packed together.
type Parcel struct {
	// id of the parcel within the Shipment: 1, 2, 3 and so on.
	// +required
	ID Identifier `json:"id"`
	// massGrams of its units, as far as it is known.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=9007199254740991
	MassGrams int64 `json:"massGrams,omitempty"`
	// volumeCm3 of its units, as far as it is known.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=9007199254740991
	VolumeCm3 int64 `json:"volumeCm3,omitempty"`
	// traits of any of its units.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=6
	Traits []Trait `json:"traits,omitempty"`
	// lines of the order with units in it.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Lines []ParcelLine `json:"lines,omitempty"`
}

// ParcelLine is some units of an order line in a parcel.
type ParcelLine struct {
	// line is the id of the order line.
	// +required
	Line Identifier `json:"line"`
	// quantity of units.
	// +required
	Quantity Quantity `json:"quantity"`
}

// ShortUnits are units of one line that were not found and are given back.
type ShortUnits struct {
	// id of the short pick in spec.facts.picked.short.
	// +required
	ID Identifier `json:"id"`
	// line of the order.
	// +required
	Line Identifier `json:"line"`
	// stockItem that the units were to come from.
	// +required
	StockItem ObjectName `json:"stockItem"`
	// quantity of units.
	// +required
	Quantity Quantity `json:"quantity"`
	// at is when the warehouse missed them.
	// +required
	At metav1.Time `json:"at"`
}

// PostedMovement is the mark that a StockItem has counted a movement.
type PostedMovement struct {
	// item is the name of the StockItem.
	// +required
	Item ObjectName `json:"item"`
	// itemUID is the uid of the StockItem.
	// +required
	ItemUID UID `json:"itemUID"`
	// id of the movement.
	// +required
	// +kubebuilder:validation:MaxLength=192
	ID string `json:"id"`
}
