package v1alpha1

// WarehouseType is who picks and packs.
// +kubebuilder:validation:Enum=Manual;Simulated
type WarehouseType string

const (
	// WarehouseManual means that people or systems apply the facts.
	WarehouseManual WarehouseType = "Manual"
	// WarehouseSimulated means that the simulation controller applies them.
	WarehouseSimulated WarehouseType = "Simulated"
)

// WarehousePolicy says who picks and packs.
type WarehousePolicy struct {
	// type of the warehouse.
	// +optional
	// +kubebuilder:default=Manual
	Type WarehouseType `json:"type,omitempty"`
	// stepSeconds between two facts of a Simulated warehouse.
	// +optional
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=86400
	StepSeconds *int32 `json:"stepSeconds,omitempty"`
	// box is the largest parcel that is packed; without it a parcel takes anything.
	// Oversize products are parcels of their own in any case.
	// +optional
	Box *Box `json:"box,omitempty"`
}

// Box is the largest parcel that a warehouse packs.
type Box struct {
	// maxMassGrams of what is in it; without it there is no limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000000000
	MaxMassGrams int64 `json:"maxMassGrams,omitempty"`
	// maxVolumeCm3 of what is in it; without it there is no limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000000
	MaxVolumeCm3 int64 `json:"maxVolumeCm3,omitempty"`
}

// CarrierType is who delivers.
// +kubebuilder:validation:Enum=Manual;Simulated;Partner
type CarrierType string

const (
	// CarrierManual means that people or systems apply the carrier's events.
	CarrierManual CarrierType = "Manual"
	// CarrierSimulated means that the simulation controller applies them.
	CarrierSimulated CarrierType = "Simulated"
	// CarrierPartner means that the Partners of the namespace deliver, on the route that
	// is the best by the class's delivery level.
	CarrierPartner CarrierType = "Partner"
)

// CarrierPolicy says who delivers.
type CarrierPolicy struct {
	// type of the carrier.
	// +optional
	// +kubebuilder:default=Manual
	Type CarrierType `json:"type,omitempty"`
	// stepSeconds between two events of a Simulated carrier.
	// +optional
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=86400
	StepSeconds *int32 `json:"stepSeconds,omitempty"`
}

// DeliveryPolicy says what is promised to customers, and what the best route is.
type DeliveryPolicy struct {
	// levels are the speeds that customers can choose. Of one that is not listed
	// nothing is promised.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=3
	Levels []DeliveryLevel `json:"levels,omitempty"`
}

// DeliveryLevel is a speed that customers can choose.
type DeliveryLevel struct {
	// name of the level, as in spec.serviceLevel of the Orders.
	// +required
	Name ServiceLevel `json:"name"`
	// maxHours after its confirmation in which an order is delivered. One that asks for it
	// later, in requestedBy, is promised for then.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=8760
	MaxHours int32 `json:"maxHours"`
	// objective says which route is the best. Without it: Cheapest for Economy, Balanced
	// for Standard, Fastest for Express.
	// +optional
	Objective DeliveryObjective `json:"objective,omitempty"`
	// latePenalty is what a late Shipment costs the shop, in minor units of the order's
	// currency; the objective Balanced weighs it against freight.
	// +optional
	LatePenalty Amount `json:"latePenalty,omitempty"`
}
