// Package v1alpha1 is the first version of the Ordercycle API: the kinds
// Order, StockItem, Shipment, Return and OrderClass of group ordercycle.dev.
//
// Money is an integer number of minor units (cents, fen, yen) beside one
// ISO 4217 code; quantities are whole units; durations carry their unit in the
// field name. Spec belongs to people and pipelines, status to the controllers.
// Times in a spec take at most 35 characters, the longest RFC 3339 form with
// nanoseconds: the API server accepts a fraction of any length.
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +kubebuilder:ac:output:package="applyconfiguration"
// +groupName=ordercycle.dev
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	// SchemeGroupVersion is ordercycle.dev/v1alpha1.
	SchemeGroupVersion = schema.GroupVersion{Group: "ordercycle.dev", Version: "v1alpha1"}

	schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme registers every kind of this version with a scheme.
	AddToScheme = schemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(SchemeGroupVersion,
		&Order{}, &OrderList{},
		&OrderClass{}, &OrderClassList{},
		&Partner{}, &PartnerList{},
		&Return{}, &ReturnList{},
		&Shipment{}, &ShipmentList{},
		&StockItem{}, &StockItemList{},
	)
	metav1.AddToGroupVersion(scheme, SchemeGroupVersion)
	return nil
}
