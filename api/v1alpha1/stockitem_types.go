package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// StockItem is the stock of one product at one location, and the ledger of
// every unit that is promised or moved.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=stk,categories=ordercycle
// +kubebuilder:printcolumn:name="SKU",type=string,JSONPath=`.spec.sku`
// +kubebuilder:printcolumn:name="Location",type=string,JSONPath=`.spec.location`
// +kubebuilder:printcolumn:name="OnHand",type=integer,JSONPath=`.status.onHand`
// +kubebuilder:printcolumn:name="Reserved",type=integer,JSONPath=`.status.reserved`
// +kubebuilder:printcolumn:name="Available",type=integer,JSONPath=`.status.available`
// +kubebuilder:printcolumn:name="ReorderAt",type=integer,JSONPath=`.spec.replenish.reorderPoint`
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name of a StockItem has at most 63 characters; choose a shorter name",fieldPath=".metadata"
type StockItem struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is kept where, and the last stock-take.
	// +required
	Spec StockItemSpec `json:"spec"`
	// status is the ledger, written by the stock controller alone.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1,"onHand":0,"reserved":0,"quarantined":0,"countID":""}
	Status StockItemStatus `json:"status,omitempty"`
}

// StockItemList is a list of StockItems.
// +kubebuilder:object:root=true
type StockItemList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []StockItem `json:"items"`
}

// StockItemSpec is what is kept where, and the last stock-take.
type StockItemSpec struct {
	// sku of the product.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="sku cannot be changed; make a new StockItem"
	SKU SKU `json:"sku"`
	// location where it is kept.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="location cannot be changed; make a new StockItem"
	Location Identifier `json:"location"`
	// count is the last stock-take. It is applied once, when its id is new and
	// its takenAt is later than the last one's; to change the stock, apply a
	// new id with a new takenAt.
	// +optional
	Count *StockCount `json:"count,omitempty"`
	// unit describes one unit.
	// +optional
	Unit *UnitTraits `json:"unit,omitempty"`
	// unitCost is what one unit costs us, in minor units of currency.
	// +optional
	// +kubebuilder:default=0
	UnitCost Amount `json:"unitCost,omitempty"`
	// currency of unitCost.
	// +optional
	Currency Currency `json:"currency,omitempty"`
	// replenish says when and how much to reorder.
	// +optional
	Replenish *ReplenishPolicy `json:"replenish,omitempty"`
	// inspection of incoming lots.
	// +optional
	Inspection *InspectionPolicy `json:"inspection,omitempty"`
	// safety stock that is never promised.
	// +optional
	Safety *SafetyStock `json:"safety,omitempty"`
}

// StockCount is one stock-take.
type StockCount struct {
	// quantity that was counted, quarantined units included.
	// +required
	Quantity Quantity `json:"quantity"`
	// id of the stock-take; a new one for every count.
	// +required
	ID Identifier `json:"id"`
	// takenAt is when it was counted, at most 5 minutes ahead of the cluster's clock.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=35
	TakenAt metav1.Time `json:"takenAt"`
}

// Trait is a property of a product that matters for packing and transport.
// +kubebuilder:validation:Enum=Fragile;Hazmat;ColdChain;Oversize;Perishable;HighValue
type Trait string

// UnitTraits describes one unit of a product.
type UnitTraits struct {
	// massGrams of one unit.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	MassGrams int64 `json:"massGrams,omitempty"`
	// volumeCm3 of one unit.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000000
	VolumeCm3 int64 `json:"volumeCm3,omitempty"`
	// traits of the product.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=6
	Traits []Trait `json:"traits,omitempty"`
	// maxTransitHours that the product may be on its way.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=8760
	MaxTransitHours *int32 `json:"maxTransitHours,omitempty"`
}

// ReplenishMode is how reorder points are found.
// +kubebuilder:validation:Enum=Auto;Fixed;Off
type ReplenishMode string

