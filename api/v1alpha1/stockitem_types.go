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

const (
	// TraitFragile breaks easily: packed only with its like, and picked late.
	TraitFragile Trait = "Fragile"
	// TraitHazmat is dangerous: packed only with its like, and by Air only on lanes
	// that handle it.
	TraitHazmat Trait = "Hazmat"
	// TraitColdChain must stay cold: packed only with its like, picked last, and only
	// on lanes that handle it.
	TraitColdChain Trait = "ColdChain"
	// TraitOversize is a parcel of its own.
	TraitOversize Trait = "Oversize"
	// TraitPerishable spoils: maxTransitHours says how soon.
	TraitPerishable Trait = "Perishable"
	// TraitHighValue is worth stealing.
	TraitHighValue Trait = "HighValue"
)

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
