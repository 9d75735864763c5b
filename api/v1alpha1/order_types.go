package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Order is what a customer wants to buy. Its spec is written by people,
// pipelines and shops; the order controller moves it through its phases and
// records the progress in its status.
//
// More goods are a new Order; fewer goods are a smaller quantity.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ord,categories=ordercycle
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Total",type=string,JSONPath=`.status.amounts.display`
// +kubebuilder:printcolumn:name="Items",type=integer,JSONPath=`.status.items.ordered`
// +kubebuilder:printcolumn:name="Shipped",type=string,JSONPath=`.status.items.shipped`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Customer",type=string,JSONPath=`.spec.customer.name`,priority=1
// +kubebuilder:printcolumn:name="Payment",type=string,JSONPath=`.status.payment.state`,priority=1
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:selectablefield:JSONPath=`.status.phase`
// +kubebuilder:selectablefield:JSONPath=`.spec.customer.id`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 52",message="the name of an Order has at most 52 characters, so that its Shipments can be named after it; choose a shorter name",fieldPath=".metadata"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status.confirmedAt) || (has(self.spec.className) == has(oldSelf.spec.className) && (!has(self.spec.className) || self.spec.className == oldSelf.spec.className))",message="className is frozen once the order is confirmed",fieldPath=".spec.className"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status.confirmedAt) || self.spec.discount == oldSelf.spec.discount",message="discount is frozen once the order is confirmed",fieldPath=".spec.discount"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status.confirmedAt) || self.spec.shippingFee == oldSelf.spec.shippingFee",message="shippingFee is frozen once the order is confirmed",fieldPath=".spec.shippingFee"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status.confirmedAt) || self.spec.payment.method == oldSelf.spec.payment.method",message="payment.method is frozen once the order is confirmed",fieldPath=".spec.payment.method"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status.confirmedAt) || (has(self.spec.payment.provider) == has(oldSelf.spec.payment.provider) && (!has(self.spec.payment.provider) || self.spec.payment.provider == oldSelf.spec.payment.provider))",message="payment.provider is frozen once the order is confirmed",fieldPath=".spec.payment.provider"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status.confirmedAt) || (has(self.spec.shortagePolicy) == has(oldSelf.spec.shortagePolicy) && (!has(self.spec.shortagePolicy) || self.spec.shortagePolicy == oldSelf.spec.shortagePolicy))",message="shortagePolicy is frozen once the order is confirmed",fieldPath=".spec.shortagePolicy"
// +kubebuilder:validation:XValidation:rule="!has(self.spec.answers) || self.spec.answers.all(a, (has(oldSelf.spec.answers) && oldSelf.spec.answers.exists(o, o.question == a.question)) || (has(oldSelf.status.questions) && oldSelf.status.questions.exists(q, q.id == a.question && has(q.options) && a.choice in q.options)))",message="an answer names a question of status.questions and one of its options",fieldPath=".spec.answers"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status.confirmedAt) || self.spec.serviceLevel == oldSelf.spec.serviceLevel",message="serviceLevel is frozen once the order is confirmed",fieldPath=".spec.serviceLevel"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status.confirmedAt) || self.spec.lines.all(l, oldSelf.spec.lines.exists(o, o.id == l.id && o.discount == l.discount && o.tax == l.tax))",message="discount and tax of a line are frozen once the order is confirmed",fieldPath=".spec.lines"
// +kubebuilder:validation:XValidation:rule="self.spec.shipTo == oldSelf.spec.shipTo || !has(oldSelf.status.lines) || oldSelf.status.lines.all(l, !has(l.picked) || l.picked == 0)",message="shipTo is frozen once picking has begun; cancel what has not left and order again",fieldPath=".spec.shipTo"
// +kubebuilder:validation:XValidation:rule="has(self.spec.cancel) || !has(oldSelf.spec.cancel) || !has(oldSelf.status.phase) || !(oldSelf.status.phase in ['Cancelling', 'Cancelled'])",message="a cancel that is being carried out cannot be withdrawn; place a new Order",fieldPath=".spec.cancel"
type Order struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is ordered, for whom, and how it is paid and delivered.
	// +required
	Spec OrderSpec `json:"spec"`
	// status is the progress of the order, written by the order controller alone.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status OrderStatus `json:"status,omitempty"`
}