// ReplenishPolicy says when and how much to reorder.
type ReplenishPolicy struct {
	// mode: Auto computes from demand, Fixed uses the values given here, Off never reorders.
	// +optional
	// +kubebuilder:default=Off
	Mode ReplenishMode `json:"mode,omitempty"`
	// serviceLevelBps is the share of cycles without a stock-out that Auto aims at.
	// +optional
	// +kubebuilder:default=9500
	ServiceLevelBps BasisPoints `json:"serviceLevelBps,omitempty"`
	// reorderPoint for Fixed: reorder when the position is at or below it.
	// +optional
	ReorderPoint *Quantity `json:"reorderPoint,omitempty"`
	// orderUpTo for Fixed: reorder up to this position.
	// +optional
	OrderUpTo *Quantity `json:"orderUpTo,omitempty"`
	// reviewDays between two looks.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=365
	ReviewDays *int32 `json:"reviewDays,omitempty"`
	// sources that deliver, partners or other locations.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Sources []ReplenishSource `json:"sources,omitempty"`
}

// ReplenishSource is one source of goods.
// +kubebuilder:validation:ExactlyOneOf=partner;location
type ReplenishSource struct {
	// partner that sells the goods.
	// +optional
	Partner ObjectName `json:"partner,omitempty"`
	// location that the goods are transferred from.
	// +optional
	Location Identifier `json:"location,omitempty"`
	// leadDays from order to receipt.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=730
	LeadDays int32 `json:"leadDays,omitempty"`
	// moq is the smallest quantity that the source delivers.
	// +optional
	MOQ Quantity `json:"moq,omitempty"`
	// multiple that quantities are rounded up to.
	// +optional
	Multiple Quantity `json:"multiple,omitempty"`
	// unitCost of the source, in minor units of the StockItem's currency.
	// +optional
	UnitCost Amount `json:"unitCost,omitempty"`
}

// InspectionMode says how much of an incoming lot is inspected.
// +kubebuilder:validation:Enum=Skip;Sample;Full
type InspectionMode string

// InspectionPolicy says how incoming lots are inspected.
type InspectionPolicy struct {
	// mode of the inspection.
	// +optional
	// +kubebuilder:default=Skip
	Mode InspectionMode `json:"mode,omitempty"`
	// level of ISO 2859-1.
	// +optional
	// +kubebuilder:default=II
	// +kubebuilder:validation:Enum=S-1;S-2;S-3;S-4;I;II;III
	Level string `json:"level,omitempty"`
	// aqlMajor is the acceptable quality limit for major defects, in percent.
	// +optional
	// +kubebuilder:default="2.5"
	// +kubebuilder:validation:Enum="0.010";"0.015";"0.025";"0.040";"0.065";"0.10";"0.15";"0.25";"0.40";"0.65";"1.0";"1.5";"2.5";"4.0";"6.5"
	AQLMajor string `json:"aqlMajor,omitempty"`
	// aqlMinor is the acceptable quality limit for minor defects, in percent.
	// +optional
	// +kubebuilder:default="4.0"
	// +kubebuilder:validation:Enum="0.010";"0.015";"0.025";"0.040";"0.065";"0.10";"0.15";"0.25";"0.40";"0.65";"1.0";"1.5";"2.5";"4.0";"6.5"
	AQLMinor string `json:"aqlMinor,omitempty"`
}

// SafetyStock is stock that is never promised.
type SafetyStock struct {
	// hard is the number of units that are never promised.
	// +optional
	// +kubebuilder:default=0
	Hard Quantity `json:"hard,omitempty"`
}

// MovementKind is the kind of a change of counters.
// +kubebuilder:validation:Enum=Reserve;Consume;Release;Receive;Accept;Scrap;SendBack;TransferOut;TransferIn;Count
type MovementKind string

