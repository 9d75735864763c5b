package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Partner is a company that the shop works with. One with lanes is a carrier: the
// routes of Shipments are made of the lanes of all Partners of the namespace, where the
// class of the Order says that Partners deliver.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ptn,categories=ordercycle
// +kubebuilder:printcolumn:name="Adapter",type=string,JSONPath=`.spec.adapter.type`
// +kubebuilder:printcolumn:name="Lanes",type=integer,JSONPath=`.status.lanes`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name of a Partner has at most 63 characters; choose a shorter name",fieldPath=".metadata"
type Partner struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is who the company is and what it offers.
	// +optional
	Spec PartnerSpec `json:"spec,omitempty"`
	// status is written by the partner controller alone.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status PartnerStatus `json:"status,omitempty"`
}

// PartnerList is a list of Partners.
// +kubebuilder:object:root=true
type PartnerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Partner `json:"items"`
}

// PartnerSpec is who the company is and what it offers.
type PartnerSpec struct {
	// contact is whom to call.
	// +optional
	Contact *Contact `json:"contact,omitempty"`
	// calendar says when it takes parcels over; without one always.
	// +optional
	Calendar *Calendar `json:"calendar,omitempty"`
	// lanes on which it takes parcels. A carrier with more than 100 is several Partners.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=100
	Lanes []Lane `json:"lanes,omitempty"`
	// adapter says how its systems are spoken to.
	// +optional
	// +kubebuilder:default:={"type":"Manual"}
	Adapter PartnerAdapter `json:"adapter,omitempty"`
}

// Contact is whom to call at a company.
type Contact struct {
	// name of the person or desk.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name,omitempty"`
	// email address.
	// +optional
	// +kubebuilder:validation:MaxLength=254
	Email string `json:"email,omitempty"`
	// phone number, best in E.164 form.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Phone string `json:"phone,omitempty"`
}

// AdapterType is how the systems of a Partner are spoken to.
// +kubebuilder:validation:Enum=Manual;Simulated;HTTP
type AdapterType string

const (
	// AdapterManual means that people or systems apply the carrier's events.
	AdapterManual AdapterType = "Manual"
	// AdapterSimulated means that the simulation controller applies them, a scan at the
	// end of each lane.
	AdapterSimulated AdapterType = "Simulated"
	// AdapterHTTP means that transports are booked by the HTTP contract for carriers, see
	// docs/carrier.openapi.yaml.
	AdapterHTTP AdapterType = "HTTP"
)

// PartnerAdapter says how the systems of a Partner are spoken to.
// +kubebuilder:validation:XValidation:rule="self.type != 'HTTP' || (has(self.url) && has(self.secretRef))",message="type HTTP needs url and secretRef"
// +kubebuilder:validation:XValidation:rule="self.type == 'HTTP' || (!has(self.url) && !has(self.secretRef))",message="url and secretRef are for type HTTP; remove them, or set the type"
type PartnerAdapter struct {
	// type of the adapter.
	// +optional
	// +kubebuilder:default=Manual
	Type AdapterType `json:"type,omitempty"`
	// stepSeconds between two events of the type Simulated.
	// +optional
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=86400
	StepSeconds *int32 `json:"stepSeconds,omitempty"`
	// url of the carrier, for type HTTP: the manager calls it only if its scheme is https,
	// but for a loopback address, and its host is one that the manager allows.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^https?://[^/?#@\s]+(/[^?#\s]*)?$`
	URL string `json:"url,omitempty"`
	// secretRef names the credentials of the carrier, for type HTTP: the Secret
	// <namespace>.<name> in the manager's namespace, with the keys apiKey and, for
	// callbacks, webhookSecret.
	// +optional
	SecretRef *LocalReference `json:"secretRef,omitempty"`
}

// PartnerStatus is what is known of a Partner.
type PartnerStatus struct {
	// observedGeneration is the generation of the spec that this status is
	// about; -1 before the first look.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// lanes is the number of its lanes that routes can be made of.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Lanes int32 `json:"lanes,omitempty"`
	// conditions tell whether it can be worked with.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
