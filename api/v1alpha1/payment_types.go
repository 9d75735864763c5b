package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PaymentMethod is how a customer pays.
// +kubebuilder:validation:Enum=Cash;Card;Online;Transfer
type PaymentMethod string

const (
	// PaymentCash is money handed over, most often on delivery.
	PaymentCash PaymentMethod = "Cash"
	// PaymentCard is a card, authorised first and captured later.
	PaymentCard PaymentMethod = "Card"
	// PaymentOnline is a wallet or another online service.
	PaymentOnline PaymentMethod = "Online"
	// PaymentTransfer is a bank transfer, recorded when it arrives.
	PaymentTransfer PaymentMethod = "Transfer"
)

// OrderPayment is how an order is paid.
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.refunded) || (has(self.refunded) && oldSelf.refunded.all(o, self.refunded.exists(n, n.id == o.id)))",message="a recorded refund cannot be removed; apply the complete list or use a field manager for each refund",fieldPath=".refunded"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.received) || (has(self.received) && oldSelf.received.all(o, self.received.exists(n, n.id == o.id)))",message="a recorded payment cannot be removed; apply the complete list or use a field manager for each payment",fieldPath=".received"
type OrderPayment struct {
	// method that the customer chose. Frozen once the order is confirmed.
	// +required
	Method PaymentMethod `json:"method"`
	// provider names one of the class's payment providers; without it the
	// first one with this method is used. Frozen once the order is confirmed.
	// +optional
	Provider Identifier `json:"provider,omitempty"`
	// tokenSecretRef names a Secret of type ordercycle.dev/payment-token that
	// holds the customer's payment token under the key "token".
	// +optional
	TokenSecretRef *LocalReference `json:"tokenSecretRef,omitempty"`
	// received are the payments that finance recorded (cash, transfers); write once.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=50
	Received []ReceivedPayment `json:"received,omitempty"`
	// refunded are the payments that finance paid back by hand, where condition
	// Ready says ManualRefundRequired; write once.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=50
	Refunded []ReceivedPayment `json:"refunded,omitempty"`
}

// ReceivedPayment is money that came in, or went back, outside a provider.
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a recorded payment cannot be changed"
type ReceivedPayment struct {
	// id of the payment, such as the number of the receipt.
	// +required
	ID Identifier `json:"id"`
	// amount in minor units.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=9007199254740991
	Amount int64 `json:"amount"`
	// at is when the money came in.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=35
	At metav1.Time `json:"at"`
}

// PaymentState is a view of the sums of an order.
// +kubebuilder:validation:Enum=Unpaid;Authorized;PartiallyPaid;Paid;Overpaid;Refunded;Voided
type PaymentState string

const (
	// PaymentUnpaid means that no money came in or is held.
	PaymentUnpaid PaymentState = "Unpaid"
	// PaymentAuthorized means that the provider holds the money for us.
	PaymentAuthorized PaymentState = "Authorized"
	// PaymentPartiallyPaid means that less came in than is due.
	PaymentPartiallyPaid PaymentState = "PartiallyPaid"
	// PaymentPaid means that exactly what is due came in.
	PaymentPaid PaymentState = "Paid"
	// PaymentOverpaid means that more came in than is due.
	PaymentOverpaid PaymentState = "Overpaid"
	// PaymentRefunded means that all that came in went back.
	PaymentRefunded PaymentState = "Refunded"
	// PaymentVoided means that the held money was released and nothing is due.
	PaymentVoided PaymentState = "Voided"
)

// PaymentStatus is the ledger of the calls to the payment provider.
type PaymentStatus struct {
	// state is a view of the sums.
	// +optional
	State PaymentState `json:"state,omitempty"`
	// operations are the calls, each recorded before it is made; none is ever removed.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=100
	Operations []PaymentOperation `json:"operations,omitempty"`
	// providers are those that were called, each as its class described it when it
	// was called first. Whatever becomes of the class, an operation is looked up
	// where it was sent.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	Providers []CalledProvider `json:"providers,omitempty"`
}

