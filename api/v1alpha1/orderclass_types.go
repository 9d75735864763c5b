package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// OrderClass is the policy that Orders follow: who takes the payment, what
// happens on a shortage, who picks, packs and delivers, how long goods can be
// returned. An Order copies the policy when it is confirmed, so that an edit
// touches new orders only.
//
// The class with the annotation ordercycle.dev/is-default-class: "true" is
// that of every Order which names none.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:shortName=oclass,categories=ordercycle
// +kubebuilder:printcolumn:name="Shortage",type=string,JSONPath=`.spec.shortage`
// +kubebuilder:printcolumn:name="Warehouse",type=string,JSONPath=`.spec.warehouse.type`
// +kubebuilder:printcolumn:name="Carrier",type=string,JSONPath=`.spec.carrier.type`
// +kubebuilder:printcolumn:name="Default",type=string,JSONPath=`.metadata.annotations.ordercycle\.dev/is-default-class`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name of an OrderClass has at most 63 characters; choose a shorter name",fieldPath=".metadata"
type OrderClass struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the policy.
	// +optional
	Spec OrderClassSpec `json:"spec,omitempty"`
}

// OrderClassList is a list of OrderClasses.
// +kubebuilder:object:root=true
type OrderClassList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []OrderClass `json:"items"`
}

// OrderClassSpec is the policy.
type OrderClassSpec struct {
	// confirmation says what is checked before an order is confirmed.
	// +optional
	Confirmation *ConfirmationPolicy `json:"confirmation,omitempty"`
	// creditLimit is the most that one customer may owe for orders that are paid on
	// delivery or on account; without it there is no limit.
	// +optional
	CreditLimit *CreditLimit `json:"creditLimit,omitempty"`
	// payment names who takes the money.
	// +optional
	Payment *PaymentPolicy `json:"payment,omitempty"`
	// shortage says what happens to units that are not in stock.
	// +optional
	// +kubebuilder:default=Backorder
	Shortage ShortagePolicy `json:"shortage,omitempty"`
	// ask says how long the customer may take to answer the question of the
	// shortage policy Ask, and what happens without an answer.
	// +optional
	Ask *AskPolicy `json:"ask,omitempty"`
	// allocation says which locations an order is served from, and in how many
	// Shipments.
	// +optional
	Allocation *AllocationPolicy `json:"allocation,omitempty"`
	// warehouse says who picks and packs.
	// +optional
	// +kubebuilder:default:={"type":"Manual"}
	Warehouse WarehousePolicy `json:"warehouse,omitempty"`
	// carrier says who delivers.
	// +optional
	// +kubebuilder:default:={"type":"Manual"}
	Carrier CarrierPolicy `json:"carrier,omitempty"`
	// delivery says what is promised to customers, and what the best route is.
	// +optional
	Delivery *DeliveryPolicy `json:"delivery,omitempty"`
	// returns says how goods can be returned.
	// +optional
	Returns *ReturnPolicy `json:"returns,omitempty"`
	// locations that orders are served from, with what the allocation's rules ask
	// about them. One that is not listed comes after those that are.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=50
	Locations []Location `json:"locations,omitempty"`
}

// AskPolicy says how the customer is asked about a shortage.
type AskPolicy struct {
	// deadlineHours is how long an answer is waited for.
	// +optional
	// +kubebuilder:default=72
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=8760
	DeadlineHours int32 `json:"deadlineHours,omitempty"`
	// onDeadline is what happens without an answer. Backorder goes on waiting.
	// +optional
	// +kubebuilder:default=Backorder
	// +kubebuilder:validation:XValidation:rule="self != 'Ask'",message="onDeadline cannot be Ask: it says what happens without an answer"
	OnDeadline ShortagePolicy `json:"onDeadline,omitempty"`
}

// AllocationRule is one way to prefer a location over another.
// +kubebuilder:validation:Enum=MinimizeSplits;Nearest;HighestStock;Priority
type AllocationRule string

const (
	// RuleMinimizeSplits prefers the location that holds the most of the units
	// that are still open.
	RuleMinimizeSplits AllocationRule = "MinimizeSplits"
	// RuleNearest prefers the location nearest to the customer: by position where
	// both are known, else by city, region and country.
	RuleNearest AllocationRule = "Nearest"
	// RuleHighestStock prefers the location with the most stock of the products.
	RuleHighestStock AllocationRule = "HighestStock"
	// RulePriority prefers the location with the lowest priority in the class's locations.
	RulePriority AllocationRule = "Priority"
)

