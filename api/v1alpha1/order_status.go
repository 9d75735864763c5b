package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// OrderStatus is the progress of an order. Counters, operations and times are
// the truth; phase is a view of them and nothing decides by it.
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.confirmedAt) || (has(self.confirmedAt) && self.confirmedAt == oldSelf.confirmedAt)",message="confirmedAt is written once"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.phase) || (has(self.phase) && (self.phase == oldSelf.phase || (oldSelf.phase == 'Received' && self.phase in ['OnHold', 'Rejected', 'Confirmed', 'Backordered', 'Cancelling', 'Cancelled']) || (oldSelf.phase == 'OnHold' && self.phase in ['Received', 'Rejected', 'Confirmed', 'Backordered', 'Cancelling', 'Cancelled']) || (oldSelf.phase == 'Confirmed' && self.phase in ['Backordered', 'Processing', 'Shipped', 'Delivered', 'Completed', 'Cancelling', 'Cancelled']) || (oldSelf.phase == 'Backordered' && self.phase in ['Confirmed', 'Processing', 'Shipped', 'Delivered', 'Completed', 'Cancelling', 'Cancelled']) || (oldSelf.phase == 'Processing' && self.phase in ['Confirmed', 'Backordered', 'Shipped', 'Delivered', 'Completed', 'Cancelling', 'Cancelled']) || (oldSelf.phase == 'Shipped' && self.phase in ['Backordered', 'Processing', 'Delivered', 'Completed']) || (oldSelf.phase == 'Delivered' && self.phase in ['Shipped', 'Completed']) || (oldSelf.phase == 'Cancelling' && self.phase in ['Shipped', 'Delivered', 'Completed', 'Cancelled'])))",message="the phase cannot change in this way; docs/order-lifecycle.md shows the allowed changes",fieldPath=".phase"
type OrderStatus struct {
	// observedGeneration is the generation of the spec that this status is
	// about; -1 before the first look.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// phase is where the order stands.
	// +optional
	Phase OrderPhase `json:"phase,omitempty"`
	// conditions tell what is done, what is waited for and what a person must do.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// confirmedAt is when the order was confirmed; its place in the queue for stock.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Format=date-time
	// +kubebuilder:validation:Pattern=`\.[0-9]{6}(Z|[+-][0-9]{2}:[0-9]{2})$`
	ConfirmedAt *metav1.MicroTime `json:"confirmedAt,omitempty"`
	// waiver is what the end of the hold has waived, where the class says Proceed.
	// +optional
	Waiver *Waiver `json:"waiver,omitempty"`
	// policy is the copy of the class's policy taken when the order was
	// confirmed; later edits of the class do not touch this order.
	// +optional
	Policy *PolicySnapshot `json:"policy,omitempty"`
	// items are the sums over all lines.
	// +optional
	Items *ItemSums `json:"items,omitempty"`
	// lines count the units of each line by how far they have come.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=100
	Lines []OrderLineStatus `json:"lines,omitempty"`
	// amounts are the money of the order, in minor units of spec.currency.
	// +optional
	Amounts *OrderAmounts `json:"amounts,omitempty"`
	// payment is the ledger of the calls to the payment provider.
	// +optional
	Payment *PaymentStatus `json:"payment,omitempty"`
	// shipments of this order.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=200
	Shipments []OrderShipment `json:"shipments,omitempty"`
	// delivery is when the customer can expect the goods.
	// +optional
	Delivery *OrderDelivery `json:"delivery,omitempty"`
	// questions that the customer is asked; answers go to spec.answers.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=20
	Questions []Question `json:"questions,omitempty"`
	// customerView is what the customer may be shown.
	// +optional
	CustomerView *CustomerView `json:"customerView,omitempty"`
	// settlement is the result of the order once it has ended.
	// +optional
	Settlement *Settlement `json:"settlement,omitempty"`
	// timeline lists the phases that the order went through, the last 50.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=50
	Timeline []TimelineEntry `json:"timeline,omitempty"`
}

// ItemSums are the sums over all lines of an order.
type ItemSums struct {
	// ordered units, cancelled ones excluded.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000000
	Ordered int64 `json:"ordered"`
	// dispatched units.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000000
	Dispatched int64 `json:"dispatched"`
	// shipped is "dispatched/ordered", for people.
	// +required
	// +kubebuilder:validation:MaxLength=25
	Shipped string `json:"shipped"`
}