// OrderList is a list of Orders.
// +kubebuilder:object:root=true
type OrderList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Order `json:"items"`
}

// ServiceLevel is the speed that a customer chose.
// +kubebuilder:validation:Enum=Economy;Standard;Express
type ServiceLevel string

const (
	// ServiceEconomy is the cheapest way that keeps the promise.
	ServiceEconomy ServiceLevel = "Economy"
	// ServiceStandard weighs cost against lateness and damage.
	ServiceStandard ServiceLevel = "Standard"
	// ServiceExpress is the fastest way.
	ServiceExpress ServiceLevel = "Express"
)

// ShortagePolicy is what happens to units that are not in stock.
// +kubebuilder:validation:Enum=Backorder;ShipAvailable;CancelLine;CancelOrder;Ask
type ShortagePolicy string

const (
	// ShortageBackorder ships what is there and lets the rest wait in the queue.
	ShortageBackorder ShortagePolicy = "Backorder"
	// ShortageShipAvailable ships what is there and cancels the rest.
	ShortageShipAvailable ShortagePolicy = "ShipAvailable"
	// ShortageCancelLine cancels the whole of each line that is short, but for
	// units that are being picked or have left.
	ShortageCancelLine ShortagePolicy = "CancelLine"
	// ShortageCancelOrder cancels the whole order, but for units that are being
	// picked or have left.
	ShortageCancelOrder ShortagePolicy = "CancelOrder"
	// ShortageAsk asks the customer, in status.questions, which of the others it
	// is to be; units wait until the answer or the deadline.
	ShortageAsk ShortagePolicy = "Ask"
)

// TaxMode says whether a price holds its tax.
// +kubebuilder:validation:Enum=Included;Excluded
type TaxMode string

const (
	// TaxIncluded means that the price holds the tax.
	TaxIncluded TaxMode = "Included"
	// TaxExcluded means that the tax is added to the price.
	TaxExcluded TaxMode = "Excluded"
)