const (
	// MovementReserve promises units to a Shipment: reserved += q.
	MovementReserve MovementKind = "Reserve"
	// MovementConsume takes dispatched units: reserved -= q, onHand -= q.
	MovementConsume MovementKind = "Consume"
	// MovementRelease gives promised units back: reserved -= q. Of a short pick,
	// also missing += q.
	MovementRelease MovementKind = "Release"
	// MovementReceive takes goods in: onHand += q, and quarantined += q where they
	// are inspected.
	MovementReceive MovementKind = "Receive"
	// MovementAccept lets inspected units be sold: quarantined -= q.
	MovementAccept MovementKind = "Accept"
	// MovementScrap throws inspected units away: quarantined -= q, onHand -= q.
	MovementScrap MovementKind = "Scrap"
	// MovementSendBack returns inspected units to where they came from:
	// quarantined -= q, onHand -= q.
	MovementSendBack MovementKind = "SendBack"
	// MovementTransferOut sends units to another location: onHand -= q.
	MovementTransferOut MovementKind = "TransferOut"
	// MovementTransferIn takes them in there, as Receive.
	MovementTransferIn MovementKind = "TransferIn"
	// MovementCount is a stock-take: onHand = counted + later movements.
	MovementCount MovementKind = "Count"
)

// StockItemStatus is the ledger of a StockItem.
// +kubebuilder:validation:XValidation:rule="self.reserved - (self.onHand - self.quarantined) <= 0 || self.reserved - (self.onHand - self.quarantined) <= oldSelf.reserved - (oldSelf.onHand - oldSelf.quarantined) || (self.countID != oldSelf.countID && self.reserved <= oldSelf.reserved)",message="this would promise more units than there are"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.countTakenAt) || (has(self.countTakenAt) && self.countTakenAt >= oldSelf.countTakenAt)",message="countTakenAt never goes back",fieldPath=".countTakenAt"
type StockItemStatus struct {
	// observedGeneration is the generation of the spec that this status is
	// about; -1 before the first look.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// phase is a view of the counters.
	// +optional
	Phase StockPhase `json:"phase,omitempty"`
	// conditions tell what a person must look at.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// onHand is the physical units at the location, quarantined ones included.
	// +required
	OnHand Quantity `json:"onHand"`
	// quarantined units wait for a verdict and cannot be promised.
	// +required
	Quarantined Quantity `json:"quarantined"`
	// reserved units are promised to Shipments that have not left.
	// +required
	Reserved Quantity `json:"reserved"`
	// missing units were not found by pickers since the last stock-take. They are
	// not promised again before the next one tells where they are.
	// +optional
	Missing Quantity `json:"missing,omitempty"`
	// overdrawn units left although the last stock-take had not found them, so that
	// onHand, which is never below 0, could not be lowered by them.
	// +optional
	Overdrawn Quantity `json:"overdrawn,omitempty"`
	// available = max(0, onHand - quarantined - reserved - missing - spec.safety.hard).
	// +optional
	Available Quantity `json:"available,omitempty"`
	// short = max(0, reserved - (onHand - quarantined)); above 0 only after a
	// stock-take found less than was promised.
	// +optional
	Short Quantity `json:"short,omitempty"`
	// countID is the id of the last stock-take applied.
	// +required
	// +kubebuilder:validation:MaxLength=63
	CountID string `json:"countID"`
	// countTakenAt is the takenAt of the last stock-take applied.
	// +optional
	CountTakenAt *metav1.Time `json:"countTakenAt,omitempty"`
	// counted is the quantity of the last stock-take applied.
	// +optional
	Counted Quantity `json:"counted,omitempty"`
	// postings are the movements that their source has not acknowledged yet, each id
	// once. The list is atomic: it has one writer, and the managed fields of a list
	// by key would take more room than the postings.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=128
	Postings []Posting `json:"postings,omitempty"`
	// recalled are the Shipments that should give their units back because less
	// was counted than is promised: the last in the queue first. Those that are
	// being picked are never among them.
	// +optional
	// +listType=map
	// +listMapKey=uid
	// +kubebuilder:validation:MaxItems=100
	Recalled []ObjectIdentity `json:"recalled,omitempty"`
	// journal lists the changes of onHand and missing of the last 24 hours, at most
	// 1000, in the order in which they were counted.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Journal []JournalEntry `json:"journal,omitempty"`
	// folded are the sums of what left the journal since the last stock-take, by the
	// minute, the oldest first; where they are too many, the oldest are summed up
	// over a longer time.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=480
	Folded []JournalSum `json:"folded,omitempty"`
}

