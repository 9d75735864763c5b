package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

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
	Available Quantity `json:"available"`
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