// OrderSpec is what is ordered, for whom, and how it is paid and delivered.
// +kubebuilder:validation:XValidation:rule="has(self.externalRef) == has(oldSelf.externalRef) && (!has(self.externalRef) || self.externalRef == oldSelf.externalRef)",message="externalRef cannot be changed; place a new Order",fieldPath=".externalRef"
// +kubebuilder:validation:XValidation:rule="self.lines.all(l, l.quantity == 0 || l.unitPrice <= 9007199254740991 / l.quantity)",message="quantity times unitPrice of a line is above 9007199254740991 minor units; split the order",fieldPath=".lines"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.answers) || (has(self.answers) && oldSelf.answers.all(o, self.answers.exists(n, n.question == o.question)))",message="an answer cannot be taken back; apply the complete list or use a field manager for each answer",fieldPath=".answers"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.cases) || (has(self.cases) && oldSelf.cases.all(o, self.cases.exists(n, n.id == o.id)))",message="a case cannot be removed; apply the complete list or use a field manager for each case",fieldPath=".cases"
type OrderSpec struct {
	// className names the OrderClass whose policy applies. Without it the
	// namespace's default class applies, else the built-in defaults.
	// Frozen once the order is confirmed.
	// +optional
	ClassName ObjectName `json:"className,omitempty"`
	// channel is where the order was placed: web, phone, marketplace, ...
	// +optional
	// +kubebuilder:default=direct
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="channel cannot be changed; place a new Order"
	Channel Identifier `json:"channel,omitempty"`
	// externalRef is the number of the order in its channel. Two Orders of one
	// namespace with the same channel and externalRef are one order: the later
	// one is Rejected as Duplicate.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	ExternalRef string `json:"externalRef,omitempty"`
	// customer is who buys.
	// +required
	Customer Customer `json:"customer"`
	// shipTo is where the goods go. Frozen once picking has begun.
	// +required
	ShipTo Address `json:"shipTo"`
	// currency of every amount of this Order.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="currency cannot be changed; place a new Order"
	Currency Currency `json:"currency"`
	// lines are the products; none can be added or removed later. To cancel
	// part of an order, lower the quantity of its line.
	// +required
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:XValidation:rule="self.size() == oldSelf.size() && self.all(l, oldSelf.exists(o, o.id == l.id))",message="lines cannot be added, removed or renamed; lower a quantity to 0 to cancel a line, place a new Order for more"
	Lines []OrderLine `json:"lines"`
	// discount on the whole order, spread over the lines by their value.
	// Frozen once the order is confirmed.
	// +optional
	// +kubebuilder:default=0
	Discount Amount `json:"discount,omitempty"`
	// shippingFee that the customer pays. Frozen once the order is confirmed.
	// +optional
	// +kubebuilder:default=0
	ShippingFee Amount `json:"shippingFee,omitempty"`
	// expectedTotal is what the channel showed to the customer. If it differs
	// from the computed total the order is held with reason PriceMismatch, and
	// status.questions asks whether that total is accepted.
	// +optional
	ExpectedTotal *Amount `json:"expectedTotal,omitempty"`
	// payment is how the order is paid.
	// +required
	Payment OrderPayment `json:"payment"`
	// serviceLevel is the speed of delivery. Frozen once the order is confirmed.
	// +optional
	// +kubebuilder:default=Standard
	ServiceLevel ServiceLevel `json:"serviceLevel,omitempty"`
	// requestedBy is the time by which the customer wants the goods.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=35
	RequestedBy *metav1.Time `json:"requestedBy,omitempty"`
	// priority moves the order ahead of those with a lower one in the queue for stock.
	// +optional
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=-1000
	// +kubebuilder:validation:Maximum=1000
	Priority int32 `json:"priority,omitempty"`
	// shortagePolicy overrides the class for this order. Frozen once the order is
	// confirmed.
	// +optional
	ShortagePolicy ShortagePolicy `json:"shortagePolicy,omitempty"`
	// approval is a person's decision where the class asks for one.
	// +optional
	Approval *Approval `json:"approval,omitempty"`
	// answers to the questions of status.questions; write once.
	// +optional
	// +listType=map
	// +listMapKey=question
	// +kubebuilder:validation:MaxItems=20
	Answers []Answer `json:"answers,omitempty"`
	// cancel asks to cancel everything that has not left. It may be withdrawn
	// until the phase is Cancelling.
	// +optional
	Cancel *CancelRequest `json:"cancel,omitempty"`
	// management set to Paused lets the controllers observe this order and act on nothing.
	// +optional
	// +kubebuilder:default=Active
	Management Management `json:"management,omitempty"`
	// feedback of the customer.
	// +optional
	Feedback *Feedback `json:"feedback,omitempty"`
	// cases are questions and complaints after the sale; write once.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=50
	Cases []Case `json:"cases,omitempty"`
}

// Customer is who buys: a copy taken when the order was placed.
type Customer struct {
	// id of the customer in the shop.
	// +required
	ID Identifier `json:"id"`
	// name of the customer.
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
	// locale is a BCP 47 tag such as zh-CN, for messages to the customer.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=35
	Locale string `json:"locale,omitempty"`
}

// OrderLine is one product of an order.
// +kubebuilder:validation:XValidation:rule="oldSelf.hasValue() || self.quantity >= 1",optionalOldSelf=true,message="quantity is at least 1 when an order is placed",fieldPath=".quantity"
// +kubebuilder:validation:XValidation:rule="oldSelf.hasValue() || !has(self.discount) || (self.quantity > 0 && self.discount / self.quantity <= self.unitPrice && (self.unitPrice > 9007199254740991 / self.quantity || self.discount <= self.quantity * self.unitPrice))",optionalOldSelf=true,message="discount is at most quantity times unitPrice",fieldPath=".discount"
type OrderLine struct {
	// id of the line within the order.
	// +required
	ID Identifier `json:"id"`
	// sku of the product.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="sku of a line cannot be changed; place a new Order"
	SKU SKU `json:"sku"`
	// quantity in whole units. It can be lowered, to 0 at the least, which
	// cancels the difference; it cannot be raised.
	// +required
	// +kubebuilder:validation:XValidation:rule="self <= oldSelf",message="quantity can only be lowered; place a new Order for more"
	Quantity Quantity `json:"quantity"`
	// unitPrice in minor units.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="unitPrice cannot be changed; place a new Order"
	UnitPrice Amount `json:"unitPrice"`
	// discount on the whole line, in minor units. Frozen once the order is confirmed.
	// +optional
	// +kubebuilder:default=0
	Discount Amount `json:"discount,omitempty"`
	// taxBps is the tax rate in basis points.
	// +optional
	// +kubebuilder:default=0
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="taxBps cannot be changed; place a new Order"
	TaxBps BasisPoints `json:"taxBps,omitempty"`
	// tax says whether unitPrice holds the tax. Frozen once the order is confirmed.
	// +optional
	// +kubebuilder:default=Included
	Tax TaxMode `json:"tax,omitempty"`
}