// AllocationMode says whether an order may be shipped in parts.
// +kubebuilder:validation:Enum=Split;AllOrNothing
type AllocationMode string

const (
	// AllocationSplit ships what is there from as many locations as it takes.
	AllocationSplit AllocationMode = "Split"
	// AllocationAllOrNothing ships the whole order in one Shipment from one
	// location, and promises it nothing until one location has it all.
	AllocationAllOrNothing AllocationMode = "AllOrNothing"
)

// AllocationPolicy says which locations an order is served from.
type AllocationPolicy struct {
	// rules by which a location is chosen for what is still open, the first that
	// tells two locations apart decides; at last their names do. Without rules it
	// is MinimizeSplits, Priority, HighestStock.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=4
	Rules []AllocationRule `json:"rules,omitempty"`
	// mode says whether an order may be shipped in parts.
	// +optional
	// +kubebuilder:default=Split
	Mode AllocationMode `json:"mode,omitempty"`
	// maxSplits is the most Shipments that an order is split into; the last of
	// them is made only when it can carry all that is still open. Without it there
	// is no limit.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxSplits *int32 `json:"maxSplits,omitempty"`
	// fenceAfterHours is how long after its confirmation an order that cannot be
	// served in part is passed over by later ones. From then on the units that it
	// could use are kept from them.
	// +optional
	// +kubebuilder:default=24
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=8760
	FenceAfterHours *int32 `json:"fenceAfterHours,omitempty"`
}

// ConfirmationPolicy says what is checked before an order is confirmed.
type ConfirmationPolicy struct {
	// holdDeadlineHours is how long an order may be held before the hold ends as
	// onDeadline says.
	// +optional
	// +kubebuilder:default=72
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=8760
	HoldDeadlineHours int32 `json:"holdDeadlineHours,omitempty"`
	// autoApproveBelow is the total from which on a person must approve the
	// order, in minor units of the order's currency; without it none must.
	// +optional
	AutoApproveBelow *Amount `json:"autoApproveBelow,omitempty"`
	// onDeadline is what becomes of an order whose hold lasted holdDeadlineHours.
	// +optional
	// +kubebuilder:default=Cancel
	OnDeadline HoldEnd `json:"onDeadline,omitempty"`
	// duplicateWindowMinutes is how long after an order another one of the same
	// customer, with the same products, quantities, address and currency, is held
	// as DuplicateSuspect; 0 or nothing holds none.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=43200
	DuplicateWindowMinutes int32 `json:"duplicateWindowMinutes,omitempty"`
}

// HoldEnd is what becomes of an order that was held for too long.
// +kubebuilder:validation:Enum=Cancel;Proceed
type HoldEnd string

const (
	// HoldCancel rejects it, with reason HoldExpired.
	HoldCancel HoldEnd = "Cancel"
	// HoldProceed waives the findings that are matters of judgement: PriceMismatch,
	// DuplicateSuspect, OverCreditLimit and ManualApproval. The order goes on at
	// its computed total, as if a person had accepted them. It is rejected if
	// anything else was found as well.
	HoldProceed HoldEnd = "Proceed"
)

// CreditLimit is the most that one customer may owe. It is compared with what the
// customer's Orders of the namespace, of any class, leave to be paid: those in its
// currency whose provider is of type Cash and does not take the money OnConfirm.
// Orders in other currencies, or with other providers, are neither counted nor
// limited.
type CreditLimit struct {
	// amount in minor units. An order that reaches it exactly passes.
	// +required
	Amount Amount `json:"amount"`
	// currency of the amount.
	// +required
	Currency Currency `json:"currency"`
}

// ProviderType is the kind of a payment provider.
// +kubebuilder:validation:Enum=Simulated;Cash;HTTP;Stripe
type ProviderType string

const (
	// ProviderSimulated is a provider for tests and demos, with a ledger of its own.
	ProviderSimulated ProviderType = "Simulated"
	// ProviderCash is money that people record in spec.payment.received.
	ProviderCash ProviderType = "Cash"
	// ProviderHTTP is a gateway that speaks the contract of docs/payment-gateway.openapi.yaml.
	ProviderHTTP ProviderType = "HTTP"
	// ProviderStripe is Stripe, with payment intents that are captured later.
	ProviderStripe ProviderType = "Stripe"
)

