package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Shipment is the promise of units of one location to one Order, and their way
// to the customer. The stock controller creates it; warehouse and carrier add
// facts to its spec, each with a field manager of its own.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=shp,categories=ordercycle
// +kubebuilder:printcolumn:name="Order",type=string,JSONPath=`.spec.orderName`
// +kubebuilder:printcolumn:name="Location",type=string,JSONPath=`.spec.location`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Tracking",type=string,JSONPath=`.status.tracking`
// +kubebuilder:printcolumn:name="Carrier",type=string,JSONPath=`.status.route[0].partner`
// +kubebuilder:printcolumn:name="ETA",type=string,JSONPath=`.status.eta.p90`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Wave",type=string,JSONPath=`.status.wave`,priority=1
// +kubebuilder:selectablefield:JSONPath=`.spec.orderName`
// +kubebuilder:selectablefield:JSONPath=`.status.phase`
// +kubebuilder:validation:XValidation:rule="has(oldSelf.spec.facts.picked) || !has(self.spec.facts.picked) || (has(oldSelf.status.phase) && oldSelf.status.phase in ['Reserved', 'Picking'])",message="picked is accepted once stock is reserved and before packing: wait until the phase is Reserved",fieldPath=".spec.facts.picked"
// +kubebuilder:validation:XValidation:rule="has(oldSelf.spec.facts.packed) || !has(self.spec.facts.packed) || (has(oldSelf.status.phase) && oldSelf.status.phase in ['Reserved', 'Picking'])",message="packed is accepted once stock is reserved and before dispatch: wait until the phase is Reserved or Picking",fieldPath=".spec.facts.packed"
// +kubebuilder:validation:XValidation:rule="has(oldSelf.spec.facts.dispatched) || !has(self.spec.facts.dispatched) || (has(oldSelf.status.phase) && oldSelf.status.phase in ['Reserved', 'Picking', 'Packed'])",message="dispatched is accepted once stock is reserved: wait until the phase is Reserved, Picking or Packed; a Cancelled Shipment must not leave",fieldPath=".spec.facts.dispatched"
// +kubebuilder:validation:XValidation:rule="has(oldSelf.spec.facts.putBack) || !has(self.spec.facts.putBack) || (has(oldSelf.status.phase) && oldSelf.status.phase in ['Picking', 'Packed'])",message="putBack is accepted for units that were picked and have not left",fieldPath=".spec.facts.putBack"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.events) || self.spec.events.size() == (has(oldSelf.spec.events) ? oldSelf.spec.events.size() : 0) || has(self.spec.facts.dispatched)",message="carrier events are accepted once facts.dispatched is recorded",fieldPath=".spec.events"
type Shipment struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the promise, which never changes, and the facts about it.
	// +required
	Spec ShipmentSpec `json:"spec"`
	// status is written by the shipment controller alone.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status ShipmentStatus `json:"status,omitempty"`
}

// ShipmentList is a list of Shipments.
// +kubebuilder:object:root=true
type ShipmentList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Shipment `json:"items"`
}

// Completeness says whether a Shipment holds all that was planned for it.
// +kubebuilder:validation:Enum=Complete;Incomplete
type Completeness string

const (
	// CompletenessComplete means that it holds all that was planned.
	CompletenessComplete Completeness = "Complete"
	// CompletenessIncomplete means that some of the plan could not be recorded.
	CompletenessIncomplete Completeness = "Incomplete"
)

// LocationReason is why a location was chosen: the rule that told it from the
// next best one.
// +kubebuilder:validation:Enum=OnlyLocation;MinimizeSplits;Nearest;HighestStock;Priority;Name
type LocationReason string

const (
	// LocationOnly means that no other location had any of the units, or, where one
	// must carry all, could.
	LocationOnly LocationReason = "OnlyLocation"
	// LocationMinimizeSplits means that it had more of the open units.
	LocationMinimizeSplits LocationReason = "MinimizeSplits"
	// LocationNearest means that it is nearer to the customer.
	LocationNearest LocationReason = "Nearest"
	// LocationHighestStock means that it has more stock.
	LocationHighestStock LocationReason = "HighestStock"
	// LocationPriority means that the class prefers it.
	LocationPriority LocationReason = "Priority"
	// LocationName means that nothing but the name tells them apart.
	LocationName LocationReason = "Name"
)

