package kube

import (
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
)

// Names of the cache's indexes. Those that are JSON paths are selectable
// fields of the API as well.
const (
	IndexShipmentOrder = "spec.orderName"
	IndexStockSKU      = ".spec.sku"
	IndexOrderRef      = "order-ref"
)

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
	for _, i := range []struct {
		object client.Object
		name   string
		value  func(client.Object) string
	}{
		{&v1.Shipment{}, IndexShipmentOrder, func(o client.Object) string { return string(o.(*v1.Shipment).Spec.OrderName) }},
		{&v1.StockItem{}, IndexStockSKU, func(o client.Object) string { return string(o.(*v1.StockItem).Spec.SKU) }},
		{&v1.Order{}, IndexOrderRef, func(o client.Object) string { return OrderRef(o.(*v1.Order)) }},
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

// ShipmentsOf lists the Shipments of an Order's uid.
func ShipmentsOf(ctx context.Context, c client.Reader, o *v1.Order) ([]*v1.Shipment, error) {
	var list v1.ShipmentList
	if err := c.List(ctx, &list, client.InNamespace(o.Namespace), client.MatchingFields{IndexShipmentOrder: o.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing the Shipments of Order %s: %w", o.Name, err)
	}
	var own []*v1.Shipment
	for i := range list.Items {
		if s := &list.Items[i]; s.Spec.OrderUID == v1.UID(o.UID) {
			own = append(own, s)
		}
	}
	return own, nil
}

// Siblings lists the other Shipments of a Shipment's Order.
func Siblings(ctx context.Context, c client.Reader, o *v1.Order, s *v1.Shipment) ([]*v1.Shipment, error) {
	all, err := ShipmentsOf(ctx, c, o)
	return slices.DeleteFunc(all, func(other *v1.Shipment) bool { return other.UID == s.UID }), err
}

// EnqueueShipments asks for the Shipments of an Order's name.
func EnqueueShipments(c client.Reader) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		var list v1.ShipmentList
		if err := c.List(ctx, &list, client.InNamespace(o.GetNamespace()), client.MatchingFields{IndexShipmentOrder: o.GetName()}, client.UnsafeDisableDeepCopy); err != nil {
			return nil // the cache answers from memory; it fails only when it is not running
		}
		requests := make([]reconcile.Request, len(list.Items))
		for i := range list.Items {
			requests[i] = reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])}
		}
		return requests
	})
}