// CaptureMoment is when money is taken.
// +kubebuilder:validation:Enum=OnConfirm;OnDispatch;OnDelivery
type CaptureMoment string

const (
	// CaptureOnConfirm takes the total when the order is confirmed. With a Cash
	// provider the order is confirmed only when the money is there.
	CaptureOnConfirm CaptureMoment = "OnConfirm"
	// CaptureOnDispatch takes the price of what was dispatched.
	CaptureOnDispatch CaptureMoment = "OnDispatch"
	// CaptureOnDelivery takes the price of what was delivered.
	CaptureOnDelivery CaptureMoment = "OnDelivery"
)

// PaymentPolicy names who takes the money.
type PaymentPolicy struct {
	// providers that take payments; an order uses the one that it names, else
	// the first with its method.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:XValidation:rule="self.type != 'HTTP' || has(self.url)",message="a provider of type HTTP needs the address of its gateway",fieldPath=".url"
	// +kubebuilder:validation:items:XValidation:rule="self.type in ['HTTP', 'Stripe'] == has(self.secretRef)",message="providers of type HTTP and Stripe, and only they, need a Secret with their credentials",fieldPath=".secretRef"
	// +kubebuilder:validation:items:XValidation:rule="!has(self.url) || self.type in ['HTTP', 'Stripe']",message="only providers of type HTTP and Stripe have an address",fieldPath=".url"
	// +kubebuilder:validation:items:XValidation:rule="!(self.type in ['HTTP', 'Stripe']) || self.method in ['Card', 'Online']",message="providers of type HTTP and Stripe take the methods Card and Online",fieldPath=".method"
	Providers []PaymentProvider `json:"providers,omitempty"`
}

// PaymentProvider takes payments of one method.
type PaymentProvider struct {
	// name of the provider within the class.
	// +required
	Name Identifier `json:"name"`
	// method of payment that it takes.
	// +required
	Method PaymentMethod `json:"method"`
	// type of the provider.
	// +required
	Type ProviderType `json:"type"`
	// capture is when money is taken.
	// +optional
	// +kubebuilder:default=OnDispatch
	Capture CaptureMoment `json:"capture,omitempty"`
	// feeBps that the provider keeps of each captured amount.
	// +optional
	FeeBps BasisPoints `json:"feeBps,omitempty"`
	// feeFixed that the provider takes for each capture, in minor units of the order's currency.
	// +optional
	FeeFixed Amount `json:"feeFixed,omitempty"`
	// url of the gateway for HTTP; for Stripe only where it is not Stripe's own. Its
	// scheme is https, but for a loopback address, and its host is one that the
	// manager allows.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^https?://[^/?#@\s]+(/[^?#\s]*)?$`
	URL string `json:"url,omitempty"`
	// secretRef names the Secret with the credentials: it is in the manager's
	// namespace and is called <namespace of the class>.<name>. Its key "apiKey" is
	// sent with each call, and its key "webhookSecret" verifies what the provider
	// sends to us.
	// +optional
	SecretRef *LocalReference `json:"secretRef,omitempty"`
	// windowHours is how long a provider of type HTTP or Stripe remembers an
	// idempotency key, 24 without it. A call without a clear answer is not sent under
	// the same key after that.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=8760
	WindowHours *int32 `json:"windowHours,omitempty"`
}

// ReturnPolicy says how goods can be returned.
type ReturnPolicy struct {
	// windowDays after its delivery in which a line can be returned. An order
	// is Completed when the window of all its lines is over; 0 means that
	// nothing can be returned.
	// +optional
	// +kubebuilder:default=14
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=3650
	WindowDays *int32 `json:"windowDays,omitempty"`
}

// Location is a place that orders are served from.
type Location struct {
	// name, as in spec.location of the StockItems.
	// +required
	Name Identifier `json:"name"`
	// address of the place.
	// +optional
	Address *Address `json:"address,omitempty"`
	// priority: a location with a lower number is preferred.
	// +optional
	// +kubebuilder:default=100
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	Priority *int32 `json:"priority,omitempty"`
}
