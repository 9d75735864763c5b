package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CustomerView is what the customer of an order may be shown. Nothing in it tells of
// stock, locations, costs or policy, nor why an order is being checked.
type CustomerView struct {
	// state of the order, in the eyes of the customer.
	// +required
	State CustomerState `json:"state"`
	// total of the order, such as "599.00 CNY".
	// +required
	// +kubebuilder:validation:MaxLength=32
	Total string `json:"total"`
	// due is the total less what was cancelled.
	// +required
	// +kubebuilder:validation:MaxLength=32
	Due string `json:"due"`
	// paid is what was paid and not given back.
	// +required
	// +kubebuilder:validation:MaxLength=32
	Paid string `json:"paid"`
	// ordered units, cancelled ones excluded.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000000
	Ordered int64 `json:"ordered"`
	// arrived of them.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000000
	Arrived int64 `json:"arrived"`
	// expectedBy is when the last of them should be there: when nine of ten such orders
	// are, or, as long as that is not known, what was promised.
	// +optional
	ExpectedBy *metav1.Time `json:"expectedBy,omitempty"`
	// questions of status.questions that the customer is to answer.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	Questions []Identifier `json:"questions,omitempty"`
	// parcels that the goods come in, a Shipment each.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=200
	Parcels []CustomerParcel `json:"parcels,omitempty"`
}

// CustomerParcel is what the customer may be shown of a Shipment.
type CustomerParcel struct {
	// name of the Shipment.
	// +required
	Name ObjectName `json:"name"`
	// state of the parcel.
	// +required
	State ParcelState `json:"state"`
	// carrier that brings it to the door, where it is known.
	// +optional
	Carrier ObjectName `json:"carrier,omitempty"`
	// expectedBy is when nine of ten such parcels are there.
	// +optional
	ExpectedBy *metav1.Time `json:"expectedBy,omitempty"`
}

// CustomerState is where an order stands in the eyes of its customer.
// +kubebuilder:validation:Enum=Received;Checking;NeedsAnswer;Refused;Confirmed;AwaitingGoods;Preparing;OnItsWay;Delivered;Cancelled
type CustomerState string

const (
	// CustomerReceived means that the shop has the order.
	CustomerReceived CustomerState = "Received"
	// CustomerChecking means that somebody at the shop looks at it.
	CustomerChecking CustomerState = "Checking"
	// CustomerNeedsAnswer means that the customer is asked something.
	CustomerNeedsAnswer CustomerState = "NeedsAnswer"
	// CustomerRefused means that the shop has not accepted it.
	CustomerRefused CustomerState = "Refused"
	// CustomerConfirmed means that the shop has accepted it.
	CustomerConfirmed CustomerState = "Confirmed"
	// CustomerAwaitingGoods means that goods are waited for.
	CustomerAwaitingGoods CustomerState = "AwaitingGoods"
	// CustomerPreparing means that goods are picked and packed.
	CustomerPreparing CustomerState = "Preparing"
	// CustomerOnItsWay means that all goods have left.
	CustomerOnItsWay CustomerState = "OnItsWay"
	// CustomerDelivered means that all goods have arrived.
	CustomerDelivered CustomerState = "Delivered"
	// CustomerCancelled means that the order was cancelled.
	CustomerCancelled CustomerState = "Cancelled"
)

// ParcelState is where a parcel is in the eyes of the customer.
// +kubebuilder:validation:Enum=Preparing;OnItsWay;Arrived;Problem
type ParcelState string

const (
	// ParcelPreparing means that it has not left.
	ParcelPreparing ParcelState = "Preparing"
	// ParcelOnItsWay means that it has left.
	ParcelOnItsWay ParcelState = "OnItsWay"
	// ParcelArrived means that the customer has it.
	ParcelArrived ParcelState = "Arrived"
	// ParcelProblem means that it was lost or comes back; the shop deals with it.
	ParcelProblem ParcelState = "Problem"
)
