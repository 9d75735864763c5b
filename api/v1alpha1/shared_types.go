package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Finalizers and annotations of this group.
const (
	// OrderFinalizer holds an Order until its goods and money are settled.
	OrderFinalizer = "ordercycle.dev/order"
	// ShipmentFinalizer holds a Shipment until every stock item has counted it.
	ShipmentFinalizer = "ordercycle.dev/shipment"
	// LedgerFinalizer holds a StockItem until nothing is promised from it.
	LedgerFinalizer = "ordercycle.dev/ledger"

	// DefaultClassAnnotation, set to "true" on an OrderClass, makes it the
	// class of every Order in its namespace that names none.
	DefaultClassAnnotation = "ordercycle.dev/is-default-class"

	// DeletionPolicyAnnotation, set to DeletionPolicyOrphan on an Order, lets it
	// be deleted without waiting for its goods and money: for disaster drills.
	DeletionPolicyAnnotation = "ordercycle.dev/deletion-policy"
	// DeletionPolicyOrphan is the only value of that annotation.
	DeletionPolicyOrphan = "Orphan"

	// PaymentTokenSecretType is the only type of Secret that
	// spec.payment.tokenSecretRef of an Order may name.
	PaymentTokenSecretType = "ordercycle.dev/payment-token" //nolint:gosec // a type, not a secret
	// PaymentTokenKey is the key of the token within such a Secret.
	PaymentTokenKey = "token"

	// ProviderAPIKey and ProviderWebhookSecret are the keys of the Secret that a
	// payment provider of a class names.
	ProviderAPIKey        = "apiKey"
	ProviderWebhookSecret = "webhookSecret"
)

// MaxAmount is the largest amount of money, 2^53-1 minor units, so that every
// JSON reader holds it exactly.
const MaxAmount = 1<<53 - 1

// Amount is money in minor units of the currency that stands beside it: 1250
// is 12.50 EUR, 1250 JPY or 1.250 BHD. At most 2^53-1.
// +kubebuilder:validation:Minimum=0
// +kubebuilder:validation:Maximum=9007199254740991
type Amount int64

// MaxQuantity is the largest number of units.
const MaxQuantity = 1_000_000_000

// Quantity is a number of whole units.
// +kubebuilder:validation:Minimum=0
// +kubebuilder:validation:Maximum=1000000000
type Quantity int64

// BasisPoints is a rate in hundredths of a percent: 1300 is 13 %.
// +kubebuilder:validation:Minimum=0
// +kubebuilder:validation:Maximum=10000
type BasisPoints int32

// Currency is an ISO 4217 code such as CNY, EUR or JPY.
// +kubebuilder:validation:Pattern=`^[A-Z]{3}$`
// +kubebuilder:validation:MaxLength=3
type Currency string

// SKU names a product, the same in Order lines and StockItems.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$`
type SKU string

// Identifier names an entry of a list (a line, a fact, a question) for ever.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`
type Identifier string

// ObjectName is the name of an object in the same namespace.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`
type ObjectName string

// UID is the uid of an object. A name may be used again, a uid never is.
// +kubebuilder:validation:MaxLength=63
type UID string

// Management says whether the controllers act on an object.
// +kubebuilder:validation:Enum=Active;Paused
type Management string

const (
	// ManagementActive lets the controllers act.
	ManagementActive Management = "Active"
	// ManagementPaused lets them observe and report, and act on nothing.
	ManagementPaused Management = "Paused"
)

// LocalReference names an object in the same namespace.
type LocalReference struct {
	// name of the object.
	// +required
	Name ObjectName `json:"name"`
}

// Address is a postal address. What a country does not use stays empty; an
// Order whose address cannot be delivered to is held, not refused, so that it
// can be completed.
type Address struct {
	// name of the person or company that receives the goods.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name,omitempty"`
	// lines are the street lines, the most specific first.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=5
	// +kubebuilder:validation:items:MaxLength=100
	Lines []string `json:"lines,omitempty"`
	// city or town.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	City string `json:"city,omitempty"`
	// region is the province or state, best as ISO 3166-2 without the country.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Region string `json:"region,omitempty"`
	// postalCode in the form of the country.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	PostalCode string `json:"postalCode,omitempty"`
	// country is an ISO 3166-1 alpha-2 code such as CN or DE.
	// +optional
	// +kubebuilder:validation:MaxLength=2
	// +kubebuilder:validation:Pattern=`^[A-Z]{2}$`
	Country string `json:"country,omitempty"`
	// geo is the position, where it is known.
	// +optional
	Geo *GeoPoint `json:"geo,omitempty"`
}

// GeoPoint is a WGS 84 position in millionths of a degree.
type GeoPoint struct {
	// latE6 is the latitude in millionths of a degree, north positive.
	// +required
	// +kubebuilder:validation:Minimum=-90000000
	// +kubebuilder:validation:Maximum=90000000
	LatE6 int32 `json:"latE6"`
	// lngE6 is the longitude in millionths of a degree, east positive.
	// +required
	// +kubebuilder:validation:Minimum=-180000000
	// +kubebuilder:validation:Maximum=180000000
	LngE6 int32 `json:"lngE6"`
}

// ObjectIdentity is the name and uid of an object: a name may be used again,
// a uid never is.
type ObjectIdentity struct {
	// name of the object.
	// +required
	Name ObjectName `json:"name"`
	// uid of the object.
	// +required
	UID UID `json:"uid"`
}

// ActorFact is a fact that a person or system states once.
type ActorFact struct {
	// id of the fact, chosen by who states it.
	// +required
	ID Identifier `json:"id"`
	// by names who states it.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	By string `json:"by,omitempty"`
	// at is when it happened.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=35
	At metav1.Time `json:"at"`
}