// Decision is the outcome of an approval.
// +kubebuilder:validation:Enum=Approve;Reject
type Decision string

const (
	// DecisionApprove lets the order proceed.
	DecisionApprove Decision = "Approve"
	// DecisionReject ends it as Rejected.
	DecisionReject Decision = "Reject"
)

// Approval is a person's decision on an order.
type Approval struct {
	// decision of the person.
	// +required
	Decision Decision `json:"decision"`
	// by names the person.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	By string `json:"by,omitempty"`
	// at is when it was decided.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=35
	At *metav1.Time `json:"at,omitempty"`
}

// Answer answers one question of status.questions.
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="an answer cannot be changed"
type Answer struct {
	// question is the id of the question.
	// +required
	Question Identifier `json:"question"`
	// choice is one of the question's options.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Choice string `json:"choice"`
}

// Restock says what happens to the units of a cancelled order.
// +kubebuilder:validation:Enum=Restock
type Restock string

// RestockRestock gives the units back to the stock.
const RestockRestock Restock = "Restock"

// CancelRequest asks to cancel everything that has not left.
type CancelRequest struct {
	// reason in the words of who asks.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Reason string `json:"reason,omitempty"`
	// restock says what happens to the units.
	// +optional
	// +kubebuilder:default=Restock
	Restock Restock `json:"restock,omitempty"`
}

// Feedback is what the customer says after delivery.
type Feedback struct {
	// rating from 1 (worst) to 5 (best).
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=5
	Rating int32 `json:"rating"`
	// comment in the customer's words.
	// +optional
	// +kubebuilder:validation:MaxLength=1000
	Comment string `json:"comment,omitempty"`
	// at is when it was given.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=35
	At *metav1.Time `json:"at,omitempty"`
}

// CaseType is the kind of an after-sales case.
// +kubebuilder:validation:Enum=Question;Complaint;Repair;Warranty
type CaseType string

// Case is one after-sales matter. To reopen one, add a new case that names it.
// +kubebuilder:validation:XValidation:rule="self.type == oldSelf.type && has(self.text) == has(oldSelf.text) && (!has(self.text) || self.text == oldSelf.text) && self.openedAt == oldSelf.openedAt && has(self.reopens) == has(oldSelf.reopens) && (!has(self.reopens) || self.reopens == oldSelf.reopens)",message="a case cannot be changed, but for response and closedAt; open a new case that reopens it"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.response) || (has(self.response) && self.response == oldSelf.response)",message="response is written once; open a new case that reopens it",fieldPath=".response"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.closedAt) || (has(self.closedAt) && self.closedAt == oldSelf.closedAt)",message="closedAt is written once; open a new case that reopens it",fieldPath=".closedAt"
type Case struct {
	// id of the case.
	// +required
	ID Identifier `json:"id"`
	// type of the case.
	// +required
	Type CaseType `json:"type"`
	// text is what the customer says.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Text string `json:"text,omitempty"`
	// openedAt is when the case was opened.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=35
	OpenedAt metav1.Time `json:"openedAt"`
	// reopens is the id of an earlier case that this one takes up again.
	// +optional
	Reopens Identifier `json:"reopens,omitempty"`
	// response to the customer; written once.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Response string `json:"response,omitempty"`
	// closedAt is when the case was closed; written once.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=35
	ClosedAt *metav1.Time `json:"closedAt,omitempty"`
}