// CalledProvider is a provider that was called.
type CalledProvider struct {
	// class that describes the provider.
	// +required
	Class ObjectName `json:"class"`
	// provider as it was when it was called first. Its url and its secretRef are
	// taken from the class as long as that has a provider of this name and type.
	// +required
	Provider PaymentProvider `json:"provider"`
}

// OperationKind is what an operation asks of the provider.
// +kubebuilder:validation:Enum=Authorize;Capture;Refund;Void
type OperationKind string

const (
	// OperationAuthorize reserves money on the customer's account.
	OperationAuthorize OperationKind = "Authorize"
	// OperationCapture takes reserved money.
	OperationCapture OperationKind = "Capture"
	// OperationRefund gives taken money back.
	OperationRefund OperationKind = "Refund"
	// OperationVoid releases reserved money.
	OperationVoid OperationKind = "Void"
)

// OperationState is how far an operation has come.
// +kubebuilder:validation:Enum=Intended;Succeeded;Declined;Unknown;Failed
type OperationState string

const (
	// OperationIntended is recorded; the call may or may not have been made.
	OperationIntended OperationState = "Intended"
	// OperationSucceeded has had its effect.
	OperationSucceeded OperationState = "Succeeded"
	// OperationDeclined was refused for good.
	OperationDeclined OperationState = "Declined"
	// OperationUnknown got no clear answer; it is looked up before it is sent again.
	OperationUnknown OperationState = "Unknown"
	// OperationFailed got the answer that the provider failed, which it repeats for the
	// same idempotency key. It is looked up, and sent under a new key only if the
	// provider does not know it.
	OperationFailed OperationState = "Failed"
)

// PaymentOperation is one call to the payment provider.
type PaymentOperation struct {
	// id is the reference of the call, and its first idempotency key, computed from
	// the order's identity, the provider, the kind and the number of the operation.
	// +required
	// +kubebuilder:validation:MaxLength=64
	ID string `json:"id"`
	// kind of the call.
	// +required
	Kind OperationKind `json:"kind"`
	// seq numbers the operations of one kind at one provider, from 1.
	// +required
	// +kubebuilder:validation:Minimum=1
	Seq int32 `json:"seq"`
	// amount in minor units: what was asked for, and once the provider has answered
	// what it did.
	// +required
	Amount Amount `json:"amount"`
	// asked is the amount that was asked for, where the provider did another one.
	// +optional
	Asked *Amount `json:"asked,omitempty"`
	// currency of amount where the provider did the operation in another one than
	// the order's. Such an operation counts in no sum.
	// +optional
	Currency Currency `json:"currency,omitempty"`
	// fee that the provider kept of a capture, where it says so.
	// +optional
	Fee *Amount `json:"fee,omitempty"`
	// state of the call.
	// +required
	State OperationState `json:"state"`
	// parent is the id of the authorisation or capture that this one acts on.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Parent string `json:"parent,omitempty"`
	// class and provider that were called.
	// +optional
	Class ObjectName `json:"class,omitempty"`
	// provider of the class.
	// +optional
	Provider Identifier `json:"provider,omitempty"`
	// type of the provider: under another type its name means another provider.
	// +optional
	Type ProviderType `json:"type,omitempty"`
	// ref is the provider's own reference.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Ref string `json:"ref,omitempty"`
	// message of the provider, or about it, when it did not succeed.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Message string `json:"message,omitempty"`
	// recordedAt is when the operation was recorded, before it was sent.
	// +optional
	RecordedAt *metav1.Time `json:"recordedAt,omitempty"`
	// renewals is how often the operation got a new idempotency key, because the
	// provider had failed or may have forgotten the one before. The key is the id,
	// then id-2, id-3 and so on.
	// +optional
	Renewals int32 `json:"renewals,omitempty"`
	// renewedAt is when it got its present key, absent for the first.
	// +optional
	RenewedAt *metav1.Time `json:"renewedAt,omitempty"`
	// at is when the state was reached.
	// +required
	At metav1.Time `json:"at"`
	// attempts that were recorded as unclear or failed.
	// +optional
	Attempts int32 `json:"attempts,omitempty"`
	// basis is the generation of the spec that led to this operation: after a
	// decline the next attempt needs a newer one.
	// +optional
	Basis int64 `json:"basis,omitempty"`
}