// ShipmentSpec is the promise and the facts about it.
// +kubebuilder:validation:XValidation:rule="!has(self.facts.picked) || !has(self.facts.picked.short) || self.facts.picked.short.all(x, self.items.exists(i, i.line == x.line && i.stockItem == x.stockItem && x.quantity <= i.quantity))",message="a short pick names a line and StockItem of this Shipment, and at most its quantity",fieldPath=".facts.picked.short"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.actualFreight) || (has(self.actualFreight) && self.actualFreight == oldSelf.actualFreight)",message="actualFreight is written once",fieldPath=".actualFreight"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.events) || (has(self.events) && oldSelf.events.all(o, self.events.exists(n, n.id == o.id)))",message="an event cannot be removed; apply the complete list or use a field manager for each event",fieldPath=".events"
// +kubebuilder:validation:XValidation:rule="has(self.locationReason) == has(oldSelf.locationReason) && (!has(self.locationReason) || self.locationReason == oldSelf.locationReason)",message="locationReason cannot be changed",fieldPath=".locationReason"
type ShipmentSpec struct {
	// orderName is the Order that the units are promised to.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="orderName cannot be changed"
	OrderName ObjectName `json:"orderName"`
	// orderUID is the uid of that Order.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="orderUID cannot be changed"
	OrderUID UID `json:"orderUID"`
	// grant is the random token that ties this Shipment to its entries in the
	// postings of the StockItems.
	// +required
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="grant cannot be changed"
	Grant string `json:"grant"`
	// location that the units leave from.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="location cannot be changed"
	Location Identifier `json:"location"`
	// locationReason says why that location was chosen; empty where the Shipment
	// was made again after a crash.
	// +optional
	LocationReason LocationReason `json:"locationReason,omitempty"`
	// incomplete says whether the Shipment lacks items that were planned for it.
	// +optional
	// +kubebuilder:default=Complete
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="incomplete cannot be changed"
	Incomplete Completeness `json:"incomplete,omitempty"`
	// items are the promised units.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="items cannot be changed"
	Items []ShipmentItem `json:"items"`
	// hold keeps the Shipment in the warehouse, with the reason.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Hold string `json:"hold,omitempty"`
	// facts are what the warehouse states, each written once.
	// +optional
	// +kubebuilder:default={}
	Facts WarehouseFacts `json:"facts,omitempty"`
	// events are what the carrier states; write once, in any order.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=200
	Events []CarrierEvent `json:"events,omitempty"`
	// actualFreight is what the carrier charged, in minor units of the Order's currency; written once.
	// +optional
	ActualFreight *Amount `json:"actualFreight,omitempty"`
}

// MaxShipmentItems is the number of StockItems that one Shipment takes units
// from. A larger plan becomes several Shipments.
const MaxShipmentItems = 20

// ShipmentItem is some units of one order line from one StockItem.
type ShipmentItem struct {
	// line is the id of the order line.
	// +required
	Line Identifier `json:"line"`
	// stockItem that the units come from.
	// +required
	StockItem ObjectName `json:"stockItem"`
	// stockItemUID is the uid of that StockItem.
	// +required
	StockItemUID UID `json:"stockItemUID"`
	// sku of the product.
	// +required
	SKU SKU `json:"sku"`
	// quantity of units.
	// +required
	Quantity Quantity `json:"quantity"`
}

// WarehouseFacts are what the warehouse states about a Shipment.
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.picked) || has(self.picked)",message="picked is written once",fieldPath=".picked"
// +kubebuilder:validation:XValidation:rule="!(has(oldSelf.packed) || has(oldSelf.dispatched) || has(oldSelf.putBack)) || !has(self.picked) || !has(self.picked.short) || self.picked.short.size() == (has(oldSelf.picked) && has(oldSelf.picked.short) ? oldSelf.picked.short.size() : 0)",message="a short pick is accepted until packed, dispatched or putBack is stated",fieldPath=".picked.short"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.packed) || (has(self.packed) && self.packed == oldSelf.packed)",message="packed is written once",fieldPath=".packed"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.dispatched) || (has(self.dispatched) && self.dispatched == oldSelf.dispatched)",message="dispatched is written once",fieldPath=".dispatched"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.putBack) || (has(self.putBack) && self.putBack == oldSelf.putBack)",message="putBack is written once",fieldPath=".putBack"
type WarehouseFacts struct {
	// picked: the units are off the shelf, but for those that were not found.
	// +optional
	Picked *PickedFact `json:"picked,omitempty"`
	// packed: the units are in their parcels.
	// +optional
	Packed *ActorFact `json:"packed,omitempty"`
	// dispatched: the parcels were handed to the carrier.
	// +optional
	Dispatched *ActorFact `json:"dispatched,omitempty"`
	// putBack: picked units of a cancelled Shipment are on the shelf again.
	// +optional
	PutBack *ActorFact `json:"putBack,omitempty"`
}