// SourceKind is the kind of an object that moves units.
// +kubebuilder:validation:Enum=Shipment;Return;Replenishment
type SourceKind string

const (
	// SourceShipment promises, consumes and releases.
	SourceShipment SourceKind = "Shipment"
	// SourceReturn takes goods back.
	SourceReturn SourceKind = "Return"
	// SourceReplenishment takes new goods in.
	SourceReplenishment SourceKind = "Replenishment"
)

// Posting is one open entry of the ledger: the counters include it, and its
// source has not acknowledged it yet.
type Posting struct {
	// id of the movement, the same for ever: <source uid>/<kind>/<fact>, or
	// <grant>/Reserve for a promise.
	// +required
	// +kubebuilder:validation:MaxLength=192
	ID string `json:"id"`
	// kind of the movement.
	// +required
	Kind MovementKind `json:"kind"`
	// quantity of units.
	// +required
	Quantity Quantity `json:"quantity"`
	// source that the movement belongs to, by name.
	// +required
	Source ObjectName `json:"source"`
	// sourceKind is the kind of the source.
	// +optional
	// +kubebuilder:default=Shipment
	SourceKind SourceKind `json:"sourceKind,omitempty"`
	// reserve says what is promised, for kind Reserve.
	// +optional
	Reserve *ReserveIntent `json:"reserve,omitempty"`
}

// ReserveIntent is all that is needed to create the Shipment of a promise.
type ReserveIntent struct {
	// grant is the random token of the Shipment.
	// +required
	// +kubebuilder:validation:MaxLength=63
	Grant string `json:"grant"`
	// order that the units are promised to.
	// +required
	Order ObjectIdentity `json:"order"`
	// lines are the order lines and their units on this item.
	// +required
	// +listType=map
	// +listMapKey=line
	// +kubebuilder:validation:MaxItems=100
	Lines []ReserveLine `json:"lines"`
	// items are the StockItems of the whole plan.
	// +required
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	Items []ObjectName `json:"items"`
}

// ReserveLine is some units of one order line.
type ReserveLine struct {
	// line is the id of the order line.
	// +required
	Line Identifier `json:"line"`
	// quantity of units.
	// +required
	Quantity Quantity `json:"quantity"`
}

// JournalEntry is one change of onHand or missing.
type JournalEntry struct {
	// id of the movement, or of the stock-take.
	// +required
	// +kubebuilder:validation:MaxLength=192
	ID string `json:"id"`
	// kind of the movement.
	// +required
	Kind MovementKind `json:"kind"`
	// effectiveAt is when it happened.
	// +required
	EffectiveAt metav1.Time `json:"effectiveAt"`
	// change of onHand.
	// +required
	Change int64 `json:"change"`
	// missing units that a short pick reports.
	// +optional
	Missing Quantity `json:"missing,omitempty"`
	// onHandAfter the change.
	// +required
	OnHandAfter Quantity `json:"onHandAfter"`
	// source is the name of the object that moved the units, or the id of the stock-take.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Source string `json:"source,omitempty"`
}

// JournalSum is the sum of some movements that left the journal. A stock-take
// that was taken between from and until is stale: it cannot be told which of them
// it has seen.
type JournalSum struct {
	// from is when the first of them happened.
	// +required
	From metav1.Time `json:"from"`
	// until is when the last of them happened.
	// +required
	Until metav1.Time `json:"until"`
	// movements is their number.
	// +required
	// +kubebuilder:validation:Minimum=1
	Movements int32 `json:"movements"`
	// change of onHand.
	// +required
	Change int64 `json:"change"`
	// missing units that they report.
	// +optional
	Missing Quantity `json:"missing,omitempty"`
}

// ItemKey is the identity of a StockItem: its name alone may be used again.
// +kubebuilder:object:generate=false
// +kubebuilder:ac:generate=false
type ItemKey struct {
	Name ObjectName
	UID  UID
}

// Key is the identity of the item.
func (s *StockItem) Key() ItemKey {
	return ItemKey{Name: ObjectName(s.Name), UID: UID(s.UID)}
}