// OrderLineStatus counts the units of one line: ordered = cancelled +
// backordered + reserved + dispatched.
type OrderLineStatus struct {
	// id of the line.
	// +required
	ID Identifier `json:"id"`
	// ordered units when the order was confirmed; it never changes after that.
	// +required
	Ordered Quantity `json:"ordered"`
	// cancelled units; it never decreases.
	// +optional
	Cancelled Quantity `json:"cancelled,omitempty"`
	// cut are the units that the shortage policy takes away; they are cancelled as
	// soon as no Shipment holds them. It never decreases.
	// +optional
	Cut Quantity `json:"cut,omitempty"`
	// reserved units: in Shipments for which stock is reserved and that have not left.
	// +optional
	Reserved Quantity `json:"reserved,omitempty"`
	// backordered units: not reserved, so that they wait for stock.
	// +optional
	Backordered Quantity `json:"backordered,omitempty"`
	// picked units, whatever came after.
	// +optional
	Picked Quantity `json:"picked,omitempty"`
	// packed units, whatever came after.
	// +optional
	Packed Quantity `json:"packed,omitempty"`
	// dispatched units, whatever came after.
	// +optional
	Dispatched Quantity `json:"dispatched,omitempty"`
	// delivered units.
	// +optional
	Delivered Quantity `json:"delivered,omitempty"`
	// deliveredAt is when the last unit of the line was delivered.
	// +optional
	DeliveredAt *metav1.Time `json:"deliveredAt,omitempty"`
	// net is the price of the line without tax, after all discounts.
	// +optional
	Net Amount `json:"net,omitempty"`
	// tax of the line.
	// +optional
	Tax Amount `json:"tax,omitempty"`
	// unitCost is what one unit cost us, from the StockItem, where known.
	// +optional
	UnitCost Amount `json:"unitCost,omitempty"`
}

// OrderAmounts is the money of an order in minor units. From confirmedAt on,
// goods, discount, tax, shipping and total never change.
type OrderAmounts struct {
	// goods is the sum of quantity times unitPrice.
	// +required
	Goods Amount `json:"goods"`
	// discount is the sum of line and order discounts.
	// +required
	Discount Amount `json:"discount"`
	// tax is the sum of the lines' taxes, included ones as well.
	// +required
	Tax Amount `json:"tax"`
	// shipping is the shipping fee.
	// +required
	Shipping Amount `json:"shipping"`
	// total is what the customer owes for the whole order.
	// +required
	Total Amount `json:"total"`
	// due is total less what was cancelled.
	// +required
	Due Amount `json:"due"`
	// authorized is the money that the provider still holds for us.
	// +optional
	Authorized Amount `json:"authorized,omitempty"`
	// captured is the money that came in.
	// +optional
	Captured Amount `json:"captured,omitempty"`
	// refunded is the money that went back.
	// +optional
	Refunded Amount `json:"refunded,omitempty"`
	// display is the total for people, such as "599.00 CNY".
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Display string `json:"display,omitempty"`
}

// OrderShipment is what an order knows of one of its Shipments.
type OrderShipment struct {
	// name of the Shipment.
	// +required
	Name ObjectName `json:"name"`
	// phase of the Shipment.
	// +optional
	Phase ShipmentPhase `json:"phase,omitempty"`
}

// OrderDelivery is when the customer of an order can expect its goods.
type OrderDelivery struct {
	// promised is when the customer was promised to have them; fixed when the order is
	// confirmed. Nothing where the class promises nothing.
	// +optional
	Promised *metav1.Time `json:"promised,omitempty"`
	// eta is when the last of them is expected: nothing while units are in no Shipment
	// or nobody says when one arrives, and once all have arrived.
	// +optional
	ETA *Arrival `json:"eta,omitempty"`
	// punctuality says whether the promise is kept, by what is expected and, once all
	// have arrived, by when that was. Nothing without a promise.
	// +optional
	Punctuality Punctuality `json:"punctuality,omitempty"`
}

// WaivableReason is the reason of a finding that is a matter of judgement.
// +kubebuilder:validation:Enum=PriceMismatch;DuplicateSuspect;OverCreditLimit;ManualApproval
type WaivableReason string

// Waiver says which findings no longer hold the order, because its hold has ended
// and its class lets it proceed.
type Waiver struct {
	// at is when they were waived.
	// +required
	At metav1.Time `json:"at"`
	// total for which they were waived, in minor units; another total is checked anew.
	// +required
	Total Amount `json:"total"`
	// reasons of the findings.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	Reasons []WaivableReason `json:"reasons"`
}

// Question is something that the customer or shop must decide.
type Question struct {
	// id of the question.
	// +required
	ID Identifier `json:"id"`
	// kind of the question. Shortage asks what is to become of units that are
	// not in stock; Price whether the computed total is accepted, which is part of
	// the id; Duplicate whether the order is wanted besides one that looks the same.
	// +required
	Kind Identifier `json:"kind"`
	// options that an answer may choose from.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MaxLength=63
	Options []string `json:"options,omitempty"`
	// deadline after which the class's default applies.
	// +optional
	Deadline *metav1.Time `json:"deadline,omitempty"`
}

