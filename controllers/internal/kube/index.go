package kube

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/domain/fulfilment"
)

// Names of the cache's indexes. Those that are JSON paths are selectable
// fields of the API as well.
const (
	IndexShipmentOrder = "spec.orderName"
	// IndexTravelling has the Shipments of which it is open how they travel or when they
	// arrive, under the value Travelling.
	IndexTravelling = "travelling"
	IndexStockSKU   = ".spec.sku"
	// IndexBooking has the Shipments by the ids of their bookings.
	IndexBooking       = "booking"
	IndexOrderRef      = "order-ref"
	IndexOrderCustomer = "spec.customer.id"
)

// Travelling is the value of IndexTravelling.
const Travelling = "yes"

func travelling(s *v1.Shipment) string {
	if fulfilment.Travelling(&s.Status) {
		return Travelling
	}
	return ""
}

// OrderRef is what two Orders that are one order have in common, "" if the
// Order has no externalRef.
func OrderRef(o *v1.Order) string {
	if o.Spec.ExternalRef == "" {
		return ""
	}
	return string(o.Spec.Channel) + "/" + o.Spec.ExternalRef
}

// Index adds the indexes that more than one controller uses.
func Index(ctx context.Context, indexer client.FieldIndexer) error {
	if err := indexer.IndexField(ctx, &v1.Shipment{}, IndexBooking, bookingIDs); err != nil {
		return fmt.Errorf("indexing Shipments by %s: %w", IndexBooking, err)
	}
	for _, i := range []struct {
		object client.Object
		name   string
		value  func(client.Object) string
	}{
		{&v1.Shipment{}, IndexTravelling, func(o client.Object) string { return travelling(o.(*v1.Shipment)) }},
		{&v1.Shipment{}, IndexShipmentOrder, func(o client.Object) string { return string(o.(*v1.Shipment).Spec.OrderName) }},
		{&v1.StockItem{}, IndexStockSKU, func(o client.Object) string { return string(o.(*v1.StockItem).Spec.SKU) }},
		{&v1.Order{}, IndexOrderRef, func(o client.Object) string { return OrderRef(o.(*v1.Order)) }},
		{&v1.Order{}, IndexOrderCustomer, func(o client.Object) string { return string(o.(*v1.Order).Spec.Customer.ID) }},
	} {
		extract := func(o client.Object) []string {
			if v := i.value(o); v != "" {
				return []string{v}
			}
			return nil
		}
		if err := indexer.IndexField(ctx, i.object, i.name, extract); err != nil {
			return fmt.Errorf("indexing %T by %s: %w", i.object, i.name, err)
		}
	}
	return nil
}
