package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Return is the wish of a customer to give delivered units back.
//
// It has no apply configuration of its own: the generator names a parameter
// after the kind, and "return" is a keyword of Go.
//
// +kubebuilder:ac:generate=false
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=rtn,categories=ordercycle
// +kubebuilder:printcolumn:name="Order",type=string,JSONPath=`.spec.orderName`
// +kubebuilder:printcolumn:name="Resolution",type=string,JSONPath=`.spec.resolution`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.spec.items[0].reason`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name of a Return has at most 63 characters; choose a shorter name",fieldPath=".metadata"
type Return struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is returned and why, and the facts about it.
	// +required
	Spec ReturnSpec `json:"spec"`
	// status is written by the return controller alone.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status ReturnStatus `json:"status,omitempty"`
}

// ReturnList is a list of Returns.
// +kubebuilder:object:root=true
type ReturnList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Return `json:"items"`
}

// Resolution is what the customer gets for returned units.
// +kubebuilder:validation:Enum=Refund;Replace;Repair;StoreCredit
type Resolution string

// ReturnReason is why units come back.
// +kubebuilder:validation:Enum=ChangedMind;Defective;WrongItem;Damaged;Late;NotAsDescribed;Other
type ReturnReason string

// RefundMethod is the way money goes back.
// +kubebuilder:validation:Enum=Original;Other
type RefundMethod string

// ReceivedCondition is what was found when units came back.
// +kubebuilder:validation:Enum=Sellable;Damaged;Missing;Wrong
type ReceivedCondition string

// ReturnSpec is what is returned and why, and the facts about it.
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.received) || (has(self.received) && oldSelf.received.all(o, self.received.exists(n, n.id == o.id)))",message="a reception cannot be removed; apply the complete list or use a field manager for each reception",fieldPath=".received"
type ReturnSpec struct {
	// orderName is the Order that delivered the units.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="orderName cannot be changed; make a new Return"
	OrderName ObjectName `json:"orderName"`
	// items are the units, by order line.
	// +required
	// +listType=map
	// +listMapKey=line
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="items cannot be changed; make a new Return"
	Items []ReturnItem `json:"items"`
	// resolution is what the customer wants for them.
	// +optional
	// +kubebuilder:default=Refund
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="resolution cannot be changed; make a new Return"
	Resolution Resolution `json:"resolution,omitempty"`
	// approval is a person's decision where the class asks for one.
	// +optional
	Approval *Approval `json:"approval,omitempty"`
	// received are the receptions by the warehouse; write once.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=100
	Received []ReturnReceipt `json:"received,omitempty"`
	// refundMethod: Original pays back the way the money came.
	// +optional
	// +kubebuilder:default=Original
	RefundMethod RefundMethod `json:"refundMethod,omitempty"`
	// evidence are links to pictures and reports.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MaxLength=512
	Evidence []string `json:"evidence,omitempty"`
}

// ReturnItem is some units of one order line.
type ReturnItem struct {
	// line is the id of the order line.
	// +required
	Line Identifier `json:"line"`
	// quantity of units.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000
	Quantity int64 `json:"quantity"`
	// reason of the customer.
	// +required
	Reason ReturnReason `json:"reason"`
}

// ReturnReceipt is the reception of returned units.
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a reception cannot be changed"
type ReturnReceipt struct {
	// id of the reception.
	// +required
	ID Identifier `json:"id"`
	// line is the id of the order line.
	// +required
	Line Identifier `json:"line"`
	// quantity of units.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000
	Quantity int64 `json:"quantity"`
	// condition that the units were found in.
	// +required
	Condition ReceivedCondition `json:"condition"`
	// at is when they came in.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=35
	At *metav1.Time `json:"at,omitempty"`
}

// ReturnStatus is how far a Return has come.
type ReturnStatus struct {
	// observedGeneration is the generation of the spec that this status is
	// about; -1 before the first look.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// phase is where the Return stands.
	// +optional
	Phase ReturnPhase `json:"phase,omitempty"`
	// conditions tell what is waited for.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// posted are the movements that a StockItem has counted.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=300
	Posted []PostedMovement `json:"posted,omitempty"`
}