// Settlement is the result of an order, in minor units of its currency.
type Settlement struct {
	// revenue is captured less refunded, net of tax.
	// +required
	Revenue int64 `json:"revenue"`
	// refunds to the customer.
	// +required
	Refunds int64 `json:"refunds"`
	// goodsCost is the cost of the dispatched goods.
	// +required
	GoodsCost int64 `json:"goodsCost"`
	// freight of the carriers: what they charged, or where that is not known what they
	// had quoted.
	// +required
	Freight int64 `json:"freight"`
	// fees of the payment provider.
	// +required
	Fees int64 `json:"fees"`
	// profit = revenue - goodsCost - freight - fees.
	// +required
	Profit int64 `json:"profit"`
	// marginBps is profit over revenue in basis points; absent without revenue.
	// +optional
	MarginBps *int64 `json:"marginBps,omitempty"`
	// discrepancies are what does not agree, each kind once.
	// +optional
	// +listType=map
	// +listMapKey=kind
	// +kubebuilder:validation:MaxItems=16
	Discrepancies []Discrepancy `json:"discrepancies,omitempty"`
}

// DiscrepancyKind is a way in which an order's books do not agree.
// +kubebuilder:validation:Enum=OverCaptured;UnderCaptured;OtherAmount;OtherCurrency;UnmatchedCash;CostUnknown;FreightUnknown;FreightEstimated;FreightAboveQuote
type DiscrepancyKind string

const (
	// DiscrepancyOverCaptured means: more stayed with us than is due.
	DiscrepancyOverCaptured DiscrepancyKind = "OverCaptured"
	// DiscrepancyUnderCaptured means: less stayed with us than is due.
	DiscrepancyUnderCaptured DiscrepancyKind = "UnderCaptured"
	// DiscrepancyOtherAmount means: a provider did another amount than it was asked for.
	DiscrepancyOtherAmount DiscrepancyKind = "OtherAmount"
	// DiscrepancyOtherCurrency means: a provider did an operation in another currency
	// than the order's, so that it counts in no sum.
	DiscrepancyOtherCurrency DiscrepancyKind = "OtherCurrency"
	// DiscrepancyUnmatchedCash means: more was recorded in spec.payment.refunded than came in.
	DiscrepancyUnmatchedCash DiscrepancyKind = "UnmatchedCash"
	// DiscrepancyCostUnknown means: dispatched goods have no unit cost in the order's
	// currency, so that profit is too high.
	DiscrepancyCostUnknown DiscrepancyKind = "CostUnknown"
	// DiscrepancyFreightUnknown means: the freight of a dispatched Shipment was not
	// stated, nor quoted, so that profit is too high.
	DiscrepancyFreightUnknown DiscrepancyKind = "FreightUnknown"
	// DiscrepancyFreightEstimated means: the freight of a dispatched Shipment was not
	// stated, and what was quoted counts.
	DiscrepancyFreightEstimated DiscrepancyKind = "FreightEstimated"
	// DiscrepancyFreightAboveQuote means: a carrier charged more than it had quoted.
	DiscrepancyFreightAboveQuote DiscrepancyKind = "FreightAboveQuote"
)

// Discrepancy is one thing that does not agree.
type Discrepancy struct {
	// kind of the discrepancy.
	// +required
	Kind DiscrepancyKind `json:"kind"`
	// amount by which it does not agree, in minor units; for CostUnknown,
	// FreightUnknown and FreightEstimated the number of units and of Shipments without
	// it, for OtherCurrency the number of operations.
	// +required
	Amount int64 `json:"amount"`
}

// TimelineEntry is one stay in a phase.
type TimelineEntry struct {
	// stage is the phase.
	// +required
	Stage OrderPhase `json:"stage"`
	// enteredAt is when the phase was first seen.
	// +required
	EnteredAt metav1.Time `json:"enteredAt"`
	// leftAt is when the next phase was first seen.
	// +optional
	LeftAt *metav1.Time `json:"leftAt,omitempty"`
}

// PolicySnapshot is the copy of the policy that an order was confirmed under.
type PolicySnapshot struct {
	// className is the class, empty for the built-in defaults.
	// +optional
	ClassName ObjectName `json:"className,omitempty"`
	// classUID is the uid of the class.
	// +optional
	ClassUID UID `json:"classUID,omitempty"`
	// classGeneration is the generation of the class.
	// +optional
	ClassGeneration int64 `json:"classGeneration,omitempty"`
	// provider that takes the payment.
	// +required
	Provider PaymentProvider `json:"provider"`
	// shortage policy for units that are not in stock.
	// +required
	Shortage ShortagePolicy `json:"shortage"`
	// ask is how the customer is asked, for the shortage policy Ask.
	// +optional
	Ask *AskPolicy `json:"ask,omitempty"`
	// allocation is how locations are chosen. What is known of the locations
	// themselves, their address and priority, is the class's present one.
	// +optional
	Allocation *AllocationPolicy `json:"allocation,omitempty"`
	// warehouse that picks and packs.
	// +required
	Warehouse WarehousePolicy `json:"warehouse"`
	// carrier that delivers.
	// +required
	Carrier CarrierPolicy `json:"carrier"`
	// delivery is what is promised, and what the best route is; nothing for a service
	// level that the class does not list.
	// +optional
	Delivery *DeliveryLevel `json:"delivery,omitempty"`
	// returnWindowDays is how long each line can be returned after its delivery.
	// +required
	ReturnWindowDays int32 `json:"returnWindowDays"`
}