// PickedFact states that units are off the shelf, and which were not found.
// +kubebuilder:validation:XValidation:rule="self.id == oldSelf.id && self.at == oldSelf.at && has(self.by) == has(oldSelf.by) && (!has(self.by) || self.by == oldSelf.by)",message="picked is written once; only picked.short can be added to"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.short) || (has(self.short) && oldSelf.short.all(o, self.short.exists(n, n.id == o.id)))",message="a short pick cannot be taken back; apply the complete list",fieldPath=".short"
type PickedFact struct {
	// id of the fact, chosen by who states it.
	// +required
	ID Identifier `json:"id"`
	// by names who states it.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	By string `json:"by,omitempty"`
	// at is when it happened.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=35
	At metav1.Time `json:"at"`
	// short are the units that were not found. They are given back, the StockItem
	// asks for a new stock-take, and the Order gets them from elsewhere. It can be
	// added to until packed is stated.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=20
	Short []ShortPick `json:"short,omitempty"`
}

// ShortPick is some units of a line that were not found where they should be.
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a short pick cannot be changed; add another"
// +kubebuilder:validation:XValidation:rule="self.id != '0'",message="the id of a short pick cannot be 0; choose another",fieldPath=".id"
type ShortPick struct {
	// id of the short pick, chosen by who states it.
	// +required
	ID Identifier `json:"id"`
	// line of the order.
	// +required
	Line Identifier `json:"line"`
	// stockItem that the units were to come from.
	// +required
	StockItem ObjectName `json:"stockItem"`
	// quantity of units that were not found.
	// +required
	// +kubebuilder:validation:Minimum=1
	Quantity Quantity `json:"quantity"`
}

// CarrierEventType is the kind of a carrier's scan.
// +kubebuilder:validation:Enum=Accepted;InTransit;OutForDelivery;AvailableForPickup;Delivered;Failed;Refused;Damaged;Lost;ReturnToSender;Correction;Other
type CarrierEventType string

const (
	// CarrierAccepted means that the carrier took the parcel over.
	CarrierAccepted CarrierEventType = "Accepted"
	// CarrierInTransit means that it moves between the carrier's places.
	CarrierInTransit CarrierEventType = "InTransit"
	// CarrierOutForDelivery means that it is on the last vehicle.
	CarrierOutForDelivery CarrierEventType = "OutForDelivery"
	// CarrierAvailableForPickup means that the customer can collect it.
	CarrierAvailableForPickup CarrierEventType = "AvailableForPickup"
	// CarrierDelivered means that the customer has it.
	CarrierDelivered CarrierEventType = "Delivered"
	// CarrierFailed means that an attempt to deliver failed.
	CarrierFailed CarrierEventType = "Failed"
	// CarrierRefused means that the customer did not take it.
	CarrierRefused CarrierEventType = "Refused"
	// CarrierDamaged means that damage was found.
	CarrierDamaged CarrierEventType = "Damaged"
	// CarrierLost means that the carrier gave it up.
	CarrierLost CarrierEventType = "Lost"
	// CarrierReturnToSender means that it is on its way back.
	CarrierReturnToSender CarrierEventType = "ReturnToSender"
	// CarrierCorrection takes an earlier Delivered back.
	CarrierCorrection CarrierEventType = "Correction"
	// CarrierOther means that the carrier reports something else, which changes nothing;
	// note says what.
	CarrierOther CarrierEventType = "Other"
)

// CarrierEvent is one scan of the carrier.
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="an event cannot be changed; add a new one of type Correction"
type CarrierEvent struct {
	// id of the scan, chosen by the carrier.
	// +required
	ID Identifier `json:"id"`
	// type of the scan.
	// +required
	Type CarrierEventType `json:"type"`
	// at is when it happened.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=35
	At metav1.Time `json:"at"`
	// location where it happened. One that is a place of the Shipment's route says how
	// far it has come, and its ETA is computed anew.
	// +optional
	// +kubebuilder:validation:MaxLength=40
	Location string `json:"location,omitempty"`
	// note of the carrier.
	// +optional
	// +kubebuilder:validation:MaxLength=60
	Note string `json:"note,omitempty"`
}

// Tracking is where the parcel is on the carrier's own axis.
// +kubebuilder:validation:Enum=PreTransit;InTransit;OutForDelivery;AvailableForPickup;Delivered;Failure;ReturnToSender;Unknown
type Tracking string

const (
	// TrackingPreTransit means that the carrier has not scanned it yet.
	TrackingPreTransit Tracking = "PreTransit"
	// TrackingInTransit means that it is on its way.
	TrackingInTransit Tracking = "InTransit"
	// TrackingOutForDelivery means that it is on the last vehicle.
	TrackingOutForDelivery Tracking = "OutForDelivery"
	// TrackingAvailableForPickup means that the customer can collect it.
	TrackingAvailableForPickup Tracking = "AvailableForPickup"
	// TrackingDelivered means that the customer has it.
	TrackingDelivered Tracking = "Delivered"
	// TrackingFailure means that it was not delivered and stays with the carrier.
	TrackingFailure Tracking = "Failure"
	// TrackingReturnToSender means that it is on its way back.
	TrackingReturnToSender Tracking = "ReturnToSender"
	// TrackingUnknown means that the scans tell nothing.
	TrackingUnknown Tracking = "Unknown"
)
